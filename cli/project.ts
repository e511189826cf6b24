import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of the project. */
export const ROOT = join(__dirname, "..");

/** Version of berth itself. */
export const version = (): string =>
  (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;

export async function projectName(): Promise<string> {
  const { parse } = await import("yaml");
  return (parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8")) as { name: string }).name;
}

/** Plans a stack with its own settings and no engine. What it has no setting for comes from the sample. */
export async function planOf(stack: string, sample: Record<string, string> = {}) {
  const project = await projectName();
  const { run } = await import("../stacks");
  const { readStackConfig } = await import("./stackConfig");
  const { programsOf } = await import("./stackName");
  const { planStack } = await import("./plan");
  const { values, secrets } = readStackConfig(ROOT, project, stack);
  programsOf(stack, values["berth:program"]);
  return planStack(project, stack, { values: { ...sample, ...values }, secrets }, () => run({ engine: false }));
}
