import { isDeepStrictEqual } from "node:util";
import type { SwarmSpec } from "../../mapping/swarm";

/** Lists whose order means nothing: the engine, or a hand that adds to them, may give another one. */
const SETS = [
  "Env",
  "Mounts",
  "Networks",
  "Secrets",
  "Configs",
  "Ports",
  "Constraints",
  "Hosts",
  "Aliases",
  "Ulimits",
  "Groups",
  "CapabilityAdd",
  "CapabilityDrop",
  "GenericResources",
];

/** What says nothing, the engine writes as zero, as empty, or not at all. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === 0 ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

function normal(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normal(item));
    return SETS.includes(key) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value)
    .map(([name, item]): [string, unknown] => [name, normal(item, name)])
    .filter(([, item]) => !isEmpty(item))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** A task's template without what the engine adds by itself, and nobody declares. */
function template(task: SwarmSpec["TaskTemplate"]): Record<string, unknown> {
  const { Runtime: _runtime, ContainerSpec, ...rest } = task as SwarmSpec["TaskTemplate"] & { Runtime?: string };
  const { Isolation: _isolation, ...container } = ContainerSpec as typeof ContainerSpec & { Isolation?: string };
  return { ...rest, ContainerSpec: container };
}

/** Global is an empty object, which says much. */
const modeOf = ({ Mode }: SwarmSpec) => (Mode.Global ? "global" : `${Mode.Replicated?.Replicas ?? 0} tasks`);

/** Whether a service is as declared. What the engine fills in by itself is no difference. */
export function sameSpec(live: SwarmSpec, declared: SwarmSpec): boolean {
  const part = (spec: SwarmSpec) => normal({ ...spec, Mode: modeOf(spec), TaskTemplate: template(spec.TaskTemplate) });
  return isDeepStrictEqual(part(live), part(declared));
}

/** Whether a task was made from this template; where it may run is no part of what it is. */
export function sameTask(task: SwarmSpec["TaskTemplate"], current: SwarmSpec["TaskTemplate"]): boolean {
  const part = (spec: SwarmSpec["TaskTemplate"]) => {
    const { Placement: _placement, ...rest } = template(spec);
    return normal(rest);
  };
  return isDeepStrictEqual(part(task), part(current));
}
