import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError } from "../core/description/errors";
import { Network } from "./network";
import { say } from "../core/description/say";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link OverlayNetwork}. */
export interface OverlayNetworkArgs {
  /** Name in the swarm. @default the component's name */
  name?: string;
  /** IPv4 block, e.g. `10.11.0.0/24`. @default a free one of the swarm's pool */
  subnet?: string;
  /** Address of the gateway in that block. @default its first address */
  gateway?: string;
  /** Part of the subnet that tasks get their addresses from. @default all of it */
  ipRange?: string;
  /** Encrypt what goes from node to node (IPsec). @default false */
  encrypted?: boolean;
  /** Let containers join that are no tasks of a service. @default false */
  attachable?: boolean;
  /** No way out of this network. @default false */
  internal?: boolean;
  /** Driver options, e.g. `{ "com.docker.network.driver.mtu": "1400" }`. */
  options?: Record<string, string>;
  /** Labels of the network, beside those of berth. */
  labels?: Record<string, string>;
}

/**
 * A network that spans all nodes of a Swarm. Services on it find one another by name. Documented setup B4.
 *
 * @example
 * // docker network create --driver overlay --attachable backend
 * const backend = new OverlayNetwork("backend", { attachable: true });
 * new SwarmService("api", { image: "team/api:1.4", networks: [backend.networkName] });
 *
 * @throws pulumi.ResourceError where a subnet overlaps another network or a route of the host
 */
export class OverlayNetwork extends Network {
  constructor(name: string, args: OverlayNetworkArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("OverlayNetwork", name, args);
    const { subnet, gateway, ipRange, encrypted = false, options, ...rest } = args;
    const type = "berth:services:OverlayNetwork";
    if (subnet?.includes(":"))
      reporter(
        type,
        name,
      )(() => {
        throw new ArgumentError(
          "subnet",
          say`Swarm's overlay networks are IPv4 only`,
          say`use for example "10.11.0.0/24"`,
        );
      });
    const hasBlock = subnet !== undefined || gateway !== undefined || ipRange !== undefined;
    super(
      name,
      {
        ...rest,
        driver: "overlay",
        // The driver looks for the option, not at its value.
        options: encrypted ? { ...options, encrypted: "" } : options,
        ipam: hasBlock ? { config: [{ subnet, gateway, ipRange }] } : undefined,
      },
      opts,
      type,
      Object.fromEntries(["subnet", "gateway", "ipRange"].map((field) => [`ipam.config[0].${field}`, field])),
      { ...args },
    );
  }
}
