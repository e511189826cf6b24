import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { backupOf, type BackupOptions } from "../../../cli/backup";
import { MARK } from "../../../cli/backup/databases";
import { BACKUP, type BackupManifest, FORMAT } from "../../../cli/backup/manifest";
import { PartsWriter } from "../../../cli/partsFile";
import { restoreFrom, type RestoreOptions } from "../../../cli/restore";
import type { Declared } from "../../../core/engines/status";
import { useSmallEngine } from "./smallEngine";

const engine = useSmallEngine();
let folder: string;
let printed: string[];
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth restore-"));
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
const filesOf = (volume: string) => engine().volumes.get(volume)?.files;
const runs = (service: string) => engine().containers.get(`${service}-id`)!.State.Running;

const save = async (options: BackupOptions = {}) => {
  expect(await backupOf(engine().now(), { to: at("shop.tar"), ...options })).toBe(0);
  engine().changes = [];
};
const bring = (options: RestoreOptions = {}, file = at("shop.tar"), declared: Partial<Declared>[] = []) =>
  restoreFrom(file, "shop", { replaceData: "shop", before: at("before.tar"), ...options }, async () =>
    engine().now(declared),
  );

/** Refused, with the engine and the folder as they were. */
async function refused(act: () => Promise<number>, sentence: string | RegExp): Promise<void> {
  const volumes = JSON.stringify([...engine().volumes]);
  const files = readdirSync(folder);
  await expect(act()).rejects.toThrow(sentence);
  expect(JSON.stringify([...engine().volumes])).toBe(volumes);
  expect(readdirSync(folder)).toEqual(files);
  expect([...engine().containers.keys()].filter((id) => id.startsWith("helper"))).toEqual([]);
}

/** Two services, with data that has changed since the backup. */
async function changed(): Promise<void> {
  engine().volume("data", { a: "one", "b/c": "two" });
  engine().volume("logs", { log: "line" });
  engine().container("web", "nginx:1.27", [{ volume: "data", target: "/data" }]);
  engine().container("app", "own/app", [{ volume: "logs", target: "/logs" }]);
  await save();
  engine().volumes.get("data")!.files = { a: "ONE", new: "file" };
  engine().volumes.get("logs")!.files = {};
}

describe("a restored volume", () => {
  beforeEach(changed);

  test("is what it was, without what has come since then", async () => {
    expect(await bring()).toBe(0);
    expect(filesOf("data")).toEqual({ a: "one", "b/c": "two" });
    expect(filesOf("logs")).toEqual({ log: "line" });
    expect(engine().changes.filter((call) => /\/(start|stop)$/.test(call))).toEqual([
      "POST /containers/app-id/stop",
      "POST /containers/web-id/stop",
      "POST /containers/web-id/start",
      "POST /containers/app-id/start",
    ]);
    expect(printed.join("\n")).toMatch(
      /Restored .*shop\.tar into shop in [\d.]+ s\. What was there before is in .*before\.tar\./,
    );
  });

  test("can be undone with the backup that was taken of it before", async () => {
    await bring();
    expect(await bring({ before: at("again.tar") }, at("before.tar"))).toBe(0);
    expect(filesOf("data")).toEqual({ a: "ONE", new: "file" });
    // There was nothing in it to be saved.
    expect(filesOf("logs")).toEqual({ log: "line" });
  });

  test("is the only one where it is named, by itself or by its service", async () => {
    expect(await bring({ volume: ["app"] })).toBe(0);
    expect(filesOf("data")).toEqual({ a: "ONE", new: "file" });
    expect(filesOf("logs")).toEqual({ log: "line" });
    // It was empty, so that nothing was lost.
    expect(readdirSync(folder)).toEqual(["shop.tar"]);
  });

  test("is the one that its service has in the same place, whatever its name is", async () => {
    engine().volume("data2", { x: "y" });
    engine().containers.get("web-id")!.Mounts[0]!.Name = "data2";
    await bring();
    expect(filesOf("data2")).toEqual({ a: "one", "b/c": "two" });
    expect(filesOf("data")).toEqual({ a: "ONE", new: "file" });
  });

  test.each<[string, RestoreOptions, RegExp]>([
    ["nobody has said so", { replaceData: undefined }, /^data of shop holds? data; `--replace-data shop` replaces it$/],
    ["another stack was named", { replaceData: "shop2" }, /^--replace-data: "shop2" is not the stack shop/],
    ["there is no such volume", { volume: ["nono"] }, /the backup has no volume or service "nono"; it has data, logs/],
    ["it is said to be another stack's", { from: "other" }, /^--from: the file is a backup of the stack shop, not of/],
    ["the old data has no place", { before: "/nonexistent/x" }, /^--before: there is no folder \/nonexistent/],
  ])("stays as it is where %s", async (_, options, sentence) => {
    await refused(() => bring(options), sentence);
    expect([runs("web"), runs("app")]).toEqual([true, true]);
  });

  test("is asked for by nobody where nothing is replaced", async () => {
    for (const { files } of engine().volumes.values()) for (const name of Object.keys(files)) delete files[name];
    expect(await bring({ replaceData: undefined })).toBe(0);
    expect(filesOf("data")).toEqual({ a: "one", "b/c": "two" });
  });

  test("stays as it is where somebody else uses it", async () => {
    engine().container("theirs", "x", [{ volume: "data", target: "/d" }], { Config: { Image: "x", Labels: {} } });
    await refused(() => bring(), "data is mounted by theirs, which is not of this stack; stop that one first");
  });

  test("stays as it is where its container goes away when it stops", async () => {
    engine().containers.get("web-id")!.HostConfig.AutoRemove = true;
    await refused(() => bring(), "web is removed when it stops (--rm); remove it first");
  });
});

describe("where something fails in the middle, all is as it was", () => {
  beforeEach(changed);
  beforeEach(() => {
    engine().volumes.get("logs")!.files = { log: "LINE" };
  });
  const asBefore = () => {
    expect(filesOf("data")).toEqual({ a: "ONE", new: "file" });
    expect(filesOf("logs")).toEqual({ log: "LINE" });
    expect([runs("web"), runs("app")]).toEqual([true, true]);
  };

  /** Fails the nth time that an archive is written: every volume is emptied first. */
  const failAt = (wanted: number) => {
    let count = 0;
    engine().fails = (call) =>
      /^PUT .*\/archive$/.test(call) && ++count === wanted ? "no space left on device" : undefined;
  };

  test.each([2, 4])("write %i", async (wanted) => {
    failAt(wanted);
    await expect(bring()).rejects.toThrow("no space left on device; what was there before is there again");
    asBefore();
  });

  test("a volume that the engine does not empty", async () => {
    failAt(3);
    await expect(bring()).rejects.toThrow("the engine does not empty the volume (no space left on device)");
    asBefore();
  });

  test("the old data cannot be saved", async () => {
    engine().breaksOff = true;
    await expect(bring()).rejects.toThrow("the engine broke off");
    asBefore();
    expect(readdirSync(folder)).toEqual(["shop.tar"]);
  });

  test("somebody ends it", async () => {
    let count = 0;
    engine().fails = (call) => {
      if (/^PUT .*\/archive$/.test(call) && ++count === 3) process.emit("SIGINT", "SIGINT");
      return undefined;
    };
    expect(await bring()).toBe(130);
    asBefore();
    expect(said.at(-1)).toBe("error: ended before all was restored: the data is what it was before");
  });

  test("putting it back fails, too: it says where the data is", async () => {
    engine().fails = (call) => (/^PUT .*\/archive$/.test(call) ? "read-only file system" : undefined);
    await expect(bring()).rejects.toThrow(
      /read-only file system\); and to put back what was there before failed as well: .*; what was there before is in .*before\.tar$/,
    );
    expect(await restoreFrom(at("before.tar"), "other", {}, async () => engine().now()).catch(String)).toContain(
      "it is a backup of the stack shop; `--from shop` restores it into other all the same",
    );
  });
});

describe("a stack that is not there", () => {
  beforeEach(changed);
  beforeEach(() => {
    engine().containers.clear();
    engine().volumes.clear();
  });

  test("gets volumes that are its own", async () => {
    expect(await bring()).toBe(0);
    expect(engine().volumes.get("data")).toEqual({
      files: { a: "one", "b/c": "two" },
      labels: { "berth.stack": "berth/shop", "berth.owner": "ada" },
    });
    expect(printed.at(-1)).toBe("`berth up shop` goes on with these volumes.");
  });

  test("gets them under the names that are declared now", async () => {
    const spec = { volumes: [{ type: "volume", source: "store", target: "/data" }] } as never;
    await bring({ volume: ["data"] }, undefined, [{ service: "web", spec }]);
    expect([...engine().volumes.keys()]).toEqual(["store"]);
  });

  test("gets none where one cannot be filled", async () => {
    let count = 0;
    engine().fails = (call) => (/^PUT .*\/archive$/.test(call) && ++count === 4 ? "no space left" : undefined);
    await expect(bring()).rejects.toThrow("no space left; what was there before is there again");
    expect([...engine().volumes.keys()]).toEqual([]);
  });
});

test("a volume without a name of its own needs its container", async () => {
  const made = "f".repeat(64);
  engine().volume(made, { a: "one" });
  engine().container("web", "nginx", [{ volume: made, target: "/data" }]);
  await save();
  engine().containers.clear();
  engine().volumes.clear();
  await refused(() => bring(), "web:/data has no volume yet; run `berth up shop` first");
  const next = "e".repeat(64);
  engine().volume(next);
  engine().container("web", "nginx", [{ volume: next, target: "/data" }]);
  expect(await bring()).toBe(0);
  expect(filesOf(next)).toEqual({ a: "one" });
});

describe("a dump", () => {
  const DUMP = "CREATE TABLE t (a int);\n-- Dump completed on 2026-11-27\n";
  let heard: string[];
  /** Questions until it answers on its port. */
  let patience: number;
  let answer: { out?: string; code?: number; said?: string };
  beforeEach(async () => {
    heard = [];
    patience = 1;
    answer = { out: `${MARK}\n` };
    engine().volume("db", { ibdata1: "pages" });
    engine().container("db", "mysql:8.4", [{ volume: "db", target: "/var/lib/mysql" }]);
    engine().container("web", "nginx", []);
    engine().exec = ({ script }, input) => {
      if (script.includes("--all-databases")) return { out: DUMP };
      if (/ ping$/.test(script)) return { code: patience-- > 0 ? 1 : 0 };
      heard.push(input);
      return answer;
    };
    await save();
    engine().volumes.get("db")!.files = { ibdata1: "other pages" };
  });

  test("is read by the database of an empty volume, and nobody else runs meanwhile", async () => {
    const states: boolean[] = [];
    const { exec } = engine();
    engine().exec = (asked, input) => {
      states.push(runs("web"), runs("db"));
      return exec(asked, input);
    };
    expect(await bring()).toBe(0);
    expect(heard).toEqual([`${DUMP}\n;SELECT '${MARK}';\n`]);
    // It does not answer at first, does then, and reads.
    expect(states).toEqual([false, true, false, true, false, true]);
    // The double makes no data of its own.
    expect(filesOf("db")).toEqual({});
    expect([runs("web"), runs("db")]).toEqual([true, true]);
  });

  test.each<[string, typeof answer, string]>([
    ["fails", { code: 1, said: "ERROR 1064 at line 3\n" }, "db does not read its dump: ERROR 1064 at line 3"],
    ["ends before its end", { out: "1\n" }, "db has not read all of its dump (mysql)"],
  ])("that %s brings back the files of before", async (_, given, sentence) => {
    answer = given;
    await expect(bring()).rejects.toThrow(`${sentence}; what was there before is there again`);
    expect(filesOf("db")).toEqual({ ibdata1: "other pages" });
    expect([runs("web"), runs("db")]).toEqual([true, true]);
  });

  test("needs its database", async () => {
    engine().containers.delete("db-id");
    await refused(() => bring(), "db is not on the engine, and its data is a dump, which it has to read itself");
  });

  test("is not for another kind of database", async () => {
    engine().containers.get("db-id")!.Config.Image = "postgres:16";
    await refused(() => bring(), "its dumps/db.sql.gz is a dump of mysql, and db is postgres:16");
  });

  test("of a database that did not run is read, and it stops again", async () => {
    engine().containers.get("db-id")!.State.Running = false;
    expect(await bring()).toBe(0);
    expect(runs("db")).toBe(false);
  });

  test("of PostgreSQL may find users that are there, and nothing else", async () => {
    engine().containers.delete("db-id");
    engine().volume("pg", { PG_VERSION: "16" });
    engine().container("pg", "postgres:16", [{ volume: "pg", target: "/var/lib/postgresql/data" }]);
    engine().exec = ({ script }) => {
      if (script.includes("pg_dumpall")) return { out: "-- PostgreSQL database cluster dump complete\n" };
      return script.includes("pg_isready") ? {} : answer;
    };
    const to = at("pg.tar");
    await save({ to, volume: ["pg"] });
    answer = { out: `${MARK}\n`, said: 'ERROR:  role "postgres" already exists\n' };
    expect(await bring({ before: at("b1.tar") }, to)).toBe(0);
    engine().volumes.get("pg")!.files = { PG_VERSION: "16" };
    answer.said += 'ERROR:  relation "t" already exists\n';
    await expect(bring({ before: at("b2.tar") }, to)).rejects.toThrow(
      'pg does not read its dump: ERROR:  relation "t" already exists; what was there before is there again',
    );
    expect(filesOf("pg")).toEqual({ PG_VERSION: "16" });
  });
});

test("files of a database are not for a version that does not read them", async () => {
  engine().volume("pg", { PG_VERSION: "15" });
  const pg = engine().container("pg", "postgres:15", [{ volume: "pg", target: "/var/lib/postgresql/data" }]);
  await save({ stop: true });
  pg.Config.Image = "postgres:16";
  await refused(
    () => bring(),
    "its volumes/pg.tar.gz was made by postgres:15, and pg is postgres:16, which does not read that; restore it into postgres:15, or take a backup while it runs, which writes a dump",
  );
});

describe("a damaged backup is refused before anything is touched", () => {
  beforeEach(async () => {
    engine().volume("data", { a: "x".repeat(700) });
    engine().container("web", "nginx:1.27", [{ volume: "data", target: "/data" }]);
    await save();
  });
  const damaged = async (change: (whole: Buffer) => Buffer, sentence: string | RegExp) => {
    const file = at("damaged.tar");
    writeFileSync(file, change(readFileSync(at("shop.tar"))));
    engine().changes = [];
    await refused(() => bring({}, file), sentence);
    expect(engine().changes).toEqual([]);
  };

  test("one bit flipped anywhere", async () => {
    const { length } = readFileSync(at("shop.tar"));
    for (let offset = 0; offset < length; offset += 53)
      await damaged((whole) => {
        whole[offset]! ^= 1 << (offset % 8);
        return whole;
      }, /damaged|no backup of berth|which no backup does|cut off|follows its end|is missing|wrong place/);
  }, 60_000);

  test("cut off anywhere", async () => {
    const { length } = readFileSync(at("shop.tar"));
    for (let end = 0; end < length; end += 307)
      await damaged((whole) => whole.subarray(0, end), /cut off|no backup of berth|is damaged/);
  }, 60_000);

  test.each<[string, (whole: Buffer) => Buffer, RegExp]>([
    ["something behind it", (whole) => Buffer.concat([whole, Buffer.alloc(512)]), /something follows its end/],
    ["another file", () => Buffer.from("SQLite format 3"), /it is no backup of berth; name a file that/],
    ["an empty file", () => Buffer.alloc(0), /it is no backup of berth/],
  ])("%s", async (_, change, sentence) => damaged(change, sentence));

  /** A backup of somebody who can count checksums. */
  async function forged(change: object, content = gzipSync(Buffer.alloc(1024)), extra?: string): Promise<string> {
    const manifest: BackupManifest = {
      format: FORMAT,
      berth: "0.1.0",
      project: "berth",
      stack: "shop",
      time: "2026-11-27T00:00:00.000Z",
      services: [],
      items: [
        {
          part: "volumes/data.tar.gz",
          kind: "files",
          how: "stopped",
          volume: "data",
          users: [],
          size: 1024,
          stored: content.length,
          seconds: 1,
        },
      ],
      ...change,
    };
    const writer = await PartsWriter.create(BACKUP, at("forged.tar"));
    await writer.add("volumes/data.tar.gz", 0o600, [content]);
    if (extra) await writer.add(extra, 0o600, []);
    await writer.add("manifest.json", 0o600, [Buffer.from(JSON.stringify(manifest))]);
    await writer.finish();
    await writer.close();
    return at("forged.tar");
  }
  const item = {
    part: "volumes/data.tar.gz",
    kind: "files",
    how: "stopped",
    users: [],
    size: 1,
    stored: 1,
    seconds: 1,
  };

  test.each<[string, object, RegExp]>([
    [
      "a newer format",
      { format: 2, berth: "9.0.0" },
      /it has the format 2 and this berth reads 1; restore it with the berth that made it \(9\.0\.0\)/,
    ],
    ["a format that is none", { format: "1" }, /its manifest\.json is none of berth/],
    [
      "a part that is not there",
      { items: [{ ...item, volume: "x", part: "volumes/x.tar.gz" }] },
      /holds volumes\/data\.tar\.gz, which its manifest/,
    ],
    ["a volume with a path for a name", { items: [{ ...item, volume: "../x" }] }, /its manifest\.json lacks something/],
    ["an unknown kind", { items: [{ ...item, volume: "data", kind: "oracle" }] }, /its manifest\.json lacks something/],
    ["a wrong size", { items: [{ ...item, volume: "data", size: 1025 }] }, /is not as long as its manifest\.json says/],
    ["another stack", { stack: "other" }, /it is a backup of the stack other; `--from other` restores it into shop/],
    ["no data", { items: [] }, /it holds volumes\/data\.tar\.gz, which its manifest\.json does not name/],
  ])("a manifest with %s", async (_, change, sentence) => {
    const file = await forged(change);
    await refused(() => bring({}, file), sentence);
  });

  test("a part that is no archive, and one that nobody names", async () => {
    const file = await forged({}, Buffer.from("no gzip"));
    await refused(() => bring({}, file), /its volumes\/data\.tar\.gz is damaged/);
    const other = await forged({}, undefined, "volumes/more.tar.gz");
    await refused(() => bring({}, other), /it holds volumes\/more\.tar\.gz, which its manifest\.json does not name/);
  });

  test("a file that is not there", async () => {
    await refused(() => bring({}, at("none.tar")), /there is no file .*none\.tar; correct the name/);
    copyFileSync(at("shop.tar"), at("copy.tar"));
    expect(await bring({}, at("copy.tar"))).toBe(0);
  });
});

describe("an encrypted backup", () => {
  const before = process.env.PULUMI_CONFIG_PASSPHRASE;
  beforeEach(async () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = "correct horse";
    engine().volume("data", { a: "plain words" });
    engine().container("web", "nginx:1.27", [{ volume: "data", target: "/data" }]);
    await save({ encrypt: true });
    engine().volumes.get("data")!.files = { a: "changed" };
  });
  afterEach(() => {
    if (before === undefined) delete process.env.PULUMI_CONFIG_PASSPHRASE;
    else process.env.PULUMI_CONFIG_PASSPHRASE = before;
  });

  test("is restored with the same passphrase, and what was there before is encrypted as well", async () => {
    expect(await bring()).toBe(0);
    expect(filesOf("data")).toEqual({ a: "plain words" });
    process.env.PULUMI_CONFIG_PASSPHRASE = "battery staple";
    await refused(() => bring({ before: at("b.tar") }, at("before.tar")), "this passphrase is not the one that");
  });

  test("is not restored with another one, or with none", async () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = "battery staple";
    await refused(() => bring(), "this passphrase is not the one that it was encrypted with; set PULUMI_CONFIG");
    process.env.PULUMI_CONFIG_PASSPHRASE = "";
    await refused(() => bring(), "it is encrypted with the passphrase of its stack; set PULUMI_CONFIG_PASSPHRASE");
  });
});
