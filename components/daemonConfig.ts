import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { reporter } from "../core/pulumi/componentErrors";
import { ArgumentError, show } from "../core/description/errors";
import { nearest } from "../core/description/nearest";
import { parseInteger } from "../core/description/quantities";
import type { HostConnection } from "../core/host/connection";
import { type Settings, settingsOfNote } from "../core/host/daemon/file";
import { FORMER, KEYS } from "../core/host/daemon/keys";
import { planSwitch } from "../core/host/daemon/plan";
import { checkHost, setUp } from "../core/host/setUp";

/** A runtime that containers may ask for, in daemon.json's own words. */
export interface DaemonRuntime {
  /** Program, by its path or on the PATH of dockerd. */
  path?: string;
  /** Written as it stands; `nvidia-ctk` writes an empty list. */
  args?: string[];
  /** Arguments for the program. */
  runtimeArgs?: string[];
  /** A shim in place of a program, from engine 23 on. */
  runtimeType?: string;
  /** Options of the shim. */
  options?: Record<string, unknown>;
}

/** Arguments of {@link DaemonConfig}. */
export interface DaemonConfigArgs {
  /** The machine. @default this one */
  connection?: HostConnection;
  /**
   * A daemon.json of a note or of another machine, as a path; relative to the project's folder. Comments are left out, and
   * a list that stands there in several pieces is one list, each with a word about it. The other arguments win.
   */
  file?: string;
  /** URLs that are asked for images of Docker Hub first, in this order. */
  registryMirrors?: string[];
  /** Registries without TLS, or with a certificate that nobody knows: `registry.lan:5000`, `10.0.0.0/8`. */
  insecureRegistries?: string[];
  /** Every detail in the engine's log. */
  debug?: boolean;
  /** `json-file`, `local`, `journald` ...; for containers that are made from then on. */
  logDriver?: string;
  /** Options of the log driver: `{ "max-size": "100m", "max-file": "3" }`. */
  logOpts?: Record<string, string | number | boolean>;
  /** Layers of one pull at a time. */
  maxConcurrentDownloads?: number;
  /** Layers of one push at a time. */
  maxConcurrentUploads?: number;
  /** Runtimes by name: `{ nvidia: { path: "nvidia-container-runtime", args: [] } }`. */
  runtimes?: Record<string, DaemonRuntime>;
  /** Runtime of containers that ask for none. */
  defaultRuntime?: string;
  /** Proxies of the engine's own pulls, from engine 23 on. May hold a password, so they may be secrets. */
  proxies?: { httpProxy?: pulumi.Input<string>; httpsProxy?: pulumi.Input<string>; noProxy?: pulumi.Input<string> };
  /**
   * Folder of images, containers and volumes. What is there is copied first, with the engine stopped; the old folder is
   * left as it is. The notes' `--graph`.
   */
  dataRoot?: string;
  /** `overlay2`, or another. */
  storageDriver?: string;
  /** Labels of the engine: `storage=ssd`. */
  labels?: string[];
  /** DNS servers of containers. */
  dns?: string[];
  /** Address and length of the default bridge: `172.17.0.1/16`. */
  bip?: string;
  /** Blocks that networks get their subnets from: `[{ base: "10.200.0.0/16", size: 24 }]`. */
  defaultAddressPools?: { base: string; size: number }[];
  /** Bytes. */
  mtu?: number;
  /** Containers live on while the engine restarts. @default true, outside a swarm */
  liveRestore?: boolean;
  /** Any other setting by its name in daemon.json: `{ "userland-proxy": false }`. */
  settings?: Record<string, unknown>;
  /** Seconds in which the engine has to answer after a restart; then everything is taken back. @default 60 */
  startTimeout?: number;
  /** Seconds that copying the data folder may take. @default 3600 */
  copyTimeout?: number;
}

/** The arguments that are settings, by their names in daemon.json. */
export const NAMES: Partial<Record<keyof DaemonConfigArgs, string>> = {
  registryMirrors: "registry-mirrors",
  insecureRegistries: "insecure-registries",
  debug: "debug",
  logDriver: "log-driver",
  logOpts: "log-opts",
  maxConcurrentDownloads: "max-concurrent-downloads",
  maxConcurrentUploads: "max-concurrent-uploads",
  runtimes: "runtimes",
  defaultRuntime: "default-runtime",
  proxies: "proxies",
  dataRoot: "data-root",
  storageDriver: "storage-driver",
  labels: "labels",
  dns: "dns",
  bip: "bip",
  defaultAddressPools: "default-address-pools",
  mtu: "mtu",
  liveRestore: "live-restore",
};
const PROXIES: Record<string, string> = { httpProxy: "http-proxy", httpsProxy: "https-proxy", noProxy: "no-proxy" };

/**
 * The engine's settings in `/etc/docker/daemon.json`. Documented setups H2 (mirrors, insecure registries, debug, logs,
 * concurrency, the nvidia runtime, proxies) and H4 (the data folder).
 *
 * They are merged into the file that is there: what is not declared stays, in its order. The engine reloads where it
 * can, and restarts only where it must, which a preview says beforehand; containers live on (`live-restore`). A file
 * that dockerd refuses, or with which it does not come up in time, is taken back, and the engine runs as before. An edit
 * by hand is seen by the next preview: what is declared comes back, the rest stays. `destroy` puts back the file that
 * was there, with what has been added by hand since, and the data where it was.
 *
 * @example
 * new DaemonConfig("gpu1", {
 *   connection: { host: "gpu1" },
 *   registryMirrors: ["https://docker.m.daocloud.io"],
 *   logDriver: "json-file",
 *   logOpts: { "max-size": "100m" },
 *   runtimes: { nvidia: { path: "nvidia-container-runtime", args: [] } },
 *   dataRoot: "/home/data/docker",
 * });
 *
 * @throws pulumi.ResourceError naming the argument, or saying why the host cannot be reached; nothing is changed then
 */
export class DaemonConfig extends pulumi.ComponentResource {
  /** What the last job said, line by line. */
  readonly report: pulumi.Output<string[]>;

  constructor(name: string, args: DaemonConfigArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("DaemonConfig", name, args);
    const type = "berth:host:DaemonConfig";
    const report = reporter(type, name);
    const checked = report(() => check(name, args));
    super(type, name, { ...checked.given, host: checked.invocation.host }, opts);
    for (const slip of checked.slips) void pulumi.log.warn(say`${args.file}: ${slip}`, this);

    const { report: said } = setUp(this, checked.invocation, {
      type,
      name,
      connection: args.connection,
      job: { kind: "daemon-config", scripts: ["service", "daemon"] },
      args: checked.given,
      plan: (given, facts, record) => {
        const settings = declaredSettings(given);
        checkSettings(settings, pathOf(given));
        const inSwarm = facts?.engine?.info?.Swarm?.LocalNodeState === "active";
        if (!("live-restore" in settings) && !inSwarm) settings["live-restore"] = true;
        return planSwitch(settings, checked.limits, facts, record, pathOf(given));
      },
      outcome: { seen: () => undefined, said: () => undefined },
    });
    this.report = said;
    this.registerOutputs({ report: this.report });
  }
}

type Given = Omit<DaemonConfigArgs, "connection" | "file" | "startTimeout" | "copyTimeout"> & { noted?: Settings };

function check(name: string, args: DaemonConfigArgs) {
  const { connection, file, startTimeout = 60, copyTimeout = 3600, ...rest } = args;
  parseInteger(startTimeout, "startTimeout", 5, 3600);
  parseInteger(copyTimeout, "copyTimeout", 60, 86_400);
  const note = file === undefined ? { settings: undefined, slips: [] } : readNote(file);
  const given: Given = { ...rest, ...(note.settings && { noted: note.settings }) };
  // What is late is checked when it arrives; the rest before anything is made.
  checkSettings(declaredSettings(given as pulumi.Unwrap<Given>, true), pathOf(given as pulumi.Unwrap<Given>));
  if (given.proxies) given.proxies = withoutPasswords(given.proxies);
  // Last: it notes that this host is taken.
  const invocation = checkHost("daemon-config", name, connection);
  return { invocation, given, slips: note.slips, limits: { startTimeout, copyTimeout } };
}

/** A password in a URL is one, whatever the program calls it. */
const withoutPasswords = (proxies: NonNullable<DaemonConfigArgs["proxies"]>): DaemonConfigArgs["proxies"] =>
  Object.fromEntries(
    Object.entries(proxies).map(([name, url]) => [
      name,
      typeof url === "string" && url.includes("@") ? pulumi.secret(url) : url,
    ]),
  );

function readNote(file: string): { settings: Settings; slips: string[] } {
  if (typeof file !== "string" || file === "")
    throw new ArgumentError("file", say`${show(file)} is not a path`, say`name a daemon.json`);
  let text: string;
  try {
    text = readFileSync(resolve(file), "utf8");
  } catch (error) {
    throw new ArgumentError(
      "file",
      say`${file} cannot be read (${(error as Error).message})`,
      say`name a daemon.json of this machine`,
    );
  }
  try {
    return settingsOfNote(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ArgumentError("file", say`${file}, ${error.message}`, say`mend it`);
  }
}

/** The settings by their names in daemon.json. */
function declaredSettings(given: pulumi.Unwrap<Given>, early = false): Settings {
  const { noted, settings, ...typed } = given;
  const result: Settings = { ...noted, ...(settings as Settings | undefined) };
  for (const [name, value] of Object.entries(typed)) {
    if (value === undefined) continue;
    const key = NAMES[name as keyof DaemonConfigArgs]!;
    if (settings && key in settings)
      throw new ArgumentError(`settings.${key}`, say`stands beside ${name}`, say`give one of them`);
    if (name === "proxies" && value !== null && typeof value === "object")
      result[key] = Object.fromEntries(
        Object.entries(value)
          .filter(([, proxy]) => proxy !== undefined && !(early && typeof proxy !== "string"))
          .map(([proxy, url]) => [PROXIES[proxy] ?? proxy, url]),
      );
    else if (name === "logOpts" && value !== null && typeof value === "object")
      result[key] = Object.fromEntries(
        Object.entries(value).map(([option, item]) => [option, typeof item === "object" ? item : String(item)]),
      );
    else result[key] = value;
  }
  return result;
}

/** Where the user wrote a setting. */
const pathOf = (given: pulumi.Unwrap<Given>) => (key: string) => {
  const typed = Object.entries(NAMES).find(([, name]) => name === key)?.[0];
  if (typed && given[typed as keyof Given] !== undefined) return typed;
  return given.settings && key in given.settings
    ? `settings.${key}`
    : given.noted && key in given.noted
      ? `file: ${key}`
      : (typed ?? key);
};

function checkSettings(settings: Settings, path: (key: string) => string): void {
  for (const [key, value] of Object.entries(settings)) {
    const known = KEYS[key];
    if (!known) {
      const close = nearest(key, Object.keys(KEYS));
      const unknown: [string, string] = [
        say`is not a setting of dockerd, which does not start with what it does not know`,
        close ? say`use ${close}` : say`leave it out`,
      ];
      throw new ArgumentError(path(key), ...(FORMER[key] ?? unknown));
    }
    known.check?.(value, path(key));
  }
}
