import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { show } from "../../description/errors";
import type { Use } from "./options";
import { say } from "../../description/say";

function content(path: string, folder: string, use: Use): string {
  try {
    return readFileSync(resolve(folder, path), "utf8");
  } catch (error) {
    throw use.fail(
      say`cannot read ${resolve(folder, path)} (${(error as NodeJS.ErrnoException).code ?? say`invalid path`})`,
      say`create it, or name another file`,
    );
  }
}

/** Reads a `--label-file` as docker does: `name=value` lines as they stand; a name alone counts for nothing. */
export function readLabels(use: Use, folder: string): { entries: [string, string][]; names: string[] } {
  const entries: [string, string][] = [];
  const names: string[] = [];
  const rows = content(use.value, folder, use)
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/);
  for (const [index, row] of rows.entries()) {
    const line = row.trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    const name = equals < 0 ? line : line.slice(0, equals);
    if (name === "" || /[ \t]/.test(name))
      throw use.fail(say`line ${index + 1}: ${show(name)} is not the name of a label`, say`write name=value`);
    if (equals < 0) names.push(name);
    else entries.push([name, line.slice(equals + 1)]);
  }
  return { entries, names };
}

/** Reads a seccomp profile: docker sends the JSON itself, so that the engine need not have the file. */
export function readProfile(path: string, use: Use, folder: string): string {
  try {
    return JSON.stringify(JSON.parse(content(path, folder, use)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw use.fail(say`${resolve(folder, path)} is not JSON (${error.message})`, say`give a seccomp profile`);
  }
}
