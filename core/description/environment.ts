import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ArgumentError, checkFields, show } from "./errors";
import { hostPath } from "./mounts";
import { substitute, TemplateError } from "./template";
import type { EnvFileDescription } from "./types";
import { say } from "./say";

/** Environment variables by name; `secret` holds the names whose values must not be shown. */
export interface EnvironmentFile {
  values: Record<string, string>;
  /** True when every value is secret, whatever its name. */
  secret: boolean;
}

// Elasticsearch and Spring join words with dots: `bootstrap.password`.
const SECRET_NAME =
  /(^|[_.-])(PASS|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)([_.-]|$)/i;

/** Whether a variable's name says that its value is a secret. `..._FILE` names a path, not a secret. */
export function isSecretName(name: string): boolean {
  return (
    SECRET_NAME.test(name) &&
    !/(_FILE|_PATH)$/i.test(name) &&
    !/^MYSQL_ALLOW_EMPTY_PASSWORD$|^MYSQL_RANDOM_ROOT_PASSWORD$/.test(name)
  );
}

function checkName(name: string, argument: string): string {
  if (name === "" || /[=\0\s]/.test(name)) {
    throw new ArgumentError(
      argument,
      say`${show(name)} is not a variable name`,
      say`use a name without '=' and spaces`,
    );
  }
  return name;
}

/** `NAME=value` in its two parts; a name alone, which takes its value from outside, has null. */
export function splitVariable(item: string): [name: string, value: string | null] {
  const [name = "", value] = item.split(/=(.*)/s);
  return [name, value ?? null];
}

/**
 * Takes the map form and the list form of `environment` to one map; a name alone takes its value from `outer`, and is
 * null where that has none: the container is not to have the variable, whatever its image says.
 */
export function parseEnvironment(
  value: Record<string, unknown> | string[],
  argument: string,
  outer: Record<string, string | undefined>,
): Record<string, string | null> {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => {
        const [name, text] = splitVariable(String(item));
        return [checkName(name, `${argument}[${index}]`), text];
      })
    : Object.entries(value).map(([name, item]) => [checkName(name, `${argument}.${name}`), item]);
  const result: Record<string, string | null> = {};
  for (const [name, item] of entries) {
    if (item === undefined) continue;
    if (item !== null && typeof item === "object") {
      throw new ArgumentError(`${argument}.${name}`, say`is not text`, say`give a string, number or boolean`);
    }
    const text = item === null ? (outer[name] ?? null) : String(item);
    if (text?.includes("\0"))
      throw new ArgumentError(`${argument}.${name}`, say`holds a NUL character`, say`remove it`);
    result[name] = text;
  }
  return result;
}

type Outer = Record<string, string | undefined>;

/** One `NAME=value` per line, taken as it stands; a name alone takes its value from `outer`. */
function parseRaw(content: string, argument: string, outer: Outer): Record<string, string> {
  const lines = content
    .split(/\r?\n/)
    .map((line, index): [string, string] => [line.trimStart(), say`${argument}: line ${index + 1}`]);
  return Object.assign(
    {},
    ...lines.filter(([line]) => line !== "" && !line.startsWith("#")).map(([line, at]) => parseLine(line, at, outer)),
  );
}

function parseLine(line: string, argument: string, outer: Outer): Record<string, string> {
  const [name = "", value] = line.split(/=(.*)/s);
  checkName(name, argument);
  return givenOf(name, value ?? null, argument, outer);
}

/** A variable of a file: unlike in `environment`, a name alone says nothing where `outer` has none. */
function givenOf(name: string, value: string | null, argument: string, outer: Outer): Record<string, string> {
  const found = parseEnvironment({ [name]: value }, argument, outer)[name];
  return typeof found === "string" ? { [name]: found } : {};
}

const QUOTED =
  /[^\S\n]*(?:export[^\S\n]+)?([^\s=:#"']+)[^\S\n]*[=:][^\S\n]*(["'])((?:\\[\s\S]|(?!\2|\\)[\s\S])*)\2[^\S\n]*(?:#.*)?(?:\n|$)/y;
const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  // A dollar sign that the template leaves alone.
  $: "$$",
};

function readEscapes(value: string): string {
  return value.replace(/\\(?:([abfnrtv"\\$])|0(\d{3}))/g, (all, char?: string, octal?: string) =>
    char ? (ESCAPES[char] ?? char) : /^[0-3][0-7]{2}$/.test(octal!) ? String.fromCharCode(parseInt(octal!, 8)) : all,
  );
}

/**
 * Reads `NAME=value` lines as Compose does: quotes, comments and `export`, and `$NAME` outside of single quotes,
 * which means the variable of `outer` first and one of the same text second. Node's own parseEnv cuts a value at
 * any #, also inside a word, and joins a name alone with the next line.
 *
 * @param onUnset told of each variable that is not set and has no default; it becomes empty
 * @param known variables of earlier files
 */
export function parseDotEnv(
  content: string,
  argument: string,
  outer: Outer,
  onUnset?: (name: string) => void,
  known: Record<string, string> = {},
): Record<string, string> {
  const result: Record<string, string> = {};
  const text = content.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
  const expand = (value: string, where: string) => {
    try {
      return substitute(value, (name) => outer[name] ?? result[name] ?? known[name], onUnset);
    } catch (error) {
      if (error instanceof TemplateError) throw new ArgumentError(where, error.problem, error.remedy);
      throw error;
    }
  };
  for (let at = 0, number = 1; at < text.length; ) {
    const where = say`${argument}: line ${number}`;
    QUOTED.lastIndex = at;
    const [all, name, quote, value = ""] = QUOTED.exec(text) ?? [
      text.slice(at, text.indexOf("\n", at) + 1 || text.length),
    ];
    if (name) {
      result[name] = quote === "'" ? value.replace(/\\'/g, "'") : expand(readEscapes(value), where);
    } else {
      const plain = all.trim().replace(/^export\s+/, "");
      const [key = "", rest] = plain.split(/\s*[=:](.*)/s);
      const isComment = plain === "" || plain.startsWith("#");
      if (!isComment && /^\s*["']/.test(rest ?? ""))
        throw new ArgumentError(
          where,
          say`the quoted value of ${key} has no end`,
          say`close the quote; only a comment may follow it`,
        );
      if (!isComment) {
        checkName(key, where);
        const item = rest === undefined ? null : expand(rest.replace(/\s#.*$/s, "").trim(), where);
        Object.assign(result, givenOf(key, item, where, outer));
      }
    }
    number += all.split("\n").length - 1;
    at += all.length;
  }
  return result;
}

/** What projects call the file that is to be copied: `.env.example`, `sample.env`, `db.env-dist`. */
const EXAMPLE = /(?:^|[._-])(?:example|sample|template|dist|defaults?)(?=[._-]|$)/i;

/** How a file that is missing comes to be there. */
function toCreate(file: string): string {
  const [folder, name] = [dirname(file), basename(file)];
  const bare = (text: string) => text.replace(EXAMPLE, "").replace(/^[._-]/, "");
  const example = existsSync(folder)
    ? readdirSync(folder).find((other) => EXAMPLE.test(other) && bare(other) === bare(name))
    : undefined;
  return example ? say`copy ${example} to ${name}, and fill it in` : say`create it, or set required: false`;
}

/** Reads environment files, in order. */
export function readEnvFiles(
  value: string | (string | EnvFileDescription)[],
  argument: string,
  projectFolder: string,
  outer: Record<string, string | undefined>,
): EnvironmentFile[] {
  const files = typeof value === "string" ? [value] : value;
  const known: Record<string, string> = {};
  return files.flatMap((file, index) => {
    const at = typeof value === "string" ? argument : `${argument}[${index}]`;
    if (typeof file === "object")
      checkFields(file, ["path", "required", "secret", "format"], at, say`an environment file`);
    const { path, required = true, secret = false, format } = typeof file === "string" ? { path: file } : file;
    const absolute = hostPath(path, projectFolder);
    let content: string;
    try {
      content = readFileSync(absolute, "utf8");
    } catch (error) {
      if (!required && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new ArgumentError(
        at,
        say`cannot read ${absolute} (${(error as NodeJS.ErrnoException).code})`,
        toCreate(absolute),
      );
    }
    const values = format === "raw" ? parseRaw(content, at, outer) : parseDotEnv(content, at, outer, undefined, known);
    Object.assign(known, values);
    return [{ values, secret }];
  });
}
