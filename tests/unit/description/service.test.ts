import {
  PARSERS,
  parseField,
  parseService,
  type ServiceSpec,
  type SpecContext,
} from "../../../core/description/service";
import type { ServiceDescription } from "../../../core/description/types";
import { refusal } from "../refusal";

const context: SpecContext = { projectFolder: "/srv/project", outer: { HOME: "/root" } };
const field = (key: string, value: unknown) =>
  parseField(key as keyof ServiceDescription, value as never, context) as unknown;

const GPU = { driver: "", count: undefined, deviceIds: undefined, capabilities: ["gpu"], options: undefined };

test.each<[keyof ServiceDescription, unknown, unknown]>([
  ["image", "nginx:1.27", "nginx:1.27"],
  ["platform", "linux/amd64", "linux/amd64"],
  ["platform", "linux/arm64/v8", "linux/arm64/v8"],
  ["containerName", "nginx01", "nginx01"],
  [
    "command",
    ["/bin/sh", "-c", "while true; do sleep 3600; done"],
    ["/bin/sh", "-c", "while true; do sleep 3600; done"],
  ],
  ["command", '/bin/sh -c "while true; do sleep 3600; done"', ["/bin/sh", "-c", "while true; do sleep 3600; done"]],
  ["command", "echo 'a  b' c\\ d \"$X\"", ["echo", "a  b", "c d", "$X"]],
  ["command", "redis-server --save ''", ["redis-server", "--save", ""]],
  ["command", "echo # no comment", ["echo", "#", "no", "comment"]],
  ["command", "", []],
  ["entrypoint", "/entry.sh --x", ["/entry.sh", "--x"]],
  ["entrypoint", "", [""]],
  ["entrypoint", [], [""]],
  ["entrypoint", ["a", ""], ["a", ""]],
  ["environment", ["A=1", "HOME"], { A: "1", HOME: "/root" }],
  ["ports", ["80"], [{ target: 80, published: undefined, hostIp: "", protocol: "tcp" }]],
  ["publishAll", true, true],
  ["expose", ["80", 53, "53/udp", "100-101"], ["80/tcp", "53/tcp", "53/udp", "100/tcp", "101/tcp"]],
  [
    "volumes",
    ["./a:/b:ro"],
    [{ type: "bind", source: "/srv/project/a", target: "/b", readOnly: true, createHostPath: false, nocopy: false }],
  ],
  ["volumesFrom", ["docker-1"], [{ container: "docker-1", readOnly: false }]],
  [
    "volumesFrom",
    ["docker-1:ro", "container:x1:rw"],
    [
      { container: "docker-1", readOnly: true },
      { container: "x1", readOnly: false },
    ],
  ],
  ["tmpfs", "/run", { "/run": "" }],
  ["tmpfs", ["/run/", "/tmp:size=64m,mode=1777"], { "/run": "", "/tmp": "size=64m,mode=1777" }],
  ["networks", ["mynet"], [{ name: "mynet" }]],
  [
    "networks",
    [
      {
        name: "mynet",
        aliases: ["db"],
        ipv4Address: "10.0.0.2",
        ipv6Address: "fd00::2",
        macAddress: "02:42:ac:11:00:02",
      },
    ],
    [
      {
        name: "mynet",
        aliases: ["db"],
        ipv4Address: "10.0.0.2",
        ipv6Address: "fd00::2",
        macAddress: "02:42:ac:11:00:02",
      },
    ],
  ],
  ["networkMode", "host", "host"],
  ["networkMode", "container:test1", "container:test1"],
  ["restart", "no", { policy: "no" }],
  ["restart", "always", { policy: "always" }],
  ["restart", "unless-stopped", { policy: "unless-stopped" }],
  ["restart", "on-failure", { policy: "on-failure" }],
  ["restart", "on-failure:3", { policy: "on-failure", retries: 3 }],
  ["mode", "replicated-job", "replicated-job"],
  ["user", "root", "root"],
  ["user", "1000:1000", "1000:1000"],
  ["groupAdd", ["video", 44], ["video", "44"]],
  ["workingDir", "/code", "/code"],
  ["hostname", "centos-01", "centos-01"],
  ["hostname", "{{.Service.Name}}-{{.Task.Slot}}.lan", "{{.Service.Name}}-{{.Task.Slot}}.lan"],
  ["domainname", "example.org", "example.org"],
  ["macAddress", "02:42:AC:11:00:02", "02:42:AC:11:00:02"],
  ["capAdd", ["NET_ADMIN", "cap_sys_time", "all"], ["NET_ADMIN", "SYS_TIME", "ALL"]],
  ["capDrop", ["CAP_MKNOD"], ["MKNOD"]],
  ["privileged", false, false],
  ["readOnly", true, true],
  ["securityOpt", ["no-new-privileges"], ["no-new-privileges"]],
  ["devices", ["/dev/fuse"], [{ source: "/dev/fuse", target: "/dev/fuse", permissions: "rwm" }]],
  ["devices", ["/dev/sda:/dev/xvda:r"], [{ source: "/dev/sda", target: "/dev/xvda", permissions: "r" }]],
  ["devices", ["/dev/sda:rw"], [{ source: "/dev/sda", target: "/dev/sda", permissions: "rw" }]],
  ["devices", ["/dev/sda:/dev/xvda"], [{ source: "/dev/sda", target: "/dev/xvda", permissions: "rwm" }]],
  [
    "devices",
    [{ source: "/dev/sda", permissions: "r" }],
    [{ source: "/dev/sda", target: "/dev/sda", permissions: "r" }],
  ],
  ["deviceCgroupRules", ["c 42:* rmw", "b *:1 r"], ["c 42:* rmw", "b *:1 r"]],
  ["gpus", "all", [{ ...GPU, count: -1 }]],
  ["gpus", [{}], [{ ...GPU, count: -1 }]],
  ["gpus", [{ count: "all" }], [{ ...GPU, count: -1 }]],
  ["gpus", [{ count: 2 }], [{ ...GPU, count: 2 }]],
  [
    "gpus",
    [{ deviceIds: ["0", "GPU-1"], capabilities: ["utility"] }],
    [{ ...GPU, deviceIds: ["0", "GPU-1"], capabilities: ["gpu", "utility"] }],
  ],
  [
    "gpus",
    [{ count: 1, capabilities: ["gpu", "compute"], driver: "cdi", options: { a: "b" } }],
    [{ driver: "cdi", count: 1, deviceIds: undefined, capabilities: ["gpu", "compute"], options: { a: "b" } }],
  ],
  ["runtime", "nvidia", "nvidia"],
  ["healthcheck", { test: "curl localhost" }, { test: ["CMD-SHELL", "curl localhost"] }],
  [
    "healthcheck",
    { test: ["CMD", "true"], interval: "10s", timeout: 5, startPeriod: "1m", startInterval: "500ms", retries: 2 },
    { test: ["CMD", "true"], interval: 10_000, timeout: 5_000, startPeriod: 60_000, startInterval: 500, retries: 2 },
  ],
  ["healthcheck", { test: ["NONE"] }, { test: ["NONE"] }],
  ["healthcheck", { disable: true, test: "x" }, { test: ["NONE"] }],
  ["healthcheck", { interval: 0 }, { interval: 0 }],
  ["waitTimeout", "2m", 120_000],
  [
    "logging",
    { driver: "json-file", options: { "max-size": "100m", "max-file": 3 } },
    { driver: "json-file", options: { "max-size": "100m", "max-file": "3" } },
  ],
  ["logging", { options: { a: "b" } }, { driver: undefined, options: { a: "b" } }],
  [
    "ulimits",
    { nofile: 65536, nproc: { soft: 10, hard: 20 }, memlock: -1, core: { soft: 5, hard: -1 } },
    [
      { name: "nofile", soft: 65536, hard: 65536 },
      { name: "nproc", soft: 10, hard: 20 },
      { name: "memlock", soft: -1, hard: -1 },
      { name: "core", soft: 5, hard: -1 },
    ],
  ],
  ["sysctls", { "net.core.somaxconn": 1024 }, { "net.core.somaxconn": "1024" }],
  [
    "extraHosts",
    { db: "10.0.0.2", host: "host-gateway" },
    [
      { host: "db", ip: "10.0.0.2" },
      { host: "host", ip: "host-gateway" },
    ],
  ],
  [
    "extraHosts",
    ["db:10.0.0.2", "six:fd00::1", "seven=[fd00::2]", "h:host-gateway"],
    [
      { host: "db", ip: "10.0.0.2" },
      { host: "six", ip: "fd00::1" },
      { host: "seven", ip: "fd00::2" },
      { host: "h", ip: "host-gateway" },
    ],
  ],
  ["dns", "8.8.8.8", ["8.8.8.8"]],
  ["dns", ["8.8.8.8", "fd00::1"], ["8.8.8.8", "fd00::1"]],
  ["dnsOpt", ["ndots:2"], ["ndots:2"]],
  ["dnsSearch", "example.org", ["example.org"]],
  ["init", true, true],
  ["stopSignal", "SIGTERM", "SIGTERM"],
  ["stopSignal", "SIGRTMIN+3", "SIGRTMIN+3"],
  ["stopSignal", "15", "15"],
  ["stopGracePeriod", "1m30s", 90_000],
  ["tty", true, true],
  ["stdinOpen", true, true],
  ["shmSize", "1g", 2 ** 30],
  ["memLimit", "6m", 6 * 2 ** 20],
  ["memReservation", "1m", 2 ** 20],
  ["memswapLimit", "1g", 2 ** 30],
  ["memswapLimit", -1, -1],
  ["memswapLimit", "-1", -1],
  ["cpus", 0.5, 5e8],
  ["cpus", "1.5", 1.5e9],
  ["cpus", ".25", 2.5e8],
  ["cpus", 0.1, 1e8],
  ["cpuShares", 2, 2],
  ["cpuset", "0-2,4", "0-2,4"],
  ["cpuPeriod", 100000, 100000],
  ["cpuPeriod", "100000", 100000],
  ["cpuPeriod", "100ms", 100000],
  ["cpuPeriod", "1.0005ms", 1001],
  ["cpuQuota", "50ms", 50000],
  ["ipc", "shareable", "shareable"],
  ["ipc", "container:x1", "container:x1"],
  ["pid", "host", "host"],
  ["usernsMode", "host", "host"],
  ["cgroup", "private", "private"],
  ["cgroupParent", "/berth", "/berth"],
  ["storageOpt", { size: "10G" }, { size: "10G" }],
  [
    "blkioConfig",
    {
      weight: 10,
      deviceReadBps: [{ path: "/dev/sda", rate: "1m" }],
      deviceWriteIops: [{ path: "/dev/sda", rate: 100 }],
    },
    {
      weight: 10,
      deviceReadBps: [{ path: "/dev/sda", rate: 2 ** 20 }],
      deviceWriteIops: [{ path: "/dev/sda", rate: 100 }],
    },
  ],
  ["labels", { a: "1", b: 2, c: true }, { a: "1", b: "2", c: "true" }],
  ["labels", ["a=1", "b", "c=x=y"], { a: "1", b: "", c: "x=y" }],
  ["annotations", { a: "b" }, { a: "b" }],
  ["pidsLimit", 100, 100],
  ["oomScoreAdj", -500, -500],
  ["memSwappiness", 60, 60],
  ["kernelMemory", "32m", 32 * 2 ** 20],
  ["cpuRtRuntime", "950ms", 950000],
])("%s: %j", (key, value, expected) => {
  expect(field(key, value)).toEqual(expected);
});

const NAME = "use two or more of letters, digits, '_', '.' and '-', beginning with a letter or digit";
const SIZE = 'use bytes or a unit, for example "512m" or "2g"';
const DURATION = 'use for example "30s", "1m30s" or "500ms"';

test.each<[keyof ServiceDescription, unknown, string]>([
  ["image", "", 'image: "" is not text; give a string that is not empty.'],
  ["image", 5, "image: 5 is not text; give a string that is not empty."],
  ["platform", "amd64", 'platform: "amd64" is not a platform; use for example "linux/amd64".'],
  ["containerName", "a b", `containerName: "a b" is not a name that Docker takes; ${NAME}.`],
  [
    "command",
    "sh -c 'open",
    'command: "sh -c \'open" cannot be split into words (Got EOF while in a quoted string); close the quotes, or give a list.',
  ],
  ["command", ["sleep", 3600], "command[1]: 3600 is not text; quote it."],
  ["entrypoint", ["a", null], "entrypoint[1]: null is not text; quote it."],
  ["publishAll", "yes", 'publishAll: "yes" is not true or false; use true or false.'],
  ["expose", ["8080:80"], "expose: names a host port; use ports to publish."],
  ["volumesFrom", ["a b"], `volumesFrom[0]: "a b" is not a name that Docker takes; ${NAME}.`],
  ["volumesFrom", ["docker-1:z"], 'volumesFrom[0]: "z" is not known; use ro, rw.'],
  ["volumesFrom", ["docker-1:ro:x"], 'volumesFrom[0]: "ro:x" is not known; use ro, rw.'],
  ["tmpfs", "run", 'tmpfs: "run" is not an absolute path; begin the container path with /.'],
  ["tmpfs", ["/run", "x"], 'tmpfs[1]: "x" is not an absolute path; begin the container path with /.'],
  ["networks", ["host"], 'networks[0]: host is a network mode; set networkMode: "host".'],
  ["networks", ["mynet", "none"], 'networks[1]: none is a network mode; set networkMode: "none".'],
  ["networks", ["mynet", { name: "mynet" }], "networks[1]: mynet is joined twice; name each network once."],
  ["networks", ["a b"], `networks[0]: "a b" is not a name that Docker takes; ${NAME}.`],
  ["networks", [{ name: "a b" }], `networks[0].name: "a b" is not a name that Docker takes; ${NAME}.`],
  [
    "networks",
    [{ name: "mynet", ipv4Address: "x" }],
    'networks[0].ipv4Address: "x" is not an IP address; use for example "192.168.0.1" or "fd00::1".',
  ],
  [
    "networks",
    [{ name: "mynet", ipv4Address: "fd00::1" }],
    'networks[0].ipv4Address: "fd00::1" is of the other IP version; give it as ipv6Address.',
  ],
  [
    "networks",
    [{ name: "mynet", ipv6Address: "10.0.0.1" }],
    'networks[0].ipv6Address: "10.0.0.1" is of the other IP version; give it as ipv4Address.',
  ],
  [
    "networks",
    [{ name: "mynet", macAddress: "x" }],
    'networks[0].macAddress: "x" is not a MAC address; use for example "02:42:ac:11:00:02".',
  ],
  [
    "networks",
    [{ name: "mynet", ip: "10.0.0.2" }],
    "networks[0].ip: is not a field of a network; use name, aliases, ipv4Address, ipv6Address, linkLocalIps, macAddress, driverOpts, gwPriority.",
  ],
  [
    "networkMode",
    "mynet",
    'networkMode: "mynet" is not a network mode; use bridge, host, none or "container:<name>"; join user-defined networks with networks.',
  ],
  [
    "networkMode",
    "container:",
    'networkMode: "container:" is not a network mode; use bridge, host, none or "container:<name>"; join user-defined networks with networks.',
  ],
  ["restart", "sometimes", 'restart: "sometimes" is not known; use no, always, unless-stopped, on-failure.'],
  ["restart", "always:3", 'restart: "always:3" gives a number of tries to "always"; only "on-failure:3" takes one.'],
  ["restart", "on-failure:x", 'restart: "x" is not a whole number in range; use 0 or more.'],
  [
    "restart",
    "on-failure:1:2",
    'restart: "on-failure:1:2" gives a number of tries to "on-failure"; only "on-failure:3" takes one.',
  ],
  ["mode", "solo", 'mode: "solo" is not known; use replicated, global, replicated-job.'],
  ["replicas", -1, "replicas: -1 is not a whole number in range; use 0 or more."],
  ["user", "a:b:c", 'user: "a:b:c" is not a user; use a name or number, or "user:group".'],
  ["user", 1000, 'user: 1000 is not a user; use a name or number, or "user:group".'],
  ["groupAdd", [""], 'groupAdd[0]: "" is not text; give a string that is not empty.'],
  ["workingDir", "code", 'workingDir: "code" is not an absolute path; begin it with /.'],
  [
    "hostname",
    "-x",
    `hostname: "-x" is not a host name; use labels of letters, digits and '-' (at most 63 each), joined by dots.`,
  ],
  ["macAddress", "02:42", 'macAddress: "02:42" is not a MAC address; use for example "02:42:ac:11:00:02".'],
  ["capAdd", [5, null], "capAdd[1]: null is not text; give a string that is not empty."],
  ["devices", ["dev/fuse"], 'devices[0]: "dev/fuse" is not an absolute path; name a device such as "/dev/fuse".'],
  ["devices", ["/dev/a:/dev/b:x"], 'devices[0]: "x" are not permissions; use letters of rwm.'],
  [
    "devices",
    ["/dev/a:/dev/b:r:w"],
    'devices[0]: "/dev/a:/dev/b:r:w" is not a device; use "/dev/fuse" or "/dev/sda:/dev/xvda:r".',
  ],
  ["devices", ["/dev/a::r"], 'devices[0]: "/dev/a::r" is not a device; use "/dev/fuse" or "/dev/sda:/dev/xvda:r".'],
  [
    "devices",
    [{ source: "/dev/a", cgroupPermissions: "r" }],
    "devices[0].cgroupPermissions: is not a field of a device; use source, target, permissions.",
  ],
  [
    "deviceCgroupRules",
    ["c 1:1 r", "42"],
    'deviceCgroupRules[1]: "42" is not a device rule; use for example "c 42:* rmw".',
  ],
  ["gpus", "device=0", 'gpus: "device=0" is not a GPU request; use "all" or a list such as [{ deviceIds: ["0"] }].'],
  ["gpus", [{ count: 1, deviceIds: ["0"] }], "gpus[0]: count and deviceIds exclude one another; give one of them."],
  ["gpus", [{ count: 0 }], "gpus[0].count: 0 is not a whole number in range; use 1 or more."],
  ["gpus", [{ device_ids: ["0"] }], "gpus[0].device_ids: is not a field of a GPU request; use deviceIds."],
  ["runtime", "", 'runtime: "" is not text; give a string that is not empty.'],
  [
    "healthcheck",
    { test: ["curl", "x"] },
    'healthcheck.test: ["curl","x"] does not begin with a kind of check; begin with "CMD" or "CMD-SHELL", followed by the command.',
  ],
  [
    "healthcheck",
    { test: ["CMD"] },
    'healthcheck.test: ["CMD"] does not begin with a kind of check; begin with "CMD" or "CMD-SHELL", followed by the command.',
  ],
  ["healthcheck", { interval: "0.5ms" }, 'healthcheck.interval: "0.5ms" is shorter than 1ms; use 1ms or more.'],
  ["healthcheck", { timeout: "x" }, `healthcheck.timeout: "x" is not a duration; ${DURATION}.`],
  ["healthcheck", { retries: -1 }, "healthcheck.retries: -1 is not a whole number in range; use 0 or more."],
  [
    "healthcheck",
    { start_period: "5s" },
    "healthcheck.start_period: is not a field of a health check; use startPeriod.",
  ],
  ["waitTimeout", "soon", `waitTimeout: "soon" is not a duration; ${DURATION}.`],
  ["logging", { driver: "" }, 'logging.driver: "" is not text; give a string that is not empty.'],
  ["logging", { opts: {} }, "logging.opts: is not a field of logging; use driver, options."],
  [
    "ulimits",
    { nofile: { soft: 20, hard: 10 } },
    "ulimits.nofile: the soft limit 20 is above the hard limit 10; lower soft or raise hard.",
  ],
  [
    "ulimits",
    { nofile: { soft: -1, hard: 10 } },
    "ulimits.nofile: the soft limit -1 is above the hard limit 10; lower soft or raise hard.",
  ],
  ["ulimits", { nofile: -2 }, "ulimits.nofile: -2 is not a whole number in range; use -1 or more."],
  ["sysctls", { "": "1" }, "sysctls: holds an empty name; name every entry."],
  ["labels", ["=x"], "labels: holds an empty name; name every entry."],
  ["extraHosts", ["db"], 'extraHosts[0]: "db" is not host:address; use for example "db:10.0.0.2".'],
  ["extraHosts", [":10.0.0.2"], 'extraHosts[0]: ":10.0.0.2" is not host:address; use for example "db:10.0.0.2".'],
  [
    "extraHosts",
    { db: "elsewhere" },
    'extraHosts.db: "elsewhere" is not an IP address; use for example "192.168.0.1" or "fd00::1".',
  ],
  ["dns", "resolver", 'dns: "resolver" is not an IP address; use for example "192.168.0.1" or "fd00::1".'],
  ["stopSignal", "kill it", 'stopSignal: "kill it" is not a signal; use for example "SIGTERM".'],
  ["stopGracePeriod", "x", `stopGracePeriod: "x" is not a duration; ${DURATION}.`],
  ["shmSize", "big", `shmSize: "big" is not a size; ${SIZE}.`],
  ["memLimit", "5m", 'memLimit: "5m" is below Docker\'s minimum; use "6m" or more.'],
  ["memLimit", 0, 'memLimit: 0 is below Docker\'s minimum; use "6m" or more.'],
  ["memswapLimit", -2, `memswapLimit: -2 is not a size; ${SIZE}.`],
  ["cpus", 0, 'cpus: 0 is not a number of processors; use for example 0.5 or "1.5".'],
  ["cpus", "-1", 'cpus: "-1" is not a number of processors; use for example 0.5 or "1.5".'],
  ["cpus", "1e3", 'cpus: "1e3" is not a number of processors; use for example 0.5 or "1.5".'],
  ["cpus", Number.NaN, 'cpus: NaN is not a number of processors; use for example 0.5 or "1.5".'],
  ["cpuShares", 1, "cpuShares: 1 is not a whole number in range; use 2 to 262144."],
  ["cpuset", "0-", 'cpuset: "0-" is not a list of processors; use for example "0-2,4".'],
  ["cpuPeriod", 999, "cpuPeriod: 999 is not a whole number in range; use 1000 or more."],
  ["cpuPeriod", "0.5ms", "cpuPeriod: 500 is not a whole number in range; use 1000 or more."],
  ["cpuQuota", "x", `cpuQuota: "x" is not a duration; ${DURATION}.`],
  ["ipc", "mine", 'ipc: "mine" is not an IPC mode; use host, private, shareable, none or "container:<name>".'],
  ["pid", "none", 'pid: "none" is not a PID mode; use host or "container:<name>".'],
  ["usernsMode", "private", 'usernsMode: "private" is not known; use host.'],
  ["cgroup", "none", 'cgroup: "none" is not known; use host, private.'],
  ["blkioConfig", { weight: 5 }, "blkioConfig.weight: 5 is not a whole number in range; use 10 to 1000."],
  [
    "blkioConfig",
    { deviceReadBps: [{ path: "sda", rate: 1 }] },
    'blkioConfig.deviceReadBps[0].path: "sda" is not an absolute path; begin the container path with /.',
  ],
  [
    "blkioConfig",
    { deviceReadBps: [{ path: "/dev/sda", rate: "x" }] },
    `blkioConfig.deviceReadBps[0].rate: "x" is not a size; ${SIZE}.`,
  ],
  [
    "blkioConfig",
    { device_read_bps: [] },
    "blkioConfig.device_read_bps: is not a field of blkioConfig; use deviceReadBps.",
  ],
  ["pidsLimit", -2, "pidsLimit: -2 is not a whole number in range; use -1 or more."],
  [
    "mem_limit" as never,
    "1g",
    "mem_limit: is not a field of a service; see the type ServiceDescription for the fields.",
  ],
])("%s: %j is refused", (key, value, message) => {
  expect(refusal(() => field(key, value))).toBe(message);
});

test("every field of a description has a parser, and the tests above try each", () => {
  const { readFileSync } = jest.requireActual<typeof import("node:fs")>("node:fs");
  const types = readFileSync(`${__dirname}/../../../core/description/types.ts`, "utf8");
  const body = types.slice(
    types.indexOf("export interface ServiceDescription {"),
    types.indexOf("export type ServiceArgs"),
  );
  const declared = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map((match) => match[1]!);
  expect(declared.length).toBeGreaterThan(60);
  expect(Object.keys(PARSERS).sort()).toEqual([...declared].sort());
});

test.each([undefined, null])("%p is as good as nothing", (nothing) => {
  expect(field("memLimit", nothing)).toBeUndefined();
  expect(parseService({ image: "nginx", user: nothing as never }, context)).toEqual({ image: "nginx" });
});

test("a whole description", () => {
  const spec: Partial<ServiceSpec> = parseService(
    {
      image: "nginx",
      containerName: "nginx01",
      ports: ["666:80"],
      volumes: ["./html:/usr/share/nginx/html:ro"],
      restart: "always",
    },
    context,
  );
  expect(spec).toEqual({
    image: "nginx",
    containerName: "nginx01",
    ports: [{ target: 80, published: 666, hostIp: "", protocol: "tcp" }],
    volumes: [
      {
        type: "bind",
        source: "/srv/project/html",
        target: "/usr/share/nginx/html",
        readOnly: true,
        createHostPath: false,
        nocopy: false,
      },
    ],
    restart: { policy: "always" },
  });
});

describe("a single value in place of a list", () => {
  test.each([
    ["ports", "80:80"],
    ["volumes", "/data"],
    ["networks", "mynet"],
  ] as const)("%s", (field, value) => {
    expect(() => parseField(field, value as never, { projectFolder: "/", outer: {} })).toThrow(
      `${field}: ${JSON.stringify(value)} is not a list; write [${JSON.stringify(value)}].`,
    );
  });
});
