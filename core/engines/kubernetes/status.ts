import type { DaemonSet, Deployment } from "kubernetes-types/apps/v1";
import type { Job } from "kubernetes-types/batch/v1";
import type { Pod, Service } from "kubernetes-types/core/v1";
import { withTag } from "../../description/names";
import { say, withoutStop } from "../../description/say";
import { isOurs, type Owner, SERVICE_LABEL } from "../owner";
import { type Declared, judged, missing, type ServiceStatus, since, type State } from "../status";
import type { ClusterClient } from "./client";

type Workload = Deployment & DaemonSet & Job;

/** A Pod that nothing has made anew, in the form of the others. */
const bare = (pod: Pod) => ({ ...pod, spec: { template: pod } }) as unknown as Workload;
const isBare = ({ metadata }: Pod) => !metadata?.ownerReferences?.length;

/** Where each kind of a service's workload is listed. */
const KINDS: Record<string, string> = {
  Deployment: "/apis/apps/v1/namespaces/NAMESPACE/deployments",
  StatefulSet: "/apis/apps/v1/namespaces/NAMESPACE/statefulsets",
  DaemonSet: "/apis/apps/v1/namespaces/NAMESPACE/daemonsets",
  Job: "/apis/batch/v1/namespaces/NAMESPACE/jobs",
};

/** What a look needs of a namespace. */
interface Namespace {
  name: string;
  workloads: { kind: string; object: Workload }[];
  services: Service[];
  pods: Pod[];
}

/**
 * Compares what is declared on a cluster with the workloads of the stack there, in the namespaces that it declares
 * something in, and in the default one.
 *
 * @throws Error where the cluster does not let its objects be read
 */
export async function clusterStatus(
  client: ClusterClient,
  owner: Owner,
  declared: Declared[],
  defaultNamespace: string,
): Promise<ServiceStatus[]> {
  const placeOf = ({ metadata }: Declared) => metadata?.namespace ?? defaultNamespace;
  const names = [...new Set([defaultNamespace, ...declared.map(placeOf)])];
  const namespaces = await Promise.all(names.map((name) => readNamespace(client, name)));
  const seen = new Set<Workload>();
  const wanted = declared.map((one) => {
    const namespace = namespaces.find(({ name }) => name === placeOf(one))!;
    const found = namespace.workloads.find(
      ({ kind, object }) => kind === one.kind && object.metadata?.name === (one.metadata?.name ?? one.name),
    );
    if (!found) return missing(one);
    seen.add(found.object);
    if (!isOurs(found.object.metadata?.annotations, owner))
      return missing(one, say`a ${found.kind} of this name is there that the stack has not made`);
    return statusOf(found, namespace, one.service, one);
  });
  const gone = namespaces.flatMap((namespace) =>
    namespace.workloads.flatMap((found) => {
      const { annotations, name = "" } = found.object.metadata ?? {};
      if (seen.has(found.object) || !isOurs(annotations, owner)) return [];
      return [statusOf(found, namespace, annotations?.[SERVICE_LABEL] ?? name)];
    }),
  );
  return [...wanted, ...gone];
}

async function readNamespace(client: ClusterClient, name: string): Promise<Namespace> {
  const list = async <T>(path: string): Promise<T[]> => {
    const { status, body } = await client.get<{ items: T[]; message?: string }>(path.replace("NAMESPACE", name));
    if (status === 200) return body?.items ?? [];
    throw new Error(
      say`the cluster at ${client.access.server} answers ${status}: ${body?.message ?? say`no reason given`}`,
    );
  };
  const kinds = Object.entries(KINDS);
  const [services, pods, ...lists] = await Promise.all([
    list<Service>("/api/v1/namespaces/NAMESPACE/services"),
    list<Pod>("/api/v1/namespaces/NAMESPACE/pods"),
    ...kinds.map(([, path]) => list<Workload>(path)),
  ]);
  const workloads = [
    ...kinds.flatMap(([kind], index) => lists[index]!.map((object) => ({ kind, object }))),
    ...pods.filter(isBare).map((pod) => ({ kind: "Pod", object: bare(pod) })),
  ];
  return { name, workloads, services, pods };
}

function statusOf(
  { kind, object }: Namespace["workloads"][number],
  { name: namespace, services, pods }: Namespace,
  service: string,
  declared?: Declared,
): ServiceStatus {
  const { name = "", creationTimestamp = "" } = object.metadata ?? {};
  const image = object.spec?.template.spec?.containers[0]?.image;
  const alone = kind === "Job" || kind === "Pod";
  const { running, wanted, state } = alone ? stateOf(kind, object) : replicas(kind, object, declared);
  const short = running < wanted && !["done", "exited"].includes(state);
  const trouble = short || state === "exited" ? troubleOf(pods, object) : undefined;
  const has = object.spec?.replicas ?? 1;
  const changed: string[] = [];
  if (declared && image !== undefined && withTag(image) !== withTag(declared.spec.image)) changed.push("image");
  if (declared && /^(?:Deployment|StatefulSet)$/.test(kind) && has !== (declared.spec.replicas ?? 1))
    changed.push("replicas");
  const status: Omit<ServiceStatus, "ok"> = {
    service,
    name,
    engine: "kubernetes",
    state: short && trouble ? "restarting" : state,
    replicas: alone ? undefined : { running, wanted },
    declared: declared !== undefined,
    changed,
    ports: services.filter((one) => selects(one, object)).flatMap(nodePorts),
    uptime: state === "done" ? undefined : since(creationTimestamp),
    image,
    notes: trouble === undefined ? [] : [trouble],
    id: `${namespace}/${kind.toLowerCase()}/${name}`,
  };
  return judged(status, { job: kind === "Job" });
}

function replicas(kind: string, { spec, status, metadata }: Workload, declared: Declared | undefined) {
  // What it says of an older generation says nothing of this one.
  const current = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  if (kind === "DaemonSet") {
    const wanted = status?.desiredNumberScheduled ?? 0;
    const running = current ? Math.min(status?.numberAvailable ?? 0, status?.updatedNumberScheduled ?? 0) : 0;
    return { running, wanted, state: (running >= wanted ? "running" : "starting") as State };
  }
  const has = spec?.replicas ?? 1;
  const wanted = declared ? (declared.spec.replicas ?? 1) : has;
  const updated = status?.updatedReplicas ?? 0;
  // Those of before the last change are still there, and answer.
  const before = Math.max(0, (status?.replicas ?? updated) - updated);
  const running = current ? Math.max(0, Math.min((status?.availableReplicas ?? 0) - before, updated)) : 0;
  const state: State = has === 0 && wanted > 0 ? "exited" : running >= wanted ? "running" : "starting";
  return { running, wanted, state };
}

/** Of what is there once. */
function stateOf(kind: string, { status }: Workload): { running: number; wanted: number; state: State } {
  const holds = (type: string) =>
    Boolean(status?.conditions?.some((one) => one.type === type && one.status === "True"));
  if (kind === "Job") {
    const state = holds("Complete") ? "done" : holds("Failed") ? "exited" : "running";
    return { running: status?.active ?? 0, wanted: 1, state };
  }
  const { phase } = status as { phase?: string };
  if (phase === "Succeeded" || phase === "Failed")
    return { running: 0, wanted: 1, state: phase === "Failed" ? "exited" : "done" };
  const ready = holds("Ready");
  return { running: ready ? 1 : 0, wanted: 1, state: ready ? "running" : "starting" };
}

/** Why a pod of a workload does not run, in the cluster's words. */
function troubleOf(pods: Pod[], { metadata: of, spec }: Workload): string | undefined {
  const selector = Object.entries(spec?.selector?.matchLabels ?? { app: of?.name });
  for (const { metadata, status } of pods) {
    const chosen = selector.every(([key, value]) => metadata?.labels?.[key] === value);
    if (!chosen && metadata?.labels?.app !== of?.name && metadata?.name !== of?.name) continue;
    for (const { state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
      const { reason, message } = state?.waiting ?? {};
      if (reason && !/^(ContainerCreating|PodInitializing)$/.test(reason))
        return `${metadata?.name}: ${withoutStop([reason, message].filter(Boolean).join(": "))}`;
    }
  }
  return undefined;
}

/** Whether a Service leads to the pods of a workload. */
function selects({ spec }: Service, { spec: workload }: Workload): boolean {
  const labels = workload?.template.metadata?.labels ?? {};
  const selector = Object.entries(spec?.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

const nodePorts = ({ spec }: Service) =>
  (spec?.ports ?? []).flatMap(({ nodePort, targetPort, port, protocol = "TCP" }) =>
    nodePort
      ? [{ target: `${targetPort ?? port}/${protocol.toLowerCase()}`, hostIp: "0.0.0.0", hostPort: nodePort }]
      : [],
  );
