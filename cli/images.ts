import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readBundledBuilds, writeBundledBuilds } from "../core/engines/dockerApi/images/bundledImages";
import type { EngineClient } from "../core/engines/dockerApi/connection/client";
import { listed, say } from "../core/description/say";
import { typed } from "./backup";
import { Progress, sizeText } from "./backup/progress";
import { buildPlanned } from "./bundle/build";
import {
  answeringEngine,
  bringImages,
  broughtBuilds,
  giveBack,
  idsOf,
  imagesOf,
  loadBundledImages,
  namesOfBuilds,
  noteWanted,
  type WantedImages,
  withContents,
} from "./bundle/images";
import type { BundledImage } from "./bundle/manifest";
import { groupsOf, ImagesError, isImagesFile, openImages, writeImages } from "./imagesFile";
import { planOf } from "./planOf";
import { currentProject } from "./project";
import { readStackConfig } from "./stackConfig";
import { shortName } from "./stackName";
import { UsageError } from "./usageError";

interface Options {
  host?: string;
}

const print = (line: string) => console.error(line);
const note = (line: string) => console.error(say`note: ${line}`);

/** `berth images save|load STACK [FILE]`: the images of a stack as one file that is carried by hand. */
export async function images(verb: string, stack: string, file: string | undefined, options: Options): Promise<number> {
  if (verb !== "save" && verb !== "load")
    throw new UsageError(say`images: there is no "images ${verb}"; use \`images save\` or \`images load\``);
  const { folder, name } = await currentProject();
  const path = resolve(file ?? `berth-${shortName(stack)}-images.tar`);
  const given = verb === "save" ? target(path) : source(path);
  const { resources } = await planOf(stack);
  const { values } = readStackConfig(folder, name, shortName(stack));
  const wanted = imagesOf(resources);
  if (wanted.engine.length === 0)
    throw new Error(
      wanted.cluster.length
        ? say`the stack ${stack} is on a cluster, whose nodes pull its images from a registry: ${listed(wanted.cluster)}`
        : say`the stack ${stack} names no image`,
    );
  const engine = await engineAt(values, options.host);
  try {
    return verb === "save"
      ? await save(engine, stack, given, wanted)
      : await load(engine, stack, given, folder, wanted.engine);
  } finally {
    engine.close();
  }
}

function target(path: string): string {
  if (existsSync(path) && !statSync(path).isFile()) throw new Error(say`${path} is no file; name the file to write`);
  if (existsSync(path) && !isImagesFile(path))
    throw new Error(say`${path} is there and was not written by \`berth images save\`; name another file`);
  if (!existsSync(dirname(path)))
    throw new Error(say`there is no folder ${dirname(path)}; make it, or name another file`);
  return path;
}

function source(path: string): string {
  if (existsSync(path) && statSync(path).isFile()) return path;
  throw new Error(say`there is no file ${path}; correct the name, or write it with \`berth images save\``);
}

async function engineAt(values: Record<string, string>, host: string | undefined): Promise<EngineClient> {
  const { "docker:context": context, "docker:certPath": certificates, ...rest } = values;
  const engine = await answeringEngine(host === undefined ? values : { ...rest, "docker:host": host });
  if (typeof engine !== "string") return engine;
  throw new Error(say`${engine}; start it, or name another one with --host`);
}

/** `berth images save`, with what the stack names. */
export async function save(client: EngineClient, stack: string, file: string, wanted: WantedImages): Promise<number> {
  const progress = new Progress();
  // Containers that run here keep the image that they know by this name.
  const before = await idsOf(client, namesOfBuilds(wanted.builds));
  try {
    for (const planned of wanted.builds) await buildPlanned(client, planned, print);
    const list = withContents(await bringImages(client, wanted.engine, print), wanted.builds);
    const groups = groupsOf(list);
    const part = `${file}.part`;
    if (existsSync(file)) {
      const whole = await openImages(file).catch(() => undefined);
      if (whole && sameImages(whole.images, list)) {
        console.log(say`${typed(file)} holds the images of ${stack} already.`);
        return 0;
      }
      // One that was cut off is as good a beginning as what an earlier run has left.
      if (!whole && !existsSync(part)) renameSync(file, part);
    }
    const kept = await writeImages(part, { stack, groups, client, progress });
    renameSync(part, file);
    if (kept) note(say`${kept} of ${groups.length} parts were there already, from a run that was cut off.`);
    console.log(
      say`${typed(file)} (${sizeText(statSync(file).size)}) holds ${listed(list.map(({ name }) => name))}. Where the stack runs:\n\n  berth images load ${stack} ${typed(file)}`,
    );
    noteWanted(wanted);
    return 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") {
      rmSync(`${file}.part`, { force: true });
      throw new Error(say`the disk is full: ${file} was not written; make room, or name another file`);
    }
    throw error;
  } finally {
    progress.clear();
    await giveBack(client, before).catch(({ message }: Error) =>
      note(say`names of images are not as before: ${message}`),
    );
  }
}

const key = ({ name, id, content }: BundledImage) => `${name} ${id} ${content}`;
const sameImages = (one: BundledImage[], other: BundledImage[]) =>
  JSON.stringify(one.map(key).sort()) === JSON.stringify(other.map(key).sort());

/**
 * `berth images load`.
 *
 * @param project its folder, which keeps what stands for builds and digests
 * @throws Error where the file is damaged, before anything is loaded; or where an image of the stack is nowhere
 */
export async function load(
  client: EngineClient,
  stack: string,
  file: string,
  project: string,
  wanted: { name: string }[],
): Promise<number> {
  const progress = new Progress();
  const opened = await openImages(file, progress).catch((error: Error) => {
    throw error instanceof ImagesError ? new Error(say`${file}: ${error.message}`) : error;
  });
  const names = wanted.map(({ name }) => name);
  for (const group of opened.groups) {
    const own = group.images.filter(({ name }) => names.includes(name));
    if (own.length === 0) continue;
    const { loaded, there, moved, ids } = await loadBundledImages(client, group.part, own);
    // Each by itself: what an interrupted load has brought is known.
    writeBundledBuilds(project, { ...readBundledBuilds(project), ...broughtBuilds(project, own, ids) });
    if (there.length) console.log(say`On the engine already: ${listed(there)}.`);
    if (loaded.length) console.log(say`Loaded ${listed(loaded)}.`);
    for (const name of moved) note(say`${name} was another image before; that one is still there, by its id.`);
  }
  const lacking: string[] = [];
  for (const name of names.filter((one) => !opened.images.some((image) => image.name === one)))
    if (!(await client.find(`/images/${name}/json`))) lacking.push(name);
  if (lacking.length === 0) return 0;
  throw new Error(
    say`${typed(file)} does not hold ${listed(lacking)}, which the stack ${stack} names and the engine lacks; save the images of ${stack} again`,
  );
}
