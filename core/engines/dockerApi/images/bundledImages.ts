import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArgumentError } from "../../../description/errors";
import { withTag } from "../../../description/names";
import { say } from "../../../description/say";

/** An image that a file has brought: in place of a build, or of one that is named by its digest. */
export interface BundledBuild {
  /** Digest of all that it was built from: files, arguments and other options. Or the one that it is named by. */
  content: string;
  /** What the engine here calls it; undefined until it has been loaded. */
  id?: string;
}

/** By their names with tags: `flask-web:latest`. */
export type BundledBuilds = Record<string, BundledBuild>;

/** Beside state and passphrase: what belongs to this place of the project. */
const fileIn = (projectFolder: string) => join(projectFolder, ".berth", "images.json");

const isBuild = (value: unknown): value is BundledBuild => {
  const { content, id } = (value ?? {}) as Partial<BundledBuild>;
  return typeof content === "string" && (id === undefined || typeof id === "string");
};

/**
 * What `berth unbundle` and `berth images load` have brought to a project; nothing where there was no file.
 *
 * @throws ArgumentError where the file that says so is damaged
 */
export function readBundledBuilds(projectFolder: string): BundledBuilds {
  const file = fileIn(projectFolder);
  if (!existsSync(file)) return {};
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || !Object.values(value).every(isBuild))
    throw new ArgumentError(
      ".berth/images.json",
      say`${file} is damaged`,
      say`load the images again (\`berth images load\`, or \`berth unbundle FILE --images\`), or remove it to build the images here`,
    );
  return value as BundledBuilds;
}

/** Says of a project which images a file has brought; of none, that there are none. */
export function writeBundledBuilds(projectFolder: string, builds: BundledBuilds): void {
  const file = fileIn(projectFolder);
  if (Object.keys(builds).length === 0) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(builds, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** What a file has brought under a name. */
export const bundledBuild = (projectFolder: string, name: string): BundledBuild | undefined =>
  readBundledBuilds(projectFolder)[withTag(name)];
