import * as pulumi from "@pulumi/pulumi";
import { run } from "../../../stacks";
import { names, quiet, value, type World, world } from "../mocks";
import { sentence } from "../refusal";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVICE = "kubernetes:core/v1:Service";
const NAMESPACE = "kubernetes:core/v1:Namespace";
const POD = "kubernetes:core/v1:Pod";
let w: World;

async function stack(name: string, config: Record<string, string> = {}): Promise<Record<string, unknown>> {
  w = await world({ stack: name, config: { "berth:owner": "me", ...config } });
  const outputs = await run({ engine: false });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  return value(pulumi.output(outputs)) as Promise<Record<string, unknown>>;
}
const where = (type: string, name: string) => {
  const { metadata, spec } = w.one(type, name).inputs as { metadata: Record<string, unknown>; spec: unknown };
  return { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels, spec };
};

/** What the documented YAML says. */
const deployment = (image: string, replicas: number) => ({
  replicas,
  selector: { matchLabels: { app: "nginx" } },
  template: {
    metadata: { labels: { app: "nginx" } },
    spec: { containers: [{ name: "nginx", image }] },
  },
});
const service = (nodePort?: number) => ({
  selector: { app: "nginx" },
  ports: [{ name: "nginx-port", protocol: "TCP", port: 80, targetPort: 80, ...(nodePort && { nodePort }) }],
  type: "NodePort",
});

describe("kubernetes", () => {
  test("G1, G2 and G4, by default", async () => {
    const outputs = await stack("kubernetes");
    for (const [name, namespace, nodePort] of [
      ["nginx", undefined, 32600],
      ["nginx-development", "development", undefined],
      ["nginx-production", "production", undefined],
    ] as const) {
      const labels = { app: "nginx" };
      expect(where(DEPLOYMENT, name)).toEqual({
        name: "nginx-deployment",
        namespace,
        labels,
        spec: deployment("nginx:1.7.9", 1),
      });
      expect(where(SERVICE, name)).toEqual({ name: "nginx-service", namespace, labels, spec: service(nodePort) });
    }
    expect(w.all(NAMESPACE).map(({ inputs }) => (inputs.metadata as { name: string }).name)).toEqual([
      "development",
      "production",
    ]);
    expect(outputs).toMatchObject({
      url: "http://localhost:32600",
      deployment: "nginx-deployment",
      service: "nginx-service",
    });
  });

  test("G3, by two settings", async () => {
    await stack("kubernetes", { "webapp:image": "nginx:1.8", "webapp:replicas": "4" });
    for (const name of ["nginx", "nginx-development", "nginx-production"])
      expect(where(DEPLOYMENT, name).spec).toEqual(deployment("nginx:1.8", 4));
  });

  test("other namespaces, another port, and safe defaults", async () => {
    await stack("kubernetes", { "webapp:namespaces": '["one"]', "webapp:nodePort": "31000", "webapp:safe": "true" });
    expect(names(w.all(DEPLOYMENT)).sort()).toEqual(["Deployment nginx", "Deployment nginx-one"]);
    expect(where(SERVICE, "nginx").spec).toEqual(service(31000));
    expect(where(DEPLOYMENT, "nginx-one").spec).toMatchObject({
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: { spec: { containers: [{ readinessProbe: {}, lifecycle: { preStop: {} } }] } },
    });
  });

  test("no namespaces at all", async () => {
    await stack("kubernetes", { "webapp:namespaces": "[]" });
    expect(w.all(NAMESPACE)).toEqual([]);
    expect(names(w.all(SERVICE))).toEqual(["Service nginx"]);
  });

  test("the provider's settings are not the program's", async () => {
    const outputs = await stack("kubernetes", { "kubernetes:namespace": "team-a", "webapp:namespaces": "[]" });
    expect(where(DEPLOYMENT, "nginx").namespace).toBeUndefined();
    expect(outputs.url).toBe("http://localhost:32600");
  });

  test.each<[Record<string, string>, string]>([
    [{ "webapp:replicas": "many" }, 'webapp:replicas: "many" is not a whole number; use 0 or more.'],
    [{ "webapp:nodePort": "80" }, 'WebApp "nginx": nodePort: 80 is not a node port'],
    [{ "webapp:namespaces": '["Team"]' }, 'Namespace "Team": name: "Team" is not a name'],
    [{ "webapp:namespaces": '["default"]' }, "name: default is a namespace of the cluster's own"],
    [{ "webapp:image": "" }, 'WebApp "nginx": image: '],
    [{ "webapp:port": "80" }, "webapp:port: is not a setting of the webapp stack; use webapp:image, "],
  ])("%j makes nothing", async (config, message) => {
    w = await world({ stack: "kubernetes", config });
    const error = await run({ engine: false }).catch((thrown: unknown) => thrown);
    expect(
      sentence(() => {
        throw error;
      }),
    ).toContain(message);
    await quiet();
    expect(w.resources).toEqual([]);
  });
});

describe("lifecycle", () => {
  test("G5 and G6, by default", async () => {
    const outputs = await stack("lifecycle");
    expect(where(POD, "lifecycle-demo")).toEqual({
      name: "lifecycle-demo",
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
    expect(where(DEPLOYMENT, "site-with-fetcher").spec).toMatchObject({
      template: {
        spec: {
          containers: [{ image: "nginx", volumeMounts: [{ name: "site", mountPath: "/usr/share/nginx/html" }] }],
          initContainers: [
            {
              name: "fetcher",
              image: "busybox",
              env: [
                { name: "SOURCE", value: "http://example.com/" },
                { name: "INTERVAL", value: "60" },
              ],
              restartPolicy: "Always",
              volumeMounts: [{ name: "site", mountPath: "/site" }],
            },
          ],
          volumes: [{ name: "site", emptyDir: {} }],
        },
      },
    });
    expect(outputs).toEqual({
      pod: "lifecycle-demo",
      site: "http://site-with-fetcher.default.svc",
      service: "site-with-fetcher",
    });
  });

  test("after settings", async () => {
    await stack("lifecycle", {
      "lifecycle:image": "nginx:1.27",
      "lifecycle:fetcherImage": "alpine",
      "lifecycle:source": "http://web/",
      "lifecycle:interval": "5",
    });
    expect(where(POD, "lifecycle-demo").spec).toMatchObject({ containers: [{ image: "nginx:1.27" }] });
    expect(where(DEPLOYMENT, "site-with-fetcher").spec).toMatchObject({
      template: {
        spec: {
          containers: [{ image: "nginx:1.27" }],
          initContainers: [{ image: "alpine", env: [{ value: "http://web/" }, { value: "5" }] }],
        },
      },
    });
  });
});
