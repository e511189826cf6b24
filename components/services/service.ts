import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { REFUSED, refuseField, secretNames } from "../engines/docker/arguments";
import { type LateSpec, makeContainer } from "../engines/docker/container";
import { checkBinds, checkContainerName, checkNetworkExists, checkPorts } from "../engines/docker/preflight";
import { type ContainerInspect, waitUntilReady } from "../engines/docker/ready";
import { type Session, sessionFor } from "../engines/docker/session";
import { isLate, lift } from "../late";
import { isSecretName, parseEnvironment } from "../spec/environment";
import { ArgumentError } from "../spec/errors";
import { formatPort } from "../spec/ports";
import { RULES } from "../spec/rules";
import { parseField, type ServiceSpec, type SpecContext } from "../spec/service";
import type { ServiceArgs, ServiceDescription } from "../spec/types";

/** How a service behaves beside its description. */
export interface ServiceOptions {
  /**
   * Remove the data of the service's volumes when it is destroyed. Needs one `up` before the destroy.
   * Folders of the host are never removed.
   * @default false: data outlives destroy and replacement
   */
  removeData?: boolean;
}

/** A published port as the next person needs it. */
export interface Endpoint {
  /** Port inside the container, with protocol: `80/tcp`. */
  target: string;
  hostIp: string;
  hostPort: number;
}

/**
 * A container service: any image, described in the words of the Compose Specification.
 *
 * What is declared is what runs: an unchanged program shows no change, every edit and removal takes effect,
 * and what Docker can change on the living container (name, networks, restart policy, limits) does not
 * replace it. What the Docker provider cannot say is refused at preview. `up` returns when the service
 * answers and fails with its last lines when it does not.
 *
 * Documented setups: rows A1 to A17 of the README's table.
 *
 * @example
 * // docker run -d --name web-server -p 8080:80 nginx
 * new Service("web-server", { image: "nginx", ports: ["8080:80"] });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class Service extends pulumi.ComponentResource {
  /** Name of the container on the engine. */
  readonly containerName: pulumi.Output<string>;
  readonly containerId: pulumi.Output<string>;
  /** Published ports as they are on the engine, free host ports included. */
  readonly endpoints: pulumi.Output<Endpoint[]>;
  /** Known when the service answers; depend on it to start later. */
  readonly ready: pulumi.Output<boolean>;
  /** The resource of the Docker provider, for what this component does not show. */
  readonly container: docker.Container;
  /** The description that this service was made from, as plain data; for plans and exports. */
  readonly description: pulumi.Output<ServiceSpec>;

  constructor(name: string, args: ServiceArgs & ServiceOptions, opts: pulumi.ComponentResourceOptions = {}, type = "berth:services:Service") {
    const session = sessionFor(providerOf(opts));
    const { spec, keepData, inputs } = prepare(type, name, args, session);
    super(type, name, inputs, { ...opts, hooks: withHook(opts.hooks, session.hooks?.changeInPlace) });

    this.container = reported(type, name, () => makeContainer(spec, { session, name, parent: this, keepData }));
    this.containerName = pulumi.output(spec.containerName!) as pulumi.Output<string>;
    this.containerId = this.container.id;
    this.description = pulumi.output(spec) as unknown as pulumi.Output<ServiceSpec>;
    if (typeof spec.containerName === "string") {
      session.services.set(spec.containerName, { name, containerId: this.container.id, resource: this.container });
    }
    const dynamic = isLate(spec.ports) || spec.publishAll === true || (spec.ports as ServiceSpec["ports"])?.some((port) => port.published === undefined);
    const live = inspection(this.container.id, spec, session, Boolean(dynamic), this);
    this.ready = live.apply(() => true);
    this.endpoints =
      pulumi.runtime.isDryRun() && !dynamic
        ? (pulumi.output(spec.ports).apply((ports) => declaredEndpoints(ports as ServiceSpec["ports"])) as pulumi.Output<Endpoint[]>)
        : pulumi.all([live, pulumi.output(spec.ports)]).apply(([state, ports]) => (state ? liveEndpoints(state) : declaredEndpoints(ports as ServiceSpec["ports"])));
    this.registerOutputs({});
    register(this);
  }

  /** The host port that a container port is published on. */
  hostPort(target: number, protocol = "tcp"): pulumi.Output<number | undefined> {
    return this.endpoints.apply((endpoints) => endpoints.find((endpoint) => endpoint.target === `${target}/${protocol}`)?.hostPort);
  }

  /** Address for a browser or client on the engine's host. */
  url(target: number, scheme = "http"): pulumi.Output<string | undefined> {
    return this.hostPort(target).apply((port) => (port === undefined ? undefined : `${scheme}://localhost:${port}`));
  }
}

function withHook(hooks: pulumi.ResourceHookBinding | undefined, hook: pulumi.ResourceHook | undefined): pulumi.ResourceHookBinding | undefined {
  return hook ? { ...hooks, beforeUpdate: [...(hooks?.beforeUpdate ?? []), hook] } : hooks;
}

const declared = new WeakMap<object, Service[]>();

function register(service: Service): void {
  const monitor = pulumi.runtime.getMonitor() ?? globalThis;
  declared.set(monitor, [...(declared.get(monitor) ?? []), service]);
}

/** Every service that the running program has declared so far, in order; for plans. */
export function declaredServices(): Service[] {
  return declared.get(pulumi.runtime.getMonitor() ?? globalThis) ?? [];
}

export function providerOf(opts: pulumi.ComponentResourceOptions): pulumi.ProviderResource | undefined {
  const providers = Array.isArray(opts.providers) ? opts.providers : Object.values(opts.providers ?? {});
  return [opts.provider, ...providers].find((provider) => docker.Provider.isInstance(provider)) ?? opts.parent?.getProvider("docker:index/container:Container");
}

/** Shows a wrong argument as one sentence that names the component; everything else keeps its stack. */
export function reported<T>(type: string, name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ArgumentError) throw new pulumi.ResourceError(`${type.split(":").at(-1)} "${name}": ${error.message}`, undefined, true);
    throw error;
  }
}

/** Like `reported`, for a check that runs when an Output arrives. */
function checkedLate<T>(type: string, name: string, fields: unknown, check: (plain: T) => void): pulumi.Output<void> | void {
  return lift(fields, (plain) => reported(type, name, () => check(plain as T)));
}

interface Prepared {
  spec: LateSpec;
  keepData: boolean;
  inputs: pulumi.Inputs;
}

/** Reads and checks the arguments. Runs before the component registers, so that a wrong one makes nothing. */
function prepare(type: string, name: string, args: ServiceArgs & ServiceOptions, session: Session): Prepared {
  const context: SpecContext = { projectFolder: session.projectFolder, outer: process.env };
  const { removeData = false, ...fields } = args;
  return reported(type, name, () => {
    const spec = { containerName: name } as Record<string, unknown>;
    for (const [key, value] of Object.entries(fields) as [keyof ServiceDescription, unknown][]) {
      if (value === undefined || key === "environment" || key === "envFile") continue;
      if (key in REFUSED) refuseField(key as keyof ServiceSpec);
      spec[key] = lift(value, (plain) => reported(type, name, () => parseField(key, plain as never, context)));
    }
    if (spec.image === undefined) throw new ArgumentError("image", "is missing", 'name one, for example "nginx"');
    if (spec.containerName !== undefined && !isLate(spec.containerName)) parseField("containerName", spec.containerName as string, context);
    const environment = secretEnvironment(fields.environment, fields.envFile, context, type, name);
    if (environment !== undefined) spec.environment = environment;

    const late = spec as unknown as LateSpec;
    for (const rule of RULES) {
      const needed = Object.fromEntries(rule.fields.map((field) => [field, late[field]]));
      checkedLate<ServiceSpec>(type, name, needed, (plain) => rule.check(plain));
    }
    checkAgainstEngine(type, name, late, session);
    if (spec.expose !== undefined && !spec.publishAll) {
      void pulumi.log.debug(`${name}: expose is a note on Docker; containers of one network reach every port of each other.`);
    }
    return { spec: late, keepData: !removeData, inputs: stateInputs(late, session) };
  });
}

/** Environment files and variables as one map in which only the secret values are secret. */
function secretEnvironment(environment: ServiceArgs["environment"], envFile: ServiceArgs["envFile"], context: SpecContext, type: string, name: string): pulumi.Input<Record<string, pulumi.Input<string>>> | undefined {
  if (environment === undefined && envFile === undefined) return undefined;
  const files = envFile === undefined ? [] : lift(envFile, (plain) => reported(type, name, () => parseField("envFile", plain as never, context)));
  const fromFiles = lift(files, (plain) => {
    const spec = { envFile: plain } as unknown as ServiceSpec;
    const secrets = secretNames(spec);
    const merged: Record<string, string> = Object.assign({}, ...(spec.envFile ?? []).map((file) => file.values));
    return Object.fromEntries(Object.entries(merged).map(([key, value]) => [key, secrets.has(key) ? pulumi.secret(value) : value]));
  });
  const isMap = environment !== undefined && !isLateItself(environment) && !Array.isArray(environment);
  if (isMap) {
    // Values may be Outputs one by one; the others must not turn secret with them.
    const own: Record<string, pulumi.Input<string>> = {};
    for (const [key, value] of Object.entries(environment as Record<string, unknown>)) {
      if (value === undefined) continue;
      const parsed = lift(value, (plain) => reported(type, name, () => parseEnvironment({ [key]: plain }, "environment", context.outer)[key]));
      if (parsed !== undefined) own[key] = isSecretName(key) ? pulumi.secret(parsed as string) : (parsed as pulumi.Input<string>);
    }
    return lift1(fromFiles, (values) => ({ ...values, ...own }));
  }
  const own = lift((environment ?? {}) as unknown, (plain) => {
    const parsed = reported(type, name, () => parseEnvironment(plain as never, "environment", context.outer));
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, isSecretName(key) ? pulumi.secret(value) : value]));
  });
  return lift1(fromFiles, (values) => lift1(own, (others) => ({ ...values, ...others }))) as pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const isLateItself = (value: unknown): boolean => pulumi.Output.isInstance(value) || value instanceof Promise;

/** Maps a record whose values may be Outputs, without waiting for them. */
function lift1<R>(value: unknown, apply: (record: Record<string, pulumi.Input<string>>) => R): R | pulumi.Output<R> {
  if (!isLateItself(value)) return apply(value as Record<string, pulumi.Input<string>>);
  return (value as pulumi.Output<object>).apply(apply as never) as unknown as pulumi.Output<R>;
}

/** Checks that need the engine or the program's other services. */
function checkAgainstEngine(type: string, name: string, spec: LateSpec, session: Session): void {
  const { snapshot, owner } = session;
  checkedLate<ServiceSpec>(type, name, { ports: spec.ports, networkMode: spec.networkMode }, ({ ports = [] }) => {
    checkPorts(ports, name, session.ports, snapshot, owner);
    session.ports.push(...ports.filter((port) => port.published !== undefined).map((port) => ({ port, by: name })));
  });
  if (typeof spec.containerName === "string") {
    const other = session.services.get(spec.containerName);
    if (other) throw new ArgumentError("containerName", `${spec.containerName} is the name of the service ${other.name} too`, "give each container its own name");
    checkContainerName(spec.containerName, snapshot, owner);
  }
  checkedLate<ServiceSpec>(type, name, { volumes: spec.volumes }, ({ volumes = [] }) => {
    checkBinds(volumes, snapshot);
    const copies = volumes.findIndex((mount) => mount.nocopy);
    if (copies >= 0 && snapshot && Number(snapshot.apiVersion.split(".")[1]) < 45) {
      throw new ArgumentError(`volumes[${copies}].volume.nocopy`, `the Docker provider cannot set it on this engine (API ${snapshot.apiVersion}, needed: 1.45)`, "update the engine, or remove it");
    }
  });
  checkedLate<ServiceSpec>(type, name, { networks: spec.networks }, ({ networks = [] }) => {
    for (const [index, network] of networks.entries()) {
      checkNetworkExists(network.name, `networks[${index}]`, (declaredName) => session.networks.has(declaredName), snapshot);
    }
  });
}

/**
 * What the component keeps in the state: the description as a reader wants to see it, and what the engine
 * layer compares to change a living container in place.
 */
function stateInputs(spec: LateSpec, session: Session): pulumi.Inputs {
  const joined = lift(spec.networks ?? [], (networks) => networks);
  const withIds = Array.isArray(joined)
    ? joined.map((network) => ({ ...network, id: session.networks.get(network.name)?.id }))
    : (joined as pulumi.Output<NonNullable<ServiceSpec["networks"]>>);
  return {
    image: spec.image,
    containerName: spec.containerName,
    environment: spec.environment,
    ports: lift(spec.ports, (ports) => ports?.map(formatPort)),
    joined: (withIds as unknown[]).length === 0 ? undefined : withIds,
    cpus: spec.cpus,
    cpuPeriod: spec.cpuPeriod,
    cpuQuota: spec.cpuQuota,
  };
}

/** The living container, once it answers. On a preview only what the engine alone knows is asked for. */
function inspection(id: pulumi.Output<string>, spec: LateSpec, session: Session, dynamic: boolean, resource: pulumi.Resource): pulumi.Output<ContainerInspect | undefined> {
  const client = session.client;
  if (!client) return id.apply(() => undefined);
  const needed = { containerName: spec.containerName, waitTimeout: spec.waitTimeout, mode: spec.mode };
  return pulumi.all([id, pulumi.output(needed)]).apply(async ([containerId, { containerName, waitTimeout, mode }]) => {
    if (pulumi.runtime.isDryRun()) return dynamic ? client.find<ContainerInspect>(`/containers/${containerId}/json`) : undefined;
    try {
      return await waitUntilReady(client, containerId, String(containerName), { timeout: waitTimeout ?? 120_000, job: mode === "replicated-job" });
    } catch (error) {
      throw new pulumi.ResourceError((error as Error).message, resource, true);
    }
  });
}

function liveEndpoints(state: ContainerInspect): Endpoint[] {
  return Object.entries(state.NetworkSettings.Ports ?? {}).flatMap(([target, bindings]) =>
    (bindings ?? []).map((binding) => ({ target, hostIp: binding.HostIp, hostPort: Number(binding.HostPort) })),
  );
}

function declaredEndpoints(ports: ServiceSpec["ports"] = []): Endpoint[] {
  return ports
    .filter((port) => port.published !== undefined)
    .map((port) => ({ target: `${port.target}/${port.protocol}`, hostIp: port.hostIp || "0.0.0.0", hostPort: port.published! }));
}
