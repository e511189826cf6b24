import { readFileSync } from "node:fs";
import type { Volume, VolumeMount } from "kubernetes-types/core/v1";
import { ArgumentError } from "../../description/errors";
import type { FileSpec } from "../../description/files";
import { dataKey } from "./checks";
import type { LateValues } from "./late";
import { say } from "../../description/say";

/** What an object of the cluster can hold. */
const MOST_BYTES = 2 ** 20;

/** Files for a container, from one Secret or ConfigMap. */
export interface Files {
  /** Text by key; values may be late. */
  text: Record<string, string>;
  /** What is no text, in base64. */
  binary: Record<string, string>;
  volume?: Volume;
  mounts: VolumeMount[];
}

function read(file: string, argument: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ArgumentError(
      argument,
      say`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`,
      say`name a file of the machine that runs Pulumi`,
    );
  }
}

function checkOwner(value: string | undefined, argument: string): void {
  if (value !== undefined && value !== "0")
    throw new ArgumentError(
      argument,
      say`files from Secrets and ConfigMaps belong to root`,
      say`remove it, and let mode say who may read the file`,
    );
}

/**
 * Secrets or configs of a description. A file is mounted by itself (`subPath`), so that its folder keeps what the
 * image has there.
 *
 * @param object name of the Secret or ConfigMap
 * @throws ArgumentError for what is no file, or for more than 1 MiB
 */
export function filesFor(
  kind: "secrets" | "configs",
  files: FileSpec[] | undefined,
  object: string,
  { isLate }: LateValues,
): Files {
  const result: Files = { text: {}, binary: {}, mounts: [] };
  if (!files?.length) return result;
  let size = 0;
  const volume = `berth-${kind}`;
  const items = files.map(({ source, target, file, content, uid, gid, mode }, index) => {
    const at = `${kind}[${index}]`;
    checkOwner(uid, `${at}.uid`);
    checkOwner(gid, `${at}.gid`);
    if (mode > 0o777)
      throw new ArgumentError(
        `${at}.mode`,
        say`0o${mode.toString(8)} has more than permissions`,
        say`use 0o777 or less`,
      );
    const plain = source.replace(/[^-._a-zA-Z0-9]/g, "-");
    const key = dataKey(plain in result.text || plain in result.binary ? `${plain}-${index}` : plain, `${at}.source`);
    if (file === undefined) result.text[key] = content!;
    else {
      const bytes = read(file, `${at}.file`);
      const text = bytes.toString("utf8");
      if (Buffer.from(text, "utf8").equals(bytes)) result.text[key] = text;
      else result.binary[key] = bytes.toString("base64");
      size += bytes.length;
    }
    if (content !== undefined && !isLate(content)) size += Buffer.byteLength(content);
    if (size > MOST_BYTES)
      throw new ArgumentError(
        at,
        say`${kind} are larger than 1 MiB together`,
        say`put large files into a volume or the image`,
      );
    result.mounts.push({ name: volume, mountPath: target, subPath: key, readOnly: true });
    return { key, path: key, mode };
  });
  result.volume =
    kind === "secrets"
      ? { name: volume, secret: { secretName: object, items } }
      : { name: volume, configMap: { name: object, items } };
  return result;
}
