import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ArgumentError, show } from "../../../description/errors";
import { checkSshAddress } from "./sshCommand";
import { say } from "../../../description/say";

/** Certificates for TLS: a folder with ca.pem, cert.pem and key.pem, or their texts. */
export type EngineCertificates = { certPath: string } | { ca: string; cert: string; key: string };

/** Where an engine listens. */
export interface EngineAddress {
  /** As written: `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. */
  host: string;
  /** Set for TLS. */
  certificates?: EngineCertificates;
  /** Further options of `ssh`, e.g. `["-i", "key.pem"]`. */
  sshOpts?: string[];
  /** Where the provider has to find an engine too, without use for it: it looks for one before it reads a context. */
  besides?: string;
  /** What its owner should know about this way to an engine. */
  warnings?: string[];
}

/** The settings of a stack that say where its engine is, under `docker:`; texts as they are in `pulumi config`. */
export const ENGINE_SETTINGS = [
  "host",
  "context",
  "certPath",
  "caMaterial",
  "certMaterial",
  "keyMaterial",
  "sshOpts",
] as const;
export type EngineSettings = Partial<Record<(typeof ENGINE_SETTINGS)[number], string>>;

/** The variable that stands in for a setting. */
const VARIABLES: Record<keyof EngineSettings, string> = {
  host: "DOCKER_HOST",
  context: "DOCKER_CONTEXT",
  certPath: "DOCKER_CERT_PATH",
  caMaterial: "DOCKER_CA_MATERIAL",
  certMaterial: "DOCKER_CERT_MATERIAL",
  keyMaterial: "DOCKER_KEY_MATERIAL",
  sshOpts: "DOCKER_SSH_OPTS",
};

const USUAL_SOCKET = "/var/run/docker.sock";

/** The usual socket; where there is none, that of a Docker Desktop installed without administrator rights. */
function usualHost(home: string, exists: (path: string) => boolean): string {
  const own = [".docker/run/docker.sock", ".docker/desktop/docker.sock"].map((path) => join(home, path));
  return `unix://${exists(USUAL_SOCKET) ? USUAL_SOCKET : (own.find(exists) ?? USUAL_SOCKET)}`;
}

/**
 * Finds the engine just as the Docker provider does, so that the two never talk to different ones: a setting stands
 * before its variable, a context before a host, and `DOCKER_TLS_VERIFY`, the client's current context and a context's
 * certificates are not looked at.
 *
 * @param home where the contexts lie: the provider asks the user database, not HOME or DOCKER_CONFIG
 * @throws ArgumentError where the provider would fail, or would speak without the TLS that was asked for
 */
export function engineAddress(
  settings: EngineSettings,
  env: NodeJS.ProcessEnv,
  home: string = userInfo().homedir,
  exists: (path: string) => boolean = existsSync,
): EngineAddress {
  const given = (key: keyof EngineSettings) => settings[key] || env[VARIABLES[key]] || undefined;
  const nameOf = (key: keyof EngineSettings) =>
    settings[key] || !env[VARIABLES[key]] ? `docker:${key}` : VARIABLES[key];
  const warnings: string[] = [];

  const context = given("context");
  const plain = given("host") ?? usualHost(env.HOME ?? home, exists);
  const from = nameOf(context === undefined ? "host" : "context");
  const host = context === undefined ? plain : contextHost(context, from, home);

  const url = parseHost(host, from);
  const sshOpts = url.protocol === "ssh:" ? sshOptions(settings, env) : undefined;
  const certificates = certificatesOf(given, nameOf);
  const tlsName = nameOf(given("certPath") === undefined ? "certMaterial" : "certPath");
  if (certificates && url.protocol !== "tcp:")
    throw new ArgumentError(
      tlsName,
      say`${host} has no TLS, and the Docker provider would speak it there`,
      say`remove it, or name an engine at tcp://`,
    );
  if (url.protocol === "tcp:" && !certificates) {
    const folder = context === undefined ? undefined : contextCertificates(context, home);
    if (folder !== undefined)
      throw new ArgumentError(
        from,
        say`the Docker provider takes the host of ${context} and not its certificates, so it would speak without TLS`,
        say`set docker:host to ${host} and docker:certPath to ${folder} in its place`,
      );
    if (env.DOCKER_TLS_VERIFY)
      throw new ArgumentError(
        "DOCKER_TLS_VERIFY",
        say`the Docker provider does not read it, so it would speak without TLS`,
        say`run \`pulumi config set docker:certPath ${join(home, ".docker")}\``,
      );
  }
  if (certificates && plain !== host)
    throw new ArgumentError(
      from,
      say`the Docker provider would use the certificates at ${plain} too`,
      say`set docker:host to ${host} in its place`,
    );
  // With certificates as texts the variable stands before the setting, in one half of the provider.
  if (certificates && "cert" in certificates && env.DOCKER_HOST && env.DOCKER_HOST !== host)
    throw new ArgumentError(
      "DOCKER_HOST",
      say`the Docker provider would use the certificates at ${env.DOCKER_HOST} too`,
      say`unset it, or give the certificates as docker:certPath`,
    );
  if (given("host") !== undefined && plain !== host)
    warnings.push(say`${from} (${context}: ${host}) stands before ${nameOf("host")} (${plain}).`);
  if (/^(tcp|http):$/.test(url.protocol) && !certificates && !isLoopback(url.hostname))
    warnings.push(
      say`The engine at ${host} is reached without TLS: whoever reaches that port is root on its host, and what is sent there, secrets too, can be read on the way. Use ssh://, or TLS with docker:certPath.`,
    );
  return {
    host,
    ...(certificates && { certificates }),
    ...(sshOpts && { sshOpts }),
    ...(plain !== host && !plain.startsWith("ssh:") && { besides: plain }),
    ...(warnings.length && { warnings }),
  };
}

/**
 * Whether the provider's newer way to build, Buildx, would build on another engine: it follows the environment, as the
 * docker command does, and none of the provider's own settings but a host without TLS.
 */
export function buildxGoesElsewhere({ host, certificates, sshOpts, besides }: EngineAddress, env: NodeJS.ProcessEnv) {
  if (besides !== undefined) return true;
  if (host.startsWith("ssh:")) return env.DOCKER_HOST !== host || sshOpts !== undefined || Boolean(env.DOCKER_CONTEXT);
  if (certificates === undefined) return false;
  return !(env.DOCKER_TLS_VERIFY && "certPath" in certificates && certificates.certPath === env.DOCKER_CERT_PATH);
}

/** Whether an address leads to the machine that it is used on. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(hostname);

/** The engine's host as people on this machine name it; `localhost` where it is this machine. */
export function engineHostname({ host }: EngineAddress): string {
  if (!/^(tcp|http|ssh):/.test(host)) return "localhost";
  const { hostname } = new URL(host);
  return isLoopback(hostname) ? "localhost" : hostname;
}

function parseHost(host: string, from: string): URL {
  let url: URL;
  try {
    url = new URL(host);
  } catch {
    throw new ArgumentError(from, say`${show(host)} is no address`, say`use unix://, ssh:// or tcp://`);
  }
  if (url.protocol === "ssh:") checkSshAddress(host, from);
  // The client's own library would take 80 or 443, and not the port that the docker command takes.
  if (url.protocol === "tcp:" && url.port === "")
    throw new ArgumentError(
      from,
      say`${host} names no port`,
      say`add it, most likely :2376 with TLS and :2375 without`,
    );
  if (url.protocol === "tcp:" && !/^\/?$/.test(url.pathname))
    throw new ArgumentError(from, say`${host} has a path, which no engine has`, say`remove it`);
  return url;
}

function sshOptions(settings: EngineSettings, env: NodeJS.ProcessEnv): string[] | undefined {
  if (!settings.sshOpts) {
    const words = (env.DOCKER_SSH_OPTS ?? "").split(/\s+/).filter(Boolean);
    return words.length ? words : undefined;
  }
  let list: unknown;
  try {
    list = JSON.parse(settings.sshOpts);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list) || list.some((item) => typeof item !== "string"))
    throw new ArgumentError(
      "docker:sshOpts",
      say`is not a list of texts`,
      say`set it with \`pulumi config set --path 'docker:sshOpts[0]' VALUE\``,
    );
  return list.length ? (list as string[]) : undefined;
}

function certificatesOf(
  given: (key: keyof EngineSettings) => string | undefined,
  nameOf: (key: keyof EngineSettings) => string,
): EngineCertificates | undefined {
  const certPath = given("certPath");
  const [ca, cert, key] = MATERIALS.map(given);
  if (ca === undefined && cert === undefined && key === undefined)
    return certPath === undefined ? undefined : { certPath };
  if (ca === undefined || cert === undefined || key === undefined) {
    const missing = MATERIALS.find((name) => given(name) === undefined)!;
    const there = MATERIALS.find((name) => given(name) !== undefined)!;
    throw new ArgumentError(
      nameOf(there),
      say`there is no ${missing}, and the Docker provider wants all three`,
      say`set docker:${missing}`,
    );
  }
  if (certPath !== undefined)
    throw new ArgumentError(
      nameOf("certPath"),
      say`certMaterial and keyMaterial are set too`,
      say`keep one of the two`,
    );
  return { ca, cert, key };
}

const MATERIALS = ["caMaterial", "certMaterial", "keyMaterial"] as const;

interface ContextMeta {
  Name?: string;
  Endpoints?: { docker?: { Host?: string } };
}

/** The host of a context of the docker client, which `docker context ls` lists. */
function contextHost(name: string, from: string, home: string): string {
  const folder = join(home, ".docker/contexts/meta");
  const known: string[] = [];
  for (const entry of existsSync(folder) ? readdirSync(folder) : []) {
    const meta = readMeta(join(folder, entry, "meta.json"));
    if (meta?.Name === undefined) continue;
    if (meta.Name !== name) known.push(meta.Name);
    else if (meta.Endpoints?.docker?.Host) return meta.Endpoints.docker.Host;
  }
  if (name === "default")
    throw new ArgumentError(from, say`the Docker provider knows no context named default`, say`remove it`);
  throw new ArgumentError(
    from,
    say`there is no context named ${name} in ${folder}`,
    known.length ? say`use ${known.sort().join(", ")}` : say`make it with \`docker context create\`, or name a host`,
  );
}

function readMeta(file: string): ContextMeta | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ContextMeta;
  } catch {
    // As the provider does: a file that is no context's is passed over.
    return undefined;
  }
}

/** The folder with a context's certificates, where it has some. */
function contextCertificates(name: string, home: string): string | undefined {
  const id = createHash("sha256").update(name).digest("hex");
  const folder = join(home, ".docker/contexts/tls", id, "docker");
  return existsSync(folder) ? folder : undefined;
}
