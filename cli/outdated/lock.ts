import { StackFile } from "../stackFile";

const KEY = "berth:images";

/** What a new lock changes. */
export interface Change {
  image: string;
  before?: string;
  after?: string;
}

/**
 * Writes digests into a stack's settings.
 *
 * @param wanted digests by the names that the program uses; all other locks go
 */
export function writeLock(path: string, wanted: Record<string, string>): Change[] {
  const file = new StackFile(path);
  const before = file.get(KEY) as Record<string, string> | undefined;
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(wanted)])].sort();
  const changes = names
    .filter((name) => before?.[name] !== wanted[name])
    .map((image) => ({ image, before: before?.[image], after: wanted[image] }));
  if (changes.length === 0) return [];
  const sorted = Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1)));
  file.set(KEY, Object.keys(sorted).length ? sorted : undefined);
  file.write();
  return changes;
}
