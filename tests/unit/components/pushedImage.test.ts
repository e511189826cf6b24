import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { connectEngine } from "../../../core/engines/dockerApi/session";
import { BuiltImage } from "../../../components/builtImage";
import { PushedImage, type PushedImageArgs } from "../../../components/pushedImage";
import { Service } from "../../../components/service";
import { useEngine } from "../fakeEngine";
import {
  CONTAINER,
  IMAGE,
  PUSHED_DIGEST,
  REGISTRY_IMAGE as PUSHED,
  quiet,
  value,
  type World,
  type WorldOptions,
  world,
} from "../mocks";
import { sentence } from "../refusal";

const TAG = "docker:index/tag:Tag";
const PROVIDER = "pulumi:providers:docker";
const TARGET = "registry.example:5000/team/app:1.4";
const ID = `sha256:${"a".repeat(64)}`;

const engine = useEngine();
const { DOCKER_CONFIG, PATH } = process.env;
let w: World;
/** Where `docker login` writes. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth push-"));
  process.env.DOCKER_CONFIG = folder;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.env.PATH = PATH;
  if (DOCKER_CONFIG === undefined) delete process.env.DOCKER_CONFIG;
  else process.env.DOCKER_CONFIG = DOCKER_CONFIG;
});

const login = (config: unknown) => writeFileSync(join(folder, "config.json"), JSON.stringify(config));
const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

/** A program on an engine that has `nginx`. */
async function start(options: WorldOptions = {}): Promise<void> {
  engine
    .says("GET /version", { ApiVersion: "1.41" })
    .says("GET /containers/json?all=1", [])
    .says("GET /networks", [])
    .says("GET /volumes", { Volumes: null })
    .says("GET /images/json", [{ RepoTags: ["nginx:latest"] }])
    .says("GET /images/nginx/json", { Id: ID })
    .says("GET /containers/web-id/json", {
      Id: "web-id",
      Name: "/web",
      State: { Status: "running", Running: true, Restarting: false, ExitCode: 0 },
      RestartCount: 0,
      Config: {},
      NetworkSettings: { Ports: {}, Networks: {} },
    });
  w = await world({ ...options, config: { "docker:host": `unix://${engine.socket}`, ...options.config } });
  await connectEngine();
}

async function push(args: Partial<PushedImageArgs> = {}): Promise<PushedImage> {
  const pushed = new PushedImage("app", { image: "nginx", name: TARGET, ...args });
  await w.done();
  return pushed;
}

describe("an image of the engine", () => {
  test("is tagged, and pushed with its id as the trigger", async () => {
    await start();
    const pushed = await push();
    expect(w.one(TAG).inputs).toEqual({ sourceImage: "nginx", targetImage: TARGET, tagTriggers: [ID] });
    expect(w.one(PUSHED).inputs).toEqual({
      name: TARGET,
      keepRemotely: true,
      triggers: { image: ID },
      // The provider pushes nothing without it.
      authConfig: { address: "https://registry.example:5000" },
    });
    expect(w.one(PUSHED).dependencies).toEqual([expect.stringContaining("Tag::app")]);
    expect(await value(pushed.imageName)).toBe(TARGET);
    expect(await value(pushed.digest)).toBe(`registry.example:5000/team/app@${PUSHED_DIGEST}`);
  });

  test("that has the name of its target already is not tagged", async () => {
    await start();
    engine.says("GET /images/json", [{ RepoTags: [`${TARGET}`, "registry.example/a:latest"] }]);
    engine.says(`GET /images/${TARGET}/json`, { Id: ID }).says("GET /images/registry.example/a/json", { Id: ID });
    await connectEngine();
    new PushedImage("one", { image: TARGET, name: TARGET });
    new PushedImage("two", { image: "registry.example/a", name: "registry.example/a:latest" });
    await w.done();
    expect(w.all(TAG)).toEqual([]);
    expect(w.all(PUSHED).map(({ inputs }) => inputs.triggers)).toEqual([{ image: ID }, { image: ID }]);
  });

  test("that this program builds or pulls is taken from there", async () => {
    await start();
    mkdirSync(join(folder, "context"));
    writeFileSync(join(folder, "context/Dockerfile"), "FROM busybox");
    const built = new BuiltImage("own", { context: join(folder, "context"), name: "own:2" });
    new Service("web", { image: "redis" });
    new PushedImage("built", { image: built, name: "registry.example/own:2" });
    new PushedImage("named", { image: "own:2", name: "registry.example/own:3" });
    new PushedImage("pulled", { image: "redis:latest", name: "registry.example/redis" });
    await w.done();
    // The mocks' id of an image is its logical name.
    expect(w.one(PUSHED, "built").inputs.triggers).toEqual({ image: "sha256:own:2" });
    expect(w.one(PUSHED, "named").inputs.triggers).toEqual({ image: "sha256:own:2" });
    expect(w.one(PUSHED, "pulled").inputs.triggers).toEqual({ image: "sha256:redis" });
    expect(w.all(IMAGE)).toHaveLength(2);
    expect(engine.calls.filter((call) => String(call).includes("/images/own"))).toEqual([]);
  });

  test("whose name comes late is looked up then; what a preview lacks may still come", async () => {
    await start({ preview: true });
    await push({ image: pulumi.output("later:1") });
    expect(w.one(PUSHED).inputs.triggers).toEqual({ image: undefined });

    await start();
    await push({ image: pulumi.output("nginx") });
    expect(w.one(PUSHED).inputs.triggers).toEqual({ image: ID });

    await start();
    await push({ image: pulumi.output("later:1") });
    expect(w.lateErrors()).toEqual([
      "image: later:1 is not on the engine; build, pull or load it first, or correct the name.",
    ]);
    expect(w.all(PUSHED)).toEqual([]);
  });

  test("its digest is for services to pin", async () => {
    await start();
    const pushed = new PushedImage("app", { image: "nginx", name: TARGET });
    new Service("web", { image: pushed.digest });
    await w.done();
    expect(w.one(IMAGE).inputs.name).toBe(`registry.example:5000/team/app@${PUSHED_DIGEST}`);
    expect(w.one(IMAGE).dependencies).toEqual(expect.arrayContaining([expect.stringContaining("RegistryImage::app")]));
    expect(w.one(CONTAINER).dependencies).toEqual(
      expect.arrayContaining([expect.stringContaining("RegistryImage::app")]),
    );
  });
});

describe("the registry's address", () => {
  test.each<[string, Partial<PushedImageArgs>, string]>([
    ["registry.example/a", {}, "https://registry.example"],
    ["registry.example:5000/a", { insecure: true }, "http://registry.example:5000"],
    ["registry.example/a", { insecureSkipVerify: true }, "https://registry.example"],
    ["team/a", {}, "https://registry-1.docker.io"],
    ["127.0.0.1:5000/a", {}, "http://127.0.0.1:5000"],
    ["127.1.2.3:5000/a", {}, "http://127.1.2.3:5000"],
    ["localhost:5000/a", {}, "http://localhost:5000"],
    ["localhost/a", {}, "http://localhost"],
    ["[::1]:5000/a", {}, "http://[::1]:5000"],
    ["127.0.0.1:5000/a", { insecure: false }, "https://127.0.0.1:5000"],
    ["127.0.0.1:5000/a", { insecureSkipVerify: true }, "https://127.0.0.1:5000"],
    ["localhost.example/a", {}, "https://localhost.example"],
    ["127.0.0.1.example/a", {}, "https://127.0.0.1.example"],
  ])("%s with %j is %s", async (name, args, address) => {
    await start();
    await push({ name, ...args });
    expect(w.one(PUSHED).inputs).toMatchObject({ authConfig: { address } });
    expect(w.one(PUSHED).inputs.insecureSkipVerify).toBe(args.insecureSkipVerify);
  });

  test("keepRemotely: false", async () => {
    await start();
    await push({ keepRemotely: false });
    expect(w.one(PUSHED).inputs.keepRemotely).toBe(false);
  });
});

describe("credentials", () => {
  test.each<[string, pulumi.Input<string>]>([
    ["plain", "Passw0rd"],
    ["late", pulumi.output("Passw0rd")],
    ["secret", pulumi.secret("Passw0rd")],
  ])("a password that is %s is a secret", async (_, password) => {
    await start();
    await push({ credentials: { username: "ci", password } });
    expect(w.one(PUSHED).inputs.authConfig).toEqual({
      address: "https://registry.example:5000",
      username: "ci",
      password: "Passw0rd",
    });
    expect(w.one(PUSHED).secrets).toEqual(["authConfig.password"]);
    expect(JSON.stringify(w.resources.filter(({ type }) => type !== PUSHED))).not.toContain("Passw0rd");
  });

  test.each(["docker login's file", "a file of its own"])("%s is left to the provider to read", async (which) => {
    await start({ config: { "docker:sshOpts": '["-q"]' } });
    login({ auths: { "registry.example:5000": auth("ci:Passw0rd") } });
    const configFile = join(folder, "config.json");
    await push(which === "a file of its own" ? { credentials: { configFile } } : {});
    new PushedImage("other", { image: "nginx", name: "registry.example:5000/other" });
    await w.done();
    expect(w.one(PUSHED, "app").inputs.authConfig).toBeUndefined();
    const provider = w.one(PROVIDER);
    expect(JSON.parse(provider.inputs.registryAuth as string)).toEqual([
      { address: "https://registry.example:5000", configFile },
    ]);
    expect(provider.inputs).toMatchObject({ host: `unix://${engine.socket}`, sshOpts: '["-q"]' });
    for (const { provider: used } of w.all(PUSHED)) expect(used).toContain("registry-registry.example:5000");
    // The tag is the engine's matter.
    expect(w.one(TAG, "app").provider).toBe("");
    expect(JSON.stringify(w.resources)).not.toContain("Passw0rd");
    expect(JSON.stringify(w.resources)).not.toContain(auth("ci:Passw0rd").auth);
  });

  test("a provider of the program's own says where the engine is", async () => {
    await start();
    login({ auths: { "registry.example:5000": auth("ci:Passw0rd") } });
    const provider = new docker.Provider("own", { host: "tcp://192.0.2.1:2375", certPath: "/certs" });
    new PushedImage("app", { image: "nginx", name: TARGET }, { provider });
    await w.done();
    expect(w.one(PROVIDER, "registry-registry.example:5000").inputs).toMatchObject({
      host: "tcp://192.0.2.1:2375",
      certPath: "/certs",
    });
    expect(w.one(TAG).provider).toContain("::own::");
  });

  test("none, although there is a login", async () => {
    await start();
    login({ auths: { "registry.example:5000": auth("ci:Passw0rd") } });
    await push({ credentials: "none" });
    expect(w.one(PUSHED).inputs.authConfig).toEqual({ address: "https://registry.example:5000" });
    expect(w.all(PROVIDER)).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["no login", { auths: {} }],
    ["another registry's login", { auths: { "other.example:5000": auth("a:b") } }],
    ["a login without a user", { auths: { "registry.example:5000": {} } }],
    ["another registry's helper", { credHelpers: { "other.example": "x" } }],
    ["nothing about logins", { psFormat: "json" }],
  ])("a file with %s: nobody logs in", async (_, config) => {
    await start();
    login(config);
    await push();
    expect(w.one(PUSHED).inputs.authConfig).toEqual({ address: "https://registry.example:5000" });
  });

  test.each<[string, unknown, string]>([
    ["a key of an older Docker", { auths: { "https://registry.example:5000/v1/": auth("ci:x") } }, TARGET],
    ["user and password apart", { auths: { "registry.example:5000": { username: "ci", password: "x" } } }, TARGET],
    ["Docker Hub", { auths: { "https://index.docker.io/v1/": auth("ci:x") } }, "team/app"],
  ])("a file with %s is used", async (_, config, name) => {
    await start();
    login(config);
    await push({ name });
    expect(w.one(PUSHED).inputs.authConfig).toBeUndefined();
    expect(w.all(PROVIDER)).toHaveLength(1);
  });
});

describe("is refused at once", () => {
  const both = "give credentials: { username, password }";
  test.each<[string, Partial<PushedImageArgs>, string]>([
    [
      "no image",
      { image: "absent:1" },
      "image: absent:1 is not on the engine; build, pull or load it first, or correct the name.",
    ],
    [
      "an image's name",
      { image: "Nginx" },
      'image: "Nginx" is not an image reference: the name must be in lower case;',
    ],
    ["an empty image", { image: "" }, 'image: "" is not an image reference: the name is empty;'],
    [
      "undefined",
      { image: undefined as never },
      "image: undefined is no image; give a BuiltImage, or the name of an image.",
    ],
    ["a target", { name: "registry.example/App" }, 'name: "registry.example/App" is not an image reference'],
    ["an empty target", { name: "" }, 'name: "" is not an image reference: the name is empty;'],
    [
      "a digest",
      { name: `registry.example/a@${ID}` },
      `name: registry.example/a@${ID} names a digest, which the registry computes; name a tag.`,
    ],
    ["an id", { name: ID }, `name: ${ID} names a digest`],
    [
      "no user",
      { credentials: { username: "", password: "x" } },
      "credentials.username: is empty; give the registry's user and password.",
    ],
    [
      "no password",
      { credentials: { username: "ci", password: "" } },
      "credentials.password: is empty; give the registry's user and password.",
    ],
    ["half a login", { credentials: { username: "ci" } as never }, "credentials.password: is empty;"],
    ["no login", { credentials: {} as never }, "credentials.configFile: names no file"],
    [
      "two protocols",
      { insecure: true, insecureSkipVerify: true },
      "insecureSkipVerify: plain HTTP (insecure) has no certificate; set one of them.",
    ],
    [
      "Docker Hub without TLS",
      { name: "team/app", insecure: true },
      "insecure: Docker Hub has TLS; remove it, or name a registry.",
    ],
    [
      "a file that is not there",
      { credentials: { configFile: "/no/config.json" } },
      `credentials.configFile: /no/config.json has no login for registry.example:5000; run \`docker login registry.example:5000\`, or ${both}.`,
    ],
  ])("%s", async (_, args, message) => {
    await start();
    const text = sentence(() => new PushedImage("app", { image: "nginx", name: TARGET, ...args }));
    expect(text).toContain(`PushedImage "app": ${message}`);
    expect(w.resources).toEqual([]);
  });

  test.each<[string, string | object, string, string]>([
    [
      "no JSON",
      '{"auths": {"x": {"auth": "Passw0rd"',
      TARGET,
      "is not a config file of Docker; write it with `docker login`.",
    ],
    ["a list", "[]", TARGET, "is not a config file of Docker; write it with `docker login`."],
    [
      "an identity token",
      { auths: { "registry.example:5000": { identitytoken: "t" } } },
      TARGET,
      `has an identity token for registry.example:5000, which the Docker provider cannot use; ${both}.`,
    ],
    [
      "a helper that is not there",
      { credHelpers: { "registry.example:5000": "absent" } },
      TARGET,
      `has the login for registry.example:5000 with docker-credential-absent, which is not on PATH; install it, or ${both}.`,
    ],
    [
      "a store that is not there",
      { credsStore: "absent" },
      TARGET,
      "with docker-credential-absent, which is not on PATH;",
    ],
    [
      "Docker Hub in a store",
      { credsStore: "absent" },
      "team/app",
      `the login for Docker Hub is with the credential helper absent, which the Docker provider does not ask for it; ${both}.`,
    ],
  ])("a config file with %s", async (_, config, name, message) => {
    await start();
    if (typeof config === "string") writeFileSync(join(folder, "config.json"), config);
    else login(config);
    const text = sentence(() => new PushedImage("app", { image: "nginx", name }));
    expect(text).toContain('PushedImage "app": credentials.configFile: ');
    expect(text).toContain(message);
    expect(text).not.toContain("Passw0rd");
    expect(w.resources).toEqual([]);
  });
});

describe("before a push the engine logs in", () => {
  const AUTH = "POST /auth";
  const hook = () => [...w.hooks].find(([name]) => name.startsWith("berth-check-login"))!;
  /** What the hook says. */
  async function check(inputs: object = w.one(PUSHED).inputs): Promise<string> {
    const error = await (hook()[1].callback({ newInputs: inputs } as never) as Promise<void>).then(
      () => undefined,
      (reason: Error) => reason,
    );
    return error?.message ?? "";
  }

  test("before it is made and before it is changed, with the login of the image", async () => {
    await start();
    await push({ credentials: { username: "ci", password: "Passw0rd" } });
    expect(w.one(PUSHED)).toMatchObject({ beforeCreate: [hook()[0]], beforeUpdate: [hook()[0]] });
    engine.says(AUTH, { Status: "Login Succeeded" });
    const { authConfig, ...inputs } = w.one(PUSHED).inputs;
    // Secrets come to hooks as Outputs.
    const password = pulumi.secret("Passw0rd");
    expect(await check({ ...inputs, authConfig: { ...(authConfig as object), password } })).toBe("");
    expect(engine.changes()).toEqual([
      [AUTH, expect.objectContaining({ username: "ci", password: "Passw0rd", serveraddress: "registry.example:5000" })],
    ]);
  });

  test("on Docker Hub under its own name", async () => {
    await start();
    await push({ name: "team/app" });
    engine.says(AUTH, {});
    expect(await check()).toBe("");
    expect(engine.changes()).toEqual([
      [AUTH, expect.objectContaining({ serveraddress: "https://index.docker.io/v1/" })],
    ]);
  });

  test.each<[string, object]>([
    ["the config file", { auths: { "registry.example:5000": auth("ci:pass:word") } }],
    ["a credential helper", { credHelpers: { "registry.example:5000": "test" } }],
  ])("with the login of %s", async (_, config) => {
    const helper = join(folder, "docker-credential-test");
    writeFileSync(
      helper,
      `#!/bin/sh\nread host\n[ "$1 $host" = "get registry.example:5000" ] && echo '{"Username":"ci","Secret":"pass:word"}'\n`,
    );
    chmodSync(helper, 0o755);
    process.env.PATH = `${folder}:${PATH}`;
    await start();
    login(config);
    await push();
    engine.says(AUTH, {});
    expect(await check()).toBe("");
    expect(engine.changes()).toEqual([
      [AUTH, { username: "ci", password: "pass:word", serveraddress: "registry.example:5000" }],
    ]);
  });

  test.each<[string, string, string]>([
    ["has none", "echo 'credentials not found in native keychain'; exit 1", ""],
    ["fails", "echo Passw0rd; exit 3", "docker-credential-test ended with 3 when asked for registry.example:5000"],
    [
      "says something else",
      "echo Passw0rd",
      'docker-credential-test did not answer with a login for "registry.example:5000"',
    ],
  ])("a helper that %s", async (_, script, message) => {
    const helper = join(folder, "docker-credential-test");
    writeFileSync(helper, `#!/bin/sh\n${script}\n`);
    chmodSync(helper, 0o755);
    process.env.PATH = `${folder}:${PATH}`;
    await start();
    login({ credsStore: "test" });
    await push();
    engine.says(AUTH, {});
    expect(await check()).toBe(message);
    expect(engine.changes()).toEqual(message ? [] : [[AUTH, { serveraddress: "registry.example:5000" }]]);
  });

  const user = { username: "ci", password: "Passw0rd" };
  test.each<[string, string, PushedImageArgs["credentials"], string]>([
    [
      "a wrong password",
      "login attempt to https://registry.example:5000/v2/ failed with status: 401 Unauthorized",
      user,
      "credentials: registry.example:5000 refuses the user ci (login attempt to https://registry.example:5000/v2/ failed with status: 401 Unauthorized); check user and password.",
    ],
    [
      "a wrong password, said with it",
      "unauthorized: ci:Passw0rd",
      user,
      "credentials: registry.example:5000 refuses the user ci (unauthorized: ci:[secret]); check user and password.",
    ],
    [
      "no login",
      'Get "https://registry.example:5000/v2/": no basic auth credentials',
      "none",
      'credentials: registry.example:5000 wants a login, and there is none (Get "https://registry.example:5000/v2/": no basic auth credentials); give credentials, or run `docker login registry.example:5000`.',
    ],
    [
      "no registry",
      "dial tcp 192.0.2.1:5000: connect: connection refused",
      user,
      "name: the engine reaches no registry at registry.example:5000 (dial tcp 192.0.2.1:5000: connect: connection refused); start it, or correct the name.",
    ],
    [
      "no TLS",
      "http: server gave HTTP response to HTTPS client",
      user,
      'insecure: the engine does not trust registry.example:5000 (http: server gave HTTP response to HTTPS client); add it to "insecure-registries" of the engine, or give the engine its certificate.',
    ],
    [
      "a certificate of its own",
      "x509: certificate signed by unknown authority",
      user,
      "insecure: the engine does not trust registry.example:5000 (x509",
    ],
  ])("%s", async (_, message, credentials, expected) => {
    await start();
    await push({ credentials });
    engine.on(AUTH, { status: 500, body: { message } });
    const text = await check();
    expect(text).toContain(expected);
    expect(text).toMatch(/\.$/);
    expect(text).not.toContain("Passw0rd");
    expect(text).not.toContain("\n");
  });

  test("not where berth has no way to the engine", async () => {
    w = await world();
    await push({ image: "nginx", credentials: user });
    expect(await check()).toBe("");
  });
});

test("images of a Swarm's nodes are pushed in the same way", async () => {
  await start({ config: { "berth:engine": "swarm", "berth:registry": "http://registry.example:5000/team" } });
  mkdirSync(join(folder, "context"));
  writeFileSync(join(folder, "context/Dockerfile"), "FROM busybox");
  const built = new BuiltImage("own", { context: join(folder, "context") });
  new PushedImage("again", { image: built, name: "other.example/own:1" });
  await quiet();
  await w.done();
  const name = String(await value(pulumi.output(built.imageName)));
  expect(name).toMatch(/^registry\.example:5000\/team\/own:[0-9a-f]{12}$/);
  expect(w.one(PUSHED, name).inputs).toMatchObject({
    name,
    keepRemotely: true,
    authConfig: { address: "http://registry.example:5000" },
  });
  expect(w.one(PUSHED, "again").inputs.triggers).toEqual({ image: `sha256:${name}` });
});
