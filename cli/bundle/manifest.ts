/** A bundle that cannot be unpacked. */
import { say } from "../../core/description/say";
export class BundleError extends Error {
  /**
   * @param problem what is wrong with it, e.g. `it is cut off`
   * @param remedy what to do; for a bundle that is not as it was written, to copy it again
   */
  constructor(
    readonly problem: string,
    readonly remedy = say`copy it again, or make another one`,
  ) {
    super(say`${problem}; ${remedy}`);
    this.name = "BundleError";
  }
}

/** Another number where an older berth could not unbundle what a newer one has written. */
export const FORMAT = 1;

/** Folder that `tar xf` makes of a bundle. */
export const TOP = "berth-bundle";

/** A file as it lies in the folder that a bundle is unpacked to. */
export interface BundledFile {
  /** From that folder: `bin/node`, `home/plugins/...`, `project/...`. */
  path: string;
  /** Bytes. */
  size: number;
  /** 0o755 or 0o644. */
  mode: number;
  sha256: string;
}

/** An image in a bundle. */
export interface BundledImage {
  /** With its tag: `nginx:latest`. */
  name: string;
  /** What the engine that it comes from calls it. */
  id: string;
  /** What another engine can call it: an engine with the containerd image store names its index, others its config. */
  ids: string[];
  /** Digests of its unpacked layers, and the time it was built: the same for every engine. */
  layers: string[];
  created: string;
  /** For one that the stack builds: digest of all that it was built from. */
  content?: string;
}

/** What a bundle holds. */
export interface BundleManifest {
  format: number;
  stack: string;
  /** As Node.js calls them: `linux`, `x64`. */
  platform: string;
  arch: string;
  berth: {
    version: string;
    commit?: string;
    /** Whether the checkout differed from its commit. */
    changed?: boolean;
  };
  versions: { node: string; pulumi: string; plugins: Record<string, string> };
  /** Whether the stack's settings hold secrets, which need the passphrase that is not in the bundle. */
  secrets: boolean;
  files: BundledFile[];
  images: BundledImage[];
}

/** The part of a bundle that holds a file. */
export const partOf = (path: string): "project.tar.gz" | "tools.tar.gz" =>
  path.startsWith("project/") ? "project.tar.gz" : "tools.tar.gz";

/** Whether a path is one that a bundle may write: below its folders, and not where state and passphrase lie. */
export const isOwnPath = (path: string): boolean =>
  /^(bin|home\/plugins|project)\/[^\0\n]+$/.test(path) &&
  !/^project\/\.(pulumi|berth)(\/|$)/.test(path) &&
  path.split("/").every((name) => name !== "" && name !== "." && name !== "..");

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isListOf = <T>(value: unknown, check: (item: unknown) => item is T): value is T[] =>
  Array.isArray(value) && value.every(check);

const isFile = (value: unknown): value is BundledFile =>
  isRecord(value) &&
  isText(value.path) &&
  Number.isSafeInteger(value.size) &&
  (value.size as number) >= 0 &&
  (value.mode === 0o755 || value.mode === 0o644) &&
  /^[0-9a-f]{64}$/.test(String(value.sha256));

export const isImage = (value: unknown): value is BundledImage =>
  isRecord(value) &&
  isText(value.name) &&
  isText(value.id) &&
  isListOf(value.ids, isText) &&
  isListOf(value.layers, isText) &&
  typeof value.created === "string" &&
  (value.content === undefined || isText(value.content));

/**
 * Reads a manifest.
 *
 * @throws BundleError where it is none of this format, or names a file that a bundle must not write
 */
export function parseManifest(text: string): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BundleError(say`its manifest.json is no JSON`);
  }
  if (!isRecord(value) || !Number.isSafeInteger(value.format))
    throw new BundleError(say`its manifest.json is none of berth`);
  if (value.format !== FORMAT)
    throw new BundleError(
      say`it has the format ${String(value.format)} and this berth reads ${FORMAT}`,
      say`unbundle it with its own script, or with the berth that made it`,
    );
  const { berth, versions } = value;
  const whole =
    [value.stack, value.platform, value.arch].every(isText) &&
    /^[\w.-]+$/.test(value.stack as string) &&
    isRecord(berth) &&
    isText(berth.version) &&
    isRecord(versions) &&
    isText(versions.node) &&
    isText(versions.pulumi) &&
    isRecord(versions.plugins) &&
    typeof value.secrets === "boolean" &&
    isListOf(value.files, isFile) &&
    isListOf(value.images, isImage);
  if (!whole) throw new BundleError(say`its manifest.json lacks something`);
  const manifest = value as unknown as BundleManifest;
  const seen = new Set<string>();
  for (const { path } of manifest.files) {
    if (!isOwnPath(path)) throw new BundleError(say`it holds ${JSON.stringify(path)}, a path that no bundle writes`);
    if (seen.has(path)) throw new BundleError(say`its manifest.json names ${path} twice`);
    seen.add(path);
  }
  return manifest;
}
