import { say } from "../description/say";
import type * as pulumi from "@pulumi/pulumi";
import { ArgumentError, checkFields, show } from "../description/errors";
import { checkPort } from "../description/ports";

/** A host on the way to another. */
export interface JumpHost {
  /** Address, name or alias, as in {@link HostConnection.host}. */
  host: string;
  /** Name to log in with. @default as ssh's settings say */
  user?: string;
  /** Port of its SSH server. @default as ssh's settings say, else 22 */
  port?: number;
  /** Its key, as in {@link HostConnection.hostKey}. @default what known_hosts says */
  hostKey?: string;
}

/**
 * How a host is reached: by the `ssh` of this machine, so that aliases, keys, agents and jump hosts in `~/.ssh/config`
 * work as they do in a terminal. Nothing is ever asked for: a key that needs a passphrase belongs in an agent, and a
 * host whose key is not known is refused.
 *
 * @example
 * const gpu1: HostConnection = { host: "gpu1.lab", user: "ada", jump: { host: "gate.lab" } };
 */
export interface HostConnection {
  /** Address, name, or an alias of `~/.ssh/config`. @default this machine, without ssh */
  host?: string;
  /** Name to log in with. @default as ssh's settings say, else the name of the user here */
  user?: string;
  /** Port of its SSH server. @default as ssh's settings say, else 22 */
  port?: number;
  /** File with the private key; `~` is the home folder. @default as ssh's settings say: an agent, the usual files */
  identityFile?: string;
  /**
   * The private key itself, unencrypted, for CI: it is handed to an agent that lives as long as the connection, and
   * written to no file. A secret.
   */
  privateKey?: pulumi.Input<string>;
  /**
   * The host's public key, as `ssh-keyscan` prints it behind the name: `ssh-ed25519 AAAA...`. Needs OpenSSH 8.5 or newer
   * here. @default what known_hosts says; a host that does not stand there is refused
   */
  hostKey?: string;
  /** A host on the way. @default as ssh's settings say */
  jump?: JumpHost;
  /** Become root with `sudo`, which must not ask for a password, where the user is not root. @default true */
  sudo?: boolean;
}

/** A connection as a program to run: its arguments take one more, a command for the host's shell, which runs as root. */
export interface Invocation {
  /** The host for people: `ada@gpu1`, `this machine`. */
  name: string;
  /** The same in every language, for states. */
  host: string;
  /** Tells hosts apart. */
  identity: string;
  program: string[];
  /** Whether a private key is handed over in the variable BERTH_PRIVATE_KEY. */
  withKey: boolean;
}

const THIS = "this machine";
const KNOWN = ["host", "user", "port", "identityFile", "privateKey", "hostKey", "jump", "sudo"];
const JUMP = ["host", "user", "port", "hostKey"];
const HOST = /^(?:[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(?:%[a-zA-Z0-9._-]+)?)$/;
const USER = /^[a-zA-Z_][a-zA-Z0-9._-]{0,63}\$?$/;
const KEY =
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{20,}={0,2}$/;

/** Nobody is there to answer a question, and a dead connection must end by itself. */
const OPTIONS = {
  BatchMode: "yes",
  StrictHostKeyChecking: "yes",
  ConnectTimeout: "15",
  ServerAliveInterval: "10",
  ServerAliveCountMax: "6",
  LogLevel: "ERROR",
};

interface Endpoint {
  host: string;
  user?: string;
  port?: number;
  hostKey?: string;
}

function checkEndpoint({ host, user, port, hostKey }: Endpoint, path: string): Endpoint {
  if (typeof host !== "string" || !HOST.test(host))
    throw new ArgumentError(
      `${path}.host`,
      say`${show(host)} is not a host`,
      say`use an address, a name or an alias of ~/.ssh/config, for example "gpu1"; user and port are fields of their own`,
    );
  if (user !== undefined && (typeof user !== "string" || !USER.test(user)))
    throw new ArgumentError(`${path}.user`, say`${show(user)} is not a user`, say`use a name such as "ada"`);
  if (port !== undefined) checkPort(port, `${path}.port`);
  if (hostKey === undefined) return { host, user, port };
  const plain = typeof hostKey === "string" ? hostKey.trim().split(/\s+/).slice(0, 2).join(" ") : "";
  if (!KEY.test(plain))
    throw new ArgumentError(
      `${path}.hostKey`,
      say`${show(hostKey)} is not a host's public key`,
      say`use what \`ssh-keyscan -t ed25519 HOST\` prints behind the name: ssh-ed25519 AAAA...`,
    );
  return { host, user, port, hostKey: plain };
}

/** One word for the shell of ssh's ProxyCommand, in which ssh itself reads % as the beginning of a name. */
const proxyWord = (word: string) => `'${word.replaceAll("'", `'\\''`).replaceAll("%", "%%")}'`;

function sshArguments({ host, user, port, hostKey }: Endpoint, more: Record<string, string>): string[] {
  const key: Record<string, string> = hostKey
    ? {
        // A name of its own: the host's may be an alias, or stand in known_hosts with another key.
        HostKeyAlias: "berth-host",
        HostKeyAlgorithms: hostKeyAlgorithms(hostKey),
        KnownHostsCommand: `/bin/echo berth-host ${hostKey}`,
        UserKnownHostsFile: "/dev/null",
        GlobalKnownHostsFile: "/dev/null",
      }
    : {};
  const options = Object.entries({ ...OPTIONS, ...key, ...more }).flatMap(([name, value]) => [
    "-o",
    `${name}=${value}`,
  ]);
  return ["ssh", "-T", ...options, ...(user ? ["-l", user] : []), ...(port ? ["-p", String(port)] : []), "--", host];
}

/** One key may sign in several ways. */
function hostKeyAlgorithms(hostKey: string): string {
  const type = hostKey.split(" ")[0]!;
  return type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256,ssh-rsa" : type;
}

const AS_ROOT_HERE = 'if [ "$(id -u)" = 0 ]; then exec sh -c "$1"; else exec sudo -n sh -c "$1"; fi';
/** In front of the words of a command. The far side's login shell may be any; only what all of them read alike is here. */
const AS_ROOT_THERE = `sh -c '[ "$(id -u)" = 0 ] || set -- sudo -n "$@"; exec "$@"' sh`;

const place = ({ host, port }: Endpoint): string => (port ? `${host}:${port}` : host);

const KEY_IN_AGENT = 'printf "%s\\n" "$BERTH_PRIVATE_KEY" | ssh-add -q - && unset BERTH_PRIVATE_KEY && exec "$@"';

/**
 * Checks a connection and makes it a program to run.
 *
 * @throws ArgumentError naming the field
 */
export function invocationOf(connection: HostConnection = {}, path = "connection"): Invocation {
  if (connection === null || typeof connection !== "object" || Array.isArray(connection))
    throw new ArgumentError(path, say`${show(connection)} is not a connection`, say`use for example { host: "gpu1" }`);
  checkFields(connection, KNOWN, path, say`a connection`);
  const { host, user, port, identityFile, privateKey, hostKey, jump, sudo } = connection;
  if (sudo !== undefined && typeof sudo !== "boolean")
    throw new ArgumentError(`${path}.sudo`, say`${show(sudo)} is not true or false`, say`use true or false`);
  if (host === undefined) {
    const needless = KNOWN.find((field) => field !== "sudo" && connection[field as keyof HostConnection] !== undefined);
    if (needless)
      throw new ArgumentError(
        `${path}.${needless}`,
        say`says how to reach another machine, but none is named`,
        say`name it in ${path}.host, or leave this out`,
      );
    const program = ["/bin/sh", "-c", (sudo ?? true) ? AS_ROOT_HERE : 'exec sh -c "$1"', "sh"];
    return { name: say`this machine`, host: THIS, identity: THIS, program, withKey: false };
  }
  const target = checkEndpoint({ host, user, port, hostKey }, path);
  if (identityFile !== undefined && (typeof identityFile !== "string" || identityFile.trim() === ""))
    throw new ArgumentError(
      `${path}.identityFile`,
      say`${show(identityFile)} is not a file`,
      say`name the private key's file`,
    );
  if (identityFile !== undefined && privateKey !== undefined)
    throw new ArgumentError(`${path}.privateKey`, say`stands beside identityFile`, say`give one of them`);
  if (typeof privateKey === "string") checkKey(privateKey, `${path}.privateKey`);
  // Quotes and % have a meaning in ssh's own options.
  const identity: Record<string, string> = identityFile
    ? { IdentityFile: `"${identityFile.replaceAll("%", "%%").replace(/["\\]/g, "\\$&")}"`, IdentitiesOnly: "yes" }
    : {};
  let proxy: Record<string, string> = {};
  if (jump !== undefined) {
    if (jump === null || typeof jump !== "object")
      throw new ArgumentError(`${path}.jump`, say`${show(jump)} is not a host`, say`use for example { host: "gate" }`);
    checkFields(jump, JUMP, `${path}.jump`, say`a jump host`);
    const gate = checkEndpoint(jump, `${path}.jump`);
    const words = sshArguments(gate, identity);
    // The target stands in brackets for IPv6; ssh fills both in.
    proxy = {
      ProxyCommand: [...words.slice(0, -2).map(proxyWord), "-W '[%h]:%p'", "--", proxyWord(gate.host)].join(" "),
    };
  }
  const ssh = [...sshArguments(target, { ...identity, ...proxy }), ...((sudo ?? true) ? [AS_ROOT_THERE] : [])];
  const name = `${user ? `${user}@` : ""}${host}${port ? `:${port}` : ""}`;
  return {
    name,
    host: name,
    identity: `${place({ host, port })}${jump ? ` via ${place(jump)}` : ""}`,
    program: privateKey === undefined ? ssh : ["ssh-agent", "/bin/sh", "-c", KEY_IN_AGENT, "sh", ...ssh],
    withKey: privateKey !== undefined,
  };
}

/** @throws ArgumentError where a text is no private key, or one that nobody is there to unlock */
export function checkKey(key: string, path: string): void {
  if (
    !/^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]+-----END [A-Z ]*PRIVATE KEY-----\s*$/.test(key.replaceAll("\r", ""))
  )
    throw new ArgumentError(
      path,
      say`is not a private key`,
      say`give the whole text of the file, from -----BEGIN to -----END, with its line breaks`,
    );
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: .*ENCRYPTED/m.test(key))
    throw new ArgumentError(path, say`is encrypted`, say`use an agent, or a key without a passphrase`);
}
