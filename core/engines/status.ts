import { nearest } from "../description/nearest";
import { say } from "../description/say";
import type { ServiceSpec } from "../description/service";
import type { Endpoint, EngineName } from "./engine";
import { COMPOSE_LABELS } from "./owner";

/** What a declaration says of a service, as far as a look at its engine needs it. */
export interface Declared {
  /** Logical name: the label `berth.service`. */
  service: string;
  /** On the engine. */
  name: string;
  engine: EngineName;
  spec: ServiceSpec;
  /** Of the declaration; undefined where it cannot be known without the stack's secrets. */
  digest?: string;
  /** Of its object on a cluster. */
  metadata?: { name?: string; namespace?: string };
  kind?: string;
  /** A part of it is a secret that only the CLI can read, so that what runs cannot be compared with it. */
  hidden: boolean;
}

/** In what state a service is; `mixed` where some of its replicas are in another one than the rest. */
export type State =
  | "running"
  | "healthy"
  | "starting"
  | "unhealthy"
  | "restarting"
  | "paused"
  | "exited"
  | "done"
  | "created"
  | "removing"
  | "missing";

/** A service as it runs, beside its declaration. */
export interface ServiceStatus {
  service: string;
  /** In its compose file. */
  short?: string;
  name: string;
  engine: EngineName;
  state: State;
  /** Of one that has ended. */
  exitCode?: number;
  /** Replicas that run, of those that are to. */
  replicas?: { running: number; wanted: number };
  /** Whether the program still has it. */
  declared: boolean;
  /** What of it is declared differently. */
  changed: string[];
  /** Whether it is as declared, and answers or is done. */
  ok: boolean;
  /** Published ports as they are. */
  ports: Endpoint[];
  /** How long it runs, as the engine says it: `3 minutes`. */
  uptime?: string;
  image?: string;
  /** What else there is to say of it. */
  notes: string[];
  /** Its container, where it is one. */
  id?: string;
}

const WELL: State[] = ["running", "healthy", "done"];

/** Completes a status with whether all is well. */
export function judged(
  status: Omit<ServiceStatus, "ok">,
  { job = false, failed = false }: { job?: boolean; failed?: boolean } = {},
): ServiceStatus {
  const { declared, changed, state, replicas } = status;
  const well = job ? state === "done" : WELL.includes(state);
  const all = replicas === undefined || replicas.running === replicas.wanted;
  return { ...status, ok: declared && changed.length === 0 && well && all && !failed };
}

/** What Compose calls a service; its containers have longer names. */
export const shortName = (labels: Record<string, string> | undefined) => labels?.[`${COMPOSE_LABELS}service`];

/** A declared service that nothing runs for. */
export const missing = ({ service, name, engine, spec }: Declared, note?: string): ServiceStatus => ({
  service,
  short: shortName(spec.labels),
  name,
  engine,
  state: "missing",
  declared: true,
  changed: [],
  ok: false,
  ports: [],
  image: spec.image,
  notes: note === undefined ? [] : [note],
});

/** The names that a service goes by: the one in its compose file where no other has that, its logical one, the engine's. */
export function namesOf(services: Names[]): Map<Names, string[]> {
  const isAlone = (short: string) =>
    services.filter((one) => [one.short, one.service, one.name].includes(short)).length === 1;
  return new Map(
    services.map((one) => {
      const { short, service, name } = one;
      return [one, [...new Set([...(short !== undefined && isAlone(short) ? [short] : []), service, name])]];
    }),
  );
}

type Names = Pick<ServiceStatus, "short" | "service" | "name">;

/**
 * The services of a list that are named, all where none is.
 *
 * @throws Error with the nearest name for one that is not known
 */
export function pick<T extends Names>(services: T[], given: string[], stack: string): T[] {
  if (given.length === 0) return services;
  const names = namesOf(services);
  return given.map((word) => {
    const found = services.find((one) => names.get(one)!.includes(word));
    if (found) return found;
    const near = nearest(word, [...names.values()].flat());
    const known = services.map((one) => names.get(one)![0]).join(", ");
    const help = near
      ? say`; did you mean ${near}?`
      : known
        ? say`; its services are ${known}`
        : say`, and none at all`;
    throw new Error(say`the stack ${stack} has no service "${word}"${help}`);
  });
}

const UNITS: [name: string, seconds: number][] = [
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** How long ago something was, roughly, as Docker says it: `3 minutes`. */
export function since(time: string, now = Date.now()): string | undefined {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return undefined;
  // Docker counts in a unit until there are two of the next.
  const [name, size] = UNITS.find(([unit, length]) => seconds >= (unit === "second" ? 0 : 2 * length)) ?? UNITS.at(-1)!;
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
