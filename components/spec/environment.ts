import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { ArgumentError, show } from "./errors";
import { hostPath } from "./mounts";
import type { EnvFileDescription } from "./types";

/** Environment variables by name; `secret` holds the names whose values must not be shown. */
export interface EnvironmentFile {
  values: Record<string, string>;
  /** True when every value is secret, whatever its name. */
  secret: boolean;
}

const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(_|$)/i;

/** Whether a variable's name says that its value is a secret. `..._FILE` names a path, not a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !/(_FILE|_PATH)$/i.test(name) && !/^MYSQL_ALLOW_EMPTY_PASSWORD$|^MYSQL_RANDOM_ROOT_PASSWORD$/.test(name);
}

function checkName(name: string, argument: string): string {
  if (name === "" || /[=\0\s]/.test(name)) {
    throw new ArgumentError(argument, `${show(name)} is not a variable name`, "use a name without '=' and spaces");
  }
  return name;
}

/** Takes the map form and the list form of `environment` to one map; a name alone takes its value from `outer`. */
export function parseEnvironment(
  value: Record<string, unknown> | string[],
  argument: string,
  outer: Record<string, string | undefined>,
): Record<string, string> {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => {
        const [name = "", ...rest] = String(item).split("=");
        return [checkName(name, `${argument}[${index}]`), rest.length ? rest.join("=") : null];
      })
    : Object.entries(value).map(([name, item]) => [checkName(name, `${argument}.${name}`), item]);
  const result: Record<string, string> = {};
  for (const [name, item] of entries) {
    if (item === undefined) continue;
    if (item !== null && typeof item === "object") {
      throw new ArgumentError(`${argument}.${name}`, "is not text", "give a string, number or boolean");
    }
    const text = item === null ? outer[name] : String(item);
    if (text?.includes("\0")) throw new ArgumentError(`${argument}.${name}`, "holds a NUL character", "remove it");
    if (text !== undefined) result[name] = text;
  }
  return result;
}

function parseRaw(content: string, outer: Record<string, string | undefined>): Record<string, string> {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return parseEnvironment(lines.map((line) => line.trimStart()), "envFile", outer);
}

/** Reads environment files, in order. */
export function readEnvFiles(
  value: string | (string | EnvFileDescription)[],
  argument: string,
  projectFolder: string,
  outer: Record<string, string | undefined>,
): EnvironmentFile[] {
  const files = typeof value === "string" ? [value] : value;
  return files.flatMap((file, index) => {
    const at = typeof value === "string" ? argument : `${argument}[${index}]`;
    const { path, required = true, secret = false, format } = typeof file === "string" ? { path: file } : file;
    const absolute = hostPath(path, projectFolder);
    let content: string;
    try {
      content = readFileSync(absolute, "utf8");
    } catch (error) {
      if (!required && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new ArgumentError(at, `cannot read ${absolute} (${(error as NodeJS.ErrnoException).code})`, "create it, or set required: false");
    }
    const values = format === "raw" ? parseRaw(content, outer) : (parseEnv(content) as Record<string, string>);
    return [{ values, secret }];
  });
}
