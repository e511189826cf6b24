import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Service } from "../../../components/service";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import type { ServiceArgs } from "../../../core/description/types";
import { type World, world } from "../mocks";

let w: World;
beforeEach(async () => {
  w = await world();
});

/** What is said of a change of variables. */
async function said(args: Partial<ServiceArgs>, before: object, after: object, type = "Service"): Promise<string[]> {
  new Service("db", { image: "mysql", ...args });
  await w.done();
  const { beforeUpdate } = w.one(`berth:services:${type}`);
  const hook = w.hooks.get(beforeUpdate.find((name) => name.startsWith("berth-first-start")) ?? "");
  w.warnings.length = 0;
  await hook?.callback({
    name: "db",
    oldInputs: { environment: before },
    newInputs: { environment: after },
  } as unknown as pulumi.ResourceHookArgs);
  return w.warnings;
}
const live = (given: object) => {
  const nothing = { containers: [], images: [], networks: [], volumes: [], listeners: [], routes: [] };
  sessionFor().snapshot = { ...nothing, local: true, apiVersion: "1.41", ...given };
};
const volumes = ["data:/var/lib/mysql"];
const one = { MYSQL_ROOT_PASSWORD: "one" };
const two = { MYSQL_ROOT_PASSWORD: "two" };
const KEEPS =
  "read only when the data is made: data (/var/lib/mysql) keeps what was set then; change it there as well, or start with an empty one.";

test("it runs on a preview, too, before what changes the container", async () => {
  new Service("db", { image: "mysql", volumes });
  await w.done();
  const [first, second] = w.one("berth:services:Service").beforeUpdate;
  expect(first).toBe("berth-first-start");
  expect(second).toMatch(/^berth-change-in-place/);
  expect(w.hooks.get("berth-first-start")!.opts).toEqual({ onDryRun: true });
});

test.each<[string, object, object, string]>([
  ["another password", one, two, "MYSQL_ROOT_PASSWORD is"],
  [
    "secret ones",
    { MYSQL_ROOT_PASSWORD: pulumi.secret("one") },
    { MYSQL_ROOT_PASSWORD: pulumi.secret("two") },
    "MYSQL_ROOT_PASSWORD is",
  ],
  ["one more, and one less", { MYSQL_USER: "ada" }, { MYSQL_DATABASE: "shop" }, "MYSQL_USER, MYSQL_DATABASE are"],
  ["a file's", { POSTGRES_PASSWORD_FILE: "/a" }, { POSTGRES_PASSWORD_FILE: "/b" }, "POSTGRES_PASSWORD_FILE is"],
  ["MariaDB", {}, { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "1" }, "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD is"],
  ["MongoDB", {}, { MONGO_INITDB_ROOT_USERNAME: "a" }, "MONGO_INITDB_ROOT_USERNAME is"],
])("%s counts for nothing", async (_, before, after, variables) => {
  expect(await said({ volumes }, before, after)).toEqual([`db: ${variables} ${KEEPS}`]);
});

/** What is said of another version of the image. */
async function saidOfVersion(before: string, image: string, args: Partial<ServiceArgs> = {}): Promise<string[]> {
  new Service("db", {
    image,
    volumes: ["data:/var/lib/postgresql/data", "data:/data", "data:/var/lib/mysql"],
    ...args,
  });
  await w.done();
  w.warnings.length = 0;
  const hook = w.hooks.get("berth-first-start");
  await hook?.callback({ name: "db", oldInputs: { image: before }, newInputs: { image } } as never);
  return w.warnings;
}
const DATA = "db: its data is in data, and ";

test.each([
  [
    "postgres:15.4",
    "postgres:16-alpine",
    "postgres 16 does not read the data of 15; write it out first (`pg_dumpall -U postgres` in its container), and have it begin with an empty volume and read that.",
  ],
  [
    "timescale/timescaledb:2.14-pg15",
    "timescale/timescaledb:2.14-pg16",
    "timescale/timescaledb 16 does not read the data of 15; write it out first (`pg_dumpall -U postgres` in its container), and have it begin with an empty volume and read that.",
  ],
  [
    "mysql:8.4",
    "mysql:8.0",
    "mysql 8.0 does not read the data of a later version, 8.4; keep that one, or bring back a copy from before it.",
  ],
  [
    "docker.io/library/redis:7",
    "redis:6",
    "redis 6 does not read the data of a later version, 7; keep that one, or bring back a copy from before it.",
  ],
  ["mongo:5", "mongo:7", "mongo 7 reads the data of 6, and this is of 5; go there one major version at a time."],
])("from %s to %s is said to lose its data", async (before, after, why) => {
  const args = after.startsWith("mongo") ? { volumes: ["data:/data/db"] } : {};
  expect(await saidOfVersion(before, after, args)).toEqual([`${DATA}${why}`]);
});

test.each([
  ["postgres:15.4", "postgres:15.6"],
  ["postgres:latest", "postgres:16"],
  ["postgres:15", "pgvector/pgvector:pg16"],
  ["mysql:5.7", "mysql:8.4"],
  ["mysql:8", "mysql:8.0"],
  ["mongo:6", "mongo:7"],
  ["nginx:1.27", "nginx:1.7.9"],
  ["own/app:2", "own/app:1"],
])("from %s to %s nothing is said", async (before, after) => {
  expect(await saidOfVersion(before, after, { volumes: ["data:/data/db", "data:/var/lib"] })).toEqual([]);
});

describe("on an engine whose volumes berth backs up", () => {
  const there = () => live({ volumes: [{ name: "data" }] });

  test("the data of another major version is to be written out by a backup", async () => {
    there();
    expect(await saidOfVersion("postgres:15.4", "postgres:16-alpine")).toEqual([
      `${DATA}postgres 16 does not read the data of 15; write it out first (\`berth backup test\`), give it an empty volume, and have it read that there (\`berth restore\`).`,
    ]);
  });

  test.each([
    ["mysql:5.7", "mysql:8.4", "mysql 8.4 changes the data of 5.7 for good"],
    ["mysql:8.0", "mysql:8.4-oracle", "mysql 8.4-oracle changes the data of 8.0 for good"],
    ["redis:6", "redis:7-alpine", "redis 7-alpine changes the data of 6 for good"],
  ])("from %s to %s the only way back is said to be a backup", async (before, after, why) => {
    there();
    expect(await saidOfVersion(before, after)).toEqual([
      `${DATA}${why}; \`berth backup test\` first: it is the only way back.`,
    ]);
  });

  test.each([
    ["mysql:8.4.1", "mysql:8.4.2"],
    ["mysql:8", "mysql:8.4"],
    ["mysql", "mysql:8.4"],
    ["postgres:15.4", "postgres:15.6"],
    ["nginx:1.26", "nginx:1.27"],
  ])("from %s to %s nothing is said", async (before, after) => {
    there();
    expect(await saidOfVersion(before, after)).toEqual([]);
  });

  test("of a volume that is not there nothing is said", async () => {
    live({ volumes: [] });
    expect(await saidOfVersion("mysql:5.7", "mysql:8.4")).toEqual([]);
  });
});

test("of a version without data nothing is said", async () => {
  expect(await saidOfVersion("postgres:15", "postgres:16", { volumes: ["conf:/etc/postgresql"] })).toEqual([]);
});

test.each<[string, Partial<ServiceArgs>, object, object]>([
  [
    "nothing that counts at the first start only",
    { volumes },
    { ...one, TZ: "a", MYSQLD_OPTS: "a" },
    { ...one, TZ: "b", MYSQLD_OPTS: "b" },
  ],
  ["no data that is kept", {}, one, two],
  ["a mount elsewhere", { volumes: ["conf:/etc/mysql/conf.d"] }, one, two],
  ["data in memory", { volumes: [{ type: "tmpfs", target: "/var/lib/mysql" }] }, one, two],
])("of %s nothing is said", async (_, args, before, after) => {
  expect(await said(args, before, after)).toEqual([]);
});

test("data below or above the image's folder is its data", async () => {
  expect(await said({ volumes: ["data:/var/lib"] }, one, two)).toHaveLength(1);
});

test("of an image that nobody knows any volume may hold the data, a folder of settings not", async () => {
  expect(await said({ image: "team/mysql", volumes: ["data:/x"] }, one, two)).toHaveLength(1);
  w = await world();
  expect(await said({ image: "team/mysql", volumes: ["/etc:/etc/mysql"] }, one, two)).toEqual([]);
});

describe("where the engine is known", () => {
  test("a volume that is not there yet is made with the new variables", async () => {
    live({ volumes: [{ name: "other" }] });
    expect(await said({ volumes }, one, two)).toEqual([]);
  });

  test("and so is an empty folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth data-"));
    try {
      live({});
      mkdirSync(join(folder, "empty"));
      mkdirSync(join(folder, "full"));
      writeFileSync(join(folder, "full/ibdata1"), "");
      expect(await said({ volumes: [`${folder}/empty:/var/lib/mysql`] }, one, two)).toEqual([]);
      w = await world();
      live({});
      expect(await said({ volumes: [`${folder}/full:/var/lib/mysql`] }, one, two)).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
