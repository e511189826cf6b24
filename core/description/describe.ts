import { isAbsolute, relative } from "node:path";
import type { FileSpec } from "./files";
import { hostPath, type Mount } from "./mounts";
import { formatPort, type Port } from "./ports";
import type { ProjectService } from "./project";
import { formatBytes, formatDuration, parseDuration } from "./quantities";
import { type Healthcheck, PARSERS, parseField, type ServiceSpec } from "./service";
import type {
  DeviceDescription,
  EnvFileDescription,
  FileDescription,
  GpuDescription,
  HealthcheckDescription,
  MountDescription,
  NetworkDescription,
  PortDescription,
  ServiceDescription,
} from "./types";

type Describer<K extends keyof ServiceSpec & keyof ServiceDescription> = (
  value: NonNullable<ServiceSpec[K]>,
  projectFolder: string,
) => ServiceDescription[K];

type Keep = <T>(value: T) => T;
const same: Keep = (value) => value;

/** Leaves out what is not set, so that a description shows only what somebody said. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

/** A duration in the fewest units: `1m30s`, `2m`, `500ms`. */
export function shortDuration(milliseconds: number): string {
  const text = formatDuration(milliseconds)
    .replace(/(?<=\D)0s$/, "")
    .replace(/(?<=\D)0m$/, "");
  return parseDuration(text, "duration") === milliseconds ? text : `${milliseconds}ms`;
}

/** A host path as one writes it: relative where it lies inside the project. */
export function shortPath(path: string, projectFolder: string): string {
  const inside = relative(projectFolder, path);
  if (inside === "") return ".";
  return inside.startsWith("..") || isAbsolute(inside) ? path : `./${inside}`;
}

const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/** One text where splitting it gives the same words, a list otherwise. */
function describeWords(words: string[]): string | string[] {
  return words.length && words.every((word) => PLAIN_WORD.test(word)) ? words.join(" ") : words;
}

/** One value alone where Compose takes it alone. */
const oneOrList = (values: string[]): string | string[] => (values.length === 1 ? values[0]! : values);

const step = (value: number | undefined, by: number) => (value === undefined ? undefined : value + by);

/** Joins ports that follow one another to a range; two alone are easier to read side by side. */
function describePorts(ports: Port[]): (string | PortDescription)[] {
  const result: string[] = [];
  for (let at = 0; at < ports.length; ) {
    const first = ports[at]!;
    let count = 1;
    for (; at + count < ports.length; count++) {
      const next = ports[at + count]!;
      const follows =
        next.target === first.target + count &&
        next.published === step(first.published, count) &&
        next.hostIp === first.hostIp &&
        next.protocol === first.protocol;
      if (!follows) break;
    }
    if (count < 3) count = 1;
    const text = formatPort(first);
    const last = ports[at + count - 1]!;
    result.push(
      count === 1
        ? text
        : text
            .replace(new RegExp(`(^|:)${first.target}(/\\w+)?$`), `$1${first.target}-${last.target}$2`)
            .replace(/(^|:)(\d+):(\d+-\d+)/, `$1$2-${last.published}:$3`),
    );
    at += count;
  }
  return result;
}

function describeMount(mount: Mount, projectFolder: string): string | MountDescription {
  const {
    type,
    source,
    target,
    readOnly,
    createHostPath,
    propagation,
    selinux,
    nocopy,
    subpath,
    tmpfsSize,
    tmpfsMode,
  } = mount;
  const shown = type === "bind" ? shortPath(source!, projectFolder) : source;
  const options = [readOnly && "ro", selinux, propagation, nocopy && "nocopy"].filter(Boolean);
  const anonymous = type === "volume" && source === undefined;
  if (anonymous && options.length === 0 && !target.includes(":")) return target;
  const splits = `${shown}${target}`.includes(":");
  if (type !== "tmpfs" && !anonymous && !createHostPath && !splits && subpath === undefined)
    return [shown, target, ...(options.length ? [options.join(",")] : [])].join(":");
  const bind = defined({
    createHostPath: createHostPath || undefined,
    propagation: propagation as NonNullable<MountDescription["bind"]>["propagation"],
    selinux,
  });
  const tmpfs = defined({
    size: tmpfsSize === undefined ? undefined : formatBytes(tmpfsSize),
    mode: tmpfsMode,
  });
  return defined({
    type,
    source: shown,
    target,
    readOnly: readOnly || undefined,
    bind: Object.keys(bind).length ? bind : undefined,
    volume: nocopy || subpath !== undefined ? defined({ nocopy: nocopy || undefined, subpath }) : undefined,
    tmpfs: Object.keys(tmpfs).length ? tmpfs : undefined,
  });
}

function describeNetwork(network: NetworkDescription): string | NetworkDescription {
  const { name, ...others } = defined(network);
  return Object.keys(others).length ? { name, ...others } : name;
}

function describeHealthcheck(check: Healthcheck): HealthcheckDescription {
  const { test, interval, timeout, startPeriod, startInterval, retries } = check;
  const duration = (value: number | undefined) => (value === undefined ? undefined : shortDuration(value));
  const others = defined({
    interval: duration(interval),
    timeout: duration(timeout),
    startPeriod: duration(startPeriod),
    startInterval: duration(startInterval),
    retries,
  });
  if (test?.[0] === "NONE" && test.length === 1 && Object.keys(others).length === 0) return { disable: true };
  const shell = test?.[0] === "CMD-SHELL" && test.length === 2;
  return defined({ test: shell ? test![1] : test, ...others });
}

function describeDevice({ source, target, permissions }: DeviceDescription): string | DeviceDescription {
  if (`${source}${target}`.includes(":")) return { source, target, permissions };
  const parts = [source, ...(target === source ? [] : [target]), ...(permissions === "rwm" ? [] : [permissions])];
  return parts.join(":");
}

function describeGpus(requests: NonNullable<ServiceSpec["gpus"]>): "all" | GpuDescription[] {
  const described = requests.map(({ driver, count, deviceIds, capabilities, options }) =>
    defined({
      count: count === -1 ? ("all" as const) : count,
      deviceIds,
      capabilities: capabilities.join() === "gpu" ? undefined : capabilities,
      driver: driver === "" ? undefined : driver,
      options,
    }),
  );
  const [first] = described;
  const plain = described.length === 1 && first?.count === "all" && Object.keys(first).length === 1;
  return plain ? "all" : described;
}

function describeHosts(hosts: { host: string; ip: string }[]): Record<string, string> | string[] {
  const unique = new Set(hosts.map(({ host }) => host)).size === hosts.length;
  return unique
    ? Object.fromEntries(hosts.map(({ host, ip }) => [host, ip]))
    : hosts.map(({ host, ip }) => `${host}:${ip}`);
}

const describeFiles = (folder: string) => (files: FileSpec[], projectFolder: string) =>
  files.map(({ source, target, file, content, uid, gid, mode }) =>
    defined({
      source,
      target: target === `${folder}${source}` ? undefined : target,
      file: file === undefined ? undefined : shortPath(file, projectFolder),
      content,
      uid,
      gid,
      mode: mode === 0o444 ? undefined : mode,
    }),
  );

const describeRates = (rates: { path: string; rate: number }[] | undefined) =>
  rates?.map(({ path, rate }) => ({ path, rate: formatBytes(rate) }));

/** One describer per field: the inverse of the parser of the same name. */
const DESCRIBERS: { [K in keyof Required<ServiceDescription>]: Describer<K> } = {
  image: same,
  platform: same,
  pullPolicy: same,
  containerName: same,
  command: describeWords,
  entrypoint: (words) => (words.length === 1 && words[0] === "" ? "" : describeWords(words)),
  environment: same,
  // Their values are read already; `describe` puts them into the environment.
  envFile: () => undefined,
  ports: describePorts,
  publishAll: same,
  expose: (ports) => ports.map((port) => port.replace(/\/tcp$/, "")),
  volumes: (mounts, folder) => mounts.map((mount) => describeMount(mount, folder)),
  volumesFrom: (volumes) => volumes.map(({ container, readOnly }) => (readOnly ? `${container}:ro` : container)),
  tmpfs: (record) =>
    oneOrList(Object.entries(record).map(([path, options]) => (options ? `${path}:${options}` : path))),
  networks: (networks) => networks.map(describeNetwork),
  networkMode: same,
  restart: ({ policy, retries }) =>
    (retries === undefined ? policy : `${policy}:${retries}`) as ServiceDescription["restart"],
  mode: same,
  replicas: same,
  user: same,
  groupAdd: same,
  workingDir: same,
  hostname: same,
  domainname: same,
  macAddress: same,
  capAdd: same,
  capDrop: same,
  privileged: same,
  readOnly: same,
  securityOpt: same,
  devices: (devices) => devices.map(describeDevice),
  deviceCgroupRules: same,
  gpus: describeGpus,
  runtime: same,
  healthcheck: describeHealthcheck,
  waitTimeout: shortDuration,
  logging: defined,
  ulimits: (limits) =>
    Object.fromEntries(limits.map(({ name, soft, hard }) => [name, soft === hard ? soft : { soft, hard }])),
  sysctls: same,
  extraHosts: describeHosts,
  dns: oneOrList,
  dnsOpt: same,
  dnsSearch: oneOrList,
  init: same,
  stopSignal: same,
  stopGracePeriod: shortDuration,
  tty: same,
  stdinOpen: same,
  shmSize: formatBytes,
  memLimit: formatBytes,
  memReservation: formatBytes,
  memswapLimit: (bytes) => (bytes === -1 ? -1 : formatBytes(bytes)),
  cpus: (billionths) => billionths / 1e9,
  cpuShares: same,
  cpuset: same,
  cpuPeriod: same,
  cpuQuota: same,
  ipc: same,
  pid: same,
  usernsMode: same,
  cgroup: (value) => value as ServiceDescription["cgroup"],
  cgroupParent: same,
  storageOpt: same,
  blkioConfig: ({ weight, deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops }) =>
    defined({
      weight,
      deviceReadBps: describeRates(deviceReadBps),
      deviceWriteBps: describeRates(deviceWriteBps),
      deviceReadIops,
      deviceWriteIops,
    }),
  labels: same,
  secrets: describeFiles("/run/secrets/"),
  configs: describeFiles("/"),
  annotations: same,
  links: same,
  uts: same,
  isolation: same,
  pidsLimit: same,
  oomScoreAdj: same,
  oomKillDisable: same,
  memSwappiness: same,
  cpusetMems: same,
  cpuRtPeriod: same,
  cpuRtRuntime: same,
  kernelMemory: formatBytes,
};

/** One field of a parsed service in its shortest form. */
export function describeField<K extends keyof ServiceDescription>(
  key: K,
  value: ServiceSpec[K],
  folder: string,
): ServiceDescription[K] {
  return (DESCRIBERS[key] as Describer<K>)(value as NonNullable<ServiceSpec[K]>, folder);
}

/**
 * Writes a parsed service as its shortest description: the inverse of `parseService`. Values of environment
 * files stand in `environment`, where the variables of the service itself win.
 *
 * @param projectFolder host paths inside it become relative
 * @example
 * describe(parseService({ image: "nginx", ports: [{ target: 80, published: 666 }] }, context), "/srv")
 * // { image: "nginx", ports: ["666:80"] }
 */
export function describe(spec: ServiceSpec, projectFolder: string): ServiceDescription {
  const { envFile, ...others } = spec;
  const files = (envFile ?? []).map(({ values }) => values);
  const whole = files.length ? { ...others, environment: Object.assign({}, ...files, spec.environment) } : others;
  const keys = Object.keys(whole) as (keyof ServiceDescription)[];
  return defined(
    Object.fromEntries(
      keys
        .filter((key) => whole[key as keyof typeof whole] !== undefined)
        .map((key) => [key, describeField(key, whole[key as keyof typeof whole] as never, projectFolder)]),
    ),
  ) as unknown as ServiceDescription;
}

/** Variables by name; `null` stands for the value where Pulumi runs. */
function tidyEnvironment(environment: NonNullable<ServiceDescription["environment"]>): Record<string, string | null> {
  const entries = Array.isArray(environment)
    ? environment.map((item): [string, string | null] => {
        const at = item.indexOf("=");
        return at < 0 ? [item, null] : [item.slice(0, at), item.slice(at + 1)];
      })
    : Object.entries(environment).map(([name, value]): [string, string | null] => [
        name,
        value === null ? null : String(value),
      ]);
  return Object.fromEntries(entries);
}

function tidyEnvFiles(files: NonNullable<ServiceDescription["envFile"]>, folder: string, shownFrom: string) {
  const short = (path: string) => shortPath(hostPath(path, folder), shownFrom);
  return (typeof files === "string" ? [files] : files).map((file): string | EnvFileDescription => {
    if (typeof file === "string") return short(file);
    const { path, required, format, secret } = file;
    const others = defined({ required: required === false ? false : undefined, format, secret: secret || undefined });
    return Object.keys(others).length ? { path: short(path), ...others } : short(path);
  });
}

function tidyFiles(files: FileDescription[], folder: string, shownFrom: string): FileDescription[] {
  return files.map((file) =>
    file.file === undefined ? file : { ...file, file: shortPath(hostPath(file.file, folder), shownFrom) },
  );
}

/** A service description in its shortest form; the environment is a map. */
export type TidyService = Omit<ProjectService, "environment" | "envFile"> & {
  environment?: Record<string, string | null>;
  envFile?: (string | EnvFileDescription)[];
};

/**
 * Brings a description to its shortest form and checks it. Files and variables from outside stay references:
 * nothing is read, so the result holds no value that the description does not hold.
 *
 * @param projectFolder where relative paths in the description start
 * @param shownFrom where relative paths in the result start
 * @throws ArgumentError for a field that is wrong by itself
 */
export function tidy(service: ProjectService, projectFolder: string, shownFrom = projectFolder): TidyService {
  const context = { projectFolder, outer: {} };
  const entries = Object.entries(service).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key === "environment") return [key, tidyEnvironment(value)];
      if (key === "envFile") return [key, tidyEnvFiles(value, projectFolder, shownFrom)];
      if (key === "secrets" || key === "configs") return [key, tidyFiles(value, projectFolder, shownFrom)];
      if (!(key in PARSERS)) return [key, value];
      const field = key as keyof ServiceDescription;
      return [key, describeField(field, parseField(field, value as never, context), shownFrom)];
    }),
  ) as unknown as TidyService;
}
