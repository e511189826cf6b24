import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { list } from "tar";
import { backup, backupOf, type BackupOptions } from "../../../cli/backup";
import type { BackupManifest } from "../../../cli/backup/manifest";
import { useSmallEngine } from "./smallEngine";

const engine = useSmallEngine();
let folder: string;
let printed: string[];
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth backup-"));
  printed = [];
  said = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  jest.spyOn(console, "error").mockImplementation((line: string) => void said.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});
const at = (name: string) => join(folder, name);

async function saved(options: BackupOptions = {}, swarm = false): Promise<BackupManifest & { downtime: object }> {
  const now = engine().now([], swarm ? "swarm" : "docker");
  expect(await backupOf(now, { to: at("shop.tar"), json: true, ...options })).toBe(0);
  return JSON.parse(printed.pop()!);
}

/** A part of the backup, by a tar program of its own. */
function part(name: string): Buffer {
  const { status, stdout } = spawnSync("tar", ["xOf", at("shop.tar"), `berth-backup/${name}`], { maxBuffer: 1 << 26 });
  expect(status).toBe(0);
  return stdout;
}

function namesIn(name: string): string[] {
  const names: string[] = [];
  writeFileSync(at("part.tar"), gunzipSync(part(name)));
  list({ file: at("part.tar"), sync: true, onReadEntry: ({ path }) => void names.push(path) });
  return names;
}

/** What was done to the containers of the stack. */
const doneTo = () => engine().changes.filter((call) => /\/(start|stop|pause|unpause)$/.test(call));
const helpers = () => [...engine().containers.keys()].filter((id) => id.startsWith("helper"));

describe("files", () => {
  beforeEach(() => {
    engine().volume("data", { a: "one", "b/c": "x".repeat(2000) });
    engine().volume("logs", { log: "line" });
    engine().container("web", "nginx:1.27", [
      { volume: "data", target: "/data" },
      { bind: "/srv/site", target: "/site" },
    ]);
    engine().container("reader", "nginx:1.27", [{ volume: "data", target: "/in", readOnly: true }]);
    engine().container("app", "own/app", [{ volume: "logs", target: "/logs" }]);
  });

  test("are read while those stand still that write to them, one group after another", async () => {
    const { items } = await saved();
    expect(doneTo()).toEqual([
      "POST /containers/web-id/stop",
      "POST /containers/web-id/start",
      "POST /containers/app-id/stop",
      "POST /containers/app-id/start",
    ]);
    expect(items.map(({ part, how, volume, kind }) => ({ part, how, volume, kind }))).toEqual([
      { part: "volumes/data.tar.gz", how: "stopped", volume: "data", kind: "files" },
      { part: "volumes/logs.tar.gz", how: "stopped", volume: "logs", kind: "files" },
    ]);
    expect(items[0]!.users).toEqual([
      { service: "web", shown: "web", target: "/data" },
      { service: "reader", shown: "reader", target: "/in" },
    ]);
    expect(namesIn("volumes/data.tar.gz")).toEqual(["data/", "data/a", "data/b/c"]);
    expect(items[0]!.size).toBe(512 * 8 + 1024);
  });

  test("lie in a tar archive with checksums that nobody else can read", async () => {
    await saved();
    expect(statSync(at("shop.tar")).mode & 0o777).toBe(0o600);
    expect(spawnSync("tar", ["xf", "shop.tar"], { cwd: folder }).status).toBe(0);
    const check = spawnSync("sha256sum", ["-c", "--strict", "SHA256SUMS"], {
      cwd: at("berth-backup"),
      encoding: "utf8",
    });
    expect(check.stdout).toBe("volumes/data.tar.gz: OK\nvolumes/logs.tar.gz: OK\nmanifest.json: OK\n");
  });

  test("are read through containers that never start, and that are gone afterwards", async () => {
    await saved({ volume: ["logs"] });
    expect(engine().bodies).toMatchObject([
      { Image: "", HostConfig: { Mounts: [{ Source: "logs", ReadOnly: true }] } },
    ]);
    expect(helpers()).toEqual([]);
    expect(engine().changes.filter((call) => call.includes("helper"))).toEqual(["DELETE /containers/helper1-id"]);
  });

  test("of an engine that wants an image for such a container are read with one of the stack", async () => {
    let first = true;
    engine().fails = (call) => {
      if (call !== "POST /containers/create" || !first) return undefined;
      first = false;
      return "image is required";
    };
    await saved({ volume: ["logs"] });
    expect(engine().bodies).toMatchObject([{ Image: "sha256:own/app" }]);
  });

  test.each<[keyof BackupOptions, string, string[]]>([
    ["pause", "paused", ["POST /containers/app-id/pause", "POST /containers/app-id/unpause"]],
    ["live", "live", []],
    ["stop", "stopped", ["POST /containers/app-id/stop", "POST /containers/app-id/start"]],
  ])("with --%s are %s", async (option, how, done) => {
    const { items } = await saved({ [option]: true, volume: ["app"] });
    expect(items).toMatchObject([{ how, volume: "logs" }]);
    expect(doneTo()).toEqual(done);
  });

  test("of a container that goes away when it stops are read while it is paused", async () => {
    engine().containers.get("app-id")!.HostConfig.AutoRemove = true;
    await saved({ volume: ["logs"] });
    expect(doneTo()).toEqual(["POST /containers/app-id/pause", "POST /containers/app-id/unpause"]);
  });

  test("that nobody writes to are read without more ado, and those of volumes that nobody mounts", async () => {
    engine().containers.get("app-id")!.State.Running = false;
    engine().volume("old", { x: "y" });
    engine().volume("theirs", { x: "y" }, { "berth.stack": "berth/shop", "berth.owner": "eve" });
    const { items } = await saved();
    expect(items.map(({ volume, how }) => `${volume} ${how}`)).toEqual(["data stopped", "logs idle", "old idle"]);
    expect(engine().containers.get("app-id")!.State.Running).toBe(false);
  });

  test("what is not in it is named", async () => {
    await saved();
    expect(said).toEqual(["note: not in the backup: web: /srv/site (/site) is a folder or file of the host."]);
  });

  test("the table says how, how much and how long", async () => {
    expect(await backupOf(engine().now(), { to: at("shop.tar") })).toBe(0);
    const text = printed.join("\n");
    expect(text).toMatch(/^SERVICE +VOLUME +HOW +SIZE +STORED +TIME +DOWN\n/);
    expect(text).toMatch(/\nweb, reader +data +files, stopped +5\.0 KiB +\d+ B +[\d.]+ s +[\d.]+ s\n/);
    expect(text).toMatch(/shop\.tar \([\d.]+ KiB\) is the backup of shop\.$/);
  });

  test("a container of others that mounts a volume is named", async () => {
    engine().container("theirs", "x", [{ volume: "logs", target: "/l" }], {
      Config: { Image: "x", Labels: {} },
    });
    await saved({ volume: ["logs"] });
    expect(said[0]).toBe("note: logs: theirs, not of this stack, may write to it while it is read.");
  });
});

describe("where something fails nothing is written, and what was stopped runs again", () => {
  beforeEach(() => {
    engine().volume("data", { a: "one" });
    engine().container("web", "nginx:1.27", [{ volume: "data", target: "/data" }]);
  });
  const refused = async (options: BackupOptions, sentence: string | RegExp) => {
    await expect(backupOf(engine().now(), { to: at("shop.tar"), ...options })).rejects.toThrow(sentence);
    expect(readdirSync(folder)).toEqual([]);
    expect(engine().containers.get("web-id")!.State).toMatchObject({ Running: true, Paused: false });
    expect(helpers()).toEqual([]);
  };

  test("the engine breaks off a volume", async () => {
    engine().breaksOff = true;
    await refused({}, "the engine broke off in the middle");
    expect(doneTo()).toEqual(["POST /containers/web-id/stop", "POST /containers/web-id/start"]);
  });

  test("the engine cannot read it", async () => {
    engine().fails = (call) => (call.endsWith("/archive") ? "input/output error" : undefined);
    await refused({ pause: true }, "input/output error");
  });

  test("it does not stop", async () => {
    engine().fails = (call) => (call.endsWith("/stop") ? "cannot stop container" : undefined);
    await refused({}, "cannot stop container");
  });

  test("somebody ends it", async () => {
    const original = engine().fails;
    engine().fails = (call) => {
      if (call.endsWith("/archive")) process.emit("SIGTERM", "SIGTERM");
      return original(call);
    };
    expect(await backupOf(engine().now(), { to: at("shop.tar") })).toBe(143);
    expect(readdirSync(folder)).toEqual([]);
    expect(engine().containers.get("web-id")!.State.Running).toBe(true);
    expect(helpers()).toEqual([]);
    expect(process.listenerCount("SIGTERM")).toBe(0);
  });

  test("somebody ends it while the first of two starts again", async () => {
    engine().container("app", "own/app", [{ volume: "data", target: "/in" }]);
    engine().fails = (call) => {
      if (call.endsWith("web-id/start")) process.emit("SIGINT", "SIGINT");
      return undefined;
    };
    expect(await backupOf(engine().now(), { to: at("shop.tar") })).toBe(130);
    for (const id of ["web-id", "app-id"]) expect(engine().containers.get(id)!.State.Running).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each<[BackupOptions, RegExp]>([
    [{ volume: ["dat"] }, /--volume: the stack shop has no volume or service "dat" on its engine; it has data, web/],
    [{ to: "/nonexistent/x.tar" }, /--to: there is no folder \/nonexistent; make it/],
    [{ to: __filename }, /--to: .*backup\.test\.ts is there already; name another file, or a folder/],
  ])("%j", async (options, sentence) => refused(options, sentence));

  test("two manners at once", async () => {
    await expect(backup("nginx", { stop: true, live: true })).rejects.toThrow("--stop and --live exclude one another");
  });

  test("nothing of the stack is there", async () => {
    engine().containers.clear();
    engine().volumes.clear();
    await expect(backupOf(engine().now(), { to: at("shop.tar") })).rejects.toThrow(
      "nothing of the stack shop is on the engine; `berth up shop` makes it",
    );
  });

  test("it has no data", async () => {
    engine().containers.clear();
    engine().volumes.clear();
    engine().container("web", "nginx", [{ bind: "/srv", target: "/srv" }]);
    await expect(backupOf(engine().now(), { to: at("shop.tar") })).rejects.toThrow(
      "there is no volume and no database in the stack shop to back up (web: /srv (/srv) is a folder or file of the host)",
    );
  });
});

test("one that does not start again is an error, and the backup is there all the same", async () => {
  engine().volume("data", { a: "one" });
  engine().container("web", "nginx:1.27", [{ volume: "data", target: "/data" }]);
  engine().fails = (call) => (call.endsWith("/start") ? "port is already allocated" : undefined);
  expect(await backupOf(engine().now(), { to: at("shop.tar") })).toBe(1);
  expect(said).toEqual([
    "error: the backup is complete, but web could not be started again: port is already allocated",
  ]);
  expect(namesIn("volumes/data.tar.gz")).toEqual(["data/", "data/a"]);
});

describe("databases", () => {
  beforeEach(() => {
    engine().volume("db", { ibdata1: "pages" });
    engine().container("db", "registry.example.com/mirror/mysql:8.4", [{ volume: "db", target: "/var/lib/mysql" }]);
  });
  const DUMP = "CREATE TABLE t (a int);\n-- Dump completed on 2026-11-27\n";

  test("write a dump while they run, and nobody's password is in a command", async () => {
    engine().exec = () => ({ out: DUMP, said: "a warning\n" });
    const { items } = await saved();
    expect(items).toMatchObject([
      { part: "dumps/db.sql.gz", kind: "mysql", how: "dumped", volume: "db", size: DUMP.length },
    ]);
    expect(gunzipSync(part("dumps/db.sql.gz")).toString()).toBe(DUMP);
    expect(doneTo()).toEqual([]);
    const [{ Cmd }] = engine().bodies as [{ Cmd: string[] }];
    expect(Cmd[2]).toContain('MYSQL_PWD="$(secret MYSQL_ROOT_PASSWORD)"');
    expect(Cmd[2]).toMatch(/exec "\$dump" -uroot --all-databases --single-transaction /);
  });

  test.each([
    ["a dump without its end", { out: "CREATE TABLE t (a int);\n" }, "db has not written all of its data: the end is"],
    [
      "a dump that fails",
      { out: DUMP, code: 2, said: "x\nmysqldump: Got error: 1045: Access denied\n" },
      "db does not write its data: mysqldump: Got error: 1045: Access denied; `--stop` stops it and takes its files",
    ],
  ])("%s is none", async (_, result, sentence) => {
    engine().exec = () => result;
    await expect(backupOf(engine().now(), { to: at("shop.tar") })).rejects.toThrow(sentence);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("stop for their files where that is asked for, and are read as files where they do not run", async () => {
    const { items } = await saved({ stop: true });
    expect(items).toMatchObject([{ kind: "files", how: "stopped", volume: "db" }]);
    expect(doneTo()).toEqual(["POST /containers/db-id/stop", "POST /containers/db-id/start"]);
    engine().containers.get("db-id")!.State.Running = false;
    expect((await saved({ to: at("second.tar") })).items).toMatchObject([{ kind: "files", how: "idle" }]);
  });

  test("of which the data is in a folder of the host are dumped all the same", async () => {
    engine().containers.clear();
    engine().volumes.clear();
    engine().container("pg", "postgres:16", [{ bind: "/srv/pg", target: "/var/lib/postgresql/data" }]);
    engine().exec = () => ({ out: "--\n-- PostgreSQL database cluster dump complete\n--\n\n\\unrestrict x\n" });
    const { items } = await saved();
    expect(items).toMatchObject([{ part: "dumps/pg.sql.gz", kind: "postgres" }]);
    expect(items[0]!.volume).toBeUndefined();
  });

  test("a client made of such an image is none", async () => {
    engine().containers.clear();
    engine().container("job", "mysql:8.4", [{ volume: "db", target: "/backup" }]);
    expect((await saved()).items).toMatchObject([{ kind: "files", how: "stopped", volume: "db" }]);
  });

  test("Redis saves its file, and its password goes through the environment", async () => {
    engine().volume("cache", { "dump.rdb": "REDIS" });
    engine().containers.clear();
    engine().container("cache", "redis:7", [{ volume: "cache", target: "/data" }], {
      Args: ["redis-server", "--requirepass", "hunter2"],
    });
    const { items } = await saved({ volume: ["cache"] });
    expect(items).toMatchObject([{ kind: "files", how: "saved", volume: "cache" }]);
    const [{ Cmd, Env }] = engine().bodies as [{ Cmd: string[]; Env: string[] }];
    expect(Env).toEqual(["REDISCLI_AUTH=hunter2"]);
    expect(Cmd.join()).not.toContain("hunter2");
    expect(readFileSync(at("shop.tar")).includes("hunter2")).toBe(false);
    expect(doneTo()).toEqual([]);
  });

  test("Redis with a log of its changes stops, and so does one that cannot be asked", async () => {
    engine().volume("cache", { "dump.rdb": "REDIS" });
    engine().container("cache", "redis:7", [{ volume: "cache", target: "/data" }]);
    engine().exec = ({ script }) => (script.includes("BGSAVE") ? { code: 4 } : { out: DUMP });
    expect((await saved({ volume: ["cache"] })).items).toMatchObject([{ how: "stopped" }]);
    expect(said).toEqual([]);
    engine().exec = ({ script }) => (script.includes("BGSAVE") ? { code: 1, said: "NOAUTH" } : { out: DUMP });
    expect((await saved({ volume: ["cache"], to: at("b.tar") })).items).toMatchObject([{ how: "stopped" }]);
    expect(said).toEqual(["note: cache does not save its data by itself (NOAUTH)."]);
  });
});

describe("on a Swarm", () => {
  beforeEach(() => {
    engine().volume("data", { a: "one" });
    const task = engine().container("web", "nginx", [{ volume: "data", target: "/data" }]);
    task.Config.Labels["com.docker.swarm.service.id"] = "web-id";
  });

  test("tasks are not stopped, since others would start", async () => {
    await expect(backupOf(engine().now([], "swarm"), { to: at("shop.tar") })).rejects.toThrow(
      "web: a Swarm starts anew what somebody stops; add --pause, or --live, or set its replicas to 0 first",
    );
    expect(doneTo()).toEqual([]);
  });

  test("they are paused", async () => {
    expect((await saved({ pause: true }, true)).items).toMatchObject([{ how: "paused", volume: "data" }]);
  });
});
