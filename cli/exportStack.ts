import { projectOf } from "./export";
import { plannedServices } from "./plan";
import { planOf, ROOT } from "./project";
import { EXPORT_FORMS, formOf, show } from "./show";

/** `berth export`: a stack of berth for people without Pulumi. */
export async function exportStack(stack: string, given: { to?: string }): Promise<number> {
  const form = formOf(given.to, undefined, EXPORT_FORMS);
  const { resources } = await planOf(stack);
  const { project, secretNames } = projectOf(stack, resources, await plannedServices(resources), ROOT);
  await show(project, form, ROOT, secretNames, false);
  return 0;
}
