import { join } from "node:path";
import { folder, load, notices, parse, service } from "./compose";

const network = [{ name: "demo_default", aliases: ["a"] }];

// docker compose config gives these values; units are bytes.
test.each<[lines: string, expected: object]>([
  [
    "ports: ['127.0.0.1:5000-5001:6000-6001/udp']",
    {
      ports: [
        { hostIp: "127.0.0.1", published: "5000", target: 6000, protocol: "udp" },
        { hostIp: "127.0.0.1", published: "5001", target: 6001, protocol: "udp" },
      ],
    },
  ],
  ["external_links: [db, 'cache:redis']", { links: ["db", "cache:redis"] }],
  ["command: npm install && npm start", { command: "npm install" }],
  [`command: sh -c 'a; b';`, { command: "sh -c 'a; b'" }],
  ["command: a 2>&1", { command: "a" }],
  ["entrypoint: a b2>&1 c", { entrypoint: "a b2" }],
  ["command: a x=1|b", { command: "a x=1" }],
  ["command: 'a `b|c` \\; d'", { command: "a `b|c` \\; d" }],
  [
    "ports: [9000, '[::1]:7000:7001', '6000:6000/UDP']",
    {
      ports: [
        { target: 9000, protocol: "tcp" },
        { hostIp: "::1", published: "7000", target: 7001, protocol: "tcp" },
        { published: "6000", target: 6000, protocol: "udp" },
      ],
    },
  ],
  [
    "ports: [{target: 80, published: '8081', host_ip: '::1', protocol: udp, mode: host}]",
    {
      ports: [{ target: 80, published: "8081", hostIp: "::1", protocol: "udp" }],
      // A single engine knows no modes; a Swarm does.
      swarm: { publishMode: { 80: "host" } },
    },
  ],
  [
    `deploy:
  mode: global
  endpoint_mode: dnsrr
  labels: [team=web]
  update_config: {parallelism: 2, delay: 10s, failure_action: rollback, monitor: 20s, max_failure_ratio: 0.15, order: start-first}
  rollback_config: {order: start-first}
  placement: {constraints: [node.role == worker], preferences: [{spread: node.labels.zone}], max_replicas_per_node: 2}
  restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m}
  resources:
    reservations:
      cpus: "0.25"
      generic_resources: [{discrete_resource_spec: {kind: SSD, value: 2}}]`,
    {
      restart: "on-failure:3",
      swarm: {
        global: true,
        endpointMode: "dnsrr",
        labels: { team: "web" },
        updateConfig: {
          parallelism: 2,
          delay: "10s",
          failureAction: "rollback",
          monitor: "20s",
          maxFailureRatio: 0.15,
          order: "start-first",
        },
        rollbackConfig: { order: "start-first" },
        placement: {
          constraints: ["node.role == worker"],
          preferences: [{ spread: "node.labels.zone" }],
          maxReplicasPerNode: 2,
        },
        restartPolicy: { delay: "5s", window: "2m" },
        reservations: { cpus: "0.25", genericResources: { SSD: 2 } },
      },
    },
  ],
  [
    "volumes: ['/anon', './x:/y/:ro,Z', {type: bind, source: /s, target: /t, bind: {create_host_path: false, propagation: rslave}}]",
    {
      volumes: [
        { type: "volume", target: "/anon" },
        {
          type: "bind",
          source: join(folder, "x"),
          target: "/y",
          readOnly: true,
          bind: { createHostPath: true, selinux: "Z" },
        },
        { type: "bind", source: "/s", target: "/t", bind: { createHostPath: false, propagation: "rslave" } },
      ],
    },
  ],
  [
    "volumes: [{type: tmpfs, target: /tt, tmpfs: {size: 1m, mode: 01777}}, {type: bind, source: /s, target: /t}]",
    {
      volumes: [
        { type: "tmpfs", target: "/tt", tmpfs: { size: 1048576, mode: 0o1777 } },
        { type: "bind", source: "/s", target: "/t", bind: { createHostPath: true } },
      ],
    },
  ],
  [
    "mem_limit: 1g\nmemswap_limit: 2gb\nshm_size: 64M\ncpus: '0.5'\npids_limit: 0\nstop_grace_period: 1m30s",
    {
      memLimit: 1073741824,
      memswapLimit: 2147483648,
      shmSize: 67108864,
      cpus: 0.5,
      stopGracePeriod: "1m30s",
    },
  ],
  [
    "deploy: {resources: {limits: {cpus: '1.5', memory: 50M, pids: 7}, reservations: {memory: 20M, devices: [{capabilities: [gpu], count: 1, driver: nvidia}]}}}",
    {
      cpus: 1.5,
      memLimit: 52428800,
      pidsLimit: 7,
      memReservation: 20971520,
      gpus: [{ capabilities: ["gpu"], count: 1, driver: "nvidia" }],
    },
  ],
  [
    "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [compute, video]}]}}}",
    { gpus: [{ capabilities: ["compute", "video"], count: 1, driver: "nvidia" }] },
  ],
  [
    "gpus: [{driver: nvidia, capabilities: [compute]}]",
    { gpus: [{ capabilities: ["gpu", "compute"], count: "all", driver: "nvidia" }] },
  ],
  ["platform: ''", {}],
  [
    "deploy: {restart_policy: {condition: on-failure, max_attempts: 2}, replicas: 3}\nrestart: always",
    {
      restart: "on-failure:2",
      replicas: 3,
    },
  ],
  ["deploy: {restart_policy: {condition: any}}", { restart: "always" }],
  ["deploy: {mode: replicated-job}", { mode: "replicated-job" }],
  ["scale: 0", { replicas: 0 }],
  ["gpus: all", { gpus: [{ count: "all" }] }],
  ["gpus: [{device_ids: ['0', '2'], options: {a: b}}]", { gpus: [{ deviceIds: ["0", "2"], options: { a: "b" } }] }],
  ["healthcheck: {test: [NONE]}", { healthcheck: { test: ["NONE"] } }],
  ["healthcheck: {disable: true, test: x}", { healthcheck: { disable: true } }],
  [
    "healthcheck: {test: curl x, interval: 1m, timeout: 5s, retries: 3, start_period: 2s, start_interval: 1s}",
    {
      healthcheck: {
        test: "curl x",
        interval: "1m",
        timeout: "5s",
        retries: 3,
        startPeriod: "2s",
        startInterval: "1s",
      },
    },
  ],
  [
    "devices: ['/dev/fuse', '/dev/a:/dev/b:r']",
    {
      devices: [
        { source: "/dev/fuse", target: "/dev/fuse", permissions: "rwm" },
        { source: "/dev/a", target: "/dev/b", permissions: "r" },
      ],
    },
  ],
  [
    "network_mode: host\nipc: shareable\npid: host\nuserns_mode: host\ncgroup: private",
    {
      networkMode: "host",
      ipc: "shareable",
      pid: "host",
      usernsMode: "host",
      cgroup: "private",
    },
  ],
  ["pull_policy: if_not_present", { pullPolicy: "missing" }],
  ["tty: 'on'\nread_only: true\nprivileged: false", { tty: true, readOnly: true, privileged: false }],
  [
    "blkio_config: {weight: 300, device_read_bps: [{path: /dev/sda, rate: 1m}], device_write_iops: [{path: /dev/sda, rate: 30}]}",
    {
      blkioConfig: {
        weight: 300,
        deviceReadBps: [{ path: "/dev/sda", rate: "1m" }],
        deviceWriteIops: [{ path: "/dev/sda", rate: 30 }],
      },
    },
  ],
  ["entrypoint: ''\ncommand: []", { entrypoint: "", command: [] }],
  [
    "annotations: {a: 1}\nuts: host\noom_kill_disable: true",
    { annotations: { a: "1" }, uts: "host", oomKillDisable: true },
  ],
])("%s", (lines, expected) => {
  const { image, networks, ...rest } = service(lines);
  expect(image).toBe("nginx");
  if (!lines.includes("network_mode")) expect(networks).toEqual(network);
  expect(rest).toEqual(expected);
});

test("networks: the highest priority is joined first, then by name; every one knows the service by its key", () => {
  const { services, networks } = parse(`services:
  web: {image: x, networks: {b: , a: {aliases: [www, web]}, z: {priority: 9, ipv4_address: 10.0.0.9}}, mac_address: "02:42:ac:11:00:02"}
networks:
  a: {name: shared, external: true}
  b: {driver: macvlan, driver_opts: {parent: eth0}, internal: true, enable_ipv6: true, attachable: false, labels: [k=v]}
  z: {ipam: {driver: default, config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1, ip_range: 10.0.0.0/25, aux_addresses: {h: 10.0.0.7}}]}}
`);
  expect(services.web!.networks).toEqual([
    { name: "demo_z", aliases: ["web"], ipv4Address: "10.0.0.9", macAddress: "02:42:ac:11:00:02" },
    { name: "shared", aliases: ["web", "www"] },
    { name: "demo_b", aliases: ["web"] },
  ]);
  expect(networks).toEqual({
    a: { name: "shared", external: true },
    b: {
      name: "demo_b",
      driver: "macvlan",
      driverOpts: { parent: "eth0" },
      internal: true,
      attachable: false,
      enableIpv6: true,
      labels: { k: "v" },
    },
    z: {
      name: "demo_z",
      ipam: {
        driver: "default",
        config: [
          { subnet: "10.0.0.0/24", gateway: "10.0.0.1", ipRange: "10.0.0.0/25", auxAddresses: { h: "10.0.0.7" } },
        ],
      },
    },
  });
});

test("volumes have the project's name before theirs, their own, or are there already", () => {
  const { services, volumes } = parse(`services:
  web: {image: x, volumes: ["one:/1", "two:/2:z", {type: volume, source: ext, target: /3, volume: {nocopy: true, subpath: in}}]}
volumes: {one: , two: {name: named, driver: local, driver_opts: {type: none, o: bind, device: ./dev}}, ext: {external: true}}
`);
  expect(services.web!.volumes).toEqual([
    { type: "volume", source: "demo_one", target: "/1" },
    "named:/2:rw,z",
    { type: "volume", source: "ext", target: "/3", volume: { nocopy: true, subpath: "in" } },
  ]);
  expect(volumes).toEqual({
    one: { name: "demo_one" },
    two: { name: "named", driver: "local", driverOpts: { type: "none", o: "bind", device: join(folder, "dev") } },
    ext: { name: "ext", external: true },
  });
});

test("devices of the Container Device Interface are one request for GPUs, beside the paths", () => {
  const { services } = parse(`services:
  web:
    image: x
    devices: [nvidia.com/gpu=0, /dev/fuse, "nvidia.com/gpu=1"]
    networks: {n: {gw_priority: 3, driver_opts: {a: b}}, m: {gw_priority: 0}, o: {interface_name: lan0}}
networks: {n: , m: , o: }
`);
  expect(services.web).toMatchObject({
    devices: [{ source: "/dev/fuse" }],
    gpus: [{ driver: "cdi", deviceIds: ["nvidia.com/gpu=0", "nvidia.com/gpu=1"] }],
    networks: [
      { name: "demo_m", aliases: ["web"] },
      { name: "demo_n", aliases: ["web"], driverOpts: { a: "b" }, gwPriority: 3 },
      { name: "demo_o", aliases: ["web"], driverOpts: { "com.docker.network.endpoint.ifname": "lan0" } },
    ],
  });
});

test("namespaces, volumes and links of other services become names of containers, and dependencies", () => {
  const file = `services:
  a: {image: x, ipc: "service:b", volumes_from: ["c:ro", "container:other"], links: ["c", "d:db"]}
  b: {image: y, network_mode: "service:c"}
  c: {image: z, container_name: cee}
  d: {image: w}
`;
  const { services } = parse(file);
  expect(services.a).toMatchObject({
    ipc: "container:demo-b-1",
    volumesFrom: ["cee:ro", "other"],
    dependsOn: {
      b: { condition: "service_started", restart: true },
      c: { condition: "service_started", restart: true },
      d: { condition: "service_started", restart: true },
    },
  });
  expect(services.a).not.toHaveProperty("links");
  expect(services.b).toMatchObject({ networkMode: "container:cee" });
  expect(services.b).not.toHaveProperty("networks");
  expect(services.d!.networks).toEqual([{ name: "demo_default", aliases: ["d", "db"] }]);
  expect(notices(file)).toEqual([
    "note services.a.links[0]: is legacy and needs nothing: a finds c by its name on the network default",
    "note services.a.links[1]: is legacy: d gets the alias db on the network default, where every service finds it by that name",
  ]);
});

test("secrets and configs stand in the services, with where they come from", () => {
  const { services } = parse(
    `services:
  a:
    image: x
    secrets: [one, {source: two, target: other, uid: "1", gid: "2", mode: "0400"}]
    configs: [{source: text, target: /etc/t, mode: 0440}]
secrets: {one: {file: ./one}, two: {environment: TWO}}
configs: {text: {content: "hi $\${x} \${TWO}"}}
`,
    { TWO: "2" },
  );
  expect(services.a!.secrets).toEqual([
    { source: "one", file: join(folder, "one") },
    { source: "two", target: "other", environment: "TWO", uid: "1", gid: "2", mode: 0o400 },
  ]);
  expect(services.a!.configs).toEqual([{ source: "text", target: "/etc/t", content: "hi ${x} 2", mode: 0o440 }]);
});

test("build: the image is named for project and service, and arguments without a value take the environment's", () => {
  const { services } = parse(
    `services:
  a: {build: ./ctx}
  b:
    image: own
    build: {context: ., dockerfile: D, args: [A=1, HOME, NONE], target: t, tags: ["x:1"], labels: {q: w}, extra_hosts: ["h:1.1.1.1"],
      platforms: [linux/amd64], shm_size: 1m, no_cache: true, pull: true, network: host, cache_from: [x:cache], ssh: [], privileged: false}
`,
    { HOME: "/h" },
  );
  expect(services.a).toEqual({ image: "demo-a", build: { context: join(folder, "ctx") }, networks: network });
  expect(services.b).toMatchObject({
    image: "own",
    build: {
      context: folder,
      dockerfile: "D",
      args: { A: "1", HOME: "/h" },
      target: "t",
      tags: ["x:1"],
      labels: { q: "w" },
      extraHosts: ["h:1.1.1.1"],
      platforms: ["linux/amd64"],
      shmSize: 1048576,
      noCache: true,
      pull: true,
      network: "host",
      cacheFrom: ["x:cache"],
    },
  });
});

test("files of variables stay files, and files of labels are read", () => {
  const { services, root } = load({
    "compose.yaml":
      "services: {a: {image: x, env_file: [a.env, {path: gone.env, required: false}, {path: r.env, format: raw}], label_file: l.env, labels: {b: own}}}",
    "a.env": "A=1",
    "r.env": "B='x'",
    "l.env": "a=1\nb=$a\nc=${a}2",
  });
  expect(services.a).toMatchObject({
    envFile: [
      { path: join(root, "a.env") },
      { path: join(root, "gone.env"), required: false },
      { path: join(root, "r.env"), format: "raw" },
    ],
    labels: { a: "1", b: "own", c: "12" },
  });
});

test.each([
  ["host", "on the host's network, where the service listens on the host's ports itself"],
  ["none", "without a network"],
])("ports are discarded with network_mode: %s, as docker does, and that is said", (mode, where) => {
  const lines = `network_mode: ${mode}\nports: ["80:80"]`;
  expect(service(lines)).not.toHaveProperty("ports");
  const file = `services:\n  a:\n    image: a:1\n    network_mode: ${mode}\n    ports: ["80:80"]`;
  expect(notices(file)).toEqual([expect.stringContaining(`docker discards published ports ${where}`)]);
});

test("sizes stay as they are, and what the provider makes of them is told once", () => {
  const lines = [
    "mem_limit: 8073741824",
    "mem_reservation: 1g",
    "memswap_limit: -1",
    "shm_size: 10.24g",
    "deploy: { resources: { limits: { memory: 8073741824b } } }",
  ];
  expect(service(lines.join("\n"))).toMatchObject({ memLimit: 8073741824, memswapLimit: -1 });
  expect(notices(`services:\n  a:\n    image: nginx\n${lines.map((line) => `    ${line}\n`).join("")}`)).toEqual([
    "note services.a.mem_limit: 8073741824 becomes 7700m on Docker, whose provider counts in MiB",
    "note services.a.shm_size: 10.24g becomes 10486m on Docker, whose provider counts in MiB",
  ]);
});

test("a network mode that is the name of a network joins it, beside one of the project that has the name as its key", () => {
  const { services, networks } = parse(
    "services:\n  a:\n    image: nginx\n    network_mode: mynet\n  b:\n    image: nginx\n    networks: [mynet]\n" +
      "  c:\n    image: nginx\n    network_mode: demo_mynet\n  d:\n    image: nginx\n    network_mode: default\n" +
      "networks:\n  mynet:\n",
  );
  expect(services.a!.networks).toEqual([{ name: "mynet" }]);
  expect(services.b!.networks).toEqual([{ name: "demo_mynet", aliases: ["b"] }]);
  expect(services.c!.networks).toEqual([{ name: "demo_mynet" }]);
  expect(services.d).toEqual({ image: "nginx", networkMode: "bridge" });
  expect(networks).toEqual({ mynet: { name: "demo_mynet" }, mynet_: { name: "mynet", external: true } });
});

test("a network mode that is empty gives no network in Compose, which is told", () => {
  expect(notices('services:\n  a:\n    image: nginx\n    network_mode: ""\n')).toEqual([
    "warning services.a.network_mode: is empty, and Compose gives the container no network then: write none, or leave it out",
  ]);
});

// As Go prints numbers, on which Compose is built; docker compose config gives these.
test("numbers in the environment", () => {
  const values = "{A: -0, B: -0.0, C: -00, D: 1e6, E: 999999.0, F: 1000000.5, G: 0.00001, H: 0.0001, I: 1e21}";
  expect(service(`environment: ${values}`).environment).toEqual({
    A: "-0",
    B: "-0",
    C: "0",
    D: "1e+06",
    E: "999999",
    F: "1.0000005e+06",
    G: "1e-05",
    H: "0.0001",
    I: "1e+21",
  });
  expect(service("mem_limit: 1e9").memLimit).toBe(1000000000);
  expect(
    service(
      "environment: {A: 18446744073709551615, B: 18446744073709551616, C: -9223372036854775809, D: 0x10000000000000000}",
    ).environment,
  ).toEqual({
    A: "18446744073709551615",
    B: "1.8446744073709552e+19",
    C: "-9.223372036854776e+18",
    D: "0x10000000000000000",
  });
});

test("a name of a container may stand twice where profiles switch one of the services off", () => {
  const { services } = parse(
    "services:\n  a: {image: x, container_name: same}\n  b: {image: x, container_name: same, profiles: [other]}\n",
  );
  expect(Object.keys(services)).toEqual(["a"]);
});

test("characters that look like others, where Compose takes them as they stand", () => {
  const environment = ["TZ\uff1dx", "\u201cA=b\u201d", "C=d"].map((item) => `      - ${item}\n`).join("");
  expect(notices(`services:\n  a:\n    image: nginx\n    environment:\n${environment}`)).toEqual([
    "warning services.a.environment[0]: holds \uff1d (U+FF1D), which only looks like =, and Compose takes it as it stands: write =",
    'warning services.a.environment[1]: holds \u201c (U+201C), which only looks like ", and Compose takes it as it stands: write "',
  ]);
  const text =
    "labels: { title: '\u8bf4\u660e\uff1a\u597d \u201cx\u201d', more: \"a\\u00a0b\" }\n    command: |\n      \u3000x";
  expect(notices(`services:\n  a:\n    image: nginx\n    ${text}\n`)).toEqual([]);
});

test("what Compose drops from a command is said", () => {
  const said = (command: string) => notices(`services:\n  a:\n    image: nginx\n    command: ${command}\n`);
  expect(said("npm install && npm start")).toEqual([
    expect.stringContaining(
      `Compose reads this without a shell and drops "&& npm start"; write sh -c '...' around all of it`,
    ),
  ]);
  for (const command of ["sh -c 'a; b';", 'sh -c "a && b"', "a"]) expect(said(command)).toEqual([]);
});
