/** What only Swarm wants to know about a service (Compose `deploy`). */
export interface SwarmOptions {
  /** How tasks are replaced by new ones. @default one task after the other, stopped before its successor starts */
  updateConfig?: UpdateConfig;
  /** How tasks go back after a failed update. @default as `updateConfig`'s own defaults */
  rollbackConfig?: Omit<UpdateConfig, "failureAction"> & { failureAction?: "pause" | "continue" };
  /** Expressions such as `node.role == worker`. */
  placement?: {
    constraints?: string[];
    /** Spread over the values of this label, e.g. `node.labels.zone`. */
    preferences?: { spread: string }[];
    /** @default no limit */
    maxReplicasPerNode?: number;
  };
  /** `vip`: one address for all tasks. `dnsrr`: the addresses of all tasks. @default "vip" */
  endpointMode?: "vip" | "dnsrr";
  /**
   * `ingress`: every node answers. `host`: only the node that runs the task. For all ports, or by port in the
   * container: `{ 80: "host" }`.
   * @default "ingress"
   */
  publishMode?: PublishMode | Record<number, PublishMode>;
  /** One task on each node, as `mode: "global"` of the service says it too. @default false */
  global?: boolean;
  /** Beside the service's `restart`, which says when. */
  restartPolicy?: {
    /** Time before a task is started anew. @default "5s" */
    delay?: number | string;
    /** Time in which its failures count against the number of tries. @default no limit */
    window?: number | string;
  };
  /** What a node has to have free, beside `memReservation` and `gpus`. */
  reservations?: {
    /** Processors, e.g. `0.5`. */
    cpus?: number | string;
    /** By kind, as the engines' `node-generic-resources` name them, e.g. `{ SSD: 1 }`. */
    genericResources?: Record<string, number>;
  };
  /** Labels of the service itself, beside those of its containers. */
  labels?: Record<string, string>;
}

/** Ports on every node (`ingress`), or only where a task runs (`host`). */
export type PublishMode = "ingress" | "host";

/** How a service goes from one version to the next (Compose `deploy.update_config`). */
export interface UpdateConfig {
  /** Tasks at once; 0 means all. @default 1 */
  parallelism?: number;
  /** Time between groups. @default "0s" */
  delay?: number | string;
  /** What happens after a failed task. @default "pause" */
  failureAction?: "pause" | "continue" | "rollback";
  /** Time in which a new task's failure counts. @default "5s" */
  monitor?: number | string;
  /** Part of tasks that may fail, 0 to 1. @default 0 */
  maxFailureRatio?: number;
  /** Whether the old task ends before the new one starts, or after it. @default "stop-first" */
  order?: "stop-first" | "start-first";
}
