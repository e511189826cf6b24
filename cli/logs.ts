import { say } from "../core/description/say";
import { EngineClient, pieces } from "../core/engines/dockerApi/connection/client";
import { namesOf, type ServiceStatus } from "../core/engines/status";
import { hasColours } from "./status";
import type { Place } from "./place";
import { chosen, kubectlNames, servicesNow, stackNow } from "./stackNow";
import { UsageError } from "./usageError";

/** Connections that one client has at a time; each log that is followed keeps one. */
const AT_ONCE = 6;
const COLOURS = [36, 33, 32, 35, 34];

/** `berth logs`: what the services of a stack have written. */
export async function logs(
  stack: string,
  names: string[],
  { follow = false, tail = "all" }: { follow?: boolean; tail?: string },
): Promise<number> {
  if (!/^(all|\d+)$/.test(tail)) throw new UsageError(say`--tail: "${tail}" is not a number of lines`);
  const now = await stackNow(stack);
  const clients: EngineClient[] = [];
  try {
    const instead = (status: ServiceStatus) => `kubectl logs ${kubectlNames(status)}${follow ? " -f" : ""}`;
    const services = chosen(await servicesNow(now), names, now, { kubernetes: instead });
    const shown = namesOf(services.map(([status]) => status));
    const width = Math.max(0, ...[...shown.values()].map(([name]) => name!.length));
    const prefixOf = (status: ServiceStatus, index: number) => {
      if (services.length === 1) return "";
      const text = `${shown.get(status)![0]!.padEnd(width)} | `;
      return hasColours() ? `\u001b[${COLOURS[index % COLOURS.length]}m${text}\u001b[39m` : text;
    };
    const clientFor = (index: number, { client }: Place): EngineClient => {
      client!.widen();
      if (!follow || index < AT_ONCE) return client!;
      const own = new EngineClient(client!.address);
      clients.push(own);
      return own;
    };
    const all = services.map(([status, place], index) =>
      print(clientFor(index, place), status, prefixOf(status, index), { follow, tail }),
    );
    // Not side by side where they end: one service after the other is easier to read.
    if (follow) await Promise.all(all.map((run) => run()));
    else for (const run of all) await run();
    return 0;
  } finally {
    for (const one of [...now.places, ...clients]) one.close();
  }
}

/** A container, or a service of a Swarm. */
interface Inspected {
  Config?: { Tty?: boolean };
  Spec?: { TaskTemplate: { ContainerSpec: { TTY?: boolean } } };
}

const print =
  (client: EngineClient, { engine, id }: ServiceStatus, prefix: string, given: { follow: boolean; tail: string }) =>
  async (): Promise<void> => {
    const kind = engine === "swarm" ? "services" : "containers";
    const { Config, Spec } = await client.request<Inspected>(
      "GET",
      `/${kind}/${id}${engine === "swarm" ? "" : "/json"}`,
    );
    const tty = Config?.Tty ?? Spec?.TaskTemplate.ContainerSpec.TTY ?? false;
    const query = `stdout=1&stderr=1&follow=${given.follow ? 1 : 0}&tail=${given.tail}`;
    // One that writes nothing for long is followed all the same.
    const stream = await client.stream("GET", `/${kind}/${id}/logs?${query}`, undefined, 0);
    const rest = { true: "", false: "" };
    const write = (error: boolean, text: string | Buffer) => (error ? process.stderr : process.stdout).write(text);
    for await (const { error, data } of pieces(stream, !tty)) {
      if (prefix === "") {
        write(error, data);
        continue;
      }
      const lines = (rest[`${error}`] + data.toString("utf8")).split("\n");
      rest[`${error}`] = lines.pop()!;
      for (const line of lines) write(error, `${prefix}${line}\n`);
    }
    for (const error of [false, true]) if (rest[`${error}`]) write(error, `${prefix}${rest[`${error}`]}\n`);
  };
