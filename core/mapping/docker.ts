import { crc32 } from "node:zlib";
import type * as docker from "@pulumi/docker";
import { say } from "../description/say";
import { variablesOf } from "../description/variables";
import { ArgumentError } from "../description/errors";
import type { Mount } from "../description/mounts";
import { parseName } from "../description/names";
import { formatDuration } from "../description/quantities";
import { checkService } from "../description/rules";
import { type LateSpec, parseField, parseService, type ServiceSpec, type SpecContext } from "../description/service";
import type { ServiceDescription } from "../description/types";

/**
 * How each argument of `docker.Container` comes from a service description, and what the provider cannot
 * say. Pure: which fields an argument needs stands in `from`, so that it can be computed at once where
 * those are plain, and late where one of them is an Output.
 */
export interface Mapping {
  from: (keyof ServiceSpec)[];
  to(spec: ServiceSpec): unknown;
}

/** Fields that the Docker provider has no word for, with the reason that the user reads. */
export const REFUSED: Partial<Record<keyof ServiceSpec, [problem: string, remedy: string]>> = {
  annotations: [say`the Docker provider cannot set OCI annotations`, say`use labels, or remove it`],
  links: [
    say`links are legacy and the Docker provider cannot make them`,
    say`join both services to one network; each finds the other by its container name or by aliases`,
  ],
  uts: [say`the Docker provider cannot set the UTS namespace`, say`set hostname, or remove it`],
  isolation: [say`isolation is for Windows containers only`, say`remove it`],
  oomScoreAdj: [say`the Docker provider cannot set the OOM score`, say`set memLimit and memReservation instead`],
  oomKillDisable: [
    say`the Docker provider cannot switch the OOM killer off`,
    say`set memLimit and memReservation instead`,
  ],
  memSwappiness: [
    say`the Docker provider cannot set swappiness`,
    say`set memswapLimit equal to memLimit to do without swap`,
  ],
  kernelMemory: [say`kernel memory limits are gone from Docker`, say`set memLimit`],
};

/** The provider counts in MiB, and a limit that is a little higher is the one that harms nobody. */
const mebibytes = (bytes: number | undefined): number | undefined =>
  bytes === undefined || bytes === -1 ? bytes : Math.ceil(bytes / 2 ** 20);

/** The provider keeps these lists in a set sorted by checksum, so only that order reaches the engine. */
function inProviderOrder(values: string[] | undefined, argument: string): string[] | undefined {
  if (!values) return undefined;
  const key = (value: string) => String(crc32(value));
  const kept = [...new Set(values)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  if (kept.join() !== values.join()) {
    throw new ArgumentError(
      argument,
      say`the Docker provider cannot keep the order ${values.join(", ")}`,
      say`write ${kept.join(", ")} if the order does not matter, or set it in the engine's daemon.json`,
    );
  }
  return values;
}

/** The provider refuses an empty argument in the command, but not in the entrypoint. */
function argv({ command, entrypoint }: ServiceSpec): { command?: string[]; entrypoint?: string[] } {
  if (!command?.includes("")) return { command: command?.length ? command : undefined, entrypoint };
  if (entrypoint && entrypoint.join("") !== "") return { entrypoint: [...entrypoint, ...command] };
  throw new ArgumentError(
    `command[${command.indexOf("")}]`,
    say`the Docker provider cannot pass an empty argument`,
    say`set entrypoint too: then the whole line goes through the entrypoint`,
  );
}

/** Mounts with options that only the provider's `mounts` can say; the others stay plain binds as `-v` makes them. */
const needsLongForm = ({ type, propagation, nocopy, subpath }: Mount) =>
  type === "tmpfs" || propagation !== undefined || nocopy || subpath !== undefined;

const items = (record: Record<string, string> | undefined) =>
  record && Object.entries(record).map(([label, value]) => ({ label, value }));

export const ARGUMENTS: { [K in keyof docker.ContainerArgs]?: Mapping } = {
  image: { from: ["image"], to: (s) => s.image },
  platform: { from: ["platform"], to: (s) => s.platform },
  name: { from: ["containerName"], to: (s) => s.containerName && parseName(s.containerName, "containerName") },
  command: { from: ["command", "entrypoint"], to: (s) => argv(s).command },
  entrypoints: { from: ["command", "entrypoint"], to: (s) => argv(s).entrypoint },
  envs: {
    from: ["environment", "envFile"],
    to: (s) => {
      const envs = variablesOf(s);
      return envs.length ? envs : undefined;
    },
  },
  ports: {
    from: ["ports", "publishAll", "expose"],
    to: (s) => {
      const published = (s.ports ?? []).map((port) => ({
        internal: port.target,
        external: port.published,
        // Left out it becomes 0.0.0.0 and IPv6 is not served; empty it is what `docker run -p 80:80` says.
        ip: port.hostIp,
        protocol: port.protocol,
      }));
      // With -P Docker publishes what is exposed, so exposing is publishing on a free port.
      const exposed = (s.publishAll ? (s.expose ?? []) : []).map((port) => {
        const [internal, protocol] = port.split("/");
        return { internal: Number(internal), ip: "", protocol };
      });
      return published.length + exposed.length ? [...published, ...exposed] : undefined;
    },
  },
  publishAllPorts: { from: ["publishAll"], to: (s) => s.publishAll },
  volumes: {
    from: ["volumes", "volumesFrom"],
    to: (s) => {
      const binds = (s.volumes ?? [])
        .filter((mount) => !needsLongForm(mount))
        .map((mount) => ({
          containerPath: mount.target,
          ...(mount.type === "bind" ? { hostPath: mount.source } : { volumeName: mount.source }),
          readOnly: mount.readOnly || undefined,
          selinuxRelabel: mount.selinux,
        }));
      const from = (s.volumesFrom ?? []).map(({ container, readOnly }) => ({
        fromContainer: readOnly ? `${container}:ro` : container,
      }));
      return binds.length + from.length ? [...binds, ...from] : undefined;
    },
  },
  // Before the start, as Compose does it with secrets and configs that have no file.
  uploads: {
    from: ["secrets", "configs"],
    to: (s) => {
      const files = [...(s.secrets ?? []), ...(s.configs ?? [])].filter(({ content }) => content !== undefined);
      const uploads = files.map(({ target, content, mode, uid, gid }) => ({
        file: target,
        content,
        permissions: mode.toString(8).padStart(4, "0"),
        owner: uid,
        group: gid,
      }));
      return uploads.length ? uploads : undefined;
    },
  },
  mounts: {
    from: ["volumes"],
    to: (s) => {
      const relabelled = (s.volumes ?? []).findIndex((mount) => mount.selinux && needsLongForm(mount));
      if (relabelled >= 0)
        throw new ArgumentError(
          `volumes[${relabelled}]`,
          say`the Docker provider cannot set z or Z together with a propagation mode or nocopy`,
          say`keep one of them`,
        );
      const mounts = (s.volumes ?? []).filter(needsLongForm).map((mount) => ({
        type: mount.type,
        target: mount.target,
        source: mount.source,
        readOnly: mount.readOnly || undefined,
        bindOptions: mount.propagation ? { propagation: mount.propagation } : undefined,
        volumeOptions:
          mount.nocopy || mount.subpath !== undefined
            ? { noCopy: mount.nocopy || undefined, subpath: mount.subpath }
            : undefined,
        tmpfsOptions: mount.type === "tmpfs" ? { sizeBytes: mount.tmpfsSize, mode: mount.tmpfsMode } : undefined,
      }));
      return mounts.length ? mounts : undefined;
    },
  },
  tmpfs: { from: ["tmpfs"], to: (s) => s.tmpfs },
  networkMode: {
    from: ["networkMode", "networks", "macAddress"],
    to: (s) => {
      const [first] = s.networks ?? [];
      // The mode is the first network, as `docker run --network` has it. But a network that the container is
      // created on keeps no aliases and addresses that the provider adds when it joins a second time.
      const plain =
        first && !s.macAddress && Object.entries(first).every(([key, value]) => key === "name" || value === undefined);
      return s.networkMode ?? (plain ? first.name : "bridge");
    },
  },
  networksAdvanced: {
    from: ["networks", "macAddress"],
    to: (s) =>
      s.networks?.map((network) => ({
        name: network.name,
        aliases: network.aliases,
        ipv4Address: network.ipv4Address,
        ipv6Address: network.ipv6Address,
        linkLocalIps: network.linkLocalIps,
        macAddress: network.macAddress ?? s.macAddress,
        driverOpts: network.driverOpts && Object.entries(network.driverOpts).map((pair) => pair.join("=")),
        gwPriority: network.gwPriority,
      })),
  },
  restart: { from: ["restart"], to: (s) => s.restart?.policy ?? "no" },
  maxRetryCount: { from: ["restart"], to: (s) => s.restart?.retries },
  // A finished job is not a stopped service: without this every refresh starts it again.
  mustRun: { from: ["mode"], to: (s) => s.mode !== "replicated-job" },
  user: { from: ["user"], to: (s) => s.user },
  groupAdds: { from: ["groupAdd"], to: (s) => s.groupAdd },
  workingDir: { from: ["workingDir"], to: (s) => s.workingDir },
  hostname: { from: ["hostname"], to: (s) => s.hostname },
  domainname: { from: ["domainname"], to: (s) => s.domainname },
  capabilities: {
    from: ["capAdd", "capDrop"],
    to: (s) => (s.capAdd || s.capDrop ? { adds: s.capAdd, drops: s.capDrop } : undefined),
  },
  privileged: { from: ["privileged"], to: (s) => s.privileged },
  readOnly: { from: ["readOnly"], to: (s) => s.readOnly },
  securityOpts: { from: ["securityOpt"], to: (s) => s.securityOpt },
  devices: {
    from: ["devices"],
    to: (s) =>
      s.devices?.map((device) => ({
        hostPath: device.source,
        containerPath: device.target,
        permissions: device.permissions,
      })),
  },
  deviceCgroupRules: { from: ["deviceCgroupRules"], to: (s) => s.deviceCgroupRules },
  // `gpus` of the provider asks for the wrong devices; device requests are exact.
  deviceRequests: { from: ["gpus"], to: (s) => s.gpus },
  runtime: { from: ["runtime"], to: (s) => s.runtime },
  healthcheck: {
    from: ["healthcheck"],
    to: ({ healthcheck: check }) =>
      check && {
        tests: check.test ?? [],
        interval: check.interval === undefined ? undefined : formatDuration(check.interval),
        timeout: check.timeout === undefined ? undefined : formatDuration(check.timeout),
        startPeriod: check.startPeriod === undefined ? undefined : formatDuration(check.startPeriod),
        startInterval: check.startInterval === undefined ? undefined : formatDuration(check.startInterval),
        retries: check.retries,
      },
  },
  logDriver: { from: ["logging"], to: (s) => s.logging?.driver },
  logOpts: { from: ["logging"], to: (s) => s.logging?.options },
  ulimits: { from: ["ulimits"], to: (s) => s.ulimits },
  sysctls: { from: ["sysctls"], to: (s) => s.sysctls },
  hosts: { from: ["extraHosts"], to: (s) => s.extraHosts },
  dns: { from: ["dns"], to: (s) => inProviderOrder(s.dns, "dns") },
  dnsOpts: { from: ["dnsOpt"], to: (s) => s.dnsOpt },
  dnsSearches: { from: ["dnsSearch"], to: (s) => inProviderOrder(s.dnsSearch, "dnsSearch") },
  init: { from: ["init"], to: (s) => s.init },
  stopSignal: { from: ["stopSignal"], to: (s) => s.stopSignal },
  stopTimeout: {
    from: ["stopGracePeriod"],
    to: (s) => {
      if (s.stopGracePeriod === 0)
        throw new ArgumentError(
          "stopGracePeriod",
          say`the Docker provider takes 0s for none, and the engine then waits 10s`,
          say`use "1s", or stopSignal: "SIGKILL" to kill at once`,
        );
      return s.stopGracePeriod === undefined ? undefined : Math.ceil(s.stopGracePeriod / 1000);
    },
  },
  // The provider kills at once on delete unless told the grace period a second time.
  destroyGraceSeconds: {
    from: ["stopGracePeriod"],
    to: (s) => Math.max(1, Math.ceil((s.stopGracePeriod ?? 10_000) / 1000)),
  },
  tty: { from: ["tty"], to: (s) => s.tty },
  stdinOpen: { from: ["stdinOpen"], to: (s) => s.stdinOpen },
  shmSize: { from: ["shmSize"], to: (s) => mebibytes(s.shmSize) },
  memory: { from: ["memLimit"], to: (s) => mebibytes(s.memLimit) },
  memoryReservation: { from: ["memReservation"], to: (s) => mebibytes(s.memReservation) },
  // Docker doubles the memory limit by itself; said outright, it neither drifts nor blocks a higher limit later.
  memorySwap: {
    from: ["memLimit", "memswapLimit"],
    to: (s) => mebibytes(s.memswapLimit) ?? (s.memLimit === undefined ? undefined : 2 * mebibytes(s.memLimit)!),
  },
  cpus: { from: ["cpus"], to: (s) => (s.cpus === undefined ? undefined : String(s.cpus / 1e9)) },
  cpuShares: { from: ["cpuShares"], to: (s) => s.cpuShares },
  cpuSet: { from: ["cpuset"], to: (s) => s.cpuset },
  cpuPeriod: { from: ["cpuPeriod"], to: (s) => s.cpuPeriod },
  cpuQuota: { from: ["cpuQuota"], to: (s) => s.cpuQuota },
  ipcMode: { from: ["ipc"], to: (s) => s.ipc },
  pidMode: { from: ["pid"], to: (s) => s.pid },
  usernsMode: { from: ["usernsMode"], to: (s) => s.usernsMode },
  cgroupnsMode: { from: ["cgroup"], to: (s) => s.cgroup },
  cgroupParent: { from: ["cgroupParent"], to: (s) => s.cgroupParent },
  storageOpts: { from: ["storageOpt"], to: (s) => s.storageOpt },
  deviceReadBps: { from: ["blkioConfig"], to: (s) => s.blkioConfig?.deviceReadBps },
  deviceWriteBps: { from: ["blkioConfig"], to: (s) => s.blkioConfig?.deviceWriteBps },
  deviceReadIops: { from: ["blkioConfig"], to: (s) => s.blkioConfig?.deviceReadIops },
  deviceWriteIops: { from: ["blkioConfig"], to: (s) => s.blkioConfig?.deviceWriteIops },
  labels: { from: ["labels"], to: (s) => items(s.labels) },
};

/** A container's name and host ports exist once. */
export function checkAmount({ mode, replicas = 1 }: Pick<ServiceSpec, "mode" | "replicas">): void {
  if (mode === "global")
    throw new ArgumentError(
      "mode",
      say`global is one on each node, and a Docker engine is a single one`,
      say`remove it, or set engine (berth:engine) to swarm or kubernetes`,
    );
  if (replicas !== 1)
    throw new ArgumentError(
      "replicas",
      say`${replicas} containers cannot have one name on a Docker engine`,
      say`declare a service for each, or set engine (berth:engine) to swarm or kubernetes`,
    );
}

const FROM_OUTSIDE = new Set<string>(["environment", "envFile", "secrets", "configs"]);

/** Values of a description that the provider cannot say. What is read from outside is never refused for its value. */
export function refusedValues(fields: ServiceDescription, context: SpecContext): ArgumentError[] {
  const said = new Set<string>();
  return Object.values(ARGUMENTS).flatMap(({ from, to }) => {
    if (from.some((field) => FROM_OUTSIDE.has(field)) || from.every((field) => fields[field] === undefined)) return [];
    try {
      to(Object.fromEntries(from.map((field) => [field, parseField(field, fields[field], context)])) as never);
      return [];
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      // Two arguments that come from the same fields refuse the same.
      if (said.has(error.message)) return [];
      said.add(error.message);
      return [error];
    }
  });
}

/**
 * Refuses what `up` on a Docker engine refuses of a service before anything is made, as far as its description alone
 * says it.
 *
 * @throws ArgumentError naming the field
 */
export function checkForDocker(description: ServiceDescription, context: SpecContext): void {
  for (const [field, refusal] of Object.entries(REFUSED))
    if (description[field as keyof ServiceDescription] !== undefined) throw new ArgumentError(field, ...refusal);
  const inside = Object.entries(description).filter(([field]) => !FROM_OUTSIDE.has(field));
  const spec = parseService(Object.fromEntries(inside) as unknown as ServiceDescription, context);
  checkService(spec);
  checkAmount(spec);
  for (const error of refusedValues(description, context)) throw error;
}

/** What tells whether a service may end by itself. */
const ENDING = ["mode", "restart", "ports", "publishAll", "healthcheck"] as const;
export type Ending = Pick<ServiceSpec, (typeof ENDING)[number]>;

/**
 * Whether a service that has ended well is done, as for `docker compose up -d`: nothing starts it again, and nothing
 * says that somebody wants an answer from it.
 */
export const mayEnd = ({ mode, restart, ports, publishAll, healthcheck }: Ending) =>
  mode === "replicated-job" ||
  (!["always", "unless-stopped"].includes(restart?.policy ?? "no") && !ports?.length && !publishAll && !healthcheck);

/** The part of a description that tells whether its service may end. */
export const endingOf = (spec: LateSpec): Pick<LateSpec, keyof Ending> =>
  Object.fromEntries(ENDING.map((field) => [field, spec[field]])) as unknown as Pick<LateSpec, keyof Ending>;

/** Changed in place by the provider itself. */
export const CHANGED_BY_PROVIDER = [
  "restart",
  "maxRetryCount",
  "memory",
  "memoryReservation",
  "memorySwap",
  "cpuShares",
  "cpuSet",
] as const;

/** Docker changes these in place but the provider does not: berth asks the engine (reconcile.ts). */
export const CHANGED_BY_BERTH = ["name", "networksAdvanced", "cpus", "cpuPeriod", "cpuQuota"] as const;

/** Whether processors are limited by declaration; berth sets that itself, and what somebody else has set the provider sees. */
export const isCpuLimited = (args: Record<string, unknown>): boolean =>
  ["cpus", "cpuPeriod", "cpuQuota"].some((key) => args[key] !== undefined);

/**
 * Limits that berth sets on a living container, with the engine's word for each. The provider has an argument for the
 * first three only; a new container gets the others right after its start.
 */
export const LIMITS = {
  cpus: "NanoCpus",
  cpuPeriod: "CpuPeriod",
  cpuQuota: "CpuQuota",
  pidsLimit: "PidsLimit",
  cpusetMems: "CpusetMems",
  blkioWeight: "BlkioWeight",
  cpuRtPeriod: "CpuRealtimePeriod",
  cpuRtRuntime: "CpuRealtimeRuntime",
} as const;

/** Docker can change such a limit but not take it away. */
export const LASTING_LIMITS = (Object.keys(LIMITS) as (keyof typeof LIMITS)[]).filter((name) => name !== "pidsLimit");

/** Said to the provider alone; nothing on the container comes from them. */
const FOR_PROVIDER = ["mustRun", "destroyGraceSeconds", "removeVolumes"] as const;

const REPLACED = (Object.keys(ARGUMENTS) as (keyof docker.ContainerArgs)[]).filter(
  (key) => ![...CHANGED_BY_PROVIDER, ...CHANGED_BY_BERTH, ...FOR_PROVIDER].includes(key as never),
);

/**
 * Arguments whose change is decided by the declared hash, not by the provider's comparison with what it
 * read back. Docker cannot change them on a living container, so they cannot drift either: a container
 * with the same id still has them.
 */
export const IGNORED: string[] = [...REPLACED, ...CHANGED_BY_BERTH];

/**
 * What must be equal for the living container to stay. Names of networks are left out: joining is in place.
 *
 * @param args those of the provider, and the lasting limits
 */
export function replacementKey(args: Record<string, unknown>): Record<string, unknown> {
  const key: Record<string, unknown> = {};
  for (const name of REPLACED) if (args[name] !== undefined) key[name] = args[name];
  const mode = String(args.networkMode ?? "bridge");
  key.networkMode = /^(host|none|container:.*)$/.test(mode) ? mode : "bridge";
  // So having one at all is part of the key.
  for (const name of LASTING_LIMITS) if (args[name] !== undefined) key[name] = true;
  return key;
}
