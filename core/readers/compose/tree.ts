/** A text that nodes come from. */
export interface Source {
  /** As messages name it. */
  name: string;
  /** Offset of each line's first character. */
  lines: number[];
  /** Where a row begins with a blank that is none to YAML, which may be the fine text of a block. */
  oddRow?: number;
}

export type Scalar = string | number | boolean | null;
export type Mapping = ReadonlyMap<string, Node>;

/** A value of a compose file that remembers where it stands, also after files are merged. Never changed in place. */
export interface Node {
  readonly value: Scalar | readonly Node[] | Mapping;
  /** A number as Go prints it, where JavaScript would print it differently. */
  readonly text?: string;
  readonly source: Source;
  /** Offset of the value. */
  readonly at: number;
  /** Offset of the key, for a value of a mapping. */
  readonly keyAt?: number;
  /** Variables of a text that are not set, and so empty in it. */
  readonly unset?: readonly string[];
}

export type Path = readonly (string | number)[];

export interface MappingNode extends Node {
  readonly value: Mapping;
}
export interface ListNode extends Node {
  readonly value: readonly Node[];
}
export interface TextNode extends Node {
  readonly value: string;
}

export const isMapping = (node: Node | undefined): node is MappingNode => node?.value instanceof Map;
export const isList = (node: Node | undefined): node is ListNode => Array.isArray(node?.value);
export const isText = (node: Node | undefined): node is TextNode => typeof node?.value === "string";

/** Child of a mapping; undefined where there is none, or where the node is no mapping. */
export function child(node: Node | undefined, ...keys: string[]): Node | undefined {
  return keys.reduce<Node | undefined>((at, key) => (isMapping(at) ? at.value.get(key) : undefined), node);
}

/** The entries of a mapping, or nothing. */
export const entries = (node: Node | undefined): [string, Node][] => (isMapping(node) ? [...node.value] : []);
/** The items of a list, or nothing. */
export const items = (node: Node | undefined): readonly Node[] => (isList(node) ? node.value : []);

/** A new value that stands where another one stood. */
export const inPlaceOf = (node: Node, value: Node["value"]): Node => ({
  value,
  source: node.source,
  at: node.at,
  keyAt: node.keyAt,
  ...(node.unset && { unset: node.unset }),
});

/** The text of a scalar as Go prints it; null is empty. */
export const textOf = (node: Node): string => node.text ?? (node.value === null ? "" : String(node.value));

/** The node with one key set, or taken out where `value` is undefined. */
export function withKey(node: Node, key: string, value: Node | undefined): Node {
  const map = new Map(isMapping(node) ? node.value : []);
  if (value) map.set(key, value);
  else map.delete(key);
  return inPlaceOf(node, map);
}

/** `services.web.ports[0]` */
export function formatPath(path: Path): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : index ? `.${part}` : part)).join("");
}

/** Line and column, both from 1. */
export function position(source: Source, offset: number): { line: number; column: number } {
  let low = 0;
  let high = source.lines.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (source.lines[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lines[low] ?? 0) + 1 };
}

/** Where a reader looks for the value: at its key when it spans lines, at itself when it is a scalar or an item. */
export function place(node: Node): { file: string; line: number; column: number } {
  const offset = isMapping(node) || isList(node) || node.value === null ? (node.keyAt ?? node.at) : node.at;
  return { file: node.source.name, ...position(node.source, offset) };
}

/** One level of a table of paths. */
export interface Level<T> {
  here?: T;
  next: Map<string, Level<T>>;
}

/** A table by path: `*` stands for any key, `[]` for any item of a list. */
export function pathTable<T>(rules: Record<string, T>): Level<T> {
  const root: Level<T> = { next: new Map() };
  for (const [path, rule] of Object.entries(rules)) {
    let level = root;
    for (const part of path.split(".")) {
      const next = level.next.get(part) ?? { next: new Map() };
      level.next.set(part, next);
      level = next;
    }
    level.here = rule;
  }
  return root;
}

/** One step into a table. */
export function step<T>(level: Level<T> | undefined, part: string | number): Level<T> | undefined {
  if (!level) return undefined;
  const key = typeof part === "number" ? "[]" : part;
  return level.next.get(key) ?? level.next.get("*");
}

/** The tree with `change` applied to each node that the table has a rule for, innermost first. */
export function mapTree<T>(
  node: Node,
  level: Level<T> | undefined,
  change: (node: Node, rule: T, path: Path) => Node,
  path: (string | number)[] = [],
): Node {
  if (!level) return node;
  let result = node;
  if (level.next.size > 0) {
    if (isMapping(node)) {
      let map: Map<string, Node> | undefined;
      for (const [key, value] of node.value) {
        const next = step(level, key);
        const changed = next ? mapBelow(value, key, next, change, path) : value;
        if (changed === value) continue;
        map ??= new Map(node.value);
        map.set(key, changed);
      }
      if (map) result = inPlaceOf(node, map);
    } else if (isList(node)) {
      const next = step(level, 0);
      if (next) {
        const list = node.value.map((item, index) => mapBelow(item, index, next, change, path));
        if (list.some((item, index) => item !== node.value[index])) result = inPlaceOf(node, list);
      }
    }
  }
  return level.here === undefined ? result : change(result, level.here, [...path]);
}

function mapBelow<T>(
  node: Node,
  key: string | number,
  level: Level<T>,
  change: (node: Node, rule: T, path: Path) => Node,
  path: (string | number)[],
): Node {
  path.push(key);
  const changed = mapTree(node, level, change, path);
  path.pop();
  return changed;
}
