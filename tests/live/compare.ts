import { ALLOWED_DIFFERENCES, type AllowedDifference } from "./allowedDifferences";

export interface Difference {
  path: string;
  documented: unknown;
  stack: unknown;
}

const SECTIONS = ["Config", "HostConfig", "Mounts", "NetworkSettings"];

const isEmpty = (value: unknown) =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Ports that the engine picks itself. */
const FIRST_FREE_PORT = 32768;

/**
 * Every leaf of a value by its path. What the client and the SDK write differently for the same thing is made
 * equal: nothing, null, "", [] and {} are left out; variables, binds and aliases are sorted, since their order
 * says nothing; a bind's ":rw" and an image's ":latest" are the defaults; "default" is the network "bridge"; mounts go by their place in the container;
 * the container's own id is `<id>`, and a host port that the engine picked is `<free>`.
 */
export function flatten(value: { Id?: string }, sections: string[]): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const id = value.Id?.slice(0, 12);
  const leaf = (at: string, item: unknown): unknown => {
    // Beside another container it is that one's.
    if (item === id || (at === "Config.Hostname" && /^[0-9a-f]{12}$/.test(String(item)))) return "<id>";
    if (at.endsWith(".HostPort") && (item === "0" || Number(item) >= FIRST_FREE_PORT)) return "<free>";
    if (at === "HostConfig.NetworkMode")
      return String(item)
        .replace(/^default$/, "bridge")
        .replace(/[0-9a-f]{64}$/, "<id>");
    return at === "Config.Image" ? String(item).replace(/:latest$/, "") : item;
  };
  const visit = (item: unknown, at: string): void => {
    if (at === "Config.ExposedPorts" || at === "Config.Volumes") {
      // Sets, written as objects of nothing.
      for (const key of Object.keys(item ?? {})) leaves.set(`${at}[${key}]`, true);
    } else if (isEmpty(item)) return;
    else if (typeof item !== "object") leaves.set(at, leaf(at, item));
    else if (at === "Mounts")
      for (const mount of item as { Destination: string }[]) visit(mount, `Mounts[${mount.Destination}]`);
    else if (at.endsWith(".Aliases"))
      for (const [index, alias] of (item as string[])
        .map((alias) => leaf(at, alias))
        .sort()
        .entries())
        leaves.set(`${at}[${index}]`, alias);
    else if (at === "HostConfig.Binds")
      for (const [index, bind] of [...(item as string[])].sort().entries())
        leaves.set(`${at}[${index}]`, bind.replace(/:rw$/, ""));
    else if (at === "Config.Env")
      for (const variable of item as string[]) leaves.set(`${at}[${variable.split("=")[0]}]`, variable);
    else
      for (const [key, inner] of Object.entries(item as object))
        visit(inner, /^[A-Za-z]\w*$/.test(key) ? `${at}.${key}` : `${at}[${key}]`);
  };
  for (const section of sections) visit((value as Record<string, unknown>)[section], section);
  return leaves;
}

/** What differs between the container, or network, of the documented line and that of the stack. */
export function differences(documented: object, stack: object, sections = SECTIONS): Difference[] {
  const [left, right] = [flatten(documented, sections), flatten(stack, sections)];
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort();
  return paths
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({ path, documented: left.get(path), stack: right.get(path) }));
}

const used = new Set<AllowedDifference>();

/** Leaves out what the list allows in this row. */
export function notAllowed(row: string, found: Difference[], list = ALLOWED_DIFFERENCES): Difference[] {
  return found.filter(({ path, stack }) => {
    const allowed = list.filter(
      (entry) =>
        entry.path.test(path) &&
        (entry.stack === undefined || entry.stack === stack) &&
        (!entry.rows || entry.rows.includes(row)),
    );
    for (const entry of allowed) used.add(entry);
    return allowed.length === 0;
  });
}

/** Entries of the list that no comparison needed. */
export const unused = (list = ALLOWED_DIFFERENCES): AllowedDifference[] =>
  list.filter((entry) => !used.has(entry) && (entry.applies?.() ?? true));
