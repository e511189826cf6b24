import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../description/errors";
import type { DependencyDescription } from "../description/project";
import { say } from "../description/say";
import type { LateSpec, Refusals, ServiceSpec } from "../description/service";
import type { KubernetesOptions } from "../description/kubernetesOptions";
import type { SwarmOptions } from "../description/swarmOptions";
import { berthSetting } from "../pulumi/settings";
import { checkEngine, type EngineName } from "./engineName";

export * from "./engineName";

/**
 * The engine of the running program: `berth:engine` in the stack's settings.
 *
 * @default "docker"
 * @throws RunError for a name that is not known
 */
export function chosenEngine(): EngineName {
  return checkEngine(berthSetting("engine"));
}

/** A published port as the next person needs it. */
export interface Endpoint {
  /** Port inside the container, with protocol: `80/tcp`. */
  target: string;
  /** Address to connect to; `0.0.0.0` is every address of the engine's host. */
  hostIp: string;
  /** Port on the host. */
  hostPort: number;
}

/** Published ports as they are declared; free ones are not known before `up`. */
export const declaredEndpoints = (ports: ServiceSpec["ports"] = []): Endpoint[] =>
  ports
    .filter((port) => port.published !== undefined)
    .map((port) => ({
      target: `${port.target}/${port.protocol}`,
      hostIp: port.hostIp || "0.0.0.0",
      hostPort: port.published!,
    }));

/** What is said about a service beside its description. */
export interface EngineOptions {
  /** Keep the data of named volumes when the stack goes. */
  keepData: boolean;
  /** What only a Swarm reads. */
  swarm?: SwarmOptions;
  /** What only Kubernetes reads. */
  kubernetes?: KubernetesOptions;
}

/** A service that an engine is to make. */
export interface ServiceRequest {
  /** Logical name of the component. */
  name: string;
  spec: LateSpec;
  options: EngineOptions;
  /** Options of the component: its provider is that of what it makes. */
  opts: pulumi.ComponentResourceOptions;
  /** Runs a check; shows an ArgumentError as one sentence that names the component. */
  report<T>(run: () => T): T;
  /** Runs a check at once, or when the last of its fields arrives. */
  whenKnown(fields: Partial<LateSpec>, check: (plain: ServiceSpec) => void): void;
  /** Checks that wait for late arguments; where one fails, nothing of the service is made. */
  checks: pulumi.Output<unknown>[];
}

/** Another service that this one waits for. */
export interface Companion {
  /** Logical name. */
  name: string;
  /** Its main resource. */
  resource: pulumi.Resource;
  ready: pulumi.Output<boolean>;
  condition: DependencyDescription["condition"];
  /** Start this one anew when that one is made anew. */
  restart: boolean;
}

/** A service of which everything has been checked, and nothing made. */
export interface PreparedService {
  /** What the component keeps in the state: the description as a reader wants to see it. */
  inputs: pulumi.Inputs;
  /** Run before the component is updated. */
  beforeUpdate?: (pulumi.ResourceHook | undefined)[];
  make(parent: pulumi.Resource, companions: Companion[]): MadeService;
}

/** A service as it stands on its engine. */
export interface MadeService {
  /** What runs the containers: a Container, a Swarm Service, a Deployment, a Job, ... */
  resource: pulumi.Resource;
  id: pulumi.Output<string>;
  /** Name under which other services find it; known when the service answers. */
  containerName: pulumi.Output<string>;
  /** Published ports as they are on the engine. */
  endpoints: pulumi.Output<Endpoint[]>;
  /** Arrives when the service answers, or has ended well where it is a job. */
  ready: pulumi.Output<boolean>;
  /**
   * The image that runs, by its digest, or by its id where no registry has it; undefined where the engine does not say.
   * Arrives when the service answers.
   */
  image: pulumi.Output<string | undefined>;
  /** Address for `url()` where the endpoint has none of its own. */
  host: string;
  /** Begins a command inside the service, e.g. `docker exec -it mysql01`. */
  exec: pulumi.Output<string>;
  /** On the engine `docker` only. */
  container?: docker.Container;
}

/** Turns descriptions into resources. */
export interface Engine {
  name: EngineName;
  refused: Refusals;
  /**
   * Checks everything that can be checked before anything is made.
   *
   * @throws ArgumentError naming the field that is wrong, or that the engine cannot do
   */
  prepare(request: ServiceRequest): PreparedService;
}

/** For what stands on its own on a Docker engine, and has no object of its own on Kubernetes. */
export function refuseOnKubernetes(what: string, why: string): void {
  if (chosenEngine() === "kubernetes")
    throw new ArgumentError(
      "berth:engine",
      say`kubernetes has no ${what} of this kind: ${why}`,
      say`leave it out there`,
    );
}
