import type { PublishMode, SwarmOptions, UpdateConfig } from "../../description/swarmOptions";
import { defined, type Field, inner, innerItems, integer, isEmpty, pairs, text, texts } from "./values";
import { refuse } from "./errors";
import { say } from "../../description/say";

/** What only a Swarm reads of a service: most of `deploy`, and the modes of ports. Undefined where it says nothing. */
export function swarmOptions(deploy: Field | undefined, ports: Field | undefined): SwarmOptions | undefined {
  const labels = inner(deploy, "labels");
  const rollback = updateConfig(inner(deploy, "rollback_config"));
  const options = defined<SwarmOptions>({
    updateConfig: updateConfig(inner(deploy, "update_config")),
    rollbackConfig: rollback as SwarmOptions["rollbackConfig"],
    placement: placement(inner(deploy, "placement")),
    endpointMode: text(inner(deploy, "endpoint_mode")) as SwarmOptions["endpointMode"],
    publishMode: publishMode(ports),
    labels: labels && !isEmpty(labels.node) ? pairs(labels) : undefined,
    global: text(inner(deploy, "mode")) === "global" || undefined,
    restartPolicy: some({
      delay: text(inner(inner(deploy, "restart_policy"), "delay")),
      window: text(inner(inner(deploy, "restart_policy"), "window")),
    }),
    reservations: reservations(inner(inner(deploy, "resources"), "reservations")),
  });
  return some(options);
}

/** The record without what is undefined; undefined where nothing is left. */
function some<T extends object>(record: T): T | undefined {
  const result = defined(record);
  return Object.keys(result).length ? result : undefined;
}

function updateConfig(field: Field | undefined): UpdateConfig | undefined {
  if (!field || isEmpty(field.node)) return undefined;
  const ratio = inner(field, "max_failure_ratio");
  return defined({
    parallelism: integer(inner(field, "parallelism")),
    delay: text(inner(field, "delay")),
    failureAction: text(inner(field, "failure_action")) as UpdateConfig["failureAction"],
    monitor: text(inner(field, "monitor")),
    maxFailureRatio: ratio && Number(text(ratio)),
    order: text(inner(field, "order")) as UpdateConfig["order"],
  });
}

function placement(field: Field | undefined): SwarmOptions["placement"] {
  const preferences = innerItems(inner(field, "preferences")).map((item) => ({
    spread: text(inner(item, "spread")) ?? "",
  }));
  return some({
    constraints: texts(inner(field, "constraints")),
    preferences: preferences.length ? preferences : undefined,
    maxReplicasPerNode: integer(inner(field, "max_replicas_per_node")),
  });
}

function reservations(field: Field | undefined): SwarmOptions["reservations"] {
  const kinds = innerItems(inner(field, "generic_resources")).flatMap((item): [string, number][] => {
    const spec = inner(item, "discrete_resource_spec");
    if (!spec) return [];
    const kind = text(inner(spec, "kind"));
    const value = integer(inner(spec, "value"));
    if (!kind || value === undefined)
      throw refuse(spec.node, spec.path, say`needs a kind and a value`, say`use for example kind: SSD, value: 1`);
    return [[kind, value]];
  });
  return some({
    cpus: text(inner(field, "cpus")),
    genericResources: kinds.length ? Object.fromEntries(kinds) : undefined,
  });
}

function publishMode(ports: Field | undefined): SwarmOptions["publishMode"] {
  const modes = innerItems(ports).flatMap((item): [string, PublishMode][] => {
    const mode = text(inner(item, "mode"));
    const target = text(inner(item, "target"));
    return mode === "host" && target !== undefined ? [[target, mode]] : [];
  });
  return modes.length ? Object.fromEntries(modes) : undefined;
}
