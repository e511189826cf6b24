import { say } from "../description/say";
import { ArgumentError, show } from "../description/errors";
import type { HostFacts } from "./facts";
import { base64 } from "./job";

export type Manager = "apt" | "dnf" | "yum";

/** Where packages come from besides the distribution. */
export interface Repository {
  /** File of the package manager that names it. */
  file: string;
  /** Its text; `@ARCH@` is the host's architecture as its packages call it. */
  text: string;
  /** Address of the packages: a file of somebody else's with the same one is as good. */
  url: string;
  keyFile: string;
  keyUrl: string;
}

/** How the packages of a repository are known to be its own. */
export interface Signature {
  /** The public key, armoured. Undefined: the host fetches it. */
  key?: string;
  /** Of the key, as the user wrote it or as it is published. */
  fingerprint?: string;
  /** The user asked for it, so a host that cannot check it is refused. */
  strict: boolean;
}

/** Packages that a job installs where they are missing. */
export interface PackagePlan {
  manager: Manager | "none";
  names: string[];
  /** Installed where there are such packages: they belong to others in some releases. */
  optional: string[];
  /** Names that have this version; a full one, or only what Docker calls it: `24.0.7`. */
  pinned: string[];
  version?: string;
  repository?: Repository;
  signature: Signature;
  /** Seconds. */
  timeout: number;
}

/** Which program installs packages on a host; undefined where it is one that berth does not know. */
export function managerOf({ tools }: HostFacts): Manager | undefined {
  if (tools.has("apt-get")) return "apt";
  if (tools.has("dnf")) return "dnf";
  return tools.has("yum") ? "yum" : undefined;
}

const likes = ({ os }: HostFacts, ...ids: string[]): boolean => ids.some((id) => os.id === id || os.like.includes(id));

/** Debian, Ubuntu and what is made of them. */
export const isDebianLike = (facts: HostFacts): boolean => likes(facts, "debian", "ubuntu");

/** Red Hat Enterprise Linux and what is made of it. Amazon Linux says that it is like it, but is not. */
export const isRedHatLike = (facts: HostFacts): boolean =>
  facts.os.id !== "amzn" && facts.os.id !== "fedora" && likes(facts, "rhel", "centos", "ol");

/** What the project itself calls a version: `5:24.0.7-1~debian.12~bookworm` is its 24.0.7. */
export const upstreamOf = (version: string): string => /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? version;

/** Whether a package has a version, which may be a full one or what the project itself calls it. */
export const isVersion = (installed: string, wanted: string): boolean =>
  installed.replace(/^\d+:/, "") === wanted.replace(/^\d+:/, "") || upstreamOf(installed) === wanted;

/** A list as settings hold it. */
export const words = (text: string | undefined): string[] => (text ?? "").split(" ").filter(Boolean);

/** The settings of a job with packages.sh in it. */
export function packageSettings(plan: PackagePlan): Record<string, string> {
  const { manager, names, optional, pinned, version, repository, signature, timeout } = plan;
  return {
    manager,
    packages: names.join(" "),
    optional: optional.join(" "),
    pinned: pinned.join(" "),
    pinned_version: version ?? "any",
    repo_file: repository?.file ?? "none",
    repo_text: repository ? base64(repository.text) : "none",
    repo_url: repository?.url ?? "none",
    key_file: repository?.keyFile ?? "none",
    key_url: repository?.keyUrl ?? "none",
    key_text: signature.key === undefined ? "fetch" : base64(signature.key),
    fingerprint: signature.fingerprint ?? "any",
    fingerprint_strict: signature.strict ? "yes" : "no",
    package_limit: String(timeout),
  };
}

/** @throws ArgumentError where a mirror is no address, or one that cannot stand in a file of sources */
export function checkMirror(mirror: unknown, path: string, example: string): string {
  const remedy = say`use an address such as ${example}`;
  const url = typeof mirror === "string" && URL.canParse(mirror) ? new URL(mirror) : undefined;
  // Spaces, quotes, brackets and the like would end the address in a file of sources.
  if (!url || !/^https?:$/.test(url.protocol) || !/^[\w.~:/%[\]-]+$/.test(mirror as string))
    throw new ArgumentError(path, say`${show(mirror)} is not a mirror`, remedy);
  const plain = (mirror as string).replace(/\/+$/, "");
  if (/\/linux(?:\/[a-z]+)?$/.test(plain))
    throw new ArgumentError(
      path,
      say`${show(mirror)} goes too deep`,
      say`end it before /linux: ${plain.replace(/\/linux.*$/, "")}`,
    );
  return plain;
}

/** @throws ArgumentError where a text is no public key */
export function checkSigningKey(key: unknown, path: string): string {
  const text = typeof key === "string" ? key.replaceAll("\r", "").trim() : "";
  if (text.includes("PRIVATE KEY"))
    throw new ArgumentError(path, say`is a private key`, say`give the public one, which the mirror shows to everybody`);
  if (!/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n[\s\S]+\n-----END PGP PUBLIC KEY BLOCK-----$/.test(text))
    throw new ArgumentError(
      path,
      say`is not a signing key`,
      say`give its whole text, from -----BEGIN PGP PUBLIC KEY BLOCK----- on, with its line breaks`,
    );
  return `${text}\n`;
}

/** @throws ArgumentError where a text is no fingerprint */
export function checkFingerprint(fingerprint: unknown, path: string): string {
  const plain = typeof fingerprint === "string" ? fingerprint.replace(/\s/g, "").toUpperCase() : "";
  if (!/^[0-9A-F]{40}$/.test(plain))
    throw new ArgumentError(
      path,
      say`${show(fingerprint)} is not a fingerprint`,
      say`use the 40 hexadecimal digits that \`gpg --show-keys\` prints`,
    );
  return plain;
}

/** @throws ArgumentError where a text is no version */
export function checkVersion(version: unknown, path: string): string {
  if (typeof version !== "string" || !/^(?:\d+:)?\d+\.\d+[A-Za-z0-9.+~-]*$/.test(version))
    throw new ArgumentError(
      path,
      say`${show(version)} is not a version`,
      say`use one such as "24.0.7", or the package's full one as \`apt-cache madison\` or \`dnf list --showduplicates\` prints it`,
    );
  return version;
}

export interface SigningArgs {
  mirror: string;
  key?: string;
  fingerprint?: string;
}

/**
 * How a repository's packages are checked.
 *
 * @param published fingerprint that the project publishes for its key
 * @throws ArgumentError where nothing would tell the mirror's packages from anybody's
 */
export function signatureOf({ mirror, key, fingerprint }: SigningArgs, published: string): Signature {
  if (mirror.startsWith("http://") && key === undefined && fingerprint === undefined)
    throw new ArgumentError(
      "mirror",
      say`${show(mirror)} is without TLS, so anybody on the way could hand out a key of their own`,
      say`give the key that signs its packages (key), or its fingerprint; or use https://`,
    );
  const strict = fingerprint !== undefined;
  return { key, fingerprint: fingerprint ?? (key === undefined ? published : undefined), strict };
}

/** @throws ArgumentError where the host has nothing to check a fingerprint with that the user asked for */
export function checkGpg({ strict }: Signature, { tools, os }: HostFacts, name: string): void {
  if (strict && !tools.has("gpg"))
    throw new ArgumentError(
      "fingerprint",
      say`${name} (${os.name}) has no gpg to check it with`,
      say`install gnupg there, or give the key itself (key) and no fingerprint`,
    );
}

/** @throws ArgumentError where packages are needed and nothing that berth knows installs them */
export function checkManager(facts: HostFacts, name: string, what: string): Manager {
  const manager = managerOf(facts);
  if (manager === undefined)
    throw new ArgumentError(
      "connection",
      say`${name} (${facts.os.name}) has no apt-get, dnf or yum to install ${what} with`,
      say`install ${what} there by hand; what is installed already counts`,
    );
  return manager;
}
