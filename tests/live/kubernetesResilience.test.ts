import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import type { Cases } from "./cases";
import {
  accepts,
  apply,
  BY_HAND_NAMESPACE,
  cleanUpCluster,
  kubectl,
  live,
  madeObjects,
  missingCluster,
  pods,
  removeObjects,
} from "./cluster";
import { IDLE } from "./features";
import { errorsOf, killAt, Stack } from "./liveStack";

cleanUpCluster();

const CONFIG = { "berth:engine": "kubernetes" };
// Whoever does not hear the call to end is killed after 10 s.
const idle = { command: IDLE, stopGracePeriod: "1s" };

describeIf(missingCluster, "an up against a cluster that is killed", () => {
  afterEach(removeObjects, 120_000);
  const COUNT = 8;
  const cases = (more: object = {}): Cases => ({
    services: Object.fromEntries(
      Array.from({ length: COUNT }, (_, index) => [
        `live-killed-${index}`,
        {
          ...idle,
          ports: [`${31300 + index}:80`],
          volumes: [`live-killed-${index}:/data`],
          environment: { API_TOKEN: "of the tests", A: "1", B: "2" },
          removeData: true,
          ...more,
        },
      ]),
    ),
  });
  const deployments = () => madeObjects().filter((object) => object.startsWith("Deployment "));
  /** Secrets have a part in their names that differs each time; one that is made when the CLI dies stays behind. */
  const withoutSuffix = () => [...new Set(madeObjects().map((object) => object.replace(/(-env)-[0-9a-f]{8}$/, "$1")))];
  const EXPECTED = Array.from({ length: COUNT }, (_, index) => [
    `Deployment default/live-killed-${index}`,
    `PersistentVolumeClaim default/live-killed-${index}`,
    `Secret default/live-killed-${index}-env`,
    `Service default/live-killed-${index}`,
  ])
    .flat()
    .sort();

  test.each<[string, () => boolean]>([
    ["after the first objects", () => madeObjects().length >= 3],
    ["while the pods start", () => deployments().length >= 2],
  ])(
    "%s, is resumed by the next, also with another description",
    async (_, moment) => {
      const stack = await Stack.create("killed", { config: CONFIG, cases: cases() });
      await killAt(stack, "up", moment);
      expect(madeObjects().length).toBeGreaterThan(0);
      expect((await stack.preview()).code).toBe(0);
      // What the first one has set and the second one does not name is gone.
      stack.declare(cases({ environment: { API_TOKEN: "of the tests", A: "3" } }));
      await stack.up();
      expect(withoutSuffix()).toEqual(EXPECTED);
      for (let index = 0; index < COUNT; index++) {
        const { env } = live("deployment", `live-killed-${index}`).spec.template.spec.containers[0];
        expect(env).toContainEqual({ name: "A", value: "3" });
        expect(env.map(({ name }: { name: string }) => name)).not.toContain("B");
      }
      expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
      expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
      await killAt(stack, "destroy", () => deployments().length < COUNT);
      await stack.destroy();
      expect(madeObjects().filter((object) => !object.startsWith("Secret "))).toEqual([]);
    },
    420_000,
  );
});

describeIf(missingCluster, "node ports that change hands within a stack", () => {
  afterAll(removeObjects, 120_000);

  test("a renamed service keeps its own; an exchange is refused at preview, with the way round it", async () => {
    const on = (ports: Record<string, number>): Cases => ({
      services: Object.fromEntries(
        Object.entries(ports).map(([name, port]) => [`live-${name}`, { ...idle, ports: [`${port}:80`] }]),
      ),
    });
    const portOf = (name: string) => live("service", `live-${name}`).spec.ports[0].nodePort as number;
    const stack = await Stack.create("hands", { config: CONFIG, cases: on({ old: 31410, left: 31411, right: 31412 }) });
    await stack.up();
    stack.declare(on({ new: 31410, left: 31411, right: 31412 }));
    await stack.up();
    expect(madeObjects().filter((object) => object.startsWith("Service "))).toEqual(
      ["left", "new", "right"].map((name) => `Service default/live-${name}`),
    );
    expect(portOf("new")).toBe(31410);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);

    stack.declare(on({ new: 31410, left: 31412, right: 31411 }));
    for (const result of [await stack.preview(), await stack.tryUp()]) {
      expect(result.code).not.toBe(0);
      expect(errorsOf(result)).toMatch(/give one of the two a third port, and exchange them with the next `up`/);
    }
    expect([portOf("left"), portOf("right")]).toEqual([31411, 31412]);
    for (const ports of [
      { new: 31410, left: 31411, right: 31413 },
      { new: 31410, left: 31412, right: 31413 },
      { new: 31410, left: 31412, right: 31411 },
    ]) {
      stack.declare(on(ports));
      await stack.up();
    }
    expect([portOf("left"), portOf("right")]).toEqual([31412, 31411]);
    await stack.destroy();
    expect(madeObjects()).toEqual([]);
  }, 300_000);
});

describeIf(missingCluster, "what others have on the cluster", () => {
  afterAll(removeObjects, 120_000);
  const FOREIGN = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: live-foreign }
spec:
  selector: { matchLabels: { app: foreign } }
  template:
    metadata: { labels: { app: foreign } }
    spec: { containers: [{ name: foreign, image: nginx:1.8 }] }
---
apiVersion: v1
kind: Service
metadata: { name: live-foreign-port }
spec:
  type: NodePort
  selector: { app: foreign }
  ports: [{ port: 80, nodePort: 31400 }]
`;
  const objects = () =>
    [
      live("deployment", "live-foreign", BY_HAND_NAMESPACE),
      live("service", "live-foreign-port", BY_HAND_NAMESPACE),
    ].map(({ metadata, spec }) => ({ uid: metadata.uid, annotations: metadata.annotations, spec }));

  test("a name, also of a claim, and a node port are refused at preview, and nothing is touched", async () => {
    kubectl("create", "namespace", BY_HAND_NAMESPACE);
    apply(FOREIGN, BY_HAND_NAMESPACE);
    apply(
      `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: live-data},
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}`,
      BY_HAND_NAMESPACE,
    );
    const before = objects();
    const config = { ...CONFIG, "kubernetes:namespace": BY_HAND_NAMESPACE };
    const refused: [Cases["services"], string][] = [
      [
        { "live-foreign": idle },
        `Service "live-foreign": name: the Deployment live-foreign in the namespace ${BY_HAND_NAMESPACE} is there already and was not made by this stack; `,
      ],
      [
        { "live-claims": { ...idle, volumes: ["live-data:/data"] } },
        `the PersistentVolumeClaim live-data in the namespace ${BY_HAND_NAMESPACE} is there already and was not made by this stack; `,
      ],
      [
        { "live-port": { ...idle, ports: ["31400:80"] } },
        `Service "live-port": ports[0]: the node port 31400 is taken by the service live-foreign-port in the namespace ${BY_HAND_NAMESPACE} of the cluster; `,
      ],
    ];
    const stack = await Stack.create("foreign", { config, cases: { services: {} } });
    for (const [services, says] of refused) {
      stack.declare({ services });
      for (const result of [await stack.preview(), await stack.tryUp()]) {
        expect(result.code).not.toBe(0);
        expect(errorsOf(result)).toContain(says);
      }
      expect(madeObjects()).toEqual([]);
    }
    expect(objects()).toEqual(before);
  }, 180_000);

  test("a renamed component does not lose what it was", async () => {
    const stack = await Stack.create("renamed", { config: CONFIG, cases: { services: { "live-old": idle } } });
    await stack.up();
    const { uid } = live("deployment", "live-old").metadata;
    stack.declare({ services: { "live-new": { ...idle, containerName: "live-old" } } });
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toMatch(
      /name: the (Deployment|Service) live-old belongs to the component live-old \(berth:services:Service\) of this stack/,
    );
    expect(live("deployment", "live-old").metadata.uid).toBe(uid);
  }, 180_000);
});

describeIf(missingCluster, "a cluster that is not there", () => {
  const cases: Cases = { services: { "live-nowhere": idle } };
  const message = async (change: (config: string) => string, config: Record<string, string> = {}) => {
    const stack = await Stack.create("nowhere", { cases });
    const kubeconfig = join(stack.folder, "kubeconfig");
    writeFileSync(kubeconfig, change(readFileSync(process.env.KUBECONFIG!, "utf8")));
    stack.set({ ...CONFIG, ...config });
    const result = await stack.tryUp([], { env: { KUBECONFIG: kubeconfig } });
    expect(result.code).not.toBe(0);
    expect(result.seconds).toBeLessThan(30);
    const errors = errorsOf(result);
    expect(errors).not.toMatch(/^\s+at /m);
    return errors.replaceAll(kubeconfig, "KUBECONFIG");
  };
  const same = (config: string) => config;

  test("nobody listens, the context is unknown, there is no kubeconfig: one sentence", async () => {
    expect(await message((config) => config.replace(/server: .*/, "server: https://127.0.0.1:9"))).toContain(
      'error: No Kubernetes cluster answers at https://127.0.0.1:9 (context "berth-lab"): connect ECONNREFUSED 127.0.0.1:9. Start it, or name one with KUBECONFIG',
    );
    expect(await message(same, { "kubernetes:context": "nobodys" })).toContain(
      'error: No Kubernetes cluster is known: "nobodys" is not a context of KUBECONFIG; it has berth-lab; ',
    );
    expect(await message(same, { "kubernetes:kubeconfig": "/nowhere/config" })).toContain(
      "error: No Kubernetes cluster is known: there is no kubeconfig at /nowhere/config; ",
    );
    expect(await message((config) => config.replace(/client-(certificate|key)-data: .*/g, ""))).toMatch(
      /error: .*(refuses the login|is not allowed)/,
    );
    expect(madeObjects()).toEqual([]);
  }, 120_000);
});

describeIf(missingCluster, "a service that does not come up on a cluster", () => {
  afterAll(removeObjects, 120_000);
  test.each<[string, Cases["services"][string], RegExp]>([
    ["an image that is nowhere", { image: "nginx:of-nobody" }, /nginx:of-nobody/],
    ["a program that ends", { image: "flaky" }, /live-bad.*|exit/],
    [
      "a check that fails",
      { image: "hang", healthcheck: { test: "echo no answer on 8080; exit 1", interval: "1s", retries: 2 } },
      /no answer on 8080|not ready|Ready/,
    ],
  ])(
    "%s: up fails with the reason after waitTimeout, and a mended description works",
    async (_, bad, reason) => {
      const stack = await Stack.create("bad", {
        config: CONFIG,
        cases: { services: { "live-bad": { stopGracePeriod: "1s", waitTimeout: "10s", ...bad } } },
      });
      const result = await stack.tryUp();
      expect(result.code).not.toBe(0);
      expect(result.seconds).toBeLessThan(45);
      expect(errorsOf(result)).toMatch(reason);
      stack.declare({ services: { "live-bad": { ...idle, waitTimeout: "60s" } } });
      await stack.up();
      expect(pods("live-bad")).toHaveLength(1);
      expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
      await stack.destroy();
      expect(accepts("get", "deployment", "live-bad")).toBe(false);
    },
    240_000,
  );
});
