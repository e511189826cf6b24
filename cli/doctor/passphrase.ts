import { createDecipheriv, type DecipherGCM, pbkdf2 } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { type Finding, missing, note, ok, warning } from "./finding";
import { say } from "../../core/description/say";

/** As the CLI derives its key; another number of rounds would be another version of the salt. */
const ROUNDS = 1_000_000;

/**
 * Whether a passphrase is the one that a stack's settings are encrypted with: the CLI keeps the word "pulumi" encrypted
 * beside them. Undefined where that is written in a way that is not known here.
 */
export async function fits(salt: string, passphrase: string): Promise<boolean | undefined> {
  const [version, grains, version2, nonce, sealed, ...more] = salt.split(":");
  if (version !== "v1" || version2 !== "v1" || sealed === undefined || more.length) return undefined;
  const key = await promisify(pbkdf2)(passphrase, Buffer.from(grains!, "base64"), ROUNDS, 32, "sha256");
  const data = Buffer.from(sealed, "base64");
  let cipher: DecipherGCM;
  try {
    cipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce!, "base64"));
    cipher.setAuthTag(data.subarray(-16));
  } catch {
    return undefined;
  }
  try {
    return Buffer.concat([cipher.update(data.subarray(0, -16)), cipher.final()]).toString("utf8") === "pulumi";
  } catch {
    return false;
  }
}

interface StackFile {
  encryptionsalt?: string;
  secretsprovider?: string;
}

/** The passphrase that the CLI would use, and where it comes from. */
function given(folder: string, env: NodeJS.ProcessEnv): { from: string; value?: string; file?: string } {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined)
    return { from: "PULUMI_CONFIG_PASSPHRASE", value: env.PULUMI_CONFIG_PASSPHRASE };
  const named = env.PULUMI_CONFIG_PASSPHRASE_FILE;
  const file = named === undefined ? join(folder, ".berth/passphrase") : resolve(folder, named);
  const from = named === undefined ? ".berth/passphrase" : `PULUMI_CONFIG_PASSPHRASE_FILE (${named})`;
  return { from, file, value: existsSync(file) ? readFileSync(file, "utf8").trim() : undefined };
}

/** The passphrase of a stack's secrets: there, and the right one. */
export async function passphraseFinding(
  folder: string,
  stack: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Finding> {
  const what = "passphrase";
  const { from, value } = given(folder, env);
  const settings = stack === undefined ? "" : join(folder, `Pulumi.${stack}.yaml`);
  const { encryptionsalt, secretsprovider } = existsSync(settings)
    ? ((parse(readFileSync(settings, "utf8")) ?? {}) as StackFile)
    : {};
  if (secretsprovider !== undefined && secretsprovider !== "passphrase")
    return note(what, say`not needed: the secrets of ${stack} are kept by ${secretsprovider.split(":")[0]}`);
  if (encryptionsalt === undefined)
    return value === undefined && from !== ".berth/passphrase"
      ? missing(what, say`${from} is not there`, say`name a file that is there, or unset PULUMI_CONFIG_PASSPHRASE_FILE`)
      : ok(what, value === undefined ? say`none yet; \`berth up\` makes one in .berth/passphrase` : say`in ${from}`);
  const carry =
    from === "PULUMI_CONFIG_PASSPHRASE"
      ? say`set it to the right one, or unset it: .berth/passphrase counts then`
      : say`bring the file .berth/passphrase from where this stack was made, or set PULUMI_CONFIG_PASSPHRASE_FILE`;
  if (value === undefined)
    return missing(what, say`Pulumi.${stack}.yaml is encrypted, and there is no passphrase (${from})`, carry);
  const right = await fits(encryptionsalt, value);
  if (right === false)
    return missing(what, say`${from} is not the one that Pulumi.${stack}.yaml is encrypted with`, carry);
  if (right === undefined)
    return warning(what, say`in ${from}; whether it is the one of ${stack} only the CLI can tell`);
  return ok(what, say`in ${from}, and it is the one of ${stack}`);
}
