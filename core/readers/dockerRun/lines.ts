import { contains, parseCidr } from "../../description/addresses";
import { ArgumentError, show } from "../../description/errors";
import { parseName } from "../../description/names";
import type {
  NetworkDefinition,
  Notice,
  ProjectDescription,
  ProjectService,
  VolumeDefinition,
} from "../../description/project";
import type { NetworkDescription } from "../../description/types";
import type { Command } from "./command";
import { put } from "./draft";
import { DockerRunError } from "./errors";
import { gatewayPriority } from "./networks";
import { type Option, readOptions, type Use } from "./options";
import { type LocatedRun, readRun } from "./run";
import { say } from "../../description/say";

const list = (...names: string[]): Option => ({ names, kind: "list" });
const text = (...names: string[]): Option => ({ names, kind: "text" });
const boolean = (...names: string[]): Option => ({ names, kind: "boolean" });

const NETWORK_CREATE: Option[] = [
  text("--driver", "-d"),
  list("--subnet"),
  list("--gateway"),
  list("--ip-range"),
  list("--aux-address"),
  text("--ipam-driver"),
  list("--ipam-opt"),
  list("--opt", "-o"),
  list("--label"),
  boolean("--internal"),
  boolean("--attachable"),
  boolean("--ipv4"),
  boolean("--ipv6"),
  boolean("--ingress"),
  boolean("--config-only"),
  text("--config-from"),
  text("--scope"),
];
const NETWORK_CONNECT: Option[] = [
  list("--alias"),
  text("--ip"),
  text("--ip6"),
  list("--link"),
  list("--link-local-ip"),
  list("--driver-opt"),
  text("--gw-priority"),
];
const VOLUME_CREATE: Option[] = [
  text("--driver", "-d"),
  text("--name"),
  list("--label"),
  list("--opt", "-o"),
  text("--availability"),
  text("--group"),
  list("--limit-bytes"),
  list("--topology-preferred"),
  list("--topology-required"),
];

/** The flags and the words behind them, which docker lets stand in any order for these commands. */
function readAll(command: Command, options: Option[]) {
  const uses: Use[] = [];
  const names: typeof command.words = [];
  let words = command.words;
  while (words.length) {
    const read = readOptions(command.line, words, options, `docker ${command.name}`);
    uses.push(...read.uses);
    names.push(...read.rest.slice(0, 1));
    words = read.rest.slice(1);
  }
  const all = (name: string) => uses.filter(({ option }) => option.names[0] === name);
  return {
    names,
    all,
    values: (name: string) => all(name).map(({ value }) => value),
    last: (name: string) => all(name).at(-1)?.value || undefined,
    on: (name: string) => all(name).at(-1)?.value === "true",
    record(name: string): Record<string, string> | undefined {
      if (!all(name).length) return undefined;
      const record: Record<string, string> = {};
      for (const { value, fail } of all(name)) {
        const at = value.indexOf("=");
        if (at === 0 || value === "") throw fail(say`${show(value)} has no name`, say`write name=value`);
        put(record, at < 0 ? value : value.slice(0, at), at < 0 ? "" : value.slice(at + 1));
      }
      return record;
    },
    refuse(flags: Record<string, string>) {
      for (const [name, problem] of Object.entries(flags)) {
        const use = all(name).find(({ value }) => value !== "false");
        if (use) throw use.fail(problem, say`remove it`);
      }
    },
  };
}

function fail(command: Command, problem: string, remedy: string, word = command.word): DockerRunError {
  const { offset, length } = word;
  return new DockerRunError(say`docker ${command.name}`, problem, remedy, { line: command.line, offset, length });
}

function checkName(command: Command, word: Command["word"]): string {
  try {
    return parseName(word.text, "name");
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw fail(command, error.problem, error.remedy, word);
  }
}

/** Leaves out what is not said. */
const said = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== false)) as T;

const version = (address: string) => (address.includes(":") ? 6 : 4);

/** The subnet that an address is in; else the first one of its version, or -1. */
function subnetOf(subnets: string[], address: string): number {
  const holds = (subnet: string) => {
    try {
      return contains(parseCidr(subnet, ""), address);
    } catch {
      return false;
    }
  };
  const inside = subnets.findIndex(holds);
  return inside < 0 ? subnets.findIndex((subnet) => version(subnet) === version(address)) : inside;
}

function createNetwork(command: Command): NetworkDefinition {
  const flags = readAll(command, NETWORK_CREATE);
  const { names, all, values, last, on, record, refuse } = flags;
  if (names.length !== 1)
    throw fail(command, say`needs the name of one network`, say`write it behind the flags`, names[1]);
  refuse({
    "--ingress": say`belongs to a swarm`,
    "--config-only": say`belongs to a swarm`,
    "--config-from": say`belongs to a swarm`,
    "--scope": say`belongs to a swarm`,
  });
  const [gateways, ranges] = [values("--gateway"), values("--ip-range")];
  const subnets = values("--subnet");
  const belongs = (address: string) => subnetOf(subnets, address.split("/")[0]!);
  for (const [flag, given] of [
    ["--gateway", gateways],
    ["--ip-range", ranges],
  ] as const)
    for (const [index, address] of given.entries()) {
      const at = belongs(address);
      if (at < 0) throw all(flag)[index]!.fail(say`has no subnet to belong to`, say`give --subnet too`);
      if (given.slice(0, index).some((other) => belongs(other) === at))
        throw all(flag)[index]!.fail(say`is the second one of ${subnets[at]!}`, say`give each subnet one`);
    }
  const auxiliary = Object.entries(record("--aux-address") ?? {});
  const config = subnets.map((subnet, index) => {
    // One that is in no subnet stands with the first, and is refused there.
    const own = auxiliary.filter(([, address]) => Math.max(belongs(address), 0) === index);
    return said({
      subnet,
      gateway: gateways.find((gateway) => belongs(gateway) === index),
      ipRange: ranges.find((range) => belongs(range) === index),
      auxAddresses: own.length ? Object.fromEntries(own) : undefined,
    });
  });
  const options = record("--ipam-opt");
  const driver = last("--ipam-driver");
  return said({
    name: checkName(command, names[0]!),
    driver: last("--driver"),
    driverOpts: record("--opt"),
    ipam:
      config.length || driver || options
        ? said({ driver, config: config.length ? config : undefined, options })
        : undefined,
    internal: on("--internal"),
    attachable: on("--attachable"),
    enableIpv4: all("--ipv4").length ? on("--ipv4") || undefined : undefined,
    enableIpv6: on("--ipv6"),
    labels: record("--label"),
    ...(all("--ipv4").length && !on("--ipv4") && { enableIpv4: false }),
  });
}

function createVolume(command: Command): VolumeDefinition {
  const { names, last, record, refuse } = readAll(command, VOLUME_CREATE);
  refuse({
    "--availability": say`belongs to a swarm`,
    "--group": say`belongs to a swarm`,
    "--limit-bytes": say`belongs to a swarm`,
    "--topology-preferred": say`belongs to a swarm`,
    "--topology-required": say`belongs to a swarm`,
  });
  if (names.length > 1)
    throw fail(command, say`takes the name of one volume`, say`give each a line of its own`, names[1]);
  const name = names[0] ? checkName(command, names[0]) : last("--name");
  if (!name) throw fail(command, say`makes a volume without a name, which nothing could use`, say`name it`);
  return said({ name, driver: last("--driver"), driverOpts: record("--opt"), labels: record("--label") });
}

/** What lines say together. */
export interface LinesProject extends ProjectDescription {
  /** Says a refusal of a service's field in the words of its line; not enumerable, since it is no part of the data. */
  readonly locate: (service: string, error: ArgumentError) => ArgumentError;
}

/** Containers that a service links to. */
export const linkedBy = ({ links = [] }: Pick<ProjectService, "links">): string[] =>
  links.map((link) => link.replace(/^\//, "").split(":")[0]!);

/** Containers that have to be there before a service: it links to them, or shares their files or namespaces. */
export const containersOf = (service: ProjectService): string[] => [
  ...linkedBy(service),
  ...(service.volumesFrom ?? []).map((from) => from.split(":")[0]!),
  ...[service.networkMode, service.ipc, service.pid].flatMap((mode) => /^container:(.+)$/.exec(mode ?? "")?.[1] ?? []),
];

/** A project that is put together command by command. */
export class Lines {
  readonly services: Record<string, ProjectService> = {};
  readonly networks: Record<string, NetworkDefinition> = {};
  readonly volumes: Record<string, VolumeDefinition> = {};
  readonly notices: Notice[] = [];
  /** Containers that each service links to, by its key. */
  private readonly linked = new Map<string, string[]>();

  /** Says a refusal of a service's field in the words of its line, by the service's key. */
  private readonly places = new Map<string, LocatedRun["locate"]>();

  constructor(private readonly projectName: string) {}

  /** The service whose container has the name. */
  private find(container: string): [key: string, service: ProjectService] | undefined {
    return Object.entries(this.services).find(([, { containerName }]) => containerName === container);
  }

  private note(at: string, text: string, level: Notice["level"] = "note"): void {
    this.notices.push({ level, at, text });
  }

  add(command: Command): void {
    if (command.name === "run" || command.name === "create") {
      this.run(command);
      return;
    }
    this.notices.push(...command.notices);
    // Nothing more is to be done for `pull` and `start`.
    if (command.name === "network connect") this.connect(command);
    else if (command.name === "network create") this.define(this.networks, createNetwork(command), command);
    else if (command.name === "volume create") this.define(this.volumes, createVolume(command), command);
  }

  private define<T extends { name: string }>(record: Record<string, T>, definition: T, command: Command): void {
    if (Object.hasOwn(record, definition.name))
      throw fail(command, say`${definition.name} is made twice`, say`remove one of the lines`);
    put(record, definition.name, definition);
  }

  private run(command: Command): void {
    const { service, volumes, notices, name, locate } = readRun(command);
    if (name !== undefined && this.find(name))
      throw fail(command, say`two containers are called ${name}`, say`give each a name of its own`);
    const base =
      name ??
      service.image
        .replace(/@.*$/, "")
        .replace(/:[^/]*$/, "")
        .replace(/^.*\//, "");
    let key = base;
    // Another container's name, which the line leads to, is not free for its own.
    const taken = name === undefined ? containersOf(service) : [];
    for (let number = 2; Object.hasOwn(this.services, key) || taken.includes(key); number += 1)
      key = `${base}-${number}`;
    put(this.services, key, { ...service });
    this.places.set(key, locate);
    this.linked.set(key, linkedBy(service));
    this.notices.push(...notices);
    for (const volume of Object.values(volumes))
      put(this.volumes, volume.name, { ...this.volumes[volume.name], ...volume });
  }

  private connect(command: Command): void {
    const { names, all, values, last, record, refuse } = readAll(command, NETWORK_CONNECT);
    const [network, container, extra] = names;
    if (!network || !container || extra)
      throw fail(
        command,
        say`needs a network and a container`,
        say`write docker network connect NETWORK CONTAINER`,
        extra,
      );
    refuse({
      "--link": say`links on a network cannot be made by the Docker provider`,
    });
    const [, service] = this.find(container.text) ?? [];
    if (!service)
      throw fail(
        command,
        say`no line above makes a container called ${container.text}`,
        say`give its docker run line with --name first`,
        container,
      );
    if (service.networkMode && service.networkMode !== "bridge")
      throw fail(
        command,
        say`${container.text} uses --network ${service.networkMode}`,
        say`remove one of them`,
        container,
      );
    if (!service.networks) this.leaveBridge(container.text, service);
    const joined = service.networks ?? [];
    const name = checkName(command, network);
    if (joined.some((other) => (typeof other === "string" ? other : other.name) === name))
      throw fail(command, say`${container.text} is on ${name} already`, say`remove the line`, network);
    const priority = all("--gw-priority").at(-1);
    const long: NetworkDescription = said({
      name,
      aliases: all("--alias").length ? values("--alias") : undefined,
      ipv4Address: last("--ip"),
      ipv6Address: last("--ip6"),
      linkLocalIps: all("--link-local-ip").length ? values("--link-local-ip") : undefined,
      driverOpts: record("--driver-opt"),
      gwPriority: priority?.value ? gatewayPriority(priority.value, priority) || undefined : undefined,
    });
    service.networks = [...joined, Object.keys(long).length === 1 ? name : long];
  }

  /** A service on networks of its own is not on the default bridge as well. */
  private leaveBridge(container: string, service: ProjectService): void {
    if (service.networkMode === "bridge") delete service.networkMode;
    this.note(
      `docker run --name ${container}`,
      say`leaves the engine's default bridge, on which containers find one another by address only`,
    );
  }

  finish(): LinesProject {
    for (const key of Object.keys(this.services)) this.link(key);
    for (const [key, service] of Object.entries(this.services)) {
      this.depend(key, service);
      for (const volume of service.volumes ?? []) {
        const source = typeof volume === "string" ? (volume.includes(":") ? volume.split(":")[0]! : "") : volume.source;
        const named = typeof volume === "string" ? !/^[./~]|^$/.test(source!) : volume.type === "volume" && source;
        if (named && !Object.hasOwn(this.volumes, source!)) put(this.volumes, source!, { name: source! });
      }
      for (const network of service.networks ?? []) {
        const name = typeof network === "string" ? network : network.name;
        // docker run makes no network: one that no line makes is there already.
        if (!Object.hasOwn(this.networks, name)) put(this.networks, name, { name, external: true });
      }
    }
    const { services, networks, volumes, notices } = this;
    const project: ProjectDescription = { name: this.projectName, services, networks, volumes, notices };
    const locate: LinesProject["locate"] = (key, error) => this.places.get(key)?.(error) ?? error;
    return Object.defineProperty(project, "locate", { value: locate }) as LinesProject;
  }

  /** Links become a network that both sides share, and an alias on it. */
  private link(key: string): void {
    const service = this.services[key]!;
    if (!service.links) return;
    const left = service.links.filter((link) => {
      const [container = "", alias = container] = link.split(":");
      const [, other] = this.find(container.replace(/^\//, "")) ?? [];
      // Whoever leaves the link out says so, and the engine refuses it.
      if (!other) return true;
      this.share(service, other, alias);
      return false;
    });
    if (left.length < service.links.length)
      this.note(
        "--link",
        say`becomes a network of both; the variables that links set (..._PORT_..., ..._ENV_...) are not there`,
      );
    if (left.length) service.links = left;
    else delete service.links;
  }

  private share(service: ProjectService, other: ProjectService, alias: string): void {
    for (const each of [service, other])
      if (each.networkMode && each.networkMode !== "bridge")
        throw new ArgumentError(
          "--link",
          say`a container with --network ${each.networkMode} cannot share a network with another`,
          say`remove one of them`,
        );
    const nameOf = (network: string | NetworkDescription) => (typeof network === "string" ? network : network.name);
    const common = (service.networks ?? [])
      .map(nameOf)
      .find((name) => (other.networks ?? []).some((network) => nameOf(network) === name));
    const name = common ?? `${this.projectName}_links`;
    if (!common) {
      if (!Object.hasOwn(this.networks, name)) put(this.networks, name, { name });
      for (const each of [service, other]) {
        if (each.networks?.some((network) => nameOf(network) === name)) continue;
        delete each.networkMode;
        each.networks = [...(each.networks ?? []), name];
      }
    }
    if (alias === other.containerName) return;
    other.networks = other.networks!.map((network) => {
      if (nameOf(network) !== name) return network;
      const long = typeof network === "string" ? { name: network } : network;
      return { ...long, aliases: [...new Set([...(long.aliases ?? []), alias])] };
    });
  }

  /** What a container needs at its start has to be there before it. */
  private depend(key: string, service: ProjectService): void {
    const containers = [
      ...this.linked.get(key)!,
      ...(service.volumesFrom ?? []).map((from) => from.split(":")[0]!),
      ...[service.networkMode, service.ipc, service.pid].flatMap(
        (mode) => /^container:(.+)$/.exec(mode ?? "")?.[1] ?? [],
      ),
    ];
    for (const container of containers) {
      const [other] = this.find(container) ?? [];
      if (other === undefined || other === key) continue;
      service.dependsOn = { ...service.dependsOn, [other]: { condition: "service_started" } };
    }
  }
}
