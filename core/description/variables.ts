import { isSecretName } from "./environment";
import type { ServiceSpec } from "./service";

/** Environment files and variables together, as `NAME=value`. */
export function environmentOf({ envFile, environment }: ServiceSpec): Record<string, string> {
  return Object.assign({}, ...(envFile ?? []).map((file) => file.values), environment);
}

/** Names of the variables whose values must not be shown. */
export function secretNames(spec: ServiceSpec): Set<string> {
  const fromFiles = (spec.envFile ?? []).filter((file) => file.secret).flatMap((file) => Object.keys(file.values));
  return new Set([...fromFiles, ...Object.keys(environmentOf(spec)).filter(isSecretName)]);
}
