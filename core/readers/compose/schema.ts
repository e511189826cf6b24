import { either, listed, say } from "../../description/say";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { refuse } from "./errors";
import { isList, isMapping, type MappingNode, type Node, type Path } from "./tree";

/** The part of JSON Schema that compose-spec.json uses; `check` in the tests refuses any other word. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  oneOf?: Schema[];
  enum?: (string | number | boolean | null)[];
  pattern?: string;
  minimum?: number | string;
  maximum?: number | string;
  required?: string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  uniqueItems?: boolean;
}

interface Root extends Schema {
  $defs: Record<string, Schema>;
}

interface Failure {
  node: Node;
  path: Path;
  /** Types that would do, where the type is what is wrong. */
  wanted?: string[];
  problem: string;
  remedy: string;
  /** How deep the failure lies: of several, the deepest says most. */
  depth: number;
  /** The failure is the key, not the value. */
  atKey?: boolean;
}

let loaded: Root | undefined;
// Read once, and only by a program that reads compose files.
const schema = (): Root => {
  loaded ??= JSON.parse(readFileSync(join(__dirname, "compose-spec.json"), "utf8")) as Root;
  return loaded;
};

/** Where the check is; failures keep a copy. One array for all of them, since a large file has many places. */
let path: (string | number)[] = [];

const patterns = new Map<string, RegExp>();
function matches(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = new RegExp(pattern, "u");
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}

const TYPE_NAMES: Record<string, string> = {
  object: say`mapping`,
  array: say`list`,
  string: say`string`,
  number: say`number`,
  integer: say`integer`,
  boolean: say`boolean`,
};
const HELP: Record<string, string> = {
  string: say`write text, in quotes where it looks like a number or like true`,
  object: say`write key: value`,
  array: say`write a list, each item behind a -`,
  number: say`write a number without quotes`,
  integer: say`write a whole number without quotes`,
  boolean: say`write true or false`,
  null: say`leave it empty`,
};

const DURATIONS = new Set(["interval", "timeout", "start_period", "start_interval", "stop_grace_period"]);

function typeOf(node: Node): string {
  if (node.value === null) return "null";
  if (isMapping(node)) return "object";
  if (isList(node)) return "array";
  return typeof node.value;
}

const hasType = (type: string, actual: string, node: Node) =>
  type === actual || (type === "integer" && actual === "number" && Number.isInteger(node.value));

/** What a value of another type was most likely meant to be. */
function slip(node: Node, wished: string): string | undefined {
  const field = path.at(-1);
  if (wished === "string" && isMapping(node) && node.value.size === 1 && typeof field === "number") {
    const [[name, { value }]] = [...node.value] as [[string, Node]];
    const isPair = /^[\w.-]+$/.test(name) && (value === null || typeof value !== "object");
    if (isPair && (path.at(-2) === "environment" || path.at(-2) === "labels"))
      return say`write ${name}=${value ?? ""} without the blank`;
  }
  if (wished === "string" && typeof node.value === "number" && DURATIONS.has(String(field)))
    return say`add the unit: ${node.value}s`;
  if (wished === "array" && typeof node.value === "string" && /^-\S/.test(node.value))
    return say`put a blank behind each -`;
  if (wished === "object" && typeof node.value === "string" && /^[\w-]+:\S/.test(node.value))
    return say`put a blank behind the colon: ${node.value.replace(":", ": ")}`;
  return undefined;
}

function typeFailure(node: Node, wanted: string[]): Failure {
  const known = [...new Set(wanted)];
  const names = known.filter((type) => type !== "null" || known.length === 1).map((type) => TYPE_NAMES[type] ?? type);
  const actual = typeOf(node);
  const is = actual === "null" ? say`empty` : say`a ${TYPE_NAMES[actual] ?? actual}`;
  const wished = wanted.find((type) => type !== "null") ?? "null";
  return {
    node,
    path: [...path],
    wanted,
    problem:
      names[0] === say`integer`
        ? say`must be an ${either(names)}, and is ${is}`
        : say`must be a ${either(names)}, and is ${is}`,
    remedy: slip(node, wished) ?? HELP[wished] ?? say`change it`,
    depth: path.length,
  };
}

/** Of two failures the deeper one; the first where they are equally deep. */
const worse = (first: Failure | undefined, second: Failure | undefined): Failure | undefined =>
  !first || (second && second.depth > first.depth) ? second : first;

/** Whether two words differ by a letter or two, or only by case and dashes. */
function alike(first: string, second: string): boolean {
  const bare = (word: string) => word.toLowerCase().replace(/[-_ ]/g, "");
  if (bare(first) === bare(second) || bare(first) === `${bare(second)}s` || `${bare(first)}s` === bare(second))
    return true;
  if (Math.abs(first.length - second.length) > 2 || first.length < 4) return false;
  let row = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (let i = 1; i <= first.length; i++) {
    const next = [i];
    for (let j = 1; j <= second.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (first[i - 1] === second[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[second.length]! <= 2;
}

function unknownKey(rule: Schema, value: Node, key: string): Failure {
  const known = Object.keys(rule.properties ?? {});
  const meant = known.find((name) => alike(name, key));
  // No fields of its own: the keys are names, and this one is none.
  const isName = known.length === 0;
  return {
    node: value,
    path: [...path, key],
    problem: isName
      ? say`is not a name that Compose takes`
      : path.length
        ? say`is not a field that Compose knows here`
        : say`is not a section of a compose file`,
    remedy: isName
      ? say`use letters, digits, '.', '_' and '-'`
      : meant
        ? say`write ${meant} if that is what you mean`
        : path.length === 0 && isMapping(value) && (value.value.has("image") || value.value.has("build"))
          ? say`put ${key} below services:`
          : known.length <= 12
            ? say`use ${listed(known)}, or begin it with x-`
            : say`remove it, or begin it with x- to keep it as a note`,
    depth: path.length + 1,
    atKey: true,
  };
}

function checkMapping(rule: Schema, node: MappingNode): Failure | undefined {
  let failure: Failure | undefined;
  for (const key of rule.required ?? []) {
    if (!node.value.has(key))
      failure = worse(failure, {
        node,
        path: [...path],
        problem: say`misses ${key}`,
        remedy: say`add ${key}`,
        depth: path.length,
      });
  }
  const named = Object.entries(rule.patternProperties ?? {});
  for (const [key, value] of node.value) {
    const property = rule.properties && Object.hasOwn(rule.properties, key) ? rule.properties[key] : undefined;
    let known = false;
    const check = (inner: Schema) => {
      known = true;
      path.push(key);
      failure = worse(failure, validateNode(inner, value));
      path.pop();
    };
    if (property) check(property);
    for (const [pattern, inner] of named) if (matches(pattern, key)) check(inner);
    if (known || rule.additionalProperties === undefined || rule.additionalProperties === true) continue;
    if (rule.additionalProperties === false) failure = worse(failure, unknownKey(rule, value, key));
    else check(rule.additionalProperties);
  }
  return failure;
}

/** One text for equal values, whatever the order of their keys. */
function identity(node: Node): string {
  if (isMapping(node))
    return `{${[...node.value].map(([key, value]) => `${JSON.stringify(key)}:${identity(value)}`).sort()}}`;
  if (isList(node)) return `[${node.value.map(identity)}]`;
  return JSON.stringify(node.value);
}

function checkList(rule: Schema, list: readonly Node[]): Failure | undefined {
  let failure: Failure | undefined;
  if (rule.items)
    for (const [index, item] of list.entries()) {
      path.push(index);
      failure = worse(failure, validateNode(rule.items, item));
      path.pop();
    }
  if (rule.uniqueItems && list.length > 1) {
    const seen = new Map<string, number>();
    for (const [index, item] of list.entries()) {
      const key = identity(item);
      const first = seen.get(key);
      if (first !== undefined)
        failure = worse(failure, {
          node: item,
          path: [...path, index],
          problem: say`is the same as item ${first}`,
          remedy: say`remove one of them`,
          depth: path.length,
        });
      else seen.set(key, index);
    }
  }
  return failure;
}

function checkScalar(rule: Schema, node: Node): Failure | undefined {
  const { value } = node;
  const fail = (problem: string, remedy: string): Failure => ({
    node,
    path: [...path],
    problem,
    remedy,
    depth: path.length,
  });
  if (rule.enum && !rule.enum.includes(value as string))
    return fail(
      say`${JSON.stringify(value)} is not one of the values that it can have`,
      say`use ${listed(rule.enum.map(String))}`,
    );
  if (rule.pattern && typeof value === "string" && !matches(rule.pattern, value))
    return fail(say`${JSON.stringify(value)} does not match ${rule.pattern}`, say`write it in that form`);
  if (typeof value === "number") {
    if (rule.minimum !== undefined && value < Number(rule.minimum))
      return fail(say`must be greater than or equal to ${rule.minimum}`, say`raise it`);
    if (rule.maximum !== undefined && value > Number(rule.maximum))
      return fail(say`must be less than or equal to ${rule.maximum}`, say`lower it`);
  }
  return undefined;
}

function checkOneOf(rules: Schema[], node: Node): Failure | undefined {
  const failures = rules.map((rule) => validateNode(rule, node));
  const passed = failures.filter((failure) => !failure).length;
  if (passed === 1) return undefined;
  if (passed > 1)
    return {
      node,
      path: [...path],
      problem: say`fits several forms at once`,
      remedy: say`write it in one of them`,
      depth: path.length,
    };
  const here = failures.filter((failure) => failure?.wanted && failure.path.length === path.length);
  if (here.length === failures.length)
    return typeFailure(
      node,
      here.flatMap((failure) => failure!.wanted!),
    );
  // A branch for another type has nothing to say; of the others the deepest failure says most.
  return failures.filter((failure) => !here.includes(failure)).reduce(worse, undefined);
}

function validateNode(given: Schema, node: Node): Failure | undefined {
  const rule = given.$ref ? schema().$defs[given.$ref.slice("#/$defs/".length)]! : given;
  if (rule.type !== undefined) {
    const types = Array.isArray(rule.type) ? rule.type : [rule.type];
    const actual = typeOf(node);
    if (!types.some((type) => hasType(type, actual, node))) return typeFailure(node, types);
  }
  let failure: Failure | undefined;
  if (rule.oneOf) failure = checkOneOf(rule.oneOf, node);
  if (isMapping(node)) return worse(failure, checkMapping(rule, node));
  if (isList(node)) return worse(failure, checkList(rule, node.value));
  return worse(failure, checkScalar(rule, node));
}

/**
 * Checks a file against the Compose Specification's own schema.
 *
 * compose-spec.json is an unchanged copy from github.com/compose-spec/compose-go,
 * Copyright 2020 The Compose Specification Authors, Apache License 2.0. It is interpreted as it stands: compiling
 * it first takes longer than checking a large file.
 * @throws ComposeError with the deepest failure
 */
export function validate(root: Node): void {
  path = [];
  const failure = validateNode(schema(), root);
  if (!failure) return;
  const { node, problem, remedy, atKey } = failure;
  if (atKey && node.keyAt !== undefined)
    throw refuse({ source: node.source, at: node.keyAt, value: null }, failure.path, problem, remedy);
  throw refuse(node, failure.path, problem, remedy);
}
