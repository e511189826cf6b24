import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const ROOT = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "berth-pulumi-"));
const log = join(folder, "calls");
afterAll(() => rmSync(folder, { recursive: true }));

// Stands for the CLI: writes down what it is called with, and ends as it is told.
writeFileSync(
  join(folder, "pulumi"),
  `#!${process.execPath}
const args = process.argv.slice(2);
require("fs").appendFileSync(${JSON.stringify(log)}, JSON.stringify(args) + "\\n");
process.exit(args[0] === "stack" ? Number(process.env.SELECT_ENDS ?? 0) : Number(process.env.COMMAND_ENDS ?? 0));
`,
);
chmodSync(join(folder, "pulumi"), 0o755);

function berth(args: string[], env: Record<string, string> = {}) {
  rmSync(log, { force: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd: folder,
    input: "",
    encoding: "utf8",
    timeout: 30_000,
    env: {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_CONFIRMATIONS: "",
      ...env,
    },
  });
  const calls = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  return { code: status, out: stdout, err: stderr, calls: calls.map((line) => JSON.parse(line) as string[]) };
}

test("what follows the stack goes on as it stands, and no word is lost", () => {
  const { code, calls } = berth(["up", "nginx", "--yes", "--target", "nginx", "-m", "nginx", "--", "--diff"]);
  expect(code).toBe(0);
  expect(calls).toEqual([
    ["stack", "select", "--create", "--stack", "nginx"],
    ["up", "--stack", "nginx", "--yes", "--target", "nginx", "-m", "nginx", "--", "--diff"],
  ]);
});

test.each([
  ["up", true],
  ["preview", true],
  ["refresh", false],
  ["destroy", false],
])("%s makes a stack that is not there: %s", (command, makes) => {
  const { calls } = berth([command, "nginx-staging", "--yes"]);
  expect(calls).toEqual([
    ["stack", "select", ...(makes ? ["--create"] : []), "--stack", "nginx-staging"],
    // Nobody looks at a preview that is not asked about.
    [command, "--stack", "nginx-staging", "--yes", ...(/up|destroy/.test(command) ? ["--skip-preview"] : [])],
  ]);
});

test.each([
  ["up", "ngnix", /^error: there is no program for the stack "ngnix"; did you mean nginx\?\n$/],
  ["preview", "foo", /^error: the stack "foo" names the program "foo", which is not known; the programs are nginx/],
  ["refresh", "foo-nginx", /"foo-nginx" names the program "foo"/],
  ["destroy", "organization/berth/foo", /^error: the stack "foo" names the program "foo"/],
])("%s %s says that there is no such program before anything is made", (command, stack, says) => {
  const { code, out, err, calls } = berth([command, stack, "--yes"]);
  expect({ code, out, calls }).toEqual({ code: 1, out: "", calls: [] });
  expect(err).toMatch(says);
});

test("a preview stays where it is asked for, and where it finds what would else be found too late", () => {
  const last = (...args: string[]) => berth(args).calls.at(-1)!.slice(3);
  expect(last("destroy", "nginx", "-y")).toEqual(["-y", "--skip-preview"]);
  expect(last("up", "nginx", "--yes", "--skip-preview=false")).toEqual(["--yes", "--skip-preview=false"]);
  expect(last("up", "nginx", "--yes", "--diff")).toEqual(["--yes", "--diff"]);
  expect(last("up", "kubernetes", "--yes")).toEqual(["--yes"]);
  expect(last("up", "nginx", "--yes", "--full")).toEqual(["--yes", "--skip-preview"]);
});

test("a stack that the CLI has selected already is not selected again", () => {
  const backend = `file://${folder}/states`;
  const id = createHash("sha1").update(join(ROOT, "Pulumi.yaml")).digest("hex");
  mkdirSync(join(folder, "workspaces"));
  writeFileSync(
    join(folder, "workspaces", `berth-${id}-workspace.json`),
    JSON.stringify({ stacks: { [backend]: "organization/berth/nginx" } }),
  );
  const env = { PULUMI_HOME: folder, PULUMI_BACKEND_URL: backend };
  const commands = () => berth(["destroy", "nginx", "--yes"], env).calls.map(([command]) => command);
  // Its notes outlive a stack that was removed.
  expect(commands()).toEqual(["stack", "destroy"]);
  mkdirSync(join(folder, "states/.pulumi/stacks/berth"), { recursive: true });
  writeFileSync(join(folder, "states/.pulumi/stacks/berth/nginx.json"), "{}");
  expect(commands()).toEqual(["destroy"]);
});

test("a stack of a backend with many users goes by its last word", () => {
  const { calls } = berth(["preview", "organization/berth/nginx"]);
  expect(calls.at(-1)).toEqual(["preview", "--stack", "organization/berth/nginx"]);
});

test.each(["up", "refresh", "destroy"])("%s without a terminal wants an answer beforehand", (command) => {
  const { code, out, err, calls } = berth([command, "nginx", "--diff"]);
  expect({ code, out, calls }).toEqual({ code: 2, out: "", calls: [] });
  expect(err).toMatch(new RegExp(`^error: --yes: is missing, .* say \`berth ${command} nginx --yes\` \\(see .*\\)\n$`));
  expect(berth([command, "nginx", "--yes=false"]).code).toBe(2);
});

test.each([["--skip-preview"], ["-f"], ["-yf"], ["-yr"], ["--yes=true"], ["--preview-only"]])(
  "%s is an answer",
  (flag) => {
    expect(berth(["destroy", "nginx", flag]).calls.at(-1)).toEqual(["destroy", "--stack", "nginx", flag]);
  },
);

test("the CLI's own variable is an answer, and a preview asks nothing", () => {
  expect(berth(["up", "nginx"], { PULUMI_SKIP_CONFIRMATIONS: "true" }).code).toBe(0);
  expect(berth(["preview", "nginx"]).calls).toHaveLength(2);
});

test("a destroy that a signal has ended says what is left, and no other one does", () => {
  const states = join(folder, "left/.pulumi/stacks/berth");
  mkdirSync(states, { recursive: true });
  const resource = { urn: "urn:pulumi:nginx::berth::command:local:Command::job", type: "command:local:Command" };
  const latest = { resources: [{ ...resource, custom: true, id: "job" }] };
  writeFileSync(join(states, "nginx.json"), JSON.stringify({ version: 3, checkpoint: { latest } }));
  const env = { PULUMI_BACKEND_URL: `file://${folder}/left` };
  const end = (code: string) => berth(["destroy", "nginx", "--yes"], { ...env, COMMAND_ENDS: code });
  expect(end("130")).toMatchObject({
    code: 130,
    err: "error: ended before anything was removed; `berth destroy nginx` begins again\n",
  });
  expect(end("255")).toMatchObject({ code: 255, err: "" });
});

test("the exit code is the CLI's own", () => {
  expect(berth(["preview", "nginx"], { COMMAND_ENDS: "255" }).code).toBe(255);
  const { code, calls } = berth(["destroy", "nginx", "--yes"], { SELECT_ENDS: "4" });
  expect({ code, calls }).toEqual({ code: 4, calls: [["stack", "select", "--stack", "nginx"]] });
});

test.each([
  ["config", "set", "--path", "berth:files[0]", "a b", "--stack", "compose-shop"],
  ["config", "set", "-s=compose-shop", "a:b", "--stack-like"],
  ["config", "set-all", "--plaintext", "a:b=c", "--stack=compose-shop"],
])("a stack is there before its settings: %j %j", (...words) => {
  const select = ["stack", "select", "--create", "--stack", "compose-shop"];
  expect(berth(["pulumi", ...words])).toMatchObject({ code: 0, calls: [select, words] });
  expect(berth(["pulumi", ...words], { SELECT_ENDS: "4" })).toMatchObject({ code: 4, calls: [select] });
  expect(berth(["pulumi", ...words, "--help"]).calls).toEqual([[...words, "--help"]]);
});

test("any of the CLI's commands goes there as it stands", () => {
  const words = ["config", "get", "--path", "berth:files[0]", "a b", "--stack", "compose-shop"];
  expect(berth(["pulumi", ...words])).toMatchObject({ code: 0, calls: [words] });
  expect(berth(["pulumi", "about"], { COMMAND_ENDS: "3" })).toMatchObject({ code: 3, calls: [["about"]] });
  expect(berth(["pulumi"])).toMatchObject({ code: 2, calls: [] });
});

test("none of them stumbles over what a CLI that was killed has left half", () => {
  const states = mkdtempSync(join(tmpdir(), "berth-states-"));
  const beside = join(states, ".pulumi/stacks/berth/nginx.json.attrs");
  mkdirSync(dirname(beside), { recursive: true });
  writeFileSync(beside, '{"user');
  berth(["pulumi", "cancel", "--stack", "nginx"], { PULUMI_BACKEND_URL: `file://${states}` });
  expect(existsSync(beside)).toBe(false);
  rmSync(states, { recursive: true });
});

test("help behind the stack is the CLI's, and makes no stack", () => {
  expect(berth(["up", "nginx", "--help"]).calls).toEqual([["up", "--help"]]);
});

test("an option before the stack is refused, since it may have a value", () => {
  const { code, err, calls } = berth(["up", "--target", "x", "nginx"]);
  expect({ code, calls }).toEqual({ code: 2, calls: [] });
  expect(err).toMatch(/^error: up: name a stack first, for example `berth up nginx`/);
});

test("without the CLI there is one sentence that says where to get it", () => {
  const { code, err } = berth(["preview", "nginx"], { PATH: join(folder, "nowhere") });
  expect({ code, err }).toEqual({
    code: 1,
    err: "error: the Pulumi CLI is not here; install it: https://www.pulumi.com/docs/install/\n",
  });
});

test("a program that is run by loading it is planned once, and its plugin is looked for", () => {
  const own = mkdtempSync(join(tmpdir(), "berth-own-"));
  symlinkSync(join(ROOT, "node_modules"), join(own, "node_modules"));
  writeFileSync(join(own, "Pulumi.yaml"), "name: shop\nruntime: nodejs\nbackend:\n  url: file://.\n");
  writeFileSync(join(own, "package.json"), "{}");
  writeFileSync(
    join(own, "index.js"),
    'new (require("@pulumi/kubernetes/core/v1").Namespace)("shop", { metadata: { name: "shop" } });\n',
  );
  const seen = join(own, "seen");
  const bin = join(own, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "pulumi"),
    `#!/bin/sh\n[ "$1" = up ] && echo "\${PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION-looks}" > ${seen}\nexit 0\n`,
  );
  chmodSync(join(bin, "pulumi"), 0o755);
  const { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: _set, PULUMI_BACKEND_URL: _url, ...rest } = process.env;
  const env = { ...rest, PATH: `${bin}${delimiter}/usr/bin:/bin`, PULUMI_HOME: own, PULUMI_CONFIG_PASSPHRASE: "test" };
  try {
    spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), "up", "dev", "--yes"], { cwd: own, env });
    expect(readFileSync(seen, "utf8")).toBe("looks\n");
  } finally {
    rmSync(own, { recursive: true });
  }
});
