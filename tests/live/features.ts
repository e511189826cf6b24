import { readdirSync } from "node:fs";
import type { ServiceDescription } from "../../core/description/types";
import type { BridgeNetworkArgs } from "../../components/bridgeNetwork";
import { apiMinor, works } from "./liveStack";
import { pluginKnows } from "../plugin";

/** Ends at once when it is told to, so that replacing it does not wait. */
export const IDLE = ["sh", "-c", "trap exit TERM; sleep 3600 & wait"];

export interface Feature {
  /** Name of the case; the service gets one made from it. */
  title: string;
  service: Partial<ServiceDescription>;
  /** Part of `docker inspect`. */
  shows: object;
  /** Flags of `docker run` that have to work on this machine for the case to be tried. */
  needs?: string[];
  /** Version 1.x of the engine's API that the provider needs for it. */
  api?: number;
  /** An argument that the plugin has to know: a build for tests may be older than the SDK. */
  plugin?: string;
}

const MiB = 2 ** 20;
const SECOND = 1e9;
const { arrayContaining: holds, objectContaining: has, stringMatching: like } = expect;

/** Environments hold the image's PATH too. */
const env = (...values: string[]) => ({ Config: { Env: holds(values) } });
const host = (shows: object) => ({ HostConfig: shows });
const config = (shows: object) => ({ Config: shows });
const published = (target: string, ...ports: { HostIp?: string; HostPort: unknown }[]) => ({
  NetworkSettings: { Ports: { [target]: holds(ports.map((port) => has(port))) } },
});
const mounted = (mount: object) => ({ Mounts: [has(mount)] });

export const NETWORKS: Record<string, BridgeNetworkArgs> = {
  "live-one": { subnet: "10.231.1.0/24", gateway: "10.231.1.1", ipRange: "10.231.1.128/25" },
  "live-two": { internal: true, labels: { team: "web" } },
  "live-six": { subnet: "fd00:b3:7::/64" },
  "live-options": { options: { "com.docker.network.driver.mtu": "1400" }, attachable: true },
};

/** A block device to name in limits; the machine's own disk where there is one. */
export const DISK = `/dev/${readdirSync("/sys/block").find((name) => /^(vd|sd|nvme|xvd)/.test(name)) ?? "null"}`;

/** Files that the features name; made in the project's folder. */
export const FILES: Record<string, string> = {
  "quoted.env": '# comment\nPORT=3000\nexport GREETING="two words"\nHASH=a#b\n',
  "raw.env": '# comment\nQUOTED="stays"\n',
  "site/index.html": "hello\n",
};

const feature = (title: string, service: Partial<ServiceDescription>, shows: object, needs?: string[]): Feature => ({
  title,
  service,
  shows,
  needs,
});

/** One container each. Those with a star are the ones that plain `docker.Container` code gets wrong. */
export const FEATURES: Feature[] = [
  // Image and program
  feature("image with a tag", { image: "busybox:latest" }, config({ Image: like(/^(busybox:latest|sha256:)/) })),
  feature("platform *", { platform: "linux/amd64" }, {}),
  feature("another name", { containerName: "live.other_name-1" }, { Name: "/live.other_name-1" }),
  feature(
    "command as text",
    { command: "sh -c 'sleep 3600 # two  spaces'" },
    config({ Cmd: ["sh", "-c", "sleep 3600 # two  spaces"] }),
  ),
  feature(
    "command as a list",
    { command: ["sh", "-c", "while true; do sleep 3600; done"] },
    config({ Cmd: ["sh", "-c", "while true; do sleep 3600; done"] }),
  ),
  feature(
    "command with quotes and dollars",
    { command: ["sh", "-c", "echo \"$HOME\" 'x' \\n; sleep 3600"] },
    config({ Cmd: ["sh", "-c", "echo \"$HOME\" 'x' \\n; sleep 3600"] }),
  ),
  feature(
    "empty argument *",
    { entrypoint: ["sh"], command: ["-c", "sleep 3600", ""] },
    { Path: "sh", Args: ["-c", "sleep 3600", ""] },
  ),
  feature("entrypoint as text", { entrypoint: "sleep 3600", command: [] }, { Path: "sleep", Args: ["3600"] }),
  feature(
    "entrypoint and command",
    { entrypoint: ["sleep"], command: ["3600"] },
    { ...config({ Entrypoint: ["sleep"], Cmd: ["3600"] }) },
  ),
  feature(
    "entrypoint cleared with text *",
    { image: "nginx", entrypoint: "", command: ["sleep", "3600"] },
    { Path: "sleep", Args: ["3600"] },
  ),
  feature(
    "entrypoint cleared with a list *",
    { image: "nginx", entrypoint: [], command: ["sleep", "3600"] },
    { Path: "sleep", Args: ["3600"] },
  ),
  feature("working folder", { workingDir: "/tmp" }, config({ WorkingDir: "/tmp" })),
  feature("user by number", { user: "33:33" }, config({ User: "33:33" })),
  feature("user by name", { user: "www-data" }, config({ User: "www-data" })),
  feature("further groups", { groupAdd: ["www-data", 4242] }, host({ GroupAdd: holds(["www-data", "4242"]) })),

  // Environment
  feature(
    "environment as a map",
    { environment: { TEXT: "a b", NUMBER: 3000, FLAG: true, EMPTY: "" } },
    env("TEXT=a b", "NUMBER=3000", "FLAG=true", "EMPTY="),
  ),
  feature("environment as a list", { environment: ["A=1", "URL=http://x/?a=b"] }, env("A=1", "URL=http://x/?a=b")),
  feature(
    "environment over lines",
    { environment: { LINES: "one\ntwo", UNICODE: "grüße ☃" } },
    env("LINES=one\ntwo", "UNICODE=grüße ☃"),
  ),
  feature(
    "environment from outside",
    { environment: { BERTH_LIVE_OUTER: null } },
    env("BERTH_LIVE_OUTER=from outside"),
  ),
  feature(
    "environment with a secret",
    { environment: { DB_PASSWORD: "s3cret", PLAIN: "x" } },
    env("DB_PASSWORD=s3cret", "PLAIN=x"),
  ),
  feature("environment file", { envFile: "quoted.env" }, env("PORT=3000", "GREETING=two words", "HASH=a#b")),
  feature(
    "environment files, raw and missing",
    {
      envFile: ["quoted.env", { path: "raw.env", format: "raw" }, { path: "none.env", required: false }],
      environment: { PORT: "1" },
    },
    env('QUOTED="stays"', "PORT=1"),
  ),

  // Ports
  feature("port", { ports: ["23001:80"] }, published("80/tcp", { HostPort: "23001" })),
  feature(
    "port on IPv4 alone",
    { ports: ["0.0.0.0:23012:80"] },
    { NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "23012" }] } } },
  ),
  feature(
    "port on one address",
    { ports: ["127.0.0.1:23002:80"] },
    published("80/tcp", { HostIp: "127.0.0.1", HostPort: "23002" }),
  ),
  feature("port on a free host port", { ports: ["80", 81] }, published("80/tcp", { HostPort: like(/^\d{4,5}$/) })),
  feature("ports in a range", { ports: ["23003-23005:3003-3005"] }, published("3005/tcp", { HostPort: "23005" })),
  feature("port of UDP", { ports: ["23006:53/udp"] }, published("53/udp", { HostPort: "23006" })),
  feature(
    "port in the long form",
    { ports: [{ target: 80, published: 23007, hostIp: "127.0.0.1", protocol: "tcp" }] },
    published("80/tcp", { HostIp: "127.0.0.1", HostPort: "23007" }),
  ),
  feature(
    "two host ports on one *",
    { ports: ["23008:80", "23009:80"] },
    published("80/tcp", { HostPort: "23008" }, { HostPort: "23009" }),
  ),
  feature(
    "one port of TCP and UDP",
    { ports: ["23010:53", "23010:53/udp"] },
    published("53/udp", { HostPort: "23010" }),
  ),
  feature("port on IPv6", { ports: ["[::1]:23011:80"] }, published("80/tcp", { HostIp: "::1", HostPort: "23011" }), [
    "-p",
    "[::1]:23911:80",
  ]),
  feature(
    "every exposed port",
    { image: "nginx", publishAll: true },
    { ...host({ PublishAllPorts: true }), ...published("80/tcp", { HostPort: like(/^\d{4,5}$/) }) },
  ),
  feature(
    "every exposed port and one more",
    { publishAll: true, expose: ["8125/udp", 81] },
    published("8125/udp", { HostPort: like(/^\d{4,5}$/) }),
  ),
  feature("exposed but not published", { expose: [8080] }, host({ PortBindings: {} })),

  // Volumes
  feature(
    "volume by name",
    { volumes: ["live-data:/data"] },
    mounted({ Type: "volume", Name: "live-data", Destination: "/data", RW: true }),
  ),
  feature("volume, read-only", { volumes: ["live-data-ro:/data:ro"] }, mounted({ Name: "live-data-ro", RW: false })),
  feature("volume, anonymous", { volumes: ["/data"] }, mounted({ Type: "volume", Destination: "/data", RW: true })),
  feature(
    "volume in the long form",
    { volumes: [{ source: "live-long", target: "/data", readOnly: true }] },
    mounted({ Name: "live-long", RW: false }),
  ),
  feature(
    "host folder",
    { volumes: ["/tmp:/host"] },
    mounted({ Type: "bind", Source: "/tmp", Destination: "/host", RW: true }),
  ),
  feature("host folder, read-only", { volumes: ["/tmp:/host:ro"] }, mounted({ Type: "bind", RW: false })),
  feature(
    "host folder beside the project",
    { volumes: ["./site:/site:ro"] },
    mounted({ Type: "bind", Source: like(/\/project\/site$/), Destination: "/site" }),
  ),
  feature(
    "host folder in the long form",
    { volumes: [{ type: "bind", source: "site", target: "/site" }] },
    mounted({ Source: like(/\/project\/site$/), RW: true }),
  ),
  feature(
    "host folder with propagation",
    { volumes: ["/tmp:/host:private"] },
    mounted({ Type: "bind", Source: "/tmp", Propagation: "private" }),
  ),
  feature(
    "host folder with propagation from the host",
    { volumes: [{ type: "bind", source: "/tmp", target: "/host", readOnly: true, bind: { propagation: "rslave" } }] },
    mounted({ Propagation: "rslave", RW: false }),
    ["-v", "/tmp:/host:rslave"],
  ),
  feature(
    "host folder that Docker makes",
    { volumes: [{ type: "bind", source: "./made/by/docker", target: "/made", bind: { createHostPath: true } }] },
    mounted({ Type: "bind", Source: like(/\/made\/by\/docker$/) }),
  ),
  feature(
    "host folder with a label",
    { volumes: ["./site:/site:z"] },
    mounted({ Type: "bind", Mode: like(/^(rw,)?z$/) }),
  ),
  feature(
    "file of the host",
    { volumes: ["./site/index.html:/index.html:ro"] },
    mounted({ Destination: "/index.html", RW: false }),
  ),
  feature(
    "tmpfs mount",
    { volumes: [{ type: "tmpfs", target: "/cache", tmpfs: { size: "16m", mode: 0o1770 } }] },
    mounted({ Type: "tmpfs", Destination: "/cache" }),
  ),
  feature("tmpfs by path", { tmpfs: "/run" }, host({ Tmpfs: { "/run": "" } })),
  feature(
    "tmpfs with options *",
    { tmpfs: ["/tmp:size=64m,mode=1777", "/run"] },
    host({ Tmpfs: { "/tmp": "size=64m,mode=1777", "/run": "" } }),
  ),
  feature(
    "volumes of another",
    { volumesFrom: ["live-volume-by-name"] },
    mounted({ Name: "live-data", Destination: "/data", RW: true }),
  ),
  feature(
    "volumes of another, read-only",
    { volumesFrom: ["live-volume-by-name:ro"] },
    mounted({ Name: "live-data", RW: false }),
  ),
  feature("read-only root", { readOnly: true }, host({ ReadonlyRootfs: true })),

  // Networks
  feature(
    "network",
    { networks: ["live-one"] },
    { ...host({ NetworkMode: "live-one" }), NetworkSettings: { Networks: { "live-one": {} } } },
  ),
  feature(
    "two networks",
    { networks: ["live-one", "live-two"] },
    { NetworkSettings: { Networks: { "live-one": {}, "live-two": {} } } },
  ),
  feature(
    "network with aliases and an address",
    { networks: [{ name: "live-one", aliases: ["db", "sql"], ipv4Address: "10.231.1.20" }] },
    {
      NetworkSettings: {
        Networks: {
          "live-one": {
            Aliases: holds(["db", "sql"]),
            IPAddress: "10.231.1.20",
            IPAMConfig: { IPv4Address: "10.231.1.20" },
          },
        },
      },
    },
  ),
  {
    ...feature(
      "network with a hardware address",
      { networks: [{ name: "live-one", macAddress: "02:42:0a:e7:01:63" }] },
      { NetworkSettings: { Networks: { "live-one": { MacAddress: "02:42:0a:e7:01:63" } } } },
    ),
    api: 44,
  },
  feature(
    "network with a link-local address",
    { networks: [{ name: "live-one", linkLocalIps: ["169.254.34.68"] }] },
    { NetworkSettings: { Networks: { "live-one": { IPAMConfig: { LinkLocalIPs: ["169.254.34.68"] } } } } },
  ),
  {
    ...feature(
      "hardware address of the service",
      { networks: ["live-one"], macAddress: "02:42:0a:e7:01:64" },
      { NetworkSettings: { Networks: { "live-one": { MacAddress: "02:42:0a:e7:01:64" } } } },
    ),
    api: 44,
  },
  {
    ...feature(
      "health check, often at first",
      { healthcheck: { test: "true", startPeriod: "10s", startInterval: "1s" } },
      config({ Healthcheck: { StartInterval: SECOND } }),
    ),
    api: 44,
  },
  {
    ...feature("volume not filled", { volumes: ["live-empty:/etc:nocopy"] }, mounted({ Name: "live-empty" })),
    api: 45,
  },
  feature(
    "network of IPv6",
    { networks: [{ name: "live-six", ipv6Address: "fd00:b3:7::20" }] },
    { NetworkSettings: { Networks: { "live-six": { GlobalIPv6Address: "fd00:b3:7::20" } } } },
  ),
  feature(
    "network with options",
    { networks: ["live-options"] },
    { NetworkSettings: { Networks: { "live-options": {} } } },
  ),
  feature("default bridge", { networkMode: "bridge" }, { NetworkSettings: { Networks: { bridge: {} } } }),
  feature("host's network", { networkMode: "host" }, host({ NetworkMode: "host" })),
  feature("no network", { networkMode: "none" }, host({ NetworkMode: "none" })),
  feature(
    "network of another container *",
    { networkMode: "container:live-default-bridge" },
    host({ NetworkMode: like(/^container:[0-9a-f]{64}$/) }),
  ),
  feature(
    "host name",
    { hostname: "centos-01", domainname: "example.test" },
    config({ Hostname: "centos-01", Domainname: "example.test" }),
  ),
  feature(
    "hosts as a map",
    { extraHosts: { db: "10.0.0.2", gate: "host-gateway" } },
    host({ ExtraHosts: holds(["db:10.0.0.2", "gate:host-gateway"]) }),
  ),
  feature("hosts as a list", { extraHosts: ["db:10.0.0.2"] }, host({ ExtraHosts: ["db:10.0.0.2"] })),
  feature(
    "hosts of IPv6 *",
    { extraHosts: { six: "fd00::2", "six-too": "2001:db8::1" } },
    host({ ExtraHosts: holds(["six:fd00::2", "six-too:2001:db8::1"]) }),
  ),
  feature("DNS server", { dns: "10.0.0.53" }, host({ Dns: ["10.0.0.53"] })),
  feature("DNS servers *", { dns: ["1.1.1.1", "8.8.8.8"] }, host({ Dns: ["1.1.1.1", "8.8.8.8"] })),
  feature(
    "DNS options and search",
    { dnsOpt: ["ndots:2"], dnsSearch: "example.test" },
    host({ DnsOptions: ["ndots:2"], DnsSearch: ["example.test"] }),
  ),

  // Start and stop
  feature("restart always", { restart: "always" }, host({ RestartPolicy: { Name: "always", MaximumRetryCount: 0 } })),
  feature("restart unless stopped", { restart: "unless-stopped" }, host({ RestartPolicy: { Name: "unless-stopped" } })),
  feature(
    "restart on failure",
    { restart: "on-failure" },
    host({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 0 } }),
  ),
  feature(
    "restart on failure, three times",
    { restart: "on-failure:3" },
    host({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } }),
  ),
  feature("no restart", { restart: "no" }, host({ RestartPolicy: { Name: "no" } })),
  feature(
    "job that ends *",
    { mode: "replicated-job", command: ["true"] },
    { State: { Status: "exited", ExitCode: 0 }, RestartCount: 0 },
  ),
  feature("init", { init: true }, host({ Init: true })),
  feature("init said not to be *", { init: false }, host({ Init: false })),
  feature("stop signal", { stopSignal: "SIGUSR1" }, config({ StopSignal: "SIGUSR1" })),
  feature("stop grace", { stopGracePeriod: "1m30s" }, config({ StopTimeout: 90 })),
  feature("terminal", { tty: true, stdinOpen: true }, config({ Tty: true, OpenStdin: true })),
  feature(
    "health check as text *",
    { healthcheck: { test: "true", interval: "90s", timeout: "1m", retries: 2 } },
    config({ Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 90 * SECOND, Timeout: 60 * SECOND, Retries: 2 } }),
  ),
  feature(
    "health check as a list *",
    { healthcheck: { test: ["CMD", "true"], interval: 60, startPeriod: "1m30s" } },
    config({ Healthcheck: { Test: ["CMD", "true"], Interval: 60 * SECOND, StartPeriod: 90 * SECOND } }),
  ),
  feature(
    "health check in fractions",
    { healthcheck: { test: ["CMD-SHELL", "exit 0"], interval: "1500ms", timeout: "500ms" } },
    config({ Healthcheck: { Interval: 1.5 * SECOND, Timeout: 0.5 * SECOND } }),
  ),
  feature("health check switched off", { healthcheck: { disable: true } }, config({ Healthcheck: { Test: ["NONE"] } })),
  feature(
    "labels as a map",
    { labels: { team: "web", tier: 1, on: true } },
    config({ Labels: has({ team: "web", tier: "1", on: "true" }) }),
  ),
  feature("labels as a list", { labels: ["a=b=c", "empty"] }, config({ Labels: has({ a: "b=c", empty: "" }) })),
  feature(
    "log driver",
    { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": 2 } } },
    host({ LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } } }),
  ),
  feature("no log", { logging: { driver: "none" } }, host({ LogConfig: { Type: "none" } })),
  feature("log of the engine's own kind", { logging: { driver: "local" } }, host({ LogConfig: { Type: "local" } })),

  // Rights
  feature("capability *", { capAdd: ["NET_ADMIN"] }, host({ CapAdd: [like(/^(CAP_)?NET_ADMIN$/)] })),
  feature(
    "capability with its prefix",
    { capAdd: ["CAP_SYS_TIME", "net_raw"], capDrop: ["MKNOD"] },
    host({ CapAdd: holds([like(/SYS_TIME$/), like(/NET_RAW$/)]), CapDrop: [like(/MKNOD$/)] }),
  ),
  feature("capabilities all dropped", { capDrop: ["ALL"], capAdd: ["CHOWN"] }, host({ CapDrop: ["ALL"] })),
  feature("privileged", { privileged: true }, host({ Privileged: true }), ["--privileged"]),
  feature(
    "no new privileges",
    { securityOpt: ["no-new-privileges:true"] },
    host({ SecurityOpt: [like(/^no-new-privileges/)] }),
  ),
  feature("seccomp off", { securityOpt: ["seccomp=unconfined"] }, host({ SecurityOpt: ["seccomp=unconfined"] })),
  feature("system paths unconfined *", { securityOpt: ["systempaths=unconfined"] }, host({ MaskedPaths: [] })),
  feature(
    "device",
    { devices: ["/dev/null:/dev/xnull:r"] },
    host({ Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/xnull", CgroupPermissions: "r" }] }),
  ),
  feature(
    "device in the long form",
    { devices: [{ source: "/dev/zero" }] },
    host({ Devices: [{ PathOnHost: "/dev/zero", PathInContainer: "/dev/zero", CgroupPermissions: "rwm" }] }),
  ),
  {
    ...feature("device rule", { deviceCgroupRules: ["c 42:* rmw"] }, host({ DeviceCgroupRules: ["c 42:* rmw"] })),
    plugin: "deviceCgroupRules",
  },
  feature("runtime", { runtime: "runc" }, host({ Runtime: "runc" })),
  feature("GPUs", { gpus: [{ deviceIds: ["0"] }] }, host({ DeviceRequests: [has({ DeviceIDs: ["0"] })] }), [
    "--gpus",
    "device=0",
  ]),
  feature("open files", { ulimits: { nofile: 4096 } }, host({ Ulimits: [{ Name: "nofile", Soft: 4096, Hard: 4096 }] })),
  feature(
    "limits, soft and hard",
    { ulimits: { nofile: { soft: 1024, hard: 2048 }, core: 0 } },
    host({
      Ulimits: holds([
        { Name: "nofile", Soft: 1024, Hard: 2048 },
        { Name: "core", Soft: 0, Hard: 0 },
      ]),
    }),
  ),
  feature(
    "kernel setting",
    { sysctls: { "net.core.somaxconn": 1024 } },
    host({ Sysctls: { "net.core.somaxconn": "1024" } }),
  ),
  feature("host's IPC", { ipc: "host" }, host({ IpcMode: "host" })),
  feature("IPC of one's own", { ipc: "private" }, host({ IpcMode: "private" })),
  feature("IPC that others share", { ipc: "shareable" }, host({ IpcMode: "shareable" })),
  feature(
    "IPC of another container *",
    { ipc: "container:live-ipc-that-others-share" },
    host({ IpcMode: like(/^container:[0-9a-f]{64}$/) }),
  ),
  feature("no IPC", { ipc: "none" }, host({ IpcMode: "none" })),
  feature("host's processes", { pid: "host" }, host({ PidMode: "host" })),
  feature(
    "processes of another container *",
    { pid: "container:live-default-bridge" },
    host({ PidMode: like(/^container:[0-9a-f]{64}$/) }),
  ),
  feature("host's users", { usernsMode: "host" }, host({ UsernsMode: "host" })),
  feature("cgroup namespace of one's own", { cgroup: "private" }, host({ CgroupnsMode: "private" }), [
    "--cgroupns",
    "private",
  ]),
  feature("host's cgroup namespace", { cgroup: "host" }, host({ CgroupnsMode: "host" })),
  feature("cgroup parent", { cgroupParent: "/berth-live" }, host({ CgroupParent: "/berth-live" }), [
    "--cgroup-parent",
    "/berth-live",
  ]),
  feature("storage option", { storageOpt: { size: "1G" } }, host({ StorageOpt: { size: "1G" } }), [
    "--storage-opt",
    "size=1G",
  ]),

  // Limits
  feature("shared memory", { shmSize: "128m" }, host({ ShmSize: 128 * MiB })),
  feature("memory *", { memLimit: "512m" }, host({ Memory: 512 * MiB, MemorySwap: 1024 * MiB })),
  feature(
    "memory and swap",
    { memLimit: "64m", memswapLimit: "96m" },
    host({ Memory: 64 * MiB, MemorySwap: 96 * MiB }),
  ),
  feature(
    "memory without a limit of swap",
    { memLimit: "64m", memswapLimit: -1 },
    host({ Memory: 64 * MiB, MemorySwap: -1 }),
  ),
  feature(
    "memory in bytes, reserved",
    { memLimit: 134217728, memReservation: "32m" },
    host({ Memory: 128 * MiB, MemoryReservation: 32 * MiB }),
  ),
  feature("one processor *", { cpus: 1 }, host({ NanoCpus: 1e9 })),
  feature("half a processor as text *", { cpus: "0.50" }, host({ NanoCpus: 5e8 })),
  feature("one and a half processors", { cpus: 1.5 }, host({ NanoCpus: 1.5e9 })),
  feature("share of the processor", { cpuShares: 512 }, host({ CpuShares: 512 })),
  feature("set of processors", { cpuset: "0" }, host({ CpusetCpus: "0" })),
  feature("range of processors", { cpuset: "0-1" }, host({ CpusetCpus: "0-1" }), ["--cpuset-cpus", "0-1"]),
  feature("period and quota", { cpuPeriod: "50ms", cpuQuota: 25000 }, host({ CpuPeriod: 50000, CpuQuota: 25000 })),
  feature("most processes", { pidsLimit: 64 }, host({ PidsLimit: 64 })),
  feature("memory nodes", { cpusetMems: "0" }, host({ CpusetMems: "0" })),
  feature("quota alone", { cpuQuota: 40000 }, host({ CpuQuota: 40000 })),
  feature(
    "rates of a disk",
    { blkioConfig: { deviceReadBps: [{ path: DISK, rate: "10m" }], deviceWriteBps: [{ path: DISK, rate: "20m" }] } },
    host({
      BlkioDeviceReadBps: [{ Path: DISK, Rate: 10 * MiB }],
      BlkioDeviceWriteBps: [{ Path: DISK, Rate: 20 * MiB }],
    }),
    ["--device-read-bps", `${DISK}:10mb`],
  ),
  feature(
    "operations of a disk",
    { blkioConfig: { deviceReadIops: [{ path: DISK, rate: 1000 }], deviceWriteIops: [{ path: DISK, rate: 500 }] } },
    host({ BlkioDeviceReadIOps: [{ Path: DISK, Rate: 1000 }], BlkioDeviceWriteIOps: [{ Path: DISK, Rate: 500 }] }),
    ["--device-read-iops", `${DISK}:1000`],
  ),
];

/** Logical name of the case's service. */
export const serviceName = (title: string) =>
  `live-${title}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** Whether this machine can do it at all: some may not start a privileged container, for example. */
export const possible = ({ needs, api = 0, plugin }: Feature): boolean =>
  apiMinor() >= api &&
  (!plugin || pluginKnows(plugin)) &&
  (!needs || works("run", "--rm", "--label", "berth.stack=berth-live/probe", ...needs, "busybox", "true"));
