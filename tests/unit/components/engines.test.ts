import { Service } from "../../../components/service";
import { engineOf } from "../../../stacks";
import { CONTAINER, value, world } from "../mocks";
import { sentence } from "../refusal";

const web = { image: "nginx", ports: ["8080:80"] };

describe("the engine of a service", () => {
  test("is Docker where nobody says otherwise", async () => {
    const w = await world();
    const service = new Service("web", web);
    await w.done();
    expect(service.engine).toBe("docker");
    expect(service.resource).toBe(service.container);
    expect(w.all(CONTAINER)).toHaveLength(1);
    expect(await value(service.exec)).toBe("docker exec -it web");
  });

  test.each(["swarm", "kubernetes"] as const)("is that of the stack: %s", async (engine) => {
    const w = await world({ config: { "berth:engine": engine } });
    const service = new Service("web", web);
    await w.done();
    expect(service.engine).toBe(engine);
    expect(service.container).toBeUndefined();
    expect(w.all(CONTAINER)).toEqual([]);
  });

  test("is its own where it has one, and another one's stays", async () => {
    const w = await world({ config: { "berth:engine": "swarm" } });
    new Service("web", { ...web, engine: "docker" });
    new Service("other", { ...web, ports: ["8081:80"] });
    await w.done();
    expect(w.all(CONTAINER).map(({ name }) => name)).toEqual(["web"]);
  });

  test("that is not known is refused", async () => {
    const w = await world({ config: { "berth:engine": "podman" } });
    expect(sentence(() => new Service("web", web))).toBe(
      'berth:engine: "podman" is not known; use docker, swarm, kubernetes.',
    );
    expect(sentence(() => new Service("web", { ...web, engine: "podman" as never }))).toBe(
      'Service "web": engine: "podman" is not known; use docker, swarm, kubernetes.',
    );
    expect(w.resources).toEqual([]);
  });
});

test.each([
  [{ replicas: 2 }, "replicas: 2 containers cannot have one name on a Docker engine"],
  [{ replicas: 0 }, "replicas: 0 containers cannot have one name on a Docker engine"],
  [{ mode: "global" as const }, "mode: global is one on each node, and a Docker engine is a single one"],
])("one Docker engine has no %j", async (more, message) => {
  const w = await world();
  expect(sentence(() => new Service("web", { ...web, ...more }))).toContain(`Service "web": ${message}; `);
  expect(w.resources).toEqual([]);
});

test("one replica may be said", async () => {
  const w = await world();
  new Service("web", { ...web, replicas: 1, mode: "replicated" });
  await w.done();
  expect(w.all(CONTAINER)).toHaveLength(1);
});

test.each([
  ["kubernetes", undefined, "kubernetes"],
  ["lifecycle", "docker", "kubernetes"],
  ["swarm", undefined, "swarm"],
  ["nginx", undefined, "docker"],
  ["nginx", "kubernetes", "kubernetes"],
])("the program %s with berth:engine %s is about %s", (program, setting, engine) => {
  expect(engineOf(program, setting)).toBe(engine);
});
