import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Document, isMap, parseDocument } from "yaml";
import { say } from "../core/description/say";
import type { RollbackSetting } from "../core/engines/rollback";

const KEY = "berth:rollback";
const NOTE = " Written by `berth rollback`, which also takes it away again: --end";

/** The file with the settings of a stack. */
export const settingsFile = (root: string, stack: string): string => join(root, `Pulumi.${stack}.yaml`);

/** Its text; undefined where there is none. */
export const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

/** Writes a file as a whole or not at all; undefined takes it away. */
export function writeText(file: string, text: string | undefined): void {
  if (text === undefined) rmSync(file, { force: true });
  else {
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
  }
}

/**
 * The text of a stack's settings with another `berth:rollback`; everything else stays as somebody wrote it.
 *
 * @throws Error where the file is no YAML, or where the CLI would take something in the setting for a secret
 */
export function withRollback(file: string, setting: RollbackSetting): string {
  const document = parseDocument(textOf(file) ?? "");
  const [error] = document.errors;
  if (error) throw new Error(say`${file}: ${error.message.split("\n")[0]}`);
  const whole = document.contents === null ? new Document({}) : document;
  if (Object.keys(setting).length === 0) {
    whole.deleteIn(["config", KEY]);
    const config = whole.get("config");
    if (isMap(config) && config.items.length === 0) whole.delete("config");
  } else {
    refuseLikeSecret(setting);
    const { config } = (whole.toJS() ?? {}) as { config?: unknown };
    if (config === null || config === undefined) whole.set("config", whole.createNode({}));
    const node = whole.createNode(setting);
    node.commentBefore = NOTE;
    // As a pair of its own, so that the comment stands above it.
    whole.setIn(["config", KEY], node);
  }
  if (isMap(whole.contents) && whole.contents.items.length === 0) return "";
  return whole.toString({ lineWidth: 0, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}

/** The CLI takes every map whose only key is `secure` for an encrypted text. */
function refuseLikeSecret(value: unknown, path: string[] = []): void {
  if (value === null || typeof value !== "object") return;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === "secure" && !Array.isArray(value))
    throw new Error(
      say`${path.filter((part) => part !== "description").join(".")}: has "secure" alone in it, which the Pulumi CLI takes for an encrypted text in the settings; the service cannot be rolled back by them`,
    );
  for (const [key, item] of entries) refuseLikeSecret(item, [...path, key]);
}
