import type { BuildDescription } from "../../description/project";
import { parseBytes } from "../../description/quantities";
import { ArgumentError } from "../../description/errors";
import { refuse } from "./errors";
import { isRemote } from "./paths";
import { isMapping } from "./tree";
import {
  defined,
  type Field,
  flag,
  inner,
  innerFields,
  isEmpty,
  nullablePairs,
  pairs,
  refuseField,
  text,
  texts,
} from "./values";
import { say } from "../../description/say";

/** What the engine's own build cannot do, or berth has no word for. */
const REFUSED: Record<string, [problem: string, remedy: string]> = {
  additional_contexts: [
    say`needs BuildKit's own client, and berth sends one folder`,
    say`copy what is needed into the context`,
  ],
  cache_to: [say`needs BuildKit's own client`, say`remove it`],
  entitlements: [say`needs BuildKit's own client`, say`remove it`],
  isolation: [say`is for Windows containers only`, say`remove it`],
  no_cache_filter: [say`needs BuildKit's own client`, say`use no_cache`],
  privileged: [say`needs BuildKit's own client`, say`remove it`],
  provenance: [say`needs BuildKit's own client`, say`remove it`],
  sbom: [say`needs BuildKit's own client`, say`remove it`],
  secrets: [say`needs BuildKit's own client`, say`pass what is not secret as args`],
  ssh: [say`needs BuildKit's own client`, say`copy what is needed into the context`],
  ulimits: [say`cannot be set by berth for a build`, say`remove it`],
};

export function extraHosts(field: Field | undefined): string[] | undefined {
  if (!field) return undefined;
  if (!isMapping(field.node)) return texts(field);
  return innerFields(field).flatMap(([host, value]) => (texts(value) ?? []).map((address) => `${host}=${address}`));
}

/**
 * Reads `build`.
 * @param platform the service's own
 * @param environment values for arguments that are named without one
 */
export function buildDescription(
  field: Field,
  folder: string,
  platform: string | undefined,
  environment: Record<string, string>,
): BuildDescription {
  for (const [key, value] of innerFields(field)) {
    const refusal = REFUSED[key];
    if (refusal && !(isEmpty(value.node) || text(value) === "false")) refuseField(value, ...refusal);
  }
  const contextField = inner(field, "context");
  const context = text(contextField) || folder;
  if (isRemote(context) || context.includes("://"))
    throw refuse(
      (contextField ?? field).node,
      (contextField ?? field).path,
      say`${context} is not a folder of this machine, and berth fetches nothing`,
      say`clone it and name the folder`,
    );
  const dockerfile = text(inner(field, "dockerfile")) || undefined;
  const inline = inner(field, "dockerfile_inline");
  if (dockerfile !== undefined && inline)
    throw refuse(inline.node, inline.path, say`excludes dockerfile`, say`keep one of them`);
  const platforms = texts(inner(field, "platforms"));
  if (platform && platforms?.length && !platforms.includes(platform))
    throw refuse(
      inner(field, "platforms")!.node,
      [...field.path, "platforms"],
      say`does not have the service's own platform ${platform}`,
      say`add it`,
    );
  const args = inner(field, "args");
  const given = args && nullablePairs(args.node);
  const shm = inner(field, "shm_size");
  return defined({
    context,
    dockerfile,
    dockerfileInline: text(inline) || undefined,
    args:
      given &&
      Object.fromEntries(
        Object.entries(given)
          .map(([name, value]) => [name, value ?? environment[name]])
          .filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    target: text(inner(field, "target")) || undefined,
    network: text(inner(field, "network")) || undefined,
    tags: texts(inner(field, "tags")),
    labels: pairs(inner(field, "labels")),
    cacheFrom: texts(inner(field, "cache_from")),
    extraHosts: extraHosts(inner(field, "extra_hosts")),
    platforms,
    shmSize: shm && bytes(shm),
    noCache: flag(inner(field, "no_cache")),
    pull: flag(inner(field, "pull")),
  });
}

export function bytes(field: Field): number {
  try {
    // As text, a large floating point number has an exponent.
    const value = typeof field.node.value === "number" ? String(field.node.value) : (text(field) ?? "");
    return /^-\d+$/.test(value) ? Number(value) : parseBytes(value, "size");
  } catch (error) {
    if (error instanceof ArgumentError) throw refuse(field.node, field.path, error.problem, error.remedy);
    throw error;
  }
}
