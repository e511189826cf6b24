import { createHash } from "node:crypto";
import type { HostRecord } from "../facts";
import { base64 } from "../job";
import { type Path, pathsOf, type Settings, settingsOf, valueAt, withSettings } from "./file";

/** The texts that a daemon.json has, had, and is to have; undefined where there is no file. */
export interface Texts {
  /** As it stands on the host. */
  current: string | undefined;
  /** Without berth's settings: what destroy puts back. */
  base: string | undefined;
  target: string | undefined;
  /** What is declared. */
  paths: Path[];
  /** Whether berth has written this file before, and nobody has edited it since. */
  untouched: boolean;
}

export const digestOf = (text: string | undefined): string =>
  text === undefined ? "absent" : createHash("sha256").update(text).digest("hex");

export const coded = (text: string | undefined): string => (text === undefined ? "absent" : base64(text));

const decoded = (text: string | undefined): string | undefined =>
  text === undefined || text === "absent" ? undefined : Buffer.from(text, "base64").toString("utf8");

interface Recorded {
  /** The file without berth's settings, when berth last wrote it; undefined where there was none. */
  base: string | undefined;
  written: string;
  paths: Path[];
}

/** The file as it would be without berth, when somebody has edited it since. */
function withoutOurs(current: string | undefined, { base, paths }: Recorded): string | undefined {
  const before = settingsOf(base);
  const result = withSettings(
    current,
    paths.map((where) => [where, valueAt(before, where)]),
  );
  return base === undefined && Object.keys(settingsOf(result)).length === 0 ? undefined : result;
}

/**
 * What a daemon.json has to become. The file without berth's settings is kept in the record, and everything follows from
 * it: what an edit by hand has added since is taken up into it, and so survives both the next change and destroy.
 */
export function textsOf(declared: Settings, current: string | undefined, record: HostRecord | undefined): Texts {
  const recorded: Recorded | undefined = record && {
    base: decoded(record.values.base),
    written: record.values.written!,
    paths: JSON.parse(record.values.paths ?? "[]") as Path[],
  };
  const untouched = recorded !== undefined && recorded.written === digestOf(current);
  const base = recorded === undefined ? current : untouched ? recorded.base : withoutOurs(current, recorded);
  const paths = pathsOf(declared);
  const target = withSettings(
    base,
    paths.map((where) => [where, valueAt(declared, where)]),
  );
  return { current, base, target, paths, untouched };
}
