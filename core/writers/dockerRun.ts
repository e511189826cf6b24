import { quote } from "shlex";
import { fileMounts } from "../description/files";
import type { Mount } from "../description/mounts";
import { formatPort } from "../description/ports";
import { formatBytes, formatDuration } from "../description/quantities";
import type { GpuRequest, ServiceSpec } from "../description/service";
import type { NetworkDescription } from "../description/types";

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

/** A line that a shell reads back word by word. */
export function commandLine(program: string, parts: Part[]): string {
  return [program, ...parts.flat().map((word) => (word === "" ? "''" : quote(word)))].join(" ");
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
  const parts: Part[] = [];
  const one = (flag: string, value: string | number | boolean | undefined) => {
    if (value === undefined || value === false) return;
    parts.push(value === true ? [flag] : [flag, String(value)]);
  };
  const each = (flag: string, values: (string | number)[] | undefined) => {
    for (const value of values ?? []) one(flag, value);
  };
  const pairs = (flag: string, record: Record<string, string> | undefined) =>
    each(
      flag,
      Object.entries(record ?? {}).map(([key, value]) => `${key}=${value}`),
    );
  const duration = (value: number | undefined) => (value === undefined ? undefined : formatDuration(value));
  const bytes = (value: number | undefined) =>
    value === undefined ? undefined : value === -1 ? "-1" : formatBytes(value);

  if (spec.mode !== "replicated-job") one("-d", true);
  one("--name", spec.containerName);
  one("--platform", spec.platform);
  one("--pull", spec.pullPolicy === "missing" ? undefined : spec.pullPolicy);
  for (const port of spec.ports ?? []) one("-p", formatPort(port));
  one("-P", spec.publishAll);
  each(
    "--expose",
    spec.expose?.map((port) => port.replace(/\/tcp$/, "")),
  );
  const [network] = spec.networks ?? [];
  one("--network", spec.networkMode ?? (network && networkText(network)));
  each("--network-alias", network?.aliases);
  one("--ip", network?.ipv4Address);
  one("--ip6", network?.ipv6Address);
  each("--link-local-ip", network?.linkLocalIps);
  one("--mac-address", network?.macAddress ?? spec.macAddress);
  each("--link", spec.links);
  for (const [index, mount] of (spec.volumes ?? []).entries()) parts.push(mountParts(mount, refuseMissing.has(index)));
  for (const mount of fileMounts([...(spec.secrets ?? []), ...(spec.configs ?? [])])) parts.push(mountParts(mount));
  each(
    "--volumes-from",
    spec.volumesFrom?.map(({ container, readOnly }) => (readOnly ? `${container}:ro` : container)),
  );
  each(
    "--tmpfs",
    Object.entries(spec.tmpfs ?? {}).map(([path, options]) => (options ? `${path}:${options}` : path)),
  );
  const files = (spec.envFile ?? []).map((file) => file.values);
  const environment: Record<string, string> = { ...Object.assign({}, ...files), ...spec.environment };
  for (const [name, value] of Object.entries(environment)) one("-e", secretNames.has(name) ? name : `${name}=${value}`);
  each("--env-file", envFiles);
  if (spec.restart && spec.restart.policy !== "no")
    one(
      "--restart",
      spec.restart.retries === undefined ? spec.restart.policy : `${spec.restart.policy}:${spec.restart.retries}`,
    );
  one("-u", spec.user);
  each("--group-add", spec.groupAdd);
  one("-w", spec.workingDir);
  one("-h", spec.hostname);
  one("--domainname", spec.domainname);
  each("--cap-add", spec.capAdd);
  each("--cap-drop", spec.capDrop);
  one("--privileged", spec.privileged);
  one("--read-only", spec.readOnly);
  each("--security-opt", spec.securityOpt);
  each(
    "--device",
    spec.devices?.map(({ source, target, permissions }) =>
      [source, target, permissions]
        .join(":")
        .replace(/:rwm$/, "")
        .replace(/^(.+):\1$/, "$1"),
    ),
  );
  each("--device-cgroup-rule", spec.deviceCgroupRules);
  each("--gpus", spec.gpus?.map(gpuText));
  one("--runtime", spec.runtime);
  const check = spec.healthcheck;
  if (check?.test?.[0] === "NONE") one("--no-healthcheck", true);
  else if (check) {
    // The command line only knows the shell form.
    one("--health-cmd", check.test?.[0] === "CMD" ? check.test.slice(1).map(quote).join(" ") : check.test?.[1]);
    one("--health-interval", duration(check.interval));
    one("--health-timeout", duration(check.timeout));
    one("--health-start-period", duration(check.startPeriod));
    one("--health-start-interval", duration(check.startInterval));
    one("--health-retries", check.retries);
  }
  one("--log-driver", spec.logging?.driver);
  pairs("--log-opt", spec.logging?.options);
  each(
    "--ulimit",
    spec.ulimits?.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
  );
  pairs("--sysctl", spec.sysctls);
  each(
    "--add-host",
    spec.extraHosts?.map(({ host, ip }) => `${host}:${ip}`),
  );
  each("--dns", spec.dns);
  each("--dns-option", spec.dnsOpt);
  each("--dns-search", spec.dnsSearch);
  one("--init", spec.init);
  one("--stop-signal", spec.stopSignal);
  one("--stop-timeout", spec.stopGracePeriod === undefined ? undefined : Math.ceil(spec.stopGracePeriod / 1000));
  one("-t", spec.tty);
  one("-i", spec.stdinOpen);
  one("--shm-size", bytes(spec.shmSize));
  one("-m", bytes(spec.memLimit));
  one("--memory-reservation", bytes(spec.memReservation));
  one("--memory-swap", bytes(spec.memswapLimit));
  one("--cpus", spec.cpus === undefined ? undefined : spec.cpus / 1e9);
  one("--cpu-shares", spec.cpuShares);
  one("--cpuset-cpus", spec.cpuset);
  one("--cpu-period", spec.cpuPeriod);
  one("--cpu-quota", spec.cpuQuota);
  one("--cpuset-mems", spec.cpusetMems);
  one("--cpu-rt-period", spec.cpuRtPeriod);
  one("--cpu-rt-runtime", spec.cpuRtRuntime);
  one("--memory-swappiness", spec.memSwappiness);
  one("--kernel-memory", bytes(spec.kernelMemory));
  one("--pids-limit", spec.pidsLimit);
  one("--oom-score-adj", spec.oomScoreAdj);
  one("--oom-kill-disable", spec.oomKillDisable);
  one("--ipc", spec.ipc);
  one("--pid", spec.pid);
  one("--uts", spec.uts);
  one("--userns", spec.usernsMode);
  one("--cgroupns", spec.cgroup);
  one("--cgroup-parent", spec.cgroupParent);
  one("--isolation", spec.isolation);
  pairs("--storage-opt", spec.storageOpt);
  one("--blkio-weight", spec.blkioConfig?.weight);
  for (const [flag, rates] of [
    ["--device-read-bps", spec.blkioConfig?.deviceReadBps],
    ["--device-write-bps", spec.blkioConfig?.deviceWriteBps],
    ["--device-read-iops", spec.blkioConfig?.deviceReadIops],
    ["--device-write-iops", spec.blkioConfig?.deviceWriteIops],
  ] as const) {
    each(
      flag,
      rates?.map(({ path, rate }) => `${path}:${rate}`),
    );
  }
  pairs("-l", spec.labels);
  pairs("--annotation", spec.annotations);
  const [program, ...entryArguments] = spec.entrypoint ?? [];
  if (program !== undefined) parts.push(["--entrypoint", program]);
  parts.push([spec.image]);
  parts.push(...[...entryArguments, ...(spec.command ?? [])].map((word) => [word]));

  const line = commandLine("docker run", parts);
  const joins = (spec.networks ?? []).slice(1).map((other) => {
    const flags = [
      ...(other.aliases ?? []).map((alias) => ["--alias", alias]),
      ...(other.ipv4Address ? [["--ip", other.ipv4Address]] : []),
      ...(other.ipv6Address ? [["--ip6", other.ipv6Address]] : []),
      ...(other.linkLocalIps ?? []).map((ip) => ["--link-local-ip", ip]),
      ...Object.entries(other.driverOpts ?? {}).map(([key, value]) => ["--driver-opt", `${key}=${value}`]),
      ...(other.gwPriority ? [["--gw-priority", String(other.gwPriority)]] : []),
    ];
    return commandLine("docker network connect", [...flags, [other.name, spec.containerName ?? ""]]);
  });
  return [line, ...joins];
}
