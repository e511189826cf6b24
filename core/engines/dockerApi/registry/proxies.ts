import ipaddr from "ipaddr.js";
import { isLoopback } from "../connection/address";

/** The variables that a shell, the Pulumi CLI and an engine read, in either case. */
type Variable = "HTTP_PROXY" | "HTTPS_PROXY" | "NO_PROXY";

export const proxyVariable = (env: NodeJS.ProcessEnv, name: Variable): string | undefined =>
  env[name] || env[name.toLowerCase()] || undefined;

/** A URL without the password in it: it goes to a screen, and into a report that others read. */
export const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, "//***@");

/** The entry of a list in NO_PROXY, as Go reads it: `*`, a name with all below it, an address, a subnet. */
function matches(entry: string, hostname: string, port: string): boolean {
  if (entry === "*") return true;
  const [, name = "", only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (entry.includes("/")) {
    try {
      const subnet = ipaddr.parseCIDR(entry);
      const address = ipaddr.parse(hostname);
      return address.kind() === subnet[0].kind() && address.match(subnet);
    } catch {
      return false;
    }
  }
  if (only !== undefined && only !== port) return false;
  const bare = name.replace(/^\*?\./, "").toLowerCase();
  return bare !== "" && (hostname === bare || hostname.endsWith(`.${bare}`));
}

/** Whether a list in NO_PROXY holds a host. */
export function spared(list: string | undefined, hostname: string, port = ""): boolean {
  const host = hostname.toLowerCase();
  return (list ?? "")
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => matches(entry, host, port));
}

/** The proxy on the way to a URL; undefined where there is none, as on the way to this machine. */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const given = proxyVariable(env, url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  const { hostname, protocol } = url;
  const port = url.port || (protocol === "https:" ? "443" : "80");
  if (given === undefined || isLoopback(hostname) || spared(proxyVariable(env, "NO_PROXY"), hostname, port))
    return undefined;
  // Go takes a host and a port alone, too.
  return new URL(given.includes("://") ? given : `http://${given}`);
}
