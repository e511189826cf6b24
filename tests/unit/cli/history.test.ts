import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { history, walked } from "../../../cli/history";
import { readState } from "../../../cli/ran";
import { updatesOf } from "../../../cli/updates";
import { localTime } from "../../../core/engines/rollback";
import { network, PIN, type RecordedUpdate, recordHistory, secret, service, startOf } from "./recordedHistory";

let root: string;
const before = { ...process.env };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-history-"));
  process.env.PULUMI_BACKEND_URL = `file://${root}/states`;
});
afterEach(() => {
  rmSync(root, { recursive: true });
  process.env = { ...before };
});

const project = () => ({ folder: root, name: "notes", own: true });

async function changesOf(updates: RecordedUpdate[], options?: Parameters<typeof recordHistory>[2]) {
  recordHistory(join(root, "states"), updates, options);
  const found: (Record<string, string[]> | undefined)[] = [];
  const read = await updatesOf(project(), "shop");
  await walked(read.updates, (_update, _services, changes) => found.push(changes));
  return found;
}

const web = (image: string, pin: string, rest = {}) =>
  service("web", { image, ...rest }, { image: `${image}@${PIN(pin)}` });

test("each update says what it has changed of which service", async () => {
  const db = service("db", { image: "mysql:5.7", environment: { MYSQL_ROOT_PASSWORD: secret() } });
  const other = service("db", { image: "mysql:5.7", environment: { MYSQL_ROOT_PASSWORD: secret("v1:other") } });
  expect(
    await changesOf([
      { resources: [...web("nginx:1.27", "a", { ports: ["80:80"], environment: { A: "1", B: "2" } }), ...db] },
      { resources: [...web("nginx:1.28", "b", { ports: ["81:80"], environment: { A: "2", B: "2" } }), ...other] },
      { resources: web("nginx:1.28", "b", { environment: { A: "2", B: "2" }, command: "sh", restart: "always" }) },
      { kind: "destroy", resources: [] },
    ]),
  ).toEqual([
    { web: ["made (nginx:1.27)"], db: ["made (mysql:5.7)"] },
    { web: ["image nginx:1.27 -> nginx:1.28", "environment A", "ports 80:80 -> 81:80"] },
    { web: ["command", "ports 81:80 -> none", "restart"], db: ["removed"] },
    { web: ["removed"] },
  ]);
});

test("a tag that stands for another image is a change, and a digest in place of its tag is none", async () => {
  const pinned = service("web", { image: `nginx:latest@${PIN("b")}` }, { image: `nginx:latest@${PIN("b")}` });
  expect(
    await changesOf([
      { resources: web("nginx", "a") },
      { resources: web("nginx", "b") },
      { resources: pinned },
      { resources: service("web", { image: "nginx" }) },
    ]),
  ).toEqual([
    { web: ["made (nginx)"] },
    { web: ["image nginx was sha256:aaaaaaaaaaaa, is sha256:bbbbbbbbbbbb"] },
    {},
    { web: ["image nginx:latest@sha256:bbbbbbbbbbbb -> nginx"] },
  ]);
});

test("a service that did not come up is compared with what ran before it", async () => {
  const failed = service("web", { image: "nginx:1.99" }, { up: false });
  expect(
    await changesOf([
      { resources: web("nginx:1.27", "a") },
      { result: "failed", resources: failed },
      { resources: web("nginx:1.28", "b") },
      { result: "failed", resources: [...web("nginx:1.28", "b"), ...service("db", { image: "x" }, { up: false })] },
      { resources: [...web("nginx:1.28", "b"), ...service("db", { image: "x" })] },
    ]),
  ).toEqual([
    { web: ["made (nginx:1.27)"] },
    { web: ["did not come up (nginx:1.99)"] },
    { web: ["image nginx:1.27 -> nginx:1.28"] },
    { db: ["did not come up (x)"] },
    { db: ["came up"] },
  ]);
});

test("a service that an update with --target has left as it is was not changed by it", async () => {
  const [component] = web("nginx:1.28", "a");
  const targeted = [{ ...component, inputs: { containerName: "web", image: "nginx:1.27" } }];
  const changes = await changesOf([{ resources: web("nginx:1.27", "a") }, { resources: targeted }]);
  expect(changes[1]).toEqual({});
});

test("states that are packed are read, and so are those of the CLI's older folders", async () => {
  expect(await changesOf([{ resources: web("nginx", "a") }], { packed: true })).toEqual([{ web: ["made (nginx)"] }]);
  recordHistory(join(root, "older"), [{ resources: web("nginx", "a") }], { project: "" });
  process.env.PULUMI_BACKEND_URL = `file://${root}/older`;
  const { updates } = await updatesOf(project(), "shop");
  expect(updates).toHaveLength(1);
});

test("secrets are told by where they are", () => {
  const description = {
    image: "app",
    environment: { TOKEN: secret(), A: "1" },
    command: secret(),
    secrets: [
      { source: "key", content: secret() },
      { source: "file", file: "./file" },
    ],
  };
  const state = { checkpoint: { latest: { resources: [...service("web", description), network("net")] } } };
  const { services, networks } = readState(JSON.stringify(state));
  expect([...networks]).toEqual(["net"]);
  expect(services.get("web")!.ran).toEqual({
    engine: "docker",
    image: undefined,
    description: {
      containerName: "web",
      image: "app",
      environment: { A: "1" },
      secrets: [{ source: "key" }, { source: "file", file: "./file" }],
    },
    secret: ["environment.TOKEN", "command", "secrets.key"],
  });
  expect(JSON.stringify([...services])).not.toContain("v1:");
});

test("services of an earlier berth, which kept nothing, are told by their images", async () => {
  const old = (image: string) => service("web", { image }, { up: false });
  expect(
    await changesOf([{ resources: old("nginx:1") }, { resources: old("nginx:2") }, { resources: old("nginx:2") }]),
  ).toEqual([{ web: ["made (nginx:1)"] }, { web: ["image nginx:1 -> nginx:2"] }, {}]);
});

describe("printed", () => {
  let out: string[];
  let err: string[];
  const cwd = process.cwd();
  beforeEach(() => {
    [out, err] = [[], []];
    jest.spyOn(console, "log").mockImplementation((line) => void out.push(String(line)));
    jest.spyOn(console, "error").mockImplementation((line) => void err.push(String(line)));
    writeFileSync(join(root, "Pulumi.yaml"), "name: notes\nruntime: nodejs\n");
    process.chdir(root);
  });
  afterEach(() => {
    process.chdir(cwd);
    jest.restoreAllMocks();
  });
  const at = (number: number) => localTime(startOf(number) * 1000);

  test("is a row for each update that changed something, newest first", async () => {
    const git = { "git.head": "0123456789abcdef", "git.dirty": "true" };
    recordHistory(join(root, "states"), [
      { resources: [...web("nginx:1.27", "a"), ...service("db", { image: "mysql:5.7" })], environment: git },
      { resources: [...web("nginx:1.27", "a"), ...service("db", { image: "mysql:5.7" })], changes: { same: 4 } },
      { result: "failed", resources: [...service("web", { image: "nginx:1.28" }, { up: false })] },
      { kind: "refresh", resources: [], changes: { delete: 2 }, message: "" },
      { message: "berth rollback: web as after update 1", resources: web("nginx:1.27", "a") },
    ]);
    expect(await history("shop", {})).toBe(0);
    expect(out.join("\n")).toBe(
      [
        "UPDATE  WHEN              WHAT            COMMIT    CHANGES",
        `5       ${at(5)}  rollback                  web: made (nginx:1.27)`,
        `4       ${at(4)}  refresh                   web: removed`,
        `3       ${at(3)}  update, failed            web: did not come up (nginx:1.28)`,
        "                                                    db: removed",
        `1       ${at(1)}  update          0123456+  web: made (nginx:1.27)`,
        "                                                    db: made (mysql:5.7)",
      ].join("\n"),
    );
    expect(err).toEqual([]);
  });

  test("says how many there are beside those shown, and refuses what is no number", async () => {
    recordHistory(
      join(root, "states"),
      ["1", "2", "3"].map((tag) => ({ resources: web(`nginx:${tag}`, tag) })),
    );
    await history("shop", { limit: "1" });
    expect(out[0]).toMatch(/image nginx:2 -> nginx:3\n\n2 older ones: --limit 3 shows them all\.$/);
    await expect(history("shop", { limit: "0" })).rejects.toThrow('--limit: "0" is not a number of updates');
  });

  test("as JSON has no state in it, and no secret", async () => {
    recordHistory(join(root, "states"), [
      { resources: service("db", { image: "mysql:5.7", environment: { MYSQL_ROOT_PASSWORD: secret() } }) },
    ]);
    await history("shop", { json: true });
    const { stack, updates } = JSON.parse(out[0]!) as { stack: string; updates: object[] };
    expect(stack).toBe("shop");
    expect(updates).toEqual([
      {
        number: 1,
        kind: "update",
        result: "succeeded",
        start: "2026-01-01T01:00:00.000Z",
        message: "",
        changes: { update: 1 },
        services: { db: ["made (mysql:5.7)"] },
      },
    ]);
  });

  test("of a stack that is not there is an error", async () => {
    await expect(history("shop", {})).rejects.toThrow('there is no stack "shop", so that nothing has been applied');
  });
});
