import { crc32 } from "node:zlib";
import type { ContainerRequest, Json, NamedRequest } from "./recorder";

/**
 * What the Docker provider makes of its arguments: a model written from its source (terraform-provider-docker,
 * internal/provider/resource_docker_{container_funcs,container_structures,network_funcs,volume}.go), not from
 * ours. plugin.test.ts holds it against the real plugin.
 *
 * A property that the provider leaves at the zero value of Go is left out here.
 */
export interface ProviderContainer {
  image: string;
  name?: string;
  platform?: string;
  hostname?: string;
  domainname?: string;
  user?: string;
  workingDir?: string;
  command?: (string | null)[];
  entrypoints?: (string | null)[];
  envs?: string[];
  tty?: boolean;
  stdinOpen?: boolean;
  stopSignal?: string;
  stopTimeout?: number;
  ports?: { internal: number; external?: number; ip?: string; protocol?: string }[];
  publishAllPorts?: boolean;
  labels?: { label: string; value: string }[];
  healthcheck?: {
    tests: string[];
    interval?: string;
    timeout?: string;
    startPeriod?: string;
    startInterval?: string;
    retries?: number;
  };
  volumes?: {
    containerPath?: string;
    fromContainer?: string;
    hostPath?: string;
    readOnly?: boolean;
    selinuxRelabel?: string;
    volumeName?: string;
  }[];
  mounts?: ProviderMount[];
  tmpfs?: Record<string, string>;
  privileged?: boolean;
  readOnly?: boolean;
  init?: boolean;
  rm?: boolean;
  restart?: string;
  maxRetryCount?: number;
  runtime?: string;
  logDriver?: string;
  logOpts?: Record<string, string>;
  capabilities?: { adds?: string[]; drops?: string[] };
  securityOpts?: string[];
  groupAdds?: string[];
  devices?: { hostPath: string; containerPath?: string; permissions?: string }[];
  deviceCgroupRules?: string[];
  deviceRequests?: ProviderDeviceRequest[];
  deviceReadBps?: Throttle[];
  deviceWriteBps?: Throttle[];
  deviceReadIops?: Throttle[];
  deviceWriteIops?: Throttle[];
  ulimits?: { name: string; soft: number; hard: number }[];
  sysctls?: Record<string, string>;
  storageOpts?: Record<string, string>;
  hosts?: { host: string; ip: string }[];
  dns?: string[];
  dnsOpts?: string[];
  dnsSearches?: string[];
  memory?: number;
  memoryReservation?: number;
  memorySwap?: number;
  shmSize?: number;
  cpus?: string;
  cpuPeriod?: number;
  cpuQuota?: number;
  cpuShares?: number;
  cpuSet?: string;
  ipcMode?: string;
  pidMode?: string;
  usernsMode?: string;
  cgroupnsMode?: string;
  cgroupParent?: string;
  networkMode?: string;
  networksAdvanced?: {
    name: string;
    aliases?: string[];
    ipv4Address?: string;
    ipv6Address?: string;
    linkLocalIps?: string[];
    macAddress?: string;
    driverOpts?: string[];
    gwPriority?: number;
  }[];
  uploads?: {
    file: string;
    content?: string;
    contentBase64?: string;
    source?: string;
    executable?: boolean;
    permissions?: string;
    owner?: string;
    group?: string;
  }[];
}
interface ProviderMount {
  type: string;
  target: string;
  source?: string;
  readOnly?: boolean;
  bindOptions?: { propagation?: string };
  volumeOptions?: {
    noCopy?: boolean;
    labels?: { label: string; value: string }[];
    driverName?: string;
    driverOptions?: Record<string, string>;
    subpath?: string;
  };
  tmpfsOptions?: { sizeBytes?: number; mode?: number };
}
interface ProviderDeviceRequest {
  driver?: string;
  count?: number;
  deviceIds?: string[];
  capabilities?: string[];
  options?: Record<string, string>;
}
interface Throttle {
  path: string;
  rate: number;
}

/** Arguments for the provider itself; nothing of them is in a request that makes a container. */
const FOR_PROVIDER = new Set([
  "mustRun",
  "destroyGraceSeconds",
  "removeVolumes",
  "start",
  "attach",
  "logs",
  "wait",
  "waitTimeout",
  "containerReadRefreshTimeoutMilliseconds",
]);

/** A set of Terraform: no duplicates, in the order of the checksums as text. */
function inSetOrder<T>(items: T[], code: (item: T) => string): T[] {
  const byCode = new Map(items.map((item) => [String(crc32(code(item))), item]));
  return [...byCode.keys()].sort().map((key) => byCode.get(key)!);
}
const stringSet = (items: string[] | undefined) => inSetOrder(items ?? [], (item) => item);
/** Sets whose schema names no hash of its own have the checksums of Terraform's own text. */
const plainSet = (items: string[] | undefined) => inSetOrder(items ?? [], (item) => `${item};`);

/** The text that Terraform makes a checksum of for an object in a set: sorted fields, each with `;` after it. */
const objectCode = (fields: Record<string, string | number | boolean | undefined>) =>
  Object.keys(fields)
    .sort()
    .map((key) => {
      const value = fields[key];
      return `${key}:${typeof value === "boolean" ? Number(value) : (value ?? "")};`;
    })
    .join("");

const labelMap = (labels: { label: string; value: string }[]) =>
  Object.fromEntries(labels.map(({ label, value }) => [label, value]));

/** `time.ParseDuration`, in nanoseconds; a text that it refuses counts as nothing, as the provider ignores the error. */
function duration(text: string | undefined): number {
  const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
  const parts = [...(text ?? "0s").matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.map(([whole]) => whole).join("") !== text) return 0;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0);
}

/** `platforms.Parse` and back: aliases of architectures go, and variants that are the default. */
function platformOf(text: string): string {
  const [os = "", given = "", variant] = text.toLowerCase().split("/");
  const aliases: Record<string, string[]> = {
    x86_64: ["amd64"],
    "x86-64": ["amd64"],
    aarch64: ["arm64"],
    i386: ["386"],
    armhf: ["arm", "v7"],
    armel: ["arm", "v6"],
    arm: ["arm", "v7"],
  };
  const [arch = given, implied] = aliases[given] ?? [];
  const kept = variant ?? implied;
  const isDefault = (arch === "arm64" && (kept === "v8" || kept === "8")) || (arch === "amd64" && kept === "v1");
  return [os, arch, ...(kept && !isDefault ? [kept] : [])].join("/");
}

/** The client that the provider is built with writes capabilities in the engine's own form. */
const capabilities = (names: string[] = []) =>
  [...new Set(names.map((name) => name.toUpperCase()))]
    .map((name) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`))
    .sort();

/** A whole number of MiB as the provider takes it, in bytes. */
const mebibytes = (amount: number) => amount * 1024 * 1024;

export function createRequest(given: Record<string, unknown>): ContainerRequest {
  const args = given as unknown as ProviderContainer;
  const known = new Set<string>(FOR_PROVIDER);
  /** Reads an argument; what nobody reads is an argument that the model does not know. */
  const take = <K extends keyof ProviderContainer>(key: K): ProviderContainer[K] => {
    known.add(key);
    return args[key];
  };

  const config: Json = {};
  const host: Json = {};
  /** `d.GetOk`: a zero value is as good as none. */
  const put = (into: Json, key: string, value: unknown) => {
    const empty =
      value === undefined ||
      value === "" ||
      value === 0 ||
      value === false ||
      (typeof value === "object" && Object.keys(value as object).length === 0);
    if (!empty) into[key] = value;
  };

  put(config, "Image", take("image"));
  put(config, "Hostname", take("hostname"));
  put(config, "Domainname", take("domainname"));
  put(config, "Tty", take("tty"));
  put(config, "OpenStdin", take("stdinOpen"));
  put(config, "StopSignal", take("stopSignal"));
  put(config, "StopTimeout", take("stopTimeout"));
  put(config, "Env", stringSet(take("envs")));
  const command = (take("command") ?? []).map((word) => word ?? "");
  if (command.includes("")) throw new Error("values for command may not be empty");
  put(config, "Cmd", command);
  put(
    config,
    "Entrypoint",
    (take("entrypoints") ?? []).map((word) => word ?? ""),
  );
  put(config, "User", take("user"));
  put(config, "WorkingDir", take("workingDir"));
  put(config, "Labels", labelMap(take("labels") ?? []));

  const exposed: Json = {};
  const bindings: Record<string, Json[]> = {};
  for (const { internal, external = 0, ip = "0.0.0.0", protocol = "tcp" } of take("ports") ?? []) {
    const key = `${internal}/${protocol}`;
    exposed[key] = {};
    bindings[key] = [...(bindings[key] ?? []), { HostIp: ip, HostPort: String(external) }];
  }
  put(config, "ExposedPorts", exposed);
  put(host, "PortBindings", bindings);

  const volumes: Json = {};
  const binds: string[] = [];
  const from: string[] = [];
  const entries = inSetOrder(take("volumes") ?? [], (entry) =>
    objectCode({
      container_path: entry.containerPath,
      from_container: entry.fromContainer,
      host_path: entry.hostPath,
      read_only: entry.readOnly ?? false,
      selinux_relabel: entry.selinuxRelabel,
      volume_name: entry.volumeName,
    }),
  );
  for (const { fromContainer, containerPath = "", hostPath, volumeName, readOnly, selinuxRelabel } of entries) {
    const source = hostPath || volumeName;
    if (fromContainer) from.push(fromContainer);
    else {
      volumes[containerPath] = {};
      const mode = (readOnly ? "ro" : "rw") + (selinuxRelabel ? `,${selinuxRelabel}` : "");
      if (source) binds.push(`${source}:${containerPath}:${mode}`);
    }
  }
  put(config, "Volumes", volumes);
  put(host, "Binds", binds);
  put(host, "VolumesFrom", from);

  const check = take("healthcheck");
  if (check)
    config.Healthcheck = {
      Test: check.tests,
      Interval: duration(check.interval),
      Timeout: duration(check.timeout),
      StartPeriod: duration(check.startPeriod),
      StartInterval: duration(check.startInterval),
      Retries: check.retries ?? 0,
    };

  put(host, "Mounts", (take("mounts") ?? []).map(mountOf));
  put(host, "Tmpfs", take("tmpfs"));
  put(host, "Privileged", take("privileged"));
  put(host, "PublishAllPorts", take("publishAllPorts"));
  put(host, "ReadonlyRootfs", take("readOnly"));
  put(host, "AutoRemove", take("rm"));
  put(host, "Runtime", take("runtime"));
  host.RestartPolicy = { Name: take("restart") ?? "no", MaximumRetryCount: take("maxRetryCount") ?? 0 };
  host.LogConfig = { Type: take("logDriver") ?? "", Config: take("logOpts") ?? {} };

  const { adds, drops } = take("capabilities") ?? {};
  put(host, "CapAdd", capabilities(adds));
  put(host, "CapDrop", capabilities(drops));
  const security = stringSet(take("securityOpts"));
  put(
    host,
    "SecurityOpt",
    security.filter((option) => option !== "systempaths=unconfined"),
  );
  if (security.includes("systempaths=unconfined")) {
    host.MaskedPaths = [];
    host.ReadonlyPaths = [];
  }
  put(host, "GroupAdd", stringSet(take("groupAdds")));

  const devices = inSetOrder(take("devices") ?? [], (device) =>
    objectCode({
      container_path: device.containerPath,
      host_path: device.hostPath,
      permissions: device.permissions ?? "rwm",
    }),
  );
  put(
    host,
    "Devices",
    devices.map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath || hostPath,
      CgroupPermissions: permissions ?? "rwm",
    })),
  );
  put(host, "DeviceCgroupRules", stringSet(take("deviceCgroupRules")));
  put(
    host,
    "DeviceRequests",
    (take("deviceRequests") ?? []).map((request) => ({
      Driver: request.driver ?? "cdi",
      Count: request.count ?? 0,
      DeviceIDs: plainSet(request.deviceIds),
      Capabilities: [plainSet(request.capabilities)],
      Options: request.options ?? {},
    })),
  );
  const throttles = (key: "deviceReadBps" | "deviceReadIops" | "deviceWriteBps" | "deviceWriteIops") =>
    inSetOrder(take(key) ?? [], ({ path, rate }) => objectCode({ path, rate })).map(({ path, rate }) => ({
      Path: path,
      Rate: rate,
    }));
  put(host, "BlkioDeviceReadBps", throttles("deviceReadBps"));
  put(host, "BlkioDeviceReadIOps", throttles("deviceReadIops"));
  put(host, "BlkioDeviceWriteBps", throttles("deviceWriteBps"));
  put(host, "BlkioDeviceWriteIOps", throttles("deviceWriteIops"));
  const ulimits = inSetOrder(take("ulimits") ?? [], ({ name, soft, hard }) => objectCode({ name, soft, hard }));
  put(
    host,
    "Ulimits",
    ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
  );
  put(host, "Sysctls", take("sysctls"));
  put(host, "StorageOpt", take("storageOpts"));
  put(
    host,
    "ExtraHosts",
    inSetOrder(take("hosts") ?? [], ({ host: name, ip }) => objectCode({ host: name, ip })).map(
      ({ host: name, ip }) => `${name}:${ip}`,
    ),
  );
  put(host, "Dns", stringSet(take("dns")));
  put(host, "DnsOptions", stringSet(take("dnsOpts")));
  put(host, "DnsSearch", stringSet(take("dnsSearches")));

  put(host, "Memory", mebibytes(take("memory") ?? 0));
  put(host, "MemoryReservation", mebibytes(take("memoryReservation") ?? 0));
  const swap = take("memorySwap") ?? 0;
  put(host, "MemorySwap", swap > 0 ? mebibytes(swap) : swap);
  put(host, "ShmSize", mebibytes(take("shmSize") ?? 0));
  const [cpus, period, quota] = [take("cpus"), take("cpuPeriod"), take("cpuQuota")];
  if (cpus) put(host, "NanoCpus", Math.round(Number(cpus) * 1e9));
  else {
    put(host, "CpuPeriod", period);
    put(host, "CpuQuota", quota);
  }
  put(host, "CpuShares", take("cpuShares"));
  put(host, "CpusetCpus", take("cpuSet"));
  put(host, "IpcMode", take("ipcMode"));
  put(host, "PidMode", take("pidMode"));
  put(host, "UsernsMode", take("usernsMode"));
  put(host, "CgroupnsMode", take("cgroupnsMode"));
  put(host, "CgroupParent", take("cgroupParent"));
  put(host, "NetworkMode", take("networkMode") ?? "bridge");
  // A pointer in Go: always sent.
  host.Init = take("init") ?? false;

  const networks: ContainerRequest["networks"] = [];
  const joined = take("networksAdvanced") ?? [];
  if (joined.length) networks.push({ leave: "bridge" });
  for (const network of joined) {
    const ipam: Json = {};
    put(ipam, "IPv4Address", network.ipv4Address);
    put(ipam, "IPv6Address", network.ipv6Address);
    put(ipam, "LinkLocalIPs", stringSet(network.linkLocalIps));
    const endpoint: Json = { IPAMConfig: ipam };
    put(endpoint, "Aliases", stringSet(network.aliases));
    put(endpoint, "MacAddress", network.macAddress);
    put(endpoint, "DriverOpts", Object.fromEntries((network.driverOpts ?? []).map((option) => option.split(/=(.*)/s))));
    put(endpoint, "GwPriority", network.gwPriority);
    networks.push({ join: network.name, endpoint });
  }
  const files = (take("uploads") ?? []).map(({ file, content, contentBase64, executable, permissions, ...of }) => ({
    path: file,
    mode: permissions ? Number.parseInt(permissions, 8) : executable ? 0o744 : 0o644,
    // Newer than the source that this was written from; as the SDK describes it.
    uid: Number(of.owner ?? 0),
    gid: Number(of.group ?? 0),
    content: contentBase64 ? Buffer.from(contentBase64, "base64").toString() : (content ?? ""),
  }));

  const [name, platform] = [take("name") ?? "", take("platform")];
  const unread = Object.keys(given).filter((key) => !known.has(key) && given[key] !== undefined);
  if (unread.length) throw new Error(`the model of the provider does not know ${unread.join(", ")}`);
  return {
    name,
    platform: platform ? platformOf(platform) : "",
    body: { ...config, HostConfig: host },
    networks,
    files,
    updates: [],
  };
}

function mountOf(mount: ProviderMount): Json {
  const { type, target, source, readOnly, bindOptions, volumeOptions, tmpfsOptions } = mount;
  const result: Json = { Type: type, Target: target };
  if (source) result.Source = source;
  if (readOnly) result.ReadOnly = true;
  if (type === "bind" && bindOptions)
    result.BindOptions = bindOptions.propagation ? { Propagation: bindOptions.propagation } : {};
  if (type === "volume" && volumeOptions) {
    const { noCopy, labels = [], driverName = "", driverOptions = {}, subpath } = volumeOptions;
    const options: Json = { DriverConfig: { Name: driverName, Options: driverOptions } };
    if (noCopy) options.NoCopy = true;
    if (labels.length) options.Labels = labelMap(labels);
    if (subpath) options.Subpath = subpath;
    result.VolumeOptions = options;
  }
  if (type === "tmpfs" && tmpfsOptions)
    result.TmpfsOptions = {
      ...(tmpfsOptions.sizeBytes ? { SizeBytes: tmpfsOptions.sizeBytes } : {}),
      ...(tmpfsOptions.mode ? { Mode: tmpfsOptions.mode } : {}),
    };
  return result;
}

/** What the provider asks for to make a network. */
export function networkRequest(args: Record<string, unknown>): NamedRequest {
  const { name, driver, options, internal, attachable, ingress, ipv6, ipamDriver, ipamConfigs, ipamOptions, labels } =
    args as {
      name: string;
      driver?: string;
      options?: Record<string, string>;
      internal?: boolean;
      attachable?: boolean;
      ingress?: boolean;
      ipv6?: boolean;
      ipamDriver?: string;
      ipamConfigs?: { subnet?: string; gateway?: string; ipRange?: string; auxAddress?: Record<string, string> }[];
      ipamOptions?: Record<string, string>;
      labels?: { label: string; value: string }[];
    };
  return {
    name,
    body: {
      Name: name,
      Labels: labelMap(labels ?? []),
      Driver: driver ?? "",
      Options: options ?? {},
      Internal: internal ?? false,
      Attachable: attachable ?? false,
      Ingress: ingress ?? false,
      EnableIPv6: ipv6 || undefined,
      IPAM: {
        Driver: ipamDriver ?? "default",
        Config: (ipamConfigs ?? []).map(({ subnet, gateway, ipRange, auxAddress }) => ({
          Subnet: subnet,
          Gateway: gateway,
          IPRange: ipRange,
          AuxiliaryAddresses: auxAddress,
        })),
        Options: ipamOptions ?? {},
      },
    },
  };
}

/** What the provider asks for to make a volume. */
export function volumeRequest(args: Record<string, unknown>): NamedRequest {
  const { name, driver, driverOpts, labels } = args as {
    name?: string;
    driver?: string;
    driverOpts?: Record<string, string>;
    labels?: { label: string; value: string }[];
  };
  return {
    name: name ?? "",
    body: { Name: name ?? "", Driver: driver ?? "", DriverOpts: driverOpts ?? {}, Labels: labelMap(labels ?? []) },
  };
}
