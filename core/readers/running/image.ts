import type { HealthcheckDescription, ServiceDescription } from "../../description/types";
import { shortDuration } from "../../description/describe";
import { splitVariable } from "../../description/environment";
import type { ContainerConfig, EngineHealthcheck, InspectedContainer, InspectedImage } from "./inspect";

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
/** Engines write no words as null, as an empty list, and as a list with an empty text. */
const words = (list: string[] | null | undefined): string[] =>
  list?.length === 1 && list[0] === "" ? [] : (list ?? []);

/** The entries of a record that another one does not have in the same way; undefined where none is left. */
export function without(
  own: Record<string, string> | null | undefined,
  base: Record<string, string> | null | undefined,
): Record<string, string> | undefined {
  const left = Object.entries(own ?? {}).filter(([name, value]) => base?.[name] !== value);
  return left.length ? Object.fromEntries(left) : undefined;
}

/** The engine takes the image's command only together with its entrypoint. */
function commandOf(own: ContainerConfig, image: ContainerConfig): Pick<ServiceDescription, "command" | "entrypoint"> {
  const entrypoint = words(own.Entrypoint);
  const command = own.Cmd ?? [];
  const imageCommand = image.Cmd ?? [];
  const replaced = !same(entrypoint, words(image.Entrypoint)) || (command.length === 0 && imageCommand.length > 0);
  if (replaced)
    return { entrypoint: entrypoint.length ? entrypoint : "", command: command.length ? command : undefined };
  return { command: same(command, imageCommand) ? undefined : command };
}

/** What an engine counts in nanoseconds, as people write it; 0 stands for what nobody has said. */
export const duration = (nanoseconds: number | undefined): string | undefined =>
  nanoseconds ? shortDuration(nanoseconds / 1e6) : undefined;

/** Each part that is not said comes from the image's check, where there is an image to compare with. */
export function healthcheckOf(
  own: EngineHealthcheck | null | undefined,
  image?: EngineHealthcheck | null,
): HealthcheckDescription | undefined {
  if (!own || same(own, image)) return undefined;
  if (own.Test?.[0] === "NONE") return { disable: true };
  const changed = <K extends keyof EngineHealthcheck>(key: K) => (same(own[key], image?.[key]) ? undefined : own[key]);
  const check: HealthcheckDescription = {
    test: changed("Test") ?? undefined,
    interval: duration(changed("Interval")),
    timeout: duration(changed("Timeout")),
    startPeriod: duration(changed("StartPeriod")),
    startInterval: duration(changed("StartInterval")),
    retries: changed("Retries") || undefined,
  };
  if (check.test?.length === 0) check.test = undefined;
  return Object.values(check).some((value) => value !== undefined) ? check : undefined;
}

/** A record of what `NAME=value` texts say; a name alone is a variable that the client's shell did not have. */
const variables = (list: string[] | null | undefined): Record<string, string> =>
  Object.fromEntries(
    (list ?? []).map(splitVariable).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );

/** Engines before 23 and their clients write the default down. */
const DEFAULT_SIGNAL = "SIGTERM";

/** What a container has beside its image: commands, variables, user, folder, labels, health, stop. */
export function besideTheImage(
  container: InspectedContainer,
  image: InspectedImage | undefined,
): Omit<Partial<ServiceDescription>, "labels"> & { labels?: Record<string, string> } {
  const own = container.Config;
  const base = image?.Config ?? {};
  const changed = (key: "User" | "WorkingDir" | "StopSignal") =>
    (own[key] ?? "") === (base[key] ?? "") ? undefined : own[key] || undefined;
  const stopSignal = changed("StopSignal");
  return {
    ...commandOf(own, base),
    environment: without(variables(own.Env), variables(base.Env)),
    user: changed("User"),
    workingDir: changed("WorkingDir"),
    labels: without(own.Labels, base.Labels),
    healthcheck: healthcheckOf(own.Healthcheck, base.Healthcheck),
    stopSignal: stopSignal === DEFAULT_SIGNAL && !base.StopSignal ? undefined : stopSignal,
    stopGracePeriod:
      own.StopTimeout === undefined || own.StopTimeout === null || own.StopTimeout === base.StopTimeout
        ? undefined
        : `${own.StopTimeout}s`,
  };
}
