import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_VERSION as kubernetes } from "../core/engines/kubernetes/object";
import { PLUGIN_VERSION as command } from "../core/host/command";
import { engineOf, HOSTS } from "../stacks";
import { DEV, previewOfTracked } from "./trackedSettings";
import { printPlan } from "./printPlan";
import { projectName, ROOT } from "./project";
import { pulumiCommand } from "./pulumiCommand";
import { readStackConfig } from "./stackConfig";
import { programsOf } from "./stackName";
import { findMissing } from "./tools";

/** `berth start`: the real preview of a stack, or berth's own plan where something is missing for it. */
export async function start(stack = DEV): Promise<number> {
  const project = await projectName();
  const { version: docker } = JSON.parse(
    readFileSync(join(ROOT, "node_modules/@pulumi/docker/package.json"), "utf8"),
  ) as { version: string };
  const { values } = readStackConfig(ROOT, project, stack);
  const places = programsOf(stack, values["berth:program"]).map((name) =>
    HOSTS.includes(name) ? ("host" as const) : engineOf(name, values["berth:engine"]),
  );
  const missing = await findMissing(places, { docker, kubernetes, command }, values);
  if (missing.length) {
    const what = missing.map(({ what: name, how }) => `${name} (${how})`).join("; ");
    const heading = `berth's own plan of the stack ${stack}. For the real preview this machine lacks ${what}.`;
    await printPlan(stack, false, heading);
    return 0;
  }
  return stack === DEV ? previewOfTracked(ROOT, stack) : pulumiCommand("preview", stack, []);
}
