import { type EngineClient, EngineError } from "./connection/client";

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
export interface InPlace {
  containerName: string;
  joined?: JoinedNetwork[];
  cpus?: number;
  cpuPeriod?: number;
  cpuQuota?: number;
}

interface LiveState {
  Id: string;
  HostConfig?: { NetworkMode?: string };
  NetworkSettings: {
    Networks: Record<
      string,
      { NetworkID: string; Aliases: string[] | null; IPAMConfig: { IPv4Address?: string; IPv6Address?: string } | null }
    >;
  };
}

/**
 * Brings the living container from the old to the new description, as far as Docker can change it in place.
 * A container that is gone, or will be replaced anyway, needs nothing: it is made from the new description.
 */
export async function reconcile(engine: () => EngineClient, before: InPlace, after: InPlace): Promise<void> {
  const renamed = before.containerName !== after.containerName;
  const joins = JSON.stringify(before.joined ?? []) !== JSON.stringify(after.joined ?? []);
  const limits =
    before.cpus !== after.cpus || before.cpuPeriod !== after.cpuPeriod || before.cpuQuota !== after.cpuQuota;
  if (!renamed && !joins && !limits) return;

  const client = engine();
  // An interrupted apply may have renamed it already.
  const find = (name: string) => client.find<LiveState>(`/containers/${encodeURIComponent(name)}/json`);
  const live = (await find(before.containerName)) ?? (await find(after.containerName));
  if (!live) return;

  if (joins) await changeNetworks(client, live, before.joined ?? [], after.joined ?? []);
  if (limits && (after.cpus ?? after.cpuPeriod ?? after.cpuQuota) !== undefined) {
    try {
      await client.request("POST", `/containers/${live.Id}/update`, {
        NanoCpus: after.cpus,
        CpuPeriod: after.cpuPeriod,
        CpuQuota: after.cpuQuota,
      });
    } catch (error) {
      // Between `cpus` and period/quota Docker cannot change over; that change replaces the container.
      if (!(error instanceof EngineError && /conflicting/i.test(error.message))) throw error;
    }
  }
  if (renamed)
    await client.request("POST", `/containers/${live.Id}/rename?name=${encodeURIComponent(after.containerName)}`);
}

async function changeNetworks(
  client: EngineClient,
  live: LiveState,
  before: JoinedNetwork[],
  after: JoinedNetwork[],
): Promise<void> {
  const endpoints = live.NetworkSettings.Networks;
  // host, none and container:<name> cannot be left or joined; the container is replaced.
  if ("host" in endpoints || "none" in endpoints || live.HostConfig?.NetworkMode?.startsWith("container:")) return;
  const targets = after.length ? after : [{ name: "bridge" } as JoinedNetwork];
  const settings = ({ id: _id, ...rest }: JoinedNetwork) => JSON.stringify(rest);
  for (const target of targets) {
    const endpoint = endpoints[target.name];
    const old = before.find((network) => network.name === target.name);
    const stale =
      endpoint &&
      ((target.id !== undefined && endpoint.NetworkID !== target.id) ||
        (old !== undefined && settings(old) !== settings(target)));
    if (endpoint && !stale) continue;
    if (endpoint)
      await client
        .request("POST", `/networks/${encodeURIComponent(target.name)}/disconnect`, { Container: live.Id, Force: true })
        .catch(ignoreMissing);
    await client.request("POST", `/networks/${encodeURIComponent(target.name)}/connect`, {
      Container: live.Id,
      EndpointConfig: {
        Aliases: target.aliases,
        MacAddress: target.macAddress,
        DriverOpts: target.driverOpts,
        GwPriority: target.gwPriority,
        IPAMConfig: {
          IPv4Address: target.ipv4Address,
          IPv6Address: target.ipv6Address,
          LinkLocalIPs: target.linkLocalIps,
        },
      },
    });
  }
  // New networks first, so that the container is never without one.
  for (const name of Object.keys(endpoints)) {
    const declared = before.length ? before.some((network) => network.name === name) : name === "bridge";
    if (!targets.some((target) => target.name === name) && declared) {
      await client
        .request("POST", `/networks/${encodeURIComponent(name)}/disconnect`, { Container: live.Id, Force: true })
        .catch(ignoreMissing);
    }
  }
}

export function ignoreMissing(error: unknown): void {
  if (!(error instanceof EngineError && error.status === 404)) throw error;
}
