import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven, checkTypes } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { dockerEngine } from "../core/engines/docker/engine";
import {
  chosenEngine,
  type Companion,
  type Endpoint,
  type Engine,
  type EngineName,
  type EngineOptions,
  type MadeService,
} from "../core/engines/engine";
import { ArgumentError, show } from "../core/description/errors";
import type { DependencyDescription } from "../core/description/project";
import type { ServiceSpec } from "../core/description/service";
import type { ServiceArgs } from "../core/description/types";
import { ranOutputs } from "../core/engines/ran";
import { asDeclared } from "../core/engines/rollback";
import { readArguments } from "../core/engines/serviceArguments";
import { type ArgumentNames, type Report, type ReportSource, reporter } from "../core/pulumi/componentErrors";

export type { Endpoint } from "../core/engines/engine";

/** How a service behaves beside its description. */
export interface ServiceOptions extends Pick<EngineOptions, "swarm" | "kubernetes"> {
  /** Where it runs. @default the stack's setting `berth:engine`, else "docker" */
  engine?: EngineName;
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
  /** The service that is waited for. */
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

/** The engines; all but Docker's are loaded when they are first needed. */
const LOADERS: Record<EngineName, () => Engine> = {
  docker: () => dockerEngine,
  swarm: () => (require("../core/engines/swarm/engine") as typeof import("../core/engines/swarm/engine")).swarmEngine,
  kubernetes: () =>
    (require("../core/engines/kubernetes/engine") as typeof import("../core/engines/kubernetes/engine"))
      .kubernetesEngine,
};

/**
 * A container service: any image, described in the words of the Compose Specification, on the engine that the
 * stack chooses (`berth:engine`).
 *
 * What is declared is what runs: an unchanged program shows no change, every edit and removal takes effect,
 * and what the engine can change on the living service does not replace it. What an engine cannot do is refused
 * at preview. `up` returns when the service answers and fails with its last lines when it does not.
 *
 * Documented setups: A1 to A17.
 *
 * @example
 * // docker run -d --name web-server -p 8080:80 nginx
 * new Service("web-server", { image: "nginx", ports: ["8080:80"] });
 * @example
 * // The same as a Deployment and a node port
 * new Service("web-server", { image: "nginx", ports: ["8080:80"], engine: "kubernetes" });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class Service extends pulumi.ComponentResource {
  /** The component's own name. */
  readonly logicalName: string;
  /** Where it runs. */
  readonly engine: EngineName;
  /** Name of the service on the engine, under which others find it. */
  readonly containerName: pulumi.Output<string>;
  /** Id on the engine: of the container, the Swarm service, or the workload (`namespace/name`). */
  readonly containerId: pulumi.Output<string>;
  /** Published ports as they are on the engine, free ones included. */
  readonly endpoints: pulumi.Output<Endpoint[]>;
  /** Known when the service answers; depend on it to start later. */
  readonly ready: pulumi.Output<boolean>;
  /** The provider's resource that runs the containers, for what this component does not show. */
  readonly resource: pulumi.Resource;
  /** The same on a Docker engine; undefined on others. */
  readonly container?: docker.Container;
  /** Begins a command inside the service: `docker exec -it mysql01`, `kubectl exec -it deployment/mysql01 --`. */
  readonly exec: pulumi.Output<string>;
  /** The description that this service was made from, as plain data; for plans and exports. */
  readonly description: pulumi.Output<ServiceSpec>;
  private readonly host: string;

  constructor(
    name: string,
    args: ServiceArgs & ServiceOptions,
    opts: pulumi.ComponentResourceOptions = {},
    type = "berth:services:Service",
    names: ArgumentNames = {},
    source?: ServiceSource,
  ) {
    const inProgram = reporter(type, name, names, source);
    if (type === "berth:services:Service" && !source) checkGiven("Service", name, args);
    // Another component has looked at its own arguments, and a file's reader at its keys.
    else inProgram(() => checkTypes("Service", args));
    const {
      dependsOn = [],
      engine: chosen = chosenEngine(),
      removeData = false,
      swarm,
      kubernetes,
      ...described
    } = args;
    const engine = inProgram(() => {
      if (!Object.hasOwn(LOADERS, chosen))
        throw new ArgumentError("engine", say`"${chosen}" is not known`, say`use ${Object.keys(LOADERS).join(", ")}`);
      return LOADERS[chosen]();
    });
    const read = (fields: ServiceArgs, by: Report) => readArguments(name, fields, engine, by, source?.variables);
    const { request, options, report } = asDeclared(name, chosen, read, {
      args: described,
      request: read(described, inProgram),
      options: { swarm, kubernetes },
      report: inProgram,
    });
    const companions = inProgram(() => companionsOf(dependsOn));
    const whole = { ...options, keepData: !removeData };
    const prepared = report(() => engine.prepare({ name, ...request, options: whole, opts, report }));
    super(type, name, prepared.inputs, { ...opts, hooks: withHooks(opts.hooks, prepared.beforeUpdate) });

    this.logicalName = name;
    this.engine = chosen;
    this.description = pulumi.output(request.spec) as unknown as pulumi.Output<ServiceSpec>;
    const made: MadeService = report(() => prepared.make(this, companions));
    this.resource = made.resource;
    this.container = made.container;
    this.containerId = made.id;
    this.containerName = made.containerName;
    this.endpoints = made.endpoints;
    this.ready = made.ready;
    this.exec = made.exec;
    this.host = made.host;
    this.registerOutputs(ranOutputs(request.spec, chosen, made.image, options));
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
    return this.hostPort(target).apply((port) => (port === undefined ? undefined : `${scheme}://${this.host}:${port}`));
  }
}

const CONDITIONS = ["service_healthy", "service_started", "service_completed_successfully"] as const;

/** A service alone is waited for until it answers. */
function companionsOf(dependsOn: (Service | Dependency)[]): Companion[] {
  if (!Array.isArray(dependsOn))
    throw new ArgumentError("dependsOn", say`is no list`, say`give a list of services of the program`);
  return dependsOn.map((other, index) => {
    const place = `dependsOn[${index}]`;
    const {
      service,
      condition,
      restart = false,
    } = other instanceof Service ? { service: other, condition: "service_healthy" as const } : (other ?? {});
    if (!(service instanceof Service))
      throw new ArgumentError(
        place,
        say`is no service of the program`,
        say`give the object that \`new\` has made, or { service, condition }`,
      );
    if (!CONDITIONS.includes(condition))
      throw new ArgumentError(
        `${place}.condition`,
        say`${show(condition)} is not known`,
        say`use ${CONDITIONS.join(", ")}`,
      );
    return { name: service.logicalName, resource: service.resource, ready: service.ready, condition, restart };
  });
}

/** The user's hooks with more of them before an update. */
export function withHooks(
  given: pulumi.ResourceHookBinding | undefined,
  more: (pulumi.ResourceHook | undefined)[] = [],
): pulumi.ResourceHookBinding | undefined {
  const hooks = more.filter((hook) => hook !== undefined);
  return hooks.length ? { ...given, beforeUpdate: [...(given?.beforeUpdate ?? []), ...hooks] } : given;
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
