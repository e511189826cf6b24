import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineClient, pieces } from "../../../../core/engines/dockerApi/connection/client";
import { frame } from "../../fakeEngine";

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function taken(bytes: Buffer, size: number, framed = true) {
  const texts: [boolean, string][] = [];
  for await (const { error, data } of pieces(inChunks(bytes, size), framed)) texts.push([error, data.toString()]);
  return texts;
}

describe("frames", () => {
  const stream = Buffer.concat([frame(1, "one\n"), frame(2, "two\n"), frame(1, ""), frame(1, "three")]);
  const texts = [
    [false, "one\n"],
    [true, "two\n"],
    [false, ""],
    [false, "three"],
  ];

  test.each([1, 7, 8, 9, 1000])("in chunks of %i bytes are told apart", async (size) => {
    expect(await taken(stream, size)).toEqual(texts);
  });

  test("are not looked for in what a terminal writes", async () => {
    expect(await taken(frame(2, "x"), 1000, false)).toEqual([[false, frame(2, "x").toString()]]);
  });

  test("that are none end it: their lengths would be anything", async () => {
    await expect(taken(Buffer.from("plain text"), 1000)).rejects.toThrow("not in frames");
  });
});

describe("a command inside a container", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-hijack-"));
  const socket = join(folder, "docker.sock");
  const client = new EngineClient({ host: `unix://${socket}` });
  const asked: (string | undefined)[] = [];
  const server = http.createServer((_request, response) => {
    response.writeHead(409, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ message: "container is not running" }));
  });
  // The engine repeats what it hears, behind a greeting that comes with its answer.
  server.on("upgrade", (request, connection, head) => {
    asked.push(request.url, request.headers.upgrade, request.headers["content-length"]);
    if (request.url?.includes("refused")) {
      connection.end("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}");
      return;
    }
    connection.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ");
    connection.on("data", (data) => {
      const text = data.toString().replace(/^\{.*\}/, "");
      if (text) connection.end(text);
    });
    if (head.length > 20) connection.end();
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  test("has the connection for itself, from the first byte on", async () => {
    const { head, socket: connection } = await client.hijack("/exec/1/start", { Tty: false });
    if (head.length) connection.unshift(head);
    connection.write("world");
    let heard = "";
    for await (const data of connection) heard += String(data);
    expect(heard).toBe("hello world");
    expect(asked.slice(0, 3)).toEqual(["/exec/1/start", "tcp", "13"]);
  });

  test("that the engine refuses is an error with its code", async () => {
    await expect(client.hijack("/exec/refused/start", {})).rejects.toMatchObject({ status: 409 });
  });
});
