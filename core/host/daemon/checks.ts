import { say } from "../../description/say";
import { ArgumentError } from "../../description/errors";
import type { HostFacts } from "../facts";
import { mistakeIn, type Settings } from "./file";
import { flagsOf } from "./flags";
import { atLeast, KEYS } from "./keys";

export const CONFIG = "/etc/docker/daemon.json";

/** @throws ArgumentError with the place, where the file on the host is no JSON */
export function checkFile(text: string | undefined): void {
  const mistake = text === undefined ? undefined : mistakeIn(text);
  if (mistake)
    throw new ArgumentError(
      CONFIG,
      say`line ${mistake.line}, column ${mistake.column}: ${mistake.problem}, so no engine starts with this file and nothing can be added to it`,
      say`mend it on the host, or move it away`,
    );
}

/** What stands on the host already has to be fine as well: the engine would not start with the new file either. */
export function checkPresent(target: Settings, declared: Settings): void {
  for (const [key, value] of Object.entries(target)) {
    try {
      if (!(key in declared) || KEYS[key]?.map) KEYS[key]?.check?.(value, key);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError(
        say`${CONFIG} on the host: ${error.argument}`,
        say`${error.problem}, so no engine starts with this file`,
        say`mend it on the host`,
      );
    }
  }
}

/** What the engine was started with: a file that is younger than the engine may not have been read at all. */
export function stale({ daemonFile, engine }: HostFacts): boolean {
  return Boolean(engine?.info && daemonFile?.changed && engine.started && daemonFile.changed >= engine.started);
}

/** Refuses what the engine of this host cannot take. */
export function checkEngine(
  target: Settings,
  declared: Settings,
  facts: HostFacts,
  path: (key: string) => string,
): void {
  const { engine } = facts;
  if (!engine) return;
  const flags = flagsOf(engine.flags ?? []);
  for (const key of Object.keys(target)) {
    const flag = flags.get(key);
    if (flag)
      throw new ArgumentError(
        path(key),
        say`the service starts dockerd with ${flag.written} as well, and an engine that is told something twice does not start`,
        key === "hosts" && flag.value === "fd://"
          ? say`take -H out of the service (systemctl edit docker), or leave it out here`
          : say`take the flag out of the service (systemctl edit docker, /etc/default/docker), or leave the setting out here`,
      );
  }
  for (const key of Object.keys(declared)) {
    const { since } = KEYS[key] ?? {};
    if (since && !atLeast(engine.version, since))
      throw new ArgumentError(
        path(key),
        say`the engine is ${engine.version}, and only ${since} and newer know it; an older one does not start with it`,
        key === "proxies"
          ? say`set HTTP_PROXY and HTTPS_PROXY for the service, or use a newer engine`
          : say`leave it out, or use a newer engine`,
      );
  }
  if (declared["live-restore"] === true && isSwarm(facts))
    throw new ArgumentError(
      path("live-restore"),
      say`the engine is part of a swarm, which does not go with it`,
      say`leave it out`,
    );
}

export const isSwarm = ({ engine }: HostFacts): boolean =>
  ["active", "pending", "locked"].includes(engine?.info?.Swarm?.LocalNodeState ?? "inactive");
