import { say } from "../core/description/say";
import { PROGRAMS } from "../stacks/programs";
import { planOf } from "./planOf";
import { renderPlan } from "./render";
import { UsageError } from "./usageError";

/** Prints the plan of one stack. */
export async function printPlan(
  stack: string,
  json: boolean,
  heading = say`Plan of the stack ${stack}`,
  sample?: Record<string, string>,
): Promise<void> {
  const result = await planOf(stack, sample);
  if (json) console.log(JSON.stringify(result.resources, undefined, 2));
  else console.log(`${heading}\n\n${renderPlan(result)}\n`);
}

/** `berth plan`: stacks by name, or every program as it is without settings. */
export async function plan(stacks: string[], { all = false, json = false }): Promise<number> {
  if (all && stacks.length) throw new UsageError(say`--all: plans every program; leave out the names of stacks`);
  if (all)
    for (const [name, load] of Object.entries(PROGRAMS)) await printPlan(name, json, undefined, (await load()).sample);
  else for (const stack of stacks.length ? stacks : ["dev"]) await printPlan(stack, json);
  return 0;
}
