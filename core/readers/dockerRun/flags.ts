import { either, listed, say } from "../../description/say";
import { resolve } from "node:path";
import { ArgumentError, show } from "../../description/errors";
import { isCdiName, parseName } from "../../description/names";
import { isSecretValue } from "../../description/secretValue";
import { roundedUp } from "../../description/quantities";
import { parsePlatform } from "./platform";
import type { ServiceDescription } from "../../description/types";
import { type Draft, enter, type FlagEntry, note, push, put, set } from "./draft";
import { slippedIn } from "../../description/lookAlikes";
import { DockerRunError } from "./errors";
import { readLabels, readProfile } from "./files";
import { gpuRequest } from "./gpus";
import { readMount, readVolume } from "./mounts";
import type { Use } from "./options";
import { exposedPort, publishedPort } from "./ports";
import { bytes, duration, integer, processors, ramInBytes } from "./quantities";

type Field = keyof ServiceDescription;
type FlagUse = Use<FlagEntry>;
type Read = NonNullable<FlagEntry["read"]>;

/** Takes a value over as it stands; empty text is Docker's own default. */
const plain = (field: Field): Read => {
  return (draft, use) => set(draft, field, (use.value || undefined) as never, use);
};
const each = (field: Field): Read => {
  return (draft, use) => push(draft, field, use.value, use);
};
/** A boolean that is false is the default. */
const when = (field: Field): Read => {
  return (draft, use) => set(draft, field, (use.value === "true" || undefined) as never, use);
};
const size = (field: Field): Read => {
  return (draft, use) => {
    const rounded = roundedUp(ramInBytes(use.value) ?? 0);
    if (rounded) note(draft, use, say`${use.value} ${rounded}`);
    set(draft, field, bytes(use) as never, use);
  };
};
/** A number that is 0 is Docker's own default. */
const number = (field: Field, low?: number, high?: number): Read => {
  return (draft, use) => set(draft, field, (integer(use, low, high) || undefined) as never, use);
};
const pair = (field: Field, what: string): Read => {
  return (draft, use) => enter(draft, field, ...nameAndValue(use, what), use);
};

function nameAndValue({ value, fail }: FlagUse, what: string): [string, string] {
  const at = value.indexOf("=");
  if (at < 1) throw fail(say`${show(value)} is not ${what}`, say`write name=value`);
  return [value.slice(0, at), value.slice(at + 1)];
}

/** Checked as docker does, with the flag and not the field in the message. */
function oneOf(field: Field, ...values: string[]): Read {
  return (draft, use) => {
    if (use.value !== "" && !values.includes(use.value))
      throw use.fail(say`${show(use.value)} is not known`, say`write ${either(values)}`);
    plain(field)(draft, use);
  };
}

const CONTAINER_MODE = /^container:./;
function mode(field: Field, ...values: string[]): Read {
  return (draft, use) => {
    if (use.value !== "" && !values.includes(use.value) && !CONTAINER_MODE.test(use.value))
      throw use.fail(say`${show(use.value)} is not known`, say`write ${listed(values)} or container:<name>`);
    plain(field)(draft, use);
  };
}

function environment(draft: Draft, use: FlagUse): void {
  const at = use.value.indexOf("=");
  const name = at < 0 ? use.value : use.value.slice(0, at);
  if (name === "") throw use.fail(say`names no variable`, say`write NAME=value, or NAME alone`);
  if (at >= 0) {
    enter(draft, "environment", name, use.value.slice(at + 1), use);
    return;
  }
  const { environment: outer, variables, secretsLater, shell = outer } = draft.context;
  const value = Object.hasOwn(outer, name) ? outer[name] : undefined;
  const why = variables?.get(name);
  // Whoever runs what is printed has a shell as well.
  const stays = secretsLater && !isSecretValue(name, value ?? "$") && !slippedIn(name, true);
  if (stays && !why && value === shell[name]) enter(draft, "environment", name, null, use);
  else if (value !== undefined) enter(draft, "environment", name, value, use);
  else if (secretsLater && isSecretValue(name, "$")) enter(draft, "environment", name, `$${name}`, use);
  else if (why instanceof DockerRunError) throw why;
  // Docker takes it from the container then, whatever the image sets.
  else if (!slippedIn(name, true)) enter(draft, "environment", name, null, use);
}

function label(draft: Draft, use: FlagUse): void {
  const at = use.value.indexOf("=");
  const name = (at < 0 ? use.value : use.value.slice(0, at)).trimStart();
  if (name === "" || /[ \t]/.test(name))
    throw use.fail(say`${show(name)} is not the name of a label`, say`write name=value`);
  enter(draft, "labels", name, at < 0 ? "" : use.value.slice(at + 1), use);
}

function labelFile(draft: Draft, use: FlagUse): void {
  const { entries, names } = readLabels(use, draft.context.folder);
  // Labels of the line win over those of files, wherever they stand.
  const own = draft.given.get("--label") ?? [];
  for (const [name, value] of entries)
    if (!own.some((other) => other.value.split("=")[0] === name)) enter(draft, "labels", name, value, use);
  if (names.length)
    note(
      draft,
      use,
      names.length > 1
        ? say`${listed(names)} have no value, and docker leaves them out`
        : say`${names[0]} has no value, and docker leaves it out`,
    );
}

const ULIMITS = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
  " ",
);

function ulimit(draft: Draft, use: FlagUse): void {
  const [name, limits] = nameAndValue(use, say`a limit`);
  if (!ULIMITS.includes(name)) throw use.fail(say`${show(name)} is not a limit`, say`use ${listed(ULIMITS)}`);
  const [soft, hard = soft] = limits.split(":").map((limit) => (/^[+-]?\d+$/.test(limit) ? Number(limit) : Number.NaN));
  if (Number.isNaN(soft) || Number.isNaN(hard) || limits.split(":").length > 2)
    throw use.fail(say`${show(limits)} is not a limit`, say`write ${name}=1024, or ${name}=1024:2048`);
  enter(draft, "ulimits", name, soft === hard ? soft : { soft, hard }, use);
}

const SYSCTLS = "msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced"
  .split(" ")
  .map((name) => `kernel.${name}`);

function sysctl(draft: Draft, use: FlagUse): void {
  const [name, value] = nameAndValue(use, say`a kernel parameter`);
  if (!SYSCTLS.includes(name) && !/^(net|fs\.mqueue)\./.test(name))
    throw use.fail(
      say`docker takes no kernel parameter ${show(name)}, which is not the container's own`,
      say`use net.*, fs.mqueue.*, ${listed(SYSCTLS)}; set others on the host`,
    );
  enter(draft, "sysctls", name, value, use);
}

function device(draft: Draft, use: FlagUse): void {
  if (!isCdiName(use.value)) {
    push(draft, "devices", use.value, use);
    return;
  }
  // One request holds all devices of the Container Device Interface.
  const { gpus = [] } = draft.service;
  const cdi = gpus !== "all" && gpus.find(({ driver }) => driver === "cdi");
  if (cdi) cdi.deviceIds!.push(use.value);
  else push(draft, "gpus", { driver: "cdi", deviceIds: [use.value] }, use);
}

function securityOption(draft: Draft, use: FlagUse): void {
  const { value } = use;
  const separator = value.includes("=") ? "=" : ":";
  const at = value.indexOf(separator);
  const key = at < 0 ? value : value.slice(0, at);
  const rest = at < 0 ? "" : value.slice(at + 1);
  if (key !== "no-new-privileges" && rest === "")
    throw use.fail(say`${show(value)} is not a security option`, say`write key=value, or no-new-privileges`);
  const profile = key === "seccomp" && rest !== "unconfined" && rest !== "builtin";
  push(draft, "securityOpt", profile ? `seccomp=${readProfile(rest, use, draft.context.folder)}` : value, use);
}

function extraHost(draft: Draft, use: FlagUse): void {
  const { value } = use;
  const at = value.includes("=") ? value.indexOf("=") : value.indexOf(":");
  const host = value.slice(0, Math.max(at, 0));
  if (host === "" || host.includes(":"))
    throw use.fail(say`${show(value)} is not host:address`, say`write db:10.0.0.2`);
  push(draft, "extraHosts", `${host}:${value.slice(at + 1).replace(/^\[(.+)\]$/, "$1")}`, use);
}

function rates(field: "deviceReadBps" | "deviceWriteBps" | "deviceReadIops" | "deviceWriteIops"): Read {
  return (draft, use) => {
    const at = use.value.indexOf(":");
    const path = use.value.slice(0, Math.max(at, 0));
    const text = use.value.slice(at + 1);
    const rate = field.endsWith("Bps") ? ramInBytes(text) : /^\d+$/.test(text) ? Number(text) : undefined;
    if (!path.startsWith("/dev/") || rate === undefined || !Number.isSafeInteger(rate))
      throw use.fail(
        say`${show(use.value)} is not a device and a rate`,
        say`write ${`/dev/sda:${field.endsWith("Bps") ? "1mb" : "1000"}`}`,
      );
    const list = draft.service.blkioConfig?.[field] ?? [];
    draft.sources.set(`blkioConfig.${field}[${list.length}]`, use);
    draft.service.blkioConfig = { ...draft.service.blkioConfig, [field]: [...list, { path, rate }] };
  };
}

type Health = NonNullable<ServiceDescription["healthcheck"]>;
function health(key: keyof Health, value: (use: FlagUse) => Health[keyof Health]): Read {
  return (draft, use) => {
    const given = value(use);
    if (given === undefined) return;
    draft.service.healthcheck = { ...draft.service.healthcheck, [key]: given };
    draft.sources.set(`healthcheck.${key}`, use);
  };
}

function restart(draft: Draft, use: FlagUse): void {
  const [, policy = "", count] = /^([^:]*)(?::(.*))?$/s.exec(use.value) ?? [];
  if (use.value === "") return;
  const known = ["no", "always", "unless-stopped", "on-failure"];
  if (!known.includes(policy))
    throw use.fail(say`${show(policy)} is not a restart policy`, say`write ${listed(known)}`);
  if (count && !/^\+?\d+$/.test(count))
    throw use.fail(say`${show(count)} is not a number of tries`, say`write on-failure:3`);
  if (count && policy !== "on-failure")
    throw use.fail(say`${policy} takes no number of tries`, say`write on-failure:3, or the policy alone`);
  set(draft, "restart", (count ? `on-failure:${Number(count)}` : policy) as ServiceDescription["restart"], use);
}

function cpuQuota(field: "cpuQuota" | "cpuPeriod"): Read {
  return (draft, use) => {
    const microseconds = integer(use);
    if (microseconds === -1) note(draft, use, say`-1 is no limit, which is the default`);
    set(draft, field, microseconds > 0 || microseconds < -1 ? microseconds : undefined, use);
  };
}

function stopTimeout(draft: Draft, use: FlagUse): void {
  const seconds = integer(use);
  if (seconds < 0)
    throw use.fail(
      say`the Docker provider cannot wait without an end`,
      say`write the longest time that the stop may take`,
    );
  set(draft, "stopGracePeriod", `${seconds}s`, use);
}

/** Says a refusal of the description at the flag. */
function inTheLine<T>(use: FlagUse, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw use.fail(error.problem, error.remedy);
  }
}

function platform(draft: Draft, use: FlagUse): void {
  if (use.value === "") return;
  set(
    draft,
    "platform",
    inTheLine(use, () => parsePlatform(use.value)),
    use,
  );
}

const honoured = (names: string, kind: FlagEntry["kind"], field: Field, says: string, read: Read): FlagEntry => ({
  names: names.split(" "),
  kind,
  becomes: "honoured",
  field,
  says,
  read,
});
const provider = (...[names, kind, field, says, read]: Parameters<typeof honoured>): FlagEntry => ({
  ...honoured(names, kind, field, says, read),
  becomes: "refused by the provider",
});
const client = (names: string, kind: FlagEntry["kind"], says: string, more: Partial<FlagEntry> = {}): FlagEntry => ({
  names: names.split(" "),
  kind,
  becomes: "client",
  says,
  ...more,
});
const refused = (
  names: string,
  kind: FlagEntry["kind"],
  says: string,
  remedy: string,
  becomes: "refused" | "gone" = "refused",
): FlagEntry => ({ names: names.split(" "), kind, becomes, says, remedy });
const podman = (entry: FlagEntry): FlagEntry => ({ ...entry, podman: true });

/** Every flag of `docker run`, those that it once had, and those of `podman run` that get pasted. */
export const FLAGS: FlagEntry[] = [
  // The container itself.
  honoured("--name", "text", "containerName", say`the name on the engine`, (draft, use) => {
    plain("containerName")(draft, use);
    if (use.value !== "") inTheLine(use, () => parseName(use.value, "name"));
  }),
  honoured("--platform", "text", "platform", say`a processor alone is one of linux`, platform),
  honoured(
    "--pull",
    "text",
    "pullPolicy",
    say`missing, always or never`,
    oneOf("pullPolicy", "missing", "always", "never"),
  ),
  honoured("--entrypoint", "text", "entrypoint", say`one program; empty text clears the image's`, (draft, use) =>
    set(draft, "entrypoint", use.value === "" ? "" : [use.value], use),
  ),
  honoured(
    "--env -e",
    "list",
    "environment",
    say`a name alone takes its value from outside, or is taken from the image where there is none`,
    environment,
  ),
  honoured("--env-file", "list", "envFile", say`read as it stands, like docker does (format raw)`, (draft, use) =>
    push(draft, "envFile", { path: resolve(draft.context.folder, use.value), format: "raw" }, use),
  ),
  honoured("--user -u", "text", "user", say`a name or number, or user:group`, plain("user")),
  honoured("--group-add", "list", "groupAdd", say`one group each`, each("groupAdd")),
  honoured("--workdir -w", "text", "workingDir", say`an absolute path`, plain("workingDir")),
  honoured("--hostname -h", "text", "hostname", say`the name that the container sees itself`, plain("hostname")),
  honoured("--domainname", "text", "domainname", say`the domain that the container sees itself`, plain("domainname")),
  honoured("--interactive -i", "boolean", "stdinOpen", say`standard input stays open`, when("stdinOpen")),
  honoured("--tty -t", "boolean", "tty", say`a terminal for the process`, when("tty")),
  honoured("--init", "boolean", "init", say`a small init as process 1`, (draft, use) =>
    set(draft, "init", use.value === "true", use),
  ),
  honoured("--restart", "text", "restart", say`excludes --rm, as in docker`, restart),
  honoured("--stop-signal", "text", "stopSignal", say`a name or number`, (draft, use) =>
    set(draft, "stopSignal", use.value.toUpperCase() || undefined, use),
  ),
  honoured("--stop-timeout", "text", "stopGracePeriod", say`seconds; -1 is refused`, stopTimeout),
  honoured("--label -l", "list", "labels", say`a name alone has an empty value`, label),
  honoured("--label-file", "list", "labels", say`read when the line is read; --label wins`, labelFile),

  // Health.
  honoured(
    "--health-cmd",
    "text",
    "healthcheck",
    say`a shell command`,
    health("test", ({ value }) => value || undefined),
  ),
  honoured("--health-interval", "text", "healthcheck", say`a Go duration`, health("interval", duration)),
  honoured("--health-timeout", "text", "healthcheck", say`a Go duration`, health("timeout", duration)),
  honoured("--health-start-period", "text", "healthcheck", say`a Go duration`, health("startPeriod", duration)),
  honoured("--health-start-interval", "text", "healthcheck", say`a Go duration`, health("startInterval", duration)),
  honoured(
    "--health-retries",
    "text",
    "healthcheck",
    say`0 is the default`,
    health("retries", (use) => integer(use, 0) || undefined),
  ),
  honoured(
    "--no-healthcheck",
    "boolean",
    "healthcheck",
    say`excludes the other --health flags`,
    health("disable", ({ value }) => value === "true" || undefined),
  ),

  // Networks.
  honoured(
    "--network --net",
    "list",
    "networks",
    say`host, none, bridge and container:x become networkMode; long form too`,
    () => {},
  ),
  honoured("--network-alias --net-alias", "list", "networks", say`belongs to the first network`, () => {}),
  honoured("--ip", "text", "networks", say`belongs to the first network`, () => {}),
  honoured("--ip6", "text", "networks", say`belongs to the first network`, () => {}),
  honoured("--link-local-ip", "list", "networks", say`belongs to the first network`, () => {}),
  honoured("--mac-address", "text", "networks", say`belongs to the first network`, () => {}),
  honoured("--publish -p", "list", "ports", say`one port out of a range of host ports is refused`, (draft, use) =>
    push(draft, "ports", publishedPort(use), use),
  ),
  honoured("--publish-all -P", "boolean", "publishAll", say`on free host ports`, when("publishAll")),
  honoured("--expose", "list", "expose", say`a port or a range`, (draft, use) =>
    push(draft, "expose", exposedPort(use), use),
  ),
  {
    names: ["--link"],
    kind: "list",
    becomes: "equivalent",
    field: "links",
    says: say`where the lines of both containers are given together, a network that they share and an alias on it`,
    read: (draft, use) => {
      if (use.value === "" || use.value.split(":").length > 2)
        throw use.fail(say`${show(use.value)} is not a link`, say`write container, or container:alias`);
      push(draft, "links", use.value, use);
    },
  },
  honoured("--add-host", "list", "extraHosts", say`host:address, host=address, or host:host-gateway`, extraHost),
  honoured("--dns", "list", "dns", say`addresses of DNS servers`, each("dns")),
  honoured("--dns-option --dns-opt", "list", "dnsOpt", say`options of resolv.conf`, each("dnsOpt")),
  honoured("--dns-search", "list", "dnsSearch", say`domains to search`, each("dnsSearch")),

  // Files.
  honoured("--volume -v", "list", "volumes", say`a missing folder of the host is refused, not made`, readVolume),
  honoured(
    "--mount",
    "list",
    "volumes",
    say`a driver, its options and labels become a definition of the volume`,
    readMount,
  ),
  honoured("--volume-driver", "text", "volumes", say`becomes a definition of the volumes that -v names`, () => {}),
  honoured("--volumes-from", "list", "volumesFrom", say`a container, with :ro or :rw`, each("volumesFrom")),
  honoured("--tmpfs", "list", "tmpfs", say`a folder in memory, with options`, each("tmpfs")),
  honoured("--read-only", "boolean", "readOnly", say`the root file system`, when("readOnly")),
  honoured("--storage-opt", "list", "storageOpt", say`name=value`, pair("storageOpt", say`a storage option`)),

  // Rights.
  honoured("--cap-add", "list", "capAdd", say`with or without CAP_`, each("capAdd")),
  honoured("--cap-drop", "list", "capDrop", say`with or without CAP_`, each("capDrop")),
  honoured("--privileged", "boolean", "privileged", say`all rights`, when("privileged")),
  honoured(
    "--security-opt",
    "list",
    "securityOpt",
    say`a seccomp profile is read, and its JSON is sent`,
    securityOption,
  ),
  honoured("--device", "list", "devices", say`a device, or a name of the Container Device Interface`, device),
  honoured("--device-cgroup-rule", "list", "deviceCgroupRules", say`such as c 42:* rmw`, each("deviceCgroupRules")),
  honoured(
    "--gpus",
    "list",
    "gpus",
    say`a number, all, or device=...; parts with commas in double quotes`,
    (draft, use) => push(draft, "gpus", gpuRequest(use), use),
  ),
  honoured("--runtime", "text", "runtime", say`an OCI runtime of the engine`, plain("runtime")),
  honoured("--userns", "text", "usernsMode", say`host`, oneOf("usernsMode", "host")),
  honoured("--cgroupns", "text", "cgroup", say`host or private`, oneOf("cgroup", "host", "private")),
  honoured("--cgroup-parent", "text", "cgroupParent", say`a cgroup of the host`, plain("cgroupParent")),
  honoured(
    "--ipc",
    "text",
    "ipc",
    say`host, private, shareable, none or container:x`,
    mode("ipc", "none", "private", "shareable", "host"),
  ),
  honoured("--pid", "text", "pid", say`host or container:x`, mode("pid", "host")),
  honoured("--sysctl", "list", "sysctls", say`only those that docker takes`, sysctl),
  honoured("--ulimit", "list", "ulimits", say`name=soft or name=soft:hard`, ulimit),

  // Resources.
  honoured("--memory -m", "text", "memLimit", say`bytes, or with a unit of 1024`, size("memLimit")),
  honoured(
    "--memory-reservation",
    "text",
    "memReservation",
    say`bytes, or with a unit of 1024`,
    size("memReservation"),
  ),
  honoured("--memory-swap", "text", "memswapLimit", say`-1 is no limit; needs --memory`, (draft, use) =>
    use.value === "-1" ? set(draft, "memswapLimit", -1, use) : size("memswapLimit")(draft, use),
  ),
  honoured("--shm-size", "text", "shmSize", say`bytes, or with a unit of 1024`, size("shmSize")),
  honoured("--cpus", "text", "cpus", say`a number of processors`, (draft, use) =>
    set(draft, "cpus", processors(use), use),
  ),
  honoured(
    "--cpu-shares -c",
    "text",
    "cpuShares",
    say`1024 is the weight of a container without the flag`,
    number("cpuShares"),
  ),
  honoured("--cpuset-cpus --cpuset", "text", "cpuset", say`such as 0-2,4`, plain("cpuset")),
  honoured("--cpu-period", "text", "cpuPeriod", say`microseconds`, cpuQuota("cpuPeriod")),
  honoured("--cpu-quota", "text", "cpuQuota", say`microseconds in each period`, cpuQuota("cpuQuota")),
  honoured("--cpuset-mems", "text", "cpusetMems", say`memory nodes; set right after the start`, plain("cpusetMems")),
  honoured("--cpu-rt-period", "text", "cpuRtPeriod", say`microseconds`, number("cpuRtPeriod")),
  honoured("--cpu-rt-runtime", "text", "cpuRtRuntime", say`microseconds`, number("cpuRtRuntime")),
  honoured("--pids-limit", "text", "pidsLimit", say`-1 and 0 are no limit; set right after the start`, (draft, use) => {
    const value = integer(use, -1);
    set(draft, "pidsLimit", value > 0 ? value : undefined, use);
  }),
  honoured("--blkio-weight", "text", "blkioConfig", say`10 to 1000`, (draft, use) => {
    const weight = integer(use, 0, 65535);
    if (weight === 0) return;
    draft.service.blkioConfig = { ...draft.service.blkioConfig, weight };
    draft.sources.set("blkioConfig.weight", use);
  }),
  honoured("--device-read-bps", "list", "blkioConfig", say`device:rate`, rates("deviceReadBps")),
  honoured("--device-write-bps", "list", "blkioConfig", say`device:rate`, rates("deviceWriteBps")),
  honoured("--device-read-iops", "list", "blkioConfig", say`device:number`, rates("deviceReadIops")),
  honoured("--device-write-iops", "list", "blkioConfig", say`device:number`, rates("deviceWriteIops")),
  honoured("--log-driver", "text", "logging", say`a logging driver of the engine`, (draft, use) => {
    if (use.value === "") return;
    draft.service.logging = { ...draft.service.logging, driver: use.value };
    draft.sources.set("logging.driver", use);
  }),
  honoured("--log-opt", "list", "logging", say`name=value; none with --log-driver none`, (draft, use) => {
    const [name, value] = use.value.includes("=") ? nameAndValue(use, say`a logging option`) : [use.value, ""];
    if (name === "") throw use.fail(say`names no option`, say`write name=value`);
    const options = { ...draft.service.logging?.options };
    put(options, name, value);
    draft.service.logging = { ...draft.service.logging, options };
    draft.sources.set("logging.options", use);
  }),

  // In the description, but not in the provider.
  provider("--annotation", "list", "annotations", say`for the OCI runtime`, (draft, use) => {
    const at = use.value.indexOf("=");
    if (at === 0 || use.value === "") throw use.fail(say`names no annotation`, say`write name=value`);
    enter(
      draft,
      "annotations",
      at < 0 ? use.value : use.value.slice(0, at),
      at < 0 ? "" : use.value.slice(at + 1),
      use,
    );
  }),
  provider("--uts", "text", "uts", say`host`, oneOf("uts", "host")),
  provider("--isolation", "text", "isolation", say`Windows containers only`, (draft, use) => {
    if (use.value !== "default") plain("isolation")(draft, use);
  }),
  provider("--oom-score-adj", "text", "oomScoreAdj", say`-1000 to 1000`, number("oomScoreAdj", -1000, 1000)),
  provider(
    "--oom-kill-disable",
    "boolean",
    "oomKillDisable",
    say`no killer when memory runs out`,
    when("oomKillDisable"),
  ),
  provider("--memory-swappiness", "text", "memSwappiness", say`0 to 100; -1 is the default`, (draft, use) => {
    const value = integer(use, -1, 100);
    set(draft, "memSwappiness", value === -1 ? undefined : value, use);
  }),
  // The client's own.
  {
    names: ["--detach", "-d"],
    kind: "boolean",
    becomes: "honoured",
    says: say`a service of a stack always runs in the background`,
    onlyRun: true,
  },
  client("--rm", "boolean", say`a stack keeps its containers until they are taken out of it, and removes them then`),
  client("--attach -a", "list", say`a stack shows no output of its containers; see docker logs`, {
    read: (_, use) => {
      if (!/^std(in|out|err)$/i.test(use.value))
        throw use.fail(say`${show(use.value)} is not a stream`, say`write STDIN, STDOUT or STDERR`);
    },
  }),
  client("--sig-proxy", "boolean", say`there is no terminal from which signals could come`, { onlyRun: true }),
  client("--detach-keys", "text", say`there is no terminal to detach from`, { onlyRun: true }),
  client("--cidfile", "text", say`the id of the container is an output of the stack, not a file`),
  client("--quiet -q", "boolean", say`only what the client prints is meant`),
  client("--disable-content-trust", "boolean", say`Docker took content trust away, and the flag does nothing`),

  // What nobody here can say.
  refused("--help", "boolean", say`prints a help text and runs nothing`, say`remove it`),
  refused(
    "--use-api-socket",
    "boolean",
    say`would put the client's own registry passwords into the container`,
    say`bind the socket alone: -v /var/run/docker.sock:/var/run/docker.sock`,
  ),
  refused(
    "--blkio-weight-device",
    "list",
    say`the Docker provider cannot weigh block devices`,
    say`limit them with --device-read-bps and its siblings`,
  ),
  refused("--cpu-count", "text", say`is for Windows containers only`, say`use --cpus`),
  refused("--cpu-percent", "text", say`is for Windows containers only`, say`use --cpus`),
  refused(
    "--io-maxbandwidth",
    "text",
    say`is for Windows containers only`,
    say`use --device-read-bps and --device-write-bps`,
  ),
  refused(
    "--io-maxiops",
    "text",
    say`is for Windows containers only`,
    say`use --device-read-iops and --device-write-iops`,
  ),
  refused("--credentialspec", "text", say`is for Windows containers only`, say`remove it`),
  refused(
    "--lxc-conf",
    "list",
    say`Docker has had no LXC driver since 1.10`,
    say`use the flag of its own for the setting`,
    "gone",
  ),
  refused(
    "--kernel-memory",
    "text",
    say`kernel memory limits are gone from Docker and the kernel`,
    say`use --memory`,
    "gone",
  ),
  refused("--networking", "text", say`switched the network off until Docker 1.0`, say`use --network none`, "gone"),

  // podman run.
  podman(client("--replace", "boolean", say`a stack replaces what has changed by itself`)),
  podman(client("--authfile", "text", say`passwords of registries are settings of the stack`)),
  podman(client("--tls-verify", "boolean", say`how registries are reached is a setting of the engine`)),
  podman(client("--retry", "text", say`the engine decides how often it tries to fetch an image`)),
  podman(client("--retry-delay", "text", say`the engine decides how often it tries to fetch an image`)),
  podman(client("--pidfile", "text", say`the process id belongs to the engine`)),
  podman(client("--conmon-pidfile", "text", say`Docker has no conmon`)),
  podman(client("--pod-id-file", "text", say`Docker has no pods`)),
  podman(client("--no-hostname", "boolean", say`Docker always writes the container's own /etc/hostname`)),
  podman({
    ...honoured("--arch", "text", "platform", say`becomes \`linux/ARCH\``, platform),
  }),
  podman(
    honoured("--os", "text", "platform", say`only linux`, (_, use) => {
      if (use.value !== "linux") throw use.fail(say`${show(use.value)} containers do not run here`, say`use linux`);
    }),
  ),
  ...[
    refused("--pod", "text", say`Docker has no pods`, say`put the services onto one network`),
    refused("--systemd", "text", say`Docker prepares no container for systemd`, say`remove it`),
    refused("--tz", "text", say`Docker sets no time zone`, say`use -e TZ=...`),
    refused("--secret", "list", say`docker run has no secrets`, say`use the field secrets of the service`),
    refused(
      "--env-host",
      "boolean",
      say`would put the whole environment of this machine into the container`,
      say`name the variables: -e NAME`,
    ),
    refused(
      "--env-merge",
      "list",
      say`Docker does not read the image's variables`,
      say`write the value down: -e NAME=value`,
    ),
    refused(
      "--unsetenv",
      "list",
      say`Docker cannot take away a variable of the image`,
      say`set it to nothing: -e NAME=`,
    ),
    refused(
      "--unsetenv-all",
      "boolean",
      say`Docker cannot take away the variables of the image`,
      say`set them one by one`,
    ),
    refused("--http-proxy", "boolean", say`Docker takes proxies from its own settings`, say`use -e HTTP_PROXY=...`),
    refused(
      "--image-volume",
      "text",
      say`Docker always makes the image's volumes`,
      say`use --tmpfs or -v for their paths`,
    ),
    refused("--read-only-tmpfs", "boolean", say`Docker adds no folders in memory by itself`, say`use --tmpfs /tmp`),
    refused("--umask", "text", say`Docker sets no umask`, say`set it in the command`),
    refused("--timeout", "text", say`Docker ends no container after a time`, say`put timeout into the command`),
    refused("--health-on-failure", "text", say`Docker does nothing when a check fails`, say`remove it`),
    refused("--health-startup-cmd", "text", say`Docker has one health check`, say`use --health-start-period`),
    refused("--health-log-destination", "text", say`Docker keeps the results of checks itself`, say`remove it`),
    refused(
      "--requires",
      "list",
      say`Docker knows no order of containers`,
      say`give the lines together, in their order`,
    ),
    refused(
      "--rootfs",
      "boolean",
      say`Docker runs images, not folders`,
      say`make an image of the folder: docker import`,
    ),
    refused(
      "--uidmap",
      "list",
      say`Docker maps users for the whole engine`,
      say`set userns-remap in the engine's daemon.json`,
    ),
    refused(
      "--gidmap",
      "list",
      say`Docker maps users for the whole engine`,
      say`set userns-remap in the engine's daemon.json`,
    ),
    refused(
      "--subuidname",
      "text",
      say`Docker maps users for the whole engine`,
      say`set userns-remap in the engine's daemon.json`,
    ),
    refused(
      "--subgidname",
      "text",
      say`Docker maps users for the whole engine`,
      say`set userns-remap in the engine's daemon.json`,
    ),
    refused("--hostuser", "list", say`Docker adds no users of the host`, say`use --user with a number`),
    refused("--passwd", "boolean", say`Docker changes no /etc/passwd`, say`remove it`),
    refused("--passwd-entry", "text", say`Docker changes no /etc/passwd`, say`bind a file of your own`),
    refused("--group-entry", "text", say`Docker changes no /etc/group`, say`bind a file of your own`),
    refused("--no-hosts", "boolean", say`Docker always writes /etc/hosts`, say`remove it`),
    refused("--hosts-file", "text", say`Docker always writes its own /etc/hosts`, say`use --add-host`),
    refused("--cgroups", "text", say`Docker always makes a cgroup`, say`remove it`),
    refused("--cgroup-conf", "list", say`Docker writes no cgroup files`, say`use --memory, --cpus and their siblings`),
    refused("--sdnotify", "text", say`Docker tells systemd nothing`, say`remove it`),
    refused("--preserve-fds", "text", say`Docker passes no open files on`, say`remove it`),
    refused("--preserve-fd", "list", say`Docker passes no open files on`, say`remove it`),
    refused("--variant", "text", say`is a part of the platform in Docker`, say`use --platform linux/arm/v7`),
    refused("--init-path", "text", say`Docker brings its own init`, say`use --init`),
    refused("--chrootdirs", "list", say`Docker has no such folders`, say`remove it`),
    refused("--decryption-key", "list", say`Docker runs no encrypted images`, say`decrypt the image first`),
    refused("--rdt-class", "text", say`Docker has no resource classes of Intel`, say`remove it`),
    refused("--personality", "text", say`Docker sets no personality`, say`remove it`),
    refused(
      "--seccomp-policy",
      "text",
      say`Docker takes no profile from an image`,
      say`use --security-opt seccomp=FILE`,
    ),
    refused("--shm-size-systemd", "text", say`Docker prepares no container for systemd`, say`use --shm-size`),
  ].map(podman),
];
