import { say } from "../core/description/say";
import { checkEngine } from "../core/engines/engineName";
import { placesOf, pluginVersions, sparePluginSearch, trustInputs } from "./pluginSearch";
import { DEV, previewOfTracked } from "./trackedSettings";
import { printPlan } from "./printPlan";
import { currentProject } from "./project";
import { pulumiCommand } from "./pulumiCommand";
import { readStackConfig } from "./stackConfig";
import { stateOf } from "./state";
import { programsOf } from "./stackName";
import { findMissing } from "./tools";

/** `berth look`: the real preview of a stack, or berth's own plan where something is missing for it. */
export async function look(stack = DEV): Promise<number> {
  const project = await currentProject();
  const { folder, name, own } = project;
  const { values } = readStackConfig(folder, name, stack);
  const engine = values["berth:engine"];
  const places = own ? [checkEngine(engine)] : placesOf(programsOf(stack, values["berth:program"]), engine);
  const versions = pluginVersions(folder);
  const missing = await findMissing(places, versions, values);
  if (missing.length) {
    const what = missing.map(({ what: name, how }) => say`${name} (${how})`).join(say`; `);
    const heading = say`berth's own plan of the stack ${stack}. For the real preview this machine lacks ${what}.`;
    await printPlan(stack, false, heading);
    return 0;
  }
  if (own) return pulumiCommand("preview", stack, []);
  const state = stateOf(project, stack);
  sparePluginSearch(places, state, versions);
  trustInputs(state);
  return stack === DEV ? previewOfTracked(folder, stack) : pulumiCommand("preview", stack, []);
}
