import { show } from "../description/errors";
import { say } from "../description/say";
import { runError } from "../pulumi/runError";

/** Where services run. */
export const ENGINES = ["docker", "swarm", "kubernetes"] as const;
export type EngineName = (typeof ENGINES)[number];

/** The value of `berth:engine`, checked. */
export function checkEngine(name = "docker"): EngineName {
  if (!ENGINES.includes(name as EngineName))
    throw runError(say`berth:engine: ${show(name)} is not known; use ${ENGINES.join(", ")}.`);
  return name as EngineName;
}
