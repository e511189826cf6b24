import { say } from "../description/say";
import { ArgumentError, show } from "../description/errors";
import { ENGINE_PACKAGES, type HostFacts, type HostRecord, throughRestart } from "./facts";
import {
  checkFingerprint,
  checkGpg,
  checkManager,
  checkMirror,
  checkSigningKey,
  checkVersion,
  isDebianLike,
  isRedHatLike,
  isVersion,
  managerOf,
  packageSettings,
  type Repository,
  type Signature,
  signatureOf,
  words,
} from "./packages";
import type { HostPlan } from "./setUp";

/** The engine that a host is to have. */
export interface EngineArgs {
  /**
   * `distribution`: the engine that Debian, Ubuntu, Fedora, Amazon Linux and openEuler have themselves. `docker`: Docker's
   * own packages, docker-ce with its plugins for `docker buildx` and `docker compose`; RHEL and its likes have no others.
   * @default "distribution"
   */
  source?: "distribution" | "docker";
  /**
   * A copy of Docker's packages, up to the folder that holds `linux/`: `https://mirrors.aliyun.com/docker-ce`. Without TLS
   * (`http://`) only with `key` or `fingerprint`. @default "https://download.docker.com"
   */
  mirror?: string;
  /** The public key that signs the packages, as armoured text. @default the host fetches it from the mirror */
  key?: string;
  /**
   * Of that key; needs gpg on the host. @default the one that Docker publishes, checked where the host has gpg and `key`
   * is not given
   */
  fingerprint?: string;
  /**
   * Installed exactly, and kept: Docker's own `24.0.7`, or the package's whole `5:24.0.7-1~debian.12~bookworm`.
   * @default whatever is there already, else the newest
   */
  version?: string;
  /** Who may use the engine without being root: each of them can become root through it. @default nobody */
  users?: string[];
  /** The names of commands and containers after a press of the tab key. @default false */
  bashCompletion?: boolean;
  /** Destroy removes the packages that berth has installed; images, containers and volumes stay. @default false */
  uninstall?: boolean;
}

type Source = NonNullable<EngineArgs["source"]>;

/** Checked, with the default of `source`. */
export type CheckedEngine = Omit<EngineArgs, "source"> & { source: Source };

const DOCKER = "https://download.docker.com";
/** Of the keys that Docker signs its packages with, as its documentation has them. */
const FINGERPRINTS = {
  apt: "9DC858229FC7DD38854AE2D88D81803C0EBFCD88",
  rpm: "060A61C51B558A7F742B77AAC52FEB6B621E9F35",
};
const DOCKER_PACKAGES = [
  "docker-ce",
  "docker-ce-cli",
  "containerd.io",
  "docker-buildx-plugin",
  "docker-compose-plugin",
];
const USER = /^[a-zA-Z_][a-zA-Z0-9._-]{0,31}\$?$/;
/** Seconds in which the engine has to answer once it is started. */
const START_LIMIT = 60;

/**
 * Checks what is declared, without a look at the host.
 *
 * @throws ArgumentError naming the argument
 */
export function checkEngineArgs({ source = "distribution", ...rest }: EngineArgs): CheckedEngine {
  if (source !== "distribution" && source !== "docker")
    throw new ArgumentError("source", say`${show(source)} is not a source`, say`use "distribution" or "docker"`);
  for (const field of ["mirror", "key", "fingerprint"] as const)
    if (source === "distribution" && rest[field] !== undefined)
      throw new ArgumentError(
        field,
        say`is about Docker's own packages, and the distribution's are asked for`,
        say`use source: "docker", or leave it out`,
      );
  const given: CheckedEngine = { ...rest, source };
  if (given.mirror !== undefined)
    given.mirror = checkMirror(given.mirror, "mirror", "https://mirrors.aliyun.com/docker-ce");
  if (given.key !== undefined) given.key = checkSigningKey(given.key, "key");
  if (given.fingerprint !== undefined) given.fingerprint = checkFingerprint(given.fingerprint, "fingerprint");
  if (given.version !== undefined) checkVersion(given.version, "version");
  if (source === "docker") signature(given, "apt");
  for (const field of ["bashCompletion", "uninstall"] as const)
    if (given[field] !== undefined && typeof given[field] !== "boolean")
      throw new ArgumentError(field, say`${show(given[field])} is not true or false`, say`use true or false`);
  if (given.users !== undefined) checkUsers(given.users);
  return given;
}

function checkUsers(users: unknown): void {
  if (!Array.isArray(users))
    throw new ArgumentError("users", say`${show(users)} is not a list`, say`use a list of names: ["ada"]`);
  users.forEach((user: unknown, index) => {
    const path = `users[${index}]`;
    if (typeof user !== "string" || !USER.test(user))
      throw new ArgumentError(path, say`${show(user)} is not a user`, say`use a name such as "ada"`);
    if (user === "root") throw new ArgumentError(path, say`root may use the engine without this`, say`leave it out`);
    if (users.indexOf(user) !== index)
      throw new ArgumentError(path, say`${user} stands there twice`, say`name everybody once`);
  });
}

const signature = (
  { mirror = DOCKER, key, fingerprint }: CheckedEngine,
  family: keyof typeof FINGERPRINTS,
): Signature => signatureOf({ mirror, key, fingerprint }, FINGERPRINTS[family]);

/** The folder of Docker's packages for a system; undefined where it has none. */
function dockerFolder(facts: HostFacts): string | undefined {
  const { id, like, codename } = facts.os;
  if (["debian", "ubuntu", "raspbian"].includes(id)) return codename ? id : undefined;
  // What is made of Ubuntu names the Ubuntu that it is made of; what is made of Debian does not.
  if (like.includes("ubuntu")) return codename ? "ubuntu" : undefined;
  if (id === "fedora" || id === "rhel") return id;
  return isRedHatLike(facts) ? "centos" : undefined;
}

/** Docker's repository as its documentation writes it. */
function dockerRepository(facts: HostFacts, mirror: string): Repository | undefined {
  const folder = dockerFolder(facts);
  const manager = managerOf(facts);
  if (!folder || !manager) return undefined;
  const base = `${mirror}/linux/${folder}`;
  if (manager === "apt") {
    const keyFile = "/etc/apt/keyrings/docker.asc";
    return {
      file: "/etc/apt/sources.list.d/docker.list",
      text: `deb [arch=@ARCH@ signed-by=${keyFile}] ${base} ${facts.os.codename} stable\n`,
      url: base,
      keyFile,
      keyUrl: `${base}/gpg`,
    };
  }
  const keyFile = "/etc/pki/rpm-gpg/RPM-GPG-KEY-docker";
  const lines = [
    "[docker-ce-stable]",
    "name=Docker CE Stable - $basearch",
    `baseurl=${base}/$releasever/$basearch/stable`,
    "enabled=1",
    "gpgcheck=1",
    `gpgkey=file://${keyFile}`,
  ];
  return {
    file: "/etc/yum.repos.d/docker-ce.repo",
    text: `${lines.join("\n")}\n`,
    url: base,
    keyFile,
    keyUrl: `${base}/gpg`,
  };
}

interface Wanted {
  names: string[];
  optional: string[];
}

/** The engine that a distribution has itself, by what it says of itself. */
function ofDistribution(facts: HostFacts): Wanted | undefined {
  // In newer releases the client is a package of its own, which is only recommended.
  if (isDebianLike(facts)) return { names: ["docker.io"], optional: ["docker-cli"] };
  if (facts.os.id === "fedora") return { names: ["moby-engine"], optional: ["docker-cli"] };
  if (facts.os.id === "amzn") return { names: ["docker"], optional: [] };
  if (facts.os.id === "openEuler") return { names: ["docker-engine"], optional: [] };
  return undefined;
}

/** The packages that the host should have, whatever it has. */
function wantedOn(facts: HostFacts, source: Source, name: string): Wanted {
  if (source === "docker") {
    if (!dockerFolder(facts))
      throw new ArgumentError(
        "source",
        say`Docker has no packages for ${facts.os.name} (${name})`,
        say`use source: "distribution", or install an engine there by hand; what is installed already counts`,
      );
    return { names: DOCKER_PACKAGES, optional: [] };
  }
  const wanted = ofDistribution(facts);
  if (wanted) return wanted;
  throw new ArgumentError(
    "source",
    isRedHatLike(facts)
      ? say`${facts.os.name} (${name}) has no Docker engine of its own; its docker is Podman`
      : say`berth does not know what the engine's package is called on ${facts.os.name} (${name})`,
    dockerFolder(facts) ? say`use source: "docker"` : say`install it there by hand; what is installed already counts`,
  );
}

/**
 * What would change on a host, and the job that does it.
 *
 * @param name the host for people
 * @throws ArgumentError where the host cannot become what is declared
 */
export function planEngine(
  given: CheckedEngine,
  timeout: number,
  name: string,
  facts: HostFacts | undefined,
  record: HostRecord | undefined,
): HostPlan {
  const changes: string[] = [];
  const warnings: string[] = [];
  const packages = facts ? planPackages(given, name, facts, { changes, warnings }) : NO_PACKAGES;
  if (facts) changes.push(...planService(facts, packages.fresh));
  else
    changes.push(
      say`installs ${given.source === "docker" ? say`docker-ce from ${given.mirror ?? DOCKER}` : say`the distribution's engine`}${given.version ? ` ${given.version}` : ""}`,
      say`starts docker and has it start with the machine`,
    );
  if (facts && facts.init === "none" && changes.length)
    throw new ArgumentError(
      "connection",
      say`${name} (${facts.os.name}) has neither systemd nor the command service`,
      say`start the engine there by other means`,
    );
  const users = planUsers(given.users ?? [], name, facts, record, { changes, warnings });
  const installed = new Set([...words(record?.values.installed), ...packages.added]);
  return {
    changes,
    warnings,
    settings: {
      ...packageSettings({ ...packages, version: given.version, timeout }),
      ...users,
      completion: given.bashCompletion ? "yes" : "no",
      installed: [...installed].join(" "),
      uninstall: given.uninstall ? "yes" : "no",
      start_limit: String(START_LIMIT),
    },
  };
}

type Said = Pick<HostPlan, "changes" | "warnings">;

/** A plan that knows no host. */
const NO_PACKAGES = {
  manager: "none" as const,
  names: [],
  optional: [],
  pinned: [],
  signature: { strict: false },
  added: [],
  fresh: false,
};

function planService({ engine, tools }: HostFacts, fresh: boolean): string[] {
  if (fresh) return [say`starts docker and has it start with the machine`];
  if (!engine) return [];
  // Without a client nobody knows whether it answers.
  const starts = engine.info === undefined && tools.has("docker");
  if (starts && !engine.enabled) return [say`starts docker and has it start with the machine`];
  if (starts) return [say`starts docker`];
  return engine.enabled ? [] : [say`has docker start with the machine`];
}

/** The engine that is there, whoever installed it. */
function engineThere({
  engine,
  packages,
}: HostFacts): { what: string; version: string; packaged: boolean } | undefined {
  if (!engine) return undefined;
  const name = ENGINE_PACKAGES.find((one) => packages[one]);
  const version = name ? packages[name]!.version : engine.version;
  const what = name ? `${name} ${version}` : say`an engine ${version} that no package brought`;
  return { what, version, packaged: name !== undefined };
}

/** The package that holds the engine itself; undefined where berth knows none. */
const familyOf = (source: Source, facts: HostFacts): string | undefined =>
  source === "docker" ? "docker-ce" : ofDistribution(facts)?.names[0];

function planPackages(given: CheckedEngine, name: string, facts: HostFacts, { changes, warnings }: Said) {
  const { source, version, mirror = DOCKER, bashCompletion } = given;
  const whole = (one: string) => facts.packages[one]?.whole === true;
  const family = familyOf(source, facts);
  const there = engineThere(facts);
  // Its own package in part has left its program behind, but is not an engine yet.
  const foreign = there !== undefined && (family === undefined || facts.packages[family] === undefined);
  if (foreign) checkForeign(there, given, name, facts, warnings);

  const wanted = foreign ? { names: [], optional: [] } : wantedOn(facts, source, name);
  const pinned = version === undefined ? [] : wanted.names.filter((one) => one === family || one === "docker-ce-cli");
  const wrong = pinned.filter((one) => whole(one) && !isVersion(facts.packages[one]!.version, version!));
  const missing = wanted.names.filter((one) => !whole(one));
  const client = missing.length || facts.tools.has("docker") ? [] : wanted.optional;
  const completion = bashCompletion && !whole("bash-completion") ? ["bash-completion"] : [];
  const added = [...missing, ...client, ...completion];
  const names = [...added, ...wrong];

  const broken = missing.filter((one) => facts.packages[one]);
  const fresh = missing.filter((one) => !facts.packages[one]);
  const from = source === "docker" ? mirror : say`the distribution`;
  const installs = (list: string[], where: string) =>
    changes.push(say`installs ${list.join(", ")} from ${where} (${facts.os.name})`);
  if (broken.length) changes.push(say`completes the installation of ${broken.join(", ")}, which broke off`);
  if (fresh.length)
    installs(version ? fresh.map((one) => (pinned.includes(one) ? `${one} ${version}` : one)) : fresh, from);
  if (wrong.length)
    changes.push(
      say`changes ${wrong.join(", ")} from ${facts.packages[wrong[0]!]!.version} to ${version}; the engine restarts, and ${throughRestart(facts)}`,
    );
  if (client.length) installs(client, from);
  if (completion.length) installs(completion, say`the distribution`);

  const manager = names.length ? checkManager(facts, name, names.join(", ")) : (managerOf(facts) ?? ("none" as const));
  const repository = source === "docker" && !foreign ? dockerRepository(facts, mirror) : undefined;
  const signing = repository ? signature(given, manager === "apt" ? "apt" : "rpm") : { strict: false };
  if (names.length && repository) checkGpg(signing, facts, name);
  return {
    manager,
    names,
    optional: missing.length ? wanted.optional : [],
    pinned,
    repository,
    signature: signing,
    added: missing.length ? [...added, ...wanted.optional] : added,
    /** The engine itself is installed. */
    fresh: family !== undefined && missing.includes(family),
  };
}

/** An engine of another family of packages is used as it is, or refused where that is not what is declared. */
function checkForeign(
  there: { what: string; version: string; packaged: boolean },
  { source, version }: CheckedEngine,
  name: string,
  facts: HostFacts,
  warnings: string[],
): void {
  if (version !== undefined && !isVersion(there.version, version))
    throw new ArgumentError(
      "version",
      say`${name} has ${there.what}, which berth does not replace by other packages`,
      say`remove it there first (its data stays), or leave version out`,
    );
  if (!facts.tools.has("docker"))
    throw new ArgumentError(
      "connection",
      say`${name} has ${there.what}, but no docker client to ask it with`,
      say`install the client there`,
    );
  if (source === "docker" || !there.packaged)
    warnings.push(say`${name} has ${there.what}; it stays and is used as it is`);
}

function planUsers(
  users: string[],
  name: string,
  facts: HostFacts | undefined,
  record: HostRecord | undefined,
  { changes, warnings }: Said,
): Record<string, string> {
  if (facts && !facts.usersElsewhere)
    users.forEach((user, index) => {
      if (!facts.users.has(user))
        throw new ArgumentError(
          `users[${index}]`,
          say`${name} has no user ${user}`,
          say`make the account there first (useradd), or leave it out`,
        );
    });
  const members = new Set(facts?.dockerGroup);
  const berths = words(record?.values.added);
  const joining = users.filter((user) => !members.has(user));
  const leaving = berths.filter((user) => !users.includes(user) && members.has(user));
  const group = (who: string[]) => who.join(", ");
  if (joining.length) changes.push(say`adds ${group(joining)} to the group docker`);
  if (leaving.length) changes.push(say`takes ${group(leaving)} out of the group docker`);
  if (joining.length)
    warnings.push(
      say`${group(joining)} can become root on ${name}: whoever is in the group docker can mount the whole disk into a container`,
    );
  return {
    add_users: joining.join(" "),
    remove_users: leaving.join(" "),
    added: [...new Set([...berths.filter((user) => users.includes(user)), ...joining])].join(" "),
  };
}
