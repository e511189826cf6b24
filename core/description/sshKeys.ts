import { readFileSync } from "node:fs";
import { ArgumentError, show } from "./errors";
import { hostPath } from "./mounts";
import { listed, say } from "./say";

/** How many fields a key of each kind has, its kind among them; a key that was cut off has fewer. */
const FIELDS: Record<string, number> = {
  "ssh-ed25519": 2,
  "ssh-rsa": 3,
  "ecdsa-sha2-nistp256": 3,
  "ecdsa-sha2-nistp384": 3,
  "ecdsa-sha2-nistp521": 3,
  "sk-ssh-ed25519@openssh.com": 3,
  "sk-ecdsa-sha2-nistp256@openssh.com": 4,
};

const PRIVATE = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|^PuTTY-User-Key-File/;

function refusePrivate(text: string, argument: string): void {
  if (PRIVATE.test(text))
    throw new ArgumentError(
      argument,
      say`is a private key, which must not leave its owner's machine`,
      say`give the public one, from the file that ends in .pub`,
    );
}

/** The length-prefixed fields of a key; undefined where they do not come out even. */
function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/**
 * Checks one line of an `authorized_keys` file: kind, key, and a comment if there is one.
 *
 * @throws ArgumentError for a private key, and for what is no key of a kind that today's OpenSSH takes
 */
export function parsePublicKey(value: string, argument: string): string {
  if (typeof value !== "string" || value.trim() === "")
    throw new ArgumentError(argument, say`${show(value)} is not a public key`, say`use "ssh-ed25519 AAAA... name"`);
  refusePrivate(value, argument);
  const line = value.trim();
  if (/[\r\n\0]/.test(line))
    throw new ArgumentError(argument, say`holds more than one line`, say`give each key as an item of its own`);
  const [kind = "", encoded = "", ...comment] = line.split(/\s+/);
  if (!Object.hasOwn(FIELDS, kind))
    throw new ArgumentError(
      argument,
      say`${show(kind)} is not a kind of public key`,
      say`begin with ${listed(Object.keys(FIELDS))}, or name a file that ends in .pub`,
    );
  const blob = Buffer.from(encoded, "base64");
  const fields = fieldsOf(blob);
  if (
    blob.toString("base64") !== encoded ||
    fields?.length !== FIELDS[kind] ||
    fields[0]!.toString("latin1") !== kind ||
    fields.some((field) => field.length === 0)
  )
    throw new ArgumentError(
      argument,
      say`is not a whole key of the kind ${kind}`,
      say`copy the whole line of the .pub file`,
    );
  return [kind, encoded, ...comment].join(" ");
}

/**
 * Reads a public key that is given as it is, or as the path of a `*.pub` file.
 *
 * @returns the keys; a file may hold several
 */
export function readPublicKeys(value: string, argument: string, projectFolder: string): string[] {
  if (typeof value !== "string" || !/^[./~]|\.pub$/.test(value) || /\s/.test(value.trim()))
    return [parsePublicKey(value, argument)];
  if (!value.endsWith(".pub"))
    throw new ArgumentError(
      argument,
      say`${value} is not the file of a public key, and may be that of a private one`,
      say`use ${value}.pub, or the key itself`,
    );
  const path = hostPath(value, projectFolder);
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw new ArgumentError(
      argument,
      say`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`,
      say`make a pair of keys with \`ssh-keygen -t ed25519\`, or name another file`,
    );
  }
  refusePrivate(content, argument);
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw new ArgumentError(argument, say`${path} holds no key`, say`name another file`);
  return lines.map((line) => parsePublicKey(line, argument));
}
