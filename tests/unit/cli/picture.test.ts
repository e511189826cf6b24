import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFile } from "../../../cli/pictureOf";
import { ROOT } from "../documents/markdown";

const folder = mkdtempSync(join(tmpdir(), "berth-picture-"));
afterAll(() => rmSync(folder, { recursive: true }));

function berth(args: string[], input = "", cwd = folder) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd,
    input,
    encoding: "utf8",
    // No engine is asked, and no CLI is there.
    env: { PATH: "/nowhere", HOME: folder, DOCKER_HOST: "unix:///nowhere.sock" },
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

test("a compose file, with its warnings", () => {
  const file = join(folder, "compose.yaml");
  writeFileSync(
    file,
    "name: shop\nservices:\n  db:\n    image: redis:7\n    ports: ['6379:6379']\n    volumes: [./data:/data]\n",
  );
  const { code, out, err } = berth(["picture", file, "--to", "mermaid"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(`---
title: "shop"
---
flowchart LR
  outside(("outside"))
  subgraph n1 ["shop_default"]
    c1["db<br>redis:7<br>⚠ 1"]
  end
  v1[/"./data"/]
  outside -->|"6379 → 6379"| c1
  c1 -->|"/data"| v1
  %% ⚠ 1: db.ports[0]: publishes redis to every network of the host, and no password is set: start it with \`redis-server --requirepass ...\`, or publish it on 127.0.0.1 only
`);
}, 60_000);

test("docker run lines from a file or standard input; a compose file from there as well", () => {
  const lines = "docker network create net1\ndocker run -d --name web --network net1 -p 80:80 nginx:1.27\n";
  writeFileSync(join(folder, "lines.sh"), lines);
  const read = berth(["picture", "lines.sh", "--to", "mermaid"]);
  expect(read.out).toContain('subgraph n1 ["net1"]');
  expect(berth(["picture", "-", "--to", "mermaid"], lines)).toEqual(read);
  const compose = berth(["picture", "-", "--to", "mermaid"], "services:\n  a: {image: 'redis:7'}\n");
  expect(compose.out).toContain('c1["a<br>redis:7"]');
}, 60_000);

test("the name of the output says the form; the file is the same every time", () => {
  writeFileSync(join(folder, "two.sh"), "docker run -d --name web -p 80:80 nginx:1.27\n");
  for (const [name, begin] of [
    ["a.svg", "<svg "],
    ["a.html", "<!doctype html>"],
    ["a.mermaid", "---\n"],
  ] as const) {
    expect(berth(["picture", "two.sh", "-o", name])).toEqual({ code: 0, out: "", err: "" });
    const first = readFileSync(join(folder, name), "utf8");
    expect(first.startsWith(begin)).toBe(true);
    berth(["picture", "two.sh", "--output", name]);
    expect(readFileSync(join(folder, name), "utf8")).toBe(first);
  }
}, 60_000);

test("a stack: its secret is in no form, and a lock stands where it goes", () => {
  const project = mkdtempSync(join(folder, "own-"));
  writeFileSync(join(project, "Pulumi.yaml"), "name: own\nruntime: nodejs\nmain: index.js\n");
  writeFileSync(
    join(project, "index.js"),
    `const pulumi = require("${ROOT}/node_modules/@pulumi/pulumi");
const { Service } = require("${ROOT}/components");
const code = pulumi.secret("hunter2-of-the-stack");
exports.names = new Service("db", { image: "redis:7", ports: ["6379:6379"], command: ["redis-server", "--requirepass", code],
  environment: { PLAIN: "seen", CODE: code, DB_PASSWORD: "hunter2-in-clear" } }).containerNames;
`,
  );
  for (const form of ["svg", "html", "mermaid"]) {
    const { code, out, err } = berth(["picture", "dev", "--to", form], "", project);
    expect([code, form]).toEqual([0, form]);
    expect(out).toContain("6379 → 6379");
    expect(out).toContain("CODE");
    expect(out).toContain("DB_PASSWORD");
    expect(out + err).not.toContain("hunter2");
    if (form !== "html") continue;
    expect(out).toContain("PLAIN: seen");
    // The line has its variable in its place.
    expect(out).toContain("--requirepass &quot;$CODE&quot;");
  }
  const plan = berth(["plan", "dev"], "", project);
  expect(plan.out).toContain("redis-server --requirepass [secret]");
  expect(plan.out + plan.err).not.toContain("hunter2-of-the-stack");
}, 100_000);

test.each<[string[], string, number]>([
  [["picture"], "picture: name one stack or file, for example `berth picture tomcat --output tomcat.html`", 2],
  [["picture", "nginx", "--to", "png"], '--to: "png" is not a form; use svg, html, mermaid', 2],
  [["picture", "missing.yaml"], "missing.yaml", 1],
  [["picture", "ngnix"], '"ngnix"; did you mean nginx?', 1],
])(
  "refused: %j",
  (args, sentence, exit) => {
    const { code, out, err } = berth(args, "", ROOT);
    expect(code).toBe(exit);
    expect(out).toBe("");
    expect(err).toMatch(/^error: [^\n]+\n$/);
    expect(err).toContain(sentence);
  },
  60_000,
);

test("what is a file and what is a stack", () => {
  const words = ["-", "compose.yaml", "./lines", "a/b", join(folder, "lines.sh"), "nginx", "nginx-staging", "stacks"];
  const before = process.cwd();
  process.chdir(ROOT);
  expect(words.filter(isFile)).toEqual(["-", "compose.yaml", "./lines", "a/b", join(folder, "lines.sh")]);
  process.chdir(before);
});

test("only a picture loads the library that lays it out", () => {
  const loaded = (...args: string[]) => {
    const script = `
      process.on("exit", () => console.error(Object.keys(require.cache).some((file) => /elkjs/.test(file))));
      process.argv.splice(1, 0, "berth", ...${JSON.stringify(args)});
      process.argv.splice(1 + ${args.length} + 1);
      require(${JSON.stringify(join(ROOT, "cli/berth.js"))});`;
    const { stderr } = spawnSync(process.execPath, ["-e", script], { cwd: ROOT, encoding: "utf8" });
    return stderr.trim().split("\n").at(-1);
  };
  expect(loaded("picture", "nginx")).toBe("true");
  expect(loaded("picture", "nginx", "--to", "mermaid")).toBe("false");
  expect(loaded("plan", "nginx")).toBe("false");
  expect(loaded("--help")).toBe("false");
}, 60_000);
