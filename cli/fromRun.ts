import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { quote } from "shlex";
import { parseDockerLines } from "../core/readers/dockerRun";
import { formOf, show } from "./show";

const BEGINS_A_LINE = /^(sudo|docker|podman|nvidia-docker)$/;
const TAKES_A_VALUE = /^--(to|project-name)$/;

/**
 * Puts a line together again that was pasted without quotes, so that the shell has taken it apart. What stands before
 * it is berth's own; all the rest is the line's, options too.
 */
export function joinLine(words: string[]): string[] {
  const start = words.findIndex(
    (word, index) => BEGINS_A_LINE.test(word) && !TAKES_A_VALUE.test(words[index - 1] ?? ""),
  );
  if (start < 0) return words;
  const line = words.slice(start).map((word) => quote(word));
  return [...words.slice(0, start), line.join(" ")];
}

/** `berth from-run`: `docker run` lines as arguments, or on standard input. */
export async function fromRun(lines: string[], given: { to?: string; projectName?: string }): Promise<number> {
  const form = formOf(given.to, "typescript");
  const read = lines.map((line) => (line === "-" ? readFileSync(0, "utf8") : line));
  const folder = process.cwd();
  const context = { environment: process.env, folder, home: homedir(), secretsLater: true };
  const project = parseDockerLines(read, given.projectName ?? "setup", context);
  const keys = Object.keys(project.services);
  if (given.projectName === undefined && keys.length === 1) project.name = keys[0]!;
  await show(project, form, folder);
  return 0;
}
