import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where the CLI keeps states in a folder: as the environment says, or the project. Undefined where that is no folder of
 * this machine.
 */
export async function stateFolder(root: string): Promise<string | undefined> {
  let url = process.env.PULUMI_BACKEND_URL;
  const project = join(root, "Pulumi.yaml");
  if (!url && existsSync(project)) {
    const { parse } = await import("yaml");
    url = (parse(readFileSync(project, "utf8")) as { backend?: { url?: string } }).backend?.url;
  }
  const path = /^file:\/\/([^?]*)/.exec(url ?? "")?.[1];
  return path && resolve(root, path.replace(/^~(?=\/|$)/, homedir()));
}

/** Text of a stack's state, "" where there is none yet; undefined where it cannot be read here. */
export async function stateOf(root: string, project: string, stack: string): Promise<string | undefined> {
  const states = await stateFolder(root);
  if (states === undefined) return undefined;
  const file = join(states, ".pulumi", "stacks", project, `${stack}.json`);
  if (existsSync(file)) return readFileSync(file, "utf8");
  return existsSync(`${file}.gz`) ? undefined : "";
}

/** Names of the providers that a state knows: `docker`. */
export const providersIn = (state: string): Set<string> =>
  new Set([...state.matchAll(/pulumi:providers:([\w-]+)/g)].map(([, name]) => name!));
