import { once } from "node:events";
import type { Writable } from "node:stream";
import { type ArchiveContent, ArchiveScan } from "../../core/engines/dockerApi/images/archive";
import { sendArchive } from "../../core/engines/dockerApi/images/archiveTransfer";
import { type BundledBuilds, readBundledBuilds } from "../../core/engines/dockerApi/images/bundledImages";
import { fetchImage } from "../../core/engines/dockerApi/images/fetch";
import { atMirror } from "../../core/engines/imageMirrors";
import { type EngineAddress, ENGINE_SETTINGS, engineAddress } from "../../core/engines/dockerApi/connection/address";
import { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { withTag } from "../../core/description/names";
import { few, say, withoutStop } from "../../core/description/say";
import type { PlannedResource } from "../plan";
import { type Part, readPart } from "./archiveFile";
import type { BundledImage } from "./manifest";

/** An image that the stack builds, as it is planned. */
export interface PlannedBuild {
  /** With its tag. */
  name: string;
  platform?: string;
  /** Digest of all that it is built from. */
  content: string;
  /** As the Docker provider takes them. */
  build: PlannedBuildArguments;
}

export interface PlannedBuildArguments {
  /** Absolute paths, unless `remoteContext` says what the engine itself fetches. */
  context: string;
  dockerfile?: string;
  remoteContext?: string;
  buildArgs?: Record<string, string>;
  target?: string;
  networkMode?: string;
  /** Further names. */
  tags?: string[];
  labels?: Record<string, string>;
  cacheFroms?: string[];
  extraHosts?: string[];
  platform?: string;
  /** Bytes. */
  shmSize?: number;
  noCache?: boolean;
  pullParent?: boolean;
}

/** The images that a stack names. */
export interface WantedImages {
  /** With their tags, and the platform where the stack names one; those too that it builds. */
  engine: { name: string; platform?: string }[];
  /** In their order: one can be the base of another. */
  builds: PlannedBuild[];
  /** Those that the nodes of a cluster pull. */
  cluster: string[];
  /** What stands for an image whose name is known only when something else has been made. */
  late: string[];
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Images in the description of a Pod, however deep that lies. */
export function podImages(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(podImages);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    /^(init|ephemeral)?containers$/i.test(key) && Array.isArray(item)
      ? (item as { image?: unknown }[]).flatMap(({ image }) => text(image) ?? [])
      : podImages(item),
  );
}

/** Whether a text stands somewhere in a planned value. */
const holds = (value: unknown, mark: string): boolean =>
  typeof value === "object" && value !== null ? Object.values(value).some((item) => holds(item, mark)) : value === mark;

function plannedBuild(name: string, { build, triggers, platform }: PlannedResource["inputs"]): PlannedBuild {
  if (holds(build, "[secret]"))
    throw new Error(
      say`the build of ${name} takes secrets, which its image shows to whoever has the bundle; hand them to the container (environment, secrets) and not to the build (args)`,
    );
  if (holds(build, "[known after up]"))
    throw new Error(
      say`the build of ${name} takes what is known only when something else has been made; name it in the settings`,
    );
  const { content } = (triggers ?? {}) as { content?: unknown };
  if (text(content) === undefined)
    throw new Error(say`the program builds ${name} itself, and not by berth's BuiltImage; use that in its place`);
  return { name, platform: text(platform), content: content as string, build: build as PlannedBuildArguments };
}

/**
 * Finds the images of a planned stack.
 *
 * @throws Error for images that no archive can bring: those that are built from secrets, and a Swarm's by digest
 */
export function imagesOf(resources: PlannedResource[]): WantedImages {
  const engine = new Map<string, { name: string; platform?: string }>();
  const cluster = new Set<string>();
  const late = new Set<string>();
  const builds: PlannedBuild[] = [];
  for (const { type, name, inputs } of resources) {
    if (type.startsWith("kubernetes:")) for (const image of podImages(inputs)) cluster.add(image);
    const task = inputs.taskSpec as { containerSpec?: { image?: unknown } } | undefined;
    const image =
      type === "docker:index/remoteImage:RemoteImage"
        ? text(inputs.name)
        : type === "docker:index/service:Service"
          ? text(task?.containerSpec?.image)
          : undefined;
    if (image === undefined) continue;
    if (/^\[.*\]$/.test(image)) {
      late.add(name);
      continue;
    }
    // Nodes ask a registry for a digest; a container is made of the image's id.
    if (image.includes("@") && type === "docker:index/service:Service")
      throw new Error(
        say`the Swarm runs ${image} by its digest, which no file brings to a node; name it by a tag, or take it out of berth:images`,
      );
    const names = [image];
    if (inputs.build) {
      const planned = plannedBuild(withTag(image), inputs);
      builds.push(planned);
      names.push(...(planned.build.tags ?? []));
    }
    for (const name of names.map(withTag)) engine.set(name, { name, platform: text(inputs.platform) });
  }
  const sorted = [...engine.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { engine: sorted, builds, cluster: [...cluster].sort(), late: [...late].sort() };
}

/** All names of what a stack builds. */
export const namesOfBuilds = (builds: PlannedBuild[]): string[] =>
  builds.flatMap(({ name, build }) => [name, ...(build.tags ?? []).map(withTag)]);

/** Images with what those are told by that the stack builds. */
export const withContents = (images: BundledImage[], builds: PlannedBuild[]): BundledImage[] =>
  images.map((image) => {
    const built = builds.find(({ name }) => name === image.name);
    return built ? { ...image, content: built.content } : image;
  });

/** Says which images a file cannot hold. */
export function noteWanted({ cluster, late }: WantedImages): void {
  if (cluster.length)
    console.error(
      say`note: the cluster's nodes pull ${few(cluster)} themselves: not in the file; a registry that they reach has to have it.`,
    );
  if (late.length)
    console.error(
      say`note: the images of ${few(late)} are known only when something else has been made: not in the file.`,
    );
}

interface Inspect {
  Id: string;
  Created?: string;
  RootFS?: { Layers?: string[] };
}

/** A full name: its repository and its tag. */
const NAME = /^(.*):([^/:]+)$/;

const find = (client: EngineClient, name: string) => client.find<Inspect>(`/images/${name}/json`);

/** Where the stack's engine is, by its settings and this environment. */
export function addressOf(values: Record<string, string>): EngineAddress {
  const settings = ENGINE_SETTINGS.flatMap((key) => {
    const value = values[`docker:${key}`];
    return value === undefined ? [] : [[key, value]];
  });
  return engineAddress(Object.fromEntries(settings) as Record<string, string>, process.env);
}

/** A client of an engine that answers; a sentence where none does. */
export async function answeringEngine(values: Record<string, string>): Promise<EngineClient | string> {
  let host = say`the stack's address`;
  try {
    const address = addressOf(values);
    host = address.host;
    const client = new EngineClient(address);
    await client.raw("GET", "/_ping", undefined, client.patience);
    return client;
  } catch (error) {
    return say`no Docker engine answers at ${host} (${withoutStop((error as Error).message)})`;
  }
}

/** Makes sure that the engine has all images. */
export async function bringImages(
  client: EngineClient,
  wanted: WantedImages["engine"],
  tell: (line: string) => void,
): Promise<BundledImage[]> {
  const images: BundledImage[] = [];
  for (const { name, platform } of wanted) {
    let found = await find(client, name);
    if (!found) {
      tell(say`Pulling ${name}.`);
      await fetchImage(client, name, { platform, mirror: atMirror(name) });
      found = await find(client, name);
      if (!found) throw new Error(say`${name} is not on the engine after the pull`);
    }
    const { Id: id, Created: created = "", RootFS } = found;
    images.push({ name, id, ids: [], layers: RootFS?.Layers ?? [], created });
  }
  return images;
}

/** What some names stand for on an engine; undefined for those that it does not have. */
export type NamedIds = [name: string, id: string | undefined][];

export const idsOf = (client: EngineClient, names: string[]): Promise<NamedIds> =>
  Promise.all(names.map(async (name) => [name, (await find(client, name))?.Id]));

/** Gives names back to the images that had them, where a build has taken them. */
export async function giveBack(client: EngineClient, ids: NamedIds): Promise<void> {
  for (const [name, id] of ids) {
    if (id === undefined || (await find(client, name))?.Id === id) continue;
    const [, repo = "", tag = ""] = NAME.exec(name) ?? [];
    await client.raw("POST", `/images/${id}/tag?${new URLSearchParams({ repo, tag })}`);
  }
}

/**
 * Passes an archive of images on and reads it meanwhile. At the end it is known under which ids they are in there, and
 * each image's `ids` are filled in.
 *
 * @param broken what is said of an archive that is none
 */
export async function* scanned(
  chunks: AsyncIterable<Buffer>,
  images: BundledImage[],
  broken = (damage: Error) => damage,
): AsyncGenerator<Buffer> {
  const { Parser } = await import("tar");
  const scan = new ArchiveScan();
  const parser = new Parser({ strict: true, onReadEntry: scan.take }) as unknown as Writable;
  let damage: Error | undefined;
  parser.on("error", (error: Error) => {
    damage ??= error;
  });
  for await (const chunk of chunks) {
    if (!parser.write(chunk)) await once(parser, "drain");
    yield chunk;
  }
  parser.end();
  if (damage) throw broken(damage);
  identify(images, scan.content());
}

/**
 * Images as `docker save` writes them, with their `ids` at the end.
 *
 * @throws Error where the engine gives others than those that were asked for
 */
export async function* savedImages(client: EngineClient, images: BundledImage[]): AsyncGenerator<Buffer> {
  const names = images
    .map((image) => `names=${encodeURIComponent(isByDigest(image) ? image.id : image.name)}`)
    .join("&");
  const answer = await client.stream("GET", `/images/get?${names}`);
  yield* scanned(
    answer as AsyncIterable<Buffer>,
    images,
    ({ message }) => new Error(say`the engine broke off while it saved ${names} (${message})`),
  );
}

/** Fills in under which ids images are in an archive. */
function identify(images: BundledImage[], { images: saved, unnamed, digests }: ArchiveContent): void {
  for (const image of images) {
    // What is named by its digest was asked for by its id, and may have another name in there.
    const found =
      saved.find(({ name, id }) => (isByDigest(image) ? id === image.id : name === image.name)) ??
      (isByDigest(image) && unnamed.length ? { id: unnamed.find((id) => id === image.id) ?? unnamed[0]! } : undefined);
    if (!found) throw new Error(say`the engine left ${image.name} out of the archive`);
    if (found.id !== image.id && !digests.includes(image.id))
      throw new Error(say`${image.name} became another image while it was being saved; run it again`);
    // Digests of the index name no image: where there is one image, they can only be its own.
    image.ids = [...new Set([image.id, found.id, ...(images.length === 1 ? digests : [])])].sort();
  }
}

/** Named by digest: an archive does not keep that name. */
const isByDigest = ({ name }: BundledImage) => name.includes("@");

/** Whether an image of the engine is the one of the bundle. */
function isSame(live: Inspect | undefined, image: BundledImage): boolean {
  if (!live) return false;
  if (image.ids.includes(live.Id)) return true;
  // An engine with the containerd image store makes a name of its own for what an older one has saved.
  const layers = live.RootFS?.Layers ?? [];
  return (
    layers.length > 0 &&
    image.created !== "" &&
    live.Created === image.created &&
    JSON.stringify(layers) === JSON.stringify(image.layers)
  );
}

/** An image as the engine has it: by its name, or by an id where a file has brought one that is named by digest. */
async function findBrought(client: EngineClient, image: BundledImage): Promise<Inspect | undefined> {
  let found = await find(client, image.name);
  if (isByDigest(image)) for (const id of image.ids) found ??= await find(client, id);
  return found;
}

/** What became of a bundle's images on an engine. */
export interface LoadedImages {
  loaded: string[];
  there: string[];
  /** What the engine calls them, by their names. */
  ids: Record<string, string>;
  /** Names that stood for another image before. */
  moved: string[];
}

/**
 * Loads what the engine does not have, and looks whether it has all of them then.
 *
 * @throws Error where the engine takes them not, or as others
 */
export async function loadBundledImages(
  client: EngineClient,
  part: Part,
  images: BundledImage[],
): Promise<LoadedImages> {
  const before = await Promise.all(images.map((image) => findBrought(client, image)));
  const missing = images.filter((image, index) => !isSame(before[index], image));
  const ids = Object.fromEntries(images.map(({ name }, index) => [name, before[index]?.Id ?? ""]));
  if (missing.length) {
    await sendArchive(client, say`the images`, readPart(part), part.size);
    for (const image of missing) {
      const live = await findBrought(client, image);
      if (!isSame(live, image))
        throw new Error(
          say`${image.name} is on the engine after the load, but not as ${image.id}; look at \`docker image ls\``,
        );
      ids[image.name] = live!.Id;
    }
  }
  const names = (list: BundledImage[]) => list.map(({ name }) => name);
  return {
    loaded: names(missing),
    there: names(images.filter((image) => !missing.includes(image))),
    ids,
    moved: names(missing.filter((image) => before[images.indexOf(image)] !== undefined)),
  };
}

/** What a file has brought under a name that it cannot be loaded by: a build's content, or a digest. */
const broughtAs = ({ name, content }: BundledImage): string | undefined => content ?? name.split("@")[1];

/**
 * Which images stand for builds, and for names by digest; what a project knows of them already stays.
 *
 * @param ids what the engine calls them
 */
export function broughtBuilds(
  project: string,
  images: BundledImage[],
  ids: Record<string, string> = {},
): BundledBuilds {
  const known = readBundledBuilds(project);
  const builds: BundledBuilds = {};
  for (const image of images) {
    const { name } = image;
    const content = broughtAs(image);
    if (content === undefined) continue;
    builds[name] = { content, id: ids[name] ?? (known[name]?.content === content ? known[name].id : undefined) };
  }
  return builds;
}
