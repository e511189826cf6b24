import { lookup } from "node:dns/promises";
import { say } from "../../core/description/say";
import { proxyFor, withoutPassword } from "../../core/engines/dockerApi/registry/proxies";
import { reasonOf, Registry } from "../../core/engines/dockerApi/registry/registry";
import { clockFindingOf } from "./engine";
import { type Finding, note, ok, PATIENCE } from "./finding";
import { within } from "../within";

/** Whether names are resolved here, Docker Hub answers, and the clock is right. Nothing of it has to be. */
export async function outsideFindings(hub = new Registry("", { patience: PATIENCE })): Promise<Finding[]> {
  const url = new URL(/^https?:/.test(hub.name) ? hub.name : `https://${hub.name}`);
  const proxy = proxyFor(url, process.env);
  // A proxy looks names up itself.
  const found: Finding[] = proxy ? [] : [await dnsFinding(url.hostname)];
  if (found.some(({ standing }) => standing !== "ok")) return found;
  const way = proxy ? say` through ${withoutPassword(proxy.href)}` : "";
  try {
    const { date } = await hub.ping();
    found.push(ok("Docker Hub", say`answers this machine${way}`));
    if (date) found.push(clockFindingOf(date, url.hostname));
  } catch (error) {
    found.push(
      note(
        "Docker Hub",
        say`${(error as Error).message}; an engine with a mirror can do without`,
        say`berth mirrors MIRROR...    # says which mirrors answer`,
      ),
    );
  } finally {
    hub.close();
  }
  return found;
}

async function dnsFinding(name: string): Promise<Finding> {
  const answer = await within(
    lookup(name).then(
      () => "",
      (error: Error) => reasonOf(error),
    ),
    PATIENCE,
  );
  if (answer === "") return ok("DNS", say`finds ${name}`);
  const reason = answer ?? say`no answer within ${PATIENCE / 1000} s`;
  return note(
    "DNS",
    say`${name} is not found (${reason}): what is not here cannot be fetched`,
    say`cat /etc/resolv.conf    # the name servers`,
    say`or carry all of it: berth bundle STACK, on a machine with a network`,
  );
}
