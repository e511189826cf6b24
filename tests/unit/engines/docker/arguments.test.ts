import {
  ARGUMENTS,
  CHANGED_BY_BERTH,
  CHANGED_BY_PROVIDER,
  IGNORED,
  LIMITS,
  mayEnd,
  REFUSED,
} from "../../../../core/mapping/docker";
import { environmentOf, secretNames } from "../../../../core/description/variables";
import { parseService, type ServiceSpec } from "../../../../core/description/service";
import type { ServiceDescription } from "../../../../core/description/types";
import { refusal } from "../../refusal";

/** Arguments that come of a description, as the component computes them from its fields. */
function mapped(given: Partial<ServiceDescription>): Record<string, unknown> {
  const spec = parseService({ image: "nginx", ...given }, { projectFolder: "/srv", outer: {} });
  return mappedSpec(spec);
}
function mappedSpec(spec: ServiceSpec): Record<string, unknown> {
  const entries = Object.entries(ARGUMENTS).map(([key, { from, to }]) => {
    // Only what `from` names may be looked at: the others may still be on their way.
    const fields = Object.fromEntries(from.map((field) => [field, spec[field]]));
    return [key, to(fields as unknown as ServiceSpec)];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
const BARE = { image: "nginx", networkMode: "bridge", restart: "no", mustRun: true, destroyGraceSeconds: 10 };

const CASES: [Partial<ServiceDescription>, Record<string, unknown>][] = [
  [{}, {}],
  [{ platform: "linux/amd64" }, { platform: "linux/amd64" }],
  [{ containerName: "nginx01" }, { name: "nginx01" }],
  [{ command: ["sh", "-c", "x"] }, { command: ["sh", "-c", "x"] }],
  [{ command: [] }, {}],
  [{ entrypoint: "/entry.sh -v" }, { entrypoints: ["/entry.sh", "-v"] }],
  [{ entrypoint: "" }, { entrypoints: [""] }],
  [
    { entrypoint: "a", command: ["b"] },
    { entrypoints: ["a"], command: ["b"] },
  ],
  // The provider refuses an empty argument in the command.
  [{ entrypoint: "redis-server", command: ["--save", ""] }, { entrypoints: ["redis-server", "--save", ""] }],
  [{ environment: { A: "1", B: "x=y" } }, { envs: ["A=1", "B=x=y"] }],
  [{ environment: { A: "1", NOWHERE: null } }, { envs: ["A=1", "NOWHERE"] }],
  [{ environment: {} }, {}],
  [
    { ports: ["666:80", "127.0.0.1:53:53/udp", "443"] },
    {
      ports: [
        { internal: 80, external: 666, ip: "", protocol: "tcp" },
        { internal: 53, external: 53, ip: "127.0.0.1", protocol: "udp" },
        { internal: 443, external: undefined, ip: "", protocol: "tcp" },
      ],
    },
  ],
  [{ ports: [] }, {}],
  [{ publishAll: true }, { publishAllPorts: true }],
  [{ expose: ["80"] }, {}],
  [
    { publishAll: true, expose: ["80", "53/udp"], ports: ["1:1"] },
    {
      publishAllPorts: true,
      ports: [
        { internal: 1, external: 1, ip: "", protocol: "tcp" },
        { internal: 80, ip: "", protocol: "tcp" },
        { internal: 53, ip: "", protocol: "udp" },
      ],
    },
  ],
  [
    { volumes: ["data:/a", "/b:/c:ro,z", "/anonymous"] },
    {
      volumes: [
        { containerPath: "/a", volumeName: "data", readOnly: undefined, selinuxRelabel: undefined },
        { containerPath: "/c", hostPath: "/b", readOnly: true, selinuxRelabel: "z" },
        { containerPath: "/anonymous", volumeName: undefined, readOnly: undefined, selinuxRelabel: undefined },
      ],
    },
  ],
  [
    { volumesFrom: ["docker-1", "docker-2:ro"], volumes: ["data:/a"] },
    {
      volumes: [
        { containerPath: "/a", volumeName: "data", readOnly: undefined, selinuxRelabel: undefined },
        { fromContainer: "docker-1" },
        { fromContainer: "docker-2:ro" },
      ],
    },
  ],
  [
    { volumes: ["/b:/c:rslave", "data:/d:ro,nocopy"] },
    {
      mounts: [
        {
          type: "bind",
          target: "/c",
          source: "/b",
          readOnly: undefined,
          bindOptions: { propagation: "rslave" },
          volumeOptions: undefined,
          tmpfsOptions: undefined,
        },
        {
          type: "volume",
          target: "/d",
          source: "data",
          readOnly: true,
          bindOptions: undefined,
          volumeOptions: { noCopy: true },
          tmpfsOptions: undefined,
        },
      ],
    },
  ],
  [
    { volumes: [{ source: "data", target: "/d", volume: { subpath: "in" } }] },
    {
      mounts: [
        {
          type: "volume",
          target: "/d",
          source: "data",
          readOnly: undefined,
          bindOptions: undefined,
          volumeOptions: { noCopy: undefined, subpath: "in" },
          tmpfsOptions: undefined,
        },
      ],
    },
  ],
  [
    { networks: [{ name: "mynet", driverOpts: { a: "b=c", d: "" }, gwPriority: 5 }] },
    { networkMode: "bridge", networksAdvanced: [{ name: "mynet", driverOpts: ["a=b=c", "d="], gwPriority: 5 }] },
  ],
  [
    { volumes: [{ type: "tmpfs", target: "/t", tmpfs: { size: "1m", mode: 0o700 } }] },
    {
      mounts: [
        {
          type: "tmpfs",
          target: "/t",
          source: undefined,
          readOnly: undefined,
          bindOptions: undefined,
          volumeOptions: undefined,
          tmpfsOptions: { sizeBytes: 2 ** 20, mode: 0o700 },
        },
      ],
    },
  ],
  [{ tmpfs: ["/run", "/tmp:size=1m"] }, { tmpfs: { "/run": "", "/tmp": "size=1m" } }],
  [{ networkMode: "host" }, { networkMode: "host" }],
  [{ networkMode: "container:x1" }, { networkMode: "container:x1" }],
  [
    { networks: ["mynet", { name: "other", aliases: ["db"], ipv4Address: "10.0.0.2" }] },
    {
      networkMode: "mynet",
      networksAdvanced: [{ name: "mynet" }, { name: "other", aliases: ["db"], ipv4Address: "10.0.0.2" }],
    },
  ],
  [
    {
      networks: [
        { name: "mynet", linkLocalIps: ["169.254.1.1"], ipv6Address: "fd00::2", macAddress: "02:42:ac:11:00:02" },
      ],
    },
    {
      networkMode: "bridge",
      networksAdvanced: [
        { name: "mynet", linkLocalIps: ["169.254.1.1"], ipv6Address: "fd00::2", macAddress: "02:42:ac:11:00:02" },
      ],
    },
  ],
  [
    { networks: ["mynet"], macAddress: "02:42:ac:11:00:02" },
    { networkMode: "bridge", networksAdvanced: [{ name: "mynet", macAddress: "02:42:ac:11:00:02" }] },
  ],
  [{ restart: "always" }, { restart: "always" }],
  [{ restart: "on-failure:3" }, { restart: "on-failure", maxRetryCount: 3 }],
  [{ mode: "replicated-job" }, { mustRun: false }],
  [{ mode: "replicated" }, { mustRun: true }],
  [{ user: "root" }, { user: "root" }],
  [{ groupAdd: ["video", 44] }, { groupAdds: ["video", "44"] }],
  [{ workingDir: "/code" }, { workingDir: "/code" }],
  [
    { hostname: "h1", domainname: "d.org" },
    { hostname: "h1", domainname: "d.org" },
  ],
  [{ capAdd: ["NET_ADMIN"] }, { capabilities: { adds: ["NET_ADMIN"], drops: undefined } }],
  [{ capDrop: ["ALL"] }, { capabilities: { adds: undefined, drops: ["ALL"] } }],
  [
    { privileged: true, readOnly: true },
    { privileged: true, readOnly: true },
  ],
  [{ securityOpt: ["no-new-privileges"] }, { securityOpts: ["no-new-privileges"] }],
  [
    { devices: ["/dev/sda:/dev/xvda:r"] },
    { devices: [{ hostPath: "/dev/sda", containerPath: "/dev/xvda", permissions: "r" }] },
  ],
  [{ deviceCgroupRules: ["c 42:* rmw"] }, { deviceCgroupRules: ["c 42:* rmw"] }],
  [
    { gpus: [{ deviceIds: ["0", "1"] }] },
    {
      deviceRequests: [
        { driver: "", count: undefined, deviceIds: ["0", "1"], capabilities: ["gpu"], options: undefined },
      ],
    },
  ],
  [{ runtime: "nvidia" }, { runtime: "nvidia" }],
  [
    {
      healthcheck: {
        test: ["CMD", "true"],
        interval: "90s",
        timeout: "500ms",
        startPeriod: "1h",
        startInterval: 1,
        retries: 4,
      },
    },
    {
      healthcheck: {
        tests: ["CMD", "true"],
        interval: "1m30s",
        timeout: "500ms",
        startPeriod: "1h0m0s",
        startInterval: "1s",
        retries: 4,
      },
    },
  ],
  [
    { healthcheck: { interval: 5 } },
    {
      healthcheck: {
        tests: [],
        interval: "5s",
        timeout: undefined,
        startPeriod: undefined,
        startInterval: undefined,
        retries: undefined,
      },
    },
  ],
  [
    { logging: { driver: "json-file", options: { "max-size": "100m" } } },
    { logDriver: "json-file", logOpts: { "max-size": "100m" } },
  ],
  [{ ulimits: { nofile: { soft: 1, hard: 2 } } }, { ulimits: [{ name: "nofile", soft: 1, hard: 2 }] }],
  [{ sysctls: { "net.core.somaxconn": 1024 } }, { sysctls: { "net.core.somaxconn": "1024" } }],
  [{ extraHosts: { db: "10.0.0.2" } }, { hosts: [{ host: "db", ip: "10.0.0.2" }] }],
  [
    { dns: ["8.8.8.8"], dnsOpt: ["ndots:2"], dnsSearch: ["a.org"] },
    { dns: ["8.8.8.8"], dnsOpts: ["ndots:2"], dnsSearches: ["a.org"] },
  ],
  [{ init: true }, { init: true }],
  [{ stopSignal: "SIGQUIT" }, { stopSignal: "SIGQUIT" }],
  [{ stopGracePeriod: "90s" }, { stopTimeout: 90, destroyGraceSeconds: 90 }],
  [{ stopGracePeriod: "1500ms" }, { stopTimeout: 2, destroyGraceSeconds: 2 }],
  [
    { tty: true, stdinOpen: true },
    { tty: true, stdinOpen: true },
  ],
  [{ shmSize: "1g" }, { shmSize: 1024 }],
  // The provider counts in MiB.
  [{ shmSize: "100k" }, { shmSize: 1 }],
  [{ memLimit: "6.5m" }, { memory: 7, memorySwap: 14 }],
  [
    { memLimit: "1g", memswapLimit: 2 ** 30 + 1 },
    { memory: 1024, memorySwap: 1025 },
  ],
  [
    { memLimit: 8073741824, memReservation: 1 },
    { memory: 7700, memorySwap: 15400, memoryReservation: 1 },
  ],
  [{ memLimit: "512m" }, { memory: 512, memorySwap: 1024 }],
  [
    { memLimit: "512m", memswapLimit: -1 },
    { memory: 512, memorySwap: -1 },
  ],
  [
    { memLimit: "512m", memswapLimit: "600m" },
    { memory: 512, memorySwap: 600 },
  ],
  [{ memReservation: "64m" }, { memoryReservation: 64 }],
  [{ cpus: 0.5 }, { cpus: "0.5" }],
  [{ cpus: "1.50" }, { cpus: "1.5" }],
  [
    { cpuShares: 512, cpuset: "0-1" },
    { cpuShares: 512, cpuSet: "0-1" },
  ],
  [
    { cpuPeriod: 100000, cpuQuota: "50ms" },
    { cpuPeriod: 100000, cpuQuota: 50000 },
  ],
  [
    { ipc: "shareable", pid: "host", usernsMode: "host", cgroup: "private" },
    { ipcMode: "shareable", pidMode: "host", usernsMode: "host", cgroupnsMode: "private" },
  ],
  [
    { cgroupParent: "/berth", storageOpt: { size: "10G" } },
    { cgroupParent: "/berth", storageOpts: { size: "10G" } },
  ],
  [
    {
      blkioConfig: {
        deviceReadBps: [{ path: "/dev/a", rate: "1m" }],
        deviceWriteBps: [{ path: "/dev/b", rate: 5 }],
        deviceReadIops: [{ path: "/dev/c", rate: 6 }],
        deviceWriteIops: [{ path: "/dev/d", rate: 7 }],
      },
    },
    {
      deviceReadBps: [{ path: "/dev/a", rate: 2 ** 20 }],
      deviceWriteBps: [{ path: "/dev/b", rate: 5 }],
      deviceReadIops: [{ path: "/dev/c", rate: 6 }],
      deviceWriteIops: [{ path: "/dev/d", rate: 7 }],
    },
  ],
  [
    { labels: { a: "1", b: 2 } },
    {
      labels: [
        { label: "a", value: "1" },
        { label: "b", value: "2" },
      ],
    },
  ],
  [
    {
      secrets: [
        { source: "key", content: "k" },
        { source: "bound", file: "/etc/key" },
      ],
      configs: [{ source: "app.conf", target: "/etc/app.conf", content: "c", uid: "33", gid: "44", mode: 0o640 }],
    },
    {
      uploads: [
        { file: "/run/secrets/key", content: "k", permissions: "0444" },
        { file: "/etc/app.conf", content: "c", permissions: "0640", owner: "33", group: "44" },
      ],
    },
  ],
];

test.each(CASES)("%j", (given, expected) => {
  expect(mapped(given)).toEqual({ ...BARE, ...expected });
});

test("the cases above reach every argument that is mapped", () => {
  const reached = new Set(CASES.flatMap(([given]) => Object.keys(mapped(given))));
  expect([...reached].sort()).toEqual(Object.keys(ARGUMENTS).sort());
});

test("every field of a service is mapped, set on what lives, refused, or berth's own", () => {
  const used = new Set(Object.values(ARGUMENTS).flatMap((mapping) => mapping.from));
  const { PARSERS } = jest.requireActual<typeof import("../../../../core/description/service")>(
    "../../../../core/description/service",
  );
  const left = Object.keys(PARSERS).filter(
    (field) => !used.has(field as never) && !(field in REFUSED) && !(field in LIMITS),
  );
  // Whether the image may be fetched, and how many containers there may be, the engine layer checks itself.
  expect(left).toEqual(["pullPolicy", "replicas", "waitTimeout"]);
});

test.each(Object.keys(REFUSED) as (keyof ServiceSpec)[])("%s is refused with a reason and a remedy", (field) => {
  const [problem, remedy] = REFUSED[field]!;
  expect(problem).toMatch(/\w{3}/);
  expect(remedy).toMatch(/\w{3}/);
  expect(ARGUMENTS).not.toHaveProperty(field);
});

test("the refused fields are those that the provider has no argument for", () => {
  expect(Object.keys(REFUSED).sort()).toEqual(
    [
      "annotations",
      "isolation",
      "kernelMemory",
      "links",
      "memSwappiness",
      "oomKillDisable",
      "oomScoreAdj",
      "uts",
    ].sort(),
  );
});

test.each<[Partial<ServiceDescription>, string]>([
  [
    { command: ["a", ""] },
    "command[1]: the Docker provider cannot pass an empty argument; set entrypoint too: then the whole line goes through the entrypoint.",
  ],
  [
    { command: ["a", ""], entrypoint: "" },
    "command[1]: the Docker provider cannot pass an empty argument; set entrypoint too: then the whole line goes through the entrypoint.",
  ],
  [
    { dns: ["8.8.8.8", "1.1.1.1"] },
    "dns: the Docker provider cannot keep the order 8.8.8.8, 1.1.1.1; write 1.1.1.1, 8.8.8.8 if the order does not matter, or set it in the engine's daemon.json.",
  ],
  [
    { dnsSearch: ["b.org", "a.org", "c.org"] },
    expect.stringMatching(
      /^dnsSearch: the Docker provider cannot keep the order b\.org, a\.org, c\.org; write .* if the order does not matter/,
    ) as never,
  ],
  [
    { volumes: ["data:/a", "/b:/c:z,rslave"] },
    "volumes[1]: the Docker provider cannot set z or Z together with a propagation mode or nocopy; keep one of them.",
  ],
  [
    { stopGracePeriod: 0 },
    'stopGracePeriod: the Docker provider takes 0s for none, and the engine then waits 10s; use "1s", or stopSignal: "SIGKILL" to kill at once.',
  ],
])("%j is refused", (given, message) => {
  expect(refusal(() => mapped(given))).toEqual(message);
});

test("dns in the provider's own order passes", () => {
  expect(mapped({ dns: ["1.1.1.1", "8.8.8.8"] })).toMatchObject({ dns: ["1.1.1.1", "8.8.8.8"] });
});

describe("environment", () => {
  const spec = {
    image: "x",
    envFile: [
      { values: { A: "1", B: "1", C: "1" }, secret: false },
      { values: { B: "2", HIDDEN: "h" }, secret: true },
    ],
    environment: { C: "3", DB_PASSWORD: "p" },
  } as ServiceSpec;

  test("later files win over earlier ones, variables over files", () => {
    expect(environmentOf(spec)).toEqual({ A: "1", B: "2", C: "3", HIDDEN: "h", DB_PASSWORD: "p" });
    expect(mappedSpec(spec).envs).toEqual(["A=1", "B=2", "C=3", "HIDDEN=h", "DB_PASSWORD=p"]);
  });

  test("secret are names that say so, and whole files that are", () => {
    expect([...secretNames(spec)].sort()).toEqual(["B", "DB_PASSWORD", "HIDDEN"]);
  });
});

test.each<[Partial<ServiceDescription>, boolean]>([
  [{}, true],
  [{ restart: "no" }, true],
  [{ restart: "on-failure:3" }, true],
  [{ mode: "replicated-job", ports: ["80:80"] }, true],
  [{ ports: [] }, true],
  [{ restart: "always" }, false],
  [{ restart: "unless-stopped" }, false],
  [{ ports: ["80:80"] }, false],
  [{ publishAll: true }, false],
  [{ healthcheck: { test: "true" } }, false],
])("%j may end by itself: %s", (given, expected) => {
  expect(mayEnd(parseService({ image: "nginx", ...given }, { projectFolder: "/srv", outer: {} }))).toBe(expected);
});

test("each argument is changed by exactly one party, or replaces", () => {
  const inPlace = [...CHANGED_BY_PROVIDER, ...CHANGED_BY_BERTH] as string[];
  expect(new Set(inPlace).size).toBe(inPlace.length);
  for (const key of inPlace) expect(Object.keys(ARGUMENTS)).toContain(key);
  // What the provider changes itself must be compared by it; all else is decided by the hash.
  for (const key of CHANGED_BY_PROVIDER) expect(IGNORED).not.toContain(key);
  for (const key of ["mustRun", "destroyGraceSeconds"]) expect(IGNORED).not.toContain(key);
  const rest = Object.keys(ARGUMENTS).filter((key) => !(CHANGED_BY_PROVIDER as readonly string[]).includes(key));
  expect([...IGNORED].sort()).toEqual(rest.filter((key) => !["mustRun", "destroyGraceSeconds"].includes(key)).sort());
});
