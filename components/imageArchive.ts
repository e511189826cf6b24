import { existsSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say, withoutStop } from "../core/description/say";
import {
  type ArchivedImage,
  checkArchiveName,
  isUpToDate,
  readChecksum,
  readManifest,
} from "../core/engines/dockerApi/images/archive";
import { loadImages, manifestOf, namesThere, saveImages } from "../core/engines/dockerApi/images/archiveTransfer";
import { EngineClient } from "../core/engines/dockerApi/connection/client";
import { type ImageSource, knownImage } from "../core/engines/dockerApi/images/imageSource";
import { providerOf, type Session, sessionFor, stackEngine } from "../core/engines/dockerApi/session";
import { isKnown, isLate } from "../core/pulumi/outputs";
import { ArgumentError, show } from "../core/description/errors";
import { hostPath } from "../core/description/mounts";
import { isId } from "../core/description/names";
import { parseImage, withTag } from "../core/description/names";
import { reporter } from "../core/pulumi/componentErrors";
import { refuseOnKubernetes } from "../core/engines/engine";

export type { ArchivedImage };

/** Arguments of {@link ImageArchive}. */
export interface ImageArchiveArgs {
  /** `BuiltImage`s, or names of images that are on the engine. */
  images: ImageSource[];
  /** File on this machine: `.tar`, or compressed as `.tar.gz` or `.tgz`. Relative paths start at the project folder. */
  file: string;
}

/**
 * Images of the engine in one file, to be carried to a machine without network. Documented setup D3:
 * `docker save -o x.tar.gz image`. `LoadedImages` is the way back, and so are `docker load` and `podman load`.
 *
 * `up` saves them where an id has changed or the file is gone, and does nothing otherwise; a preview says what would
 * be saved. The file gets its name when it is complete, so that there is never half of one. Beside it stand
 * `FILE.sha256`, which `sha256sum -c` reads, and `FILE.json` with names and ids. A destroy leaves all three.
 *
 * `docker commit`, `docker export` and `docker import` have no component: they are made once, by hand, and nobody can
 * tell afterwards what is in them. `commit` keeps what somebody changed in a container, not how; write a Dockerfile.
 * `export` and `import` keep files only: ENV, CMD, ENTRYPOINT, WORKDIR, USER, EXPOSE, VOLUME, labels and the health
 * check are gone, and so are the layers. Of an NVIDIA image that takes NVIDIA_VISIBLE_DEVICES,
 * NVIDIA_DRIVER_CAPABILITIES, PATH and LD_LIBRARY_PATH: CUDA is in the image and not seen. Give them again, as
 * `docker import --change "ENV NVIDIA_VISIBLE_DEVICES=all"` or in the service's `environment`.
 *
 * @example
 * // docker save app:1.4 nginx | gzip > app.tar.gz
 * const app = new BuiltImage("app", { context: ".", name: "app:1.4" });
 * new ImageArchive("app", { images: [app, "nginx"], file: "app.tar.gz" });
 *
 * @throws pulumi.ResourceError where an image is not on the engine, before anything is made
 */
export class ImageArchive extends pulumi.ComponentResource {
  /** Absolute path, known when the file is complete. */
  readonly file: pulumi.Output<string>;
  /** SHA-256 of the archive's content, in hexadecimal. */
  readonly sha256: pulumi.Output<string>;
  /** Names, with their tags, and ids. */
  readonly images: pulumi.Output<ArchivedImage[]>;

  constructor(name: string, args: ImageArchiveArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("ImageArchive", name, args);
    const type = "berth:services:ImageArchive";
    const session = sessionFor(providerOf(opts));
    const report = reporter(type, name);
    const { file, sources } = report(() => {
      checkEngine("archives");
      const path = checkFile(args.file, session);
      const others = archivesOf(session);
      if (others.has(path))
        throw new ArgumentError(
          "file",
          say`${path} is written by ${others.get(path)} too`,
          say`give each archive its own`,
        );
      const checked = checkImages(args.images, session);
      others.set(path, name);
      return { file: path, sources: checked };
    });
    super(type, name, { file, images: sources.map((source) => source.name) }, opts);

    const images = pulumi.all(
      sources.map(({ name: image, id }) =>
        pulumi.all([image, id]).apply(([plain, known]): ArchivedImage => ({ name: withTag(plain), id: known })),
      ),
    );
    const preview = pulumi.runtime.isDryRun();
    const tell = (what: string) => void pulumi.log.info(say`\`up\` saves ${what} to ${file}.`, this);
    if (preview && session.client)
      void isKnown(images).then((known) => known || tell(say`images that it builds or loads before`));
    const saved = images.apply((known) =>
      inUp(this, session, async (client) => {
        if (isUpToDate(file, known)) return readManifest(file);
        if (preview) {
          tell(known.map((image) => `${image.name} (${image.id.slice(0, 19)})`).join(", "));
          return undefined;
        }
        const manifest = await saveImages(client, file, known);
        await pulumi.log.info(say`Saved ${known.map((image) => image.name).join(", ")} to ${file}.`, this);
        return manifest;
      }),
    );
    this.file = saved.apply(() => file);
    this.sha256 = saved.apply(({ sha256 }) => sha256);
    this.images = saved.apply((manifest) => manifest.images);
    this.registerOutputs({ file: this.file, sha256: this.sha256, images: this.images });
  }
}

/** Arguments of {@link LoadedImages}. */
export interface LoadedImagesArgs {
  /** Archive of `ImageArchive` or `docker save` on this machine. Relative paths start at the project folder. */
  file: string;
  /** SHA-256 of the file, in hexadecimal. @default what FILE.sha256 says */
  sha256?: string;
  /** Names of images that must be in it. */
  images?: string[];
}

/**
 * Images from a file on this stack's engine, which needs no network for that. Documented setup D3:
 * `docker load -i x.tar.gz`.
 *
 * `up` loads what the engine does not have under the same names and ids, after it has verified the file's checksum;
 * where it has all of them already, the file is not read. A destroy leaves the images on the engine.
 *
 * @example
 * // docker load -i app.tar.gz && docker run -d app:1.4
 * const loaded = new LoadedImages("app", { file: "app.tar.gz" });
 * new Service("web", { image: loaded.image("app:1.4") });
 *
 * @throws pulumi.ResourceError where the file is missing or has no checksum, before anything is made; on `up` where
 *   it is damaged
 */
export class LoadedImages extends pulumi.ComponentResource {
  /** Names, with their tags, and ids; known when they are on the engine. */
  readonly images: pulumi.Output<ArchivedImage[]>;

  constructor(name: string, args: LoadedImagesArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("LoadedImages", name, args);
    const type = "berth:services:LoadedImages";
    const session = sessionFor(providerOf(opts));
    const report = reporter(type, name);
    const request = report(() => {
      checkEngine("archives");
      const file = checkFile(args.file, session);
      if (!existsSync(file))
        throw new ArgumentError("file", say`there is no file ${file}`, say`copy it there, or correct the name`);
      const expected = args.images?.map((image, index) => checkName(image, `images[${index}]`));
      return { file, sha256: expectedChecksum(file, args.sha256), expected };
    });
    super(type, name, { file: request.file, sha256: request.sha256 }, opts);

    const preview = pulumi.runtime.isDryRun();
    const result = pulumi.output(0).apply(() =>
      inUp(this, session, async (client) => {
        if (!preview) {
          const { images, there } = await loadImages(client, request);
          const loaded = images.filter((image) => !there.includes(image.name));
          if (loaded.length)
            await pulumi.log.info(
              say`Loaded ${loaded.map((image) => image.name).join(", ")} from ${request.file}.`,
              this,
            );
          return images;
        }
        const images = manifestOf(request)?.images;
        const there = images && (await namesThere(client, images));
        const loads = images?.filter((image) => !there!.includes(image.name)).map((image) => image.name);
        if (loads?.length !== 0)
          void pulumi.log.info(
            say`\`up\` loads ${loads?.join(", ") ?? say`what the engine lacks`} from ${request.file}.`,
            this,
          );
        return images;
      }),
    );
    this.images = result;
    this.registerOutputs({ images: this.images });
  }

  /** The name of a loaded image, for a service's `image`: the service then waits for it. */
  image(name: string): pulumi.Output<string> {
    const wanted = withTag(name);
    return this.images.apply((images) => {
      if (images.some((image) => image.name === wanted)) return wanted;
      const names = images.map((image) => image.name).join(", ");
      throw new pulumi.ResourceError(say`the archive does not hold ${wanted}; it holds ${names}.`, this, true);
    });
  }
}

/** Archives that a program writes, by file, with the names of their components. */
const written = new WeakMap<Session, Map<string, string>>();

function archivesOf(session: Session): Map<string, string> {
  const known = written.get(session) ?? new Map<string, string>();
  written.set(session, known);
  return known;
}

function checkEngine(what: string): void {
  refuseOnKubernetes(what, say`its nodes take images from a registry, see PushedImage`);
  const address = stackEngine();
  if (!EngineClient.supports(address))
    throw new ArgumentError(
      "docker:host",
      say`berth cannot talk to ${address.host} itself, and the Docker provider has no archives`,
      say`use an engine at unix://, ssh:// or tcp://, or \`docker save\` and \`docker load\``,
    );
}

function checkFile(file: string, session: Session): string {
  if (typeof file !== "string" || file === "")
    throw new ArgumentError("file", say`${show(file)} is no file name`, say`name one, e.g. "images.tar.gz"`);
  const path = hostPath(file, session.projectFolder);
  checkArchiveName(path, "file");
  return path;
}

function checkImages(images: ImageSource[], session: Session) {
  if (!Array.isArray(images) || images.length === 0)
    throw new ArgumentError("images", say`names no image`, say`name one or more`);
  const names = new Map<string, number>();
  return images.map((image, index) => {
    const argument = `images[${index}]`;
    if (typeof image === "string") checkName(image, argument);
    const known = knownImage(session, image, argument);
    if (isLate(known.name)) return known;
    const full = checkName(known.name as string, argument);
    if (names.has(full))
      throw new ArgumentError(argument, say`${full} is images[${names.get(full)}] too`, say`name each image once`);
    names.set(full, index);
    return known;
  });
}

function checkName(image: string, argument: string): string {
  const { digest } = parseImage(image, argument);
  if (digest !== undefined || isId(image))
    throw new ArgumentError(
      argument,
      say`${image} has no tag, and an archive keeps no other names`,
      say`name it by a tag`,
    );
  return withTag(image);
}

function expectedChecksum(file: string, given: string | undefined): string {
  if (given !== undefined && !/^[0-9a-f]{64}$/i.test(given))
    throw new ArgumentError("sha256", say`${show(given)} is not a SHA-256`, say`give 64 hexadecimal digits`);
  const expected = given?.toLowerCase() ?? readChecksum(file);
  if (expected === undefined)
    throw new ArgumentError(
      "sha256",
      say`nothing says what the checksum of ${file} should be`,
      say`give it, or have \`sha256sum ${file}\` write ${file}.sha256 where the archive was made`,
    );
  return expected;
}

/** Runs what needs the engine; what a preview cannot know stays unknown. */
async function inUp<T>(
  resource: pulumi.Resource,
  { client }: Session,
  run: (client: EngineClient) => Promise<T | undefined>,
): Promise<T> {
  const unknown = pulumi.unknown as unknown as T;
  if (!client) {
    if (pulumi.runtime.isDryRun()) return unknown;
    throw new pulumi.ResourceError(
      say`archives need an engine that berth can talk to itself; name it by unix://, ssh:// or tcp://.`,
      resource,
      true,
    );
  }
  try {
    return (await run(client)) ?? unknown;
  } catch (error) {
    throw new pulumi.ResourceError(say`${withoutStop((error as Error).message)}.`, resource, true);
  }
}
