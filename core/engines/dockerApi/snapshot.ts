import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Cidr, parseCidr } from "../../description/addresses";
import { isOurs, type Owner } from "../owner";
import type { EngineClient } from "./connection/client";

const { processes } = require("../../pulumi/processes") as {
  processes(folder?: string): { pid: string; words: string[] }[];
};

export interface LiveContainer {
  id: string;
  name: string;
  image: string;
  /** What that name stood for when it was made. */
  imageId?: string;
  labels: Record<string, string>;
  ports: { ip: string; port: number; protocol: string }[];
  /** Of one that has ended. */
  exitCode?: number;
  networkMode?: string;
  /** By their names. */
  networks?: Record<string, LiveEndpoint>;
  /** Seconds since 1970. */
  created?: number;
  running?: boolean;
  /** It was made, and the engine has gone, or would not, before it started. */
  neverStarted?: boolean;
  /** Volumes and folders of the host. */
  mounts?: LiveMount[];
  /** What its list does not say, of one that may be taken over. */
  closer?: {
    /** The engine removes it, with its anonymous volumes, when it stops. */
    autoRemove: boolean;
    /** Files that have been written inside it; undefined where the engine does not say. */
    written?: string[];
  };
  /** The stack has not made it, and takes it over with consent; see adoption.ts. */
  adopted?: boolean;
}

/** A volume, by its name, or a folder or file of the host that a container has. */
export interface LiveMount {
  type: string;
  source: string;
  target: string;
}

/** A container's place on a network. */
export interface LiveEndpoint {
  NetworkID: string;
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string } | null;
  /** Where it has one at the moment. */
  IPAddress?: string;
  GlobalIPv6Address?: string;
}

export interface LiveNetwork {
  id: string;
  name: string;
  driver: string;
  labels: Record<string, string>;
  subnets: string[];
  /** `local`, or `swarm` for networks that span its nodes. */
  scope?: string;
  internal?: boolean;
  attachable?: boolean;
  ipv6?: boolean;
  options?: Record<string, string>;
  gateways?: string[];
  ipRanges?: string[];
}

export interface LiveVolume {
  name: string;
  driver: string;
  options: Record<string, string>;
  labels: Record<string, string>;
}

/** The engine's part in a Swarm. */
export interface SwarmState {
  /** `inactive`, `pending`, `active`, `locked` or `error`. */
  state: string;
  /** Address that the other nodes know this one by. */
  address: string;
  manager: boolean;
  /** How many there are; 0 where this node is no manager. */
  managers: number;
  nodes: number;
}

/** A service of the Swarm. */
export interface LiveService {
  id: string;
  name: string;
  labels: Record<string, string>;
  /** As it runs: `nginx:latest@sha256:...`. */
  image: string;
  ports: { published: number; target: number; protocol: string }[];
}

/** A socket on the host that listens. */
export interface Listener {
  /** "" for every address. */
  ip: string;
  port: number;
  protocol: "tcp" | "udp";
}

export interface Route {
  subnet: Cidr;
  device: string;
}

/** What is on the engine and its host, read once before anything is declared. */
export interface EngineSnapshot {
  /** The engine runs on this machine. */
  local: boolean;
  apiVersion: string;
  containers: LiveContainer[];
  networks: LiveNetwork[];
  volumes: LiveVolume[];
  /** Names of the images that are there: `nginx:latest`. */
  images: string[];
  /** Their ids by these names, by their digests (`nginx@sha256:...`), and by themselves. */
  imageIds?: Record<string, string>;
  /** Empty where the host cannot be looked at. */
  listeners: Listener[];
  /** Folder of the processes of the engine's host, where that is this machine. */
  processes?: string;
  routes: Route[];
  /** OCI runtimes by name; undefined where the engine does not say. */
  runtimes?: string[];
  /** Whether containers can have GPUs; undefined where that cannot be seen from here. */
  gpus?: boolean;
  /** Undefined where the engine does not say. */
  swarm?: SwarmState;
  /** Of the whole Swarm; undefined where the engine is no manager of one. */
  services?: LiveService[];
}

/** Whether a container is the stack's own, or becomes so. */
export const isOfStack = ({ labels, adopted }: LiveContainer, owner: Owner): boolean =>
  adopted === true || isOurs(labels, owner);

interface ApiContainer {
  Id: string;
  Created?: number;
  State?: string;
  Mounts?: { Type: string; Name?: string; Source?: string; Destination: string }[] | null;
  Names: string[];
  Image: string;
  ImageID?: string;
  /** `Up 3 minutes`, `Exited (0) 3 minutes ago`. */
  Status?: string;
  Labels: Record<string, string> | null;
  HostConfig?: { NetworkMode?: string };
  NetworkSettings?: { Networks?: Record<string, LiveEndpoint> | null };
  Ports: { IP?: string; PublicPort?: number; Type: string }[] | null;
}
interface ApiNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Scope?: string;
  Labels: Record<string, string> | null;
  Internal?: boolean;
  Attachable?: boolean;
  EnableIPv6?: boolean;
  Options?: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string; Gateway?: string; IPRange?: string }[] | null };
}
interface ApiVolume {
  Name: string;
  Driver: string;
  Options: Record<string, string> | null;
  Labels: Record<string, string> | null;
}

export interface ApiInfo {
  OperatingSystem?: string;
  Runtimes?: Record<string, unknown>;
  /** Devices of the Container Device Interface; engines from API 1.50 on. */
  DiscoveredDevices?: unknown[] | null;
  Swarm?: {
    LocalNodeState: string;
    NodeAddr: string;
    ControlAvailable: boolean;
    Managers?: number;
    Nodes?: number;
  };
}
interface ApiService {
  ID: string;
  Spec: { Name: string; Labels: Record<string, string> | null; TaskTemplate: { ContainerSpec?: { Image: string } } };
  Endpoint?: { Ports?: { PublishedPort?: number; TargetPort: number; Protocol: string }[] | null };
}

/** Below these nobody looks for files that he would miss. */
const PASSING = /^\/(?:tmp|run|var\/(?:run|tmp|log|cache)|proc|sys|dev)(?:\/|$)|\.pid$/;

/** Files that were written inside a container and are in none of its mounts. */
function writtenFiles(changes: { Path: string; Kind: number }[], mounts: LiveMount[]): string[] {
  const DELETED = 2;
  const paths = changes.filter(({ Kind }) => Kind !== DELETED).map(({ Path }) => Path);
  // The folders on the way to a file have changed too.
  const folders = new Set([...paths, ...mounts.map(({ target }) => target)].flatMap(foldersAbove));
  return paths.filter(
    (path) => !folders.has(path) && !PASSING.test(path) && !mounts.some(({ target }) => target === path),
  );
}

const foldersAbove = (path: string): string[] =>
  path
    .split("/")
    .slice(1, -1)
    .map((_, index, parts) => `/${parts.slice(0, index + 1).join("/")}`);

/** Of so many the engine is asked whether they are files. */
const LOOKED_AT = 20;
/** Go's mark of a folder. */
const FOLDER = 2 ** 31;

/** Leaves out folders, which a list of changes does not tell from files. */
async function filesAmong(client: EngineClient, id: string, paths: string[]): Promise<string[]> {
  const isFile = async (path: string) => {
    try {
      const where = `/containers/${id}/archive?path=${encodeURIComponent(path)}`;
      const { headers } = await client.stream("HEAD", where, undefined, client.patience);
      const said = String(headers["x-docker-container-path-stat"]);
      const { mode } = JSON.parse(Buffer.from(said, "base64").toString()) as { mode: number };
      return mode < FOLDER;
    } catch {
      return true;
    }
  };
  const files = await Promise.all(paths.slice(0, LOOKED_AT).map(isFile));
  return paths.filter((_, index) => files[index] !== false);
}

/** Looks closer at the containers that may be taken over. */
async function lookCloser(client: EngineClient, containers: LiveContainer[], names: string[]): Promise<void> {
  for (const container of containers.filter(({ name }) => names.includes(name))) {
    const [found, changes] = await Promise.all([
      client.find<{ HostConfig?: { AutoRemove?: boolean } }>(`/containers/${container.id}/json`),
      client
        .request<{ Path: string; Kind: number }[] | null>("GET", `/containers/${container.id}/changes`)
        .catch(() => undefined),
    ]);
    const paths = changes === undefined ? undefined : writtenFiles(changes ?? [], container.mounts ?? []);
    container.closer = {
      autoRemove: found?.HostConfig?.AutoRemove === true,
      written: paths && (await filesAmong(client, container.id, paths)),
    };
  }
}

/**
 * Reads containers, networks, volumes, listening sockets and routes.
 *
 * @param closer names of containers that may be taken over
 */
export async function takeSnapshot(client: EngineClient, closer: string[] = []): Promise<EngineSnapshot> {
  const get = <T>(path: string) => client.request<T>("GET", path, undefined, client.patience);
  // A node that is no manager answers with an error.
  const orNothing = () => undefined;
  // By itself: where nobody answers, one connection has been tried and not several.
  const version = await get<{ ApiVersion: string }>("/version");
  const [containers, networks, volumes, images, info, services] = await Promise.all([
    get<ApiContainer[]>("/containers/json?all=1"),
    get<ApiNetwork[]>("/networks"),
    get<{ Volumes: ApiVolume[] | null }>("/volumes"),
    get<{ Id: string; RepoTags: string[] | null; RepoDigests?: string[] | null }[]>("/images/json"),
    get<ApiInfo>("/info").catch(orNothing),
    get<ApiService[]>("/services").catch(orNothing),
  ]);
  const live = containers.map(
    (container): LiveContainer => ({
      id: container.Id,
      name: (container.Names[0] ?? "").replace(/^\//, ""),
      image: container.Image,
      imageId: container.ImageID,
      labels: container.Labels ?? {},
      ports: (container.Ports ?? [])
        .filter((port) => port.PublicPort)
        .map((port) => ({ ip: port.IP ?? "", port: port.PublicPort!, protocol: port.Type })),
      exitCode: exitCode(container.Status),
      networkMode: container.HostConfig?.NetworkMode,
      networks: container.NetworkSettings?.Networks ?? undefined,
      created: container.Created,
      running: container.State === undefined ? undefined : /^(?:running|paused|restarting)$/.test(container.State),
      neverStarted: container.State === "created" || undefined,
      mounts: container.Mounts?.map(({ Type, Name, Source, Destination }) => ({
        type: Type,
        source: (Type === "volume" ? Name : Source) ?? "",
        target: Destination,
      })),
    }),
  );
  if (closer.length) await lookCloser(client, live, closer);
  return {
    local: client.local,
    apiVersion: version.ApiVersion,
    containers: live,
    networks: networks.map((network) => ({
      id: network.Id,
      name: network.Name,
      driver: network.Driver,
      labels: network.Labels ?? {},
      subnets: (network.IPAM.Config ?? []).flatMap((config) => config.Subnet ?? []),
      scope: network.Scope,
      internal: network.Internal,
      attachable: network.Attachable,
      ipv6: network.EnableIPv6,
      options: network.Options ?? undefined,
      gateways: (network.IPAM.Config ?? []).flatMap((config) => config.Gateway ?? []),
      ipRanges: (network.IPAM.Config ?? []).flatMap((config) => config.IPRange ?? []),
    })),
    volumes: (volumes.Volumes ?? []).map((volume) => ({
      name: volume.Name,
      driver: volume.Driver,
      options: volume.Options ?? {},
      labels: volume.Labels ?? {},
    })),
    images: images.flatMap((image) => image.RepoTags ?? []),
    imageIds: Object.fromEntries(
      images.flatMap(({ Id, RepoTags, RepoDigests }) =>
        // One without a name is there by its id.
        [...(RepoTags ?? []), ...(RepoDigests ?? []), Id].map((name) => [name, Id]),
      ),
    ),
    ...(client.local ? { ...readHost(), processes: "/proc" } : { listeners: [], routes: [] }),
    runtimes: info?.Runtimes && Object.keys(info.Runtimes),
    gpus: gpuSupport(info, client.local),
    swarm: info?.Swarm && swarmState(info.Swarm),
    services: services?.map((service) => ({
      id: service.ID,
      name: service.Spec.Name,
      labels: service.Spec.Labels ?? {},
      image: service.Spec.TaskTemplate.ContainerSpec?.Image ?? "",
      ports: (service.Endpoint?.Ports ?? [])
        .filter((port) => port.PublishedPort)
        .map((port) => ({ published: port.PublishedPort!, target: port.TargetPort, protocol: port.Protocol })),
    })),
  };
}

function exitCode(status = ""): number | undefined {
  const code = /^Exited \((\d+)\)/.exec(status)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** What gives containers their GPUs: a runtime, CDI files, or the hook that the engine finds on its PATH. */
export function gpuSupport(info: ApiInfo | undefined, local: boolean): boolean | undefined {
  if (!info) return undefined;
  if (info.Runtimes?.nvidia || info.DiscoveredDevices?.length) return true;
  // Desktop's engine runs in a machine of its own.
  if (!local || /desktop/i.test(info.OperatingSystem ?? "")) return undefined;
  const hook = "nvidia-container-runtime-hook";
  const folders = new Set([
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/bin",
    "/usr/local/bin",
    "/run/current-system/sw/bin",
  ]);
  return [...[...folders].map((folder) => join(folder, hook)), "/etc/cdi", "/var/run/cdi"].some((path) =>
    existsSync(path),
  );
}

export function swarmState(swarm: NonNullable<ApiInfo["Swarm"]>): SwarmState {
  return {
    state: swarm.LocalNodeState,
    address: swarm.NodeAddr,
    manager: swarm.ControlAvailable,
    managers: swarm.Managers ?? 0,
    nodes: swarm.Nodes ?? 0,
  };
}

function readHost(): Pick<EngineSnapshot, "listeners" | "routes"> {
  const read = (path: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // Not Linux, or a namespace without /proc/net: the engine itself will refuse a taken port.
      return "";
    }
  };
  return {
    listeners: [
      ...parseListeners(read("/proc/net/tcp"), "tcp"),
      ...parseListeners(read("/proc/net/tcp6"), "tcp"),
      ...parseListeners(read("/proc/net/udp"), "udp"),
      ...parseListeners(read("/proc/net/udp6"), "udp"),
    ],
    routes: parseRoutes(read("/proc/net/route")),
  };
}

/** Whether the engine on this machine listens at a port for one of its containers: it starts a small program for each. */
export const isHeldByEngine = (port: number, protocol: string, folder: string): boolean =>
  processes(folder).some(({ words }) => {
    const given = (flag: string) => words[words.indexOf(flag) + 1];
    return /(^|\/)docker-proxy$/.test(words[0]!) && given("-host-port") === `${port}` && given("-proto") === protocol;
  });

/** Reads /proc/net/{tcp,udp}[6]: addresses are hexadecimal words in the machine's byte order. */
export function parseListeners(table: string, protocol: "tcp" | "udp"): Listener[] {
  const LISTENING = protocol === "tcp" ? "0A" : "07";
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/);
      if (state !== LISTENING) return [];
      const [hex = "", port = ""] = local.split(":");
      return [{ ip: /^0+$/.test(hex) ? "" : hexAddress(hex), port: Number.parseInt(port, 16), protocol }];
    });
}

function hexAddress(hex: string): string {
  const bytes = hex.match(/.{8}/g)!.flatMap((word) => word.match(/../g)!.reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes[index * 2]! + bytes[index * 2 + 1]!);
  const mapped = /^(0000){5}ffff/i.test(groups.join(""));
  if (mapped)
    return bytes
      .slice(12)
      .map((byte) => Number.parseInt(byte, 16))
      .join(".");
  return groups.map((group) => group.replace(/^0{1,3}/, "").toLowerCase()).join(":");
}

/** Reads /proc/net/route, without the default route: every subnet overlaps that. */
export function parseRoutes(table: string): Route[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device = "", destination = "", , , , , , mask = ""] = line.trim().split(/\s+/);
      if (!/^[0-9A-F]{8}$/.test(destination) || mask === "00000000") return [];
      const bits = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
      return [{ device, subnet: parseCidr(`${hexAddress(destination)}/${bits}`, "route") }];
    });
}
