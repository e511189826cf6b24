import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Header } from "tar";
import { BundleError, TOP } from "./manifest";

/**
 * A bundle is a plain tar archive, so that `tar xf` is enough to begin with. Its parts are compressed by themselves:
 * each can be read, or sent to an engine, from where it lies in the file.
 */
export const PARTS = [
  "unbundle",
  "tools.tar.gz",
  "project.tar.gz",
  "images.tar.gz",
  "manifest.json",
  "SHA256SUMS",
] as const;
export type PartName = (typeof PARTS)[number];

/** Where a part lies: in a bundle, or as a file of its own. */
export interface Part {
  file: string;
  /** Its first byte. */
  start: number;
  /** Bytes. */
  size: number;
}
export type Parts = Map<PartName, Part>;

const BLOCK = 512;
const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

function header(name: PartName, mode: number, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const entry = { path: `${TOP}/${name}`, mode, size, type: "File" as const, mtime: new Date(0), uid: 0, gid: 0 };
  // More than 8 GiB are written as tar programs other than the oldest read them.
  new Header(entry).encode(block);
  return block;
}

/** Writes a bundle from its beginning to its end, whatever the size of its parts. */
export class BundleWriter {
  private readonly sums: string[] = [];

  private constructor(
    private readonly handle: FileHandle,
    private position: number,
  ) {}

  static async create(file: string): Promise<BundleWriter> {
    return new BundleWriter(await open(file, "w", 0o644), 0);
  }

  private async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await this.handle.write(chunk, at, chunk.length - at, this.position);
      at += bytesWritten;
      this.position += bytesWritten;
    }
  }

  /** Adds a part. Its size is known when it is written: its header comes last. */
  async add(name: PartName, mode: number, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const at = this.position;
    const hash = createHash("sha256");
    await this.write(Buffer.alloc(BLOCK));
    for await (const chunk of content) {
      hash.update(chunk);
      await this.write(chunk);
    }
    const size = this.position - at - BLOCK;
    await this.write(Buffer.alloc(padding(size)));
    await this.handle.write(header(name, mode, size), 0, BLOCK, at);
    this.sums.push(`${hash.digest("hex")}  ${name}\n`);
  }

  /** Adds the checksums of all parts, and the archive's end. */
  async finish(): Promise<void> {
    await this.add("SHA256SUMS", 0o644, [Buffer.from(this.sums.join(""))]);
    await this.write(Buffer.alloc(2 * BLOCK));
    await this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

const FOREIGN = "it is no bundle of berth";
const CUT = "it is cut off";

/** Finds the parts of a bundle by its headers alone; every byte between them has to be a part's or zero. */
async function partsOfFile(file: string): Promise<Parts> {
  const parts: Parts = new Map();
  const handle = await open(file, "r");
  try {
    const { size: total } = await handle.stat();
    const read = async (at: number, length: number) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, at);
      return buffer.subarray(0, bytesRead);
    };
    let at = 0;
    let previous = -1;
    while (!parts.has("SHA256SUMS")) {
      const block = await read(at, BLOCK);
      if (block.length < BLOCK) throw new BundleError(at === 0 ? FOREIGN : CUT);
      const entry = new Header(block);
      const { path = "", size = -1 } = entry;
      const name = PARTS.find((candidate) => path === `${TOP}/${candidate}`);
      if (at === 0 && (!entry.cksumValid || name === undefined)) throw new BundleError(FOREIGN);
      if (!entry.cksumValid) throw new BundleError("a header in it is damaged");
      if (name === undefined || entry.type !== "File" || size < 0 || !block.equals(header(name, entry.mode ?? 0, size)))
        throw new BundleError(`it holds ${JSON.stringify(path)}, which no bundle does`);
      const index = PARTS.indexOf(name);
      if (index <= previous) throw new BundleError(`it holds ${name} twice or in the wrong place`);
      previous = index;
      const end = at + BLOCK + size;
      if (end > total) throw new BundleError(CUT);
      if ((await read(end, padding(size))).some((byte) => byte !== 0))
        throw new BundleError(`what follows ${name} is damaged`);
      parts.set(name, { file, start: at + BLOCK, size });
      at = end + padding(size);
    }
    const tail = await read(at, 2 * BLOCK + 1);
    if (tail.length < 2 * BLOCK) throw new BundleError(CUT);
    if (tail.length > 2 * BLOCK || tail.some((byte) => byte !== 0)) throw new BundleError("something follows its end");
    return parts;
  } finally {
    await handle.close();
  }
}

/** Whether a file begins as a bundle does. */
export function beginsAsBundle(file: string): boolean {
  const block = Buffer.alloc(BLOCK);
  const handle = openSync(file, "r");
  readSync(handle, block, 0, BLOCK, 0);
  closeSync(handle);
  const { cksumValid, path } = new Header(block);
  return cksumValid && path === `${TOP}/unbundle`;
}

function partsOfFolder(folder: string): Parts {
  const parts: Parts = new Map();
  for (const name of PARTS) {
    const file = join(folder, name);
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? {};
    if (size !== undefined) parts.set(name, { file, start: 0, size });
  }
  if (!parts.has("unbundle")) throw new BundleError(FOREIGN);
  return parts;
}

/** A part's bytes. */
export const readPart = ({ file, start, size }: Part): Readable =>
  // A range of nothing is none that a file has.
  size === 0 ? Readable.from([]) : createReadStream(file, { start, end: start + size - 1, highWaterMark: 1 << 18 });

async function sumOf(part: Part): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of readPart(part)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** A small part as text. */
export async function readText(part: Part): Promise<string> {
  if (part.size > 1 << 28) throw new BundleError("its manifest.json is larger than any bundle's");
  const chunks: Buffer[] = [];
  for await (const chunk of readPart(part)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Opens a bundle, or the folder that `tar xf` has made of one, and verifies the checksum of every part.
 *
 * @throws BundleError where it is no bundle, or damaged in any place
 */
export async function openBundle(path: string): Promise<Parts> {
  const parts = statSync(path).isDirectory() ? partsOfFolder(path) : await partsOfFile(path);
  const sums = parts.get("SHA256SUMS");
  if (!sums) throw new BundleError("its SHA256SUMS is missing");
  const lines = (await readText(sums)).split("\n");
  if (lines.pop() !== "") throw new BundleError("its SHA256SUMS is damaged");
  const expected = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  for (const name of PARTS.slice(0, -1)) {
    const part = parts.get(name);
    const sum = expected.get(name);
    if (!part && (sum !== undefined || name !== "images.tar.gz")) throw new BundleError(`its ${name} is missing`);
    if (!part) continue;
    if ((await sumOf(part)) !== sum) throw new BundleError(`its ${name} is damaged`);
  }
  if (expected.size !== parts.size - 1 || lines.some((line) => !/^[0-9a-f]{64} {2}\S+$/.test(line)))
    throw new BundleError("its SHA256SUMS is damaged");
  return parts;
}
