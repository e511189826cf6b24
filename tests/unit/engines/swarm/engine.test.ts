// Services on the engine `swarm`, as Pulumi is asked for them.
import * as pulumi from "@pulumi/pulumi";
import { sessionFor } from "../../../../core/engines/dockerApi/session";
import type { EngineSnapshot } from "../../../../core/engines/dockerApi/snapshot";
import { Nginx } from "../../../../components/nginx";
import { OverlayNetwork } from "../../../../components/overlayNetwork";
import { Service } from "../../../../components/service";
import { Swarm } from "../../../../components/swarm";
import { SwarmService } from "../../../../components/swarmService";
import { NETWORK, nameOf, value, type World, world } from "../../mocks";
import { sentence } from "../../refusal";

const SERVICE = "docker:index/service:Service";
const SECRET = "docker:index/secret:Secret";
const CONFIG = "docker:index/serviceConfig:ServiceConfig";

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

const SNAPSHOT: EngineSnapshot = {
  local: false,
  apiVersion: "1.41",
  containers: [],
  networks: [
    { id: "n1", name: "shared", driver: "overlay", labels: {}, subnets: ["10.0.1.0/24"], scope: "swarm" },
    { id: "n2", name: "here", driver: "bridge", labels: {}, subnets: [], scope: "local" },
  ],
  volumes: [],
  images: [],
  listeners: [{ ip: "", port: 8888, protocol: "tcp" }],
  routes: [],
  swarm: { state: "active", address: "10.0.0.5", manager: true, managers: 1, nodes: 1 },
  services: [],
};
const engineHas = (changes: Partial<EngineSnapshot>) => {
  sessionFor().snapshot = { ...SNAPSHOT, ...changes };
};
const live = (name: string, labels: Record<string, string> = {}) => ({
  id: name,
  name,
  labels,
  image: "nginx",
  ports: [{ published: 8888, target: 80, protocol: "tcp" }],
});

test("the provider gets an empty service that it leaves alone; the description stands in the component", async () => {
  new SwarmService("web", {
    image: "nginx",
    replicas: 3,
    ports: ["8888:80"],
    environment: { COLOUR: "green", API_TOKEN: "t" },
    updateConfig: { order: "start-first" },
  });
  await w.done();
  expect(w.one(SERVICE)).toMatchObject({
    name: "web",
    inputs: {
      name: "web",
      labels: [
        { label: "berth.stack", value: "berth/test" },
        { label: "berth.owner", value: "me" },
        { label: "berth.service", value: "web" },
      ],
      taskSpec: { containerSpec: { image: "nginx" } },
      mode: { replicated: { replicas: 0 } },
    },
    ignoreChanges: ["labels", "taskSpec", "mode", "endpointSpec", "updateConfig", "rollbackConfig"],
    replacementTrigger: "replicated",
    deleteBeforeReplace: true,
    beforeCreate: ["berth-reclaim-service"],
  });
  const component = w.one("berth:services:SwarmService");
  expect(component.inputs).toMatchObject({
    containerName: "web",
    replicas: 3,
    ports: ["8888:80"],
    swarm: { updateConfig: { order: "start-first" } },
  });
  expect(component.secrets).toEqual(["environment.API_TOKEN"]);
});

test("one on each node: another kind of service, that no node runs yet", async () => {
  new SwarmService("agent", { image: "agent", global: true });
  new Service("other", { image: "agent", mode: "global", engine: "swarm" });
  await w.done();
  for (const { inputs, replacementTrigger } of w.all(SERVICE)) {
    expect(inputs.mode).toEqual({ global: true });
    expect(inputs.taskSpec).toMatchObject({ placement: { constraints: ["node.id == none"] } });
    expect(replacementTrigger).toBe("global");
  }
});

test("any service runs there, with berth:engine", async () => {
  w = await world({ config: { "berth:engine": "swarm" } });
  const web = new Nginx("web", { port: 8080 });
  await w.done();
  expect(w.one(SERVICE).inputs.name).toBe("web");
  expect(await value(web.endpoints)).toEqual([{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 }]);
  expect(await value(web.exec)).toBe(
    "docker exec -it $(docker ps -q -f label=com.docker.swarm.service.name=web | head -n1)",
  );
  expect(w.all("docker:index/container:Container")).toEqual([]);
});

test("secrets and configs are objects of their own, named by their content, secret in the state", async () => {
  const content = pulumi.secret("hunter2");
  new SwarmService("web", {
    image: "nginx",
    secrets: [{ source: "password", content }],
    configs: [{ source: "site", content: "a=1\n", target: "/etc/site" }],
  });
  await w.done();
  const secret = w.one(SECRET);
  expect(secret.inputs.name).toMatch(/^web-password-[0-9a-f]{8}$/);
  expect(secret.inputs.data).toBe(Buffer.from("hunter2").toString("base64"));
  expect(secret.secrets).toEqual(["data"]);
  expect(secret.deleteBeforeReplace).toBe(false);
  expect(w.one(CONFIG).inputs).toMatchObject({ data: Buffer.from("a=1\n").toString("base64") });
  const component = w.one("berth:services:SwarmService");
  expect(component.inputs.secrets).toEqual([{ source: "password", target: "/run/secrets/password", mode: 0o444 }]);
  expect(JSON.stringify(component)).not.toContain("hunter2");
  expect(w.one(SERVICE).dependencies.map(nameOf)).toEqual(expect.arrayContaining(["web-password", "web-site"]));
});

test("an overlay network is made before the services on it", async () => {
  const network = new OverlayNetwork("backend", { subnet: "10.11.0.0/24", encrypted: true, attachable: true });
  new SwarmService("api", { image: "nginx", networks: [network.networkName] });
  await w.done();
  expect(w.one(NETWORK).inputs).toMatchObject({
    name: "backend",
    driver: "overlay",
    attachable: true,
    options: { encrypted: "" },
    ipamConfigs: [{ subnet: "10.11.0.0/24" }],
  });
  expect(w.one(SERVICE).dependencies.map(nameOf)).toContain("backend");
});

test("our own service and what it publishes are no obstacle", async () => {
  engineHas({ services: [live("web", { "berth.stack": "berth/test", "berth.owner": "me" })] });
  new SwarmService("web", { image: "nginx", ports: ["8888:80"], networks: ["shared"] });
  await w.done();
  expect(w.all(SERVICE)).toHaveLength(1);
});

const inactive = { state: "inactive", address: "", manager: false, managers: 0, nodes: 0 };
const worker = { ...inactive, state: "active" };

test.each<[string, Partial<EngineSnapshot>, () => unknown, string]>([
  [
    "no swarm",
    { swarm: inactive },
    () => new SwarmService("a1", { image: "x1" }),
    'SwarmService "a1": engine: this engine is in no swarm; run `docker swarm init`, or declare a Swarm before it',
  ],
  [
    "a worker",
    { swarm: worker },
    () => new SwarmService("a1", { image: "x1" }),
    "engine: this engine is no manager of its swarm (it is a worker); name a manager",
  ],
  [
    "a network without a swarm",
    { swarm: inactive },
    () => new OverlayNetwork("n3"),
    'OverlayNetwork "n3": engine: this engine is in no swarm',
  ],
  [
    "a foreign name",
    { services: [live("a1")] },
    () => new SwarmService("a1", { image: "x1" }),
    'SwarmService "a1": serviceName: a service named a1 is in the swarm already; choose another name, or remove it with `docker service rm a1`.',
  ],
  [
    "a foreign port",
    { services: [live("a2")] },
    () => new SwarmService("a1", { image: "x1", ports: ["8888:80"] }),
    "ports[0]: 8888:80: port 8888 is published by the service a2 of the swarm; ",
  ],
  [
    "a port of another program",
    {},
    () => new SwarmService("a1", { image: "x1", ports: ["8888:80"] }),
    "ports[0]: 8888:80: host port 8888 is taken by another program on the host; ",
  ],
  [
    "a missing network",
    {},
    () => new SwarmService("a1", { image: "x1", networks: ["nowhere"] }),
    "networks[0]: there is no network named nowhere; declare it first with new OverlayNetwork",
  ],
  [
    "a network of one engine",
    {},
    () => new SwarmService("a1", { image: "x1", networks: ["here"] }),
    "networks[0]: here is a bridge network of one engine, and tasks may run on any node; ",
  ],
  [
    "an overlap",
    {},
    () => new OverlayNetwork("n3", { subnet: "10.0.1.0/25" }),
    'OverlayNetwork "n3": subnet: 10.0.1.0/25 overlaps 10.0.1.0/24 of the network shared on the engine; ',
  ],
  [
    "IPv6",
    {},
    () => new OverlayNetwork("n3", { subnet: "fd00::/64" }),
    "subnet: Swarm's overlay networks are IPv4 only; ",
  ],
  [
    "data",
    {},
    () => new Service("a1", { image: "x1", engine: "swarm", volumes: ["data:/d"], removeData: true }),
    "removeData: Swarm makes a volume on every node",
  ],
  [
    "a name",
    {},
    () => new SwarmService("a1", { image: "x1", serviceName: "a.b" }),
    "serviceName: a.b is not a name for a Swarm service; ",
  ],
  [
    "a job",
    {},
    () => new Service("a1", { image: "x1", engine: "swarm", mode: "replicated-job" }),
    "mode: the Docker provider cannot make Swarm jobs; ",
  ],
  [
    "a field",
    {},
    () => new SwarmService("a1", { image: "x1", privileged: true }),
    "privileged: Swarm runs no privileged tasks; ",
  ],
  [
    "an old engine",
    {},
    () => new SwarmService("a1", { image: "x1", securityOpt: ["no-new-privileges"] }),
    "securityOpt: this engine's Swarm cannot set it (API 1.41, needed: 1.44); ",
  ],
  [
    "an update",
    {},
    () => new SwarmService("a1", { image: "x1", updateConfig: { order: "x" as "stop-first" } }),
    'SwarmService "a1": updateConfig.order: "x" is not known; ',
  ],
  [
    "pulling",
    {},
    () => new SwarmService("a1", { image: "x1", pullPolicy: "never" }),
    "pullPolicy: each node of a Swarm fetches what it lacks; ",
  ],
])("refused before anything is made: %s", async (_, snapshot, make, message) => {
  engineHas({ services: [], ...snapshot });
  expect(sentence(make)).toContain(message);
  await w.done();
  expect(w.resources.filter(({ custom }) => custom)).toEqual([]);
});

test("two services of one name", async () => {
  new SwarmService("one", { image: "nginx", serviceName: "web" });
  expect(sentence(() => new SwarmService("two", { image: "nginx", serviceName: "web" }))).toContain(
    "serviceName: web is the name of the service one too; ",
  );
  await w.done();
});

test("a Swarm in the same program makes the engine ready, so nothing is missing", async () => {
  engineHas({ swarm: inactive, services: undefined });
  new Swarm("swarm", { advertiseAddr: "10.0.0.5" });
  new OverlayNetwork("backend");
  new SwarmService("web", { image: "nginx", networks: ["backend"] });
  await w.done();
  expect(w.one("berth:services:Swarm").inputs).toEqual({ advertiseAddr: "10.0.0.5" });
});

test.each<[ConstructorParameters<typeof Swarm>[1], string]>([
  [{ advertiseAddr: "10.0.0.300" }, 'Swarm "s1": advertiseAddr: "10.0.0.300" is not an address; '],
  [{ advertiseAddr: "10.0.0.5:99999" }, "advertiseAddr: "],
  [{ advertiseAddr: "0.0.0.0" }, "advertiseAddr: 0.0.0.0 is every address, and the others need one; "],
  [{ listenAddr: "not an address" }, "listenAddr: "],
  [{ dataPathAddr: "10.0.0.5:4789" }, 'dataPathAddr: "10.0.0.5:4789" is not an address; '],
  [{ defaultAddrPool: ["10.20.0.1/16"] }, "defaultAddrPool[0]: 10.20.0.1/16 names an address inside a subnet"],
  [{ defaultAddrPool: ["10.20.0.0/28"] }, "defaultAddrPool[0]: 10.20.0.0/28 is smaller than one subnet of /24; "],
  [{ subnetSize: 30 }, "subnetSize: 30 is not a whole number in range; "],
])("a Swarm refuses %j", (args, message) => {
  expect(sentence(() => new Swarm("s1", args))).toContain(message);
});

test("two Swarms on one engine", async () => {
  new Swarm("one", { advertiseAddr: "eth0" });
  expect(sentence(() => new Swarm("two", { advertiseAddr: "[fd00::1]:2377" }))).toContain(
    "name: one makes a swarm of this engine too; ",
  );
  await w.done();
});
