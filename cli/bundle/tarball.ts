import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Header, Pax } from "tar";
import type { BundledFile } from "./manifest";
import { say } from "../../core/description/say";

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

/** What an archive says about a file. */
export interface TarEntry {
  path: string;
  mode: number;
  /** Bytes. */
  size: number;
  /** @default "File" */
  type?: "File" | "Directory" | "SymbolicLink";
  /** What a link names. */
  linkpath?: string;
  /** @default the beginning of 1970 */
  mtime?: Date;
}

/** What stands before a file in an archive. It is root's, whoever owns it here. */
export function tarHeaders({ type = "File", mtime = new Date(0), ...rest }: TarEntry): Buffer[] {
  const block = Buffer.alloc(512);
  const { path, size, linkpath } = rest;
  // Names that are too long for the header stand in one of their own before it.
  return new Header({ ...rest, type, mtime, uid: 0, gid: 0 }).encode(block)
    ? [new Pax({ path, size, linkpath }).encode(), block]
    : [block];
}

/** What fills a file's last block. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((512 - (size % 512)) % 512);
/** What an archive ends with. */
export const TAR_END = Buffer.alloc(1024);

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
    yield* tarHeaders({ path, mode, size });
    for await (const chunk of chunksOf(content)) {
      read += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
    if (read !== size) throw new Error(say`${path} has changed while it was being read; run it again`);
    yield tarPadding(size);
    written.push({ path, size, mode, sha256: hash.digest("hex") });
  }
  yield TAR_END;
}
