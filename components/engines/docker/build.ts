import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import dockerignore from "@balena/dockerignore";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isSecretName } from "../../spec/environment";
import { digest } from "../../spec/digest";
import { ArgumentError } from "../../spec/errors";
import { parseImage } from "../../spec/names";
import type { BuildDescription } from "../../spec/project";
import type { EngineName } from "../engine";
import type { KnownImage } from "./imageSource";
import { preparePush, pushImage } from "./push";
import type { Session } from "./session";

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
  const ignoreFile = join(context, ".dockerignore");
  const patterns = existsSync(ignoreFile) ? readFileSync(ignoreFile, "utf8") : "";
  const ignore = dockerignore({ ignorecase: false }).add(patterns);
  // An exception may bring back a file below a folder that is left out.
  const exceptions = /^\s*!/m.test(patterns);
  const always = new Set([ignoreFile, dockerfile]);
  const hash = createHash("sha256");
  const envFiles: string[] = [];

  const visit = (folder: string) => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      const inside = relative(context, path);
      const ignored = ignore.ignores(inside) && !always.has(path);
      const state = lstatSync(path);
      if (state.isDirectory()) {
        if (ignored && !exceptions && !dockerfile.startsWith(`${path}/`)) continue;
        if (!ignored) hash.update(`d ${inside}\0`);
        visit(path);
      } else if (ignored) continue;
      else if (state.isSymbolicLink()) hash.update(`l ${inside}\0${readlinkSync(path)}\0`);
      else if (state.isFile()) {
        if (/^\.env(\.|$)/.test(basename(path))) envFiles.push(inside);
        const content = createHash("sha256").update(readFileSync(path)).digest("hex");
        hash.update(`f ${inside}\0${state.mode & 0o111 ? "x" : "-"} ${content}\0`);
      }
    }
  };
  visit(context);
  return { digest: hash.digest("hex").slice(0, 32), envFiles };
}

/** The Dockerfile's text lies in a file of its own: the provider takes nothing else. */
function writeInline(image: string, text: string, projectFolder: string): string {
  const folder = join(projectFolder, ".berth", "dockerfiles");
  const path = join(folder, image.replace(/[^\w.-]/g, "_"));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
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
  return session.image(name, options.platform, { keep, build: args.build, triggers });
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
  const registry = new pulumi.Config("berth").get("registry");
  if (registry === undefined && engine === "kubernetes")
    throw new ArgumentError(
      options.argument.replace(/\.$/, "") || "context",
      "nodes of a cluster pull images from a registry, and none is named",
      "set one with `pulumi config set berth:registry HOST[:PORT][/PATH]` (`http://HOST...` where it has no TLS)",
    );
  const { triggers, build: args } = readBuild(session, name, build, options);
  const repository = name.replace(/(:[^/]*)?(@.*)?$/, "");
  const prefix = registry === undefined ? "" : `${registry.replace(/^https?:\/\//, "").replace(/\/$/, "")}/`;
  const reference = `${prefix}${repository}:${triggers.content.slice(0, 12)}`;
  parseImage(reference, "berth:registry");
  const image = session.image(reference, options.platform, { build: args, triggers });
  if (registry === undefined) return { name: image.name, id: image.imageId };
  const insecure = registry.startsWith("http://") || undefined;
  const pushed = pushImage(session, preparePush(reference, { insecure }), {
    name: reference,
    triggers,
    dependsOn: [image],
  });
  return { name: pushed.name, id: image.imageId };
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
      "an engine keeps images of one platform",
      "name one; images for several platforms are built and pushed by CI",
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
    throw new ArgumentError(`${argument}context`, `there is no folder ${context}`, "name the folder with the sources");
  const dockerfile =
    build.dockerfileInline !== undefined
      ? writeInline(name, build.dockerfileInline, session.projectFolder)
      : isAbsolute(build.dockerfile ?? "")
        ? build.dockerfile!
        : join(context, build.dockerfile ?? "Dockerfile");
  if (!existsSync(dockerfile))
    throw new ArgumentError(`${argument}dockerfile`, `there is no file ${dockerfile}`, "create it, or name another");
  const { digest, envFiles } = readContext(context, dockerfile);
  if (envFiles.length)
    void pulumi.log.warn(
      `${argument}context: ${envFiles.join(", ")} would be sent to the engine and can end up in the image; add **/.env* to ${join(context, ".dockerignore")}.`,
    );
  const text = createHash("sha256").update(readFileSync(dockerfile)).digest("hex");
  return { content: `${digest} ${text}`, context: { context, dockerfile } };
}
