import { ALLOWED_DIFFERENCES, type AllowedDifference } from "./allowedDifferences";

export interface Difference {
  path: string;
  documented: unknown;
  stack: unknown;
}

const SECTIONS = ["Config", "HostConfig", "Mounts", "NetworkSettings"];

const isEmpty = (value: unknown) => value === null || value === undefined || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

/** Ports that the engine picks itself. */
const FIRST_FREE_PORT = 32768;

/**
 * Every leaf of a value by its path. What the client and the SDK write differently for the same thing is made
 * equal: nothing, null, "", [] and {} are left out; variables are sorted, since their order says nothing;
 * mounts go by their place in the container; a host port that the engine picked is `<free>`.
 */
export function flatten(value: unknown, path = ""): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const visit = (item: unknown, at: string): void => {
    if (isEmpty(item)) return;
    if (typeof item !== "object") {
      const free = at.endsWith(".HostPort") && (item === "0" || Number(item) >= FIRST_FREE_PORT);
      leaves.set(at, free ? "<free>" : item);
    } else if (at === "Mounts") for (const mount of item as { Destination: string }[]) visit(mount, `Mounts[${mount.Destination}]`);
    else if (at === "Config.Env") [...(item as string[])].sort().forEach((variable) => visit(variable.replace(/^[^=]*=/, ""), `Config.Env[${variable.split("=")[0]}]`));
    else for (const [key, inner] of Object.entries(item as object)) visit(inner, /^[A-Za-z0-9]+$/.test(key) && !Array.isArray(item) ? `${at}${at && "."}${key}` : `${at}[${key}]`);
  };
  visit(value, path);
  return leaves;
}

/** What differs between the container of the documented line and that of the stack. */
export function differences(documented: object, stack: object, sections = SECTIONS): Difference[] {
  const pick = (value: object) => flatten(Object.fromEntries(sections.map((section) => [section, (value as Record<string, unknown>)[section]])));
  const [left, right] = [pick(documented), pick(stack)];
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort();
  return paths.filter((path) => left.get(path) !== right.get(path)).map((path) => ({ path, documented: left.get(path), stack: right.get(path) }));
}

const used = new Set<AllowedDifference>();

/** Leaves out what the list allows in this row. */
export function notAllowed(row: string, found: Difference[]): Difference[] {
  return found.filter(({ path }) => {
    const allowed = ALLOWED_DIFFERENCES.filter((entry) => entry.path.test(path) && (!entry.rows || entry.rows.includes(row)));
    for (const entry of allowed) used.add(entry);
    return allowed.length === 0;
  });
}

/** Entries of the list that no comparison needed. */
export const unused = (): AllowedDifference[] => ALLOWED_DIFFERENCES.filter((entry) => !used.has(entry));
