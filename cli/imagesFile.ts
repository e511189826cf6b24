import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { isSaid, listed, say } from "../core/description/say";
import type { EngineClient } from "../core/engines/dockerApi/connection/client";
import type { Progress } from "./backup/progress";
import { savedImages, scanned } from "./bundle/images";
import { type BundledImage, isImage } from "./bundle/manifest";
import { gzipped } from "./bundle/write";
import { type Part, PartsFormat, PartsWriter, readPart, readText } from "./partsFile";
import { version } from "./project";

/** A file of images that cannot be loaded. */
export class ImagesError extends Error {
  constructor(problem: string, remedy = say`nothing was loaded; copy it again`) {
    super(say`${problem}; ${remedy}`);
    this.name = "ImagesError";
  }
}

/** Another number where an older berth could not load what a newer one has saved. */
const FORMAT = 1;
const MANIFEST = "manifest.json";
const partName = (index: number) => `images/${index + 1}.tar.gz`;

/** Each part of images is one that `docker load` reads, too. */
export const IMAGES = new PartsFormat(
  "berth-images",
  (name) => name === MANIFEST || /^images\/[1-9]\d*\.tar\.gz$/.test(name),
  say`file of images`,
  (problem) =>
    isSaid(problem, "it is cut off")
      ? new ImagesError(
          problem,
          say`nothing was loaded; copy the rest (\`rsync --append-verify\` goes on where it was cut), or run \`berth images save\` again`,
        )
      : new ImagesError(problem),
);

export const isImagesFile = (file: string): boolean => IMAGES.beginsAs(file);

/** Images that are saved together, since they share layers, which a file then holds once. */
export function groupsOf(images: BundledImage[]): BundledImage[][] {
  const groups: BundledImage[][] = [];
  for (const image of images) {
    const related = groups.filter((group) =>
      group.some(({ id, layers }) => id === image.id || layers.some((layer) => image.layers.includes(layer))),
    );
    const rest = groups.filter((group) => !related.includes(group));
    groups.splice(0, groups.length, ...rest, [...related.flat(), image]);
  }
  return groups;
}

interface ImagesManifest {
  format: number;
  /** Version of berth. */
  berth: string;
  stack: string;
  /** By their parts. */
  groups: BundledImage[][];
}

/** What to write. */
export interface ImagesContents {
  stack: string;
  groups: BundledImage[][];
  client: EngineClient;
  progress: Progress;
}

/**
 * Writes the images of an engine to a file, each group as a part of its own.
 *
 * @param file what an earlier run has left of it is taken where it is whole and holds the same images
 * @returns how many parts were there already
 */
export async function writeImages(file: string, { stack, groups, client, progress }: ImagesContents): Promise<number> {
  const kept = existsSync(file) ? await wholeGroups(file, groups, progress) : [];
  const writer = kept.length ? await PartsWriter.resume(IMAGES, file, kept) : await PartsWriter.create(IMAGES, file);
  try {
    for (const [index, images] of groups.entries()) {
      if (index < kept.length) continue;
      const shown = say`saving ${listed(images.map(({ name }) => name))}`;
      await writer.add(partName(index), 0o644, gzipped(counted(savedImages(client, images), shown, progress)));
    }
    const manifest: ImagesManifest = { format: FORMAT, berth: version(), stack, groups };
    await writer.add(MANIFEST, 0o644, [Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)]);
    await writer.finish();
    return kept.length;
  } finally {
    await writer.close();
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, shown: string, progress: Progress): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    progress.show(shown, size);
    yield chunk;
  }
}

/** The first parts of a file that are whole and hold just these images. */
async function wholeGroups(file: string, groups: BundledImage[][], progress: Progress) {
  const kept: { name: string; part: Part; sha256: string }[] = [];
  for (const [index, [name, part]] of (await IMAGES.wholeParts(file)).entries()) {
    const images = groups[index];
    if (name !== partName(index) || images === undefined) break;
    try {
      kept.push({ name, part, sha256: await check(part, images, progress) });
    } catch {
      break;
    }
  }
  return kept;
}

/** Reads a part to its end, and fills in the ids of its images; returns its checksum. */
async function check(part: Part, images: BundledImage[], progress: Progress): Promise<string> {
  const hash = createHash("sha256");
  const stored = async function* () {
    for await (const chunk of counted(readPart(part) as AsyncIterable<Buffer>, say`reading what is there`, progress)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const plain: AsyncIterable<Buffer> = pipeline(stored(), createGunzip(), () => undefined);
  for await (const _ of scanned(plain, images));
  return hash.digest("hex");
}

/** A file of images that is whole. */
export interface OpenedImages {
  stack: string;
  groups: { part: Part; images: BundledImage[] }[];
  images: BundledImage[];
}

/**
 * Opens a file of images and compares every byte with its checksums.
 *
 * @throws ImagesError where it is none, of another format, or damaged in any place
 */
export async function openImages(file: string, progress?: Progress): Promise<OpenedImages> {
  const parts = await IMAGES.partsOf(file);
  let bytes = 0;
  await IMAGES.verify(parts, [MANIFEST], (read) => {
    bytes += read;
    progress?.show(say`verifying`, bytes);
  });
  progress?.clear();
  const { stack, groups } = parseManifest(await readText(parts.get(MANIFEST)!));
  const found = groups.map((images, index) => ({ part: parts.get(partName(index)), images }));
  if (parts.size !== groups.length + 2 || found.some(({ part }) => part === undefined))
    throw new ImagesError(say`its parts are not those that its manifest.json names`);
  return { stack, groups: found as OpenedImages["groups"], images: groups.flat() };
}

function parseManifest(text: string): ImagesManifest {
  let value: Partial<ImagesManifest> | null;
  try {
    value = JSON.parse(text) as Partial<ImagesManifest> | null;
  } catch {
    throw new ImagesError(say`its manifest.json is no JSON`);
  }
  const { format, stack, groups } = value ?? {};
  if (!Number.isSafeInteger(format)) throw new ImagesError(say`its manifest.json is none of berth`);
  if (format !== FORMAT)
    throw new ImagesError(
      say`it has the format ${String(format)} and this berth reads ${FORMAT}`,
      say`load it with the berth that saved it (${String(value?.berth)})`,
    );
  const whole =
    typeof stack === "string" &&
    Array.isArray(groups) &&
    groups.every((group) => Array.isArray(group) && group.length > 0 && group.every(isImage));
  if (!whole) throw new ImagesError(say`its manifest.json lacks something`);
  return value as ImagesManifest;
}
