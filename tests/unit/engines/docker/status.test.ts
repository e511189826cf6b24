import { dockerStatus, stateOf } from "../../../../core/engines/docker/status";
import { type Declared, namesOf, pick, type ServiceStatus, since } from "../../../../core/engines/status";
import type { ServiceSpec } from "../../../../core/description/service";
import { useEngine } from "../../fakeEngine";

const engine = useEngine();
const OWNER = { stack: "berth/shop", owner: "me" };
const MINE = { "berth.stack": "berth/shop", "berth.owner": "me" };
const LABELS = JSON.stringify({ label: ["berth.stack=berth/shop", "berth.owner=me"] });
const ASKED = `GET /containers/json?all=1&filters=${LABELS}`;
const ALL = "GET /containers/json?all=1&filters={}";

const spec = (given: Partial<ServiceSpec> = {}) =>
  ({
    image: "nginx:1",
    ports: [{ target: 80, published: 8080, hostIp: "", protocol: "tcp" }],
    ...given,
  }) as ServiceSpec;
const declared = (service: string, given: Partial<Declared> = {}): Declared => ({
  service,
  name: service,
  engine: "docker",
  spec: spec(),
  digest: "aa",
  hidden: false,
  ...given,
});
const container = (service: string, given: Record<string, unknown> = {}, labels: Record<string, string> = {}) => ({
  Id: `id of ${service}`,
  Names: [`/${service}`],
  Image: "nginx:1",
  Labels: { ...MINE, "berth.service": service, "berth.digest": "aa", ...labels },
  Status: "Up 3 minutes",
  Ports: [
    { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
  ],
  ...given,
});
/** A container from before there were digests. */
const old = (service: string, given: Record<string, unknown> = {}) => {
  const { Labels, ...rest } = container(service, given);
  const { "berth.digest": _digest, ...labels } = Labels;
  return { ...rest, Labels: labels };
};

async function look(containers: object[], services: Declared[], others: object[] = []): Promise<ServiceStatus[]> {
  engine.says(ASKED, containers).says(ALL, others);
  return dockerStatus(engine.client, OWNER, services);
}
const brief = (statuses: ServiceStatus[]) =>
  statuses.map(({ name, state, ok, changed, declared: still, notes }) => ({ name, state, ok, changed, still, notes }));
const fine = { ok: true, changed: [], still: true, notes: [] };

test.each<[string, ReturnType<typeof stateOf>]>([
  ["Up 3 minutes", { state: "running", uptime: "3 minutes" }],
  ["Up About a minute (healthy)", { state: "healthy", uptime: "a minute" }],
  ["Up Less than a second (health: starting)", { state: "starting", uptime: "Less than a second" }],
  ["Up 2 hours (unhealthy)", { state: "unhealthy", uptime: "2 hours" }],
  ["Up 2 hours (Paused)", { state: "paused", uptime: "2 hours" }],
  ["Exited (137) 5 minutes ago", { state: "exited", exitCode: 137 }],
  ["Exited (0) Less than a second ago", { state: "exited", exitCode: 0 }],
  ["Restarting (1) 4 seconds ago", { state: "restarting", exitCode: 1 }],
  ["Created", { state: "created" }],
  ["Removal In Progress", { state: "removing" }],
  ["Dead", { state: "exited", exitCode: undefined }],
])("the engine's %s", (words, state) => {
  expect(stateOf(words)).toEqual(state);
});

test("one question tells of every service, with its ports once", async () => {
  const statuses = await look([container("web"), container("db")], [declared("web"), declared("db")]);
  expect(brief(statuses)).toEqual(["web", "db"].map((name) => ({ name, state: "running", ...fine })));
  expect(statuses[0]).toMatchObject({
    ports: [{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 }],
    uptime: "3 minutes",
    image: "nginx:1",
    id: "id of web",
  });
  expect(engine.calls).toEqual([ASKED]);
});

test.each<[string, Record<string, unknown>, Record<string, unknown>, boolean]>([
  ["healthy", { Status: "Up 1 minute (healthy)" }, {}, true],
  ["unhealthy", { Status: "Up 1 minute (unhealthy)" }, {}, false],
  ["starting", { Status: "Up 1 minute (health: starting)" }, {}, false],
  ["exited", { Status: "Exited (0) 1 minute ago" }, {}, false],
  // Nothing restarts it and nobody wants an answer from it.
  ["done", { Status: "Exited (0) 1 minute ago" }, { ports: undefined }, true],
  ["exited", { Status: "Exited (3) 1 minute ago" }, { ports: undefined }, false],
  ["exited", { Status: "Exited (0) 1 minute ago" }, { ports: undefined, restart: { policy: "always" } }, false],
  ["done", { Status: "Exited (0) 1 minute ago" }, { mode: "replicated-job" }, true],
  ["running", {}, { mode: "replicated-job" }, false],
  ["restarting", { Status: "Restarting (1) 1 second ago" }, {}, false],
])("%s: %j of %j", async (state, live, described, ok) => {
  const [status] = await look([container("web", live)], [declared("web", { spec: spec(described as never) })]);
  expect(status).toMatchObject({ state, ok });
});

test.each<[string[], object, Partial<Declared>]>([
  [["declaration"], container("web"), { digest: "bb" }],
  [[], container("web"), { digest: undefined }],
  // One from before there were digests: what the list says of it.
  [[], old("web"), {}],
  [["image"], old("web", { Image: "nginx:2" }), {}],
  [["ports"], old("web", { Ports: [{ PrivatePort: 80, PublicPort: 9090, Type: "tcp" }] }), {}],
  [["nginx:1 is another image now"], container("web", { Image: "sha256:".padEnd(71, "a") }), {}],
  [["name"], container("web"), { name: "site" }],
  [
    ["networks"],
    container("web", { NetworkSettings: { Networks: { other: {} } } }),
    { spec: spec({ networks: [{ name: "mynet" }] }) },
  ],
  [
    [],
    container("web", { NetworkSettings: { Networks: { mynet: {} } } }),
    { spec: spec({ networks: [{ name: "mynet" }] }) },
  ],
])("changed: %j", async (changed, live, given) => {
  const [status] = await look([live], [declared("web", given)]);
  expect(status).toMatchObject({ changed, ok: changed.length === 0 });
});

test("what only the CLI can read is not compared, and that is said", async () => {
  const [status] = await look([container("web")], [declared("web", { digest: undefined, hidden: true })]);
  expect(status).toMatchObject({ changed: [], ok: true });
  expect(status!.notes).toEqual(["a part of its declaration is a secret of the stack, so it is not compared"]);
  // The digest of a declaration that is only half known says nothing.
  const [half] = await look([container("web")], [declared("web", { digest: "bb", hidden: true })]);
  expect(half).toMatchObject({ changed: [], ok: true });
});

test("missing and not declared any more", async () => {
  expect(brief(await look([container("old")], [declared("web")]))).toEqual([
    { name: "web", state: "missing", ok: false, changed: [], still: true, notes: [] },
    { name: "old", state: "running", ok: false, changed: [], still: false, notes: [] },
  ]);
});

test("a missing one says who has its name", async () => {
  const others = [
    { ...container("web"), Labels: {} },
    { ...container("db"), Labels: { ...MINE, "berth.owner": "0123456789ab" } },
  ];
  const [web, db] = await look([], [declared("web"), declared("db")], others);
  expect(web!.notes).toEqual(["a container of this name is there that the stack has not made"]);
  expect(db!.notes).toEqual([
    "a container of this name belongs to the same stack of another user or folder; where that is you, `pulumi config set berth:owner 0123456789ab`",
  ]);
});

describe("what an apply has set aside", () => {
  const aside = (service: string, name: string, given = {}) => container(service, { Names: [`/${name}`], ...given });

  test("is no service: the one before runs", async () => {
    const live = [container("web"), aside("web", "web.berth-failed", { Status: "Exited (1) 1 minute ago" })];
    const [status, ...more] = await look(live, [declared("web", { digest: "bb" })]);
    expect(more).toEqual([]);
    expect(status).toMatchObject({ name: "web", state: "running", changed: ["declaration"], ok: false });
    expect(status!.notes).toEqual(["the last change failed; the one before runs"]);
    // Taken back in the program it is as declared again.
    expect((await look(live, [declared("web")]))[0]).toMatchObject({ ok: true });
  });

  test("of one without a digest is no good sign", async () => {
    const [status] = await look([old("web"), aside("web", "web.berth-failed")], [declared("web")]);
    expect(status).toMatchObject({ changed: [], ok: false });
  });

  test("of a service that has gone is not listed, and of a new one is said", async () => {
    const live = [aside("shop", "shop.berth-failed"), container("web")];
    expect(brief(await look(live, [declared("web")]))).toEqual([{ name: "web", state: "running", ...fine }]);
    const [shop] = await look(live, [declared("shop"), declared("web")]);
    expect(shop).toMatchObject({ state: "missing", notes: ["the last change failed"] });
  });

  test("by an apply that was cut off stands for its service, under its name", async () => {
    const live = [aside("web", "web.berth-previous-always", { Status: "Exited (0) 1 minute ago" })];
    const [status] = await look(live, [declared("web")]);
    expect(status).toMatchObject({ name: "web", state: "exited", changed: [], ok: false });
    expect(status!.notes[0]).toContain("an apply was cut off and has set it aside as web.berth-previous-always");
  });
});

describe("names", () => {
  const compose = { "com.docker.compose.service": "web" };

  test("are those of the compose file where they are alone", async () => {
    const statuses = await look([container("shop-web-1", {}, compose)], [declared("shop-web-1")]);
    expect([...namesOf(statuses).values()]).toEqual([["web", "shop-web-1"]]);
    const both = await look(
      [container("a-web-1", {}, compose), container("b-web-1", {}, compose)],
      [declared("a-web-1"), declared("b-web-1")],
    );
    expect([...namesOf(both).values()]).toEqual([["a-web-1"], ["b-web-1"]]);
  });

  test("a slip gets the nearest one", async () => {
    const statuses = await look([container("shop-web-1", {}, compose)], [declared("shop-web-1")]);
    expect(pick(statuses, ["web"], "shop")).toEqual(statuses);
    expect(() => pick(statuses, ["wbe"], "shop")).toThrow('the stack shop has no service "wbe"; did you mean web?');
    expect(() => pick(statuses, ["nonsense"], "shop")).toThrow("its services are web");
    expect(() => pick([], ["web"], "shop")).toThrow('the stack shop has no service "web", and none at all');
  });
});

test.each([
  [5, "5 seconds"],
  [90, "90 seconds"],
  [185, "3 minutes"],
  [2 * 3600, "2 hours"],
  [1, "1 second"],
])("%i seconds are %s", (seconds, words) => {
  expect(since(new Date(0).toISOString(), seconds * 1000)).toBe(words);
});
