import {
  hasAllPlugins,
  hasOtherSdks,
  placesOf,
  placesOfTypes,
  pluginVersions,
  sparePluginSearch,
  takeMoreAtOnce,
  trustInputs,
} from "./pluginSearch";
import { applicableProject, currentProject } from "./project";
import { makePasswords, runPulumi } from "./pulumi";
import { readStackConfig } from "./stackConfig";
import { mendState, stateOf } from "./state";
import { programsOf, shortName } from "./stackName";
import type { Place } from "./tools";
import { UsageError } from "./usageError";

/** The CLI's commands that berth hands a stack to. */
export type PulumiCommand = "up" | "preview" | "refresh" | "destroy";

const asksForHelp = (word: string) => word === "--help" || word === "-h";
// `-yf` is two flags in one word.
const answers = (word: string) =>
  /^(--(yes|skip-preview|preview-only)(=|$)|-[a-z]*[yf][a-z]*$)/.test(word) && !word.endsWith("=false");
const truthy = (value = "") => /^(1|true)$/i.test(value);

/** Refuses what the CLI would refuse only after the program has run: nobody is there to answer its question. */
function checkAnswered(command: PulumiCommand, stack: string, args: string[]): void {
  if (command === "preview" || process.stdin.isTTY || truthy(process.env.PULUMI_SKIP_CONFIRMATIONS)) return;
  if (args.some(answers)) return;
  throw new UsageError(
    `--yes: is missing, and without a terminal nobody can answer; say \`berth ${command} ${stack} --yes\``,
  );
}

/**
 * Where somebody's own program makes something, by its plan. Undefined where nothing can be gained by knowing it, or
 * where it cannot be planned: then the CLI searches as it always does.
 */
async function placesPlanned(folder: string, stack: string): Promise<Place[] | undefined> {
  try {
    if (hasAllPlugins(pluginVersions(folder)) || hasOtherSdks(folder)) return undefined;
    const { planOf } = await import("./planOf");
    const { resources } = await planOf(shortName(stack));
    return placesOfTypes(resources.map(({ type }) => type));
  } catch {
    return undefined;
  }
}

/**
 * `berth up`, `preview`, `refresh` and `destroy`: selects the stack and hands the rest to the CLI as it stands.
 * Nothing is made before it is known that the stack has a program.
 */
export async function pulumiCommand(command: PulumiCommand, stack: string, args: string[]): Promise<number> {
  const project = await applicableProject();
  const { folder } = project;
  if (args.some(asksForHelp)) return runPulumi(folder, [command, ...args]);
  const name = shortName(stack);
  const { values } = readStackConfig(folder, project.name, name);
  const programs = project.own ? [] : programsOf(name, values["berth:program"]);
  checkAnswered(command, stack, args);
  const places = project.own ? await placesPlanned(folder, stack) : placesOf(programs, values["berth:engine"]);
  await mendState(folder, project.name, name);
  const state = await stateOf(folder, project.name, name);
  if (places) sparePluginSearch(places, state, pluginVersions(folder));
  trustInputs(state);
  takeMoreAtOnce(places, state);

  const create = command === "up" || command === "preview" ? ["--create"] : [];
  const selected = await runPulumi(folder, ["stack", "select", ...create, "--stack", stack], { quiet: true });
  if (selected !== 0) return selected;
  if (command === "up") {
    const made = await makePasswords(folder, project.name, stack, programs);
    if (made !== 0) return made;
  }
  return runPulumi(folder, [command, "--stack", stack, ...args]);
}

/** `berth pulumi`: one of the CLI's commands as it stands. */
export async function anyPulumi(words: string[]): Promise<number> {
  return runPulumi((await currentProject()).folder, words);
}
