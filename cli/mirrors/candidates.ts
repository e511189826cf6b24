import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ArgumentError, checkFields, show } from "../../core/description/errors";
import { say } from "../../core/description/say";
import { KEYS } from "../../core/host/daemon/keys";

/** The file that is read where none is named, in the project's folder. */
export const USUAL_FILE = "mirrors.yaml";

/** Days after which a list of public mirrors is most likely wrong. */
const OLD = 60;

export interface CandidateFile {
  mirrors: string[];
  /** What is to be said of its age. */
  warning?: string;
}

/** One mirror without a slash at its end, as dockerd takes it. */
export function mirrorUrl(given: unknown, argument: string): string {
  const url = typeof given === "string" ? given.trim().replace(/\/$/, "") : given;
  try {
    KEYS["registry-mirrors"]!.check!([url], argument);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError(argument, error.problem, error.remedy);
  }
  return url as string;
}

/**
 * Reads a file of mirrors that may be worth a try.
 *
 * @throws ArgumentError for a file that is not in this form
 */
export function readCandidates(path: string, now = Date.now()): CandidateFile {
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ArgumentError(
      "--from",
      say`${path} cannot be read (${(error as Error).message})`,
      say`name a file in YAML`,
    );
  }
  const form = say`write "date: 2026-11-27", and below "mirrors:" one URL on a line behind a dash`;
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new ArgumentError(path, say`is no list of mirrors`, form);
  checkFields(value, ["date", "mirrors"], path, say`a list of mirrors`);
  const { date, mirrors } = value as { date?: unknown; mirrors?: unknown };
  const time = /^\d{4}-\d{2}-\d{2}$/.test(String(date)) ? Date.parse(String(date)) : Number.NaN;
  if (Number.isNaN(time)) throw new ArgumentError(say`${path}: date`, say`${show(date ?? null)} is no day`, form);
  if (!Array.isArray(mirrors)) throw new ArgumentError(say`${path}: mirrors`, say`is no list`, form);
  const days = Math.floor((now - time) / 86_400_000);
  return {
    mirrors: mirrors.map((url, index) => mirrorUrl(url, `${path}: mirrors[${index}]`)),
    ...(days > OLD && {
      warning: say`${path} is of ${String(date)}, ${days} days ago; lists of public mirrors age in weeks`,
    }),
  };
}

/** The file that is named, or the usual one where it is there. */
export function candidateFile(given: string | undefined, folder: string): CandidateFile | undefined {
  if (given !== undefined) return readCandidates(given);
  const usual = join(folder, USUAL_FILE);
  return existsSync(usual) ? readCandidates(usual) : undefined;
}
