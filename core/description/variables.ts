import { isSecretName } from "./environment";
import type { ServiceSpec } from "./service";

const together = ({ envFile, environment }: ServiceSpec): Record<string, string | null> =>
  Object.assign({}, ...(envFile ?? []).map((file) => file.values), environment);

/** Environment files and variables together. */
export const environmentOf = (spec: ServiceSpec): Record<string, string> =>
  Object.fromEntries(Object.entries(together(spec)).filter((entry): entry is [string, string] => entry[1] !== null));

/** The same as an engine takes it: `NAME=value`, and `NAME` for what the container is not to have. */
export const variablesOf = (spec: ServiceSpec): string[] =>
  Object.entries(together(spec)).map(([name, value]) => (value === null ? name : `${name}=${value}`));

/** Names of the variables whose values must not be shown. */
export function secretNames(spec: ServiceSpec): Set<string> {
  const fromFiles = (spec.envFile ?? []).filter((file) => file.secret).flatMap((file) => Object.keys(file.values));
  return new Set([...fromFiles, ...Object.keys(environmentOf(spec)).filter(isSecretName)]);
}
