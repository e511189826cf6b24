import type { SwarmOptions } from "./swarmOptions";
import type { ServiceDescription } from "./types";

/**
 * Something that a reader of a compose file or a `docker run` line has to tell its owner. Never an error: what
 * cannot be done is refused with an ArgumentError instead.
 */
export interface Notice {
  /** `note`: said so that nothing is dropped in silence. `warning`: most likely a slip, or a risk. */
  level: "note" | "warning";
  /** Where: a path in the file (`services.web.ports[0]`) or a flag (`--rm`). */
  at: string;
  /** What and why, as one sentence without the place. */
  text: string;
  /** A Swarm does what this says has no effect on a single engine. */
  swarm?: true;
  /** It warns of a secret that stands in the open; whoever prints no such value need not. */
  inClear?: true;
}

/** How an image is made from a folder (Compose `build`, long form). */
export interface BuildDescription {
  /** Absolute path of the folder that is sent to the engine. */
  context: string;
  /** Absolute path, or relative to the context. @default "Dockerfile" */
  dockerfile?: string;
  /** The Dockerfile's text in place of a file. */
  dockerfileInline?: string;
  /** Build arguments; `null` takes the value that it has where Pulumi runs. */
  args?: Record<string, string | null>;
  /** Stage to stop at. @default the last one */
  target?: string;
  /** Network of `RUN` steps: `host`, `none` or the name of one. @default the engine's */
  network?: string;
  /** Further tags for the image. */
  tags?: string[];
  /** Labels of the image. */
  labels?: Record<string, string>;
  /** Images whose layers may be used again. */
  cacheFrom?: string[];
  /** Names and addresses that `RUN` steps know. */
  extraHosts?: Record<string, string> | string[];
  /** Platforms that the image is built for, e.g. `linux/arm64`. */
  platforms?: string[];
  /** Bytes. */
  shmSize?: number;
  /** Run every step anew. @default false */
  noCache?: boolean;
  /** Look for newer base images. @default false */
  pull?: boolean;
}

/** What a service waits for (Compose `depends_on`, long form). */
export interface DependencyDescription {
  /** Until when it waits: the other one was started, answers, or has ended well. @default "service_started" */
  condition: "service_started" | "service_healthy" | "service_completed_successfully";
  /** Start it anew when the other one is made anew. @default false */
  restart?: boolean;
  /** Fail where the other one is missing. @default true */
  required?: boolean;
}

/** A service of a project: the description, and what only makes sense beside other services. */
export interface ProjectService extends ServiceDescription {
  /** Builds the image that `image` names. */
  build?: BuildDescription;
  /** By key of the other service. */
  dependsOn?: Record<string, DependencyDescription>;
  /** What only a Swarm reads (Compose `deploy`). */
  swarm?: SwarmOptions;
}

/** A network of a project (Compose top-level `networks`). */
export interface NetworkDefinition {
  /** Name on the engine. */
  name: string;
  /** It is there already; the project neither makes nor removes it. @default false */
  external?: boolean;
  /** Driver of the network: `bridge`, `macvlan`, `overlay`, ... @default "bridge" */
  driver?: string;
  /** Options of the driver. */
  driverOpts?: Record<string, string>;
  /** Where addresses come from. */
  ipam?: {
    driver?: string;
    config?: { subnet?: string; gateway?: string; ipRange?: string; auxAddresses?: Record<string, string> }[];
    options?: Record<string, string>;
  };
  /** No way out of this network. @default false */
  internal?: boolean;
  /** Let containers outside the project join too. @default false */
  attachable?: boolean;
  /** Give IPv4 addresses. @default true */
  enableIpv4?: boolean;
  /** Give IPv6 addresses. @default false */
  enableIpv6?: boolean;
  /** Labels of the network. */
  labels?: Record<string, string>;
}

/** A volume of a project (Compose top-level `volumes`). */
export interface VolumeDefinition {
  /** Name on the engine. */
  name: string;
  /** It is there already; the project neither makes nor removes it. @default false */
  external?: boolean;
  /** Driver of the volume. @default "local" */
  driver?: string;
  /** Options of the driver. */
  driverOpts?: Record<string, string>;
  /** Labels of the volume. */
  labels?: Record<string, string>;
}

/**
 * Several services and what they share, as plain data: what a compose file says, or a few `docker run` lines
 * together. Names inside services (`networks`, volume sources) are the names on the engine.
 */
export interface ProjectDescription {
  /** Name of the project. */
  name: string;
  /** By service key; `containerName` is set only where the source sets it. */
  services: Record<string, ProjectService>;
  /** By the key in the file. */
  networks: Record<string, NetworkDefinition>;
  /** By the key in the file. */
  volumes: Record<string, VolumeDefinition>;
  /** What the reader has to tell. */
  notices: Notice[];
}
