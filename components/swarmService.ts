import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import type { PublishMode, SwarmOptions, UpdateConfig } from "../core/description/swarmOptions";
import type { Inputs, ServiceArgs } from "../core/description/types";
import { Service, type ServiceOptions } from "./service";

/** Arguments of {@link SwarmService}. */
export interface SwarmServiceArgs
  extends Omit<ServiceArgs, "mode" | "containerName" | "replicas">,
    Omit<ServiceOptions, "engine" | "swarm" | "kubernetes" | "removeData"> {
  /** Name in the swarm. @default the component's name */
  serviceName?: string;
  /** How many tasks. A change scales the running service. @default 1 */
  replicas?: Inputs<number>;
  /** One task on each node, in place of `replicas`. @default false */
  global?: boolean;
  /** How tasks are replaced by new ones. @default one task after the other, stopped before its successor starts */
  updateConfig?: UpdateConfig;
  /** How tasks go back after a failed update. @default as `updateConfig`'s own defaults */
  rollbackConfig?: SwarmOptions["rollbackConfig"];
  /** Which nodes run it. @default any */
  placement?: SwarmOptions["placement"];
  /** How others reach the tasks by name: one address for all (`vip`), or one for each (`dnsrr`). @default "vip" */
  endpointMode?: SwarmOptions["endpointMode"];
  /**
   * Ports on every node (`ingress`) or only where a task runs (`host`), for all or by port in the container.
   * @default "ingress"
   */
  publishMode?: PublishMode | Record<number, PublishMode>;
  /** When a task that has ended is started anew, how often and how soon. */
  restartPolicy?: SwarmOptions["restartPolicy"];
  /** What is set aside for each task; a node without it gets none. */
  reservations?: SwarmOptions["reservations"];
  /** Labels of the service itself; `labels` are those of its containers. */
  serviceLabels?: Record<string, string>;
}

const UPDATE = ["parallelism", "delay", "failureAction", "monitor", "maxFailureRatio", "order"];

/** The service's own names for what `Service` has below `swarm`; errors then name what was written. */
const NAMES: Record<string, string> = Object.fromEntries([
  ["containerName", "serviceName"],
  ["swarm.labels", "serviceLabels"],
  ...["updateConfig", "rollbackConfig"].flatMap((config) =>
    UPDATE.map((field) => [`swarm.${config}.${field}`, `${config}.${field}`]),
  ),
  ...[
    "updateConfig",
    "rollbackConfig",
    "placement",
    "endpointMode",
    "publishMode",
    "restartPolicy",
    "reservations",
  ].map((field) => [`swarm.${field}`, field]),
]);

/**
 * A service of a Docker Swarm, with what only Swarm knows as arguments of its own. Documented setup F2. It is a
 * `Service` on the engine `swarm`; any other service, also the typed ones, can run there too.
 *
 * Every change is made on the living service (`docker service update`), as `updateConfig` says; only a change between
 * `replicas` and `global` replaces it, and a change of its name. `up` returns when every task runs, and is healthy
 * where there is a health check.
 *
 * @example
 * // docker service create -p 8888:80 --name new_service nginx
 * new SwarmService("new_service", { image: "nginx", ports: ["8888:80"], replicas: 3 });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class SwarmService extends Service {
  constructor(name: string, args: SwarmServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("SwarmService", name, args);
    const { serviceName, global, updateConfig, rollbackConfig, placement, endpointMode, publishMode, ...others } = args;
    const { restartPolicy, reservations, serviceLabels, ...described } = others;
    const swarm: SwarmOptions = {
      updateConfig,
      rollbackConfig,
      placement,
      endpointMode,
      publishMode,
      restartPolicy,
      reservations,
      global,
      labels: serviceLabels,
    };
    super(
      name,
      {
        ...described,
        ...(serviceName === undefined ? {} : { containerName: serviceName }),
        engine: "swarm",
        swarm: Object.fromEntries(Object.entries(swarm).filter(([, value]) => value !== undefined)),
      },
      opts,
      "berth:services:SwarmService",
      NAMES,
    );
  }
}
