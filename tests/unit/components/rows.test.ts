// The documented setups, row by row as in the catalogue of the documented setups: the exact arguments that the provider gets.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { BridgeNetwork, type BridgeNetworkArgs } from "../../../components/bridgeNetwork";
import { Elasticsearch } from "../../../components/elasticsearch";
import { answersHttp } from "../../../core/description/healthchecks";
import { Mysql } from "../../../components/mysql";
import { NamedVolume } from "../../../components/namedVolume";
import { Nginx } from "../../../components/nginx";
import { Service } from "../../../components/service";
import { Tomcat } from "../../../components/tomcat";
import { CONTAINER, IMAGE, names, nameOf, NETWORK, VOLUME, type World, world } from "../mocks";

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

/** What every container is given, without what a row adds. */
const BARE = { networkMode: "bridge", restart: "no", destroyGraceSeconds: 10, removeVolumes: false };
const own = (service?: string) => [
  { label: "berth.stack", value: "berth/test" },
  { label: "berth.owner", value: "me" },
  ...(service ? [{ label: "berth.service", value: service }] : []),
];
/** What it was declared as, in a form that shared.test.ts looks at. */
const DIGEST = { label: "berth.digest", value: expect.stringMatching(/^[0-9a-f]{32}$/) };
const http = (port: number) => ({
  tests: ["CMD-SHELL", answersHttp(port).test],
  interval: "10s",
  timeout: "5s",
  startPeriod: "1m0s",
  retries: 3,
});
const NGINX = { image: "nginx", healthcheck: http(80) };
// Without an address the engine serves both IP versions, as `docker run -p` does.
const port = (external: number, internal: number) => ({ internal, external, ip: "", protocol: "tcp" });

/** The container of a service has exactly these arguments. */
async function expectContainer(name: string, expected: Record<string, unknown>): Promise<void> {
  await w.done();
  const container = w.one(CONTAINER, name);
  // Nobody says of the others that they go on for ever.
  const mustRun =
    ["ports", "publishAllPorts", "healthcheck"].some((key) => key in expected) || expected.restart === "always";
  expect(container.inputs).toEqual({ ...BARE, mustRun, name, labels: [...own(name), DIGEST], ...expected });
  expect(nameOf(container.parent)).toBe(name);
}

test.each([
  ["A1", "nginx01", 666],
  ["A2", "web-server", 8080],
  ["A2-web", "web", 80],
  ["A2-mynginx1", "mynginx1", 90],
])("%s: nginx as %s on port %d", async (_, name, published) => {
  new Nginx(name, { port: published });
  await expectContainer(name, { ...NGINX, ports: [port(published, 80)] });
  expect(names(w.resources).sort()).toEqual([`Container ${name}`, `Nginx ${name}`, "RemoteImage nginx"]);
  expect(w.one(IMAGE).inputs).toEqual({ name: "nginx", keepLocally: true });
});

test("A1, said in the words of the service description", async () => {
  new Service("nginx01", { image: "nginx", ports: ["666:80"] });
  await expectContainer("nginx01", { image: "nginx", ports: [port(666, 80)] });
});

test("A3: every exposed port on a free one", async () => {
  new Nginx("mynginx", { port: "free" });
  await expectContainer("mynginx", { ...NGINX, publishAllPorts: true });
});

test("A4: an anonymous volume gets a resource of its own, so that it outlives the container", async () => {
  new Nginx("nginx01", { port: "free", volumes: ["/etc/nginx"] });
  await expectContainer("nginx01", {
    ...NGINX,
    publishAllPorts: true,
    volumes: [{ containerPath: "/etc/nginx", volumeName: "nginx01-etc-nginx-generated" }],
  });
  const volume = w.one(VOLUME, "nginx01-etc-nginx");
  expect(volume.inputs).toEqual({ labels: own("nginx01") });
  expect(volume).toMatchObject({ retainOnDelete: true, ignoreChanges: ["labels"] });
  expect(nameOf(volume.parent)).toBe("nginx01");
});

test("A5: a named volume that outlives the stack", async () => {
  new Nginx("nginx02", { port: "free", volumes: ["juming-nginx:/etc/nginx"] });
  await expectContainer("nginx02", {
    ...NGINX,
    publishAllPorts: true,
    volumes: [{ containerPath: "/etc/nginx", volumeName: "juming-nginx" }],
  });
  const volume = w.one(VOLUME);
  expect(volume.inputs).toEqual({ name: "juming-nginx", labels: own() });
  expect(volume).toMatchObject({ retainOnDelete: true, parent: "", ignoreChanges: ["labels", "driver", "driverOpts"] });
  expect(w.one(CONTAINER).dependencies.map(nameOf)).toEqual(["nginx", "juming-nginx"]);
});

test("A6: a folder of the host", async () => {
  new Nginx("nginx03", { port: "free", volumes: ["/etc/nginx:/etc/nginx"] });
  await expectContainer("nginx03", {
    ...NGINX,
    publishAllPorts: true,
    volumes: [{ containerPath: "/etc/nginx", hostPath: "/etc/nginx" }],
  });
  expect(w.all(VOLUME)).toEqual([]);
});

test.each([
  ["ro", { readOnly: true }],
  ["rw", {}],
])("A7: a named volume, %s", async (access, expected) => {
  new Nginx("nginx05", { port: "free", volumes: [`juming:/etc/nginx:${access}`] });
  await expectContainer("nginx05", {
    ...NGINX,
    publishAllPorts: true,
    volumes: [{ containerPath: "/etc/nginx", volumeName: "juming", ...expected }],
  });
});

test("A8: the project's own folder", async () => {
  new Nginx("nginx", { port: 80, volumes: [".:/root"] });
  await expectContainer("nginx", {
    ...NGINX,
    ports: [port(80, 80)],
    volumes: [{ containerPath: "/root", hostPath: process.cwd() }],
  });
});

const PING = {
  tests: ["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent"],
  interval: "5s",
  timeout: "5s",
  startPeriod: "2m0s",
  retries: 5,
};

test("A9: MySQL with folders of the host; its password is a secret", async () => {
  new Mysql("mysql01", { rootPassword: "123456", config: "/home/mysql/conf", data: "/home/mysql/data" });
  await expectContainer("mysql01", {
    image: "mysql:5.7",
    ports: [port(3306, 3306)],
    envs: ["MYSQL_ROOT_PASSWORD=123456"],
    volumes: [
      { containerPath: "/etc/mysql/conf.d", hostPath: "/home/mysql/conf" },
      { containerPath: "/var/lib/mysql", hostPath: "/home/mysql/data" },
    ],
    healthcheck: PING,
  });
  expect(w.one(CONTAINER).secrets).toEqual(["envs"]);
  expect(w.one("berth:services:Mysql").secrets).toEqual(["environment.MYSQL_ROOT_PASSWORD"]);
});

test("A10: MySQL with a named volume", async () => {
  new Mysql("mysql1", { version: "latest", data: "mysql", rootPassword: pulumi.secret("root") });
  await expectContainer("mysql1", {
    image: "mysql:latest",
    ports: [port(3306, 3306)],
    envs: ["MYSQL_ROOT_PASSWORD=root"],
    volumes: [{ containerPath: "/var/lib/mysql", volumeName: "mysql" }],
    healthcheck: PING,
  });
  expect(w.one(VOLUME)).toMatchObject({ name: "mysql", retainOnDelete: true });
});

test("A10: MySQL without a password, which has to be asked for by name", async () => {
  new Mysql("mysql1", { data: "mysql", rootPassword: { allowEmpty: true } });
  await w.done();
  expect(w.one(CONTAINER).inputs.envs).toEqual(["MYSQL_ALLOW_EMPTY_PASSWORD=true"]);
  expect(w.one(CONTAINER).secrets).toEqual([]);
});

test("A11: Elasticsearch with a heap of its own", async () => {
  new Elasticsearch("elasticsearch", { heap: { min: "64m", max: "512m" } });
  await expectContainer("elasticsearch", {
    image: "elasticsearch:7.6.2",
    ports: [port(9200, 9200), port(9300, 9300)],
    envs: ["discovery.type=single-node", "ES_JAVA_OPTS=-Xms64m -Xmx512m"],
    healthcheck: http(9200),
  });
});

test("A11: with a memory limit and a place for its data", async () => {
  new Elasticsearch("elasticsearch", { memory: "1g", data: "es-data" });
  await w.done();
  expect(w.one(CONTAINER).inputs).toMatchObject({
    memory: 1024,
    memorySwap: 2048,
    volumes: [{ containerPath: "/usr/share/elasticsearch/data", volumeName: "es-data" }],
  });
});

test("A12: data containers and one that mounts what they have", async () => {
  new Service("docker-1", { image: "centos", command: ["sleep", "3600"], hostname: "centos-01", volumes: ["/data"] });
  new Service("docker-2", {
    image: "centos",
    command: ["sleep", "3600"],
    hostname: "centos-01",
    volumes: ["/opt/centos-02:/data"],
  });
  new Service("docker02", { image: "centos", tty: true, stdinOpen: true, volumesFrom: ["docker-1"] });
  await expectContainer("docker-1", {
    image: "centos",
    command: ["sleep", "3600"],
    hostname: "centos-01",
    volumes: [{ containerPath: "/data", volumeName: "docker-1-data-generated" }],
  });
  await expectContainer("docker02", {
    image: "centos",
    tty: true,
    stdinOpen: true,
    volumes: [{ fromContainer: "docker-1" }],
  });
  expect(w.one(CONTAINER, "docker-2").inputs).toMatchObject({
    volumes: [{ containerPath: "/data", hostPath: "/opt/centos-02" }],
  });
  // It cannot start before the container whose volumes it mounts.
  expect(w.one(CONTAINER, "docker02").dependencies.map(nameOf)).toEqual(["centos", "docker-1"]);
});

test("A13: the quoting of a shell line is kept exactly", async () => {
  const expected = {
    image: "busybox",
    command: ["/bin/sh", "-c", "while true; do sleep 3600; done"],
    envs: ["hostname=host"],
  };
  new Service("test2", {
    image: "busybox",
    environment: { hostname: "host" },
    command: ["/bin/sh", "-c", "while true; do sleep 3600; done"],
  });
  await expectContainer("test2", expected);
  new Service("test3", {
    image: "busybox",
    environment: ["hostname=host"],
    command: '/bin/sh -c "while true; do sleep 3600; done"',
  });
  await expectContainer("test3", expected);
});

describe("A14: variables", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-rows-"));
    writeFileSync(join(folder, ".env"), "PORT=4000\nMODE='a b'\nDB_PASSWORD=s3cret#1\n");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("by hand", async () => {
    new Service("app", { image: "app", environment: { PORT: 3000 } });
    await expectContainer("app", { image: "app", envs: ["PORT=3000"] });
  });

  test("of a file; those that are secret stay so, the others stay readable", async () => {
    new Service("app", { image: "app", envFile: join(folder, ".env"), environment: { PORT: "3000" } });
    await expectContainer("app", { image: "app", envs: ["PORT=3000", "MODE=a b", "DB_PASSWORD=s3cret#1"] });
    expect(w.one(CONTAINER).secrets).toEqual(["envs"]);
    const component = w.one("berth:services:Service");
    expect(component.inputs.environment).toEqual({ PORT: "3000", MODE: "a b", DB_PASSWORD: "s3cret#1" });
    expect(component.secrets).toEqual(["environment.DB_PASSWORD"]);
  });

  test("of a file that is secret as a whole", async () => {
    new Service("app", {
      image: "app",
      envFile: [{ path: join(folder, ".env"), secret: true }],
      environment: { VISIBLE: "1" },
    });
    await w.done();
    expect(w.one("berth:services:Service").secrets.sort()).toEqual([
      "environment.DB_PASSWORD",
      "environment.MODE",
      "environment.PORT",
    ]);
  });
});

test("A15: one volume in two containers", async () => {
  const data = new NamedVolume("my_volume");
  for (const name of ["one", "two"]) new Service(name, { image: "my_image", volumes: [`${data.volumeName}:/path`] });
  for (const name of ["one", "two"]) {
    await expectContainer(name, { image: "my_image", volumes: [{ containerPath: "/path", volumeName: "my_volume" }] });
    expect(w.one(CONTAINER, name).dependencies.map(nameOf)).toEqual(["my_image", "my_volume"]);
  }
  expect(w.one(VOLUME).inputs).toEqual({ name: "my_volume", labels: own() });
});

test("A16: back after a restart of the engine", async () => {
  new Service("web", { image: "nginx", restart: "always" });
  await expectContainer("web", { image: "nginx", restart: "always" });
});

test("A17: Tomcat and MySQL on a network of their own, in place of --link", async () => {
  const network = new BridgeNetwork("app");
  const database = new Mysql("db", {
    rootPassword: "x",
    port: "none",
    service: { networks: [{ name: network.networkName, aliases: ["mysql"] }] },
  });
  new Tomcat("tomcat01", { dependsOn: [database], service: { networks: [network.networkName] } });
  await expectContainer("tomcat01", {
    image: "tomcat:8",
    ports: [port(8080, 8080)],
    healthcheck: http(8080),
    networkMode: "app",
    networksAdvanced: [{ name: "app" }],
  });
  expect(w.one(CONTAINER, "db").inputs).toMatchObject({
    networkMode: "bridge",
    networksAdvanced: [{ name: "app", aliases: ["mysql"] }],
  });
  expect(w.one(CONTAINER, "db").inputs).not.toHaveProperty("ports");
  for (const name of ["db", "tomcat01"]) expect(w.one(CONTAINER, name).dependencies.map(nameOf)).toContain("app");
});

test("A17: web applications are mounted read-only", async () => {
  new Tomcat("tomcat01", { version: "9", port: "none", webapps: "./apps" });
  await w.done();
  expect(w.one(CONTAINER).inputs).toMatchObject({
    image: "tomcat:9",
    volumes: [{ containerPath: "/usr/local/tomcat/webapps", hostPath: join(process.cwd(), "apps"), readOnly: true }],
  });
  expect(w.one(CONTAINER).inputs).not.toHaveProperty("ports");
});

describe("networks", () => {
  test("B1: a network with a block and a gateway", async () => {
    const mynet = new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", gateway: "192.168.0.1" });
    new Service("test1", { image: "busybox", networks: [mynet.networkName] });
    await expectContainer("test1", { image: "busybox", networkMode: "mynet", networksAdvanced: [{ name: "mynet" }] });
    const network = w.one(NETWORK);
    expect(network.inputs).toEqual({
      name: "mynet",
      driver: "bridge",
      ipamConfigs: [{ subnet: "192.168.0.0/16", gateway: "192.168.0.1" }],
      labels: own(),
    });
    expect(network).toMatchObject({ deleteBeforeReplace: true });
    expect(network.beforeCreate).toEqual([expect.stringMatching(/^berth-reclaim-network/)]);
    expect(w.one("berth:services:BridgeNetwork").beforeUpdate).toEqual([
      expect.stringMatching(/^berth-release-network/),
    ]);
    expect(w.one(CONTAINER).dependencies.map(nameOf)).toEqual(["busybox", "mynet"]);
  });

  test.each<[BridgeNetworkArgs, object]>([
    [
      { internal: true, attachable: true },
      { internal: true, attachable: true },
    ],
    [
      { options: { "com.docker.network.driver.mtu": "1400" } },
      { options: { "com.docker.network.driver.mtu": "1400" } },
    ],
    [
      { subnet: "10.0.0.0/24", ipRange: "10.0.0.128/25" },
      { ipamConfigs: [{ subnet: "10.0.0.0/24", ipRange: "10.0.0.128/25" }] },
    ],
    [{ subnet: "fd00::/64" }, { ipv6: true, ipamConfigs: [{ subnet: "fd00::/64" }] }],
    [{ name: "other" }, { name: "other" }],
    [{ labels: { a: "b" } }, { labels: [{ label: "a", value: "b" }, ...own()] }],
  ])("B1: with %j", async (args, expected) => {
    new BridgeNetwork("mynet", args);
    await w.done();
    expect(w.one(NETWORK).inputs).toEqual({ name: "mynet", driver: "bridge", labels: own(), ...expected });
  });

  test("B2: a container on two networks, kept in the state with what joining needs", async () => {
    const first = new BridgeNetwork("mynet");
    const second = new BridgeNetwork("my-bridge");
    new Service("test1", {
      image: "busybox",
      networks: [first.networkName, { name: second.networkName, aliases: ["one"] }],
    });
    await expectContainer("test1", {
      image: "busybox",
      networkMode: "mynet",
      networksAdvanced: [{ name: "mynet" }, { name: "my-bridge", aliases: ["one"] }],
    });
    const component = w.one("berth:services:Service");
    expect(component.inputs.joined).toEqual([
      { name: "mynet", id: "mynet-id" },
      { name: "my-bridge", id: "my-bridge-id", aliases: ["one"] },
    ]);
    expect(component.beforeUpdate).toEqual([expect.stringMatching(/^berth-change-in-place/)]);
  });

  test.each(["bridge", "host", "none"])("B3: the mode %s", async (networkMode) => {
    new Service("one", { image: "busybox", networkMode });
    await expectContainer("one", { image: "busybox", networkMode });
  });

  test("B3: another container's network; a new one of that is another network", async () => {
    new Service("test1", { image: "busybox" });
    new Service("beside", { image: "busybox", networkMode: "container:test1" });
    await expectContainer("beside", { image: "busybox", networkMode: "container:test1" });
    const beside = w.one(CONTAINER, "beside");
    expect(beside.dependencies.map(nameOf)).toEqual(["busybox", "test1"]);
    expect(beside.replacementTrigger).toMatch(/^[0-9a-f]{32} sha256:busybox test1-id$/);
  });

  test("B3: likewise for processes and shared memory", async () => {
    new Service("test1", { image: "busybox" });
    new Service("beside", { image: "busybox", pid: "container:test1", ipc: "container:test1" });
    await w.done();
    expect(w.one(CONTAINER, "beside").replacementTrigger).toMatch(/ test1-id test1-id$/);
  });
});
