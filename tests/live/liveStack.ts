import { type ChildProcess, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ContainerInspect } from "../../core/engines/docker/ready";
import { onPath } from "../../cli/tools";
import type { Cases } from "./cases";
import { missingDockerPlugin, USERS_HOME } from "../plugin";
import { type Result, runProgram, type RunOptions } from "../runProgram";

export type { Result, RunOptions };

export const ROOT = join(__dirname, "../..");

/** Git ignores it. It lies inside the repository, so that programs there find its node_modules. */
const WORK = join(ROOT, ".berth/live");

/** Everything that these tests make carries a label `berth.stack=berth-live/...`; nothing else is removed. */
export const PROJECT = "berth-live";
export const BY_HAND = `--label berth.stack=${PROJECT}/by-hand`;

/** Lines of a shell whose containers, networks and volumes carry the tests' label, so that nothing else is ever removed. */
export const labelled = (lines: string): string =>
  lines.replace(/^( *)docker (run|network create|volume create)/gm, `$1docker $2 ${BY_HAND}`);

export const DOCKER_HOST = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
/** Where the labs lie (tests/live/lab). */
export const LAB_DIR = process.env.BERTH_LAB_DIR ?? "/var/tmp/berth-lab";

function findMissing(): string | undefined {
  if (!onPath("docker")) return "no docker client on PATH";
  if (spawnSync("docker", ["version"], { env: { ...process.env, DOCKER_HOST }, timeout: 10_000 }).status !== 0)
    return `no Docker engine at ${DOCKER_HOST}`;
  if (!onPath("pulumi")) return "no pulumi CLI on PATH";
  return missingDockerPlugin();
}

/** Why the tests of this folder cannot run here. */
export const missing = findMissing();

/** Why tests that need the lab's own images, or stop the engine, cannot run here. */
export const missingLab =
  missing ??
  (DOCKER_HOST === `unix://${LAB_DIR}/docker.sock`
    ? undefined
    : `the engine at ${DOCKER_HOST} is not the lab's (tests/live/lab/lab.sh)`);

/** What the CLI says about errors, without its progress; "" where it has succeeded. */
export function errorsOf({ code, output }: Result): string {
  if (code === 0) return "";
  const at = output.indexOf("Diagnostics:");
  return output.slice(Math.max(at, 0)).replace(/^.*warning: using pulumi-.* from \$PATH.*\n/gm, "");
}

function start(
  program: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  { input, onStart }: RunOptions = {},
): Promise<Result> {
  return runProgram(program, args, { cwd, env, input, onStart, detached: onStart !== undefined });
}

/** Runs the docker client; fails the test where that fails. */
export function docker(...args: string[]): string {
  const result = spawnSync("docker", args, {
    env: { ...process.env, DOCKER_HOST },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (result.status !== 0) throw new Error(`docker ${args.join(" ")} ended with ${result.status}: ${result.stderr}`);
  return result.stdout.trim();
}

/** Minor version of the engine's API. */
export const apiMinor = (): number => Number(docker("version", "--format", "{{.Server.APIVersion}}").split(".")[1]);

/** Whether a docker command succeeds. */
export function works(...args: string[]): boolean {
  return spawnSync("docker", args, { env: { ...process.env, DOCKER_HOST } }).status === 0;
}

/** Runs a shell line as it stands, in a folder. */
export function shell(line: string, cwd = ROOT): string {
  const result = spawnSync("sh", ["-ec", line], { cwd, env: { ...process.env, DOCKER_HOST }, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${line} ended with ${result.status}: ${result.stderr}`);
  return result.stdout.trim();
}

/** What `docker inspect` says, as far as the tests look at it by name. */
export type Inspect = ContainerInspect & {
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
  Image: string;
  HostConfig: Record<string, unknown>;
  Config: Record<string, unknown> & { Env: string[] | null; Cmd: string[] | null; Labels: Record<string, string> };
  State: { Status: string; Running: boolean; StartedAt: string };
};

/** Several containers in one call of the client. */
export function inspectAll(names: string[]): Inspect[] {
  return names.length ? (JSON.parse(docker("container", "inspect", ...names)) as Inspect[]) : [];
}
export const inspect = (name: string): Inspect => inspectAll([name])[0]!;

/** Runs a command in a container. */
export const inside = (name: string, ...command: string[]): string => docker("exec", name, ...command);

/** Names of what the tests made, of one kind. */
function madeOf(kind: "container" | "network" | "volume"): string[] {
  const list = { container: ["ps", "-a"], network: ["network", "ls"], volume: ["volume", "ls"] }[kind];
  const name = kind === "container" ? "{{.Names}}" : "{{.Name}}";
  return docker(...list, "--format", `${name}\t{{.Label "berth.stack"}}`)
    .split("\n")
    .map((line) => line.split("\t"))
    .flatMap(([own = "", label]) => (label?.startsWith(`${PROJECT}/`) ? [own] : []))
    .sort();
}

/** Everything that the tests have made and that is there: `container web`, `volume data`. */
export const made = (): string[] =>
  (["container", "network", "volume"] as const).flatMap((kind) => madeOf(kind).map((name) => `${kind} ${name}`));

/** Takes away whatever these tests made, on this or an earlier run. */
export function removeAll(): void {
  const containers = madeOf("container");
  if (containers.length) docker("rm", "-f", "-v", ...containers);
  const networks = madeOf("network");
  if (networks.length) docker("network", "rm", ...networks);
  const volumes = madeOf("volume");
  if (volumes.length) docker("volume", "rm", ...volumes);
}

/** Fails where the engine holds somebody's container or volume under a name that a documented line uses. */
export function assertFree(containers: string[], volumes: string[] = []): void {
  const there = [
    ...containers.filter((name) => works("container", "inspect", name)),
    ...volumes.filter((name) => works("volume", "inspect", name)),
  ];
  if (there.length)
    throw new Error(
      `the engine has ${there.join(", ")} already; the live tests need an engine where these names are free`,
    );
}

/** A host port in place of the documented one where that is taken. */
export function freePort(documented: number): number {
  const taken = (port: number) =>
    ["tcp", "tcp6"].some((table) =>
      new RegExp(`: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, "0")} `).test(
        readFileSync(`/proc/net/${table}`, "utf8"),
      ),
    );
  let port = documented;
  while (taken(port)) port = port < 10_000 ? port + 10_000 : port + 1;
  return port;
}

export async function until<T>(
  what: string,
  get: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ; ) {
    const value = await get();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`it did not happen in ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Status of a page; 0 where nobody answers. */
export async function httpStatus(url: string): Promise<number> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).status;
  } catch {
    return 0;
  }
}

/** Waits until a page is there; returns its status. */
export const answers = (url: string): Promise<number> =>
  until(`an answer at ${url}`, async () => ((await httpStatus(url)) === 200 ? 200 : undefined));

export interface StackOptions {
  /** Settings, as in Pulumi.<stack>.yaml. */
  config?: Record<string, unknown>;
  /** Settings that `pulumi config set --secret` encrypts. */
  secrets?: Record<string, string>;
  /** Services of the test's own, in place of a program of stacks/. */
  cases?: Cases;
  /** Makes a project of somebody's own, outside the checkout, in place of a program of stacks/; PROJECT is its name. */
  make?(folder: string): void;
}

/** A stack with a folder and a backend of its own, on the real engine. */
export class Stack {
  private config: Record<string, unknown> = {};
  private others: Record<string, unknown> = {};
  /** Of every run of the CLI, beside the test's own. */
  variables: NodeJS.ProcessEnv = {};

  private constructor(
    readonly name: string,
    /** Parent of the project's folder. */
    private readonly top: string,
  ) {}

  static async create(name: string, options: StackOptions = {}): Promise<Stack> {
    const { config = {}, secrets = {}, cases, make } = options;
    mkdirSync(WORK, { recursive: true });
    const stack = new Stack(name, mkdtempSync(make ? join(tmpdir(), "berth-live-") : join(WORK, `${name}-`)));
    folders.push(stack.top);
    mkdirSync(stack.backend);
    if (make) make(stack.folder);
    else stack.writeProject(cases);
    await stack.must(["stack", "init", "--stack", name]);
    for (const [key, value] of Object.entries(secrets)) await stack.secret(key, value);
    stack.set(config);
    return stack;
  }

  /** A program beside this checkout. */
  private writeProject(cases: Cases | undefined): void {
    mkdirSync(this.folder);
    writeFileSync(
      join(this.folder, "Pulumi.yaml"),
      stringify({
        // What is loaded in front of the program is the checkout's.
        ...(parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8").replace("./core/", `${ROOT}/core/`)) as object),
        name: PROJECT,
        backend: undefined,
      }),
    );
    writeFileSync(
      join(this.folder, "package.json"),
      JSON.stringify({ name: PROJECT, private: true, main: "index.js" }),
    );
    const root = JSON.stringify(ROOT);
    writeFileSync(
      join(this.folder, "index.js"),
      cases
        ? `delete require.extensions[".ts"];\nrequire(${root} + "/core/pulumi/patches/lazyLoading");\nrequire("sucrase/register/ts");\nmodule.exports = () => require(${root} + "/tests/live/cases").run();\n`
        : `module.exports = require(${root} + "/index.js");\n`,
    );
    if (cases) this.declare(cases);
  }

  get folder(): string {
    return join(this.top, "project");
  }
  /** Folder of the state. */
  get backend(): string {
    return join(this.top, "backend");
  }
  private get settings(): string {
    return join(this.folder, `Pulumi.${this.name}.yaml`);
  }

  /** Changes settings; undefined takes one away. */
  set(changes: Record<string, unknown>): void {
    this.config = { ...this.config, ...changes };
    writeFileSync(this.settings, stringify({ ...this.others, config: this.config }));
  }

  /** Encrypts a setting with the CLI. */
  async secret(key: string, value: string): Promise<void> {
    return this.encrypt(["--secret", key], value);
  }

  /** Encrypts an item of a map or list: `jupyter:users.anna`. */
  async secretAt(path: string, value: string): Promise<void> {
    return this.encrypt(["--secret", "--path", path], value);
  }

  private async encrypt(args: string[], value: string): Promise<void> {
    await this.must(["config", "set", "--stack", this.name, ...args], { input: value });
    const { config, ...others } = parse(readFileSync(this.settings, "utf8")) as {
      config: Record<string, unknown>;
    };
    this.others = others;
    this.config = { ...this.config, ...config };
  }

  /** What the test's own program declares. */
  declare(cases: Cases): void {
    writeFileSync(join(this.folder, "cases.json"), JSON.stringify(cases));
  }

  /** What the program of the test's own has refused, by service. */
  refusals(): Record<string, string> {
    return JSON.parse(readFileSync(join(this.folder, "refusals.json"), "utf8")) as Record<string, string>;
  }

  get environment(): NodeJS.ProcessEnv {
    const env = { ...process.env };
    // Whatever the developer has set must not reach the test's stack.
    for (const name of Object.keys(env)) if (/^(PULUMI|BERTH)_/.test(name)) delete env[name];
    return {
      ...env,
      DOCKER_HOST,
      PULUMI_HOME: home(),
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      NO_COLOR: "1",
      ...this.variables,
    };
  }

  pulumi(args: string[], options: RunOptions = {}): Promise<Result> {
    return start(
      "pulumi",
      ["--non-interactive", "--color", "never", ...args],
      this.folder,
      { ...this.environment, ...options.env },
      options,
    );
  }

  /** Runs the CLI and fails the test, with what it wrote, where that fails. */
  async must(args: string[], options?: RunOptions): Promise<Result> {
    const result = await this.pulumi(args, options);
    if (result.code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${result.code}:\n${errorsOf(result)}`);
    return result;
  }

  up(args: string[] = [], options?: RunOptions): Promise<Result> {
    return this.must(["up", "--yes", "--skip-preview", "--stack", this.name, ...args], options);
  }
  /** `up` that is expected to fail, or may. */
  tryUp(args: string[] = [], options?: RunOptions): Promise<Result> {
    return this.pulumi(["up", "--yes", "--skip-preview", "--stack", this.name, ...args], options);
  }
  destroy(): Promise<Result> {
    return this.must(["destroy", "--yes", "--skip-preview", "--stack", this.name]);
  }
  preview(args: string[] = [], options?: RunOptions): Promise<Result> {
    return this.pulumi(["preview", "--stack", this.name, ...args], options);
  }

  /** What a preview would do, as `replace Container nginx`; what stays the same is left out. */
  async changes(args: string[] = [], options?: RunOptions): Promise<string[]> {
    const { code, stdout, output } = await this.preview(["--json", ...args], options);
    let steps: { op: string; urn: string }[];
    let diagnostics: { message: string; severity: string }[];
    try {
      ({ steps = [], diagnostics = [] } = JSON.parse(stdout) as {
        steps?: typeof steps;
        diagnostics?: typeof diagnostics;
      });
    } catch {
      throw new Error(`pulumi preview ended with ${code} and wrote no JSON:\n${output}`);
    }
    const changes = steps
      .filter(({ op }) => op !== "same" && op !== "refresh")
      .map(({ op, urn }) => `${op} ${label(urn)}`);
    const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
    return code === 0 ? changes : [...changes, `exit code ${code}`, ...errors];
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.must(["stack", "output", "--json", "--stack", this.name])).stdout) as Record<
      string,
      unknown
    >;
  }

  /** Every file of the state, backups and history included, as one text. */
  stateText(): string {
    const files = readdirSync(this.backend, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n");
  }
}

/** A URN's type without its module, and its name. */
function label(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split(":").at(-1)} ${name}`;
}

let sharedHome: string | undefined;

/** One PULUMI_HOME per run, without the user's accounts but with the plugins that are installed. */
function home(): string {
  if (!sharedHome) {
    sharedHome = mkdtempSync(join(tmpdir(), "berth-pulumi-home-"));
    if (existsSync(join(USERS_HOME, "plugins"))) symlinkSync(join(USERS_HOME, "plugins"), join(sharedHome, "plugins"));
  }
  return sharedHome;
}

/** Call it once in a test file: the engine is as it was before and after the file's tests. */
export function cleanUp(): void {
  if (missing) return;
  beforeAll(removeAll, 60_000);
  afterAll(() => {
    if (process.env.BERTH_LIVE_KEEP) return;
    removeAll();
    removeFolders();
  }, 60_000);
}

/** Of this run's stacks; another run may be going on. */
const folders: string[] = [];

/** Takes away the folders and states of the stacks. */
export function removeFolders(): void {
  for (const folder of [sharedHome, ...folders]) if (folder) rmSync(folder, { recursive: true, force: true });
}

/** Whether a process of the group is left. */
function groupLives(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs the CLI and kills it, alone, at a moment; what a user then does first is to take its lock away. */
export async function killAt(stack: Stack, command: string, moment: () => boolean): Promise<void> {
  let cli: ChildProcess | undefined;
  let ended = false;
  const run = stack.pulumi([command, "--yes", "--skip-preview", "--stack", stack.name], {
    onStart: (child) => (cli = child),
  });
  void run.then(() => (ended = true));
  await until("the moment to kill it", () => ended || moment(), 120);
  cli!.kill("SIGKILL");
  // What it has started ends by itself, and may make one thing more until then.
  await until("its plugins end", () => !groupLives(cli!.pid!), 60);
  // Otherwise it came too late, and nothing would be shown.
  expect((await run).code).toBeNull();
  await stack.must(["cancel", "--yes", "--stack", stack.name]);
}
