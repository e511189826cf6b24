// What is set aside for a change, and comes back where it fails, on an engine that keeps what it is told.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { EngineClient } from "../../../../core/engines/dockerApi/connection/client";
import { markAdopted } from "../../../../core/engines/dockerApi/adoption";
import { Predecessors, setAsideAs, standing, takerTag, wayBack } from "../../../../core/engines/dockerApi/predecessors";
import { type EngineSnapshot, takeSnapshot } from "../../../../core/engines/dockerApi/snapshot";
import { ownerLabels } from "../../../../core/engines/owner";
import { EngineDouble } from "../../../engine/doubles/engine";
import { type Container, newId, Store } from "../../../engine/doubles/store";

const OWNER = { stack: "berth/nginx", owner: "me" };
const infos: string[] = [];
let folder: string;
let store: Store;
let engine: EngineDouble;
let client: EngineClient;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-predecessors-"));
  store = new Store(folder);
  engine = new EngineDouble(store);
  client = new EngineClient({ host: await engine.listen("tcp") });
  infos.length = 0;
  pulumi.log.info = async (message) => void infos.push(message);
});
afterEach(async () => {
  client.close();
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** Starts a container, as the provider does, and says its id. */
function runs(name: string, service = name, { restart = "no", mode = "bridge", running = true } = {}): string {
  const Id = newId();
  const state = { Status: running ? "running" : "exited", Running: running, Restarting: false, ExitCode: 0 };
  store.put("containers", {
    ...{ Id, Name: `/${name}`, Image: "nginx", Args: {}, RestartCount: 0, State: state },
    Config: { Labels: ownerLabels(OWNER, service) },
    HostConfig: { NetworkMode: mode, RestartPolicy: { Name: restart } },
    NetworkSettings: { Ports: {}, Networks: {} },
  });
  return Id;
}

/** What the engine says of a container. */
const said = (id: string) => store.find("containers", id) as Container;

/** Likewise of one that was made and not started. */
const created = (id: string) => ({ ...said(id), State: { Running: false, Status: "created" } });

/** What this run of a program knows of the engine: as it is now. */
async function beginning(adopts: string[] = []): Promise<Predecessors> {
  const snapshot: EngineSnapshot = markAdopted(await takeSnapshot(client, adopts), OWNER, adopts);
  return new Predecessors({ owner: OWNER, snapshot, needClient: () => client, serviceNamed: (name) => name });
}

/** What is on the engine: `web` runs, `web (ended)` does not. */
const all = () =>
  store
    .list("containers")
    .map(({ Name, State }) => `${Name.slice(1)}${State.Running ? "" : " (ended)"}`)
    .sort();
const nameOf = (id: string) => store.find("containers", id)?.Name.slice(1);
const policyOf = (id: string) => (store.find("containers", id) as Container).HostConfig.RestartPolicy?.Name;
const AGAIN = "The container web from before this change runs again; the next `up` tries again.";

describe("a change of a service", () => {
  test.each(["no", "always", "unless-stopped"])(
    "sets aside what ran, restart policy %s, until it answers",
    async (restart) => {
      const old = runs("web", "web", { restart });
      const run = await beginning();
      const asked = engine.requests.length;
      await run.makeRoom("web", said(old));
      // What its hook has read is not asked for again.
      expect(engine.requests.slice(asked).filter((request) => request.startsWith("GET"))).toEqual([]);
      const aside = `web.berth-previous${restart === "no" ? "" : `-${restart}`}`;
      expect(all()).toEqual([`${aside} (ended)`]);
      // The engine may start anew meanwhile.
      expect(policyOf(old)).toBe("no");
      runs("web");
      await run.settle("web");
      expect(all()).toEqual(["web"]);
      expect(nameOf(old)).toBeUndefined();
    },
  );

  test("removes what has never started, for nothing can come back there", async () => {
    const half = runs("web", "web", { running: false });
    const run = await beginning();
    await run.makeRoom("web", created(half));
    expect(all()).toEqual([]);
    expect(infos).toEqual(["Removed the container web, left behind by an apply that was cut off."]);
    expect(await run.bringBack("web", "web")).toBeUndefined();
  });

  test("sets aside what has never started where somebody has made it by hand", async () => {
    const half = runs("web", "web", { running: false });
    const container = store.find("containers", half) as Container;
    store.put("containers", { ...container, Config: { Labels: {} } });
    await (await beginning(["web"])).makeRoom("web", created(half));
    expect(nameOf(half)).toMatch(/^web\.berth-adopted-\w+-stopped$/);
  });

  test("that fails has it run again as it did, and keeps what failed for the state", async () => {
    const old = runs("web", "web", { restart: "always" });
    const run = await beginning();
    await run.makeRoom("web", said(old));
    const failed = runs("web", "web", { restart: "on-failure" });
    expect(await run.bringBack("web", "web")).toBe(AGAIN);
    expect(all()).toEqual(["web", "web.berth-failed (ended)"]);
    expect([nameOf(old), policyOf(old), policyOf(failed)]).toEqual(["web", "always", "no"]);
  });

  test("that fails before anything is made has it run again", async () => {
    const old = runs("web");
    const run = await beginning();
    await run.makeRoom("web", said(old));
    expect(await run.bringBack("web", "web")).toBe(AGAIN);
    expect(all()).toEqual(["web"]);
  });

  test("leaves one that had ended as it was", async () => {
    const old = runs("web", "web", { running: false });
    const run = await beginning();
    await run.makeRoom("web", said(old));
    expect(all()).toEqual(["web.berth-previous-stopped (ended)"]);
    await run.bringBack("web", "web");
    expect(all()).toEqual(["web (ended)"]);
  });

  test("that fails with nothing before it says nothing", async () => {
    const run = await beginning();
    runs("web");
    expect(await run.bringBack("web", "web")).toBeUndefined();
    expect(all()).toEqual(["web"]);
  });

  test("that fails twice keeps one of the failed", async () => {
    const old = runs("web");
    let run = await beginning();
    await run.makeRoom("web", said(old));
    runs("web");
    await run.bringBack("web", "web");
    run = await beginning();
    await run.makeRoom("web", said(old));
    const second = runs("web");
    await run.bringBack("web", "web");
    expect(all()).toEqual(["web", "web.berth-failed (ended)"]);
    expect([nameOf(old), nameOf(second)]).toEqual(["web", "web.berth-failed"]);
    run = await beginning();
    await run.makeRoom("web", said(old));
    runs("web");
    await run.settle("web");
    expect(all()).toEqual(["web"]);
  });

  test("whose old container cannot start says why", async () => {
    const old = runs("web");
    const run = await beginning();
    await run.makeRoom("web", said(old));
    store.put("containers", { ...store.find("containers", old)!, HostConfig: { PidMode: "container:gone" } });
    expect(await run.bringBack("web", "web")).toBe(
      "The container from before this change could not be started again (Cannot restart container: No such container: gone); the next `up` tries again.",
    );
  });

  test("that fails with its engine has it run again when that is back", async () => {
    const old = runs("web", "web", { restart: "always" });
    const run = await beginning();
    await run.makeRoom("web", said(old));
    const port = Number(new URL(client.address.host).port);
    await engine.close();
    const back = run.bringBack("web", "web");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(all()).toEqual(["web.berth-previous-always (ended)"]);
    engine = new EngineDouble(store);
    await engine.listen("tcp", port);
    expect(await back).toBe(AGAIN);
    expect(all()).toEqual(["web"]);
  });

  test("takes the place of another service's container, which comes back with it", async () => {
    const other = runs("old", "old");
    const run = await beginning();
    await run.setAside(other, "web");
    runs("web");
    expect(await run.bringBack("web", "web")).toBe(
      "The container old from before this change runs again; the next `up` tries again.",
    );
    expect(all()).toEqual(["old", "web.berth-failed (ended)"]);
  });
});

describe("containers that share a network", () => {
  test("come back together", async () => {
    const vpn = runs("vpn");
    const side = runs("side", "side", { mode: `container:${vpn}` });
    const run = await beginning();
    await run.makeRoom("vpn", said(vpn));
    const next = runs("vpn");
    await run.settle("vpn");
    // Not yet: the other one could not come back without it.
    expect(nameOf(vpn)).toBe("vpn.berth-previous");
    await run.makeRoom("side", said(side));
    runs("side", "side", { mode: `container:${next}` });
    expect(await run.bringBack("side", "side")).toBe(
      "The containers vpn and side from before this change run again; the next `up` tries again.",
    );
    expect([nameOf(vpn), nameOf(side)]).toEqual(["vpn", "side"]);
    expect(all()).toEqual(["side", "side.berth-failed (ended)", "vpn", "vpn.berth-failed (ended)"]);
  });

  test("go when both answer", async () => {
    const vpn = runs("vpn");
    const side = runs("side", "side", { mode: `container:${vpn}` });
    const run = await beginning();
    await run.makeRoom("vpn", said(vpn));
    const next = runs("vpn");
    await run.settle("vpn");
    await run.makeRoom("side", said(side));
    runs("side", "side", { mode: `container:${next}` });
    await run.settle("side");
    expect(all()).toEqual(["side", "vpn"]);
  });

  test("start anew where the one whose network they have comes back", async () => {
    const vpn = runs("vpn");
    const side = runs("side", "side", { mode: `container:${vpn}` });
    const run = await beginning();
    await run.makeRoom("vpn", said(vpn));
    await run.bringBack("vpn", "vpn");
    expect(engine.requests).toContain(`POST /containers/${side}/restart`);
  });
});

describe("after an apply that was cut off", () => {
  test("the one that answered is the one to go back to, and what took its place is removed", async () => {
    const old = runs("web.berth-previous-always", "web", { running: false });
    const unproven = runs("web");
    const run = await beginning();
    await run.makeRoom("web", said(unproven));
    expect(infos).toEqual(["Removed the container web, left behind by an apply that was cut off."]);
    runs("web");
    expect(await run.bringBack("web", "web")).toBe(AGAIN);
    expect([nameOf(old), policyOf(old)]).toEqual(["web", "always"]);
  });

  test("a new one that answers ends the change", async () => {
    runs("web.berth-previous", "web", { running: false });
    runs("web");
    await (await beginning()).settle("web");
    expect(all()).toEqual(["web"]);
  });

  test("a declaration that is the old one again has the old one run", async () => {
    const old = runs("web.berth-previous-always", "web", { running: false });
    runs("web");
    await (await beginning()).resume(old);
    expect(all()).toEqual(["web"]);
    expect([nameOf(old), policyOf(old)]).toEqual(["web", "always"]);
    expect(infos).toEqual(["The container web runs again; an apply that was cut off had set it aside."]);
  });

  test("a failed one that still runs holds nobody up", async () => {
    runs("web.berth-failed", "web");
    runs("web.berth-previous", "web", { running: false });
    await (await beginning()).makeRoom("web", undefined);
    expect(all()).toEqual(["web.berth-failed (ended)", "web.berth-previous (ended)"]);
  });

  test("one that failed is not taken for one that runs", async () => {
    const failed = runs("web.berth-failed", "web", { running: false });
    await expect((await beginning()).resume(failed)).rejects.toThrow(
      "the last change of web failed, and this `up` leaves it out; run it without --target",
    );
  });

  test("containers of others that are called alike are left alone", async () => {
    const foreign = runs("web.berth-previous", "web", { running: false });
    store.put("containers", { ...store.find("containers", foreign)!, Config: { Labels: {} } });
    const run = await beginning();
    await run.settle("web");
    expect(await run.bringBack("web", "web")).toBeUndefined();
    await run.resume(foreign);
    expect(all()).toEqual(["web.berth-previous (ended)"]);
  });

  test("a service with nothing aside costs no question", async () => {
    runs("web");
    const run = await beginning();
    const asked = engine.requests.length;
    await run.settle("web");
    await run.resume("web");
    expect(engine.requests).toHaveLength(asked);
  });
});

describe("a container that the stack has not made and takes over", () => {
  /** Starts one without labels of the stack. */
  const foreign = (name: string, options: Parameters<typeof runs>[2] = {}) => {
    const id = runs(name, "", options);
    store.put("containers", { ...store.find("containers", id)!, Config: { Labels: {} } });
    return id;
  };
  const aside = `web.berth-adopted-${takerTag(OWNER)}`;

  test("is set aside under a name that says whose it is, and goes when its successor answers", async () => {
    const old = foreign("web", { restart: "always" });
    const run = await beginning(["web"]);
    await run.makeRoom("web", said(old));
    expect(all()).toEqual([`${aside}-always (ended)`]);
    runs("web");
    await run.settle("web");
    expect(all()).toEqual(["web"]);
    // Without its anonymous volumes: they stay.
    expect(engine.requests).toContain(`DELETE /containers/${old}`);
  });

  test("comes back where its successor fails", async () => {
    const old = foreign("web", { restart: "unless-stopped" });
    const run = await beginning(["web"]);
    await run.makeRoom("web", said(old));
    runs("web");
    expect(await run.bringBack("web", "web")).toBe(AGAIN);
    expect(all()).toEqual(["web", "web.berth-failed (ended)"]);
    expect([nameOf(old), policyOf(old)]).toEqual(["web", "unless-stopped"]);
  });

  test("is found again after an apply that was cut off, without the setting too", async () => {
    const old = foreign(`${aside}-always`, { running: false });
    const unproven = runs("web");
    const run = await beginning();
    await run.makeRoom("web", said(unproven));
    runs("web");
    expect(await run.bringBack("web", "web")).toBe(AGAIN);
    expect([nameOf(old), policyOf(old)]).toEqual(["web", "always"]);
  });

  test("goes in a later run, where the one that was cut off had made its successor", async () => {
    foreign(aside, { running: false });
    runs("web");
    await (await beginning()).settle("web");
    expect(all()).toEqual(["web"]);
  });

  test("that was cut off between its new name and its end stops now", async () => {
    const old = foreign(aside);
    await (await beginning()).makeRoom("web", undefined);
    expect(all()).toEqual([`${aside} (ended)`]);
    expect(nameOf(old)).toBe(aside);
  });

  test("of another stack is left alone", async () => {
    const other = `web.berth-adopted-${takerTag({ stack: "berth/nginx", owner: "you" })}`;
    foreign(other, { running: false });
    const run = await beginning();
    await run.settle("web");
    expect(await run.bringBack("web", "web")).toBeUndefined();
    expect(all()).toEqual([`${other} (ended)`]);
  });

  test("and shares its network with another one comes back with it", async () => {
    const vpn = foreign("vpn");
    const side = foreign("side", { mode: `container:${vpn}` });
    const run = await beginning(["vpn", "side"]);
    await run.makeRoom("vpn", said(vpn));
    const next = runs("vpn");
    await run.settle("vpn");
    await run.makeRoom("side", said(side));
    runs("side", "side", { mode: `container:${next}` });
    expect(await run.bringBack("side", "side")).toBe(
      "The containers vpn and side from before this change run again; the next `up` tries again.",
    );
    expect([nameOf(vpn), nameOf(side)]).toEqual(["vpn", "side"]);
  });
});

test.each([
  ["web.berth-previous-stopped", "docker rename web.berth-previous-stopped web"],
  [
    "web.berth-adopted-0123abcd-on-failure-5",
    "docker rename web.berth-adopted-0123abcd-on-failure-5 web && docker update --restart=on-failure:5 web && docker start web",
  ],
])("the way back of %s", (name, command) => {
  expect(wayBack(setAsideAs(name)!, name)).toBe(command);
});

test.each([
  [
    "web.berth-adopted-0123abcd-always",
    {
      ...{ name: "web", kind: "previous", ran: true, taker: "0123abcd" },
      restart: { Name: "always", MaximumRetryCount: 0 },
    },
  ],
  ["web.berth-adopted-always", undefined],
  ["web.berth-previous", { name: "web", kind: "previous", ran: true, restart: { Name: "no", MaximumRetryCount: 0 } }],
  [
    "a.b-c.berth-previous-stopped-on-failure-5",
    { name: "a.b-c", kind: "previous", ran: false, restart: { Name: "on-failure", MaximumRetryCount: 5 } },
  ],
  ["web.berth-failed", { name: "web", kind: "failed", ran: true, restart: { Name: "no", MaximumRetryCount: 0 } }],
  ["web", undefined],
  ["web.berth-previous-now", undefined],
  [".berth-previous", undefined],
])("the name %s", (name, said) => {
  expect(setAsideAs(name)).toEqual(said);
});

test.each([
  [["web", "web.berth-failed"], "web"],
  [["web.berth-previous", "web"], "web"],
  [["web.berth-failed", "web.berth-previous-always"], "web.berth-previous-always"],
  [["web.berth-failed"], undefined],
  [[], undefined],
])("of %j, %s stands for the service", (names, one) => {
  expect(standing(names.map((name) => ({ name })))?.name).toBe(one);
});

test("two successors may want its place at once", async () => {
  const id = runs("web");
  const run = await beginning();
  await Promise.all([run.setAside(id, "web"), run.setAside(id, "other")]);
  expect(all()).toEqual(["web.berth-previous (ended)"]);
});
