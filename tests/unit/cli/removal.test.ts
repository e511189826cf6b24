import { leftBehind, removeAtOnce } from "../../../cli/removal";
import { useEngine } from "../fakeEngine";

const engine = useEngine();

const PROVIDER = "urn:pulumi:web::shop::pulumi:providers:docker::default";
const STACK = "urn:pulumi:web::shop::pulumi:pulumi:Stack::shop-web";
const TYPES = {
  container: "docker:index/container:Container",
  image: "docker:index/remoteImage:RemoteImage",
  network: "docker:index/network:Network",
  volume: "docker:index/volume:Volume",
};
const urn = (type: string, name: string) => `urn:pulumi:web::shop::${type}::${name}`;

interface Part {
  urn: string;
  type: string;
  [more: string]: unknown;
}

const made = (kind: keyof typeof TYPES, name: string, more: object = {}): Part => ({
  urn: urn(TYPES[kind], name),
  type: TYPES[kind],
  custom: true,
  id: name,
  parent: STACK,
  provider: `${PROVIDER}::id`,
  outputs: {},
  ...more,
});
const component = (name: string, more: object = {}): Part => ({
  urn: urn("berth:services:Service", name),
  type: "berth:services:Service",
  custom: false,
  parent: STACK,
  ...more,
});
const stack = { urn: STACK, type: "pulumi:pulumi:Stack", custom: false };
const provider = () => ({
  urn: PROVIDER,
  type: "pulumi:providers:docker",
  custom: true,
  id: "id",
  inputs: { host: `unix://${engine.socket}` },
});

/** Removes what may be, and says what was asked for, and the names of what is left. */
async function remove(parts: Part[], { ending = new AbortController(), onRemoved = () => {} } = {}) {
  const state = {
    version: 3,
    checkpoint: { latest: { manifest: { version: "v3" }, resources: [stack, provider(), ...parts] } },
  };
  const said: string[] = [];
  const left = await removeAtOnce(JSON.stringify(state), ending.signal, (sentence) => {
    said.push(sentence);
    onRemoved();
  });
  return {
    said,
    left,
    calls: engine.calls.map(String),
    names: left?.deployment.resources?.map((resource) => resource.urn.split("::").at(-1)),
  };
}

const ok = (...calls: string[]) => {
  for (const call of calls) engine.on(call, { status: 204 });
};
const stopped = (name: string, seconds = 0, volumes = true) => [
  `POST /containers/${name}/stop?t=${seconds}`,
  `DELETE /containers/${name}?force=true&v=${volumes}`,
];

test("what others need goes behind them, and nothing of it is left in the state", async () => {
  ok(...stopped("web"), ...stopped("db", 30, false), "DELETE /networks/net", "DELETE /volumes/data");
  const parts = [
    made("network", "net"),
    made("volume", "data"),
    made("image", "mysql", { outputs: { keepLocally: true } }),
    component("shop"),
    made("container", "db", {
      parent: urn("berth:services:Service", "shop"),
      outputs: { destroyGraceSeconds: 30, removeVolumes: false },
      resourceHooks: { BeforeCreate: ["x"], OnError: ["y"] },
      dependencies: [urn(TYPES.network, "net"), urn(TYPES.image, "mysql")],
      propertyDependencies: { volumes: [urn(TYPES.volume, "data")] },
    }),
    made("container", "web", { dependencies: [urn(TYPES.container, "db"), urn(TYPES.network, "net")] }),
  ];
  const { said, left, calls, names } = await remove(parts);
  expect(calls.slice(0, 4)).toEqual([...stopped("web"), ...stopped("db", 30, false)]);
  expect(calls.slice(4).sort()).toEqual(["DELETE /networks/net", "DELETE /volumes/data"]);
  expect(said.slice(0, 2)).toEqual(["removed the container web", "removed the container db"]);
  expect(said.slice(2).sort()).toEqual(["removed the network net", "removed the volume data and its data"]);
  expect(names).toEqual(["shop-web", "default", "mysql", "shop"]);
  expect(left).toMatchObject({ version: 3, deployment: { manifest: { version: "v3" } } });
});

test("what is there no more counts as removed", async () => {
  const { names } = await remove([made("container", "web")]);
  expect(names).toEqual(["shop-web", "default"]);
});

test("what is attached is not stopped first, as the provider does not either", async () => {
  ok(stopped("web")[1]!);
  expect((await remove([made("container", "web", { outputs: { attach: true } })])).calls).toEqual([stopped("web")[1]]);
});

describe("the CLI is left", () => {
  const needs = (name: string) => ({ dependencies: [urn(TYPES.network, "net"), urn(TYPES.container, name)] });

  test.each<[string, Part]>([
    ["was only read", made("container", "other", { external: true })],
    ["goes with something else", made("container", "other", { deletedWith: urn("x", "y") })],
    ["has something to do before", made("container", "other", { resourceHooks: { BeforeDelete: ["x"] } })],
    ["is of another kind", { ...made("container", "other"), type: "command:local:Command" }],
    ["is an image that is to go", made("image", "other", { outputs: { keepLocally: false } })],
  ])("what %s, and what that needs", async (_, other) => {
    ok(...stopped("web"), ...stopped("db"));
    const parts = [
      made("network", "net"),
      made("container", "db"),
      { ...other, ...needs("db") },
      made("container", "web"),
    ];
    const { calls, names } = await remove(parts);
    expect(calls).toEqual(stopped("web"));
    expect(names).toEqual(["shop-web", "default", "net", "db", "other"]);
  });

  test("what stays on the engine, and what would not go for it", async () => {
    engine.on("DELETE /networks/net", { status: 403, body: { message: "has active endpoints" } });
    const { names } = await remove([
      made("network", "net"),
      made("container", "kept", { retainOnDelete: true, dependencies: [urn(TYPES.network, "net")] }),
      made("volume", "data", { retainOnDelete: true }),
    ]);
    expect(names).toBeUndefined();
    expect(engine.calls).toEqual(["DELETE /networks/net"]);
  });

  test("a volume that somebody else uses", async () => {
    ok(...stopped("web"));
    engine.on("DELETE /volumes/data", { status: 409, body: { message: "volume is in use" } });
    const { left, names } = await remove([
      made("volume", "data"),
      made("container", "web", { dependencies: [urn(TYPES.volume, "data")] }),
    ]);
    expect(names).toEqual(["shop-web", "default", "data"]);
    expect(JSON.stringify(left)).not.toContain("::web");
  });

  test.each<[string, Part]>([
    ["something is protected, for it refuses the whole then", made("container", "db", { protect: true })],
    ["something has its successor already", made("container", "db", { delete: true })],
  ])("everything where %s", async (_, part) => {
    expect(await remove([made("container", "web"), part])).toMatchObject({ left: undefined, calls: [] });
  });

  test("what an engine has whose address the state keeps as a secret", async () => {
    const state = {
      version: 3,
      checkpoint: {
        latest: {
          resources: [
            { ...provider(), inputs: { host: { "4dabf18193072939515e22adb298388d": "x" } } },
            made("container", "web"),
          ],
        },
      },
    };
    expect(await removeAtOnce(JSON.stringify(state), new AbortController().signal, () => {})).toBeUndefined();
  });
});

test("what is left needs nothing that has gone", async () => {
  ok("DELETE /networks/net");
  const { left } = await remove([
    made("network", "net"),
    component("shop", {
      dependencies: [urn(TYPES.network, "net")],
      propertyDependencies: { a: [urn(TYPES.network, "net")], b: null },
    }),
  ]);
  expect(left!.deployment.resources!.at(-1)).toMatchObject({
    dependencies: [],
    propertyDependencies: { a: [], b: null },
  });
});

test("behind a signal nothing further is begun, and what has gone is known", async () => {
  ok(...stopped("web"), ...stopped("db"));
  const ending = new AbortController();
  const parts = [made("container", "db"), made("container", "web", { dependencies: [urn(TYPES.container, "db")] })];
  const { calls, names } = await remove(parts, { ending, onRemoved: () => ending.abort() });
  expect(calls).toEqual(stopped("web"));
  expect(names).toEqual(["shop-web", "default", "db"]);
});

describe("who has ended a destroy hears", () => {
  const stateOf = (...parts: Part[]) =>
    JSON.stringify({ version: 3, checkpoint: { latest: { resources: [stack, provider(), ...parts] } } });
  const [web, db, net] = [made("container", "web"), made("container", "db"), made("network", "net")];
  const image = made("image", "nginx", { outputs: { keepLocally: true } });

  test("how much has gone, and what is left", () => {
    expect(leftBehind("shop", stateOf(net, db, web, image), stateOf(net, db, image))).toBe(
      "ended before all was removed: 1 of 3 are gone, and what is left is net, db; `berth destroy shop` goes on with that",
    );
    const many = Array.from({ length: 9 }, (_, index) => made("container", `c${index}`));
    expect(leftBehind("shop", stateOf(web, ...many), stateOf(...many))).toContain(
      "1 of 10 are gone, and what is left is c0, c1, c2, c3, c4, c5 and 3 more;",
    );
  });

  test("that nothing has, or nothing where nothing is left", () => {
    const said = "ended before anything was removed; `berth destroy shop` begins again";
    expect(leftBehind("shop", stateOf(web), stateOf(web))).toBe(said);
    expect(leftBehind("shop", stateOf(web, image), stateOf(image))).toBeUndefined();
    expect(leftBehind("shop", stateOf(web), "")).toBeUndefined();
    expect(leftBehind("shop", undefined, undefined)).toBeUndefined();
  });
});
