import * as pulumi from "@pulumi/pulumi";
import { say } from "../../description/say";
import { progressOf } from "../../pulumi/progress";
import { type Report, sentence } from "../../pulumi/componentErrors";
import { debuggerOff } from "../../pulumi/debuggerOff";
import { isLate, lift } from "../../pulumi/outputs";
import { ArgumentError } from "../../description/errors";
import { type FileSpec, fileMounts } from "../../description/files";
import type { Mount } from "../../description/mounts";
import { formatPort } from "../../description/ports";
import type { LateSpec, ServiceSpec } from "../../description/service";
import { firstStartHook } from "../firstStart";
import { declaredEndpoints, type Endpoint, type Engine, type PreparedService, type ServiceRequest } from "../engine";
import { checkAmount, type Ending, endingOf, mayEnd, REFUSED } from "../../mapping/docker";
import { containerArguments, makeContainer } from "./container";
import { sayOfAdoption } from "../dockerApi/adoption";
import { warnOfLeftVolumes } from "./leftVolumes";
import { isId, withTag } from "../../description/names";
import {
  checkAddresses,
  checkContainerName,
  checkNetworkExists,
  checkPorts,
  missingBinds,
} from "../dockerApi/preflight";
import { isLimited, limitsOf, type LiveLimits } from "../dockerApi/limits";
import { type Difference, difference, type InPlace, isNone } from "../dockerApi/reconcile";
import { type EngineClient, ignoreMissing } from "../dockerApi/connection/client";
import { type ContainerInspect, waitUntilReady } from "./ready";
import { providerOf, type Session, sessionFor } from "../dockerApi/session";
import type { EngineSnapshot } from "../dockerApi/snapshot";

const TOOLKIT = say`install the NVIDIA Container Toolkit and set it up`;

/** One Docker engine: each service is a container. */
export const dockerEngine: Engine = { name: "docker", refused: REFUSED, prepare };

function prepare(request: ServiceRequest): PreparedService {
  const { name, report, checks } = request;
  const { keepData } = request.options;
  request.whenKnown({ mode: request.spec.mode, replicas: request.spec.replicas }, checkAmount);
  const session = sessionFor(providerOf(request.opts));
  const spec = takeFiles(request.spec);
  const args = containerArguments(spec, report);
  checkAgainstEngine(request, spec, session);
  const live = session.live(name);
  if (live) warnOfLeftVolumes({ name, keepData }, spec, live);
  const place = placeOf(spec, session);
  const known = { containerName: spec.containerName, joined: spec.networks, ...limitsOf(spec) };
  if (!isLate(known)) session.places.set(name, known as InPlace);
  if (spec.expose !== undefined && !spec.publishAll) {
    void pulumi.log.info(
      say`${name}: expose is a note on Docker; containers of one network reach every port of each other.`,
    );
  }
  return {
    inputs: { ...stateInputs(spec), ...place },
    beforeUpdate: [firstStartHook(name, spec, session.snapshot), session.hooks?.changeInPlace],
    make(parent, companions) {
      const container = makeContainer(spec, {
        session,
        name,
        parent,
        keepData,
        args,
        checks,
        after: companions.filter(({ condition }) => condition !== "service_started").map(({ ready }) => ready),
        started: companions,
      });
      if (typeof spec.containerName === "string")
        session.services.set(spec.containerName, { name, containerId: container.id, resource: container });
      const dynamic =
        isLate(spec.ports) ||
        spec.publishAll === true ||
        Boolean((spec.ports as ServiceSpec["ports"])?.some((port) => port.published === undefined));
      const live = inspection(container.id, spec, {
        name,
        session,
        dynamic,
        place: pulumi.output(place) as unknown as pulumi.Output<InPlace>,
        parent,
      });
      const declaredName = pulumi.output(spec.containerName!) as pulumi.Output<string>;
      // Whoever connects by this name waits until somebody answers there. A preview knows the name at once.
      const containerName = pulumi.runtime.isDryRun()
        ? declaredName
        : pulumi.all([declaredName, live]).apply(([known]) => known);
      return {
        resource: container,
        container,
        id: container.id,
        containerName,
        endpoints: endpointsOf(spec, live, dynamic),
        ready: live.apply(() => true),
        image: imageOf(live, spec, session),
        host: session.hostname,
        exec: pulumi.interpolate`docker exec -it ${containerName}`,
      };
    },
  };
}

/**
 * Secrets and configs from files become mounts, as Compose makes them; what has its text here is written into
 * the container, and kept secret where it is one.
 */
function takeFiles(given: LateSpec): LateSpec {
  const spec = { ...given } as Record<string, unknown>;
  for (const field of ["secrets", "configs"] as const) {
    if (spec[field] === undefined) continue;
    const files = spec[field] as FileSpec[];
    const mounts = fileMounts(files);
    if (mounts.length) spec.volumes = lift(spec.volumes ?? [], (volumes) => [...(volumes as Mount[]), ...mounts]);
    const written = files.filter(({ content }) => content !== undefined);
    spec[field] = written.length === 0 ? undefined : field === "secrets" ? pulumi.secret(written) : written;
  }
  return spec as unknown as LateSpec;
}

/** Refuses a name that another service or somebody else's container has, and says what is taken over. */
function checkName(name: string, spec: LateSpec, session: Session): void {
  const { containerName, image, volumes, volumesFrom, networks, networkMode } = spec;
  session.checkConsentLast();
  if (typeof containerName !== "string") return;
  const other = session.services.get(containerName);
  if (other)
    throw new ArgumentError(
      "containerName",
      say`${containerName} is the name of the service ${other.name} too`,
      say`give each container its own name`,
    );
  checkContainerName(containerName, session.snapshot, session.owner, session.adopts);
  const taken = session.taken(containerName);
  if (!taken) return;
  const declared = {
    image: typeof image === "string" ? image : undefined,
    volumes: isLate(volumes) ? undefined : ((volumes ?? []) as Mount[]),
    inherits: volumesFrom !== undefined,
    networks:
      networkMode !== undefined || isLate(networks)
        ? undefined
        : ((networks ?? []) as { name: string }[]).map((network) => network.name),
  };
  for (const { level, text } of sayOfAdoption(name, taken, declared)) void pulumi.log[level](text);
}

/** Refuses what the engine is too old for. */
function needsApi(minor: number, argument: string, snapshot: EngineSnapshot | undefined): void {
  if (!snapshot || Number(snapshot.apiVersion.split(".")[1]) >= minor) return;
  throw new ArgumentError(
    argument,
    say`the Docker provider cannot set it on this engine (API ${snapshot.apiVersion}, needed: 1.${minor})`,
    say`update the engine, or remove it`,
  );
}

function checkRuntime(runtime: string | undefined, snapshot: EngineSnapshot | undefined): void {
  // Names with dots are shims, which need not be registered.
  if (!runtime || runtime.includes(".") || !snapshot?.runtimes || snapshot.runtimes.includes(runtime)) return;
  throw new ArgumentError(
    "runtime",
    say`${runtime} is not a runtime of this engine, which has ${snapshot.runtimes.join(", ")}`,
    runtime === "nvidia"
      ? say`${TOOLKIT} (\`nvidia-ctk runtime configure --runtime=docker\`), then restart Docker`
      : say`add it to runtimes in the engine's daemon.json`,
  );
}

function checkGpus(gpus: ServiceSpec["gpus"], snapshot: EngineSnapshot | undefined): void {
  if (gpus?.some(({ driver }) => ["", "nvidia"].includes(driver)) && snapshot?.gpus === false)
    throw new ArgumentError(
      "gpus",
      say`this engine has no GPUs to give: neither the NVIDIA Container Toolkit nor CDI devices are there`,
      say`${TOOLKIT}, then restart Docker; \`nvidia-smi\` on the host must work first`,
    );
}

/** Checks that need the engine or the program's other services. */
function checkAgainstEngine(
  { name, options: { keepData }, whenKnown, report, checks }: ServiceRequest,
  spec: LateSpec,
  session: Session,
): void {
  const { snapshot, owner } = session;
  whenKnown({ image: spec.image }, ({ image }) => {
    if (isId(image) && session.client) checks.push(pulumi.output(checkId(image, session.client, report)));
  });
  whenKnown({ pullPolicy: spec.pullPolicy, image: spec.image }, ({ pullPolicy, image }) => {
    const full = withTag(image);
    if (pullPolicy === "never" && snapshot && !full.includes("@") && !snapshot.images.includes(full))
      throw new ArgumentError(
        "image",
        say`${image} is not on the engine, and pullPolicy forbids to fetch it`,
        say`build or load it first, or remove pullPolicy`,
      );
  });
  whenKnown({ runtime: spec.runtime }, ({ runtime }) => checkRuntime(runtime, snapshot));
  whenKnown({ gpus: spec.gpus }, ({ gpus }) => checkGpus(gpus, snapshot));
  whenKnown({ macAddress: spec.macAddress }, ({ macAddress }) => {
    if (macAddress) needsApi(44, "macAddress", snapshot);
  });
  whenKnown({ healthcheck: spec.healthcheck }, ({ healthcheck }) => {
    if (healthcheck?.startInterval !== undefined) needsApi(44, "healthcheck.startInterval", snapshot);
  });
  checkName(name, spec, session);
  whenKnown({ ports: spec.ports, networkMode: spec.networkMode }, ({ ports = [] }) => {
    const containerName = typeof spec.containerName === "string" ? spec.containerName : undefined;
    checkPorts(ports, name, session.ports, snapshot, owner, containerName);
    session.ports.push(...ports.filter((port) => port.published !== undefined).map((port) => ({ port, by: name })));
  });
  whenKnown({ volumes: spec.volumes }, ({ volumes = [] }) => {
    session.refuseMissing(missingBinds(volumes, snapshot), report);
    session.warnOfBinds(volumes, name);
    for (const { type, source } of volumes)
      if (type === "volume" && source && !session.externalVolumes.has(source))
        session.checkVolume(source, keepData, name);
    const copies = volumes.findIndex((mount) => mount.nocopy);
    if (copies >= 0) needsApi(45, `volumes[${copies}].volume.nocopy`, snapshot);
    const parts = volumes.findIndex((mount) => mount.subpath !== undefined);
    if (parts >= 0) needsApi(45, `volumes[${parts}].volume.subpath`, snapshot);
  });
  whenKnown({ volumesFrom: spec.volumesFrom }, ({ volumesFrom = [] }) => {
    for (const [index, { container }] of volumesFrom.entries()) {
      if (!snapshot || session.services.has(container) || snapshot.containers.some((live) => live.name === container))
        continue;
      throw new ArgumentError(
        `volumesFrom[${index}]`,
        say`there is no container named ${container}`,
        say`declare that service before this one`,
      );
    }
  });
  whenKnown({ networks: spec.networks }, ({ networks = [] }) => {
    const gateway = networks.findIndex((network) => network.gwPriority);
    if (gateway >= 0) needsApi(48, `networks[${gateway}].gwPriority`, snapshot);
    checkAddresses(networks, name, session.addresses, snapshot, session.owner);
    for (const [index, network] of networks.entries()) {
      checkNetworkExists(
        network.name,
        `networks[${index}]`,
        (declaredName) => session.networks.has(declaredName),
        snapshot,
      );
      if (network.macAddress) needsApi(44, `networks[${index}].macAddress`, snapshot);
    }
  });
}

/** An image by its id alone is nowhere to be fetched. The engine's list leaves out those that others were built on. */
async function checkId(id: string, client: EngineClient, report: Report): Promise<void> {
  if (await client.find(`/images/${id}/json`)) return;
  report(() => {
    throw new ArgumentError(
      "image",
      say`${id.slice(0, 19)} is not on the engine, and no registry knows an image by its id`,
      say`build or load it again`,
    );
  });
}

/** What the component keeps in the state: the description as a reader wants to see it. */
const stateInputs = (spec: LateSpec): pulumi.Inputs => ({
  image: spec.image,
  environment: spec.environment,
  ports: lift(spec.ports, (ports) => ports?.map(formatPort)),
});

/** What is kept in the state beside that, and compared to change a living container in place. */
function placeOf(spec: LateSpec, session: Session): pulumi.Inputs {
  const joined = lift(spec.networks ?? [], (networks) => networks);
  const withIds = Array.isArray(joined)
    ? joined.map((network) => ({ ...network, id: session.networks.get(network.name)?.id }))
    : (joined as pulumi.Output<NonNullable<ServiceSpec["networks"]>>);
  return {
    containerName: spec.containerName,
    joined: (withIds as unknown[]).length === 0 ? undefined : withIds,
    ...limitsOf(spec),
  };
}

interface Inspection {
  /** Logical name of the service. */
  name: string;
  session: Session;
  /** Only the engine knows its ports. */
  dynamic: boolean;
  place: pulumi.Output<InPlace>;
  /** The component. */
  parent: pulumi.Resource;
}

/** The living container, once it answers. On a preview only what the engine alone knows is asked for. */
function inspection(
  id: pulumi.Output<string>,
  spec: LateSpec,
  { name, session, dynamic, place, parent }: Inspection,
): pulumi.Output<ContainerInspect | undefined> {
  const { client } = session;
  if (!client) return id.apply(() => undefined);
  const inspect = <T>(containerId: string) => client.find<T>(`/containers/${containerId}/json`);
  const ending = pulumi.output(endingOf(spec)) as unknown as pulumi.Output<Ending>;
  const live = session.live(name);
  const hasEnded = (plain: Ending) => live?.exitCode !== undefined && (live.exitCode !== 0 || !mayEnd(plain));
  if (pulumi.runtime.isDryRun()) {
    void ending.apply((plain) => {
      if (hasEnded(plain))
        void pulumi.log.info(
          say`${name}: its container has ended with exit code ${live!.exitCode}; with this \`up\` it starts again.`,
          parent,
        );
    });
    const declared = session.places.get(name);
    if (live && declared)
      // As an Output: the program waits for it.
      void pulumi.output(live.id).apply(async () => {
        const { name: old, networks = {}, networkMode = "" } = live;
        const fixed = /^(host|none|container:.*)$/.test(networkMode);
        const limits = isLimited(declared)
          ? (await inspect<{ HostConfig?: LiveLimits }>(live.id))?.HostConfig
          : undefined;
        tell(name, difference({ name: old, networks, fixed, limits }, declared, session), declared, parent);
      });
    return id.apply(async (containerId) => (dynamic ? inspect<ContainerInspect>(containerId) : undefined));
  }
  const needed = { containerName: spec.containerName, waitTimeout: spec.waitTimeout, ending };
  return pulumi.all([id, pulumi.output(needed), place]).apply(async ([containerId, described, declared]) => {
    const { containerName, waitTimeout } = described;
    const ending = described.ending as Ending;
    try {
      await debuggerOff();
      await session.predecessors.resume(containerId);
      const found = await session.reconciler.repair(containerId, declared as InPlace);
      // A new one has just been given its limits.
      if (found)
        tell(name, { ...found, limits: found.limits && live?.id === containerId }, declared as InPlace, parent);
      // One that is to be made anew has another id.
      if (live?.id === containerId && hasEnded(ending))
        await client.request("POST", `/containers/${containerId}/start`).catch(ignoreMissing);
      const job = ending.mode === "replicated-job";
      const state = await waitUntilReady(client, containerId, String(containerName), {
        timeout: waitTimeout ?? 120_000,
        patient: waitTimeout !== undefined,
        job,
        mayEnd: mayEnd(ending),
        tell: progressOf(parent),
      });
      if (!job && !state.State.Running)
        await pulumi.log.info(
          say`${containerName} has ended with exit code 0 and is done: nothing restarts it. \`docker start ${containerName}\` starts it again.`,
          parent,
        );
      await session.predecessors.settle(name);
      return state;
    } catch (error) {
      const { message } = error as Error;
      const back = await session.predecessors.bringBack(name, String(containerName));
      throw sentence(back ? `${message}\n${back}` : message, parent);
    }
  });
}

/** The image of a living container, which its name may not stand for any more. A preview does not ask. */
function imageOf(
  live: pulumi.Output<ContainerInspect | undefined>,
  { image }: LateSpec,
  session: Session,
): pulumi.Output<string | undefined> {
  if (pulumi.runtime.isDryRun()) return live.apply(() => undefined);
  return pulumi
    .all([live, pulumi.output(image)])
    .apply(async ([state, name]) => state?.Image && session.pinned(name as string, state.Image));
}

/** Says what `up` changes on a living container, which Pulumi's own list does not name. */
function tell(service: string, found: Difference, declared: InPlace, resource: pulumi.Resource): void {
  if (isNone(found)) return;
  const { name, limits, missing, strange } = found;
  const parts = [
    ...(limits ? [say`gets its declared limits`] : []),
    ...missing.map((network) => say`joins ${network.name}`),
    ...strange.map((network) => say`leaves ${network}`),
    ...(name === undefined ? [] : [say`is called ${declared.containerName} and not ${name}`]),
  ];
  void pulumi.log.info(say`${service}: with this \`up\` its living container ${parts.join(", ")}.`, resource);
}

/** Ports as they are on the engine; as declared where that says it all. */
function endpointsOf(
  spec: LateSpec,
  live: pulumi.Output<ContainerInspect | undefined>,
  dynamic: boolean,
): pulumi.Output<Endpoint[]> {
  const ports = pulumi.output(spec.ports) as unknown as pulumi.Output<ServiceSpec["ports"]>;
  if (pulumi.runtime.isDryRun() && !dynamic) return ports.apply(declaredEndpoints);
  return pulumi
    .all([live, ports])
    .apply(([state, plain]) =>
      state ? liveEndpoints(state, plain as ServiceSpec["ports"]) : declaredEndpoints(plain as ServiceSpec["ports"]),
    );
}

function liveEndpoints(state: ContainerInspect, ports: ServiceSpec["ports"] = []): Endpoint[] {
  // A port without an address is there twice, for IPv4 and IPv6: one endpoint, as declared.
  const twice = ({ HostIp, HostPort }: { HostIp: string; HostPort: string }) =>
    HostIp === "::" && ports.some((port) => port.hostIp === "" && String(port.published) === HostPort);
  return Object.entries(state.NetworkSettings.Ports ?? {}).flatMap(([target, bindings]) =>
    (bindings ?? [])
      .filter((binding) => !twice(binding))
      .map((binding) => ({ target, hostIp: binding.HostIp, hostPort: Number(binding.HostPort) })),
  );
}
