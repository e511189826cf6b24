import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

const ROOT = join(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "berth-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function berth(args: string[], input = "") {
  const result = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
    timeout: 30_000,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

test("a line becomes a program; what there is to say goes to standard error", () => {
  const { code, out, err } = berth(["from-run", "docker run -d --name nginx01 -p 666:80 nginx:1.27"]);
  expect(code).toBe(0);
  expect(out).toContain('const nginx01 = new Nginx("nginx01", { version: "1.27", port: 666 });');
  for (const line of err.trim().split("\n")) expect(line).toMatch(/^(note|warning): \S+: /);
  expect(err).toContain("stacks/nginx01.ts");
});

test("a line that the shell has taken apart already is put together again", () => {
  const quoted = berth(["from-run", "--to", "run", "docker run -d --name web alpine:3.20 sh -c 'echo a  b'"]);
  const apart = berth([
    "from-run",
    "--to",
    "run",
    ..."docker run -d --name web alpine:3.20 sh -c".split(" "),
    "echo a  b",
  ]);
  expect(apart.out).toBe("docker run -d --name web alpine:3.20 sh -c 'echo a  b'\n");
  expect(quoted.out).toBe(apart.out);
});

test("a line becomes objects for kubectl", () => {
  const { code, out, err } = berth([
    "from-run",
    "docker run -d --name web -p 8080:80 nginx:1.27",
    "--to",
    "kubernetes",
  ]);
  expect(code).toBe(0);
  const kinds = out.split("---\n").map((document) => (parse(document) as { kind: string }).kind);
  expect(kinds).toEqual(["Service", "Deployment"]);
  expect(err).toContain("note: services.web: 8080:80 is published on the node port 32544");
});

test("several lines from standard input are one project", () => {
  const { code, out } = berth(
    ["from-run", "-", "--to", "compose", "--project-name", "shop"],
    "docker network create mynet\ndocker run -d --name web --network mynet \\\n  -p 80:80 nginx:1.27\n",
  );
  expect(code).toBe(0);
  expect(parse(out)).toEqual({
    name: "shop",
    services: { web: { image: "nginx:1.27", container_name: "web", ports: ["80:80"], networks: ["mynet"] } },
    networks: { mynet: { name: "mynet" } },
  });
});

test("a compose file becomes docker run lines", () => {
  const file = join(folder, "shop.yaml");
  writeFileSync(file, "services:\n  db:\n    image: redis:7\n    profiles: [store]\n    ports: ['6379:6379']\n");
  const { code, out, err } = berth([
    "from-compose",
    file,
    "--to",
    "run",
    "--profile",
    "store",
    "--project-name",
    "shop",
  ]);
  expect(code).toBe(0);
  expect(out).toBe(
    "docker network create shop_default\ndocker run -d --name db -p 6379:6379 --network shop_default redis:7\n",
  );
  expect(err).toContain("warning: services.db.ports[0]: publishes redis");
});

test("a secret in a line is shown nowhere", () => {
  for (const form of ["typescript", "compose", "run"]) {
    const { out, err } = berth([
      "from-run",
      "--to",
      form,
      "docker run -d --name db -e DB_PASSWORD=hunter2 alpine:3.20",
    ]);
    expect(out).not.toContain("hunter2");
    expect(err).not.toContain("hunter2");
    expect(err).toContain("warning: services.db: DB_PASSWORD is a secret and is not printed");
  }
});

test.each<[string[], string]>([
  [["from-run", "docker run --nmae x nginx"], "--nmae"],
  [["from-compose", "/nonexistent/compose.yaml"], "compose.yaml"],
])("%j ends with one sentence", (args, says) => {
  const { code, out, err } = berth(args);
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).toMatch(/^error: /);
  expect(err).toContain(says);
  expect(err).not.toMatch(/^\s+at /m);
});

test.each<[string[], RegExp]>([
  [["from-run"], /^error: from-run: give a docker run line/],
  [["from-run", "--ot", "compose", "docker run nginx"], /^error: Unknown option '--ot'/],
  [
    ["from-run", "--to", "json", "docker run nginx"],
    /^error: --to: "json" is not a form; use typescript, compose, run/,
  ],
  [["export"], /^error: export: name one stack/],
  [["export", "nginx"], /^error: --to: is missing; use compose, run/],
  [["export", "nginx", "--to", "typescript"], /^error: --to: "typescript" is not a form; use compose, run/],
])("%j is answered with the usage", (args, says) => {
  const { code, out, err } = berth(args);
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).toMatch(says);
  expect(err).toContain('berth from-run "docker run ..."');
});

test("a stack of berth becomes a compose file without its secrets", () => {
  const { code, out, err } = berth(["export", "tomcat", "--to", "compose"]);
  expect(err).not.toContain("error");
  expect(code).toBe(0);
  const { services, networks } = parse(out) as { services: Record<string, Record<string, unknown>>; networks: unknown };
  expect(Object.keys(services)).toEqual(["tomcat-db", "tomcat01"]);
  const [reference] = Object.values(services["tomcat-db"]!.environment as Record<string, string>);
  expect(reference).toBe(["$", "{MYSQL_ROOT_PASSWORD:?set it}"].join(""));
  expect(services.tomcat01!.depends_on).toEqual({ "tomcat-db": { condition: "service_healthy" } });
  expect(networks).toEqual({ "tomcat-mysql": { name: "tomcat-mysql" } });
});

test("reading a line loads no Pulumi SDK", () => {
  const script = `
    require("sucrase/register/ts");
    process.stdout.write = () => true;
    process.stderr.write = () => true;
    require("./cli/from").fromRun(["docker run --name web nginx:1"]).then(() => {
      process.exitCode = Object.keys(require.cache).some((file) => file.includes("@pulumi")) ? 3 : 0;
    });`;
  execFileSync(process.execPath, ["-e", script], { cwd: ROOT });
});

test("a Compose project is exported as the file that it comes from", () => {
  const { code, out } = berth(["export", "flask", "--to", "compose"]);
  expect(code).toBe(0);
  expect(parse(out)).toEqual({
    name: "flask",
    services: {
      redis: { image: "redis" },
      web: {
        build: "./stacks/flask",
        depends_on: { redis: { condition: "service_started", restart: true } },
        ports: ["5000:5000"],
        volumes: ["./stacks/flask:/code", "logvolume01:/var/log"],
      },
    },
    volumes: { logvolume01: null },
  });
});

test("a plan of every program has something to say of each", () => {
  const { code, out } = berth(["plan", "--all"]);
  expect(code).toBe(0);
  for (const stack of ["nginx", "jenkins", "flask", "compose", "run"])
    expect(out).toContain(`Plan of the stack ${stack}`);
  expect(out).toContain("docker run -d --name nginx01 -p 666:80 nginx");
  // Labels that only say where a service comes from are no part of the line.
  expect(out).not.toContain("com.docker.compose");
});
