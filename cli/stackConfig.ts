import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { HIDDEN } from "./marks";

/** A stack's settings as its Pulumi.<stack>.yaml has them. */
export interface StackConfig {
  values: Record<string, string>;
  /** Keys whose value is encrypted; without the passphrase it cannot be read, and need not be. */
  secrets: string[];
}

/** Reads the settings of a stack without the Pulumi CLI. A stack without a file has none. */
export function readStackConfig(root: string, project: string, stack: string): StackConfig {
  const file = join(root, `Pulumi.${stack}.yaml`);
  const config: StackConfig = { values: {}, secrets: [] };
  if (!existsSync(file)) return config;
  const { config: entries = {} } = (parse(readFileSync(file, "utf8")) ?? {}) as { config?: Record<string, unknown> };
  for (const [name, value] of Object.entries(entries ?? {})) {
    const key = name.includes(":") ? name : `${project}:${name}`;
    if (value !== null && typeof value === "object" && "secure" in value) {
      config.secrets.push(key);
      config.values[key] = HIDDEN;
    } else config.values[key] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return config;
}
