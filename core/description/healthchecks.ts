import type { HealthcheckDescription } from "./types";

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

/** A check that a page of the container is there, with the Python that the image has; certificates are not checked. */
export function answersWithPython(url: string): HealthcheckDescription {
  const lines = [
    "import ssl, urllib.request as r",
    "tls = r.HTTPSHandler(context=ssl._create_unverified_context())",
    `r.build_opener(r.ProxyHandler({}), tls).open(${JSON.stringify(url)}, timeout=4)`,
  ];
  return {
    test: ["CMD", "python3", "-c", lines.join("; ")],
    interval: "5s",
    timeout: "5s",
    startPeriod: "2m",
    retries: 3,
  };
}
