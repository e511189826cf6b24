import { parseAddress } from "./addresses";
import { ArgumentError, checkFields, show } from "./errors";
import { parseInteger } from "./quantities";
import type { PortDescription } from "./types";
import { say } from "./say";

/** A published port, one per container port: ranges are already taken apart. */
export interface Port {
  target: number;
  /** Undefined: the engine picks a free one. */
  published?: number;
  /** "" means every address. */
  hostIp: string;
  protocol: "tcp" | "udp" | "sctp";
}

const HELP = say`use "666:80", "127.0.0.1:666:80", "80" or "53:53/udp"`;

/** A port by itself, which a component has in place of a mapping. */
export function checkPort(value: number, argument: string): number {
  if (!Number.isInteger(value) || value < 1 || value > 65535)
    throw new ArgumentError(argument, say`${show(value)} is not a port`, say`use 1 to 65535`);
  return value;
}

function parseRange(text: string, argument: string): [number, number] {
  const [low = "", high = low, extra] = text.split("-");
  if (extra !== undefined) throw new ArgumentError(argument, say`${show(text)} is not a port range`, HELP);
  const port = (part: string) => {
    if (!/^\d+$/.test(part)) throw new ArgumentError(argument, say`${show(part)} is not a port`, HELP);
    return parseInteger(part, argument, 1, 65535);
  };
  const range: [number, number] = [port(low), port(high)];
  if (range[1] < range[0])
    throw new ArgumentError(argument, say`the range ${text} runs backwards`, say`write the lower port first`);
  return range;
}

function parseShort(text: string, argument: string): Port[] {
  const [spec = "", protocol = "tcp", extra] = text.split("/");
  if (extra !== undefined || !["tcp", "udp", "sctp"].includes(protocol)) {
    throw new ArgumentError(
      argument,
      say`${show(text)} has no known protocol`,
      say`end it with /tcp, /udp or /sctp, or leave that out`,
    );
  }
  // The address may be IPv6 in brackets, so the split is from the right.
  const match = /^(?:(?:\[([^\]]*)\]|([^[\]:]*)):)?([\d-]*):([\d-]+)$/.exec(spec);
  const plain = /^(?:([\d-]+):)?([\d-]+)$/.exec(spec);
  const [hostIp, host, container] = plain
    ? ["", plain[1] ?? "", plain[2]!]
    : match
      ? [match[1] ?? match[2] ?? "", match[3] ?? "", match[4]!]
      : [undefined, "", ""];
  if (hostIp === undefined) throw new ArgumentError(argument, say`${show(text)} is not a port mapping`, HELP);
  if (hostIp) parseAddress(hostIp, argument);
  const target = parseRange(container, argument);
  const published = host ? parseRange(host, argument) : undefined;
  const count = target[1] - target[0];
  if (published && published[1] - published[0] !== count) {
    throw new ArgumentError(
      argument,
      say`${show(text)} maps ${published[1] - published[0] + 1} host ports to ${count + 1} container ports`,
      say`use ranges of one length`,
    );
  }
  return Array.from({ length: count + 1 }, (_, index) => ({
    target: target[0] + index,
    published: published && published[0] + index,
    hostIp,
    protocol: protocol as Port["protocol"],
  }));
}

function parseLong(port: PortDescription, argument: string): Port[] {
  const { target, published, hostIp = "", protocol = "tcp" } = port;
  checkFields(port, ["target", "published", "hostIp", "protocol"], argument, say`a port`);
  if (!["tcp", "udp", "sctp"].includes(protocol)) {
    throw new ArgumentError(
      `${argument}.protocol`,
      say`${show(protocol)} is not a protocol`,
      say`use tcp, udp or sctp`,
    );
  }
  if (hostIp) parseAddress(hostIp, `${argument}.hostIp`);
  return [
    {
      target: parseInteger(target, `${argument}.target`, 1, 65535),
      published:
        published === undefined || published === ""
          ? undefined
          : parseInteger(published, `${argument}.published`, 1, 65535),
      hostIp,
      protocol,
    },
  ];
}

/** Reads the short and long forms of `ports`; a mapping named twice is refused. */
export function parsePorts(ports: (string | number | PortDescription)[], argument: string): Port[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${argument}[${index}]`;
    const parsed = typeof port === "object" && port !== null ? parseLong(port, at) : parseShort(String(port), at);
    for (const { published, hostIp, target, protocol } of parsed) {
      const key = `${hostIp}:${published ?? `?${target}`}/${protocol}`;
      if (seen.has(key))
        throw new ArgumentError(
          at,
          say`${formatPort({ published, hostIp, target, protocol })} is published twice`,
          say`remove one of them`,
        );
      seen.add(key);
    }
    return parsed;
  });
}

/** Writes a port as `docker run -p` takes it. */
export function formatPort(port: Port): string {
  const ip = port.hostIp.includes(":") ? `[${port.hostIp}]` : port.hostIp;
  const host = port.published ?? "";
  const left = ip ? `${ip}:${host}:` : host === "" ? "" : `${host}:`;
  return `${left}${port.target}${port.protocol === "tcp" ? "" : `/${port.protocol}`}`;
}
