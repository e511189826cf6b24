import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { say } from "../../core/description/say";
import { PartsWriter } from "../partsFile";
import { encrypted } from "./encryption";
import type { Job, JobGroup } from "./jobs";
import { BACKUP, type BackupItem, type BackupManifest } from "./manifest";
import type { Progress } from "./progress";
import type { Standstill } from "./standstill";

/** Half of the time of the usual level, for a few hundredths more bytes. */
const LEVEL = 4;

/** `20261127-093000`, in the time of this machine. */
export function stamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

/**
 * The file that a backup goes to. What is there is never written over.
 *
 * @param given a folder that is there, or a file that is not
 * @param option by which it was given
 */
export function targetFile(given: string | undefined, standard: string, option: string): string {
  const path = resolve(given ?? ".");
  const folder = given === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = folder ? join(path, standard) : path;
  if (existsSync(file)) throw new Error(say`${option}: ${file} is there already; name another file, or a folder`);
  if (given?.endsWith("/") && !folder) throw new Error(say`${option}: there is no folder ${path}; make it`);
  if (!existsSync(dirname(file)))
    throw new Error(say`${option}: there is no folder ${dirname(file)}; make it, or name another one`);
  return file;
}

/** What a backup is made of. */
export interface BackupContents {
  groups: JobGroup[];
  standstill: Standstill;
  /** The stack's settings, as they are in their file. */
  settings?: { name: string; content: Buffer };
  /** Encrypts all but the settings. */
  key?: Buffer;
  progress: Progress;
  signal: AbortSignal;
  /** Whether what stands still goes on behind each group. @default true */
  goOn?: boolean;
}

/**
 * Writes a backup. It gets its name when it is complete; what was stopped for it starts again in any case.
 *
 * @param head the manifest without what is known only when it is written
 */
export async function writeBackup(
  file: string,
  head: Omit<BackupManifest, "items">,
  { groups, standstill, settings, key, progress, signal, goOn = true }: BackupContents,
): Promise<BackupManifest> {
  const part = `${file}.part`;
  try {
    const writer = await PartsWriter.create(BACKUP, part, 0o600);
    const items: BackupItem[] = [];
    try {
      for (const { jobs, still } of groups) {
        try {
          await standstill.begin(still, jobs.some(({ item }) => item.how === "paused") ? "paused" : "stopped");
          for (const job of jobs) items.push(await saved(writer, job, { key, progress, signal }));
        } finally {
          if (goOn) await standstill.end(signal);
        }
      }
      if (settings) await writer.add(settings.name, 0o600, [settings.content]);
      const manifest: BackupManifest = { ...head, ...(settings && { settings: settings.name }), items };
      await writer.add("manifest.json", 0o600, [Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)]);
      await writer.finish();
      signal.throwIfAborted();
      renameSync(part, file);
      return manifest;
    } finally {
      await writer.close();
    }
  } catch (error) {
    const { code, message, path } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new Error(say`the disk is full: ${file} was not written; make room, or name another place`);
    if (path === part) throw new Error(say`cannot write ${file} (${message}); name a place that you may write to`);
    throw error;
  } finally {
    progress.clear();
    rmSync(part, { force: true });
  }
}

async function saved(
  writer: PartsWriter,
  { item, shown, content }: Job,
  { key, progress, signal }: Pick<BackupContents, "key" | "progress" | "signal">,
): Promise<BackupItem> {
  const begun = Date.now();
  let size = 0;
  const counted = async function* () {
    for await (const chunk of content()) {
      signal.throwIfAborted();
      size += chunk.length;
      progress.show(shown, size);
      yield chunk;
    }
  };
  let failure: Error | undefined;
  // An error of the source ends the reading of the result, and is told below as it was.
  const source = Readable.from(counted(), { objectMode: false });
  source.on("error", (error) => (failure ??= error));
  const small: AsyncIterable<Buffer> = pipeline(source, createGzip({ level: LEVEL }), () => undefined);
  try {
    const stored = await writer.add(item.part, 0o600, key ? encrypted(small, key, item.part) : small);
    return { ...item, size, stored, seconds: Math.round((Date.now() - begun) / 100) / 10 };
  } catch (error) {
    signal.throwIfAborted();
    throw failure ?? error;
  }
}
