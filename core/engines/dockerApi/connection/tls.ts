import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { isIP } from "node:net";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { ArgumentError } from "../../../description/errors";
import type { EngineCertificates } from "./address";
import { EngineError } from "./errors";
import { say } from "../../../description/say";

/** What a certificate text comes from, for errors. */
interface Source {
  argument: string;
  ca: string;
  cert: string;
  key: string;
}

/**
 * Options for HTTPS. What does not fit is found before anything is sent.
 *
 * @throws ArgumentError naming the file or setting
 */
export function tlsOptions(certificates: EngineCertificates, host: string): RequestOptions {
  const { ca, cert, key, source } = texts(certificates);
  const refuse = (what: string, problem: string, attempt: () => unknown) => {
    try {
      attempt();
    } catch {
      const remedy = say`give those that the engine's owner has made for you`;
      throw new ArgumentError(source.argument, say`${what} ${problem}`, remedy);
    }
  };
  const noCertificate = say`is no certificate in PEM form`;
  refuse(source.ca, noCertificate, () => new X509Certificate(ca));
  refuse(source.cert, noCertificate, () => new X509Certificate(cert));
  refuse(source.key, say`is no private key in PEM form without a passphrase`, () => createSecureContext({ key }));
  refuse(source.key, say`does not belong to ${source.cert}`, () => createSecureContext({ cert, key }));
  return {
    ca,
    cert,
    key,
    // Node would take the name of the Host header.
    servername: isIP(host) ? "" : host,
  };
}

function texts(given: EngineCertificates): { ca: string; cert: string; key: string; source: Source } {
  if (!("certPath" in given)) {
    const source = { argument: "docker:certMaterial", ca: "caMaterial", cert: "certMaterial", key: "keyMaterial" };
    return { ...given, source };
  }
  const { certPath } = given;
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => join(certPath, name)) as [
    string,
    string,
    string,
  ];
  return { ca: read(ca), cert: read(cert), key: read(key), source: { argument: "docker:certPath", ca, cert, key } };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? say`there is no ${file}` : say`${file} cannot be read (${code})`;
    throw new ArgumentError(
      "docker:certPath",
      problem,
      say`name the folder with ca.pem, cert.pem and key.pem, or unset DOCKER_CERT_PATH`,
    );
  }
}

/** Codes of Node and OpenSSL, and what they mean here. */
const MEANINGS: [RegExp, string][] = [
  [/ALTNAME_INVALID/, say`its certificate is for another name than this one`],
  [/CERT_HAS_EXPIRED/, say`its certificate has expired`],
  [/CERT_NOT_YET_VALID/, say`its certificate is not valid yet: check the clocks`],
  [
    /UNABLE_TO_|SELF_SIGNED|CERT_SIGNATURE_FAILURE/,
    say`its certificate is not signed by the authority in ca.pem (caMaterial)`,
  ],
  [/ALERT/i, say`it refuses this certificate: cert.pem (certMaterial) is not signed by the authority it trusts`],
  [/wrong version number|packet length too long/i, say`it speaks no TLS at that port`],
];

/**
 * An error of a TLS connection, in words that its owner can do something with.
 *
 * @param first of the requests over that connection
 */
export function tlsFailure(error: Error, first: boolean): Error {
  if (error instanceof EngineError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const meaning = MEANINGS.find(([words]) => words.test(code) || words.test(error.message))?.[1];
  const [, said = error.message] = /:SSL routines:[^:]*:([^:]+)/.exec(error.message) ?? [];
  if (meaning !== undefined) return new EngineError(0, `${meaning} (${said})`);
  if (code !== "ECONNRESET" || !first) return error;
  return new EngineError(0, say`it has closed the connection, as one does that refuses a certificate (${said})`);
}
