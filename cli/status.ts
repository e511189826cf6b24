import { both, columnsOf, language, listed, padded, say } from "../core/description/say";
import { namesOf, type ServiceStatus, type State } from "../core/engines/status";
import { close, servicesNow, stackNow } from "./stackNow";
import { UsageError } from "./usageError";

/** Seconds that `--wait` waits where nothing is said. */
const PATIENCE = 120;

/** `berth status`: what is declared against what runs. Its exit code says whether that is the same. */
export async function status(
  stack: string,
  { json = false, wait = false, timeout }: { json?: boolean; wait?: boolean; timeout?: string },
): Promise<number> {
  if (timeout !== undefined && !wait) throw new UsageError(say`--timeout: says how long --wait waits; add --wait`);
  if (timeout !== undefined && !/^\d+$/.test(timeout))
    throw new UsageError(say`--timeout: "${timeout}" is not a number of seconds`);
  const seconds = Number(timeout ?? PATIENCE);
  const now = await stackNow(stack);
  try {
    const look = async () => (await servicesNow(now)).map(([one]) => one);
    const services = wait ? await settled(look, seconds) : await look();
    const ok = services.every((one) => one.ok);
    if (json) console.log(JSON.stringify({ stack: now.name, ok, services }, undefined, 2));
    else console.log(printed(now.name, services).join("\n"));
    if (wait && !ok) console.error(say`error: --wait: not as declared after ${seconds} s: ${unsettled(services)}`);
    return ok ? 0 : 1;
  } finally {
    close(now);
  }
}

function unsettled(services: ServiceStatus[]): string {
  const names = namesOf(services);
  const waiting = services.filter(({ ok }) => !ok);
  return waiting.map((one) => `${names.get(one)![0]} (${stateText(one)})`).join(", ");
}

/** Asks again and again until all is as declared, and says whom it waits for where that changes. */
async function settled(look: () => Promise<ServiceStatus[]>, seconds: number): Promise<ServiceStatus[]> {
  const end = Date.now() + seconds * 1000;
  let said = "";
  for (let pause = 200; ; pause = Math.min(pause * 1.5, 2000)) {
    const services = await look();
    const waitingFor = unsettled(services);
    const left = end - Date.now();
    if (waitingFor === "" || left <= 0) return services;
    if (waitingFor !== said) console.error(say`waiting for ${waitingFor}`);
    said = waitingFor;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
  }
}

/** Said when they are needed: the language is known by then. */
const WORDS: Record<State, () => string> = {
  running: () => say`running`,
  healthy: () => say`healthy`,
  starting: () => say`starting`,
  unhealthy: () => say`unhealthy`,
  restarting: () => say`restarting`,
  paused: () => say`paused`,
  exited: () => say`exited`,
  done: () => say`done`,
  created: () => say`created`,
  removing: () => say`removing`,
  missing: () => say`missing`,
};
const PARTS: Record<string, () => string> = {
  name: () => say`name`,
  declaration: () => say`declaration`,
  image: () => say`image`,
  ports: () => say`ports`,
  networks: () => say`networks`,
  replicas: () => say`replicas`,
};
/** What has changed, which JSON has in English. */
const partText = (part: string): string =>
  PARTS[part]?.() ?? part.replace(/^(.*) is another image now$/, (_, image) => say`${image} is another image now`);
const UNITS: Record<string, (count: string) => string> = {
  second: (count) => say`${count} seconds`,
  minute: (count) => say`${count} minutes`,
  hour: (count) => say`${count} hours`,
  day: (count) => say`${count} days`,
  week: (count) => say`${count} weeks`,
  month: (count) => say`${count} months`,
  year: (count) => say`${count} years`,
};

/** A time that Docker tells, `3 minutes` or `an hour`, in the user's language. */
function uptimeText(text: string): string {
  if (language() === "en") return text;
  const [, count = "", unit = ""] = /^(\d+|an?|Less than a) (\w+?)s?$/.exec(text) ?? [];
  return UNITS[unit]?.(/^\d/.test(count) ? count : "1") ?? text;
}

/** The state in words: `healthy`, `exited (3)`, `running 2/3, changed: image`. */
export function stateText({ state, exitCode, replicas, declared, changed }: ServiceStatus): string {
  const words = [WORDS[state](), exitCode === undefined ? "" : `(${exitCode})`];
  if (replicas) words.push(`${replicas.running}/${replicas.wanted}`);
  const parts = [words.filter(Boolean).join(" ")];
  if (changed.length) parts.push(say`changed: ${both(changed.map(partText))}`);
  if (!declared) parts.push(say`not declared any more`);
  return listed(parts);
}

/** The whole of what is printed, line by line. */
function printed(stack: string, services: ServiceStatus[]): string[] {
  if (services.length === 0) return [say`The stack ${stack} declares no services, and none of it runs.`];
  const names = namesOf(services);
  const shown = (one: ServiceStatus) => names.get(one)![0]!;
  const named = services.some((one) => shown(one) !== one.name);
  const state = named ? 2 : 1;
  const head = [say`SERVICE`, ...(named ? [say`NAME`] : []), say`STATE`, say`PORTS`, say`UPTIME`, say`IMAGE`];
  const rows = services.map((one) => [
    shown(one),
    ...(named ? [one.name] : []),
    stateText(one),
    portsText(one),
    uptimeText(one.uptime ?? ""),
    one.image ?? "",
  ]);
  const widths = head.map((word, column) => Math.max(...[word, ...rows.map((row) => row[column]!)].map(columnsOf)));
  const line = (row: string[]) => row.map((cell, column) => padded(cell, widths[column]!));
  const wrong = services.filter(({ ok }) => !ok);
  const bad = wrong.length;
  // Nothing is wrong with these yet.
  const moving = wrong.every(({ state: word, declared, changed, notes }) => {
    return /^(starting|created)$/.test(word) && declared && changed.length === 0 && notes.length === 0;
  });
  return [
    line(head).join("  ").trimEnd(),
    ...rows.map((row, index) => {
      const cells = line(row);
      cells[state] = painted(cells[state]!, services[index]!);
      return cells.join("  ").trimEnd();
    }),
    "",
    ...services.flatMap((one) => one.notes.map((note) => say`${shown(one)}: ${note}.`)),
    bad === 0
      ? say`All of the stack ${stack} is as declared.`
      : moving
        ? say`All of the stack ${stack} is as declared; not ready yet: ${listed(wrong.map(shown))}.`
        : bad === 1
          ? say`1 of ${services.length} services of the stack ${stack} is not as declared.`
          : say`${bad} of ${services.length} services of the stack ${stack} are not as declared.`,
  ];
}

/** `8080->80/tcp`, with the address where it is not every one. */
const portsText = ({ ports }: ServiceStatus) =>
  ports
    .map(({ hostIp, hostPort, target }) => {
      const every = hostIp === "0.0.0.0" || hostIp === "::" || hostIp === "";
      const address = hostIp.includes(":") ? `[${hostIp}]` : hostIp;
      return `${every ? "" : `${address}:`}${hostPort}->${target}`;
    })
    .join(", ");

const [RED, GREEN, YELLOW] = [31, 32, 33];
const MOVING: State[] = ["starting", "created", "restarting"];
const WELL = ["running", "healthy", "done"];

/** On a terminal alone: green, yellow where it may still become so, red. */
export function painted(text: string, { ok, state, declared }: ServiceStatus): string {
  if (!hasColours()) return text;
  const colour = ok ? GREEN : MOVING.includes(state) || (declared && WELL.includes(state)) ? YELLOW : RED;
  return `\u001b[${colour}m${text}\u001b[39m`;
}

/** Whether standard output takes colours: see https://no-color.org. */
export const hasColours = (): boolean => process.stdout.isTTY === true && !process.env.NO_COLOR;
