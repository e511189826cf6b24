import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { ArgumentError, show } from "../../../description/errors";
import { withTag } from "../../../description/names";
import { say } from "../../../description/say";

/** An image in an archive. */
export interface ArchivedImage {
  /** With its tag: `nginx:latest`. */
  name: string;
  /** `sha256:...` */
  id: string;
}

/** What is written beside an archive, as FILE.json. */
export interface ArchiveManifest {
  images: ArchivedImage[];
  /** Of the archive as it lies there. */
  sha256: string;
  /** Its bytes. */
  size: number;
}

export const checksumFile = (file: string): string => `${file}.sha256`;
export const manifestFile = (file: string): string => `${file}.json`;

export const isGzip = (file: string): boolean => /gz$/.test(file);

/** Checks an archive's name by its end. */
export function checkArchiveName(file: string, argument: string): void {
  if (typeof file !== "string" || !/[^/]\.(tar|tar\.gz|tgz)$/.test(file))
    throw new ArgumentError(
      argument,
      say`${show(file)} is not the name of an archive`,
      say`end it with .tar, or with .tar.gz or .tgz for a compressed one`,
    );
  if (existsSync(file) && !statSync(file).isFile())
    throw new ArgumentError(argument, say`${file} is no file`, say`name another`);
}

/** Reads FILE.json; undefined where there is none that berth wrote. */
export function readManifest(file: string): ArchiveManifest | undefined {
  let manifest: Partial<ArchiveManifest> | null;
  try {
    manifest = JSON.parse(readFileSync(manifestFile(file), "utf8")) as Partial<ArchiveManifest> | null;
  } catch {
    return undefined;
  }
  const { images, sha256, size } = manifest ?? {};
  const whole =
    typeof sha256 === "string" &&
    typeof size === "number" &&
    Array.isArray(images) &&
    images.every((image) => typeof image?.name === "string" && typeof image.id === "string");
  return whole ? { images, sha256, size } : undefined;
}

/** A checksum file as `sha256sum` writes and checks it. */
export const checksumText = (file: string, sha256: string): string => `${sha256}  ${basename(file)}\n`;

/** Reads FILE.sha256; undefined where it is not there, or not one. */
export function readChecksum(file: string): string | undefined {
  try {
    return /^\\?([0-9a-f]{64})(\s|$)/i.exec(readFileSync(checksumFile(file), "utf8"))?.[1]?.toLowerCase();
  } catch {
    return undefined;
  }
}

/** Whether an archive and all that stands beside it hold just these images. Its size is looked at, not its content. */
export function isUpToDate(file: string, images: ArchivedImage[]): boolean {
  const manifest = readManifest(file);
  if (!manifest || !existsSync(file)) return false;
  const sorted = (list: ArchivedImage[]) => JSON.stringify(list.map(({ name, id }) => [name, id]).sort());
  return (
    statSync(file).size === manifest.size &&
    readChecksum(file) === manifest.sha256 &&
    sorted(manifest.images) === sorted(images)
  );
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** What an archive of `docker save` says about its images. */
export interface ArchiveContent {
  images: ArchivedImage[];
  /** Ids of those that have no name in it: they were asked for by their digests. */
  unnamed: string[];
  /** Digests of its index: what an engine with the containerd image store calls an image's id. */
  digests: string[];
}

/** An entry of an archive. Not by tar's own types: those of the package must compile where no others are installed. */
interface ArchiveEntry extends EventEmitter {
  path: string;
  resume(): void;
}

/** What is read of an archive's entries: only those that say what is in it. */
export class ArchiveScan {
  private readonly texts = new Map<string, string>();

  /** Takes an entry; each has to be read to its end, also one that says nothing. */
  readonly take = (entry: ArchiveEntry): void => {
    if (entry.path !== "manifest.json" && entry.path !== "index.json") return void entry.resume();
    const chunks: Buffer[] = [];
    entry.on("data", (chunk) => chunks.push(chunk as Buffer));
    entry.on("end", () => this.texts.set(entry.path, Buffer.concat(chunks).toString("utf8")));
  };

  /**
   * What the archive holds, when all of it has been read.
   *
   * @throws Error where it is no archive of `docker save`
   */
  content(): ArchiveContent {
    const manifest = this.texts.get("manifest.json");
    if (manifest === undefined) throw new Error(say`it holds no manifest.json, as \`docker save\` writes one`);
    const index = JSON.parse(this.texts.get("index.json") ?? "{}") as { manifests?: { digest: string }[] };
    const images = (JSON.parse(manifest) as { Config: string; RepoTags: string[] | null }[]).map(
      ({ Config, RepoTags }) => ({ names: RepoTags ?? [], id: `sha256:${basename(Config, ".json")}` }),
    );
    return {
      images: images.flatMap(({ names, id }) => names.map((name) => ({ name: withTag(name), id }))),
      unnamed: images.filter(({ names }) => names.length === 0).map(({ id }) => id),
      digests: (index.manifests ?? []).map(({ digest }) => digest),
    };
  }
}

/**
 * Reads an archive to its end.
 *
 * @throws Error where it is cut off, or no archive of `docker save`
 */
export async function readArchive(file: string): Promise<ArchiveContent> {
  // Loaded here: most programs read no archive.
  const { list } = await import("tar");
  const scan = new ArchiveScan();
  await list({ file, strict: true, onReadEntry: scan.take });
  return scan.content();
}
