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
  const services = await plannedServices(resources);
  const { exportObjects, objectsOf } = await import("./exportObjects");
  const objects = objectsOf(resources, services);
  if (objects.length && services.length === 0) {
    await exportObjects(stack, objects, form);
    return 0;
  }
  for (const { type, name } of objects)
    process.stderr.write(`warning: ${type.split(":").at(-1)} ${name}: is no service, and is left out\n`);
  const { project, secretNames } = projectOf(stack, resources, services, folder);
  await show(project, form, folder, secretNames, false);
  return 0;
}
