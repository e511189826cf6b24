/** What a container was asked for, and what its image brings: the part that both have in common. */
export interface ContainerConfig {
  Env?: string[] | null;
  Cmd?: string[] | null;
  Entrypoint?: string[] | null;
  User?: string;
  WorkingDir?: string;
  Volumes?: Record<string, object> | null;
  ExposedPorts?: Record<string, object> | null;
  Healthcheck?: EngineHealthcheck | null;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: number | null;
}

/** Durations are nanoseconds. */
export interface EngineHealthcheck {
  Test?: string[] | null;
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface PortBinding {
  HostIp?: string;
  HostPort?: string;
}

type Ports = Record<string, PortBinding[] | null> | null;

interface ThrottledDevice {
  Path: string;
  Rate: number;
}

export interface EngineMount {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: { Propagation?: string; CreateMountpoint?: boolean; [other: string]: unknown } | null;
  VolumeOptions?: { NoCopy?: boolean; Subpath?: string; [other: string]: unknown } | null;
  TmpfsOptions?: { SizeBytes?: number; Mode?: number; [other: string]: unknown } | null;
}

export interface HostConfig {
  Annotations?: Record<string, string> | null;
  AutoRemove?: boolean;
  Binds?: string[] | null;
  BlkioDeviceReadBps?: ThrottledDevice[] | null;
  BlkioDeviceReadIOps?: ThrottledDevice[] | null;
  BlkioDeviceWriteBps?: ThrottledDevice[] | null;
  BlkioDeviceWriteIOps?: ThrottledDevice[] | null;
  BlkioWeight?: number;
  CapAdd?: string[] | null;
  CapDrop?: string[] | null;
  CgroupParent?: string;
  CgroupnsMode?: string;
  CpuPeriod?: number;
  CpuQuota?: number;
  CpuRealtimePeriod?: number;
  CpuRealtimeRuntime?: number;
  CpuShares?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  DeviceCgroupRules?: string[] | null;
  DeviceRequests?:
    | {
        Driver?: string;
        Count?: number;
        DeviceIDs?: string[] | null;
        Capabilities?: string[][] | null;
        Options?: Record<string, string> | null;
      }[]
    | null;
  Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null;
  Dns?: string[] | null;
  DnsOptions?: string[] | null;
  DnsSearch?: string[] | null;
  ExtraHosts?: string[] | null;
  GroupAdd?: string[] | null;
  Init?: boolean | null;
  IpcMode?: string;
  Isolation?: string;
  KernelMemory?: number;
  Links?: string[] | null;
  LogConfig?: { Type?: string; Config?: Record<string, string> | null };
  MaskedPaths?: string[] | null;
  Memory?: number;
  MemoryReservation?: number;
  MemorySwap?: number;
  MemorySwappiness?: number | null;
  Mounts?: EngineMount[] | null;
  NanoCpus?: number;
  NetworkMode?: string;
  OomKillDisable?: boolean | null;
  OomScoreAdj?: number;
  PidMode?: string;
  PidsLimit?: number | null;
  PortBindings?: Ports;
  Privileged?: boolean;
  PublishAllPorts?: boolean;
  ReadonlyRootfs?: boolean;
  RestartPolicy?: { Name?: string; MaximumRetryCount?: number };
  Runtime?: string;
  SecurityOpt?: string[] | null;
  ShmSize?: number;
  StorageOpt?: Record<string, string> | null;
  Sysctls?: Record<string, string> | null;
  Tmpfs?: Record<string, string> | null;
  UTSMode?: string;
  Ulimits?: { Name: string; Hard: number; Soft: number }[] | null;
  UsernsMode?: string;
  VolumesFrom?: string[] | null;
}

export interface EngineEndpoint {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] | null } | null;
  Links?: string[] | null;
  Aliases?: string[] | null;
  NetworkID?: string;
  DriverOpts?: Record<string, string> | null;
  GwPriority?: number;
}

/** The engine's answer to `GET /containers/ID/json`, as far as it is read. */
export interface InspectedContainer {
  Id: string;
  /** With a slash in front. */
  Name: string;
  /** The id of the image. */
  Image: string;
  Config: ContainerConfig & {
    Hostname?: string;
    Domainname?: string;
    Tty?: boolean;
    OpenStdin?: boolean;
    MacAddress?: string;
    /** As it was written when the container was made. */
    Image: string;
  };
  HostConfig: HostConfig;
  Mounts?: { Type: string; Name?: string; Destination: string; RW?: boolean }[] | null;
  NetworkSettings?: { Ports?: Ports; Networks?: Record<string, EngineEndpoint> | null };
}

/** The engine's answer to `GET /images/ID/json`. */
export interface InspectedImage {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
  Architecture?: string;
  Variant?: string;
  Os?: string;
  Config?: ContainerConfig | null;
}

/** The engine's answer to `GET /networks/ID`. */
export interface InspectedNetwork {
  Name: string;
  Id: string;
  Driver?: string;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
  Options?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
  IPAM?: {
    Driver?: string;
    Options?: Record<string, string> | null;
    Config?:
      | { Subnet?: string; Gateway?: string; IPRange?: string; AuxiliaryAddresses?: Record<string, string> | null }[]
      | null;
  };
}

/** The engine's answer to `GET /volumes/NAME`. */
export interface InspectedVolume {
  Name: string;
  Driver?: string;
  Options?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
}

/** The engine's answer to `GET /info`: what it does where nothing is said. */
export interface EngineInfo {
  Name?: string;
  Architecture?: string;
  CgroupVersion?: string;
  DefaultRuntime?: string;
  LoggingDriver?: string;
}

/** What an engine says of some of its containers. */
export interface Inspected {
  info: EngineInfo;
  containers: InspectedContainer[];
  /** Of their images, those that are still there. */
  images: InspectedImage[];
  networks: InspectedNetwork[];
  volumes: InspectedVolume[];
  /** Names of all containers of the engine by id, for `container:<id>`. */
  names: ReadonlyMap<string, string>;
}
