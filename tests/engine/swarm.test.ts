import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

/** Two services, of which one has what settings say. */
const PROGRAM = `
require("./core/pulumi/patches/lazyLoading");
require("./core/loadTypescript");
const pulumi = require("@pulumi/pulumi");
const { connectEngine } = require("./core/engines/dockerApi/session");
const { SwarmService } = require("./components/swarmService");
module.exports = async () => {
  await connectEngine();
  const config = new pulumi.Config("test");
  new SwarmService("web", {
    image: "nginx",
    ports: ["8888:80"],
    replicas: config.getNumber("replicas"),
    global: config.getBoolean("global"),
    command: config.get("command"),
    labels: config.getObject("labels"),
    environment: { API_TOKEN: "a token of the tests" },
    secrets: [{ source: "word", content: config.get("word") ?? "one" }],
  });
};
`;

async function project(config: Record<string, unknown> = {}): Promise<Project> {
  const made = await Project.create({ stack: "test", program: PROGRAM, config });
  made.store.put("swarm", { Name: "swarm", NodeAddr: "10.0.0.5" });
  return made;
}
const web = ({ store }: Project) => store.find("services", "web")!;

describeIf(missingCli, "the stack swarm", () => {
  test("makes a manager and the service, once", async () => {
    const made = await Project.create({ stack: "swarm", config: { "swarm:advertiseAddr": "10.0.0.5" } });
    // Neither of the two components waits for the other to be registered.
    expect((await made.changes()).sort()).toEqual([
      "create Service new_service",
      "create Stack berth-swarm",
      "create Swarm swarm",
      "create SwarmService new_service",
    ]);
    expect(made.store.list("swarm")).toEqual([]);
    const { output } = await made.up();
    expect(output).toContain("swarm: there is one manager: while it is down nothing can be changed");
    expect(output).not.toContain("SWMTKN");
    expect(made.store.list("swarm")).toEqual([{ Name: "swarm", NodeAddr: "10.0.0.5" }]);
    const { Spec } = made.store.find("services", "new_service")!;
    expect(Spec.Mode).toEqual({ Replicated: { Replicas: 1 } });
    expect(Spec.EndpointSpec.Ports).toEqual([
      { Protocol: "tcp", TargetPort: 80, PublishedPort: 8888, PublishMode: "ingress" },
    ]);
    expect(await made.changes()).toEqual([]);
    made.store.takeJournal();
    await made.up();
    expect(made.store.takeJournal()).toEqual([]);
    await made.destroy();
    expect(made.store.list("services")).toEqual([]);
    expect(made.store.list("swarm")).toHaveLength(1);
  }, 120_000);

  test("goes into the swarm again after somebody has left it", async () => {
    const made = await Project.create({ stack: "swarm", config: { "swarm:advertiseAddr": "10.0.0.5" } });
    await made.up();
    for (const swarm of made.store.list("swarm")) made.store.remove("swarm", swarm);
    for (const service of made.store.list("services")) made.store.remove("services", service);
    await made.must(["up", "--yes", "--skip-preview", "--refresh", "--stack", "swarm"]);
    expect(made.store.list("swarm")).toHaveLength(1);
    expect(made.store.find("services", "new_service")!.Spec.Mode).toEqual({ Replicated: { Replicas: 1 } });
  }, 120_000);
});

describeIf(missingCli, "a swarm's service", () => {
  /** Of the tests up to "is made anew": each goes on where the one before has left it. */
  let made: Project;
  beforeAll(async () => {
    made = await project();
    await made.up();
  }, 120_000);

  test("changes in place, by berth and not by the provider", async () => {
    const { Id } = web(made);
    expect(await made.changes()).toEqual([]);
    expect(await made.changes("--refresh")).toEqual([]);
    made.configure({ "test:replicas": 3, "test:labels": { tier: "front" } });
    expect(await made.changes()).toEqual(["update SwarmService web"]);
    made.store.takeJournal();
    await made.up();
    expect(made.store.takeJournal()).toEqual(["update services web by berth"]);
    expect(web(made).Id).toBe(Id);
    expect(web(made).Spec.Mode).toEqual({ Replicated: { Replicas: 3 } });
    expect(web(made).Spec.TaskTemplate.ContainerSpec).toMatchObject({ Labels: { tier: "front" } });
    made.configure({ "test:labels": undefined });
    await made.up();
    expect(web(made).Spec.TaskTemplate.ContainerSpec).not.toHaveProperty("Labels");
  }, 120_000);

  test("is brought back after a change by hand, and a refresh brings no secret into the state", async () => {
    const { Mode } = web(made).Spec;
    const found = web(made);
    made.store.put("services", { ...found, Spec: { ...found.Spec, Mode: { Replicated: { Replicas: 7 } } } });
    await made.must(["up", "--yes", "--skip-preview", "--refresh", "--stack", "test"]);
    expect(web(made).Spec.Mode).toEqual(Mode);
    const { stdout } = await made.must(["stack", "export", "--stack", "test"]);
    expect(stdout).toContain("ciphertext");
    expect(stdout).not.toContain("a token of the tests");
  }, 120_000);

  test("gets the new secret before the old one goes", async () => {
    const [old] = made.store.list("secrets");
    made.configure({ "test:word": "two" });
    made.store.takeJournal();
    await made.up();
    expect(made.store.takeJournal()).toEqual([
      "create secrets web-word",
      "update services web by berth",
      "delete secrets web-word",
    ]);
    const secrets = made.store.list("secrets");
    expect(secrets.map(({ Data }) => Buffer.from(Data, "base64").toString())).toEqual(["two"]);
    expect(secrets[0]!.Name).not.toBe(old!.Name);
  }, 120_000);

  test("is made anew between replicas and one on each node", async () => {
    const { Id } = web(made);
    made.configure({ "test:global": true, "test:replicas": undefined });
    expect(await made.changes()).toContain("replace Service web");
    await made.up();
    expect(web(made).Id).not.toBe(Id);
    expect(web(made).Spec.Mode).toEqual({ Global: {} });
  }, 120_000);

  test("that does not come up fails the apply, with its last lines", async () => {
    const made = await project({ "test:command": 'sh -c "exit 3"' });
    const { code, output } = await made.tryUp();
    expect(code).not.toBe(0);
    expect(output).toMatch(/web (does not come up|has 0 of 1 tasks running)/);
    expect(output).toContain("a last line");
  }, 120_000);

  test("that an apply left behind is made anew; one of somebody else is refused", async () => {
    const made = await project();
    await made.up();
    const { Id, Spec } = web(made);
    const { stdout } = await made.must(["stack", "export", "--stack", "test"]);
    const { urn } = (JSON.parse(stdout) as { deployment: { resources: { urn: string }[] } }).deployment.resources.find(
      (resource) => resource.urn.endsWith(":Service::web"),
    )!;
    await made.must(["state", "delete", "--yes", "--stack", "test", urn]);
    await made.up();
    expect(web(made).Id).not.toBe(Id);
    made.store.put("services", { ...web(made), Spec: { ...Spec, Labels: {} } });
    const { code, output } = await made.pulumi(["preview", "--stack", "test"]);
    expect(code).not.toBe(0);
    expect(output).toContain('SwarmService "web": serviceName: a service named web is in the swarm already; ');
  }, 120_000);

  test("needs a manager", async () => {
    const made = await Project.create({ stack: "test", program: PROGRAM });
    const { code, output } = await made.pulumi(["preview", "--stack", "test"]);
    expect(code).not.toBe(0);
    expect(output).toContain(
      'SwarmService "web": engine: this engine is in no swarm; run `docker swarm init`, or declare',
    );
  }, 60_000);
});

describeIf(missingCli, "services of a swarm that change their ports", () => {
  const PORTS = `
require("./core/pulumi/patches/lazyLoading");
require("./core/loadTypescript");
const pulumi = require("@pulumi/pulumi");
const { connectEngine } = require("./core/engines/dockerApi/session");
const { SwarmService } = require("./components/swarmService");
module.exports = async () => {
  await connectEngine();
  for (const [name, port] of Object.entries(new pulumi.Config("test").requireObject("ports")))
    new SwarmService(name, { image: "nginx", ports: [port + ":80"] });
};
`;
  const portsOf = ({ store }: Project) =>
    Object.fromEntries(
      store
        .list("services")
        .map(({ Name, Spec }) => [Name, Spec.EndpointSpec.Ports?.map((port) => port.PublishedPort)]),
    );

  test("exchange them, and one with a new name keeps its own", async () => {
    const made = await Project.create({
      stack: "test",
      program: PORTS,
      config: { "test:ports": { one: 81, two: 82 } },
    });
    made.store.put("swarm", { Name: "swarm", NodeAddr: "10.0.0.5" });
    await made.up();
    const ids = () => Object.fromEntries(made.store.list("services").map(({ Name, Id }) => [Name, Id]));
    const before = ids();
    made.configure({ "test:ports": { one: 82, two: 81 } });
    await made.up();
    expect(portsOf(made)).toEqual({ one: [82], two: [81] });
    expect(ids()).toEqual(before);
    expect(await made.changes()).toEqual([]);

    made.configure({ "test:ports": { three: 82, two: 81 } });
    await made.up();
    expect(portsOf(made)).toEqual({ three: [82], two: [81] });
    expect(ids().two).toBe(before.two);
    expect(await made.changes("--refresh", "--expect-no-changes")).toEqual([]);
  }, 300_000);
});
