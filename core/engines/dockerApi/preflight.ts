import { both, say } from "../../description/say";
import { addressNumber, type Cidr, overlaps } from "../../description/addresses";
import { ArgumentError } from "../../description/errors";
import type { Mount } from "../../description/mounts";
import type { NetworkDescription } from "../../description/types";
import { formatPort, type Port } from "../../description/ports";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { quote } from "shlex";
import { isOurs, OWNER_LABEL, type Owner, STACK_LABEL } from "../owner";
import { checkSameNetwork, consent, type DeclaredNetworkOptions, wayOutOf, whyNot } from "./adoption";
import { setAsideAs } from "./predecessors";
import { type EngineSnapshot, isHeldByEngine, isOfStack } from "./snapshot";

/** A host port that a service of this program publishes. */
export interface PortClaim {
  port: Port;
  by: string;
}

/** A fixed address that a service of this program has on a network. */
export interface AddressClaim {
  network: string;
  address: string;
  by: string;
}

/** A subnet that a network of this program uses. */
export interface SubnetClaim {
  subnet: Cidr;
  by: string;
}

const ANY = new Set(["", "0.0.0.0", "::"]);

/** Whether two listening addresses collide: equal, or one of them is every address. */
function collide(a: string, b: string): boolean {
  if (ANY.has(a) || ANY.has(b)) return true;
  return a.includes(":") === b.includes(":") && addressNumber(a) === addressNumber(b);
}

/**
 * Refuses a host port that another service, another container or another program on the host has.
 *
 * @param containerName that of the service, where it is known
 */
export function checkPorts(
  ports: Port[],
  by: string,
  claims: PortClaim[],
  snapshot: EngineSnapshot | undefined,
  owner: Owner,
  containerName?: string,
): void {
  for (const [index, port] of ports.entries()) {
    if (port.published === undefined) continue;
    const argument = `ports[${index}]`;
    const fail = (problem: string, remedy: string) =>
      new ArgumentError(argument, say`${formatPort(port)}: host port ${port.published} ${problem}`, remedy);
    const clash = [...claims, ...ports.slice(0, index).map((own) => ({ port: own, by }))].find(
      (claim) =>
        claim.port.published === port.published &&
        claim.port.protocol === port.protocol &&
        collide(claim.port.hostIp, port.hostIp),
    );
    if (clash)
      throw fail(
        clash.by === by ? say`is published twice` : say`is published by ${clash.by} as well`,
        say`give each service its own host port`,
      );
    if (!snapshot) continue;
    const same = (live: { ip: string; port: number; protocol: string }) =>
      live.port === port.published && live.protocol === port.protocol && collide(live.ip, port.hostIp);
    const holder = snapshot.containers.find((container) => container.ports.some(same));
    if (holder && !isOfStack(holder, owner))
      throw fail(
        say`is taken by the container ${holder.name} (${holder.image})`,
        say`choose another port, or remove that container`,
      );
    if (holder?.adopted && (setAsideAs(holder.name)?.name ?? holder.name) !== containerName)
      throw fail(
        say`is taken by the container ${holder.name} (${holder.image}), which another service takes over`,
        say`leave the ports as they are until that is done`,
      );
    // A listener that belongs to one of our own containers goes when that container is replaced. One that the engine is
    // just starting or stopping has no ports in its list; who it belongs to, the engine knows when it is asked for the port.
    const isStarting = () =>
      snapshot.processes !== undefined && isHeldByEngine(port.published!, port.protocol, snapshot.processes);
    if (!holder && snapshot.listeners.some(same) && !isStarting())
      throw fail(
        say`is taken by another program on the host`,
        say`choose another port, or stop that program (\`ss -lntup 'sport = :${port.published}'\` names it)`,
      );
  }
}

/**
 * Refuses a container name that belongs to somebody else.
 *
 * @param adopts names of what the stack takes over
 */
export function checkContainerName(
  name: string,
  snapshot: EngineSnapshot | undefined,
  owner: Owner,
  adopts: readonly string[] = [],
): void {
  const holder = snapshot?.containers.find((container) => container.name === name);
  if (!snapshot || !holder || isOfStack(holder, owner)) return;
  const stack = holder.labels[STACK_LABEL];
  const reason = adopts.includes(name) && stack !== owner.stack && whyNot(holder, snapshot, owner, adopts);
  if (reason) throw new ArgumentError("containerName", say`${name}, which berth:adopt names, ${reason[0]}`, reason[1]);
  throw new ArgumentError(
    "containerName",
    say`a container named ${name} is there already${stack ? say`, made by the stack ${stack}${stack === owner.stack ? say` of another checkout or user` : ""}` : ""}`,
    stack === owner.stack
      ? say`choose another name, or, if that checkout is yours, run \`pulumi config set berth:owner ${holder.labels[OWNER_LABEL]}\``
      : stack === undefined
        ? say`take it over (\`${consent(name, adopts)}\`), choose another name, or remove it with \`docker rm -f ${name}\``
        : wayOutOf(stack, name),
  );
}

/** A host path that a service binds and nobody has made. */
export interface MissingBind {
  argument: string;
  source: string;
  target: string;
}

/** Binds whose host path is missing: Docker would make an empty folder owned by root in its place. */
export function missingBinds(
  mounts: Mount[],
  snapshot: EngineSnapshot | undefined,
  exists: (path: string) => boolean = existsSync,
): MissingBind[] {
  // Only an engine on this machine shares its paths with us.
  if (!snapshot?.local) return [];
  return mounts.flatMap(({ type, source, target, createHostPath }, index) =>
    type !== "bind" || createHostPath || exists(source!)
      ? []
      : [{ argument: `volumes[${index}]`, source: source!, target }],
  );
}

/** One sentence for all that is missing, with one command that makes it. */
export function missingBindsError(binds: [MissingBind, ...MissingBind[]]): ArgumentError {
  const bySource = new Map(binds.map((bind) => [bind.source, bind]));
  const paths = [...bySource.keys()];
  const one = paths.length === 1;
  // Sockets and programs come of what is installed.
  const command = commandFor([...bySource.values()].filter(({ source }) => !/\.sock$|\/s?bin\//.test(source)));
  const all = both(paths);
  return new ArgumentError(
    binds[0].argument,
    one ? say`the host path ${all} is missing` : say`the host paths ${all} are missing`,
    ways(command, one),
  );
}

function ways(command: string | undefined, one: boolean): string {
  if (command && one)
    return say`create it first (\`${command}\`), or set bind: { createHostPath: true } in the long form to let Docker make it, owned by root`;
  if (command)
    return say`create them first (\`${command}\`), or set bind: { createHostPath: true } in the long form to let Docker make them, owned by root`;
  return one
    ? say`install or start what makes it, or remove the mount`
    : say`install or start what makes them, or remove the mount`;
}

/** `nginx.conf` is a file, `conf.d` and `data` are folders. */
const isFile = ({ source, target }: MissingBind) =>
  [source, target].every((path) => /[^/]\.(?!d$)[a-z]\w{0,5}$/i.test(path));

function commandFor(binds: MissingBind[]): string {
  const files = binds.filter(isFile).map(({ source }) => source);
  const folders = binds.filter((bind) => !isFile(bind)).map(({ source }) => source);
  const parents = files.map((file) => dirname(file)).filter((folder) => !existsSync(folder));
  const needed = [...new Set([...folders, ...parents])];
  return [...(needed.length ? [["mkdir", "-p", ...needed]] : []), ...(files.length ? [["touch", ...files]] : [])]
    .map((words) => words.map(quote).join(" "))
    .join(" && ");
}

/** Refuses a fixed address that another service, or somebody else's container, has on the network. */
export function checkAddresses(
  networks: NetworkDescription[],
  by: string,
  claims: AddressClaim[],
  snapshot: EngineSnapshot | undefined,
  owner: Owner,
): void {
  for (const [index, { name, ipv4Address, ipv6Address }] of networks.entries()) {
    for (const [field, address] of Object.entries({ ipv4Address, ipv6Address })) {
      if (address === undefined) continue;
      const same = (other: string | undefined) => Boolean(other) && addressNumber(other!) === addressNumber(address);
      const fail = (who: string, remedy: string) =>
        new ArgumentError(`networks[${index}].${field}`, say`${address} on ${name} is the address of ${who}`, remedy);
      const claim = claims.find((other) => other.network === name && same(other.address));
      if (claim) throw fail(say`${claim.by} as well`, say`give each service its own`);
      const holder = snapshot?.containers.find(({ networks: found }) => {
        const endpoint = found?.[name];
        return same(endpoint?.IPAddress) || same(endpoint?.GlobalIPv6Address);
      });
      // Our own goes, or moves with this one.
      if (holder && !isOfStack(holder, owner))
        throw fail(
          say`the container ${holder.name} (${holder.image})`,
          say`choose another one, or remove that container`,
        );
      claims.push({ network: name, address, by });
    }
  }
}

/** Refuses a network that services name but nobody has made. */
export function checkNetworkExists(
  name: string,
  argument: string,
  declared: (name: string) => boolean,
  snapshot: EngineSnapshot | undefined,
): void {
  if (declared(name) || !snapshot || snapshot.networks.some((network) => network.name === name)) return;
  throw new ArgumentError(
    argument,
    say`there is no network named ${name}`,
    say`declare it first with new BridgeNetwork("${name}"), or create it with \`docker network create ${name}\``,
  );
}

/**
 * Refuses a network whose name is taken, or whose subnet another network or a route of the host has.
 *
 * @param adoption what the stack takes over, and what is declared of this network
 */
export function checkNetwork(
  name: string,
  subnets: { subnet: Cidr; argument: string }[],
  claims: SubnetClaim[],
  snapshot: EngineSnapshot | undefined,
  owner: Owner,
  { adopts, declared }: { adopts: readonly string[]; declared?: DeclaredNetworkOptions } = { adopts: [] },
): void {
  const own = snapshot?.networks.find((network) => network.name === name);
  if (own && !isOurs(own.labels, owner)) {
    const stack = own.labels[STACK_LABEL];
    if (stack !== undefined || !adopts.includes(name) || !declared)
      throw new ArgumentError(
        "name",
        say`a network named ${name} is there already and is not this stack's${stack === undefined ? "" : say` but that of ${stack}`}`,
        say`choose another name; to join that one, name it in the service's networks without a BridgeNetwork${stack === undefined ? say`, or use it as it is with \`${consent(name, adopts)}\`` : ""}`,
      );
    checkSameNetwork(own, declared);
  }
  for (const { subnet, argument } of subnets) {
    const fail = (other: string) =>
      new ArgumentError(
        argument,
        say`${subnet.text} overlaps ${other}`,
        say`choose a free block, for example from 172.16.0.0/12 or 10.0.0.0/8`,
      );
    const claim = claims.find((other) => overlaps(other.subnet, subnet));
    if (claim) throw fail(say`${claim.subnet.text} of the network ${claim.by}`);
    for (const network of snapshot?.networks ?? []) {
      if (network === own) continue;
      const other = network.subnets.find((text) => overlaps(lenient(text), subnet));
      if (other) throw fail(say`${other} of the network ${network.name} on the engine`);
    }
    const bridges = new Set(
      snapshot?.networks.map((network) => (network.name === "bridge" ? "docker0" : `br-${network.id.slice(0, 12)}`)),
    );
    // A network may name its bridge itself; the route to its own block is no other network.
    const known = new Set(snapshot?.networks.flatMap((network) => network.subnets));
    const route = snapshot?.routes.find(
      (candidate) =>
        !bridges.has(candidate.device) && !known.has(candidate.subnet.text) && overlaps(candidate.subnet, subnet),
    );
    if (route) throw fail(say`the host's route ${route.subnet.text} on ${route.device}`);
  }
}

/** The engine may report a block by one of its inner addresses. */
function lenient(text: string): Cidr {
  const [address = "", bits = "0"] = text.split("/");
  const version = address.includes(":") ? 6 : 4;
  const size = 1n << BigInt((version === 4 ? 32 : 128) - Number(bits));
  const number = addressNumber(address);
  const first = number - (number % size);
  return { text, version, first, last: first + size - 1n };
}
