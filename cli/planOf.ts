import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ownProgram } from "./ownProgram";
import { type Plan, type PlanOptions, planStack } from "./plan";
import { type CliProject, currentProject } from "./project";
import { readStackConfig } from "./stackConfig";

/**
 * Plans a stack with its own settings and no engine. What it has no setting for comes from the sample. The program runs
 * in the folder where the CLI runs it: what it names by relative paths is there, and the stack's owner goes by it.
 *
 * @param options with a setting that is to be left out
 */
export async function planOf(
  stack: string,
  sample: Record<string, string> = {},
  { without, ...options }: PlanOptions & { without?: string } = {},
): Promise<Plan> {
  const project = await currentProject();
  process.chdir(programFolder(project));
  const { values, secrets } = readStackConfig(project.folder, project.name, stack);
  if (without !== undefined) delete values[without];
  const run = project.own ? ownProgram(project) : await documentedProgram(stack, values["berth:program"]);
  // The SDK takes a stack trace for every property of every resource: a third of the time of a large plan. Nobody sees
  // one here, since errors are told in a sentence.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await planStack(project.name, stack, { values: { ...sample, ...values }, secrets }, run, options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The project's folder, or that of its `main`. */
function programFolder({ folder, settings }: CliProject): string {
  const main = resolve(folder, settings?.main ?? ".");
  return existsSync(main) && statSync(main).isDirectory() ? main : dirname(main);
}

async function documentedProgram(stack: string, setting: string | undefined) {
  const { run } = await import("../stacks");
  const { programsOf } = await import("./stackName");
  programsOf(stack, setting);
  return () => run({ engine: false });
}
