import { say } from "../../description/say";
import type { Notice } from "../../description/project";

/** Why something of an object has no place on one machine, by the end of its path. The first one counts. */
const REASONS: [path: RegExp, level: Notice["level"], why: string][] = [
  [
    /\b(?:nodeSelector|affinity|tolerations|topologySpreadConstraints|nodeName|schedulerName|priorityClassName|priority|preemptionPolicy)\b/,
    "note",
    say`one machine has no nodes to choose from`,
  ],
  [/\blivenessProbe\b/, "warning", say`Docker does not end a container that fails a check`],
  [/\bstartupProbe\b/, "warning", say`write a healthcheck with a start_period`],
  [
    /\breadinessProbe\b/,
    "warning",
    say`Docker asks only with a command inside of the container: write a healthcheck that the image can run`,
  ],
  [
    /\blifecycle\b/,
    "warning",
    say`Docker runs nothing after a start or before an end: do it in the command, or trap SIGTERM there`,
  ],
  [
    /\b(?:strategy|updateStrategy|minReadySeconds|revisionHistoryLimit|progressDeadlineSeconds|podManagementPolicy|persistentVolumeClaimRetentionPolicy|paused)\b/,
    "note",
    say`one container is replaced by the next one, without others beside it`,
  ],
  [
    /\b(?:serviceAccountName|serviceAccount|automountServiceAccountToken)\b/,
    "note",
    say`there is no API server to talk to`,
  ],
  [/\bimagePullSecrets\b/, "note", say`\`docker login\` knows the registries of a machine`],
  [/\bresources\.requests\b/, "note", say`nothing is set aside on one machine; limits stay`],
  [/\bresources\b/, "warning", say`Docker has no word for it`],
  [/\b(?:labels|annotations|selector|matchLabels)\b/, "note", say`they choose pods, or speak to programs of a cluster`],
  [/\b(?:fsGroup|fsGroupChangePolicy)\b/, "warning", say`give the volume's files to that group yourself`],
  [/\brunAsNonRoot\b/, "note", say`it only checks; user says who runs`],
  [
    /\b(?:completions|parallelism|backoffLimit|activeDeadlineSeconds|ttlSecondsAfterFinished|completionMode|suspend)\b/,
    "note",
    say`it runs once, by itself`,
  ],
  [
    /\b(?:terminationMessagePath|terminationMessagePolicy|enableServiceLinks|shareProcessNamespace)\b/,
    "note",
    say`Docker has no word for it`,
  ],
];

/** What is to be said of a part of an object that is left out. */
export function loss(at: string, path: string, why?: string): Notice {
  const [, level = "warning", reason = say`Docker has no word for it`] = REASONS.find(([end]) => end.test(path)) ?? [];
  return { level, at: path ? `${at}: ${path}` : at, text: say`is left out: ${why ?? reason}` };
}

const PERMISSIONS = say`there is no API server whose use has to be allowed`;
const NODES = say`one machine has no nodes to spread pods over`;
const STORAGE = say`the volumes of Docker lie on this machine`;

/** Why an object as a whole has no place on one machine. */
const OBJECTS: Record<string, string> = {
  Ingress: say`publish a port, or put a reverse proxy in front`,
  HTTPRoute: say`publish a port, or put a reverse proxy in front`,
  Gateway: say`publish a port, or put a reverse proxy in front`,
  HorizontalPodAutoscaler: say`one machine runs one of each`,
  PodDisruptionBudget: NODES,
  PriorityClass: NODES,
  NetworkPolicy: say`containers of one network reach each other; put them on several`,
  ServiceAccount: PERMISSIONS,
  Role: PERMISSIONS,
  RoleBinding: PERMISSIONS,
  ClusterRole: PERMISSIONS,
  ClusterRoleBinding: PERMISSIONS,
  StorageClass: STORAGE,
  PersistentVolume: STORAGE,
  CronJob: say`Docker starts nothing at given times: let cron of the machine call \`docker run\``,
  CustomResourceDefinition: say`there is no API server that could know further kinds`,
  ResourceQuota: say`limits are a matter of each container`,
  LimitRange: say`limits are a matter of each container`,
};

/** What is to be said of an object that is left out as a whole. */
export const lostObject = (at: string, kind: string): Notice => ({
  level: kind === "CronJob" || kind === "Ingress" || !Object.hasOwn(OBJECTS, kind) ? "warning" : "note",
  at,
  text: say`is left out: ${OBJECTS[kind] ?? say`only a cluster has something of this kind`}`,
});
