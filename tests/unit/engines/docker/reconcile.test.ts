import { type InPlace, reconcile } from "../../../../core/engines/dockerApi/reconcile";
import { useEngine } from "../../fakeEngine";

const engine = useEngine();

type Endpoints = Record<string, { NetworkID: string }>;
const live = (networks: Endpoints = { bridge: { NetworkID: "b0" } }, mode = "bridge") => ({
  Id: "c1",
  HostConfig: { NetworkMode: mode },
  NetworkSettings: { Networks: networks },
});
const container = (networks?: Endpoints, mode?: string) =>
  engine.says("GET /containers/web/json", live(networks, mode));
const run = (before: Partial<InPlace>, after: Partial<InPlace>) =>
  reconcile(() => engine.client, { containerName: "web", ...before }, { containerName: "web", ...after });

const ok = { status: 200 };
const join = (name: string) => `POST /networks/${name}/connect`;
const leave = (name: string) => `POST /networks/${name}/disconnect`;
const joined = (name: string, config: object = {}) => [
  join(name),
  { Container: "c1", EndpointConfig: { IPAMConfig: {}, ...config } },
];
const left = (name: string) => [leave(name), { Container: "c1", Force: true }];

test("nothing to do asks the engine nothing, and needs none", async () => {
  const none = () => {
    throw new Error("asked");
  };
  const state = { containerName: "web", joined: [{ name: "mynet", id: "n1" }], cpus: 5e8 };
  await reconcile(none, state, structuredClone(state));
  await reconcile(none, { containerName: "web" }, { containerName: "web", joined: [] });
  expect(engine.calls).toEqual([]);
});

test("a change needs an engine", async () => {
  const none = () => {
    throw new Error("no engine");
  };
  await expect(reconcile(none, { containerName: "a" }, { containerName: "b" })).rejects.toThrow("no engine");
});

describe("names", () => {
  test("a container is renamed", async () => {
    container().on("POST /containers/c1/rename?name=web2", { status: 204 });
    await run({}, { containerName: "web2" });
    expect(engine.changes()).toEqual(["POST /containers/c1/rename?name=web2"]);
  });

  test("one that an apply that was cut off has renamed already is found by its new name", async () => {
    engine.says("GET /containers/web2/json", live()).on("POST /containers/c1/rename?name=web2", ok);
    await run({}, { containerName: "web2" });
    expect(engine.calls.slice(0, 2)).toEqual(["GET /containers/web/json", "GET /containers/web2/json"]);
  });

  test("a container that is gone needs no name", async () => {
    await run({}, { containerName: "web2" });
    expect(engine.changes()).toEqual([]);
  });

  test("a name that is taken is an error", async () => {
    container().on("POST /containers/c1/rename?name=web2", { status: 409, body: { message: "name is in use" } });
    await expect(run({}, { containerName: "web2" })).rejects.toThrow("name is in use");
  });
});

describe("networks", () => {
  test("joining one more leaves the others alone", async () => {
    container({ mynet: { NetworkID: "n1" } }).on(join("other"), ok);
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
    container({ mynet: { NetworkID: "n1" }, other: { NetworkID: "n2" }, "by-hand": { NetworkID: "n3" } }).on(
      leave("other"),
      ok,
    );
    await run({ joined: [{ name: "mynet" }, { name: "other" }] }, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([left("other")]);
  });

  test("from the default bridge to a network: joined first, so that it is never without one", async () => {
    container().on(join("mynet"), ok).on(leave("bridge"), ok);
    await run({}, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([joined("mynet"), left("bridge")]);
  });

  test("and back", async () => {
    container({ mynet: { NetworkID: "n1" } })
      .on(join("bridge"), ok)
      .on(leave("mynet"), ok);
    await run({ joined: [{ name: "mynet" }] }, {});
    expect(engine.changes()).toEqual([joined("bridge"), left("mynet")]);
  });

  test("a network made anew is joined again, where the container still has the old one", async () => {
    container({ mynet: { NetworkID: "old" } })
      .on(join("mynet"), ok)
      .on(leave("mynet"), ok);
    await run({ joined: [{ name: "mynet", id: "old" }] }, { joined: [{ name: "mynet", id: "new" }] });
    expect(engine.changes()).toEqual([left("mynet"), joined("mynet")]);
  });

  test("and where it has let go of it", async () => {
    container({}).on(join("mynet"), ok);
    await run({ joined: [{ name: "mynet", id: "old" }] }, { joined: [{ name: "mynet", id: "new" }] });
    expect(engine.changes()).toEqual([joined("mynet")]);
  });

  test("and nothing is done where it has joined already", async () => {
    container({ mynet: { NetworkID: "new" } });
    await run({ joined: [{ name: "mynet", id: "old" }] }, { joined: [{ name: "mynet", id: "new" }] });
    expect(engine.changes()).toEqual([]);
  });

  test("other aliases mean joining again; the engine cannot change them", async () => {
    container({ mynet: { NetworkID: "n1" } })
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

  test("a network that is gone cannot be left, and need not", async () => {
    container({ mynet: { NetworkID: "n1" }, other: { NetworkID: "n2" } });
    await run({ joined: [{ name: "mynet" }, { name: "other" }] }, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([left("other")]);
  });

  test("what else goes wrong is an error", async () => {
    container({ mynet: { NetworkID: "n1" } }).on(join("other"), { status: 403, body: { message: "address is taken" } });
    await expect(
      run({ joined: [{ name: "mynet" }] }, { joined: [{ name: "mynet" }, { name: "other" }] }),
    ).rejects.toThrow("address is taken");
    container({ mynet: { NetworkID: "n1" }, other: { NetworkID: "n2" } }).on(leave("other"), {
      status: 500,
      body: { message: "busy" },
    });
    await expect(
      run({ joined: [{ name: "mynet" }, { name: "other" }] }, { joined: [{ name: "mynet" }] }),
    ).rejects.toThrow("busy");
  });

  test.each<[string, Endpoints]>([
    ["host", { host: { NetworkID: "h" } }],
    ["none", { none: { NetworkID: "n" } }],
    ["container:abc", {}],
  ])("a container in the mode %s is replaced, not joined", async (mode, networks) => {
    container(networks, mode);
    await run({}, { joined: [{ name: "mynet" }] });
    expect(engine.changes()).toEqual([]);
  });
});

describe("processor limits", () => {
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

  test("another refusal is an error", async () => {
    container().on("POST /containers/c1/update", {
      status: 400,
      body: { message: "Range of CPUs is from 0.01 to 2.00" },
    });
    await expect(run({ cpus: 5e8 }, { cpus: 9e9 })).rejects.toThrow("Range of CPUs");
  });
});

test("all at once, with the name last", async () => {
  container({ mynet: { NetworkID: "n1" } })
    .on(join("other"), ok)
    .says("POST /containers/c1/update", {})
    .on("POST /containers/c1/rename?name=web2", ok);
  await run(
    { joined: [{ name: "mynet" }] },
    { containerName: "web2", joined: [{ name: "mynet" }, { name: "other" }], cpus: 1e9 },
  );
  expect(engine.changes()).toEqual([
    joined("other"),
    ["POST /containers/c1/update", { NanoCpus: 1e9 }],
    "POST /containers/c1/rename?name=web2",
  ]);
});
