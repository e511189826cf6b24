import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { SIGNATURE } from "./marks";
import type { CliProject } from "./project";
import { shortName } from "./stackName";
import { pulumiHome } from "./tools";
import { say } from "../core/description/say";

/** A project, as far as it says where its states are. */
type Place = Pick<CliProject, "folder" | "settings">;
type Named = Place & Pick<CliProject, "name">;

/** Where the CLI keeps states: as the environment says, or the project, or who has logged in. */
export function backendUrl({ settings }: Place): string | undefined {
  return process.env.PULUMI_BACKEND_URL || settings?.backend?.url || credentials().current;
}

interface Credentials {
  current?: string;
  accounts?: Record<string, unknown>;
}

/** Where somebody has logged in with the CLI. */
export function credentials(): Credentials {
  const file = join(process.env.PULUMI_CREDENTIALS_PATH ?? pulumiHome(), "credentials.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Credentials;
  } catch {
    return {};
  }
}

/** The folder where the CLI keeps states. Undefined where that is none of this machine. */
export function stateFolder(project: Place): string | undefined {
  const path = /^file:\/\/([^?]*)/.exec(backendUrl(project) ?? "")?.[1];
  return path && resolve(project.folder, path.replace(/^~(?=\/|$)/, homedir()));
}

/** The file of a stack's state, there or not. */
export function stateFile(project: Named, stack: string): string | undefined {
  const states = stateFolder(project);
  return states && join(states, ".pulumi", "stacks", project.name, `${shortName(stack)}.json`);
}

/** Whether a file of the state is there as a whole. */
function isWhole(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes away what a CLI that was killed while it wrote has left half: beside each state and each lock lies a file that only
 * describes it, and the CLI reads neither of them where that one is cut off.
 */
export function mendStates(project: Place): void {
  const states = stateFolder(project);
  for (const part of ["stacks", "locks"]) {
    const folder = join(states ?? "", ".pulumi", part);
    if (states === undefined || !existsSync(folder)) continue;
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".attrs") && !isWhole(join(folder, name))) rmSync(join(folder, name), { force: true });
  }
}

/**
 * Puts right what a CLI that was killed while it wrote has left, where nothing can be lost by that.
 *
 * @throws Error where the state itself is cut off
 */
export function mendState(project: Named, stack: string): void {
  mendStates(project);
  const file = stateFile(project, stack);
  if (file === undefined) return;
  if (!existsSync(file) || isWhole(file)) return;
  const [state, backup] = [file, `${file}.bak`].map((name) => relative(process.cwd(), name) || name);
  const remedy = isWhole(`${file}.bak`)
    ? say`the one before it is whole: \`cp ${backup} ${state}\`, then the same command again; what was made since then is found by its labels`
    : say`so is the one before it: look in .pulumi/backups for one that is not`;
  throw new Error(say`the state of the stack ${shortName(stack)} is cut off (${state}); ${remedy}`);
}

/** Text of a stack's state, "" where there is none yet; undefined where it cannot be read here. */
export function stateOf(project: Named, stack: string): string | undefined {
  const file = stateFile(project, stack);
  if (file === undefined) return undefined;
  if (existsSync(file)) return readFileSync(file, "utf8");
  return existsSync(`${file}.gz`) ? undefined : "";
}

/** Whether a stack is the one that the CLI has selected in a project. False where its notes cannot be read here. */
export function isSelected(project: Named, stack: string): boolean {
  const { folder, name } = project;
  const id = createHash("sha1").update(join(folder, "Pulumi.yaml")).digest("hex");
  try {
    const notes = readFileSync(join(pulumiHome(), "workspaces", `${name}-${id}-workspace.json`), "utf8");
    const { stacks } = JSON.parse(notes) as { stacks?: Record<string, string> };
    return stacks?.[backendUrl(project) ?? ""] === `organization/${name}/${shortName(stack)}`;
  } catch {
    return false;
  }
}

/** Names of the providers that a state knows: `docker`. */
export const providersIn = (state: string): Set<string> =>
  new Set([...state.matchAll(/pulumi:providers:([\w-]+)/g)].map(([, name]) => name!));

/** What a state keeps of a resource, as far as it is looked at here. */
export interface Resource {
  urn: string;
  type: string;
  /** A component has none of its own to be made or removed. */
  custom?: boolean;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  provider?: string;
  parent?: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  deletedWith?: string;
  /** It has a successor already. */
  delete?: boolean;
  /** It was only read. */
  external?: boolean;
  protect?: boolean;
  retainOnDelete?: boolean;
  resourceHooks?: Record<string, unknown>;
  /** What went wrong while it was made. */
  initErrors?: string[];
}

export interface Deployment {
  resources?: Resource[];
  pending_operations?: { type: string; resource: Resource }[];
}

/** A state as the CLI keeps it in a file. */
export interface StateFile {
  version: number;
  checkpoint: { latest?: Deployment };
}

/** A state in the form in which the CLI exports it. */
export interface Exported {
  version: number;
  deployment: Deployment;
}

/** What the text of a state speaks of; a stack without a state has nothing. */
export const resourcesIn = (state: string): Resource[] =>
  (state === "" ? undefined : (JSON.parse(state) as Partial<StateFile>).checkpoint?.latest?.resources) ?? [];

/** Outputs of the stack in a state, as `up` prints them; a secret is not shown. */
export function outputsIn(state: string): string[] {
  const outputs = Object.entries(resourcesIn(state).find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {});
  const width = Math.max(...outputs.map(([name]) => name.length));
  return outputs.map(([name, value]) => {
    const text = JSON.stringify(value, (_key, item) => (isMarked(item) ? "[secret]" : (item as unknown)));
    return `${name.padEnd(width)}: ${text}`;
  });
}

const isMarked = (value: unknown) => typeof value === "object" && value !== null && SIGNATURE in value;
