import { isIP } from "node:net";
import { refuse } from "./errors";
import { type Node, type Path, textOf } from "./tree";
import { say } from "../../description/say";

/** One container port of the short form; `published` may be a range. */
export interface ShortPort {
  target: number;
  published?: string;
  hostIp?: string;
  protocol: string;
}

const HELP = say`use "666:80", "127.0.0.1:666:80", "80" or "53:53/udp"`;

/** Reads the short form of a port as Compose does; ranges become one entry for each container port. */
export function splitPort(node: Node, path: Path): ShortPort[] {
  const text = textOf(node);
  const fail = (problem: string, remedy = HELP) => refuse(node, path, say`${JSON.stringify(text)} ${problem}`, remedy);
  const [, spec = "", proto = "tcp"] = /^(.*?)(?:\/([^/]*))?$/s.exec(text) ?? [];
  const protocol = proto.toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol))
    throw fail(say`has no known protocol`, say`end it with /tcp, /udp or /sctp`);
  const parts = spec.split(":");
  const container = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  const address = parts.join(":").replace(/^\[(.*)\]$/s, "$1");
  if (container === "") throw fail(say`names no container port`);
  if (parts.length > 0 && address !== "" && !isIP(address)) throw fail(say`has no valid IP address (${address})`);
  const range = (part: string): [number, number] => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    const low = Number(match?.[1] ?? Number.NaN);
    const high = Number(match?.[2] ?? low);
    if (!(low <= 65535 && high <= 65535)) throw fail(say`is no port: ${part}`);
    if (high < low) throw fail(say`has a range that runs backwards: ${part}`, say`write the lower port first`);
    return [low, high];
  };
  const [low, high] = range(container);
  const [first, last] = host === "" ? [undefined, undefined] : range(host);
  if (first !== undefined && last - first !== high - low && low !== high)
    throw fail(
      say`maps ${last - first + 1} host ports to ${high - low + 1} container ports`,
      say`use ranges of one length`,
    );
  return Array.from({ length: high - low + 1 }, (_, index) => ({
    target: low + index,
    published:
      first === undefined ? undefined : low === high && first !== last ? `${first}-${last}` : String(first + index),
    hostIp: address || undefined,
    protocol,
  }));
}
