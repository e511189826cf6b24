import * as http from "node:http";
import { fromHere, portOf, type Way, WayAgent } from "./way";

/**
 * Whether something answers at a URL, whatever it says, by the proxies on the way there.
 *
 * @returns the time on its clock, where it tells it
 * @throws Error where nobody answers in time
 */
export async function reach(url: URL, patience: number, way: Way = fromHere()): Promise<Date | undefined> {
  const signal = AbortSignal.timeout(patience);
  const agent = new WayAgent(way);
  try {
    return await new Promise((resolve, reject) => {
      const options = { method: "HEAD", agent, host: url.hostname, port: portOf(url), path: url.pathname, signal };
      const headers = { Host: url.host, "User-Agent": "berth" };
      const request = http.request({ ...options, headers, ...{ target: url, deadline: signal } }, (response) => {
        response.resume();
        const { date } = response.headers;
        resolve(date === undefined ? undefined : new Date(date));
      });
      request.on("error", (error) => reject(signal.aborted ? (signal.reason as Error) : error));
      request.end();
    });
  } finally {
    agent.destroy();
  }
}
