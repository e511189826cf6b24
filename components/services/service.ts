import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type LateSpec, makeContainer } from "../engines/docker/container";
import { type ContainerInspect, waitUntilReady } from "../engines/docker/ready";
import { type Session, sessionFor } from "../engines/docker/session";
import { isLate } from "../late";
import type { ServiceSpec } from "../spec/service";
import type { DependencyDescription } from "../spec/project";
import type { ServiceArgs } from "../spec/types";
import { prepare } from "./prepare";
import { type ArgumentNames, type ReportSource, reporter } from "./report";

/** How a service behaves beside its description. */
export interface ServiceOptions {
  /**
   * Remove the data of the service's volumes when it is destroyed. Needs one `up` before the destroy.
   * Folders of the host are never removed.
   * @default false: data outlives destroy and replacement
   */
  removeData?: boolean;
  /**
   * Services that this one waits for. A service alone must answer first; with a condition, as Compose's
   * `depends_on` says it.
   */
  dependsOn?: (Service | Dependency)[];
}

/** What a service waits for (Compose `depends_on`, long form). */
export interface Dependency {
  service: Service;
  /** `service_started` only orders the starts; the others wait until the service answers, or has ended well. */
  condition: DependencyDescription["condition"];
  /** Start this service anew when that one is made anew. @default false */
  restart?: boolean;
}

/** The compose file that a service comes from. */
export interface ServiceSource extends ReportSource {
  /** Variables of the project, `.env` included. */
  variables?: Record<string, string | undefined>;
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
  /** The component's own name. */
  readonly logicalName: string;
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

  constructor(
    name: string,
    args: ServiceArgs & ServiceOptions,
    opts: pulumi.ComponentResourceOptions = {},
    type = "berth:services:Service",
    names: ArgumentNames = {},
    source?: ServiceSource,
  ) {
    const session = sessionFor(providerOf(opts));
    const { dependsOn = [], ...described } = args;
    const waits = dependsOn.map((other) =>
      other instanceof Service ? { service: other, condition: "service_healthy" as const } : other,
    );
    const report = reporter(type, name, names, source);
    const {
      spec,
      keepData,
      inputs,
      args: given,
      checks,
    } = prepare(name, described, session, report, source?.variables);
    super(type, name, inputs, { ...opts, hooks: withHook(opts.hooks, session.hooks?.changeInPlace) });

    this.logicalName = name;
    this.container = report(() =>
      makeContainer(spec, {
        session,
        name,
        parent: this,
        keepData,
        args: given,
        checks,
        after: waits.filter(({ condition }) => condition !== "service_started").map(({ service }) => service.ready),
        started: waits.map(({ service, restart = false }) => ({
          name: service.logicalName,
          container: service.container,
          restart,
        })),
      }),
    );
    this.containerId = this.container.id;
    this.description = pulumi.output(spec) as unknown as pulumi.Output<ServiceSpec>;
    if (typeof spec.containerName === "string") {
      session.services.set(spec.containerName, { name, containerId: this.container.id, resource: this.container });
    }
    const dynamic =
      isLate(spec.ports) ||
      spec.publishAll === true ||
      (spec.ports as ServiceSpec["ports"])?.some((port) => port.published === undefined);
    const live = inspection(this.container.id, spec, session, Boolean(dynamic), this);
    this.ready = live.apply(() => true);
    // Whoever connects by this name waits until somebody answers there. A preview knows the name at once.
    const containerName = pulumi.output(spec.containerName!) as pulumi.Output<string>;
    this.containerName = pulumi.runtime.isDryRun()
      ? containerName
      : pulumi.all([containerName, live]).apply(([known]) => known);
    this.endpoints =
      pulumi.runtime.isDryRun() && !dynamic
        ? (pulumi
            .output(spec.ports)
            .apply((ports) => declaredEndpoints(ports as ServiceSpec["ports"])) as pulumi.Output<Endpoint[]>)
        : pulumi
            .all([live, pulumi.output(spec.ports)])
            .apply(([state, ports]) =>
              state
                ? liveEndpoints(state, ports as ServiceSpec["ports"])
                : declaredEndpoints(ports as ServiceSpec["ports"]),
            );
    this.registerOutputs({});
    register(this);
  }

  /** The host port that a container port is published on. */
  hostPort(target: number, protocol = "tcp"): pulumi.Output<number | undefined> {
    return this.endpoints.apply(
      (endpoints) => endpoints.find((endpoint) => endpoint.target === `${target}/${protocol}`)?.hostPort,
    );
  }

  /** Address for a browser or client on the engine's host. */
  url(target: number, scheme = "http"): pulumi.Output<string | undefined> {
    return this.hostPort(target).apply((port) => (port === undefined ? undefined : `${scheme}://localhost:${port}`));
  }
}

/** The user's hooks with one more before an update. */
export function withHook(
  hooks: pulumi.ResourceHookBinding | undefined,
  hook: pulumi.ResourceHook | undefined,
): pulumi.ResourceHookBinding | undefined {
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
  return (
    [opts.provider, ...providers].find((provider) => docker.Provider.isInstance(provider)) ??
    opts.parent?.getProvider("docker:index/container:Container")
  );
}

/** The living container, once it answers. On a preview only what the engine alone knows is asked for. */
function inspection(
  id: pulumi.Output<string>,
  spec: LateSpec,
  session: Session,
  dynamic: boolean,
  resource: pulumi.Resource,
): pulumi.Output<ContainerInspect | undefined> {
  const client = session.client;
  if (!client) return id.apply(() => undefined);
  const needed = { containerName: spec.containerName, waitTimeout: spec.waitTimeout, mode: spec.mode };
  return pulumi.all([id, pulumi.output(needed)]).apply(async ([containerId, { containerName, waitTimeout, mode }]) => {
    if (pulumi.runtime.isDryRun())
      return dynamic ? client.find<ContainerInspect>(`/containers/${containerId}/json`) : undefined;
    try {
      return await waitUntilReady(client, containerId, String(containerName), {
        timeout: waitTimeout ?? 120_000,
        job: mode === "replicated-job",
      });
    } catch (error) {
      throw new pulumi.ResourceError((error as Error).message, resource, true);
    }
  });
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

function declaredEndpoints(ports: ServiceSpec["ports"] = []): Endpoint[] {
  return ports
    .filter((port) => port.published !== undefined)
    .map((port) => ({
      target: `${port.target}/${port.protocol}`,
      hostIp: port.hostIp || "0.0.0.0",
      hostPort: port.published!,
    }));
}
