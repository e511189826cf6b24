import type { HealthcheckDescription } from "../spec/types";

/**
 * A check that a port of the container answers, whatever the status: a site that says 403 is up.
 * Images bring different tools; bash can do it without any.
 */
export function answersHttp(port: number): HealthcheckDescription {
  return {
    test: `curl -so /dev/null http://127.0.0.1:${port}/ || nc -z 127.0.0.1 ${port} || bash -c '</dev/tcp/127.0.0.1/${port}'`,
    interval: "10s",
    timeout: "5s",
    startPeriod: "1m",
    retries: 3,
  };
}
