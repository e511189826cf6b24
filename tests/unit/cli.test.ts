import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { COMMANDS } from "../../cli/commands";
import { run } from "../../cli/main";
import { columnsOf } from "../../core/description/say";

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

/** The same in this process, which is much faster: for what is read and refused, and loads little. */
async function within(args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(console, "error").mockImplementation((line) => void err.push(`${line}\n`));
  try {
    const code = await run(args);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    jest.restoreAllMocks();
  }
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

test.each<[string[], string]>([
  [["from-run"], "from-run: give a docker run line in quotes, or - to read standard input, for example"],
  [["from-run", "--ot", "compose", "docker run nginx"], "from-run: unknown option '--ot'; did you mean --to? "],
  [
    ["from-run", "--to", "json", "docker run nginx"],
    '--to: "json" is not a form; use typescript, compose, run, kubernetes',
  ],
  [["from-run", "--to", "--project-name", "x"], '--to: has no value; "--project-name" is an option'],
  [["from-compose", "--profil", "x"], "from-compose: unknown option '--profil'; did you mean --profile?"],
  [["from-compose", "-", "other.yaml"], "-: standard input is one file"],
  [["export"], "export: name one stack, for example `berth export nginx --to compose`"],
  [["export", "nginx", "mysql", "--to", "run"], "export: name one stack"],
  [["export", "nginx"], "--to: is missing; use compose, run, kubernetes"],
  [["export", "nginx", "--to", "typescript"], '--to: "typescript" is not a form; use compose, run'],
  [["plna"], "unknown command 'plna'; did you mean plan?"],
  [["plna", "--help"], "unknown command 'plna'; did you mean plan?"],
  [["help", "plna"], "unknown command 'plna'; did you mean plan?"],
  [["--versoin"], "unknown option '--versoin'; did you mean --version?"],
  [["plan", "nginx", "--bogus"], "plan: unknown option '--bogus'"],
  [["plan", "--jsno"], "plan: unknown option '--jsno'; did you mean --json?"],
  [["plan", "-compose"], "plan: unknown option '-compose'"],
  [["plan", "nginx", "--all"], "--all: plans every program"],
  [["look", "nginx", "mysql"], "look: name one stack"],
  [["settings", "ngnix"], 'settings: there is no program "ngnix"; did you mean nginx?'],
  [["settings", "nonsense"], 'settings: there is no program "nonsense"; the programs are nginx, mysql'],
  [["status", "nginx", "--timeout", "5"], "--timeout: says how long --wait waits; add --wait"],
  [["ps", "nginx", "--wait", "--timeout", "soon"], '--timeout: "soon" is not a number of seconds'],
  [["status", "nginx", "mysql"], "status: name one stack"],
  [["logs"], "logs: name a stack, for example"],
  [["logs", "nginx", "--tail", "few"], '--tail: "few" is not a number of lines'],
  [["exec", "nginx"], "exec: name a stack and a service"],
  [["open", "nginx", "nginx01", "other"], "open: name a stack, and one service at most"],
  [["completion", "tcsh"], 'completion: "tcsh" is not a shell that is known; use bash, zsh, fish'],
])("%j is wrong usage: one sentence, and nothing else", async (args, says) => {
  const { code, out, err } = await within(args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err.startsWith(`error: ${says}`) ? says : err).toBe(says);
  expect(err).toMatch(/ \(see `berth (\S+ )?--help`\)\n$/);
  expect(err.trim().split("\n")).toHaveLength(1);
});

test.each([[[]], [["--help"]], [["-h"]], [["help"]]])("%j prints the usage", async (args: string[]) => {
  const { code, out, err } = await within(args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const { name, alias } of COMMANDS)
    expect(out).toMatch(new RegExp(`^  ${name}${alias ? `\\|${alias}` : ""} .*\\w`, "m"));
  expect(out).toMatch(/^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /m);
});

test("each command has a help with what it is for and examples, in both spellings", async () => {
  for (const { name, alias, examples, options = [] } of COMMANDS) {
    const { code, out, err } = await within([name, "--help"]);
    expect({ name, code, err }).toEqual({ name, code: 0, err: "" });
    expect(out).toMatch(new RegExp(`^Usage: berth ${name}${alias ? `\\|${alias}` : ""} `));
    if (alias) expect(await within([alias, "--help"])).toEqual({ code, out, err });
    expect(out).toContain("\nExamples:\n");
    for (const [line] of examples) expect(out).toContain(`  ${line}\n`);
    for (const { flags } of options) expect(out).toContain(`  ${flags} `);
  }
  expect(await within(["help", "from-run"])).toEqual(await within(["from-run", "--help"]));
});

test.each(["en", "zh"])("the help of each command fits a screen of 80 columns and 40 rows, %s", (language) => {
  const program = `
    const { run } = require("./cli/main");
    const { COMMANDS } = require("./cli/commands");
    (async () => { for (const { name } of COMMANDS) { console.log("\\f" + name); await run([name, "--help"]); } })();`;
  const { stdout } = spawnSync(process.execPath, ["-r", "./core/loadTypescript", "-e", program], {
    cwd: ROOT,
    env: { ...process.env, BERTH_LANG: language },
    encoding: "utf8",
  });
  const pages = stdout.split("\f").slice(1);
  expect(pages).toHaveLength(COMMANDS.length);
  const rows = (page: string) =>
    page
      .trim()
      .split("\n")
      .slice(1)
      .reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / 80)), 0);
  expect(pages.map((page) => [page.split("\n")[0], rows(page)]).filter(([, count]) => Number(count) > 40)).toEqual([]);
});

test("wrong usage ends the process with 2, without a stack trace", () => {
  expect(berth(["plan", "nginx", "--bogus"])).toEqual({
    code: 2,
    out: "",
    err: "error: plan: unknown option '--bogus' (see `berth plan --help`)\n",
  });
});

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  for (const flag of ["--version", "-V"]) expect(berth([flag])).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("berth's own options stand before a line without quotes, and the line's belong to the line", () => {
  const { code, out } = berth(["from-run", "--to", "run", ..."docker run -d --name web --help nginx:1.27".split(" ")]);
  // `--help` belongs to docker run here, which has it, and berth says what it makes of that.
  expect(out).not.toContain("Usage: berth");
  expect(code).toBe(1);
  const named = berth(["from-run", "--to", "compose", "--project-name", "docker", "docker", "run", "nginx:1.27"]);
  expect(parse(named.out)).toMatchObject({ name: "docker" });
});

test("a compose file is read from standard input, and its places are named", () => {
  const text = "services:\n  web:\n    image: redis:7\n";
  const { code, out } = berth(["from-compose", "-", "--to", "run", "--project-name", "shop"], text);
  expect(code).toBe(0);
  expect(out).toBe("docker network create shop_default\ndocker run -d --name web --network shop_default redis:7\n");
  const wrong = berth(["from-compose", "-"], text.replace("image", "imgae"));
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/^error: -:3:5: services\.web/);
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

test("reading a line loads no Pulumi SDK and no reader of YAML", () => {
  const script = `
    require("sucrase/register/ts");
    process.stdout.write = () => true;
    process.stderr.write = () => true;
    require("./cli/main").run(["from-run", "docker run --name web nginx:1"]).then((code) => {
      const heavy = Object.keys(require.cache).some((file) => /node_modules.(@pulumi|yaml|js-yaml)/.test(file));
      process.exitCode = code || (heavy ? 3 : 0);
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
