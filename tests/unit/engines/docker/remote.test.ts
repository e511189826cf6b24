import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { checkBesides, EngineClient } from "../../../../core/engines/dockerApi/connection/client";
import { takeSnapshot } from "../../../../core/engines/dockerApi/snapshot";
import { FakeSsh } from "../../../fakeSsh";
import { describeIf } from "../../../skips";
import { Authority, missingOpenssl, TlsFront } from "../../../tlsEngine";
import { useEngine } from "../../fakeEngine";

const engine = useEngine();
const clients: EngineClient[] = [];
const clientOf = (...args: ConstructorParameters<typeof EngineClient>) => {
  clients.push(new EngineClient(...args));
  return clients.at(-1)!;
};
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** What a preview asks. */
function answerSnapshot(): void {
  engine
    .says("GET /version", { ApiVersion: "1.41" })
    .says("GET /containers/json?all=1", [{ Id: "c1", Names: ["/web"], Image: "x", Labels: {}, Ports: [] }])
    .says("GET /networks", [])
    .says("GET /volumes", { Volumes: null })
    .says("GET /images/json", [])
    .says("GET /info", { Runtimes: { nvidia: {} } });
}

describe("an engine behind ssh", () => {
  const ssh = new FakeSsh();
  const path = process.env.PATH;
  beforeAll(() => {
    process.env.PATH = `${ssh.bin}${delimiter}${path}`;
  });
  beforeEach(() => {
    ssh.leadTo(`unix://${engine.socket}`).takeCalls();
  });
  afterAll(() => {
    process.env.PATH = path;
    ssh.close();
  });

  test("everything that a preview asks goes over one connection, and nothing of this machine is looked at", async () => {
    answerSnapshot();
    const snapshot = await takeSnapshot(clientOf({ host: "ssh://ada@gpu1", sshOpts: ["-i", "key"] }));
    expect(snapshot).toMatchObject({
      local: false,
      containers: [{ name: "web" }],
      listeners: [],
      routes: [],
      gpus: true,
    });
    expect(engine.calls).toHaveLength(7);
    const calls = ssh.takeCalls();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toEqual(
      expect.arrayContaining(["BatchMode=yes", "ada", "key", "gpu1", "docker system dial-stdio"]),
    );
  });

  test("errors, bodies and large answers are as over a socket", async () => {
    const large = Buffer.alloc(3_000_000, "berth ");
    engine
      .on("POST /x", { status: 409, body: { message: "name is taken" } })
      .says("POST /exec", { Id: "größer" })
      .says("GET /large", large);
    const client = clientOf({ host: "ssh://gpu1" });
    await expect(client.request("POST", "/x")).rejects.toMatchObject({ status: 409, message: "name is taken" });
    expect(await client.request("POST", "/exec", { Cmd: ["ä"] })).toEqual({ Id: "größer" });
    expect((await client.raw("GET", "/large")).equals(large)).toBe(true);
    expect(ssh.takeCalls()).toHaveLength(1);
  });

  test("a body that is read while it is sent", async () => {
    engine.says("POST /images/load", { stream: "Loaded" });
    const content = Buffer.alloc(2_000_000, "archive");
    const answer = await clientOf({ host: "ssh://gpu1" }).stream("POST", "/images/load", {
      content: Readable.from(content),
      length: content.length,
      type: "application/x-tar",
    });
    await pipeline(answer, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) expect(String(chunk)).toBe('{"stream":"Loaded"}');
    });
    expect((engine.calls[0] as [string, Buffer])[1].equals(content)).toBe(true);
  });

  test("changes that take long go beside one another once it has been widened", async () => {
    engine.on("POST /slow", "silence").says("GET /version", { ApiVersion: "1.41" });
    const client = clientOf({ host: "ssh://gpu1" });
    client.widen();
    const slow = client.request("POST", "/slow", undefined, 60_000).catch(() => undefined);
    expect(await client.request("GET", "/version")).toEqual({ ApiVersion: "1.41" });
    // The answer came over one of the two, and the other may be slower to say that it was called.
    const calls = ssh.takeCalls();
    for (let turn = 0; calls.length < 2 && turn < 200; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      calls.push(...ssh.takeCalls());
    }
    expect(calls).toHaveLength(2);
    client.close();
    await slow;
  });

  test("a connection that fails is one sentence with ssh's words, and is not tried seven times", async () => {
    ssh.plan({ says: "ada@gpu1: Permission denied (publickey).\r\n", code: 255 });
    await expect(takeSnapshot(clientOf({ host: "ssh://ada@gpu1" }))).rejects.toMatchObject({
      name: "EngineError",
      status: 0,
      message: expect.stringMatching(/^it takes none of your keys: .* \(ada@gpu1: Permission denied \(publickey\)\)$/),
    });
    expect(ssh.takeCalls()).toHaveLength(1);
  });

  test("a connection that is lost in the middle of a change fails that change, and the next one has a new one", async () => {
    engine.on("POST /restart", "silence").says("GET /version", { ApiVersion: "1.41" });
    const client = clientOf({ host: "ssh://gpu1" });
    const lost = client.request("POST", "/restart");
    while (!engine.calls.includes("POST /restart")) await new Promise((resolve) => setTimeout(resolve, 10));
    engine.hangUp();
    await expect(lost).rejects.toThrow("socket hang up");
    expect(await client.request("GET", "/version")).toEqual({ ApiVersion: "1.41" });
    expect(ssh.takeCalls()).toHaveLength(2);
  });

  test("silence is given up", async () => {
    ssh.plan("silence");
    await expect(clientOf({ host: "ssh://gpu1" }).request("GET", "/version", undefined, 500)).rejects.toMatchObject({
      message: "no answer within 0.5 s",
    });
  });

  test("after its end nothing is connected anew", async () => {
    const client = clientOf({ host: "ssh://gpu1" });
    client.close();
    await expect(client.request("GET", "/version")).rejects.toThrow("the connection is closed");
    expect(ssh.takeCalls()).toEqual([]);
  });

  test("no ssh here", async () => {
    process.env.PATH = "/nowhere";
    try {
      await expect(clientOf({ host: "ssh://gpu1" }).request("GET", "/version")).rejects.toThrow(
        "there is no ssh here: install the client of OpenSSH (spawn ssh ENOENT)",
      );
    } finally {
      process.env.PATH = `${ssh.bin}${delimiter}${path}`;
    }
  });

  test("a program that has asked ends by itself, and its connection with it", () => {
    const file = join(engine.folder, "ask.js");
    const client = join(__dirname, "../../../../core/engines/dockerApi/connection/client.ts");
    writeFileSync(
      file,
      `require(${JSON.stringify(require.resolve("sucrase/register/ts"))});
       const { EngineClient } = require(${JSON.stringify(client)});
       const server = require("node:http").createServer((_, answer) => answer.end('{"ApiVersion":"1.44"}'));
       server.keepAliveTimeout = 60_000;
       server.on("connection", (connection) => connection.unref());
       const socket = ${JSON.stringify(join(engine.folder, "own.sock"))};
       server.listen(socket, async () => {
         server.unref();
         console.log((await new EngineClient({ host: "ssh://gpu1" }).request("GET", "/version")).ApiVersion);
       });`,
    );
    ssh.plan({ path: join(engine.folder, "own.sock") });
    const begin = Date.now();
    expect(execFileSync(process.execPath, [file], { timeout: 20_000, encoding: "utf8", env: process.env })).toBe(
      "1.44\n",
    );
    // Kept connections are closed after 30 s.
    expect(Date.now() - begin).toBeLessThan(15_000);
  });
});

test.each([
  ["no other engine", {}],
  ["one that answers", { besides: `unix://${engine.socket}` }],
])("beside a context: %s", async (_, more) => {
  engine.says("GET /_ping", "OK");
  await checkBesides({ host: "ssh://gpu1", ...more });
});

test("beside a context an engine that does not answer", async () => {
  await expect(checkBesides({ host: "ssh://gpu1", besides: "unix:///no/docker.sock" })).rejects.toThrow(
    "docker:context: the Docker provider looks for an engine at unix:///no/docker.sock as well, and none answers there; remove the context (DOCKER_CONTEXT), and run `pulumi config set docker:host ssh://gpu1` in its place.",
  );
});

describeIf(missingOpenssl, "an engine behind TLS", () => {
  let authority: Authority;
  let front: TlsFront;
  let host: string;
  let mine: string;
  let stranger: Authority;
  let strangers: string;
  beforeAll(async () => {
    authority = new Authority();
    stranger = new Authority();
    mine = authority.issue("client");
    strangers = stranger.issue("client");
    front = new TlsFront(
      authority.issue("server", { altName: "IP:127.0.0.1,DNS:localhost" }),
      `unix://${engine.socket}`,
    );
    host = `tcp://127.0.0.1:${await front.listen()}`;
  }, 60_000);
  beforeEach(() => {
    front.connections = 0;
  });
  afterAll(async () => {
    await front.close();
    authority.close();
    stranger.close();
  });
  const textsOf = (folder: string) => {
    const read = (name: string) => readFileSync(join(folder, `${name}.pem`), "utf8");
    return { ca: read("ca"), cert: read("cert"), key: read("key") };
  };
  /** A folder with files of several others. */
  const mixed = (name: string, files: Record<"ca" | "cert" | "key", string>): string => {
    const folder = join(authority.folder, name);
    mkdirSync(folder);
    for (const [file, from] of Object.entries(files))
      copyFileSync(join(from, `${file}.pem`), join(folder, `${file}.pem`));
    return folder;
  };

  test.each(["folder", "texts", "name"])("certificates by %s, over one connection", async (by) => {
    answerSnapshot();
    const certificates = by === "folder" ? { certPath: mine } : textsOf(mine);
    const address = by === "name" ? host.replace("127.0.0.1", "localhost") : host;
    expect(await takeSnapshot(clientOf({ host: address, certificates }))).toMatchObject({
      local: false,
      containers: [{ name: "web" }],
    });
    expect(front.connections).toBe(1);
  });

  test.each<[string, () => string, RegExp]>([
    [
      "that another authority has signed",
      () => mixed("other-cert", { ca: mine, cert: strangers, key: strangers }),
      /^it has closed the connection, as one does that refuses a certificate \(socket hang up\)$/,
    ],
    [
      "of another authority than the engine's",
      () => mixed("other-ca", { ca: strangers, cert: mine, key: mine }),
      /^its certificate is not signed by the authority in ca.pem/,
    ],
  ])("a certificate %s", async (_, folder, expected) => {
    await expect(clientOf({ host, certificates: { certPath: folder() } }).request("GET", "/version")).rejects.toThrow(
      expected,
    );
    expect(engine.calls).toEqual([]);
  });

  test("an engine whose certificate is for another name", async () => {
    const other = new TlsFront(authority.issue("elsewhere", { altName: "DNS:gpu9" }), `unix://${engine.socket}`);
    const port = await other.listen();
    await expect(
      clientOf({ host: `tcp://127.0.0.1:${port}`, certificates: { certPath: mine } }).request("GET", "/version"),
    ).rejects.toThrow(/^its certificate is for another name than this one \(.*127\.0\.0\.1/);
    await other.close();
  });

  test("a port without TLS", async () => {
    const { createServer } = await import("node:http");
    const plain = createServer((_, answer) => answer.end());
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as { port: number };
    await expect(
      clientOf({ host: `tcp://127.0.0.1:${port}`, certificates: { certPath: mine } }).request("GET", "/version"),
    ).rejects.toThrow(/^it speaks no TLS at that port \(wrong version number\)$/);
    plain.close();
  });

  test.each<[string, () => string, string]>([
    [
      "no folder",
      () => "/no/certs",
      "docker:certPath: there is no /no/certs/ca.pem; name the folder with ca.pem, cert.pem and key.pem, or unset DOCKER_CERT_PATH.",
    ],
    [
      "another's key",
      () => mixed("other-key", { ca: mine, cert: mine, key: strangers }),
      "docker:certPath: DIR/key.pem does not belong to DIR/cert.pem; give those that the engine's owner has made for you.",
    ],
  ])("%s", (_, folder, expected) => {
    const certPath = folder();
    expect(() => clientOf({ host, certificates: { certPath } })).toThrow(expected.replaceAll("DIR", certPath));
  });

  test.each([
    ["ca", "caMaterial is no certificate in PEM form"],
    ["cert", "certMaterial is no certificate in PEM form"],
    ["key", "keyMaterial is no private key in PEM form without a passphrase"],
  ])("a text that is no %s", (part, expected) => {
    expect(() => clientOf({ host, certificates: { ...textsOf(mine), [part]: "-----BEGIN x-----" } })).toThrow(
      `docker:certMaterial: ${expected}; give those that the engine's owner has made for you.`,
    );
  });
});
