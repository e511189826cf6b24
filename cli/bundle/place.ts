import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ReadEntry } from "tar";
import { say } from "../../core/description/say";
import { sha256Of } from "../../core/engines/dockerApi/images/archive";
import { type PartName, type Parts, readPart } from "./archiveFile";
import { type BundledFile, type BundleManifest, BundleError, parseManifest, partOf } from "./manifest";
import { environmentScript, WRAPPER } from "./scripts";

/** What is kept of a bundle in its folder, to know later what was its own. */
const RECORD = ".berth-bundle.json";
/** There while an older bundle is being replaced. */
const MARKER = ".updating";

/** What became of the folder. */
export interface Placed {
  /** False where all of it lay there already. */
  changed: boolean;
  /** Files that somebody has changed, with what became of them. */
  notes: string[];
}

const isSettings = (path: string) => /^project\/Pulumi\.[^/]+\.yaml$/.test(path);
/** Nobody edits these: they are put right without a word. */
const isTool = (path: string) => !path.startsWith("project/") || path.startsWith("project/node_modules/");

/** A file's checksum; undefined where there is none. */
async function checksum(file: string): Promise<string | undefined> {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ? sha256Of(file) : undefined;
}

const isExecutable = (mode: number) => (mode & 0o100) !== 0;

function readRecord(folder: string): BundleManifest {
  const file = join(folder, RECORD);
  try {
    return parseManifest(readFileSync(file, "utf8"));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(say`${file} does not say what was unpacked there (${message}); name another folder with --to`);
  }
}

/** Files of a bundle that do not lie in the folder as they should. */
async function differences(folder: string, manifest: BundleManifest, record: BundleManifest): Promise<BundledFile[]> {
  const recorded = new Map(record.files.map((file) => [file.path, file.sha256]));
  const found: BundledFile[] = [];
  for (const file of manifest.files) {
    const path = join(folder, file.path);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // Settings are the user's as soon as they lie there, until another bundle brings others.
    if (stats && isSettings(file.path) && recorded.get(file.path) === file.sha256) continue;
    const same =
      stats?.isFile() &&
      stats.size === file.size &&
      isExecutable(stats.mode) === isExecutable(file.mode) &&
      (await sha256Of(path)) === file.sha256;
    if (!same) found.push(file);
  }
  return found;
}

/** Refuses what does not fit: the files, and the last block of each. */
function checkSpace(folder: string, files: BundledFile[]): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = files.reduce((sum, { size }) => sum + Math.ceil(size / bsize + 1) * bsize, 0);
  const free = bavail * bsize;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  if (free < needed)
    throw new Error(
      say`${folder} has ${megabytes(free)} left and the bundle needs ${megabytes(needed)}; make room, or name another folder with --to`,
    );
}

/**
 * Unpacks one part into a folder that nobody else writes to; nothing that the manifest does not name is written, and
 * everything that it names has to be there. One file after another, so that a full disk is the error that is told, and
 * nothing is still being written then.
 */
async function unpack(parts: Parts, name: PartName, files: BundledFile[], to: string): Promise<void> {
  const { Parser } = await import("tar");
  const missing = new Map(files.map((file) => [file.path, file]));
  let damage: Error | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry(entry: ReadEntry) {
      const { path, type } = entry;
      const expected = missing.get(path);
      if (type !== "File" || !expected)
        throw new BundleError(say`its ${name} holds ${JSON.stringify(path)}, which its manifest does not name`);
      missing.delete(path);
      const file = join(to, path);
      mkdirSync(dirname(file), { recursive: true });
      const handle = openSync(file, "wx", expected.mode);
      const hash = createHash("sha256");
      entry.on("data", (chunk) => {
        hash.update(chunk as Buffer);
        writeFileSync(handle, chunk as Buffer);
      });
      entry.on("end", () => {
        closeSync(handle);
        if (entry.size !== expected.size || hash.digest("hex") !== expected.sha256)
          throw new BundleError(say`${path} in it is damaged`);
      });
    },
  });
  parser.on("error", (error: Error) => {
    damage ??= error;
  });
  // Its errors come out of the loop, as the first error does that is thrown inside.
  const content = pipeline(readPart(parts.get(name)!), createGunzip(), () => undefined);
  try {
    for await (const chunk of content) parser.write(chunk as Buffer);
    parser.end();
    if (damage) throw damage;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    // The disk's own errors are not the bundle's.
    if (error instanceof BundleError || /^E[A-Z]+$/.test(code)) throw error;
    throw new BundleError(say`its ${name} cannot be read (${message})`);
  }
  for (const path of missing.keys()) throw new BundleError(say`its ${name} lacks ${path}`);
}

/** Unpacks the parts that some files are in. */
async function stage(parts: Parts, manifest: BundleManifest, files: BundledFile[], to: string): Promise<void> {
  for (const name of new Set(files.map(({ path }) => partOf(path))))
    await unpack(
      parts,
      name,
      manifest.files.filter(({ path }) => partOf(path) === name),
      to,
    );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A folder beside the target for what is not complete; what a killed run left there goes. */
function stagingFolder(parent: string, prefix: string): string {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (!Number.isSafeInteger(pid) || pid <= 0) continue;
    if (pid !== process.pid && isAlive(pid))
      throw new Error(say`another unbundle is at work in ${parent} (process ${pid}); wait for it`);
    rmSync(join(parent, name), { recursive: true, force: true });
  }
  const folder = join(parent, `${prefix}${process.pid}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** What a bundle is told by, whatever its files are called. */
const textOf = (manifest: BundleManifest) => `${JSON.stringify(manifest, undefined, 1)}\n`;

function writeScripts(folder: string, shownAs: string): void {
  writeFileSync(join(folder, "berth"), WRAPPER);
  chmodSync(join(folder, "berth"), 0o755);
  writeFileSync(join(folder, "env"), environmentScript(shownAs));
}

/**
 * Puts the files of a verified bundle into a folder. A new folder gets its name when it is complete. In one that holds
 * an older bundle, each file is replaced in one step; state, passphrase and whatever else is the user's own stay.
 *
 * @throws Error where the folder is somebody else's, there is no room, or the bundle is not what its manifest says
 */
export async function place(named: string, manifest: BundleManifest, parts: Parts): Promise<Placed> {
  const there = existsSync(named);
  // A link to a folder stays one.
  const folder = there ? realpathSync(named) : named;
  if (there && !lstatSync(folder).isDirectory()) throw new Error(say`${folder} is no folder; name another with --to`);
  if (there && readdirSync(folder).some((name) => !name.startsWith(".unbundle-"))) {
    if (!existsSync(join(folder, RECORD)))
      throw new Error(say`${folder} is not empty and holds no bundle of berth; name another folder with --to`);
    return replace(folder, manifest, parts);
  }
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  checkSpace(parent, manifest.files);
  const staging = stagingFolder(parent, `.${basename(folder)}.unbundle-`);
  try {
    await stage(parts, manifest, manifest.files, staging);
    writeScripts(staging, folder);
    writeFileSync(join(staging, RECORD), textOf(manifest), { flush: true });
    chmodSync(staging, 0o755);
    if (there) rmdirSync(folder);
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return { changed: true, notes: [] };
}

async function replace(folder: string, manifest: BundleManifest, parts: Parts): Promise<Placed> {
  const record = readRecord(folder);
  if (record.stack !== manifest.stack)
    throw new Error(say`${folder} holds the bundle of the stack ${record.stack}; name another folder with --to`);
  const changed = await differences(folder, manifest, record);
  const own = new Set(manifest.files.map(({ path }) => path));
  const left = record.files.filter(({ path }) => !own.has(path));
  const current =
    existsSync(join(folder, "env")) && readFileSync(join(folder, "env"), "utf8") === environmentScript(folder);
  const isSame = textOf(record) === textOf(manifest);
  if (isSame && current && !changed.length && !existsSync(join(folder, MARKER))) return { changed: false, notes: [] };

  const recorded = new Map(record.files.map((file) => [file.path, file.sha256]));
  const needed = new Set(changed.map(({ path }) => partOf(path)));
  checkSpace(
    folder,
    manifest.files.filter(({ path }) => needed.has(partOf(path))),
  );
  const staging = stagingFolder(folder, ".unbundle-");
  const notes: string[] = [];
  try {
    await stage(parts, manifest, changed, staging);
    writeFileSync(join(folder, MARKER), "");
    for (const file of changed) notes.push(...(await replaceFile(folder, staging, file, recorded.get(file.path))));
    for (const { path, sha256 } of left) notes.push(...(await removeFile(folder, path, sha256)));
    writeScripts(staging, folder);
    writeFileSync(join(staging, RECORD), textOf(manifest), { flush: true });
    for (const name of ["berth", "env", RECORD]) renameSync(join(staging, name), join(folder, name));
    rmSync(join(folder, MARKER));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return { changed: true, notes };
}

/** Puts a file in the place of an older one. What somebody has changed there is not lost. */
async function replaceFile(
  folder: string,
  staging: string,
  { path, sha256 }: BundledFile,
  recorded?: string,
): Promise<string[]> {
  const target = join(folder, path);
  const source = join(staging, path);
  const present = await checksum(target);
  const edited = present !== undefined && present !== recorded && present !== sha256 && !isTool(path);
  mkdirSync(dirname(target), { recursive: true });
  if (edited && isSettings(path)) {
    renameSync(source, `${target}.new`);
    return [say`${path} is as you have changed it; the bundle's own is ${path}.new.`];
  }
  if (edited) copyFileSync(target, `${target}.old`);
  renameSync(source, target);
  return edited ? [say`${path} was changed here and is the bundle's again; yours is ${path}.old.`] : [];
}

/** Removes what only the older bundle had. */
async function removeFile(folder: string, path: string, recorded: string): Promise<string[]> {
  const target = join(folder, path);
  const present = await checksum(target);
  if (present === undefined) return [];
  if (present !== recorded && !isTool(path))
    return [say`${path} is no longer in the bundle; it was changed here and stays.`];
  if (isSettings(path)) return [];
  rmSync(target);
  for (let parent = dirname(target); parent !== folder && readdirSync(parent).length === 0; parent = dirname(parent))
    rmdirSync(parent);
  return [];
}
