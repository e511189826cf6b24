import type { ServiceDescription } from "../../core/description/types";
import { IDLE } from "./features";

export interface Change {
  title: string;
  before: Partial<ServiceDescription>;
  /** Merged over `before`; undefined takes a field away. */
  edit: Partial<ServiceDescription>;
  /** Whether the container keeps its id, because Docker can change it in place. */
  inPlace: boolean;
  /** Part of `docker inspect` afterwards. */
  shows: object;
}

const MiB = 2 ** 20;
const SECOND = 1e9;
const { arrayContaining: holds, objectContaining: has, stringMatching: like, not } = expect;
const host = (shows: object) => ({ HostConfig: shows });
const config = (shows: object) => ({ Config: shows });
const networks = (...names: string[]) => ({
  NetworkSettings: { Networks: Object.fromEntries(names.map((name) => [name, expect.anything()])) },
});

const replaced = (title: string, before: Change["before"], edit: Change["edit"], shows: object): Change => ({
  title,
  before,
  edit,
  shows,
  inPlace: false,
});
const inPlace = (title: string, before: Change["before"], edit: Change["edit"], shows: object): Change => ({
  title,
  before,
  edit,
  shows,
  inPlace: true,
});

/** With a star: in plain `docker.Container` code this says nothing, or says "updated", and changes nothing. */
export const REMOVALS: Change[] = [
  replaced(
    "last variable *",
    { environment: { A: "1" } },
    { environment: undefined },
    config({ Env: [like(/^PATH=/)] }),
  ),
  replaced(
    "all labels *",
    { labels: { team: "web" } },
    { labels: undefined },
    config({ Labels: not.objectContaining({ team: "web" }) }),
  ),
  replaced(
    "host name *",
    { hostname: "web-01" },
    { hostname: undefined },
    config({ Hostname: like(/^[0-9a-f]{12}$/) }),
  ),
  replaced("runtime *", { runtime: "runc" }, { runtime: undefined }, host({ Runtime: "runc" })),
  replaced("shared memory *", { shmSize: "128m" }, { shmSize: undefined }, host({ ShmSize: 64 * MiB })),
  replaced(
    "health check *",
    { healthcheck: { test: "true" } },
    { healthcheck: undefined },
    { Config: not.objectContaining({ Healthcheck: expect.anything() }) },
  ),
  replaced("IPC *", { ipc: "host" }, { ipc: undefined }, host({ IpcMode: "private" })),
  replaced(
    "security options *",
    { securityOpt: ["no-new-privileges:true"] },
    { securityOpt: undefined },
    host({ SecurityOpt: null }),
  ),
  replaced("init *", { init: true }, { init: undefined }, { HostConfig: not.objectContaining({ Init: true }) }),
  replaced(
    "stop signal *",
    { stopSignal: "SIGUSR1" },
    { stopSignal: undefined },
    { Config: not.objectContaining({ StopSignal: "SIGUSR1" }) },
  ),
  replaced("user *", { user: "www-data" }, { user: undefined }, config({ User: "" })),
  replaced("working folder *", { workingDir: "/tmp" }, { workingDir: undefined }, config({ WorkingDir: "" })),
  replaced(
    "one variable of two",
    { environment: { A: "1", B: "2" } },
    { environment: { A: "1" } },
    config({ Env: not.arrayContaining(["B=2"]) }),
  ),
  replaced("port", { ports: ["23101:80"] }, { ports: undefined }, host({ PortBindings: {} })),
  replaced("volume", { volumes: ["live-removed:/data"] }, { volumes: undefined }, { Mounts: [] }),
  replaced(
    "tmpfs",
    { tmpfs: "/run" },
    { tmpfs: undefined },
    { HostConfig: not.objectContaining({ Tmpfs: expect.anything() }) },
  ),
  replaced(
    "capabilities",
    { capAdd: ["NET_ADMIN"], capDrop: ["MKNOD"] },
    { capAdd: undefined, capDrop: undefined },
    host({ CapAdd: null, CapDrop: null }),
  ),
  replaced("DNS servers", { dns: "10.0.0.53" }, { dns: undefined }, host({ Dns: null })),
  replaced("hosts", { extraHosts: { db: "10.0.0.2" } }, { extraHosts: undefined }, host({ ExtraHosts: null })),
  replaced(
    "log options",
    { logging: { driver: "json-file", options: { "max-size": "1m" } } },
    { logging: undefined },
    host({ LogConfig: { Config: {} } }),
  ),
  replaced("limits of the user", { ulimits: { nofile: 4096 } }, { ulimits: undefined }, host({ Ulimits: null })),
  replaced(
    "kernel setting",
    { sysctls: { "net.core.somaxconn": 1024 } },
    { sysctls: undefined },
    { HostConfig: not.objectContaining({ Sysctls: expect.anything() }) },
  ),
  replaced("terminal", { tty: true }, { tty: undefined }, config({ Tty: false })),
  replaced("read-only root", { readOnly: true }, { readOnly: undefined }, host({ ReadonlyRootfs: false })),
  replaced("further groups", { groupAdd: ["www-data"] }, { groupAdd: undefined }, host({ GroupAdd: null })),
  replaced("device", { devices: ["/dev/null:/dev/xnull"] }, { devices: undefined }, host({ Devices: null })),
  replaced("host's processes", { pid: "host" }, { pid: undefined }, host({ PidMode: "" })),
  replaced("host's network", { networkMode: "host" }, { networkMode: undefined }, networks("bridge")),
  replaced(
    "stop grace",
    { stopGracePeriod: "90s" },
    { stopGracePeriod: undefined },
    { Config: not.objectContaining({ StopTimeout: 90 }) },
  ),
  inPlace("restart policy", { restart: "always" }, { restart: undefined }, host({ RestartPolicy: { Name: "no" } })),
  inPlace(
    "tries of restart",
    { restart: "on-failure:3" },
    { restart: "on-failure" },
    host({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 0 } }),
  ),
  replaced("memory", { memLimit: "64m" }, { memLimit: undefined }, host({ Memory: 0, MemorySwap: 0 })),
  replaced("reserved memory", { memReservation: "32m" }, { memReservation: undefined }, host({ MemoryReservation: 0 })),
  replaced("processors", { cpus: 0.5 }, { cpus: undefined }, host({ NanoCpus: 0 })),
  replaced("share of the processor", { cpuShares: 512 }, { cpuShares: undefined }, host({ CpuShares: 0 })),
  replaced("memory nodes", { cpusetMems: "0" }, { cpusetMems: undefined }, host({ CpusetMems: "" })),
  inPlace("most processes", { pidsLimit: 64 }, { pidsLimit: undefined }, host({ PidsLimit: 0 })),
  replaced("set of processors", { cpuset: "0" }, { cpuset: undefined }, host({ CpusetCpus: "" })),
  replaced(
    "period and quota",
    { cpuPeriod: 50000, cpuQuota: 25000 },
    { cpuPeriod: undefined, cpuQuota: undefined },
    host({ CpuPeriod: 0, CpuQuota: 0 }),
  ),
];

export const EDITS: Change[] = [
  replaced(
    "interval of the health check *",
    { healthcheck: { test: "true", interval: "90s" } },
    { healthcheck: { test: "true", interval: "80s" } },
    config({ Healthcheck: has({ Interval: 80 * SECOND }) }),
  ),
  replaced(
    "test of the health check *",
    { healthcheck: { test: "true" } },
    { healthcheck: { test: ["CMD", "true"] } },
    config({ Healthcheck: has({ Test: ["CMD", "true"] }) }),
  ),
  replaced("tmpfs *", { tmpfs: "/run:size=1m" }, { tmpfs: "/run:size=2m" }, host({ Tmpfs: { "/run": "size=2m" } })),
  replaced("init *", { init: true }, { init: false }, host({ Init: false })),
  inPlace(
    "period of the processor *",
    { cpuPeriod: 50000, cpuQuota: 25000 },
    { cpuPeriod: 100000 },
    host({ CpuPeriod: 100000, CpuQuota: 25000 }),
  ),
  inPlace(
    "quota of the processor *",
    { cpuPeriod: 50000, cpuQuota: 25000 },
    { cpuQuota: 40000 },
    host({ CpuPeriod: 50000, CpuQuota: 40000 }),
  ),
  inPlace("most processes", { pidsLimit: 64 }, { pidsLimit: 128 }, host({ PidsLimit: 128 })),
  inPlace("processors", { cpus: 0.5 }, { cpus: "0.75" }, host({ NanoCpus: 7.5e8 })),
  inPlace("share of the processor", { cpuShares: 512 }, { cpuShares: 256 }, host({ CpuShares: 256 })),
  inPlace("set of processors", { cpuset: "0-1" }, { cpuset: "0" }, host({ CpusetCpus: "0" })),
  inPlace("more memory", { memLimit: "64m" }, { memLimit: "128m" }, host({ Memory: 128 * MiB, MemorySwap: 256 * MiB })),
  inPlace("less memory", { memLimit: "128m" }, { memLimit: "64m" }, host({ Memory: 64 * MiB, MemorySwap: 128 * MiB })),
  inPlace(
    "more memory and swap",
    { memLimit: "64m", memswapLimit: "64m" },
    { memLimit: "256m", memswapLimit: "300m" },
    host({ Memory: 256 * MiB, MemorySwap: 300 * MiB }),
  ),
  inPlace("no limit of swap", { memLimit: "64m" }, { memswapLimit: -1 }, host({ Memory: 64 * MiB, MemorySwap: -1 })),
  inPlace(
    "reserved memory",
    { memLimit: "128m", memReservation: "32m" },
    { memReservation: "48m" },
    host({ Memory: 128 * MiB, MemoryReservation: 48 * MiB }),
  ),
  inPlace(
    "restart",
    { restart: "no" },
    { restart: "unless-stopped" },
    host({ RestartPolicy: { Name: "unless-stopped" } }),
  ),
  inPlace(
    "tries of restart",
    { restart: "on-failure:3" },
    { restart: "on-failure:5" },
    host({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 } }),
  ),
  inPlace("name", { containerName: "live-old-name" }, { containerName: "live-new-name" }, { Name: "/live-new-name" }),
  inPlace(
    "name and memory together",
    { containerName: "live-old-both", memLimit: "64m" },
    { containerName: "live-new-both", memLimit: "96m" },
    { Name: "/live-new-both", ...host({ Memory: 96 * MiB }) },
  ),
  inPlace(
    "joining a network",
    { networks: ["live-one"] },
    { networks: ["live-one", "live-two"] },
    networks("live-one", "live-two"),
  ),
  inPlace(
    "leaving a network",
    { networks: ["live-one", "live-two"] },
    { networks: ["live-one"] },
    networks("live-one"),
  ),
  inPlace("changing the network", { networks: ["live-one"] }, { networks: ["live-two"] }, networks("live-two")),
  inPlace("joining from the default bridge", {}, { networks: ["live-one"] }, networks("live-one")),
  inPlace("going back to the default bridge", { networks: ["live-one"] }, { networks: undefined }, networks("bridge")),
  inPlace(
    "aliases",
    { networks: [{ name: "live-one", aliases: ["old"] }] },
    { networks: [{ name: "live-one", aliases: ["new"] }] },
    { NetworkSettings: { Networks: { "live-one": { Aliases: holds(["new"]) } } } },
  ),
  inPlace(
    "taking aliases away",
    { networks: [{ name: "live-one", aliases: ["old"] }] },
    { networks: ["live-one"] },
    { NetworkSettings: { Networks: { "live-one": { Aliases: not.arrayContaining(["old"]) } } } },
  ),
  inPlace(
    "address",
    { networks: [{ name: "live-one", ipv4Address: "10.231.1.30" }] },
    { networks: [{ name: "live-one", ipv4Address: "10.231.1.31" }] },
    { NetworkSettings: { Networks: { "live-one": { IPAddress: "10.231.1.31" } } } },
  ),
  replaced("variable", { environment: { A: "1" } }, { environment: { A: "2" } }, config({ Env: holds(["A=2"]) })),
  replaced("label", { labels: { team: "web" } }, { labels: { team: "db" } }, config({ Labels: has({ team: "db" }) })),
  replaced(
    "host port",
    { ports: ["23111:80"] },
    { ports: ["23112:80"] },
    host({ PortBindings: { "80/tcp": [has({ HostPort: "23112" })] } }),
  ),
  replaced(
    "command",
    { command: ["sleep", "3600"] },
    { command: ["sleep", "7200"] },
    config({ Cmd: ["sleep", "7200"] }),
  ),
  replaced(
    "image",
    { image: "busybox" },
    { image: "centos" },
    config({ Labels: has({ "org.label-schema.name": expect.any(String) }) }),
  ),
  replaced("to the host's network", {}, { networkMode: "host" }, host({ NetworkMode: "host" })),
];

export const ADDITIONS: Change[] = [
  inPlace("most processes", {}, { pidsLimit: 64 }, host({ PidsLimit: 64 })),
  inPlace("memory", {}, { memLimit: "64m" }, host({ Memory: 64 * MiB, MemorySwap: 128 * MiB })),
  inPlace("reserved memory", {}, { memReservation: "32m" }, host({ MemoryReservation: 32 * MiB })),
  inPlace("share of the processor", {}, { cpuShares: 256 }, host({ CpuShares: 256 })),
  inPlace("set of processors", {}, { cpuset: "0" }, host({ CpusetCpus: "0" })),
  inPlace("restart", {}, { restart: "always" }, host({ RestartPolicy: { Name: "always" } })),
  replaced("processors", {}, { cpus: 0.5 }, host({ NanoCpus: 5e8 })),
  replaced("period and quota", {}, { cpuPeriod: 50000, cpuQuota: 25000 }, host({ CpuPeriod: 50000, CpuQuota: 25000 })),
  replaced("first variable", {}, { environment: { A: "1" } }, config({ Env: holds(["A=1"]) })),
  replaced(
    "health check",
    {},
    { healthcheck: { test: "true" } },
    config({ Healthcheck: has({ Test: ["CMD-SHELL", "true"] }) }),
  ),
  replaced("port", {}, { ports: ["23121:80"] }, host({ PortBindings: { "80/tcp": [has({ HostPort: "23121" })] } })),
];

export const described = (kind: string, changes: Change[]) =>
  changes.map((change) => ({
    ...change,
    title: `${kind}: ${change.title}`,
    before: { command: IDLE, ...change.before },
  }));
