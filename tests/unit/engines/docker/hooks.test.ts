import * as pulumi from "@pulumi/pulumi";
import { ownerLabels } from "../../../../core/engines/owner";
import { type Session, sessionFor } from "../../../../core/engines/dockerApi/session";
import { useEngine } from "../../fakeEngine";
import { world } from "../../mocks";

const engine = useEngine();
let session: Session;
const infos: string[] = [];

beforeEach(async () => {
  await world({ stack: "nginx" });
  session = sessionFor();
  session.client = engine.client;
  infos.length = 0;
  pulumi.log.info = async (message) => void infos.push(message);
});

type Hook = "fetchImage" | "makeRoom" | "restartDependents" | "reclaimNetwork" | "releaseNetwork" | "changeInPlace";
/** Runs a hook as the engine would; it may throw at once or later. */
const run = async (hook: Hook, args: Partial<pulumi.ResourceHookArgs>) =>
  session.hooks![hook].callback({ urn: "urn", id: "", name: "web", type: "t", ...args } as pulumi.ResourceHookArgs);

const ours = (service?: string) => ownerLabels(session.owner, service);
const foreign = () => ({ ...ours("web"), "berth.owner": "somebody else" });
const container = (labels: Record<string, string> | null) => ({ Id: "c1", Config: { Labels: labels } });

describe("after a container is made", () => {
  const answer = (labels: Record<string, string> | null, Running: boolean) =>
    engine.says("GET /containers/app/json", { ...container(labels), State: { Running } });
  beforeEach(() => session.restarts.set("web", new Set(["app"])));
  const created = (name = "web") => run("restartDependents", { name });

  test("what asked for it starts anew", async () => {
    answer(ours("app"), true);
    engine.on("POST /containers/c1/restart", { status: 204 });
    await created();
    expect(engine.changes()).toEqual(["POST /containers/c1/restart"]);
  });

  test.each(["NetworkMode", "IpcMode", "PidMode"])(
    "one that shares (%s) starts anew where that one lives",
    async (mode) => {
      const HostConfig = { NetworkMode: "bridge", IpcMode: "private", PidMode: "", [mode]: "container:c0" };
      engine.says("GET /containers/app/json", { ...container(ours("app")), HostConfig, State: { Running: true } });
      engine.on("POST /containers/c1/restart", { status: 204 });
      // What it shared is gone: it is made anew by Pulumi, and could not start.
      await created();
      expect(engine.changes()).toEqual([]);
      engine.says("GET /containers/c0/json", { ...container(ours("other")), State: { Running: false } });
      await created();
      expect(engine.changes()).toEqual([]);
      engine.says("GET /containers/c0/json", { ...container(ours("other")), State: { Running: true } });
      await created();
      expect(engine.changes()).toEqual(["POST /containers/c1/restart"]);
    },
  );

  test.each<[string, () => unknown, string]>([
    ["one that is not there yet", () => undefined, "web"],
    ["one that is stopped", () => answer(ours("app"), false), "web"],
    ["one of another checkout", () => answer(foreign(), true), "web"],
    ["one that asked for another service's", () => answer(ours("app"), true), "db"],
  ])("%s is left alone", async (_, prepare, name) => {
    prepare();
    await created(name);
    expect(engine.changes()).toEqual([]);
  });
});

describe("before an image or a container is made", () => {
  const create = (newInputs: object) => run("fetchImage", { newInputs });
  const pull = (name: string, query = "") => `POST /images/create?fromImage=${name}&tag=latest${query}`;

  test("its image is fetched, where the engine does not have it", async () => {
    engine
      .says(pull("nginx", "&platform=linux/arm64"), "")
      .says(pull("redis"), "")
      .says("GET /images/busybox/json", {});
    await create({ name: "nginx", platform: "linux/arm64" });
    await create({ name: "web01", image: "redis" });
    await create({ name: "web01", image: "busybox" });
    expect(engine.changes()).toEqual([pull("nginx", "&platform=linux/arm64"), pull("redis")]);
  });

  test("one that the stack builds comes from nowhere else", async () => {
    session.built.add("app");
    engine.says("GET /images/app/json", {});
    await create({ name: "web01", image: "app" });
    engine.reset();
    await expect(create({ name: "web01", image: "app" })).rejects.toThrow(
      "image: app was built by this stack and is not on the engine any more; `pulumi up --refresh` builds it again.",
    );
    expect(engine.changes()).toEqual([]);
  });

  test("without an engine to ask nothing happens", async () => {
    session.client = undefined;
    await create({ name: "nginx" });
    expect(engine.calls).toEqual([]);
  });
});

describe("before a container is made", () => {
  test("a volume that is gone is made again as declared: Docker would make a plain one", async () => {
    session.volumeArgs.set("nfs", { driverOpts: { type: "nfs" }, labels: [{ label: "a", value: "b" }] });
    session.volumeArgs.set("there", { driver: "other" });
    session.volumeArgs.set("plain", {});
    engine.says("GET /volumes/there", {}).says("POST /volumes/create", {});
    const volumes = [{ volumeName: "there" }, { volumeName: "plain" }, { volumeName: "others" }, { hostPath: "/x" }];
    await run("makeRoom", { newInputs: { name: "web01", volumes, mounts: [{ source: "nfs" }, {}] } });
    expect(engine.changes()).toEqual([
      ["POST /volumes/create", { Name: "plain", Labels: ours() }],
      ["POST /volumes/create", { Name: "nfs", DriverOpts: { type: "nfs" }, Labels: { a: "b", ...ours() } }],
    ]);
    expect(infos).toEqual(["plain", "nfs"].map((name) => `Made the volume ${name} again, which was gone.`));
  });

  const create = () => run("makeRoom", { newInputs: { name: "web01" } });

  test("a free name is left at that", async () => {
    await create();
    expect(engine.calls).toEqual(["GET /containers/web01/json"]);
  });

  test.each<[string, () => Record<string, string> | null]>([
    ["without labels", () => null],
    ["of somebody else", () => ({ a: "b" })],
    ["of another checkout", foreign],
    ["of another stack", () => ({ ...ours("web"), "berth.stack": "berth/other" })],
    ["of another declared service of this stack", () => ours("api")],
    ["of no service", () => ours()],
  ])("a container %s is refused and never deleted", async (_, labels) => {
    session.names.add("api");
    engine.says("GET /containers/web01/json", container(labels()));
    await expect(create()).rejects.toThrow(
      "containerName: a container named web01 is there already and is not this service's; remove it with `docker rm -f web01`, or choose another name.",
    );
    expect(engine.changes()).toEqual([]);
  });

  test("one that cannot be stopped for its successor goes on as it was", async () => {
    const old = (Name: string) => ({
      ...{ Id: "c1", Name, HostConfig: { RestartPolicy: { Name: "always" } }, State: { Running: true } },
      Config: { Labels: ours("web") },
    });
    engine
      .on(
        "GET /containers/web01/json",
        { body: old("/web01") },
        { status: 404, body: { message: "No such container" } },
      )
      .says("GET /containers/c1/json", old("/web01.berth-previous-always"))
      .on("POST /containers/c1/rename?name=web01.berth-previous-always", { status: 204 })
      .says("POST /containers/c1/update", {})
      .on("POST /containers/c1/stop", { status: 500, body: { message: "no space left on device" } })
      .on("POST /containers/c1/start", { status: 304 })
      .on("POST /containers/c1/rename?name=web01", { status: 204 });
    await expect(create()).rejects.toThrow(
      "no space left on device\nThe container web01 from before this change runs again; the next `up` tries again.",
    );
    expect(engine.changes().slice(-3)).toEqual([
      ["POST /containers/c1/update", { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } }],
      "POST /containers/c1/start",
      "POST /containers/c1/rename?name=web01",
    ]);
  });

  test("the one that has its name is set aside, of this service or of one that is no longer declared", async () => {
    const aside: string[][] = [];
    session.predecessors.setAside = async (id, successor) => void aside.push([id, successor]);
    const runs = (service: string) =>
      engine.says("GET /containers/web01/json", { ...container(ours(service)), State: { Running: true } });
    runs("web");
    await create();
    expect(infos).toEqual([]);
    runs("api");
    await create();
    expect(aside).toEqual([
      ["c1", "web"],
      ["c1", "web"],
    ]);
    expect(infos).toEqual(["Stopped the container web01 of the service api, which is no longer declared."]);
  });

  test("without an engine to ask nothing happens", async () => {
    session.client = undefined;
    await create();
    await run("reclaimNetwork", { newInputs: { name: "mynet" } });
    await run("releaseNetwork", { oldInputs: { name: "mynet", subnet: "a" }, newInputs: { name: "mynet" } });
    expect(engine.calls).toEqual([]);
  });
});

const FIND = 'GET /networks?filters={"name":["^mynet$"]}';
function network(
  labels: Record<string, string> | null,
  members: Record<string, Record<string, string> | null | undefined> = {},
) {
  engine
    .says(FIND, [
      { Id: "n0", Name: "mynet2" },
      { Id: "n1", Name: "mynet" },
    ])
    .says("GET /networks/n1", {
      Id: "n1",
      Labels: labels,
      Containers: Object.fromEntries(Object.keys(members).map((id) => [id, { Name: `name-${id}` }])),
    })
    .on("POST /networks/n1/disconnect", {})
    .on("DELETE /networks/n1", { status: 204 });
  for (const [id, own] of Object.entries(members))
    if (own !== undefined) engine.says(`GET /containers/${id}/json`, { Id: id, Config: { Labels: own } });
}
const disconnected = (id: string) => ["POST /networks/n1/disconnect", { Container: id, Force: true }];

describe("before a network is made", () => {
  const create = () => run("reclaimNetwork", { newInputs: { name: "mynet" } });

  test("a free name is left at that", async () => {
    engine.says(FIND, [{ Id: "n0", Name: "mynet2" }]);
    await create();
    expect(engine.calls).toEqual([FIND]);
  });

  test("what an apply that was cut off left behind is emptied and removed", async () => {
    network(ours(), { c1: ours("a"), c2: ours("b"), gone: undefined });
    await create();
    expect(engine.changes()).toEqual([
      disconnected("c1"),
      disconnected("c2"),
      disconnected("gone"),
      "DELETE /networks/n1",
    ]);
  });

  test.each<[string, () => Record<string, string> | null]>([
    ["without labels", () => null],
    ["of another checkout", foreign],
  ])("a network %s is refused and never touched", async (_, labels) => {
    network(labels(), { c1: ours("a") });
    await expect(create()).rejects.toThrow(
      "name: a network named mynet is there already and is not this stack's; choose another name.",
    );
    expect(engine.changes()).toEqual([]);
  });

  test("our own is left alone while somebody else uses it", async () => {
    network(ours(), { c1: ours("a"), c2: foreign(), c3: null });
    await expect(create()).rejects.toThrow(
      "name: the network mynet was left behind by an apply that was cut off, and name-c2, name-c3 uses it; disconnect that first.",
    );
    expect(engine.changes()).toEqual([]);
  });
});

describe("before a network is changed", () => {
  const change = (newInputs: object) =>
    run("releaseNetwork", {
      oldInputs: { name: "mynet", subnet: "10.0.0.0/24" },
      newInputs: { name: "mynet", ...newInputs },
    });

  test("the same shape is left alone", async () => {
    network(ours(), { c1: ours("a") });
    await change({ subnet: "10.0.0.0/24" });
    expect(engine.calls).toEqual([]);
  });

  test("for another shape our containers let go of it", async () => {
    network(ours(), { c1: ours("a"), c2: ours("b") });
    await change({ subnet: "10.0.1.0/24" });
    expect(engine.changes()).toEqual([disconnected("c1"), disconnected("c2")]);
  });

  test("other labels are another shape: Docker cannot change them in place", async () => {
    network(ours(), { c1: ours("a") });
    await change({ subnet: "10.0.0.0/24", labels: { a: "b" } });
    expect(engine.changes()).toEqual([disconnected("c1")]);
  });

  test("but not while somebody else uses it: it would stay, without ours", async () => {
    network(ours(), { c1: ours("a"), c2: foreign() });
    await expect(change({})).rejects.toThrow(
      "the network mynet has to be made anew, but name-c2 of another stack uses it; disconnect that first.",
    );
    expect(engine.changes()).toEqual([]);
  });

  test("a network that is gone, or somebody else's, is none of ours", async () => {
    engine.says(FIND, []);
    await change({});
    network(foreign(), { c1: ours("a") });
    await change({});
    expect(engine.changes()).toEqual([]);
  });
});

describe("before a service is changed", () => {
  test("the living container is brought along", async () => {
    const label = Object.entries(ours("web")).map((pair) => pair.join("="));
    engine
      .says(`GET /containers/json?all=1&filters=${JSON.stringify({ label })}`, [{ Id: "c1", Names: ["/web"] }])
      .says("GET /containers/c1/json", { ...container(null), Name: "/web01", NetworkSettings: { Networks: {} } })
      .on("POST /containers/c1/rename?name=web02", { status: 204 });
    await run("changeInPlace", { oldInputs: { containerName: "web01" }, newInputs: { containerName: "web02" } });
    expect(engine.changes()).toEqual(["POST /containers/c1/rename?name=web02"]);
  });

  test("where berth cannot talk to the engine, a change that needs it says so", async () => {
    session.client = undefined;
    await run("changeInPlace", {
      oldInputs: { containerName: "web01" },
      newInputs: { containerName: "web01", image: "other" },
    });
    await expect(
      run("changeInPlace", { oldInputs: { containerName: "web01" }, newInputs: { containerName: "web02" } }),
    ).rejects.toThrow("this needs an engine that berth can talk to itself; name it by unix://, ssh:// or tcp://");
  });
});

test("every session has hooks of its own names, and a monitor without hooks none", async () => {
  const names = Object.values(session.hooks!).map((hook) => (hook as pulumi.ResourceHook).name);
  const next = await world();
  const others = Object.values(sessionFor().hooks!).map((hook) => (hook as pulumi.ResourceHook).name);
  expect(new Set([...names, ...others]).size).toBe(14);
  expect([...next.hooks.keys(), ...next.errorHooks].sort()).toEqual(others.sort());
  await world({ hooks: false });
  expect(sessionFor().hooks).toBeUndefined();
});

describe("where a container cannot be made", () => {
  const errors: string[] = [];
  const fails = (error: string) => {
    errors.length = 0;
    pulumi.log.error = async (message) => void errors.push(message);
    const args = { name: "web", newInputs: { name: "web" }, failedOperation: "create", errors: [error] };
    return session.hooks!.bringBack.callback(args as unknown as pulumi.ErrorHookArgs);
  };
  const BIND = "Bind for 0.0.0.0:8080 failed: port is already allocated";

  test("a port that the engine keeps for nobody is said, with what helps", async () => {
    engine.says("GET /containers/json", [{ Ports: [{ PublicPort: 80 }] }, { Ports: null }]);
    expect(await fails(BIND)).toBe(false);
    expect(errors).toEqual([
      "web: the engine keeps the host port 8080 for a container that is gone, as one does that was killed; start the engine anew (`systemctl restart docker`), then the same command again.",
    ]);
  });

  test.each<[string, string, unknown]>([
    ["a container has the port", BIND, [{ Ports: [{ PublicPort: 8080 }] }]],
    ["it failed for something else", "no space left on device", []],
  ])("nothing of it is said where %s", async (_, error, containers) => {
    engine.says("GET /containers/json", containers);
    await fails(error);
    expect(errors).toEqual([]);
  });
});
