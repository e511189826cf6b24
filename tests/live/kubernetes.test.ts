import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeIf } from "../skips";
import { ALLOWED_IN_CLUSTER } from "./allowedKubernetes";
import {
  accepts,
  apply,
  assertNamesFree,
  cleanUpCluster,
  described,
  insidePod,
  kubectl,
  type Live,
  list,
  live,
  madeObjects,
  missingCluster,
  pods,
  removeObjects,
} from "./cluster";
import { differences, notAllowed, unused } from "./compare";
import { underLoad } from "./load";
import { answers, docker, httpStatus, missingLab, shell, Stack, until } from "./liveStack";

cleanUpCluster();

const G1 = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 1
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.7.9
`;

const G2 = `
apiVersion: v1
kind: Service
metadata:
  name: nginx-service
  labels:
    app: nginx
spec:
  selector:
    app: nginx
  ports:
  - name: nginx-port
    protocol: TCP
    port: 80
    nodePort: 32600
    targetPort: 80
  type: NodePort
`;

const G5 = `
apiVersion: v1
kind: Pod
metadata:
  name: lifecycle-demo
spec:
  containers:
  - name: lifecycle-demo-container
    image: nginx
    lifecycle:
      postStart:
        exec:
          command: ["/bin/sh", "-c", "echo Hello from the postStart handler > /usr/share/message"]
      preStop:
        exec:
          command: ["/bin/sh","-c","nginx -s quit; while killall -0 nginx; do sleep 1; done"]
`;

const SITE = "http://127.0.0.1:32600/";

/** What of the stack's object is not as documented. */
const notAsDocumented = (row: string, documented: Live, stack: Live) =>
  notAllowed(row, differences(described(documented), described(stack), ["metadata", "spec"]), ALLOWED_IN_CLUSTER);

/** Applies documented manifests, reads what the API server makes of them, and takes them away. */
function readDocumented(manifests: string, ...objects: [kind: string, name: string][]): Live[] {
  assertNamesFree(...objects);
  apply(manifests);
  try {
    return objects.map(([kind, name]) => {
      if (kind === "pod") kubectl("wait", "--for", "condition=Ready", `pod/${name}`, "--timeout", "60s");
      if (kind === "deployment") kubectl("rollout", "status", `deployment/${name}`, "--timeout", "60s");
      return live(kind, name);
    });
  } finally {
    for (const [kind, name] of objects) kubectl("delete", kind, name, "--cascade=foreground", "--timeout", "60s");
  }
}

const imageOf = ({ spec }: Live): string => spec.template.spec.containers[0].image;

describeIf(missingCluster, "the documented cluster setup", () => {
  afterAll(removeObjects, 120_000);
  let stack: Stack;
  let documented: Live[];
  beforeAll(async () => {
    documented = readDocumented(`${G1}---${G2}`, ["deployment", "nginx-deployment"], ["service", "nginx-service"]);
    stack = await Stack.create("kubernetes");
    await stack.up();
  }, 300_000);

  test("G1: the Deployment is what kubectl apply of the documented manifest gives", () => {
    expect(notAsDocumented("G1", documented[0]!, live("deployment", "nginx-deployment"))).toEqual([]);
  });

  test("G2: so is the Service, and the site answers on the node port", async () => {
    expect(notAsDocumented("G2", documented[1]!, live("service", "nginx-service"))).toEqual([]);
    // The documented manifest has no probe: its pod counts as ready before nginx listens.
    await answers(SITE);
    expect(await stack.outputs()).toMatchObject({
      url: "http://localhost:32600",
      deployment: "nginx-deployment",
      service: "nginx-service",
    });
  }, 30_000);

  test("G4: both namespaces are there, each with the same site", async () => {
    const outputs = await stack.outputs();
    for (const namespace of ["development", "production"]) {
      kubectl("create", "namespace", "berth-live-by-hand");
      const byHand = live("namespace", "berth-live-by-hand");
      kubectl("delete", "namespace", "berth-live-by-hand", "--timeout", "60s");
      const found = notAsDocumented("G4", byHand, live("namespace", namespace));
      expect(found.map(({ path, stack: value }) => [path, value])).toEqual([
        ["metadata.labels[kubernetes.io/metadata.name]", namespace],
        ["metadata.name", namespace],
      ]);
      const site = live("deployment", "nginx-deployment", namespace);
      const there = notAsDocumented("G4", documented[0]!, site);
      expect(there).toEqual([{ path: "metadata.namespace", documented: "default", stack: namespace }]);
      await answers(String(outputs[namespace]));
    }
  }, 90_000);

  test("nothing is to be done again, also after a refresh", async () => {
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 90_000);

  test("a deleted pod comes back by itself", async () => {
    const [{ metadata }] = pods("nginx") as [Live];
    kubectl("delete", "pod", metadata.name, "--wait=false");
    await until("another pod serves the site", async () => {
      const others = pods("nginx").filter((pod) => pod.metadata.uid !== metadata.uid);
      return others.length === 1 && (await httpStatus(SITE)) === 200;
    });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 90_000);

  test("what kubectl has scaled, given another image or deleted is set right", async () => {
    kubectl("scale", "deployment/nginx-deployment", "--replicas", "3");
    kubectl("set", "image", "deployment/nginx-deployment", "nginx=nginx:1.8");
    kubectl("label", "deployment/nginx-deployment", "app=other", "--overwrite");
    kubectl("delete", "service", "nginx-service");
    expect((await stack.changes(["--refresh"])).sort()).toEqual(["create Service nginx", "update Deployment nginx"]);
    await stack.up(["--refresh"]);
    const repaired = live("deployment", "nginx-deployment");
    // Nobody waits for the Service itself, as it has no pods of its own.
    await answers(SITE);
    expect([repaired.spec.replicas, imageOf(repaired), repaired.metadata.labels]).toEqual([
      1,
      "nginx:1.7.9",
      { app: "nginx" },
    ]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 180_000);

  test("G3: with the safe defaults an update and its way back lose no request", async () => {
    stack.set({ "webapp:safe": true });
    await stack.up();
    // The pod without them ends without notice.
    await until("the old pod is gone", () => list("pods", "-l", "app=nginx").length === 1);
    const there = await underLoad(SITE, () => {
      stack.set({ "webapp:image": "nginx:1.8", "webapp:replicas": 4 });
      return stack.up();
    });
    expect(there.failed).toEqual([]);
    expect(there.answered).toBeGreaterThan(200);
    expect(there.bodies).toEqual(["nginx:1.7.9", "nginx:1.8"]);
    const updated = live("deployment", "nginx-deployment");
    expect([imageOf(updated), updated.status.readyReplicas]).toEqual(["nginx:1.8", 4]);

    const back = await underLoad(SITE, () => {
      stack.set({ "webapp:image": undefined, "webapp:replicas": undefined });
      return stack.up();
    });
    expect(back.failed).toEqual([]);
    expect(back.answered).toBeGreaterThan(200);
    const restored = live("deployment", "nginx-deployment");
    expect([imageOf(restored), restored.status.readyReplicas]).toEqual(["nginx:1.7.9", 1]);
  }, 300_000);

  test("destroy takes everything away", async () => {
    await stack.destroy();
    expect(madeObjects()).toEqual([]);
    expect(accepts("get", "namespace", "development")).toBe(false);
  }, 180_000);
});

/** The lab's busybox is a static program whose wget crashes when it looks up a name. */
const FETCHER = `127.0.0.1:${process.env.BERTH_LAB_REGISTRY_PORT ?? 5000}/live-fetcher`;
const FETCHER_FILE = String.raw`FROM redis
RUN printf '#!/bin/sh\nexec curl -fsS -m "$3" -o "$5" "$6"\n' >/usr/local/bin/wget && chmod +x /usr/local/bin/wget`;

describeIf(missingCluster ?? missingLab, "what happens around a container", () => {
  afterAll(async () => {
    await removeObjects();
    docker("rmi", "-f", FETCHER);
  }, 120_000);
  let stack: Stack;
  let documented: Live;
  beforeAll(async () => {
    [documented] = readDocumented(G5, ["pod", "lifecycle-demo"]) as [Live];
    // The page that the sidecar fetches.
    kubectl("create", "namespace", "berth-live-by-hand");
    kubectl("run", "source", "-n", "berth-live-by-hand", "--image", "nginx:1.8", "--port", "80", "--expose");
    shell(`docker build -q -t ${FETCHER} - <<'END'\n${FETCHER_FILE}\nEND`);
    docker("push", "-q", FETCHER);
    stack = await Stack.create("lifecycle", {
      config: {
        "lifecycle:source": "http://source.berth-live-by-hand.svc",
        "lifecycle:fetcherImage": FETCHER,
        "lifecycle:interval": 1,
      },
    });
    await stack.up();
  }, 300_000);

  test("G5: the Pod is what kubectl apply of the documented manifest gives, and its handler has run", () => {
    const pod = live("pod", "lifecycle-demo");
    expect(notAsDocumented("G5", documented, pod)).toEqual([]);
    expect(insidePod("lifecycle-demo", "cat", "/usr/share/message")).toBe("Hello from the postStart handler");
  });

  test("G6: the web server serves what the sidecar has fetched", async () => {
    const page = () => insidePod("lifecycle-demo", "curl", "-sS", "http://site-with-fetcher");
    await until("the fetched page is served", () => page().includes("nginx:1.8"));
  }, 60_000);

  test("nothing is to be done again, also after a refresh", async () => {
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 90_000);

  test("destroy lets the handler before the end run, and takes everything away", async () => {
    const { seconds } = await stack.destroy();
    expect(madeObjects()).toEqual([]);
    // nginx ends in good order, long before it would be killed.
    expect(seconds).toBeLessThan(25);
  }, 120_000);
});

describeIf(missingCluster, "the allowed differences from documented manifests", () => {
  test("each of them is needed", () => expect(unused(ALLOWED_IN_CLUSTER)).toEqual([]));
});

describeIf(missingCluster, "documented manifests by the program manifests", () => {
  afterAll(removeObjects, 120_000);

  test("G1, G2 and G5 are what kubectl apply gives, field by field; nothing is to be done again, and destroy leaves nothing", async () => {
    const text = `${G1}---${G2}---${G5}`;
    const rows: [row: string, kind: string, name: string][] = [
      ["G1", "deployment", "nginx-deployment"],
      ["G2", "service", "nginx-service"],
      ["G5", "pod", "lifecycle-demo"],
    ];
    const documented = readDocumented(text, ...rows.map(([, kind, name]): [string, string] => [kind, name]));
    const folder = mkdtempSync(join(tmpdir(), "berth-live-manifests-"));
    const file = join(folder, "nginx.yaml");
    writeFileSync(file, text);
    try {
      const stack = await Stack.create("manifests", { config: { "berth:manifests": [file] } });
      await stack.up();
      const found = rows.map(([row, kind, name], index) => [
        row,
        notAsDocumented(row, documented[index]!, live(kind, name)).filter(
          ({ path }) => path !== "metadata.annotations[berth.service]",
        ),
      ]);
      expect(found).toEqual(rows.map(([row]) => [row, []]));
      await answers(SITE);
      expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
      await stack.destroy();
      expect(madeObjects()).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
