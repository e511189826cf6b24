import { defined } from "../../description/describe";
import type { Notice, ProjectDescription, ProjectService } from "../../description/project";
import { splitVariable } from "../../description/environment";
import type { SwarmOptions, UpdateConfig } from "../../description/swarmOptions";
import type { FileDescription } from "../../description/types";
import { duration, healthcheckOf } from "./image";
import type { EngineHealthcheck, EngineMount, InspectedNetwork } from "./inspect";
import { type Remark, swarmMount } from "./mounts";
import { networkOf } from "./project";
import { checked } from "./service";
import { listed, say } from "../../description/say";

interface UpdateSettings {
  Parallelism?: number;
  Delay?: number;
  FailureAction?: string;
  Monitor?: number;
  MaxFailureRatio?: number;
  Order?: string;
}

interface MountedFile {
  File?: { Name: string; UID?: string; GID?: string; Mode?: number } | null;
}

type MountedSecret = MountedFile & { SecretName: string };
type MountedConfig = MountedFile & { ConfigID: string; ConfigName: string };

interface ServicePort {
  Protocol?: string;
  TargetPort: number;
  PublishedPort?: number;
  PublishMode?: string;
}

type Labels = Record<string, string> | null;

/** The engine's answer to `GET /services/ID`, as far as it is read. */
export interface InspectedService {
  ID: string;
  Spec: {
    Name: string;
    Labels?: Labels;
    TaskTemplate: {
      ContainerSpec?: {
        Image: string;
        Labels?: Labels;
        Command?: string[] | null;
        Args?: string[] | null;
        Hostname?: string;
        Env?: string[] | null;
        Dir?: string;
        User?: string;
        Groups?: string[] | null;
        TTY?: boolean;
        OpenStdin?: boolean;
        ReadOnly?: boolean;
        Mounts?: EngineMount[] | null;
        StopSignal?: string;
        StopGracePeriod?: number;
        Healthcheck?: EngineHealthcheck | null;
        Hosts?: string[] | null;
        DNSConfig?: { Nameservers?: string[] | null; Search?: string[] | null; Options?: string[] | null } | null;
        Secrets?: MountedSecret[] | null;
        Configs?: MountedConfig[] | null;
        Init?: boolean | null;
        Sysctls?: Record<string, string> | null;
        CapabilityAdd?: string[] | null;
        CapabilityDrop?: string[] | null;
        Ulimits?: { Name: string; Soft: number; Hard: number }[] | null;
      };
      Resources?: {
        Limits?: { NanoCPUs?: number; MemoryBytes?: number; Pids?: number } | null;
        Reservations?: {
          NanoCPUs?: number;
          MemoryBytes?: number;
          GenericResources?: { DiscreteResourceSpec?: { Kind: string; Value: number } }[] | null;
        } | null;
      } | null;
      RestartPolicy?: { Condition?: string; Delay?: number; MaxAttempts?: number; Window?: number } | null;
      Placement?: {
        Constraints?: string[] | null;
        Preferences?: { Spread?: { SpreadDescriptor: string } }[] | null;
        MaxReplicas?: number;
      } | null;
      Networks?: { Target: string; Aliases?: string[] | null }[] | null;
      LogDriver?: { Name?: string; Options?: Record<string, string> | null } | null;
    };
    Mode: { Replicated?: { Replicas?: number }; Global?: object; [other: string]: unknown };
    UpdateConfig?: UpdateSettings | null;
    RollbackConfig?: UpdateSettings | null;
    EndpointSpec?: { Mode?: string; Ports?: ServicePort[] | null } | null;
  };
}

/** The engine's answer to `GET /configs/ID`. */
export interface InspectedConfig {
  ID: string;
  Spec: { Name: string; Data?: string };
}

/** What a Swarm says of some of its services. */
export interface InspectedSwarm {
  services: InspectedService[];
  networks: InspectedNetwork[];
  configs: InspectedConfig[];
}

/** Names the stack of `docker stack deploy`. */
export const STACK_NAMESPACE = "com.docker.stack.namespace";

const some = <T>(list: T[] | null | undefined): T[] | undefined => (list?.length ? list : undefined);
const filled = <T extends object>(record: T | null | undefined): T | undefined => {
  const said = defined(record ?? {}) as T;
  return Object.keys(said).length ? said : undefined;
};
const ownLabels = (labels: Labels | undefined) =>
  filled(Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => !name.startsWith("com.docker.stack."))));

/** What is not the Swarm's own way. */
function updateOf(given: UpdateSettings | null | undefined): UpdateConfig | undefined {
  const { Parallelism, Delay, FailureAction, Monitor, MaxFailureRatio, Order } = given ?? {};
  const other = <T>(value: T | undefined, standard: T) => (value === standard ? undefined : value);
  return filled({
    parallelism: other(Parallelism, 1),
    delay: duration(Delay),
    failureAction: other(FailureAction, "pause") as UpdateConfig["failureAction"],
    monitor: Monitor === 5e9 ? undefined : duration(Monitor),
    maxFailureRatio: MaxFailureRatio || undefined,
    order: other(Order, "stop-first") as UpdateConfig["order"],
  });
}

function publishModeOf(ports: ServicePort[]): SwarmOptions["publishMode"] {
  const host = ports.filter(({ PublishMode }) => PublishMode === "host");
  if (host.length === 0) return undefined;
  return host.length === ports.length
    ? "host"
    : Object.fromEntries(host.map(({ TargetPort }) => [TargetPort, "host" as const]));
}

/** What only a Swarm reads; the writers leave out what is not there. */
function swarmOf({ Labels, TaskTemplate, Mode, UpdateConfig, RollbackConfig, EndpointSpec }: InspectedService["Spec"]) {
  const { Placement, Resources, RestartPolicy } = TaskTemplate;
  const { NanoCPUs, GenericResources } = Resources?.Reservations ?? {};
  const generic = (GenericResources ?? []).flatMap(({ DiscreteResourceSpec: one }) =>
    one ? [[one.Kind, one.Value]] : [],
  );
  const options: SwarmOptions = {
    updateConfig: updateOf(UpdateConfig),
    rollbackConfig: updateOf(RollbackConfig) as SwarmOptions["rollbackConfig"],
    placement: filled({
      constraints: some(Placement?.Constraints),
      preferences: some(
        Placement?.Preferences?.flatMap(({ Spread }) => (Spread ? [{ spread: Spread.SpreadDescriptor }] : [])),
      ),
      maxReplicasPerNode: Placement?.MaxReplicas || undefined,
    }),
    endpointMode: EndpointSpec?.Mode === "dnsrr" ? "dnsrr" : undefined,
    publishMode: publishModeOf(EndpointSpec?.Ports ?? []),
    global: Mode.Global ? true : undefined,
    restartPolicy: filled({
      // `docker stack deploy` looks at `restart` only where there is such a policy.
      delay:
        RestartPolicy?.Delay === 5e9 && RestartPolicy.Condition === "any" ? undefined : duration(RestartPolicy?.Delay),
      window: duration(RestartPolicy?.Window),
    }),
    reservations: filled({
      cpus: NanoCPUs ? NanoCPUs / 1e9 : undefined,
      genericResources: filled(Object.fromEntries(generic) as Record<string, number>),
    }),
    labels: ownLabels(Labels),
  };
  return filled(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as SwarmOptions);
}

function restartOf({ RestartPolicy }: InspectedService["Spec"]["TaskTemplate"]): ProjectService["restart"] {
  const { Condition = "any", MaxAttempts } = RestartPolicy ?? {};
  if (Condition === "none") return "no";
  if (Condition === "any") return undefined;
  return MaxAttempts ? `on-failure:${MaxAttempts}` : "on-failure";
}

/** Owner and rights that are not those of every file. */
const rightsOf = ({ File }: MountedFile) => ({
  ...(File?.UID && File.UID !== "0" && { uid: File.UID }),
  ...(File?.GID && File.GID !== "0" && { gid: File.GID }),
  ...(File?.Mode !== undefined && File.Mode !== 0o444 && { mode: File.Mode }),
});

/** Stands for the text of a secret, which writers make a setting of. */
const UNKNOWN = say`a Swarm gives its secrets to tasks only`;

const secretOf = (secret: MountedSecret): FileDescription => ({
  source: secret.SecretName,
  target: secret.File?.Name,
  content: UNKNOWN,
  ...rightsOf(secret),
});

function configOf(config: MountedConfig, configs: InspectedConfig[]): FileDescription {
  const data = configs.find(({ ID }) => ID === config.ConfigID)?.Spec.Data;
  const content = Buffer.from(data ?? "", "base64").toString("utf8");
  return { source: config.ConfigName, target: config.File?.Name, content, ...rightsOf(config) };
}

const portOf = ({ TargetPort, PublishedPort, Protocol = "tcp" }: ServicePort) => ({
  target: TargetPort,
  ...(PublishedPort && { published: PublishedPort }),
  ...(Protocol !== "tcp" && { protocol: Protocol as "udp" | "sctp" }),
});

function readService({ Spec }: InspectedService, key: string, { networks, configs }: InspectedSwarm) {
  const notices: Notice[] = [];
  const remark: Remark = (field, text, level = "note") =>
    notices.push({ level, at: field ? `services.${key}.${field}` : `services.${key}`, text });
  const { ContainerSpec: own = { Image: "" }, Resources, Networks, LogDriver } = Spec.TaskTemplate;
  for (const { SecretName } of own.Secrets ?? [])
    remark("secrets", say`a Swarm does not tell what stands in the secret ${SecretName}: give it again`);
  const joined = (Networks ?? []).map(({ Target, Aliases }) => {
    const aliases = (Aliases ?? []).filter((alias) => alias !== key);
    const name = networks.find(({ Id }) => Id === Target)?.Name ?? Target;
    return { name, ...(aliases.length && { aliases }) };
  });
  const { Nameservers, Search, Options } = own.DNSConfig ?? {};
  const plain = (names: string[] | null | undefined) => some(names?.map((name) => name.replace(/^CAP_/, "")));
  if (!Spec.Mode.Replicated && !Spec.Mode.Global)
    remark("", say`is a job (${listed(Object.keys(Spec.Mode))}): printed as a service, which runs on`, "warning");
  const replicas = Spec.Mode.Replicated?.Replicas ?? 1;
  const service: ProjectService = {
    // Swarm adds the digest by itself.
    image: own.Image.replace(/(?<=:[^/@]+)@sha256:[0-9a-f]{64}$/, ""),
    containerName: Spec.Name,
    entrypoint: some(own.Command),
    command: some(own.Args),
    environment: filled(
      Object.fromEntries(
        (own.Env ?? []).map((item) => splitVariable(item)).map(([name, value]) => [name, value ?? ""]),
      ),
    ),
    hostname: own.Hostname || undefined,
    workingDir: own.Dir || undefined,
    user: own.User || undefined,
    groupAdd: some(own.Groups),
    tty: own.TTY || undefined,
    stdinOpen: own.OpenStdin || undefined,
    readOnly: own.ReadOnly || undefined,
    volumes: some((own.Mounts ?? []).flatMap((mount) => swarmMount(mount, remark) ?? [])),
    stopSignal: own.StopSignal || undefined,
    stopGracePeriod: own.StopGracePeriod === 10e9 ? undefined : duration(own.StopGracePeriod),
    healthcheck: healthcheckOf(own.Healthcheck),
    extraHosts: some((own.Hosts ?? []).map((line) => line.split(/\s+/).slice(0, 2).reverse().join(":"))),
    dns: some(Nameservers),
    dnsSearch: some(Search),
    dnsOpt: some(Options),
    secrets: some((own.Secrets ?? []).map(secretOf)),
    configs: some((own.Configs ?? []).map((config) => configOf(config, configs))),
    // The docker client writes false down where nobody has asked.
    init: own.Init || undefined,
    sysctls: filled(own.Sysctls),
    capAdd: plain(own.CapabilityAdd),
    capDrop: plain(own.CapabilityDrop),
    ulimits: filled(
      Object.fromEntries((own.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, { soft: Soft, hard: Hard }])),
    ),
    labels: ownLabels(own.Labels),
    cpus: Resources?.Limits?.NanoCPUs ? Resources.Limits.NanoCPUs / 1e9 : undefined,
    memLimit: Resources?.Limits?.MemoryBytes || undefined,
    pidsLimit: Resources?.Limits?.Pids || undefined,
    memReservation: Resources?.Reservations?.MemoryBytes || undefined,
    restart: restartOf(Spec.TaskTemplate),
    networks: some(joined),
    logging: LogDriver?.Name
      ? { driver: LogDriver.Name, ...(filled(LogDriver.Options) && { options: LogDriver.Options! }) }
      : undefined,
    ports: some((Spec.EndpointSpec?.Ports ?? []).map(portOf)),
  };
  const swarm = swarmOf(Spec);
  return {
    service: { ...checked(service, remark), ...(replicas !== 1 && { replicas }), ...(swarm && { swarm }) },
    notices,
  };
}

/**
 * Describes services of a Swarm, with the networks that they are on and the texts of their configs. What their secrets
 * hold nobody but a task is told.
 *
 * @param projectName the name of the project; by default that of the one stack or service, or `running`
 */
export function readSwarm(found: InspectedSwarm, projectName?: string): ProjectDescription {
  const stacks = [...new Set(found.services.map(({ Spec }) => Spec.Labels?.[STACK_NAMESPACE]))];
  const [only] = stacks;
  const one = found.services.length === 1 ? found.services[0]!.Spec.Name : "running";
  const name = projectName ?? (stacks.length === 1 && only !== undefined ? only : one);
  const prefix = `${name}_`;
  const keyOf = (own: string) => (own.startsWith(prefix) && own !== prefix ? own.slice(prefix.length) : own);
  const project: ProjectDescription = { name, services: {}, networks: {}, volumes: {}, notices: [] };
  for (const service of found.services) {
    const key = keyOf(service.Spec.Name);
    const read = readService(service, key, found);
    project.services[key] = read.service;
    project.notices.push(...read.notices);
  }
  for (const network of found.networks) {
    const { labels: _, ...definition } = networkOf(network, false);
    const labels = ownLabels(network.Labels);
    project.networks[keyOf(network.Name)] = { ...definition, ...(labels && { labels }) };
  }
  return project;
}
