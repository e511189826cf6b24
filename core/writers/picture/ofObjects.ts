import { say } from "../../description/say";
import { stringify } from "yaml";
import { type Box, type Card, type Chip, Ids, type Picture, type Store } from "./picture";

/** An object of a cluster as a manifest says it. */
export interface ClusterObject {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  /** The other objects that it is made after; only workloads among them are drawn. */
  after?: ClusterObject[];
  /** What is known of the service that it was made for. */
  service?: Pick<Card, "run" | "description">;
}

interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: unknown; valueFrom?: { secretKeyRef?: object } }[];
  envFrom?: { secretRef?: { name: string } }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  resources?: { limits?: Record<string, string | number> };
}
interface PodSpec {
  hostNetwork?: boolean;
  containers: Container[];
  volumes?: {
    name: string;
    persistentVolumeClaim?: { claimName: string };
    hostPath?: { path: string };
    secret?: { secretName: string };
  }[];
}
interface ServiceSpec {
  type?: string;
  selector?: Record<string, string>;
  ports?: { port: number; targetPort?: number | string; nodePort?: number; protocol?: string }[];
}
interface WorkloadSpec {
  replicas?: number;
  template?: { metadata?: { labels?: Record<string, string> }; spec: PodSpec };
}

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Pod"];

const podOf = ({ kind, metadata, spec }: ClusterObject): { pod: PodSpec; labels: Record<string, string> } => {
  if (kind === "Pod") return { pod: spec as unknown as PodSpec, labels: metadata.labels ?? {} };
  const { template } = spec as WorkloadSpec;
  return { pod: template!.spec, labels: template!.metadata?.labels ?? {} };
};

/** What somebody wrote; berth's own annotations say who owns it. */
function manifest({ kind, metadata, spec }: ClusterObject): string {
  const { name, namespace, labels } = metadata;
  return stringify({ kind, metadata: { name, namespace, labels }, spec }, { lineWidth: 0 });
}

/** The ports of the Services in front of a pod, with the way that leads there from outside the cluster. */
function inFront(services: ClusterObject[], namespace: string | undefined, labels: Record<string, string>) {
  return services.flatMap(({ metadata, spec }) => {
    const { selector = {}, type, ports = [] } = (spec ?? {}) as ServiceSpec;
    const pairs = Object.entries(selector);
    if (metadata.namespace !== namespace || !pairs.length) return [];
    if (!pairs.every(([key, value]) => labels[key] === value)) return [];
    return ports.map(({ port, targetPort = port, nodePort, protocol }) => {
      const inside = `${targetPort}${protocol && protocol !== "TCP" ? `/${protocol.toLowerCase()}` : ""}`;
      const ways: Record<string, string> = {
        NodePort: nodePort === undefined ? say`node port` : say`node ${nodePort}`,
        LoadBalancer: String(port),
      };
      const outside = ways[type ?? ""];
      return { service: metadata.name, port, shown: outside === undefined ? undefined : { outside, inside } };
    });
  });
}

/** What a picture of a cluster's objects shows: workloads, the Services in front of them, and their claims. */
export function pictureOfObjects(name: string, objects: ClusterObject[]): Picture {
  const cards = new Ids("c");
  const stores = new Ids("v");
  const boxes = new Map<string, Box>();
  const found = new Map<string, Store>();
  const ids = new Ids("n");
  const services = objects.filter(({ kind }) => kind === "Service");

  const boxOf = ({ namespace = "default" }: ClusterObject["metadata"]): string => {
    const id = ids.of(namespace);
    boxes.set(id, { id, kind: "namespace", labels: [{ name: namespace, detail: say`namespace` }] });
    return id;
  };
  const keyOf = ({ kind, metadata }: ClusterObject) => `${kind} ${metadata.namespace} ${metadata.name}`;
  const isWorkload = ({ kind }: ClusterObject) => WORKLOADS.includes(kind);
  const workloads = objects.filter(isWorkload);
  for (const object of workloads) cards.of(keyOf(object));
  const storeOf = (kind: Store["kind"], space: string | undefined, of: string): string => {
    const id = stores.of(`${kind} ${space} ${of}`);
    found.set(id, { id, kind, name: of });
    return id;
  };

  const drawn = workloads.map((object): Card => {
    const { kind, metadata, spec } = object;
    const { pod, labels } = podOf(object);
    const { namespace } = metadata;
    const [first, ...others] = pod.containers;
    const chips: Chip[] = [];
    const chip = (of: Chip["kind"], text: string | false | undefined) => text && chips.push({ kind: of, text });
    const { replicas = 1 } = (spec ?? {}) as WorkloadSpec;
    chip("replicas", replicas !== 1 && `× ${replicas}`);
    chip("plain", kind === "DaemonSet" && say`on every node`);
    chip("plain", kind !== "Deployment" && kind !== "DaemonSet" && kind);
    const gpus = pod.containers.reduce(
      (sum, { resources }) => sum + Number(resources?.limits?.["nvidia.com/gpu"] ?? 0),
      0,
    );
    chip("gpu", gpus > 0 && `${gpus} GPU${gpus === 1 ? "" : "s"}`);
    chip("plain", pod.hostNetwork && say`host network`);
    for (const { name: beside } of others) chip("plain", `+ ${beside}`);

    const front = inFront(services, namespace, labels);
    for (const { service, port } of front) chip("network", `${service}:${port}`);
    const secrets = pod.containers.flatMap(({ env = [], envFrom = [] }) => [
      ...env.filter(({ valueFrom, value }) => valueFrom?.secretKeyRef || value === "[secret]").map((one) => one.name),
      ...envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []),
    ]);
    const mounts = pod.containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts.flatMap(({ name: of, mountPath: path, readOnly = false }) => {
        const volume = pod.volumes?.find((candidate) => candidate.name === of);
        if (volume?.secret) secrets.push(volume.secret.secretName);
        const claim = volume?.persistentVolumeClaim?.claimName;
        const folder = volume?.hostPath?.path;
        const store = claim ? storeOf("claim", namespace, claim) : folder && storeOf("path", "", folder);
        return store ? [{ path, readOnly, store }] : [];
      }),
    );
    return {
      id: cards.of(keyOf(object)),
      name: metadata.name,
      subtitle: first!.image,
      box: boxOf(metadata),
      chips,
      secrets: [...new Set(secrets)],
      ports: front.flatMap(({ shown }) => shown ?? []),
      mounts: mounts.filter(
        ({ path, store }, index) => mounts.findIndex((m) => m.path === path && m.store === store) === index,
      ),
      waits: (object.after ?? [])
        .filter(isWorkload)
        .map((other) => ({ on: cards.of(keyOf(other)), text: say`${other.metadata.name} is ready` })),
      run: object.service?.run ?? [],
      description: object.service?.description ?? manifest(object),
    };
  });
  // A claim that nothing mounts is made all the same.
  for (const { kind, metadata } of objects)
    if (kind === "PersistentVolumeClaim") storeOf("claim", metadata.namespace, metadata.name);
  return { name, boxes: [...boxes.values()], cards: drawn, stores: [...found.values()], warnings: [] };
}
