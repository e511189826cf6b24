import { say } from "../description/say";
import type { TidyService } from "../description/describe";
import type { Notice } from "../description/project";
import { parseDuration } from "../description/quantities";
import type { Manifest } from "../mapping/kubernetes/manifest";
import { note } from "./printed";

interface Term {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

/** What nodes are asked for in a constraint, by the labels that every cluster gives them. */
const NODE_LABELS: Record<string, string> = {
  "node.hostname": "kubernetes.io/hostname",
  "node.platform.os": "kubernetes.io/os",
  "node.platform.arch": "kubernetes.io/arch",
};
const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

/** A constraint such as `node.labels.disk == ssd`; undefined where nodes of a cluster have nothing like it. */
function term(constraint: string): Term | undefined {
  const [, subject = "", sign, value = ""] = /^\s*([\w.\-/]+)\s*(==|!=)\s*(.+?)\s*$/.exec(constraint) ?? [];
  if (subject === "node.role") {
    const manager = (value === "manager") === (sign === "==");
    return { key: CONTROL_PLANE, operator: manager ? "Exists" : "DoesNotExist" };
  }
  const key = NODE_LABELS[subject] ?? /^node\.labels\.(.+)$/.exec(subject)?.[1];
  if (key === undefined) return undefined;
  const known = key === "kubernetes.io/arch" ? value.replace("x86_64", "amd64").replace("aarch64", "arm64") : value;
  return { key, operator: sign === "==" ? "In" : "NotIn", values: [known] };
}

// biome-ignore lint/suspicious/noExplicitAny: each kind has a spec of its own.
type Spec = any;

/**
 * Puts what only a Swarm reads into the controller of a service where a cluster has an equivalent, and says the rest
 * by the keys of the compose file.
 */
export function withSwarm(at: string, service: TidyService, controller: Manifest, services: Manifest[]): Notice[] {
  const { swarm = {} } = service;
  const notices: Notice[] = [];
  const left = (key: string, text: string) => notices.push(note(`${at}.deploy.${key}`, say`is left out: ${text}`));
  const spec = controller.spec as Spec;
  const pod = spec.template.spec as Spec;
  const own = { app: spec.template.metadata.labels.app };
  const { placement = {}, updateConfig, reservations = {} } = swarm;

  if (placement.constraints?.length) {
    const terms = placement.constraints.map((constraint) => ({ constraint, found: term(constraint) }));
    const found = terms.flatMap((one) => one.found ?? []);
    for (const one of terms)
      if (!one.found) left("placement.constraints", say`nodes of a cluster have nothing like ${one.constraint}`);
    if (found.length)
      pod.affinity = {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: found }] },
        },
      };
    if (found.some(({ key, operator }) => key === CONTROL_PLANE && operator === "Exists"))
      pod.tolerations = [{ key: CONTROL_PLANE, operator: "Exists", effect: "NoSchedule" }];
  }
  const spreads = (placement.preferences ?? []).map(({ spread }) => spread.replace(/^node\.labels\./, ""));
  if (spreads.length)
    pod.topologySpreadConstraints = spreads.map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: own },
    }));
  if (placement.maxReplicasPerNode === 1 && controller.kind !== "DaemonSet")
    pod.affinity = {
      ...pod.affinity,
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "kubernetes.io/hostname",
            labelSelector: { matchLabels: own },
          },
        ],
      },
    };
  else if (placement.maxReplicasPerNode && controller.kind !== "DaemonSet")
    left("placement.max_replicas_per_node", say`a cluster can only keep two pods of a service from one node`);

  if (updateConfig) update(updateConfig, controller, left);
  if (swarm.rollbackConfig) left("rollback_config", say`\`kubectl rollout undo\` goes back as an update goes forth`);
  if (swarm.restartPolicy?.delay !== undefined)
    left("restart_policy.delay", say`a cluster waits 10 seconds, and twice as long each time up to five minutes`);
  if (swarm.restartPolicy?.window !== undefined)
    left("restart_policy.window", say`a cluster starts what has ended again for ever`);
  if (reservations.cpus !== undefined) {
    const [container] = pod.containers;
    const { requests } = container.resources ?? {};
    container.resources = { ...container.resources, requests: { ...requests, cpu: String(reservations.cpus) } };
  }
  if (Object.keys(reservations.genericResources ?? {}).length)
    left("resources.reservations.generic_resources", say`a cluster counts them by the names of its device plugins`);
  if (swarm.labels) {
    const metadata = controller.metadata as { annotations?: Record<string, string> };
    metadata.annotations = { ...metadata.annotations, ...swarm.labels };
  }
  if (swarm.endpointMode === "dnsrr")
    for (const one of services) {
      const service = one.spec as Spec;
      if (service.type === "ClusterIP")
        one.spec = { clusterIP: "None", ports: service.ports, selector: service.selector };
      else if (service.type === "NodePort") left("endpoint_mode", say`what is published has one address in a cluster`);
    }
  return notices;
}

type Update = NonNullable<NonNullable<TidyService["swarm"]>["updateConfig"]>;

function update(
  { parallelism = 1, delay, failureAction, monitor, maxFailureRatio, order }: Update,
  { kind, spec: given }: Manifest,
  left: (key: string, text: string) => void,
): void {
  const spec = given as Spec;
  const at = "update_config";
  if (kind === "Job") {
    left(at, say`a Job is made once`);
    return;
  }
  // 0 means all at once.
  const many = parallelism === 0 ? "100%" : parallelism;
  if (kind === "DaemonSet")
    spec.updateStrategy = {
      rollingUpdate: order === "start-first" ? { maxSurge: many, maxUnavailable: 0 } : { maxUnavailable: many },
    };
  else if (spec.strategy?.type === "Recreate") left(at, say`two pods must not have its data or ports at once`);
  else
    spec.strategy = {
      type: "RollingUpdate",
      rollingUpdate:
        order === "start-first" ? { maxSurge: many, maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: many },
    };
  const seconds = delay === undefined ? 0 : Math.ceil(parseDuration(delay, "delay") / 1000);
  if (seconds > 0) spec.minReadySeconds = seconds;
  if (failureAction !== undefined && failureAction !== "pause")
    left(`${at}.failure_action`, say`an update that fails stops; \`kubectl rollout undo\` goes back`);
  if (monitor !== undefined) left(`${at}.monitor`, say`a pod counts once it is ready`);
  if (maxFailureRatio !== undefined) left(`${at}.max_failure_ratio`, say`an update stops at the first pod that fails`);
}
