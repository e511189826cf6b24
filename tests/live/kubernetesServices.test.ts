import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import {
  accepts,
  cleanUpCluster,
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
import { answers, docker, httpStatus, missingLab, ROOT, Stack, until } from "./liveStack";

/* The programs of documented Docker setups, on a cluster: one setting, `berth:engine`. */

cleanUpCluster();

/** The node port in place of a port of a Docker host. */
const ON_NODES = { 666: 30666, 3306: 30538, 3307: 30539, 5000: 32232 };

const url = (port: keyof typeof ON_NODES) => `http://127.0.0.1:${ON_NODES[port]}/`;

async function nothingToDo(stack: Stack): Promise<void> {
  expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
  expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
}

describeIf(missingCluster, "nginx on a cluster", () => {
  afterAll(removeObjects, 120_000);
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.create("nginx", { config: { "berth:engine": "kubernetes" } });
  });

  test("a preview says which node port stands for the documented port", async () => {
    const { code, output } = await stack.preview();
    expect(code).toBe(0);
    expect(output).toContain(`666:80 is published on the node port ${ON_NODES[666]}`);
    expect(madeObjects()).toEqual([]);
  }, 60_000);

  test("the site answers there when up returns", async () => {
    await stack.up();
    expect(await httpStatus(url(666))).toBe(200);
    expect(await stack.outputs()).toMatchObject({
      url: `http://localhost:${ON_NODES[666]}`,
      containerName: "nginx01",
      endpoints: [{ target: "80/tcp", hostPort: ON_NODES[666] }],
    });
    expect(madeObjects()).toEqual(["Deployment default/nginx01", "Service default/nginx01"]);
    await nothingToDo(stack);
  }, 150_000);

  test("another image is rolled out in place", async () => {
    const before = live("deployment", "nginx01").metadata.uid;
    stack.set({ "nginx:image": "nginx:1.25" });
    expect(await stack.changes()).toEqual(["update Nginx nginx", "update Deployment nginx"]);
    await stack.up();
    // The node's own rules follow the pods a moment later.
    await until("the new page is served", async () => (await (await fetch(url(666))).text()).includes("nginx:1.25"));
    expect(live("deployment", "nginx01").metadata.uid).toBe(before);
    await stack.destroy();
    expect(madeObjects()).toEqual([]);
  }, 180_000);
});

describeIf(missingCluster, "MySQL on a cluster", () => {
  afterAll(removeObjects, 120_000);
  const password = "a-Pass'word 42$X";
  let stack: Stack;
  const output: string[] = [];

  /** Over the network, as a client of another pod would. */
  const query = (text: string): string =>
    insidePod(pods("mysql1")[0]!.metadata.name, "mysql", "-h", "mysql1", "-uroot", `-p${password}`, "-BNe", text);
  const up = async () => output.push((await stack.up()).output);

  beforeAll(async () => {
    stack = await Stack.create("mysql", {
      config: { "berth:engine": "kubernetes", "mysql:setup": "A10" },
      secrets: { "mysql:rootPassword": password },
    });
    output.push((await stack.preview(["--diff"])).output);
    await up();
  }, 240_000);

  test("the server answers a query when up returns", async () => {
    expect(query("SELECT 6 * 7")).toBe("42");
    query("CREATE DATABASE shop; CREATE TABLE shop.items (name TEXT); INSERT INTO shop.items VALUES ('chair')");
    expect(accepts("get", "pvc", "mysql")).toBe(true);
    await nothingToDo(stack);
  }, 90_000);

  test("the data outlives its pod", async () => {
    const [before] = pods("mysql1") as [Live];
    kubectl("delete", "pod", before.metadata.name, "--timeout", "60s");
    kubectl("rollout", "status", "deployment/mysql1", "--timeout", "90s");
    expect(query("SELECT name FROM shop.items")).toBe("chair");
  }, 180_000);

  test("and another image and port", async () => {
    stack.set({ "mysql:version": "5.7", "mysql:port": 3307 });
    await up();
    expect(query("SELECT name FROM shop.items")).toBe("chair");
    expect(live("deployment", "mysql1").spec.template.spec.containers[0].image).toBe("mysql:5.7");
    expect(live("service", "mysql1").spec.ports).toMatchObject([{ port: 3306, nodePort: ON_NODES[3307] }]);
  }, 180_000);

  test("and destroy", async () => {
    await stack.destroy();
    expect(madeObjects()).toEqual(["PersistentVolumeClaim default/mysql"]);
    await up();
    expect(query("SELECT name FROM shop.items")).toBe("chair");
    await nothingToDo(stack);
  }, 300_000);

  test("the password is in a Secret of the cluster and nowhere else", () => {
    const encoded = Buffer.from(password).toString("base64");
    const secrets = list("secrets").filter(({ metadata }) => metadata.annotations?.["berth.stack"]);
    expect(JSON.stringify(secrets)).toContain(encoded);
    const places = {
      state: stack.stateText(),
      output: output.join("\n"),
      cluster: JSON.stringify(list("deployments,replicasets,pods,configmaps,events,services", "-A")),
    };
    for (const [place, text] of Object.entries(places))
      for (const form of [password, JSON.stringify(password).slice(1, -1), encoded])
        expect([place, text.includes(form)]).toEqual([place, false]);
    expect(places.state).toContain("MYSQL_ROOT_PASSWORD");
  });

  test("another password makes the pods anew", async () => {
    const [before] = pods("mysql1") as [Live];
    // An initialised database keeps its password; what counts here is that the pods see the new Secret.
    await stack.secret("mysql:rootPassword", "another one");
    await stack.tryUp();
    const [after] = pods("mysql1") as [Live];
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(insidePod(after.metadata.name, "sh", "-c", 'echo "$MYSQL_ROOT_PASSWORD"')).toBe("another one");
  }, 180_000);
});

describeIf(missingCluster ?? missingLab, "Flask and Redis on a cluster", () => {
  afterAll(async () => {
    await removeObjects();
    for (const image of docker("images", "-q", `${REGISTRY}/flask-web`).split("\n").filter(Boolean))
      docker("rmi", "-f", image);
  }, 120_000);
  const REGISTRY = `127.0.0.1:${process.env.BERTH_LAB_REGISTRY_PORT ?? 5000}`;
  const ENGINE = { "berth:engine": "kubernetes", "berth:registry": REGISTRY };
  let stack: Stack;
  const page = async () => await (await fetch(url(5000))).text();
  const visits = async () => Number(/seen (\d+) times/.exec(await page())?.[1]);
  const uids = () => ["web", "redis"].map((app) => pods(app).map(({ metadata }) => metadata.uid));
  const image = (): string => live("deployment", "web").spec.template.spec.containers[0].image;

  beforeAll(async () => {
    stack = await Stack.create("compose", { config: { ...ENGINE, "berth:files": ["flask/docker-compose.yml"] } });
    // A copy, since the test changes a source file; what the image holds is to be seen, not the folder.
    cpSync(join(ROOT, "stacks/flask"), join(stack.folder, "flask"), { recursive: true });
    const file = join(stack.folder, "flask/docker-compose.yml");
    writeFileSync(file, readFileSync(file, "utf8").replace("      - .:/code\n", ""));
    await stack.up();
    await answers(url(5000));
  }, 300_000);

  test("the image comes from the registry, and the counter grows through Redis", async () => {
    expect(image()).toMatch(new RegExp(`^${REGISTRY}/flask-web:[0-9a-f]{12}$`));
    const before = await visits();
    expect(await visits()).toBe(before + 1);
    await nothingToDo(stack);
  }, 90_000);

  test("a changed source file is another image, and rolls out web only; the counter goes on", async () => {
    const before = { uids: uids(), image: image(), visits: await visits() };
    const source = join(stack.folder, "flask/app.py");
    writeFileSync(source, readFileSync(source, "utf8").replace("Hello World", "Hello berth"));
    await stack.up();
    expect(image()).not.toBe(before.image);
    expect(uids()[0]).not.toEqual(before.uids[0]);
    expect(uids()[1]).toEqual(before.uids[1]);
    await answers(url(5000));
    expect(await page()).toContain("Hello berth");
    expect(await visits()).toBeGreaterThan(before.visits);
  }, 180_000);

  test("the stack of that name is the documented project", async () => {
    await stack.destroy();
    await removeObjects();
    const flask = await Stack.create("flask", { config: ENGINE });
    await flask.up();
    await answers(url(5000));
    expect(await flask.outputs()).toMatchObject({ url: `http://localhost:${ON_NODES[5000]}` });
    await nothingToDo(flask);
    await flask.destroy();
  }, 300_000);
});
