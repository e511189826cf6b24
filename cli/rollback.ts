import { both, listed, say } from "../core/description/say";
import {
  digestOfProgram,
  localTime,
  programSays,
  readRollback,
  type RolledBack,
  type RollbackSetting,
} from "../core/engines/rollback";
import { pick } from "../core/engines/status";
import type { LateSpec } from "../core/description/service";
import { isOnItsWay } from "../core/pulumi/outputs";
import { type After, type Answer, type Going, goingBack, type Question } from "./goingBack";
import { walked } from "./history";
import { type CliProject, applicableProject } from "./project";
import { checkAnswered, pulumiCommand } from "./pulumiCommand";
import { differences, imageOf, type RanPlainly, type ServiceThen, words } from "./ran";
import { settingsFile, textOf, withRollback, writeText } from "./rollbackSetting";
import { readStackConfig } from "./stackConfig";
import { shortName } from "./stackName";
import { placesOfTypes } from "./pluginSearch";
import type { Place } from "./tools";
import { markOf, type Update, type Updates, updatesOf } from "./updates";
import { UsageError } from "./usageError";

export interface RollbackOptions {
  to?: string;
  end?: boolean;
  yes?: boolean;
}

/** A service that the program declares, or, where that cannot be planned, that the state has. */
interface Declared {
  service: string;
  name: string;
  short?: string;
  /** What the program says of it. */
  says?: LateSpec;
}

/** What a program declares. */
interface Program {
  services: Declared[];
  /** Names of its networks; undefined where nobody knows. */
  networks?: Set<string>;
  /** Where it makes something; undefined where nobody knows. */
  places?: Place[];
}

/** `berth rollback`: has services run as they did before, until somebody ends that. */
export async function rollback(stack: string, names: string[], options: RollbackOptions): Promise<number> {
  const { to, end = false, yes = false } = options;
  if (end && to !== undefined)
    throw new UsageError(say`--to: says where to go back to, and --end ends that; give one of them`);
  if (to !== undefined && !/^[1-9]\d*$/.test(to))
    throw new UsageError(say`--to: "${to}" is not the number of an update; \`berth history ${stack}\` lists them`);
  checkAnswered("rollback", stack, yes ? ["--yes"] : []);
  const project = await applicableProject();
  const file = settingsFile(project.folder, shortName(stack));
  const { values } = readStackConfig(project.folder, project.name, shortName(stack));
  const before = readRollback(values["berth:rollback"]);
  const { setting, message, places } = end
    ? await ended(project, stack, names, before)
    : await goneBack(project, stack, names, before, to === undefined ? undefined : Number(to));
  return apply({ project, stack, file, before, setting, message, places, yes });
}

interface Applying {
  project: CliProject;
  stack: string;
  /** With the stack's settings. */
  file: string;
  before: RollbackSetting;
  setting: RollbackSetting;
  /** For the history. */
  message: string;
  places?: Place[];
  yes: boolean;
}

/** Writes the setting and applies it. Where nothing has been begun, the settings are as they were. */
async function apply({ project, stack, file, before, setting, message, places, yes }: Applying): Promise<number> {
  const old = textOf(file);
  const mark = await markOf(project, stack);
  const written = withRollback(file, setting);
  writeText(file, written);
  let code = 1;
  let hasBegun = false;
  try {
    code = await pulumiCommand("up", stack, ["--message", message, ...(yes ? ["--yes"] : [])], { known: places });
    hasBegun = code === 0 || (await markOf(project, stack)) !== mark;
  } finally {
    if (!hasBegun) writeText(file, textOf(file) === written ? old : withRollback(file, before));
  }
  if (code === 0) return code;
  console.error(
    hasBegun
      ? say`not all of it was applied, and the settings of the stack still say it: \`berth up ${stack}\` tries again, \`berth rollback ${stack} --end\` ends it`
      : say`nothing was applied, and the settings of the stack are as they were`,
  );
  return code;
}

/** The setting without what is to end. */
async function ended(project: CliProject, stack: string, names: string[], before: RollbackSetting) {
  const back = Object.keys(before);
  if (back.length === 0) throw new Error(say`nothing of the stack ${stack} has been rolled back`);
  const known = names.length === 0 || names.every((name) => back.includes(name));
  const program = known ? undefined : await programOf(project, stack);
  const chosen = program ? chosenOf(program.services, names, stack) : names;
  const strange = chosen.filter((name) => !back.includes(name));
  if (strange.length > 0)
    throw new Error(say`${strange.join(", ")} has not been rolled back; what has is ${back.join(", ")}`);
  const rest = Object.entries(before).filter(([name]) => chosen.length > 0 && !chosen.includes(name));
  const left = back.filter((name) => !rest.some(([one]) => one === name));
  console.log(say`${listed(left)}: as the program says again.\n`);
  const message = `berth rollback: ${left.join(", ")} as the program says`;
  return { setting: Object.fromEntries(rest), message, places: program?.places };
}

/** What the program declares, without what has been rolled back; undefined for one that cannot be planned here. */
async function programOf(project: CliProject, stack: string, state?: Map<string, ServiceThen>): Promise<Program> {
  const { runtime } = project.settings!;
  const language = typeof runtime === "object" ? runtime.name : runtime;
  if (project.own && language !== "nodejs") {
    const services = [...(state?.values() ?? [])];
    return {
      services: services.map(({ name, containerName, short }) => ({ service: name, name: containerName, short })),
    };
  }
  const { planOf } = await import("./planOf");
  const { plannedServices } = await import("./plan");
  const { shortName: shortOf } = await import("../core/engines/status");
  const { resources } = await planOf(shortName(stack), {}, { commands: false, without: "berth:rollback" });
  const says = programSays();
  const services = (await plannedServices(resources)).map(({ component: { logicalName }, spec }) => ({
    service: logicalName,
    name: spec.containerName ?? logicalName,
    short: shortOf(spec.labels),
    says: says.get(logicalName),
  }));
  const networks = resources.filter(({ type }) => type === "docker:index/network:Network");
  return {
    services,
    networks: new Set(networks.map(({ inputs }) => String(inputs.name))),
    places: placesOfTypes(resources.map(({ type }) => type)),
  };
}

/** Logical names of the services that somebody names; a compose file's name stands for all its containers. */
function chosenOf(services: Declared[], names: string[], stack: string): string[] {
  const chosen = names.flatMap((name) => {
    const containers = services.filter(({ short }) => short === name);
    return containers.length > 1 ? containers : pick(services, [name], stack);
  });
  return [...new Set(chosen.map(({ service }) => service))];
}

/** How far back is looked first, where each state takes a second to be had. */
const STEPS = [10, 50, Number.POSITIVE_INFINITY];

/** The setting with what goes back. */
async function goneBack(
  project: CliProject,
  stack: string,
  names: string[],
  before: RollbackSetting,
  to: number | undefined,
) {
  const history = await updatesOf(project, stack);
  if (history.without !== undefined)
    throw new Error(
      say`what ran before is not known: ${history.without}; put the older description into the program, and \`berth up ${stack}\``,
    );
  if (to !== undefined && !history.updates.some(({ number }) => number === to))
    throw new Error(say`--to: there is no update ${to}; \`berth history ${stack}\` lists them`);
  const state = (await history.now())?.services ?? new Map<string, ServiceThen>();
  const program = await programOf(project, stack, state);
  const chosen = names.length > 0 ? chosenOf(program.services, names, stack) : undefined;
  const declared = program.services.map(({ service }) => service);
  const now = ranIn(state);
  const { going, stay } = await search({ stack, history, now, declared, chosen, before, to });

  for (const one of going) tell(one, now.get(one.name));
  if (stay.length > 0) console.log(say`${listed(stay)}: made after that, and left as it is.\n`);
  const setting: RollbackSetting = { ...before };
  for (const { name, update, was } of going) {
    const { says } = program.services.find(({ service }) => service === name)!;
    setting[name] = await entryOf(name, update, was, program, says);
  }
  const texts = [...new Set(going.map(({ update }) => update.number))].map((number) => {
    const those = going.filter(({ update }) => update.number === number);
    return `${those.map(({ name }) => name).join(", ")} as after update ${number}`;
  });
  return { setting, message: `berth rollback: ${texts.join("; ")}`, places: program.places };
}

interface Search extends Omit<Question, "afters" | "isLast"> {
  history: Updates;
}

const ranIn = (services: Map<string, ServiceThen>): Map<string, RanPlainly> =>
  new Map([...services].flatMap(([name, { ran }]) => (ran ? [[name, ran] as const] : [])));

/** Looks for what services go back to, and no further than it has to. */
async function search({ history, ...question }: Search): Promise<Answer> {
  const steps = history.slow ? STEPS : STEPS.slice(-1);
  for (const step of steps) {
    const walk = history.updates.slice(-step);
    const isLast = walk.length === history.updates.length;
    const afters: After[] = [];
    await walked(walk, (update, services) => {
      if (services !== undefined) afters.push({ update, ran: ranIn(services) });
    });
    const answer = goingBack({ ...question, afters, isLast });
    if (answer) return answer;
  }
  throw new Error(say`the history of the stack ${question.stack} is empty`);
}

/** Prints what going back changes. */
function tell({ name, update, was }: Going, now: RanPlainly | undefined): void {
  const image = imageOf(was);
  const isPinned = image.includes("sha256:");
  const fields = now ? differences(now, was) : [];
  const change = now && fields.includes("image") ? `${String(now.description.image)} -> ${image}` : image;
  const others = now
    ? words(
        now,
        was,
        fields.filter((field) => field !== "image"),
      )
    : [];
  const lines = [
    say`image ${change}`,
    ...others,
    ...(was.secret.length > 0 ? [say`from the program as it is now: ${listed(was.secret)}`] : []),
    ...(isPinned ? [] : [say`its digest is not known: ${image} is whatever it stands for when it is fetched`]),
  ];
  console.log(say`${name} goes back to update ${update.number} of ${localTime(update.start)}:`);
  for (const line of lines) console.log(`  ${line}`);
  console.log("");
}

/**
 * What the setting says of a service.
 *
 * @throws Error where the program lacks what it needs
 */
async function entryOf(
  name: string,
  update: Update,
  was: RanPlainly,
  program: Program,
  says: LateSpec | undefined,
): Promise<RolledBack> {
  const { secret, image: _, description, ...others } = was;
  if (says) checkSecrets(name, secret, says);
  await checkNeeded(name, update, was, program);
  return {
    update: update.number,
    date: update.start,
    ...others,
    description: { ...description, image: imageOf(was) },
    fromProgram: secret.length > 0 ? secret : undefined,
    hides: says && digestOfProgram(says),
  };
}

function checkSecrets(name: string, secret: string[], says: LateSpec): void {
  const has = (path: string) => {
    const [field = "", ...rest] = path.split(".");
    const value = says[field as keyof LateSpec] as unknown;
    if (field === "swarm" || field === "kubernetes" || isOnItsWay(value)) return true;
    if (rest.length === 0) return value !== undefined;
    const key = rest.join(".");
    if (field === "secrets") return (value as { source: string }[] | undefined)?.some(({ source }) => source === key);
    return (value as object | undefined) !== undefined && Object.hasOwn(value as object, key);
  };
  const missing = secret.filter((path) => !has(path));
  if (missing.length > 0)
    throw new Error(
      say`${name}: ${missing.join(", ")} was a secret then, which is not kept, and the program does not have it any more; give it in the program again`,
    );
}

/** Networks and containers that a service had then, and that the program has no more. */
async function checkNeeded(name: string, update: Update, { description }: RanPlainly, program: Program): Promise<void> {
  if (!program.networks) return;
  const then = await update.state!();
  const joined = (description.networks ?? []) as (string | { name: string })[];
  const networks = joined.map((network) => (typeof network === "string" ? network : network.name));
  const lost = networks.filter((network) => then.networks.has(network) && !program.networks!.has(network));
  const { networkMode, ipc, pid, volumesFrom = [] } = description;
  const modes = [networkMode, ipc, pid].flatMap((mode) => /^container:(.*)$/.exec(String(mode))?.[1] ?? []);
  const containers = [...modes, ...[volumesFrom].flat().map((one) => String(one).replace(/:r[ow]$/, ""))];
  const ours = new Set([...then.services.values()].map(({ containerName }) => containerName));
  const alone = containers.filter((one) => ours.has(one) && !program.services.some((service) => service.name === one));
  const what = [...lost.map((one) => say`the network ${one}`), ...alone.map((one) => say`the container ${one}`)];
  if (what.length > 0)
    throw new Error(
      say`${name} needed ${both(what)} then, which the program does not declare any more; put that back into the program first`,
    );
}
