import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeIf } from "../skips";
import type { Cases } from "./cases";
import { ADDITIONS, type Change, described, EDITS, REMOVALS } from "./changes";
import { FEATURES, FILES, IDLE, NETWORKS, possible, serviceName } from "./features";
import { REFUSALS } from "./refused";
import {
  apiMinor,
  cleanUp,
  docker,
  errorsOf,
  type Inspect,
  inside,
  inspectAll,
  made,
  missing,
  removeAll,
  type Result,
  Stack,
  works,
} from "./liveStack";

cleanUp();

const OUTER = { env: { BERTH_LIVE_OUTER: "from outside" } };

function writeFiles(folder: string): void {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** The containers of a stack by the logical names of their services. */
function inspectServices(stack: string): Map<string, Inspect> {
  const ids = docker("ps", "-aq", "--filter", `label=berth.stack=berth-live/${stack}`).split("\n").filter(Boolean);
  return new Map(inspectAll(ids).map((container) => [container.Config.Labels["berth.service"]!, container]));
}

describeIf(missing, "one feature per container", () => {
  afterAll(removeAll, 60_000);
  let stack: Stack;
  let first: Result;
  let live = new Map<string, Inspect>();
  const tried = missing ? [] : FEATURES.filter(possible);

  beforeAll(async () => {
    const services = Object.fromEntries(
      tried.map(({ title, service }) => [
        serviceName(title),
        { ...(service.entrypoint === undefined ? { command: IDLE } : {}), ...service },
      ]),
    );
    stack = await Stack.create("features", { cases: { networks: NETWORKS, services } });
    writeFiles(stack.folder);
    // One that fails must not hide the others.
    first = await stack.tryUp(["--continue-on-error"], OUTER);
    live = inspectServices(stack.name);
  }, 600_000);

  test("at least 91 are applied", () => {
    expect(tried.length).toBeGreaterThanOrEqual(91);
    expect({ errors: errorsOf(first), code: first.code }).toEqual({ errors: "", code: 0 });
  });

  for (const feature of FEATURES) {
    // Some machines cannot do some of them; those are counted.
    (tried.includes(feature) ? test : test.skip)(feature.title, () => {
      expect(live.get(serviceName(feature.title))).toMatchObject(feature.shows);
    });
  }

  test("the second preview has nothing to do", async () => {
    expect(await stack.changes(["--expect-no-changes"], OUTER)).toEqual([]);
  }, 60_000);

  test("nor has one that asks the engine first", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"], OUTER)).toEqual([]);
  }, 120_000);
});

describeIf(missing, "one change per container", () => {
  afterAll(removeAll, 60_000);
  let stack: Stack;
  let previewed: string[] = [];
  let result: Result;
  let before = new Map<string, Inspect>();
  let after = new Map<string, Inspect>();
  const changes = [...described("removed", REMOVALS), ...described("edited", EDITS), ...described("added", ADDITIONS)];

  beforeAll(async () => {
    const networks = { "live-one": NETWORKS["live-one"]!, "live-two": NETWORKS["live-two"]! };
    const services = (change: (change: Change) => Change["before"]) =>
      Object.fromEntries(changes.map((each) => [serviceName(each.title), change(each)]));
    stack = await Stack.create("changes", { cases: { networks, services: services((each) => each.before) } });
    await stack.up();
    before = inspectServices(stack.name);
    stack.declare({ networks, services: services((each) => ({ ...each.before, ...each.edit })) });
    previewed = await stack.changes();
    result = await stack.tryUp(["--continue-on-error"]);
    after = inspectServices(stack.name);
  }, 600_000);

  test("at least 23 removals and 5 edits are applied", () => {
    expect(REMOVALS.length).toBeGreaterThanOrEqual(23);
    expect(EDITS.length).toBeGreaterThanOrEqual(5);
    expect({ errors: errorsOf(result), code: result.code }).toEqual({ errors: "", code: 0 });
  });

  test.each(changes.map((change) => [change.title, change] as const))("%s", (title, { shows, inPlace }) => {
    const name = serviceName(title);
    expect(after.get(name)).toMatchObject(shows);
    expect({ inPlace: after.get(name)!.Id === before.get(name)!.Id }).toEqual({ inPlace });
    // The preview has said the same.
    expect({ replaced: previewed.includes(`replace Container ${name}`) }).toEqual({ replaced: !inPlace });
    expect(previewed).toContainEqual(expect.stringMatching(new RegExp(` (Container|Service) ${name}$`)));
  });

  test("nothing is left to do", async () => {
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);
});

describeIf(missing, "what cannot be said", () => {
  afterAll(removeAll, 60_000);
  const refusals = REFUSALS.filter(({ before }) => missing || before === undefined || apiMinor() < before);
  const said: Record<string, Record<string, string>> = {};
  const results: Record<string, Result> = {};
  let there: string[] = [];

  beforeAll(async () => {
    const services = {
      "live-fine": {},
      ...Object.fromEntries(refusals.map(({ title, service }) => [serviceName(title), service])),
    };
    const stack = await Stack.create("refusals", {
      cases: { networks: { "live-fine": {} }, services, collectRefusals: true },
    });
    const before = made();
    results.preview = await stack.preview();
    said.preview = stack.refusals();
    results.up = await stack.tryUp();
    said.up = stack.refusals();
    there = made().filter((name) => !before.includes(name));
  }, 60_000);

  test.each(refusals.map((refusal) => [refusal.title, refusal] as const))(
    "%s is refused at preview and at up",
    (title, { says }) => {
      for (const command of ["preview", "up"]) {
        const sentence = said[command]![serviceName(title)] ?? "nothing";
        expect(sentence).toMatch(/^Service "[\w-]+": /);
        expect(sentence.replace(/^Service "[\w-]+": /, "").slice(0, says.length)).toBe(says);
        expect(sentence).toMatch(/; \S.*\.$/);
      }
    },
  );

  test("nothing is made, and the user reads one sentence", () => {
    expect(there).toEqual([]);
    for (const { code, output } of Object.values(results)) {
      expect(code).not.toBe(0);
      expect(output).toContain(`error: ${said.up![serviceName(refusals[0]!.title)]}`);
      expect(output).not.toMatch(/\n\s+at .*\.[jt]s:\d+/);
    }
  });
});

describeIf(missing, "one change after another", () => {
  afterAll(removeAll, 60_000);
  const base = { command: IDLE };
  const one = NETWORKS["live-one"]!;
  const two = NETWORKS["live-two"]!;
  const A = { environment: { A: "1" } };
  const STEPS: Cases[] = [
    {
      networks: {
        "live-one": one,
        "live-two": two,
        "live-moving": {
          subnet: "10.231.2.0/24",
          options: { "com.docker.network.driver.mtu": "1400" },
          internal: true,
          labels: { a: "1", b: "2" },
        },
      },
      services: {
        "live-limits": { ...base, cpus: 0.5, memLimit: "48m", memReservation: "32m" },
        "live-joining": { ...base, containerName: "live-joining", networks: ["live-one"] },
        "live-alias": { ...base, networks: [{ name: "live-one", aliases: ["first"] }] },
        "live-renamed": { ...base, containerName: "live-before", ports: ["23201:80"] },
        "live-base": { ...base, ipc: "shareable", volumes: ["/data"] },
        "live-beside": {
          ...base,
          networkMode: "container:live-base",
          ipc: "container:live-base",
          volumesFrom: ["live-base"],
        },
        "live-member": { ...base, networks: ["live-moving"] },
        "live-guest": { ...base, networks: ["live-one", { name: "live-moving", aliases: ["guest"] }] },
      },
    },
    {
      networks: {
        "live-one": one,
        "live-two": two,
        "live-moving": {
          subnet: "10.231.3.0/24",
          options: { "com.docker.network.driver.mtu": "1400" },
          internal: true,
          labels: { b: "2", a: "1" },
        },
      },
      services: {
        "live-limits": { ...base, cpus: 0.75, memLimit: "48m", memReservation: "32m" },
        "live-joining": { ...base, containerName: "live-joined", networks: ["live-one", "live-two"] },
        "live-alias": { ...base, networks: [{ name: "live-one", aliases: ["first"] }], restart: "always" },
        "live-renamed": { ...base, containerName: "live-after", ports: ["23201:80"], ...A },
        "live-base": { ...base, ipc: "shareable", volumes: ["/data"] },
        "live-beside": {
          ...base,
          networkMode: "container:live-base",
          ipc: "container:live-base",
          volumesFrom: ["live-base"],
        },
        "live-member": { ...base, networks: ["live-moving"] },
        "live-guest": { ...base, networks: ["live-one", { name: "live-moving", aliases: ["guest"] }] },
      },
    },
    {
      networks: { "live-one": one, "live-two": two, "live-moving": {} },
      services: {
        "live-limits": { ...base, cpus: 0.75, memLimit: "64m", memReservation: "32m" },
        "live-joining": { ...base, containerName: "live-joined", networks: ["live-one", "live-two"], ...A },
        "live-alias": { ...base, networks: [{ name: "live-one", aliases: ["second"] }], restart: "always" },
        "live-renamed": { ...base, containerName: "live-after", ports: ["23202:80"], ...A },
        "live-base": { ...base, ipc: "shareable", volumes: ["/data"], ...A },
        "live-beside": {
          ...base,
          networkMode: "container:live-base",
          ipc: "container:live-base",
          volumesFrom: ["live-base"],
        },
        "live-member": { ...base, networks: ["live-moving"] },
        "live-guest": { ...base, networks: ["live-one", { name: "live-moving", aliases: ["guest"] }] },
      },
    },
    {
      networks: { "live-one": one, "live-two": two },
      services: {
        "live-limits": { ...base, cpus: 0.75, memLimit: "64m", memReservation: "32m", ...A },
        "live-joining": { ...base, containerName: "live-joined", networks: ["live-two"], ...A },
        "live-alias": { ...base, networks: [{ name: "live-one", aliases: ["second"] }], restart: "always", ...A },
        "live-renamed": { ...base, containerName: "live-after", ports: ["23202:80"], ...A },
        "live-base": { ...base, ipc: "shareable", volumes: ["/data"], ...A },
        "live-beside": { ...base },
        "live-member": { ...base },
        "live-guest": { ...base, networks: ["live-one"] },
      },
    },
  ];
  let stack: Stack;
  const live: Map<string, Inspect>[] = [];
  const at = (step: number, name: string) => live[step]!.get(`live-${name}`)!;
  const kept = (name: string, from: number) => at(from, name).Id === at(from + 1, name).Id;
  const joined = (step: number, name: string) => Object.keys(at(step, name).NetworkSettings.Networks).sort();
  const network = (name: string) =>
    JSON.parse(docker("network", "inspect", name))[0] as {
      IPAM: { Config: { Subnet: string }[] };
      Options: object;
      Internal: boolean;
      Labels: Record<string, string>;
    };
  const step = async (index: number) => {
    stack.declare(STEPS[index]!);
    await stack.up();
    live[index] = inspectServices(stack.name);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
  };

  test("all are made", async () => {
    stack = await Stack.create("steps", { cases: STEPS[0]! });
    await step(0);
    inside("live-base", "sh", "-c", "echo kept >/data/file");
  }, 120_000);

  test("in place: limits, names, networks", async () => {
    const before = network("live-moving");
    await step(1);
    for (const name of ["limits", "joining", "alias", "base", "beside", "member", "guest"])
      expect([name, kept(name, 0)]).toEqual([name, true]);
    expect(kept("renamed", 0)).toBe(false);
    expect(at(1, "limits").HostConfig).toMatchObject({
      NanoCpus: 7.5e8,
      Memory: 48 * 2 ** 20,
      MemoryReservation: 32 * 2 ** 20,
    });
    expect(at(1, "joining").Name).toBe("/live-joined");
    expect(joined(1, "joining")).toEqual(["live-one", "live-two"]);
    expect(at(1, "renamed").Name).toBe("/live-after");
    expect(works("container", "inspect", "live-before")).toBe(false);
    // The network was made anew under its members.
    expect(before.IPAM.Config[0]!.Subnet).toBe("10.231.2.0/24");
    expect(network("live-moving").IPAM.Config[0]!.Subnet).toBe("10.231.3.0/24");
    expect(at(1, "member").NetworkSettings.Networks["live-moving"]!.IPAddress).toMatch(/^10\.231\.3\./);
    expect(at(1, "guest").NetworkSettings.Networks["live-moving"]).toMatchObject({
      Aliases: expect.arrayContaining(["guest"]),
      IPAddress: expect.stringMatching(/^10\.231\.3\./),
    });
  }, 120_000);

  test("a second change does not undo the first, nor does a replacement", async () => {
    await step(2);
    for (const name of ["limits", "alias", "member", "guest"]) expect([name, kept(name, 1)]).toEqual([name, true]);
    for (const name of ["joining", "renamed", "base", "beside"]) expect([name, kept(name, 1)]).toEqual([name, false]);
    expect(at(2, "limits").HostConfig).toMatchObject({
      NanoCpus: 7.5e8,
      Memory: 64 * 2 ** 20,
      MemorySwap: 128 * 2 ** 20,
      MemoryReservation: 32 * 2 ** 20,
    });
    expect(at(2, "joining").Name).toBe("/live-joined");
    expect(joined(2, "joining")).toEqual(["live-one", "live-two"]);
    expect(at(2, "alias").HostConfig).toMatchObject({ RestartPolicy: { Name: "always" } });
    expect(at(2, "alias").NetworkSettings.Networks["live-one"]).toMatchObject({
      Aliases: expect.arrayContaining(["second"]),
    });
    // Whoever shares a namespace or a volume with a container follows it.
    expect(at(2, "beside").HostConfig).toMatchObject({
      NetworkMode: `container:${at(2, "base").Id}`,
      IpcMode: `container:${at(2, "base").Id}`,
    });
    expect(inside("live-base", "cat", "/data/file")).toBe("kept");
    expect(inside("live-beside", "cat", "/data/file")).toBe("kept");
    // Block, options, labels and isolation of the network were taken away.
    expect(network("live-moving")).toMatchObject({
      Options: {},
      Internal: false,
      Labels: expect.not.objectContaining({ a: "1" }),
    });
    expect(network("live-moving").IPAM.Config[0]!.Subnet).not.toMatch(/^10\.231/);
    expect(at(2, "guest").NetworkSettings.Networks["live-moving"]).toMatchObject({
      Aliases: expect.arrayContaining(["guest"]),
    });
  }, 120_000);

  test("everything holds in the successors, and a network can go", async () => {
    await step(3);
    for (const name of ["limits", "alias", "beside"]) expect([name, kept(name, 2)]).toEqual([name, false]);
    for (const name of ["joining", "renamed", "base", "member", "guest"])
      expect([name, kept(name, 2)]).toEqual([name, true]);
    expect(at(3, "limits").HostConfig).toMatchObject({
      NanoCpus: 7.5e8,
      Memory: 64 * 2 ** 20,
      MemoryReservation: 32 * 2 ** 20,
    });
    expect(joined(3, "joining")).toEqual(["live-two"]);
    expect(at(3, "alias").HostConfig).toMatchObject({ RestartPolicy: { Name: "always" } });
    expect(at(3, "alias").NetworkSettings.Networks["live-one"]).toMatchObject({
      Aliases: expect.arrayContaining(["second"]),
    });
    expect(joined(3, "member")).toEqual(["bridge"]);
    expect(joined(3, "guest")).toEqual(["live-one"]);
    expect(works("network", "inspect", "live-moving")).toBe(false);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);

  test("a service under another logical name takes over the name and the port of the one before", async () => {
    const { "live-renamed": renamed, "live-limits": limits, ...others } = STEPS[3]!.services;
    STEPS.push({
      ...STEPS[3]!,
      services: { ...others, "live-heir": renamed!, "live-named": { ...limits!, containerName: "live-limits" } },
    });
    await step(4);
    expect(at(4, "heir").Name).toBe("/live-after");
    expect(at(4, "named").Name).toBe("/live-limits");
    expect([...live[4]!.keys()]).not.toContain("live-limits");
  }, 120_000);

  test("destroy leaves nothing but data", async () => {
    await stack.destroy();
    const { Name } = at(3, "base").Mounts[0]!;
    expect(
      made().filter((name) =>
        /live-(limits|join|alias|after|heir|named|renamed|base|beside|member|guest|one|two)/.test(name),
      ),
    ).toEqual([`volume ${Name}`]);
  }, 120_000);
});

describeIf(missing, "the end of a service", () => {
  afterAll(removeAll, 60_000);

  test("it is told to stop and gets its time, by replacement and by destroy; data goes only where that was asked for", async () => {
    // Writes down the signal, half a second after it came.
    const command = (signal: string) => [
      "sh",
      "-c",
      `trap 'sleep 0.5; echo ${signal} >>/data/end; exit' ${signal}; while :; do sleep 3600 & wait; done`,
    ];
    const services = (more: object): Cases["services"] => ({
      "live-term": { command: command("TERM"), volumes: ["live-term:/data"], ...more },
      "live-usr": {
        command: command("USR1"),
        stopSignal: "SIGUSR1",
        volumes: ["live-usr:/data"],
        removeData: true,
        ...more,
      },
    });
    const stack = await Stack.create("ends", { cases: { services: services({}) } });
    await stack.up();
    stack.declare({ services: services({ environment: { A: "1" } }) });
    await stack.up();
    expect(["live-term", "live-usr"].map((name) => inside(name, "cat", "/data/end"))).toEqual(["TERM", "USR1"]);
    await stack.destroy();
    expect(made()).toEqual(["volume live-term"]);
    expect(docker("run", "--rm", "-v", "live-term:/data", "busybox", "cat", "/data/end")).toBe("TERM\nTERM");
  }, 120_000);
});
