import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { say } from "../core/description/say";
import { onPath } from "../core/host/findExecutable";
import type { CliProject } from "./project";
import { pulumiEnvironment } from "./pulumi";
import { readState, type StateThen } from "./ran";
import { backendUrl, stateFolder } from "./state";
import { shortName } from "./stackName";

/** One update of a stack, as the CLI's backend has kept it. */
export interface Update {
  /** From 1 on, oldest first. */
  number: number;
  /** `update`, `destroy`, `refresh`, `resource-import`, ... */
  kind: string;
  /** `succeeded` or `failed`. */
  result: string;
  /** In ISO form. */
  start: string;
  message: string;
  /** The commit of the project's repository, and whether there was more than it. */
  commit?: string;
  dirty?: boolean;
  /** How many resources were made, changed, ... */
  changes: Record<string, number>;
  /** The stack after it; undefined where the backend does not keep that. */
  state?(): Promise<StateThen>;
}

interface Entry {
  kind: string;
  result?: string;
  startTime: number | string;
  message?: string;
  environment?: Record<string, string>;
  resourceChanges?: Record<string, number>;
  version?: number;
}

const asUpdate = (entry: Entry, number: number, state?: Update["state"]): Update => ({
  number,
  kind: entry.kind,
  result: entry.result ?? "in progress",
  start: new Date(typeof entry.startTime === "number" ? entry.startTime * 1000 : entry.startTime).toISOString(),
  message: entry.message ?? "",
  commit: entry.environment?.["git.head"],
  dirty: entry.environment?.["git.dirty"] === "true" || undefined,
  changes: entry.resourceChanges ?? {},
  state,
});

/** The updates of a stack, oldest first, and why their states are not to be had where that is so. */
export interface Updates {
  updates: Update[];
  /** The stack as the backend has it now; undefined where it has none. */
  now(): Promise<StateThen | undefined>;
  without?: string;
  /** Each state takes a second to be had. */
  slow?: boolean;
}

/**
 * Reads what the CLI's backend keeps of a stack. A folder is read without the CLI and without a passphrase.
 *
 * @throws Error where there is no such stack
 */
export async function updatesOf(project: CliProject, stack: string): Promise<Updates> {
  const states = stateFolder(project);
  return states === undefined ? fromCli(project, stack) : fromFolder(states, project.name, shortName(stack));
}

const HISTORY = /\.history\.json(\.gz)?$/;
const PACKED = /\.gz$/;
const textOf = (file: string): string => {
  const content = readFileSync(file);
  return (PACKED.test(file) ? gunzipSync(content) : content).toString("utf8");
};

/** The first of some files that is there, packed or not. */
const found = (file: string): string | undefined => [file, `${file}.gz`].find(existsSync);

// Before 2023 the CLI had no folders for projects.
const paths = (project: string, stack: string) => [join(project, stack), stack];

const stateIn = (states: string, project: string, stack: string): string | undefined =>
  paths(project, stack)
    .map((path) => found(join(states, ".pulumi", "stacks", `${path}.json`)))
    .find((path) => path !== undefined);

function fromFolder(states: string, project: string, stack: string): Updates {
  const folder = paths(project, stack)
    .map((path) => join(states, ".pulumi", "history", path))
    .find((path) => existsSync(path) && readdirSync(path).some((name) => HISTORY.test(name)));
  const file = stateIn(states, project, stack);
  if (file === undefined && folder === undefined) throw new Error(noStack(stack));
  // Their names have the time in them, and so they are in order.
  const names = folder === undefined ? [] : readdirSync(folder).filter((name) => HISTORY.test(name));
  const updates = names.sort().map((name, index) => {
    const entry = JSON.parse(textOf(join(folder!, name))) as Entry;
    const checkpoint = found(join(folder!, name.replace(HISTORY, ".checkpoint.json")));
    const state = async () => readState(textOf(checkpoint!));
    return asUpdate(entry, index + 1, checkpoint === undefined ? undefined : state);
  });
  return { updates, now: async () => (file === undefined ? undefined : readState(textOf(file))) };
}

/** Something that is another as soon as an update has begun. */
export async function markOf(project: CliProject, stack: string): Promise<string> {
  const states = stateFolder(project);
  if (states === undefined) return ask(project, stack, "stack", "history", "--json", "--page-size", "1");
  const file = stateIn(states, project.name, shortName(stack));
  return file === undefined ? "" : String(statSync(file).mtimeMs);
}

const noStack = (stack: string) =>
  say`there is no stack "${stack}", so that nothing has been applied; \`berth up ${stack}\` makes it`;

/** Enough for any history; the CLI has no word for all. */
const ALL = "100000";

/** What the CLI prints of a stack. */
async function ask({ folder }: CliProject, stack: string, ...words: string[]): Promise<string> {
  if (!onPath("pulumi"))
    throw new Error(
      say`the history of this stack is not in a folder of this machine, and the Pulumi CLI, which can ask for it, is not here; install it: https://www.pulumi.com/docs/install/`,
    );
  const options = { cwd: folder, env: pulumiEnvironment(folder), maxBuffer: 2 ** 30 };
  const asked = promisify(execFile)("pulumi", [...words, "--stack", stack, "--non-interactive"], options);
  const { stdout } = await asked.catch((error: { stderr?: string; message: string }) => {
    const said = (error.stderr || error.message).trim().replace(/^error: /, "");
    throw new Error(/no stack named/.test(said) ? noStack(stack) : said);
  });
  return stdout;
}

async function fromCli(project: CliProject, stack: string): Promise<Updates> {
  const history = await ask(project, stack, "stack", "history", "--json", "--page-size", ALL);
  const entries = (JSON.parse(history) as Entry[] | null) ?? [];
  const stateAt = async (...words: string[]) => readState(await ask(project, stack, "stack", "export", ...words));
  // Where they have no numbers of their own, the backend is a store of files.
  const keepsStates = entries.some(({ version = 0 }) => version > 0);
  const updates = entries
    .reverse()
    .map((entry, index) =>
      keepsStates
        ? asUpdate(entry, entry.version!, () => stateAt("--version", String(entry.version)))
        : asUpdate(entry, index + 1),
    );
  const backend = backendUrl(project) ?? say`this backend`;
  const without = say`the CLI gives no earlier states out of ${backend}`;
  return {
    updates,
    now: () => stateAt(),
    without: keepsStates || updates.length === 0 ? undefined : without,
    slow: true,
  };
}
