import type { Notice } from "../../description/project";
import { type Lookup, substitute, TemplateError } from "../../description/template";
import { refuse } from "./errors";
import { formatPath, inPlaceOf, isList, isMapping, type Level, type Node, pathTable, step } from "./tree";
import { say } from "../../description/say";

type Cast = "integer" | "number" | "boolean";

const CASTS: Level<Cast> = pathTable<Cast>({
  "services.*.cpu_count": "integer",
  "services.*.cpu_percent": "number",
  "services.*.cpu_period": "integer",
  "services.*.cpu_quota": "integer",
  "services.*.cpu_rt_period": "integer",
  "services.*.cpu_rt_runtime": "integer",
  "services.*.cpus": "number",
  "services.*.cpu_shares": "integer",
  "services.*.init": "boolean",
  "services.*.depends_on.*.required": "boolean",
  "services.*.depends_on.*.restart": "boolean",
  "services.*.deploy.replicas": "integer",
  "services.*.deploy.update_config.parallelism": "integer",
  "services.*.deploy.update_config.max_failure_ratio": "number",
  "services.*.deploy.rollback_config.parallelism": "integer",
  "services.*.deploy.rollback_config.max_failure_ratio": "number",
  "services.*.deploy.restart_policy.max_attempts": "integer",
  "services.*.deploy.placement.max_replicas_per_node": "integer",
  "services.*.healthcheck.retries": "integer",
  "services.*.healthcheck.disable": "boolean",
  "services.*.oom_kill_disable": "boolean",
  "services.*.oom_score_adj": "integer",
  "services.*.pids_limit": "integer",
  "services.*.ports.[].target": "integer",
  "services.*.privileged": "boolean",
  "services.*.read_only": "boolean",
  "services.*.scale": "integer",
  "services.*.stdin_open": "boolean",
  "services.*.tty": "boolean",
  "services.*.ulimits.*": "integer",
  "services.*.ulimits.*.hard": "integer",
  "services.*.ulimits.*.soft": "integer",
  "services.*.volumes.[].read_only": "boolean",
  "services.*.volumes.[].volume.nocopy": "boolean",
  "networks.*.external": "boolean",
  "networks.*.internal": "boolean",
  "networks.*.attachable": "boolean",
  "networks.*.enable_ipv4": "boolean",
  "networks.*.enable_ipv6": "boolean",
  "volumes.*.external": "boolean",
  "secrets.*.external": "boolean",
  "configs.*.external": "boolean",
});

const BOOLEANS: Record<string, boolean> = {
  true: true,
  y: true,
  yes: true,
  on: true,
  false: false,
  n: false,
  no: false,
  off: false,
};

/** What Compose makes of text where a boolean is expected; undefined for anything else. */
export const readBoolean = (text: string): boolean | undefined => BOOLEANS[text.toLowerCase()];

function cast(kind: Cast, text: string): number | boolean | undefined {
  if (kind === "boolean") return readBoolean(text);
  if (kind === "integer") return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

const EXPECTED: Record<Cast, [problem: string, remedy: string]> = {
  boolean: [say`is not true or false`, say`use true or false`],
  integer: [say`is not a whole number`, say`use digits only`],
  number: [say`is not a number`, say`use for example 0.5`],
};

/** Collects what the reader says about unset variables, once for each. */
export interface Interpolation {
  lookup: Lookup;
  notice(notice: Notice): void;
}

/** Fills in variables in every value, then turns text into numbers and booleans where Compose expects those. */
export function interpolate(root: Node, { lookup, notice }: Interpolation): Node {
  // One array for all places, since a large file has many.
  const path: (string | number)[] = [];
  const text = (node: Node, value: string, kind: Cast | undefined): Node => {
    let filled = value;
    const unset: string[] = [];
    if (value.includes("$")) {
      try {
        filled = substitute(value, lookup, (name) => {
          unset.push(name);
          notice({
            level: "warning",
            at: formatPath(path),
            text: say`the variable ${name} is not set, so it becomes empty`,
          });
        });
      } catch (error) {
        if (error instanceof TemplateError) throw refuse(node, path, error.problem, error.remedy);
        throw error;
      }
    }
    const origin = unset.length ? { ...node, unset } : node;
    if (kind === undefined) return filled === value ? node : inPlaceOf(origin, filled);
    const result = cast(kind, filled);
    if (result === undefined)
      throw refuse(origin, path, say`${JSON.stringify(filled)} ${EXPECTED[kind][0]}`, EXPECTED[kind][1]);
    if (kind === "boolean" && !/^(true|false)$/i.test(filled))
      notice({
        level: "warning",
        at: formatPath(path),
        text: say`"${filled}" is text in YAML 1.2 and is read as ${result}; write ${result}`,
      });
    return inPlaceOf(node, result);
  };
  const below = (node: Node, key: string | number, level: Level<Cast> | undefined): Node => {
    path.push(key);
    const result = walk(node, step(level, key));
    path.pop();
    return result;
  };
  const walk = (node: Node, level: Level<Cast> | undefined): Node => {
    const { value } = node;
    if (typeof value === "string") return value.includes("$") || level?.here ? text(node, value, level?.here) : node;
    if (isMapping(node)) {
      let map: Map<string, Node> | undefined;
      for (const [key, item] of node.value) {
        const changed = below(item, key, level);
        if (changed === item) continue;
        map ??= new Map(node.value);
        map.set(key, changed);
      }
      return map ? inPlaceOf(node, map) : node;
    }
    if (isList(node)) {
      const list = node.value.map((item, index) => below(item, index, level));
      return list.some((item, index) => item !== node.value[index]) ? inPlaceOf(node, list) : node;
    }
    return node;
  };
  return walk(root, CASTS);
}
