import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { quote } from "shlex";
import { few, say } from "../core/description/say";
import { beginsAsBundle } from "./bundle/archiveFile";
import { buildPlanned } from "./bundle/build";
import { contextFiles } from "./bundle/contextFiles";
import {
  answeringEngine,
  bringImages,
  giveBack,
  idsOf,
  imagesOf,
  type NamedIds,
  namesOfBuilds,
  noteWanted,
  savedImages,
  type WantedImages,
  withContents,
} from "./bundle/images";
import { type BundledImage, FORMAT } from "./bundle/manifest";
import { filesLeftOut, mountedPaths, pathsIn, readNodeModules, readProject, readStackSettings } from "./bundle/project";
import { readTools } from "./bundle/tools";
import { megabytes, writeBundle } from "./bundle/write";
import type { Plan } from "./plan";
import { readStackConfig } from "./stackConfig";

/** What `berth bundle` is told by its caller. */
export interface BundleContext {
  /** Folder of the project. */
  root: string;
  project: string;
  /** Plans the stack without an engine. */
  plan(stack: string): Promise<Plan>;
}

const tell = (line: string) => console.error(line);
const note = (line: string) => console.error(say`note: ${line}`);

function checkOut(given: string | undefined, standard: string): string {
  const out = resolve(given ?? standard);
  if (existsSync(out) && !statSync(out).isFile())
    throw new Error(say`--out: ${out} is no file; name the file to write, for example ${join(out, standard)}`);
  if (existsSync(out) && !beginsAsBundle(out))
    throw new Error(say`--out: ${out} is there and is no bundle of berth; name another file`);
  if (!existsSync(dirname(out)))
    throw new Error(say`--out: there is no folder ${dirname(out)}; make it, or name another file`);
  return out;
}

/** Says what the bundle does not hold, and what it is good to know about. */
function report(wanted: WantedImages, untracked: string[], left: string[], unversioned: string[], provider?: string) {
  if (untracked.length)
    note(
      say`git does not know ${few(untracked)}: not in the bundle; \`git add\` what the stack needs, and bundle again.`,
    );
  if (left.length)
    note(say`the stack names ${few(left)}: not in the bundle; carry what it needs of that to the same place there.`);
  noteWanted(wanted);
  if (unversioned.length) note(say`${few(unversioned)} was taken from PATH, where nothing says which version it is.`);
  if (provider) note(say`the settings' secrets are kept by ${provider}, which asks a network.`);
}

/** Brings the images to an engine for as long as they are used. */
async function withImages<T>(
  wanted: WantedImages,
  config: Record<string, string>,
  use: (images?: { list: BundledImage[]; archive: ReturnType<typeof savedImages> }) => Promise<T>,
): Promise<T> {
  if (wanted.engine.length === 0) return use();
  const client = await answeringEngine(config);
  if (typeof client === "string")
    throw new Error(say`${client}, and the bundle takes its images from there; start Docker`);
  let before: NamedIds = [];
  try {
    // Containers that run here keep the image that they know by this name.
    before = await idsOf(client, namesOfBuilds(wanted.builds));
    for (const planned of wanted.builds) await buildPlanned(client, planned, tell);
    const list = withContents(await bringImages(client, wanted.engine, tell), wanted.builds);
    return await use({ list, archive: savedImages(client, list) });
  } finally {
    await giveBack(client, before).catch(({ message }: Error) =>
      note(say`names of images are not as before: ${message}`),
    );
    client.close();
  }
}

/** Has a file written beside its place, where it goes when it is complete. */
async function complete(out: string, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${out}.part`;
  try {
    await write(part);
    renameSync(part, out);
  } catch (error) {
    const { code, message, path } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new Error(say`the disk is full: ${out} was not written; make room, or name another file with --out`);
    if (path === part)
      throw new Error(say`cannot write ${out} (${message}); name a file that you may write with --out`);
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

/**
 * `berth bundle STACK [--out FILE]`: one archive with all that `pulumi up` of a stack needs where there is no network:
 * Node.js, the CLI and its plugins, the project with node_modules, the images. It gets its name when it is complete.
 * The same checkout, programs and images give the same bytes.
 *
 * @throws Error where something is missing here, or cannot be carried
 */
export async function bundle(
  stack: string,
  given: { out?: string },
  { root, project, plan }: BundleContext,
): Promise<number> {
  const { platform, arch } = process;
  const out = checkOut(given.out, `berth-${stack}-${platform}-${arch}.tar`);

  const { resources } = await plan(stack);
  const wanted = imagesOf(resources);
  const checkout = readProject(root);
  const modules = readNodeModules(root);
  const settings = readStackSettings(root, stack);
  const types = resources.map(({ type }) => type);
  const tools = readTools(root, types, modules);
  const own = checkout.files.filter(({ path }) => path !== settings?.file.path);
  const known = [...own, ...modules, ...(settings ? [settings.file] : [])];
  const sent = contextFiles(root, wanted.builds, known, settings?.file.path);
  const projectFiles = [...known, ...sent.files];
  const config = readStackConfig(root, project, stack).values;

  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const { commit, changed } = checkout;
  const manifest = {
    format: FORMAT,
    stack,
    platform,
    arch,
    berth: { version, commit, changed },
    versions: tools.versions,
    secrets: settings?.secrets ?? false,
  };
  await complete(out, (part) =>
    withImages(wanted, config, (images) =>
      writeBundle(part, manifest, { tools: tools.files, project: projectFiles, images }, tell),
    ),
  );

  const added = sent.files.map(({ path }) => path.slice("project/".length));
  if (added.length) note(say`a build sends what git does not know, and so it is in the bundle: ${few(added)}.`);
  report(
    wanted,
    checkout.untracked.filter((path) => !added.includes(path)),
    filesLeftOut(root, [...pathsIn(config), ...mountedPaths(resources), ...sent.elsewhere], projectFiles),
    tools.unversioned,
    settings?.provider,
  );
  if (settings?.secrets)
    note(
      say`secrets in the settings stay encrypted, and the passphrase is not in the bundle: carry .berth/passphrase (or what PULUMI_CONFIG_PASSPHRASE holds) there by another way.`,
    );
  note(say`the state stays here: there, the first \`up\` makes everything anew.`);
  console.log(say`${out} (${megabytes(statSync(out).size)}) holds the stack ${stack} for ${platform} ${arch}. There:

  tar xf ${quote(basename(out))} && sh berth-bundle/unbundle`);
  return 0;
}
