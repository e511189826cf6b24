import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, checkFields, show } from "../description/errors";
import { hostPath } from "../description/mounts";
import { say } from "../description/say";

/** A certificate and its key, as PEM files where Pulumi runs. Relative paths start at the project folder. */
export interface TlsFiles {
  /** The certificate, followed by those in between it and the authority. */
  certificate: string;
  /** Its private key, not encrypted; it is kept as a secret. */
  key: string;
}

/** What is in them. */
export interface TlsTexts {
  certificate: string;
  key: pulumi.Output<string>;
}

function read(path: string, argument: string): string {
  if (typeof path !== "string" || path === "")
    throw new ArgumentError(argument, say`${show(path)} is not a path`, say`name a PEM file`);
  const file = hostPath(path, process.cwd());
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ArgumentError(
      argument,
      say`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`,
      say`create it, or name another file`,
    );
  }
}

function parse<T>(argument: string, path: string, what: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw new ArgumentError(argument, say`${path} holds no ${what}`, say`name a file that begins with -----BEGIN ...`);
  }
}

/**
 * Reads them, and checks that they belong together.
 *
 * @param warn told of a certificate that is no longer valid, or not for long
 * @throws ArgumentError for what is no certificate or key, and for the key of another certificate
 */
export function readTls(files: TlsFiles, argument: string, warn: (text: string) => void): TlsTexts {
  if (files === null || typeof files !== "object")
    throw new ArgumentError(
      argument,
      say`${show(files)} is not a pair of files`,
      say`use { certificate: "...", key: "..." }`,
    );
  checkFields(files, ["certificate", "key"], argument, say`a pair of files`);
  const certificate = read(files.certificate, `${argument}.certificate`);
  const key = read(files.key, `${argument}.key`);
  const parsed = parse(
    `${argument}.certificate`,
    files.certificate,
    "certificate",
    () => new X509Certificate(certificate),
  );
  const secret: KeyObject = parse(`${argument}.key`, files.key, say`private key without a passphrase`, () =>
    createPrivateKey(key),
  );
  if (!parsed.checkPrivateKey(secret))
    throw new ArgumentError(
      `${argument}.key`,
      say`belongs to another certificate`,
      say`name the key of this certificate`,
    );
  const days = (Date.parse(parsed.validTo) - Date.now()) / 86_400_000;
  if (days < 14)
    warn(
      say`${argument}.certificate: ${files.certificate} ${days < 0 ? say`has ended` : say`ends`} on ${parsed.validTo}; renew it.`,
    );
  return { certificate, key: pulumi.secret(key) };
}
