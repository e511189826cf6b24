import type { Declaration } from "./applied";
import { isOfSignal } from "./interrupt";
import { locked } from "./locks";
import { networksInUse } from "./networksInUse";
import type { Plan } from "./plan";
import {
  hasAllPlugins,
  hasOtherSdks,
  placesOf,
  placesOfTypes,
  pluginVersions,
  sparePluginSearch,
  takeMoreAtOnce,
  trustInputs,
  writeStateOnce,
} from "./pluginSearch";
import { applicableProject, type CliProject, currentProject } from "./project";
import { makePasswords, runPulumi } from "./pulumi";
import { leftBehind, removeBefore } from "./removal";
import { importState } from "./stateEngines";
import { readStackConfig } from "./stackConfig";
import { isSelected, mendState, mendStates, outputsIn, stateOf } from "./state";
import { programsOf, shortName } from "./stackName";
import type { Place } from "./tools";
import { Unfinished, withoutInitErrors } from "./unfinished";
import { UsageError } from "./usageError";
import { say } from "../core/description/say";

/** The CLI's commands that berth hands a stack to. */
export type PulumiCommand = "up" | "preview" | "refresh" | "destroy";

const asksForHelp = (word: string) => word === "--help" || word === "-h";
// `-yf` is two flags in one word.
const answers = (word: string) =>
  /^(--(yes|skip-preview|preview-only)(=|$)|-[a-z]*[yf][a-z]*$)/.test(word) && !word.endsWith("=false");
const truthy = (value = "") => /^(1|true)$/i.test(value);
const isAnswered = (args: string[]) => args.some(answers) || truthy(process.env.PULUMI_SKIP_CONFIRMATIONS);

const warn = (sentence: string) => console.error(say`warning: ${sentence}`);

/** Refuses what the CLI would refuse only after the program has run: nobody is there to answer its question. */
export function checkAnswered(command: PulumiCommand | "rollback", stack: string, args: string[]): void {
  if (command === "preview" || process.stdin.isTTY || isAnswered(args)) return;
  throw new UsageError(
    say`--yes: is missing, and without a terminal nobody can answer; say \`berth ${command} ${stack} --yes\``,
  );
}

/**
 * Where somebody's own program makes something, by its plan. Undefined where nothing can be gained by knowing it, or
 * where it cannot be planned: then the CLI searches as it always does.
 */
async function placesPlanned(folder: string, planned: () => Promise<Plan>): Promise<Place[] | undefined> {
  try {
    if (hasAllPlugins(pluginVersions(folder)) || hasOtherSdks(folder)) return undefined;
    const { resources } = await planned();
    return placesOfTypes(resources.map(({ type }) => type));
  } catch {
    return undefined;
  }
}

/** Words that change nothing about what is done. */
const isPlain = (word: string) => /^(--yes|--skip-preview|--non-interactive|-[yf]+)$/.test(word);
const SKIP = "--skip-preview";

/**
 * `berth up`, `preview`, `refresh` and `destroy`: selects the stack and hands the rest to the CLI as it stands.
 * Nothing is made before it is known that the stack has a program. Where `up` would certainly do nothing, it says so.
 *
 * @param options `known`: where somebody's own program makes something, where it has been planned already
 */
export async function pulumiCommand(
  command: PulumiCommand,
  stack: string,
  args: string[],
  { full = false, known }: { full?: boolean; known?: Place[] } = {},
): Promise<number> {
  const project = await applicableProject();
  const { folder } = project;
  if (args.some(asksForHelp)) return runPulumi(folder, [command, ...args]);
  const name = shortName(stack);
  const { values } = readStackConfig(folder, project.name, name);
  const programs = project.own ? [] : programsOf(name, values["berth:program"]);
  checkAnswered(command, stack, args);
  mendState(project, stack);
  const state = await stateToBeginWith(project, stack, command);

  // Once: a program that is run by loading it declares nothing the second time.
  let plan: Promise<Plan> | undefined;
  const planned = () => {
    plan ??= import("./planOf").then(({ planOf }) => planOf(name, {}, { commands: false }));
    return plan;
  };
  const applying = command === "up" && state !== undefined && args.every(isPlain);
  // Loaded here only: a plan needs the SDK, and the CLI can begin before that is loaded.
  const applied = applying ? await import("./applied") : undefined;
  const mayEnd = applied && !full && applied.isLast(project, stack, state);
  let declaration = mayEnd ? await applied.declarationOf(project, stack, planned) : undefined;
  let planning: Promise<Declaration | undefined> | undefined;
  try {
    if (declaration && (await applied!.isApplied(project, stack, declaration).catch(() => false))) {
      sayUnchanged(stack, declaration, state!);
      return 0;
    }
    const settings = applied?.settingsOf(project, stack);
    // The program is read while the CLI starts, and before that reads it.
    planning = applied && !mayEnd ? applied.declarationOf(project, stack, planned) : undefined;
    const selected = await select(project, stack, state, command === "up" || command === "preview");
    declaration ??= await planning;
    if (selected !== 0) return selected;
    if (command === "up") {
      const made = await makePasswords(folder, project.name, stack, programs);
      if (made !== 0) return made;
    }
    const places = project.own
      ? (known ?? (declaration ? ["docker" as const] : await placesPlanned(folder, planned)))
      : placesOf(programs, values["berth:engine"]);
    if (places) sparePluginSearch(places, state, pluginVersions(folder));
    trustInputs(state, args);
    takeMoreAtOnce(places, state);
    const ended = command === "destroy" ? await removedBefore(project, stack, state, args) : undefined;
    if (ended !== undefined) return ended;
    const code = await runPulumi(folder, [command, "--stack", stack, ...args, ...unseen(command, args, declaration)]);
    if (code !== 0 && command === "destroy") {
      for (const sentence of await networksInUse(stateOf(project, stack))) warn(sentence);
      if (isOfSignal(code)) tellLeft(project, stack, state);
    }
    const after = code === 0 && state !== undefined ? await settled(project, stack, command, args) : undefined;
    // Passwords that were made meanwhile are not in the plan; who has said no has left the state as it was.
    if (declaration && after !== undefined && after !== state && applied!.settingsOf(project, stack) === settings)
      await applied!.keepApplied(project, stack, declaration, after).catch(() => {});
    return code;
  } finally {
    declaration ??= await planning;
    if (declaration) applied!.close(declaration.now);
  }
}

/** What a destroy does without the CLI; its exit code where nothing is left for the CLI to do. */
async function removedBefore(project: CliProject, stack: string, state: string | undefined, args: string[]) {
  writeStateOnce(state);
  const unfinished = Unfinished.in(state);
  // Else a network could not go, which they are on.
  if (unfinished && isAnswered(args)) await locked(project, stack, () => removeAll(unfinished));
  else if (unfinished) warn(unfinished.notice(stack));
  if (!state || !isAnswered(args) || !args.every(isPlain)) return undefined;
  const ended = await removeBefore(project, stack, state);
  if (ended !== undefined) tellLeft(project, stack, state);
  return ended;
}

/** Says what is left behind a destroy that a signal has ended, where the state is in a folder of this machine. */
function tellLeft(project: CliProject, stack: string, before: string | undefined): void {
  const left = leftBehind(stack, before, stateOf(project, stack));
  if (left !== undefined) console.error(say`error: ${left}`);
}

/** The stack's state; what an engine that was gone has left in it would stop an `up`, and each one after it. */
async function stateToBeginWith(project: CliProject, stack: string, command: PulumiCommand) {
  const state = stateOf(project, stack);
  const mended = command === "destroy" ? undefined : withoutInitErrors(state);
  if (mended === undefined) return state;
  await importState(project.folder, stack, mended);
  return stateOf(project, stack);
}

/** Selects a stack, as who calls the CLI next expects; that is a run of the CLI, which one that is selected does not need. */
async function select(project: CliProject, stack: string, state: string | undefined, create: boolean) {
  if (state && isSelected(project, stack)) return 0;
  return runPulumi(project.folder, ["stack", "select", ...(create ? ["--create"] : []), "--stack", stack], {
    quiet: true,
  });
}

/**
 * The state behind an `up` or a destroy of a whole stack; undefined behind anything else. What a CLI that was killed
 * had begun to make is there by now, or has to go.
 */
async function settled(project: CliProject, stack: string, command: PulumiCommand, args: string[]) {
  const whole = args.every(isPlain);
  if (!whole || (command !== "up" && command !== "destroy")) return undefined;
  const state = stateOf(project, stack);
  const unfinished = Unfinished.in(state);
  if (unfinished === undefined) return state;
  try {
    if (command === "up") await locked(project, stack, () => removeAll(unfinished));
  } catch {
    // Somebody has begun to change the stack.
    return stateOf(project, stack);
  }
  await unfinished.forget(project.folder, stack);
  return stateOf(project, stack);
}

async function removeAll(unfinished: Unfinished): Promise<void> {
  for (const sentence of await unfinished.remove()) warn(sentence);
}

/** Nobody looks at a preview that is not asked about. It has to stay where it alone finds what is wrong beforehand. */
function unseen(command: PulumiCommand, args: string[], declaration: Declaration | undefined): string[] {
  const safe = command === "destroy" ? args.every(isPlain) : declaration?.allOrNothing;
  return safe && args.some((word) => /^(--yes|-y)$/.test(word)) ? [SKIP] : [];
}

/** Says that nothing is to be done, with the stack's outputs as `up` prints them. */
function sayUnchanged(stack: string, { now }: Declaration, state: string): void {
  for (const warning of now.plan.warnings) warn(warning);
  const outputs = outputsIn(state);
  if (outputs.length) console.log(`Outputs:\n${outputs.map((line) => `    ${line}`).join("\n")}\n`);
  console.log(say`Nothing has changed: all of the stack ${stack} is as declared, and runs.`);
  console.log(say`\`berth up ${stack} --full\` applies it all the same.`);
}

/** The stack whose settings a command sets, where it names one. */
function stackToSet([command, verb, ...words]: string[]): string | undefined {
  if (command !== "config" || (verb !== "set" && verb !== "set-all") || words.some(asksForHelp)) return undefined;
  const at = words.findIndex((word) => /^(?:--stack|-s)(?:=|$)/.test(word));
  return at < 0 ? undefined : words[at]!.includes("=") ? words[at]!.replace(/^[^=]*=/, "") : words[at + 1];
}

/** `berth pulumi`: one of the CLI's commands as it stands. */
export async function anyPulumi(words: string[]): Promise<number> {
  const project = await currentProject();
  const { folder } = project;
  // Else nobody could lift the lock that a CLI which was killed has left.
  mendStates(project);
  // Settings may come before the first `up`, which makes the stack.
  const stack = stackToSet(words);
  if (stack) {
    const selected = await runPulumi(folder, ["stack", "select", "--create", "--stack", stack], { quiet: true });
    if (selected !== 0) return selected;
  }
  return runPulumi(folder, words);
}
