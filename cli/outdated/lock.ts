import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";

const KEY = "berth:images";

/** What a new lock changes, in words. */
export interface Change {
  image: string;
  before?: string;
  after?: string;
}

/**
 * Writes digests into a stack's settings; everything else in the file stays as it stands.
 *
 * @param wanted digests by the names that the program uses; all other locks go
 */
export function writeLock(file: string, wanted: Record<string, string>): Change[] {
  const document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "");
  const before = (document.toJS() as { config?: Record<string, unknown> } | null)?.config?.[KEY] as
    | Record<string, string>
    | undefined;
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(wanted)])].sort();
  const changes = names
    .filter((name) => before?.[name] !== wanted[name])
    .map((image) => ({ image, before: before?.[image], after: wanted[image] }));
  if (changes.length === 0) return [];
  if (document.contents === null) document.contents = document.createNode({}) as never;
  const sorted = Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (Object.keys(sorted).length) document.setIn(["config", KEY], document.createNode(sorted));
  else document.deleteIn(["config", KEY]);
  writeFileSync(file, document.toString({ lineWidth: 0 }));
  return changes;
}
