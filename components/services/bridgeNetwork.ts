import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { canonical } from "../engines/docker/container";
import { ownerLabels } from "../engines/docker/labels";
import { checkNetwork } from "../engines/docker/preflight";
import { sessionFor, toLabels } from "../engines/docker/session";
import { contains, parseAddress, parseCidr } from "../spec/addresses";
import { ArgumentError } from "../spec/errors";
import { parseName } from "../spec/names";
import { reporter } from "./report";
import { providerOf, withHook } from "./service";

export interface BridgeNetworkArgs {
  /** Name on the engine. @default the component's name */
  name?: string;
  /** IPv4 or IPv6 block, e.g. `192.168.0.0/16`. @default a free one that the engine picks */
  subnet?: string;
  /** Address of the host in that block. @default its first address */
  gateway?: string;
  /** Part of the subnet that containers get their addresses from. @default all of it */
  ipRange?: string;
  /** No way out of this network. @default false */
  internal?: boolean;
  /** Let containers outside this stack join too. @default false; on bridge networks Docker lets them anyway */
  attachable?: boolean;
  /** Driver options, e.g. `{ "com.docker.network.driver.mtu": "1400" }`. */
  options?: Record<string, string>;
  labels?: Record<string, string>;
}

/**
 * A user-defined bridge network. Containers on it find one another by name, without links.
 * Documented setups B1, B2. The note writes `--getway`; `--gateway` is meant.
 *
 * Changing the subnet makes the network anew: this stack's containers let go of it and join again,
 * they are not replaced.
 *
 * @example
 * // B1: docker network create --driver bridge --subnet 192.168.0.0/16 --gateway 192.168.0.1 mynet
 * const mynet = new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", gateway: "192.168.0.1" });
 * new Service("test1", { image: "busybox", command: ["sleep", "3600"], networks: [mynet.networkName] });
 *
 * @throws pulumi.ResourceError where a subnet overlaps another network or a route of the host
 */
export class BridgeNetwork extends pulumi.ComponentResource {
  /** Name on the engine, to be used in `networks` of services. */
  readonly networkName: string;
  readonly networkId: pulumi.Output<string>;
  readonly network: docker.Network;

  constructor(name: string, args: BridgeNetworkArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    const type = "berth:services:BridgeNetwork";
    const session = sessionFor(providerOf(opts));
    const networkName = reporter(type, name)(() => check(name, args));
    const inputs = {
      name: networkName,
      subnet: args.subnet,
      gateway: args.gateway,
      ipRange: args.ipRange,
      internal: args.internal,
      attachable: args.attachable,
      options: args.options,
      labels: args.labels,
    };
    super(type, name, inputs, {
      ...opts,
      hooks: withHook(opts.hooks, session.hooks?.releaseNetwork),
    });

    this.networkName = networkName;
    this.network = new docker.Network(
      name,
      {
        name: networkName,
        driver: "bridge",
        // Without it the engine passes over a block of IPv6.
        ipv6: args.subnet?.includes(":") || undefined,
        internal: args.internal,
        attachable: args.attachable,
        options: args.options,
        ipamConfigs: args.subnet ? [{ subnet: args.subnet, gateway: args.gateway, ipRange: args.ipRange }] : undefined,
        labels: toLabels({ ...args.labels, ...ownerLabels(session.owner) }),
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        // As with containers, what was declared decides: the engine adds blocks of its own, and the provider overlooks removals.
        replacementTrigger: JSON.stringify(canonical(inputs)),
        ignoreChanges: ["driver", "ipv6", "internal", "attachable", "options", "ipamConfigs", "labels"],
        hooks: session.hooks && { beforeCreate: [session.hooks.reclaimNetwork] },
      },
    );
    this.networkId = this.network.id;
    session.networks.set(networkName, { id: this.network.id, resource: this.network });
    this.registerOutputs({});

    function check(logicalName: string, given: BridgeNetworkArgs): string {
      const result = parseName(given.name ?? logicalName, "name");
      if (["bridge", "host", "none"].includes(result))
        throw new ArgumentError("name", `${result} is a network of Docker's own`, "choose another name");
      if (session.networks.has(result))
        throw new ArgumentError("name", `${result} is declared twice`, "declare each network once and share it");
      const subnet = given.subnet === undefined ? undefined : parseCidr(given.subnet, "subnet");
      for (const field of ["gateway", "ipRange"] as const) {
        if (given[field] !== undefined && !subnet)
          throw new ArgumentError(field, "needs a subnet to lie in", "set subnet too");
      }
      if (given.gateway !== undefined) {
        parseAddress(given.gateway, "gateway");
        if (!contains(subnet!, given.gateway))
          throw new ArgumentError(
            "gateway",
            `${given.gateway} is outside the subnet ${subnet!.text}`,
            "choose an address inside it",
          );
      }
      if (given.ipRange !== undefined) {
        const range = parseCidr(given.ipRange, "ipRange");
        if (range.first < subnet!.first || range.last > subnet!.last)
          throw new ArgumentError(
            "ipRange",
            `${range.text} is outside the subnet ${subnet!.text}`,
            "choose a block inside it",
          );
      }
      checkNetwork(
        result,
        subnet ? [{ subnet, argument: "subnet" }] : [],
        session.subnets,
        session.snapshot,
        session.owner,
      );
      if (subnet) session.subnets.push({ subnet, by: result });
      return result;
    }
  }
}
