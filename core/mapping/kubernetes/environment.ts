import type { EnvVar } from "kubernetes-types/core/v1";
import { environmentOf } from "../../description/variables";
import { isKeptSecret } from "../../description/secretValue";
import type { ServiceSpec } from "../../description/service";
import { variableName } from "./checks";
import type { LateValues } from "./late";
import { verbatim } from "./values";

/** Variables of a container, and those of them that lie in a Secret. */
export interface Environment {
  env: EnvVar[];
  /** By name; values may be late. */
  secret: Record<string, string>;
}

/** Secret values, and those that arrive late and may be, are read from a Secret; the others stand in the pod. */
export function environmentFor(
  spec: ServiceSpec,
  secretName: string,
  { isLate, isSecret = isKeptSecret }: LateValues,
): Environment {
  const marked = new Set((spec.envFile ?? []).flatMap((file) => (file.secret ? Object.keys(file.values) : [])));
  const secret: Record<string, string> = {};
  const env = Object.entries(environmentOf(spec)).map(([name, value]): EnvVar => {
    variableName(name, `environment.${name}`);
    if (!isLate(value) && !isSecret(name, value, marked)) return { name, value: verbatim(value) };
    secret[name] = value;
    return { name, valueFrom: { secretKeyRef: { name: secretName, key: name } } };
  });
  return { env, secret };
}
