// Wrong arguments end the program at once, with one sentence, before anything is made.
import * as pulumi from "@pulumi/pulumi";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import type { EngineSnapshot } from "../../../core/engines/dockerApi/snapshot";
import { BridgeNetwork } from "../../../components/bridgeNetwork";
import { Elasticsearch } from "../../../components/elasticsearch";
import { Mysql } from "../../../components/mysql";
import { NamedVolume } from "../../../components/namedVolume";
import { Nginx } from "../../../components/nginx";
import { Service } from "../../../components/service";
import { Tomcat } from "../../../components/tomcat";
import { parseCidr } from "../../../core/description/addresses";
import { names, quiet, type World, world } from "../mocks";
import { sentence } from "../refusal";

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

/** The sentence, once it is sure that nothing is on its way. */
async function refused(run: () => unknown, before: string[] = []): Promise<string> {
  const message = sentence(run);
  await quiet();
  expect(names(w.resources).sort()).toEqual(before);
  return message;
}

const NAME = "use two or more of letters, digits, '_', '.' and '-', beginning with a letter or digit";
const image = "nginx";

test.each<[string, () => unknown, string]>([
  [
    "no image",
    () => new Service("web", {} as never),
    'Service "web": image: is missing; name one, for example "nginx".',
  ],
  [
    "a wrong image",
    () => new Service("web", { image: "Nginx" }),
    'Service "web": image: "Nginx" is not an image reference: the name must be in lower case; write it like "nginx:1.27" or "registry.example:5000/team/app@sha256:...".',
  ],
  [
    "a component's name that is no container's",
    () => new Service("a b", { image }),
    `Service "a b": containerName: "a b" is not a name that Docker takes; ${NAME}.`,
  ],
  [
    "a name of one letter, which no container may have",
    () => new Service("web", { image, containerName: "a" }),
    `Service "web": containerName: "a" is not a name that Docker takes; ${NAME}.`,
  ],
  [
    "a wrong port",
    () => new Service("web", { image, ports: ["70000:80"] }),
    'Service "web": ports[0]: "70000" is not a whole number in range; use 1 to 65535.',
  ],
  [
    "a host port on the host's network",
    () => new Service("web", { image, networkMode: "host", ports: ["80:80"] }),
    'Service "web": ports: 80:80: cannot be published with networkMode "host"; remove it: on the host network the service listens on the host\'s ports itself.',
  ],
  [
    "two mounts at one place",
    () => new Service("web", { image, volumes: ["a1:/x", "b1:/x"] }),
    'Service "web": volumes[1]: /x is mounted twice; give each mount its own container path.',
  ],
  [
    "a wrong variable",
    () => new Service("web", { image, environment: { "A B": "x" } }),
    'Service "web": environment.A B: "A B" is not a variable name; use a name without \'=\' and spaces.',
  ],
  [
    "a variable file that is missing",
    () => new Service("web", { image, envFile: "/no/.env" }),
    'Service "web": envFile: cannot read /no/.env (ENOENT); create it, or set required: false.',
  ],
  [
    "a field of Compose in its own spelling",
    () => new Service("web", { image, mem_limit: "1g" } as never),
    'Service "web": mem_limit: is not an argument of Service; use memLimit.',
  ],
  [
    "what the provider cannot say",
    () => new Service("web", { image, links: ["db"] }),
    'Service "web": links: links are legacy and the Docker provider cannot make them; join both services to one network; each finds the other by its container name or by aliases.',
  ],
  [
    "likewise, where the value is an Output",
    () => new Service("web", { image, oomScoreAdj: pulumi.output(5) }),
    'Service "web": oomScoreAdj: the Docker provider cannot set the OOM score; set memLimit and memReservation instead.',
  ],
  [
    "a size that is none",
    () => new Service("web", { image, shmSize: "100x" }),
    'Service "web": shmSize: "100x" is not a size; use bytes or a unit, for example "512m" or "2g".',
  ],
  [
    "an empty argument",
    () => new Service("web", { image, command: ["a", ""] }),
    'Service "web": command[1]: the Docker provider cannot pass an empty argument; set entrypoint too: then the whole line goes through the entrypoint.',
  ],

  [
    "nginx with two tags",
    () => new Nginx("web", { version: "1", image: "nginx:2" }),
    'Nginx "web": version: is given together with image; put the tag into image, or give version alone.',
  ],
  [
    "nginx on a wrong port",
    () => new Nginx("web", { port: 70000 }),
    'Nginx "web": port: 70000 is not a whole number in range; use 1 to 65535.',
  ],
  [
    "nginx on no port at all",
    () => new Nginx("web", { port: Number.NaN }),
    'Nginx "web": port: NaN is not a whole number in range; use 1 to 65535.',
  ],
  [
    "nginx with ports of its own",
    () => new Nginx("web", { service: { ports: ["x"] } }),
    'Nginx "web": ports[0]: "x" is not a port mapping; use "666:80", "127.0.0.1:666:80", "80" or "53:53/udp".',
  ],

  [
    "MySQL without a password",
    () => new Mysql("db", {} as never),
    'Mysql "db": rootPassword: is missing; give a secret, or { allowEmpty: true } for a server that anybody can enter.',
  ],
  [
    "MySQL with an empty one",
    () => new Mysql("db", { rootPassword: "" }),
    'Mysql "db": rootPassword: is empty; give a password, or { allowEmpty: true } by name.',
  ],
  [
    "MySQL with allowEmpty: false",
    () => new Mysql("db", { rootPassword: { allowEmpty: false } as never }),
    'Mysql "db": rootPassword: is empty; give a password, or { allowEmpty: true } by name.',
  ],
  [
    "a user without a password",
    () => new Mysql("db", { rootPassword: "x", user: "u" }),
    'Mysql "db": password: is missing for the user; give the user\'s password.',
  ],
  [
    "a user with an empty one",
    () => new Mysql("db", { rootPassword: "x", user: "u", password: "" }),
    'Mysql "db": password: is empty; give the user\'s password.',
  ],
  [
    "a password without a user",
    () => new Mysql("db", { rootPassword: "x", password: "p" }),
    'Mysql "db": user: is missing for the password; name the user, or remove password.',
  ],
  [
    "root once more",
    () => new Mysql("db", { rootPassword: "x", user: "root", password: "p" }),
    'Mysql "db": user: root is there already; set rootPassword, or choose another name.',
  ],
  [
    "MySQL's data in no volume",
    () => new Mysql("db", { rootPassword: "x", data: "a b" }),
    `Mysql "db": data: "a b" is not a name that Docker takes; ${NAME}.`,
  ],
  [
    "MySQL's settings likewise",
    () => new Mysql("db", { rootPassword: "x", config: "a b" }),
    `Mysql "db": config: "a b" is not a name that Docker takes; ${NAME}.`,
  ],
  [
    "MySQL on a wrong port",
    () => new Mysql("db", { rootPassword: "x", port: 0 }),
    'Mysql "db": port: 0 is not a whole number in range; use 1 to 65535.',
  ],

  [
    "a heap above itself",
    () => new Elasticsearch("es", { heap: { min: "1g", max: "512m" } }),
    'Elasticsearch "es": heap.min: 1g is above heap.max 512m; lower min or raise max.',
  ],
  [
    "a heap above the memory",
    () => new Elasticsearch("es", { heap: { max: "2g" }, memory: "1g" }),
    'Elasticsearch "es": heap.max: 2g is larger than the container\'s memory 1g; lower the heap to about half of memory, or raise memory.',
  ],
  [
    "a heap that is none",
    () => new Elasticsearch("es", { heap: { max: "lots" } }),
    'Elasticsearch "es": heap.max: "lots" is not a size; use bytes or a unit, for example "512m" or "2g".',
  ],
  [
    "a heap too small for Java",
    () => new Elasticsearch("es", { heap: { min: 5, max: "1m" } }),
    'Elasticsearch "es": heap.min: 5 bytes is not a heap that Java takes; use whole KiB from "1m" up.',
  ],
  [
    "no other nodes",
    () => new Elasticsearch("es", { discovery: { seedHosts: [] } }),
    'Elasticsearch "es": discovery: {"seedHosts":[]} is not a way to find other nodes; use "single-node" or { seedHosts: [...] }.',
  ],
  [
    "a wrong second port",
    () => new Elasticsearch("es", { transportPort: 0 }),
    'Elasticsearch "es": transportPort: 0 is not a whole number in range; use 1 to 65535.',
  ],
  [
    "a wrong only port",
    () => new Elasticsearch("es", { httpPort: "none", transportPort: 0 }),
    'Elasticsearch "es": transportPort: 0 is not a whole number in range; use 1 to 65535.',
  ],
  [
    "one port for two",
    () => new Elasticsearch("es", { httpPort: 9200, transportPort: 9200 }),
    'Elasticsearch "es": transportPort: 9200:9300 is published twice; remove one of them.',
  ],

  [
    "Tomcat on a wrong port",
    () => new Tomcat("tomcat", { port: -1 }),
    'Tomcat "tomcat": port: -1 is not a whole number in range; use 1 to 65535.',
  ],
  [
    "Tomcat's applications in no folder",
    () => new Tomcat("tomcat", { webapps: "a b" }),
    `Tomcat "tomcat": webapps: "a b" is not a name that Docker takes; ${NAME}.`,
  ],

  [
    "a network's name",
    () => new BridgeNetwork("a b"),
    `BridgeNetwork "a b": name: "a b" is not a name that Docker takes; ${NAME}.`,
  ],
  [
    "a network of Docker's own",
    () => new BridgeNetwork("mynet", { name: "bridge" }),
    'BridgeNetwork "mynet": name: bridge is a network of Docker\'s own; choose another name.',
  ],
  [
    "a block that is none",
    () => new BridgeNetwork("mynet", { subnet: "192.168/16" }),
    'BridgeNetwork "mynet": subnet: "192.168/16" is not a subnet; use CIDR notation, for example "192.168.0.0/16".',
  ],
  [
    "an address for a block",
    () => new BridgeNetwork("mynet", { subnet: "192.168.0.1/16" }),
    'BridgeNetwork "mynet": subnet: 192.168.0.1/16 names an address inside a subnet, not the subnet; use 192.168.0.0/16.',
  ],
  [
    "a gateway without a block",
    () => new BridgeNetwork("mynet", { gateway: "192.168.0.1" }),
    'BridgeNetwork "mynet": gateway: needs a subnet to lie in; set subnet too.',
  ],
  [
    "a range without a block",
    () => new BridgeNetwork("mynet", { ipRange: "192.168.0.0/24" }),
    'BridgeNetwork "mynet": ipRange: needs a subnet to lie in; set subnet too.',
  ],
  [
    "a gateway outside",
    () => new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", gateway: "10.0.0.1" }),
    'BridgeNetwork "mynet": gateway: 10.0.0.1 is outside the subnet 192.168.0.0/16; choose an address inside it.',
  ],
  [
    "a gateway that is none",
    () => new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", gateway: "here" }),
    'BridgeNetwork "mynet": gateway: "here" is not an IP address; use for example "192.168.0.1" or "fd00::1".',
  ],
  [
    "a range outside",
    () => new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", ipRange: "192.169.0.0/24" }),
    'BridgeNetwork "mynet": ipRange: 192.169.0.0/24 is outside the subnet 192.168.0.0/16; choose a block inside it.',
  ],
  [
    "a range above the block",
    () => new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", ipRange: "192.0.0.0/8" }),
    'BridgeNetwork "mynet": ipRange: 192.0.0.0/8 is outside the subnet 192.168.0.0/16; choose a block inside it.',
  ],

  [
    "a volume's name",
    () => new NamedVolume("v", { name: "a/b" }),
    `NamedVolume "v": name: "a/b" is not a name that Docker takes; ${NAME}.`,
  ],
])("%s", async (_, run, message) => {
  expect(await refused(run)).toBe(message);
});

describe("two that want the same", () => {
  test.each<[string, () => unknown, () => unknown, string]>([
    [
      "a container's name",
      () => new Service("web", { image }),
      () => new Service("other", { image, containerName: "web" }),
      'Service "other": containerName: web is the name of the service web too; give each container its own name.',
    ],
    [
      "a host port",
      () => new Nginx("web", { port: 8080 }),
      () => new Tomcat("tomcat", { port: 8080 }),
      'Tomcat "tomcat": port: 8080:8080: host port 8080 is published by web as well; give each service its own host port.',
    ],
    [
      "a network's name",
      () => new BridgeNetwork("mynet"),
      () => new BridgeNetwork("second", { name: "mynet" }),
      'BridgeNetwork "second": name: mynet is declared twice; declare each network once and share it.',
    ],
    [
      "addresses",
      () => new BridgeNetwork("mynet", { subnet: "192.168.0.0/16" }),
      () => new BridgeNetwork("second", { subnet: "192.168.4.0/24" }),
      'BridgeNetwork "second": subnet: 192.168.4.0/24 overlaps 192.168.0.0/16 of the network mynet; choose a free block, for example from 172.16.0.0/12 or 10.0.0.0/8.',
    ],
    [
      "a volume with data that is kept and is not",
      () => new Service("web", { image, volumes: ["data:/a"] }),
      () => new Service("other", { image, volumes: ["data:/a"], removeData: true }),
      "removeData: other and web share the volume data but disagree about its data; set removeData on both or on neither.",
    ],
    [
      "a volume that is declared after its use: its driver would be ignored",
      () => new Service("web", { image, volumes: ["data:/a"] }),
      () => new NamedVolume("shared", { name: "data", driver: "nfs" }),
      'NamedVolume "shared": name: the volume data is declared by web already; declare a NamedVolume once, before the services that use it.',
    ],
  ])("%s", async (_, first, second, message) => {
    first();
    await w.done();
    expect(await refused(second, names(w.resources).sort())).toBe(message);
  });
});

describe("what the engine knows", () => {
  const connected = (given: Partial<EngineSnapshot>) => {
    sessionFor().snapshot = {
      local: true,
      apiVersion: "1.41",
      containers: [],
      networks: [],
      volumes: [],
      images: [],
      listeners: [],
      routes: [],
      ...given,
    };
  };

  test.each<[string, Partial<EngineSnapshot>, () => unknown, string]>([
    [
      "a host port in use",
      { listeners: [{ ip: "", port: 8080, protocol: "tcp" }] },
      () => new Nginx("web", { port: 8080 }),
      "Nginx \"web\": port: 8080:80: host port 8080 is taken by another program on the host; choose another port, or stop that program (`ss -lntup 'sport = :8080'` names it).",
    ],
    [
      "a container of that name",
      { containers: [{ id: "c1", name: "web", image: "x", labels: {}, ports: [] }] },
      () => new Nginx("web"),
      "Nginx \"web\": containerName: a container named web is there already; take it over (`berth pulumi config set --path 'berth:adopt[0]' web --stack test`), choose another name, or remove it with `docker rm -f web`.",
    ],
    [
      "a host path that is missing",
      {},
      () => new Service("web", { image, volumes: ["data:/a", "/no/such/folder:/b"] }),
      'Service "web": volumes[1]: the host path /no/such/folder is missing; create it first (`mkdir -p /no/such/folder`), or set bind: { createHostPath: true } in the long form to let Docker make it, owned by root.',
    ],
    [
      "a network that nobody made",
      {},
      () => new Service("web", { image, networks: ["mynet"] }),
      'Service "web": networks[0]: there is no network named mynet; declare it first with new BridgeNetwork("mynet"), or create it with `docker network create mynet`.',
    ],
    [
      "a container whose volumes are wanted",
      {},
      () => new Service("web", { image, volumesFrom: ["docker-1"] }),
      'Service "web": volumesFrom[0]: there is no container named docker-1; declare that service before this one.',
    ],
    [
      "an engine too old",
      {},
      () => new Service("web", { image, volumes: ["data:/a:nocopy"] }),
      'Service "web": volumes[0].volume.nocopy: the Docker provider cannot set it on this engine (API 1.41, needed: 1.45); update the engine, or remove it.',
    ],
    [
      "an engine too old for a part of a volume",
      {},
      () => new Service("web", { image, volumes: [{ source: "data", target: "/a", volume: { subpath: "in" } }] }),
      'Service "web": volumes[0].volume.subpath: the Docker provider cannot set it on this engine (API 1.41, needed: 1.45); update the engine, or remove it.',
    ],
    [
      "an engine too old for the choice of a gateway",
      {},
      () => new Service("web", { image, networks: [{ name: "mynet", gwPriority: 1 }] }),
      'Service "web": networks[0].gwPriority: the Docker provider cannot set it on this engine (API 1.41, needed: 1.48); update the engine, or remove it.',
    ],
    [
      "a network of that name",
      { networks: [{ id: "n1", name: "mynet", driver: "bridge", labels: {}, subnets: [] }] },
      () => new BridgeNetwork("mynet"),
      "BridgeNetwork \"mynet\": name: a network named mynet is there already and is not this stack's; choose another name; to join that one, name it in the service's networks without a BridgeNetwork, or use it as it is with `berth pulumi config set --path 'berth:adopt[0]' mynet --stack test`.",
    ],
    [
      "a route of the host",
      { routes: [{ subnet: parseCidr("192.168.1.0/24", "r"), device: "wlan0" }] },
      () => new BridgeNetwork("mynet", { subnet: "192.168.0.0/16" }),
      'BridgeNetwork "mynet": subnet: 192.168.0.0/16 overlaps the host\'s route 192.168.1.0/24 on wlan0; choose a free block, for example from 172.16.0.0/12 or 10.0.0.0/8.',
    ],
    [
      "a volume with another driver",
      { volumes: [{ name: "data", driver: "local", options: {}, labels: {} }] },
      () => new NamedVolume("data", { driver: "nfs" }),
      'NamedVolume "data": driver: the volume data exists with driver local and options {}, and a volume cannot be changed without losing its data; choose another name, or copy the data away and remove the volume yourself.',
    ],
    [
      "a volume with other options",
      { volumes: [{ name: "data", driver: "local", options: { type: "nfs" }, labels: {} }] },
      () => new NamedVolume("data"),
      'NamedVolume "data": driverOpts: the volume data exists with driver local and options {"type":"nfs"}, and a volume cannot be changed without losing its data; choose another name, or copy the data away and remove the volume yourself.',
    ],
  ])("%s", async (_, snapshot, run, message) => {
    connected(snapshot);
    expect(await refused(run)).toBe(message);
  });

  test("what is in order passes: our own container, an existing network, a volume as it is, a newer engine", async () => {
    const labels = { "berth.stack": "berth/test", "berth.owner": "me" };
    connected({
      apiVersion: "1.45",
      containers: [
        { id: "c1", name: "web", image, labels, ports: [{ ip: "0.0.0.0", port: 8080, protocol: "tcp" }] },
        { id: "c2", name: "docker-1", image, labels: {}, ports: [] },
      ],
      networks: [{ id: "n1", name: "theirs", driver: "bridge", labels: {}, subnets: ["10.0.0.0/8"] }],
      volumes: [{ name: "data", driver: "local", options: { b: "2", a: "1" }, labels: {} }],
      listeners: [{ ip: "", port: 8080, protocol: "tcp" }],
    });
    new NamedVolume("data", { driverOpts: { a: "1", b: "2" } });
    new BridgeNetwork("mynet", { subnet: "192.168.0.0/16" });
    new Service("web", {
      image,
      ports: ["8080:80"],
      volumes: ["data:/a:nocopy", "/:/host"],
      networks: ["theirs", "mynet"],
      volumesFrom: ["docker-1"],
    });
    await w.done();
    expect(names(w.resources)).toContain("Container web");
  });
});

test("an error of another kind keeps its stack", async () => {
  const broken = {
    image,
    get ports(): never {
      throw new TypeError("a bug");
    },
  };
  expect(() => new Service("web", broken as never)).toThrow(TypeError);
});
