import * as pulumi from "@pulumi/pulumi";
import type { Input } from "@pulumi/pulumi";
import { isOnItsWay } from "../../../pulumi/outputs";

/** Part of an object, to be laid over another one: `null` takes a field away. */
export type Patch<T> = Input<
  T extends string | number | boolean | null | undefined
    ? T | null
    : T extends readonly (infer E)[]
      ? Patch<E>[] | null
      : T extends object
        ? { [K in keyof T]?: Patch<T[K]> } | null
        : T
>;

/** Fields that tell the items of a list apart, as in Kubernetes' own strategic merge. */
const KEYS: Record<string, string[]> = {
  containers: ["name"],
  initContainers: ["name"],
  volumes: ["name"],
  env: ["name"],
  imagePullSecrets: ["name"],
  ports: ["containerPort", "port"],
  volumeMounts: ["mountPath"],
};

type Record_ = Record<string, unknown>;
const isRecord = (value: unknown): value is Record_ =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/**
 * Lays part of an object over another one, as `kubectl patch` does: maps are merged, lists of containers,
 * volumes, variables, ports and mounts item by item, other lists and values are replaced, `null` takes away.
 */
export function merge(base: unknown, patch: unknown, field = ""): unknown {
  if (patch === undefined) return base;
  if (patch === null) return undefined;
  if (isOnItsWay(base) || isOnItsWay(patch))
    return pulumi.all([base, patch]).apply(([known, over]) => merge(known, over, field));
  if (isRecord(patch)) {
    const under = isRecord(base) ? base : {};
    const merged = Object.entries(patch).map(([key, value]) => [key, merge(under[key], value, key)] as const);
    const result = { ...under, ...Object.fromEntries(merged) };
    return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
  }
  if (Array.isArray(patch) && Array.isArray(base)) {
    const key = KEYS[field]?.find((candidate) =>
      [...base, ...patch].every(
        (item) => isRecord(item) && item[candidate] !== undefined && !isOnItsWay(item[candidate]),
      ),
    );
    if (key !== undefined) return mergeItems(base as Record_[], patch as Record_[], key);
  }
  return patch;
}

function mergeItems(base: Record_[], patch: Record_[], key: string): unknown[] {
  const changed = base.map((item) =>
    merge(
      item,
      patch.find((over) => over[key] === item[key]),
    ),
  );
  return [...changed, ...patch.filter((over) => !base.some((item) => item[key] === over[key]))];
}
