import type { HostFacts } from "../facts";
import { base64 } from "../job";
import { same, type Settings, settingsOf, withSettings } from "./file";
import { KEYS } from "./keys";

/** How a running engine takes other settings. */
export type How = "reload" | "restart";

/** Settings of the default bridge: an engine that finds containers running does not make it anew. */
export const BRIDGE = [
  "bip",
  "bip6",
  "bridge",
  "default-gateway",
  "default-gateway-v6",
  "fixed-cidr",
  "fixed-cidr-v6",
  "icc",
  "ip",
  "ip-masq",
  "ipv6",
  "mtu",
];

/** Settings that two texts have differently. */
export function differences(from: Settings, to: Settings): string[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.filter((key) => !same(from[key], to[key]));
}

/** Whether a running engine takes a change without a restart. */
export function howOf(from: Settings, to: Settings): How {
  const fine = differences(from, to).every((key) => KEYS[key]?.reload && (key in to || KEYS[key].reset !== undefined));
  return fine ? "reload" : "restart";
}

/** What a reload has to read first, so that settings which the file no longer holds are gone. */
function resetText(from: Settings, to: string | undefined): string | undefined {
  const gone = Object.keys(from).filter((key) => !(key in settingsOf(to)));
  return gone.length
    ? withSettings(
        to,
        gone.map((key) => [[key], KEYS[key]?.reset]),
      )
    : undefined;
}

/** What the engine has to read first, on the way from one daemon.json to another. */
export function firstStep(from: string | undefined, to: string | undefined, how: How, swarm: boolean): string {
  const [before, after] = [settingsOf(from), settingsOf(to)];
  let first: string | undefined;
  if (how === "reload") first = resetText(before, to);
  // Without a restart yet, so that the restart leaves the containers running.
  else if (after["live-restore"] === true && before["live-restore"] !== true && !swarm)
    first = withSettings(from, [[["live-restore"], true]]);
  return first === undefined ? "none" : base64(first);
}

/** Whether a running engine takes these settings without a restart. */
export const howOfKeys = (keys: string[]): How => (keys.every((key) => KEYS[key]?.reload) ? "reload" : "restart");

/** The settings of a file that the engine shows to have, but differently; it has not loaded them. */
export function notLoaded(settings: Settings, { engine }: HostFacts): string[] {
  const info = engine?.info;
  if (!info) return [];
  const seen: Record<string, unknown> = {
    debug: info.Debug,
    "live-restore": info.LiveRestoreEnabled,
    "log-driver": info.LoggingDriver,
    "default-runtime": info.DefaultRuntime,
    labels: info.Labels ?? [],
    "registry-mirrors": (info.RegistryConfig?.Mirrors ?? []).map((mirror) => mirror.replace(/\/$/, "")),
  };
  return Object.entries(settings)
    .filter(([key, value]) => {
      if (key === "runtimes")
        return Object.keys(value as object).some((name) => info.Runtimes && !(name in info.Runtimes));
      if (!(key in seen) || seen[key] === undefined) return false;
      if (!Array.isArray(value)) return seen[key] !== value;
      const wanted = value.map((item) => (key === "registry-mirrors" ? String(item).replace(/\/$/, "") : item));
      // An engine that has reloaded lists its labels in any order; that of the mirrors counts.
      const ordered = (list: unknown) => (key === "labels" ? [...(list as string[])].sort() : list);
      return !same(ordered([...new Set(wanted)]), ordered(seen[key]));
    })
    .map(([key]) => key);
}
