import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, killedUp, missingCli, Project } from "./harness";

const OWNER = { "berth:owner": "the tests" };

/** A shop of a database, a cache, an application built from sources and a proxy before it. */
const SHOP = `name: shop
services:
  proxy:
    image: nginx:1.27
    ports: ["8080:80"]
    depends_on: [app]
  app:
    build: ./app
    environment:
      MODE: test
    depends_on:
      database:
        condition: service_healthy
      migrate:
        condition: service_completed_successfully
      cache:
        condition: service_started
  cache:
    image: redis:7
  migrate:
    image: migrations
    command: ["true"]
    depends_on:
      database:
        condition: service_healthy
  database:
    image: postgres:16
    healthcheck:
      test: [CMD, pg_isready]
    volumes: ["data:/var/lib/postgresql/data"]
volumes:
  data:
networks:
  default:
    driver: bridge
    ipam:
      config:
        - subnet: 10.77.0.0/16
          ip_range: 10.77.5.0/24
          gateway: 10.77.0.1
        - subnet: fd00:77::/64
`;

const PRODUCTION = `services:
  cache:
    command: [redis-server, --appendonly, "yes"]
`;

const APP = {
  "shop/app/Dockerfile": "FROM python:3.13-alpine\nCOPY . /app\n",
  "shop/app/main.py": "print('first')\n",
};

/** In a folder of its own, so that the place of the file and that of the program differ. */
const SHOP_FILES = { "shop/compose.yaml": SHOP, "shop/production.yaml": PRODUCTION, ...APP };

const idsByName = (project: Project) =>
  Object.fromEntries(project.store.list("containers").map(({ Name, Id }) => [Name.slice(1), Id]));

/** Names of the containers that are not the same any more. */
function replaced(before: Record<string, string>, project: Project): string[] {
  const after = idsByName(project);
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
  return Object.keys(after).filter((name) => after[name] !== before[name]);
}

const unchanged = async (project: Project, ...args: string[]) =>
  expect(await project.changes("--expect-no-changes", ...args)).toEqual([]);

cleanUp();

describeIf(missingCli, "compose files", () => {
  test.concurrent("one service at a time, wherever the folder lies", async () => {
    const project = await Project.create({
      stack: "compose",
      config: { ...OWNER, "berth:files": ["shop/compose.yaml", "shop/production.yaml"] },
      files: SHOP_FILES,
    });
    await project.up();
    const created = project.store.takeJournal();
    expect(created.filter((line) => !/ (containers|networks|volumes|images) /.test(line))).toEqual([]);
    const at = (name: string) => created.indexOf(`create containers shop-${name}-1`);
    const order = ["database", "migrate", "app", "proxy"].map(at);
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(at("cache")).toBeGreaterThan(-1);
    expect(at("cache")).toBeLessThan(at("app"));
    expect(created.indexOf("create images shop-app")).toBeLessThan(at("app"));
    expect(created.indexOf("create networks shop_default")).toBeLessThan(Math.min(...order, at("cache")));
    expect(created.indexOf("create volumes shop_data")).toBeLessThan(at("database"));

    expect(project.container("shop-cache-1").Args.command).toEqual(["redis-server", "--appendonly", "yes"]);
    expect(project.container("shop-migrate-1").State).toMatchObject({ Status: "exited", ExitCode: 0 });
    expect(project.container("shop-app-1").Config.Labels).toMatchObject({
      "com.docker.compose.project": "shop",
      "com.docker.compose.service": "app",
    });
    expect(project.store.find("networks", "shop_default")).toMatchObject({
      EnableIPv6: true,
      IPAM: {
        Config: [{ Subnet: "10.77.0.0/16", Gateway: "10.77.0.1", IPRange: "10.77.5.0/24" }, { Subnet: "fd00:77::/64" }],
      },
    });
    await unchanged(project);

    // The second file alone changes.
    let before = idsByName(project);
    project.write({ "shop/production.yaml": PRODUCTION.replace("yes", "no") });
    expect(await project.changes()).toEqual(["replace Container shop-cache-1"]);
    await project.up();
    expect(replaced(before, project)).toEqual(["shop-cache-1"]);
    expect(project.container("shop-cache-1").Args.command).toEqual(["redis-server", "--appendonly", "no"]);

    // A source file: the description is the same, the image is not.
    before = idsByName(project);
    const image = project.store.find("images", "shop-app")!.Id;
    project.write({ "shop/app/main.py": "print('second')\n" });
    expect(await project.changes()).toEqual(["replace RemoteImage shop-app", "replace Container shop-app-1"]);
    await project.up();
    expect(replaced(before, project)).toEqual(["shop-app-1"]);
    expect(project.store.find("images", "shop-app")!.Id).not.toBe(image);

    // A checkout elsewhere is the same project.
    before = idsByName(project);
    project.move("elsewhere");
    expect((await project.changes()).filter((line) => !line.startsWith("update Service"))).toEqual([]);
    await project.up();
    expect(replaced(before, project)).toEqual([]);
    await unchanged(project, "--refresh");

    await project.destroy();
    expect(project.containers()).toEqual([]);
    expect(project.networks()).toEqual([]);
    expect(project.volumes()).toEqual(["shop_data"]);
    expect(project.store.list("images").map(({ Name }) => Name)).toContain("shop-app");
  }, 300_000);

  test.concurrent("removes volumes and images where that is asked for", async () => {
    const project = await Project.create({
      stack: "compose",
      config: { "berth:files": ["shop/compose.yaml"], "berth:removeVolumes": true, "berth:removeImages": true },
      files: SHOP_FILES,
    });
    await project.up();
    expect(project.volumes()).toEqual(["shop_data"]);
    expect(project.store.list("images")).toHaveLength(5);
    // The old image goes before the new one is built, or the new one would be removed in its place.
    project.write({ "shop/app/main.py": "print('second')\n" });
    await project.up();
    expect(project.store.find("images", "shop-app")).toBeDefined();
    await unchanged(project);
    await project.destroy();
    expect(project.containers()).toEqual([]);
    expect(project.volumes()).toEqual([]);
    expect(project.store.list("images")).toEqual([]);
  }, 300_000);

  test.concurrent("a dependency that fails ends up at once, and nothing that waits for it is made", async () => {
    const project = await Project.create({
      stack: "compose",
      config: { "berth:files": ["shop/compose.yaml"] },
      files: { ...SHOP_FILES, "shop/compose.yaml": SHOP.replace('["true"]', '[sh, -c, "exit 3"]') },
    });
    const { code, output, seconds } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain("shop-migrate-1 ended with exit code 3. Its last lines:");
    expect(output).toContain("a last line");
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(seconds).toBeLessThan(30);
    expect(project.containers()).toEqual(["shop-cache-1", "shop-database-1", "shop-migrate-1"]);

    project.write({ "shop/compose.yaml": SHOP });
    await project.up();
    expect(project.containers()).toContain("shop-proxy-1");
    await unchanged(project);
  }, 300_000);

  test.concurrent("a service that ends well, and that nothing restarts, is done", async () => {
    const text = (command: string) => `name: shot
services:
  once:
    image: busybox
    command: ${command}
    restart: "no"
  web:
    image: nginx
    ports: ["8091:80"]
    depends_on: [once]
`;
    const project = await Project.create({ stack: "compose", files: { "compose.yaml": text("sh -c 'exit 3'") } });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain("shot-once-1 ended with exit code 3. Its last lines:");
    project.write({ "compose.yaml": text("sh -c 'exit 0'") });
    expect((await project.up()).output).toContain("shot-once-1 has ended with exit code 0 and is done");
    const { Id } = project.container("shot-once-1");
    await unchanged(project);
    await unchanged(project, "--refresh");
    await project.up();
    expect(project.container("shot-once-1")).toMatchObject({ Id, State: { Running: false } });

    // What was killed is none that has ended well, and is started again.
    const killed = { Status: "exited", Running: false, Restarting: false, ExitCode: 137 };
    project.store.put("containers", { ...project.container("shot-once-1"), State: killed });
    const preview = await project.preview();
    expect(preview.output).toContain(
      "shot-once-1: its container has ended with exit code 137; with this `up` it starts again.",
    );
    await project.up();
    expect(project.container("shot-once-1")).toMatchObject({ Id, State: { Running: true } });
    await unchanged(project);
  }, 300_000);

  test.concurrent("what is made anew has others restarted that ask for it, and made anew that share with it", async () => {
    const text = (mode: string) => `name: anew
services:
  back: { image: nginx, environment: { MODE: ${mode} } }
  front: { image: nginx, depends_on: { back: { condition: service_started, restart: true } } }
  behind: { image: nginx, depends_on: [back] }
  vpn: { image: nginx, environment: { MODE: ${mode} } }
  side: { image: nginx, network_mode: "service:vpn" }
  beside: { image: nginx, pid: "service:vpn", depends_on: { side: { condition: service_started, restart: true } } }
  after: { image: nginx, depends_on: { vpn: { condition: service_started, restart: true } } }
`;
    const project = await Project.create({ stack: "compose", files: { "compose.yaml": text("first") } });
    await project.up();
    const restarts = () => project.engine.requests.filter((request) => request.endsWith("/restart")).sort();
    expect(restarts()).toEqual([]);
    const before = idsByName(project);
    project.write({ "compose.yaml": text("second") });
    await project.up();
    const changed = ["back", "beside", "side", "vpn"].map((service) => `anew-${service}-1`);
    expect(replaced(before, project).sort()).toEqual(changed);
    const asked = ["front", "after"].map((service) => `POST /containers/${before[`anew-${service}-1`]}/restart`);
    expect(restarts()).toEqual(asked.sort());
    expect(project.store.list("containers").filter(({ State }) => !State.Running)).toEqual([]);
    await unchanged(project);
  }, 300_000);

  test.concurrent("keeps secrets to itself", async () => {
    const FILE = "Passw0rd-in-file";
    const VARIABLE = "Passw0rd-in-variable";
    const INTERPOLATED = "Passw0rd-from-dotenv";
    const ENVIRONMENT = "Passw0rd-of-the-shell";
    const all = [FILE, VARIABLE, INTERPOLATED, ENVIRONMENT];
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const project = await Project.create({
      stack: "compose",
      files: {
        "compose.yaml": `name: safe
services:
  web:
    image: nginx
    environment:
      DB_PASSWORD: ${VARIABLE}
      API_TOKEN: \${API_TOKEN}
      MODE: readable-mode
    secrets: [from_file, from_environment]
secrets:
  from_file:
    file: ./secret.txt
  from_environment:
    environment: SHELL_SECRET
`,
        ".env": `API_TOKEN=${INTERPOLATED}\n`,
        "secret.txt": `${FILE}\n`,
      },
    });
    const env = { SHELL_SECRET: ENVIRONMENT };
    const outputs: string[] = [];
    const run = async (...args: string[]) => {
      const { output } = await project.must([...args, "--stack", "compose"], { env });
      outputs.push(output);
      return output;
    };
    await run("preview", "--diff");
    await run("preview", "--json");
    await run("up", "--yes", "--skip-preview", "--diff");
    await run("stack", "export");
    await run("preview", "--refresh", "--expect-no-changes", "--diff");

    // They would be hidden for nothing where they never arrived.
    const { envs, uploads, volumes } = project.container("safe-web-1").Args;
    expect(envs).toEqual([`DB_PASSWORD=${VARIABLE}`, `API_TOKEN=${INTERPOLATED}`, "MODE=readable-mode"]);
    expect(uploads).toEqual([
      expect.objectContaining({ file: "/run/secrets/from_environment", content: ENVIRONMENT, permissions: "0444" }),
    ]);
    expect(volumes).toEqual([
      { containerPath: "/run/secrets/from_file", hostPath: join(project.folder, "secret.txt"), readOnly: true },
    ]);

    const forms = all.flatMap((text) => [text, Buffer.from(text).toString("base64").replace(/=+$/, ""), sha256(text)]);
    for (const form of forms) for (const output of outputs) expect(output).not.toContain(form);
    const written = readdirSync(project.backend, { recursive: true, encoding: "utf8" })
      .map((name) => join(project.backend, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, "latin1"));
    // The state is among them.
    expect(written.some((text) => text.includes("readable-mode"))).toBe(true);
    expect(written.filter((text) => forms.some((form) => text.includes(form)))).toEqual([]);
  }, 300_000);

  test.concurrent("an error in the file has its place, and makes nothing", async () => {
    const project = await Project.create({
      stack: "compose",
      files: { "compose.yaml": "name: slip\nservices:\n  web:\n    image: nginx\n    prots: ['80:80']\n" },
    });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toMatch(/error: .*compose\.yaml:5:5: services\.web\.prots: /);
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(project.store.takeJournal()).toEqual([]);
  }, 300_000);

  test.concurrent("goes on after an up that was killed in the middle", async () => {
    const project = await Project.create({
      stack: "compose",
      config: { "berth:files": ["shop/compose.yaml"] },
      files: SHOP_FILES,
    });
    await killedUp(project, "containers", "shop-app-1");
    const before = idsByName(project);
    expect(Object.keys(before)).not.toContain("shop-proxy-1");
    await project.up();
    // What the state knows stays; only the one that it had not heard of is made anew.
    const after = idsByName(project);
    expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(["shop-app-1"]);
    expect(project.containers()).toEqual(
      ["app", "cache", "database", "migrate", "proxy"].map((service) => `shop-${service}-1`),
    );
    await unchanged(project);
  }, 300_000);
});

describeIf(missingCli, "docker run lines", () => {
  const LINES = [
    "docker network create --subnet 10.88.0.0/16 backend",
    "docker volume create pages",
    "docker run -d --name store --network backend -e REDIS_PASSWORD=Passw0rd-in-line redis:7",
    "docker run -d --name site --network backend --link store:kv -p 8090:80 -v pages:/usr/share/nginx/html nginx",
  ];

  test.concurrent("become containers, networks and volumes", async () => {
    const project = await Project.create({ stack: "run", config: { "berth:commands": LINES } });
    const { output } = await project.up();
    expect(output).not.toContain("Passw0rd-in-line");
    expect(project.containers()).toEqual(["site", "store"]);
    expect(project.networks()).toEqual(["backend"]);
    expect(project.store.find("networks", "backend")!.IPAM.Config).toEqual([{ Subnet: "10.88.0.0/16" }]);
    expect(project.container("site").NetworkSettings.Ports).toEqual({
      "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8090" }],
    });
    // What the link called it is its name on the network.
    expect(project.container("store").NetworkSettings.Networks.backend!.Aliases).toContain("kv");
    expect(project.container("store").Args.envs).toEqual(["REDIS_PASSWORD=Passw0rd-in-line"]);
    const created = project.store.takeJournal();
    expect(created.indexOf("create containers store")).toBeLessThan(created.indexOf("create containers site"));
    await unchanged(project);
    await unchanged(project, "--refresh");

    const before = idsByName(project);
    project.configure({ "berth:commands": LINES.map((line) => line.replace("8090:80", "8091:80")) });
    expect(await project.changes()).toEqual(["update Service site", "replace Container site"]);
    await project.up();
    expect(replaced(before, project)).toEqual(["site"]);

    await project.destroy();
    expect(project.containers()).toEqual([]);
    expect(project.networks()).toEqual([]);
    expect(project.volumes()).toEqual(["pages"]);
    expect(
      project.store
        .list("images")
        .map(({ Name }) => Name)
        .sort(),
    ).toEqual(["nginx", "redis:7"]);
  }, 300_000);

  test.concurrent("a flag that cannot be done is marked in its line, and nothing is made", async () => {
    const line = "docker run -d --blkio-weight-device /dev/sda:300 --name web nginx";
    const project = await Project.create({
      stack: "run",
      config: { "berth:commands": ["docker network create backend", line] },
    });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain("--blkio-weight-device: the Docker provider cannot weigh block devices");
    // The line, and a mark below what the flag was given.
    const rows = output.split("\n");
    const at = rows.findIndex((row) => row.endsWith(line));
    expect(rows[at + 1]!.trim()).toBe("^".repeat("/dev/sda:300".length));
    expect(rows[at + 1]!.indexOf("^")).toBe(rows[at]!.indexOf("/dev/sda:300"));
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(project.store.takeJournal()).toEqual([]);
  }, 300_000);
});
