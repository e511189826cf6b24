import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { Header } from "tar";
import { say } from "../core/description/say";

/** Where a part lies: in an archive, or as a file of its own. */
export interface Part {
  file: string;
  /** Its first byte. */
  start: number;
  /** Bytes. */
  size: number;
}

/** Last part of every archive: the checksums of the others, as `sha256sum -c` reads them. */
export const SUMS = "SHA256SUMS";

const BLOCK = 512;
const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

/** A part's bytes. */
export const readPart = ({ file, start, size }: Part): Readable =>
  // A range of nothing is none that a file has.
  size === 0 ? Readable.from([]) : createReadStream(file, { start, end: start + size - 1, highWaterMark: 1 << 18 });

/** A small part as text. */
export async function readText(part: Part): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readPart(part)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * A kind of archive that berth writes: a plain tar archive, so that `tar xf` is enough to begin with. Its parts are
 * compressed by themselves: each can be read, or sent to an engine, from where it lies in the file.
 */
export class PartsFormat {
  /**
   * @param top folder that `tar xf` makes of it
   * @param isPart whether it can hold a part of this name
   * @param kind what it is called in a sentence: `bundle`
   * @param failure makes the error of a file that cannot be read
   */
  constructor(
    readonly top: string,
    private readonly isPart: (name: string) => boolean,
    private readonly kind: string,
    private readonly failure: (problem: string) => Error,
  ) {}

  /** The error of a file that is something else. */
  get foreign(): Error {
    return this.failure(say`it is no ${this.kind} of berth`);
  }

  header(name: string, mode: number, size: number): Buffer {
    const block = Buffer.alloc(BLOCK);
    const entry = {
      path: `${this.top}/${name}`,
      mode,
      size,
      type: "File" as const,
      mtime: new Date(0),
      uid: 0,
      gid: 0,
    };
    // More than 8 GiB are written as tar programs other than the oldest read them.
    new Header(entry).encode(block);
    return block;
  }

  /** Whether a file begins with a part of these. */
  beginsAs(file: string): boolean {
    const block = Buffer.alloc(BLOCK);
    const handle = openSync(file, "r");
    readSync(handle, block, 0, BLOCK, 0);
    closeSync(handle);
    const { cksumValid, path } = new Header(block);
    return cksumValid && this.nameOf(path) !== undefined;
  }

  private nameOf(path = ""): string | undefined {
    const name = path.startsWith(`${this.top}/`) ? path.slice(this.top.length + 1) : "";
    return name !== "" && (name === SUMS || this.isPart(name)) ? name : undefined;
  }

  /** Finds the parts of a file by its headers alone; every byte between them has to be a part's or zero. */
  async partsOf(file: string): Promise<Map<string, Part>> {
    const parts = new Map<string, Part>();
    for await (const [name, part] of this.eachPart(file)) parts.set(name, part);
    return parts;
  }

  /** The parts that are whole at the beginning of a file that was not written to its end. */
  async wholeParts(file: string): Promise<[name: string, part: Part][]> {
    const parts: [string, Part][] = [];
    try {
      for await (const found of this.eachPart(file)) parts.push(found);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    }
    return parts;
  }

  private async *eachPart(file: string): AsyncGenerator<[name: string, part: Part]> {
    const parts = new Set<string>();
    const handle = await open(file, "r");
    try {
      const { size: total } = await handle.stat();
      const cut = this.failure(say`it is cut off`);
      const read = async (at: number, length: number) => {
        const buffer = Buffer.alloc(length);
        const { bytesRead } = await handle.read(buffer, 0, length, at);
        return buffer.subarray(0, bytesRead);
      };
      let at = 0;
      while (!parts.has(SUMS)) {
        const block = await read(at, BLOCK);
        if (block.length < BLOCK) throw at === 0 ? this.foreign : cut;
        const entry = new Header(block);
        const { path = "", size = -1 } = entry;
        const name = this.nameOf(path);
        if (at === 0 && (!entry.cksumValid || name === undefined)) throw this.foreign;
        if (!entry.cksumValid) throw this.failure(say`a header in it is damaged`);
        const known = name !== undefined && entry.type === "File" && size >= 0;
        if (!known || !block.equals(this.header(name, entry.mode ?? 0, size)))
          throw this.failure(say`it holds ${JSON.stringify(path)}, which no ${this.kind} does`);
        if (parts.has(name)) throw this.failure(say`it holds ${name} twice or in the wrong place`);
        const end = at + BLOCK + size;
        if (end > total) throw cut;
        if ((await read(end, padding(size))).some((byte) => byte !== 0))
          throw this.failure(say`what follows ${name} is damaged`);
        parts.add(name);
        yield [name, { file, start: at + BLOCK, size }];
        at = end + padding(size);
      }
      const tail = await read(at, 2 * BLOCK + 1);
      if (tail.length < 2 * BLOCK) throw cut;
      if (tail.length > 2 * BLOCK || tail.some((byte) => byte !== 0))
        throw this.failure(say`something follows its end`);
    } finally {
      await handle.close();
    }
  }

  /**
   * Compares every part with its checksum.
   *
   * @param wanted parts that have to be there; all others of the archive are compared as well
   * @param read a part has been read up to here
   */
  async verify(parts: Map<string, Part>, wanted: string[], read?: (bytes: number) => void): Promise<void> {
    const sums = parts.get(SUMS);
    if (!sums) throw this.failure(say`its ${SUMS} is missing`);
    const damaged = this.failure(say`its ${SUMS} is damaged`);
    if (sums.size > 1 << 24) throw damaged;
    const lines = (await readText(sums)).split("\n");
    if (lines.pop() !== "") throw damaged;
    const expected = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
    const named = [...wanted, ...[...expected.keys()].filter(this.isPart)];
    for (const name of named) if (!parts.has(name)) throw this.failure(say`its ${name} is missing`);
    for (const [name, part] of parts) {
      if (name === SUMS) continue;
      const hash = createHash("sha256");
      for await (const chunk of readPart(part)) {
        hash.update(chunk as Buffer);
        read?.((chunk as Buffer).length);
      }
      if (hash.digest("hex") !== expected.get(name)) throw this.failure(say`its ${name} is damaged`);
    }
    if (expected.size !== parts.size - 1 || lines.some((line) => !/^[0-9a-f]{64} {2}\S+$/.test(line))) throw damaged;
  }
}

/** Writes such an archive from its beginning to its end, whatever the size of its parts. */
export class PartsWriter {
  private readonly sums: string[] = [];

  private constructor(
    private readonly format: PartsFormat,
    private readonly handle: FileHandle,
    private position: number,
  ) {}

  /** @param mode of the file, e.g. 0o600 for one that nobody else may read */
  static async create(format: PartsFormat, file: string, mode = 0o644): Promise<PartsWriter> {
    return new PartsWriter(format, await open(file, "w", mode), 0);
  }

  /**
   * Goes on with a file that was not written to its end.
   *
   * @param kept its first parts, with their checksums; what follows them is written anew
   */
  static async resume(
    format: PartsFormat,
    file: string,
    kept: { name: string; part: Part; sha256: string }[],
  ): Promise<PartsWriter> {
    const last = kept.at(-1)?.part;
    const end = last ? last.start + last.size : 0;
    const writer = new PartsWriter(format, await open(file, "r+"), end);
    await writer.handle.truncate(end);
    if (last) await writer.write(Buffer.alloc(padding(last.size)));
    for (const { name, sha256 } of kept) writer.sums.push(`${sha256}  ${name}\n`);
    return writer;
  }

  private async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await this.handle.write(chunk, at, chunk.length - at, this.position);
      at += bytesWritten;
      this.position += bytesWritten;
    }
  }

  /**
   * Adds a part. Its size is known when it is written: its header comes last.
   *
   * @returns its bytes
   */
  async add(name: string, mode: number, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<number> {
    const at = this.position;
    const hash = createHash("sha256");
    await this.write(Buffer.alloc(BLOCK));
    for await (const chunk of content) {
      hash.update(chunk);
      await this.write(chunk);
    }
    const size = this.position - at - BLOCK;
    await this.write(Buffer.alloc(padding(size)));
    await this.handle.write(this.format.header(name, mode, size), 0, BLOCK, at);
    this.sums.push(`${hash.digest("hex")}  ${name}\n`);
    return size;
  }

  /** Adds the checksums of all parts, and the archive's end. */
  async finish(): Promise<void> {
    await this.add(SUMS, 0o644, [Buffer.from(this.sums.join(""))]);
    await this.write(Buffer.alloc(2 * BLOCK));
    await this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
