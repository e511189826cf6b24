import { ArgumentError, show } from "./errors";
import { say } from "./say";

/** What stands for something else, as in `nginx:<tag>`, `{host-folder}` or the beginning of `{{ version }}`. */
const PLACEHOLDER = /<[^<>]+>|\[[^[\]]+\]|(?<!\{)\{+[^{}]+\}+|\{\{$|(%%?|@)\w+\1(?!\w)/;

/** A value that has something in it that was meant to be replaced; undefined for one that has none. */
export function notFilledIn(value: string, argument: string): ArgumentError | undefined {
  const [placeholder] = PLACEHOLDER.exec(value) ?? [];
  return placeholder === undefined
    ? undefined
    : new ArgumentError(
        argument,
        placeholder === value
          ? say`${show(value)} stands for something else`
          : say`${placeholder} in ${show(value)} stands for something else`,
        say`put the value that you want in its place`,
      );
}

/** Checks the name of a container, network or volume by Docker's own rule. */
export function parseName(value: string, argument: string): string {
  // Of settings and of plain JavaScript anything may come.
  if (typeof value !== "string" || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value)) {
    const hole = typeof value === "string" ? notFilledIn(value, argument) : undefined;
    if (hole) throw hole;
    throw new ArgumentError(
      argument,
      value === undefined ? say`is missing` : say`${show(value)} is not a name that Docker takes`,
      say`use two or more of letters, digits, '_', '.' and '-', beginning with a letter or digit`,
    );
  }
  return value;
}

/** Whether a device is named as the Container Device Interface does: `nvidia.com/gpu=all`. */
export const isCdiName = (text: string): boolean => /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*=[\w.:-]+$/.test(text);

/** Checks a host name: labels of letters, digits and '-', at most 63 characters each. */
export function parseHostname(value: string, argument: string): string {
  const label = /^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$/;
  if (value.length > 253 || !value.split(".").every((part) => label.test(part))) {
    const hole = notFilledIn(value, argument);
    if (hole) throw hole;
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a host name`,
      say`use labels of letters, digits and '-' (at most 63 each), joined by dots`,
    );
  }
  return value;
}

/** The parts of an image reference: `registry/path:tag@digest`. */
export interface ImageReference {
  /** Host of the registry as written, or "" for Docker Hub. */
  registry: string;
  /** Path without registry, tag and digest. */
  repository: string;
  tag?: string;
  digest?: string;
}

const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HOST = /^(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]+(?=:\d+$))(?::\d+)?$/;

/** Whether an image is named by its id, which names no place to fetch it from. */
export const isId = (name: string): boolean => /^sha256:[0-9a-f]{64}$/.test(name);

/** Reads an image reference by the rules of the distribution project. */
export function parseImage(value: string, argument: string): ImageReference {
  const fail = (problem: string) =>
    notFilledIn(value, argument) ??
    new ArgumentError(
      argument,
      say`${show(value)} is not an image reference: ${problem}`,
      say`write it like "nginx:1.27" or "registry.example:5000/team/app@sha256:..."`,
    );
  if (isId(value)) return { registry: "", repository: "", digest: value };
  const [rest = "", digest, extra] = value.split("@");
  if (extra !== undefined || (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))) {
    throw fail(say`the part after @ must be sha256: and 64 hexadecimal digits`);
  }
  const slash = rest.indexOf("/");
  const head = rest.slice(0, Math.max(slash, 0));
  const registry = slash > 0 && HOST.test(head) ? head : "";
  const path = registry ? rest.slice(slash + 1) : rest;
  const [repository = "", tag, more] = path.split(":");
  if (more !== undefined || (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag))) {
    throw fail(say`a tag has up to 128 letters, digits, '_', '.' and '-'`);
  }
  if (!repository) throw fail(say`the name is empty`);
  if (/[A-Z]/.test(repository)) throw fail(say`the name must be in lower case`);
  if (repository.length > 255 || !repository.split("/").every((part) => PATH_PART.test(part))) {
    throw fail(say`the name has letters, digits, and single '.', '_' or '-' between them`);
  }
  return { registry, repository, tag, digest };
}

/** Docker's full name of an image: `nginx` is `nginx:latest`. */
export const withTag = (name: string): string => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);
