import * as pulumi from "@pulumi/pulumi";
import { show } from "../../core/description/errors";
import { SETTINGS } from "../../core/pulumi/settings";
import { either, listed, say } from "../../core/description/say";

/** One setting of a stack, in `pulumi config` under its program's name: `pulumi config set nginx:port 8080`. */
export interface Setting<T> {
  /** What it is, for `berth settings`. */
  doc: string;
  /** Text of the default, for the same. */
  shown: string;
  /** Kept encrypted; set with `--secret`. */
  secret?: boolean;
  /** Comes from somewhere else (a token, a key), so that berth cannot make one. */
  given?: boolean;
  read(config: pulumi.Config, key: string): T;
}

function fail(config: pulumi.Config, key: string, problem: string, remedy: string): never {
  throw new pulumi.RunError(say`${config.name}:${key}: ${problem}; ${remedy}.`);
}

/** Free text. */
export const text = <D extends string | undefined>(standard: D, doc: string): Setting<string | D> => ({
  doc,
  shown: standard ?? "",
  read: (config, key) => config.get(key) ?? standard,
});

/** One of a few words. */
export const choice = <T extends string>(choices: readonly T[], standard: T, doc: string): Setting<T> => ({
  doc: say`${doc}: ${listed(choices)}`,
  shown: standard,
  read(config, key) {
    const value = (config.get(key) ?? standard) as T;
    if (!choices.includes(value)) fail(config, key, say`${show(value)} is not known`, say`use ${listed(choices)}`);
    return value;
  },
});

/** A host port. */
export const port = <D extends number | undefined>(standard: D, doc: string): Setting<number | D> => ({
  doc,
  shown: String(standard ?? ""),
  read(config, key) {
    const value = config.get(key);
    if (value === undefined) return standard;
    if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > 65535)
      fail(config, key, say`${show(value)} is not a port`, say`use 1 to 65535`);
    return Number(value);
  },
});

/** A whole number, 0 or more. */
export const count = (standard: number, doc: string): Setting<number> => ({
  doc,
  shown: String(standard),
  read(config, key) {
    const value = config.get(key) ?? String(standard);
    if (!/^\d{1,9}$/.test(value)) fail(config, key, say`${show(value)} is not a whole number`, say`use 0 or more`);
    return Number(value);
  },
});

/** A host port, or a word in its place. */
export const portOr = <W extends string>(words: readonly W[], doc: string): Setting<number | W | undefined> => ({
  doc: say`${doc}: a port, ${either(words)}`,
  shown: "",
  read(config, key) {
    const value = config.get(key);
    if (value === undefined || words.includes(value as W)) return value as W | undefined;
    if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > 65535)
      fail(config, key, say`${show(value)} is not a port`, say`use 1 to 65535, ${either(words)}`);
    return Number(value);
  },
});

/** true or false. */
export const flag = (standard: boolean, doc: string): Setting<boolean> => ({
  doc,
  shown: String(standard),
  read(config, key) {
    const value = config.get(key) ?? String(standard);
    if (value !== "true" && value !== "false")
      fail(config, key, say`${show(value)} is not true or false`, say`use true or false`);
    return value === "true";
  },
});

/** A list of texts: `pulumi config set --path 'nginx:volumes[0]' ./html:/usr/share/nginx/html:ro`. */
export const list = (standard: string[], doc: string): Setting<string[]> => ({
  doc,
  shown: standard.join(", "),
  read(config, key) {
    if (config.get(key) === undefined) return standard;
    let value: unknown;
    try {
      value = config.requireObject(key);
    } catch {
      value = undefined;
    }
    if (Array.isArray(value) && value.some((item) => item !== null && typeof item === "object" && "secure" in item))
      fail(config, key, say`is encrypted, which berth's own plan cannot read`, say`use \`pulumi preview\`, which can`);
    if (!Array.isArray(value) || value.some((item) => typeof item !== "string"))
      fail(
        config,
        key,
        say`is not a list of texts`,
        say`set it with \`pulumi config set --path '${config.name}:${key}[0]' VALUE\``,
      );
    return value as string[];
  },
});

/** A list of records: `pulumi config set --path 'workspace:people[0].name' ada`. Their fields are checked by who takes them. */
export const records = <T extends object>(doc: string): Setting<T[]> => ({
  doc,
  shown: "",
  read(config, key) {
    if (config.get(key) === undefined) return [];
    let value: unknown;
    try {
      value = config.requireObject(key);
    } catch {
      value = undefined;
    }
    if (!Array.isArray(value) || value.some((item) => item === null || typeof item !== "object" || Array.isArray(item)))
      fail(
        config,
        key,
        say`is not a list of records`,
        say`set its fields with \`pulumi config set --path '${config.name}:${key}[0].name' VALUE\``,
      );
    return value as T[];
  },
});

/** One record: `pulumi config set --path 'host:jump.host' gate`. Its fields are checked by who takes it. */
export const record = <T extends object>(doc: string): Setting<T | undefined> => ({
  doc,
  shown: "",
  read(config, key) {
    if (config.get(key) === undefined) return undefined;
    let value: unknown;
    try {
      value = config.requireObject(key);
    } catch {
      value = undefined;
    }
    if (value === null || typeof value !== "object" || Array.isArray(value))
      fail(
        config,
        key,
        say`is not a record`,
        say`set its fields with \`pulumi config set --path '${config.name}:${key}.NAME' VALUE\``,
      );
    return value as T;
  },
});

/**
 * A password that has to be there. A preview goes on without it, so that a newcomer can look first; `berth up` makes one
 * unless it has to be given by somebody, and the CLI's `up` stops before anything is made.
 */
export const password = (doc: string, given = false): Setting<pulumi.Output<string>> => ({
  doc,
  shown: say`none: asked for`,
  secret: true,
  ...(given && { given }),
  read(config, key) {
    const how = say`set one with \`pulumi config set --secret ${config.name}:${key}\``;
    // The Output would be seen to be empty only when other things have been made.
    if (pulumi.runtime.getConfig(`${config.name}:${key}`) === "") fail(config, key, say`is empty`, how);
    const value = config.getSecret(key);
    if (value) return value;
    if (!pulumi.runtime.isDryRun()) fail(config, key, say`is not set`, how);
    void pulumi.log.warn(
      given
        ? say`${config.name}:${key} is not set: \`up\` will stop here; ${how}.`
        : say`${config.name}:${key} is not set: \`berth up\` makes one, \`pulumi up\` stops here; ${how}.`,
    );
    return pulumi.secret("set before up");
  },
});

/**
 * A map of passwords by user, each set by itself: `pulumi config set --secret --path 'jupyter:users.anna' VALUE`.
 * Where only the CLI can decrypt them, a plan goes on without.
 */
export const passwords = (doc: string): Setting<Record<string, pulumi.Output<string>>> => ({
  doc,
  shown: "",
  secret: true,
  given: true,
  read(config, key) {
    // The SDK warns of secrets that are read as plain text; the names are none.
    const given = pulumi.runtime.getConfig(`${config.name}:${key}`);
    if (given === undefined) return {};
    const how = say`set them with \`pulumi config set --secret --path '${config.name}:${key}.NAME'\``;
    let value: unknown;
    try {
      value = JSON.parse(given);
    } catch {
      value = undefined;
    }
    if (value === null || typeof value !== "object" || Array.isArray(value))
      fail(config, key, say`is not a map of passwords`, how);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const hidden = item !== null && typeof item === "object" && "secure" in item;
        if (!hidden && (typeof item !== "string" || item === ""))
          fail(config, `${key}.${name}`, say`is no password`, how);
        return [name, pulumi.secret(hidden ? "encrypted" : (item as string))];
      }),
    );
  },
});

/** Whether a setting was set with `--secret`, as the CLI tells the program. */
export const isEncrypted = (key: string): boolean =>
  (JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[]).includes(key);

/** A secret that only its owner can give: a token, a key of another service. Otherwise like a password. */
export const credential = (doc: string): Setting<pulumi.Output<string>> => password(doc, true);

/** A secret that may be left out. */
export const optionalSecret = (doc: string): Setting<pulumi.Output<string> | undefined> => ({
  doc,
  shown: "",
  secret: true,
  given: true,
  read: (config, key) => config.getSecret(key),
});

/** Reads a program's settings; a setting that is not known is refused, so that a slip does not go unseen. */
export function readSettings<S extends Record<string, Setting<unknown>>>(
  program: string,
  schema: S,
): { [K in keyof S]: S[K] extends Setting<infer T> ? T : never } {
  const known = Object.keys(schema);
  for (const full of Object.keys(pulumi.runtime.allConfig())) {
    const [namespace, key = ""] = full.split(":");
    if (namespace === program && !known.includes(key) && !(program === "berth" && Object.hasOwn(SETTINGS, key))) {
      throw new pulumi.RunError(
        say`${full}: is not a setting of the ${program} stack; use ${listed(known.map((name) => `${program}:${name}`))}.`,
      );
    }
  }
  const config = new pulumi.Config(program);
  return Object.fromEntries(known.map((key) => [key, schema[key]!.read(config, key)])) as never;
}
