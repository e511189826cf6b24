import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Unfinished, withoutInitErrors } from "../../../cli/unfinished";
import { useEngine } from "../fakeEngine";

const engine = useEngine();

const PROVIDER = "urn:pulumi:web::shop::pulumi:providers:docker::default";
const OWN = { "berth.stack": "shop/web", "berth.owner": "me" };
const urn = (kind: string, name: string) =>
  `urn:pulumi:web::shop::berth:services:Service$docker:index/${kind}::${name}`;
const begun = (kind: string, name: string, more: object = {}, labels: Record<string, string> = OWN) => ({
  type: "creating",
  resource: {
    urn: urn(kind, name),
    type: `docker:index/${kind}`,
    provider: `${PROVIDER}::id`,
    inputs: { name, labels: Object.entries(labels).map(([label, value]) => ({ label, value })), ...more },
  },
});
const CONTAINER = "container:Container";

/** A state as the CLI keeps it in a file. */
const state = (pending: object[], resources: object[] = [], host: unknown = `unix://${engine.socket}`) =>
  JSON.stringify({
    version: 3,
    checkpoint: {
      latest: {
        resources: [{ urn: PROVIDER, type: "pulumi:providers:docker", inputs: { host } }, ...resources],
        pending_operations: pending,
      },
    },
  });
const removed = () => engine.calls.filter((call) => String(call).startsWith("DELETE"));

test("nothing is unfinished", () => {
  expect(Unfinished.in(undefined)).toBeUndefined();
  expect(Unfinished.in(JSON.stringify({ version: 3, checkpoint: { latest: { resources: [] } } }))).toBeUndefined();
  expect(Unfinished.in(state([]))).toBeUndefined();
  // What somebody's own program makes besides is their matter, and what was being changed is still known.
  const other = { type: "creating", resource: { urn: "urn:pulumi:a::b::aws:s3/bucket:Bucket::x", type: "aws:s3" } };
  expect(Unfinished.in(state([other, { ...begun(CONTAINER, "a"), type: "updating" }]))).toBeUndefined();
});

describe("what no state knows is removed from the engine", () => {
  test("containers first, then the network; a volume stays", async () => {
    engine
      .on("GET /containers/web/json", { body: { Id: "1", Config: { Labels: OWN } } })
      .on("GET /networks/net", { body: { Id: "2", Labels: OWN } })
      .on("GET /services/task", { body: { ID: "3", Spec: { Labels: OWN } } })
      .on("DELETE /containers/web?force=true", { status: 204 })
      .on("DELETE /networks/net", { status: 204 })
      .on("DELETE /services/task", { status: 200 });
    const pending = [
      begun("network:Network", "net"),
      begun("volume:Volume", "data"),
      begun(CONTAINER, "web"),
      begun("service:Service", "task"),
    ];
    expect(await Unfinished.in(state(pending))!.remove()).toEqual([]);
    expect(removed()).toEqual(["DELETE /containers/web?force=true", "DELETE /services/task", "DELETE /networks/net"]);
  });

  test.each<[string, object, object[]]>([
    ["is another stack's", { Id: "1", Config: { Labels: { ...OWN, "berth.stack": "shop/other" } } }, []],
    ["is another person's", { Id: "1", Config: { Labels: { ...OWN, "berth.owner": "you" } } }, []],
    ["is nobody's", { Id: "1", Config: { Labels: null } }, []],
    [
      "is the one before it, which the state knows",
      { Id: "1", Config: { Labels: OWN } },
      [{ urn: "x", type: "y", id: "1" }],
    ],
    [
      "has been made since then",
      { Id: "1", Config: { Labels: OWN } },
      [{ urn: urn(CONTAINER, "web"), type: "z", id: "2" }],
    ],
  ])("but not what %s", async (_, body, resources) => {
    engine.on("GET /containers/web/json", { body });
    expect(await Unfinished.in(state([begun(CONTAINER, "web")], resources))!.remove()).toEqual([]);
    expect(removed()).toEqual([]);
  });

  test("nor what is gone, has no label, or whose name is not known", async () => {
    const pending = [begun(CONTAINER, "gone"), begun(CONTAINER, "plain", {}, {}), begun(CONTAINER, "x", { name: {} })];
    expect(await Unfinished.in(state(pending))!.remove()).toEqual([]);
    expect(removed()).toEqual([]);
  });

  test("what cannot be looked for is said", async () => {
    const hidden = Unfinished.in(state([begun(CONTAINER, "web")], [], { secret: "v1:x" }))!;
    expect(await hidden.remove()).toEqual([
      "web, which an earlier run had begun to make, may be left: its engine is a secret of the state; `berth up` finds it",
    ]);
    engine.on("GET /containers/web/json", { status: 500, body: { message: "no space" } });
    expect(await Unfinished.in(state([begun(CONTAINER, "web")]))!.remove()).toEqual([
      expect.stringMatching(/^web, which an earlier run had begun to make, may be left: .*no space/),
    ]);
  });

  test("somebody who may still say no is told", () => {
    expect(Unfinished.in(state([begun(CONTAINER, "a"), begun(CONTAINER, "b")]))!.notice("web")).toBe(
      "a run that was cut off had begun to make a, b; `berth destroy web --yes` removes these, too",
    );
  });
});

test("the CLI forgets it, and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-unfinished-"));
  const before = process.env.PATH;
  try {
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\necho "$@" >${folder}/words; cat >${folder}/given\n`);
    chmodSync(join(folder, "pulumi"), 0o755);
    process.env.PATH = `${folder}:${before}`;
    const updating = { ...begun(CONTAINER, "b"), type: "updating" };
    const other = { type: "creating", resource: { urn: "urn:pulumi:a::b::aws:s3/bucket:Bucket::x", type: "aws:s3" } };
    await Unfinished.in(state([begun(CONTAINER, "a"), updating, other], [{ urn: "u", type: "t" }]))!.forget(
      folder,
      "web",
    );
    expect(readFileSync(join(folder, "words"), "utf8").trim()).toBe("stack import --stack web");
    const given = JSON.parse(readFileSync(join(folder, "given"), "utf8")) as Record<string, unknown>;
    const { latest } = (
      JSON.parse(state([updating, other], [{ urn: "u", type: "t" }])) as { checkpoint: { latest: object } }
    ).checkpoint;
    expect(given).toEqual({ version: 3, deployment: latest });
  } finally {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  }
});

describe("what went wrong while things were made", () => {
  const faulty = (kind: string, name: string) => ({
    ...begun(kind, name).resource,
    initErrors: ["the engine has gone"],
  });

  test("is forgotten where Docker's provider made them", () => {
    const bucket = {
      urn: "urn:pulumi:a::b::aws:s3/bucket:Bucket::x",
      type: "aws:s3/bucket:Bucket",
      initErrors: ["no"],
    };
    const text = state([], [faulty("network:Network", "net"), faulty(CONTAINER, "web"), bucket]);
    const { version, deployment } = JSON.parse(JSON.stringify(withoutInitErrors(text))) as {
      version: number;
      deployment: unknown;
    };
    const { latest } = (
      JSON.parse(state([], [begun("network:Network", "net").resource, begun(CONTAINER, "web").resource, bucket])) as {
        checkpoint: { latest: object };
      }
    ).checkpoint;
    expect({ version, deployment }).toEqual({ version: 3, deployment: latest });
  });

  test("nothing did, or not with Docker", () => {
    expect(withoutInitErrors(undefined)).toBeUndefined();
    expect(withoutInitErrors(state([], [begun(CONTAINER, "web").resource]))).toBeUndefined();
    expect(
      withoutInitErrors(state([], [{ urn: "u", type: "aws:s3/bucket:Bucket", initErrors: ["no"] }])),
    ).toBeUndefined();
  });
});
