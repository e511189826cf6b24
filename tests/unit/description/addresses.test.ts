import { addressNumber, contains, overlaps, parseAddress, parseCidr } from "../../../core/description/addresses";
import { refusal } from "../refusal";

describe("addresses", () => {
  test.each(["192.168.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fd00::1", "2001:DB8::a", "::ffff:1.2.3.4"])(
    "%s",
    (text) => {
      expect(parseAddress(text, "dns")).toBe(text);
    },
  );

  // The engine reads addresses as Go does, which takes none of the forms of inet_aton.
  test.each([
    "",
    "localhost",
    "10.1",
    "1.2.3.256",
    "1.2.3.4.5",
    "010.0.0.1",
    "0x7f.0.0.1",
    "1.2.3.4 ",
    "1.2.3.4/8",
    ":::",
    "[::1]",
    "g::1",
  ])("%j is refused", (text) => {
    expect(refusal(() => parseAddress(text, "dns[1]"))).toBe(
      `dns[1]: ${JSON.stringify(text)} is not an IP address; use for example "192.168.0.1" or "fd00::1".`,
    );
  });

  test("as numbers", () => {
    expect(addressNumber("0.0.1.2")).toBe(258n);
    expect(addressNumber("::1:0")).toBe(65536n);
    expect(addressNumber("255.255.255.255")).toBe(2n ** 32n - 1n);
  });
});

describe("subnets", () => {
  test.each([
    ["192.168.0.0/16", 4, 0xc0a80000n, 0xc0a8ffffn],
    ["10.0.0.0/8", 4, 0x0a000000n, 0x0affffffn],
    ["10.1.2.3/32", 4, 0x0a010203n, 0x0a010203n],
    ["0.0.0.0/0", 4, 0n, 2n ** 32n - 1n],
    ["fd00::/64", 6, 0xfd00n << 112n, (0xfd00n << 112n) + 2n ** 64n - 1n],
    ["::1/128", 6, 1n, 1n],
  ] as const)("%s", (text, version, first, last) => {
    expect(parseCidr(text, "subnet")).toEqual({ text, version, first, last });
  });

  test.each([
    "",
    "10.0.0.0",
    "10.0.0.0/33",
    "fd00::/129",
    "10/8",
    "192.168/16",
    "010.0.0.0/8",
    "10.0.0.0/-1",
    "10.0.0.0/a",
    "10.0.0.0/8/8",
    "host/8",
  ])("%j is refused", (text) => {
    expect(refusal(() => parseCidr(text, "subnet"))).toBe(
      `subnet: ${JSON.stringify(text)} is not a subnet; use CIDR notation, for example "192.168.0.0/16".`,
    );
  });

  test.each([
    ["192.168.0.1/16", "192.168.0.0/16"],
    ["10.255.0.0/8", "10.0.0.0/8"],
    ["fd00::1/64", "fd00::/64"],
  ])("%s names an address inside its block", (text, remedy) => {
    expect(refusal(() => parseCidr(text, "ipRange"))).toBe(
      `ipRange: ${text} names an address inside a subnet, not the subnet; use ${remedy}.`,
    );
  });

  test.each([
    ["192.168.0.0/16", "192.168.5.0/24", true],
    ["192.168.5.0/24", "192.168.0.0/16", true],
    ["192.168.0.0/24", "192.168.1.0/24", false],
    ["192.168.0.0/24", "192.168.0.0/24", true],
    ["10.0.0.1/32", "10.0.0.0/31", true],
    ["10.0.0.0/31", "10.0.0.1/32", true],
    ["0.0.0.0/0", "::/0", false],
    ["fd00::/64", "fd00::/48", true],
    ["fd00::/64", "fd00:0:0:1::/64", false],
  ])("%s and %s overlap: %p", (a, b, expected) => {
    expect(overlaps(parseCidr(a, "a"), parseCidr(b, "b"))).toBe(expected);
  });

  test.each([
    ["192.168.0.0/16", "192.168.0.0", true],
    ["192.168.0.0/16", "192.168.255.255", true],
    ["192.168.0.0/16", "192.169.0.0", false],
    ["192.168.0.0/16", "192.167.255.255", false],
    ["192.168.0.0/16", "fd00::1", false],
    ["fd00::/64", "fd00::ffff", true],
    ["::/0", "1.2.3.4", false],
  ])("%s holds %s: %p", (block, address, expected) => {
    expect(contains(parseCidr(block, "block"), address)).toBe(expected);
  });
});
