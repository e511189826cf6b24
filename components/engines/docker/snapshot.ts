import { readFileSync } from "node:fs";
import { type Cidr, parseCidr } from "../../spec/addresses";
import type { EngineClient } from "./client";

export interface LiveContainer {
  id: string;
  name: string;
  image: string;
  labels: Record<string, string>;
  ports: { ip: string; port: number; protocol: string }[];
}

export interface LiveNetwork {
  id: string;
  name: string;
  driver: string;
  labels: Record<string, string>;
  subnets: string[];
}

export interface LiveVolume {
  name: string;
  driver: string;
  options: Record<string, string>;
  labels: Record<string, string>;
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
  /** Empty where the host cannot be looked at. */
  listeners: Listener[];
  routes: Route[];
}

interface ApiContainer {
  Id: string;
  Names: string[];
  Image: string;
  Labels: Record<string, string> | null;
  Ports: { IP?: string; PublicPort?: number; Type: string }[] | null;
}
interface ApiNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string }[] | null };
}
interface ApiVolume {
  Name: string;
  Driver: string;
  Options: Record<string, string> | null;
  Labels: Record<string, string> | null;
}

/** Reads containers, networks, volumes, listening sockets and routes. */
export async function takeSnapshot(client: EngineClient): Promise<EngineSnapshot> {
  const get = <T>(path: string) => client.request<T>("GET", path, undefined, 5_000);
  const [version, containers, networks, volumes, images] = await Promise.all([
    get<{ ApiVersion: string }>("/version"),
    get<ApiContainer[]>("/containers/json?all=1"),
    get<ApiNetwork[]>("/networks"),
    get<{ Volumes: ApiVolume[] | null }>("/volumes"),
    get<{ RepoTags: string[] | null }[]>("/images/json"),
  ]);
  return {
    local: client.local,
    apiVersion: version.ApiVersion,
    containers: containers.map((container) => ({
      id: container.Id,
      name: (container.Names[0] ?? "").replace(/^\//, ""),
      image: container.Image,
      labels: container.Labels ?? {},
      ports: (container.Ports ?? [])
        .filter((port) => port.PublicPort)
        .map((port) => ({ ip: port.IP ?? "", port: port.PublicPort!, protocol: port.Type })),
    })),
    networks: networks.map((network) => ({
      id: network.Id,
      name: network.Name,
      driver: network.Driver,
      labels: network.Labels ?? {},
      subnets: (network.IPAM.Config ?? []).flatMap((config) => config.Subnet ?? []),
    })),
    volumes: (volumes.Volumes ?? []).map((volume) => ({
      name: volume.Name,
      driver: volume.Driver,
      options: volume.Options ?? {},
      labels: volume.Labels ?? {},
    })),
    images: images.flatMap((image) => image.RepoTags ?? []),
    ...(client.local ? readHost() : { listeners: [], routes: [] }),
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
