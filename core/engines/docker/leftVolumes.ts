import * as pulumi from "@pulumi/pulumi";
import { isLate } from "../../pulumi/outputs";
import type { Mount } from "../../description/mounts";
import type { LateSpec } from "../../description/service";
import type { LiveContainer } from "../dockerApi/snapshot";
import { say } from "../../description/say";

/** The engine made its name up: it is a new one with every container. */
const MADE_UP = /^[0-9a-f]{64}$/;

/**
 * Says which volumes a running container has that its successor does not: their data is not there any more, though it
 * is not lost.
 */
export function leftVolumes(
  { name: service, stack, keepData }: { name: string; stack: string; keepData: boolean },
  { volumes = [], volumesFrom }: Pick<LateSpec, "volumes" | "volumesFrom">,
  live: LiveContainer,
): string[] {
  if (isLate([volumes, volumesFrom]) || volumesFrom !== undefined) return [];
  const declared = volumes as Mount[];
  const backup = `\`berth backup ${stack}\``;
  const mounted = (live.mounts ?? []).filter(({ type }) => type === "volume");
  return mounted.flatMap(({ source: name, target }) => {
    if (MADE_UP.test(name) || declared.some(({ source }) => source === name)) return [];
    const next = declared.find((mount) => mount.target === target);
    // One without a name has one that Pulumi made up.
    if (next?.type === "volume" && next.source === undefined) return [];
    const fate = keepData ? say`stays there` : say`is removed with it`;
    if (next?.source !== undefined && next.type === "volume")
      return [
        say`${service}: ${target} gets the volume ${next.source}, and what is in ${name} ${fate}; ${backup} before and \`berth restore ${stack}\` behind this \`up\` carries it over.`,
      ];
    return [
      say`${service}: the volume ${name} is not at ${target} any more, and what is in it ${fate}; ${backup} saves it first.`,
    ];
  });
}

/** The same as warnings. */
export function warnOfLeftVolumes(
  service: { name: string; keepData: boolean },
  spec: Pick<LateSpec, "volumes" | "volumesFrom">,
  live: LiveContainer,
): void {
  for (const line of leftVolumes({ ...service, stack: pulumi.getStack() }, spec, live)) void pulumi.log.warn(line);
}
