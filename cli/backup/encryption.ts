import { createCipheriv, createDecipheriv, hkdfSync, scryptSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BackupError } from "./manifest";
import { say } from "../../core/description/say";

/** Bytes that are encrypted at a time, each piece with a mark of its own that nobody can forge. */
const PIECE = 1 << 16;
const TAG = 16;

/**
 * The passphrase that protects the secrets of the stacks, as the CLI is given it; undefined where there is none.
 *
 * @throws Error where the file of PULUMI_CONFIG_PASSPHRASE_FILE cannot be read
 */
export function passphraseOf(root: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env.PULUMI_CONFIG_PASSPHRASE) return env.PULUMI_CONFIG_PASSPHRASE;
  const own = join(root, ".berth", "passphrase");
  const file = env.PULUMI_CONFIG_PASSPHRASE_FILE ?? (existsSync(own) ? own : undefined);
  if (file === undefined || env.PULUMI_CONFIG_PASSPHRASE !== undefined) return undefined;
  if (!existsSync(file))
    throw new Error(say`PULUMI_CONFIG_PASSPHRASE_FILE: there is no file ${file}; correct the name`);
  return readFileSync(file, "utf8").trim() || undefined;
}

/** The key of a whole backup. It takes a moment on purpose, so that nobody tries many passphrases. */
export const keyOf = (passphrase: string, salt: string): Buffer =>
  scryptSync(passphrase, Buffer.from(salt, "hex"), 32, { N: 1 << 16, r: 8, p: 1, maxmem: 1 << 28 });

/** The key of one part: no two parts have pieces that could stand for one another. */
const partKey = (key: Buffer, part: string) => Buffer.from(hkdfSync("sha256", key, "", part, 32));

/** Counts the pieces and tells the last one, so that none can be left out, moved or cut off. */
function nonce(count: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(count, 5, 6);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

/** Cuts a stream into pieces of one size, of which the last can be shorter; there is always one. */
async function* cut(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<[piece: Buffer, last: boolean]> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of content) {
    held.push(chunk);
    length += chunk.length;
    if (length <= size) continue;
    const whole = Buffer.concat(held);
    let at = 0;
    for (; whole.length - at > size; at += size) yield [whole.subarray(at, at + size), false];
    held = [whole.subarray(at)];
    length = whole.length - at;
  }
  yield [Buffer.concat(held), true];
}

/** Encrypts a part by AES-256-GCM, piece by piece. */
export async function* encrypted(content: AsyncIterable<Buffer>, key: Buffer, part: string): AsyncGenerator<Buffer> {
  const own = partKey(key, part);
  let count = 0;
  for await (const [piece, last] of cut(content, PIECE)) {
    const cipher = createCipheriv("aes-256-gcm", own, nonce(count++, last));
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
  }
}

/**
 * The other way round.
 *
 * @throws BackupError at the first piece that was not encrypted with this key
 */
export async function* decrypted(content: AsyncIterable<Buffer>, key: Buffer, part: string): AsyncGenerator<Buffer> {
  const own = partKey(key, part);
  let count = 0;
  for await (const [piece, last] of cut(content, PIECE + TAG)) {
    const decipher = createDecipheriv("aes-256-gcm", own, nonce(count, last));
    try {
      decipher.setAuthTag(piece.subarray(-TAG));
      yield Buffer.concat([decipher.update(piece.subarray(0, -TAG)), decipher.final()]);
    } catch {
      if (count > 0) throw new BackupError(say`its ${part} is damaged`);
      throw new BackupError(
        say`this passphrase is not the one that it was encrypted with`,
        say`set PULUMI_CONFIG_PASSPHRASE to that one`,
      );
    }
    count++;
  }
}
