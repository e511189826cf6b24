import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DockerRunError,
  type DockerRun,
  type DockerRunContext,
  parseDockerRun,
} from "../../../../core/readers/dockerRun";

/** A folder with the files that lines name. */
export function world(files: Record<string, string> = {}): DockerRunContext {
  const folder = mkdtempSync(join(tmpdir(), "berth-run-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { environment: { HOME: "/home/ann", OUTER: "outer", EMPTY: "", WIDE: "a b" }, folder, home: "/home/ann" };
}

export const plain: DockerRunContext = {
  environment: { HOME: "/home/ann", OUTER: "outer", EMPTY: "", WIDE: "a b" },
  folder: "/project",
  home: "/home/ann",
};

export const run = (line: string, context = plain): DockerRun => parseDockerRun(line, context);

/** The error that something throws. */
export function errorOf(action: () => unknown): DockerRunError {
  try {
    action();
  } catch (error) {
    if (error instanceof DockerRunError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The text of the line that stands over the mark. */
export function marked(error: Error): string {
  const rows = error.message.split("\n");
  const carets = rows.at(-1)!;
  const from = carets.indexOf("^");
  return rows.at(-2)!.slice(from, from + carets.trim().length);
}
