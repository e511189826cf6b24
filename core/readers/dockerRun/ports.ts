import { show } from "../../description/errors";
import type { Use } from "./options";
import { say } from "../../description/say";

const HELP = say`write for example 8080:80, 127.0.0.1:8080:80, 80 or 53:53/udp`;

function range(text: string, what: string, use: Use, low: number): [number, number] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const ports = [Number(first), Number(last)] as [number, number];
  const bad = first === undefined || ports.some((port) => !(port >= low && port <= 65535));
  if (bad) throw use.fail(say`${show(text)} is not a ${what} port`, HELP);
  if (ports[1] < ports[0]) throw use.fail(say`the range ${text} runs backwards`, say`write the lower port first`);
  return ports;
}

const write = ([low, high]: [number, number]) => (low === high ? String(low) : `${low}-${high}`);

function protocolOf(text: string, use: Use): string {
  const protocol = text === "" ? "tcp" : text.toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol))
    throw use.fail(say`${show(text)} is not a protocol`, say`write tcp, udp or sctp`);
  return protocol === "tcp" ? "" : `/${protocol}`;
}

/** The long form, `published=8080,target=80,protocol=udp`. */
function longForm(use: Use): string {
  const parameters: Record<string, string> = { protocol: "tcp", published: "", target: "" };
  for (const part of use.value.split(",")) {
    const equals = part.indexOf("=");
    const key = part.slice(0, Math.max(equals, 0));
    if (!Object.hasOwn(parameters, key)) {
      if (key === "mode") continue;
      throw use.fail(say`${show(part)} is not a part of a port`, say`use published, target and protocol`);
    }
    parameters[key] = part.slice(equals + 1);
  }
  return `${parameters.published}:${parameters.target}/${parameters.protocol}`;
}

/** Reads one `--publish` by Docker's rules and writes it as the description takes it. */
export function publishedPort(use: Use): string {
  const text = use.value.includes("=") ? longForm(use) : use.value;
  const parts = text.split(":");
  const [container = "", protocol = "", extra] = parts.pop()!.split("/");
  const host = parts.pop() ?? "";
  let ip = parts.join(":");
  if (ip.startsWith("[") && ip.endsWith("]")) ip = ip.slice(1, -1);
  if (container === "") throw use.fail(say`${show(use.value)} names no port of the container`, HELP);
  if (extra !== undefined) throw use.fail(say`${show(use.value)} names two protocols`, HELP);
  const target = range(container, "container", use, 1);
  const published = host === "" ? undefined : range(host, "host", use, 0);
  if (published && published[1] - published[0] !== target[1] - target[0]) {
    if (target[0] === target[1])
      throw use.fail(
        say`docker takes any free port of ${host} for the one port ${container}, and the Docker provider cannot say that`,
        say`name one host port, or write ${container} alone for any free one`,
      );
    throw use.fail(
      say`maps ${published[1] - published[0] + 1} host ports to ${target[1] - target[0] + 1} container ports`,
      say`use ranges of one length`,
    );
  }
  const left = ip === "" ? "" : `${ip.includes(":") ? `[${ip}]` : ip}:`;
  // Docker reads host port 0 as any free one.
  const right = published && published[0] !== 0 ? `${write(published)}:` : left ? ":" : "";
  return `${left}${right}${write(target)}${protocolOf(protocol, use)}`;
}

/** Reads one `--expose`. */
export function exposedPort(use: Use): string {
  const [ports = "", protocol = "", extra] = use.value.split("/");
  if (extra !== undefined || ports.includes(":"))
    throw use.fail(say`${show(use.value)} is not a port to expose`, say`write for example 80, 53/udp or 7000-7010`);
  return `${write(range(ports, "container", use, 1))}${protocolOf(protocol, use)}`;
}
