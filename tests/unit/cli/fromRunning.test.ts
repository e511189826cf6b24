import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../cli/main";
import { useEngine } from "../fakeEngine";

const engine = useEngine();
const environment = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("DOCKER_")) delete process.env[name];
  process.env.DOCKER_HOST = `unix://${engine.socket}`;
});
afterEach(() => {
  process.env = { ...environment };
});

async function berth(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  jest.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  try {
    const code = await run(["from-running", ...args]);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    jest.restoreAllMocks();
  }
}

const compose = (project: string, service: string) => ({
  "com.docker.compose.project": project,
  "com.docker.compose.service": service,
  "com.docker.compose.container-number": "1",
  "com.docker.compose.project.config_files": `/srv/${project}/compose.yaml`,
});

interface Made {
  name: string;
  state?: string;
  labels?: Record<string, string>;
  env?: string[];
  networks?: Record<string, object>;
  mounts?: object[];
}

/** An engine with these containers of one image, the oldest first. */
function has(...containers: Made[]): void {
  const id = (index: number) => `${index}`.repeat(64);
  engine.says(
    "GET /containers/json?all=1",
    containers
      .map(({ name, state = "running", labels = {} }, index) => ({
        Id: id(index),
        Names: ["/other/alias", `/${name}`],
        State: state,
        Labels: labels,
      }))
      .reverse(),
  );
  for (const [index, { name, labels = {}, env = [], networks = { bridge: {} }, mounts = [] }] of containers.entries())
    engine.says(`GET /containers/${id(index)}/json`, {
      Id: id(index),
      Name: `/${name}`,
      Image: "sha256:1",
      Config: { Image: "nginx:1.27", Labels: labels, Env: ["PATH=/bin", ...env], Hostname: id(index).slice(0, 12) },
      HostConfig: { NetworkMode: Object.keys(networks)[0] },
      Mounts: mounts,
      NetworkSettings: { Networks: networks },
    });
  engine.says("GET /info", { Architecture: "x86_64", DefaultRuntime: "runc", LoggingDriver: "json-file" });
  engine.says("GET /images/sha256:1/json", {
    Id: "sha256:1",
    RepoTags: ["nginx:1.27"],
    Architecture: "amd64",
    Os: "linux",
    Config: { Env: ["PATH=/bin"] },
  });
}

test("what runs is printed, without what the image says and without secrets, and nothing is changed", async () => {
  has({ name: "web", env: ["A=1", "DB_PASSWORD=hunter2"] }, { name: "old", state: "exited" });
  const { code, out, err } = await berth("--to", "run");
  expect(code).toBe(0);
  expect(out).toBe("docker run -d --name web -e A=1 -e DB_PASSWORD nginx:1.27\n");
  expect(err).toContain("DB_PASSWORD is a secret and is not printed");
  expect(engine.changes()).toEqual([]);
  for (const form of ["typescript", "compose", "kubernetes"]) {
    const other = await berth("--to", form);
    expect(other.code).toBe(0);
    expect(other.out).toContain("nginx");
    expect(other.out + other.err).not.toContain("hunter2");
  }
  expect((await berth("--all", "--to", "run")).out).toContain("--name old");
  // One that is named need not run.
  expect((await berth("old", "--to", "run")).out).toBe("docker run -d --name old nginx:1.27\n");
  expect((await berth("1111", "--to", "run")).out).toBe("docker run -d --name old nginx:1.27\n");
});

test("a Compose project is read whole, by its own names, and says where it comes from", async () => {
  const networks = { shop_default: { NetworkID: "n", Aliases: ["shop-web-1", "web", "www"] } };
  has(
    {
      name: "shop-web-1",
      labels: { ...compose("shop", "web"), "com.docker.compose.depends_on": "db:service_started:true" },
      networks,
    },
    {
      name: "shop-db-1",
      labels: { ...compose("shop", "db"), own: "1" },
      networks: { shop_default: {} },
      state: "exited",
    },
    { name: "blog-web-1", labels: compose("blog", "web") },
  );
  engine.says("GET /networks/shop_default", {
    Name: "shop_default",
    Id: "n",
    Driver: "bridge",
    Labels: { "com.docker.compose.network": "default" },
    IPAM: { Driver: "default", Config: [{ Subnet: "172.19.0.0/16", Gateway: "172.19.0.1" }] },
  });
  const { code, out, err } = await berth("--project", "shop", "--to", "compose");
  expect(code).toBe(0);
  expect(out).toBe(`name: shop

services:
  web:
    image: nginx:1.27
    depends_on:
      db:
        condition: service_started
        restart: true
    networks:
      default:
        aliases:
          - www

  db:
    image: nginx:1.27
    labels:
      own: "1"
`);
  expect(err).toContain(
    "note: services.web, services.db: are of the Compose project shop, made from /srv/shop/compose.yaml: where that is still there, `berth from-compose /srv/shop/compose.yaml` reads more of it\n",
  );
});

test("what somebody else makes is left out, and said", async () => {
  const ours = { "berth.stack": "berth/nginx", "berth.owner": "x", "berth.service": "nginx" };
  has(
    { name: "web" },
    { name: "nginx01", labels: ours },
    { name: "nginx01.berth-previous-always", labels: ours, state: "exited" },
    { name: "web2.berth-adopted-0123abcd", state: "exited" },
    { name: "s.1.x", labels: { "com.docker.swarm.service.name": "s" } },
    { name: "k8s_POD_x", labels: { "io.kubernetes.pod.name": "x" } },
  );
  const { out, err } = await berth("--all", "--to", "run");
  expect(out).toBe("docker run -d --name web nginx:1.27\n");
  expect(err).toBe(
    [
      "note: nginx01: left out: of the stack berth/nginx, which berth has made: `berth export nginx --to compose` prints it",
      "note: nginx01.berth-previous-always: left out: set aside by the stack berth/nginx for nginx01",
      "note: web2.berth-adopted-0123abcd: left out: set aside by a stack for web2",
      "note: s.1.x: left out: a task of the Swarm service s: `berth from-running s` prints that",
      "note: k8s_POD_x: left out: of the pod x: `kubectl get pod x -o yaml` prints it",
      "",
    ].join("\n"),
  );
  const alone = await berth("nginx01");
  expect(alone).toMatchObject({ code: 1, out: "" });
  expect(alone.err).toBe(
    "error: there is nothing to print: nginx01 left out: of the stack berth/nginx, which berth has made: `berth export nginx --to compose` prints it\n",
  );
});

describe("a project that takes over what runs", () => {
  const anonymous = "ab".repeat(32);
  const folder = mkdtempSync(join(tmpdir(), "berth-taken-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const text = (file: string) => readFileSync(join(folder, "shop", file), "utf8");

  beforeEach(() => {
    const on = (alias: string) => ({ shop_default: { NetworkID: "n", Aliases: [alias] } });
    has(
      { name: "shop-web-1", labels: compose("shop", "web"), networks: on("web") },
      {
        ...{ name: "shop-db-1", labels: compose("shop", "db"), networks: on("db"), env: ["DB_PASSWORD=hunter2"] },
        mounts: [{ Type: "volume", Name: anonymous, Destination: "/data", RW: true }],
      },
    );
    engine.says("GET /networks/shop_default", {
      ...{ Name: "shop_default", Id: "n", Driver: "bridge", Labels: {}, IPAM: { Driver: "default", Config: [] } },
    });
  });

  test("names its containers and networks, and goes on with their names and volumes", async () => {
    jest.spyOn(console, "log").mockImplementation(() => {});
    const { code, err } = await berth("--project", "shop", "--save", join(folder, "shop"), "--package", "file:x.tgz");
    expect(code).toBe(0);
    expect(text("Pulumi.dev.yaml")).toBe(`config:
  docker:host: "unix://${engine.socket}"
  # What runs already and becomes the stack's own. Consent to networks has to stay, that to containers need not.
  berth:adopt:
    - shop-web-1
    - shop-db-1
    - shop_default
`);
    const program = text("index.ts");
    // Others look for it by the name of its service.
    expect(program).toContain('aliases: ["db"]');
    expect(program).toContain(`"${anonymous}:/data"`);
    expect(program).toContain('"shop-web-1"');
    expect(text("package.json")).toContain('"pulumi-berth": "file:x.tgz"');
    expect(text("README.md")).toContain(
      "docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' shop-db-1 | sed -n 's/^DB_PASSWORD=//p' | npx berth pulumi config set --secret dbPassword --stack dev\n",
    );
    expect(err).toContain("/data is an anonymous volume, printed by its name: the new container goes on with its data");
    for (const file of readdirSync(join(folder, "shop"))) expect(text(file)).not.toContain("hunter2");
    expect(err).not.toContain("hunter2");
    expect(err).not.toContain("in clear");
  });

  test("is written over nothing, and only in TypeScript", async () => {
    const again = await berth("--save", join(folder, "shop"));
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain("already; name another folder");
    expect(await berth("--save", "x", "--to", "run")).toMatchObject({ code: 2 });
    expect((await berth("--package", "x.tgz")).err).toContain("name its folder with --save");
  });
});

describe("services of a Swarm", () => {
  const data = Buffer.from("worker_processes 2;").toString("base64");
  const service = (Name: string, ContainerSpec: object, more: object = {}, task: object = {}) => ({
    ID: Name,
    Spec: {
      ...{ Name, Labels: {}, Mode: { Replicated: { Replicas: 1 } }, ...more },
      TaskTemplate: { ContainerSpec: { Image: `nginx:1.27@sha256:${"a".repeat(64)}`, ...ContainerSpec }, ...task },
    },
  });
  const stack = { "com.docker.stack.namespace": "shop", "com.docker.stack.image": "nginx:1.27" };

  beforeEach(() => {
    has({ name: "web" });
    engine
      .says("GET /services", [
        service(
          "shop_api",
          {
            Args: ["nginx", "-g", "daemon off;"],
            Env: ["MODE=x", "API_TOKEN=hunter2"],
            Mounts: [{ Type: "volume", Source: "shop_data", Target: "/data" }],
            StopGracePeriod: 10e9,
            Secrets: [{ SecretID: "s1", SecretName: "cert", File: { Name: "cert", UID: "0", GID: "0", Mode: 0o444 } }],
            Configs: [
              { ConfigID: "c1", ConfigName: "conf", File: { Name: "/etc/n.conf", UID: "0", GID: "0", Mode: 0o400 } },
            ],
          },
          {
            Labels: { ...stack, tier: "front" },
            Mode: { Replicated: { Replicas: 3 } },
            UpdateConfig: {
              Parallelism: 2,
              FailureAction: "pause",
              Monitor: 5e9,
              MaxFailureRatio: 0,
              Order: "stop-first",
            },
            EndpointSpec: {
              Mode: "vip",
              Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "host" }],
            },
          },
          {
            Networks: [{ Target: "n1", Aliases: ["api"] }],
            Resources: { Limits: { NanoCPUs: 5e8, MemoryBytes: 64 * 2 ** 20 } },
            RestartPolicy: { Condition: "on-failure", Delay: 5e9, MaxAttempts: 4 },
            Placement: { Constraints: ["node.role == worker"] },
          },
        ),
        service("agent", {}, { Mode: { Global: {} } }),
        service("ours", {}, { Labels: { "berth.stack": "berth/swarm" } }),
      ])
      .says("GET /networks/n1", {
        ...{ Id: "n1", Name: "shop_net", Driver: "overlay", Scope: "swarm", Attachable: true, Labels: stack },
        Options: { "com.docker.network.driver.overlay.vxlanid_list": "4097", encrypted: "" },
        IPAM: { Driver: "default", Config: [{ Subnet: "10.0.1.0/24", Gateway: "10.0.1.1" }] },
      })
      .says("GET /configs/c1", { ID: "c1", Spec: { Name: "conf", Data: data } });
  });

  test("are printed as such, by name or by their stack, without their secrets", async () => {
    const { code, out, err } = await berth("shop_api");
    expect(code).toBe(0);
    expect(out).toContain('const api = new SwarmService("shop_api", {');
    for (const part of [
      'new OverlayNetwork("shop_net", { attachable: true, encrypted: true })',
      'image: "nginx:1.27"',
      "replicas: 3",
      "updateConfig: { parallelism: 2 }",
      'publishMode: "host"',
      'placement: { constraints: ["node.role == worker"] }',
      'serviceLabels: { tier: "front" }',
      'restart: "on-failure:4"',
      'content: "worker_processes 2;"',
      "mode: 0o400",
      "content: cert",
      "cpus: 0.5",
      'restartPolicy: { delay: "5s" }',
    ])
      expect(out).toContain(part);
    expect(out + err).not.toContain("hunter2");
    expect(out).not.toContain("com.docker.stack");
    expect(err).toContain("a Swarm does not tell what stands in the secret cert: give it again");
    expect((await berth("--project", "shop")).out).toBe(out);
    const compose = await berth("shop_api", "--to", "compose");
    expect(compose.out).toContain("replicas: 3");
    expect(compose.out).toContain("parallelism: 2");
    expect(engine.changes()).toEqual([]);
    expect((await berth("agent")).out).toContain("global: true");
  });

  test("are not read beside containers, saved, or where berth has made them", async () => {
    expect((await berth("shop_api", "web")).err).toContain(
      "web: is no service of the Swarm as shop_api is; read the two one after the other",
    );
    expect(await berth("shop_api", "--save", "x")).toMatchObject({ code: 2, out: "" });
    expect((await berth("ours")).err).toContain("ours: there is no such container");
    expect((await berth("web", "--to", "run")).out).toBe("docker run -d --name web nginx:1.27\n");
  });
});

test.each([
  [["wbe"], 1, "^error: wbe: there is no such container on the engine; did you mean web\\?\n$"],
  [["--project", "shop"], 1, "--project: the engine has no containers of a Compose project shop; it has blog\n$"],
  [["web", "--project", "blog"], 2, "--project: names all containers of a Compose project"],
  [["--to", "yaml"], 2, '--to: "yaml" is not a form; use typescript, compose, run, kubernetes'],
])("%j is refused", async (args, code, message) => {
  has({ name: "web" }, { name: "blog-web-1", labels: compose("blog", "web") });
  const result = await berth(...args);
  expect(result).toMatchObject({ code, out: "" });
  expect(result.err).toMatch(new RegExp(message));
});

test("an engine without containers, and none at all", async () => {
  has({ name: "old", state: "exited" });
  const idle = await berth();
  expect(idle).toMatchObject({ code: 1, out: "" });
  expect(idle.err).toMatch(
    /^error: no container runs on the engine at unix:.*; --all takes those that have ended too\n$/,
  );
  process.env.DOCKER_HOST = "unix:///nowhere/docker.sock";
  const gone = await berth();
  expect(gone).toMatchObject({ code: 1, out: "" });
  expect(gone.err).toMatch(/^error: no Docker engine answers at unix:\/\/\/nowhere\/docker.sock: /);
});
