import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { canonical } from "../core/description/digest";
import { say } from "../core/description/say";
import { chosenEngine, refuseOnKubernetes } from "../core/engines/engine";
import { isOurs, LIFE_LABEL, ownerLabels } from "../core/engines/owner";
import { checkNetwork } from "../core/engines/dockerApi/preflight";
import { providerOf, type Session, sessionFor, toLabels } from "../core/engines/dockerApi/session";
import { checkManager } from "../core/engines/swarm/checks";
import { swarmSessionFor } from "../core/engines/swarm/session";
import { ArgumentError } from "../core/description/errors";
import { checkDefinition } from "../core/mapping/networks";
import { type ArgumentNames, type ReportSource, reporter } from "../core/pulumi/componentErrors";
import { withHooks } from "./service";

/** A block of addresses of a network (Compose `ipam.config`). */
export interface AddressBlock {
  /** IPv4 or IPv6 block, e.g. `192.168.0.0/16`. @default a free one that the engine picks */
  subnet?: string;
  /** Address of the host in that block. @default its first address */
  gateway?: string;
  /** Part of the subnet that containers get their addresses from. @default all of it */
  ipRange?: string;
  /** Addresses that no container gets, by host name. */
  auxAddresses?: Record<string, string>;
}

/** Arguments of {@link Network}. */
export interface NetworkArgs {
  /** Name on the engine. @default the component's name */
  name?: string;
  /** `bridge`, `macvlan`, `ipvlan`, ... @default "bridge" */
  driver?: string;
  /** Driver options, e.g. `{ "com.docker.network.driver.mtu": "1400" }`. */
  options?: Record<string, string>;
  /** Where addresses come from. */
  ipam?: { driver?: string; config?: AddressBlock[]; options?: Record<string, string> };
  /** Give IPv6 addresses too. @default true where a block of IPv6 is given */
  enableIpv6?: boolean;
  /** No way out of this network. @default false */
  internal?: boolean;
  /** Let containers outside this stack join too. @default false; on bridge networks Docker lets them anyway */
  attachable?: boolean;
  /** Labels of the network, beside those of berth. */
  labels?: Record<string, string>;
}

/**
 * A user-defined network of any driver (Compose top-level `networks`). For the usual bridge with one block of
 * addresses there is `BridgeNetwork`.
 *
 * Changing it makes the network anew: this stack's containers let go of it and join again, they are not
 * replaced.
 *
 * @example
 * new Network("lan", { driver: "macvlan", options: { parent: "eth0" }, ipam: { config: [{ subnet: "10.1.0.0/24" }] } });
 *
 * @throws pulumi.ResourceError where a subnet overlaps another network or a route of the host
 */
export class Network extends pulumi.ComponentResource {
  /** Name on the engine, to be used in `networks` of services. */
  readonly networkName: string;
  /** Id on the engine. */
  readonly networkId: pulumi.Output<string>;
  /** The resource itself, for what this component does not show. */
  readonly network: docker.Network;

  constructor(
    name: string,
    args: NetworkArgs = {},
    opts: pulumi.ComponentResourceOptions = {},
    type = "berth:services:Network",
    names: ArgumentNames = {},
    inputs: Record<string, unknown> = { ...args },
    source?: ReportSource,
  ) {
    if (type === "berth:services:Network" && !source) checkGiven("Network", name, args);
    const session = sessionFor(providerOf(opts));
    const networkName = reporter(type, name, names, source)(() => check(name, args, session, type));
    const declared = { ...inputs, name: networkName };
    super(type, name, declared, { ...opts, hooks: withHooks(opts.hooks, [session.hooks?.releaseNetwork]) });

    const live = session.snapshot?.networks.find((network) => network.name === networkName);
    this.networkName = networkName;
    // With consent, which the check has asked for. It is read and never made, changed or removed.
    if (live && !isOurs(live.labels, session.owner)) {
      this.network = docker.Network.get(name, live.id, undefined, { parent: this });
      // The SDK takes the id for unknown in a preview where the CLI is older than 3.276.
      this.networkId = this.network.urn.apply(() => live.id);
      session.networks.set(networkName, { id: this.networkId, resource: this.network, driver: live.driver });
      this.registerOutputs({});
      return;
    }

    const life = session.life(live);
    const blocks = args.ipam?.config ?? [];
    const spansNodes = args.driver === "overlay" ? swarmSessionFor(session).swarm : undefined;
    this.network = new docker.Network(
      name,
      {
        name: spansNodes && !pulumi.runtime.isDryRun() ? spansNodes.ready.apply(() => networkName) : networkName,
        driver: args.driver ?? "bridge",
        // Without it the engine passes over a block of IPv6.
        ipv6: args.enableIpv6 ?? (blocks.some(({ subnet }) => subnet?.includes(":")) || undefined),
        internal: args.internal,
        attachable: args.attachable,
        options: args.options,
        ipamDriver: args.ipam?.driver,
        ipamOptions: args.ipam?.options,
        ipamConfigs: blocks.length
          ? blocks.map(({ subnet, gateway, ipRange, auxAddresses }) => ({
              subnet,
              gateway,
              ipRange,
              auxAddress: auxAddresses,
            }))
          : undefined,
        labels: toLabels({
          ...args.labels,
          ...ownerLabels(session.owner),
          ...(life ? { [LIFE_LABEL]: life } : {}),
        }),
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        // As with containers, what was declared decides: the engine adds blocks of its own, and the provider overlooks removals.
        replacementTrigger: JSON.stringify(canonical(declared)) + (life ? ` ${life}` : ""),
        ignoreChanges: [
          "driver",
          "ipv6",
          "internal",
          "attachable",
          "options",
          "ipamDriver",
          "ipamOptions",
          "ipamConfigs",
          "labels",
        ],
        hooks: session.hooks && { beforeCreate: [session.hooks.reclaimNetwork] },
      },
    );
    this.networkId = this.network.id;
    session.networks.set(networkName, {
      id: this.network.id,
      resource: this.network,
      driver: args.driver ?? "bridge",
    });
    this.registerOutputs({});
  }
}

function check(logicalName: string, args: NetworkArgs, session: Session, type: string): string {
  refuseOnKubernetes("networks", say`pods are on the one network of their cluster`);
  const { name, subnets } = checkDefinition({ ...args, name: args.name ?? logicalName });
  if (session.networks.has(name))
    throw new ArgumentError("name", say`${name} is declared twice`, say`declare each network once and share it`);
  if (args.driver === "overlay") {
    const inSwarm = type.endsWith(":OverlayNetwork") || chosenEngine() === "swarm" || session.snapshot?.swarm?.manager;
    if (!inSwarm)
      throw new ArgumentError(
        "driver",
        say`overlay makes no network of a single engine's own`,
        say`use bridge, or a Swarm`,
      );
    if (!swarmSessionFor(session).swarm) checkManager(session.snapshot);
  }
  session.checkConsentLast();
  const blocks = args.ipam?.config ?? [];
  const declared = {
    driver: args.driver,
    subnets: subnets.map(({ subnet }) => subnet.text),
    gateways: blocks.flatMap(({ gateway }) => gateway ?? []),
    ipRanges: blocks.flatMap(({ ipRange }) => ipRange ?? []),
    internal: args.internal,
    ipv6: args.enableIpv6,
    options: args.options,
  };
  checkNetwork(name, subnets, session.subnets, session.snapshot, session.owner, { adopts: session.adopts, declared });
  session.subnets.push(...subnets.map(({ subnet }) => ({ subnet, by: name })));
  return name;
}
