import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMPONENTS } from "../../../cli/plugin/components";
import { cliPage } from "../../../docs/cli";
import { daemonJsonPage } from "../../../docs/daemonJson";
import { dockerRunPage } from "../../../docs/dockerRun";
import { enginesPage } from "../../../docs/engines";
import { ROOT } from "./markdown";

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

test.each([
  ["docs/cli.md", cliPage],
  ["docs/daemon-json.md", daemonJsonPage],
  ["docs/docker-run-flags.md", dockerRunPage],
  ["docs/engines.md", enginesPage],
])("%s is what the code says: npm run docs", (file, made) => {
  expect(textOf(file)).toBe(made());
});

test.each([
  ["cli.md", "./docs/cli", 'chineseCliPage(require("fs").readFileSync("docs/zh-CN/cli.md", "utf8"))'],
  ["daemon-json.md", "./docs/daemonJson", "daemonJsonPage()"],
  ["docker-run-flags.md", "./docs/dockerRun", "dockerRunPage()"],
  ["engines.md", "./docs/engines", "enginesPage()"],
])("docs/zh-CN/%s is what the code says in Chinese: npm run docs", (name, module, call) => {
  const file = `docs/zh-CN/${name}`;
  const made = `process.stdout.write(require("${module}").${call})`;
  const printed = execFileSync(process.execPath, ["-r", "./core/loadTypescript", "-e", made], {
    cwd: ROOT,
    env: { ...process.env, BERTH_LANG: "zh" },
    encoding: "utf8",
  });
  expect(textOf(file)).toBe(printed);
});

test("docs/other-languages.md has every component of the plugin", () => {
  const named = [...textOf("docs/other-languages.md").matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(named).toEqual(Object.keys(COMPONENTS));
});

test("the plugin's schema has the package's version, without which `pulumi package add` makes no classes", () => {
  const versionIn = (file: string) => (JSON.parse(textOf(file)) as { version?: string }).version;
  expect(versionIn("cli/plugin/schema.json")).toBe(versionIn("package.json"));
});
