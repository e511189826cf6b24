import type { GivenManifest } from "./given";

type Path = (string | number)[];

const isObject = (value: unknown): value is GivenManifest => value !== null && typeof value === "object";
const isEmpty = (value: unknown) => isObject(value) && Object.keys(value).length === 0;

/**
 * What stands in an object, taken out piece by piece. What nobody has taken is left in the end, so that nothing of it
 * can be forgotten.
 */
export class Taking {
  private readonly rest: GivenManifest;

  constructor(given: object) {
    this.rest = structuredClone(given);
  }

  /** What stands at a path, which is taken. */
  take<T = unknown>(...path: Path): T | undefined {
    const value = this.see<T>(...path);
    const last = path.at(-1)!;
    const parent = this.see<GivenManifest>(...path.slice(0, -1));
    if (isObject(parent)) delete parent[last];
    return value === null ? undefined : value;
  }

  /** What stands at a path, which stays. */
  see<T = unknown>(...path: Path): T | undefined {
    let found: unknown = this.rest;
    for (const step of path) found = isObject(found) ? found[step] : undefined;
    return found as T | undefined;
  }

  /** What stands at a path is taken where it is one of these, which the cluster would fill in by itself. */
  takeDefault(path: Path, ...values: unknown[]): void {
    const found = this.see(...path);
    if (values.includes(found) || found === null) this.take(...path);
  }

  /** The items of a list, each to be taken apart by itself. */
  items(...path: Path): Taking[] {
    return (this.take<object[]>(...path) ?? []).map((item) => new Taking(item));
  }

  /** All that is left, as an object; undefined where that is nothing. */
  left(): GivenManifest | undefined {
    return withoutEmpty(this.rest) as GivenManifest | undefined;
  }
}

function withoutEmpty(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.length ? value : undefined;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withoutEmpty(item)] as const);
  const said = Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  return isEmpty(said) ? undefined : said;
}

/** Paths of what is left, as far down as objects go. */
export function pathsOf(value: unknown, at = ""): string[] {
  if (!isObject(value) || Array.isArray(value)) return [at];
  return Object.entries(value).flatMap(([key, item]) => {
    const step = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
    return pathsOf(item, at ? `${at}.${step}` : step);
  });
}

/** How many single values an object has. */
export function countOf(value: unknown): number {
  if (!isObject(value)) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + countOf(item), 0);
}
