import type { Notice } from "../../description/project";
import { refuse } from "./errors";
import { readBoolean } from "./interpolate";
import { entries, formatPath, isList, isMapping, items, type Node, type Path, textOf } from "./tree";
import { say } from "../../description/say";

export type Notify = (notice: Notice) => void;

/** What one field holds, with what a message about it needs. */
export interface Field {
  node: Node;
  path: Path;
  notify: Notify;
}

export const below = (field: Field, key: string | number, node: Node): Field => ({
  ...field,
  node,
  path: [...field.path, key],
});

/** A field below another one; undefined where it is absent or empty. */
export function inner(field: Field | undefined, key: string): Field | undefined {
  const node = field && isMapping(field.node) ? field.node.value.get(key) : undefined;
  return field && node && node.value !== null ? below(field, key, node) : undefined;
}

/** The fields of a mapping, without notes (`x-`) and empty ones. */
export const innerFields = (field: Field | undefined): [string, Field][] =>
  entries(field?.node)
    .filter(([key, node]) => !key.startsWith("x-") && node.value !== null)
    .map(([key, node]) => [key, below(field!, key, node)]);

export const innerItems = (field: Field | undefined): Field[] =>
  items(field?.node).map((node, index) => below(field!, index, node));

export const text = (field: Field | undefined): string | undefined => field && textOf(field.node);

export function flag(field: Field | undefined): boolean | undefined {
  if (!field) return undefined;
  const { value } = field.node;
  const result = typeof value === "boolean" ? value : readBoolean(textOf(field.node));
  if (result === undefined)
    throw refuse(field.node, field.path, say`${JSON.stringify(value)} is not true or false`, say`use true or false`);
  return result;
}

export function integer(field: Field | undefined): number | undefined {
  if (!field) return undefined;
  const number = Number(textOf(field.node));
  if (textOf(field.node).trim() === "" || !Number.isSafeInteger(number))
    throw refuse(
      field.node,
      field.path,
      say`${JSON.stringify(field.node.value)} is not a whole number`,
      say`use digits only`,
    );
  return number;
}

/** A list of texts; a single text is a list of one. */
export function texts(field: Field | undefined): string[] | undefined {
  if (!field) return undefined;
  return isList(field.node) ? field.node.value.map(textOf) : [textOf(field.node)];
}

/** A mapping, or a list of `name=value`, as a record of text; a name alone is empty. */
export function pairs(field: Field | undefined): Record<string, string> | undefined {
  if (!field) return undefined;
  return Object.fromEntries(
    Object.entries(nullablePairs(field.node)).map(([key, value]): [string, string] => [key, value ?? ""]),
  );
}

/** As `pairs`, but a name alone, or an empty value of a mapping, is null. */
export function nullablePairs(node: Node): Record<string, string | null> {
  // A record without a prototype takes any name, also __proto__.
  const result: Record<string, string | null> = Object.create(null);
  if (isMapping(node)) for (const [key, value] of node.value) result[key] = value.value === null ? null : textOf(value);
  else
    for (const item of items(node)) {
      const [key = "", value] = textOf(item).split(/=(.*)/s);
      result[key] = value ?? null;
    }
  return { ...result };
}

/** The record without undefined values. */
export function defined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

/** Whether a value says nothing: empty, an empty list or mapping, false. */
export const isEmpty = (node: Node): boolean =>
  node.value === null ||
  node.value === false ||
  node.value === "" ||
  (isList(node) && node.value.length === 0) ||
  (isMapping(node) && node.value.size === 0);

export function note(field: Field, message: string): void {
  field.notify({ level: "note", at: formatPath(field.path), text: message });
}

/** For what only a Swarm does: its users need not read it. */
export function swarmNote(field: Field, message: string): void {
  field.notify({ level: "note", at: formatPath(field.path), text: message, swarm: true });
}

export function warn(field: Field, message: string): void {
  field.notify({ level: "warning", at: formatPath(field.path), text: message });
}

/** Refuses a field by its path, unless it says nothing. */
export function refuseField(field: Field | undefined, problem: string, remedy: string): void {
  if (field && !isEmpty(field.node)) throw refuse(field.node, field.path, problem, remedy);
}
