import * as pulumi from "@pulumi/pulumi";
import { addressNumber } from "../../description/addresses";
import { say, withoutStop } from "../../description/say";
import { LIMITS } from "../../mapping/docker";
import { isOurs, labelFilter, type Owner, ownerLabels, SERVICE_LABEL } from "../owner";
import { type EngineClient, EngineError, ignoreMissing } from "./connection/client";
import { hasOtherLimits, type Limits, type LiveLimits, liveLimits, otherLimits } from "./limits";
import { standing } from "./predecessors";
import type { EngineSnapshot } from "./snapshot";

/** A network as a service's component keeps it in the state. */
export interface JoinedNetwork {
  name: string;
  /** Changes when the network is made anew. */
  id?: string;
  aliases?: string[];
  ipv4Address?: string;
  ipv6Address?: string;
  linkLocalIps?: string[];
  macAddress?: string;
  driverOpts?: Record<string, string>;
  gwPriority?: number;
}

/** The part of a service's inputs that Docker can change on a living container but the provider cannot. */
export interface InPlace extends Limits {
  containerName: string;
  joined?: JoinedNetwork[];
}

/** A container's place on a network, as the engine says it. */
export interface Endpoint {
  NetworkID: string;
  Aliases?: string[] | null;
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] | null } | null;
  DriverOpts?: Record<string, string> | null;
  GwPriority?: number;
}

interface Living {
  Id: string;
  Name: string;
  Config: { Labels: Record<string, string> | null };
  HostConfig?: { NetworkMode?: string } & LiveLimits;
  NetworkSettings: { Networks: Record<string, Endpoint> };
}

/** What is to be known of a program for changing what lives. */
export interface Program {
  readonly owner: Owner;
  readonly snapshot?: EngineSnapshot;
  /** Logical names of the services that it declares. */
  readonly names: ReadonlySet<string>;
  /** What it declares of each, by logical name, as far as that is known at once. */
  readonly places: ReadonlyMap<string, InPlace>;
  /** Networks that it declares, by name: nobody else has a reason to join containers to them. */
  readonly networks: ReadonlyMap<string, unknown>;
}

/** What of a container is compared with its description. */
export interface Live {
  name: string;
  networks: Record<string, Endpoint>;
  /** host, none and container:<name> can neither be left nor joined; such a container is replaced. */
  fixed: boolean;
  /** Undefined where nobody has looked. */
  limits?: LiveLimits;
}

/** How a container differs from its description, as far as it can be changed in place. */
export interface Difference {
  /** Its name, where that is another one. */
  name?: string;
  limits: boolean;
  missing: JoinedNetwork[];
  /** Networks of the stack that it is on and does not declare. */
  strange: string[];
}

/** The network of a container that names none. */
export const networksOf = ({ joined = [] }: InPlace): JoinedNetwork[] =>
  joined.length ? joined : [{ name: "bridge" }];

const isFixed = ({ HostConfig, NetworkSettings: { Networks } }: Living) =>
  "host" in Networks || "none" in Networks || Boolean(HostConfig?.NetworkMode?.startsWith("container:"));

const sameAddress = (one: string | undefined, other: string | undefined) =>
  !one || !other ? !one && !other : addressNumber(one) === addressNumber(other);

/** Whether a container is on a network with all that is declared, whatever it has beside that. */
export const hasJoined = (endpoint: Endpoint | undefined, { id, ...target }: JoinedNetwork): boolean =>
  endpoint !== undefined &&
  (id === undefined || endpoint.NetworkID === id) &&
  (!target.ipv4Address || sameAddress(endpoint.IPAMConfig?.IPv4Address, target.ipv4Address)) &&
  (!target.ipv6Address || sameAddress(endpoint.IPAMConfig?.IPv6Address, target.ipv6Address)) &&
  // Lists of containers leave them out.
  (!endpoint.Aliases || (target.aliases ?? []).every((alias) => endpoint.Aliases!.includes(alias)));

/** Compares a container with what is declared of it. */
export function difference(
  live: Live,
  declared: InPlace,
  { networks, snapshot }: Pick<Program, "networks" | "snapshot">,
): Difference {
  // Not every engine calls its default network so.
  const targets =
    declared.joined?.length || snapshot?.networks.some(({ name }) => name === "bridge") ? networksOf(declared) : [];
  return {
    name: live.name === declared.containerName ? undefined : live.name,
    limits: live.limits !== undefined && hasOtherLimits(live.limits, declared),
    missing: live.fixed ? [] : targets.filter((target) => !hasJoined(live.networks[target.name], target)),
    strange: live.fixed
      ? []
      : Object.keys(live.networks).filter((name) => networks.has(name) && without(declared)(name)),
  };
}

/** Steps on the engine, each with its way back. */
class Steps {
  private readonly back: (() => Promise<unknown>)[] = [];

  async take(step: Promise<unknown>, back: () => Promise<unknown>): Promise<void> {
    await step;
    this.back.unshift(back);
  }

  /** @returns what could not be taken back */
  async takeBack(): Promise<string[]> {
    const failures: string[] = [];
    for (const step of this.back) await step().catch((error: Error) => void failures.push(error.message));
    return failures;
  }
}

/**
 * Changes living containers as far as Docker can: their names, networks and limits. A change happens as a
 * whole or not at all. Where another service of the program has a name or an address that it is to give up, it does so
 * in the same change.
 */
export class Reconciler {
  /** One change at a time: two services may want each other's addresses. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly program: Program,
    private readonly engine: () => EngineClient,
  ) {}

  /**
   * Brings a service's container from the old to the new description.
   *
   * @throws Error where the engine refuses; then everything is as it was
   */
  change(service: string, before: InPlace, after: InPlace): Promise<void> {
    const same = (...keys: (keyof InPlace)[]) =>
      keys.every((key) => JSON.stringify(before[key] ?? []) === JSON.stringify(after[key] ?? []));
    const limits = !same(...(Object.keys(LIMITS) as (keyof Limits)[]));
    const joins = !same("joined");
    if (same("containerName") && !joins && !limits) return Promise.resolve();
    return this.inTurn(
      () => this.living(service),
      async (live, steps) => {
        // The only one that can be taken away: a container with others less is made anew.
        if (limits) await this.limit(live, { ...after, pidsLimit: after.pidsLimit ?? 0 }, steps);
        if (joins) {
          const old = (target: JoinedNetwork) => before.joined?.find(({ name }) => name === target.name) ?? target;
          await this.join(live, networksOf(after), steps, (target) => settings(old(target)) !== settings(target));
          const declared = networksOf(before).map(({ name }) => name);
          await this.leave(live, declared.filter(without(after)), steps);
        }
        await this.rename(live, after.containerName, steps);
      },
    );
  }

  /**
   * Puts right what somebody has changed on a container by hand, and what a change that was cut off has left.
   *
   * @returns how it differed
   */
  async repair(id: string, declared: InPlace): Promise<Difference | undefined> {
    const compare = (living: Living) => difference(liveOf(living), declared, this.program);
    const found = await this.inspect(id);
    if (!found || isNone(compare(found))) return undefined;
    let result: Difference | undefined;
    await this.inTurn(
      () => this.inspect(id),
      async (live, steps) => {
        result = compare(live);
        const { limits, missing, strange } = result;
        if (limits) await this.limit(live, declared, steps);
        await this.join(live, missing, steps);
        await this.leave(live, strange, steps);
        await this.rename(live, declared.containerName, steps);
      },
    );
    return result;
  }

  /** Runs a change of a container, where there is one, and takes it back where it fails. */
  private inTurn(
    find: () => Promise<Living | undefined>,
    change: (live: Living, steps: Steps) => Promise<void>,
  ): Promise<void> {
    const result = this.turn.then(async () => {
      const live = await find();
      // One that is gone is made from the new description.
      if (!live) return;
      const steps = new Steps();
      try {
        await change(live, steps);
      } catch (error) {
        const left = await steps.takeBack();
        const state = left.length ? say`it is not as it was (${left.join(say`; `)})` : say`it is as it was`;
        throw new Error(say`${nameOf(live)} cannot be changed: ${withoutStop((error as Error).message)}; ${state}.`);
      }
    });
    this.turn = result.catch(() => {});
    return result;
  }

  /** A service's container, whatever it is called. */
  private async living(service: string): Promise<Living | undefined> {
    const filters = labelFilter(ownerLabels(this.program.owner, service));
    const found = await this.engine().request<{ Id: string; Names: string[] }[]>(
      "GET",
      `/containers/json?all=1&filters=${filters}`,
    );
    const one = standing(found.map(({ Id, Names: [name = ""] }) => ({ id: Id, name: name.replace(/^\//, "") })));
    return one && this.inspect(one.id);
  }

  private inspect(key: string): Promise<Living | undefined> {
    return this.engine().find<Living>(`/containers/${encodeURIComponent(key)}/json`);
  }

  private async limit({ Id, Name, HostConfig }: Living, to: Limits, steps: Steps): Promise<void> {
    const found = liveLimits(HostConfig);
    const changes = otherLimits(found, to);
    if (Object.keys(changes).length === 0) return;
    const update = async (body: object) => {
      const said = await this.engine().request<{ Warnings?: string[] | null } | undefined>(
        "POST",
        `/containers/${Id}/update`,
        body,
      );
      for (const warning of said?.Warnings ?? []) await pulumi.log.warn(say`${Name.replace(/^\//, "")}: ${warning}`);
    };
    const before = Object.fromEntries(Object.keys(changes).map((word) => [word, found[word as keyof LiveLimits] ?? 0]));
    try {
      await steps.take(update(changes), () => update(before));
    } catch (error) {
      // Between `cpus` and period/quota Docker cannot change over; that change replaces the container.
      if (!(error instanceof EngineError && /conflicting/i.test(error.message))) throw error;
    }
  }

  /** Has a container join networks, anew where it is there already but not as declared. */
  private async join(
    live: Living,
    targets: JoinedNetwork[],
    steps: Steps,
    isChanged: (target: JoinedNetwork) => boolean = () => false,
  ): Promise<void> {
    if (isFixed(live)) return;
    const changed = targets.filter((target) => {
      const endpoint = live.NetworkSettings.Networks[target.name];
      return !hasJoined(endpoint, target) || (isChanged(target) && !isExactly(live, target));
    });
    // All of them first: where one cannot be had, nothing has been touched.
    for (const target of changed) await this.holder(live, target);
    for (const target of changed) await this.seat(live, target, steps);
  }

  /** Gives a container its place on a network, and whoever had the address his own. */
  private async seat(live: Living, target: JoinedNetwork, steps: Steps): Promise<void> {
    const holder = await this.holder(live, target);
    await this.leave(live, [target.name], steps);
    if (holder) await this.leave(holder.live, [target.name], steps);
    await steps.take(this.connect(live.Id, target), () => this.disconnect(live.Id, target.name));
    if (holder?.target) await this.seat(holder.live, holder.target, steps);
  }

  /**
   * Who has the address that a container is to have, if somebody has.
   *
   * @throws Error where it is not the program's to take
   */
  private async holder(
    { Id }: Living,
    { name, ipv4Address, ipv6Address }: JoinedNetwork,
  ): Promise<{ live: Living; target?: JoinedNetwork } | undefined> {
    if (!ipv4Address && !ipv6Address) return undefined;
    const network = await this.engine().find<{
      Containers?: Record<string, { IPv4Address?: string; IPv6Address?: string }> | null;
    }>(`/networks/${encodeURIComponent(name)}`);
    const has = (found: string | undefined, wanted: string | undefined) =>
      Boolean(found && wanted) && sameAddress(found!.split("/")[0], wanted);
    const [id, seat] =
      Object.entries(network?.Containers ?? {}).find(
        ([other, found]) =>
          other !== Id && (has(found.IPv4Address, ipv4Address) || has(found.IPv6Address, ipv6Address)),
      ) ?? [];
    const live = id && (await this.inspect(id));
    if (!live) return undefined;
    const service = this.serviceOf(live);
    // Pulumi is about to delete it.
    if (service && !this.program.names.has(service)) return { live };
    const place = service ? this.program.places.get(service) : undefined;
    const target = place?.joined?.find((network) => network.name === name);
    if (!place || has(seat!.IPv4Address, target?.ipv4Address) || has(seat!.IPv6Address, target?.ipv6Address))
      throw new Error(
        say`networks: the address ${[ipv4Address, ipv6Address].filter(Boolean).join(", ")} on ${name} is taken by the container ${nameOf(live)}; choose another one`,
      );
    return { live, target };
  }

  private serviceOf({ Config: { Labels } }: Living): string | undefined {
    return isOurs(Labels, this.program.owner) ? Labels?.[SERVICE_LABEL] : undefined;
  }

  private async leave(live: Living, networks: string[], steps: Steps): Promise<void> {
    if (isFixed(live)) return;
    for (const name of networks) {
      const endpoint = live.NetworkSettings.Networks[name];
      if (!endpoint) continue;
      const { Aliases, IPAMConfig, DriverOpts, GwPriority } = endpoint;
      const config = {
        Aliases: Aliases?.filter((alias) => !live.Id.startsWith(alias)),
        IPAMConfig,
        DriverOpts,
        GwPriority,
      };
      await steps.take(this.disconnect(live.Id, name), () => this.connectAs(live.Id, name, config));
      delete live.NetworkSettings.Networks[name];
    }
  }

  private connect(id: string, { name, ipv4Address, ipv6Address, linkLocalIps, ...target }: JoinedNetwork) {
    return this.connectAs(id, name, {
      Aliases: target.aliases,
      MacAddress: target.macAddress,
      DriverOpts: target.driverOpts,
      GwPriority: target.gwPriority,
      IPAMConfig: { IPv4Address: ipv4Address, IPv6Address: ipv6Address, LinkLocalIPs: linkLocalIps },
    });
  }

  private connectAs(Container: string, network: string, EndpointConfig: object): Promise<unknown> {
    const path = `/networks/${encodeURIComponent(network)}/connect`;
    return this.engine().request("POST", path, { Container, EndpointConfig });
  }

  private disconnect(Container: string, network: string): Promise<unknown> {
    const path = `/networks/${encodeURIComponent(network)}/disconnect`;
    return this.engine().request("POST", path, { Container, Force: true }).catch(ignoreMissing);
  }

  /** @returns whether it had another name */
  private async rename(live: Living, name: string, steps: Steps): Promise<boolean> {
    const old = nameOf(live);
    if (old === name) return false;
    const holder = await this.inspect(name);
    const service = holder && this.serviceOf(holder);
    const place = service ? this.program.places.get(service) : undefined;
    const call = (id: string, to: string) =>
      this.engine().request("POST", `/containers/${id}/rename?name=${encodeURIComponent(to)}`);
    // Whoever gives the name up, or is about to be deleted, is called by its id meanwhile.
    const gives = service && (!this.program.names.has(service) || (place && place.containerName !== name));
    if (holder && gives)
      await steps.take(call(holder.Id, `${name}-${holder.Id.slice(0, 12)}`), () => call(holder.Id, name));
    await steps.take(call(live.Id, name), () => call(live.Id, old));
    live.Name = `/${name}`;
    if (holder && gives && place) {
      holder.Name = `/${name}-${holder.Id.slice(0, 12)}`;
      await this.rename(holder, place.containerName, steps);
    }
    return true;
  }
}

const liveOf = (living: Living): Live => ({
  name: nameOf(living),
  networks: living.NetworkSettings.Networks,
  fixed: isFixed(living),
  limits: living.HostConfig && liveLimits(living.HostConfig),
});
export const isNone = ({ name, limits, missing, strange }: Difference): boolean =>
  name === undefined && !limits && missing.length + strange.length === 0;
const nameOf = ({ Name }: Living) => Name.replace(/^\//, "");
const without = (place: InPlace) => (name: string) => !networksOf(place).some((network) => network.name === name);
const settings = ({ id: _, ...rest }: JoinedNetwork) => JSON.stringify(Object.entries(rest).sort());

/** Whether a container is on a network as declared and in no other way. */
function isExactly({ Id, Name, NetworkSettings }: Living, target: JoinedNetwork): boolean {
  const { Aliases, IPAMConfig, DriverOpts, GwPriority = 0 } = NetworkSettings.Networks[target.name]!;
  const own = [...(target.aliases ?? []), Name.replace(/^\//, ""), Id.slice(0, 12)];
  const pairs = (record: object | null | undefined) => JSON.stringify(Object.entries(record ?? {}).sort());
  return (
    target.macAddress === undefined &&
    (Aliases ?? []).every((alias) => own.includes(alias)) &&
    sameAddress(IPAMConfig?.IPv4Address, target.ipv4Address) &&
    sameAddress(IPAMConfig?.IPv6Address, target.ipv6Address) &&
    pairs(IPAMConfig?.LinkLocalIPs) === pairs(target.linkLocalIps) &&
    pairs(DriverOpts) === pairs(target.driverOpts) &&
    GwPriority === (target.gwPriority ?? 0)
  );
}
