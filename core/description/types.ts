import type { Input } from "@pulumi/pulumi";

/**
 * A value that may arrive late: every scalar, list and record in it can be a Pulumi Input.
 * Only types are imported from Pulumi here; the description itself is plain data.
 */
export type Inputs<T> = Input<InputsWithin<T>>;
/** The value of {@link Inputs}, with what may arrive late inside it. */
export type InputsWithin<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? Inputs<E>[]
    : T extends object
      ? { [K in keyof T]: Inputs<T[K]> }
      : T;

/** Size in bytes, or text with a unit of 1024: `"512m"`, `"2g"`. */
export type Bytes = number | string;
/** Seconds as a number, or Compose text: `"30s"`, `"1m30s"`, `"500ms"`. */
export type Duration = number | string;

/** One published port (Compose `ports`, long form). */
export interface PortDescription {
  /** Port inside the container, 1 to 65535. */
  target: number;
  /** Port on the host. @default the engine picks a free one at each start */
  published?: number | string;
  /** Address on the host to listen on. @default all IPv4 addresses */
  hostIp?: string;
  /** Protocol of the port. @default "tcp" */
  protocol?: "tcp" | "udp" | "sctp";
}

/** One mount (Compose `volumes`, long form). */
export interface MountDescription {
  /** `volume`: kept by the engine. `bind`: a path of the host. `tmpfs`: in memory. @default "volume" */
  type?: "volume" | "bind" | "tmpfs";
  /** Volume name or host path. A volume without a source is anonymous. Relative paths start at the project folder. */
  source?: string;
  /** Absolute path inside the container. */
  target: string;
  /** The container cannot write there. @default false */
  readOnly?: boolean;
  /** Only for the type `bind`. */
  bind?: {
    /** Let Docker make a missing host folder, owned by root. @default false: a missing path is refused */
    createHostPath?: boolean;
    /** @default the engine's "rprivate" */
    propagation?: "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";
    /** SELinux relabelling: `z` shared, `Z` private. */
    selinux?: "z" | "Z";
  };
  /** Only for the type `volume`. */
  volume?: {
    /** Do not copy the image's files into a new volume. @default false */
    nocopy?: boolean;
    /** A folder or file inside the volume, which must be there; engines from API 1.45 on. @default the whole volume */
    subpath?: string;
  };
  /** Only for the type `tmpfs`: size, and mode of the folder in octal, e.g. `0o1777`. */
  tmpfs?: { size?: Bytes /** Octal, e.g. `0o1777`. */; mode?: number };
}

/** A network that the service joins (Compose `networks`, long form). */
export interface NetworkDescription {
  /** Name of the network on the engine. */
  name: string;
  /** Further names under which other containers on this network find the service. */
  aliases?: string[];
  /** Fixed address, inside the network's subnet. @default a free one that the engine picks */
  ipv4Address?: string;
  /** Fixed address, inside the network's IPv6 subnet. @default a free one that the engine picks */
  ipv6Address?: string;
  /** Further link-local addresses, without a check of the subnet. */
  linkLocalIps?: string[];
  /** MAC address on this network, e.g. `02:42:ac:11:00:02`. @default one that the engine picks */
  macAddress?: string;
  /** Options for the network's driver, e.g. `{ "com.docker.network.endpoint.ifname": "lan0" }`. */
  driverOpts?: Record<string, string>;
  /** The network with the highest one has the default gateway; engines from API 1.48 on. @default 0 */
  gwPriority?: number;
}

/** How the engine finds out whether the service answers (Compose `healthcheck`). */
export interface HealthcheckDescription {
  /** A shell command, or a list that begins with `CMD`, `CMD-SHELL` or `NONE`. */
  test?: string | string[];
  /** Time between two checks. @default "30s" */
  interval?: Duration;
  /** Time in which a check has to end. @default "30s" */
  timeout?: Duration;
  /** Time in which failures do not count. @default "0s" */
  startPeriod?: Duration;
  /** Interval during the start period; engines from API 1.44 on. */
  startInterval?: Duration;
  /** Failures in a row that make it unhealthy. @default 3 */
  retries?: number;
  /** Switch off the check that the image brings. @default false */
  disable?: boolean;
}

/** GPUs for a service (Compose `deploy.resources.reservations.devices`). */
export interface GpuDescription {
  /** How many, or all. Not together with `deviceIds`. */
  count?: number | "all";
  /** Indices or UUIDs of particular devices. */
  deviceIds?: string[];
  /** What a device must be able to do. @default ["gpu"] */
  capabilities?: string[];
  /** `nvidia`, `cdi`, ... @default the engine picks one by the capabilities */
  driver?: string;
  /** Options for the driver. */
  options?: Record<string, string>;
}

/** A file with `NAME=value` lines (Compose `env_file`, long form). */
export interface EnvFileDescription {
  /** Relative paths start at the project folder. */
  path: string;
  /** Fail when it is missing. @default true */
  required?: boolean;
  /** `raw` takes each line as it stands, like `docker run --env-file`. @default quotes and comments are read as Compose does */
  format?: "raw";
  /** Keep every value of the file secret, whatever its name. @default false */
  secret?: boolean;
}

/**
 * A file that the container gets from outside (Compose `secrets` and `configs`, with the definition of the
 * top level in place). One of `file`, `content` and `environment` says where it comes from.
 */
export interface FileDescription {
  /** Its name in the project. */
  source: string;
  /** Absolute path, or for a secret a name below /run/secrets. @default "/run/secrets/<source>" for secrets, "/<source>" for configs */
  target?: string;
  /** A file of the host, bound read-only. Relative paths start at the project folder. */
  file?: string;
  /** The text itself. */
  content?: string;
  /** Name of the variable, where Pulumi runs, that holds the text. */
  environment?: string;
  /** Numeric owner; for a bound file the host's file decides. @default "0" */
  uid?: string;
  /** Numeric group; for a bound file the host's file decides. @default "0" */
  gid?: string;
  /** Octal, e.g. `0o400`; for a bound file the host's file decides. @default 0o444 */
  mode?: number;
}

/** A device of the host (Compose `devices`, long form). */
export interface DeviceDescription {
  /** Path on the host, e.g. `/dev/sda`, or a CDI name. */
  source: string;
  /** Path in the container. @default the source */
  target?: string;
  /** Letters: read `r`, write `w`, make nodes `m`. @default "rwm" */
  permissions?: string;
}

/**
 * A container service in the words of the Compose Specification, camelCased.
 * The description says nothing about an engine; what an engine cannot do it refuses by name.
 *
 * @example
 * // docker run -d --name nginx01 -p 666:80 -v ./html:/usr/share/nginx/html:ro --restart=always nginx
 * { image: "nginx", containerName: "nginx01", ports: ["666:80"],
 *   volumes: ["./html:/usr/share/nginx/html:ro"], restart: "always" }
 */
export interface ServiceDescription {
  /** Image reference, e.g. `nginx:1.27`. */
  image: string;
  /** `linux/amd64` and the like. @default the engine's own */
  platform?: string;
  /**
   * When the image is fetched. Docker: whenever the engine lacks it; `never` refuses to fetch it at all.
   * @default "missing"
   */
  pullPolicy?: "always" | "missing" | "never";
  /** Name on the engine. @default the component's name */
  containerName?: string;
  /** Arguments for the entrypoint. Text is split like a shell would; a list is kept exactly. @default the image's */
  command?: string | string[];
  /** Program to start; `""` or `[]` clears the image's. @default the image's */
  entrypoint?: string | string[];
  /** A map, or a list of `NAME=value`. A name alone (or `null`) takes the value that it has where Pulumi runs. */
  environment?: Record<string, string | number | boolean | null> | string[];
  /** Files with further variables; `environment` wins, later files win over earlier ones. */
  envFile?: string | (string | EnvFileDescription)[];
  /** `"666:80"`, `"127.0.0.1:8080:80/tcp"`, `"80"` (free host port), ranges `"3000-3005:3000-3005"`. */
  ports?: (string | number | PortDescription)[];
  /** Publish every port that the image exposes on a free host port (`docker run -P`). @default false */
  publishAll?: boolean;
  /** Ports that other containers may use. On Docker a note only: containers of one network reach every port. */
  expose?: (string | number)[];
  /** `"data:/var/lib/mysql"`, `"./conf:/etc/app:ro"`, `"/data"` (anonymous), or the long form. */
  volumes?: (string | MountDescription)[];
  /** Containers whose volumes are mounted here too, e.g. `"docker-1"` or `"docker-1:ro"`. */
  volumesFrom?: string[];
  /** Folders in memory: `"/run"` or `"/tmp:size=64m,mode=1777"`. */
  tmpfs?: string | string[];
  /** User-defined networks to join, by name or in the long form. @default the engine's default bridge */
  networks?: (string | NetworkDescription)[];
  /** `bridge`, `host`, `none` or `container:<name>`. Not together with `networks`. */
  networkMode?: string;
  /** When the engine starts it anew after it has ended; a number is the most tries. @default "no" */
  restart?: "no" | "always" | "unless-stopped" | "on-failure" | `on-failure:${number}`;
  /**
   * `replicated-job` runs to its end once; the others keep running. `global` is one on each node of a Swarm or
   * cluster. @default "replicated"
   */
  mode?: "replicated" | "global" | "replicated-job";
  /** How many containers. A Docker engine runs each container by a name of its own, so there it is 1. @default 1 */
  replicas?: number;
  /** User, or `user:group`, by name or number. @default the image's */
  user?: string;
  /** Further groups of the user, by name or number. */
  groupAdd?: (string | number)[];
  /** Absolute path. @default the image's */
  workingDir?: string;
  /** Host name inside the container. @default the container's short id */
  hostname?: string;
  /** Domain name inside the container. */
  domainname?: string;
  /** MAC address, e.g. `02:42:ac:11:00:02`. @default one that the engine picks */
  macAddress?: string;
  /** Capabilities to add, with or without `CAP_`. */
  capAdd?: string[];
  /** Capabilities to take away, with or without `CAP_`; `ALL` for every one. */
  capDrop?: string[];
  /** All capabilities and all devices of the host. @default false */
  privileged?: boolean;
  /** Mount the container's root file system read-only. @default false */
  readOnly?: boolean;
  /** Security options, e.g. `"no-new-privileges"`, `"seccomp=unconfined"`. */
  securityOpt?: string[];
  /** `"/dev/fuse"`, `"/dev/sda:/dev/xvda:r"`, or the long form. */
  devices?: (string | DeviceDescription)[];
  /** Rules for device nodes: `"c 13:* rwm"`. */
  deviceCgroupRules?: string[];
  /** `"all"`, or a list of requests. */
  gpus?: "all" | GpuDescription[];
  /** OCI runtime, e.g. `nvidia`. @default the engine's */
  runtime?: string;
  /** How the engine finds out whether it answers. @default the image's */
  healthcheck?: HealthcheckDescription;
  /**
   * Longest wait of `up` until the service answers. Without it, the wait on Docker ends as soon as the engine calls the
   * container unhealthy. @default "2m"; on Kubernetes, where it holds pulling the image too, "10m"
   */
  waitTimeout?: Duration;
  /** Log driver and its options: `{ driver: "json-file", options: { "max-size": "10m" } }`. */
  logging?: { /** @default the engine's */ driver?: string; options?: Record<string, string | number> };
  /** `{ nofile: 65536 }` or `{ nofile: { soft: 1024, hard: 2048 } }`. */
  ulimits?: Record<string, number | { soft: number; hard: number }>;
  /** Kernel settings of the container's namespaces: `{ "net.core.somaxconn": 1024 }`. */
  sysctls?: Record<string, string | number>;
  /** `{ db: "10.0.0.2" }` or `["db:10.0.0.2"]`; `host-gateway` stands for the host. */
  extraHosts?: Record<string, string> | string[];
  /** DNS servers, by address. @default the engine's */
  dns?: string | string[];
  /** Options of the resolver, e.g. `"ndots:2"`. */
  dnsOpt?: string[];
  /** Domains that names without a dot are looked for in. */
  dnsSearch?: string | string[];
  /** Run a small init as process 1. @default false */
  init?: boolean;
  /** Signal that asks the program to end, e.g. `SIGQUIT`. @default the image's, else "SIGTERM" */
  stopSignal?: string;
  /** Time between the stop signal and the kill. @default "10s" */
  stopGracePeriod?: Duration;
  /** Give the program a terminal (`docker run -t`). @default false */
  tty?: boolean;
  /** Keep standard input open (`docker run -i`). @default false */
  stdinOpen?: boolean;
  /** Size of /dev/shm; on Docker, this and the next three are rounded up to whole MiB. @default "64m" */
  shmSize?: Bytes;
  /** Hard memory limit, at least 6 MiB. @default none */
  memLimit?: Bytes;
  /** Memory that is granted under pressure. @default none */
  memReservation?: Bytes;
  /** Memory and swap together, or -1 for no limit. @default twice `memLimit`, as Docker does */
  memswapLimit?: Bytes;
  /** Number of processors, e.g. `0.5`. @default no limit */
  cpus?: number | string;
  /** Relative weight. @default 1024 */
  cpuShares?: number;
  /** Processors to run on, e.g. `"0-2,4"`. @default all */
  cpuset?: string;
  /** Microseconds. */
  cpuPeriod?: Duration;
  /** Microseconds in each period. */
  cpuQuota?: Duration;
  /**
   * Most processes and threads; -1 for no limit. On Docker, this, the next three and the weight of `blkioConfig` are set
   * right after the start, like `docker update` does it: what runs in the first moment runs without. @default no limit
   */
  pidsLimit?: number;
  /** Memory nodes to use, e.g. `"0-1"`. @default all */
  cpusetMems?: string;
  /** Microseconds of a real-time period; the engine's kernel must have real-time groups. @default the engine's */
  cpuRtPeriod?: Duration;
  /** Microseconds of real time in each period. @default none */
  cpuRtRuntime?: Duration;
  /** `host`, `private`, `shareable`, `none` or `container:<name>`. */
  ipc?: string;
  /** `host` or `container:<name>`. */
  pid?: string;
  /** `host` for the host's user namespace. */
  usernsMode?: string;
  /** Namespace of control groups: the host's or one of its own. @default the engine's */
  cgroup?: "host" | "private";
  /** Control group that the container's own lies in. */
  cgroupParent?: string;
  /** Options of the storage driver: `{ size: "10G" }`. */
  storageOpt?: Record<string, string>;
  /** Limits of block devices: weight 10 to 1000, rates in bytes or operations a second. */
  blkioConfig?: {
    weight?: number;
    deviceReadBps?: { path: string; rate: Bytes }[];
    deviceWriteBps?: { path: string; rate: Bytes }[];
    deviceReadIops?: { path: string; rate: number }[];
    deviceWriteIops?: { path: string; rate: number }[];
  };
  /** Labels of the container: a map, or a list of `name=value`. */
  labels?: Record<string, string | number | boolean> | string[];
  /** Files with secret text; they never stand in clear in the state. */
  secrets?: FileDescription[];
  /** Files with settings. */
  configs?: FileDescription[];

  // Known to Docker and Compose, but not to the Docker provider: refused there with a reason.
  /** Annotations for the OCI runtime: a map, or a list of `name=value`. */
  annotations?: Record<string, string> | string[];
  /** Containers of the default bridge under other names: `"db:database"`. */
  links?: string[];
  /** `host` for the host's own host name. */
  uts?: string;
  /** Way of isolation, on Windows only. */
  isolation?: string;
  /** How likely it ends when memory runs out, -1000 to 1000. */
  oomScoreAdj?: number;
  /** Keep its processes when its memory runs out. */
  oomKillDisable?: boolean;
  /** How readily memory is swapped out, 0 to 100. */
  memSwappiness?: number;
  /** Limit of kernel memory; engines up to API 1.41. */
  kernelMemory?: Bytes;
}

/** A service description whose fields may be Pulumi Inputs. */
export type ServiceArgs = { [K in keyof ServiceDescription]: Inputs<ServiceDescription[K]> };
