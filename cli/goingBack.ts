import { listed, say } from "../core/description/say";
import type { RollbackSetting } from "../core/engines/rollback";
import { differences, type RanPlainly } from "./ran";
import type { Update } from "./updates";

/** The services that answered after an update. */
export interface After {
  update: Update;
  ran: ReadonlyMap<string, RanPlainly>;
}

/** A service, and what it goes back to. */
export interface Going {
  name: string;
  update: Update;
  was: RanPlainly;
}

/** What is asked for. */
export interface Question {
  stack: string;
  /** Oldest first. */
  afters: After[];
  /** There is nothing older. */
  isLast: boolean;
  /** The services as the last update has made them; one that did not come up is not there. */
  now: ReadonlyMap<string, RanPlainly>;
  /** Logical names of the services that the program declares. */
  declared: string[];
  /** Those that are to go back; undefined for all that one update has changed. */
  chosen?: string[];
  /** What has been rolled back already. */
  before: RollbackSetting;
  /** The number of an update. */
  to?: number;
}

export interface Answer {
  going: Going[];
  /** Services that were not there then. */
  stay: string[];
}

/**
 * Looks for the last update after which services ran in another way than they do. One that has been rolled back
 * goes back further from there.
 *
 * @returns undefined where older updates have to be looked at
 * @throws Error where there is nothing to go back to
 */
export function goingBack(question: Question): Answer | undefined {
  return question.chosen ? ofServices(question, question.chosen) : ofStack(question);
}

function differs({ now }: Question, name: string, { ran }: After): boolean {
  const [was, is] = [ran.get(name), now.get(name)];
  return was !== undefined && (is === undefined || differences(is, was).length > 0);
}

/** Where one service goes back to. */
function goalOf(question: Question, name: string): After | undefined {
  const { afters, before, to } = question;
  if (to !== undefined) return afters.find(({ update }) => update.number === to);
  const from = before[name]?.update ?? Number.POSITIVE_INFINITY;
  return [...afters].reverse().find((after) => after.update.number < from && differs(question, name, after));
}

function ofServices(question: Question, chosen: string[]): Answer | undefined {
  const { isLast, before, to } = question;
  const goals = chosen.map((name) => ({ name, after: goalOf(question, name) }));
  if (!isLast && goals.some(({ after }) => after === undefined)) return undefined;
  const going = goals.map(({ name, after }) => {
    const was = after?.ran.get(name);
    if (!after || !was) throw new Error(nothing(question, name));
    if (!differs(question, name, after) && !before[name])
      throw new Error(say`${name} runs as after update ${to} already; nothing was changed`);
    return { name, update: after.update, was };
  });
  return { going, stay: [] };
}

function ofStack(question: Question): Answer | undefined {
  const { stack, declared, isLast, before } = question;
  const goals = declared.map((name) => goalOf(question, name)).filter((after) => after !== undefined);
  const goal = goals.sort((one, other) => other.update.number - one.update.number)[0];
  if (!goal) {
    if (!isLast) return undefined;
    const [name] = declared;
    throw new Error(name === undefined ? say`the stack ${stack} declares no service` : nothing(question, ...declared));
  }
  const { update, ran } = goal;
  const gone = [...ran.keys()].filter((name) => !declared.includes(name));
  if (gone.length > 0)
    throw new Error(
      say`after update ${update.number} there ran also ${listed(gone)}, which the program does not declare any more; put that back into the program, or name the services that are to go back: \`berth rollback ${stack} SERVICE\``,
    );
  const going = declared
    .filter((name) => differs(question, name, goal) || (before[name] !== undefined && ran.has(name)))
    .map((name) => ({ name, update, was: ran.get(name)! }));
  if (going.length === 0) throw new Error(say`all of the stack ${stack} runs as after update ${update.number} already`);
  return { going, stay: declared.filter((name) => !ran.has(name)) };
}

/** Why services cannot go back. */
function nothing({ stack, afters, to }: Question, ...names: string[]): string {
  const all = names.join(", ");
  const ran = afters.filter((after) => names.some((name) => after.ran.has(name))).map(({ update }) => update.number);
  if (ran.length === 0)
    return say`${all}: what ran before is not kept; it is from the first \`berth up ${stack}\` with this version of berth on`;
  if (to !== undefined)
    return say`--to: ${all} did not answer after update ${to}; the first after which it did is ${ran[0]}`;
  return say`${all}: has not run in another way before; \`berth history ${stack}\` lists what there was`;
}
