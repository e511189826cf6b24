import type { Notice, ProjectDescription } from "../core/description/project";
import { say } from "../core/description/say";
import { projectOf } from "./export";
import { plannedServices, withoutSecrets } from "./plan";
import { planOf } from "./planOf";
import { currentProject } from "./project";
import { HIDDEN } from "./marks";
import { EXPORT_FORMS, formOf, IN_PLACE, show } from "./show";

/** `berth export`: a stack of berth for people without Pulumi. */
export async function exportStack(stack: string, given: { to?: string }): Promise<number> {
  const form = formOf(given.to, undefined, EXPORT_FORMS);
  const { folder } = await currentProject();
  const { resources, secretValues } = await planOf(stack);
  const services = await plannedServices(resources);
  const { exportObjects, objectsOf } = await import("./exportObjects");
  const objects = objectsOf(resources, services);
  if (objects.length && services.length === 0) {
    await exportObjects(stack, objects, form);
    return 0;
  }
  for (const { type, name } of objects)
    console.error(say`warning: ${type.split(":").at(-1)} ${name}: is no service, and is left out`);
  const { project, secretNames } = projectOf(stack, resources, services, folder);
  await show(openly(project, secretValues), form, folder, secretNames, false);
  return 0;
}

/**
 * A project without the secrets that stand in it elsewhere than in a variable: as a part of a command, or of a label.
 * Those of variables stay, since they are printed as names.
 */
function openly(project: ProjectDescription, secretValues: string[]): ProjectDescription {
  const hide = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => hide(item, at));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(item, at)]));
    if (typeof value !== "string") return value;
    const text = withoutSecrets(value, secretValues);
    if (text.includes(HIDDEN)) hidden.add(at);
    return text;
  };
  const hidden = new Set<string>();
  const services = Object.entries(project.services).map(([key, { environment, ...service }]) => {
    const fields = Object.entries(service).map(([field, value]) => [field, hide(value, `services.${key}.${field}`)]);
    return [key, { environment, ...Object.fromEntries(fields) }];
  });
  const notices = [...hidden].map((at): Notice => ({ level: "warning", at, text: IN_PLACE }));
  return {
    ...project,
    notices: [...project.notices, ...notices],
    services: Object.fromEntries(services) as ProjectDescription["services"],
  };
}
