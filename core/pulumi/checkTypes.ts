import { ArgumentError, checkArguments } from "../description/errors";
import { either, say } from "../description/say";
import { reporter } from "./componentErrors";
import { isOnItsWay } from "./outputs";

/** What a value may be: its kinds, and what lies in a list or an object where berth itself says it. */
export interface ArgumentType {
  kinds: Kind[];
  /** Of each item of a list. */
  items?: ArgumentType;
  /** Of an object's fields; a number stands for those that several have. */
  fields?: Record<string, ArgumentType> | number;
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

interface Types {
  /** Of each argument, by class; null where it may be anything that its component looks at itself. */
  classes: Record<string, Record<string, ArgumentType | null>>;
  /** What several have. */
  shared: Record<string, ArgumentType>[];
}

/** Made from the types of TypeScript by `npm run docs`. */
const types = (): Types => require("./argumentTypes.json");

/**
 * Refuses a value of a kind that the argument's type does not have. Programs in other languages, and in JavaScript, have
 * no compiler that does; and berth loads TypeScript without its types.
 *
 * @param component name of the class whose arguments they are
 */
export function checkTypes(component: string, args: object): void {
  checkFields(args, types().classes[component]!, "");
}

/**
 * What a program gives to a component: an argument that it does not have, or one of another kind, is refused. Nothing
 * else may have been looked at before.
 *
 * @param component name of its class
 * @param name of the component, for the sentence
 * @param refused arguments that it does not have, of which it says itself why
 */
export function checkGiven(component: string, name: string, args: object, refused: readonly string[] = []): void {
  reporter(
    component,
    name,
  )(() => {
    if (typeof args !== "object" || args === null || Array.isArray(args))
      throw new ArgumentError("args", say`are missing`, say`give an object with the arguments of ${component}`);
    checkArguments(args, [...Object.keys(types().classes[component]!), ...refused], component);
    checkTypes(component, args);
  });
}

function checkFields(value: object, fields: Record<string, ArgumentType | null>, path: string): void {
  for (const [name, field] of Object.entries(value)) {
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type) check(field, path ? `${path}.${name}` : name, type);
  }
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
  const fields = typeof type.fields === "number" ? types().shared[type.fields]! : (type.fields ?? {});
  checkFields(value as object, fields, path);
  if (type.values)
    for (const [name, item] of Object.entries(value as object))
      if (!Object.hasOwn(fields, name)) check(item, `${path}.${name}`, type.values);
}
