import { ArgumentError, show } from "../../spec/errors";
import type { HostFacts, HostRecord } from "../facts";
import { base64 } from "../job";
import type { HostPlan } from "../setUp";
import {
  mistakeIn,
  type Path,
  pathsOf,
  repeatedIn,
  same,
  type Settings,
  settingsOf,
  valueAt,
  withSettings,
} from "./file";
import { flagsOf } from "./flags";
import { atLeast, KEYS } from "./keys";
import { createHash } from "node:crypto";

export const CONFIG = "/etc/docker/daemon.json";
const DATA_ROOT = "/var/lib/docker";

interface Recorded {
  /** The file without berth's settings, when berth last wrote it; undefined where there was none. */
  base: string | undefined;
  written: string;
  paths: Path[];
}

/** The file as it would be without berth, when somebody has edited it since. */
function withoutOurs(current: string | undefined, { base, paths }: Recorded): string | undefined {
  const before = settingsOf(base);
  const result = withSettings(
    current,
    paths.map((where) => [where, valueAt(before, where)]),
  );
  return base === undefined && Object.keys(settingsOf(result)).length === 0 ? undefined : result;
}

/** What is asked of the engine besides its settings. */
export interface SwitchLimits {
  /** Seconds in which the engine has to come up. */
  startTimeout: number;
  /** Seconds in which the data folder has to be copied. */
  copyTimeout: number;
}

type How = "reload" | "restart";

/** Settings of the default bridge: an engine that finds containers running does not make it anew. */
const BRIDGE = [
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

const digestOf = (text: string | undefined): string =>
  text === undefined ? "absent" : createHash("sha256").update(text).digest("hex");

const coded = (text: string | undefined): string => (text === undefined ? "absent" : base64(text));

const decoded = (text: string | undefined): string | undefined =>
  text === undefined || text === "absent" ? undefined : Buffer.from(text, "base64").toString("utf8");

/** Settings that two texts have differently. */
function differences(from: Settings, to: Settings): string[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.filter((key) => !same(from[key], to[key]));
}

/** Whether a running engine takes a change without a restart. */
function howOf(from: Settings, to: Settings): How {
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
function firstStep(from: string | undefined, to: string | undefined, how: How, swarm: boolean): string {
  const [before, after] = [settingsOf(from), settingsOf(to)];
  let first: string | undefined;
  if (how === "reload") first = resetText(before, to);
  // Without a restart yet, so that the restart leaves the containers running.
  else if (after["live-restore"] === true && before["live-restore"] !== true && !swarm)
    first = withSettings(from, [[["live-restore"], true]]);
  return first === undefined ? "none" : base64(first);
}

/** A value as a plan shows it: passwords in URLs are nobody's business. */
const shown = (value: unknown): string =>
  value === undefined ? "none" : show(value).replace(/\/\/[^/@"\s]+@/g, "//***@");

/** The settings of a file that the engine shows to have, but differently; it has not loaded them. */
function notLoaded(settings: Settings, { engine }: HostFacts): string[] {
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

/** What stands on the host already has to be fine as well: the engine would not start with the new file either. */
function checkPresent(target: Settings, declared: Settings): void {
  for (const [key, value] of Object.entries(target)) {
    try {
      if (!(key in declared) || KEYS[key]?.map) KEYS[key]?.check?.(value, key);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError(
        `${CONFIG} on the host: ${error.argument}`,
        `${error.problem}, so no engine starts with this file`,
        "mend it on the host",
      );
    }
  }
}

/** What the engine was started with: a file that is younger than the engine may not have been read at all. */
function stale({ daemonFile, engine }: HostFacts): boolean {
  return Boolean(engine?.info && daemonFile?.changed && engine.started && daemonFile.changed >= engine.started);
}

function checkEngine(target: Settings, declared: Settings, facts: HostFacts, path: (key: string) => string): void {
  const { engine } = facts;
  if (!engine) return;
  const flags = flagsOf(engine.flags ?? []);
  for (const key of Object.keys(target)) {
    const flag = flags.get(key);
    if (flag)
      throw new ArgumentError(
        path(key),
        `the service starts dockerd with ${flag.written} as well, and an engine that is told something twice does not start`,
        key === "hosts" && flag.value === "fd://"
          ? "take -H out of the service (systemctl edit docker), or leave it out here"
          : "take the flag out of the service (systemctl edit docker, /etc/default/docker), or leave the setting out here",
      );
  }
  for (const key of Object.keys(declared)) {
    const { since } = KEYS[key] ?? {};
    if (since && !atLeast(engine.version, since))
      throw new ArgumentError(
        path(key),
        `the engine is ${engine.version}, and only ${since} and newer know it; an older one does not start with it`,
        key === "proxies"
          ? "set HTTP_PROXY and HTTPS_PROXY for the service, or use a newer engine"
          : "leave it out, or use a newer engine",
      );
  }
  if (declared["live-restore"] === true && isSwarm(facts))
    throw new ArgumentError(
      path("live-restore"),
      "the engine is part of a swarm, which does not go with it",
      "leave it out",
    );
}

export const isSwarm = ({ engine }: HostFacts): boolean =>
  ["active", "pending", "locked"].includes(engine?.info?.Swarm?.LocalNodeState ?? "inactive");

/**
 * Says what a host's daemon.json has to become, how the engine gets there, and what destroy puts back.
 *
 * The file without berth's settings is kept in the record (`base`). Everything follows from it: what an edit by hand
 * has added since is taken up into it, and so survives both the next change and destroy.
 *
 * @param path argument of a setting, as the user wrote it
 * @throws ArgumentError where the host cannot take the settings
 */
export function planSwitch(
  declared: Settings,
  limits: SwitchLimits,
  facts: HostFacts | undefined,
  record: HostRecord | undefined,
  path: (key: string) => string,
): HostPlan {
  const file = facts?.daemonFile;
  const mistake = file && mistakeIn(file.text);
  if (mistake)
    throw new ArgumentError(
      CONFIG,
      `line ${mistake.line}, column ${mistake.column}: ${mistake.problem}, so no engine starts with this file and nothing can be added to it`,
      "mend it on the host, or move it away",
    );
  const current = file?.text;
  const now = settingsOf(current);
  const changes: string[] = [];
  const warnings: string[] = [];

  const recorded: Recorded | undefined = record && {
    base: decoded(record.values.base),
    written: record.values.written!,
    paths: JSON.parse(record.values.paths ?? "[]") as Path[],
  };
  const untouched = recorded !== undefined && recorded.written === digestOf(current);
  // What an edit by hand has added or changed belongs to the file as it is without berth.
  const base = recorded === undefined ? current : untouched ? recorded.base : withoutOurs(current, recorded);

  const paths = pathsOf(declared);
  const target = withSettings(
    base,
    paths.map((where) => [where, valueAt(declared, where)]),
  );
  const after = settingsOf(target);
  // What the running engine has read is fine, whatever berth thinks of it.
  if (!facts?.engine?.info || stale(facts)) checkPresent(after, declared);
  for (const key of repeatedIn(current ?? ""))
    if (!(key in declared)) warnings.push(`${CONFIG} names ${key} more than once; the engine reads the last only`);
  if (facts) checkEngine(after, declared, facts, path);

  const changed = differences(now, after);
  for (const key of changed) changes.push(changeOf(key, now[key], after[key]));
  if (changed.length === 0 && digestOf(current) !== digestOf(target))
    changes.push(`${CONFIG} is written anew, with the same settings`);
  // By hand, and nothing that is declared: the record has to know, or destroy would refuse.
  if (changes.length === 0 && recorded !== undefined && !untouched)
    changes.push(`notes what was edited by hand in ${CONFIG}; the edits stay`);

  const flags = flagsOf(facts?.engine?.flags ?? []);
  const rootIn = (settings: Settings) =>
    String(settings["data-root"] ?? settings.graph ?? flags.get("data-root")?.value ?? DATA_ROOT);
  const [root, backRoot] = [rootIn(after), rootIn(settingsOf(base))];
  // User namespaces give the folder a part of their own, which does not matter here.
  const rootNow = facts?.engine?.info?.DockerRootDir?.replace(/\/\d+\.\d+$/, "") ?? rootIn(now);
  const moves = root !== rootNow;
  const swarm = facts !== undefined && isSwarm(facts);

  const waiting = facts && changed.length === 0 ? notLoaded(after, facts) : [];
  const unread =
    facts !== undefined && changed.length === 0 && !untouched && stale(facts) && Object.keys(after).length > 0;
  const pending = waiting.length > 0 || unread;
  const how = changed.length ? howOf(now, after) : howOfKeys(waiting.length ? waiting : Object.keys(after));
  if (waiting.length) changes.push(`the engine has not loaded ${waiting.join(", ")} yet`);
  else if (unread) changes.push(`${CONFIG} is younger than the running engine, which may not have read it`);
  if (facts)
    changes.push(
      ...consequences({
        facts,
        how,
        moves,
        root,
        rootNow,
        changed: changed.length > 0 || pending,
        liveRestore: after["live-restore"] === true,
        swarm,
      }),
    );
  const kept = changed.filter((key) => BRIDGE.includes(key));
  if (
    kept.length &&
    !moves &&
    !swarm &&
    after["live-restore"] === true &&
    (facts?.engine?.info?.ContainersRunning ?? 0) > 0
  )
    warnings.push(
      `the default bridge stays as it is for the containers that keep running: ${kept.join(", ")} counts when the engine starts with none running`,
    );
  if (facts?.engine && !facts.engine.info && facts.engine.package) {
    // Nothing to say where the engine is installed in this very run.
    changes.push("starts the engine, which does not answer");
  }

  const backHow = howOf(after, settingsOf(base));
  const settings = {
    target: coded(target),
    expected: digestOf(current),
    written: digestOf(target),
    base: coded(base),
    paths: JSON.stringify(paths),
    how,
    pending: pending ? "yes" : "no",
    root,
    root_now: rootNow,
    first: firstStep(current, target, how, swarm),
    undo_first: firstStep(target, current, "reload", swarm),
    back_how: backHow,
    back_first: firstStep(target, base, backHow, swarm),
    back_undo_first: firstStep(base, target, "reload", swarm),
    back_root: backRoot,
    start_limit: String(limits.startTimeout),
    copy_limit: String(limits.copyTimeout),
  };
  return { changes, warnings, settings };
}

const howOfKeys = (keys: string[]): How => (keys.every((key) => KEYS[key]?.reload) ? "reload" : "restart");

function changeOf(key: string, from: unknown, to: unknown): string {
  if (from === undefined) return `${CONFIG}: ${key} becomes ${shown(to)}`;
  if (to === undefined) return `${CONFIG}: ${key} goes (it was ${shown(from)})`;
  return `${CONFIG}: ${key} becomes ${shown(to)} (it was ${shown(from)})`;
}

interface Consequences {
  facts: HostFacts;
  how: How;
  changed: boolean;
  moves: boolean;
  root: string;
  rootNow: string;
  liveRestore: boolean;
  swarm: boolean;
}

/** What a change means for what runs; it has to be known beforehand. */
function consequences({ facts, how, changed, moves, root, rootNow, liveRestore, swarm }: Consequences): string[] {
  const { engine } = facts;
  if (!engine) return changed ? ["no engine is installed yet; it reads the file when it is"] : [];
  const running = engine.info?.ContainersRunning ?? 0;
  const containers = running === 1 ? "the running container" : `${running} running containers`;
  const verb = (plural: string) => (running === 1 ? plural.replace(/^\w+/, (word) => `${word}s`) : plural);
  if (!engine.info) return [];
  if (moves)
    return [
      `copies the engine's data from ${rootNow} to ${root}; the engine and ${containers} stop meanwhile, and ${rootNow} is left as it is`,
    ];
  if (!changed) return [];
  if (how === "reload") return ["the engine reloads its settings; nothing stops"];
  return [
    liveRestore && !swarm
      ? `the engine restarts, which it must for this; ${containers} ${verb("keep")} running (live-restore)`
      : `the engine restarts, which it must for this; ${containers} ${verb("stop")} and ${verb("start")} again`,
  ];
}
