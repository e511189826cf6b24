import { spawn, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { describeIf } from "../skips";
import { cleanUp, docker, inside, inspect, missingLab, ROOT, Stack, until } from "./liveStack";

cleanUp();

const PASSWORD = "it's a pass word";
/** Writes owners, modes and links once, and a line each second as long as it runs. */
const WRITER = `mkdir -p /data/folder && echo kept >/data/folder/file && ln -sf folder/file /data/link &&
chown -R 1234:99 /data && chmod 2750 /data/folder; trap exit TERM; while :; do date >>/log/lines; sleep 1; done`;

const PROJECT = {
  name: "live-backup",
  services: {
    db: {
      image: "mysql",
      environment: { MYSQL_ROOT_PASSWORD: PASSWORD },
      volumes: ["db:/var/lib/mysql"],
      healthcheck: { test: ["CMD", "mysqladmin", "-h127.0.0.1", "--silent", "ping"], interval: "1s", retries: 60 },
    },
    cache: { image: "redis", volumes: ["cache:/data"] },
    writer: { image: "busybox", command: ["sh", "-c", WRITER.replaceAll("$", "$$")], volumes: ["data:/data", "/log"] },
  },
  volumes: { db: {}, cache: {}, data: {} },
};
const [DB, CACHE, WEB] = ["db", "cache", "writer"].map((name) => `live-backup-${name}-1`) as [string, string, string];

let stack: Stack;
const at = (name: string) => join(stack.folder, name);

const command = (...args: string[]) => [join(ROOT, "cli/berth.js"), ...args];
function berth(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command(...args), {
    cwd: stack.folder,
    env: stack.environment,
    encoding: "utf8",
    timeout: 200_000,
  });
  return { code: status, stdout, output: `${stdout}${stderr}` };
}
const restore = (file: string, before: string) =>
  berth("restore", stack.name, at(file), "--replace-data", stack.name, "--before", at(before));

const sql = (statement: string) =>
  docker("exec", "-e", `MYSQL_PWD=${PASSWORD}`, DB, "mysql", "-uroot", "-N", "-e", statement);

/** All that a volume holds, with owners, modes and times. */
const listing = () =>
  inside(WEB, "sh", "-c", "cd /data; find . | sort | xargs stat -c '%n %F %a %u %g' && cat folder/* link");

const running = () => [DB, CACHE, WEB].map((name) => inspect(name).State.Running);
const helpers = () => docker("ps", "-aq", "--filter", "label=berth.volume-access");

describeIf(missingLab, "a backup of a stack with a database, a store and files", () => {
  let before: string;
  const works = () => spawnSync("docker", ["exec", WEB, "test", "-f", "/log/lines"]).status === 0;
  beforeAll(async () => {
    stack = await Stack.create("compose-backup", { config: { "berth:files": ["compose.yaml"] } });
    writeFileSync(at("compose.yaml"), stringify(PROJECT));
    await stack.up();
    sql(
      "CREATE DATABASE shop; CREATE TABLE shop.t (a INT, b BLOB); INSERT INTO shop.t VALUES (1, x'00FF27'); CREATE USER app IDENTIFIED BY 'app'",
    );
    inside(CACHE, "redis-cli", "set", "key", "value");
    before = await until("the writer writes", () => works() && listing());
  }, 280_000);

  /** Does harm to everything. */
  function destroyData(): void {
    sql("DROP DATABASE shop; DROP USER app; CREATE DATABASE later");
    inside(CACHE, "redis-cli", "flushall");
    inside(WEB, "sh", "-c", "rm -r /data/folder && mkdir -p /data/new/deep && chmod 700 /data && chown 0:0 /data");
  }
  const spoiled = () => [sql("SHOW DATABASES LIKE 'shop'"), inside(CACHE, "redis-cli", "get", "key")];

  test("brings everything back, and what came since then is gone", () => {
    const saved = berth("backup", stack.name, "--to", at("a.tar"), "--json");
    expect(saved.output).not.toContain(PASSWORD);
    expect(saved.code).toBe(0);
    const { items, downtime } = JSON.parse(saved.stdout) as { items: { how: string }[]; downtime: object };
    expect(items.map(({ how }) => how).sort()).toEqual(["dumped", "saved", "stopped", "stopped"]);
    expect(Object.keys(downtime)).toEqual(["writer"]);

    destroyData();
    const { code, output } = restore("a.tar", "before.tar");
    expect([output, code]).toEqual([expect.stringContaining("Restored "), 0]);
    expect(sql("SELECT a, HEX(b) FROM shop.t")).toBe("1\t00FF27");
    expect(sql("SELECT COUNT(*) FROM mysql.user WHERE user = 'app'")).toBe("1");
    expect(sql("SHOW DATABASES LIKE 'later'")).toBe("");
    expect(inside(CACHE, "redis-cli", "get", "key")).toBe("value");
    expect(listing()).toBe(before);
    expect(running()).toEqual([true, true, true]);
    expect(helpers()).toBe("");
  }, 280_000);

  test("is undone by the one of before, and a change of a program sees nothing of it all", async () => {
    const { code, output } = restore("before.tar", "again.tar");
    expect([output, code]).toEqual([expect.stringContaining("Restored "), 0]);
    expect(spoiled()).toEqual(["", ""]);
    expect(inside(WEB, "ls", "/data/new")).toBe("deep");
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
  }, 280_000);

  test("that is ended in the middle leaves nothing, and nobody stopped", async () => {
    const child = spawn(process.execPath, command("backup", stack.name, "--to", at("b.tar"), "--volume", "writer"), {
      cwd: stack.folder,
      env: stack.environment,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await until("the writer is stopped", () => !inspect(WEB).State.Running);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(running()).toEqual([true, true, true]);
    expect(helpers()).toBe("");
    expect(readdirSync(stack.folder).filter((name) => name.startsWith("b.tar"))).toEqual([]);
  }, 100_000);
});
