import * as pulumi from "@pulumi/pulumi";
import { PodWithLifecycle, type PodWithLifecycleArgs } from "../../../components/podWithLifecycle";
import { names, nameOf, quiet, value, type World, world } from "../mocks";
import { sentence } from "../refusal";
import { marks } from "./marks";

const POD = "kubernetes:core/v1:Pod";
const SECRET = "kubernetes:core/v1:Secret";

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

test("G5: the documented object, and the marks of the stack", async () => {
  const demo = new PodWithLifecycle("lifecycle-demo", {
    containerName: "lifecycle-demo-container",
    image: "nginx",
    postStart: { exec: ["/bin/sh", "-c", "echo Hello from the postStart handler > /usr/share/message"] },
    preStop: { exec: ["/bin/sh", "-c", "nginx -s quit; while killall -0 nginx; do sleep 1; done"] },
  });
  await w.done();
  const pod = w.one(POD);
  expect(pod.inputs).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "lifecycle-demo", annotations: marks("PodWithLifecycle", "lifecycle-demo") },
    spec: {
      containers: [
        {
          name: "lifecycle-demo-container",
          image: "nginx",
          lifecycle: {
            postStart: {
              exec: { command: ["/bin/sh", "-c", "echo Hello from the postStart handler > /usr/share/message"] },
            },
            preStop: {
              exec: { command: ["/bin/sh", "-c", "nginx -s quit; while killall -0 nginx; do sleep 1; done"] },
            },
          },
        },
      ],
    },
  });
  // The name is fixed, so the old one goes first.
  expect(pod).toMatchObject({ deleteBeforeReplace: true, name: "lifecycle-demo" });
  expect(nameOf(pod.parent)).toBe("lifecycle-demo");
  expect(names(w.resources).sort()).toEqual([
    "Pod lifecycle-demo",
    "PodWithLifecycle lifecycle-demo",
    "kubernetes pods",
  ]);
  expect(await value(pulumi.all([demo.podName, demo.namespace]))).toEqual(["lifecycle-demo", "default"]);
});

test("every argument has its place", async () => {
  new PodWithLifecycle("demo", {
    name: "demo.v1",
    namespace: "team-a",
    labels: { app: "demo" },
    containerName: "main",
    image: "busybox",
    command: ["sleep", "60"],
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 5,
    postStart: { httpGet: { path: "/start", port: 8080, httpHeaders: [{ name: "X", value: "1" }] } },
    preStop: { sleep: { seconds: 2 } },
    volumes: [{ name: "v", emptyDir: {} }],
    volumeMounts: [{ name: "v", mountPath: "/v" }],
    pod: { spec: { nodeSelector: { disk: "fast" } } },
  });
  await w.done();
  expect(w.one(POD).inputs).toMatchObject({
    metadata: { name: "demo.v1", namespace: "team-a", labels: { app: "demo" } },
    spec: {
      containers: [
        {
          name: "main",
          command: ["sleep", "60"],
          lifecycle: {
            postStart: { httpGet: { path: "/start", port: 8080, httpHeaders: [{ name: "X", value: "1" }] } },
            preStop: { sleep: { seconds: 2 } },
          },
          volumeMounts: [{ name: "v", mountPath: "/v" }],
        },
      ],
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 5,
      volumes: [{ name: "v", emptyDir: {} }],
      nodeSelector: { disk: "fast" },
    },
  });
});

test("secrets lie in a Secret of its own", async () => {
  new PodWithLifecycle("with", { image: "nginx", namespace: "team-a", env: { TOKEN: "t" } });
  new PodWithLifecycle("without", { image: "nginx", env: { MODE: "test" } });
  await w.done();
  const secret = w.one(SECRET);
  expect(secret.inputs).toMatchObject({
    metadata: { namespace: "team-a" },
    data: { "with.TOKEN": Buffer.from("t").toString("base64") },
  });
  expect(secret.secrets).toEqual(["data"]);
  const ref = { secretKeyRef: { name: "with-env", key: "with.TOKEN" } };
  expect(w.one(POD, "with").inputs.spec).toMatchObject({
    containers: [{ env: [{ name: "TOKEN", valueFrom: ref }] }],
  });
  expect(w.one(POD, "with").dependencies.map(nameOf)).toContain("with-env");
});

describe("refused before anything is made", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may give.
  test.each<[any, string]>([
    [{}, "image: is missing"],
    [{ image: "nginx", name: "A" }, 'name: "A" is not a name that Kubernetes takes'],
    [
      { image: "nginx", replicas: 2 },
      "replicas: is not an argument of PodWithLifecycle; see the type PodWithLifecycleArgs for the arguments.",
    ],
    [{ image: "nginx", restartPolicy: "no" }, 'restartPolicy: "no" is not known; use Always, OnFailure, Never.'],
    [{ image: "nginx", postStart: {} }, "postStart: says nothing to do; give one of exec, httpGet, sleep."],
    [{ image: "nginx", preStop: { exec: "nginx -s quit" } }, "preStop.exec: is text; give a list or an object."],
    [{ image: "nginx", preStop: { httpGet: "/bye" } }, "preStop.httpGet.port: is missing; say which port it asks."],
    [
      { image: "nginx", preStop: { sleep: 9 }, terminationGracePeriodSeconds: 9 },
      "preStop.sleep: 9 s leave nothing of",
    ],
    [{ image: "nginx", labels: { a: "b c" } }, 'labels.a: "b c" is not a value of a label'],
    [{ image: "nginx", pod: { kind: "Job" } }, "pod.kind: this is a v1 Pod; remove it."],
  ])("%#: %j", async (args: PodWithLifecycleArgs, message) => {
    expect(sentence(() => new PodWithLifecycle("demo", args))).toMatch(`PodWithLifecycle "demo": ${message}`);
    await quiet();
    expect(w.resources).toEqual([]);
  });

  test("two of one name", () => {
    new PodWithLifecycle("demo", { image: "nginx" });
    expect(sentence(() => new PodWithLifecycle("other", { image: "nginx", name: "demo" }))).toContain(
      "name: the Pod demo in the namespace default is declared by demo already",
    );
  });
});

test("Pods have a provider with the stack's settings, which takes up nothing", async () => {
  const config = {
    "kubernetes:context": "lab",
    "kubernetes:kubeconfig": "text",
    "kubernetes:upsertExistingObjects": "true",
  };
  const w = await world({ config });
  new PodWithLifecycle("one", { image: "nginx" });
  new PodWithLifecycle("two", { image: "nginx" });
  await w.done();
  const provider = w.one("pulumi:providers:kubernetes");
  expect(provider.inputs).toMatchObject({ context: "lab", kubeconfig: "text", upsertExistingObjects: "false" });
  expect(provider.secrets).toEqual(["kubeconfig"]);
  for (const pod of w.all("kubernetes:core/v1:Pod")) expect(pod.provider).toContain("kubernetes::pods");
});
