import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { Network } from "./network";

/** Arguments of {@link BridgeNetwork}. */
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
  /** Labels of the network, beside those of berth. */
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
export class BridgeNetwork extends Network {
  constructor(name: string, args: BridgeNetworkArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("BridgeNetwork", name, args);
    const { subnet, gateway, ipRange, ...rest } = args;
    const hasBlock = subnet !== undefined || gateway !== undefined || ipRange !== undefined;
    super(
      name,
      { ...rest, ipam: hasBlock ? { config: [{ subnet, gateway, ipRange }] } : undefined },
      opts,
      "berth:services:BridgeNetwork",
      Object.fromEntries(["subnet", "gateway", "ipRange"].map((field) => [`ipam.config[0].${field}`, field])),
      { ...args },
    );
  }
}
