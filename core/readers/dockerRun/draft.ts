import type { Notice, VolumeDefinition } from "../../description/project";
import type { ServiceDescription } from "../../description/types";
import type { Command } from "./command";
import type { Option, Use } from "./options";
import type { DockerRunContext } from "./context";

/** What becomes of a flag. */
export type Fate =
  /** It is a field of the description. */
  | "honoured"
  /** Something else does what it did. */
  | "equivalent"
  /** It concerns the client that types the line; a notice says so. */
  | "client"
  /** Docker itself no longer has it: refused. */
  | "gone"
  /** Nothing here can say it: refused, with the way out. */
  | "refused"
  /** It is a field of the description, which the Docker provider cannot set: refused when it is applied. */
  | "refused by the provider";

/** One flag of `docker run`. */
export interface FlagEntry extends Option {
  becomes: Fate;
  /** Field of the description. */
  field?: keyof ServiceDescription;
  /** What becomes of it, as part of a sentence: the text of the notice or of the error. */
  says: string;
  /** The way out, for what is refused. */
  remedy?: string;
  /** Only `podman run` has it. */
  podman?: true;
  /** `docker create` does not have it. */
  onlyRun?: true;
  /** Takes one use over into the description; what needs the other flags too is done at the end. */
  read?(draft: Draft, use: Use<FlagEntry>): void;
}

/** A description that is being put together from flags. */
export interface Draft {
  command: Command;
  context: DockerRunContext;
  service: Partial<ServiceDescription>;
  volumes: Record<string, VolumeDefinition>;
  notices: Notice[];
  /** Which flag an argument of the description comes from, by path: `ports[0]`. */
  sources: Map<string, Use<FlagEntry>>;
  /** Every use, by the first name of its flag, in the order of the line. */
  given: Map<string, Use<FlagEntry>[]>;
}

/** Sets an entry of a record under any name, `__proto__` too. */
export function put<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Sets a field; undefined leaves it out. */
export function set<K extends keyof ServiceDescription>(
  draft: Draft,
  field: K,
  value: ServiceDescription[K] | undefined,
  use: Use<FlagEntry>,
): void {
  draft.sources.set(field, use);
  if (value === undefined) delete draft.service[field];
  else draft.service[field] = value;
}

/** Adds to a list. */
export function push(draft: Draft, field: keyof ServiceDescription, value: unknown, use: Use<FlagEntry>): void {
  const fields = draft.service as Record<string, unknown>;
  fields[field] ??= [];
  const list = fields[field] as unknown[];
  draft.sources.set(`${field}[${list.length}]`, use);
  list.push(value);
}

/** Adds to a record, or replaces what is there under the name. */
export function enter(
  draft: Draft,
  field: keyof ServiceDescription,
  key: string,
  value: unknown,
  use: Use<FlagEntry>,
): void {
  const fields = draft.service as Record<string, unknown>;
  fields[field] ??= {};
  put(fields[field] as Record<string, unknown>, key, value);
  draft.sources.set(`${field}.${key}`, use);
}

/** The uses of a flag. */
export const usesOf = (draft: Draft, name: string): Use<FlagEntry>[] => draft.given.get(name) ?? [];

/** The last use of a flag that is not empty, which is the one that counts. */
export function lastOf(draft: Draft, name: string): Use<FlagEntry> | undefined {
  const use = usesOf(draft, name).at(-1);
  return use && use.value !== "" && !(use.option.kind === "boolean" && use.value === "false") ? use : undefined;
}

/** Says something about a use without refusing it. */
export function note(draft: Draft, use: Use<FlagEntry>, text: string, level: Notice["level"] = "note"): void {
  draft.notices.push({ level, at: use.written, text });
}
