import { statSync } from "node:fs";
import { join } from "node:path";
import { say } from "../../core/description/say";
import { type Part, PartsFormat, readPart, readText as readSmall, SUMS } from "../partsFile";
import { BundleError, TOP } from "./manifest";

/** Parts of a bundle, in their order. */
export const PARTS = [
  "unbundle",
  "tools.tar.gz",
  "project.tar.gz",
  "images.tar.gz",
  "manifest.json",
  "SHA256SUMS",
] as const;
export type PartName = (typeof PARTS)[number];
export type Parts = Map<PartName, Part>;

export { type Part, readPart };

const isPart = (name: string) => (PARTS as readonly string[]).includes(name);

export const BUNDLE = new PartsFormat(TOP, isPart, say`bundle`, (problem) => new BundleError(problem));

/** Whether a file begins as a bundle does. */
export const beginsAsBundle = (file: string): boolean => BUNDLE.beginsAs(file);

/** The parts of a file, which has them in their order. */
async function partsOfFile(file: string): Promise<Parts> {
  const parts = (await BUNDLE.partsOf(file)) as Parts;
  const names = [...parts.keys()];
  if (names[0] !== PARTS[0]) throw BUNDLE.foreign;
  const misplaced = names.find((name, index) => index > 0 && PARTS.indexOf(name) < PARTS.indexOf(names[index - 1]!));
  if (misplaced) throw new BundleError(say`it holds ${misplaced} twice or in the wrong place`);
  return parts;
}

function partsOfFolder(folder: string): Parts {
  const parts: Parts = new Map();
  for (const name of PARTS) {
    const file = join(folder, name);
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? {};
    if (size !== undefined) parts.set(name, { file, start: 0, size });
  }
  if (!parts.has("unbundle")) throw BUNDLE.foreign;
  return parts;
}

/** A small part as text. */
export async function readText(part: Part): Promise<string> {
  if (part.size > 1 << 28) throw new BundleError(say`its manifest.json is larger than any bundle's`);
  return readSmall(part);
}

/**
 * Opens a bundle, or the folder that `tar xf` has made of one, and verifies the checksum of every part.
 *
 * @throws BundleError where it is no bundle, or damaged in any place
 */
export async function openBundle(path: string): Promise<Parts> {
  const parts = statSync(path).isDirectory() ? partsOfFolder(path) : await partsOfFile(path);
  await BUNDLE.verify(
    parts,
    PARTS.filter((name) => name !== "images.tar.gz" && name !== SUMS),
  );
  return parts;
}
