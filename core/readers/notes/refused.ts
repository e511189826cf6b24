import { ArgumentError } from "../../description/errors";
import type { Notice } from "../../description/project";
import { say } from "../../description/say";
import { isAwaited, startOrder } from "../../description/startOrder";
import { checkForDocker } from "../../mapping/docker";
import { checkDefinition, networkArgs } from "../../mapping/networks";
import type { NoteSetup } from "./note";
import { inNote, type NoteState, sentence } from "./state";

/** Says of setups that `up` would refuse, before it makes anything, why; they are none then. */
export function leaveRefused(note: NoteState): void {
  for (const setup of [...note.setups]) {
    const refused = refusalOf(note, setup);
    if (!refused) {
      setup.notices.push(...overlays(setup));
      continue;
    }
    // What one engine cannot do a note may ask of a Swarm.
    if (setup.kind === "compose" && note.applied.some(({ item: { what } }) => what.startsWith("docker stack"))) {
      setup.engine = "swarm";
      continue;
    }
    note.dropSetup(setup, inNote(sentence(refused)));
  }
}

/** The first thing that an engine could never make of a setup; undefined where a Swarm is to run it. */
function refusalOf(note: NoteState, { project, kind, engine, locate }: NoteSetup): ArgumentError | undefined {
  if (!project || engine === "swarm") return undefined;
  const context = { projectFolder: note.context.folder, outer: note.context.environment };
  const found = refusal(() => startOrder(project.services));
  if (found) return found;
  for (const [key, network] of Object.entries(project.networks)) {
    const refused = network.external ? undefined : refusal(() => checkDefinition(networkArgs(network, {})));
    if (!refused) continue;
    const argument = refused.argument.replace(`networks.${network.name}.`, "");
    const place =
      kind === "compose" ? `networks.${key}.${argument}` : `docker network create ${key}: ${flagOf(argument)}`;
    return new ArgumentError(place, refused.problem, refused.remedy);
  }
  for (const [key, service] of Object.entries(project.services)) {
    const { build: _build, dependsOn: _dependsOn, replicas: _replicas, swarm: _swarm, ...description } = service;
    const containerName = description.containerName ?? (kind === "compose" ? undefined : key);
    const mode = isAwaited(key, project.services) ? ("replicated-job" as const) : description.mode;
    const refused = refusal(() => checkForDocker({ ...description, containerName, mode }, context));
    if (refused) return locate?.(key, refused) ?? refused;
  }
  return undefined;
}

/** Networks over several hosts, which an engine has as part of a Swarm only. */
const overlays = ({ project, engine }: NoteSetup): Notice[] =>
  Object.values(project?.networks ?? {})
    .filter(({ driver, external }) => driver === "overlay" && !external && engine !== "swarm")
    .map(({ name }) => ({
      level: "warning",
      at: say`the network ${name}`,
      text: say`an overlay needs an engine that manages a Swarm: \`berth up swarm\` makes it one`,
    }));

const FLAGS: Record<string, string> = { ipRange: "ip-range", auxAddresses: "aux-address" };

/** The flag of `docker network create` that an argument of a network comes from. */
function flagOf(argument: string): string {
  const field = argument.split(".").at(-1)!;
  return field === "name" ? field : `--${FLAGS[field] ?? field}`;
}

function refusal(check: () => unknown): ArgumentError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ArgumentError) return error;
    throw error;
  }
}
