import { quote } from "shlex";
import { fileMounts } from "../description/files";
import type { Mount } from "../description/mounts";
import { formatPort } from "../description/ports";
import { formatBytes, formatDuration } from "../description/quantities";
import type { GpuRequest, ServiceSpec } from "../description/service";
import type { NetworkDescription } from "../description/types";
import { hasMark, shellText } from "./secrets";

/** One argument of the line; `[flag, value]` stays together when the line is folded. */
type Part = string[];

function mountParts(mount: Mount, refusesMissing = false): Part {
  if (mount.type === "tmpfs") {
    const options = [
      mount.tmpfsSize === undefined ? "" : `,tmpfs-size=${mount.tmpfsSize}`,
      mount.tmpfsMode === undefined ? "" : `,tmpfs-mode=${mount.tmpfsMode.toString(8)}`,
    ];
    return ["--mount", `type=tmpfs,dst=${mount.target}${options.join("")}${mount.readOnly ? ",readonly" : ""}`];
  }
  const { type, source, target, readOnly, nocopy, subpath } = mount;
  // The short form splits at colons, has no options for a volume without a name, none for a part of one, and makes
  // what is missing; the long form cannot label.
  if (
    `${source ?? ""}${target}`.includes(":") ||
    (!source && (readOnly || nocopy)) ||
    subpath !== undefined ||
    (refusesMissing && !mount.selinux)
  ) {
    const fields = [
      `type=${type}`,
      source && `src=${source}`,
      `dst=${target}`,
      readOnly && "readonly",
      mount.propagation && `bind-propagation=${mount.propagation}`,
      nocopy && "volume-nocopy",
      subpath !== undefined && `volume-subpath=${subpath}`,
    ];
    return [
      "--mount",
      fields
        .filter((field) => field)
        .map(csvField)
        .join(","),
    ];
  }
  if (!source) return ["-v", target];
  const options = [
    mount.readOnly ? "ro" : "",
    mount.selinux ?? "",
    mount.propagation ?? "",
    mount.nocopy ? "nocopy" : "",
  ].filter(Boolean);
  return ["-v", [source, target, ...(options.length ? [options.join(",")] : [])].join(":")];
}

/** Flags such as `--mount` and `--gpus` take comma-separated values. */
const csvField = (field: string | undefined | false) =>
  /[",]/.test(String(field)) ? `"${String(field).replace(/"/g, '""')}"` : String(field);

/** Only the long form of `--network` says something to the driver. */
function networkText({ name, driverOpts, gwPriority }: NetworkDescription): string {
  if (!driverOpts && !gwPriority) return name;
  const options = Object.entries(driverOpts ?? {}).map(([key, value]) => `driver-opt=${key}=${value}`);
  return [`name=${name}`, ...options, ...(gwPriority ? [`gw-priority=${gwPriority}`] : [])].map(csvField).join(",");
}

function gpuText({ count, deviceIds, capabilities, driver, options }: GpuRequest): string {
  const fields = [
    deviceIds?.length ? `device=${deviceIds.join(",")}` : count === -1 ? "all" : String(count),
    capabilities.join() !== "gpu" && `capabilities=${capabilities.filter((name) => name !== "gpu").join(",")}`,
    driver && `driver=${driver}`,
    options &&
      `options=${Object.entries(options)
        .map((pair) => pair.join("="))
        .join(",")}`,
  ];
  return fields.filter(Boolean).map(csvField).join(",");
}

const shellWord = (word: string) => (word === "" ? "''" : hasMark(word) ? shellText(word) : quote(word));

/** A line that a shell reads back word by word. */
export function commandLine(program: string, parts: Part[]): string {
  return [program, ...parts.flat().map(shellWord)].join(" ");
}

type Value = string | number | boolean | undefined;

/** What stands behind a flag; one that has a list is given for each of its values. */
type Flag = [flag: string, of: (spec: ServiceSpec) => Value | readonly (string | number)[]];

const pairs = (record: Record<string, string> | undefined) =>
  Object.entries(record ?? {}).map(([key, value]) => `${key}=${value}`);
const duration = (value: number | undefined) => (value === undefined ? undefined : formatDuration(value));
const bytes = (value: number | undefined) =>
  value === undefined ? undefined : value === -1 ? "-1" : formatBytes(value);
const rates = (all: { path: string; rate: string | number }[] | undefined) =>
  all?.map(({ path, rate }) => `${path}:${rate}`);
const firstNetwork = ({ networks }: ServiceSpec) => networks?.[0];

function restartText({ restart }: ServiceSpec): string | undefined {
  if (!restart || restart.policy === "no") return undefined;
  return restart.retries === undefined ? restart.policy : `${restart.policy}:${restart.retries}`;
}

/** A device as `docker` writes it: what is the default is left out. */
const deviceText = ({ source, target, permissions }: NonNullable<ServiceSpec["devices"]>[number]) =>
  [source, target, permissions]
    .join(":")
    .replace(/:rwm$/, "")
    .replace(/^(.+):\1$/, "$1");

const hasNoCheck = ({ healthcheck }: ServiceSpec) => healthcheck?.test?.[0] === "NONE";
const checkOf = (spec: ServiceSpec) => (hasNoCheck(spec) ? undefined : spec.healthcheck);

/** The command line only knows the shell form. */
function checkCommand(spec: ServiceSpec): string | undefined {
  const test = checkOf(spec)?.test;
  return test?.[0] === "CMD" ? test.slice(1).map(quote).join(" ") : test?.[1];
}

/** The flags in the order in which they are printed. Mounts and variables stand between them. */
const NAMES_AND_NETWORKS: Flag[] = [
  ["-d", ({ mode }) => mode !== "replicated-job"],
  ["--name", (spec) => spec.containerName],
  ["--platform", (spec) => spec.platform],
  ["--pull", ({ pullPolicy }) => (pullPolicy === "missing" ? undefined : pullPolicy)],
  ["-p", (spec) => spec.ports?.map((port) => formatPort(port))],
  ["-P", (spec) => spec.publishAll],
  ["--expose", (spec) => spec.expose?.map((port) => port.replace(/\/tcp$/, ""))],
  [
    "--network",
    (spec) => {
      const network = firstNetwork(spec);
      return spec.networkMode ?? (network && networkText(network));
    },
  ],
  ["--network-alias", (spec) => firstNetwork(spec)?.aliases],
  ["--ip", (spec) => firstNetwork(spec)?.ipv4Address],
  ["--ip6", (spec) => firstNetwork(spec)?.ipv6Address],
  ["--link-local-ip", (spec) => firstNetwork(spec)?.linkLocalIps],
  ["--mac-address", (spec) => firstNetwork(spec)?.macAddress ?? spec.macAddress],
  ["--link", (spec) => spec.links],
];
const MORE_MOUNTS: Flag[] = [
  [
    "--volumes-from",
    (spec) => spec.volumesFrom?.map((from) => (from.readOnly ? `${from.container}:ro` : from.container)),
  ],
  ["--tmpfs", ({ tmpfs }) => Object.entries(tmpfs ?? {}).map(([path, given]) => (given ? `${path}:${given}` : path))],
];
const ALL_OTHERS: Flag[] = [
  ["--restart", restartText],
  ["-u", (spec) => spec.user],
  ["--group-add", (spec) => spec.groupAdd],
  ["-w", (spec) => spec.workingDir],
  ["-h", (spec) => spec.hostname],
  ["--domainname", (spec) => spec.domainname],
  ["--cap-add", (spec) => spec.capAdd],
  ["--cap-drop", (spec) => spec.capDrop],
  ["--privileged", (spec) => spec.privileged],
  ["--read-only", (spec) => spec.readOnly],
  ["--security-opt", (spec) => spec.securityOpt],
  ["--device", (spec) => spec.devices?.map(deviceText)],
  ["--device-cgroup-rule", (spec) => spec.deviceCgroupRules],
  ["--gpus", (spec) => spec.gpus?.map(gpuText)],
  ["--runtime", (spec) => spec.runtime],
  ["--no-healthcheck", hasNoCheck],
  ["--health-cmd", checkCommand],
  ["--health-interval", (spec) => duration(checkOf(spec)?.interval)],
  ["--health-timeout", (spec) => duration(checkOf(spec)?.timeout)],
  ["--health-start-period", (spec) => duration(checkOf(spec)?.startPeriod)],
  ["--health-start-interval", (spec) => duration(checkOf(spec)?.startInterval)],
  ["--health-retries", (spec) => checkOf(spec)?.retries],
  ["--log-driver", (spec) => spec.logging?.driver],
  ["--log-opt", (spec) => pairs(spec.logging?.options)],
  ["--ulimit", (spec) => spec.ulimits?.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`)],
  ["--sysctl", (spec) => pairs(spec.sysctls)],
  ["--add-host", (spec) => spec.extraHosts?.map(({ host, ip }) => `${host}:${ip}`)],
  ["--dns", (spec) => spec.dns],
  ["--dns-option", (spec) => spec.dnsOpt],
  ["--dns-search", (spec) => spec.dnsSearch],
  ["--init", (spec) => spec.init],
  ["--init=false", ({ init }) => init === false],
  ["--stop-signal", (spec) => spec.stopSignal],
  [
    "--stop-timeout",
    (spec) => (spec.stopGracePeriod === undefined ? undefined : Math.ceil(spec.stopGracePeriod / 1000)),
  ],
  ["-t", (spec) => spec.tty],
  ["-i", (spec) => spec.stdinOpen],
  ["--shm-size", (spec) => bytes(spec.shmSize)],
  ["-m", (spec) => bytes(spec.memLimit)],
  ["--memory-reservation", (spec) => bytes(spec.memReservation)],
  ["--memory-swap", (spec) => bytes(spec.memswapLimit)],
  ["--cpus", (spec) => (spec.cpus === undefined ? undefined : spec.cpus / 1e9)],
  ["--cpu-shares", (spec) => spec.cpuShares],
  ["--cpuset-cpus", (spec) => spec.cpuset],
  ["--cpu-period", (spec) => spec.cpuPeriod],
  ["--cpu-quota", (spec) => spec.cpuQuota],
  ["--cpuset-mems", (spec) => spec.cpusetMems],
  ["--cpu-rt-period", (spec) => spec.cpuRtPeriod],
  ["--cpu-rt-runtime", (spec) => spec.cpuRtRuntime],
  ["--memory-swappiness", (spec) => spec.memSwappiness],
  ["--kernel-memory", (spec) => bytes(spec.kernelMemory)],
  ["--pids-limit", (spec) => spec.pidsLimit],
  ["--oom-score-adj", (spec) => spec.oomScoreAdj],
  ["--oom-kill-disable", (spec) => spec.oomKillDisable],
  ["--ipc", (spec) => spec.ipc],
  ["--pid", (spec) => spec.pid],
  ["--uts", (spec) => spec.uts],
  ["--userns", (spec) => spec.usernsMode],
  ["--cgroupns", (spec) => spec.cgroup],
  ["--cgroup-parent", (spec) => spec.cgroupParent],
  ["--isolation", (spec) => spec.isolation],
  ["--storage-opt", (spec) => pairs(spec.storageOpt)],
  ["--blkio-weight", (spec) => spec.blkioConfig?.weight],
  ["--device-read-bps", (spec) => rates(spec.blkioConfig?.deviceReadBps)],
  ["--device-write-bps", (spec) => rates(spec.blkioConfig?.deviceWriteBps)],
  ["--device-read-iops", (spec) => rates(spec.blkioConfig?.deviceReadIops)],
  ["--device-write-iops", (spec) => rates(spec.blkioConfig?.deviceWriteIops)],
  ["-l", (spec) => pairs(spec.labels)],
  ["--annotation", (spec) => pairs(spec.annotations)],
];

function flags(table: Flag[], spec: ServiceSpec): Part[] {
  return table.flatMap(([flag, of]) => {
    const given = of(spec);
    const values = Array.isArray(given) ? (given as Value[]) : [given as Value];
    return values
      .filter((value) => value !== undefined && value !== false)
      .map((value): Part => (value === true ? [flag] : [flag, String(value)]));
  });
}

/**
 * The `docker run` line that equals a service, and the `docker network connect` lines for its further
 * networks. Variables in `secretNames` are named without their value, which `docker` then takes from the
 * environment: the line can be pasted without showing a secret. `envFiles` are files that `docker` reads itself,
 * `refuseMissing` the volumes whose path has to be there, by their index.
 */
export function dockerRun(
  spec: ServiceSpec,
  secretNames: ReadonlySet<string> = new Set(),
  envFiles: string[] = [],
  refuseMissing: ReadonlySet<number> = new Set(),
): string[] {
  const mounted = (spec.volumes ?? []).map((mount, index) => mountParts(mount, refuseMissing.has(index)));
  const files = fileMounts([...(spec.secrets ?? []), ...(spec.configs ?? [])]).map((mount) => mountParts(mount));
  const given = (spec.envFile ?? []).map((file) => file.values);
  const environment: Record<string, string | null> = { ...Object.assign({}, ...given), ...spec.environment };
  const variables = Object.entries(environment).map(
    ([name, value]): Part => ["-e", value === null || secretNames.has(name) ? name : `${name}=${value}`],
  );
  const [program, ...entryArguments] = spec.entrypoint ?? [];
  const line = commandLine("docker run", [
    ...flags(NAMES_AND_NETWORKS, spec),
    ...mounted,
    ...files,
    ...flags(MORE_MOUNTS, spec),
    ...variables,
    ...envFiles.map((file): Part => ["--env-file", file]),
    ...flags(ALL_OTHERS, spec),
    ...(program === undefined ? [] : [["--entrypoint", program]]),
    [spec.image],
    ...[...entryArguments, ...(spec.command ?? [])].map((word) => [word]),
  ]);
  const joins = (spec.networks ?? []).slice(1).map((other) => {
    const own = [
      ...(other.aliases ?? []).map((alias) => ["--alias", alias]),
      ...(other.ipv4Address ? [["--ip", other.ipv4Address]] : []),
      ...(other.ipv6Address ? [["--ip6", other.ipv6Address]] : []),
      ...(other.linkLocalIps ?? []).map((ip) => ["--link-local-ip", ip]),
      ...Object.entries(other.driverOpts ?? {}).map(([key, value]) => ["--driver-opt", `${key}=${value}`]),
      ...(other.gwPriority ? [["--gw-priority", String(other.gwPriority)]] : []),
    ];
    return commandLine("docker network connect", [...own, [other.name, spec.containerName ?? ""]]);
  });
  return [line, ...joins];
}
