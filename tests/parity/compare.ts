import type { Normal } from "./normal";

export interface Difference {
  path: string;
  docker: unknown;
  berth: unknown;
}

/** A difference from docker that is meant to be. */
export interface Allowed {
  path: RegExp;
  why: string;
  /** Further condition; everywhere where left out. */
  when?(difference: Difference): boolean;
}

/** Every leaf by its path; a list is a leaf. */
function leaves(value: unknown, path: string, into: Map<string, unknown>): Map<string, unknown> {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) into.set(path, "{}");
    for (const [key, item] of entries) {
      const step = /^\w+$/.test(key) ? `${path ? "." : ""}${key}` : `[${key}]`;
      leaves(item, `${path}${step}`, into);
    }
  } else into.set(path, value);
  return into;
}

export function differences(docker: Normal, berth: Normal): Difference[] {
  const [left, right] = [leaves(docker, "", new Map()), leaves(berth, "", new Map())];
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .filter((path) => JSON.stringify(left.get(path)) !== JSON.stringify(right.get(path)))
    .map((path) => ({ path, docker: left.get(path), berth: right.get(path) }));
}

/** Leaves out what a list allows, and remembers which of its entries were needed. */
export function notAllowed(found: Difference[], list: Allowed[], used: Set<Allowed>): Difference[] {
  return found.filter((difference) => {
    const entry = list.find(({ path, when }) => path.test(difference.path) && (when?.(difference) ?? true));
    if (entry) used.add(entry);
    return entry === undefined;
  });
}
