import { projectOf } from "./export";
import { plannedServices } from "./plan";
import { planOf } from "./planOf";
import { currentProject } from "./project";
import { EXPORT_FORMS, formOf, show } from "./show";

/** `berth export`: a stack of berth for people without Pulumi. */
export async function exportStack(stack: string, given: { to?: string }): Promise<number> {
  const form = formOf(given.to, undefined, EXPORT_FORMS);
  const { folder } = await currentProject();
  const { resources } = await planOf(stack);
  const { project, secretNames } = projectOf(stack, resources, await plannedServices(resources), folder);
  await show(project, form, folder, secretNames, false);
  return 0;
}
