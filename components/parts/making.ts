import { ArgumentError } from "../../core/description/errors";
import type { DependencyDescription } from "../../core/description/project";
import { camelCase } from "../../core/description/snakeCase";
import type { ReportSource } from "../../core/pulumi/componentErrors";
import type { Dependency, Service, ServiceSource } from "../service";
import type { ProjectOptions } from "./projectOptions";

/** Makes the objects of one project, in the order that they need one another. */
export interface Making {
  networks(): void;
  volumes(): void;
  /** @param made the services that stand already, by key */
  service(key: string, made: Record<string, Service[]>): Service[];
}

export const waitsOf = (
  dependsOn: Record<string, DependencyDescription>,
  made: Record<string, Service[]>,
): Dependency[] =>
  Object.entries(dependsOn).flatMap(([other, { condition, restart }]) =>
    (made[other] ?? []).map((service) => ({ service, condition, restart })),
  );

/** Where a service stands; what code has set over the file or the lines stands nowhere in them. */
export function sourceOf({ compose, services, locate }: ProjectOptions, key: string): ServiceSource | undefined {
  if (!compose && !locate) return undefined;
  const ours = Object.keys(services?.[key] ?? {});
  const inCode = ({ argument, problem, remedy }: ArgumentError) =>
    compose ? undefined : new ArgumentError(`Service "${key}": ${argument}`, problem, remedy);
  return {
    path: `services.${key}`,
    variables: compose?.variables,
    locate: (error) => (ours.includes(/^\w*/.exec(error.argument)![0]) ? inCode(error) : locate?.(key, error)),
  };
}

/** Makes a network or a volume of a project; what is refused of it is said by its place in the compose file. */
export function define(
  { locateDefinition }: ProjectOptions,
  section: "networks" | "volumes",
  key: string,
  make: (source?: ReportSource) => void,
): void {
  const locate = locateDefinition && ((error: ArgumentError) => locateDefinition(section, key, error));
  try {
    make(locate && { path: `${section}.${key}`, locate });
  } catch (error) {
    if (!locate || !(error instanceof ArgumentError)) throw error;
    const [field] = error.argument.split(".").slice(-1);
    throw locate(new ArgumentError(camelCase(field!), error.problem, error.remedy));
  }
}
