import { posix } from "node:path";
import type { ContainerRequest, Json, NamedRequest } from "./recorder";

/**
 * The normal form of a request: what the engine makes of it. Two requests with one normal form make the same
 * container. Every step says why it loses nothing.
 */
export type Normal = Record<string, unknown>;

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  value === 0 ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Without anything empty, at any depth, and every object in one order. */
export function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]): [string, unknown] => [key, pruned(item)])
      .filter(([, item]) => !isEmpty(item))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
/** The entries themselves count, though one of them may hold nothing. */
const entriesOf = (map: unknown, inside: (item: unknown) => unknown = pruned): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record(map)).map(([key, item]) => [key, inside(item) ?? ""]));

const texts = (value: unknown): string[] => (value as string[] | null | undefined) ?? [];
const record = (value: unknown): Record<string, unknown> => (value as Record<string, unknown> | null | undefined) ?? {};
const sorted = (value: unknown): string[] => [...texts(value)].sort();
/** Objects in one order, for lists whose order the engine does not look at. */
const sortedObjects = (value: unknown): unknown[] =>
  [...((value as unknown[] | null | undefined) ?? [])]
    .map(pruned)
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

/** Modes that are no network of their own: the engine joins nothing. */
const isMode = (mode: string) => /^(host|none|container:.*)$/.test(mode);
/** The engine's own name for what a client calls "default" or leaves out. */
const networkName = (name: string) => (name === "default" || name === "" ? "bridge" : name);

/** A mount, however it was said: in `Binds`, `Mounts` or `Volumes`. */
interface MountView {
  type: string;
  source: string;
  readOnly?: boolean;
  /** The engine makes a missing host folder. */
  makesHostPath?: boolean;
  options?: Json;
}

/** `ANONYMOUS` stands for a name that the engine or Pulumi makes up. */
const ANONYMOUS = "<anonymous>";
const DEPENDENCIES = "com.docker.compose.depends_on";
const PROPAGATION = /^r?(private|shared|slave)$/;

/**
 * One view of `Binds`, `Mounts` and `Volumes`, by the place in the container. The engine reads a bind into the same
 * mount point as the long form. A path in `Volumes` makes an anonymous volume only where nothing is mounted.
 */
function mountsOf(config: Json, host: Json, isGenerated: (source: string) => boolean): Record<string, MountView> {
  const result: Record<string, MountView> = {};
  const source = (name: string) =>
    name === "" || isGenerated(name) ? ANONYMOUS : name.startsWith("/") ? cleanPath(name) : name;
  for (const bind of texts(host.Binds)) {
    const [, from = "", target = "", modes = ""] = /^([^:]*):([^:]*)(?::(.*))?$/.exec(bind) ?? [];
    const options: Json = {};
    const view: MountView = { type: from.startsWith("/") ? "bind" : "volume", source: source(from), options };
    if (view.type === "bind") view.makesHostPath = true;
    for (const mode of modes.split(",")) {
      if (mode === "ro") view.readOnly = true;
      else if (PROPAGATION.test(mode)) options.Propagation = mode;
      else if (mode === "nocopy") options.NoCopy = true;
      else if (mode === "z" || mode === "Z") options.SELinux = mode;
      // "rw" is the default, and a Linux engine ignores how consistent a Mac's share is to be.
      else if (!["", "rw", "cached", "delegated", "consistent"].includes(mode)) options[mode] = true;
    }
    result[cleanPath(target)] = view;
  }
  for (const mount of (host.Mounts as Json[] | null | undefined) ?? []) {
    const { Type, Source = "", Target, ReadOnly, Consistency: _, BindOptions, VolumeOptions, ...others } = mount;
    const { CreateMountpoint, ...bindOptions } = record(BindOptions);
    // What the volume itself is made with is read by volumesOf.
    const { DriverConfig: _driver, Labels: _labels, ...volumeOptions } = record(VolumeOptions);
    result[cleanPath(String(Target))] = {
      type: String(Type),
      source: Type === "tmpfs" ? "" : source(String(Source)),
      readOnly: Boolean(ReadOnly),
      makesHostPath: Boolean(CreateMountpoint),
      options: { ...others, ...bindOptions, ...volumeOptions },
    };
  }
  for (const target of Object.keys(record(config.Volumes)))
    result[cleanPath(target)] ??= { type: "volume", source: ANONYMOUS };
  return result;
}

/** How the engine makes the named volumes that a container brings along, where anything is said about it. */
function volumesOf(host: Json): Record<string, Json> {
  const result: Record<string, Json> = {};
  if (host.VolumeDriver)
    for (const bind of texts(host.Binds))
      if (!bind.startsWith("/")) result[bind.split(":")[0]!] = { Driver: host.VolumeDriver };
  for (const { Type, Source, VolumeOptions } of (host.Mounts as Json[] | null | undefined) ?? []) {
    const { DriverConfig, Labels } = record(VolumeOptions);
    const { Name, Options } = record(DriverConfig);
    if (Type === "volume" && Source) result[String(Source)] = { Driver: Name, DriverOpts: Options, Labels };
  }
  return result;
}

/** The engine takes paths without empty and trailing steps. */
const cleanPath = (path: string) => posix.normalize(path).replace(/(?<=.)\/$/, "");

/** The networks that the container is on when it starts, with its settings on each. */
function networksOf(request: ContainerRequest, mode: string, host: Json): Record<string, Json> {
  if (isMode(mode)) return {};
  const endpoints: Record<string, Json> = {};
  const endpoint = (settings: unknown): Json => {
    const { IPAMConfig, Aliases, Links, MacAddress, DriverOpts, GwPriority } = record(settings);
    // The rest is what the engine itself fills in.
    return {
      MacAddress,
      DriverOpts,
      GwPriority,
      IPAMConfig: { ...record(IPAMConfig), LinkLocalIPs: sorted(record(IPAMConfig).LinkLocalIPs) },
      Aliases: [...new Set(sorted(Aliases))],
      // On a network of one's own a link is an alias of the other container there; on the bridge it is the host's.
      Links: sorted(Links),
    };
  };
  const given = record(record(request.body.NetworkingConfig).EndpointsConfig);
  for (const [name, settings] of Object.entries(given)) endpoints[networkName(name)] = endpoint(settings);
  // Older clients say it for the container as a whole: it means the first network.
  const first = endpoints[mode] ?? endpoint({});
  endpoints[mode] = request.body.MacAddress ? { ...first, MacAddress: request.body.MacAddress } : first;
  for (const { join, leave, endpoint: settings } of request.networks) {
    if (leave !== undefined) delete endpoints[networkName(leave)];
    // Joining a network that it was created on changes nothing.
    if (join !== undefined) endpoints[networkName(join)] ??= endpoint(settings);
  }
  if (mode === "bridge" && host.Links) endpoints.bridge = { ...endpoints.bridge, Links: sorted(host.Links) };
  return endpoints;
}

export interface NormalOptions {
  /** Whether a volume's name was made up. */
  isGenerated?(source: string): boolean;
  /** Volumes that were made before the container. */
  made?: NamedRequest[];
}

export function normalContainer(request: ContainerRequest, options: NormalOptions = {}): Normal {
  const { isGenerated = () => false, made = [] } = options;
  const { HostConfig, NetworkingConfig: _, ...config } = request.body;
  const host = record(HostConfig);
  const mode = networkName(String(host.NetworkMode ?? ""));
  // On the host's own network there is nothing to publish: the engine drops it.
  const published = mode === "host" ? {} : record(host.PortBindings);
  const normal: Normal = {
    ...config,
    ...host,
    Name: request.renamed ?? request.name,
    // The variant that every 64-bit ARM has.
    Platform: request.platform.replace(/^linux\/arm64\/v8$/, "linux/arm64"),
    // A duplicate variable: the last one wins.
    Env: Object.fromEntries(texts(config.Env).map((variable) => [variable.split("=")[0], variable])),
    Networks: networksOf(request, mode, host),
    // Which network it starts on is said by the networks themselves.
    NetworkMode: isMode(mode) ? mode : undefined,
    Mounted: mountsOf(config, host, isGenerated),
    NamedVolumes: Object.fromEntries(
      [...Object.entries(volumesOf(host)), ...made.map(({ name, body }) => [name, body] as const)].map(
        ([name, { Driver, DriverOpts, Labels }]) => [
          name,
          { Driver: Driver === "local" ? "" : Driver, DriverOpts, Labels },
        ],
      ),
    ),
    // "" and "no" are one policy.
    RestartPolicy: { ...record(host.RestartPolicy), Name: record(host.RestartPolicy).Name || "no" },
    Labels: {
      ...record(config.Labels),
      // A list in any order.
      ...(DEPENDENCIES in record(config.Labels)
        ? { [DEPENDENCIES]: String(record(config.Labels)[DEPENDENCIES]).split(",").sort().join() }
        : {}),
    },
    // Both take the image's away; nothing leaves it.
    Entrypoint: Array.isArray(config.Entrypoint) && config.Entrypoint.length === 0 ? [""] : config.Entrypoint,
    // -1 is how the command line says that nothing was said.
    MemorySwappiness: host.MemorySwappiness === -1 ? undefined : host.MemorySwappiness,
    // No limit, said outright.
    PidsLimit: host.PidsLimit === -1 ? undefined : host.PidsLimit,
    // The engine reads capabilities without their prefix and in capitals.
    CapAdd: sorted(texts(host.CapAdd).map((name) => name.toUpperCase().replace(/^CAP_/, ""))),
    CapDrop: sorted(texts(host.CapDrop).map((name) => name.toUpperCase().replace(/^CAP_/, ""))),
    GroupAdd: sorted(host.GroupAdd),
    // The engine reads `:` as the older way to write `=`, and the bare word as true.
    SecurityOpt: sorted(
      texts(host.SecurityOpt).map((option) =>
        option.replace(/^([\w-]+):/, "$1=").replace(/^no-new-privileges$/, "no-new-privileges=true"),
      ),
    ),
    ExtraHosts: sorted(host.ExtraHosts),
    // Only where two of them bring the same path would the order count.
    VolumesFrom: sorted(texts(host.VolumesFrom).map((from) => from.replace(/:rw$/, ""))),
    Devices: sortedObjects(host.Devices),
    DeviceCgroupRules: sorted(host.DeviceCgroupRules),
    Ulimits: sortedObjects(host.Ulimits),
    DeviceRequests: sortedObjects(
      ((host.DeviceRequests as Json[] | null | undefined) ?? []).map((one) => ({
        ...one,
        DeviceIDs: sorted(one.DeviceIDs),
        // The engine does not look at the capabilities of a device that CDI describes.
        Capabilities:
          one.Driver === "cdi" ? [] : ((one.Capabilities as string[][] | null | undefined) ?? []).map(sorted),
      })),
    ),
    PortBindings: Object.fromEntries(
      Object.entries(published).map(([port, bindings]) => [
        port,
        sortedObjects(
          ((bindings as { HostIp?: string; HostPort?: string }[] | null) ?? []).map(({ HostIp, HostPort }) => ({
            HostIp,
            // Both mean any free port.
            HostPort: HostPort === "0" || !HostPort ? "<free>" : HostPort,
          })),
        ),
      ]),
    ),
    Tmpfs: Object.fromEntries(Object.entries(record(host.Tmpfs)).map(([path, options]) => [cleanPath(path), options])),
    // Exposed and not published is a note: containers of one network reach every port of each other.
    ExposedPorts: Object.fromEntries(
      Object.keys(record(config.ExposedPorts))
        .filter((port) => host.PublishAllPorts || port in published)
        .map((port) => [port, true]),
    ),
    Files: Object.fromEntries(request.files.map(({ path, ...file }) => [path, file])),
  };
  // Read into `Mounted`, `Networks` and `NamedVolumes`.
  for (const key of ["Binds", "Mounts", "Volumes", "VolumeDriver", "Links", "MacAddress"]) delete normal[key];
  // They say what a client is attached to, not what the container is. A stack has no terminal.
  for (const key of ["AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce", "ConsoleSize"]) delete normal[key];
  return compact(normal);
}

/**
 * Pointers in the engine's API: there nothing and the zero value are different things. Everywhere else the engine
 * cannot tell one from the other.
 */
const POINTERS = ["StopTimeout", "Init", "MaskedPaths", "ReadonlyPaths", "Entrypoint"];
/** Maps in which a name alone says something: a mount, a network, a variable that is empty. */
const NAMES = [
  "Mounted",
  "Networks",
  "Env",
  "Labels",
  "Tmpfs",
  "Files",
  "Annotations",
  "Sysctls",
  "StorageOpt",
  "Options",
  "DriverOpts",
  "PortBindings",
  "ExposedPorts",
  "Volumes",
];

/** Leaves out what is empty, where empty and absent are the same to the engine. */
function compact(value: Json): Normal {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
      if (POINTERS.includes(key)) return item === null || item === undefined ? [] : [[key, item]];
      const kept = NAMES.includes(key) && !Array.isArray(item) ? entriesOf(item) : pruned(item);
      return isEmpty(kept) ? [] : [[key, kept]];
    }),
  );
}

/** Networks and volumes of a project: the engine's defaults said outright or not. */
export function normalNetwork({ name, body }: NamedRequest): Normal {
  const ipam = record(body.IPAM);
  return compact({
    ...body,
    Name: name,
    Driver: body.Driver || "bridge",
    // Older clients ask the engine to refuse a second network of that name; newer engines always do.
    CheckDuplicate: undefined,
    IPAM: { ...ipam, Driver: ipam.Driver || "default" },
  });
}

export const normalVolume = ({ name, body }: NamedRequest): Normal =>
  compact({ ...body, Name: name, Driver: body.Driver || "local" });

/** A request without the zero values that a client of Go sends for everything; for recordings. */
export function compactRequest(request: ContainerRequest): ContainerRequest {
  const { HostConfig, NetworkingConfig, Env, ...config } = request.body;
  // Clients of Go send the size of a terminal that is not there.
  const { ConsoleSize, ...host } = record(HostConfig);
  if (!isEmpty(ConsoleSize) && (ConsoleSize as number[]).some((side) => side !== 0)) host.ConsoleSize = ConsoleSize;
  // The CLI sends variables in any order; those of one name stay as they were.
  const name = (variable: string) => variable.split("=")[0]!;
  const labels = record(config.Labels);
  if (DEPENDENCIES in labels) labels[DEPENDENCIES] = String(labels[DEPENDENCIES]).split(",").sort().join();
  const variables = [...texts(Env)].sort((one, other) =>
    name(one) < name(other) ? -1 : name(one) > name(other) ? 1 : 0,
  );
  const body: Json = { ...compact({ ...config, Env: variables }), HostConfig: compact(host) };
  const endpoints = entriesOf(record(NetworkingConfig).EndpointsConfig);
  if (Object.keys(endpoints).length) body.NetworkingConfig = { EndpointsConfig: endpoints };
  return { ...request, body };
}
