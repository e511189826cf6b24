import {
  BESIDE,
  checkVersion,
  REFUSED,
  type References,
  type SwarmSpec,
  swarmSpec,
} from "../../../../core/mapping/swarm";
import type { SwarmOptions } from "../../../../core/description/swarmOptions";
import { parseService, PARSERS } from "../../../../core/description/service";
import type { ServiceDescription } from "../../../../core/description/types";
import { refusal } from "../../refusal";

const OWN = { "berth.stack": "berth/test" };
const REFERENCES: References = { image: "nginx", networks: { backend: "id-of-backend" }, secrets: [], configs: [] };

function mapped(
  given: Partial<ServiceDescription>,
  options: SwarmOptions = {},
  references: Partial<References> = {},
): SwarmSpec {
  const description = { image: "nginx", containerName: "web", ...given };
  const spec = parseService(description, { projectFolder: "/srv", outer: {} });
  return swarmSpec(spec, options, { ...REFERENCES, ...references }, OWN);
}

/** Without what is undefined, as the request has it. */
const sent = (spec: unknown) => JSON.parse(JSON.stringify(spec)) as SwarmSpec;
const container = (given: Partial<ServiceDescription>) => sent(mapped(given)).TaskTemplate.ContainerSpec;
const task = (given: Partial<ServiceDescription>, options?: SwarmOptions) => sent(mapped(given, options)).TaskTemplate;

const UPDATE = {
  Parallelism: 1,
  Delay: 0,
  FailureAction: "pause",
  Monitor: 5e9,
  MaxFailureRatio: 0,
  Order: "stop-first",
};

test("what `docker service create --name web nginx` sends", () => {
  expect(sent(mapped({}))).toEqual({
    Name: "web",
    Labels: OWN,
    TaskTemplate: {
      ContainerSpec: { Image: "nginx", StopGracePeriod: 1e10 },
      Resources: { Limits: {}, Reservations: {} },
      RestartPolicy: { Condition: "any", Delay: 5e9, MaxAttempts: 0, Window: 0 },
      Placement: {},
    },
    Mode: { Replicated: { Replicas: 1 } },
    UpdateConfig: UPDATE,
    RollbackConfig: UPDATE,
    EndpointSpec: { Mode: "vip" },
  });
});

const IN_CONTAINER: [Partial<ServiceDescription>, object][] = [
  [{ command: ["a", ""] }, { Args: ["a", ""] }],
  [{ entrypoint: "" }, { Command: [""] }],
  [{ entrypoint: ["/e"] }, { Command: ["/e"] }],
  [{ environment: { A: "1", B: "x=y" } }, { Env: ["A=1", "B=x=y"] }],
  [{ environment: { A: "1", NOWHERE: null } }, { Env: ["A=1", "NOWHERE"] }],
  [{ labels: { a: "b" } }, { Labels: { a: "b" } }],
  [{ hostname: "h" }, { Hostname: "h" }],
  [{ workingDir: "/w" }, { Dir: "/w" }],
  [{ user: "1000:1000" }, { User: "1000:1000" }],
  [{ groupAdd: ["audio", 44] }, { Groups: ["audio", "44"] }],
  [{ readOnly: true }, { ReadOnly: true }],
  [{ init: false }, { Init: false }],
  [
    { tty: true, stdinOpen: true },
    { TTY: true, OpenStdin: true },
  ],
  [
    { stopSignal: "SIGQUIT", stopGracePeriod: "1m30s" },
    { StopSignal: "SIGQUIT", StopGracePeriod: 9e10 },
  ],
  [
    { capAdd: ["net_admin", "CAP_CHOWN"], capDrop: ["ALL"] },
    { CapabilityAdd: ["CAP_NET_ADMIN", "CAP_CHOWN"], CapabilityDrop: ["ALL"] },
  ],
  [{ sysctls: { "net.core.somaxconn": 1024 } }, { Sysctls: { "net.core.somaxconn": "1024" } }],
  [{ ulimits: { nofile: { soft: 1, hard: 2 } } }, { Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }] }],
  [{ extraHosts: { db: "10.0.0.2", six: "fd00::1" } }, { Hosts: ["10.0.0.2 db", "fd00::1 six"] }],
  [
    { dns: ["10.0.0.2", "10.0.0.1"], dnsSearch: "lan", dnsOpt: ["ndots:1"] },
    { DNSConfig: { Nameservers: ["10.0.0.2", "10.0.0.1"], Search: ["lan"], Options: ["ndots:1"] } },
  ],
  [{ oomScoreAdj: -500 }, { OomScoreAdj: -500 }],
  [
    { securityOpt: ["no-new-privileges:true", "seccomp=unconfined", "apparmor:unconfined"] },
    { Privileges: { NoNewPrivileges: true, Seccomp: { Mode: "unconfined" }, AppArmor: { Mode: "disabled" } } },
  ],
  [
    { healthcheck: { test: "x", interval: "90s", timeout: 5, startPeriod: "1m", startInterval: "500ms", retries: 2 } },
    {
      Healthcheck: {
        Test: ["CMD-SHELL", "x"],
        Interval: 9e10,
        Timeout: 5e9,
        StartPeriod: 6e10,
        StartInterval: 5e8,
        Retries: 2,
      },
    },
  ],
  [{ healthcheck: { disable: true } }, { Healthcheck: { Test: ["NONE"] } }],
  [
    {
      volumes: [
        "data:/data:ro",
        "/anonymous",
        { type: "bind", source: "/host", target: "/h", bind: { propagation: "rshared", createHostPath: true } },
        { source: "v1", target: "/v", volume: { nocopy: true, subpath: "a/b" } },
        { type: "tmpfs", target: "/t", tmpfs: { size: "1m", mode: 0o1777 } },
      ],
      tmpfs: ["/run", "/tmp:size=2m,mode=755,noexec"],
      shmSize: "3m",
    },
    {
      Mounts: [
        { Type: "volume", Source: "data", Target: "/data", ReadOnly: true },
        { Type: "volume", Target: "/anonymous" },
        {
          Type: "bind",
          Source: "/host",
          Target: "/h",
          BindOptions: { Propagation: "rshared", CreateMountpoint: true },
        },
        { Type: "volume", Source: "v1", Target: "/v", VolumeOptions: { NoCopy: true, Subpath: "a/b" } },
        { Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 2 ** 20, Mode: 0o1777 } },
        { Type: "tmpfs", Target: "/run" },
        { Type: "tmpfs", Target: "/tmp", TmpfsOptions: { SizeBytes: 2 ** 21, Mode: 0o755 } },
        { Type: "tmpfs", Target: "/dev/shm", TmpfsOptions: { SizeBytes: 3 * 2 ** 20, Mode: 0o1777 } },
      ],
    },
  ],
];

test.each(IN_CONTAINER)("in the container: %j", (given, expected) => {
  expect(container(given)).toEqual({ Image: "nginx", StopGracePeriod: 1e10, ...expected });
});

test("resources, with GPUs as generic ones", () => {
  const given: Partial<ServiceDescription> = {
    cpus: "0.5",
    memLimit: "64m",
    memReservation: "8m",
    pidsLimit: 100,
    gpus: [{ count: 2, driver: "nvidia" }, { deviceIds: ["GPU-1"] }],
  };
  expect(task(given, { reservations: { cpus: 0.25, genericResources: { SSD: 1 } } }).Resources).toEqual({
    Limits: { NanoCPUs: 5e8, MemoryBytes: 64 * 2 ** 20, Pids: 100 },
    Reservations: {
      NanoCPUs: 2.5e8,
      MemoryBytes: 8 * 2 ** 20,
      GenericResources: [
        { DiscreteResourceSpec: { Kind: "NVIDIA-GPU", Value: 2 } },
        { NamedResourceSpec: { Kind: "NVIDIA-GPU", Value: "GPU-1" } },
        { DiscreteResourceSpec: { Kind: "SSD", Value: 1 } },
      ],
    },
  });
  expect(task({ pidsLimit: -1 }).Resources.Limits).toEqual({});
});

test.each([
  ["no", { Condition: "none", MaxAttempts: 0 }],
  ["always", { Condition: "any", MaxAttempts: 0 }],
  ["unless-stopped", { Condition: "any", MaxAttempts: 0 }],
  ["on-failure", { Condition: "on-failure", MaxAttempts: 0 }],
  ["on-failure:4", { Condition: "on-failure", MaxAttempts: 4 }],
] as const)("restart %s", (restart, expected) => {
  expect(task({ restart }, { restartPolicy: { delay: "500ms", window: 30 } }).RestartPolicy).toEqual({
    ...expected,
    Delay: 5e8,
    Window: 3e10,
  });
});

test("placement", () => {
  const placement = {
    constraints: ["node.role == worker"],
    preferences: [{ spread: "node.labels.zone" }],
    maxReplicasPerNode: 2,
  };
  expect(task({ platform: "linux/arm64/v8" }, { placement }).Placement).toEqual({
    Constraints: ["node.role == worker"],
    Preferences: [{ Spread: { SpreadDescriptor: "node.labels.zone" } }],
    MaxReplicas: 2,
    Platforms: [{ Architecture: "arm64", OS: "linux" }],
  });
});

test("networks by their ids, and host and bridge by their names", () => {
  expect(task({ networks: [{ name: "backend", aliases: ["api"], driverOpts: { a: "b" } }, "other"] }).Networks).toEqual(
    [{ Target: "id-of-backend", Aliases: ["api"], DriverOpts: { a: "b" } }, { Target: "other" }],
  );
  expect(task({ networkMode: "host" }).Networks).toEqual([{ Target: "host" }]);
});

test("ports go through the ingress unless said otherwise", () => {
  const ports = ["8080:80", "0.0.0.0:53:53/udp", "90"];
  const published = (options?: SwarmOptions) => sent(mapped({ ports }, options)).EndpointSpec;
  const port = (TargetPort: number, PublishedPort: number | undefined, Protocol = "tcp", PublishMode = "ingress") => ({
    ...(PublishedPort === undefined ? {} : { PublishedPort }),
    Protocol,
    TargetPort,
    PublishMode,
  });
  expect(published()).toEqual({ Mode: "vip", Ports: [port(80, 8080), port(53, 53, "udp"), port(90, undefined)] });
  expect(published({ publishMode: { 53: "host" } }).Ports![1]).toEqual(port(53, 53, "udp", "host"));
  expect(published({ publishMode: "host", endpointMode: "dnsrr" })).toMatchObject({
    Mode: "dnsrr",
    Ports: [{ PublishMode: "host" }, { PublishMode: "host" }, { PublishMode: "host" }],
  });
});

test("updates and rollbacks", () => {
  const updateConfig = {
    parallelism: 0,
    delay: "10s",
    failureAction: "rollback",
    monitor: 2,
    maxFailureRatio: 0.15,
    order: "start-first",
  } as const;
  const { UpdateConfig, RollbackConfig } = mapped({}, { updateConfig, rollbackConfig: { failureAction: "continue" } });
  expect(UpdateConfig).toEqual({
    Parallelism: 0,
    Delay: 1e10,
    FailureAction: "rollback",
    Monitor: 2e9,
    MaxFailureRatio: 0.15,
    Order: "start-first",
  });
  expect(RollbackConfig).toEqual({ ...UPDATE, FailureAction: "continue" });
});

test("modes", () => {
  expect(mapped({ replicas: 0 }).Mode).toEqual({ Replicated: { Replicas: 0 } });
  expect(mapped({ mode: "global" }).Mode).toEqual({ Global: {} });
  expect(mapped({ replicas: 1 }, { global: true }).Mode).toEqual({ Global: {} });
});

test("secrets and configs, labels, logging", () => {
  const file = { source: "s", target: "/run/secrets/s", mode: 0o400, uid: "33" };
  const spec = mapped(
    { logging: { driver: "json-file", options: { "max-size": "1m" } } },
    { labels: { team: "a", "berth.stack": "x" } },
    {
      secrets: [{ id: "i", name: "web-s-1", file }],
      configs: [{ id: "c", name: "web-c-1", file: { ...file, target: "/etc/c" } }],
    },
  );
  const File = { Name: "/run/secrets/s", UID: "33", GID: "0", Mode: 0o400 };
  expect(spec.TaskTemplate.ContainerSpec.Secrets).toEqual([{ SecretID: "i", SecretName: "web-s-1", File }]);
  expect(spec.TaskTemplate.ContainerSpec.Configs).toEqual([
    { ConfigID: "c", ConfigName: "web-c-1", File: { ...File, Name: "/etc/c" } },
  ]);
  expect(spec.TaskTemplate.LogDriver).toEqual({ Name: "json-file", Options: { "max-size": "1m" } });
  // Nobody takes the mark of the owner away.
  expect(spec.Labels).toEqual({ team: "a", "berth.stack": "berth/test" });
});

const REFUSALS: [Partial<ServiceDescription>, SwarmOptions, string][] = [
  [
    { ports: ["127.0.0.1:80:80"] },
    {},
    "ports[0]: Swarm publishes on every address of a node, not on 127.0.0.1 alone; ",
  ],
  [{ ports: ["80"] }, { publishMode: { 81: "host" } }, "swarm.publishMode.81: is no port of the service; "],
  [{ ports: ["80"] }, { publishMode: "both" as "host" }, 'swarm.publishMode: "both" is not known; '],
  [
    { ports: ["80:80"] },
    { endpointMode: "dnsrr" },
    "swarm.endpointMode: dnsrr has no single address that the ingress could send to; ",
  ],
  [{}, { endpointMode: "dns" as "vip" }, 'swarm.endpointMode: "dns" is not known; '],
  [{ networkMode: "none" }, {}, "networkMode: a task cannot have none: "],
  [{ networkMode: "container:x1" }, {}, "networkMode: a task cannot have container:x1: "],
  [
    { networks: [{ name: "n1", ipv4Address: "10.0.0.2" }] },
    {},
    "networks[0].ipv4Address: every task needs an address of its own",
  ],
  [{ networks: [{ name: "n1", gwPriority: 1 }] }, {}, "networks[0].gwPriority: every task needs"],
  [{ mode: "replicated-job" }, {}, "mode: the Docker provider cannot make Swarm jobs; "],
  [{ mode: "global", replicas: 2 }, {}, "replicas: a global service has one task on each node; "],
  [{ gpus: "all" }, {}, "gpus[0].count: Swarm reserves a number of GPUs, not all of a node; "],
  [{ gpus: [{ count: 1, options: { a: "b" } }] }, {}, "gpus[0].options: "],
  [{ gpus: [{ count: 1, driver: "cdi" }] }, {}, "gpus[0].driver: Swarm reserves GPUs by their kind, not through cdi; "],
  [{ gpus: [{ count: 1, capabilities: ["utility"] }] }, {}, "gpus[0].capabilities: Swarm cannot ask for utility; "],
  [{ volumes: ["./a:/a:z"] }, {}, "volumes[0]: Swarm relabels no folders for SELinux; "],
  [{ tmpfs: ["/a:uid=1"] }, {}, 'tmpfs./a: Swarm cannot set "uid=1"; '],
  [{ shmSize: "1m", tmpfs: ["/dev/shm"] }, {}, "shmSize: /dev/shm is mounted by volumes or tmpfs too; "],
  [{ securityOpt: ["label=disable"] }, {}, 'securityOpt[0]: Swarm cannot set "label=disable"; '],
  [{ logging: { options: { a: "b" } } }, {}, "logging.driver: is missing; "],
  [{}, { updateConfig: { order: "first" as "stop-first" } }, 'swarm.updateConfig.order: "first" is not known; '],
  [
    {},
    { updateConfig: { maxFailureRatio: 15 } },
    "swarm.updateConfig.maxFailureRatio: 15 is not a part of all tasks; ",
  ],
  [{}, { updateConfig: { delay: "soon" } }, 'swarm.updateConfig.delay: "soon" is not a duration; '],
  [{}, { updateConfig: { paralelism: 2 } as object }, "swarm.updateConfig.paralelism: is not a field of "],
  [
    {},
    { rollbackConfig: { failureAction: "rollback" as "pause" } },
    'swarm.rollbackConfig.failureAction: "rollback" is not known; ',
  ],
  [{}, { placement: { constraints: ["worker"] } }, 'swarm.placement.constraints[0]: "worker" is not a constraint; '],
  [{}, { placement: { maxReplicasPerNode: -1 } }, "swarm.placement.maxReplicasPerNode: -1 is not a whole number"],
  [{}, { reservations: { cpus: "much" } }, 'swarm.reservations.cpus: "much" is not a number of processors; '],
  [{}, { restartPolicy: { delays: 1 } as object }, "swarm.restartPolicy.delays: is not a field of "],
  [{}, { replicas: 3 } as object, "swarm.replicas: is not a field of "],
];

test.each(REFUSALS)("refused: %j %j", (given, options, message) => {
  expect(refusal(() => mapped(given, options))).toContain(message);
});

test.each([
  [
    { healthcheck: { test: "x", startInterval: "1s" } },
    "1.43",
    "healthcheck.startInterval: this engine's Swarm cannot set it (API 1.43, needed: 1.44); ",
  ],
  [{ securityOpt: ["no-new-privileges"] }, "1.41", "securityOpt: "],
  [{ volumes: [{ source: "v1", target: "/v", volume: { subpath: "a" } }] }, "1.44", "volumes: subpath: "],
  [{ oomScoreAdj: 5 }, "1.45", "oomScoreAdj: "],
])("too old an engine: %j", (given, version, message) => {
  const spec = parseService({ image: "nginx", ...given } as ServiceDescription, { projectFolder: "/srv", outer: {} });
  expect(refusal(() => checkVersion(spec, version))).toContain(message);
  expect(() => checkVersion(spec, "1.46")).not.toThrow();
});

/** One value of each field, to see that it arrives; files and image arrive by references. */
const SAMPLES: Partial<ServiceDescription> = Object.assign(
  {
    image: "other",
    containerName: "other",
    networks: ["backend"],
    networkMode: "host",
    ports: ["80:80"],
    platform: "linux/amd64",
    restart: "no",
    mode: "global",
    replicas: 2,
    gpus: [{ count: 1 }],
    logging: { driver: "syslog" },
    memLimit: "64m",
    memReservation: "8m",
    cpus: 1,
    pidsLimit: 5,
    secrets: [{ source: "s", content: "x" }],
    configs: [{ source: "s", content: "x" }],
  } satisfies Partial<ServiceDescription>,
  ...IN_CONTAINER.map(([given]) => given),
);

test("every field of the description arrives, is refused, or has a reason to stay out", () => {
  const fields = Object.keys(PARSERS) as (keyof ServiceDescription)[];
  const arrives = (field: keyof ServiceDescription) => {
    if (field === "image" || field === "secrets" || field === "configs") return true;
    if (SAMPLES[field] === undefined) return false;
    return JSON.stringify(mapped({ [field]: SAMPLES[field] })) !== JSON.stringify(mapped({}));
  };
  const places = (field: keyof ServiceDescription) =>
    [arrives(field), field in REFUSED, field in BESIDE].filter(Boolean);
  expect(fields.filter((field) => places(field).length !== 1)).toEqual([]);
});
