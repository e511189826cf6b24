import { formatPort, type Port, parsePorts } from "../../../core/description/ports";
import type { PortDescription } from "../../../core/description/types";
import { refusal } from "../refusal";

const port = (target: number, published?: number, hostIp = "", protocol: Port["protocol"] = "tcp"): Port => ({
  target,
  published,
  hostIp,
  protocol,
});
const HELP = 'use "666:80", "127.0.0.1:666:80", "80" or "53:53/udp"';

test.each<[string | number | PortDescription, Port[], string?]>([
  ["666:80", [port(80, 666)]],
  ["8080", [port(8080)]],
  [8080, [port(8080)]],
  ["80/tcp", [port(80)], "80"],
  ["53:53/udp", [port(53, 53, "", "udp")]],
  ["9:9/sctp", [port(9, 9, "", "sctp")]],
  ["127.0.0.1:8080:80", [port(80, 8080, "127.0.0.1")]],
  ["127.0.0.1::80", [port(80, undefined, "127.0.0.1")]],
  ["0.0.0.0:80:80", [port(80, 80, "0.0.0.0")]],
  ["[::1]:80:80", [port(80, 80, "::1")]],
  ["[::1]::80/udp", [port(80, undefined, "::1", "udp")]],
  [":80", [port(80)], "80"],
  ["::80", [port(80)], "80"],
  ["1:65535", [port(65535, 1)]],
  ["3000-3002", [port(3000), port(3001), port(3002)]],
  ["3000-3001:4000-4001/udp", [port(4000, 3000, "", "udp"), port(4001, 3001, "", "udp")]],
  ["127.0.0.1:3000-3001:4000-4001", [port(4000, 3000, "127.0.0.1"), port(4001, 3001, "127.0.0.1")]],
  ["80-80:90-90", [port(90, 80)], "80:90"],
  [{ target: 80 }, [port(80)], "80"],
  [{ target: 80, published: 8080 }, [port(80, 8080)], "8080:80"],
  [{ target: 80, published: "8080" }, [port(80, 8080)], "8080:80"],
  [{ target: 80, published: "" }, [port(80)], "80"],
  [
    { target: 53, published: 53, hostIp: "fd00::1", protocol: "udp" },
    [port(53, 53, "fd00::1", "udp")],
    "[fd00::1]:53:53/udp",
  ],
])("%j", (...[text, expected, written]) => {
  expect(parsePorts([text], "ports")).toEqual(expected);
  if (expected.length === 1) expect(formatPort(expected[0]!)).toBe(written ?? String(text));
});

test("several mappings come out in order", () => {
  const ports = parsePorts(["8080:80", 443, "127.0.0.1:8080:81", "8080:80/udp"], "ports");
  expect(ports.map(formatPort)).toEqual(["8080:80", "443", "127.0.0.1:8080:81", "8080:80/udp"]);
});

test.each<[string | number | PortDescription, string]>([
  ["", `ports[0]: "" is not a port mapping; ${HELP}.`],
  ["http", `ports[0]: "http" is not a port mapping; ${HELP}.`],
  ["8080:", `ports[0]: "8080:" is not a port mapping; ${HELP}.`],
  [" 80", `ports[0]: " 80" is not a port mapping; ${HELP}.`],
  ["1:2:3:4", `ports[0]: "1:2:3:4" is not a port mapping; ${HELP}.`],
  // One port behind an address: Docker does not know which of the two it is.
  ["127.0.0.1:80", `ports[0]: "127.0.0.1:80" is not a port mapping; ${HELP}.`],
  ["[::1]:80", `ports[0]: "[::1]:80" is not a port mapping; ${HELP}.`],
  ["::1:80:80", `ports[0]: "::1:80:80" is not a port mapping; ${HELP}.`],
  ["localhost:80:80", 'ports[0]: "localhost" is not an IP address; use for example "192.168.0.1" or "fd00::1".'],
  ["10.1:80:80", 'ports[0]: "10.1" is not an IP address; use for example "192.168.0.1" or "fd00::1".'],
  ["70000:80", 'ports[0]: "70000" is not a whole number in range; use 1 to 65535.'],
  ["80:0", 'ports[0]: "0" is not a whole number in range; use 1 to 65535.'],
  ["0:80", 'ports[0]: "0" is not a whole number in range; use 1 to 65535.'],
  [70000, 'ports[0]: "70000" is not a whole number in range; use 1 to 65535.'],
  ["80:80/icmp", 'ports[0]: "80:80/icmp" has no known protocol; end it with /tcp, /udp or /sctp, or leave that out.'],
  [
    "80:80/tcp/udp",
    'ports[0]: "80:80/tcp/udp" has no known protocol; end it with /tcp, /udp or /sctp, or leave that out.',
  ],
  ["3005-3000", "ports[0]: the range 3005-3000 runs backwards; write the lower port first."],
  ["1-2-3:80", `ports[0]: "1-2-3" is not a port range; ${HELP}.`],
  ["-80:80", `ports[0]: "" is not a port; ${HELP}.`],
  ["80-:80", `ports[0]: "" is not a port; ${HELP}.`],
  ["3000-3005:80", 'ports[0]: "3000-3005:80" maps 6 host ports to 1 container ports; use ranges of one length.'],
  ["80:3000-3001", 'ports[0]: "80:3000-3001" maps 1 host ports to 2 container ports; use ranges of one length.'],
  [{ target: 0 }, "ports[0].target: 0 is not a whole number in range; use 1 to 65535."],
  [{ target: 80, published: 70000 }, "ports[0].published: 70000 is not a whole number in range; use 1 to 65535."],
  [{ target: 80, published: "80-81" }, 'ports[0].published: "80-81" is not a whole number in range; use 1 to 65535.'],
  [
    { target: 80, hostIp: "here" },
    'ports[0].hostIp: "here" is not an IP address; use for example "192.168.0.1" or "fd00::1".',
  ],
  [{ target: 80, protocol: "TCP" as never }, 'ports[0].protocol: "TCP" is not a protocol; use tcp, udp or sctp.'],
  [{ target: 80, host_ip: "::" } as never, "ports[0].host_ip: is not a field of a port; use hostIp."],
])("%j is refused", (text, message) => {
  expect(refusal(() => parsePorts([text], "ports"))).toBe(message);
});

test.each<[(string | PortDescription)[], string]>([
  [["80:80", "80:81"], "80:81"],
  [["80:80", { target: 81, published: "80" }], "80:81"],
  [["80", "80"], "80"],
  [["3000-3005:3000-3005", "3003:1"], "3003:1"],
  [["127.0.0.1:80:80", "127.0.0.1:80:81"], "127.0.0.1:80:81"],
])("%j publishes one host port twice", (ports, shown) => {
  expect(refusal(() => parsePorts(ports, "ports"))).toBe(`ports[1]: ${shown} is published twice; remove one of them.`);
});

test.each([
  [["80:80", "80:80/udp"]],
  [["127.0.0.1:80:80", "127.0.0.2:80:80"]],
  [["8080:80", "8081:80"]],
  [["80", "81"]],
])("%j do not collide", (ports) => {
  expect(parsePorts(ports, "ports")).toHaveLength(2);
});
