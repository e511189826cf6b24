import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import {
  type ArchiveContent,
  type ArchivedImage,
  type ArchiveManifest,
  checksumFile,
  checksumText,
  isGzip,
  manifestFile,
  readArchive,
  readManifest,
  sha256Of,
} from "./archive";
import { say } from "../../../description/say";
import type { EngineClient } from "../connection/client";
import type { ImageInspect } from "./imageSource";

/**
 * Saves images to a file, as `docker save` does. It is written under another name and gets its own when it is
 * complete and has been read again; its manifest comes last.
 *
 * @throws Error where the engine does not give the images that were asked for
 */
export async function saveImages(
  client: EngineClient,
  file: string,
  images: ArchivedImage[],
): Promise<ArchiveManifest> {
  const part = `${file}.part`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    const names = images.map(({ name }) => `names=${encodeURIComponent(name)}`).join("&");
    const hash = createHash("sha256");
    const response = await client.stream("GET", `/images/get?${names}`);
    await pipeline(
      response,
      isGzip(file) ? createGzip() : new PassThrough(),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(part, { flush: true }),
    );
    checkContent(await readArchive(part), images);
    const manifest = { images, sha256: hash.digest("hex"), size: statSync(part).size };
    writeFileSync(`${part}.sha256`, checksumText(file, manifest.sha256));
    writeFileSync(`${part}.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
    renameSync(part, file);
    renameSync(`${part}.sha256`, checksumFile(file));
    renameSync(`${part}.json`, manifestFile(file));
    return manifest;
  } finally {
    for (const left of [part, `${part}.sha256`, `${part}.json`]) rmSync(left, { force: true });
  }
}

/** The engine reports an error in the middle of an archive by breaking it off; and a name can move meanwhile. */
function checkContent({ images, digests }: ArchiveContent, expected: ArchivedImage[]): void {
  for (const { name, id } of expected) {
    const found = images.find((image) => image.name === name);
    if (!found) throw new Error(say`the engine left ${name} out of the archive`);
    if (found.id !== id && !digests.includes(id))
      throw new Error(say`${name} became another image while it was being saved; run \`pulumi up\` again`);
  }
}

/** What is to be loaded. */
export interface LoadRequest {
  file: string;
  /** Expected checksum of the file. */
  sha256: string;
  /** Names that the archive must hold. */
  expected?: string[];
}

/** What a load has found or done. */
export interface LoadResult {
  images: ArchivedImage[];
  /** Names that are on the engine already under their ids. */
  there: string[];
}

/** Engines write archives in an order of their own. */
const inOrder = (images: ArchivedImage[]) => [...images].sort((a, b) => (a.name < b.name ? -1 : 1));

/** The manifest beside an archive, where it belongs to the archive of that checksum. */
export function manifestOf({ file, sha256 }: Pick<LoadRequest, "file" | "sha256">): ArchiveManifest | undefined {
  const manifest = readManifest(file);
  return manifest?.sha256 === sha256 && statSync(file).size === manifest.size
    ? { ...manifest, images: inOrder(manifest.images) }
    : undefined;
}

/**
 * Loads an archive, as `docker load` does. Nothing is read where its manifest names only images that the engine has;
 * else its checksum is verified before anything is sent.
 *
 * @throws Error where the archive is damaged, or holds other images than it should
 */
export async function loadImages(client: EngineClient, request: LoadRequest): Promise<LoadResult> {
  const { file, sha256, expected } = request;
  const manifest = manifestOf(request);
  if (manifest) {
    checkExpected(manifest.images, expected);
    const there = await namesThere(client, manifest.images);
    if (there.length === manifest.images.length) return { images: manifest.images, there };
  }
  const actual = await sha256Of(file);
  if (actual !== sha256)
    throw new Error(say`${file} is damaged: its SHA-256 is ${actual}, and not ${sha256}; copy it again`);
  const content = await readArchive(file).catch((error: Error) => {
    throw new Error(say`${file} is no archive of \`docker save\` (${error.message})`);
  });
  const images = inOrder(content.images);
  if (images.length === 0) throw new Error(say`${file} holds no image that has a name`);
  checkExpected(images, expected);
  const there = await namesThere(client, images, content.digests);
  if (there.length === images.length) return { images, there };
  await send(client, file);
  const loaded = await namesThere(client, images, content.digests);
  const missing = images.find(({ name }) => !loaded.includes(name));
  if (missing) throw new Error(say`${missing.name} is not on the engine under its id ${missing.id} after the load`);
  return { images, there };
}

function checkExpected(images: ArchivedImage[], expected: string[] = []): void {
  const missing = expected.find((name) => !images.some((image) => image.name === name));
  if (missing)
    throw new Error(say`the archive does not hold ${missing}; it holds ${images.map(({ name }) => name).join(", ")}`);
}

/** Which names stand on the engine for just these images. */
export async function namesThere(
  client: EngineClient,
  images: ArchivedImage[],
  digests: string[] = [],
): Promise<string[]> {
  const found = await Promise.all(images.map(({ name }) => client.find<ImageInspect>(`/images/${name}/json`)));
  return images.flatMap(({ name, id }, index) => {
    const live = found[index]?.Id;
    return live !== undefined && (live === id || digests.includes(live)) ? [name] : [];
  });
}

const send = (client: EngineClient, file: string): Promise<void> =>
  sendArchive(client, file, createReadStream(file), statSync(file).size);

/**
 * Sends an archive to an engine, as `docker load` does; it may be compressed.
 *
 * @param name what to call it in an error
 * @param length bytes of it
 * @throws Error where the engine cannot load it
 */
export async function sendArchive(
  client: EngineClient,
  name: string,
  content: Readable,
  length: number,
): Promise<void> {
  const answer = await client.stream("POST", "/images/load?quiet=1", { content, length, type: "application/x-tar" });
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  // The status was sent before the engine had read the archive.
  for (const line of text.split("\n")) {
    const { error } = parse(line);
    if (error) throw new Error(say`the engine cannot load ${name}: ${error}`);
  }
}

function parse(line: string): { error?: string } {
  try {
    return (JSON.parse(line) ?? {}) as { error?: string };
  } catch {
    return {};
  }
}
