import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AddressClaim,
  checkAddresses,
  checkContainerName,
  checkNetwork,
  checkNetworkExists,
  checkPorts,
  missingBinds,
  missingBindsError,
  type PortClaim,
  type SubnetClaim,
} from "../../../../core/engines/dockerApi/preflight";
import type { EngineSnapshot, LiveContainer, LiveNetwork } from "../../../../core/engines/dockerApi/snapshot";
import { parseCidr } from "../../../../core/description/addresses";
import type { NetworkDescription } from "../../../../core/description/types";
import { parseMounts } from "../../../../core/description/mounts";
import { parsePorts } from "../../../../core/description/ports";
import { refusal } from "../../refusal";

const OWNER = { stack: "berth/nginx", owner: "me" };
const OURS = { "berth.stack": "berth/nginx", "berth.owner": "me" };

const snapshot = (given: Partial<EngineSnapshot> = {}): EngineSnapshot => ({
  local: true,
  apiVersion: "1.41",
  containers: [],
  networks: [],
  volumes: [],
  images: [],
  listeners: [],
  routes: [],
  ...given,
});
const container = (given: Partial<LiveContainer>): LiveContainer => ({
  id: "c1",
  name: "other",
  image: "httpd",
  labels: {},
  ports: [],
  ...given,
});
const network = (given: Partial<LiveNetwork>): LiveNetwork => ({
  id: "0123456789abcdef",
  name: "theirs",
  driver: "bridge",
  labels: {},
  subnets: [],
  ...given,
});

describe("ports", () => {
  const check = (ports: string[], live?: EngineSnapshot, claims: PortClaim[] = []) =>
    checkPorts(parsePorts(ports, "ports"), "web", claims, live, OWNER);
  const claim = (port: string, by = "db"): PortClaim => ({ port: parsePorts([port], "p")[0]!, by });
  const own = "give each service its own host port";

  test.each<[string[], PortClaim[], string]>([
    [["8080:80"], [claim("8080:8080")], `ports[0]: 8080:80: host port 8080 is published by db as well; ${own}.`],
    [
      ["1:1", "8080:80"],
      [claim("127.0.0.1:8080:8080")],
      `ports[1]: 8080:80: host port 8080 is published by db as well; ${own}.`,
    ],
    [
      ["127.0.0.1:8080:80"],
      [claim("0.0.0.0:8080:80")],
      `ports[0]: 127.0.0.1:8080:80: host port 8080 is published by db as well; ${own}.`,
    ],
    [
      ["[::1]:8080:80"],
      [claim("[::]:8080:80")],
      `ports[0]: [::1]:8080:80: host port 8080 is published by db as well; ${own}.`,
    ],
    [
      ["[::1]:8080:80"],
      [claim("[0:0:0:0:0:0:0:1]:8080:80")],
      `ports[0]: [::1]:8080:80: host port 8080 is published by db as well; ${own}.`,
    ],
    [["8080:80"], [claim("8080:80", "web")], `ports[0]: 8080:80: host port 8080 is published twice; ${own}.`],
    [["127.0.0.1:8080:80", "8080:81"], [], `ports[1]: 8080:81: host port 8080 is published twice; ${own}.`],
  ])("%j collides with what the program declared", (ports, claims, message) => {
    expect(refusal(() => check(ports, undefined, claims))).toBe(message);
  });

  test.each<[string[], PortClaim[]]>([
    [["8080:80"], [claim("8080:80/udp")]],
    [["8080:80"], [claim("8081:80")]],
    [["8080:80"], [claim("80")]],
    [["80"], [claim("80"), claim("80:80")]],
    [["127.0.0.1:8080:80"], [claim("127.0.0.2:8080:80")]],
    [["127.0.0.1:8080:80"], [claim("[::1]:8080:80")]],
    [["8080:80", "8080:80/udp"], []],
  ])("%j and %j do not collide", (ports, claims) => {
    expect(() => check(ports, snapshot(), claims)).not.toThrow();
  });

  const taken = [{ ip: "0.0.0.0", port: 8080, protocol: "tcp" }];

  test("a port of somebody else's container is refused", () => {
    const live = snapshot({ containers: [container({ ports: taken })] });
    expect(refusal(() => check(["8080:80"], live))).toBe(
      "ports[0]: 8080:80: host port 8080 is taken by the container other (httpd); choose another port, or remove that container.",
    );
    expect(() => check(["8080:80/udp"], live)).not.toThrow();
    expect(() => check(["8081:80"], live)).not.toThrow();
  });

  test("a port of another checkout of this project is somebody else's too", () => {
    const live = snapshot({ containers: [container({ ports: taken, labels: { ...OURS, "berth.owner": "you" } })] });
    expect(refusal(() => check(["8080:80"], live))).toContain("is taken by the container other");
  });

  test("a port of our own container is free, though its proxy listens", () => {
    const live = snapshot({
      containers: [container({ ports: taken, labels: OURS })],
      listeners: [{ ip: "", port: 8080, protocol: "tcp" }],
    });
    expect(() => check(["8080:80"], live)).not.toThrow();
  });

  test("a port that another program listens on is refused", () => {
    const live = snapshot({ listeners: [{ ip: "127.0.0.1", port: 8080, protocol: "tcp" }] });
    expect(refusal(() => check(["8080:80"], live))).toBe(
      "ports[0]: 8080:80: host port 8080 is taken by another program on the host; choose another port, or stop that program (`ss -lntup 'sport = :8080'` names it).",
    );
    expect(() => check(["127.0.0.2:8080:80"], live)).not.toThrow();
    expect(() => check(["80"], live)).not.toThrow();
    // The engine has it for a container that is just starting.
    const processes = mkdtempSync(join(tmpdir(), "berth-proc-"));
    mkdirSync(join(processes, "12"));
    writeFileSync(join(processes, "12/cmdline"), "/usr/bin/docker-proxy\0-proto\0tcp\0-host-port\x008080\0");
    try {
      expect(() => check(["8080:80"], { ...live, processes })).not.toThrow();
    } finally {
      rmSync(processes, { recursive: true });
    }
  });
});

describe("addresses", () => {
  const check = (
    networks: NetworkDescription[],
    { live, claims = [] }: { live?: EngineSnapshot; claims?: AddressClaim[] } = {},
  ) => checkAddresses(networks, "web", claims, live, OWNER);
  const claim = (address: string, network = "lan"): AddressClaim => ({ network, address, by: "db" });
  const holder = (endpoint: object, labels = {}) =>
    snapshot({ containers: [container({ labels, networks: { lan: { NetworkID: "n1", ...endpoint } } })] });

  test.each<[NetworkDescription[], Parameters<typeof check>[1], string]>([
    [
      [{ name: "front" }, { name: "lan", ipv4Address: "10.0.0.2" }],
      { claims: [claim("10.0.0.2")] },
      "networks[1].ipv4Address: 10.0.0.2 on lan is the address of db as well; give each service its own.",
    ],
    [
      [{ name: "lan", ipv6Address: "fd00::2" }],
      { claims: [claim("fd00:0:0:0:0:0:0:2")] },
      "networks[0].ipv6Address: fd00::2 on lan is the address of db as well; give each service its own.",
    ],
    [
      [{ name: "lan", ipv4Address: "10.0.0.2" }],
      { live: holder({ IPAddress: "10.0.0.2" }) },
      "networks[0].ipv4Address: 10.0.0.2 on lan is the address of the container other (httpd); choose another one, or remove that container.",
    ],
    [
      [{ name: "lan", ipv6Address: "fd00::2" }],
      { live: holder({ GlobalIPv6Address: "fd00::2" }) },
      "networks[0].ipv6Address: fd00::2 on lan is the address of the container other (httpd); choose another one, or remove that container.",
    ],
  ])("%j is taken", (networks, given, message) => {
    expect(refusal(() => check(networks, given))).toBe(message);
  });

  test.each<[string, NetworkDescription[], Parameters<typeof check>[1]]>([
    ["none", [{ name: "lan" }], { claims: [claim("10.0.0.2")], live: holder({ IPAddress: "10.0.0.2" }) }],
    ["of another network", [{ name: "lan", ipv4Address: "10.0.0.2" }], { claims: [claim("10.0.0.2", "other")] }],
    [
      "of our own container, which moves",
      [{ name: "lan", ipv4Address: "10.0.0.2" }],
      { live: holder({ IPAddress: "10.0.0.2" }, OURS) },
    ],
    [
      "of one that is stopped",
      [{ name: "lan", ipv4Address: "10.0.0.2" }],
      { live: holder({ IPAddress: "", IPAMConfig: { IPv4Address: "10.0.0.2" } }) },
    ],
  ])("an address %s is free", (_, networks, given) => {
    expect(() => check(networks, given)).not.toThrow();
  });

  test("what is declared is taken for the next", () => {
    const claims: AddressClaim[] = [];
    check([{ name: "lan", ipv4Address: "10.0.0.2", ipv6Address: "fd00::2" }], { claims });
    expect(claims.map(({ address, by }) => [address, by])).toEqual([
      ["10.0.0.2", "web"],
      ["fd00::2", "web"],
    ]);
  });
});

describe("container names", () => {
  test.each<[string, EngineSnapshot | undefined]>([
    ["no engine to ask", undefined],
    ["a free name", snapshot({ containers: [container({})] })],
    ["our own container", snapshot({ containers: [container({ name: "web", labels: OURS })] })],
  ])("%s", (_, live) => {
    expect(() => checkContainerName("web", live, OWNER)).not.toThrow();
  });

  test.each<[Record<string, string>, string]>([
    [
      {},
      "containerName: a container named web is there already; take it over (`berth pulumi config set --path 'berth:adopt[0]' web --stack stack`), choose another name, or remove it with `docker rm -f web`.",
    ],
    [
      { "berth.stack": "berth/other", "berth.owner": "me" },
      "containerName: a container named web is there already, made by the stack berth/other; choose another name, destroy that stack (`berth destroy other` in its project; named volumes stay), or, where it is lost, remove the container with `docker rm -f web`.",
    ],
    [
      { "berth.stack": "berth/nginx", "berth.owner": "you" },
      "containerName: a container named web is there already, made by the stack berth/nginx of another checkout or user; choose another name, or, if that checkout is yours, run `pulumi config set berth:owner you`.",
    ],
  ])("a container with labels %j is not ours", (labels, message) => {
    const live = snapshot({ containers: [container({ name: "web", labels })] });
    expect(refusal(() => checkContainerName("web", live, OWNER))).toBe(message);
  });
});

describe("binds", () => {
  const mounts = parseMounts(
    [
      "data:/a",
      "/here:/b",
      { type: "bind", source: "/made", target: "/c", bind: { createHostPath: true } },
      "/gone:/d",
    ],
    "volumes",
    "/srv",
  );
  const exists = (path: string) => path === "/here";

  const missing = (...given: Parameters<typeof missingBinds>) => missingBinds(...given).map(({ source }) => source);

  test("a host path that is not there is missing", () => {
    expect(missingBinds(mounts, snapshot(), exists)).toEqual([
      { argument: "volumes[3]", source: "/gone", target: mounts[3]!.target },
    ]);
  });

  test("what is there, may be made, or is a volume is not", () => {
    expect(missing(mounts.slice(0, 3), snapshot(), exists)).toEqual([]);
  });

  test("another machine's paths are not looked at", () => {
    expect(missing(mounts, snapshot({ local: false }), exists)).toEqual([]);
    expect(missing(mounts, undefined, exists)).toEqual([]);
  });

  test("by default this machine is asked", () => {
    expect(missing(parseMounts(["/:/a", "/no/such/path:/b"], "volumes", "/srv"), snapshot())).toEqual([
      "/no/such/path",
    ]);
  });

  const long = (them: string) =>
    `or set bind: { createHostPath: true } in the long form to let Docker make ${them}, owned by root.`;
  test.each<[string[], string]>([
    [["/gone:/a"], `the host path /gone is missing; create it first (\`mkdir -p /gone\`), ${long("it")}`],
    [
      ["/gone:/a", "/my data:/b", "/gone:/c"],
      `the host paths /gone and /my data are missing; create them first (\`mkdir -p /gone '/my data'\`), ${long("them")}`,
    ],
    [
      ["/x/conf.d:/etc/nginx/conf.d", "/x/nginx.conf:/etc/nginx/nginx.conf", "/tmp/a.yml:/a.yml", "/d.v2:/data"],
      `the host paths /x/conf.d, /x/nginx.conf, /tmp/a.yml and /d.v2 are missing; create them first (\`mkdir -p /x/conf.d /d.v2 /x && touch /x/nginx.conf /tmp/a.yml\`), ${long("them")}`,
    ],
    [
      ["/data/x:/x", "/var/run/no.sock:/var/run/docker.sock", "/usr/bin/no:/usr/bin/no"],
      `the host paths /data/x, /var/run/no.sock and /usr/bin/no are missing; create them first (\`mkdir -p /data/x\`), ${long("them")}`,
    ],
    [
      ["/var/run/no.sock:/s"],
      "the host path /var/run/no.sock is missing; install or start what makes it, or remove the mount.",
    ],
  ])("%j: one sentence, one command", (given, message) => {
    const binds = missingBinds(parseMounts(given, "volumes", "/srv"), snapshot(), (path) => path === "/tmp");
    expect(missingBindsError(binds as never).message).toBe(`volumes[0]: ${message}`);
  });
});

describe("networks that services name", () => {
  const live = snapshot({ networks: [network({ name: "there" })] });
  const none = () => false;

  test("a network that nobody made is refused", () => {
    expect(refusal(() => checkNetworkExists("mynet", "networks[1]", none, live))).toBe(
      'networks[1]: there is no network named mynet; declare it first with new BridgeNetwork("mynet"), or create it with `docker network create mynet`.',
    );
  });

  test("one that is declared, on the engine, or not to be known passes", () => {
    expect(() => checkNetworkExists("mynet", "networks[0]", (name) => name === "mynet", live)).not.toThrow();
    expect(() => checkNetworkExists("there", "networks[0]", none, live)).not.toThrow();
    expect(() => checkNetworkExists("mynet", "networks[0]", none, undefined)).not.toThrow();
  });
});

describe("networks that are declared", () => {
  const check = (subnet: string | undefined, live?: EngineSnapshot, claims: SubnetClaim[] = []) =>
    checkNetwork(
      "mynet",
      subnet ? [{ subnet: parseCidr(subnet, "subnet"), argument: "subnet" }] : [],
      claims,
      live,
      OWNER,
    );
  const free = "choose a free block, for example from 172.16.0.0/12 or 10.0.0.0/8";
  const route = (subnet: string, device: string) => ({ subnet: parseCidr(subnet, "route"), device });

  test("a name that is somebody else's is refused", () => {
    const live = snapshot({ networks: [network({ name: "mynet" })] });
    expect(refusal(() => check(undefined, live))).toBe(
      "name: a network named mynet is there already and is not this stack's; choose another name; to join that one, name it in the service's networks without a BridgeNetwork, or use it as it is with `berth pulumi config set --path 'berth:adopt[0]' mynet --stack stack`.",
    );
    const other = network({ name: "mynet", labels: { "berth.stack": "berth/other", "berth.owner": "me" } });
    expect(refusal(() => check(undefined, snapshot({ networks: [other] })))).toBe(
      "name: a network named mynet is there already and is not this stack's but that of berth/other; choose another name; to join that one, name it in the service's networks without a BridgeNetwork.",
    );
  });

  test("our own network of that name passes, whatever its block", () => {
    const own = network({ name: "mynet", labels: OURS, subnets: ["192.168.0.0/16"] });
    const live = snapshot({ networks: [own], routes: [route("192.168.0.0/16", `br-${own.id.slice(0, 12)}`)] });
    expect(() => check("192.168.0.0/16", live)).not.toThrow();
    expect(() => check("192.168.0.0/24", live)).not.toThrow();
  });

  test("our own network with a bridge name of its own passes", () => {
    const own = network({ name: "mynet", labels: OURS, subnets: ["192.168.0.0/16"] });
    expect(() =>
      check("192.168.0.0/16", snapshot({ networks: [own], routes: [route("192.168.0.0/16", "mybridge")] })),
    ).not.toThrow();
  });

  test.each<[string, EngineSnapshot | undefined, SubnetClaim[], string]>([
    [
      "another network of the program",
      undefined,
      [{ subnet: parseCidr("192.168.5.0/24", "s"), by: "first" }],
      `subnet: 192.168.0.0/16 overlaps 192.168.5.0/24 of the network first; ${free}.`,
    ],
    [
      "a network of the engine",
      snapshot({ networks: [network({ subnets: ["10.0.0.0/8", "192.168.32.0/20"] })] }),
      [],
      `subnet: 192.168.0.0/16 overlaps 192.168.32.0/20 of the network theirs on the engine; ${free}.`,
    ],
    [
      "a network that the engine writes by an inner address",
      snapshot({ networks: [network({ subnets: ["192.168.32.1/20"] })] }),
      [],
      `subnet: 192.168.0.0/16 overlaps 192.168.32.1/20 of the network theirs on the engine; ${free}.`,
    ],
    [
      "a route of the host",
      snapshot({ routes: [route("10.0.0.0/8", "eth0"), route("192.168.1.0/24", "wlan0")] }),
      [],
      `subnet: 192.168.0.0/16 overlaps the host's route 192.168.1.0/24 on wlan0; ${free}.`,
    ],
    [
      "a bridge that is no network's of this engine",
      snapshot({ routes: [route("192.168.0.0/16", "br-ffffffffffff")] }),
      [],
      `subnet: 192.168.0.0/16 overlaps the host's route 192.168.0.0/16 on br-ffffffffffff; ${free}.`,
    ],
  ])("a subnet that overlaps %s is refused", (_, live, claims, message) => {
    expect(refusal(() => check("192.168.0.0/16", live, claims))).toBe(message);
  });

  test("a subnet apart from all of them passes", () => {
    const live = snapshot({
      networks: [
        network({ name: "bridge", subnets: ["172.17.0.0/16"] }),
        network({ name: "six", subnets: ["fd00::/64"] }),
      ],
      routes: [route("172.17.0.0/16", "docker0"), route("10.0.0.0/8", "eth0")],
    });
    expect(() => check("192.168.0.0/16", live, [{ subnet: parseCidr("192.169.0.0/16", "s"), by: "x" }])).not.toThrow();
    expect(() => check(undefined, live)).not.toThrow();
  });

  test("of IPv6 too", () => {
    const live = snapshot({ networks: [network({ subnets: ["fd00::/64"] })] });
    expect(refusal(() => check("fd00::/48", live))).toContain("overlaps fd00::/64 of the network theirs");
  });
});
