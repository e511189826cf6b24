import type { ClusterClient } from "../../../../core/engines/kubernetes/client";
import { clusterStatus } from "../../../../core/engines/kubernetes/status";
import type { Declared, ServiceStatus } from "../../../../core/engines/status";

const OWNER = { stack: "berth/shop", owner: "me" };
const MINE = { "berth.stack": "berth/shop", "berth.owner": "me" };

type Lists = Partial<Record<"deployments" | "daemonsets" | "jobs" | "pods" | "services", object[]>>;

/** A cluster with these objects in the namespace `default` and no others. */
const cluster = (lists: Lists, status = 200) =>
  ({
    access: { server: "https://cluster" },
    async get(path: string) {
      const [, namespace, kind] = /\/namespaces\/([^/]+)\/(\w+)$/.exec(path)!;
      const items = namespace === "default" ? (lists[kind as keyof Lists] ?? []) : [];
      return { status, body: status === 200 ? { items } : { message: "no" } };
    },
  }) as unknown as ClusterClient;

const declared = (given: Partial<Declared> = {}, spec: object = {}): Declared => ({
  service: "web",
  name: "web",
  engine: "kubernetes",
  spec: { image: "nginx:1", ...spec } as Declared["spec"],
  hidden: false,
  kind: "Deployment",
  metadata: { name: "web" },
  ...given,
});

const object = (status: object, spec: object = {}, metadata: object = {}) => ({
  metadata: { name: "web", generation: 2, annotations: { ...MINE, "berth.service": "web" }, ...metadata },
  spec: {
    replicas: 1,
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ image: "nginx:1" }] } },
    ...spec,
  },
  status,
});
const UP = { observedGeneration: 2, availableReplicas: 1, updatedReplicas: 1 };

const look = async (lists: Lists, ...services: Declared[]): Promise<ServiceStatus[]> =>
  clusterStatus(cluster(lists), OWNER, services, "default");

test("a Deployment that runs, with the node ports that lead to it", async () => {
  const service = (app: string, nodePort: number) => ({
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080, nodePort }] },
  });
  const [status] = await look(
    { deployments: [object(UP)], services: [service("web", 32_000), service("db", 32_001)] },
    declared(),
  );
  expect(status).toMatchObject({
    state: "running",
    ok: true,
    replicas: { running: 1, wanted: 1 },
    ports: [{ target: "8080/tcp", hostIp: "0.0.0.0", hostPort: 32_000 }],
    id: "default/deployment/web",
  });
});

test.each<[string, object, object, Partial<ServiceStatus>]>([
  ["of an older generation", { ...UP, observedGeneration: 1 }, {}, { state: "starting", changed: [] }],
  ["whose new pod does not answer", { ...UP, replicas: 2 }, {}, { state: "starting", changed: [] }],
  ["whose pods are old ones", { ...UP, updatedReplicas: 0 }, {}, { state: "starting", changed: [] }],
  [
    "that has been scaled to nothing",
    { observedGeneration: 2 },
    { replicas: 0 },
    { state: "exited", changed: ["replicas"] },
  ],
  [
    "of another number of pods",
    { ...UP, availableReplicas: 2 },
    { replicas: 2 },
    { state: "running", changed: ["replicas"] },
  ],
  [
    "of another image",
    UP,
    { template: { spec: { containers: [{ image: "nginx:2" }] } } },
    { state: "running", changed: ["image"] },
  ],
])("a Deployment %s is not as declared", async (_, status, spec, expected) => {
  const [found] = await look({ deployments: [object(status, spec)] }, declared());
  expect(found).toMatchObject({ ...expected, ok: false });
});

test("says in the cluster's words why a pod does not come up", async () => {
  const pod = {
    metadata: { name: "web-1", labels: { app: "web" }, ownerReferences: [{}] },
    status: { containerStatuses: [{ state: { waiting: { reason: "ErrImagePull", message: "not found." } } }] },
  };
  const [status] = await look({ deployments: [object({ observedGeneration: 2 })], pods: [pod] }, declared());
  expect(status).toMatchObject({ state: "restarting", ok: false, notes: ["web-1: ErrImagePull: not found"] });
});

test.each<[string, object, string, boolean]>([
  ["Job", { conditions: [{ type: "Complete", status: "True" }] }, "done", true],
  ["Job", { conditions: [{ type: "Failed", status: "True" }] }, "exited", false],
  ["Job", { active: 1 }, "running", false],
  [
    "DaemonSet",
    { observedGeneration: 2, desiredNumberScheduled: 2, numberAvailable: 2, updatedNumberScheduled: 2 },
    "running",
    true,
  ],
  [
    "DaemonSet",
    { observedGeneration: 2, desiredNumberScheduled: 2, numberAvailable: 1, updatedNumberScheduled: 2 },
    "starting",
    false,
  ],
  ["Pod", { phase: "Running", conditions: [{ type: "Ready", status: "True" }] }, "running", true],
  ["Pod", { phase: "Pending" }, "starting", false],
  ["Pod", { phase: "Failed" }, "exited", false],
])("a %s with %j", async (kind, status, state, ok) => {
  const { metadata, spec } = object({});
  const made = kind === "Pod" ? { metadata, spec: spec.template.spec, status } : { metadata, spec, status };
  const [found] = await look({ [`${kind.toLowerCase()}s`]: [made] }, declared({ kind }));
  expect(found).toMatchObject({ state, ok });
});

test("missing, somebody else's, and not declared any more", async () => {
  expect(await look({}, declared())).toMatchObject([{ state: "missing", ok: false, notes: [] }]);
  const theirs = object(UP, {}, { annotations: { ...MINE, "berth.owner": "you" } });
  expect(await look({ deployments: [theirs] }, declared())).toMatchObject([
    { state: "missing", notes: ["a Deployment of this name is there that the stack has not made"] },
  ]);
  expect(await look({ deployments: [object(UP)] })).toMatchObject([{ service: "web", declared: false, ok: false }]);
  // In another namespace it is another one.
  expect(
    await look({ deployments: [object(UP)] }, declared({ metadata: { name: "web", namespace: "shop" } })),
  ).toMatchObject([{ state: "missing" }, { state: "running", declared: false }]);
});

test("what the cluster does not let be read is an error", async () => {
  await expect(clusterStatus(cluster({}, 403), OWNER, [], "default")).rejects.toThrow(
    "the cluster at https://cluster answers 403: no",
  );
});
