import { checkEngine, type EngineName } from "../core/engines/engineName";
import { listed, say } from "../core/description/say";
import { runError } from "../core/pulumi/runError";
import type { Setting } from "./lib/settings";

/** What a stack program exports. */
export interface Program {
  /** Its settings, under its own name in `pulumi config`. */
  settings: Record<string, Setting<unknown>>;
  /** Where its settings stand in place of its own name: `berth` in `berth:files`. */
  namespace?: string;
  /** Settings for a plan of every program, where it does nothing without any. */
  sample?: Record<string, string>;
  /** Declares the resources and returns the stack's outputs. Synchronous, so that an error in it makes nothing. */
  program(): Record<string, unknown>;
}

/** One program per documented setup. The imports are lazy: a Docker stack never loads the Kubernetes SDK, a host neither. */
export const PROGRAMS: Record<string, () => Promise<Program>> = {
  nginx: () => import("./nginx"),
  mysql: () => import("./mysql"),
  elasticsearch: () => import("./elasticsearch"),
  volumes: () => import("./volumes"),
  networks: () => import("./networks"),
  tomcat: () => import("./tomcat"),
  jenkins: () => import("./jenkins"),
  flask: () => import("./flask"),
  compose: () => import("./compose"),
  run: () => import("./run"),
  notes: () => import("./notes"),
  gpu: () => import("./gpu"),
  paddlex: () => import("./paddlex"),
  workspace: () => import("./workspace"),
  jupyter: () => import("./jupyter"),
  swarm: () => import("./swarm"),
  kubernetes: () => import("./kubernetes"),
  lifecycle: () => import("./lifecycle"),
  manifests: () => import("./manifests"),
  images: () => import("./images"),
  portainer: () => import("./portainer"),
  host: () => import("./host"),
};

/**
 * The programs of a stack: `berth:program` in its config (a name or a list), or the stack's own name up to
 * its first dash (`nginx`, `nginx-staging`).
 *
 * @throws RunError for a name that is not known, with the list of those that are
 */
export function programNames(stack: string, setting: string | undefined): string[] {
  const known = listed(Object.keys(PROGRAMS));
  let names: unknown = [stack.split("-")[0]];
  if (setting !== undefined) {
    try {
      names = setting.trim().startsWith("[") ? JSON.parse(setting) : [setting.trim()];
    } catch {
      throw runError(say`berth:program: ${setting} is not a name or a list of names; use some of ${known}.`);
    }
  }
  if (!Array.isArray(names) || names.length === 0)
    throw runError(say`berth:program: names no program; use some of ${known}.`);
  for (const [index, name] of names.entries()) {
    if (!Object.hasOwn(PROGRAMS, name)) {
      const from =
        setting === undefined
          ? say`the stack "${stack}" names the program "${name}", which`
          : `berth:program: "${name}"`;
      throw runError(
        say`${from} is not known; the programs are ${known}. Name the stack after one of them, or run \`pulumi config set berth:program NAME\`.`,
      );
    }
    if (names.indexOf(name) !== index)
      throw runError(say`berth:program: names "${name}" twice; list each program once.`);
  }
  return names as string[];
}

/** Programs that are about one engine, whatever `berth:engine` says. */
const ENGINE_OF: Record<string, EngineName> = {
  swarm: "swarm",
  kubernetes: "kubernetes",
  lifecycle: "kubernetes",
  manifests: "kubernetes",
};

/** Programs about a machine, which may have no engine yet. */
export const HOSTS: readonly string[] = ["host"];

/** Where a program's services run. */
export const engineOf = (program: string, setting?: string): EngineName => ENGINE_OF[program] ?? checkEngine(setting);
