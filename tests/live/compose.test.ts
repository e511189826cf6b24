import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import type { AllowedDifference } from "./allowedDifferences";
import { differences, notAllowed, unused } from "./compare";
import {
  apiMinor,
  BY_HAND,
  cleanUp,
  docker,
  errorsOf,
  freePort,
  answers,
  httpStatus,
  inside,
  inspect,
  missing,
  missingLab,
  removeAll,
  ROOT,
  Stack,
  works,
} from "./liveStack";

cleanUp();

const missingCompose =
  missingLab ?? (works("compose", "version") ? undefined : "the docker client has no compose command");

/** Runs `docker compose`; fails the test where that fails. */
function compose(folder: string, ...args: string[]): string {
  const env = { ...process.env, DOCKER_API_VERSION: `1.${apiMinor()}`, DOCKER_BUILDKIT: "0" };
  const result = spawnSync("docker", ["compose", ...args], { cwd: folder, env, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`docker compose ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
}

/** What a container of berth's may have in place of what `docker compose` gives. */
const ALLOWED: AllowedDifference[] = [
  {
    path: /^Config\.Labels\[berth\.(stack|service|owner|life|digest)\]$/,
    why: "berth marks what it made, to find it again after an apply that was cut off, and to miss what somebody has removed",
  },
  {
    path: /^Config\.Labels\[com\.docker\.compose\.(config-hash|image)\]$/,
    why: "Compose's own digests, which decide about re-creating there; berth has its own way",
  },
  {
    path: /^Config\.Labels\[com\.docker\.compose\.project\.(config_files|working_dir)\]$/,
    why: "a typed component has no compose file",
    rows: ["C1"],
  },
  {
    path: /^HostConfig\.Init$/,
    stack: false,
    why: "the provider always sends false, which is the engine's default",
  },
  {
    path: /^HostConfig\.NetworkMode$/,
    stack: "bridge",
    why: "a container with aliases is made on the bridge and moved, or the provider would lose the aliases",
  },
  { path: /^Config\.Volumes\[.*\]$/, stack: true, why: "the provider notes every mounted path there" },
  {
    path: /^Mounts\[\/data\]\.(Name|Source)$/,
    why: "an anonymous volume of the image has a generated name",
    rows: ["C2"],
    applies: () => docker("image", "inspect", "redis", "--format", "{{json .Config.Volumes}}").includes("/data"),
  },
  {
    path: /^HostConfig\.(Binds\[\d\]|Mounts\[?.*)$/,
    why: "Compose says some mounts in the long form; the mounts that result are compared under Mounts",
  },
  {
    path: /^HostConfig\.RestartPolicy\.Name$/,
    stack: "no",
    why: "the same policy, as `docker run` writes it; Compose leaves it empty",
  },
  {
    path: /^NetworkSettings\.Networks[.[][\w-]+\]?\.Links\[\d\]$/,
    why: "links are legacy and the provider cannot say them; the other service is found by its name on the network",
    rows: ["C2"],
  },
  { path: /^NetworkSettings\.(SandboxID|SandboxKey|EndpointID)$/, why: "generated" },
  {
    path: /^NetworkSettings\.(Networks[.[][\w-]+\]?\.)?(EndpointID|NetworkID|IPAddress|MacAddress|Gateway)$/,
    why: "generated, or handed out in the order of arrival",
  },
  {
    path: /^Config\.(Image|AttachStdout|AttachStderr)$/,
    why: "what the client attaches to, and whether it names the image or its digest",
  },
];

const compared = new Set<string>();

/** Both made by Compose and by a stack, one after the other, and equal but for what is allowed. */
function sameAsCompose(row: string, container: string, byHand: object): void {
  compared.add(row);
  expect(notAllowed(row, differences(byHand, inspect(container)), ALLOWED)).toEqual([]);
}

/** Brings a project up with Compose itself, remembers what it made, and takes it down again. */
function byCompose(folder: string, files: string[], project: string, containers: string[]): Map<string, object> {
  const args = [...files.flatMap((file) => ["-f", file]), "-p", project];
  compose(folder, ...args, "up", "-d", "--wait");
  try {
    return new Map(containers.map((name) => [name, inspect(name)]));
  } finally {
    compose(folder, ...args, "down", "-v", "-t", "1");
  }
}

const listed = (project: string) =>
  compose(ROOT, "-p", project, "ps", "--all", "--format", "{{.Service}} {{.Name}} {{.State}}").split("\n").sort();

describeIf(missingCompose, "C1: Jenkins and nginx", () => {
  let stack: Stack;
  const ports = { jenkinsPort: freePort(8080), agentPort: freePort(50000), httpPort: freePort(80), tlsPort: 433 };
  const prepare = (folder: string) => {
    const data = join(folder, "nginx");
    for (const part of ["conf.d", "conf", "log", "html"]) mkdirSync(join(data, part), { recursive: true });
    mkdirSync(join(folder, "jenkins_home"), { recursive: true });
    writeFileSync(join(data, "html/index.html"), "the documented site\n");
    writeFileSync(
      join(data, "conf/nginx.conf"),
      "events {}\nhttp { server { listen 80; root /usr/share/nginx/html; } }\n",
    );
  };
  const file = (folder: string) => `
services:
  docker_jenkins:
    user: root
    restart: always
    image: jenkinsci/blueocean
    container_name: jenkins
    ports: ["${ports.jenkinsPort}:8080", "${ports.agentPort}:50000"]
    volumes: ["${folder}/jenkins_home/:/var/jenkins_home"]
  docker_nginx:
    user: root
    restart: always
    image: nginx
    container_name: nginx
    ports: ["${ports.httpPort}:80", "${ports.tlsPort}:433"]
    volumes:
      - ${folder}/nginx/conf.d:/etc/nginx/conf.d
      - ${folder}/nginx/conf/nginx.conf:/etc/nginx/nginx.conf
      - ${folder}/nginx/log:/var/log/nginx
      - ${folder}/nginx/html:/usr/share/nginx/html
`;
  let byHand: Map<string, object>;

  beforeAll(async () => {
    removeAll();
    stack = await Stack.create("jenkins");
    prepare(stack.folder);
    writeFileSync(join(stack.folder, "byhand.yml"), file(stack.folder));
    byHand = byCompose(stack.folder, ["byhand.yml"], "jenkins", ["jenkins", "nginx"]);
    stack.set({
      "jenkins:jenkinsHome": join(stack.folder, "jenkins_home"),
      "jenkins:nginxFolder": join(stack.folder, "nginx"),
      ...Object.fromEntries(Object.entries(ports).map(([key, value]) => [`jenkins:${key}`, String(value)])),
    });
    await stack.up();
  }, 180_000);
  afterAll(removeAll);

  test.each(["jenkins", "nginx"])("%s is as Compose makes it", (name) => {
    sameAsCompose("C1", name, byHand.get(name)!);
  });

  test("docker compose sees the project", () => {
    expect(listed("jenkins")).toEqual(["docker_jenkins jenkins running", "docker_nginx nginx running"]);
  });

  test("both answer", async () => {
    expect(await answers(`http://127.0.0.1:${ports.httpPort}/`)).toBe(200);
    expect(inside("jenkins", "cat", "/www/index.html")).toBe("jenkins, start 2");
    expect(await httpStatus(`http://127.0.0.1:${ports.jenkinsPort}/`)).toBe(200);
  });

  test("a preview that asks the engine has nothing to do", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test("Jenkins' data outlives its container", async () => {
    stack.set({ "jenkins:jenkinsPort": String(freePort(8090)) });
    await stack.up();
    expect(inside("jenkins", "cat", "/www/index.html")).toBe("jenkins, start 3");
  }, 120_000);

  test("the socket is asked for by name, and what it needs must be there", async () => {
    stack.set({ "jenkins:dockerSocket": "true" });
    const { code, output } = await stack.preview();
    // Where the host has neither client nor Compose, the missing one is named.
    if (code !== 0) expect(output).toMatch(/volumes\[\d\]: the host paths? \/(var|usr)\/.* (is|are) missing/);
    else expect((await stack.changes()).filter((change) => change.startsWith("replace"))).toHaveLength(1);
  }, 60_000);
});

describeIf(missingCompose, "C2, C3: Flask and Redis", () => {
  let stack: Stack;
  const port = freePort(5050);
  const url = `http://127.0.0.1:${port}/`;
  const visits = async () => Number(/seen (\d+) times/.exec(await (await fetch(url)).text())?.[1]);
  const ids = () => ["flask-web-1", "flask-redis-1"].map((name) => inspect(name).Id);

  beforeAll(async () => {
    removeAll();
    stack = await Stack.create("flask");
    // A copy, since the test changes a source file.
    cpSync(join(ROOT, "stacks/flask"), join(stack.folder, "flask"), { recursive: true });
    for (const file of ["docker-compose.yml", "docker-compose.v2.yml"]) {
      const path = join(stack.folder, "flask", file);
      writeFileSync(path, readFileSync(path, "utf8").replace("5000:5000", `${port}:5000`));
    }
    stack.set({ "berth:program": "compose", "berth:files": ["flask/docker-compose.yml"] });
    await stack.up();
    await answers(url);
  }, 300_000);
  afterAll(() => {
    removeAll();
    if (works("image", "inspect", "flask-web")) docker("rmi", "-f", "flask-web");
  });

  test("the counter grows through Redis", async () => {
    const before = await visits();
    expect(await visits()).toBe(before + 1);
  });

  test("docker compose sees, reads and enters what berth made", () => {
    expect(listed("flask")).toEqual(["redis flask-redis-1 running", "web flask-web-1 running"]);
    expect(compose(ROOT, "-p", "flask", "logs", "web")).toContain("web-1");
    expect(compose(ROOT, "-p", "flask", "exec", "-T", "redis", "redis-cli", "get", "hits")).toMatch(/^\d+$/);
  });

  test("the services are as Compose makes them", async () => {
    await stack.destroy();
    const folder = join(stack.folder, "flask");
    const byHand = byCompose(folder, ["docker-compose.yml"], "flask", ["flask-web-1", "flask-redis-1"]);
    await stack.up();
    for (const [name, container] of byHand) sameAsCompose("C2", name, container);
  }, 240_000);

  test("a preview that asks the engine has nothing to do", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test("a changed source file builds anew and replaces only web; the counter goes on", async () => {
    const before = { ids: ids(), visits: await visits() };
    const source = join(stack.folder, "flask/app.py");
    writeFileSync(source, readFileSync(source, "utf8").replace("Hello World", "Hello berth"));
    expect((await stack.changes()).sort()).toEqual(
      expect.arrayContaining(["replace Container flask-web-1", "replace RemoteImage flask-web"]),
    );
    await stack.up();
    expect(ids()[0]).not.toBe(before.ids[0]);
    expect(ids()[1]).toBe(before.ids[1]);
    await answers(url);
    const page = await (await fetch(url)).text();
    expect(page).toContain("Hello berth");
    expect(Number(/seen (\d+) times/.exec(page)?.[1])).toBeGreaterThan(before.visits);
  }, 120_000);

  test("version 2 sets the mode and takes the smaller Redis", async () => {
    stack.set({ "berth:files": ["flask/docker-compose.v2.yml"] });
    await stack.up();
    expect(inspect("flask-web-1").Config.Env).toContain("FLASK_ENV=development");
    expect(inspect("flask-redis-1").Config).toMatchObject({ Image: expect.stringContaining("redis") });
    await answers(url);
  }, 120_000);

  test("the stack of that name is the documented project", async () => {
    await stack.destroy();
    const flask = await Stack.create("flask", { config: { "flask:port": String(port) } });
    await flask.up();
    await answers(url);
    expect(await flask.outputs()).toMatchObject({ url: `http://localhost:${port}` });
    await flask.destroy();
  }, 180_000);
});

describeIf(missingCompose, "C4: two files", () => {
  let stack: Stack;
  const port = freePort(8085);
  const names = ["shop-web-1", "shop-cache-1"];

  beforeAll(async () => {
    removeAll();
    stack = await Stack.create("compose");
    writeFileSync(
      join(stack.folder, "docker-compose.yml"),
      `
name: shop
services:
  web:
    image: nginx:1.25
    ports: ["${port}:80"]
    environment: { MODE: development, KEEP: "1" }
    command: ["nginx", "-g", "daemon off;"]
    labels: { tier: front }
  cache:
    image: redis
    volumes: [cache:/data]
volumes:
  cache:
`,
    );
    writeFileSync(
      join(stack.folder, "production.yml"),
      `
services:
  web:
    environment: { MODE: production }
    restart: unless-stopped
    deploy:
      resources:
        limits: { memory: 64m, cpus: "0.5" }
    logging: { driver: json-file, options: { max-size: 1m } }
  cache:
    command: redis-server --appendonly yes
    ulimits: { nofile: 1024 }
    stop_grace_period: 1m30s
`,
    );
  }, 60_000);
  afterAll(removeAll);

  test("are merged by Compose's rules: the result is as Compose makes it", async () => {
    const files = ["docker-compose.yml", "production.yml"];
    const byHand = byCompose(stack.folder, files, "shop", names);
    stack.set({ "berth:files": files });
    await stack.up();
    for (const name of names) sameAsCompose("C4", name, byHand.get(name)!);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 180_000);

  test("a change of one service leaves the other's container", async () => {
    const before = names.map((name) => inspect(name).Id);
    const file = join(stack.folder, "production.yml");
    writeFileSync(file, readFileSync(file, "utf8").replace("MODE: production", "MODE: staging"));
    expect(await stack.changes()).toEqual(["update Service shop-web-1", "replace Container shop-web-1"]);
    await stack.up();
    expect(inspect(names[0]!).Id).not.toBe(before[0]);
    expect(inspect(names[1]!).Id).toBe(before[1]);
  }, 120_000);

  test("C5: destroy keeps volumes and images; removeVolumes and removeImages take them away", async () => {
    inside("shop-cache-1", "redis-cli", "set", "kept", "yes");
    inside("shop-cache-1", "redis-cli", "save");
    await stack.destroy();
    expect(works("volume", "inspect", "shop_cache")).toBe(true);
    expect(works("image", "inspect", "nginx:1.25")).toBe(true);
    await stack.up();
    expect(inside("shop-cache-1", "redis-cli", "get", "kept")).toBe("yes");
    stack.set({ "berth:removeVolumes": "true", "berth:removeImages": "true" });
    await stack.up();
    await stack.destroy();
    expect(works("volume", "inspect", "shop_cache")).toBe(false);
    expect(works("image", "inspect", "nginx:1.25")).toBe(false);
    stack.set({ "berth:removeVolumes": undefined, "berth:removeImages": undefined });
  }, 240_000);

  test("a wrong key is refused with file, line and column, and nothing is made", async () => {
    const file = join(stack.folder, "production.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("restart: unless-stopped", "restrat: unless-stopped"));
    const result = await stack.preview();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toMatch(/production\.yml:5:\d+: services\.web.*restrat/);
    expect((await stack.tryUp()).code).not.toBe(0);
    expect(works("inspect", "shop-web-1")).toBe(false);
    writeFileSync(file, text);
  }, 60_000);
});

describeIf(missingCompose, "C6: order and health", () => {
  let stack: Stack;
  beforeAll(async () => {
    removeAll();
    stack = await Stack.create("compose");
    stack.set({ "berth:files": ["compose.yaml"] });
  }, 60_000);
  afterAll(removeAll);
  const started = (name: string) => Date.parse(inspect(name).State.StartedAt);

  test("a service waits until the others are healthy, have ended, or are started", async () => {
    writeFileSync(
      join(stack.folder, "compose.yaml"),
      `
name: order
services:
  web:
    image: busybox
    command: sleep 600
    expose: ["80"]
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully }
      side: { condition: service_started }
  db:
    image: busybox
    command: sh -c "sleep 3; touch /ready; sleep 600"
    healthcheck: { test: ["CMD", "test", "-f", "/ready"], interval: 1s, retries: 30 }
  migrate:
    image: busybox
    command: sh -c "sleep 2"
    depends_on: [db]
  side:
    image: busybox
    command: sleep 600
    deploy: { replicas: 2, resources: { limits: { memory: 32m } } }
`,
    );
    await stack.up();
    const ended = Date.parse((inspect("order-migrate-1").State as unknown as { FinishedAt: string }).FinishedAt);
    expect(started("order-web-1")).toBeGreaterThanOrEqual(ended);
    expect(started("order-web-1")).toBeGreaterThanOrEqual(started("order-db-1") + 3000);
    expect(started("order-web-1")).toBeGreaterThan(started("order-side-2"));
    expect(inspect("order-side-2").HostConfig.Memory).toBe(2 ** 25);
    expect(listed("order")).toEqual([
      "db order-db-1 running",
      "migrate order-migrate-1 exited",
      "side order-side-1 running",
      "side order-side-2 running",
      "web order-web-1 running",
    ]);
    // Every service finds the others by their key.
    inside("order-web-1", "ping", "-c", "1", "-w", "10", "db");
  }, 120_000);

  test("a finished job is no change", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test("a job that fails ends the apply with its last lines, and what waits for it is not started", async () => {
    const file = join(stack.folder, "compose.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace('sh -c "sleep 2"', 'sh -c "echo no schema; exit 3"').replace("600\n    expose", "601\n    expose"),
    );
    const before = inspect("order-web-1").Id;
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toMatch(/order-migrate-1 ended with exit code 3\. Its last lines:\s+no schema/);
    expect(works("inspect", "order-web-1") && inspect("order-web-1").Id !== before).toBe(false);
    await stack.destroy();
  }, 120_000);
});

describeIf(missing, "A18: pasted docker run lines", () => {
  test("make what docker makes of them", async () => {
    removeAll();
    const lines = [
      "docker network create --subnet 10.237.0.0/24 pasted",
      "docker run -d --name pasted-db --network pasted -e SECRET_TOKEN=t0ps3cret busybox sleep 600",
      `docker run -itd --name=pasted-app --net pasted --link pasted-db:db -v pasted-data:/data:ro --cpus .5 -m 64m \\
         -e "GREETING=hello world" --restart on-failure:3 -h app --cap-add NET_ADMIN --ulimit nofile=512:1024 \\
         --health-cmd 'test -d /data' --health-interval 5s --log-opt max-size=1m --init -w /tmp \\
         busybox sh -c 'while true; do sleep 1; done'`,
    ];
    const byHand = lines.map((line) =>
      line
        .replace(/ --link \S+/, " --network-alias pasted-app")
        .replace(/^docker (run|network create)/, `docker $1 ${BY_HAND}`),
    );
    const stack = await Stack.create("run", { config: { "berth:commands": lines } });
    for (const line of byHand) spawnSync("sh", ["-ec", line], { cwd: stack.folder });
    const documented = inspect("pasted-app");
    removeAll();
    await stack.up();
    const found = notAllowed("A18", differences(documented, inspect("pasted-app"))).map(({ path }) => path);
    expect(found.filter((path) => !/NetworkSettings|NetworkMode/.test(path))).toEqual([]);
    inside("pasted-app", "ping", "-c", "1", "-w", "10", "db");
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
    // The setting itself is the user's to encrypt; the state never shows it.
    const { stdout } = await stack.must(["stack", "export", "--stack", "run"]);
    expect(stdout).not.toContain("t0ps3cret");
    await stack.destroy();
  }, 180_000);
});

describeIf(missingCompose, "the list of allowed differences from Compose", () => {
  test("has no entry that no row needs", () => {
    if (compared.size < 3) return;
    expect(unused(ALLOWED)).toEqual([]);
  });
});
