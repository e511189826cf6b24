import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { previewOfTracked } from "../../../cli/trackedSettings";

let root: string;
const { PATH, PULUMI_CONFIG_PASSPHRASE } = process.env;
const at = (name: string) => join(root, name);
const text = (name: string) => readFileSync(at(name), "utf8");
const SETTINGS = "config:\n  # Why.\n  nginx:port: 8080\n";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-tracked-"));
  mkdirSync(at("bin"));
  writeFileSync(at("Pulumi.dev.yaml"), SETTINGS);
  process.env.PATH = `${at("bin")}${delimiter}${PATH}`;
  process.env.PULUMI_CONFIG_PASSPHRASE = "test";
});
afterEach(() => {
  rmSync(root, { recursive: true });
  process.env.PATH = PATH;
  if (PULUMI_CONFIG_PASSPHRASE === undefined) delete process.env.PULUMI_CONFIG_PASSPHRASE;
  else process.env.PULUMI_CONFIG_PASSPHRASE = PULUMI_CONFIG_PASSPHRASE;
});

/** Stands for the CLI, with what it does when the stack is selected and when it is previewed. */
function cli(select: string, preview = ""): void {
  const script = `#!/bin/sh\nset -eu\nif [ "$1" = stack ]; then\n${select}\nelse\necho "$@" > asked\n${preview}\nfi\n`;
  writeFileSync(at("bin/pulumi"), script);
  chmodSync(at("bin/pulumi"), 0o755);
}
const MAKES = "echo 'encryptionsalt: v1:first' >> Pulumi.dev.yaml";

test("a new stack's salt goes into the copy, and the tracked file keeps every byte", async () => {
  cli(MAKES);
  expect(await previewOfTracked(root, "dev")).toBe(0);
  expect(text("Pulumi.dev.yaml")).toBe(SETTINGS);
  expect(text(".berth/Pulumi.dev.yaml")).toBe(`encryptionsalt: v1:first\n${SETTINGS}`);
  expect(text("asked")).toBe(`preview --stack dev --config-file ${at(".berth/Pulumi.dev.yaml")}\n`);
});

test("the copy follows the tracked file and keeps its salt", async () => {
  cli(MAKES);
  await previewOfTracked(root, "dev");
  cli("true", "echo 'encryptionsalt: v1:own' > kept; grep -v nothing \"$5\" > seen");
  const changed = SETTINGS.replace("8080", "9090");
  writeFileSync(at("Pulumi.dev.yaml"), changed);
  expect(await previewOfTracked(root, "dev")).toBe(0);
  expect(text("seen")).toBe(`encryptionsalt: v1:first\n${changed}`);
  expect(text("Pulumi.dev.yaml")).toBe(changed);
});

test("what the preview writes goes into the copy and stays there", async () => {
  cli("true", "echo 'encryptionsalt: v1:late' >> \"$5\"");
  await previewOfTracked(root, "dev");
  expect(text("Pulumi.dev.yaml")).toBe(SETTINGS);
  cli("true");
  await previewOfTracked(root, "dev");
  expect(text(".berth/Pulumi.dev.yaml")).toContain("encryptionsalt: v1:late");
});

test("a salt of the tracked file itself wins: its secrets need it", async () => {
  cli(MAKES);
  await previewOfTracked(root, "dev");
  const own = `encryptionsalt: v1:tracked\n${SETTINGS}`;
  writeFileSync(at("Pulumi.dev.yaml"), own);
  cli("true");
  await previewOfTracked(root, "dev");
  expect(text(".berth/Pulumi.dev.yaml")).toBe(own);
});

test("a stack made anew has a new salt", async () => {
  cli(MAKES);
  await previewOfTracked(root, "dev");
  cli(MAKES.replace("first", "second"));
  await previewOfTracked(root, "dev");
  expect(text(".berth/Pulumi.dev.yaml").match(/salt: .*/g)).toEqual(["salt: v1:second"]);
});

test("where the CLI fails the tracked file has its own text too, and its code is handed on", async () => {
  cli(`${MAKES}; exit 7`);
  expect(await previewOfTracked(root, "dev")).toBe(7);
  expect(text("Pulumi.dev.yaml")).toBe(SETTINGS);
  expect(existsSync(at("asked"))).toBe(false);
  cli("true", "exit 9");
  expect(await previewOfTracked(root, "dev")).toBe(9);
});
