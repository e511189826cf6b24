import type { ChildProcess } from "node:child_process";
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { type Result, runProgram, type RunOptions } from "../runProgram";
import { sessionOf } from "../sessions";
import { EngineDouble } from "./doubles/engine";
import { DockerProvider, STORE_VARIABLE } from "./doubles/provider";
import { type Container, newId, Store } from "./doubles/store";

export const ROOT = join(__dirname, "../..");

/** Where .ci/tools.sh puts the CLI that it builds. */
const TOOLS = process.env.BERTH_CI_BIN ?? join(homedir(), ".cache/berth-ci/bin");

const isExecutable = (file: string) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const search = [...(process.env.PATH ?? "").split(delimiter), TOOLS];
const lacks = (program: string) => !search.some((folder) => isExecutable(join(folder, program)));

/** Why the tests of this folder cannot run here. */
export const missingCli = lacks("pulumi")
  ? "no pulumi CLI on PATH or made by .ci/tools.sh"
  : lacks("pulumi-language-nodejs")
    ? "no pulumi-language-nodejs beside the pulumi CLI"
    : undefined;

/** Milliseconds that no command of these tests needs, also on a busy machine. */
const TOO_LONG = 150_000;

export interface ProjectOptions {
  stack: string;
  /** Settings, as in Pulumi.<stack>.yaml. */
  config?: Record<string, unknown>;
  /** Settings that `pulumi config set --secret` encrypts. */
  secrets?: Record<string, string>;
  /** Texts of further files, by their paths in the project's folder. */
  files?: Record<string, string>;
  /** How the engine's double listens; see EngineDouble.listen. */
  over?: "tcp" | "unix";
  /** Text of index.js, for a program of the test's own in place of the stacks. */
  program?: string;
  /** Makes the project's folder in place of a copy of this checkout; its stack's settings are the test's all the same. */
  make?(folder: string): void;
}

/** A copy of the project in a temporary folder, with a backend and an engine of its own. */
export class Project {
  readonly stack: string;
  /** Everything that the last preview of `changes` named. */
  steps: Step[] = [];
  /** The project's own folder; see move. */
  folder: string;
  private engineAddress = "";
  private readonly provider: DockerProvider;
  private providerAddress: NodeJS.ProcessEnv = {};
  /** Of every run, beside those of the harness. */
  variables: NodeJS.ProcessEnv = {};

  private constructor(
    folder: string,
    readonly store: Store,
    readonly engine: EngineDouble,
    { stack }: ProjectOptions,
  ) {
    this.folder = folder;
    this.stack = stack;
    this.provider = new DockerProvider(store);
  }

  static async create(options: ProjectOptions): Promise<Project> {
    // The passphrase's salt, the state and the settings are the test's own; what is installed is shared.
    const top = mkdtempSync(join(tmpdir(), "berth-engine-"));
    const folder = join(top, "project");
    const copied = [
      "stacks",
      "components",
      "core",
      "cli",
      "index.js",
      "package.json",
      "Pulumi.yaml",
      "Pulumi.dev.yaml",
    ];
    if (options.make) options.make(folder);
    else {
      for (const name of copied)
        if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    }
    if (options.program !== undefined) writeFileSync(join(folder, "index.js"), options.program);
    mkdirSync(join(top, "backend"));
    writeFiles(folder, options.files ?? {});
    const store = new Store(join(top, "engine"));
    const project = new Project(folder, store, new EngineDouble(store), options);
    all.add(project);
    project.engineAddress = await project.engine.listen(options.over ?? "tcp");
    project.providerAddress = await project.provider.listen();
    // A checkout in use may have a salt in Pulumi.dev.yaml; it belongs to another passphrase.
    project.configure(options.config ?? {}, { encryptionsalt: undefined });
    await project.must(["stack", "init", "--stack", options.stack]);
    for (const [key, value] of Object.entries(options.secrets ?? {})) {
      await project.must(["config", "set", "--stack", options.stack, "--secret", key], { input: value });
    }
    return project;
  }

  /** Folder of the state. */
  get backend(): string {
    return join(this.folder, "../backend");
  }

  get settingsFile(): string {
    return join(this.folder, `Pulumi.${this.stack}.yaml`);
  }

  /** Changes settings; undefined takes one away. */
  configure(settings: Record<string, unknown>, others: Record<string, unknown> = {}): void {
    const file = existsSync(this.settingsFile)
      ? (parse(readFileSync(this.settingsFile, "utf8")) as Record<string, unknown>)
      : {};
    const config = { ...(file.config as Record<string, unknown>), ...settings };
    writeFileSync(this.settingsFile, stringify({ ...file, ...others, config }));
  }

  /** Writes files of the project anew. */
  write(files: Record<string, string>): void {
    writeFiles(this.folder, files);
  }

  /** Moves the project's folder, as a user does with a checkout. */
  move(name: string): void {
    const target = join(this.folder, "..", name);
    renameSync(this.folder, target);
    this.folder = target;
  }

  get environment(): NodeJS.ProcessEnv {
    const env = { ...process.env };
    // Whatever the developer has set must not reach the test's stack.
    for (const name of Object.keys(env)) if (/^(PULUMI|DOCKER|BERTH)_/.test(name)) delete env[name];
    return {
      ...env,
      PATH: [join(__dirname, "doubles/bin"), ...search].join(delimiter),
      PULUMI_HOME: home(),
      // Without files for metadata: those are not written in one step, and a CLI that is killed just then
      // leaves a stack that cannot be read ("failed to load checkpoint: EOF").
      PULUMI_BACKEND_URL: `file://${this.backend}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      DOCKER_HOST: this.engineAddress,
      [STORE_VARIABLE]: this.store.folder,
      NO_COLOR: "1",
      // The CLI lives for seconds: collecting its garbage is a good part of its time.
      GOGC: "400",
      ...this.providerAddress,
      ...this.variables,
    };
  }

  /** Runs a program in the project's folder. */
  run(program: string, args: string[], { env, input, onStart }: RunOptions = {}): Promise<Result> {
    let end: NodeJS.Timeout | undefined;
    return runProgram(program, args, {
      cwd: this.folder,
      env: { ...this.environment, ...env },
      detached: true,
      input,
      onStart(child) {
        // A program that hangs can eat the machine's memory.
        end = setTimeout(() => endSession(child.pid!), TOO_LONG);
        onStart?.(child);
      },
    }).finally(() => clearTimeout(end));
  }

  pulumi(args: string[], options?: RunOptions): Promise<Result> {
    return this.run("pulumi", ["--non-interactive", "--color", "never", ...args], options);
  }

  /** Runs the CLI and fails the test, with what it wrote, where that fails. */
  async must(args: string[], options?: RunOptions): Promise<Result> {
    const result = await this.pulumi(args, options);
    if (result.code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${result.code}:\n${result.output}`);
    return result;
  }

  up(options?: RunOptions): Promise<Result> {
    return this.must(["up", "--yes", "--skip-preview", "--stack", this.stack], options);
  }

  /** `up` that is expected to fail, or may. */
  tryUp(options?: RunOptions): Promise<Result> {
    return this.pulumi(["up", "--yes", "--skip-preview", "--stack", this.stack], options);
  }

  destroy(): Promise<Result> {
    return this.must(["destroy", "--yes", "--skip-preview", "--stack", this.stack]);
  }

  preview(...args: string[]): Promise<Result> {
    return this.must(["preview", "--stack", this.stack, ...args]);
  }

  /**
   * What a preview would do, in order, as `replace Container nginx`. What stays the same or is only read is
   * left out; an exit code other than 0 is the last line.
   */
  async changes(...args: string[]): Promise<string[]> {
    const { code, stdout, output } = await this.pulumi(["preview", "--json", "--stack", this.stack, ...args]);
    try {
      this.steps = (JSON.parse(stdout) as { steps?: Step[] }).steps ?? [];
    } catch {
      throw new Error(`pulumi preview ended with ${code} and wrote no JSON:\n${output}`);
    }
    const changes = this.steps
      .filter(({ op }) => op !== "same" && op !== "refresh")
      .map(({ op, urn }) => `${op} ${label(urn)}`);
    return code === 0 ? changes : [...changes, `exit code ${code}`];
  }

  /** Names of the containers on the engine. */
  containers(): string[] {
    return this.store
      .list("containers")
      .map(({ Name }) => Name.slice(1))
      .sort();
  }

  /** The container of that name; the test fails where there is none. */
  container(name: string): Container {
    const found = this.store.find("containers", name);
    if (!found) throw new Error(`no container ${name}; there are ${this.containers().join(", ")}`);
    return found;
  }

  /** Puts a container on the engine that somebody else runs. */
  foreignContainer(name: string, port?: number): Container {
    const binding = { HostIp: "0.0.0.0", HostPort: String(port) };
    const container: Container = {
      Id: newId(),
      Name: `/${name}`,
      Image: "foreign",
      Args: {},
      Config: { Labels: {} },
      HostConfig: {},
      State: { Status: "running", Running: true, Restarting: false, ExitCode: 0 },
      RestartCount: 0,
      NetworkSettings: { Ports: port === undefined ? {} : { "80/tcp": [binding] }, Networks: {} },
    };
    this.store.put("containers", container);
    return container;
  }

  volumes(): string[] {
    return this.store
      .list("volumes")
      .map(({ Name }) => Name)
      .sort();
  }

  /** Networks that this test made; Docker's own are left out. */
  networks(): string[] {
    return this.store
      .list("networks")
      .slice(3)
      .map(({ Name }) => Name)
      .sort();
  }

  async close(): Promise<void> {
    all.delete(this);
    await this.engine.close();
    this.provider.close();
    rmSync(join(this.folder, ".."), { recursive: true, force: true });
  }
}

function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

export interface Step {
  op: string;
  urn: string;
}

/** A URN's type, without those of its parents, and its name. */
export function typeAndName(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").at(-1)} ${name}`;
}

/** A URN's type without its module, and its name. */
export function label(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split(":").at(-1)} ${name}`;
}

/** Kills what a killed CLI has left running: its language host, and the program that cannot reach it any more. */
export function endSession(leader: number): void {
  for (const { pid } of sessionOf(leader)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Waits until something is so. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); ) {
    if (Date.now() > end) throw new Error(`it did not happen in 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Kills an `up` right after the provider has made something and before the CLI hears of it. */
export async function killedUp(
  project: Project,
  kind: "containers" | "networks" | "volumes",
  name: string,
): Promise<void> {
  const before = project.store.find(kind, name);
  const made = () => {
    const found = project.store.find(kind, name);
    return found !== undefined && !isDeepStrictEqual(found, before);
  };
  project.store.hold(kind, true, name);
  let cli: ChildProcess | undefined;
  const up = project.tryUp({
    onStart: (child) => {
      cli = child;
    },
  });
  await until(`${name} is made`, made);
  cli!.kill("SIGKILL");
  // The run is over only when nobody writes to its pipes any more.
  endSession(cli!.pid!);
  expect((await up).code).toBeNull();
  project.store.hold(kind, false);
  project.store.takeJournal();
  // What a user does first after a crash: the killed CLI has left its lock.
  await project.must(["cancel", "--yes", "--stack", project.stack]);
}

const all = new Set<Project>();
let sharedHome: string | undefined;

/** One PULUMI_HOME per run: it holds no state, and a first run of the CLI in a new one takes longer. */
function home(): string {
  sharedHome ??= mkdtempSync(join(tmpdir(), "berth-pulumi-home-"));
  return sharedHome;
}

/** Call it once in a test file: takes away whatever the file's tests made. */
export function cleanUp(): void {
  afterAll(async () => {
    for (const project of all) await project.close();
    if (sharedHome) rmSync(sharedHome, { recursive: true, force: true });
  });
}
