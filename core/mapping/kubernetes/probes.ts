import type { Probe } from "kubernetes-types/core/v1";
import { ArgumentError, show } from "../../description/errors";
import { formatDuration } from "../../description/quantities";
import { say } from "../../description/say";
import type { ServiceSpec } from "../../description/service";
import { verbatim } from "./values";

const FOR_EVER = 2 ** 31 - 1;

/** Whole seconds, which is all that Kubernetes counts in. */
export function wholeSeconds(milliseconds: number, argument: string): number {
  if (milliseconds % 1000 === 0) return milliseconds / 1000;
  throw new ArgumentError(
    argument,
    say`${formatDuration(milliseconds)} is not a number of whole seconds, in which Kubernetes counts`,
    say`use ${show(`${Math.ceil(milliseconds / 1000)}s`)}`,
  );
}

/**
 * Docker's health check as probes. There is no liveness probe: Docker does not end an unhealthy container either.
 * A start period asks more often until the first success, and never gives up, as Docker does.
 */
export function probesOf({ healthcheck }: ServiceSpec): { readinessProbe?: Probe; startupProbe?: Probe } {
  if (!healthcheck || healthcheck.test?.[0] === "NONE") return {};
  const { test, interval, timeout, startPeriod, startInterval, retries } = healthcheck;
  if (!test?.length)
    throw new ArgumentError(
      "healthcheck.test",
      say`is missing, and Kubernetes does not read the HEALTHCHECK of an image`,
      say`write the image's check here`,
    );
  const [kind, ...words] = test;
  const command = (kind === "CMD-SHELL" ? ["/bin/sh", "-c", ...words] : words).map(verbatim);
  // Zero is Docker's way to say the default.
  const seconds = (value: number | undefined, standard: number, field: string) =>
    value ? wholeSeconds(value, `healthcheck.${field}`) : standard;
  const timeoutSeconds = seconds(timeout, 30, "timeout");
  const readinessProbe: Probe = {
    exec: { command },
    periodSeconds: seconds(interval, 30, "interval"),
    timeoutSeconds,
    failureThreshold: retries || 3,
  };
  if (!startPeriod) return { readinessProbe };
  const startupProbe: Probe = {
    exec: { command },
    periodSeconds: seconds(startInterval, 5, "startInterval"),
    timeoutSeconds,
    failureThreshold: FOR_EVER,
  };
  return { readinessProbe, startupProbe };
}
