import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchImage } from "../../../../core/engines/dockerApi/images/fetch";
import { useEngine } from "../../fakeEngine";
import { inLanguage } from "../../inLanguage";

const engine = useEngine();
const { DOCKER_CONFIG, PATH } = process.env;
/** Where `docker login` writes. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth fetch-"));
  process.env.DOCKER_CONFIG = folder;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.env.PATH = PATH;
  if (DOCKER_CONFIG === undefined) delete process.env.DOCKER_CONFIG;
  else process.env.DOCKER_CONFIG = DOCKER_CONFIG;
});

const loggedIn = (config: object) => writeFileSync(join(folder, "config.json"), JSON.stringify(config));
const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });
const sent = () => {
  const header = engine.headers["x-registry-auth"];
  return header === undefined ? undefined : JSON.parse(Buffer.from(String(header), "base64url").toString());
};

const pull = (image: string, tag: string, more = "") =>
  `POST /images/create?fromImage=${image.replaceAll("/", "%2F").replaceAll(":", "%3A")}&tag=${tag}${more}`;
/** What the engine streams while it fetches, in one piece or in several. */
const stream = (...lines: object[]) => Buffer.from(lines.map((line) => JSON.stringify(line)).join("\r\n"));
const fetched = stream({ status: "Pulling" }, { status: "Downloaded newer image" });

/** Calls are recorded without the escapes of their URLs. */
const on = (call: string) => decodeURIComponent(call);

describe("what is asked", () => {
  test.each<[string, string | undefined, string]>([
    ["nginx", undefined, pull("nginx", "latest")],
    ["nginx:1.27", undefined, pull("nginx", "1.27")],
    ["team/app", "linux/arm64", pull("team/app", "latest", "&platform=linux%2Farm64")],
    ["registry.example:5000/team/app:1", undefined, pull("registry.example:5000/team/app", "1")],
    [`nginx@sha256:${"a".repeat(64)}`, undefined, pull("nginx", `sha256:${"a".repeat(64)}`)],
    [`nginx:1@sha256:${"a".repeat(64)}`, undefined, pull("nginx", `sha256:${"a".repeat(64)}`)],
  ])("%s for %s", async (name, platform, call) => {
    engine.says(on(call), fetched);
    await fetchImage(engine.client, name, { platform });
    expect(engine.changes()).toEqual([on(call)]);
    expect(sent()).toBeUndefined();
  });

  test.each([["nginx:1.27"], [`sha256:${"b".repeat(64)}`]])("nothing for %s, which is there", async (name) => {
    engine.says(`GET /images/${name}/json`, { Id: "sha256:x" });
    await fetchImage(engine.client, name);
    expect(engine.changes()).toEqual([]);
  });

  test("nothing for an id: it names no place", async () => {
    await fetchImage(engine.client, `sha256:${"b".repeat(64)}`);
    expect(engine.changes()).toEqual([]);
  });
});

describe("the login of `docker login`", () => {
  const call = on(pull("registry.example/app", "latest"));
  const serveraddress = "registry.example";
  const get = async (name = "registry.example/app", asked = call) => {
    engine.says(asked, fetched);
    await fetchImage(engine.client, name);
    return sent();
  };

  test("from the file", async () => {
    loggedIn({ auths: { "https://registry.example/v2/": auth("ada:a:b") } });
    expect(await get()).toEqual({ username: "ada", password: "a:b", serveraddress });
  });

  test("for Docker Hub, under Docker's own name of it", async () => {
    loggedIn({ auths: { "https://index.docker.io/v1/": auth("ada:hub") } });
    expect(await get("nginx", on(pull("nginx", "latest")))).toEqual({
      username: "ada",
      password: "hub",
      serveraddress: "https://index.docker.io/v1/",
    });
  });

  test("a token, which the provider cannot use", async () => {
    loggedIn({ auths: { "registry.example": { identitytoken: "t" } } });
    expect(await get()).toEqual({ identitytoken: "t", serveraddress });
  });

  test.each([
    ["a password", { Username: "ada", Secret: "x" }, { username: "ada", password: "x", serveraddress }],
    ["a token", { Username: "<token>", Secret: "t" }, { identitytoken: "t", serveraddress }],
  ])("%s of a helper", async (_, answer, login) => {
    loggedIn({ credsStore: "berth" });
    const helper = join(folder, "docker-credential-berth");
    writeFileSync(
      helper,
      `#!/bin/sh\nread registry; test "$registry" = registry.example && echo '${JSON.stringify(answer)}'`,
    );
    chmodSync(helper, 0o755);
    process.env.PATH = `${folder}:${PATH}`;
    expect(await get()).toEqual(login);
  });

  test.each<[string, () => void]>([
    ["of another registry", () => loggedIn({ auths: { "other.example": auth("ada:x") } })],
    ["that no helper gives", () => loggedIn({ credsStore: "berth-nowhere" })],
    ["in a file that Docker did not write", () => writeFileSync(join(folder, "config.json"), "{")],
  ])("none %s is in the way", async (_, prepare) => {
    prepare();
    expect(await get()).toBeUndefined();
  });
});

describe("what answers, and what helps", () => {
  const hubWay = 'a mirror or a proxy ("registry-mirrors" or "proxies" in its daemon.json)';
  const way = 'a proxy ("proxies" in its daemon.json)';
  const GHCR = "ghcr.io/team/app:1";

  test.each<[string, string, string]>([
    [
      "nginx:1",
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: no such host',
      `give the engine ${hubWay}, or bring the image with \`docker load\``,
    ],
    [
      "nginx:1",
      'failed to resolve reference "docker.io/library/nginx:1": failed to do request: Head "https://registry-1.docker.io/v2/library/nginx/manifests/1": dial tcp: lookup registry-1.docker.io: no such host',
      `give the engine ${hubWay}, or bring the image with \`docker load\``,
    ],
    [
      "nginx:1",
      'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      `give the engine ${hubWay}, or bring the image with \`docker load\``,
    ],
    [
      GHCR,
      'Get "https://ghcr.io/v2/": context deadline exceeded',
      `correct the name, give the engine ${way}, or bring the image with \`docker load\``,
    ],
    [
      GHCR,
      "received unexpected HTTP status: 503 Service Unavailable",
      `correct the name, give the engine ${way}, or bring the image with \`docker load\``,
    ],
    ["nginx:1", "manifest for nginx:1 not found: manifest unknown: manifest unknown", "correct the name or the tag"],
    [
      "nginx",
      'failed to resolve reference "docker.io/library/nginx:latest": docker.io/library/nginx:latest: not found',
      "correct the name, or name a tag",
    ],
    [
      "nginxx:1",
      "pull access denied for nginxx, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      "correct the name, or, where the image is private, log in with `docker login`",
    ],
    [
      GHCR,
      'Head "https://ghcr.io/v2/team/app/manifests/1": unauthorized',
      "correct the name, or, where the image is private, log in with `docker login ghcr.io`",
    ],
    [
      "nginx:1",
      "toomanyrequests: You have reached your pull rate limit.",
      `wait, log in with \`docker login\`, or give the engine ${hubWay}`,
    ],
    [
      "nginx:1",
      "no matching manifest for linux/arm64/v8 in the manifest list entries",
      "name a platform or a tag that the image has",
    ],
    [
      "registry.example:5000/app:1",
      'Get "https://registry.example:5000/v2/": http: server gave HTTP response to HTTPS client',
      'add registry.example:5000 to "insecure-registries" in the engine\'s daemon.json, or give the engine its certificate',
    ],
    [
      "registry.example/app:1",
      'Get "https://registry.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'add registry.example to "insecure-registries" in the engine\'s daemon.json, or give the engine its certificate',
    ],
    [
      "nginx:1",
      "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
      "make room on the engine's disk (`docker system df` shows what takes it)",
    ],
    ["nginx:1", "something new", "try `docker pull nginx:1` on the engine's host"],
  ])("%s: %s", async (name, words, remedy) => {
    const [, path, tag = "latest"] = /^(.*?)(?::(\w+))?$/.exec(name)!;
    const host = /^(.*\..*?)\//.exec(name)?.[1] ?? "registry-1.docker.io";
    const message = `image: ${path}:${tag} cannot be fetched from ${host} (${words.replace(/\.$/, "")}); ${remedy}.`;
    const call = on(pull(path!, tag));
    // Said at once, or after it began well.
    engine.on(
      call,
      { status: 500, body: { message: words } },
      { body: stream({ status: "Pulling" }, { errorDetail: { message: words }, error: words }) },
    );
    for (let times = 0; times < 2; times++)
      await expect(fetchImage(engine.client, name)).rejects.toThrow(new Error(message));
  });

  test("an engine that goes meanwhile is no answer of a registry", async () => {
    engine.on(on(pull("nginx", "1")), { headers: { "Content-Length": "100" }, body: '{"status":"Pulling"}' });
    await expect(fetchImage(engine.client, "nginx:1")).rejects.toThrow(
      /^the engine at unix:.* does not answer any more/,
    );
  });

  test("a login that may not read it", async () => {
    loggedIn({ auths: { "ghcr.io": auth("ada:x") } });
    engine.on(on(pull("ghcr.io/team/app", "1")), { status: 500, body: { message: "denied" } });
    await expect(fetchImage(engine.client, GHCR)).rejects.toThrow(
      "image: ghcr.io/team/app:1 cannot be fetched from ghcr.io (denied); correct the name, or log in with `docker login ghcr.io` as somebody who may read it.",
    );
  });

  test("a denial is not the last word where the provider has logins of its own, another answer is", async () => {
    engine.on(
      on(pull("ghcr.io/team/app", "1")),
      { status: 500, body: { message: "denied" } },
      { status: 404, body: { message: "manifest unknown" } },
    );
    await fetchImage(engine.client, GHCR, { otherLogins: true });
    await expect(fetchImage(engine.client, GHCR, { otherLogins: true })).rejects.toThrow("(manifest unknown)");
  });
});

test("says how far the layers are, at each line of the engine's", async () => {
  const download = (id: string, current: number, total: number) => ({
    status: "Downloading",
    id,
    progressDetail: { current: current * 2 ** 20, total: total * 2 ** 20 },
  });
  engine.says(
    on(pull("team/app", "1")),
    stream(
      { status: "Pulling from team/app", id: "1" },
      { status: "Already exists", id: "base" },
      { status: "Pulling fs layer", id: "a", progressDetail: {} },
      download("a", 10, 40),
      download("b", 2, 8),
      { status: "Download complete", id: "b", progressDetail: {} },
      { status: "Extracting", id: "b", progressDetail: { current: 1, total: 8 } },
      { status: "Pull complete", id: "b", progressDetail: {} },
      { status: "Status: Downloaded newer image for team/app:1" },
    ),
  );
  const told: string[] = [];
  await fetchImage(engine.client, "team/app:1", { tell: async (text) => void told.push(String(await text())) });
  expect(told.map((text) => text.replace("fetching team/app:1: ", ""))).toEqual([
    "0 of 0 layers, 0 of 0 MiB",
    "1 of 1 layers, 0 of 0 MiB",
    "1 of 2 layers, 0 of 0 MiB",
    "1 of 2 layers, 10 of 40 MiB",
    "1 of 3 layers, 12 of 48 MiB",
    "1 of 3 layers, 18 of 48 MiB",
    "1 of 3 layers, 18 of 48 MiB",
    "2 of 3 layers, 18 of 48 MiB",
    "2 of 3 layers, 18 of 48 MiB",
  ]);
});

test("an engine that does not answer in time is helped in Chinese as well", () =>
  inLanguage("zh", () => {
    const { remedy } = require("../../../../core/engines/dockerApi/images/fetch");
    const { say } = require("../../../../core/description/say");
    expect(remedy("nginx:1", say`no answer within ${60} s`)).toContain("docker load");
  }));
