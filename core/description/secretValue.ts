import { isSecretName } from "./environment";

// `ALLOW_EMPTY_PASSWORD=yes` and `MARIADB_RANDOM_ROOT_PASSWORD=1` are switches.
const SWITCH = /^(true|false|yes|no|on|off)$/i;
const SWITCH_NAME = /(^|_)(ALLOW_EMPTY|RANDOM)_/i;

/**
 * Whether a variable holds a secret in clear.
 *
 * @param marked names that are secret whatever they look like
 */
export function isSecretValue(name: string, value: string | null, marked?: ReadonlySet<string>): value is string {
  if (value === null || value === "") return false;
  return marked?.has(name) || (isSecretName(name) && !SWITCH_NAME.test(name) && !SWITCH.test(value));
}
