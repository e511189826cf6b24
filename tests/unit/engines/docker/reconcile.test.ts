import * as pulumi from "@pulumi/pulumi";
import { type InPlace, Reconciler } from "../../../../core/engines/dockerApi/reconcile";
import type { EngineSnapshot } from "../../../../core/engines/dockerApi/snapshot";
import { useEngine } from "../../fakeEngine";

const engine = useEngine();
const OWNER = { stack: "berth/nginx", owner: "me" };

/** What the program declares: its services, and the networks of the stack. */
const places = new Map<string, InPlace>();
const names = new Set<string>();
const networks = new Map<string, unknown>();
let snapshot: EngineSnapshot | undefined;
beforeEach(() => {
  for (const map of [places, names, networks]) map.clear();
  names.add("web");
  snapshot = undefined;
});
const reconciler = (client = () => engine.client) =>
  new Reconciler(
    {
      owner: OWNER,
      names,
      places,
      networks,
      get snapshot() {
        return snapshot;
      },
    },
    client,
  );

interface Given {
  id?: string;
  name?: string;
  service?: string;
  owner?: string;
  networks?: Record<string, object>;
  mode?: string;
  host?: object;
}
const labels = (service: string, owner = "me") => ({
  "berth.stack": "berth/nginx",
  "berth.owner": owner,
  "berth.service": service,
});

/** A container on the engine, found by its labels, its name and its id. */
function container(given: Given = {}): typeof engine {
  const { id = "c1", name = "web", service = "web", owner, mode = "bridge", host } = given;
  const state = () => ({
    Id: id,
    Name: `/${name}`,
    Config: { Labels: labels(service, owner) },
    HostConfig: { NetworkMode: mode, ...host },
    NetworkSettings: { Networks: given.networks ?? { bridge: { NetworkID: "b0" } } },
  });
  const filter = { label: Object.entries(labels(service)).map((pair) => pair.join("=")) };
  if (!owner)
    engine.says(`GET /containers/json?all=1&filters=${JSON.stringify(filter)}`, [{ Id: id, Names: ["/web"] }]);
  return engine.says(`GET /containers/${id}/json`, state()).says(`GET /containers/${name}/json`, state());
}
/** A network with the containers that run on it and their addresses. */
const network = (name: string, members: Record<string, string>) =>
  engine.says(`GET /networks/${name}`, {
    Containers: Object.fromEntries(
      Object.entries(members).map(([id, address]) => [
        id,
        address.includes(":") ? { IPv6Address: `${address}/64` } : { IPv4Address: `${address}/24` },
      ]),
    ),
  });
const none = () =>
  engine.says(
    'GET /containers/json?all=1&filters={"label":["berth.stack=berth/nginx","berth.owner=me","berth.service=web"]}',
    [],
  );

const run = (before: Partial<InPlace>, after: Partial<InPlace>) =>
  reconciler().change("web", { containerName: "web", ...before }, { containerName: "web", ...after });
const repair = (declared: Partial<InPlace>) => reconciler().repair("c1", { containerName: "web", ...declared });

const ok = { status: 200 };
const refused = (message: string) => ({ status: 403, body: { message } });
const join = (name: string) => `POST /networks/${name}/connect`;
const leave = (name: string) => `POST /networks/${name}/disconnect`;
const joined = (name: string, config: object = {}, id = "c1") => [
  join(name),
  { Container: id, EndpointConfig: { IPAMConfig: {}, ...config } },
];
const left = (name: string, id = "c1") => [leave(name), { Container: id, Force: true }];
const rename = (name: string, id = "c1") => `POST /containers/${id}/rename?name=${name}`;
const at = (ipv4Address: string, name = "lan") => ({ joined: [{ name, ipv4Address }] });
const seat = (IPv4Address: string, NetworkID = "n1") => ({ NetworkID, IPAMConfig: { IPv4Address } });

test("nothing to do asks the engine nothing, and needs none", async () => {
  const idle = reconciler(() => {
    throw new Error("asked");
  });
  const state = { containerName: "web", joined: [{ name: "mynet", id: "n1" }], cpus: 5e8 };
  await idle.change("web", state, structuredClone(state));
  await idle.change("web", { containerName: "web" }, { containerName: "web", joined: [] });
  expect(engine.calls).toEqual([]);
});

test("a change needs an engine", async () => {
  const idle = reconciler(() => {
    throw new Error("no engine");
  });
  await expect(idle.change("web", { containerName: "a" }, { containerName: "b" })).rejects.toThrow("no engine");
});

describe("names", () => {
  test("a container is renamed", async () => {
    container().on(rename("web2"), { status: 204 });
    await run({}, { containerName: "web2" });
    expect(engine.changes()).toEqual([rename("web2")]);
  });

  test("one that an apply that was cut off has renamed already stays", async () => {
    container({ name: "web2" });
    await run({}, { containerName: "web2" });
    expect(engine.changes()).toEqual([]);
  });

  test("a container that is gone needs no name", async () => {
    none();
    await run({}, { containerName: "web2" });
    expect(engine.changes()).toEqual([]);
  });

  test("a name that is taken is an error", async () => {
    container().on(rename("web2"), { status: 409, body: { message: "name is in use" } });
    await expect(run({}, { containerName: "web2" })).rejects.toThrow(
      "web cannot be changed: name is in use; it is as it was.",
    );
  });

  test("two services change their names", async () => {
    names.add("api");
    places.set("api", { containerName: "web" });
    container();
    container({ id: "c2", name: "api", service: "api" });
    for (const call of [rename("api-c2", "c2"), rename("api"), rename("web", "c2")]) engine.on(call, { status: 204 });
    // What has the name then.
    engine.on("GET /containers/web/json", { status: 404 });
    await run({}, { containerName: "api" });
    expect(engine.changes()).toEqual([rename("api-c2", "c2"), rename("api"), rename("web", "c2")]);
  });

  test("and both keep them where that fails in the middle", async () => {
    names.add("api");
    places.set("api", { containerName: "web" });
    container();
    container({ id: "c2", name: "api", service: "api" });
    for (const call of [rename("api-c2", "c2"), rename("api"), rename("api", "c2")]) engine.on(call, { status: 204 });
    engine
      .on("GET /containers/web/json", { status: 404 })
      .on(rename("web", "c2"), { status: 500, body: { message: "no" } })
      .on(rename("web"), { status: 204 });
    await expect(run({}, { containerName: "api" })).rejects.toThrow("no; it is as it was.");
    expect(engine.changes().slice(3)).toEqual([rename("web"), rename("api", "c2")]);
  });

  test.each<[string, Given]>([
    ["one that keeps it", { service: "api" }],
    ["somebody else", { owner: "you" }],
  ])("%s is not called otherwise", async (_, given) => {
    names.add("api");
    places.set("api", { containerName: "api" });
    container();
    container({ id: "c2", name: "api", ...given }).on(rename("api"), {
      status: 409,
      body: { message: "name is in use" },
    });
    await expect(run({}, { containerName: "api" })).rejects.toThrow("name is in use");
    expect(engine.changes()).toEqual([rename("api")]);
  });

  test("a service that is no longer declared gives its name up before Pulumi deletes it", async () => {
    container();
    container({ id: "c2", name: "api", service: "api" })
      .on(rename("api-c2", "c2"), { status: 204 })
      .on(rename("api"), { status: 204 });
    await run({}, { containerName: "api" });
    expect(engine.changes()).toEqual([rename("api-c2", "c2"), rename("api")]);
  });
});

describe("networks", () => {
  test("joining one more leaves the others alone", async () => {
    container({ networks: { mynet: { NetworkID: "n1" } } }).on(join("other"), ok);
    await run(
      { joined: [{ name: "mynet" }] },
      {
        joined: [
          { name: "mynet" },
          { name: "other", aliases: ["db"], ipv4Address: "10.0.0.2", macAddress: "02:42:ac:11:00:02" },
        ],
      },
    );
    expect(engine.changes()).toEqual([
      joined("other", { Aliases: ["db"], MacAddress: "02:42:ac:11:00:02", IPAMConfig: { IPv4Address: "10.0.0.2" } }),
    ]);
  });

  test("leaving one leaves only that one", async () => {
    container({
      networks: { mynet: { NetworkID: "n1" }, other: { NetworkID: "n2" }, "by-hand": { NetworkID: "n3" } },
    }).on(leave("other"), ok);
    await run({ joined: [{ name: "mynet" }, { name: "other" }] }, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([left("other")]);
  });

  test("from the default bridge to a network: joined first, so that it is never without one", async () => {
    container().on(join("mynet"), ok).on(leave("bridge"), ok);
    await run({}, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([joined("mynet"), left("bridge")]);
  });

  test("and back", async () => {
    container({ networks: { mynet: { NetworkID: "n1" } } })
      .on(join("bridge"), ok)
      .on(leave("mynet"), ok);
    await run({ joined: [{ name: "mynet" }] }, {});
    expect(engine.changes()).toEqual([joined("bridge"), left("mynet")]);
  });

  test("a network made anew is joined again, where the container still has the old one", async () => {
    container({ networks: { mynet: { NetworkID: "old" } } })
      .on(join("mynet"), ok)
      .on(leave("mynet"), ok);
    await run({ joined: [{ name: "mynet", id: "old" }] }, { joined: [{ name: "mynet", id: "new" }] });
    expect(engine.changes()).toEqual([left("mynet"), joined("mynet")]);
  });

  test("and where it has let go of it", async () => {
    container({ networks: {} }).on(join("mynet"), ok);
    await run({ joined: [{ name: "mynet", id: "old" }] }, { joined: [{ name: "mynet", id: "new" }] });
    expect(engine.changes()).toEqual([joined("mynet")]);
  });

  test("and nothing is done where it has joined already", async () => {
    container({ networks: { mynet: { NetworkID: "new" } } });
    await run({ joined: [{ name: "mynet", id: "old" }] }, { joined: [{ name: "mynet", id: "new" }] });
    expect(engine.changes()).toEqual([]);
  });

  test("other aliases mean joining again; the engine cannot change them", async () => {
    container({ networks: { mynet: { NetworkID: "n1" } } })
      .on(join("mynet"), ok)
      .on(leave("mynet"), ok);
    await run(
      { joined: [{ name: "mynet", id: "n1" }] },
      { joined: [{ name: "mynet", id: "n1", aliases: ["db"], driverOpts: { a: "b" }, gwPriority: 1 }] },
    );
    expect(engine.changes()).toEqual([
      left("mynet"),
      joined("mynet", { Aliases: ["db"], DriverOpts: { a: "b" }, GwPriority: 1, IPAMConfig: {} }),
    ]);
  });

  test.each<[string, object, object]>([
    ["an alias", { Aliases: ["db", "kv", "web", "c1"] }, {}],
    ["an address", { IPAMConfig: { IPv4Address: "10.0.0.9" } }, {}],
    ["an option", { DriverOpts: { a: "b" } }, {}],
    ["a priority", { GwPriority: 1 }, {}],
    ["a hardware address, which not every engine tells", {}, { macAddress: "02:42:ac:11:00:02" }],
  ])("so does %s that is no longer declared, or new", async (_, endpoint, more) => {
    container({ networks: { mynet: { NetworkID: "n1", Aliases: ["db"], ...endpoint } } })
      .on(join("mynet"), ok)
      .on(leave("mynet"), ok);
    await run(
      { joined: [{ name: "mynet", aliases: ["old"] }] },
      { joined: [{ name: "mynet", aliases: ["db"], ...more }] },
    );
    expect(engine.changes()).toHaveLength(2);
  });

  test("one that has joined as it is declared now, by another service's change, stays", async () => {
    container({
      networks: { mynet: { NetworkID: "n1", Aliases: ["db", "web", "c1"], IPAMConfig: { IPv4Address: "10.0.0.2" } } },
    });
    await run(
      { joined: [{ name: "mynet", aliases: ["db"], ipv4Address: "10.0.0.3" }] },
      { joined: [{ name: "mynet", aliases: ["db"], ipv4Address: "10.0.0.2" }] },
    );
    expect(engine.changes()).toEqual([]);
  });

  test("a network that is gone cannot be left, and need not", async () => {
    container({ networks: { mynet: { NetworkID: "n1" }, other: { NetworkID: "n2" } } });
    await run({ joined: [{ name: "mynet" }, { name: "other" }] }, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([left("other")]);
  });

  test.each<[string, Record<string, object>]>([
    ["host", { host: { NetworkID: "h" } }],
    ["none", { none: { NetworkID: "n" } }],
    ["container:abc", {}],
  ])("a container in the mode %s is replaced, not joined", async (mode, given) => {
    container({ networks: given, mode });
    await run({}, { joined: [{ name: "mynet" }] });
    await repair({ joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([]);
  });
});

describe("what goes wrong", () => {
  test("leaves a container where it was: on the network that it had left, under its address", async () => {
    container({
      networks: { lan: { ...seat("10.0.0.10"), Aliases: ["web", "c1"], DriverOpts: { a: "b" }, GwPriority: 2 } },
    })
      .on(leave("lan"), ok)
      .on(join("lan"), refused("Address already in use"), ok);
    await expect(run(at("10.0.0.10"), at("10.0.0.11"))).rejects.toThrow(
      "web cannot be changed: Address already in use; it is as it was.",
    );
    const back = { Aliases: ["web"], IPAMConfig: { IPv4Address: "10.0.0.10" }, DriverOpts: { a: "b" }, GwPriority: 2 };
    expect(engine.changes().slice(2)).toEqual([joined("lan", back)]);
  });

  test("takes back what went well before it, the latest first", async () => {
    container({ networks: { mynet: { NetworkID: "n1" } }, host: { NanoCpus: 5e8 } })
      .says("POST /containers/c1/update", {})
      .on(join("one"), ok)
      .on(leave("one"), ok)
      .on(join("two"), refused("no"));
    await expect(
      run({ cpus: 5e8, joined: [{ name: "mynet" }] }, { cpus: 1e9, joined: [{ name: "one" }, { name: "two" }] }),
    ).rejects.toThrow("no; it is as it was.");
    expect(engine.changes().slice(-2)).toEqual([left("one"), ["POST /containers/c1/update", { NanoCpus: 5e8 }]]);
  });

  test("says what it could not take back", async () => {
    container({ networks: { lan: seat("10.0.0.10") } })
      .on(leave("lan"), ok)
      .on(join("lan"), refused("Address already in use"), refused("gone."));
    await expect(run(at("10.0.0.10"), at("10.0.0.11"))).rejects.toThrow(
      "web cannot be changed: Address already in use; it is not as it was (gone.).",
    );
  });

  test("does not keep the next one from its change", async () => {
    const both = reconciler();
    container().on(rename("a1"), refused("no")).on(rename("a2"), { status: 204 });
    const [first, second] = ["a1", "a2"].map((name) =>
      both.change("web", { containerName: "web" }, { containerName: name }),
    );
    await expect(first).rejects.toThrow("no");
    await second;
  });
});

describe("addresses", () => {
  const two = (other: Partial<InPlace> | undefined, given: Given = {}) => {
    names.add("api");
    if (other) places.set("api", { containerName: "api", ...other });
    container({ networks: { lan: seat("10.0.0.10") } });
    container({ id: "c2", name: "api", service: "api", networks: { lan: seat("10.0.0.11") }, ...given });
    for (const call of [join("lan"), leave("lan")]) engine.on(call, ok);
    // Before the change, and once it has left.
    const members = (mine: object) => ({ body: { Containers: { ...mine, c2: { IPv4Address: "10.0.0.11/24" } } } });
    const mine = { c1: { IPv4Address: "10.0.0.10/24" } };
    engine.on("GET /networks/lan", members(mine), members(mine), { body: { Containers: {} } });
  };
  const moved = (address: string | undefined, id: string) =>
    joined("lan", { IPAMConfig: { IPv4Address: address } }, id);

  test("two services change theirs in one go", async () => {
    two(at("10.0.0.10"));
    await run(at("10.0.0.10"), at("10.0.0.11"));
    expect(engine.changes()).toEqual([
      left("lan", "c1"),
      left("lan", "c2"),
      moved("10.0.0.11", "c1"),
      moved("10.0.0.10", "c2"),
    ]);
  });

  test("and both keep them where that fails in the middle", async () => {
    two(at("10.0.0.10"));
    engine.on(join("lan"), ok, refused("no"), ok);
    await expect(run(at("10.0.0.10"), at("10.0.0.11"))).rejects.toThrow("no; it is as it was.");
    expect(engine.changes().slice(4)).toEqual([left("lan", "c1"), moved("10.0.0.11", "c2"), moved("10.0.0.10", "c1")]);
  });

  test("one that has none of its own gets another, one that leaves the network none", async () => {
    two({ joined: [{ name: "lan" }] });
    await run(at("10.0.0.10"), at("10.0.0.11"));
    expect(engine.changes().at(-1)).toEqual(joined("lan", {}, "c2"));
    engine.calls = [];
    two({ joined: [{ name: "other" }] });
    await run(at("10.0.0.10"), at("10.0.0.11"));
    expect(engine.changes().at(-1)).toEqual(moved("10.0.0.11", "c1"));
  });

  test("a service that is no longer declared gives its own up before Pulumi deletes it", async () => {
    two(undefined);
    names.delete("api");
    await run(at("10.0.0.10"), at("10.0.0.11"));
    expect(engine.changes()).toEqual([left("lan", "c1"), left("lan", "c2"), moved("10.0.0.11", "c1")]);
  });

  test.each<[string, Partial<InPlace> | undefined, Given]>([
    ["one that keeps it", at("10.0.0.11"), {}],
    ["one of which is known too late what it declares", undefined, {}],
    ["somebody else's", undefined, { owner: "you" }],
  ])("%s is left alone, and nothing is touched", async (_, other, given) => {
    two(other, given);
    await expect(run(at("10.0.0.10"), at("10.0.0.11"))).rejects.toThrow(
      "web cannot be changed: networks: the address 10.0.0.11 on lan is taken by the container api; choose another one; it is as it was.",
    );
    expect(engine.changes()).toEqual([]);
  });

  test("of IPv6 are compared as numbers", async () => {
    container({ networks: { lan: { NetworkID: "n1" } } });
    container({ id: "c2", name: "db", owner: "you" });
    network("lan", { c2: "fd00:0:0:0:0:0:0:2" });
    await expect(run({}, { joined: [{ name: "lan", ipv6Address: "fd00::2" }] })).rejects.toThrow(
      "the address fd00::2 on lan is taken by the container db",
    );
  });
});

describe("limits", () => {
  test("a number of processors", async () => {
    container().says("POST /containers/c1/update", {});
    await run({ cpus: 5e8 }, { cpus: 1.5e9 });
    expect(engine.changes()).toEqual([["POST /containers/c1/update", { NanoCpus: 1.5e9 }]]);
  });

  test("period and quota", async () => {
    container().says("POST /containers/c1/update", {});
    await run({ cpuPeriod: 100000, cpuQuota: 50000 }, { cpuPeriod: 100000, cpuQuota: 25000 });
    expect(engine.changes()).toEqual([["POST /containers/c1/update", { CpuPeriod: 100000, CpuQuota: 25000 }]]);
  });

  test("a limit that is taken away is left to the replacement", async () => {
    container();
    await run({ cpus: 5e8 }, {});
    expect(engine.changes()).toEqual([]);
  });

  test("a change of the way to say it is left to the replacement", async () => {
    container().on("POST /containers/c1/update", {
      status: 400,
      body: { message: "Conflicting options: Nano CPUs and CPU Period cannot both be set." },
    });
    await run({ cpus: 5e8 }, { cpuPeriod: 100000, cpuQuota: 50000 });
    expect(engine.changes()).toHaveLength(1);
  });

  test.each<[string, Partial<InPlace>, Partial<InPlace>, object, object]>([
    ["most processes", { pidsLimit: 64 }, { pidsLimit: 128 }, { PidsLimit: 64 }, { PidsLimit: 128 }],
    ["no limit of processes any more", { pidsLimit: 64 }, {}, { PidsLimit: 64 }, { PidsLimit: 0 }],
    ["memory nodes", { cpusetMems: "0-1" }, { cpusetMems: "0" }, { CpusetMems: "0-1" }, { CpusetMems: "0" }],
    ["weight", { blkioWeight: 300 }, { blkioWeight: 500 }, { BlkioWeight: 300 }, { BlkioWeight: 500 }],
    [
      "real time, and nothing of what is as declared",
      { cpus: 1e9, cpuRtPeriod: 1e6, cpuRtRuntime: 1e5 },
      { cpus: 1e9, cpuRtPeriod: 1e6, cpuRtRuntime: 2e5 },
      { NanoCpus: 1e9, CpuRealtimePeriod: 1e6, CpuRealtimeRuntime: 1e5 },
      { CpuRealtimeRuntime: 2e5 },
    ],
  ])("%s", async (_, before, after, host, change) => {
    container({ host }).says("POST /containers/c1/update", {});
    await run(before, after);
    expect(engine.changes()).toEqual([["POST /containers/c1/update", change]]);
  });

  test.each([null, 0, -1])("%j is no limit of processes, as nothing is", async (PidsLimit) => {
    container({ host: { PidsLimit } });
    await run({}, { pidsLimit: -1 });
    await run({ pidsLimit: 5 }, {});
    expect(engine.changes()).toEqual([]);
  });

  test("what the kernel cannot do is said, and the rest is done", async () => {
    container().says("POST /containers/c1/update", { Warnings: ["Weight discarded."] });
    const said = jest.spyOn(pulumi.log, "warn").mockImplementation(async () => {});
    await run({ blkioWeight: 300 }, { blkioWeight: 500 });
    expect(said.mock.calls).toEqual([["web: Weight discarded."]]);
    said.mockRestore();
  });

  test("where another change fails, they are as they were", async () => {
    container({ host: { PidsLimit: null } })
      .says("POST /containers/c1/update", {})
      .on(rename("web2"), { status: 409, body: { message: "taken" } });
    await expect(run({}, { containerName: "web2", pidsLimit: 9 })).rejects.toThrow("it is as it was");
    expect(engine.changes().filter(([path]) => path === "POST /containers/c1/update")).toEqual([
      ["POST /containers/c1/update", { PidsLimit: 9 }],
      ["POST /containers/c1/update", { PidsLimit: 0 }],
    ]);
  });

  test("another refusal is an error", async () => {
    container().on("POST /containers/c1/update", {
      status: 400,
      body: { message: "Range of CPUs is from 0.01 to 2.00" },
    });
    await expect(run({ cpus: 5e8 }, { cpus: 9e9 })).rejects.toThrow("Range of CPUs");
  });
});

test("all at once, with the name last", async () => {
  container({ networks: { mynet: { NetworkID: "n1" } } })
    .on(join("other"), ok)
    .says("POST /containers/c1/update", {})
    .on(rename("web2"), ok);
  await run(
    { joined: [{ name: "mynet" }] },
    { containerName: "web2", joined: [{ name: "mynet" }, { name: "other" }], cpus: 1e9 },
  );
  expect(engine.changes()).toEqual([
    ["POST /containers/c1/update", { NanoCpus: 1e9 }],
    joined("other"),
    rename("web2"),
  ]);
});

describe("what somebody has changed by hand", () => {
  const declared: Partial<InPlace> = {
    joined: [
      { name: "front", id: "n1", aliases: ["www"], ipv4Address: "10.0.0.2" },
      { name: "back", id: "n2" },
    ],
    cpus: 5e8,
  };
  const front = { NetworkID: "n1", Aliases: ["www", "c1"], IPAMConfig: { IPv4Address: "10.0.0.2" } };
  const back = { NetworkID: "n2", Aliases: ["c1"], IPAMConfig: {} };

  test.each<[string, Partial<InPlace>, Given]>([
    ["as declared", declared, { networks: { front, back }, host: { NanoCpus: 5e8 } }],
    ["on the default network", {}, {}],
    [
      "on a network of others, too: they have a reason",
      declared,
      { networks: { front, back, theirs: { NetworkID: "n9" } }, host: { NanoCpus: 5e8 } },
    ],
    ["without a limit of processes", { pidsLimit: -1 }, { host: { PidsLimit: null } }],
    ["on an engine that says nothing of limits", declared, { networks: { front, back } }],
    ["on an engine whose default network has another name", {}, { networks: { podman: { NetworkID: "p" } } }],
  ])("a container %s is not touched", async (_, place, given) => {
    container(given);
    expect(await repair(place)).toBeUndefined();
    expect(engine.calls).toEqual(["GET /containers/c1/json"]);
  });

  test("a container that is gone is not missed here", async () => {
    expect(await repair(declared)).toBeUndefined();
  });

  test.each<[string, Given, (string | unknown[])[], object]>([
    ["a network was left", { networks: { front } }, [joined("back")], { missing: [declared.joined![1]] }],
    [
      "an address was changed",
      { networks: { front: { ...front, IPAMConfig: { IPv4Address: "10.0.0.7" } }, back } },
      [left("front"), joined("front", { Aliases: ["www"], IPAMConfig: { IPv4Address: "10.0.0.2" } })],
      { missing: [declared.joined![0]] },
    ],
    [
      "an alias was taken away",
      { networks: { front: { ...front, Aliases: ["c1"] }, back } },
      [left("front"), joined("front", { Aliases: ["www"], IPAMConfig: { IPv4Address: "10.0.0.2" } })],
      { missing: [declared.joined![0]] },
    ],
    [
      "a network of the stack was joined",
      { networks: { front, back, ours: { NetworkID: "n3" } } },
      [left("ours")],
      { strange: ["ours"] },
    ],
    ["it was renamed", { name: "foo", networks: { front, back } }, [rename("web")], { name: "foo" }],
    [
      "it has another limit",
      { networks: { front, back }, host: { NanoCpus: 1e9 } },
      [["POST /containers/c1/update", { NanoCpus: 5e8 }]],
      { limits: true },
    ],
    [
      "it is a new one, which the provider has given no such limit",
      { networks: { front, back }, host: { NanoCpus: 5e8, PidsLimit: null, BlkioWeight: 0, CpusetMems: "" } },
      [["POST /containers/c1/update", { PidsLimit: 64, CpusetMems: "0", BlkioWeight: 300 }]],
      { limits: true },
    ],
  ])("%s: it is as declared again", async (_, given, changes, difference) => {
    for (const name of ["front", "back", "ours"]) networks.set(name, {});
    container(given);
    for (const name of ["front", "back", "ours"]) engine.on(join(name), ok).on(leave(name), ok);
    engine.on(rename("web"), { status: 204 }).says("POST /containers/c1/update", {});
    const isNew = (given.host as { PidsLimit?: null })?.PidsLimit === null;
    const limits = isNew ? { pidsLimit: 64, cpusetMems: "0", blkioWeight: 300 } : {};
    expect(await repair({ ...declared, ...limits })).toEqual({
      name: undefined,
      limits: false,
      missing: [],
      strange: [],
      ...difference,
    });
    expect(engine.changes()).toEqual(changes);
  });

  test("the default network was left: it is joined again where there is one of that name", async () => {
    container({ networks: {} }).on(join("bridge"), ok);
    expect(await repair({})).toBeUndefined();
    snapshot = { networks: [{ name: "bridge" }] } as EngineSnapshot;
    expect(await repair({})).toMatchObject({ missing: [{ name: "bridge" }] });
    expect(engine.changes()).toEqual([joined("bridge")]);
  });
});
