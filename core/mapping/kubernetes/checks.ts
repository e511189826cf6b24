import { ArgumentError, show } from "../../description/errors";
import { parseImage } from "../../description/names";
import { parseInteger } from "../../description/quantities";
import { say } from "../../description/say";

/*
 * What the API server takes, so that a slip is refused before anything is made. Each check gives the value back,
 * and throws an ArgumentError that names the argument.
 */

const NAME = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL = new RegExp(`^${NAME}$`);
const SUBDOMAIN = new RegExp(`^${NAME}(\\.${NAME})*$`);
const WORD = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

function text(value: unknown, argument: string, what: string): string {
  if (typeof value !== "string")
    throw new ArgumentError(argument, say`${show(value)} is not text`, say`give ${what} as a string`);
  return value;
}

/** The nearest name that the rule takes: `docker_jenkins` is `docker-jenkins`. Empty where nothing is left of it. */
export function asLabelName(value: string): string {
  return value
    .toLowerCase()
    .replace(/[^-a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
}

const suggestion = (near: string, otherwise: string) => say`use ${near === "" ? otherwise : `"${near}"`}`;

/**
 * A name of most objects and of namespaces (RFC 1123 label): at most 63 lower-case letters, digits and `-`.
 *
 * @throws ArgumentError that suggests a name which is taken
 */
export function labelName(value: string, argument: string): string {
  const name = text(value, argument, say`a name`);
  if (name.length <= 63 && LABEL.test(name)) return name;
  throw new ArgumentError(
    argument,
    say`${show(name)} is not a name that Kubernetes takes (lower-case letters, digits and '-', at most 63)`,
    suggestion(asLabelName(name), say`a name such as "web-1"`),
  );
}

/** A name of a Service (RFC 1035 label): as `labelName`, and it begins with a letter. */
export function serviceName(value: string, argument: string): string {
  const name = labelName(value, argument);
  if (/^[a-z]/.test(name)) return name;
  throw new ArgumentError(
    argument,
    say`${show(name)} is not a name of a Kubernetes Service, which begins with a letter`,
    say`use ${show(asLabelName(`app-${name}`))}`,
  );
}

/** A name such as those of Secrets and ConfigMaps (RFC 1123 subdomain): labels joined by dots, at most 253. */
export function subdomainName(value: string, argument: string): string {
  const name = text(value, argument, say`a name`);
  if (name.length <= 253 && SUBDOMAIN.test(name)) return name;
  const near = name
    .toLowerCase()
    .slice(0, 253)
    .split(".")
    .map((part) => part.replace(/[^-a-z0-9]+/g, "-").replace(/^-+|-+$/g, ""))
    .filter((part) => part !== "")
    .join(".");
  throw new ArgumentError(
    argument,
    say`${show(name)} is not a name that Kubernetes takes (lower-case letters, digits, '-' and '.', at most 253)`,
    suggestion(near, say`a name such as "web.example"`),
  );
}

function qualifiedName(value: string, argument: string, what: string, shown: string): void {
  const [name = "", prefix, extra] = value.split("/").reverse();
  const fits =
    extra === undefined &&
    name.length <= 63 &&
    WORD.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix)));
  if (!fits)
    throw new ArgumentError(
      argument,
      say`${show(shown)} is not a key of ${what}`,
      say`use letters, digits, '-', '_' and '.' (at most 63), with a domain before a slash if you like: "example.com/tier"`,
    );
}

/** A key of a label: `app`, `app.kubernetes.io/name`. */
export function labelKey(value: string, argument: string): string {
  qualifiedName(text(value, argument, say`a key`), argument, say`a label`, value);
  return value;
}

/** A value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.`. */
export function labelValue(value: string, argument: string): string {
  const label = text(value, argument, say`a label's value`);
  if (label === "" || (label.length <= 63 && WORD.test(label))) return label;
  throw new ArgumentError(
    argument,
    say`${show(label)} is not a value of a label (letters, digits, '-', '_' and '.', at most 63)`,
    say`shorten it, or make it an annotation, which takes any text`,
  );
}

/** Labels, each by its key: `podLabels.tier`. */
export function labels(value: Record<string, string>, argument: string): Record<string, string> {
  for (const [key, item] of Object.entries(value)) labelValue(item, `${argument}.${labelKey(key, argument)}`);
  return value;
}

/** A key of an annotation: as a label's, and the domain may have capital letters. */
export function annotationKey(value: string, argument: string): string {
  qualifiedName(text(value, argument, say`a key`).toLowerCase(), argument, say`an annotation`, value);
  return value;
}

/** Annotations; their values are free text, 256 KiB together. */
export function annotations(value: Record<string, string>, argument: string): Record<string, string> {
  let size = 0;
  for (const [key, item] of Object.entries(value)) {
    text(item, `${argument}.${annotationKey(key, argument)}`, say`an annotation's value`);
    size += Buffer.byteLength(key) + Buffer.byteLength(item);
  }
  if (size > 256 * 1024)
    throw new ArgumentError(
      argument,
      say`annotations are longer than 256 KiB together`,
      say`put the text into a config`,
    );
  return value;
}

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?\d+))?$/;
const BINARY: Record<string, number> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const QUANTITY_HELP = say`use a number with a unit such as "500m", "0.5", "64Mi" or "2Gi"`;

/**
 * A quantity as a number: `"64Mi"` is 67108864, `"100m"` is 0.1.
 *
 * @throws ArgumentError for what is none
 */
export function amount(value: string | number, argument: string): number {
  const match = QUANTITY.exec(typeof value === "string" || typeof value === "number" ? String(value) : "");
  if (!match) {
    const wrongUnit = /^[\d.]+\s*(k|kb|m|mb|g|gb|t|tb|ki?b|mi?b|gi?b)$/i.exec(String(value));
    const near = wrongUnit && `${Number.parseFloat(String(value))}${wrongUnit[1]!.charAt(0).toUpperCase()}i`;
    const remedy = near && QUANTITY.test(near) ? say`use ${show(near)}` : QUANTITY_HELP;
    throw new ArgumentError(argument, say`${show(value)} is not a Kubernetes quantity`, remedy);
  }
  const [, number = "", binary, decimal, exponent] = match;
  if (binary) return Number(number) * 1024 ** BINARY[binary]!;
  // By way of text: 0.1 times a power would not be exact.
  return Number(`${number}e${decimal ? DECIMAL[decimal] : Number(exponent ?? 0)}`);
}

/**
 * A Kubernetes quantity, zero or more: `100m`, `0.5`, `64Mi`, `1e3`. Units are case-sensitive: `m` is a
 * thousandth, `M` a million, `Mi` 1024².
 */
export function quantity<T extends string | number>(value: T, argument: string): T {
  if (amount(value, argument) < 0)
    throw new ArgumentError(argument, say`${show(value)} is below zero`, say`use zero or more`);
  return value;
}

/** A quantity above zero, such as processors: `100m`, `0.5`, `2`. */
export function positiveQuantity<T extends string | number>(value: T, argument: string): T {
  if (amount(value, argument) <= 0)
    throw new ArgumentError(argument, say`${show(value)} is not above zero`, say`use more than zero, or remove it`);
  return value;
}

/** A quantity of bytes above zero: `64Mi`, `10Gi`. A part of a byte is refused, as in `512m` for `512Mi`. */
export function bytesQuantity<T extends string | number>(value: T, argument: string): T {
  positiveQuantity(value, argument);
  if (!Number.isInteger(amount(value, argument))) {
    const meant = /^(\d+)m$/.exec(String(value))?.[1];
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a whole number of bytes${meant ? say`: m stands for a thousandth` : ""}`,
      meant ? say`use ${show(`${meant}Mi`)}` : say`use for example "512Mi"`,
    );
  }
  return value;
}

/** Compares two quantities: below zero where the first one is the smaller one. */
export function compareQuantities(a: string | number, b: string | number, argument: string): number {
  return amount(a, argument) - amount(b, argument);
}

/** Lowest and highest port that a cluster gives to Services on its nodes, unless its API server is set otherwise. */
export const NODE_PORTS: readonly [low: number, high: number] = [30000, 32767];

/** A port on the nodes. */
export function nodePort(value: number, argument: string): number {
  const [low, high] = NODE_PORTS;
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new ArgumentError(
    argument,
    say`${show(value)} is not a node port`,
    say`use a whole number from ${low} to ${high}`,
  );
}

/** A port of a container or Service. */
export const portNumber = (value: number, argument: string): number => parseInteger(value, argument, 1, 65535);

/** Name of a container's port (IANA service name): `http`, `metrics-2`. */
export function portName(value: string, argument: string): string {
  const name = text(value, argument, say`a port's name`);
  if (name.length <= 15 && LABEL.test(name) && /[a-z]/.test(name) && !name.includes("--")) return name;
  const near = asLabelName(name).replace(/-+/g, "-").slice(0, 15).replace(/-$/, "");
  throw new ArgumentError(
    argument,
    say`${show(name)} is not a name of a port (at most 15 lower-case letters, digits and single '-', one letter at least)`,
    suggestion(/[a-z]/.test(near) ? near : "", say`a name such as "http"`),
  );
}

/** A number of pods, 0 included. */
export function replicas(value: number, argument: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new ArgumentError(argument, say`${show(value)} is not a number of pods`, say`use a whole number, 0 or more`);
}

/** A whole number or a percentage, such as `maxSurge` and `maxUnavailable`: `1`, `"25%"`. */
export function numberOrPercentage<T extends string | number>(value: T, argument: string): T {
  const whole = typeof value === "number" && Number.isInteger(value) && value >= 0;
  if (whole || (typeof value === "string" && /^\d+%$/.test(value))) return value;
  const bare = typeof value === "string" && /^\d+$/.test(value);
  throw new ArgumentError(
    argument,
    say`${show(value)} is neither a whole number nor a percentage`,
    bare ? say`use ${value} or "${value}%"` : say`use for example 1 or "25%"`,
  );
}

/** An image that a node can fetch: an id of Docker alone (`sha256:...`) names none. */
export function image(value: string, argument: string): string {
  const { repository } = parseImage(text(value, argument, say`an image`), argument);
  if (repository !== "") return value;
  throw new ArgumentError(
    argument,
    say`${show(value)} is the id of an image on one Docker engine, which nodes cannot fetch`,
    say`name it by repository and tag or digest`,
  );
}

/** Labels by which a controller or Service finds pods: not empty, and every one of them on the pods. */
export function selector(
  value: Record<string, string>,
  argument: string,
  podLabels: Record<string, string>,
): Record<string, string> {
  labels(value, argument);
  const entries = Object.entries(value);
  if (entries.length === 0)
    throw new ArgumentError(argument, say`is empty and finds no pods`, say`name one label at least`);
  for (const [key, item] of entries) {
    if (podLabels[key] === item) continue;
    const has =
      podLabels[key] === undefined ? say`the pods have no such label` : say`the pods have "${podLabels[key]}"`;
    throw new ArgumentError(
      `${argument}.${key}`,
      say`"${item}" finds no pods: ${has}`,
      say`give the pods' template the same label`,
    );
  }
  return value;
}

/** Name of an environment variable. */
export function variableName(value: string, argument: string): string {
  if (/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(text(value, argument, say`a variable's name`))) return value;
  throw new ArgumentError(
    argument,
    say`${show(value)} is not a name of a variable that Kubernetes takes`,
    say`use letters, digits, '_', '-' and '.', not beginning with a digit`,
  );
}

/** Key in the data of a Secret or ConfigMap: the name of a file, not a path. */
export function dataKey(value: string, argument: string): string {
  const key = text(value, argument, say`a key`);
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== "." && !key.startsWith("..")) return key;
  throw new ArgumentError(
    argument,
    say`${show(key)} is not a key of a Secret or ConfigMap`,
    say`use letters, digits, '-', '_' and '.', not beginning with '..'`,
  );
}
