import { ArgumentError } from "../../description/errors";
import { withTag } from "../../description/names";
import { parseField, PARSERS } from "../../description/service";
import type { Notice } from "../../description/project";
import type { GpuDescription, ServiceDescription } from "../../description/types";
import { ownLabels } from "./compose";
import { besideTheImage } from "./image";
import type { EngineInfo, HostConfig, Inspected, InspectedContainer, InspectedImage } from "./inspect";
import { mountsOf } from "./mounts";
import { byName, nameOf, networksOf } from "./networks";
import { say } from "../../description/say";

type Remark = (field: string, text: string, level?: Notice["level"]) => void;

const MIB = 2 ** 20;
const some = <T>(list: T[] | null | undefined): T[] | undefined => (list?.length ? list : undefined);
const filled = <T extends object>(record: T | null | undefined): T | undefined =>
  record && Object.keys(record).length ? record : undefined;

/** Ports by what they mean for `ports`, `expose` and `publishAll`. */
function portsOf(
  { Config, HostConfig, NetworkSettings }: InspectedContainer,
  image: InspectedImage | undefined,
  remark: Remark,
): Pick<ServiceDescription, "ports" | "expose" | "publishAll"> {
  const bindings = Object.entries(HostConfig.PortBindings ?? {});
  const exposed = Object.keys(Config.ExposedPorts ?? {}).filter(
    (port) => !Object.hasOwn(image?.Config?.ExposedPorts ?? {}, port) && !bindings.some(([bound]) => bound === port),
  );
  const expose = some(exposed.map((port) => port.replace(/\/tcp$/, "")));
  if (/^(?:host|none)$/.test(HostConfig.NetworkMode ?? "")) {
    if (bindings.length || HostConfig.PublishAllPorts)
      remark("ports", say`the engine ignores published ports with the network ${HostConfig.NetworkMode}: left out`);
    return { expose };
  }
  const ports = bindings.flatMap(([key, hosts]) => {
    const [target = "", protocol = "tcp"] = key.split("/");
    return (hosts?.length ? hosts : [{}]).map(({ HostIp, HostPort }: { HostIp?: string; HostPort?: string }) => {
      const range = HostPort?.includes("-");
      const now = NetworkSettings?.Ports?.[key]?.[0]?.HostPort;
      if (range)
        remark(
          "ports",
          say`${key} has any free port of ${HostPort}, for which there is no word here: ${now ?? say`any`} is taken`,
        );
      const published = range ? now : HostPort;
      return {
        target: Number(target),
        ...(published && published !== "0" && { published: Number(published) }),
        ...(HostIp && { hostIp: HostIp }),
        ...(protocol !== "tcp" && { protocol: protocol as "udp" | "sctp" }),
      };
    });
  });
  return { ports: some(ports), expose, publishAll: HostConfig.PublishAllPorts || undefined };
}

/** Whether a limit of memory and swap is the one that the engine gives by itself. */
const isUsualSwap = ({ Memory = 0, MemorySwap = 0 }: HostConfig) => MemorySwap === 0 || MemorySwap === 2 * Memory;

function limitsOf(host: HostConfig): Partial<ServiceDescription> {
  const { CpuRealtimePeriod, CpuRealtimeRuntime, MemorySwappiness, PidsLimit } = host;
  const limits: Partial<ServiceDescription> = {
    memLimit: host.Memory || undefined,
    memReservation: host.MemoryReservation || undefined,
    memswapLimit: isUsualSwap(host) ? undefined : host.MemorySwap,
    memSwappiness: MemorySwappiness === -1 ? undefined : (MemorySwappiness ?? undefined),
    kernelMemory: host.KernelMemory || undefined,
    shmSize: host.ShmSize === 64 * MIB ? undefined : host.ShmSize || undefined,
    cpus: host.NanoCpus ? host.NanoCpus / 1e9 : undefined,
    cpuShares: host.CpuShares || undefined,
    cpuset: host.CpusetCpus || undefined,
    cpusetMems: host.CpusetMems || undefined,
    cpuPeriod: host.CpuPeriod || undefined,
    cpuQuota: host.CpuQuota && host.CpuQuota !== -1 ? host.CpuQuota : undefined,
    cpuRtPeriod: CpuRealtimePeriod || undefined,
    cpuRtRuntime: CpuRealtimeRuntime || undefined,
    pidsLimit: PidsLimit && PidsLimit > 0 ? PidsLimit : undefined,
    oomScoreAdj: host.OomScoreAdj || undefined,
    oomKillDisable: host.OomKillDisable || undefined,
    ulimits: filled(
      Object.fromEntries((host.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, { soft: Soft, hard: Hard }])),
    ),
  };
  const rates = (list: { Path: string; Rate: number }[] | null | undefined) =>
    some(list?.map(({ Path, Rate }) => ({ path: Path, rate: Rate })));
  const blkio = {
    weight: host.BlkioWeight || undefined,
    deviceReadBps: rates(host.BlkioDeviceReadBps),
    deviceWriteBps: rates(host.BlkioDeviceWriteBps),
    deviceReadIops: rates(host.BlkioDeviceReadIOps),
    deviceWriteIops: rates(host.BlkioDeviceWriteIOps),
  };
  return Object.values(blkio).some((value) => value !== undefined) ? { ...limits, blkioConfig: blkio } : limits;
}

function gpusOf({ DeviceRequests }: HostConfig, remark: Remark): GpuDescription[] | undefined {
  return some(
    (DeviceRequests ?? []).map(({ Driver, Count, DeviceIDs, Capabilities, Options }) => {
      const [capabilities, ...alternatives] = Capabilities ?? [];
      if (alternatives.length)
        remark("gpus", say`other capabilities would do as well (${JSON.stringify(alternatives)}), which are left out`);
      return {
        ...(DeviceIDs?.length ? { deviceIds: DeviceIDs } : { count: Count === -1 ? ("all" as const) : Count }),
        ...(capabilities && { capabilities }),
        ...(Driver && { driver: Driver }),
        ...(filled(Options) && { options: Options! }),
      };
    }),
  );
}

/** Privileged containers have no such paths anyway. */
const seesSystemPaths = ({ Privileged, MaskedPaths }: HostConfig) => !Privileged && MaskedPaths?.length === 0;

/** The engine switches SELinux off by itself where a container shares so much with the host. */
const isUnlabelled = ({ Privileged, IpcMode, PidMode }: HostConfig) =>
  Privileged || IpcMode === "host" || PidMode === "host";

function securityOf(host: HostConfig): string[] | undefined {
  const given = (host.SecurityOpt ?? []).filter((option) => option !== "label=disable" || !isUnlabelled(host));
  return some([...given, ...(seesSystemPaths(host) ? ["systempaths=unconfined"] : [])]);
}

function loggingOf(
  { LogConfig }: HostConfig,
  { LoggingDriver = "json-file" }: EngineInfo,
): ServiceDescription["logging"] {
  const options = filled(LogConfig?.Config);
  const driver = LogConfig?.Type || undefined;
  if (driver === undefined || (driver === LoggingDriver && !options)) return undefined;
  return { driver, ...(options && { options }) };
}

function restartOf({ RestartPolicy }: HostConfig): ServiceDescription["restart"] {
  const { Name, MaximumRetryCount } = RestartPolicy ?? {};
  if (!Name || Name === "no") return undefined;
  return (MaximumRetryCount ? `${Name}:${MaximumRetryCount}` : Name) as ServiceDescription["restart"];
}

/** Names of processors as images have them. */
const PROCESSORS: Record<string, string> = {
  x86_64: "amd64",
  aarch64: "arm64",
  armv7l: "arm",
  i686: "386",
  i386: "386",
};

/** Only an image for another machine has to be asked for. */
function platformOf(image: InspectedImage | undefined, { Architecture }: EngineInfo): string | undefined {
  const { Os = "linux", Architecture: built, Variant } = image ?? {};
  if (!built || !Architecture || built === (PROCESSORS[Architecture] ?? Architecture)) return undefined;
  return [Os, built, ...(Variant ? [Variant] : [])].join("/");
}

/** The image as somebody wrote it, with a note where that means another one by now. */
function imageOf({ Config, Image }: InspectedContainer, image: InspectedImage | undefined, remark: Remark): string {
  const written = Config.Image;
  const known = [...(image?.RepoTags ?? []), ...(image?.RepoDigests ?? [])].filter(
    (name) => !name.startsWith("<none>"),
  );
  if (!image) {
    remark(
      "image",
      say`the engine no longer has the image ${Image}, so all that it brings is printed as the container's own`,
    );
    return written;
  }
  if (/^(?:sha256:)?[0-9a-f]{12,64}$/.test(written)) {
    if (known[0] !== undefined) return known[0];
    remark(
      "image",
      say`has no name on the engine, and another engine does not find it: give ${written} one with docker tag`,
      "warning",
    );
    return written;
  }
  // Names of Docker Hub may be written out: docker.io/library/nginx.
  const short = withTag(written).replace(/^docker\.io\/(?:library\/)?/, "");
  if (written.includes("@") || known.some((name) => name.replace(/^docker\.io\/(?:library\/)?/, "") === short))
    return written;
  const digest = image.RepoDigests?.[0];
  remark(
    "image",
    say`means another image on the engine by now than the one that this container was made of${digest ? say`, which is ${digest}` : ""}`,
  );
  return written;
}

/** What somebody said, and not the engine. */
const hostnameOf = ({ Id, Config, HostConfig }: InspectedContainer, info: EngineInfo): string | undefined => {
  const { Hostname } = Config;
  const mode = HostConfig.NetworkMode ?? "";
  if (!Hostname || Hostname === Id.slice(0, 12) || mode.startsWith("container:")) return undefined;
  return (mode === "host" || HostConfig.UTSMode === "host") && Hostname === info.Name ? undefined : Hostname;
};

const domainnameOf = ({ Config, HostConfig }: InspectedContainer): string | undefined =>
  HostConfig.NetworkMode?.startsWith("container:") ? undefined : Config.Domainname || undefined;

/** Fields of the engine that are read, and those that it fills in or that only concern the client. */
const HOST_FIELDS = new Set(
  `Annotations AutoRemove Binds BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps
  BlkioWeight CapAdd CapDrop CgroupParent CgroupnsMode CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuShares
  CpusetCpus CpusetMems DeviceCgroupRules DeviceRequests Devices Dns DnsOptions DnsSearch ExtraHosts GroupAdd Init
  IpcMode Isolation KernelMemory Links LogConfig Memory MemoryReservation MemorySwap MemorySwappiness Mounts NanoCpus
  NetworkMode OomKillDisable OomScoreAdj PidMode PidsLimit PortBindings Privileged PublishAllPorts ReadonlyRootfs
  RestartPolicy Runtime SecurityOpt ShmSize StorageOpt Sysctls Tmpfs UTSMode Ulimits UsernsMode VolumesFrom
  VolumeDriver MaskedPaths ReadonlyPaths ConsoleSize ContainerIDFile`.split(/\s+/),
);
const CONFIG_FIELDS = new Set(
  `Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce Env Cmd
  Healthcheck Image Volumes WorkingDir Entrypoint OnBuild Labels StopSignal StopTimeout MacAddress`.split(/\s+/),
);

function isSaid(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return Object.values(value).some((item) => item !== undefined);
}

/** Nothing is dropped in silence: what nobody here reads is named. */
function nameOthers(
  { Config, HostConfig }: InspectedContainer,
  image: InspectedImage | undefined,
  remark: Remark,
): void {
  for (const [fields, part, base] of [
    [HOST_FIELDS, HostConfig, {}],
    [CONFIG_FIELDS, Config, image?.Config ?? {}],
  ] as [Set<string>, object, Record<string, unknown>][])
    for (const [name, value] of Object.entries(part))
      if (!fields.has(name) && isSaid(value) && JSON.stringify(base[name]) !== JSON.stringify(value))
        remark("", say`the engine says ${name}: ${JSON.stringify(value)}, for which there is no word here: left out`);
}

/** Modes and runtimes that the engine picks by itself. */
function modesOf(host: HostConfig, info: EngineInfo, names: ReadonlyMap<string, string>): Partial<ServiceDescription> {
  const { IpcMode, PidMode, CgroupnsMode, Runtime, UTSMode, UsernsMode, Isolation } = host;
  const usualCgroup = info.CgroupVersion === "2" ? "private" : "host";
  return {
    ipc: !IpcMode || IpcMode === "private" ? undefined : byName(IpcMode, names),
    pid: PidMode ? byName(PidMode, names) : undefined,
    cgroup: !CgroupnsMode || CgroupnsMode === usualCgroup ? undefined : (CgroupnsMode as "host" | "private"),
    runtime: !Runtime || Runtime === (info.DefaultRuntime ?? "runc") ? undefined : Runtime,
    uts: UTSMode || undefined,
    usernsMode: UsernsMode || undefined,
    isolation: Isolation && Isolation !== "default" ? Isolation : undefined,
  };
}

/** Leaves out what the description refuses, and says so. */
export function checked(service: ServiceDescription, remark: Remark): ServiceDescription {
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(service)) {
    if (value === undefined) continue;
    try {
      if (key in PARSERS)
        parseField(key as keyof ServiceDescription, value as never, { projectFolder: "/", outer: {} });
      kept.push([key, value]);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      remark(error.argument, say`${error.problem}: left out`, "warning");
    }
  }
  return Object.fromEntries(kept) as unknown as ServiceDescription;
}

/**
 * The description of a container: what somebody asked for, without what its image says and what the engine fills in.
 *
 * @param key the service's key, which its notices name
 * @param goesOn the description is of the container's successor, which has its name and all of its volumes
 */
export function readContainer(
  container: InspectedContainer,
  key: string,
  { info, images, names }: Pick<Inspected, "info" | "images" | "names">,
  goesOn = false,
): { service: ServiceDescription; notices: Notice[] } {
  const notices: Notice[] = [];
  const remark: Remark = (field, text, level = "note") =>
    notices.push({ level, at: field ? `services.${key}.${field}` : `services.${key}`, text });
  const { HostConfig: host, Config: config } = container;
  const image = images.find(({ Id }) => Id === container.Image);
  const { labels, ...ofConfig } = besideTheImage(container, image);

  const service: ServiceDescription = {
    image: imageOf(container, image, remark),
    containerName: nameOf(container),
    platform: platformOf(image, info),
    ...ofConfig,
    ...portsOf(container, image, remark),
    volumes: mountsOf(container, image, remark, goesOn),
    volumesFrom: some(host.VolumesFrom?.map((from) => from.replace(/^[0-9a-f]{64}/, (id) => names.get(id) ?? id))),
    tmpfs: some(Object.entries(host.Tmpfs ?? {}).map(([path, options]) => (options ? `${path}:${options}` : path))),
    ...networksOf(container, goesOn ? "" : key, names, remark),
    restart: restartOf(host),
    groupAdd: some(host.GroupAdd),
    hostname: hostnameOf(container, info),
    domainname: domainnameOf(container),
    capAdd: some(host.CapAdd),
    capDrop: some(host.CapDrop),
    privileged: host.Privileged || undefined,
    readOnly: host.ReadonlyRootfs || undefined,
    securityOpt: securityOf(host),
    devices: some(
      host.Devices?.map(({ PathOnHost, PathInContainer, CgroupPermissions }) => ({
        source: PathOnHost,
        target: PathInContainer || PathOnHost,
        permissions: CgroupPermissions || "rwm",
      })),
    ),
    deviceCgroupRules: some(host.DeviceCgroupRules),
    gpus: gpusOf(host, remark),
    ...modesOf(host, info, names),
    cgroupParent: host.CgroupParent || undefined,
    logging: loggingOf(host, info),
    sysctls: filled(host.Sysctls),
    extraHosts: some(host.ExtraHosts),
    dns: some(host.Dns),
    dnsOpt: some(host.DnsOptions),
    dnsSearch: some(host.DnsSearch),
    init: host.Init ?? undefined,
    tty: config.Tty || undefined,
    stdinOpen: config.OpenStdin || undefined,
    ...limitsOf(host),
    storageOpt: filled(host.StorageOpt),
    annotations: filled(host.Annotations),
    labels: ownLabels(labels),
  };
  if (host.AutoRemove)
    remark(
      "",
      say`was started with --rm: a stack keeps its containers until they are taken out of it, and removes them then`,
    );
  nameOthers(container, image, remark);
  return { service: checked(service, remark), notices };
}
