import { spawn } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { isSaid, say, withoutStop } from "../../core/description/say";
import {
  ENGINE_SETTINGS,
  type EngineAddress,
  engineAddress,
  isLoopback,
} from "../../core/engines/dockerApi/connection/address";
import { EngineClient, type EngineError } from "../../core/engines/dockerApi/connection/client";
import { sshRun } from "../../core/engines/dockerApi/connection/sshCommand";
import { remedy } from "../../core/engines/dockerApi/images/fetch";
import { dockerConfigFile, loginFor } from "../../core/engines/dockerApi/images/pushCredentials";
import { proxyVariable, spared, withoutPassword } from "../../core/engines/dockerApi/registry/proxies";
import { reasonOf, Registry } from "../../core/engines/dockerApi/registry/registry";
import { fromHere, fromHostOf } from "../../core/engines/dockerApi/registry/way";
import { type ApiInfo, gpuSupport } from "../../core/engines/dockerApi/snapshot";
import { parseImage, withTag } from "../../core/description/names";
import { HIDDEN } from "../marks";
import { type Finding, missing, note, ok, PATIENCE, sizeText, warning } from "./finding";
import { within } from "../within";

/** What a stack asks of its engine. */
export interface Wanted {
  /** Images by their names; undefined where they are not known. */
  images?: string[];
  gpus: boolean;
  swarm: boolean;
}

interface Info extends ApiInfo {
  ServerVersion?: string;
  DockerRootDir?: string;
  SystemTime?: string;
  HttpProxy?: string;
  HttpsProxy?: string;
  NoProxy?: string;
  RegistryConfig?: { Mirrors?: string[] | null };
}

/** The oldest API that berth is tried with: Docker 20.10. */
const OLDEST_API = 41;

/** An engine through ssh has to let one log in first. */
const patienceFor = ({ host }: EngineAddress) => (host.startsWith("ssh:") ? 10_000 : PATIENCE);

/** What JSON calls it. */
const ENGINE = "Docker engine";

/** Everything about the stack's Docker engine. */
export async function engineFindings(settings: Record<string, string>, wanted: Wanted): Promise<Finding[]> {
  const own = ENGINE_SETTINGS.map((key) => [key, settings[`docker:${key}`]] as const);
  const hidden = own.find(([, value]) => value === HIDDEN)?.[0];
  if (hidden) return [note(ENGINE, say`docker:${hidden} is a secret, which only the Pulumi CLI can read`)];
  let address: EngineAddress;
  try {
    address = engineAddress(Object.fromEntries(own), process.env);
  } catch (error) {
    return [missing(ENGINE, (error as Error).message)];
  }
  const before = contextFindings(settings, address);
  if (!EngineClient.supports(address))
    return [...before, note(ENGINE, say`at ${address.host}, which only the Docker provider can reach`)];
  const patience = patienceFor(address);
  let client: EngineClient | undefined;
  try {
    client = new EngineClient(address);
    const started = Date.now();
    const version = await client.request<{ Version?: string; ApiVersion?: string }>(
      "GET",
      "/version",
      undefined,
      patience,
    );
    client.widen();
    const get = <T>(path: string) => client!.request<T>("GET", path, undefined, patience);
    const [info, images] = await Promise.all([
      get<Info>("/info").catch(() => ({}) as Info),
      get<{ RepoTags: string[] | null; RepoDigests: string[] | null }[]>("/images/json").catch(() => []),
    ]);
    const there = new Set(images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])]));
    const found = await Promise.all([
      versionFinding(version, address),
      swarmFinding(info, wanted),
      gpuFinding(info, client.local, wanted),
      diskFinding(info, address),
      imagesFinding(client, there, wanted.images),
      mirrorsFinding(info, address),
      proxyFindings(info, address, wanted.images),
      clockFinding(info, address, started),
    ]);
    return [...before, ...found.flat()];
  } catch (error) {
    return [...before, absent(address, wordsOf(error))];
  } finally {
    client?.close();
  }
}

function wordsOf(error: unknown): string {
  const { status = 0, message } = error as Partial<EngineError> & Error;
  if (status) return message ? say`it answers ${status}: ${message}` : say`it answers ${status}`;
  // Node says nothing where it has tried several addresses.
  return message || reasonOf(error);
}

/** What the docker command follows and the provider does not; and what is to be known of the way there. */
function contextFindings(settings: Record<string, string>, address: EngineAddress): Finding[] {
  const found = (address.warnings ?? []).map((text) => warning(ENGINE, withoutStop(text)));
  if (settings["docker:context"] || settings["docker:host"] || process.env.DOCKER_CONTEXT || process.env.DOCKER_HOST)
    return found;
  try {
    const config = JSON.parse(readFileSync(dockerConfigFile(process.env), "utf8")) as { currentContext?: string };
    const { currentContext: name } = config;
    if (name && name !== "default")
      found.push(
        warning(
          ENGINE,
          say`\`docker\` goes to its context ${name}, and the provider to ${address.host}`,
          `export DOCKER_CONTEXT=${name}`,
        ),
      );
  } catch {
    // None, as with most people.
  }
  return found;
}

function absent({ host }: EngineAddress, message: string): Finding {
  const said = withoutStop(message);
  if (!host.startsWith("unix:")) return missing(ENGINE, say`none answers at ${host} (${said})`);
  if (/EACCES|EPERM/.test(said))
    return missing(
      ENGINE,
      say`${host} is there, and this user may not use it`,
      say`sudo usermod -aG docker "$USER"    # makes this user root, in effect; counts after the next login`,
    );
  if (/ENOENT/.test(said) && !existsSync("/usr/bin/dockerd"))
    return missing(
      ENGINE,
      say`none at ${host}`,
      say`berth up host    # installs it`,
      say`or name another one: export DOCKER_HOST=ssh://USER@HOST`,
    );
  if (/ENOENT|ECONNREFUSED/.test(said))
    return missing(
      ENGINE,
      say`none answers at ${host}`,
      "sudo systemctl start docker",
      say`or name another one: export DOCKER_HOST=ssh://USER@HOST`,
    );
  return missing(ENGINE, say`none answers at ${host} (${said})`, "sudo systemctl restart docker");
}

function versionFinding(
  { Version = "?", ApiVersion = "1.0" }: { Version?: string; ApiVersion?: string },
  { host }: EngineAddress,
): Finding {
  const text = say`${Version} (API ${ApiVersion}) at ${host}`;
  return Number(ApiVersion.split(".")[1]) < OLDEST_API
    ? warning(
        ENGINE,
        say`${text}: older than 20.10, with which berth is tried`,
        say`berth up host    # with host:version`,
      )
    : ok(ENGINE, text);
}

function swarmFinding({ Swarm }: Info, { swarm }: Wanted): Finding[] {
  if (!swarm) return [];
  if (Swarm?.LocalNodeState !== "active") return [missing("Swarm", say`this engine is in none`, "docker swarm init")];
  return Swarm.ControlAvailable
    ? [ok("Swarm", Swarm.Nodes === 1 ? say`a manager of 1 node` : say`a manager of ${Swarm.Nodes ?? 1} nodes`)]
    : [
        missing(
          "Swarm",
          say`this engine is no manager, which services are made on`,
          say`docker node promote NODE    # on a manager`,
        ),
      ];
}

function gpuFinding(info: Info, local: boolean, { gpus: wanted }: Wanted): Finding[] {
  const what = "GPUs";
  if (gpuSupport(info, local)) {
    const ours = info.Runtimes?.nvidia;
    return [ok(what, ours ? say`by the runtime nvidia` : say`by the Container Device Interface or NVIDIA's hook`)];
  }
  const install = ["pulumi config set host:nvidia true --stack host", "berth up host"];
  const lacks = say`the engine gives containers none: the NVIDIA Container Toolkit is not set up`;
  if (wanted) return [missing(what, lacks, ...install)];
  // A machine that has some is most likely to give them to containers.
  return local && existsSync("/proc/driver/nvidia/version")
    ? [warning(what, say`there is a driver, but ${lacks}`, ...install)]
    : [];
}

const GIB = 1024 ** 3;

/** Free bytes under the engine's folder; undefined where that cannot be seen from here. */
async function freeBytes(root: string, address: EngineAddress): Promise<number | undefined> {
  if (address.host.startsWith("unix:")) {
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize;
  }
  if (!address.host.startsWith("ssh:")) return undefined;
  const command = `df -Pk -- '${root.replaceAll("'", `'\\''`)}'`;
  const child = spawn("ssh", sshRun(address.host, command, address.sshOpts), {
    stdio: ["ignore", "pipe", "ignore"],
    env: process.env,
  });
  const timer = setTimeout(() => child.kill(), patienceFor(address));
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  await new Promise<void>((done) => {
    child.on("close", () => done());
    child.on("error", () => done());
  });
  clearTimeout(timer);
  const kib = output.trim().split("\n").at(-1)?.trim().split(/\s+/)[3];
  return kib === undefined || !/^\d+$/.test(kib) ? undefined : Number(kib) * 1024;
}

async function diskFinding(
  { DockerRootDir: root, OperatingSystem = "" }: Info,
  address: EngineAddress,
): Promise<Finding[]> {
  // Desktop's folder lies in a machine of its own.
  if (!root || /desktop/i.test(OperatingSystem)) return [];
  let free: number | undefined;
  try {
    free = await freeBytes(root, address);
  } catch {
    // Not for this user, or not of this machine.
  }
  if (free === undefined) return [];
  const text = say`${sizeText(free)} free in ${root}`;
  const cure = say`docker system df    # shows what takes it; docker image prune removes images without a name`;
  if (free < GIB / 2) return [missing("disk", say`${text}: no room for images`, cure)];
  return [free < 5 * GIB ? warning("disk", text, cure) : ok("disk", text)];
}

/** Whether a name is among those of the engine; an image by digest counts by that. */
function isThere(there: Set<string>, image: string): boolean {
  const { registry, repository, digest } = parseImage(image, "image");
  if (digest === undefined) return there.has(withTag(image));
  return [...there].some((name) => name === `${registry && `${registry}/`}${repository}@${digest}`);
}

async function imagesFinding(
  client: EngineClient,
  there: Set<string>,
  images: string[] | undefined,
): Promise<Finding[]> {
  const what = "images";
  if (images === undefined || images.length === 0) return [];
  const lacking = images.filter((image) => !isThere(there, image));
  const count = images.length === 1 ? images[0]! : say`all ${images.length}`;
  if (lacking.length === 0) return [ok(what, say`${count} on the engine`)];
  return Promise.all(
    lacking.map(async (image) => {
      const failure = await askedByEngine(client, image);
      if (failure === undefined)
        return note(what, say`${image} is fetched by the first \`up\`; its registry answers the engine`);
      const login = await within(loginFor(parseImage(image, "image").registry, process.env), 1_000);
      const { reason, late } = failure;
      const help = remedy(withTag(image), late ? "no answer" : reason, login);
      return missing(what, say`${image} is not on the engine and cannot be fetched (${reason})`, help);
    }),
  );
}

/** Lets the engine ask an image's registry, by its own mirrors and proxies. Undefined where it has been told of the image. */
async function askedByEngine(
  client: EngineClient,
  image: string,
): Promise<{ reason: string; late: boolean } | undefined> {
  const { registry } = parseImage(image, "image");
  const login = await within(loginFor(registry, process.env), 1_000);
  const headers = login && { "X-Registry-Auth": Buffer.from(JSON.stringify(login)).toString("base64url") };
  const path = `/distribution/${withTag(image).split("/").map(encodeURIComponent).join("/")}/json`;
  const asked = client.stream("GET", path, undefined, patienceFor(client.address), headers).then(
    (response) => {
      response.resume();
      return "";
    },
    ({ message }: Error) => withoutStop(message),
  );
  const limit = patienceFor(client.address);
  const reason = await within(asked, limit);
  if (reason === "") return undefined;
  const late = reason === undefined || isSaid(reason, "no answer within {0} s");
  return { reason: late ? say`the engine has heard nothing of its registry within ${limit / 1000} s` : reason, late };
}

async function mirrorsFinding({ RegistryConfig }: Info, address: EngineAddress): Promise<Finding[]> {
  const what = "mirrors";
  const mirrors = RegistryConfig?.Mirrors ?? [];
  if (mirrors.length === 0) return [];
  const far = address.host.startsWith("ssh:");
  if (!far && !address.host.startsWith("unix:"))
    return [note(what, say`${mirrors.join(", ")}, which cannot be asked from here as the engine does`)];
  const way = far ? fromHostOf(address) : fromHere();
  const answers = await Promise.all(
    mirrors.map(async (url) => {
      const registry = new Registry(url.replace(/\/$/, ""), { way, patience: patienceFor(address) });
      try {
        await registry.ping();
        return { url, error: undefined };
      } catch (error) {
        return { url, error: (error as Error).message };
      } finally {
        registry.close();
      }
    }),
  );
  const dead = answers.filter(({ error }) => error !== undefined);
  if (dead.length === 0) return [ok(what, `${mirrors.map((url) => url.replace(/\/$/, "")).join(", ")}`)];
  const host = far ? ` --host ${address.host}` : "";
  return dead.map(({ error }) =>
    warning(
      what,
      say`${error}; each pull from Docker Hub waits for it first`,
      say`berth mirrors${host}    # says which one answers`,
    ),
  );
}

/** Hosts of a private network: what a proxy on the outside cannot reach. */
const isPrivate = (host: string): boolean =>
  isLoopback(host) ||
  /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(host) ||
  /\.(lan|local|internal|corp|home)$/.test(host) ||
  !/[.:]/.test(host);

/** The proxies of this shell and of the engine, where they are at odds. */
function proxyFindings(info: Info, address: EngineAddress, images: string[] = []): Finding[] {
  const what = "proxies";
  const here = proxyVariable(process.env, "HTTPS_PROXY") ?? proxyVariable(process.env, "HTTP_PROXY");
  const there = info.HttpsProxy || info.HttpProxy;
  const found: Finding[] = [];
  const local = address.host.startsWith("unix:");
  const noProxy = proxyVariable(process.env, "NO_PROXY");
  if (here && !["localhost", "127.0.0.1"].every((host) => spared(noProxy, host)))
    found.push(
      warning(
        what,
        say`NO_PROXY lacks localhost and 127.0.0.1, so that \`curl localhost:8080\` goes to ${withoutPassword(here)}`,
        'export NO_PROXY="localhost,127.0.0.1${NO_PROXY:+,$NO_PROXY}"',
      ),
    );
  if (here && !there && local)
    found.push(
      warning(
        what,
        say`this shell goes through ${withoutPassword(here)}, and the engine, which fetches images, does not`,
        `pulumi config set --path 'host:daemon.proxies["https-proxy"]' "$HTTPS_PROXY" --stack host`,
        "berth up host",
      ),
    );
  const registries = [...new Set(images.map((image) => parseImage(image, "image").registry))];
  const hosts = registries.map((registry) => ({ registry, host: registry.replace(/:\d+$/, "") }));
  const caught = there
    ? hosts.filter(
        ({ registry, host }) => registry && isPrivate(host) && !isLoopback(host) && !spared(info.NoProxy, host),
      )
    : [];
  for (const { registry, host } of caught)
    found.push(
      warning(
        what,
        say`the engine goes to ${registry} through ${withoutPassword(there!)}, since its no-proxy does not name it`,
        `pulumi config set --path 'host:daemon.proxies["no-proxy"]' "localhost,127.0.0.1,${host}" --stack host`,
        "berth up host",
      ),
    );
  if (found.length) return found;
  return there ? [ok(what, say`the engine goes through ${withoutPassword(there)}`)] : [];
}

/** Seconds that two clocks may differ before certificates and tokens are refused. */
const SKEW = 60;

export function clockFindingOf(theirs: Date, whose: string, now = Date.now()): Finding {
  const off = Math.round((theirs.getTime() - now) / 1000);
  const seconds = Math.abs(off);
  const text =
    off > 0
      ? say`that of ${whose} is ${seconds} s ahead of this machine's`
      : say`that of ${whose} is ${seconds} s behind this machine's`;
  return Math.abs(off) > SKEW
    ? warning("clock", text, say`sudo timedatectl set-ntp true    # on the machine whose clock is wrong`)
    : ok("clock", say`as that of ${whose}`);
}

function clockFinding({ SystemTime }: Info, { host }: EngineAddress, asked: number): Finding[] {
  // The same clock.
  if (!SystemTime || host.startsWith("unix:")) return [];
  const theirs = new Date(SystemTime);
  // It was told somewhere between the question and its answer.
  const now = Math.min(Math.max(theirs.getTime(), asked), Date.now());
  return [clockFindingOf(theirs, say`the engine`, now)];
}
