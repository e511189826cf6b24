import { say } from "../../description/say";
import ipaddr from "ipaddr.js";
import { parseAddress, parseCidr } from "../../description/addresses";
import { ArgumentError, show } from "../../description/errors";

/** A setting of the engine, by its name in daemon.json. */
interface Key {
  /** Loaded by a reload, without a restart. */
  reload?: true;
  /**
   * What a reload needs to hear so that the setting is gone: most of those that the file no longer holds would stay as
   * they were.
   */
  reset?: unknown;
  /** First engine that knows it; an older one does not start with it. */
  since?: string;
  /** Its entries belong to different people: those that are not declared stay. */
  map?: true;
  /** @throws ArgumentError */
  check?(value: unknown, argument: string): void;
}

const wrong = (argument: string, value: unknown, is: string, remedy: string): never => {
  throw new ArgumentError(argument, say`${show(value)} is not ${is}`, remedy);
};

const flag: Key["check"] = (value, argument) => {
  if (typeof value !== "boolean") wrong(argument, value, say`true or false`, say`use true or false`);
};

const whole =
  (least: number, most: number): Key["check"] =>
  (value, argument) => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      wrong(argument, value, say`a whole number in the range`, say`use ${least} to ${most}`);
  };

const text: Key["check"] = (value, argument) => {
  if (typeof value !== "string" || value.trim() === "" || /[\n\0]/.test(value))
    wrong(argument, value, say`a text of one line`, say`give one, or leave it out`);
};

const oneOf =
  (...words: string[]): Key["check"] =>
  (value, argument) => {
    if (!words.includes(value as string)) wrong(argument, value, say`known here`, say`use ${words.join(", ")}`);
  };

const listOf =
  (check: NonNullable<Key["check"]>): Key["check"] =>
  (value, argument) => {
    if (!Array.isArray(value)) return void wrong(argument, value, say`a list`, say`put it in [ ]`);
    for (const [index, item] of value.entries()) {
      check(item, `${argument}[${index}]`);
      if (value.indexOf(item) !== index)
        throw new ArgumentError(
          `${argument}[${index}]`,
          say`${show(item)} stands twice in the list`,
          say`leave one out`,
        );
    }
  };

const mapOf =
  (check: NonNullable<Key["check"]>): Key["check"] =>
  (value, argument) => {
    if (value === null || typeof value !== "object" || Array.isArray(value))
      return void wrong(argument, value, say`a map`, say`put it in { }`);
    for (const [name, item] of Object.entries(value)) check(item, `${argument}.${name}`);
  };

const folder: Key["check"] = (value, argument) => {
  if (
    typeof value !== "string" ||
    !/^\/[^\n\0]*[^/\n\0]$/.test(value) ||
    value.split("/").some((part) => /^\.\.?$/.test(part))
  )
    wrong(argument, value, say`a folder of the host`, say`give its whole path, for example "/home/data/docker"`);
};

const mirror: Key["check"] = (value, argument) => {
  const remedy = say`use for example "https://mirror.example.com"`;
  let url: URL | undefined;
  try {
    url = new URL(value as string);
  } catch {
    // Refused below.
  }
  if (typeof value !== "string" || !url || !/^https?:$/.test(url.protocol))
    return void wrong(argument, value, say`a URL`, remedy);
  // What dockerd itself refuses.
  if ((url.pathname !== "/" && url.pathname !== "") || url.search || url.hash || url.username)
    throw new ArgumentError(
      argument,
      say`${show(value)} has more than a host and a port, and dockerd takes no more`,
      remedy,
    );
};

const registry: Key["check"] = (value, argument) => {
  const remedy = say`use a host with or without a port, or a subnet: "registry.lan:5000", "10.0.0.0/8"`;
  if (typeof value !== "string" || value === "") return void wrong(argument, value, say`a registry`, remedy);
  if (value.includes("://"))
    throw new ArgumentError(argument, say`${show(value)} begins with a scheme, which dockerd refuses`, remedy);
  if (/^[\d.:a-fA-F]+\/\d+$/.test(value)) return void parseCidr(value, argument);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9.-]*(:\d{1,5})?$|^\[[\da-fA-F:]+\](:\d{1,5})?$/.test(value))
    wrong(argument, value, say`a registry`, remedy);
};

const address: Key["check"] = (value, argument) => {
  text!(value, argument);
  parseAddress(value as string, argument);
};

const subnet: Key["check"] = (value, argument) => {
  text!(value, argument);
  parseCidr(value as string, argument);
};

/** An address of the engine itself, with the length of its subnet. */
const ownAddress: Key["check"] = (value, argument) => {
  const remedy = say`use for example "172.17.0.1/16"`;
  if (typeof value !== "string" || !ipaddr.isValidCIDR(value))
    return void wrong(argument, value, say`an address with the length of its subnet`, remedy);
  parseAddress(value.split("/")[0]!, argument);
};

const label: Key["check"] = (value, argument) => {
  if (typeof value !== "string" || !/^[^=\s][^=\n]*=[^\n]*$/.test(value))
    wrong(argument, value, say`a label`, say`use for example "storage=ssd"`);
};

const runtime: Key["check"] = (value, argument) => {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return void wrong(argument, value, say`a runtime`, say`use for example { path: "nvidia-container-runtime" }`);
  const { path, runtimeType } = value as { path?: unknown; runtimeType?: unknown };
  if (typeof path !== "string" && typeof runtimeType !== "string")
    throw new ArgumentError(
      `${argument}.path`,
      say`is missing`,
      say`name the program, for example "nvidia-container-runtime"`,
    );
};

const runtimes: Key["check"] = (value, argument) => {
  mapOf(runtime)!(value, argument);
  for (const name of Object.keys(value as object))
    if (name === "runc" || name.startsWith("io.containerd."))
      throw new ArgumentError(`${argument}.${name}`, say`is a name that dockerd keeps for itself`, say`use another`);
};

const PROXIES = ["http-proxy", "https-proxy", "no-proxy"];

const proxies: Key["check"] = (value, argument) => {
  mapOf(text)!(value, argument);
  for (const name of Object.keys(value as object))
    if (!PROXIES.includes(name))
      throw new ArgumentError(`${argument}.${name}`, say`is no proxy`, say`use ${PROXIES.join(", ")}`);
};

const logOptions: Key["check"] = (value, argument) => {
  mapOf((item, path) => {
    // dockerd reads texts only.
    if (typeof item !== "string") wrong(path, item, say`a text`, say`write ${show(String(item))}`);
  })!(value, argument);
  const size = (value as Record<string, string>)["max-size"];
  if (size !== undefined && !/^(-1|\d+(\.\d+)?\s*[kmgKMG]?[bB]?)$/.test(size))
    wrong(`${argument}.max-size`, size, say`a size`, say`use for example "100m"`);
};

const LOG_DRIVERS = [
  "json-file",
  "local",
  "journald",
  "syslog",
  "gelf",
  "fluentd",
  "awslogs",
  "splunk",
  "gcplogs",
  "etwlogs",
  "logentries",
  "none",
];

const logDriver: Key["check"] = (value, argument) => {
  text!(value, argument);
  // A plugin has a repository or a tag in its name.
  if (!LOG_DRIVERS.includes(value as string) && !/[/:]/.test(value as string))
    wrong(argument, value, say`a log driver`, say`use ${LOG_DRIVERS.join(", ")}, or a plugin`);
};

/** Every setting that dockerd reads from daemon.json; one that it does not know keeps it from starting. */
export const KEYS: Record<string, Key> = {
  "allow-nondistributable-artifacts": { reload: true, reset: [] },
  "api-cors-header": {},
  // A reload that does not find the plugin ends the engine; a start that does not is taken back.
  "authorization-plugins": { check: listOf(text) },
  bip: { check: ownAddress },
  bip6: { since: "28.0", check: ownAddress },
  bridge: { check: text },
  builder: {},
  "cgroup-parent": { check: text },
  containerd: { check: text },
  "containerd-namespace": { check: text },
  "containerd-plugin-namespace": { check: text },
  "cpu-rt-period": {},
  "cpu-rt-runtime": {},
  "data-root": { check: folder },
  debug: { reload: true, reset: false, check: flag },
  "default-address-pools": {},
  "default-cgroupns-mode": { check: oneOf("host", "private") },
  "default-gateway": { check: address },
  "default-gateway-v6": { check: address },
  "default-ipc-mode": { reload: true, check: oneOf("private", "shareable") },
  "default-network-opts": { since: "24.0", map: true },
  "default-runtime": { reload: true, reset: "runc", check: text },
  "default-shm-size": { reload: true },
  "default-ulimits": { map: true, check: mapOf(() => {}) },
  dns: { check: listOf(address) },
  "dns-opts": { check: listOf(text) },
  "dns-search": { check: listOf(text) },
  "exec-opts": { check: listOf(text) },
  "exec-root": { check: folder },
  experimental: { check: flag },
  features: { reload: true, reset: {}, map: true, check: mapOf(() => {}) },
  "firewall-backend": { since: "29.0", check: oneOf("iptables", "nftables") },
  "fixed-cidr": { check: subnet },
  "fixed-cidr-v6": { check: subnet },
  group: { check: text },
  "host-gateway-ip": { check: text },
  "host-gateway-ips": { since: "28.0", check: listOf(text) },
  hosts: { check: listOf(text) },
  icc: { check: flag },
  init: { check: flag },
  "init-path": { check: text },
  "insecure-registries": { reload: true, reset: [], check: listOf(registry) },
  ip: { check: address },
  "ip-forward": { check: flag },
  "ip-masq": { check: flag },
  iptables: { check: flag },
  ip6tables: { check: flag },
  ipv6: { check: flag },
  labels: { reload: true, reset: [], check: listOf(label) },
  "live-restore": { reload: true, reset: false, check: flag },
  "log-driver": { check: logDriver },
  "log-format": { since: "25.0", check: oneOf("text", "json") },
  "log-level": { check: oneOf("debug", "info", "warn", "error", "fatal") },
  "log-opts": { map: true, check: logOptions },
  "max-concurrent-downloads": { reload: true, reset: 3, check: whole(1, 1000) },
  "max-concurrent-uploads": { reload: true, reset: 5, check: whole(1, 1000) },
  "max-download-attempts": { reload: true, reset: 5, check: whole(1, 1000) },
  "metrics-addr": { check: text },
  mtu: { check: whole(68, 65535) },
  "network-control-plane-mtu": { check: whole(0, 65535) },
  "network-diagnostic-port": { reload: true, check: whole(0, 65535) },
  "no-new-privileges": { check: flag },
  "node-generic-resources": { check: listOf(text) },
  "oom-score-adjust": { check: whole(-1000, 1000) },
  pidfile: { check: text },
  proxies: { since: "23.0", map: true, check: proxies },
  "raw-logs": { check: flag },
  "registry-mirrors": { reload: true, reset: [], check: listOf(mirror) },
  runtimes: { reload: true, reset: {}, map: true, check: runtimes },
  "seccomp-profile": { check: text },
  "selinux-enabled": { check: flag },
  "shutdown-timeout": { reload: true, reset: 15, check: whole(-1, 86_400) },
  "storage-driver": { check: text },
  "storage-opts": { check: listOf(text) },
  "swarm-default-advertise-addr": { check: text },
  tls: { check: flag },
  tlscacert: { check: text },
  tlscert: { check: text },
  tlskey: { check: text },
  tlsverify: { check: flag },
  "userland-proxy": { check: flag },
  "userland-proxy-path": { check: text },
  "userns-remap": { check: text },
};

const named = (name: string, where: string): [problem: string, remedy: string] => [
  say`is called ${name} ${where}`,
  say`write ${name} in its place`,
];
const gone = (problem: string): [problem: string, remedy: string] => [problem, say`leave it out`];

/** Settings of old notes and flags, with what they are called today. */
export const FORMER: Record<string, [problem: string, remedy: string]> = {
  graph: named("data-root", say`today`),
  "cluster-store": gone(say`went with Swarm's predecessor`),
  "cluster-advertise": gone(say`went with Swarm's predecessor`),
  "disable-legacy-registry": gone(say`is not known to engines since 19.03`),
  "http-proxy": named('proxies: { "http-proxy": ... }', say`in daemon.json`),
  "https-proxy": named('proxies: { "https-proxy": ... }', say`in daemon.json`),
  "registry-mirror": named("registry-mirrors", say`in daemon.json`),
  "insecure-registry": named("insecure-registries", say`in daemon.json`),
  "log-opt": named("log-opts", say`in daemon.json`),
};

/** Whether an engine's version is at least another; unknown versions are. */
export function atLeast(version: string | undefined, least: string): boolean {
  const [major, minor] = (version ?? "").split(".").map(Number);
  const [leastMajor, leastMinor] = least.split(".").map(Number) as [number, number];
  if (!major) return true;
  return major > leastMajor || (major === leastMajor && (minor ?? 0) >= leastMinor);
}
