import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PIN, recordHistory, secret, service } from "./recordedHistory";

// A process of its own for each command: messages have one language in a process.

const ROOT = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "berth-chinese-"));
const states = join(folder, "states");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const web = (tag: string, pin: string, more = {}) =>
  service("web", { image: `nginx:${tag}`, ...more }, { image: `nginx:${tag}@${PIN(pin)}` });
const db = service("db", { image: "mysql:5.7", environment: { MYSQL_ROOT_PASSWORD: secret() } });

beforeAll(() => {
  mkdirSync(join(folder, "project"));
  writeFileSync(join(folder, "project/Pulumi.yaml"), "name: notes\nruntime: nodejs\n");
  writeFileSync(join(folder, "project/index.js"), "module.exports = {};\n");
  writeFileSync(join(folder, "broken.tar"), "no archive");
  recordHistory(states, [
    { resources: [...web("1.27", "a", { ports: ["80:80"], environment: { A: "1" } }), ...db] },
    { resources: [...web("1.28", "b", { ports: ["81:80"], environment: { A: "2" } }), ...db] },
    { resources: [...web("1.28", "c"), ...db] },
    { result: "failed", resources: [...service("web", { image: "nginx:1.99" }, { up: false }), ...db] },
    { message: "berth rollback: web as after update 1", resources: web("1.27", "a") },
    { kind: "refresh", resources: web("1.27", "a"), changes: { delete: 2 } },
    { kind: "destroy", resources: [] },
  ]);
});

/** What a command prints in Chinese, on both streams. */
function berth(args: string[], cwd: string): string {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(DOCKER|PULUMI|KUBE|BERTH)|proxy$/i.test(name)),
  );
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd,
    encoding: "utf8",
    input: "",
    env: {
      ...environment,
      BERTH_LANG: "zh",
      PATH: join(folder, "bin"),
      HOME: folder,
      // Nobody answers.
      DOCKER_HOST: `unix://${folder}/no.sock`,
      HTTPS_PROXY: "http://127.0.0.1:9",
      PULUMI_BACKEND_URL: `file://${states}`,
      PULUMI_CONFIG_PASSPHRASE: "berth",
    },
  });
  return stdout + stderr;
}

/** Programs whose lines are typed as they stand. */
const TYPED = /^[│ ]*(?:docker|pulumi|berth|npx|npm|sudo|curl|kubectl|export|cat) .*$/gm;

/** Three words of English in a row, outside of what is typed. */
const english = (text: string) =>
  [
    ...text
      .replace(/`[^`]*`/g, "")
      .replace(TYPED, "")
      .matchAll(/(?<![\w./-])[a-z]{2,} [a-z]{2,} [a-z]{2,}(?![\w/])/g),
  ].map(([words]) => words);

test.each([
  ["settings"],
  ["plan", "tomcat"],
  ["look"],
  ["picture", "images"],
  ["doctor", "nginx"],
  ["doctor", "kubernetes"],
  ["status", "nginx"],
  ["history", "nobody"],
  ["rollback", "nginx", "--yes"],
  ["backup", "nginx"],
  ["restore", "nginx", "broken.tar"],
  ["images", "save", "nginx"],
  ["images", "load", "nginx", "broken.tar"],
  ["unbundle", "broken.tar"],
  ["outdated", "nginx"],
  ["mirrors", "https://mirror.example"],
  ["destroy", "nginx"],
  ["destroy", "nginx", "--yes"],
  ["from-running"],
  ["from-run", "docker run --isolation process --memory-swappiness 3 --tz UTC nginx"],
  ["from-run", "--to", "kubernetes", "docker run --cpuset-cpus 0 nginx"],
])(
  "berth %s %s %s %s says nothing in English",
  (...args) => {
    const words = args.map((word) => word.replace("broken.tar", join(folder, "broken.tar")));
    const said = berth(words, ROOT);
    expect(said).toMatch(/[\u4e00-\u9fff]/);
    expect(english(said.replaceAll(folder, ""))).toEqual([]);
  },
  60_000,
);

test("the history is told in Chinese", () => {
  const rows = berth(["history", "shop"], join(folder, "project"))
    .split("\n")
    .map((row) =>
      row
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "")
        .replace(/ +/g, " ")
        .trim(),
    );
  expect(rows).toEqual([
    "更新 时间 操作 改动",
    "7 销毁 web：移除",
    "6 刷新 资源：移除 2",
    "5 退回 web：镜像 nginx:1.28 -> nginx:1.27",
    "db：移除",
    "4 更新，失败 web：没有启动（nginx:1.99）",
    "3 更新 web：镜像 nginx:1.28 原来是 sha256:bbbbbbbbbbbb，现在是 sha256:cccccccccccc；环境变量 A；端口 81:80 -> 无",
    "2 更新 web：镜像 nginx:1.27 -> nginx:1.28；环境变量 A；端口 80:80 -> 81:80",
    "1 更新 web：创建（nginx:1.27）",
    "db：创建（mysql:5.7）",
    "",
  ]);
});

test("as JSON the history is in English", () => {
  const { updates } = JSON.parse(berth(["history", "shop", "--json"], join(folder, "project"))) as {
    updates: { kind: string; services: Record<string, string[]> }[];
  };
  expect(updates[0]).toMatchObject({ kind: "destroy", services: { web: ["removed"] } });
  expect(updates.at(-1)!.services.web).toEqual(["made (nginx:1.27)"]);
});
