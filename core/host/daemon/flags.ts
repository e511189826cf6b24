/** Flags of dockerd that have another name in daemon.json. */
const KEY_OF: Record<string, string> = {
  "add-runtime": "runtimes",
  "authorization-plugin": "authorization-plugins",
  "default-address-pool": "default-address-pools",
  "default-network-opt": "default-network-opts",
  "default-ulimit": "default-ulimits",
  "dns-opt": "dns-opts",
  "exec-opt": "exec-opts",
  feature: "features",
  graph: "data-root",
  host: "hosts",
  "insecure-registry": "insecure-registries",
  label: "labels",
  "log-opt": "log-opts",
  "node-generic-resource": "node-generic-resources",
  "registry-mirror": "registry-mirrors",
  "storage-opt": "storage-opts",
  "http-proxy": "proxies",
  "https-proxy": "proxies",
  "no-proxy": "proxies",
};

const SHORT: Record<string, string> = {
  D: "debug",
  G: "group",
  H: "host",
  b: "bridge",
  g: "graph",
  l: "log-level",
  p: "pidfile",
  s: "storage-driver",
};

/** A flag as it was given, with its value where it has one. */
export interface Flag {
  written: string;
  value?: string;
}

/** The settings that a running dockerd was given as flags: what stands in both keeps it from starting. */
export function flagsOf(command: string[]): Map<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const [index, word] of command.entries()) {
    const [, long, joined] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/.exec(word) ?? [];
    const [, short, rest] = /^-([DGHbglps])=?(.*)$/.exec(word) ?? [];
    const name = long ?? (short && SHORT[short]);
    if (index === 0 || !name) continue;
    const next = command[index + 1];
    const value = joined ?? (rest || (next !== undefined && !next.startsWith("-") ? next : undefined));
    flags.set(KEY_OF[name] ?? name, { written: long ? `--${long}` : `-${short}`, value });
  }
  return flags;
}
