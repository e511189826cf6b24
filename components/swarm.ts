import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { providerOf, sessionFor } from "../core/engines/dockerApi/session";
import { type Membership, initialised, type SwarmSettings } from "../core/engines/swarm/membership";
import { clientOf, swarmSessionFor } from "../core/engines/swarm/session";
import { parseCidr } from "../core/description/addresses";
import { ArgumentError, show } from "../core/description/errors";
import { parseInteger } from "../core/description/quantities";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link Swarm}. */
export interface SwarmArgs {
  /**
   * Address under which the other nodes reach this one: an IP address of its host, or the name of a network
   * interface, each with a port where it is not 2377.
   * @default the host's address, where it has only one
   */
  advertiseAddr?: string;
  /** Where managers listen to one another. @default "0.0.0.0:2377" */
  listenAddr?: string;
  /** Address, or interface, of the traffic between containers. @default the advertised one */
  dataPathAddr?: string;
  /** Blocks that overlay networks get their subnets from. @default ["10.0.0.0/8"] */
  defaultAddrPool?: string[];
  /** Bits of the subnets that are cut from them. @default 24 */
  subnetSize?: number;
}

/**
 * Makes the engine the first manager of a Swarm. Documented setup F1: `docker swarm init --advertise-addr IP`.
 *
 * It happens on `up` only, and only where the engine is in no swarm, so it may be applied as often as one likes, also
 * after somebody has left the swarm by hand. **Destroying the stack does not leave the swarm**: that would take every
 * service with it, those of other stacks too. `docker swarm leave --force` does.
 *
 * @example
 * const swarm = new Swarm("swarm", { advertiseAddr: "192.168.1.10" });
 * export const join = swarm.workerJoinCommand; // pulumi stack output join --show-secrets
 *
 * @throws pulumi.ResourceError where the engine is in another swarm, under another address, or only a worker
 */
export class Swarm extends pulumi.ComponentResource {
  /** Address and port of this manager, e.g. `192.168.1.10:2377`. */
  readonly managerAddress: pulumi.Output<string>;
  /** Addresses of all managers that this node knows. */
  readonly remoteManagers: pulumi.Output<string[]>;
  /** Secret: whoever has it can join. */
  readonly workerToken: pulumi.Output<string>;
  /** Secret: whoever has it can join as a manager. */
  readonly managerToken: pulumi.Output<string>;
  /** `docker swarm join --token ... 192.168.1.10:2377`; secret, as the token in it. */
  readonly workerJoinCommand: pulumi.Output<string>;
  /** The same for another manager; secret too. */
  readonly managerJoinCommand: pulumi.Output<string>;
  /** How many managers there are. */
  readonly managers: pulumi.Output<number>;

  constructor(name: string, args: SwarmArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("Swarm", name, args);
    const type = "berth:services:Swarm";
    const report = reporter(type, name);
    const session = sessionFor(providerOf(opts));
    const own = swarmSessionFor(session);
    const settings = report(() => {
      if (own.swarm)
        throw new ArgumentError("name", say`${own.swarm.by} makes a swarm of this engine too`, say`declare it once`);
      return check(args);
    });
    super(type, name, { ...args }, opts);

    const state = pulumi.output(0).apply(async () => {
      const client = clientOf(session, this);
      if (!client) return pulumi.unknown as unknown as Membership;
      try {
        return (
          (await initialised(client, settings, { name, preview: pulumi.runtime.isDryRun() })) ??
          (pulumi.unknown as unknown as Membership)
        );
      } catch (error) {
        if (error instanceof ArgumentError)
          return report<never>(() => {
            throw error;
          });
        throw new pulumi.ResourceError((error as Error).message, this, true);
      }
    });
    own.swarm = { by: name, ready: state };
    this.managerAddress = state.apply(({ address }) => address);
    this.remoteManagers = state.apply(({ remoteManagers }) => remoteManagers);
    this.managers = state.apply(({ managers }) => managers);
    this.workerToken = pulumi.secret(state.apply(({ tokens }) => tokens.worker));
    this.managerToken = pulumi.secret(state.apply(({ tokens }) => tokens.manager));
    const join = (token: pulumi.Output<string>) =>
      pulumi.interpolate`docker swarm join --token ${token} ${this.managerAddress}`;
    this.workerJoinCommand = join(this.workerToken);
    this.managerJoinCommand = join(this.managerToken);
    this.registerOutputs({ managerAddress: this.managerAddress });
  }
}

const HELP = say`use for example "192.168.1.10", "192.168.1.10:2377" or "eth0"`;

/** An IP address or an interface, with a port where `port` allows one. */
function address(value: string, argument: string, port = true): string {
  const [, host = "", given] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(isIP(value) === 6 ? `[${value}]` : value) ?? [];
  const plain = host.replace(/^\[(.*)\]$/, "$1");
  // Four numbers, or an IPv6 address: then it is no interface.
  const known = /^[\d.]+$|:/.test(plain) ? isIP(plain) > 0 : /^[a-zA-Z][\w.-]{0,14}$/.test(plain);
  if (!known || (given !== undefined && !port))
    throw new ArgumentError(
      argument,
      say`${show(value)} is not an address`,
      port ? HELP : say`use for example "192.168.1.10" or "eth0"`,
    );
  if (given !== undefined) parseInteger(given, argument, 1, 65535);
  return value;
}

function check({ advertiseAddr, listenAddr, dataPathAddr, defaultAddrPool, subnetSize }: SwarmArgs): SwarmSettings {
  if (["0.0.0.0", "::"].includes(advertiseAddr ?? ""))
    throw new ArgumentError("advertiseAddr", say`${advertiseAddr} is every address, and the others need one`, HELP);
  const pools = (defaultAddrPool ?? []).map((pool, index) => parseCidr(pool, `defaultAddrPool[${index}]`).text);
  if (subnetSize !== undefined) parseInteger(subnetSize, "subnetSize", 1, 29);
  for (const [index, pool] of pools.entries())
    if (Number(pool.split("/")[1]) > (subnetSize ?? 24))
      throw new ArgumentError(
        `defaultAddrPool[${index}]`,
        say`${pool} is smaller than one subnet of /${subnetSize ?? 24}`,
        say`give a larger block, or raise subnetSize`,
      );
  return {
    advertiseAddr: advertiseAddr === undefined ? undefined : address(advertiseAddr, "advertiseAddr"),
    listenAddr: listenAddr === undefined ? "0.0.0.0:2377" : address(listenAddr, "listenAddr"),
    dataPathAddr: dataPathAddr === undefined ? undefined : address(dataPathAddr, "dataPathAddr", false),
    defaultAddrPool: pools,
    subnetSize,
  };
}
