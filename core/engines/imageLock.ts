import { ArgumentError, show } from "../description/errors";
import { parseImage, withTag } from "../description/names";
import { say } from "../description/say";
import { berthSetting } from "../pulumi/settings";
import { settingMap } from "./settingMap";

/** Digests by the full names of images. */
type Lock = ReadonlyMap<string, string>;

const ARGUMENT = "berth:images";

/**
 * Reads the value of `berth:images`.
 *
 * @throws ArgumentError where it is no map of images and digests
 */
export function readLock(text: string | undefined): Lock {
  const lock = new Map<string, string>();
  const entries = settingMap(text);
  const remedy = say`set it with \`pulumi config set --path '${ARGUMENT}["nginx:1.27"]' sha256:...\`, or have \`berth outdated STACK --lock\` write it`;
  if (!entries) throw new ArgumentError(ARGUMENT, say`${show(text)} is no map of images and their digests`, remedy);
  for (const [name, digest] of entries) {
    const at = `${ARGUMENT}[${show(name)}]`;
    if (parseImage(name, at).digest !== undefined)
      throw new ArgumentError(at, say`names a digest already`, say`name the image as the program does, by its tag`);
    if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest))
      throw new ArgumentError(at, say`${show(digest)} is no digest`, say`use sha256: and 64 hexadecimal digits`);
    lock.set(withTag(name), digest);
  }
  return lock;
}

let known: { text: string | undefined; lock: Lock } | undefined;

/**
 * The image that a name stands for in this stack: `nginx:1.27@sha256:...` where `berth:images` says which one that is.
 *
 * @throws ArgumentError where that setting cannot be read
 */
export function lockedImage<T>(image: T): T | string {
  const text = berthSetting("images");
  if (text === undefined || typeof image !== "string") return image;
  if (known?.text !== text) known = { text, lock: readLock(text) };
  const digest = known.lock.get(withTag(image));
  return digest === undefined ? image : `${withTag(image)}@${digest}`;
}
