import { placesOf, pluginVersions, sparePluginSearch } from "./pluginSearch";
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
  const { values } = readStackConfig(ROOT, project, stack);
  const places = placesOf(programsOf(stack, values["berth:program"]), values["berth:engine"]);
  const versions = pluginVersions(ROOT);
  const missing = await findMissing(places, versions, values);
  if (missing.length) {
    const what = missing.map(({ what: name, how }) => `${name} (${how})`).join("; ");
    const heading = `berth's own plan of the stack ${stack}. For the real preview this machine lacks ${what}.`;
    await printPlan(stack, false, heading);
    return 0;
  }
  sparePluginSearch(ROOT, project, stack, places, versions);
  return stack === DEV ? previewOfTracked(ROOT, stack) : pulumiCommand("preview", stack, []);
}
