import type { HealthcheckDescription } from "../spec/types";

/**
 * A check that a port of the container answers HTTP, whatever the status: a site that says 403 is up.
 * Images bring different tools, so the first one found is used; bash can do it without any.
 */
export function answersHttp(port: number, path = "/"): HealthcheckDescription {
  const url = `http://127.0.0.1:${port}${path}`;
  return {
    test: [
      "CMD-SHELL",
      `if command -v curl >/dev/null; then curl -s -o /dev/null ${url}; elif command -v wget >/dev/null; then wget -q -O /dev/null ${url} || [ $? -eq 8 ]; else bash -c '</dev/tcp/127.0.0.1/${port}'; fi`,
    ],
    interval: "10s",
    timeout: "5s",
    startPeriod: "60s",
    retries: 3,
  };
}
