import * as pulumi from "@pulumi/pulumi";
import { allOrNothing } from "../../../../core/pulumi/allOrNothing";
import { clusterSessionFor } from "../../../../core/engines/kubernetes/session";
import { Service } from "../../../../components/service";
import { nameOf, type Recorded, value, type World, world } from "../../mocks";
import { sentence } from "../../refusal";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";
const SERVICE = "kubernetes:core/v1:Service";
const SECRET = "kubernetes:core/v1:Secret";
const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";

let w: World;
let notes: string[];
const begin = async (config: Record<string, string> = {}, preview = false) => {
  w = await world({ config: { "berth:engine": "kubernetes", "berth:owner": "me", ...config }, preview });
  notes = [];
  pulumi.log.info = async (message) => void notes.push(message);
};
beforeEach(() => begin());

/** The mocks give back what was asked for; a cluster adds these. */
const alive = (type: string, metadata: object, spec?: object) => {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    mocks: { newResource(args: { type: string }): { state: { metadata: object; spec: object } } };
  };
  const { newResource } = monitor.mocks;
  monitor.mocks.newResource = (args) => {
    const made = newResource(args);
    if (args.type !== type) return made;
    const { state } = made;
    return { ...made, state: { ...state, metadata: { ...state.metadata, ...metadata }, spec: spec ?? state.spec } };
  };
};

type Pods = { template: { metadata: { annotations?: Record<string, string> }; spec: Record<string, unknown> } };
const pods = ({ inputs }: Recorded) => (inputs.spec as Pods).template;
const names = (urns: string[]) => urns.map(nameOf).sort();

test("a service with all that belongs to it", async () => {
  const service = new Service("web", {
    image: "nginx",
    ports: ["32600:80"],
    environment: { PASSWORD: "s3cret", A: "1" },
    volumes: ["data:/data"],
    waitTimeout: "90s",
  });
  expect(await value(service.endpoints)).toEqual([{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 32600 }]);
  expect(await value(service.url(80))).toBe("http://localhost:32600");
  expect(await value(service.containerName)).toBe("web");
  expect(await value(service.exec)).toBe("kubectl exec -it -n default deployment/web --");
  expect(await value(service.ready)).toBe(true);
  await w.done();
  const component = w.one("berth:services:Service");
  expect(component.secrets).toEqual(["environment.PASSWORD"]);
  const marks = { "berth.stack": "berth/test", "berth.owner": "me", "berth.service": "web" };
  const deployment = w.one(DEPLOYMENT, "web");
  expect(deployment.parent).toMatch(/::web$/);
  expect(deployment.inputs.metadata).toEqual({
    name: "web",
    labels: { app: "web" },
    annotations: expect.objectContaining(marks),
  });
  expect(names(deployment.dependencies)).toEqual(["data", "web", "web-env"]);
  const secret = w.one(SECRET, "web-env");
  expect(secret.inputs.stringData).toEqual({ PASSWORD: "s3cret" });
  expect(secret.secrets).toEqual(["stringData"]);
  // No other object holds the password, in clear or not.
  for (const { type, inputs } of w.resources.filter(({ type }) => type !== SECRET && !type.startsWith("berth:")))
    expect([type, JSON.stringify(inputs)]).toEqual([type, expect.not.stringContaining("s3cret")]);
  // Nobody waits for the pods behind a Service, or for a disk that only the first pod asks for.
  for (const type of [SERVICE, CLAIM])
    expect((w.one(type).inputs.metadata as { annotations: object }).annotations).toMatchObject({
      ...marks,
      "pulumi.com/skipAwait": "true",
    });
  const claim = w.one(CLAIM, "data");
  expect(claim.parent).not.toMatch(/::web$/);
  expect(claim).toMatchObject({ retainOnDelete: true, ignoreChanges: ["spec.accessModes", "spec.storageClassName"] });
});

test("a service is reached where the setting says, on the port that the cluster gave", async () => {
  await begin({ "berth:nodeAddress": "10.0.0.5", "kubernetes:namespace": "shop" });
  alive(SERVICE, {}, { ports: [{ port: 80, protocol: "TCP", nodePort: 31234 }] });
  alive(JOB, { namespace: "shop" });
  const service = new Service("web", { image: "nginx", ports: ["80"] });
  expect(await value(service.endpoints)).toEqual([{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 31234 }]);
  expect(await value(service.url(80, "https"))).toBe("https://10.0.0.5:31234");
  const job = new Service("job", { image: "busybox", mode: "replicated-job", command: "true" });
  expect(await value(job.exec)).toBe("kubectl exec -it -n shop job/job --");
  expect(await value(job.endpoints)).toEqual([]);
  await w.done();
});

test("a preview knows fixed node ports and names", async () => {
  await begin({}, true);
  const service = new Service("web", { image: "nginx", ports: ["8080:80"] });
  expect(await value(service.endpoints)).toEqual([{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 32544 }]);
  expect(await value(service.containerName)).toBe("web");
  expect(notes).toEqual([expect.stringMatching(/^web: 8080:80 is published on the node port 32544/)]);
  await w.done();
});

test("pods start anew with what they read, and with those that they depend on", async () => {
  alive(SECRET, { name: "db-env-1a2b" });
  alive(DEPLOYMENT, { uid: "u-1", generation: 7 });
  const db = new Service("db", { image: "mysql", environment: { PASSWORD: "x" } });
  const other = new Service("other", { image: "redis" });
  new Service("web", {
    image: "nginx",
    dependsOn: [other, { service: db, condition: "service_healthy", restart: true }],
  });
  await w.done();
  // The provider completes the name; a new content has a new name.
  expect(w.one(SECRET, "db-env").inputs.metadata).not.toHaveProperty("name");
  expect(pods(w.one(DEPLOYMENT, "db")).spec).toMatchObject({
    containers: [
      { env: [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db-env-1a2b", key: "PASSWORD" } } }] },
    ],
  });
  expect(w.one(DEPLOYMENT, "db").secrets).toEqual([]);
  const web = w.one(DEPLOYMENT, "web");
  expect(pods(web).metadata.annotations).toEqual({ "berth.restarted-with": "db=u-1/7" });
  expect(names(web.dependencies)).toEqual(["db", "other", "web"]);
  expect(pods(w.one(DEPLOYMENT, "other")).metadata).not.toHaveProperty("annotations");
});

test("values that arrive late", async () => {
  const late = pulumi.output(Promise.resolve("late"));
  new Service("web", {
    image: pulumi.interpolate`registry.example/${late}:1`,
    command: [late, "$(X)"],
    environment: { A: late, B: "plain" },
    labels: { a: late },
    configs: [{ source: "conf", content: late }],
    kubernetes: { transformPod: (spec) => ({ ...spec, priorityClassName: spec.containers[0]!.image!.slice(-1) }) },
  });
  await w.done();
  const { metadata, spec } = pods(w.one(DEPLOYMENT));
  expect(metadata.annotations).toMatchObject({ a: "late" });
  expect(spec).toMatchObject({
    priorityClassName: "1",
    containers: [
      {
        image: "registry.example/late:1",
        args: ["late", "$$(X)"],
        env: [
          { name: "A", valueFrom: { secretKeyRef: { name: "web-env", key: "A" } } },
          { name: "B", value: "plain" },
        ],
      },
    ],
  });
  expect(w.one(SECRET).inputs.stringData).toEqual({ A: "late" });
  expect(w.one("kubernetes:core/v1:ConfigMap").inputs.data).toEqual({ conf: "late" });
});

test("a late value that is wrong makes nothing", async () => {
  new Service("web", { image: pulumi.output("UPPER"), environment: { PASSWORD: "x" } });
  await w.done();
  expect(w.lateErrors()).toEqual([expect.stringMatching(/^Service "web": image: "UPPER" is not an image reference/)]);
  expect(w.resources.filter(({ type }) => type.startsWith("kubernetes:"))).toEqual([]);
});

test.each([
  [{ ports: pulumi.output(["80:80"]) }, "ports"],
  [{ containerName: pulumi.output("late") }, "containerName"],
  [{ volumes: [pulumi.output("data:/d")] }, "volumes"],
  [{ environment: pulumi.output(Promise.resolve({ A: "1" })) }, "environment"],
])("structure cannot arrive late: %#", (args, field) => {
  const said = sentence(() => new Service("web", { image: "nginx", ...args }));
  expect(said).toContain(`Service "web": ${field}: is not known yet; give a`);
});

describe("a node port that another service of this stack still has", () => {
  const asked: string[] = [];
  const infos: string[] = [];
  let status = 200;
  const session = (annotations: Record<string, string> = clusterSessionFor().annotations) => {
    asked.length = infos.length = 0;
    status = 200;
    pulumi.log.info = async (message) => void infos.push(message);
    const made = clusterSessionFor();
    made.snapshot = {
      server: "https://cluster",
      nodePorts: [{ port: 30080, protocol: "TCP", namespace: "default", service: "old", annotations }],
    };
    made.client = {
      access: { indirect: false },
      // Nothing is there before, and all is well after; the mocks give no ids.
      get: async (path: string) =>
        path.endsWith("/deployments/")
          ? { status: 200, body: { spec: { replicas: 0 }, status: { observedGeneration: 1 } } }
          : { status: 404, body: undefined },
      delete: async (path: string) => {
        asked.push(path);
        return { status, body: { message: "no right" } };
      },
    } as never;
    return made;
  };
  const hook = (name: string) => w.hooks.get(w.one("kubernetes:core/v1:Service", name).beforeCreate[0]!)!;
  const run = async (nodePort: number) =>
    hook("web").callback({ newInputs: { spec: { ports: [{ nodePort }] } } } as unknown as pulumi.ResourceHookArgs);

  test("is its own where that one is no longer declared: it goes first", async () => {
    session();
    const web = () => new Service("web", { image: "nginx", ports: ["30080:80"] });
    expect(allOrNothing(web)).toBeInstanceOf(Service);
    await w.done();
    await run(30081);
    expect(asked).toEqual([]);
    await run(30080);
    expect(asked).toEqual(["/api/v1/namespaces/default/services/old"]);
    expect(infos).toContain("Deleted the service old, which is no longer declared.");
    status = 404;
    await run(30080);
    status = 403;
    await expect(run(30080)).rejects.toThrow(
      "ports: the node port 30080 is taken by the service old of this stack, which is no longer declared and cannot be deleted (no right).",
    );
  });

  test("is not known to a preview, which would be tried beside that one", async () => {
    w = await world({ preview: true, config: { "berth:engine": "kubernetes" } });
    session();
    new Service("web", { image: "nginx", ports: ["30080:80", "30081:81"] });
    await w.done();
    const { ports } = w.one("kubernetes:core/v1:Service", "web").inputs.spec as { ports: { nodePort?: number }[] };
    expect(ports.map(({ nodePort }) => nodePort)).toEqual([undefined, 30081]);
  });

  test("is refused where that one gets another in the same up", () => {
    session();
    const both = () => {
      new Service("web", { image: "nginx", ports: ["30080:80"] });
      new Service("old", { image: "nginx", ports: ["30081:80"] });
    };
    expect(sentence(() => allOrNothing(both))).toBe(
      "web: ports[0]: the node port 30080 is that of the service old until this `up` has changed it, and a cluster changes one after the other; give one of the two a third port, and exchange them with the next `up`.",
    );
  });

  test("of another checkout is taken", () => {
    session({ ...clusterSessionFor().annotations, "berth.owner": "you" });
    expect(sentence(() => new Service("web", { image: "nginx", ports: ["30080:80"] }))).toContain(
      "the node port 30080 is taken by the service old in the namespace default of the cluster",
    );
  });
});

describe("several services", () => {
  test("share a claim", async () => {
    new Service("one", { image: "nginx", volumes: ["my_data:/d"] });
    new Service("two", { image: "nginx", volumes: ["my_data:/d:ro"] });
    new Service("far", { image: "nginx", volumes: ["my_data:/d"], kubernetes: { namespace: "far" } });
    await w.done();
    expect(
      w.all(CLAIM).map(({ name, inputs }) => [name, (inputs.metadata as { namespace?: string }).namespace]),
    ).toEqual(
      expect.arrayContaining([
        ["my-data", undefined],
        ["far-my-data", "far"],
      ]),
    );
    expect(w.all(CLAIM)).toHaveLength(2);
    expect(names(w.one(DEPLOYMENT, "two").dependencies)).toContain("my-data");
    expect(w.warnings).toEqual([
      'two: volumes: my_data is shared with one, and its claim is for one node (ReadWriteOnce): pods on another node wait for ever. Set kubernetes: { volumes: { "my_data": { accessMode: "ReadWriteMany" } } } where the storage can do that, or give each its own volume.',
    ]);
  });

  test.each<[string, object, string[]]>([
    ["for all nodes", { accessMode: "ReadWriteMany" }, []],
    ["that is there already", { existing: true }, []],
    ["for one pod", { accessMode: "ReadWriteOncePod" }, ["is for one pod (ReadWriteOncePod): only one pod gets it."]],
  ])("share a claim %s", async (_, data, warnings) => {
    const kubernetes = { volumes: { data } };
    for (const name of ["one", "two"]) new Service(name, { image: "nginx", volumes: ["data:/d"], kubernetes });
    await w.done();
    expect(w.warnings).toEqual(warnings.map((text) => expect.stringContaining(text)));
  });

  test("that say different things about one volume are refused", () => {
    new Service("one", { image: "nginx", volumes: ["my_data:/d"] });
    const two = (args: object, volume = "my_data") =>
      sentence(() => new Service("two", { image: "nginx", volumes: [`${volume}:/d`], ...args }));
    expect(two({ removeData: true })).toContain('"two": removeData: two and one share the volume my_data');
    expect(two({ containerName: "two-b", kubernetes: { volumes: { my_data: { size: "1Gi" } } } })).toContain(
      "kubernetes.volumes.my_data: two and one share the volume but describe different claims",
    );
    expect(two({ containerName: "two-c" }, "my.data")).toContain(
      "the volumes my.data and my_data would both be the claim",
    );
  });

  test("of one name, or of one node port, are refused with both names", () => {
    clusterSessionFor().snapshot = {
      server: "https://cluster",
      nodePorts: [{ port: 30001, protocol: "TCP", namespace: "default", service: "theirs" }],
    };
    const web = (name: string, args: object) => sentence(() => new Service(name, { image: "nginx", ...args }));
    new Service("one", { image: "nginx", ports: ["30080:80"] });
    expect(web("two", { containerName: "one" })).toContain("is declared by one already");
    expect(web("three", { ports: ["80:80", "30080:80/udp", "30080:81"] })).toBe(
      'Service "three": ports[2]: the node port 30080 is taken by one; choose another one.',
    );
    expect(web("four", { ports: ["1:80"], kubernetes: { nodePorts: { 80: 30001 } } })).toBe(
      'Service "four": kubernetes.nodePorts.80: the node port 30001 is taken by the service theirs in the namespace default of the cluster; choose another one.',
    );
  });

  test("removeData lets the claim go with the stack", async () => {
    new Service("one", { image: "nginx", volumes: ["my_data:/d"], removeData: true });
    await w.done();
    expect(w.one(CLAIM).retainOnDelete).toBe(false);
  });
});

test("what Kubernetes cannot do is refused by the name of the field", () => {
  expect(sentence(() => new Service("web", { image: "nginx", ulimits: { nofile: 1 } }))).toMatch(
    /^Service "web": ulimits: Kubernetes has no ulimits/,
  );
  expect(sentence(() => new Service("web_1", { image: "nginx" }))).toContain('use "web-1".');
});

test("paths of nodes are warned about", async () => {
  new Service("web", { image: "nginx", volumes: ["/none/such:/d"] });
  await w.done();
  expect(w.warnings).toEqual([expect.stringMatching(/^web: volumes: \/none\/such is a path of the node/)]);
});
