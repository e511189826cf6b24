import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { ApiServerDouble, Cluster } from "./doubles/cluster";
import { cleanUp, missingCli, Project } from "./harness";

const SHOP = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {MODE: production}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: shop}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: login}}]
`;

const servers: ApiServerDouble[] = [];
cleanUp();
afterAll(() => {
  for (const server of servers) server.close();
});

/** A stack and a cluster of its own. */
async function start(stack: string, config: Record<string, unknown> = {}) {
  const project = await Project.create({ stack, config });
  const cluster = new Cluster(project.store.folder);
  const server = new ApiServerDouble(cluster);
  servers.push(server);
  project.configure({ "kubernetes:kubeconfig": await server.listen() });
  const objects = () =>
    cluster.list().map(({ kind, metadata: { name, namespace } }) => [kind, namespace, name].filter(Boolean).join(" "));
  return { project, cluster, objects };
}

describeIf(missingCli, "stacks of a cluster", () => {
  test.concurrent("kubernetes: up, nothing to do, a rolling update in place, a new node port, destroy", async () => {
    const { project, cluster, objects } = await start("kubernetes");
    const { stdout } = await project.up();
    expect(stdout).toMatch(/url\s*: "http:\/\/localhost:32600"/);
    const all = [
      "Deployment default nginx-deployment",
      "Deployment development nginx-deployment",
      "Deployment production nginx-deployment",
      "Namespace development",
      "Namespace production",
      "Service default nginx-service",
      "Service development nginx-service",
      "Service production nginx-service",
    ];
    expect(objects()).toEqual(all);
    const journal = project.store.takeJournal();
    expect(journal.indexOf("create Namespace development")).toBeLessThan(
      journal.indexOf("create Deployment development/nginx-deployment"),
    );
    expect(cluster.find("Service", "nginx-service", "default")?.spec).toMatchObject({
      type: "NodePort",
      ports: [{ name: "nginx-port", protocol: "TCP", port: 80, targetPort: 80, nodePort: 32600 }],
    });
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    const before = cluster.find("Deployment", "nginx-deployment", "default")!;
    project.configure({ "webapp:image": "nginx:1.8", "webapp:replicas": "4" });
    const deployments = ["nginx", "nginx-development", "nginx-production"].map((name) => `update Deployment ${name}`);
    const updates = (await project.changes()).filter((change) => !change.includes("WebApp"));
    expect(updates.sort()).toEqual(deployments);
    await project.up();
    const after = cluster.find("Deployment", "nginx-deployment", "default")!;
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.spec).toMatchObject({
      replicas: 4,
      template: { spec: { containers: [{ name: "nginx", image: "nginx:1.8" }] } },
    });
    expect(await project.changes("--expect-no-changes")).toEqual([]);

    project.configure({ "webapp:namespaces": ["production"], "webapp:nodePort": "32601" });
    await project.up();
    expect(objects()).toEqual(all.filter((line) => !line.includes("development")));
    expect(cluster.find("Service", "nginx-service", "default")?.spec?.ports).toMatchObject([{ nodePort: 32601 }]);
    await project.destroy();
    expect(objects()).toEqual([]);
  }, 300_000);

  test.concurrent("lifecycle: a Pod is made anew under its name, the sidecar's Deployment changes in place", async () => {
    const { project, cluster, objects } = await start("lifecycle");
    await project.up();
    const all = [
      "Deployment default site-with-fetcher",
      "Pod default lifecycle-demo",
      "Service default site-with-fetcher",
    ];
    expect(objects()).toEqual(all);
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
    project.store.takeJournal();

    project.configure({ "lifecycle:image": "nginx:1.25" });
    await project.up();
    expect(project.store.takeJournal().sort()).toEqual([
      "create Pod default/lifecycle-demo",
      "delete Pod default/lifecycle-demo",
      "update Deployment default/site-with-fetcher",
    ]);
    expect(objects()).toEqual(all);
    expect(cluster.find("Pod", "lifecycle-demo")?.spec).toMatchObject({ containers: [{ image: "nginx:1.25" }] });
    await project.destroy();
    expect(objects()).toEqual([]);
  }, 300_000);

  test.concurrent("manifests: up, nothing to do, a change in place, what is gone from the files, destroy", async () => {
    const { project, cluster, objects } = await start("manifests");
    const file = join(project.folder, "shop.yaml");
    writeFileSync(file, SHOP);
    project.configure({ "berth:manifests": [file] });
    const { stdout } = await project.up();
    expect(stdout).toContain('web: "http://localhost:30080"');
    const all = [
      "ConfigMap shop settings",
      "Deployment shop web",
      "Namespace shop",
      "Secret shop login",
      "Service shop web",
    ];
    expect(objects()).toEqual(all);
    const journal = project.store.takeJournal();
    const at = (line: string) => journal.indexOf(`create ${line}`);
    expect(at("Namespace shop")).toBeLessThan(at("ConfigMap shop/settings"));
    expect(Math.max(at("ConfigMap shop/settings"), at("Secret shop/login"))).toBeLessThan(at("Deployment shop/web"));
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
    // Of what lies in a Secret nothing stands in the state in clear.
    const { stdout: state } = await project.pulumi(["stack", "export"]);
    expect(state).toContain("shop/login");
    expect(state).not.toMatch(/hunter2|aHVudGVyMg/);

    const { uid } = cluster.find("Deployment", "web", "shop")!.metadata;
    const [, ...withoutMap] = SHOP.split("---\n").sort((one) => (one.includes("kind: ConfigMap") ? -1 : 1));
    writeFileSync(file, withoutMap.join("---\n").replace("nginx:1.27", "nginx:1.28"));
    await project.up();
    expect(objects()).toEqual(all.filter((line) => !line.startsWith("ConfigMap")));
    expect(cluster.find("Deployment", "web", "shop")).toMatchObject({
      metadata: { uid },
      spec: { template: { spec: { containers: [{ image: "nginx:1.28" }] } } },
    });
    await project.destroy();
    expect(objects()).toEqual([]);
  }, 300_000);

  test.concurrent("manifests: what is wrong makes nothing: a slip, a namespace, an object of somebody else", async () => {
    const { project, cluster, objects } = await start("manifests");
    const file = join(project.folder, "shop.yaml");
    project.configure({ "berth:manifests": [file] });
    const refused = async (text: string, sentence: string) => {
      writeFileSync(file, text);
      const { code, output } = await project.tryUp();
      expect(code).not.toBe(0);
      expect(output).toContain(sentence);
      expect(output).not.toContain("at new ");
    };
    const place = `${file}:`;
    await refused(
      SHOP.replace("replicas: 2", "replicas: two"),
      `${place}29: Deployment web: spec.replicas: "two" is not a whole number`,
    );
    await refused(
      SHOP.replace(/^apiVersion: v1\nkind: Namespace\n.*\n---\n/, ""),
      "the cluster has no namespace shop; add a Namespace to the manifests, or make it with `kubectl create namespace shop`.",
    );
    expect(objects()).toEqual([]);
    const foreign = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } };
    cluster.put({ ...foreign, spec: {} });
    await refused(
      SHOP,
      "Deployment shop/web: the Deployment web in the namespace shop is there already and was not made by this stack; choose another name",
    );
    expect(objects()).toEqual(["Deployment shop web"]);
  }, 300_000);

  test.concurrent("a node port goes over to a service with another name", async () => {
    const line = (name: string, port: number) => `docker run -d --name ${name} -p ${port}:80 nginx`;
    const { project, cluster, objects } = await start("run", {
      "berth:engine": "kubernetes",
      "berth:commands": [line("one", 30081), line("two", 30082)],
    });
    await project.up();
    const uid = cluster.find("Service", "two")!.metadata.uid;
    project.configure({ "berth:commands": [line("three", 30081), line("two", 30082)] });
    await project.preview();
    expect((await project.up()).output).toContain("Deleted the service one, which is no longer declared.");
    expect(objects()).toEqual([
      "Deployment default three",
      "Deployment default two",
      "Service default three",
      "Service default two",
    ]);
    expect(cluster.find("Service", "three")!.spec!.ports).toMatchObject([{ nodePort: 30081 }]);
    expect(cluster.find("Service", "two")!.metadata.uid).toBe(uid);
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    project.configure({ "berth:commands": [line("three", 30082), line("two", 30081)] });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain(
      "the node port 30082 is that of the service two until this `up` has changed it, and a cluster changes one after the other; give one of the two a third port, and exchange them with the next `up`.",
    );
  }, 300_000);

  test.concurrent("what is wrong makes nothing: a setting, a port that is taken, an object of somebody else", async () => {
    const { project, cluster, objects } = await start("kubernetes", { "webapp:nodePort": "8080" });
    const refused = async (sentence: string) => {
      const { code, output } = await project.tryUp();
      expect(code).not.toBe(0);
      expect(output).toContain(sentence);
      expect(output).not.toContain("at new ");
    };
    await refused('WebApp "nginx": nodePort: 8080 is not a node port; use a whole number from 30000 to 32767.');
    project.configure({ "webapp:nodePort": undefined, "webapp:replicas": "many" });
    await refused('webapp:replicas: "many" is not a whole number; use 0 or more.');
    project.configure({ "webapp:replicas": undefined });
    expect(objects()).toEqual([]);

    const foreign = { apiVersion: "v1", kind: "Service", metadata: { name: "other", namespace: "default" } };
    cluster.put({ ...foreign, spec: { ports: [{ port: 80, nodePort: 32600 }] } });
    await refused("nodePort: the node port 32600 is taken by the service other in the namespace default");
    cluster.remove(foreign);
    cluster.put({ ...foreign, metadata: { name: "nginx-service", namespace: "default" } });
    await refused("the Service nginx-service in the namespace default is there already and was not made by this stack");
    expect(objects().filter((line) => line.includes(" default "))).toEqual(["Service default nginx-service"]);
  }, 300_000);
});
