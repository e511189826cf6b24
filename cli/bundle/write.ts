import { statSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { listed, say } from "../../core/description/say";
import { PartsWriter } from "../partsFile";
import { BUNDLE } from "./archiveFile";
import type { BundledFile, BundledImage, BundleManifest } from "./manifest";
import { unbundleScript } from "./scripts";
import { inOrder, type SourceFile, tarOf } from "./tarball";

/** What goes into a bundle. */
export interface BundleContents {
  tools: SourceFile[];
  project: SourceFile[];
  /** What `docker save` writes, with the images in it; they are complete when it has been read. */
  images?: { list: BundledImage[]; archive: AsyncIterable<Buffer> };
}

/** Half of the time of the usual level, for a few hundredths more bytes. */
const LEVEL = 4;

/** Compresses a stream; no more of it than a few chunks is in memory. */
export const gzipped = (content: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
  // An error ends the reading of the result, where it is seen.
  pipeline(content, createGzip({ level: LEVEL }), () => undefined);

const sizeOf = ({ content }: SourceFile) => (Buffer.isBuffer(content) ? content.length : statSync(content.file).size);

/** Bytes for people. */
export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

/**
 * Writes a bundle, one part after another and each byte once. The same contents give the same bytes.
 *
 * @param file what is there already is overwritten
 * @param head the manifest without what is known only when it is written
 * @param tell gets a line for each part that takes time
 */
export async function writeBundle(
  file: string,
  head: Omit<BundleManifest, "files" | "images">,
  { tools, project, images }: BundleContents,
  tell: (line: string) => void,
): Promise<void> {
  const writer = await PartsWriter.create(BUNDLE, file);
  const files: BundledFile[] = [];
  try {
    await writer.add("unbundle", 0o755, [Buffer.from(unbundleScript(head.platform, head.arch))]);
    for (const [name, list] of [
      ["tools.tar.gz", inOrder(tools)],
      ["project.tar.gz", inOrder(project)],
    ] as const) {
      const sizes = list.map(sizeOf);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      tell(say`Writing ${name} (${list.length} files, ${megabytes(bytes)}).`);
      await writer.add(name, 0o644, gzipped(tarOf(list, sizes, files)));
    }
    if (images) {
      tell(say`Writing images.tar.gz (${listed(images.list.map(({ name }) => name))}).`);
      await writer.add("images.tar.gz", 0o644, gzipped(images.archive));
    }
    const manifest: BundleManifest = { ...head, files, images: images?.list ?? [] };
    await writer.add("manifest.json", 0o644, [Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)]);
    await writer.finish();
  } finally {
    await writer.close();
  }
}
