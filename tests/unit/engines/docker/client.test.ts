import { demultiplex, EngineClient, EngineError } from "../../../../core/engines/dockerApi/connection/client";
import { frame, useEngine } from "../../fakeEngine";

describe("addresses", () => {
  test.each([
    ["unix:///var/run/docker.sock", true],
    ["tcp://host:2375", true],
    ["http://host:2375", true],
    ["ssh://user@host", true],
    ["npipe:////./pipe/docker_engine", false],
  ])("%s can be talked to: %p", (host, expected) => {
    expect(EngineClient.supports({ host })).toBe(expected);
  });

  test("an address of another kind is refused by name", () => {
    expect(() => new EngineClient({ host: "npipe:////./pipe/x" })).toThrow(
      "berth cannot talk to npipe:////./pipe/x itself",
    );
  });

  test("only a socket is on this machine", () => {
    expect(new EngineClient({ host: "unix:///x" }).local).toBe(true);
    expect(new EngineClient({ host: "tcp://127.0.0.1:2375" }).local).toBe(false);
    expect(new EngineClient({ host: "ssh://localhost" }).local).toBe(false);
  });
});

describe("requests", () => {
  const engine = useEngine();

  test("a JSON answer", async () => {
    engine.says("GET /version", { ApiVersion: "1.41" });
    expect(await engine.client.request("GET", "/version")).toEqual({ ApiVersion: "1.41" });
    expect(engine.calls).toEqual(["GET /version"]);
  });

  test("a JSON body, with characters of several bytes", async () => {
    engine.on("POST /exec", { status: 201, body: { Id: "e1" } });
    expect(await engine.client.request("POST", "/exec", { Cmd: ["echo", "größer"] })).toEqual({ Id: "e1" });
    expect(engine.calls).toEqual([["POST /exec", { Cmd: ["echo", "größer"] }]]);
  });

  test("an answer without content", async () => {
    engine.on("DELETE /containers/c1", { status: 204 });
    expect(await engine.client.request("DELETE", "/containers/c1")).toBeUndefined();
  });

  test("an error carries the engine's own words and status", async () => {
    engine.on("POST /x", { status: 409, body: { message: "name is taken" } });
    const error = await engine.client.request("POST", "/x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ status: 409, message: "name is taken", name: "EngineError" });
  });

  test.each<[unknown, string]>([
    ["plain words\n", "plain words"],
    // As every server in Go answers.
    [
      "Client sent an HTTP request to an HTTPS server.\n",
      "it wants TLS: set docker:certPath (Client sent an HTTP request to an HTTPS server)",
    ],
    [{ other: 1 }, '{"other":1}'],
    ["", ""],
  ])("an error of the form %j", async (body, message) => {
    engine.on("GET /x", { status: 500, body });
    await expect(engine.client.request("GET", "/x")).rejects.toMatchObject({ status: 500, message });
  });

  test("find: what is there, what is not, what went wrong", async () => {
    engine.says("GET /containers/c1/json", { Id: "c1" }).on("GET /broken", { status: 500, body: { message: "oops" } });
    expect(await engine.client.find("/containers/c1/json")).toEqual({ Id: "c1" });
    expect(await engine.client.find("/containers/c2/json")).toBeUndefined();
    await expect(engine.client.find("/broken")).rejects.toMatchObject({ status: 500 });
  });

  test("an engine that says nothing is given up", async () => {
    engine.on("GET /slow", "silence");
    await expect(engine.client.request("GET", "/slow", undefined, 50)).rejects.toMatchObject({
      status: 0,
      message: "no answer within 0.05 s",
    });
  });

  test("an engine that is not there", async () => {
    const nobody = new EngineClient({ host: "unix:///no/such/docker.sock" });
    await expect(nobody.request("GET", "/version")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(nobody.find("/version")).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("an engine that was there and has gone", async () => {
    const SAID =
      /^the engine at unix:\/\/.*docker\.sock does not answer any more \(.+\); start it and run `up` again, which goes on from there$/;
    engine.says("GET /version", {}).on("GET /slow", "silence");
    await engine.client.request("GET", "/version");
    const broken = engine.client.request("GET", "/slow");
    while (engine.calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    engine.hangUp();
    await expect(broken).rejects.toThrow(SAID);
    // In the middle of an answer.
    engine.on("GET /long", { headers: { "Content-Length": "100" }, body: "short" });
    await expect(engine.client.request("GET", "/long")).rejects.toThrow(SAID);
    // Somebody else has looked at it before.
    const nobody = new EngineClient({ host: "unix:///no/such/docker.sock" });
    nobody.hasAnswered = true;
    await expect(nobody.request("GET", "/version")).rejects.toThrow(SAID);
    // What it refuses is an answer.
    engine.on("GET /x", { status: 500, body: { message: "no" } });
    await expect(engine.client.request("GET", "/x")).rejects.toThrow(/^no$/);
  });

  test("the last lines of a container", async () => {
    const body = Buffer.concat([frame(1, "one\ntwo\n"), frame(2, "\nthree\r\n"), frame(1, "four\n")]);
    engine.says("GET /containers/c1/logs?stdout=1&stderr=1&tail=3", body);
    expect(await engine.client.lastLines("c1", 3)).toEqual(["two", "three", "four"]);
  });
});

describe("framed output", () => {
  test.each<[string, Buffer, string]>([
    ["nothing", Buffer.alloc(0), ""],
    ["one frame", frame(1, "hello\n"), "hello\n"],
    ["both streams", Buffer.concat([frame(1, "a"), frame(2, "b"), frame(0, "c")]), "abc"],
    ["an empty frame", Buffer.concat([frame(1, ""), frame(1, "x")]), "x"],
    ["text of a terminal", Buffer.from("plain text, longer than a head\n"), "plain text, longer than a head\n"],
    ["a letter cut in two", Buffer.concat([frame(1, "gr").subarray(0, 10), frame(1, "öße")]), "größe"],
  ])("%s", (_, raw, text) => {
    expect(demultiplex(raw)).toBe(text);
  });

  test("a letter whose bytes are in two frames", () => {
    const [a, b] = [Buffer.from("ö").subarray(0, 1), Buffer.from("ö").subarray(1)];
    const part = (bytes: Buffer) => Buffer.concat([frame(1, "x").subarray(0, 8), bytes]);
    expect(demultiplex(Buffer.concat([part(a), part(b)]))).toBe("ö");
  });
});
