import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isSecretName } from "../../../description/environment";
import { digest } from "../../../description/digest";
import { ArgumentError } from "../../../description/errors";
import { parseImage, withTag } from "../../../description/names";
import { say } from "../../../description/say";
import type { BuildDescription } from "../../../description/project";
import type { EngineName } from "../../engine";
import { baseImages, contextEntries } from "./buildContext";
import { bundledBuild } from "./bundledImages";
import type { KnownImage } from "./imageSource";
import { preparePush, pushImage } from "./push";
import type { Session } from "../session";
import { berthSetting } from "../../../pulumi/settings";

/** What the engine itself fetches, in place of a folder: a Git repository or an archive. */
const REMOTE = /^(https?|git|ssh):\/\/|^git@|^github\.com\//;

/** What is in a build context, without what `.dockerignore` leaves out. */
export interface BuildContext {
  /** Digest of every file's path, kind, executable bit and content. */
  digest: string;
  /** Environment files that would be sent along, relative to the context. */
  envFiles: string[];
}

/**
 * Reads a build context as the engine would get it. Dates and owners do not count: a fresh clone has others.
 *
 * @param dockerfile absolute path, sent even where `.dockerignore` names it
 */
export function readContext(context: string, dockerfile: string): BuildContext {
  const hash = createHash("sha256");
  const envFiles: string[] = [];
  for (const { path, kind, stats } of contextEntries(context, dockerfile)) {
    const file = join(context, path);
    if (kind === "folder") hash.update(`d ${path}\0`);
    else if (kind === "link") hash.update(`l ${path}\0${readlinkSync(file)}\0`);
    else {
      if (/^\.env(\.|$)/.test(basename(path))) envFiles.push(path);
      const content = createHash("sha256").update(readFileSync(file)).digest("hex");
      hash.update(`f ${path}\0${stats.mode & 0o111 ? "x" : "-"} ${content}\0`);
    }
  }
  return { digest: hash.digest("hex").slice(0, 32), envFiles };
}

/** What a build from a folder is told by, with the environment files that it would send along. */
export function contentOf(context: string, dockerfile: string): { content: string; envFiles: string[] } {
  const { digest, envFiles } = readContext(context, dockerfile);
  const text = createHash("sha256").update(readFileSync(dockerfile)).digest("hex");
  return { content: `${digest} ${text}`, envFiles };
}

/** The Dockerfile's text lies in a file of its own: the provider takes nothing else. */
function writeInline(image: string, text: string, projectFolder: string, argument: string): string {
  const folder = join(projectFolder, ".berth", "dockerfiles");
  const path = join(folder, image.replace(/[^\w.-]/g, "_"));
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ArgumentError(
      argument,
      say`its text has to lie in a file for the provider, and ${path} cannot be written (${code})`,
      say`run this where the project can be written to, or put the text into a Dockerfile`,
    );
  }
  return path;
}

export interface BuildOptions {
  /** Path in front of the build's own fields in errors, e.g. `services.web.build.`; or "". */
  argument: string;
  platform?: string;
}

/**
 * Builds the image once per stack. Its content decides about building again: files, build arguments, stage
 * and the other options, not dates, owners or the place of the folder.
 *
 * @throws ArgumentError where the folder or the Dockerfile is missing, before anything is made
 */
export function buildImage(
  session: Session,
  name: string,
  build: BuildDescription,
  { keep, ...options }: BuildOptions & { keep: boolean },
): docker.RemoteImage {
  const { triggers, ...args } = readBuild(session, name, build, options);
  return madeImage(session, name, options, { keep, build: args.build, triggers });
}

/**
 * Builds an image for the nodes of a Swarm or cluster: its tag is its content's digest, so that a change is another
 * image for whoever runs it, and it is pushed to the registry of the setting `berth:registry`. Without one it stays
 * on this engine, which serves a Swarm of this one machine.
 *
 * @returns the reference that nodes pull, known when it is pushed, and the image's id
 * @throws ArgumentError where a cluster would find it nowhere
 */
export function buildForNodes(
  session: Session,
  name: string,
  build: BuildDescription,
  { engine, ...options }: BuildOptions & { engine: EngineName },
): KnownImage {
  const registry = berthSetting("registry");
  if (registry === undefined && engine === "kubernetes")
    throw new ArgumentError(
      options.argument.replace(/\.$/, "") || "context",
      say`nodes of a cluster pull images from a registry, and none is named`,
      say`set one with \`pulumi config set berth:registry HOST[:PORT][/PATH]\` (\`http://HOST...\` where it has no TLS)`,
    );
  const { triggers, build: args } = readBuild(session, name, build, options);
  const repository = name.replace(/(:[^/]*)?(@.*)?$/, "");
  const prefix = registry === undefined ? "" : `${registry.replace(/^https?:\/\//, "").replace(/\/$/, "")}/`;
  const reference = `${prefix}${repository}:${triggers.content.slice(0, 12)}`;
  parseImage(reference, "berth:registry");
  const image = madeImage(session, reference, options, { build: args, triggers });
  if (registry === undefined) return { name: image.name, id: image.imageId };
  const insecure = registry.startsWith("http://") || undefined;
  const pushed = pushImage(session, preparePush(reference, { insecure }), {
    name: reference,
    triggers,
    dependsOn: [image],
  });
  return { name: pushed.name, id: image.imageId };
}

/** What a build needs that a machine without a network may lack. */
function needs({ snapshot }: Session, { dockerfile }: { dockerfile?: string }): string {
  const bases = dockerfile && existsSync(dockerfile) ? baseImages(readFileSync(dockerfile, "utf8")) : [];
  const missing = snapshot ? bases.filter((base) => !snapshot.images.includes(withTag(base))) : [];
  return missing.length
    ? say`That takes ${missing.join(", ")}, which this engine has not and has to pull.`
    : say`That takes what its steps fetch.`;
}

/** Builds an image, or takes the one that a bundle has brought as long as it would be built from the same. */
function madeImage(
  session: Session,
  name: string,
  { argument, platform }: BuildOptions,
  making: {
    keep?: boolean;
    build: docker.types.input.RemoteImageBuild & { dockerfile?: string };
    triggers: { content: string };
  },
): docker.RemoteImage {
  const bundled = bundledBuild(session.projectFolder, name);
  if (!bundled) return session.image(name, platform, making);
  if (making.keep === false)
    void pulumi.log.info(say`${name} came in a file and stays on the engine when the stack goes.`);
  const { content, id } = bundled;
  if (content !== making.triggers.content) {
    void pulumi.log.info(
      say`${name} is built here: what it is built from is not what that image was built from. ${needs(session, making.build)}`,
    );
    // The provider removes by name: when the bundle's image is taken again, that would be the one that goes.
    return session.image(name, platform, { ...making, keep: true });
  }
  const there = session.snapshot?.imageIds?.[withTag(name)];
  if (session.snapshot && (there === undefined || there !== id))
    throw new ArgumentError(
      argument.replace(/\.$/, "") || "context",
      say`${name} came in a file, and ${there ? say`another image has that name on the engine` : say`is not on the engine`}`,
      say`load it again (\`berth images load\`, or \`berth unbundle FILE --images\`), or remove .berth/images.json to build it here`,
    );
  return session.image(name, platform, { bundled });
}

/** The provider's arguments for a build, and the digest of all that decides about it. */
function readBuild(session: Session, name: string, build: BuildDescription, { argument, platform }: BuildOptions) {
  const args = Object.fromEntries(
    Object.entries(build.args ?? {}).flatMap(([key, value]) => {
      const known = value ?? process.env[key];
      return known === undefined ? [] : [[key, known]];
    }),
  );
  if ((build.platforms?.length ?? 0) > 1)
    throw new ArgumentError(
      `${argument}platforms`,
      say`an engine keeps images of one platform`,
      say`name one; images for several platforms are built and pushed by CI`,
    );
  const options = {
    buildArgs: args,
    target: build.target,
    networkMode: build.network,
    tags: build.tags,
    labels: build.labels,
    cacheFroms: build.cacheFrom,
    extraHosts: Array.isArray(build.extraHosts)
      ? build.extraHosts
      : build.extraHosts && Object.entries(build.extraHosts).map(([host, ip]) => `${host}:${ip}`),
    platform: build.platforms?.[0] ?? platform,
    shmSize: build.shmSize,
    noCache: build.noCache,
    pullParent: build.pull,
  };
  const where = REMOTE.test(build.context)
    ? { content: build.context, context: { context: ".", remoteContext: build.context, dockerfile: build.dockerfile } }
    : local(session, name, { ...build, context: resolve(session.projectFolder, build.context) }, argument);
  const triggers = {
    content: digest({ ...options, content: where.content }),
  };
  const buildArgs = Object.keys(args).some(isSecretName) ? pulumi.secret(args) : args;
  const useLegacyBuilder = session.buildsByItself || undefined;
  return { build: { ...where.context, ...options, buildArgs, useLegacyBuilder }, triggers };
}

function local(session: Session, name: string, build: BuildDescription, argument: string) {
  const { context } = build;
  if (!existsSync(context) || !lstatSync(context).isDirectory())
    throw new ArgumentError(
      `${argument}context`,
      say`there is no folder ${context}`,
      say`name the folder with the sources`,
    );
  const dockerfile =
    build.dockerfileInline !== undefined
      ? writeInline(name, build.dockerfileInline, session.projectFolder, `${argument}dockerfileInline`)
      : isAbsolute(build.dockerfile ?? "")
        ? build.dockerfile!
        : join(context, build.dockerfile ?? "Dockerfile");
  if (!existsSync(dockerfile))
    throw new ArgumentError(
      `${argument}dockerfile`,
      say`there is no file ${dockerfile}`,
      say`create it, or name another`,
    );
  const { content, envFiles } = contentOf(context, dockerfile);
  if (envFiles.length)
    void pulumi.log.warn(
      say`${argument}context: ${envFiles.join(", ")} would be sent to the engine and can end up in the image; add **/.env* to ${join(context, ".dockerignore")}.`,
    );
  return { content, context: { context, dockerfile } };
}
