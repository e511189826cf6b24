// What services of one program have in common: images, volumes, owners, providers, order.
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { EngineClient } from "../../../core/engines/dockerApi/connection/client";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import { BridgeNetwork } from "../../../components/bridgeNetwork";
import { Mysql } from "../../../components/mysql";
import { NamedVolume } from "../../../components/namedVolume";
import { Nginx } from "../../../components/nginx";
import { declaredServices, Service } from "../../../components/service";
import { CONTAINER, IMAGE, names, nameOf, NETWORK, VOLUME, type World, world } from "../mocks";

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

describe("images", () => {
  test("are pulled once for many services, and stay when the stack goes", async () => {
    for (let index = 0; index < 20; index++) new Service(`web-${index}`, { image: "nginx" });
    await w.done();
    expect(w.one(IMAGE)).toMatchObject({ name: "nginx", parent: "", inputs: { name: "nginx", keepLocally: true } });
    expect(w.all(CONTAINER)).toHaveLength(20);
    for (const container of w.all(CONTAINER)) expect(container.dependencies.map(nameOf)).toEqual(["nginx"]);
  });

  test("of another tag or platform are others", async () => {
    new Service("one", { image: "nginx" });
    new Service("two", { image: "nginx:1.27" });
    new Service("three", { image: "nginx", platform: "linux/arm64" });
    await w.done();
    expect(w.all(IMAGE).map(({ name, inputs }) => [name, inputs.name, inputs.platform])).toEqual([
      ["nginx", "nginx", undefined],
      ["nginx:1.27", "nginx:1.27", undefined],
      ["nginx@linux/arm64", "nginx", "linux/arm64"],
    ]);
  });

  test("that change replace their containers", async () => {
    new Service("web", { image: "nginx" });
    await w.done();
    expect(w.one(CONTAINER).replacementTrigger).toMatch(/^[0-9a-f]{32} sha256:nginx$/);
  });
});

describe("volumes", () => {
  test("of one name are one, and outlive the stack", async () => {
    new Service("one", { image: "x1", volumes: ["data:/a"] });
    new Service("two", { image: "x1", volumes: ["data:/b:ro", "more:/c"] });
    await w.done();
    expect(w.all(VOLUME).map(({ name, retainOnDelete }) => [name, retainOnDelete])).toEqual([
      ["data", true],
      ["more", true],
    ]);
  });

  test("go with the stack where that is asked for", async () => {
    new Service("one", { image: "x1", volumes: ["data:/a", "/anonymous", "/b:/c"], removeData: true });
    new Mysql("db", { rootPassword: "x", removeData: true });
    new NamedVolume("shared", { removeData: true });
    await w.done();
    expect(
      w
        .all(VOLUME)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["data", "db-data", "one-anonymous", "shared"]);
    for (const volume of w.all(VOLUME)) expect(volume.retainOnDelete).toBe(false);
    // Never with the container alone: a replaced container finds them again.
    for (const container of w.all(CONTAINER)) expect(container.inputs.removeVolumes).toBe(false);
  });

  test("with a driver", async () => {
    new NamedVolume("v1", { name: "export", driver: "local", driverOpts: { type: "nfs" }, labels: { a: "b" } });
    await w.done();
    expect(w.one(VOLUME).inputs).toEqual({
      name: "export",
      driver: "local",
      driverOpts: { type: "nfs" },
      labels: [
        { label: "berth.stack", value: "berth/test" },
        { label: "berth.owner", value: "me" },
        { label: "a", value: "b" },
      ],
    });
  });

  test("without a name are told apart by their places", async () => {
    new Service("one", { image: "x1", volumes: ["/a/b", "/a-b/c"] });
    await w.done();
    expect(w.all(VOLUME).map(({ name }) => name)).toEqual(["one-a-b", "one-a-b-c"]);
  });

  test("a generated name is no part of what decides about replacement", async () => {
    new Service("one", { image: "x1", volumes: ["/a"] });
    new Service("two", { image: "x1", volumes: ["/a"] });
    await w.done();
    const [one, two] = w.all(CONTAINER).map(({ replacementTrigger }) => replacementTrigger);
    expect(one).toBe(two);
  });
});

describe("the digest of a declaration", () => {
  const digestOf = (name: string) =>
    (w.one(CONTAINER, name).inputs.labels as { label: string; value: string }[]).find(
      ({ label }) => label === "berth.digest",
    )?.value;

  test("is what decides about replacement: another declaration has another one", async () => {
    new Service("one", { image: "x1", environment: { MODE: "a" } });
    new Service("two", { image: "x1", environment: { MODE: "b" } });
    new Service("three", { image: "x1", environment: { MODE: "a" }, memLimit: "64m" });
    await w.done();
    for (const name of ["one", "two", "three"])
      expect(String(w.one(CONTAINER, name).replacementTrigger).split(" ")[0]).toBe(digestOf(name));
    expect(digestOf("two")).not.toBe(digestOf("one"));
    // Changed in place, so that a label on the living container stays what it was.
    expect(digestOf("three")).toBe(digestOf("one"));
  });

  test("says nothing of the value of a secret", async () => {
    for (const [name, value] of [
      ["one", "hunter1"],
      ["two", "hunter2"],
    ] as const) {
      new Service(name, { image: "x1", environment: { DB_PASSWORD: value, TOKEN: pulumi.secret(value) } });
      new Service(`${name}-line`, { image: "x1", command: pulumi.output(["serve", "--key", pulumi.secret(value)]) });
    }
    await w.done();
    expect(digestOf("one")).toMatch(/^[0-9a-f]{32}$/);
    expect(digestOf("two")).toBe(digestOf("one"));
    for (const name of ["one-line", "two-line"]) expect(digestOf(name)).toBeUndefined();
  });
});

describe("owners", () => {
  test("mark containers, volumes and networks; a user's own labels stay beside them", async () => {
    new BridgeNetwork("mynet");
    new Service("one", {
      image: "x1",
      containerName: "other",
      volumes: ["data:/a"],
      networks: ["mynet"],
      labels: { mine: "1" },
    });
    await w.done();
    const own = [
      { label: "berth.stack", value: "berth/test" },
      { label: "berth.owner", value: "me" },
    ];
    expect(w.one(CONTAINER).inputs.labels).toEqual([
      { label: "mine", value: "1" },
      ...own,
      { label: "berth.service", value: "one" },
      { label: "berth.digest", value: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(w.one(VOLUME).inputs.labels).toEqual(own);
    expect(w.one(NETWORK).inputs.labels).toEqual(own);
  });

  test("are not part of what decides about replacement: another checkout would replace everything", async () => {
    new Service("one", { image: "x1" });
    await w.done();
    const { replacementTrigger } = w.one(CONTAINER);
    const other = await world({ stack: "other", config: { "berth:owner": "you" } });
    new Service("one", { image: "x1" });
    await other.done();
    expect(other.one(CONTAINER).replacementTrigger).toBe(replacementTrigger);
  });
});

describe("containers", () => {
  test("are set aside for their successors, and deleted first only where berth does not reach the engine", async () => {
    w = await world({ preview: true });
    new Service("one", { image: "x1" });
    sessionFor().client = new EngineClient({ host: "tcp://127.0.0.1:1" });
    new Service("two", { image: "x1" });
    await w.done();
    expect(w.one(CONTAINER, "one").deleteBeforeReplace).toBe(true);
    const container = w.one(CONTAINER, "two");
    expect(container).toMatchObject({
      deleteBeforeReplace: false,
      beforeCreate: [expect.stringMatching(/^berth-fetch-image/), expect.stringMatching(/^berth-make-room/)],
      onError: [expect.stringMatching(/^berth-bring-back/)],
    });
    for (const name of container.beforeCreate) expect(w.hooks.has(name)).toBe(true);
    expect([...w.errorHooks]).toEqual(container.onError);
  });

  test("without a limit are replaced where one was taken away, or set by hand", async () => {
    new Service("one", { image: "x1", memLimit: "64m", cpuShares: 5 });
    new Service("two", { image: "x1", restart: "on-failure:3" });
    new Service("three", { image: "x1", cpuQuota: 50_000 });
    await w.done();
    expect(w.one(CONTAINER, "one").replaceOnChanges).toEqual(["memoryReservation", "cpuSet", "cpus"]);
    expect(w.one(CONTAINER, "one").ignoreChanges).not.toContain("cpus");
    // berth sets it itself.
    expect(w.one(CONTAINER, "three").replaceOnChanges).not.toContain("cpus");
    expect(w.one(CONTAINER, "three").ignoreChanges).toContain("cpus");
    expect(w.one(CONTAINER, "two").replaceOnChanges).toEqual([
      "memory",
      "memoryReservation",
      "memorySwap",
      "cpuShares",
      "cpuSet",
      "cpus",
    ]);
  });

  test("keep in the state what the engine changes in place", async () => {
    new Service("one", { image: "x1", ports: ["127.0.0.1:80:80", "443"], cpus: 0.5 });
    await w.done();
    expect(w.one("berth:services:Service").inputs).toEqual({
      image: "x1",
      containerName: "one",
      ports: ["127.0.0.1:80:80", "443"],
      cpus: 5e8,
    });
  });
});

test("hooks of the user stay beside berth's", async () => {
  const mine = new pulumi.ResourceHook("mine", async () => {});
  new Service("one", { image: "x1" }, { hooks: { beforeUpdate: [mine], afterCreate: [mine] } });
  new BridgeNetwork("mynet", {}, { hooks: { beforeUpdate: [mine] } });
  await w.done();
  expect(w.one("berth:services:Service").beforeUpdate).toEqual([
    "mine",
    expect.stringMatching(/^berth-change-in-place/),
  ]);
  expect(w.one("berth:services:BridgeNetwork").beforeUpdate).toEqual([
    "mine",
    expect.stringMatching(/^berth-release-network/),
  ]);
});

test("children carry their component, shared objects none", async () => {
  new Nginx("web", { port: 8080, volumes: ["data:/a", "/b"] });
  await w.done();
  const parents = Object.fromEntries(
    w.resources.map(({ name, type, parent }) => [names([{ name, type }] as never)[0], parent && nameOf(parent)]),
  );
  expect(parents).toEqual({
    "RemoteImage nginx": "",
    "Nginx web": "",
    "Volume data": "",
    "Volume web-b": "web",
    "Container web": "web",
  });
});

test("a service waits for those that it depends on", async () => {
  const first = new Service("first", { image: "x1" });
  new Service("second", { image: "x1", dependsOn: [first] });
  await w.done();
  const order = w.all(CONTAINER).map(({ name }) => name);
  expect(order).toEqual(["first", "second"]);
});

describe("providers", () => {
  test("reach every resource of a service, through options or the parent", async () => {
    const remote = new docker.Provider("remote", { host: "tcp://other:2376" });
    const group = new pulumi.ComponentResource("test:index:Group", "group", {}, { providers: [remote] });
    new Service("one", { image: "x1", volumes: ["data:/a", "/b"] }, { provider: remote });
    new Service("two", { image: "x1" }, { parent: group });
    new BridgeNetwork("mynet", {}, { providers: { docker: remote } });
    await w.done();
    const used = [...w.all(CONTAINER), ...w.all(IMAGE), ...w.all(VOLUME), ...w.all(NETWORK)];
    expect(used).toHaveLength(6);
    for (const { provider } of used) expect(provider).toMatch(/::remote::remote-id$/);
  });

  test("have a session each: one host port on two engines is no clash", async () => {
    const remote = new docker.Provider("remote", { host: "tcp://other:2376" });
    new Service("here", { image: "x1", ports: ["80:80"], containerName: "web" });
    new Service("there", { image: "x2", ports: ["80:80"], containerName: "web" }, { provider: remote });
    expect(sessionFor(remote)).not.toBe(sessionFor());
    await w.done();
    expect(w.all(CONTAINER)).toHaveLength(2);
  });
});

describe("a program", () => {
  test("knows its services in order; the next one begins anew", async () => {
    const one = new Service("one", { image: "x1" });
    const two = new Nginx("two");
    expect(declaredServices()).toEqual([one, two]);
    await w.done();
    await world();
    expect(declaredServices()).toEqual([]);
  });

  test("has one session until the next begins", async () => {
    const session = sessionFor();
    expect(sessionFor()).toBe(session);
    expect(session.owner).toEqual({ stack: "berth/test", owner: "me" });
    await world({ stack: "other" });
    expect(sessionFor()).not.toBe(session);
  });
});
