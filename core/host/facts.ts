import { say } from "../description/say";

/** What `docker info` says, as far as it matters here. */
export interface EngineInfo {
  ServerVersion?: string;
  DockerRootDir?: string;
  ContainersRunning?: number;
  Debug?: boolean;
  LiveRestoreEnabled?: boolean;
  LoggingDriver?: string;
  Labels?: string[] | null;
  Runtimes?: Record<string, { path?: string }>;
  DefaultRuntime?: string;
  RegistryConfig?: { Mirrors?: string[] | null };
  Swarm?: { LocalNodeState?: string };
}

/** What berth noted on a host when it last set a component up there. */
export interface HostRecord {
  /** The settings of the job as they were. */
  text: string;
  values: Record<string, string>;
}

export interface HostPackage {
  version: string;
  /** Its installation has come to its end. */
  whole: boolean;
}

/** What stands on a host, from one look. */
export interface HostFacts {
  arch: string;
  os: { id: string; like: string[]; version: string; codename: string; name: string };
  init: "systemd" | "service" | "none";
  tools: Set<string>;
  /** The packages that matter here, by name, where they are installed at least in part. */
  packages: Record<string, HostPackage>;
  /** daemon.json as it is; undefined where there is none. */
  daemonFile?: {
    text: string;
    digest: string;
    /** When it was written, in seconds. */
    changed?: number;
  };
  engine?: {
    /** Of dockerd, e.g. `20.10.24`. */
    version: string;
    /** Package and version, where one is installed. */
    package?: string;
    /** Starts when the machine does. */
    enabled: boolean;
    /** Flags of the running dockerd; undefined where none runs. */
    flags?: string[];
    /** When the running dockerd was started, in seconds. */
    started?: number;
    /** Undefined where the engine does not answer. */
    info?: EngineInfo;
  };
  /** Members of the group `docker`; undefined where there is no such group. */
  dockerGroup?: string[];
  users: Set<string>;
  /** There may be more users than those: a directory knows them. */
  usersElsewhere: boolean;
  records: Record<string, HostRecord>;
  /** What NvidiaToolkit asks for. */
  nvidia: {
    /** Of the kernel module, e.g. `550.54.14`; undefined where none is loaded. */
    driver?: string;
    /** NVIDIA devices on the PCI bus. */
    devices: number;
    /** What `nvidia-smi -L` lists. */
    gpus: string[];
    /** Version of nvidia-container-cli or nvidia-ctk. */
    toolkit?: string;
    /** The engine that runs was started when its hook was there already. */
    seen?: boolean;
  };
}

const decode = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString("utf8");

function osOf(text: string): HostFacts["os"] {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (name) values[name] = value!.replace(/^(["'])(.*)\1$/, "$2");
  }
  const {
    ID = "",
    ID_LIKE = "",
    VERSION_ID = "",
    VERSION_CODENAME = "",
    UBUNTU_CODENAME = "",
    PRETTY_NAME = "",
  } = values;
  return {
    id: ID,
    like: ID_LIKE.split(/\s+/).filter(Boolean),
    version: VERSION_ID,
    codename: UBUNTU_CODENAME || VERSION_CODENAME,
    name: PRETTY_NAME || ID || "an unknown system",
  };
}

const runningIn = ({ engine }: HostFacts): number => engine?.info?.ContainersRunning ?? 0;

/** The containers that run on a host, as the subject of a sentence. */
export const runningContainers = (facts: HostFacts): string =>
  runningIn(facts) === 1 ? say`the running container` : say`${runningIn(facts)} running containers`;

/**
 * What becomes of the containers where the engine restarts; it has to be known beforehand.
 *
 * @param living whether they live on
 */
export function throughRestart(facts: HostFacts, living = facts.engine?.info?.LiveRestoreEnabled): string {
  const containers = runningContainers(facts);
  const one = runningIn(facts) === 1;
  if (living)
    return one ? say`${containers} keeps running (live-restore)` : say`${containers} keep running (live-restore)`;
  return one ? say`${containers} stops and starts again` : say`${containers} stop and start again`;
}

/** Packages that hold the engine itself. */
export const ENGINE_PACKAGES = ["docker-ce", "docker.io", "moby-engine", "moby", "docker-engine", "docker"];

function packagesOf(text: string): HostFacts["packages"] {
  const packages: HostFacts["packages"] = {};
  for (const line of text.split("\n")) {
    const [status, name, version = ""] = line.split(" ");
    // What waits for another package's triggers is whole itself.
    if (name) packages[name] = { version, whole: status === "installed" || status!.startsWith("triggers-") };
  }
  return packages;
}

/** Reads the settings of a job: `name='value'`, one on a line, as {@link settingsText} writes them. */
export function recordOf(text: string): HostRecord {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-z_]+)='(.*)'$/.exec(line) ?? [];
    if (name) values[name] = value!.replaceAll(`'\\''`, "'");
  }
  return { text, values };
}

function json<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** Reads what the inspecting script prints; undefined where it did not come to its end. */
export function parseFacts(output: string): HostFacts | undefined {
  const begin = output.indexOf("berth-facts-begin\n");
  const end = output.indexOf("berth-facts-end");
  // A login message may stand before.
  if (begin < 0 || end < begin) return undefined;
  const single = new Map<string, string>();
  const tools = new Set<string>();
  const records: HostFacts["records"] = {};
  for (const line of output.slice(begin, end).split("\n")) {
    const space = line.indexOf(" ");
    const [name, value] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1).trim()];
    if (name === "tool") tools.add(value);
    else if (name.startsWith("record.")) records[name.slice(7)] = recordOf(decode(value).trimEnd());
    else single.set(name, value);
  }
  const text = (name: string) => decode(single.get(name)).trim();
  const number = (name: string) => Number(single.get(name)) || undefined;
  const info = json<EngineInfo>(text("docker.info"));
  const group = single.get("docker.group");
  const flags = text("dockerd.flags");
  const digest = single.get("daemon.json");
  const packages = packagesOf(text("packages"));
  const enginePackage = ENGINE_PACKAGES.find((name) => packages[name]?.whole);
  return {
    arch: single.get("arch") ?? "",
    os: osOf(text("os")),
    init: (single.get("init") ?? "none") as HostFacts["init"],
    tools,
    packages,
    daemonFile:
      digest === undefined
        ? undefined
        : { text: decode(single.get("daemon.content")), digest, changed: number("daemon.changed") },
    engine: tools.has("dockerd")
      ? {
          version: /\d+\.\d+[\w.+~-]*/.exec(text("dockerd.version"))?.[0] ?? "",
          package: enginePackage && `${enginePackage} ${packages[enginePackage]!.version}`,
          enabled: single.get("service.enabled") === "enabled",
          flags: flags ? flags.split("\n") : undefined,
          started: number("dockerd.started"),
          // Without an engine `docker info` still tells of the client.
          info: info?.ServerVersion ? info : undefined,
        }
      : undefined,
    dockerGroup: group ? (group.split(":")[1] ?? "").split(",").filter(Boolean) : undefined,
    users: new Set((single.get("users") ?? "").split(",").filter(Boolean)),
    usersElsewhere: single.get("users.elsewhere") === "yes",
    records,
    nvidia: {
      driver: single.get("nvidia.driver") || undefined,
      devices: Number(single.get("nvidia.devices") ?? 0),
      gpus: text("nvidia.gpus").split("\n").filter(Boolean),
      toolkit: single.get("nvidia.toolkit") || undefined,
      seen: single.has("nvidia.seen") ? single.get("nvidia.seen") === "yes" : undefined,
    },
  };
}
