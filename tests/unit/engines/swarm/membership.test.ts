import { initialised, type SwarmSettings } from "../../../../core/engines/swarm/membership";
import { useEngine } from "../../fakeEngine";
import { world, type World } from "../../mocks";

const engine = useEngine();
let w: World;
beforeEach(async () => {
  w = await world();
});

const SETTINGS: SwarmSettings = { advertiseAddr: "10.0.0.5", listenAddr: "0.0.0.0:2377", defaultAddrPool: [] };
const MANAGER = {
  NodeID: "me",
  NodeAddr: "10.0.0.5",
  LocalNodeState: "active",
  ControlAvailable: true,
  Error: "",
  RemoteManagers: [
    { NodeID: "other", Addr: "10.0.0.6:2377" },
    { NodeID: "me", Addr: "10.0.0.5:2377" },
  ],
  Managers: 2,
};
const NONE = {
  NodeID: "",
  NodeAddr: "",
  LocalNodeState: "inactive",
  ControlAvailable: false,
  Error: "",
  RemoteManagers: null,
};
const CLUSTER = {
  JoinTokens: { Worker: "SWMTKN-w", Manager: "SWMTKN-m" },
  DefaultAddrPool: ["10.0.0.0/8"],
  SubnetSize: 24,
};

const info = (...states: object[]) =>
  engine.says("GET /info", ...states.map((Swarm) => ({ Swarm }))).says("GET /swarm", CLUSTER);
const run = (settings: Partial<SwarmSettings> = {}, preview = false) =>
  initialised(engine.client, { ...SETTINGS, ...settings }, { name: "swarm", preview });

test("an engine in no swarm becomes a manager, once", async () => {
  info(NONE, { ...MANAGER, Managers: 1 }).says("POST /swarm/init", '"me"');
  expect(await run({ dataPathAddr: "eth1", defaultAddrPool: ["10.0.0.0/8"], subnetSize: 24 })).toEqual({
    address: "10.0.0.5:2377",
    remoteManagers: ["10.0.0.6:2377", "10.0.0.5:2377"],
    managers: 1,
    tokens: { worker: "SWMTKN-w", manager: "SWMTKN-m" },
  });
  expect(engine.changes()).toEqual([
    [
      "POST /swarm/init",
      {
        AdvertiseAddr: "10.0.0.5",
        ListenAddr: "0.0.0.0:2377",
        DataPathAddr: "eth1",
        DefaultAddrPool: ["10.0.0.0/8"],
        SubnetSize: 24,
        Spec: {},
      },
    ],
  ]);
  expect(w.warnings).toEqual([
    "swarm: there is one manager: while it is down nothing can be changed, and tasks of lost nodes stay lost. Three go on without one of them; join others with the output managerJoinCommand.",
  ]);
  await run();
  expect(engine.changes()).toHaveLength(1);
});

test("a preview makes nothing", async () => {
  info(NONE);
  expect(await run({}, true)).toBeUndefined();
  expect(engine.changes()).toEqual([]);
});

test("with two managers there is a warning, with three there is none", async () => {
  info(MANAGER, { ...MANAGER, Managers: 3 });
  await run();
  expect(w.warnings[0]).toMatch(/^swarm: there are two managers, which is no safer than one/);
  await run();
  expect(w.warnings).toHaveLength(1);
});

test.each<[object, Partial<SwarmSettings>, string]>([
  [
    { ...MANAGER, NodeAddr: "10.0.0.7" },
    {},
    "advertiseAddr: this engine is in a swarm already, at 10.0.0.7; set 10.0.0.7",
  ],
  [{ ...MANAGER, ControlAvailable: false }, {}, "engine: this engine is a worker of a swarm; promote it"],
  [
    { ...MANAGER, LocalNodeState: "locked" },
    {},
    "engine: this engine's swarm is locked; unlock it with `docker swarm unlock`.",
  ],
  [
    { ...MANAGER, LocalNodeState: "error", Error: "no keys" },
    {},
    "engine: this engine's swarm is error (no keys); name another",
  ],
  [
    MANAGER,
    { defaultAddrPool: ["10.20.0.0/16"] },
    "defaultAddrPool: this swarm was made with 10.0.0.0/8 in subnets of /24",
  ],
  [MANAGER, { subnetSize: 26 }, "subnetSize: this swarm was made with"],
])("refused, also on a preview: %j %j", async (state, settings, message) => {
  info(state);
  await expect(run(settings, true)).rejects.toThrow(message);
  await expect(run(settings)).rejects.toThrow(message);
  expect(engine.changes()).toEqual([]);
});

test.each(["10.0.0.5:2377", "eth0", undefined])("advertised as %s it is the same", async (advertiseAddr) => {
  info(MANAGER);
  expect((await run({ advertiseAddr }))!.address).toBe("10.0.0.5:2377");
});
