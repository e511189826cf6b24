import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineClient } from "../../../../core/engines/dockerApi/connection/client";
import { isHeldByEngine, parseListeners, parseRoutes, takeSnapshot } from "../../../../core/engines/dockerApi/snapshot";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const TAIL = "00000000:00000000 00:00000000 00000000     0        0 21234 1 0000000000000000 100 0 0 10 0";

test("listening TCP sockets", () => {
  const table = `${HEAD}   0: 00000000:0050 00000000:0000 0A ${TAIL}
   1: 0100007F:1F90 00000000:0000 0A ${TAIL}
   2: 3500007F:0035 00000000:0000 0A ${TAIL}
   3: 0100007F:C350 0100007F:1F90 01 ${TAIL}
   4: 0501A8C0:1A0B 00000000:0000 06 ${TAIL}
`;
  expect(parseListeners(table, "tcp")).toEqual([
    { ip: "", port: 80, protocol: "tcp" },
    { ip: "127.0.0.1", port: 8080, protocol: "tcp" },
    { ip: "127.0.0.53", port: 53, protocol: "tcp" },
  ]);
});

test("listening TCP sockets of IPv6", () => {
  const table = `${HEAD}   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A ${TAIL}
   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A ${TAIL}
   2: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A ${TAIL}
   3: 000080FE00000000FF5E1A0264B4C3FE:0016 00000000000000000000000000000000:0000 0A ${TAIL}
   4: B80D01200000000000000000010000FF:01BB 00000000000000000000000000000000:0000 0A ${TAIL}
`;
  expect(parseListeners(table, "tcp").map(({ ip, port }) => [ip, port])).toEqual([
    ["", 80],
    ["0:0:0:0:0:0:0:1", 631],
    ["127.0.0.1", 8080],
    ["fe80:0:0:0:21a:5eff:fec3:b464", 22],
    ["2001:db8:0:0:0:0:ff00:1", 443],
  ]);
});

test("UDP sockets listen in a state of their own", () => {
  const table = `${HEAD}  100: 00000000:0044 00000000:0000 07 ${TAIL}
  101: 0101A8C0:D431 08080808:0035 01 ${TAIL}
`;
  expect(parseListeners(table, "udp")).toEqual([{ ip: "", port: 68, protocol: "udp" }]);
  expect(parseListeners(table, "tcp")).toEqual([]);
});

test.each(["", HEAD, `${HEAD}\n`])("a table without sockets", (table) => {
  expect(parseListeners(table, "tcp")).toEqual([]);
});

test("routes, without the default one", () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
tun0\t0080000A\t00000000\t0001\t0\t0\t0\t0080FFFF\t0\t0\t0
wg0\t0200640A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;
  expect(parseRoutes(table).map(({ device, subnet }) => [device, subnet.text])).toEqual([
    ["docker0", "172.17.0.0/16"],
    ["eth0", "192.168.0.0/24"],
    ["tun0", "10.0.128.0/17"],
    ["wg0", "10.100.0.2/32"],
  ]);
});

test.each(["", "Iface\tDestination\n", "Iface\n\n  \n"])("a table without routes", (table) => {
  expect(parseRoutes(table)).toEqual([]);
});

describe("a snapshot", () => {
  const answers: Record<string, unknown> = {
    "/version": { ApiVersion: "1.41" },
    "/containers/json?all=1": [
      {
        Id: "c1",
        Names: ["/web", "/other/alias"],
        Image: "nginx",
        Status: "Up 2 hours (healthy)",
        Labels: { a: "b" },
        Ports: [
          { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
          { PrivatePort: 443, Type: "tcp" },
        ],
        Mounts: [
          { Type: "volume", Name: "data", Destination: "/data" },
          { Type: "bind", Source: "/srv", Destination: "/srv" },
        ],
      },
      { Id: "c2", Names: [], Image: "busybox", Status: "Exited (137) 2 hours ago", Labels: null, Ports: null },
    ],
    "/networks": [
      { Id: "n1", Name: "bridge", Driver: "bridge", Labels: null, IPAM: { Config: [{ Subnet: "172.17.0.0/16" }] } },
      { Id: "n2", Name: "host", Driver: "host", Labels: {}, IPAM: { Config: null } },
    ],
    "/volumes": { Volumes: [{ Name: "data", Driver: "local", Options: null, Labels: null }] },
    "/images/json": [
      { Id: "sha256:1", RepoTags: ["nginx:latest", "nginx:1.7.9"] },
      { Id: "sha256:2", RepoTags: null },
    ],
  };
  const asked: string[] = [];
  const client = (local: boolean, change: Record<string, unknown> = {}) =>
    ({
      local,
      request: async (method: string, path: string) => {
        asked.push(`${method} ${path}`);
        return { ...answers, ...change }[path];
      },
    }) as unknown as EngineClient;

  test("of an engine elsewhere", async () => {
    expect(await takeSnapshot(client(false))).toEqual({
      local: false,
      apiVersion: "1.41",
      containers: [
        {
          id: "c1",
          name: "web",
          image: "nginx",
          labels: { a: "b" },
          ports: [{ ip: "0.0.0.0", port: 8080, protocol: "tcp" }],
          mounts: [
            { type: "volume", source: "data", target: "/data" },
            { type: "bind", source: "/srv", target: "/srv" },
          ],
        },
        { id: "c2", name: "", image: "busybox", labels: {}, ports: [], exitCode: 137 },
      ],
      networks: [
        {
          id: "n1",
          name: "bridge",
          driver: "bridge",
          labels: {},
          subnets: ["172.17.0.0/16"],
          gateways: [],
          ipRanges: [],
        },
        { id: "n2", name: "host", driver: "host", labels: {}, subnets: [], gateways: [], ipRanges: [] },
      ],
      volumes: [{ name: "data", driver: "local", options: {}, labels: {} }],
      images: ["nginx:latest", "nginx:1.7.9"],
      imageIds: {
        "nginx:latest": "sha256:1",
        "nginx:1.7.9": "sha256:1",
        "sha256:1": "sha256:1",
        "sha256:2": "sha256:2",
      },
      listeners: [],
      routes: [],
    });
    expect(asked.sort()).toEqual([
      "GET /containers/json?all=1",
      "GET /images/json",
      "GET /info",
      "GET /networks",
      "GET /services",
      "GET /version",
      "GET /volumes",
    ]);
  });

  test("of an engine without a volume", async () => {
    expect((await takeSnapshot(client(false, { "/volumes": { Volumes: null } }))).volumes).toEqual([]);
  });

  test("of an engine here: its host is looked at too", async () => {
    const { local, listeners, routes } = await takeSnapshot(client(true));
    expect(local).toBe(true);
    for (const { port } of listeners) expect(port).toBeGreaterThan(0);
    for (const { subnet } of routes) expect(subnet.version).toBe(4);
  });

  test("is data: where nobody can wait for it, another process takes it", async () => {
    const snapshot = await takeSnapshot(client(true));
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });
});

describe("whether the engine holds a port for a container", () => {
  const processes = mkdtempSync(join(tmpdir(), "berth-proc-"));
  afterAll(() => rmSync(processes, { recursive: true }));
  const start = (pid: string, ...words: string[]) => {
    mkdirSync(join(processes, pid));
    writeFileSync(join(processes, pid, "cmdline"), words.map((word) => `${word}\0`).join(""));
  };
  const PROXY = ["-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", "8080", "-container-port", "80"];
  start("12", "/usr/bin/docker-proxy", ...PROXY);
  start("13", "nginx", "-host-port", "81", "-proto", "tcp");
  start("self", "/usr/bin/docker-proxy", "-proto", "tcp", "-host-port", "82");
  mkdirSync(join(processes, "14"));

  test.each([
    [8080, "tcp", true],
    [8080, "udp", false],
    [80, "tcp", false],
    [81, "tcp", false],
    [82, "tcp", false],
  ] as const)("%i/%s: %p", (port, protocol, expected) => {
    expect(isHeldByEngine(port, protocol, processes)).toBe(expected);
  });

  test("elsewhere than on Linux it is not known", () => {
    expect(isHeldByEngine(8080, "tcp", join(processes, "none"))).toBe(false);
  });
});
