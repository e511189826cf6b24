import { randomBytes } from "node:crypto";
import { Header } from "tar";
import { dataFolders, databaseIn, savedFile } from "../../../cli/backup/databases";
import { decrypted, encrypted, keyOf } from "../../../cli/backup/encryption";
import { sizeText } from "../../../cli/backup/progress";
import { TarCheck } from "../../../cli/backup/tarCheck";
import { spawnSync } from "node:child_process";

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("encryption", () => {
  const key = keyOf("passphrase", "00".repeat(16));
  const PIECE = 1 << 16;

  test.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])("%i bytes come back", async (size) => {
    const plain = randomBytes(size);
    const secret = await whole(encrypted(inChunks(plain, 10_000), key, "a"));
    expect(secret.length).toBe(size + 16 * Math.max(1, Math.ceil(size / PIECE)));
    expect((await whole(decrypted(inChunks(secret, 77_777), key, "a"))).equals(plain)).toBe(true);
  });

  const SEALED = PIECE + 16;
  test.each<[string, (secret: Buffer) => Buffer]>([
    ["cut off at the end of a piece", (secret) => secret.subarray(0, 2 * SEALED)],
    ["a piece left out", (secret) => Buffer.concat([secret.subarray(0, SEALED), secret.subarray(2 * SEALED)])],
    [
      "pieces in another order",
      (secret) =>
        Buffer.concat([
          secret.subarray(0, SEALED),
          secret.subarray(2 * SEALED, 3 * SEALED),
          secret.subarray(SEALED, 2 * SEALED),
          secret.subarray(3 * SEALED),
        ]),
    ],
    ["something behind it", (secret) => Buffer.concat([secret, Buffer.alloc(40)])],
    ["nothing", () => Buffer.alloc(0)],
  ])("%s is told", async (_, change) => {
    const secret = await whole(encrypted(inChunks(randomBytes(3 * PIECE + 9), 50_000), key, "a"));
    await expect(whole(decrypted(inChunks(change(secret), 50_000), key, "a"))).rejects.toThrow(/damaged|passphrase/);
  });

  test("one part does not stand for another", async () => {
    const secret = await whole(encrypted(inChunks(randomBytes(9), 9), key, "a"));
    await expect(whole(decrypted(inChunks(secret, 9), key, "b"))).rejects.toThrow("passphrase");
  });
});

describe("an archive that passes", () => {
  const entry = (path: string, size: number) => {
    const block = Buffer.alloc(512);
    new Header({ path, size, type: "File", mode: 0o600, mtime: new Date(0) }).encode(block);
    return Buffer.concat([block, Buffer.alloc(Math.ceil(size / 512) * 512, 1)]);
  };
  const ARCHIVE = Buffer.concat([entry("a", 700), entry("b", 0), entry("c", 512), Buffer.alloc(1024)]);
  const check = (bytes: Buffer, size: number) => {
    const checked = new TarCheck();
    for (let at = 0; at < bytes.length; at += size) checked.take(bytes.subarray(at, at + size));
    checked.end();
    return checked.entries;
  };

  test.each([1, 100, 511, 512, 513, 5000])("in chunks of %i bytes is counted", (size) => {
    expect(check(ARCHIVE, size)).toBe(3);
  });

  test("that ends too early is told, wherever that is", () => {
    for (let end = 0; end < ARCHIVE.length; end += 256)
      expect(() => check(ARCHIVE.subarray(0, end), 512)).toThrow("broke off in the middle");
  });

  test("that is none is told", () => {
    expect(() => check(Buffer.alloc(2048, 7), 512)).toThrow("damaged");
  });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [102_400, "100 KiB"],
  [5 * 1024 ** 3, "5.0 GiB"],
])("%i bytes are %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));

describe("databases by their image", () => {
  test.each([
    ["mysql:8.4", "mysql"],
    ["docker.m.daocloud.io/library/mysql:8.4", "mysql"],
    ["mariadb:11", "mariadb"],
    ["pgvector/pgvector:pg16", "postgres"],
    ["registry.example.com:5000/timescale/timescaledb:2.14-pg16", "postgres"],
    ["nginx:1.27", undefined],
    ["own/mysqlish", undefined],
  ])("%s is %s", (image, kind) => expect(databaseIn(image)?.kind).toBe(kind));

  test("from another registry, too, they keep their data where they do", () => {
    expect(dataFolders("docker.m.daocloud.io/library/mysql:8.4")).toEqual(["/var/lib/mysql"]);
  });

  test.each<[string, Record<string, string>, string]>([
    ["a variable", { MYSQL_ROOT_PASSWORD: 'it\'s $(a) "b"' }, 'it\'s $(a) "b"'],
    ["a file", { MYSQL_ROOT_PASSWORD_FILE: __filename }, ""],
    ["MariaDB's own", { MARIADB_ROOT_PASSWORD: "m", MYSQL_ROOT_PASSWORD: "y" }, "m"],
    ["none", {}, ""],
  ])("the password is read from %s", (_, env, password) => {
    const { text } = databaseIn("mysql")!.dump;
    const shown = text.replace(/\ndump="[\s\S]*/, '\nprintf %s "$MYSQL_PWD"');
    const { stdout } = spawnSync("sh", ["-c", shown], { env: { PATH: process.env.PATH, ...env }, encoding: "utf8" });
    if (password) expect(stdout).toBe(password);
    else expect(stdout.length > 100).toBe("MYSQL_ROOT_PASSWORD_FILE" in env);
  });

  test("Redis is asked with the password of its command only", () => {
    expect(savedFile("redis:7", ["redis-server"])!.env).toEqual([]);
    expect(savedFile("valkey/valkey", ["valkey-server", "--requirepass", "x"])?.env).toEqual(["REDISCLI_AUTH=x"]);
    expect(savedFile("nginx", [])).toBeUndefined();
  });
});
