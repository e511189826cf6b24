import { LASTING_LIMITS, LIMITS } from "../../mapping/docker";
import type { LateSpec } from "../../description/service";
import { lift } from "../../pulumi/outputs";

type Name = keyof typeof LIMITS;

/** A service's limits that the engine can change on a living container. */
export type Limits = { [K in Exclude<Name, "cpusetMems">]?: number } & { cpusetMems?: string };

/** What an engine says of a container's limits. */
export type LiveLimits = { [K in Name as (typeof LIMITS)[K]]?: Limits[K] | null };

/** The limits that a service is declared with; as they are, or late where they are so. */
export const limitsOf = ({ blkioConfig, ...spec }: LateSpec): { [K in Name]: unknown } => ({
  cpus: spec.cpus,
  cpuPeriod: spec.cpuPeriod,
  cpuQuota: spec.cpuQuota,
  pidsLimit: spec.pidsLimit,
  cpusetMems: spec.cpusetMems,
  blkioWeight: lift(blkioConfig, (config) => config?.weight),
  cpuRtPeriod: spec.cpuRtPeriod,
  cpuRtRuntime: spec.cpuRtRuntime,
});

/** Those of which a container has to be made anew when they come or go. */
export function lastingLimits(spec: LateSpec): Record<string, unknown> {
  const limits = limitsOf(spec);
  return Object.fromEntries(LASTING_LIMITS.map((name) => [name, limits[name]]));
}

/** Whether there is any limit to look at. */
export const isLimited = (declared: Limits): boolean => Object.keys(toEngine(declared)).length > 0;

/** Only the limits, in the engine's words. */
export const toEngine = (declared: Limits): LiveLimits =>
  Object.fromEntries(
    (Object.keys(LIMITS) as Name[])
      .filter((name) => declared[name] !== undefined)
      .map((name) => [LIMITS[name], declared[name]]),
  );

/** The part of an engine's answer that speaks of them. */
export const liveLimits = (host: object | undefined): LiveLimits =>
  Object.fromEntries(
    Object.values(LIMITS).map((word) => [word, (host as Record<string, unknown> | undefined)?.[word]]),
  );

/** Those that a container has not as declared. */
export function otherLimits(found: LiveLimits, declared: Limits): LiveLimits {
  // No limit of processes is said as null, 0 or -1.
  const plain = (word: string, value: unknown) => (word === "PidsLimit" ? Math.max(Number(value ?? 0), 0) : value);
  return Object.fromEntries(
    Object.entries(toEngine(declared)).filter(
      ([word, value]) => plain(word, found[word as keyof LiveLimits]) !== plain(word, value),
    ),
  );
}

/** Whether a container has other limits; an engine that says nothing of one is believed. */
export const hasOtherLimits = (found: LiveLimits, declared: Limits): boolean =>
  Object.keys(otherLimits(found, declared)).some((word) => found[word as keyof LiveLimits] !== undefined);
