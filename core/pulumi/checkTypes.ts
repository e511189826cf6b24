import { ArgumentError } from "../description/errors";
import { either, say } from "../description/say";
import { isOnItsWay } from "./outputs";

/** What a value may be: its kinds, and what lies in a list or an object where berth itself says it. */
export interface ArgumentType {
  kinds: Kind[];
  /** Of each item of a list. */
  items?: ArgumentType;
  /** Of an object's fields. */
  fields?: Record<string, ArgumentType>;
  /** Of each value of an object with any fields. */
  values?: ArgumentType;
}
export type Kind = "string" | "number" | "boolean" | "list" | "object";

const words = (kind: Kind) =>
  ({
    string: say`text`,
    number: say`a number`,
    boolean: say`true or false`,
    list: say`a list`,
    object: say`an object`,
  })[kind];

/** By class; made from the types of TypeScript by `npm run docs`. */
const types = (): Record<string, Record<string, ArgumentType>> => require("./argumentTypes.json");

/**
 * Refuses a value of a kind that the argument's type does not have. Programs in other languages, and in JavaScript, have
 * no compiler that does; and berth loads TypeScript without its types.
 *
 * @param component name of the class whose arguments they are
 */
export function checkTypes(component: string, args: object): void {
  checkFields(args, types()[component]!, "");
}

function checkFields(value: object, fields: Record<string, ArgumentType>, path: string): void {
  for (const [name, field] of Object.entries(value))
    if (Object.hasOwn(fields, name)) check(field, path ? `${path}.${name}` : name, fields[name]!);
}

function check(value: unknown, path: string, type: ArgumentType): void {
  if (value === undefined || value === null || isOnItsWay(value)) return;
  const kind = Array.isArray(value) ? "list" : (typeof value as Kind);
  // Neither the value nor a part of it is shown: it may be a secret.
  if (!type.kinds.includes(kind)) {
    const given = words(kind);
    throw new ArgumentError(
      path || "args",
      given ? say`is ${given}` : say`is no value`,
      say`give ${either(type.kinds.map(words))}`,
    );
  }
  if (kind === "list" && type.items)
    for (const [index, item] of (value as unknown[]).entries()) check(item, `${path}[${index}]`, type.items);
  if (kind !== "object") return;
  if (type.fields) checkFields(value as object, type.fields, path);
  if (type.values)
    for (const [name, item] of Object.entries(value as object))
      if (!Object.hasOwn(type.fields ?? {}, name)) check(item, `${path}.${name}`, type.values);
}
