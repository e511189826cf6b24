/** An object as somebody has written it, ready for `kubectl apply`. */
export interface GivenObject {
  apiVersion: string;
  kind: string;
  name: string;
  /** Only where the object says it. */
  namespace?: string;
  /** Without what the cluster writes into it. */
  manifest: GivenManifest;
  /** `Deployment web`, `Deployment shop/web`. */
  at: string;
  /** Where it stands: `app.yaml:12`. */
  place(): string;
}

/** Whatever stands in a manifest; the reader has checked what is used. */
// biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own.
export type GivenManifest = Record<string, any>;

/** Where the pod of a kind stands in its objects. */
const POD_AT: Record<string, string[]> = {
  Pod: [],
  PodTemplate: ["template"],
  Deployment: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** Path to the pod of an object: its metadata and spec are below it. Undefined where it has none. */
export const podPath = ({ kind, apiVersion }: Pick<GivenObject, "kind" | "apiVersion">): string[] | undefined =>
  /^(?:v1|apps\/v1|batch\/v1)$/.test(apiVersion) && Object.hasOwn(POD_AT, kind) ? POD_AT[kind] : undefined;

/** What stands at a path. */
export function valueAt(value: unknown, path: (string | number)[]): unknown {
  let found = value;
  for (const step of path) found = (found as GivenManifest | null | undefined)?.[step];
  return found;
}

/** The pod of an object, where it has one. */
export function podOf(object: GivenObject): { metadata?: GivenManifest; spec: GivenManifest } | undefined {
  const path = podPath(object);
  const pod =
    path && (valueAt(object.manifest, path) as { metadata?: GivenManifest; spec?: GivenManifest } | undefined);
  return pod?.spec ? { ...pod, spec: pod.spec } : undefined;
}

/** Pods of a workload that runs all the time, and how many there are. */
export const isServer = ({ kind }: GivenObject): boolean =>
  ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"].includes(kind);

/** Whether a Service leads to pods with these labels. */
export function leadsTo(service: GivenObject, pods: GivenObject): boolean {
  const selector = Object.entries((service.manifest.spec?.selector ?? {}) as Record<string, string>);
  const labels = (podOf(pods)?.metadata?.labels ?? {}) as Record<string, string>;
  return (
    service.kind === "Service" &&
    (service.namespace ?? "default") === (pods.namespace ?? "default") &&
    selector.length > 0 &&
    selector.every(([key, value]) => labels[key] === value)
  );
}
