import * as pulumi from "@pulumi/pulumi";
import { address } from "../../../core/engines/kubernetes/objects/address";
import { clusterSessionFor } from "../../../core/engines/kubernetes/session";
import { Namespace } from "../../../components/namespace";
import { WebApp, type WebAppArgs } from "../../../components/webApp";
import { names, nameOf, quiet, value, type World, world } from "../mocks";
import { sentence } from "../refusal";
import { marks } from "./marks";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVICE = "kubernetes:core/v1:Service";
const SECRET = "kubernetes:core/v1:Secret";
const marksOf = (name: string) => marks("WebApp", name);

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

/** The two objects of an app, as they are registered. */
async function objects(name: string, args: WebAppArgs) {
  const app = new WebApp(name, args);
  await w.done();
  return { app, deployment: w.one(DEPLOYMENT, name).inputs, service: w.one(SERVICE, name).inputs };
}
type PodSpec = Record<string, never> & { containers: Record<string, unknown>[] };
const podOf = (deployment: Record<string, unknown>) =>
  (deployment.spec as { template: { spec: PodSpec } }).template.spec;
const mainOf = (deployment: Record<string, unknown>) => podOf(deployment).containers[0]!;

describe("the documented objects", () => {
  const documented: WebAppArgs = {
    name: "nginx-deployment",
    serviceName: "nginx-service",
    image: "nginx:1.7.9",
    port: 80,
    portName: "nginx-port",
    nodePort: 32600,
    safeDefaults: false,
  };

  test("G1 and G2: field by field, and the marks of the stack", async () => {
    const { deployment, service } = await objects("nginx", documented);
    expect(deployment).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "nginx-deployment", labels: { app: "nginx" }, annotations: marksOf("nginx") },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "nginx" } },
        template: {
          metadata: { labels: { app: "nginx" } },
          spec: { containers: [{ name: "nginx", image: "nginx:1.7.9" }] },
        },
      },
    });
    expect(service).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "nginx-service",
        labels: { app: "nginx" },
        annotations: { ...marksOf("nginx"), "pulumi.com/skipAwait": "true" },
      },
      spec: {
        selector: { app: "nginx" },
        ports: [{ name: "nginx-port", protocol: "TCP", port: 80, nodePort: 32600, targetPort: 80 }],
        type: "NodePort",
      },
    });
    expect(names(w.resources).sort()).toEqual(["Deployment nginx", "Service nginx", "WebApp nginx"]);
    expect(nameOf(w.one(SERVICE).parent)).toBe("nginx");
    expect(w.one(SERVICE).deleteBeforeReplace).toBe(true);
  });

  test("its outputs", async () => {
    const { app } = await objects("nginx", documented);
    expect(
      await value(pulumi.all([app.deploymentName, app.serviceName, app.namespace, app.nodePort, app.url])),
    ).toEqual(["nginx-deployment", "nginx-service", "default", 32600, "http://localhost:32600"]);
  });

  test("G3: image and number of pods change, the selector does not", async () => {
    const { deployment } = await objects("nginx", { ...documented, image: "nginx:1.8", replicas: 4 });
    expect(deployment.spec).toMatchObject({ replicas: 4, selector: { matchLabels: { app: "nginx" } } });
    expect(mainOf(deployment).image).toBe("nginx:1.8");
  });

  test("G4: the same app in two namespaces, each after its namespace", async () => {
    const { nodePort: _, ...anywhere } = documented;
    const development = new Namespace("development");
    const production = new Namespace("production");
    new WebApp("a", { ...anywhere, labels: { app: "nginx" }, containerName: "nginx", namespace: development });
    new WebApp("b", { ...anywhere, labels: { app: "nginx" }, containerName: "nginx", namespace: production.namespace });
    await w.done();
    const [a, b] = [w.one(DEPLOYMENT, "a"), w.one(DEPLOYMENT, "b")];
    expect([a, b].map(({ inputs }) => (inputs.metadata as { namespace: string }).namespace)).toEqual([
      "development",
      "production",
    ]);
    expect(a.inputs.spec).toEqual(b.inputs.spec);
    for (const [app, namespace] of [
      ["a", "development"],
      ["b", "production"],
    ] as const)
      for (const type of [DEPLOYMENT, SERVICE]) expect(w.one(type, app).dependencies.map(nameOf)).toContain(namespace);
  });
});

describe("safe defaults", () => {
  const SAFE = {
    readinessProbe: { httpGet: { path: "/", port: 80 }, periodSeconds: 5 },
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  };
  const ROLLOUT = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

  test("all of them, where nothing else is said", async () => {
    const { deployment, service, app } = await objects("web", { image: "nginx" });
    expect(mainOf(deployment)).toEqual({ name: "web", image: "nginx", ...SAFE });
    expect(deployment.spec).toMatchObject({ strategy: ROLLOUT });
    expect(podOf(deployment).automountServiceAccountToken).toBe(false);
    expect(service.spec).toEqual({
      selector: { app: "web" },
      ports: [{ protocol: "TCP", port: 80, targetPort: 80 }],
      type: "ClusterIP",
    });
    expect(await value(app.url)).toBe("http://web.default.svc");
    expect(await value(app.nodePort)).toBeUndefined();
  });

  test.each<[keyof WebAppArgs, string]>([
    ["readinessProbe", "readinessProbe"],
    ["resources", "resources"],
    ["preStop", "lifecycle"],
  ])("%s: false takes away that one and no other", async (argument, field) => {
    const { deployment } = await objects("web", { image: "nginx", [argument]: false });
    const { [field]: _, ...others } = SAFE as Record<string, unknown>;
    expect(mainOf(deployment)).toEqual({ name: "web", image: "nginx", ...others });
    expect(deployment.spec).toMatchObject({ strategy: ROLLOUT });
  });

  test("strategy: false and the token, by name", async () => {
    const { deployment } = await objects("web", {
      image: "nginx",
      strategy: false,
      automountServiceAccountToken: true,
    });
    expect(deployment.spec).not.toHaveProperty("strategy");
    expect(podOf(deployment).automountServiceAccountToken).toBe(true);
    expect(mainOf(deployment)).toMatchObject(SAFE);
  });

  test("without them, what is given stays", async () => {
    const { deployment } = await objects("web", { image: "nginx", safeDefaults: false, readinessProbe: "/ready" });
    expect(mainOf(deployment)).toEqual({
      name: "web",
      image: "nginx",
      readinessProbe: { httpGet: { path: "/ready", port: 80 } },
    });
    expect(deployment.spec).not.toHaveProperty("strategy");
    expect(podOf(deployment)).not.toHaveProperty("automountServiceAccountToken");
  });
});

test("every argument has its place", async () => {
  const { deployment, service, app } = await objects("shop", {
    serviceName: "www",
    namespace: "team-a",
    labels: { tier: "front" },
    image: pulumi.output("registry.example/shop:2"),
    imagePullPolicy: "Always",
    imagePullSecrets: ["registry"],
    replicas: pulumi.output(3),
    containerName: "server",
    containerPort: 8080,
    port: 81,
    nodePort: 31000,
    portName: "http",
    serviceType: "LoadBalancer",
    env: { MODE: "test", WORKERS: 4, NODE: { valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } } },
    envFrom: [{ configMapRef: { name: "settings" } }],
    command: ["/server"],
    args: ["--port", "8080"],
    workingDir: "/srv",
    resources: { requests: { cpu: 0.1 }, limits: { cpu: "200m", memory: "1Gi" } },
    readinessProbe: { httpGet: { path: "/ready", port: "http" }, initialDelaySeconds: 1 },
    livenessProbe: { tcpSocket: 8080, failureThreshold: 5 },
    startupProbe: { exec: ["test", "-e", "/ready"] },
    strategy: { maxSurge: "50%", maxUnavailable: 0 },
    terminationGracePeriodSeconds: 60,
    postStart: { exec: { command: ["true"] } },
    preStop: { sleep: 20 },
    volumes: [{ name: "data", emptyDir: {} }],
    volumeMounts: [{ name: "data", mountPath: "/data" }],
    securityContext: { runAsNonRoot: true },
  });
  expect(deployment).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "shop",
      namespace: "team-a",
      labels: { app: "shop", tier: "front" },
      annotations: marksOf("shop"),
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "shop" } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "50%", maxUnavailable: 0 } },
      template: {
        metadata: { labels: { app: "shop", tier: "front" } },
        spec: {
          containers: [
            {
              name: "server",
              image: "registry.example/shop:2",
              imagePullPolicy: "Always",
              command: ["/server"],
              args: ["--port", "8080"],
              workingDir: "/srv",
              env: [
                { name: "MODE", value: "test" },
                { name: "WORKERS", value: "4" },
                { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
              ],
              envFrom: [{ configMapRef: { name: "settings" } }],
              ports: [{ containerPort: 8080 }],
              resources: { requests: { cpu: "0.1" }, limits: { cpu: "200m", memory: "1Gi" } },
              readinessProbe: { httpGet: { path: "/ready", port: "http" }, initialDelaySeconds: 1 },
              livenessProbe: { tcpSocket: { port: 8080 }, failureThreshold: 5 },
              startupProbe: { exec: { command: ["test", "-e", "/ready"] } },
              lifecycle: { postStart: { exec: { command: ["true"] } }, preStop: { sleep: { seconds: 20 } } },
              volumeMounts: [{ name: "data", mountPath: "/data" }],
              securityContext: { runAsNonRoot: true },
            },
          ],
          imagePullSecrets: [{ name: "registry" }],
          terminationGracePeriodSeconds: 60,
          automountServiceAccountToken: false,
          volumes: [{ name: "data", emptyDir: {} }],
        },
      },
    },
  });
  expect(service).toEqual({
    apiVersion: "v1",
    kind: "Service",
    // A load balancer's address is waited for.
    metadata: {
      name: "www",
      namespace: "team-a",
      labels: { app: "shop", tier: "front" },
      annotations: marksOf("shop"),
    },
    spec: {
      selector: { app: "shop" },
      ports: [{ name: "http", protocol: "TCP", port: 81, targetPort: 8080, nodePort: 31000 }],
      type: "LoadBalancer",
    },
  });
  expect(await value(app.namespace)).toBe("team-a");
});

test("Recreate ends all old pods first", async () => {
  const { deployment } = await objects("web", { image: "nginx", strategy: "Recreate" });
  expect((deployment.spec as { strategy: unknown }).strategy).toEqual({ type: "Recreate" });
});

test.each<[string, object, number | undefined, string]>([
  [
    "a load balancer's name",
    { loadBalancer: { ingress: [{ hostname: "lb.example" }] } },
    31000,
    "http://lb.example:81",
  ],
  ["a load balancer's number", { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } }, 31000, "http://192.0.2.1:81"],
  ["the node port", { loadBalancer: {} }, 31000, "http://node.example:31000"],
  ["the name inside the cluster", {}, undefined, "http://web.default.svc:81"],
])("the address is %s", (_, status, nodePort, url) => {
  expect(address({ ports: [{ port: 81 }] }, status, nodePort, "web.default.svc", "node.example")).toBe(url);
});

test("berth:nodeAddress is the host of a node port", async () => {
  w = await world({ config: { "berth:owner": "me", "berth:nodeAddress": "node.example" } });
  const { app } = await objects("web", { image: "nginx", nodePort: 31000 });
  expect(await value(app.url)).toBe("http://node.example:31000");
});

describe("secrets", () => {
  const args: WebAppArgs = {
    image: "nginx",
    safeDefaults: false,
    env: { MODE: "test", DB_PASSWORD: "s3cret", HOST: pulumi.output("db.example") },
    sidecars: [{ name: "log", image: "busybox", env: [{ name: "API_TOKEN", value: "t0ken" }] }],
  };
  const encoded = (text: string) => Buffer.from(text).toString("base64");

  test("lie in a Secret whose name pods learn when it is made", async () => {
    const { deployment } = await objects("web", args);
    const secret = w.one(SECRET, "web-env");
    expect(secret.inputs).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      // The provider completes the name, so that another value is another Secret and pods are rolled.
      metadata: { annotations: marksOf("web") },
      data: {
        "web.DB_PASSWORD": encoded("s3cret"),
        "web.HOST": encoded("db.example"),
        "log.API_TOKEN": encoded("t0ken"),
      },
    });
    expect(secret.secrets).toEqual(["data"]);
    const from = (key: string) => ({ valueFrom: { secretKeyRef: { name: "web-env", key } } });
    expect(podOf(deployment).containers.map(({ env }) => env)).toEqual([
      [
        { name: "MODE", value: "test" },
        { name: "DB_PASSWORD", ...from("web.DB_PASSWORD") },
        { name: "HOST", ...from("web.HOST") },
      ],
      [{ name: "API_TOKEN", ...from("log.API_TOKEN") }],
    ]);
    expect(JSON.stringify(w.one(DEPLOYMENT).inputs)).not.toMatch(/s3cret|t0ken/);
    expect(w.one(DEPLOYMENT).secrets).toEqual([]);
    expect(w.one(DEPLOYMENT).dependencies.map((urn) => urn.split("::")[2])).toContainEqual(
      expect.stringContaining("Secret"),
    );
  });

  test("without any there is no Secret, and nothing stands in the pods", async () => {
    const { deployment } = await objects("web", { image: "nginx", env: { MODE: "test" } });
    expect(w.all(SECRET)).toEqual([]);
    expect(mainOf(deployment).env).toEqual([{ name: "MODE", value: "test" }]);
  });
});

describe("G6: sidecars", () => {
  const site: WebAppArgs = {
    image: "nginx",
    safeDefaults: false,
    volumes: [{ name: "site", emptyDir: {} }],
    volumeMounts: [{ name: "site", mountPath: "/usr/share/nginx/html", readOnly: true }],
  };
  const fetcher = { name: "fetcher", image: "busybox", volumeMounts: [{ name: "site", mountPath: "/site" }] };

  test("share the pod's volumes with the server", async () => {
    const { deployment } = await objects("site", { ...site, sidecars: [fetcher] });
    expect(podOf(deployment)).toEqual({
      containers: [
        {
          name: "site",
          image: "nginx",
          volumeMounts: [{ name: "site", mountPath: "/usr/share/nginx/html", readOnly: true }],
        },
        fetcher,
      ],
      volumes: [{ name: "site", emptyDir: {} }],
    });
  });

  test("native ones are init containers that are kept running", async () => {
    const { deployment } = await objects("site", {
      ...site,
      sidecars: [{ ...fetcher, native: true, startupProbe: { httpGet: "/ready" }, ports: [{ containerPort: 9000 }] }],
    });
    expect(podOf(deployment).containers).toHaveLength(1);
    expect(podOf(deployment).initContainers).toEqual([
      {
        ...fetcher,
        ports: [{ containerPort: 9000 }],
        // Its own port, not that of the server.
        startupProbe: { httpGet: { path: "/ready", port: 9000 } },
        restartPolicy: "Always",
      },
    ]);
  });
});

describe("Kubernetes' own words", () => {
  test("are laid over both objects last", async () => {
    const { deployment, service } = await objects("web", {
      image: "nginx",
      safeDefaults: false,
      env: { A: "1" },
      deployment: {
        metadata: { annotations: { team: pulumi.output("a") } },
        spec: {
          revisionHistoryLimit: 2,
          replicas: null,
          template: { spec: { containers: [{ name: "web", env: [{ name: "B", value: "2" }] }], hostNetwork: true } },
        },
      },
      service: { spec: { sessionAffinity: "ClientIP", ports: [{ port: 80, nodePort: 30100 }], type: "NodePort" } },
    });
    expect(deployment.metadata).toHaveProperty("annotations", { ...marksOf("web"), team: "a" });
    expect(deployment.spec).toEqual({
      revisionHistoryLimit: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          hostNetwork: true,
          containers: [
            {
              name: "web",
              image: "nginx",
              env: [
                { name: "A", value: "1" },
                { name: "B", value: "2" },
              ],
            },
          ],
        },
      },
    });
    expect(service.spec).toEqual({
      selector: { app: "web" },
      sessionAffinity: "ClientIP",
      ports: [{ protocol: "TCP", port: 80, targetPort: 80, nodePort: 30100 }],
      type: "NodePort",
    });
  });
});

describe("refused before anything is made", () => {
  const OK = { image: "nginx" };
  const volumes = [{ name: "v", emptyDir: {} }];
  // biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may give.
  test.each<[any, string]>([
    [{}, 'image: is missing; name one, for example "nginx:1.27".'],
    [{ image: "Nginx" }, 'image: "Nginx" is not an image reference'],
    [{ image: `sha256:${"0".repeat(64)}` }, "image: "],
    [{ ...OK, imag: "x" }, "imag: is not an argument of WebApp; use image."],
    [{ ...OK, name: "My_App" }, 'name: "My_App" is not a name that Kubernetes takes'],
    [{ ...OK, name: pulumi.output("x") }, "name: is not known yet; give a plain value."],
    [{ ...OK, serviceName: "1web" }, 'serviceName: "1web" is not a name of a Kubernetes Service'],
    [{ ...OK, namespace: "Team" }, 'namespace: "Team" is not a name that Kubernetes takes'],
    [{ ...OK, containerName: "a.b" }, 'containerName: "a.b" is not a name'],
    [{ ...OK, labels: { tier: "a b" } }, 'labels.tier: "a b" is not a value of a label'],
    [{ ...OK, labels: { "a b": "x" } }, 'labels: "a b" is not a key of a label'],
    [{ ...OK, labels: { app: pulumi.output("x") } }, "labels.app: is not known yet; give a plain value."],
    [{ ...OK, labels: pulumi.output({ tier: "a" }) }, "labels: is not known yet; give a plain value."],
    [{ ...OK, labels: ["a"] }, "labels: is a list; give an object."],
    [{ ...OK, replicas: -1 }, "replicas: -1 is not a number of pods; use a whole number, 0 or more."],
    [{ ...OK, replicas: 1.5 }, "replicas: 1.5 is not a number of pods"],
    [{ ...OK, replicas: "2" }, "replicas: is text; give a number."],
    [{ ...OK, containerPort: 0 }, "containerPort: 0 is not a whole number in range; use 1 to 65535."],
    [{ ...OK, port: 65536 }, "port: 65536 is not a whole number in range; use 1 to 65535."],
    [{ ...OK, nodePort: 8080 }, "nodePort: 8080 is not a node port; use a whole number from 30000 to 32767."],
    [
      { ...OK, nodePort: 30000, serviceType: "ClusterIP" },
      'nodePort: a Service of the type ClusterIP has none; use serviceType: "NodePort".',
    ],
    [
      { ...OK, serviceType: "External" },
      'serviceType: "External" is not known; use ClusterIP, NodePort, LoadBalancer.',
    ],
    [{ ...OK, portName: "HTTP port" }, 'portName: "HTTP port" is not a name of a port'],
    [{ ...OK, imagePullPolicy: "always" }, 'imagePullPolicy: "always" is not known; use Always, IfNotPresent, Never.'],
    [{ ...OK, imagePullSecrets: "x" }, "imagePullSecrets: is text; give a list."],
    [{ ...OK, imagePullSecrets: ["A"] }, 'imagePullSecrets[0]: "A" is not a name'],
    [{ ...OK, command: "nginx -g" }, "command: is text; give a list."],
    [{ ...OK, args: [1] }, "args[0]: is a number; give text."],
    [{ ...OK, workingDir: "srv" }, 'workingDir: "srv" is not an absolute path; begin it with "/".'],
    [{ ...OK, env: { "1A": "x" } }, 'env.1A: "1A" is not a name of a variable'],
    [{ ...OK, env: { A: null } }, "env.A: null is not a value of a variable; give text, a number or a flag."],
    [{ ...OK, env: { A: ["x"] } }, "env.A: is a list; give text, a number, true or false or an object."],
    [{ ...OK, env: { A: { from: 1 } } }, "env.A.from: is not a field of a variable; use name, value, valueFrom."],
    [{ ...OK, env: [{ name: "A", value: "1", valueFrom: {} }] }, "env[0]: has both value and valueFrom"],
    [{ ...OK, env: [{ name: "A" }, { name: "A" }] }, "env[1]: A is there twice; keep one of them."],
    [{ ...OK, env: ["A=1"] }, "env[0]: is text; give an object."],
    [{ ...OK, env: "A=1" }, "env: is text; give an object or a list."],
    [{ ...OK, env: pulumi.output({}) }, "env: is not known yet; give a plain value."],
    [{ ...OK, resources: { requests: { memory: "64MB" } } }, "resources.requests.memory: "],
    [
      { ...OK, resources: { requests: { cpu: "1" }, limits: { cpu: "500m" } } },
      "resources.requests.cpu: 1 is above the limit 500m; lower it or raise the limit.",
    ],
    [{ ...OK, resources: { request: {} } }, "resources.request: is not a field of resources; use requests."],
    [{ ...OK, readinessProbe: "ready" }, 'readinessProbe.httpGet.path: "ready" is not a path; begin it with "/".'],
    [{ ...OK, readinessProbe: {} }, "readinessProbe: says nothing to do; give one of httpGet, tcpSocket, grpc, exec."],
    [{ ...OK, livenessProbe: { httpGet: "/", exec: ["a"] } }, "livenessProbe: names httpGet and exec; give one of"],
    [{ ...OK, livenessProbe: { httpGet: "/", period: 1 } }, "livenessProbe.period: is not a field of a probe; use "],
    [
      { ...OK, startupProbe: { httpGet: "/", periodSeconds: 0 } },
      "startupProbe.periodSeconds: 0 is not a whole number",
    ],
    [{ ...OK, startupProbe: { httpGet: "/", initialDelaySeconds: -1 } }, "startupProbe.initialDelaySeconds: -1 is not"],
    [
      { ...OK, startupProbe: { httpGet: "/", timeoutSeconds: "1" } },
      "startupProbe.timeoutSeconds: is text; give a number.",
    ],
    [
      { ...OK, livenessProbe: { httpGet: "/", successThreshold: 2 } },
      "livenessProbe.successThreshold: can only be 1 here; remove it.",
    ],
    [{ ...OK, livenessProbe: { exec: [] } }, "livenessProbe.exec: [] is not a command"],
    [{ ...OK, livenessProbe: { tcpSocket: 0 } }, "livenessProbe.tcpSocket: 0 is not a whole number in range"],
    [{ ...OK, livenessProbe: { httpGet: { scheme: "http" } } }, 'livenessProbe.httpGet.scheme: "http" is not a scheme'],
    [{ ...OK, preStop: { sleep: 30 } }, "preStop.sleep: 30 s leave nothing of the 30 s in which the pod has to end"],
    [{ ...OK, preStop: { sleep: 0 } }, "preStop.sleep: 0 is not a whole number in range"],
    [{ ...OK, preStop: 5 }, "preStop: is a number; give true or false or an object."],
    [
      { ...OK, preStop: { tcpSocket: 80 } },
      "preStop.tcpSocket: is not a field of a handler; use exec, httpGet, sleep.",
    ],
    [{ ...OK, terminationGracePeriodSeconds: 3 }, "preStop.sleep: 5 s leave nothing of the 3 s"],
    [{ ...OK, terminationGracePeriodSeconds: -1 }, "terminationGracePeriodSeconds: -1 is not a whole number"],
    [{ ...OK, strategy: "Rolling" }, 'strategy: "Rolling" is not known; use "Recreate", '],
    [
      { ...OK, strategy: { maxSurge: 0, maxUnavailable: "0%" } },
      "strategy: with maxSurge and maxUnavailable both 0 no",
    ],
    [{ ...OK, strategy: { maxSurge: "a lot" } }, 'strategy.maxSurge: "a lot" is neither a whole number nor'],
    [
      { ...OK, strategy: { maxUnavailable: "101%" } },
      'strategy.maxUnavailable: "101%" is more than all pods; use "100%".',
    ],
    [{ ...OK, strategy: { surge: 1 } }, "strategy.surge: is not a field of a rolling update"],
    [{ ...OK, automountServiceAccountToken: "no" }, "automountServiceAccountToken: is text; give true or false."],
    [{ ...OK, safeDefaults: 1 }, "safeDefaults: is a number; give true or false."],
    [{ ...OK, volumes: [{ emptyDir: {} }] }, "volumes[0].name: is missing"],
    [{ ...OK, volumes: [...volumes, ...volumes] }, "volumes[1].name: v is declared twice; declare each volume once."],
    [{ ...OK, volumes: [null] }, "volumes[0]: null is not a volume; give an object with its fields."],
    [
      { ...OK, volumeMounts: [{ name: "v", mountPath: "/v" }] },
      'volumeMounts[0].name: the pod has no volume named "v"',
    ],
    [
      { ...OK, volumes, volumeMounts: [{ name: "v", mountPath: "v" }] },
      'volumeMounts[0].mountPath: "v" is not an absolute',
    ],
    [
      { ...OK, volumes, volumeMounts: Array(2).fill({ name: "v", mountPath: "/v" }) },
      "volumeMounts[1].mountPath: /v is mounted twice; mount each volume at a place of its own.",
    ],
    [{ ...OK, sidecars: [{ image: "x" }] }, "sidecars[0].name: is missing; give each container its name."],
    [{ ...OK, sidecars: [{ name: "log" }] }, "sidecars[0].image: is missing"],
    [{ ...OK, sidecars: [{ name: "web", image: "x" }] }, "sidecars[0].name: web is the name of another container"],
    [
      { ...OK, sidecars: [{ name: "log", image: "x", native: "yes" }] },
      "sidecars[0].native: is text; give true or false.",
    ],
    [
      { ...OK, sidecars: [{ name: "log", image: "x", restart: "no" }] },
      "sidecars[0].restart: is not a field of a sidecar",
    ],
    [{ ...OK, sidecars: [null] }, "sidecars[0]: null is not a container"],
    [
      { ...OK, sidecars: [{ name: "log", image: "x", ports: [{ containerPort: 80 }] }] },
      "sidecars[0].ports[0].containerPort: 80 is the port of another container of the pod",
    ],
    [
      { ...OK, sidecars: [{ name: "log", image: "x", readinessProbe: "/" }] },
      "sidecars[0].readinessProbe.httpGet.port: is missing; say which port it asks.",
    ],
    [{ ...OK, deployment: { spec: null } }, "deployment.spec: null is not part of a Deployment"],
    [{ ...OK, deployment: { status: {} } }, "deployment.status: is not a field of a Deployment"],
    [{ ...OK, deployment: { kind: "DaemonSet" } }, "deployment.kind: this is a apps/v1 Deployment; remove it."],
    [{ ...OK, deployment: { metadata: { name: "x" } } }, "deployment.metadata.name: has an argument of its own"],
    [{ ...OK, service: pulumi.output({}) }, "service: is not known yet; give a plain value."],
    [
      { ...OK, deployment: { spec: { selector: { matchLabels: { app: "other" } } } } },
      'deployment.spec.selector.matchLabels.app: "other" finds no pods: the pods have "web"',
    ],
    [
      { ...OK, deployment: { spec: { selector: null } } },
      "deployment.spec.selector.matchLabels: is empty and finds no",
    ],
    [
      { ...OK, service: { spec: { selector: { tier: "x" } } } },
      'service.spec.selector.tier: "x" finds no pods: the pods have no such label',
    ],
    [
      { ...OK, service: { spec: { ports: [{ port: 80, nodePort: 80 }] } } },
      "service.spec.ports[0].nodePort: 80 is not a",
    ],
  ])("%#: %j", async (args, message) => {
    expect(sentence(() => new WebApp("web", args))).toMatch(`WebApp "web": ${message}`);
    await quiet();
    expect(w.resources).toEqual([]);
  });

  test("a second app with the same Deployment, or the same node port", () => {
    new WebApp("one", { image: "nginx", nodePort: 30100 });
    expect(sentence(() => new WebApp("two", { image: "nginx", name: "one" }))).toBe(
      'WebApp "two": name: the Deployment one in the namespace default is declared by one already; give each its own name, or another namespace.',
    );
    expect(sentence(() => new WebApp("three", { image: "nginx", nodePort: 30100 }))).toBe(
      'WebApp "three": nodePort: the node port 30100 is taken by one; choose another one.',
    );
    expect(sentence(() => new WebApp("four", { image: "nginx", namespace: "b", nodePort: 30100 }))).toContain(
      "nodePort: the node port 30100 is taken by one",
    );
  });

  test("a node port that the cluster has given to somebody else", () => {
    clusterSessionFor().snapshot = {
      server: "https://cluster.example",
      nodePorts: [{ port: 30100, protocol: "TCP", namespace: "default", service: "other" }],
    };
    expect(sentence(() => new WebApp("web", { image: "nginx", nodePort: 30100 }))).toContain(
      "nodePort: the node port 30100 is taken by the service other in the namespace default of the cluster",
    );
  });

  test("a node port that this app has on the cluster already is its own", () => {
    clusterSessionFor().snapshot = {
      server: "https://cluster.example",
      nodePorts: [{ port: 30100, protocol: "TCP", namespace: "default", service: "web" }],
    };
    expect(() => new WebApp("web", { image: "nginx", nodePort: 30100 })).not.toThrow();
  });
});

// What is at the edge of a refusal.
test.each<[string, Partial<WebAppArgs>]>([
  ["a request as high as the limit", { resources: { requests: { cpu: "0.5" }, limits: { cpu: "500m" } } }],
  ["no surge, one pod missing", { strategy: { maxSurge: 0, maxUnavailable: 1 } }],
  ["no surge, the rest as the cluster has it", { strategy: { maxSurge: 0 } }],
  ["no pods", { replicas: 0 }],
  ["a second less than the grace period", { preStop: { sleep: 29 } }],
])("accepted: %s", async (_, args) => {
  const { deployment } = await objects("web", { image: "nginx", ...args });
  expect(deployment.kind).toBe("Deployment");
});

describe("what arrives late", () => {
  test.each<[string, Partial<WebAppArgs>, string]>([
    ["image", { image: pulumi.output("Nginx") }, 'image: "Nginx" is not an image reference'],
    ["replicas", { replicas: pulumi.output(-1) }, "replicas: -1 is not a number of pods"],
    ["labels", { labels: { tier: pulumi.output("a b") } }, 'labels.tier: "a b" is not a value of a label'],
    ["namespace", { namespace: pulumi.output("A") }, 'namespace: "A" is not a name that Kubernetes takes'],
    [
      "a selector",
      { deployment: { spec: { selector: { matchLabels: { app: pulumi.output("other") } } } } },
      'deployment.spec.selector.matchLabels.app: "other" finds no pods',
    ],
  ])("%s is checked when it arrives", async (_, late, message) => {
    new WebApp("web", { image: "nginx", ...late });
    await w.done();
    expect(w.lateErrors()).toEqual([expect.stringContaining(`WebApp "web": ${message}`)]);
    expect(w.all(DEPLOYMENT)).toEqual([]);
  });

  test("a node port is taken also in a namespace that arrives late", async () => {
    new WebApp("one", { image: "nginx", nodePort: 30100 });
    new WebApp("two", { image: "nginx", nodePort: 30100, namespace: pulumi.output("b") });
    await w.done();
    expect(w.lateErrors()).toEqual([
      'WebApp "two": nodePort: the node port 30100 is taken by one; choose another one.',
    ]);
    expect(w.all(SERVICE).map(({ name }) => name)).toEqual(["one"]);
  });

  test("an object that somebody else has made is not taken over", async () => {
    const session = clusterSessionFor();
    const asked: string[] = [];
    session.client = {
      access: {},
      get: async (path: string) => {
        asked.push(path);
        return path.endsWith("/services/web") ? { status: 200, body: { metadata: {} } } : { status: 404 };
      },
    } as never;
    new WebApp("web", { image: "nginx", namespace: "a" });
    await w.done();
    expect(asked.sort()).toEqual(["/api/v1/namespaces/a/services/web", "/apis/apps/v1/namespaces/a/deployments/web"]);
    expect(w.lateErrors()).toEqual([
      expect.stringContaining('WebApp "web": name: the Service web in the namespace a is there already'),
    ]);
    expect(names(w.resources)).toEqual(["WebApp web"]);
  });
});
