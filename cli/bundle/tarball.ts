import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Header, Pax } from "tar";
import type { BundledFile } from "./manifest";

/** A file that goes into a bundle. */
export interface SourceFile {
  /** Where it lies in the folder that a bundle is unpacked to. */
  path: string;
  executable: boolean;
  /** Absolute path, or the content itself. */
  content: { file: string } | Buffer;
}

/** In the order of their bytes, which no locale changes. */
export const inOrder = <T extends { path: string }>(files: T[]): T[] =>
  [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

async function* chunksOf(content: SourceFile["content"]): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(content)) yield content;
  else yield* createReadStream(content.file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>;
}

function headers(path: string, mode: number, size: number): Buffer[] {
  const entry = { path, mode, size, type: "File" as const, mtime: new Date(0), uid: 0, gid: 0 };
  const block = Buffer.alloc(512);
  // Names that are too long for the header stand in one of their own before it.
  return new Header(entry).encode(block) ? [new Pax({ path, size }).encode(), block] : [block];
}

/**
 * Files as a tar stream: the same bytes for the same files, whoever owns them and whenever they were written.
 *
 * @param sizes bytes of each file, in their order
 * @param written gets what was written
 */
export async function* tarOf(files: SourceFile[], sizes: number[], written: BundledFile[]): AsyncGenerator<Buffer> {
  for (const [index, { path, executable, content }] of files.entries()) {
    const mode = executable ? 0o755 : 0o644;
    const size = sizes[index]!;
    const hash = createHash("sha256");
    let read = 0;
    yield* headers(path, mode, size);
    for await (const chunk of chunksOf(content)) {
      read += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
    if (read !== size) throw new Error(`${path} has changed while it was being read; run it again`);
    yield Buffer.alloc((512 - (size % 512)) % 512);
    written.push({ path, size, mode, sha256: hash.digest("hex") });
  }
  yield Buffer.alloc(1024);
}
