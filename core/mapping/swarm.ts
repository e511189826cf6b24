import { ArgumentError, checkFields, show } from "../description/errors";
import { say } from "../description/say";
import { variablesOf } from "../description/variables";
import type { FileSpec } from "../description/files";
import type { Mount } from "../description/mounts";
import { parseBytes, parseDuration, parseInteger } from "../description/quantities";
import type { GpuRequest, Refusals, ServiceSpec } from "../description/service";
import type { PublishMode, SwarmOptions, UpdateConfig } from "../description/swarmOptions";

/**
 * What the Engine API takes for a Swarm service. berth sends it itself, because the Docker provider
 * misreads services (measured: plugin 5.2.0, engine 20.10):
 *
 * - Every preview after the first `up` shows `image` as changed: the provider adds the digest when it makes the
 *   service and not when it changes it, so the first change of anything starts all tasks anew.
 * - `maxFailureRatio: "0.15"` is read back as 0.2, and the sticky bit of a tmpfs mode is lost: changes for ever.
 * - A changed label (of the service or of its containers), host, sysctl or network replaces the service, although
 *   Swarm can change them in place.
 * - Removing `healthcheck`, `resources`, `restartPolicy`, `placement`, `dnsConfig`, `init`, `stopGracePeriod`,
 *   `endpointSpec` or the last label changes nothing.
 * - `mode` cannot change between replicated and global, and the provider tries to.
 * - Without `stopGracePeriod` tasks are killed at once (it sends 0). With one, destroying fails with "context
 *   deadline exceeded" where a task needs that long, and again the next time: the service is gone. (After a refresh
 *   the provider knows of it here, too; `pulumi destroy --refresh` gets over it.)
 * - tty, ulimits, limits of processes and start intervals of health checks cannot be said.
 *
 * So the provider makes an empty service and removes it in the end; everything between is this specification.
 */
export interface SwarmSpec {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: ContainerSpec;
    Resources: {
      Limits: { NanoCPUs?: number; MemoryBytes?: number; Pids?: number };
      Reservations: { NanoCPUs?: number; MemoryBytes?: number; GenericResources?: GenericResource[] };
    };
    RestartPolicy: { Condition: string; Delay: number; MaxAttempts: number; Window: number };
    Placement: {
      Constraints?: string[];
      Preferences?: { Spread: { SpreadDescriptor: string } }[];
      MaxReplicas?: number;
      Platforms?: { Architecture: string; OS: string }[];
    };
    Networks?: { Target: string; Aliases?: string[]; DriverOpts?: Record<string, string> }[];
    LogDriver?: { Name: string; Options?: Record<string, string> };
    ForceUpdate?: number;
  };
  Mode: { Replicated?: { Replicas: number }; Global?: object };
  UpdateConfig: ApiUpdateConfig;
  RollbackConfig: ApiUpdateConfig;
  EndpointSpec: { Mode: string; Ports?: ApiPort[] };
}

interface ContainerSpec {
  Image: string;
  Labels?: Record<string, string>;
  Command?: string[];
  Args?: string[];
  Hostname?: string;
  Env?: string[];
  Dir?: string;
  User?: string;
  Groups?: string[];
  Privileges?: { NoNewPrivileges?: boolean; Seccomp?: { Mode: string }; AppArmor?: { Mode: string } };
  TTY?: boolean;
  OpenStdin?: boolean;
  ReadOnly?: boolean;
  Mounts?: ApiMount[];
  StopSignal?: string;
  StopGracePeriod?: number;
  Healthcheck?: {
    Test?: string[];
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    StartInterval?: number;
    Retries?: number;
  };
  Hosts?: string[];
  DNSConfig?: { Nameservers?: string[]; Search?: string[]; Options?: string[] };
  Secrets?: { SecretID: string; SecretName: string; File: ApiFile }[];
  Configs?: { ConfigID: string; ConfigName: string; File: ApiFile }[];
  Init?: boolean;
  Sysctls?: Record<string, string>;
  CapabilityAdd?: string[];
  CapabilityDrop?: string[];
  Ulimits?: { Name: string; Soft: number; Hard: number }[];
  OomScoreAdj?: number;
}

interface ApiFile {
  Name: string;
  UID: string;
  GID: string;
  Mode: number;
}

interface ApiPort {
  Protocol: string;
  TargetPort: number;
  PublishedPort?: number;
  PublishMode: string;
}

interface ApiUpdateConfig {
  Parallelism: number;
  Delay: number;
  FailureAction: string;
  Monitor: number;
  MaxFailureRatio: number;
  Order: string;
}

interface ApiMount {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  BindOptions?: { Propagation?: string; CreateMountpoint?: boolean };
  VolumeOptions?: { NoCopy?: boolean; Subpath?: string };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

type GenericResource =
  | { NamedResourceSpec: { Kind: string; Value: string } }
  | { DiscreteResourceSpec: { Kind: string; Value: number } };

/** What a service refers to by ids, which are known only when it is applied. */
export interface References {
  image: string;
  /** Ids of networks, by name. */
  networks: Record<string, string>;
  secrets: { id: string; name: string; file: FileSpec }[];
  configs: { id: string; name: string; file: FileSpec }[];
}

/** Nanoseconds. */
const nanoseconds = (milliseconds: number): number => Math.round(milliseconds * 1e6);
const optional = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : nanoseconds(milliseconds);

const NODE = say`Swarm decides which node runs a task, and takes nothing that belongs to one node or container`;

/** Fields that a Swarm service has no word for. */
export const REFUSED: Refusals = {
  publishAll: [say`Swarm does not look at what an image exposes`, say`name the ports in ports`],
  volumesFrom: [say`tasks cannot share the mounts of a container`, say`mount the same named volume or bind in both`],
  domainname: [say`Swarm sets no domain name`, say`write the whole name into hostname`],
  macAddress: [say`every task needs an address of its own, which Swarm picks`, say`remove it`],
  privileged: [say`Swarm runs no privileged tasks`, say`name the capabilities in capAdd, or use the engine docker`],
  devices: [
    say`Swarm hands no devices of a node to tasks: ${NODE}`,
    say`use the engine docker, or reservations of generic resources`,
  ],
  deviceCgroupRules: [say`Swarm hands no devices of a node to tasks`, say`use the engine docker`],
  runtime: [
    say`Swarm starts tasks with each engine's default runtime`,
    say`set default-runtime in the nodes' daemon.json`,
  ],
  memswapLimit: [say`Swarm limits memory without a word on swap`, say`set memLimit only`],
  cpuShares: [say`Swarm knows no weights`, say`set cpus, or swarm: { reservations: { cpus: ... } }`],
  cpuset: [say`Swarm binds no tasks to processors, which differ from node to node`, say`set cpus`],
  cpuPeriod: [say`Swarm says limits of processors in one number`, say`set cpus to quota / period`],
  cpuQuota: [say`Swarm says limits of processors in one number`, say`set cpus to quota / period`],
  ipc: [say`a task cannot share IPC: ${NODE}`, say`remove it, or use the engine docker`],
  pid: [say`a task cannot share processes: ${NODE}`, say`remove it, or use the engine docker`],
  usernsMode: [say`Swarm cannot set the user namespace`, say`remove it, or use the engine docker`],
  cgroup: [say`Swarm cannot set the cgroup namespace`, say`remove it`],
  cgroupParent: [say`Swarm cannot set the parent cgroup`, say`set cgroup-parent in the nodes' daemon.json`],
  storageOpt: [say`Swarm cannot set storage options`, say`set storage-opts in the nodes' daemon.json`],
  blkioConfig: [say`Swarm cannot limit block devices`, say`remove it, or use the engine docker`],
  annotations: [say`Swarm cannot set OCI annotations`, say`use labels`],
  links: [say`links are legacy, and Swarm cannot make them`, say`join both services to one overlay network`],
  uts: [say`Swarm cannot set the UTS namespace`, say`set hostname`],
  isolation: [say`isolation is for Windows containers only`, say`remove it`],
  oomKillDisable: [say`Swarm cannot switch the OOM killer off`, say`set memLimit and memReservation instead`],
  memSwappiness: [say`Swarm cannot set swappiness`, say`remove it`],
  cpusetMems: [say`Swarm cannot choose memory nodes`, say`remove it`],
  cpuRtPeriod: [say`Swarm cannot set real-time scheduling`, say`remove it`],
  cpuRtRuntime: [say`Swarm cannot set real-time scheduling`, say`remove it`],
  kernelMemory: [say`kernel memory limits are gone from Docker`, say`set memLimit`],
};

/** Fields that are no part of the specification, each with what becomes of it. */
export const BESIDE: Partial<Record<keyof ServiceSpec, string>> = {
  envFile: "its variables stand in environment already",
  expose: "a note: tasks on one overlay network reach every port of each other",
  pullPolicy: "decides about asking the registry for the image's newest digest",
  waitTimeout: "limits the wait of `up`",
};

/** Versions of the Engine API from which single fields are known. */
const NEEDED: [minor: number, argument: string, used: (spec: ServiceSpec) => boolean][] = [
  [44, "healthcheck.startInterval", ({ healthcheck }) => healthcheck?.startInterval !== undefined],
  [44, "securityOpt", ({ securityOpt }) => Boolean(securityOpt?.length)],
  [45, "volumes: subpath", ({ volumes }) => Boolean(volumes?.some(({ subpath }) => subpath !== undefined))],
  [46, "oomScoreAdj", ({ oomScoreAdj }) => oomScoreAdj !== undefined],
];

/** Minor version of an API version such as `1.41`. */
const minorOf = (apiVersion: string) => Number(apiVersion.split(".")[1]);

/** Refuses what the engine is too old for. */
export function checkVersion(spec: ServiceSpec, apiVersion: string): void {
  for (const [minor, argument, used] of NEEDED)
    if (used(spec) && minorOf(apiVersion) < minor)
      throw new ArgumentError(
        argument,
        say`this engine's Swarm cannot set it (API ${apiVersion}, needed: 1.${minor})`,
        say`update the engine, or remove it`,
      );
}

function ports(spec: ServiceSpec, mode: SwarmOptions["publishMode"] = "ingress", endpointMode?: string): ApiPort[] {
  const known: PublishMode[] = ["ingress", "host"];
  const byPort = typeof mode === "object" ? mode : {};
  for (const target of Object.keys(byPort))
    if (!spec.ports?.some((port) => String(port.target) === target))
      throw new ArgumentError(`swarm.publishMode.${target}`, say`is no port of the service`, say`name one of ports`);
  return (spec.ports ?? []).map((port, index) => {
    if (!["", "0.0.0.0"].includes(port.hostIp))
      throw new ArgumentError(
        `ports[${index}]`,
        say`Swarm publishes on every address of a node, not on ${port.hostIp} alone`,
        say`remove the address, and close the others with a firewall`,
      );
    const PublishMode = typeof mode === "object" ? (byPort[port.target] ?? "ingress") : mode;
    if (!known.includes(PublishMode))
      throw new ArgumentError(
        "swarm.publishMode",
        say`${show(PublishMode)} is not known`,
        say`use ${known.join(" or ")}`,
      );
    if (endpointMode === "dnsrr" && PublishMode === "ingress")
      throw new ArgumentError(
        "swarm.endpointMode",
        say`dnsrr has no single address that the ingress could send to`,
        say`set publishMode: "host" too, or use vip`,
      );
    return { Protocol: port.protocol, TargetPort: port.target, PublishedPort: port.published, PublishMode };
  });
}

function mount(value: Mount, index: number): ApiMount {
  const at = `volumes[${index}]`;
  if (value.selinux)
    throw new ArgumentError(
      at,
      say`Swarm relabels no folders for SELinux`,
      say`label the folder on the nodes, and remove z or Z`,
    );
  const common = {
    Type: value.type,
    Source: value.source,
    Target: value.target,
    ReadOnly: value.readOnly || undefined,
  };
  const { propagation, createHostPath, nocopy, subpath, tmpfsSize, tmpfsMode } = value;
  if (value.type === "bind")
    return {
      ...common,
      BindOptions:
        propagation || createHostPath
          ? { Propagation: propagation, CreateMountpoint: createHostPath || undefined }
          : undefined,
    };
  if (value.type === "volume")
    return {
      ...common,
      VolumeOptions: nocopy || subpath !== undefined ? { NoCopy: nocopy || undefined, Subpath: subpath } : undefined,
    };
  return {
    ...common,
    TmpfsOptions:
      tmpfsSize === undefined && tmpfsMode === undefined ? undefined : { SizeBytes: tmpfsSize, Mode: tmpfsMode },
  };
}

/** `size=64m,mode=1777` of the short form. */
function tmpfs([Target, options]: [string, string]): ApiMount {
  const at = `tmpfs.${Target}`;
  const TmpfsOptions: ApiMount["TmpfsOptions"] = {};
  let ReadOnly: true | undefined;
  for (const option of options.split(",").filter(Boolean)) {
    const [name, value = ""] = option.split("=");
    if (name === "size") TmpfsOptions.SizeBytes = parseBytes(value, at);
    else if (name === "mode" && /^[0-7]+$/.test(value)) TmpfsOptions.Mode = Number.parseInt(value, 8);
    else if (name === "ro") ReadOnly = true;
    // What Docker sets by itself.
    else if (!["rw", "noexec", "nosuid", "nodev"].includes(name!))
      throw new ArgumentError(at, say`Swarm cannot set ${show(option)}`, say`use size and mode`);
  }
  return { Type: "tmpfs", Target, ReadOnly, TmpfsOptions: Object.keys(TmpfsOptions).length ? TmpfsOptions : undefined };
}

function mounts(spec: ServiceSpec): ApiMount[] {
  const all = [...(spec.volumes ?? []).map(mount), ...Object.entries(spec.tmpfs ?? {}).map(tmpfs)];
  if (spec.shmSize === undefined) return all;
  if (all.some(({ Target }) => Target === "/dev/shm"))
    throw new ArgumentError("shmSize", say`/dev/shm is mounted by volumes or tmpfs too`, say`keep one of them`);
  return [...all, { Type: "tmpfs", Target: "/dev/shm", TmpfsOptions: { SizeBytes: spec.shmSize, Mode: 0o1777 } }];
}

/** GPUs as the engines' `node-generic-resources` name them. */
function gpuResources(gpus: GpuRequest[] = []): GenericResource[] {
  return gpus.flatMap(({ count, deviceIds, driver, options, capabilities }, index): GenericResource[] => {
    const at = `gpus[${index}]`;
    if (options && Object.keys(options).length)
      throw new ArgumentError(
        `${at}.options`,
        say`Swarm reserves GPUs without options for their driver`,
        say`remove them`,
      );
    if (!["", "nvidia"].includes(driver))
      throw new ArgumentError(
        `${at}.driver`,
        say`Swarm reserves GPUs by their kind, not through ${driver}`,
        say`remove it`,
      );
    const other = capabilities.find((capability) => capability !== "gpu");
    if (other)
      throw new ArgumentError(
        `${at}.capabilities`,
        say`Swarm cannot ask for ${other}`,
        say`set NVIDIA_DRIVER_CAPABILITIES in environment`,
      );
    if (count === -1)
      throw new ArgumentError(
        `${at}.count`,
        say`Swarm reserves a number of GPUs, not all of a node`,
        say`give a number`,
      );
    if (count !== undefined) return [{ DiscreteResourceSpec: { Kind: "NVIDIA-GPU", Value: count } }];
    return (deviceIds ?? []).map((Value) => ({ NamedResourceSpec: { Kind: "NVIDIA-GPU", Value } }));
  });
}

function networks({ networks: joined = [], networkMode }: ServiceSpec, ids: References["networks"]) {
  if (networkMode !== undefined) {
    if (!["host", "bridge"].includes(networkMode))
      throw new ArgumentError(
        "networkMode",
        say`a task cannot have ${networkMode}: ${NODE}`,
        say`use an overlay network, host or bridge`,
      );
    return [{ Target: ids[networkMode] ?? networkMode }];
  }
  return joined.map((network, index) => {
    const personal = (["ipv4Address", "ipv6Address", "linkLocalIps", "macAddress", "gwPriority"] as const).find(
      (key) => network[key] !== undefined,
    );
    if (personal)
      throw new ArgumentError(
        `networks[${index}].${personal}`,
        say`every task needs an address of its own, which Swarm picks`,
        say`remove it; the service itself has one name and one address`,
      );
    return { Target: ids[network.name] ?? network.name, Aliases: network.aliases, DriverOpts: network.driverOpts };
  });
}

function privileges({ securityOpt }: ServiceSpec): ContainerSpec["Privileges"] {
  if (!securityOpt?.length) return undefined;
  const result: ContainerSpec["Privileges"] = {};
  for (const [index, option] of securityOpt.entries()) {
    if (/^no-new-privileges([:=]true)?$/.test(option)) result.NoNewPrivileges = true;
    else if (/^seccomp[:=]unconfined$/.test(option)) result.Seccomp = { Mode: "unconfined" };
    else if (/^apparmor[:=]unconfined$/.test(option)) result.AppArmor = { Mode: "disabled" };
    else
      throw new ArgumentError(
        `securityOpt[${index}]`,
        say`Swarm cannot set ${show(option)}`,
        say`use no-new-privileges, seccomp=unconfined or apparmor=unconfined`,
      );
  }
  return result;
}

const RESTARTS: Record<string, string> = {
  no: "none",
  always: "any",
  "unless-stopped": "any",
  "on-failure": "on-failure",
};

function restartPolicy({ restart }: ServiceSpec, given: SwarmOptions["restartPolicy"] = {}) {
  checkFields(given, ["delay", "window"], "swarm.restartPolicy", say`a restart policy`);
  const time = (key: "delay" | "window", standard: number) =>
    nanoseconds(given[key] === undefined ? standard : parseDuration(given[key], `swarm.restartPolicy.${key}`));
  return {
    // Swarm's own default is to go on: a service is meant to run.
    Condition: RESTARTS[restart?.policy ?? "always"]!,
    Delay: time("delay", 5000),
    MaxAttempts: restart?.retries ?? 0,
    Window: time("window", 0),
  };
}

const UPDATE_FIELDS = ["parallelism", "delay", "failureAction", "monitor", "maxFailureRatio", "order"];

function updateConfig(given: UpdateConfig = {}, argument: string, actions: string[]): ApiUpdateConfig {
  checkFields(given, UPDATE_FIELDS, argument, say`an update's configuration`);
  const { parallelism = 1, delay = 0, failureAction = "pause", monitor = 5, maxFailureRatio = 0 } = given;
  const { order = "stop-first" } = given;
  const choose = (key: string, value: string, known: string[]) => {
    if (!known.includes(value))
      throw new ArgumentError(`${argument}.${key}`, say`${show(value)} is not known`, say`use ${known.join(", ")}`);
    return value;
  };
  if (typeof maxFailureRatio !== "number" || !(maxFailureRatio >= 0 && maxFailureRatio <= 1))
    throw new ArgumentError(
      `${argument}.maxFailureRatio`,
      say`${show(maxFailureRatio)} is not a part of all tasks`,
      say`use ${0} to ${1}`,
    );
  return {
    Parallelism: parseInteger(parallelism, `${argument}.parallelism`, 0, Number.MAX_SAFE_INTEGER),
    Delay: nanoseconds(parseDuration(delay, `${argument}.delay`)),
    FailureAction: choose("failureAction", failureAction, actions),
    Monitor: nanoseconds(parseDuration(monitor, `${argument}.monitor`)),
    MaxFailureRatio: maxFailureRatio,
    Order: choose("order", order, ["stop-first", "start-first"]),
  };
}

function placement({ platform }: ServiceSpec, given: SwarmOptions["placement"] = {}) {
  checkFields(given, ["constraints", "preferences", "maxReplicasPerNode"], "swarm.placement", say`a placement`);
  const { constraints = [], preferences = [], maxReplicasPerNode } = given;
  for (const [index, constraint] of constraints.entries())
    if (!/^[\w.-]+\s*(==|!=)\s*\S.*$/.test(constraint))
      throw new ArgumentError(
        `swarm.placement.constraints[${index}]`,
        say`${show(constraint)} is not a constraint`,
        say`use for example "node.role == worker"`,
      );
  const [os, architecture = ""] = (platform ?? "").split("/");
  return {
    Constraints: constraints.length ? constraints : undefined,
    Preferences: preferences.length
      ? preferences.map(({ spread }) => ({ Spread: { SpreadDescriptor: spread } }))
      : undefined,
    MaxReplicas:
      maxReplicasPerNode === undefined
        ? undefined
        : parseInteger(maxReplicasPerNode, "swarm.placement.maxReplicasPerNode", 0, Number.MAX_SAFE_INTEGER),
    Platforms: platform ? [{ Architecture: architecture, OS: os! }] : undefined,
  };
}

function reservations({ memReservation, gpus }: ServiceSpec, given: SwarmOptions["reservations"] = {}) {
  checkFields(given, ["cpus", "genericResources"], "swarm.reservations", "reservations");
  const cpus = given.cpus === undefined ? undefined : Number(given.cpus);
  if (cpus !== undefined && !(cpus > 0))
    throw new ArgumentError(
      "swarm.reservations.cpus",
      say`${show(given.cpus)} is not a number of processors`,
      say`use for example 0.5`,
    );
  const generic = [
    ...gpuResources(gpus),
    ...Object.entries(given.genericResources ?? {}).map(([Kind, Value]) => ({
      DiscreteResourceSpec: {
        Kind,
        Value: parseInteger(Value, `swarm.reservations.genericResources.${Kind}`, 1, Number.MAX_SAFE_INTEGER),
      },
    })),
  ];
  return {
    NanoCPUs: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    MemoryBytes: memReservation,
    GenericResources: generic.length ? generic : undefined,
  };
}

const capability = (name: string) => (name === "ALL" ? name : `CAP_${name}`);

const OPTIONS = [
  "updateConfig",
  "rollbackConfig",
  "placement",
  "endpointMode",
  "publishMode",
  "labels",
  "global",
  "restartPolicy",
  "reservations",
];

/** Whether there is one task on each node. */
export const isGlobal = ({ mode }: Pick<ServiceSpec, "mode">, options: SwarmOptions): boolean =>
  mode === "global" || options.global === true;

function mode(spec: ServiceSpec, options: SwarmOptions): SwarmSpec["Mode"] {
  if (spec.mode === "replicated-job")
    throw new ArgumentError(
      "mode",
      say`the Docker provider cannot make Swarm jobs`,
      say`run it on the engine docker or kubernetes, or use restart: "on-failure" for a task that ends`,
    );
  if (!isGlobal(spec, options)) return { Replicated: { Replicas: spec.replicas ?? 1 } };
  if (spec.replicas !== undefined && spec.replicas !== 1)
    throw new ArgumentError("replicas", say`a global service has one task on each node`, say`remove replicas, or mode`);
  return { Global: {} };
}

const listed = <T>(list: T[] | undefined): T[] | undefined => (list?.length ? list : undefined);

/**
 * A service description as Swarm takes it.
 *
 * @param own labels that mark the service as this stack's
 * @throws ArgumentError naming the field that Swarm cannot have so
 */
export function swarmSpec(
  spec: ServiceSpec,
  options: SwarmOptions,
  references: References,
  own: Record<string, string>,
): SwarmSpec {
  checkFields(options, OPTIONS, "swarm", say`the options for a Swarm`);
  const { healthcheck: check, logging } = spec;
  const { endpointMode = "vip" } = options;
  if (!["vip", "dnsrr"].includes(endpointMode))
    throw new ArgumentError("swarm.endpointMode", say`${show(endpointMode)} is not known`, say`use vip or dnsrr`);
  if (logging && logging.driver === undefined && logging.options)
    throw new ArgumentError("logging.driver", say`is missing`, say`Swarm takes options together with their driver`);
  const files = (list: References["secrets"]) =>
    list.map(({ id, name, file }) => ({
      id,
      name,
      // Swarm lays a secret whose name is no path below /run/secrets.
      File: { Name: file.target, UID: file.uid ?? "0", GID: file.gid ?? "0", Mode: file.mode },
    }));
  return {
    Name: spec.containerName!,
    Labels: { ...options.labels, ...own },
    TaskTemplate: {
      ContainerSpec: {
        Image: references.image,
        Labels: spec.labels,
        Command: spec.entrypoint,
        Args: listed(spec.command),
        Hostname: spec.hostname,
        Env: listed(variablesOf(spec)),
        Dir: spec.workingDir,
        User: spec.user,
        Groups: listed(spec.groupAdd),
        Privileges: privileges(spec),
        TTY: spec.tty || undefined,
        OpenStdin: spec.stdinOpen || undefined,
        ReadOnly: spec.readOnly || undefined,
        Mounts: listed(mounts(spec)),
        StopSignal: spec.stopSignal,
        // As every container has it; the engine fills it in.
        StopGracePeriod: nanoseconds(spec.stopGracePeriod ?? 10_000),
        Healthcheck: check && {
          Test: check.test,
          Interval: optional(check.interval),
          Timeout: optional(check.timeout),
          StartPeriod: optional(check.startPeriod),
          StartInterval: optional(check.startInterval),
          Retries: check.retries,
        },
        Hosts: listed(spec.extraHosts?.map(({ host, ip }) => `${ip} ${host}`)),
        DNSConfig:
          spec.dns?.length || spec.dnsSearch?.length || spec.dnsOpt?.length
            ? { Nameservers: spec.dns, Search: spec.dnsSearch, Options: spec.dnsOpt }
            : undefined,
        Secrets: listed(
          files(references.secrets).map(({ id, name, File }) => ({ SecretID: id, SecretName: name, File })),
        ),
        Configs: listed(
          files(references.configs).map(({ id, name, File }) => ({ ConfigID: id, ConfigName: name, File })),
        ),
        Init: spec.init,
        Sysctls: spec.sysctls,
        CapabilityAdd: listed(spec.capAdd?.map(capability)),
        CapabilityDrop: listed(spec.capDrop?.map(capability)),
        Ulimits: listed(spec.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }))),
        OomScoreAdj: spec.oomScoreAdj,
      },
      Resources: {
        Limits: {
          NanoCPUs: spec.cpus,
          MemoryBytes: spec.memLimit,
          Pids: spec.pidsLimit === -1 ? undefined : spec.pidsLimit,
        },
        Reservations: reservations(spec, options.reservations),
      },
      RestartPolicy: restartPolicy(spec, options.restartPolicy),
      Placement: placement(spec, options.placement),
      Networks: listed(networks(spec, references.networks)),
      LogDriver: logging?.driver === undefined ? undefined : { Name: logging.driver, Options: logging.options },
    },
    Mode: mode(spec, options),
    UpdateConfig: updateConfig(options.updateConfig, "swarm.updateConfig", ["pause", "continue", "rollback"]),
    RollbackConfig: updateConfig(options.rollbackConfig, "swarm.rollbackConfig", ["pause", "continue"]),
    EndpointSpec: { Mode: endpointMode, Ports: listed(ports(spec, options.publishMode, endpointMode)) },
  };
}
