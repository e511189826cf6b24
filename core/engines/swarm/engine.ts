import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { say } from "../../description/say";
import { sentence } from "../../pulumi/componentErrors";
import { isLate, lift } from "../../pulumi/outputs";
import { ArgumentError } from "../../description/errors";
import type { Mount } from "../../description/mounts";
import { formatPort } from "../../description/ports";
import type { LateSpec, ServiceSpec } from "../../description/service";
import {
  type Companion,
  declaredEndpoints,
  type Endpoint,
  type Engine,
  type MadeService,
  type PreparedService,
  type ServiceRequest,
} from "../engine";
import { ownerLabels } from "../owner";
import { checkPorts, missingBinds } from "../dockerApi/preflight";
import { providerOf, type Session, sessionFor, toLabels } from "../dockerApi/session";
import { applySpec } from "./apply";
import type { SwarmService } from "../dockerApi/releaseServices";
import { BESIDE, checkVersion, isGlobal, REFUSED, type References, swarmSpec } from "../../mapping/swarm";
import { checkManager, checkNetworkScope, checkServiceName, checkServicePorts, withoutServices } from "./checks";
import { type LateFile, makeFiles, readFiles } from "./files";
import type { SwarmOptions } from "../../description/swarmOptions";
import { freePorts } from "./ports";
import { debuggerOff } from "../../pulumi/debuggerOff";
import { progressOf } from "../../pulumi/progress";
import { waitUntilConverged } from "./ready";
import { clientOf, swarmSessionFor } from "./session";

/** A Docker Swarm: each service is a Swarm service. */
export const swarmEngine: Engine = { name: "swarm", refused: REFUSED, prepare };

/** Arguments of the provider's resource that only its creation looks at; see SwarmSpec. */
const IGNORED = ["labels", "taskSpec", "mode", "endpointSpec", "updateConfig", "rollbackConfig"];

/** Fields on which the parts of the specification depend, for checks of those that are known already. */
const TOGETHER: (keyof ServiceSpec)[][] = [
  ["ports"],
  ["volumes", "tmpfs", "shmSize"],
  ["networks", "networkMode"],
  ["gpus"],
  ["securityOpt"],
  ["mode", "replicas"],
  ["logging"],
  ["healthcheck"],
  ["oomScoreAdj"],
];

/** The first version that makes missing folders of binds. */
const MAKES_FOLDERS = 43;

const NOTHING: References = { image: "", networks: {}, secrets: [], configs: [] };

function prepare(request: ServiceRequest): PreparedService {
  const { name, options, whenKnown } = request;
  const session = sessionFor(providerOf(request.opts));
  const { snapshot, owner } = session;
  const { swarm = {} } = options;
  const own = swarmSessionFor(session);
  if (!own.swarm) checkManager(snapshot);
  const spec = withFolders(request.spec, session);
  const { containerName } = spec;
  if (typeof containerName !== "string")
    throw new ArgumentError(
      "containerName",
      say`is not known yet`,
      say`give a plain name: Swarm cannot rename a service`,
    );
  checkServiceName(containerName, snapshot, owner, session.adopts);
  const other = own.services.get(containerName);
  if (other !== undefined)
    throw new ArgumentError(
      "containerName",
      say`${containerName} is the name of the service ${other} too`,
      say`give each its own name`,
    );
  own.services.set(containerName, name);

  // Each part is checked as soon as its fields are there; the rest of the description stands for itself.
  swarmSpec({ image: "", containerName }, { ...swarm, publishMode: undefined }, NOTHING, {});
  for (const fields of TOGETHER)
    whenKnown(Object.fromEntries(fields.map((field) => [field, spec[field]])), (plain) => {
      const publishMode = fields.includes("ports") ? swarm.publishMode : undefined;
      swarmSpec({ ...plain, containerName }, { ...swarm, publishMode }, NOTHING, {});
      if (snapshot) checkVersion(plain, snapshot.apiVersion);
    });
  checkAgainstEngine(request, spec, session);
  if (isLate(spec.secrets) && !Array.isArray(spec.secrets))
    throw new ArgumentError("secrets", say`is not known yet`, say`give a list in which only content is an Output`);
  const secrets = readFiles((spec.secrets ?? []) as LateFile[], "secrets");
  const configs = readFiles((spec.configs ?? []) as LateFile[], "configs");
  const global = isGlobal({ mode: isLate(spec.mode) ? undefined : (spec.mode as ServiceSpec["mode"]) }, swarm);
  return {
    inputs: stateInputs(spec, swarm),
    make: (parent, companions) => make({ request, spec, session, secrets, configs, global }, parent, companions),
  };
}

/** Old engines take `createHostPath` and forget it; without it the folder has to be there. */
function withFolders(spec: LateSpec, { snapshot }: Session): LateSpec {
  if (!snapshot || Number(snapshot.apiVersion.split(".")[1]) >= MAKES_FOLDERS) return spec;
  const volumes = lift(spec.volumes, (plain) =>
    (plain as Mount[] | undefined)?.map((mount) => ({ ...mount, createHostPath: false })),
  ) as LateSpec["volumes"];
  return volumes === undefined ? spec : { ...spec, volumes };
}

/** Checks that need the engine or the program's other services. */
function checkAgainstEngine(
  { name, options: { keepData }, whenKnown, report }: ServiceRequest,
  spec: LateSpec,
  session: Session,
): void {
  const { snapshot, owner } = session;
  whenKnown({ ports: spec.ports }, ({ ports = [] }) => {
    checkPorts(ports, name, session.ports, withoutServices(snapshot), owner);
    checkServicePorts(ports, snapshot, owner);
    session.ports.push(...ports.filter((port) => port.published !== undefined).map((port) => ({ port, by: name })));
  });
  whenKnown({ pullPolicy: spec.pullPolicy }, ({ pullPolicy }) => {
    if (pullPolicy === "never")
      throw new ArgumentError(
        "pullPolicy",
        say`each node of a Swarm fetches what it lacks`,
        say`remove it, or load the image on every node`,
      );
  });
  whenKnown({ volumes: spec.volumes }, ({ volumes = [] }) => {
    // On several nodes only the one that runs the task can say.
    if ((snapshot?.swarm?.nodes ?? 1) <= 1) session.refuseMissing(missingBinds(volumes, snapshot), report);
    session.warnOfBinds(volumes, name);
    if (!keepData && volumes.some(({ type }) => type === "volume"))
      throw new ArgumentError(
        "removeData",
        say`Swarm makes a volume on every node that runs a task, and leaves it there; nobody removes it from here`,
        say`remove it, and clean up with \`docker volume rm\` on the nodes`,
      );
  });
  whenKnown({ networks: spec.networks }, ({ networks = [] }) => {
    for (const [index, network] of networks.entries())
      checkNetworkScope(network.name, `networks[${index}]`, session.networks.get(network.name)?.driver, snapshot);
  });
}

/** What the component keeps in the state: the description as a reader wants to see it, without texts of files. */
function stateInputs(spec: LateSpec, swarm: SwarmOptions): pulumi.Inputs {
  const withoutContent = (files: unknown) =>
    (files as LateFile[] | undefined)?.map(({ source, target, uid, gid, mode }) => ({
      source,
      target,
      uid,
      gid,
      mode,
    }));
  const shown = Object.entries(spec).filter(([key]) => !(key in BESIDE));
  return {
    ...Object.fromEntries(shown),
    ports: lift(spec.ports, (ports) => ports?.map(formatPort)),
    secrets: withoutContent(spec.secrets),
    configs: withoutContent(spec.configs),
    swarm: Object.keys(swarm).length ? swarm : undefined,
  };
}

interface Making {
  request: ServiceRequest;
  spec: LateSpec;
  session: Session;
  secrets: LateFile[];
  configs: LateFile[];
  global: boolean;
}

/** Registers a service without tasks. */
function emptyService(
  { request: { name }, spec, session, global }: Making,
  containerName: pulumi.Output<string>,
  parent: pulumi.Resource,
  dependsOn: pulumi.Resource[],
): docker.Service {
  const { reclaimService } = swarmSessionFor(session);
  return new docker.Service(
    name,
    {
      name: containerName,
      labels: toLabels(ownerLabels(session.owner, name)),
      // The provider asks the registry for the image's digest with the logins that it knows.
      taskSpec: {
        containerSpec: { image: spec.image as pulumi.Input<string> },
        ...(global ? { placement: { constraints: ["node.id == none"] } } : {}),
      },
      mode: global ? { global: true } : { replicated: { replicas: 0 } },
    },
    {
      parent,
      provider: session.shared().provider,
      dependsOn,
      deleteBeforeReplace: true,
      replacementTrigger: global ? "global" : "replicated",
      ignoreChanges: IGNORED,
      // A refresh reads the living service, its environment too.
      additionalSecretOutputs: ["taskSpec"],
      hooks: reclaimService && { beforeCreate: [reclaimService] },
    },
  );
}

/** Makes a registered service as described, and waits until it is; undefined where no engine can be reached. */
async function fill(
  { request, session }: Making,
  id: string,
  spec: ServiceSpec,
  known: Omit<References, "image">,
  parent: pulumi.Resource,
): Promise<SwarmService | undefined> {
  const client = clientOf(session, parent);
  if (!client) return undefined;
  const live = (session.snapshot?.networks ?? []).map((network) => [network.name, network.id]);
  try {
    await debuggerOff();
    const references = { ...known, image: spec.image, networks: { ...Object.fromEntries(live), ...known.networks } };
    const own = ownerLabels(session.owner, request.name);
    const declared = swarmSpec(spec, request.options.swarm ?? {}, references, own);
    const changed = await applySpec(client, id, declared, {
      pull: spec.pullPolicy === "always",
      before: () => freePorts(session, id, declared),
    });
    const timeout = spec.waitTimeout ?? 120_000;
    return await waitUntilConverged(client, id, { timeout, changed, tell: progressOf(parent) });
  } catch (error) {
    throw sentence((error as Error).message, parent);
  }
}

/**
 * Registers an empty service, and makes it as declared when everything it needs is there: in place, whatever the
 * change, and also where somebody has changed it by hand.
 */
function make(making: Making, parent: pulumi.Resource, companions: Companion[]): MadeService {
  const { request, spec, session } = making;
  const { name, checks } = request;
  const { swarm: declaredSwarm } = swarmSessionFor(session);
  const preview = pulumi.runtime.isDryRun();
  const gate = pulumi.all([...checks, ...(declaredSwarm && !preview ? [declaredSwarm.ready] : [])]);
  const common = { session, name, parent, after: gate };
  const secrets = makeFiles(making.secrets, "secrets", common);
  const configs = makeFiles(making.configs, "configs", common);
  const networks = Array.isArray(spec.networks) ? spec.networks : [];
  const joined = networks.flatMap((network) => {
    const made = session.networks.get(network.name);
    return made ? [{ name: network.name, ...made }] : [];
  });

  const service = emptyService(
    making,
    gate.apply(() => spec.containerName as string),
    parent,
    [...secrets, ...configs, ...joined, ...companions].map(({ resource }) => resource),
  );

  for (const other of companions.filter(({ restart }) => restart))
    void pulumi.log.info(
      say`${name}: a Swarm does not start it anew with ${other.name}, which keeps its name and address when its tasks change.`,
    );
  const after = companions.filter(({ condition }) => condition !== "service_started").map(({ ready }) => ready);
  const references = pulumi.output({
    networks: Object.fromEntries(joined.map((network) => [network.name, network.id])),
    secrets: secrets.map(({ reference }) => reference),
    configs: configs.map(({ reference }) => reference),
  });
  const { secrets: _secrets, configs: _configs, ...described } = spec;
  const live = pulumi.unsecret(
    pulumi
      .all([service.id, pulumi.output(described), references, pulumi.all(preview ? [] : after)])
      .apply(async ([id, plain, known]) =>
        preview
          ? undefined
          : fill(making, id, plain as unknown as ServiceSpec, known as unknown as Omit<References, "image">, parent),
      ),
  );

  const declaredName = pulumi.output(spec.containerName as string);
  const containerName = preview ? declaredName : pulumi.all([declaredName, live]).apply(([known]) => known);
  return {
    resource: service,
    id: service.id,
    containerName,
    endpoints: preview
      ? pulumi.output(spec.ports).apply((ports) => declaredEndpoints(ports as ServiceSpec["ports"]))
      : pulumi
          .all([live, pulumi.output(spec.ports)])
          .apply(([state, ports]) => (state ? endpoints(state) : declaredEndpoints(ports as ServiceSpec["ports"]))),
    ready: live.apply(() => true),
    image: live.apply((state) => state?.Spec.TaskTemplate.ContainerSpec.Image),
    host: session.hostname,
    exec: pulumi.interpolate`docker exec -it $(docker ps -q -f label=com.docker.swarm.service.name=${containerName} | head -n1)`,
  };
}

function endpoints({ Endpoint }: SwarmService): Endpoint[] {
  return (Endpoint?.Ports ?? [])
    .filter(({ PublishedPort }) => PublishedPort)
    .map(({ TargetPort, PublishedPort, Protocol }) => ({
      target: `${TargetPort}/${Protocol}`,
      hostIp: "0.0.0.0",
      hostPort: PublishedPort!,
    }));
}
