import type * as pulumi from "@pulumi/pulumi";
import { split as splitWords } from "shlex";
import { type EnvironmentFile, parseEnvironment, readEnvFiles } from "./environment";
import { ArgumentError, checkFields, show } from "./errors";
import { parseAddress } from "./addresses";
import { type FileSpec, parseFiles } from "./files";
import { hostPath, type Mount, parseMounts, parseTarget } from "./mounts";
import { parseHostname, parseImage, parseName } from "./names";
import { type Port, parsePorts } from "./ports";
import { parseBytes, parseDuration, parseInteger } from "./quantities";
import type { NetworkDescription, ServiceDescription } from "./types";
import { listed, say } from "./say";

/** What parsing may look at outside the description. */
export interface SpecContext {
  /** Where relative paths start. */
  projectFolder: string;
  /** Variables that a name alone in `environment` takes its value from. */
  outer: Record<string, string | undefined>;
}

export interface Healthcheck {
  /** As the engine takes it: `["CMD-SHELL", "..."]`; `["NONE"]` switches the image's check off. */
  test?: string[];
  /** All in milliseconds; undefined leaves the engine's default. */
  interval?: number;
  timeout?: number;
  startPeriod?: number;
  startInterval?: number;
  retries?: number;
}

export interface GpuRequest {
  driver: string;
  /** -1 means all. */
  count?: number;
  deviceIds?: string[];
  capabilities: string[];
  options?: Record<string, string>;
}

/** A service with every short form read, every unit converted and every field checked by itself. */
export interface ServiceSpec {
  image: string;
  platform?: string;
  pullPolicy?: "always" | "missing" | "never";
  containerName?: string;
  command?: string[];
  entrypoint?: string[];
  /** Null for a variable that the container is not to have, though its image may set it. */
  environment?: Record<string, string | null>;
  envFile?: EnvironmentFile[];
  ports?: Port[];
  publishAll?: boolean;
  /** `80/tcp` */
  expose?: string[];
  volumes?: Mount[];
  volumesFrom?: { container: string; readOnly: boolean }[];
  tmpfs?: Record<string, string>;
  networks?: NetworkDescription[];
  networkMode?: string;
  restart?: { policy: string; retries?: number };
  mode?: "replicated" | "global" | "replicated-job";
  replicas?: number;
  user?: string;
  groupAdd?: string[];
  workingDir?: string;
  hostname?: string;
  domainname?: string;
  macAddress?: string;
  capAdd?: string[];
  capDrop?: string[];
  privileged?: boolean;
  readOnly?: boolean;
  securityOpt?: string[];
  devices?: { source: string; target: string; permissions: string }[];
  deviceCgroupRules?: string[];
  gpus?: GpuRequest[];
  runtime?: string;
  healthcheck?: Healthcheck;
  /** Milliseconds. */
  waitTimeout?: number;
  logging?: { driver?: string; options?: Record<string, string> };
  ulimits?: { name: string; soft: number; hard: number }[];
  sysctls?: Record<string, string>;
  extraHosts?: { host: string; ip: string }[];
  dns?: string[];
  dnsOpt?: string[];
  dnsSearch?: string[];
  init?: boolean;
  stopSignal?: string;
  /** Milliseconds. */
  stopGracePeriod?: number;
  tty?: boolean;
  stdinOpen?: boolean;
  /** Bytes, like all sizes below. */
  shmSize?: number;
  memLimit?: number;
  memReservation?: number;
  /** -1: no limit. */
  memswapLimit?: number;
  /** Billionths of a processor. */
  cpus?: number;
  cpuShares?: number;
  cpuset?: string;
  /** Microseconds. */
  cpuPeriod?: number;
  cpuQuota?: number;
  ipc?: string;
  pid?: string;
  usernsMode?: string;
  cgroup?: string;
  cgroupParent?: string;
  storageOpt?: Record<string, string>;
  blkioConfig?: {
    weight?: number;
    deviceReadBps?: { path: string; rate: number }[];
    deviceWriteBps?: { path: string; rate: number }[];
    deviceReadIops?: { path: string; rate: number }[];
    deviceWriteIops?: { path: string; rate: number }[];
  };
  labels?: Record<string, string>;
  secrets?: FileSpec[];
  configs?: FileSpec[];
  annotations?: Record<string, string>;
  links?: string[];
  uts?: string;
  isolation?: string;
  pidsLimit?: number;
  oomScoreAdj?: number;
  oomKillDisable?: boolean;
  memSwappiness?: number;
  cpusetMems?: string;
  cpuRtPeriod?: number;
  cpuRtRuntime?: number;
  kernelMemory?: number;
}

type Parser<K extends keyof ServiceDescription> = (
  value: NonNullable<ServiceDescription[K]>,
  argument: string,
  context: SpecContext,
) => ServiceSpec[K];

const MAX = Number.MAX_SAFE_INTEGER;

const text = (value: unknown, argument: string): string => {
  if (typeof value !== "string" || value === "")
    throw new ArgumentError(argument, say`${show(value)} is not text`, say`give a string that is not empty`);
  return value;
};
const flag = (value: unknown, argument: string): boolean => {
  if (typeof value !== "boolean")
    throw new ArgumentError(argument, say`${show(value)} is not true or false`, say`use true or false`);
  return value;
};
const list = (value: unknown, argument: string): string[] => {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item, index) =>
    text(typeof item === "number" ? String(item) : item, Array.isArray(value) ? `${argument}[${index}]` : argument),
  );
};
const oneOf =
  <T extends string>(...choices: T[]) =>
  (value: string, argument: string): T => {
    if (!choices.includes(value as T))
      throw new ArgumentError(argument, say`${show(value)} is not known`, say`use ${listed(choices)}`);
    return value as T;
  };
const bytes = (value: number | string, argument: string) => parseBytes(value, argument);
const integer = (low: number, high: number) => (value: number | string, argument: string) =>
  parseInteger(value, argument, low, high);
const milliseconds = (value: number | string, argument: string) => parseDuration(value, argument);

/** A map or a list of `name=value`. */
const pairs = (value: Record<string, unknown> | string[], argument: string): Record<string, string> => {
  const entries = Array.isArray(value)
    ? value.map((item): [string, string] => {
        const at = item.indexOf("=");
        return at < 0 ? [item, ""] : [item.slice(0, at), item.slice(at + 1)];
      })
    : Object.entries(value).map(([key, item]): [string, string] => [key, String(item)]);
  for (const [key] of entries)
    if (key === "") throw new ArgumentError(argument, say`holds an empty name`, say`name every entry`);
  return Object.fromEntries(entries);
};

function words(value: string | string[], argument: string): string[] {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item !== "string")
        throw new ArgumentError(`${argument}[${index}]`, say`${show(item)} is not text`, say`quote it`);
    }
    return value;
  }
  try {
    return splitWords(value);
  } catch (error) {
    throw new ArgumentError(
      argument,
      say`${show(value)} cannot be split into words (${(error as Error).message})`,
      say`close the quotes, or give a list`,
    );
  }
}

const SIGNAL = /^(SIG)?[A-Z][A-Z0-9+-]*$|^\d+$/;
const CPU_SET = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

function match(pattern: RegExp, what: string, remedy: string) {
  return (value: string, argument: string): string => {
    if (typeof value !== "string" || !pattern.test(value))
      throw new ArgumentError(argument, say`${show(value)} is not ${what}`, remedy);
    return value;
  };
}

const parseMac = match(MAC, say`a MAC address`, say`use for example "02:42:ac:11:00:02"`);
const parseDeviceRule = match(
  /^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/,
  say`a device rule`,
  say`use for example "c 42:* rmw"`,
);
const parseCpuSet = match(CPU_SET, say`a list of processors`, say`use for example "0-2,4"`);

function parseCpus(value: number | string, argument: string): number {
  const number = typeof value === "number" ? value : /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number > 0))
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a number of processors`,
      say`use for example 0.5 or "1.5"`,
    );
  return Math.round(number * 1e9);
}

function parseHealthcheck(value: NonNullable<ServiceDescription["healthcheck"]>, argument: string): Healthcheck {
  checkFields(
    value,
    ["test", "interval", "timeout", "startPeriod", "startInterval", "retries", "disable"],
    argument,
    say`a health check`,
  );
  if (value.disable) return { test: ["NONE"] };
  const duration = (key: "interval" | "timeout" | "startPeriod" | "startInterval") => {
    const given = value[key];
    if (given === undefined) return undefined;
    const result = parseDuration(given, `${argument}.${key}`);
    // Docker's own bound; below it the engine refuses the container.
    if (result !== 0 && result < 1)
      throw new ArgumentError(`${argument}.${key}`, say`${show(given)} is shorter than 1ms`, say`use 1ms or more`);
    return result;
  };
  let test: string[] | undefined;
  if (typeof value.test === "string") test = ["CMD-SHELL", text(value.test, `${argument}.test`)];
  else if (value.test) {
    test = value.test;
    if (!["CMD", "CMD-SHELL", "NONE"].includes(test[0] ?? "") || (test[0] !== "NONE" && test.length < 2)) {
      throw new ArgumentError(
        `${argument}.test`,
        say`${show(test)} does not begin with a kind of check`,
        say`begin with "CMD" or "CMD-SHELL", followed by the command`,
      );
    }
  }
  return {
    test,
    interval: duration("interval"),
    timeout: duration("timeout"),
    startPeriod: duration("startPeriod"),
    startInterval: duration("startInterval"),
    retries: value.retries === undefined ? undefined : parseInteger(value.retries, `${argument}.retries`, 0, MAX),
  };
}

function parseNetwork(value: string | NetworkDescription, argument: string): NetworkDescription {
  const network = typeof value === "string" ? { name: value } : value;
  checkFields(
    network,
    ["name", "aliases", "ipv4Address", "ipv6Address", "linkLocalIps", "macAddress", "driverOpts", "gwPriority"],
    argument,
    say`a network`,
  );
  const address = (key: "ipv4Address" | "ipv6Address") => {
    const given = network[key] && parseAddress(network[key], `${argument}.${key}`);
    if (given && given.includes(":") !== (key === "ipv6Address"))
      throw new ArgumentError(
        `${argument}.${key}`,
        say`${show(given)} is of the other IP version`,
        say`give it as ${key === "ipv6Address" ? "ipv4Address" : "ipv6Address"}`,
      );
    return given;
  };
  return {
    ...network,
    name: parseName(network.name, typeof value === "string" ? argument : `${argument}.name`),
    ipv4Address: address("ipv4Address"),
    ipv6Address: address("ipv6Address"),
    macAddress: network.macAddress && parseMac(network.macAddress, `${argument}.macAddress`),
    gwPriority:
      network.gwPriority === undefined
        ? undefined
        : parseInteger(network.gwPriority, `${argument}.gwPriority`, -MAX, MAX),
  };
}

function parseRestart(value: string, argument: string): { policy: string; retries?: number } {
  const [policy = "", retries, extra] = value.split(":");
  oneOf("no", "always", "unless-stopped", "on-failure")(policy, argument);
  if (retries === undefined) return { policy };
  if (policy !== "on-failure" || extra !== undefined)
    throw new ArgumentError(
      argument,
      say`${show(value)} gives a number of tries to "${policy}"`,
      say`only "on-failure:3" takes one`,
    );
  return { policy, retries: parseInteger(retries, argument, 0, MAX) };
}

function parseDevice(value: string | { source: string; target?: string; permissions?: string }, argument: string) {
  if (typeof value === "object") checkFields(value, ["source", "target", "permissions"], argument, say`a device`);
  const [source = "", second, third, extra] =
    typeof value === "string" ? value.split(":") : [value.source, value.target, value.permissions];
  if (extra !== undefined || second === "")
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a device`,
      say`use "/dev/fuse" or "/dev/sda:/dev/xvda:r"`,
    );
  // "/dev/x:r" names permissions, not a path.
  const [target, permissions = "rwm"] =
    second && /^[rwm]+$/.test(second) ? [source, second] : [second ?? source, third];
  if (!source.startsWith("/"))
    throw new ArgumentError(
      argument,
      say`${show(source)} is not an absolute path`,
      say`name a device such as "/dev/fuse"`,
    );
  if (!/^[rwm]{1,3}$/.test(permissions))
    throw new ArgumentError(argument, say`${show(permissions)} are not permissions`, say`use letters of rwm`);
  return { source, target, permissions };
}

function parseGpus(value: NonNullable<ServiceDescription["gpus"]>, argument: string): GpuRequest[] {
  const requests = value === "all" ? [{ count: "all" as const }] : value;
  if (!Array.isArray(requests))
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a GPU request`,
      say`use "all" or a list such as [{ deviceIds: ["0"] }]`,
    );
  return requests.map((request, index) => {
    const at = `${argument}[${index}]`;
    checkFields(request, ["count", "deviceIds", "capabilities", "driver", "options"], at, say`a GPU request`);
    const { count, deviceIds, capabilities = ["gpu"], driver = "", options } = request;
    if (count !== undefined && deviceIds?.length)
      throw new ArgumentError(at, say`count and deviceIds exclude one another`, say`give one of them`);
    const amount = count === "all" || (count === undefined && !deviceIds?.length) ? -1 : count;
    return {
      driver,
      count: amount === undefined ? undefined : amount === -1 ? -1 : parseInteger(amount, `${at}.count`, 1, MAX),
      deviceIds,
      // The engine finds a driver by `gpu`; one that is named is asked for exactly what is listed.
      capabilities: driver !== "" || capabilities.includes("gpu") ? capabilities : ["gpu", ...capabilities],
      options,
    };
  });
}

function parseExtraHosts(value: Record<string, string> | string[], argument: string) {
  const entries = Array.isArray(value)
    ? value.map((item, index): [string, string, string] => {
        const at = item.search(/[:=]/);
        if (at < 1)
          throw new ArgumentError(
            `${argument}[${index}]`,
            say`${show(item)} is not host:address`,
            say`use for example "db:10.0.0.2"`,
          );
        return [item.slice(0, at), item.slice(at + 1).replace(/^\[(.*)\]$/, "$1"), `${argument}[${index}]`];
      })
    : Object.entries(value).map(([host, ip]): [string, string, string] => [host, ip, `${argument}.${host}`]);
  return entries.map(([host, ip, at]) => {
    if (ip !== "host-gateway") parseAddress(ip, at);
    return { host, ip };
  });
}

function parseTmpfs(value: string | string[], argument: string): Record<string, string> {
  return Object.fromEntries(
    list(value, argument).map((item, index) => {
      const [path = "", ...options] = item.split(":");
      return [parseTarget(path, Array.isArray(value) ? `${argument}[${index}]` : argument), options.join(":")];
    }),
  );
}

function parseRates(value: { path: string; rate: number | string }[] | undefined, argument: string) {
  return value?.map(({ path, rate }, index) => ({
    path: parseTarget(path, `${argument}[${index}].path`),
    rate: parseBytes(rate, `${argument}[${index}].rate`),
  }));
}

/** One parser per field. Each looks at its own field only; what concerns two fields is in rules.ts. */
export const PARSERS: { [K in keyof Required<ServiceDescription>]: Parser<K> } = {
  image: (value, argument) => {
    parseImage(text(value, argument), argument);
    return value;
  },
  platform: match(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9]+)?$/, say`a platform`, say`use for example "linux/amd64"`),
  pullPolicy: oneOf("always", "missing", "never"),
  // Two characters are the rule of Docker's containers alone, which their engine keeps.
  containerName: (value, argument) => (/^[a-zA-Z0-9]$/.test(value) ? value : parseName(value, argument)),
  command: words,
  entrypoint: (value, argument) =>
    value === "" || (Array.isArray(value) && value.length === 0) ? [""] : words(value, argument),
  environment: (value, argument, { outer }) => parseEnvironment(value, argument, outer),
  envFile: (value, argument, { projectFolder, outer }) => readEnvFiles(value, argument, projectFolder, outer),
  ports: parsePorts,
  publishAll: flag,
  expose: (value, argument) =>
    parsePorts(value, argument).map((port) => {
      if (port.published !== undefined)
        throw new ArgumentError(argument, say`names a host port`, say`use ports to publish`);
      return `${port.target}/${port.protocol}`;
    }),
  volumes: (value, argument, { projectFolder }) => parseMounts(value, argument, projectFolder),
  volumesFrom: (value, argument) =>
    list(value, argument).map((item, index) => {
      const [container = "", access = "rw"] = item.replace(/^container:/, "").split(/:(.*)/);
      return {
        container: parseName(container, `${argument}[${index}]`),
        readOnly: oneOf("ro", "rw")(access, `${argument}[${index}]`) === "ro",
      };
    }),
  tmpfs: parseTmpfs,
  networks: (value, argument) => {
    const networks = value.map((network, index) => parseNetwork(network, `${argument}[${index}]`));
    for (const [index, { name }] of networks.entries()) {
      if (["host", "none"].includes(name))
        throw new ArgumentError(
          `${argument}[${index}]`,
          say`${name} is a network mode`,
          say`set networkMode: "${name}"`,
        );
      if (networks.findIndex((other) => other.name === name) !== index)
        throw new ArgumentError(`${argument}[${index}]`, say`${name} is joined twice`, say`name each network once`);
    }
    return networks;
  },
  networkMode: match(
    /^(bridge|host|none|container:[a-zA-Z0-9][\w.-]+)$/,
    say`a network mode`,
    say`use bridge, host, none or "container:<name>"; join user-defined networks with networks`,
  ),
  restart: parseRestart,
  mode: oneOf("replicated", "global", "replicated-job"),
  replicas: integer(0, MAX),
  user: match(/^[^:\s]+(:[^:\s]+)?$/, say`a user`, say`use a name or number, or "user:group"`),
  groupAdd: list,
  workingDir: (value, argument) => {
    if (!value.startsWith("/"))
      throw new ArgumentError(argument, say`${show(value)} is not an absolute path`, say`begin it with /`);
    return value;
  },
  // A Swarm puts a name, a number or an id into the place of `{{.Task.Slot}}`; an engine takes it as it stands.
  hostname: (value, argument) => {
    parseHostname(value.replace(/\{\{[^{}]+\}\}/g, "x"), argument);
    return value;
  },
  domainname: parseHostname,
  macAddress: parseMac,
  capAdd: (value, argument) => list(value, argument).map((item) => item.toUpperCase().replace(/^CAP_/, "")),
  capDrop: (value, argument) => list(value, argument).map((item) => item.toUpperCase().replace(/^CAP_/, "")),
  privileged: flag,
  readOnly: flag,
  securityOpt: list,
  devices: (value, argument) => value.map((device, index) => parseDevice(device, `${argument}[${index}]`)),
  deviceCgroupRules: (value, argument) =>
    list(value, argument).map((item, index) => parseDeviceRule(item, `${argument}[${index}]`)),
  gpus: parseGpus,
  runtime: text,
  healthcheck: parseHealthcheck,
  waitTimeout: milliseconds,
  logging: (value, argument) => {
    checkFields(value, ["driver", "options"], argument, "logging");
    return {
      driver: value.driver === undefined ? undefined : text(value.driver, `${argument}.driver`),
      options: value.options && pairs(value.options, `${argument}.options`),
    };
  },
  ulimits: (value, argument) =>
    Object.entries(value).map(([name, limit]) => {
      const { soft, hard } = typeof limit === "object" ? limit : { soft: limit, hard: limit };
      const at = `${argument}.${name}`;
      const unlimited = (limit: number) => (parseInteger(limit, at, -1, MAX) === -1 ? Infinity : limit);
      if (unlimited(soft) > unlimited(hard)) {
        throw new ArgumentError(
          at,
          say`the soft limit ${soft} is above the hard limit ${hard}`,
          say`lower soft or raise hard`,
        );
      }
      return { name, soft, hard };
    }),
  sysctls: pairs,
  extraHosts: parseExtraHosts,
  dns: (value, argument) => list(value, argument).map((item) => parseAddress(item, argument)),
  dnsOpt: list,
  dnsSearch: list,
  init: flag,
  stopSignal: match(SIGNAL, say`a signal`, say`use for example "SIGTERM"`),
  stopGracePeriod: milliseconds,
  tty: flag,
  stdinOpen: flag,
  shmSize: bytes,
  memLimit: (value, argument) => {
    const limit = bytes(value, argument);
    if (limit < 6 * 2 ** 20)
      throw new ArgumentError(argument, say`${show(value)} is below Docker's minimum`, say`use "6m" or more`);
    return limit;
  },
  memReservation: bytes,
  memswapLimit: (value, argument) => (Number(value) === -1 ? -1 : bytes(value, argument)),
  cpus: parseCpus,
  cpuShares: integer(2, 262144),
  cpuset: parseCpuSet,
  cpuPeriod: (value, argument) => microseconds(value, argument),
  cpuQuota: (value, argument) => microseconds(value, argument),
  ipc: match(
    /^(host|private|shareable|none|container:[a-zA-Z0-9][\w.-]+)$/,
    say`an IPC mode`,
    say`use host, private, shareable, none or "container:<name>"`,
  ),
  pid: match(/^(host|container:[a-zA-Z0-9][\w.-]+)$/, say`a PID mode`, say`use host or "container:<name>"`),
  usernsMode: oneOf("host"),
  cgroup: oneOf("host", "private"),
  cgroupParent: text,
  storageOpt: pairs,
  blkioConfig: (value, argument) => {
    checkFields(
      value,
      ["weight", "deviceReadBps", "deviceWriteBps", "deviceReadIops", "deviceWriteIops"],
      argument,
      "blkioConfig",
    );
    return {
      weight: value.weight === undefined ? undefined : parseInteger(value.weight, `${argument}.weight`, 10, 1000),
      deviceReadBps: parseRates(value.deviceReadBps, `${argument}.deviceReadBps`),
      deviceWriteBps: parseRates(value.deviceWriteBps, `${argument}.deviceWriteBps`),
      deviceReadIops: parseRates(value.deviceReadIops, `${argument}.deviceReadIops`),
      deviceWriteIops: parseRates(value.deviceWriteIops, `${argument}.deviceWriteIops`),
    };
  },
  labels: pairs,
  secrets: (value, argument, context) => parseFiles(value, argument, "/run/secrets", context),
  configs: (value, argument, context) => parseFiles(value, argument, "/", context),
  annotations: pairs,
  links: list,
  uts: text,
  isolation: text,
  pidsLimit: integer(-1, MAX),
  oomScoreAdj: integer(-1000, 1000),
  oomKillDisable: flag,
  memSwappiness: integer(0, 100),
  cpusetMems: parseCpuSet,
  cpuRtPeriod: (value, argument) => microseconds(value, argument),
  cpuRtRuntime: (value, argument) => microseconds(value, argument),
  kernelMemory: bytes,
};

/** CPU periods are microseconds as a number, or a duration such as `"100ms"`. */
function microseconds(value: number | string, argument: string): number {
  const plain = typeof value === "number" || /^\d+$/.test(value);
  return parseInteger(plain ? value : Math.round(parseDuration(value, argument) * 1000), argument, 1000, MAX);
}

/** Compose takes no single value in place of these lists. */
const LISTS = new Set<keyof ServiceDescription>([
  "ports",
  "expose",
  "volumes",
  "networks",
  "devices",
  "secrets",
  "configs",
]);

/** Parses one field of a description. */
export function parseField<K extends keyof ServiceDescription>(
  key: K,
  value: ServiceDescription[K],
  context: SpecContext,
): ServiceSpec[K] {
  if (value === undefined || value === null) return undefined as ServiceSpec[K];
  const parser = PARSERS[key] as Parser<K> | undefined;
  if (!parser)
    throw new ArgumentError(
      String(key),
      say`is not a field of a service`,
      say`see the type ServiceDescription for the fields`,
    );
  if (LISTS.has(key) && !Array.isArray(value))
    throw new ArgumentError(String(key), say`${show(value)} is not a list`, say`write [${show(value)}]`);
  return parser(value as NonNullable<ServiceDescription[K]>, String(key), context);
}

/** Parses a whole description of plain values. */
export function parseService(description: ServiceDescription, context: SpecContext): ServiceSpec {
  const entries = Object.keys(description) as (keyof ServiceDescription)[];
  return Object.fromEntries(
    entries.map((key) => [key, parseField(key, description[key], context)]).filter(([, value]) => value !== undefined),
  ) as unknown as ServiceSpec;
}

export { hostPath };

/** A service's fields, each parsed; those that the program gives as Outputs are still on their way. */
export type LateSpec = { [K in keyof ServiceSpec]: ServiceSpec[K] | pulumi.Output<ServiceSpec[K]> };

/** Fields that an engine has no word for, with the reason that the user reads. */
export type Refusals = Partial<Record<keyof ServiceSpec, [problem: string, remedy: string]>>;
