import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../description/errors";
import { say } from "../../description/say";
import type { EngineClient } from "../dockerApi/connection/client";

/** How a swarm begins; addresses are checked already. */
export interface SwarmSettings {
  advertiseAddr?: string;
  listenAddr: string;
  dataPathAddr?: string;
  /** Empty: the engine's own. */
  defaultAddrPool: string[];
  subnetSize?: number;
}

/** A manager as the next node needs to know it. */
export interface Membership {
  /** With its port. */
  address: string;
  remoteManagers: string[];
  managers: number;
  tokens: { worker: string; manager: string };
}

interface Info {
  Swarm: {
    NodeID: string;
    NodeAddr: string;
    LocalNodeState: string;
    ControlAvailable: boolean;
    Error: string;
    RemoteManagers: { NodeID: string; Addr: string }[] | null;
    Managers?: number;
  };
}
interface Cluster {
  JoinTokens: { Worker: string; Manager: string };
  DefaultAddrPool?: string[] | null;
  SubnetSize?: number;
}

/** Managers that a swarm needs to go on without one of them. */
const ENOUGH = 3;

/** Making keys and electing a leader takes a moment. */
const TIMEOUT = 60_000;

/**
 * Makes an engine the first manager of a swarm where it is in none.
 *
 * @param preview only say what would be done
 * @returns undefined on a preview of an engine that is in no swarm yet
 * @throws ArgumentError where it is in a swarm otherwise than asked for
 */
export async function initialised(
  client: EngineClient,
  settings: SwarmSettings,
  { name, preview }: { name: string; preview: boolean },
): Promise<Membership | undefined> {
  let { Swarm: swarm } = await client.request<Info>("GET", "/info");
  if (swarm.LocalNodeState === "inactive") {
    if (preview) {
      const at = settings.advertiseAddr === undefined ? "" : `, at ${settings.advertiseAddr}`;
      await pulumi.log.info(say`${name}: up makes this engine the first manager of a swarm${at}.`);
      return undefined;
    }
    await client.request("POST", "/swarm/init", initRequest(settings), TIMEOUT);
    ({ Swarm: swarm } = await client.request<Info>("GET", "/info"));
  } else checkMember(swarm, settings.advertiseAddr);
  const { JoinTokens, DefaultAddrPool, SubnetSize } = await client.request<Cluster>("GET", "/swarm");
  checkPool(settings, DefaultAddrPool ?? [], SubnetSize);
  const remote = swarm.RemoteManagers ?? [];
  const managers = swarm.Managers ?? remote.length;
  if (managers < ENOUGH) await pulumi.log.warn(say`${name}: ${fewManagers(managers)}`);
  return {
    address: remote.find(({ NodeID }) => NodeID === swarm.NodeID)?.Addr ?? `${swarm.NodeAddr}:2377`,
    remoteManagers: remote.map(({ Addr }) => Addr),
    managers,
    tokens: { worker: JoinTokens.Worker, manager: JoinTokens.Manager },
  };
}

function initRequest({ advertiseAddr, listenAddr, dataPathAddr, defaultAddrPool, subnetSize }: SwarmSettings): object {
  return {
    AdvertiseAddr: advertiseAddr,
    ListenAddr: listenAddr,
    DataPathAddr: dataPathAddr,
    DefaultAddrPool: defaultAddrPool.length ? defaultAddrPool : undefined,
    SubnetSize: subnetSize,
    Spec: {},
  };
}

function checkMember(swarm: Info["Swarm"], advertiseAddr = ""): void {
  const { LocalNodeState: state, ControlAvailable, NodeAddr, Error: problem } = swarm;
  const leave = say`name another engine, or leave that swarm with \`docker swarm leave --force\`, which ends what it runs here`;
  if (state !== "active")
    throw new ArgumentError(
      "engine",
      say`this engine's swarm is ${state}${problem ? ` (${problem})` : ""}`,
      state === "locked" ? say`unlock it with \`docker swarm unlock\`` : leave,
    );
  if (!ControlAvailable)
    throw new ArgumentError(
      "engine",
      say`this engine is a worker of a swarm`,
      say`promote it on a manager with \`docker node promote\`, ${leave}`,
    );
  const host = advertiseAddr.replace(/^\[(.*)\](:\d+)?$/, "$1");
  const asked = isIP(host) ? host : host.replace(/:\d+$/, "");
  // The name of an interface says nothing about the address that it had then.
  if (isIP(asked) && asked !== NodeAddr)
    throw new ArgumentError(
      "advertiseAddr",
      say`this engine is in a swarm already, at ${NodeAddr}`,
      say`set ${NodeAddr}, ${leave}`,
    );
}

function checkPool({ defaultAddrPool, subnetSize }: SwarmSettings, live: string[], liveSize = 24): void {
  const differs = defaultAddrPool.length > 0 && defaultAddrPool.join() !== live.join();
  if (differs || (subnetSize !== undefined && subnetSize !== liveSize))
    throw new ArgumentError(
      differs ? "defaultAddrPool" : "subnetSize",
      say`this swarm was made with ${live.join(", ") || "10.0.0.0/8"} in subnets of /${liveSize}, which cannot be changed`,
      say`set the same, or remove it`,
    );
}

function fewManagers(managers: number): string {
  const loss =
    managers === 1
      ? say`there is one manager: while it is down nothing can be changed, and tasks of lost nodes stay lost`
      : say`there are two managers, which is no safer than one: while either is down nothing can be changed`;
  return say`${loss}. Three go on without one of them; join others with the output managerJoinCommand.`;
}
