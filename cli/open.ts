import { spawn } from "node:child_process";
import { say } from "../core/description/say";
import { engineHostname } from "../core/engines/dockerApi/connection/address";
import { onPath } from "../core/host/findExecutable";
import { namesOf, type ServiceStatus } from "../core/engines/status";
import { chosen, close, type Found, servicesNow, stackNow } from "./stackNow";

/** What opens an address in the user's browser. */
const OPENERS: Partial<Record<NodeJS.Platform, string[]>> = { darwin: ["open"], win32: ["explorer.exe"] };

/** `berth open`: the address of what a service publishes, in the browser where there is one. */
export async function open(stack: string, names: string[]): Promise<number> {
  const now = await stackNow(stack);
  try {
    const found = await servicesNow(now);
    const shown = namesOf(found.map(([status]) => status));
    const published = chosen(found, names, now, {}).filter(([{ ports }]) => pagesOf(ports).length > 0);
    if (published.length === 0) {
      const who = names[0] ?? say`the stack ${now.name}`;
      throw new Error(say`${who} publishes no TCP port that is open now; \`berth status ${now.name}\` shows the ports`);
    }
    const [first, ...more] = published.map(([status, place]) => addressOf(status, place));
    if (more.length) {
      const list = published.map(([status]) => shown.get(status)![0]).join(", ");
      throw new Error(
        say`several services publish ports: ${list}; name one, as \`berth open ${now.name} ${list.split(",")[0]}\``,
      );
    }
    console.log(first);
    if (process.stdout.isTTY) browse(first!);
    return 0;
  } finally {
    close(now);
  }
}

/** TCP ports; a page is more likely on the lowest than on one for administrators. */
const pagesOf = (ports: ServiceStatus["ports"]) => ports.filter(({ target }) => target.endsWith("/tcp"));

function addressOf({ ports }: ServiceStatus, { client, nodeAddress }: Found[1]): string {
  const [{ hostIp, hostPort, target }] = pagesOf(ports) as [ServiceStatus["ports"][number]];
  const every = ["", "0.0.0.0", "::"].includes(hostIp);
  const engine = nodeAddress ?? (client ? engineHostname(client.address) : "localhost");
  const host = every ? engine : hostIp.includes(":") ? `[${hostIp}]` : hostIp;
  return `${/^(8?443|9443)\//.test(target) ? "https" : "http"}://${host}:${hostPort}`;
}

function browse(address: string): void {
  const opener = (OPENERS[process.platform] ?? ["xdg-open"]).find((name) => onPath(name));
  // Nothing opens pages on a server: the address has been printed.
  if (opener)
    spawn(opener, [address], { detached: true, stdio: "ignore" })
      .on("error", () => {})
      .unref();
}
