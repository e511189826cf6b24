import { describeIf } from "../skips";
import { newId } from "./doubles/store";
import { cleanUp, missingCli, Project, type ProjectOptions } from "./harness";

interface Refusal extends ProjectOptions {
  what: string;
  /** Prepares the engine. */
  given?(project: Project): unknown;
  /** Part of the sentence that the user reads. */
  says: string;
}

function foreignNetwork(project: Project, name: string, Subnet: string): void {
  project.store.put("networks", {
    Id: newId(),
    Name: name,
    Driver: "bridge",
    Labels: {},
    IPAM: { Config: [{ Subnet }] },
  });
}

const PASSWORD = { "mysql:rootPassword": "a password" };

const REFUSALS: Refusal[] = [
  { what: "a port that is no number", stack: "nginx", config: { "nginx:port": "eighty" }, says: "not a port" },
  { what: "a port above 65535", stack: "nginx", config: { "nginx:port": "70000" }, says: "70000" },
  {
    what: "a setting that is not known",
    stack: "nginx",
    config: { "nginx:prot": "80" },
    says: "nginx:prot: is not a setting of the nginx stack",
  },
  {
    what: "a setup that is not known",
    stack: "nginx",
    config: { "nginx:setup": "A99" },
    says: 'nginx:setup: "A99" is not known',
  },
  {
    what: "a host folder that is missing",
    stack: "nginx",
    over: "unix",
    config: { "nginx:port": "free", "nginx:volumes": ["./nowhere:/x"] },
    says: "nowhere is missing",
  },
  {
    what: "all host folders that are missing",
    stack: "jenkins",
    over: "unix",
    config: { "jenkins:jenkinsHome": "/nowhere/jenkins", "jenkins:nginxFolder": "/nowhere/nginx" },
    says: "the host paths /nowhere/jenkins, /nowhere/nginx/conf.d, /nowhere/nginx/conf/nginx.conf, /nowhere/nginx/log and /nowhere/nginx/html are missing; create them first (`mkdir -p /nowhere/jenkins /nowhere/nginx/conf.d /nowhere/nginx/log /nowhere/nginx/html /nowhere/nginx/conf && touch /nowhere/nginx/conf/nginx.conf`)",
  },
  {
    what: "a heap above the memory limit",
    stack: "elasticsearch",
    config: { "elasticsearch:memory": "256m" },
    says: "heap.max: 512m is larger than the container's memory 256m",
  },
  { what: "no password", stack: "mysql", config: { "mysql:setup": "A10" }, says: "mysql:rootPassword: is not set" },
  {
    what: "an empty password",
    stack: "mysql",
    config: { "mysql:setup": "A10", "mysql:rootPassword": "" },
    says: "rootPassword: is empty",
  },
  {
    what: "an empty secret password",
    stack: "mysql",
    config: { "mysql:setup": "A10" },
    secrets: { "mysql:rootPassword": "" },
    says: "rootPassword: is empty",
  },
  {
    what: "a program that is not known",
    stack: "apache",
    says: 'the stack "apache" names the program "apache", which is not known; the programs are nginx, mysql',
  },
  {
    what: "an unknown name in berth:program",
    stack: "nginx",
    config: { "berth:program": ["nginx", "apache"] },
    says: 'berth:program: "apache" is not known',
  },
  {
    what: "the host port of another container",
    stack: "nginx",
    given: (project) => project.foreignContainer("somebody", 666),
    says: "host port 666 is taken by the container somebody",
  },
  {
    what: "the name of another container",
    stack: "nginx",
    given: (project) => project.foreignContainer("nginx01"),
    says: "a container named nginx01 is there already",
  },
  {
    what: "a port that two services publish",
    stack: "dev",
    config: { "nginx:port": "3306" },
    secrets: PASSWORD,
    says: "host port 3306 is published by nginx as well",
  },
  {
    what: "a subnet that another network has",
    stack: "networks",
    given: (project) => foreignNetwork(project, "somebody", "192.168.7.0/24"),
    says: "192.168.0.0/16 overlaps 192.168.7.0/24 of the network somebody",
  },
  {
    what: "a gateway outside its subnet",
    stack: "networks",
    config: { "networks:gateway": "10.0.0.1" },
    says: "gateway: 10.0.0.1 is outside the subnet",
  },
  {
    what: "a network that nobody has made",
    stack: "networks",
    config: { "networks:test1": ["nowhere"] },
    says: "there is no network named nowhere",
  },
  {
    what: "a secret, which arrives after everything has been declared",
    stack: "dev",
    secrets: { "shop:port": "99999:80" },
    program: `
require("./core/loadTypescript");
const pulumi = require("@pulumi/pulumi");
const { program } = require("./components/program");
const { Service } = require("./components/service");
module.exports = program(() => {
  for (const name of ["one", "two", "three"]) new Service(name, { image: "nginx", volumes: [name + ":/data"] });
  new Service("web", { image: "nginx", ports: [new pulumi.Config("shop").requireSecret("port")] });
  return {};
});`,
    says: 'Service "web": ports[0]: "99999" is not a whole number in range',
  },
];

/** Expects one error in the CLI's summary, and no stack dump: those have lines that begin with "at". */
function expectOneSentence(output: string, says: string): void {
  expect(output).toContain(says);
  expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
  const summary = output.slice(output.indexOf("Diagnostics:"));
  expect(summary.match(/^\s*error: .*$/gm)).toEqual([expect.stringContaining(says)]);
}

cleanUp();

describeIf(missingCli, "a wrong argument on up --skip-preview", () => {
  test.concurrent.each(REFUSALS)(
    "$what",
    async ({ given, says, ...options }) => {
      const project = await Project.create(options);
      given?.(project);
      const before = project.containers();
      const { code, output } = await project.tryUp();
      expectOneSentence(output, says);
      expect(code).not.toBe(0);
      expect(project.store.takeJournal()).toEqual([]);
      expect(project.containers()).toEqual(before);
    },
    300_000,
  );

  test.concurrent("leaves untouched what was there", async () => {
    const project = await Project.create({ stack: "dev", secrets: PASSWORD });
    await project.up();
    project.store.takeJournal();
    const containers = project.store.list("containers");
    // The first program is well and changed, the last one is wrong.
    project.configure({ "nginx:port": "8123", "mysql:port": "3307", "elasticsearch:heapMax": "a lot" });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expectOneSentence(output, '"a lot"');
    expect(project.store.takeJournal()).toEqual([]);
    expect(project.store.list("containers")).toEqual(containers);
    project.configure({ "nginx:port": undefined, "mysql:port": undefined, "elasticsearch:heapMax": undefined });
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);
});

describeIf(missingCli, "choice of the program", () => {
  test.concurrent.each([
    { stack: "nginx-staging", config: {}, makes: "Nginx nginx" },
    { stack: "anything", config: { "berth:program": "networks" }, makes: "BridgeNetwork mynet" },
    { stack: "nginx", config: { "berth:program": ["elasticsearch"] }, makes: "Elasticsearch elasticsearch" },
  ])(
    "stack $stack, settings $config",
    async ({ makes, ...options }) => {
      const project = await Project.create(options);
      expect(await project.changes()).toContain(`create ${makes}`);
    },
    300_000,
  );
});
