import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os, { hostname, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freeLock } from "../../../cli/locks";
import { pulumiEnvironment } from "../../../cli/pulumi";
import { describeIf } from "../../skips";

const BERTH = join(__dirname, "../../../cli/berth.js");
const top = mkdtempSync(join(tmpdir(), "berth-signals-"));
afterAll(() => rmSync(top, { recursive: true }));

// Stands for the CLI: takes down what it is called with and what it hears, and ends after so many signals. A shell does
// not hear a signal that was ignored when it began, and neither does the CLI.
const CLI = `#!/bin/sh
echo "$@" >> calls
[ "$1" = "$WAITS_AT" ] || exit 0
: > heard
if [ "$ENDS_AFTER" ]; then for name in HUP INT TERM; do trap "echo $name >> heard" $name; done; fi
mkdir -p state/.pulumi/locks/organization/berth/nginx
cd state/.pulumi/locks/organization/berth/nginx
echo '{"pid":'$$',"hostname":"'$(uname -n)'"}' > own.json
echo '{"pid":'$$',"hostname":"elsewhere"}' > elsewhere.json
echo '{"pid":1,"hostname":"'$(uname -n)'"}' > other.json
cd "$OLDPWD"
echo $$ > begun
[ "$AT_ONCE" ] && kill -$AT_ONCE $PPID
while [ "$(wc -l < heard)" -lt "\${ENDS_AFTER:-1}" ]; do sleep 0.05; done
exit 1
`;

interface Run {
  berth: ChildProcess;
  folder: string;
  /** Of the CLI. */
  pid: number;
  ended: Promise<unknown[]>;
}

const at = ({ folder }: Pick<Run, "folder">, name: string) => {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};

async function until(holds: () => boolean): Promise<void> {
  for (let left = 400; !holds(); left--) {
    if (left === 0) throw new Error("it did not happen in 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts `berth up`, without a terminal, until the CLI does what is asked. */
async function start(
  env: Record<string, string>,
  [program, ...words]: string[] = [process.execPath, BERTH, "up", "nginx", "--yes"],
): Promise<Run> {
  const folder = mkdtempSync(join(top, "run-"));
  writeFileSync(join(folder, "pulumi"), CLI);
  chmodSync(join(folder, "pulumi"), 0o755);
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    "name: own\nruntime: nodejs\nbackend: { url: 'file://./state?metadata=skip' }\n",
  );
  const { PULUMI_BACKEND_URL: _, ...others } = process.env;
  const berth = spawn(program!, words, {
    cwd: folder,
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
    env: { ...others, PATH: `${folder}${delimiter}${process.env.PATH}`, PULUMI_CONFIG_PASSPHRASE: "test", ...env },
  });
  const ended = once(berth, "exit");
  await until(() => at({ folder }, "begun").endsWith("\n"));
  return { berth, folder, pid: Number(at({ folder }, "begun")), ended };
}

const heard = async (run: Run, count: number): Promise<string[]> => {
  await until(() => at(run, "heard").split("\n").length > count);
  return at(run, "heard").trim().split("\n");
};

test.concurrent.each([
  ["SIGTERM", "TERM", [143, null]],
  ["SIGINT", "INT", [130, null]],
  // As whatever ends for a closed terminal.
  ["SIGHUP", "TERM", [null, "SIGHUP"]],
] as const)("%s ends the CLI by %s, and berth when that has ended", async (signal, name, ending) => {
  const run = await start({ WAITS_AT: "up", ENDS_AFTER: "2" });
  run.berth.kill(signal);
  expect(await heard(run, 1)).toEqual([name]);
  // It still waits for what has begun.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(run.berth.exitCode).toBeNull();
  run.berth.kill("SIGTERM");
  expect(await run.ended).toEqual(ending);
  expect(at(run, "heard")).toBe(`${name}\nTERM\n`);
});

test.concurrent.each(["HUP", "TERM"])("SIG%s as early as the CLI begins is heard", async (name) => {
  const run = await start({ WAITS_AT: "up", ENDS_AFTER: "1", AT_ONCE: name });
  expect(await heard(run, 1)).toEqual(["TERM"]);
  await run.ended;
});

test.concurrent("a closed terminal ends nothing on the spot, however often it is said", async () => {
  const run = await start({ WAITS_AT: "up", ENDS_AFTER: "2" });
  process.kill(run.pid, "SIGHUP");
  run.berth.kill("SIGHUP");
  await heard(run, 1);
  process.kill(run.pid, "SIGHUP");
  run.berth.kill("SIGHUP");
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(at(run, "heard")).toBe("TERM\n");
  process.kill(run.pid, "SIGTERM");
  await run.ended;
});

test.concurrent("a signal while the stack is selected applies nothing", async () => {
  const run = await start({ WAITS_AT: "stack", ENDS_AFTER: "1" });
  run.berth.kill("SIGTERM");
  expect(await run.ended).toEqual([143, null]);
  expect(at(run, "calls").split("\n")).toEqual(["stack select --create --stack nginx", ""]);
});

test.concurrent.each([
  ["SIGTERM", 143],
  ["SIGKILL", 137],
] as const)("a CLI that %s ends on the spot leaves no lock of its own", async (signal, code) => {
  const run = await start({ WAITS_AT: "up", ENDS_AFTER: "" });
  const locks = join(run.folder, "state/.pulumi/locks/organization/berth/nginx");
  expect(readdirSync(locks).sort()).toEqual(["elsewhere.json", "other.json", "own.json"]);
  if (signal === "SIGKILL") process.kill(run.pid, signal);
  else run.berth.kill(signal);
  expect(await run.ended).toEqual([code, null]);
  expect(readdirSync(locks).sort()).toEqual(["elsewhere.json", "other.json"]);
});

test.each([
  [undefined, "200"],
  ["50", "50"],
])("with GOGC=%s the CLI gets %s", (given, expected) => {
  const { GOGC: before } = process.env;
  if (given === undefined) delete process.env.GOGC;
  else process.env.GOGC = given;
  try {
    expect(pulumiEnvironment(mkdtempSync(join(top, "env-"))).GOGC).toBe(expected);
  } finally {
    if (before === undefined) delete process.env.GOGC;
    else process.env.GOGC = before;
  }
});

const terminal = existsSync("/usr/bin/script") && process.platform === "linux";

describeIf(terminal ? undefined : "no `script` of util-linux", "Ctrl-C in a terminal", () => {
  test("reaches the CLI once each time", async () => {
    const script = ["/usr/bin/script", "-qec", `"${process.execPath}" "${BERTH}" up nginx --yes`, "/dev/null"];
    const run = await start({ WAITS_AT: "up", ENDS_AFTER: "2" }, script);
    run.berth.stdin!.write("\x03");
    expect(await heard(run, 1)).toEqual(["INT"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(at(run, "heard")).toBe("INT\n");
    run.berth.stdin!.write("\x03");
    expect(await run.ended).toEqual([130, null]);
    expect(at(run, "heard")).toBe("INT\nINT\n");
  });
});

describe("the lock of a CLI that has ended", () => {
  const lockIn = (folder: string) => join(folder, ".pulumi/locks/organization/p/s/1.json");
  const made = (folder: string) => {
    mkdirSync(dirname(lockIn(folder)), { recursive: true });
    writeFileSync(lockIn(folder), JSON.stringify({ pid: 77, hostname: hostname() }));
  };
  const { PULUMI_BACKEND_URL } = process.env;
  afterEach(() => {
    jest.restoreAllMocks();
    if (PULUMI_BACKEND_URL === undefined) delete process.env.PULUMI_BACKEND_URL;
    else process.env.PULUMI_BACKEND_URL = PULUMI_BACKEND_URL;
  });

  test.each([
    ["in the project's folder", "", "backend: { url: 'file://.?metadata=skip' }"],
    ["where the environment says, which wins", "file://ROOT/other", "backend: { url: 'file://.' }"],
    ["in the user's folder", "file://~/states", ""],
  ])("is found %s", async (_, variable, yaml) => {
    const root = mkdtempSync(join(top, "root-"));
    jest.spyOn(os, "homedir").mockReturnValue(root);
    process.env.PULUMI_BACKEND_URL = variable.replace("ROOT", root);
    const folder = join(root, variable ? variable.split("/").at(-1)! : "");
    writeFileSync(join(root, "Pulumi.yaml"), `name: p\nruntime: nodejs\n${yaml}\n`);
    made(folder);
    await freeLock(root, 78);
    expect(existsSync(lockIn(folder))).toBe(true);
    await freeLock(root, 77);
    expect(existsSync(lockIn(folder))).toBe(false);
  });

  test("is none of a folder's where states are elsewhere, or where there is no folder yet", async () => {
    const root = mkdtempSync(join(top, "root-"));
    made(root);
    process.env.PULUMI_BACKEND_URL = "s3://states";
    await freeLock(root, 77);
    process.env.PULUMI_BACKEND_URL = `file://${root}/none`;
    await freeLock(root, 77);
    expect(existsSync(lockIn(root))).toBe(true);
  });
});
