import type { TidyService } from "../description/describe";
import type { Notice } from "../description/project";
import { isSecretValue } from "../description/secretValue";
import { listed, warning } from "./printed";

/** A secret value of a project, which is printed as a reference only. */
export interface Secret {
  /** Name of the variable that holds the value from now on. */
  name: string;
  /** Where it is used: `db.MYSQL_ROOT_PASSWORD`. */
  uses: string[];
}

/** The secret values of a project by where they are used; equal values are one secret. */
export interface Secrets {
  all: Secret[];
  /** The reference in place of a service's variable or secret file; undefined where the value is no secret. */
  of(service: string, variable: string): Secret | undefined;
}

/** Finds the secret values of a project's services. */
export function collectSecrets(
  services: Record<string, TidyService>,
  marked: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Secrets {
  const byValue = new Map<string, Secret>();
  const byUse = new Map<string, Secret>();
  const taken = new Set<string>();
  for (const [key, { environment = {}, build, secrets = [] }] of Object.entries(services)) {
    const variables = [...Object.entries(environment), ...Object.entries(build?.args ?? {})].filter(([name, value]) =>
      isSecretValue(name, value, marked.get(key)),
    ) as [string, string][];
    const files = secrets.flatMap(({ source, content }): [string, string][] => (content ? [[source, content]] : []));
    for (const [variable, value] of [...variables, ...files]) {
      let secret = byValue.get(value);
      if (!secret) {
        // Compose and shells know fewer names than containers do.
        const plain = variable.replace(/\W/g, "_").replace(/^[a-z\d_]+$/, (lower) => lower.toUpperCase());
        const name = taken.has(plain) ? `${key.toUpperCase().replace(/\W/g, "_")}_${plain}` : plain;
        secret = { name, uses: [] };
        taken.add(name);
        byValue.set(value, secret);
      }
      const use = `${key}.${variable}`;
      if (!secret.uses.includes(use)) secret.uses.push(use);
      byUse.set(use, secret);
    }
  }
  return { all: [...byValue.values()], of: (service, variable) => byUse.get(`${service}.${variable}`) };
}

/** Says of each secret that it is not printed, and by `how` what to do. */
export function secretNotices({ all }: Secrets, how: (secret: Secret, variable: string) => string): Notice[] {
  return all.map((secret) => {
    const [service = "", ...rest] = secret.uses[0]!.split(".");
    const variable = rest.join(".");
    const shared = secret.uses.length > 1 ? ` (one value for ${listed(secret.uses)})` : "";
    return warning(
      `services.${service}`,
      `${variable} is a secret and is not printed${shared}: ${how(secret, variable)}`,
    );
  });
}
