import { createHash } from "node:crypto";
import { canonical } from "../../core/description/digest";
import { isSecretName, splitVariable } from "../../core/description/environment";
import type { ProjectService } from "../../core/description/project";

/** Version of Compose whose names and labels these are. */
export const COMPOSE_VERSION = "5.1.0";
/** Names the stack of a Swarm that an object belongs to. */
export const NAMESPACE = "com.docker.stack.namespace";

export const labelMap = (labels: ProjectService["labels"]) =>
  Array.isArray(labels)
    ? Object.fromEntries(labels.map(splitVariable).map(([name, value]) => [name, value ?? ""]))
    : labels;

/** Compose only lists containers that carry one. Secret values are no part of it: a digest gives a short one away. */
export function configHash(service: ProjectService): string {
  const { environment, secrets, ...rest } = service;
  const entries: [string, unknown][] = Array.isArray(environment)
    ? environment.map(splitVariable)
    : Object.entries(environment ?? {});
  const shown = entries.map(([name, value]) => [name, isSecretName(name) ? "" : value]);
  const text = JSON.stringify(canonical({ ...rest, shown, secrets: secrets?.map(({ source }) => source) }));
  return createHash("sha256").update(text).digest("hex");
}
