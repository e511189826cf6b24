import { say } from "../../description/say";
import { show } from "../../description/errors";
import { type HostFacts, type HostRecord, runningContainers, throughRestart } from "../facts";
import type { HostPlan } from "../setUp";
import { CONFIG, checkEngine, checkFile, checkPresent, isSwarm, stale } from "./checks";
import { repeatedIn, type Settings, settingsOf } from "./file";
import { flagsOf } from "./flags";
import { BRIDGE, differences, firstStep, type How, howOf, howOfKeys, notLoaded } from "./loading";
import { coded, digestOf, type Texts, textsOf } from "./texts";

const DATA_ROOT = "/var/lib/docker";

/** What is asked of the engine besides its settings. */
export interface SwitchLimits {
  /** Seconds in which the engine has to come up. */
  startTimeout: number;
  /** Seconds in which the data folder has to be copied. */
  copyTimeout: number;
}

/**
 * Says what a host's daemon.json has to become, how the engine gets there, and what destroy puts back.
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
  checkFile(facts?.daemonFile?.text);
  const texts = textsOf(declared, facts?.daemonFile?.text, record);
  const { current, base, target, untouched } = texts;
  const [now, after] = [settingsOf(current), settingsOf(target)];
  // What the running engine has read is fine, whatever berth thinks of it.
  if (!facts?.engine?.info || stale(facts)) checkPresent(after, declared);
  if (facts) checkEngine(after, declared, facts, path);
  const swarm = facts !== undefined && isSwarm(facts);
  const changes: string[] = [];

  const changed = differences(now, after);
  for (const key of changed) changes.push(changeOf(key, now[key], after[key]));
  if (changed.length === 0 && digestOf(current) !== digestOf(target))
    changes.push(say`${CONFIG} is written anew, with the same settings`);
  // By hand, and nothing that is declared: the record has to know, or destroy would refuse.
  if (changes.length === 0 && record !== undefined && !untouched)
    changes.push(say`notes what was edited by hand in ${CONFIG}; the edits stay`);

  const roots = rootsOf(texts, facts);
  const waiting = facts && changed.length === 0 ? notLoaded(after, facts) : [];
  const unread =
    facts !== undefined && changed.length === 0 && !untouched && stale(facts) && Object.keys(after).length > 0;
  const pending = waiting.length > 0 || unread;
  const how = changed.length ? howOf(now, after) : howOfKeys(waiting.length ? waiting : Object.keys(after));
  if (waiting.length) changes.push(say`the engine has not loaded ${waiting.join(", ")} yet`);
  else if (unread) changes.push(say`${CONFIG} is younger than the running engine, which may not have read it`);
  if (facts)
    changes.push(
      ...consequences({
        facts,
        how,
        roots,
        changed: changed.length > 0 || pending,
        liveRestore: after["live-restore"] === true,
        swarm,
      }),
    );
  if (facts?.engine && !facts.engine.info && facts.engine.package) {
    // Nothing to say where the engine is installed in this very run.
    changes.push(say`starts the engine, which does not answer`);
  }

  const backHow = howOf(after, settingsOf(base));
  const settings = {
    target: coded(target),
    expected: digestOf(current),
    written: digestOf(target),
    base: coded(base),
    paths: JSON.stringify(texts.paths),
    how,
    pending: pending ? "yes" : "no",
    root: roots.target,
    root_now: roots.now,
    first: firstStep(current, target, how, swarm),
    undo_first: firstStep(target, current, "reload", swarm),
    back_how: backHow,
    back_first: firstStep(target, base, backHow, swarm),
    back_undo_first: firstStep(base, target, "reload", swarm),
    back_root: roots.base,
    start_limit: String(limits.startTimeout),
    copy_limit: String(limits.copyTimeout),
  };
  return { changes, warnings: warningsOf(declared, texts, changed, roots, facts), settings };
}

/** Where the engine's data lies: now, with the file as it is to be, and after destroy. */
interface Roots {
  now: string;
  target: string;
  base: string;
}

function rootsOf({ current, target, base }: Texts, facts: HostFacts | undefined): Roots {
  const flag = flagsOf(facts?.engine?.flags ?? []).get("data-root")?.value;
  const rootIn = (text: string | undefined) => {
    const settings = settingsOf(text);
    return String(settings["data-root"] ?? settings.graph ?? flag ?? DATA_ROOT);
  };
  // User namespaces give the folder a part of their own, which does not matter here.
  const now = facts?.engine?.info?.DockerRootDir?.replace(/\/\d+\.\d+$/, "");
  return { now: now ?? rootIn(current), target: rootIn(target), base: rootIn(base) };
}

/** An address on which the engine listens to the network, and asks nobody for a certificate. */
function openHost({ hosts, tlsverify }: Settings): string | undefined {
  if (tlsverify === true || !Array.isArray(hosts)) return undefined;
  return hosts.map(String).find((host) => /^tcp:\/\/(?!127\.|localhost\b|\[::1\])/.test(host));
}

function warningsOf(
  declared: Settings,
  { current, target }: Texts,
  changed: string[],
  roots: Roots,
  facts: HostFacts | undefined,
): string[] {
  const repeated = repeatedIn(current ?? "").filter((key) => !(key in declared));
  const warnings = repeated.map((key) => say`${CONFIG} names ${key} more than once; the engine reads the last only`);
  const open = openHost(settingsOf(target));
  if (open)
    warnings.push(
      say`hosts: ${open} gives everybody who reaches it the whole machine: listen on 127.0.0.1, set tlsverify with certificates, or reach the engine by ssh://`,
    );
  const kept = changed.filter((key) => BRIDGE.includes(key));
  const living = settingsOf(target)["live-restore"] === true && (facts?.engine?.info?.ContainersRunning ?? 0) > 0;
  if (facts && kept.length && living && roots.now === roots.target && !isSwarm(facts))
    warnings.push(
      say`the default bridge stays as it is for the containers that keep running: ${kept.join(", ")} counts when the engine starts with none running`,
    );
  return warnings;
}

/** A value as a plan shows it: passwords in URLs are nobody's business. */
const shown = (value: unknown): string =>
  value === undefined ? "none" : show(value).replace(/\/\/[^/@"\s]+@/g, "//***@");

function changeOf(key: string, from: unknown, to: unknown): string {
  if (from === undefined) return say`${CONFIG}: ${key} becomes ${shown(to)}`;
  if (to === undefined) return say`${CONFIG}: ${key} goes (it was ${shown(from)})`;
  return say`${CONFIG}: ${key} becomes ${shown(to)} (it was ${shown(from)})`;
}

interface Consequences {
  facts: HostFacts;
  how: How;
  changed: boolean;
  roots: Roots;
  liveRestore: boolean;
  swarm: boolean;
}

/** What a change means for what runs; it has to be known beforehand. */
function consequences({ facts, how, changed, roots, liveRestore, swarm }: Consequences): string[] {
  const { engine } = facts;
  if (!engine) return changed ? [say`no engine is installed yet; it reads the file when it is`] : [];
  if (!engine.info) return [];
  if (roots.now !== roots.target)
    return [
      say`copies the engine's data from ${roots.now} to ${roots.target}; the engine and ${runningContainers(facts)} stop meanwhile, and ${roots.now} is left as it is`,
    ];
  if (!changed) return [];
  if (how === "reload") return [say`the engine reloads its settings; nothing stops`];
  return [say`the engine restarts, which it must for this; ${throughRestart(facts, liveRestore && !swarm)}`];
}
