import ipaddr from "ipaddr.js";
import { ArgumentError, show } from "./errors";
import { say } from "./say";

/** A parsed CIDR block. */
export interface Cidr {
  /** As written. */
  text: string;
  version: 4 | 6;
  /** First and last address, as numbers of 32 or 128 bits. */
  first: bigint;
  last: bigint;
}

// ipaddr.js also takes the old short, octal and hexadecimal forms ("10.1", "010.0.0.1"), which Docker refuses.
const isAddress = (value: string) =>
  value.includes(":") ? ipaddr.isValid(value) : ipaddr.IPv4.isValidFourPartDecimal(value);

/** Checks an IP address of either version. */
export function parseAddress(value: string, argument: string): string {
  if (!isAddress(value)) {
    throw new ArgumentError(
      argument,
      say`${show(value)} is not an IP address`,
      say`use for example "192.168.0.1" or "fd00::1"`,
    );
  }
  return value;
}

const toNumber = (bytes: number[]) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** An address as a number, for comparing it with a block. */
export function addressNumber(value: string): bigint {
  return toNumber(ipaddr.parse(value).toByteArray());
}

/** Reads a subnet such as `192.168.0.0/16`. The address must be the first of its block. */
export function parseCidr(value: string, argument: string): Cidr {
  if (!/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(value) || !isAddress(value.split("/")[0]!) || !ipaddr.isValidCIDR(value)) {
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a subnet`,
      say`use CIDR notation, for example "192.168.0.0/16"`,
    );
  }
  const [address, bits] = ipaddr.parseCIDR(value);
  const number = toNumber(address.toByteArray());
  const size = 1n << BigInt((address.kind() === "ipv4" ? 32 : 128) - bits);
  const first = number - (number % size);
  if (first !== number) {
    const network = (address.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(value);
    throw new ArgumentError(
      argument,
      say`${value} names an address inside a subnet, not the subnet`,
      say`use ${network}/${bits}`,
    );
  }
  return { text: value, version: address.kind() === "ipv4" ? 4 : 6, first, last: first + size - 1n };
}

/** Whether two blocks share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

/** Whether an address lies in a block. */
export function contains(block: Cidr, address: string): boolean {
  if ((address.includes(":") ? 6 : 4) !== block.version) return false;
  const number = addressNumber(address);
  return number >= block.first && number <= block.last;
}
