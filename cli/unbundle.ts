import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { quote } from "shlex";
import { parse } from "yaml";
import { listed, say } from "../core/description/say";
import { writeBundledBuilds } from "../core/engines/dockerApi/images/bundledImages";
import { openBundle, type Part, type Parts, readText } from "./bundle/archiveFile";
import { answeringEngine, broughtBuilds, loadBundledImages } from "./bundle/images";
import { type BundledImage, type BundleManifest, BundleError, parseManifest } from "./bundle/manifest";
import { place } from "./bundle/place";
import { readStackConfig } from "./stackConfig";
import { UsageError } from "./usageError";

/** As it is typed from here. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return quote(near.startsWith("..") ? path : near.includes("/") ? near : `./${near}`);
}

/** Reads and verifies everything; nothing is written. */
async function open(source: string): Promise<{ parts: Parts; manifest: BundleManifest }> {
  const parts = await openBundle(source);
  const manifest = parseManifest(await readText(parts.get("manifest.json")!));
  const { platform, arch } = process;
  if (manifest.platform !== platform || manifest.arch !== arch)
    throw new BundleError(
      say`it is for ${manifest.platform} ${manifest.arch} and this machine is ${platform} ${arch}`,
      say`make one on a machine like this one`,
    );
  if (manifest.images.length > 0 !== parts.has("images.tar.gz"))
    throw new BundleError(say`its images are not those that its manifest names`);
  return { parts, manifest };
}

/** Settings of the bundle's stack, as they lie in the folder by now. */
function settingsIn(folder: string, stack: string): Record<string, string> {
  const file = join(folder, "project", "Pulumi.yaml");
  if (!existsSync(file)) return {};
  const { name } = parse(readFileSync(file, "utf8")) as { name: string };
  return readStackConfig(join(folder, "project"), name, stack).values;
}

/** Says in the project which images stand for builds and for names by digest. */
function noteBuilds(folder: string, images: BundledImage[], ids: Record<string, string> = {}): void {
  const project = join(folder, "project");
  if (existsSync(project)) writeBundledBuilds(project, broughtBuilds(project, images, ids));
}

/** Loads the images; false where there is no engine to load them into. */
async function load(folder: string, { stack, images }: BundleManifest, part: Part, again: string): Promise<boolean> {
  const client = await answeringEngine(settingsIn(folder, stack));
  if (typeof client === "string") {
    console.error(say`note: ${client}; when it runs: ${again}`);
    return false;
  }
  try {
    const { loaded, there, moved, ids } = await loadBundledImages(client, part, images);
    noteBuilds(folder, images, ids);
    if (there.length) console.log(say`On the engine already: ${listed(there)}.`);
    if (loaded.length) console.log(say`Loaded ${listed(loaded)}.`);
    for (const name of moved)
      console.error(say`note: ${name} was another image before; that one is still there, by its id.`);
  } finally {
    client.close();
  }
  return true;
}

/**
 * `berth unbundle FILE [--to FOLDER] [--images]`: verifies a bundle, puts its files into a folder and its images into
 * the engine. It asks no network. The same bundle a second time does nothing; another one of the same stack replaces
 * what is the bundle's own.
 *
 * @throws Error where the bundle is damaged or for another machine, before anything is written
 */
export async function unbundle(
  file: string,
  { to = "berth", images = false }: { to?: string; images?: boolean },
): Promise<number> {
  const source = resolve(file);
  if (!existsSync(source)) throw new Error(say`there is no file ${source}; correct the name`);
  if (to === "") throw new UsageError(say`--to: names no folder`);
  const folder = resolve(to);
  try {
    const { parts, manifest } = await open(source);
    return await carryOut(source, folder, parts, manifest, images);
  } catch (error) {
    if (error instanceof BundleError) throw new Error(say`${source}: ${error.message}`);
    throw error;
  }
}

/** What a disk has refused, in a sentence; other errors as they are. */
function diskError(error: NodeJS.ErrnoException, folder: string): Error {
  const { code = "" } = error;
  if (["ENOSPC", "EDQUOT"].includes(code))
    return new Error(say`the disk is full: ${folder} is not complete; make room, or name another folder with --to`);
  if (/^E[A-Z]+$/.test(code))
    return new Error(say`cannot write to ${folder} (${error.message}); name a folder that you may write to with --to`);
  return error;
}

async function carryOut(
  source: string,
  folder: string,
  parts: Parts,
  manifest: BundleManifest,
  imagesOnly: boolean,
): Promise<number> {
  const { stack, secrets } = manifest;
  const part = parts.get("images.tar.gz");
  const target = shown(folder);
  const again = `${existsSync(join(folder, "berth")) || !imagesOnly ? `${target}/berth` : "berth"} unbundle ${shown(source)} --to ${target} --images`;
  if (imagesOnly) {
    if (!part) console.log(say`The bundle holds no images.`);
    return !part || (await load(folder, manifest, part, again)) ? 0 : 1;
  }
  const { changed, notes } = await place(folder, manifest, parts).catch((error: NodeJS.ErrnoException) => {
    throw diskError(error, folder);
  });
  console.log(changed ? say`Unpacked the stack ${stack} to ${folder}.` : say`${folder} holds this bundle already.`);
  for (const line of notes) console.error(say`note: ${line}`);
  noteBuilds(folder, manifest.images);
  if (part) await load(folder, manifest, part, again);
  if (secrets)
    console.error(
      say`note: the settings hold secrets: put the passphrase of the machine that made the bundle into ${target}/project/.berth/passphrase first.`,
    );
  console.log(say`Next:

  ${target}/berth up ${stack}        # or: . ${target}/env && cd ${target}/project && pulumi up`);
  return 0;
}
