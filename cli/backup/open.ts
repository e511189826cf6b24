import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { say } from "../../core/description/say";
import { type Part, readPart, readText } from "../partsFile";
import { decrypted } from "./encryption";
import { BACKUP, BackupError, type BackupItem, type BackupManifest, parseManifest } from "./manifest";
import type { Progress } from "./progress";

const MANIFEST = "manifest.json";

/** A backup that is whole. */
export interface Opened {
  parts: Map<string, Part>;
  manifest: BackupManifest;
}

/**
 * Opens a backup and compares every byte with its checksums.
 *
 * @throws BackupError where it is no backup, of another format, or damaged in any place
 */
export async function openBackup(file: string, progress: Progress): Promise<Opened> {
  const parts = await BACKUP.partsOf(file);
  let bytes = 0;
  await BACKUP.verify(parts, [MANIFEST], (read) => {
    bytes += read;
    progress.show(say`verifying`, bytes);
  });
  progress.clear();
  if (parts.get(MANIFEST)!.size > 1 << 26) throw new BackupError(say`its manifest.json is larger than any backup's`);
  const manifest = parseManifest(await readText(parts.get(MANIFEST)!));
  const named = [...manifest.items.map(({ part }) => part), ...(manifest.settings ? [manifest.settings] : [])];
  const extra = [...parts.keys()].find((name) => name !== MANIFEST && name !== "SHA256SUMS" && !named.includes(name));
  if (extra) throw new BackupError(say`it holds ${extra}, which its manifest.json does not name`);
  const twice = named.find((name, index) => named.indexOf(name) < index);
  if (twice) throw new BackupError(say`its manifest.json names ${twice} twice`);
  const lacking = named.find((name) => !parts.has(name));
  if (lacking) throw new BackupError(say`its ${lacking} is missing`);
  return { parts, manifest };
}

/** What was saved, as it was before it was compressed and encrypted. */
export function contentOf({ parts }: Opened, { part }: BackupItem, key: Buffer | undefined): Readable {
  const stored = readPart(parts.get(part)!);
  const plain = key ? Readable.from(decrypted(stored, key, part), { objectMode: false }) : stored;
  // An error of either side destroys the result with it.
  return pipeline(plain, createGunzip(), () => undefined) as unknown as Readable;
}

/**
 * Reads everything once as it is going to be read.
 *
 * @throws BackupError where the key is another one, or something is not what the manifest says
 */
export async function rehearse(opened: Opened, items: BackupItem[], key: Buffer | undefined): Promise<void> {
  for (const item of items) {
    let size = 0;
    try {
      for await (const chunk of contentOf(opened, item, key)) size += (chunk as Buffer).length;
    } catch (error) {
      throw error instanceof BackupError ? error : new BackupError(say`its ${item.part} is damaged`);
    }
    if (size !== item.size) throw new BackupError(say`its ${item.part} is not as long as its manifest.json says`);
  }
}
