import { type Cidr, contains, parseAddress, parseCidr } from "../description/addresses";
import { ArgumentError } from "../description/errors";
import { parseName } from "../description/names";
import type { NetworkDefinition } from "../description/project";
import { say } from "../description/say";

type AddressBlock = NonNullable<NonNullable<NetworkDefinition["ipam"]>["config"]>[number];

/** A network of a project in the words of the component `Network`. */
export function networkArgs(network: NetworkDefinition, labels: Record<string, string>) {
  const { name, driver, driverOpts, ipam, internal, attachable, enableIpv4, enableIpv6 } = network;
  if (enableIpv4 === false)
    throw new ArgumentError(
      `networks.${name}.enable_ipv4`,
      say`the Docker provider cannot switch IPv4 off`,
      say`remove it`,
    );
  return { name, driver, options: driverOpts, ipam, internal, attachable, enableIpv6, labels };
}

/** What the definition of a network alone decides: its name, and its blocks of addresses. */
export function checkDefinition({
  name: given,
  driver = "",
  ipam,
}: Pick<NetworkDefinition, "name" | "driver" | "ipam">) {
  const name = parseName(given, "name");
  if (["bridge", "host", "none"].includes(name))
    throw new ArgumentError("name", say`${name} is a network of Docker's own`, say`choose another name`);
  if (["host", "none"].includes(driver))
    throw new ArgumentError(
      "driver",
      say`${driver} makes no network of a single engine's own`,
      say`set networkMode: "${driver}" on the service`,
    );
  const subnets = (ipam?.config ?? []).flatMap((block, index) => checkBlock(block, `ipam.config[${index}]`));
  return { name, subnets };
}

function checkBlock(block: AddressBlock, at: string): { subnet: Cidr; argument: string }[] {
  const subnet = block.subnet === undefined ? undefined : parseCidr(block.subnet, `${at}.subnet`);
  for (const field of ["gateway", "ipRange", "auxAddresses"] as const) {
    if (block[field] !== undefined && !subnet)
      throw new ArgumentError(`${at}.${field}`, say`needs a subnet to lie in`, say`set subnet too`);
  }
  if (block.gateway !== undefined) {
    parseAddress(block.gateway, `${at}.gateway`);
    if (!contains(subnet!, block.gateway))
      throw new ArgumentError(
        `${at}.gateway`,
        say`${block.gateway} is outside the subnet ${subnet!.text}`,
        say`choose an address inside it`,
      );
  }
  if (block.ipRange !== undefined) {
    const range = parseCidr(block.ipRange, `${at}.ipRange`);
    if (range.first < subnet!.first || range.last > subnet!.last)
      throw new ArgumentError(
        `${at}.ipRange`,
        say`${range.text} is outside the subnet ${subnet!.text}`,
        say`choose a block inside it`,
      );
  }
  return subnet ? [{ subnet, argument: `${at}.subnet` }] : [];
}
