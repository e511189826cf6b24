import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeLock } from "../../../cli/outdated/lock";
import { ownerLabels, ownerOf, SERVICE_LABEL } from "../../../core/engines/owner";
import { isListed } from "../../../core/engines/dockerApi/registry/config";
import { useEngine } from "../fakeEngine";
import { registries } from "../registry";

const ROOT = join(__dirname, "../../..");
const engine = useEngine();
const make = registries();
const folder = realpathSync(mkdtempSync(join(tmpdir(), "berth-outdated-")));
const settings = join(folder, "Pulumi.dev.yaml");
beforeAll(() => writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n"));
beforeEach(() => rmSync(settings, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes the program: services by name, each with its image; and anything else. */
function program(images: Record<string, string>, more = ""): void {
  const services = Object.entries(images).map(
    ([name, image]) => `new Service(${JSON.stringify(name)}, { image: ${JSON.stringify(image)} });`,
  );
  writeFileSync(
    join(folder, "index.js"),
    `require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
     const { Service } = require(${JSON.stringify(join(ROOT, "components/service"))});
     ${services.join("\n")}
     ${more}`,
  );
}

/** In a process of its own, since a project's program is loaded once. */
function berth(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^DOCKER_|proxy$/i.test(name))),
    DOCKER_HOST: `unix://${engine.socket}`,
    DOCKER_CONFIG: folder,
  };
  return new Promise((resolve) =>
    execFile(process.execPath, [join(ROOT, "cli/berth.js"), ...args], { cwd: folder, env }, (error, out, err) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, out, err }),
    ),
  );
}

interface Listed {
  image: string;
  state: string;
  now?: string;
  moved: boolean;
  newer?: object;
  unreadable?: string[];
}

async function outdated(...args: string[]) {
  const { code, out, err } = await berth("outdated", "dev", "--json", ...args);
  const result = JSON.parse(out) as { images: Listed[]; errors: string[]; unknown?: string };
  return { code, err, ...result, of: (image: string) => result.images.find((one) => one.image === image)! };
}

/** What the engine says of the containers of the services: the digest that each runs. */
function runs(digests: Record<string, [image: string, digest: string]>): void {
  const owner = ownerOf("shop", "dev", folder);
  const label = Object.entries(ownerLabels(owner)).map((pair) => pair.join("="));
  const list = Object.entries(digests).map(([name, [image]]) => ({
    Id: name,
    Names: [`/${name}`],
    Image: image,
    Labels: { ...ownerLabels(owner), [SERVICE_LABEL]: name },
    Status: "Up 3 minutes",
    Ports: [],
  }));
  engine.says(`GET /containers/json?all=1&filters=${JSON.stringify({ label })}`, list);
  engine.says("GET /containers/json?all=1&filters={}", list);
  for (const [name, [image, digest]] of Object.entries(digests)) {
    engine.says(`GET /containers/${name}/json`, { Image: `id-${name}` });
    engine.says(`GET /images/id-${name}/json`, { RepoDigests: [`${image.split(":")[0]}@${digest}`] });
  }
  engine.says("GET /info", {});
}

test("what runs is compared with what the tag stands for now, and newer tags are found", async () => {
  const there = await make();
  for (const tag of ["1.27", "1.27.5", "1.29", "2.0"]) there.has("team/web", tag, "old");
  const old = there.has("team/web", "1.27", "old");
  const [web, api] = [`${there.host}/team/web:1.27`, `${there.host}/team/api:1.0`];
  const apiNow = there.has("team/api", "1.0", "new");
  program({ web, api, gone: `${there.host}/team/web:0.1` });
  runs({ web: [web, old], api: [api, `sha256:${"1".repeat(64)}`] });
  const { of, code, errors: failed } = await outdated();
  expect(of(web)).toMatchObject({
    state: "newer",
    moved: false,
    newer: { patch: "1.27.5", minor: "1.29", major: "2.0" },
  });
  expect(of(api)).toMatchObject({ state: "moved", moved: true, now: apiNow });
  expect(of(`${there.host}/team/web:0.1`)).toMatchObject({ state: "gone" });
  expect([code, failed]).toEqual([0, []]);
  const { out } = await berth("outdated", "dev");
  expect(out).toMatch(/team\/web:1\.27 +newer +newer: 1\.27\.5, 1\.29; another major version: 2\.0\n/);
  expect(out).toContain(`sha256:111111111111 runs; the tag stands for ${apiNow.slice(0, 19)} now`);
});

test("a database's next version is told with what it does not read", async () => {
  const there = await make();
  for (const tag of ["16", "17"]) there.has("library/postgres", tag);
  runs({});
  engine.says("GET /info", { RegistryConfig: { Mirrors: [`http://${there.host}/`] } });
  program({ db: "postgres:16" });
  const { of } = await outdated();
  expect(of("postgres:16")).toMatchObject({ newer: { major: "17" }, by: `http://${there.host}` });
  expect(of("postgres:16").unreadable![0]).toMatch(
    /^postgres 17 does not read the data of 16; .*docker exec db pg_dumpall/,
  );
});

test("what is built, what is fixed and what has no version is said for what it is", async () => {
  const there = await make();
  there.has("team/web", "latest");
  const fixed = `${there.host}/team/web@sha256:${"2".repeat(64)}`;
  program({ web: `${there.host}/team/web`, fixed }, "");
  writeFileSync(join(folder, "Dockerfile"), "FROM busybox\n");
  const build = `const { BuiltImage } = require(${JSON.stringify(join(ROOT, "components/builtImage"))});
     const app = new BuiltImage("app", { context: "." });
     new Service("app", { image: app.imageName });`;
  program({ web: `${there.host}/team/web`, fixed }, build);
  runs({});
  const { images, of } = await outdated();
  expect(of(fixed).state).toBe("fixed");
  expect(of(`${there.host}/team/web`).state).toBe("current");
  expect(images.filter(({ state }) => state === "built")).toHaveLength(1);
  const { out } = await berth("outdated", "dev");
  expect(out).toMatch(/latest is no version, so it moves by itself/);
});

test("a registry that does not answer is one line, and the exit code says so", async () => {
  const there = await make();
  const silent = await make();
  silent.silent = true;
  there.has("team/web", "1.0");
  const web = `${there.host}/team/web:1.0`;
  program({ web, one: `${silent.host}/a:1`, two: `${silent.host}/b:1` });
  runs({});
  const started = Date.now();
  const { of, code, err, errors: failed } = await outdated();
  expect(Date.now() - started).toBeLessThan(20_000);
  expect(code).toBe(1);
  expect(err.match(/^error: /gm)).toHaveLength(1);
  expect(err).toContain(
    `error: ${silent.host} does not answer (no answer in time): not asked for ${silent.host}/a:1, ${silent.host}/b:1`,
  );
  expect(of(web).state).toBe("current");
  expect(failed).toHaveLength(1);
});

test("where nobody else answers, the engine asks", async () => {
  const there = await make();
  const { host } = there;
  await there.close();
  const digest = `sha256:${"3".repeat(64)}`;
  program({ web: `${host}/team/web:1.0` });
  runs({});
  engine.says(`GET /distribution/${host}/team/web:1.0/json`, { Descriptor: { digest } });
  const { of, code } = await outdated();
  expect(of(`${host}/team/web:1.0`)).toMatchObject({
    now: digest,
    by: "the engine",
    noTags: expect.stringMatching(/nobody listens/),
  });
  expect(code).toBe(0);
});

test("an engine that is not there is a note, and the registries are asked all the same", async () => {
  const there = await make();
  there.has("team/web", "1.0");
  program({ web: `${there.host}/team/web:1.0` });
  engine.on("GET /info", "silence");
  const { of, code, unknown } = await outdated();
  expect(of(`${there.host}/team/web:1.0`).state).toBe("current");
  expect(unknown).toBeDefined();
  expect(code).toBe(0);
});

test("--lock writes today's digests, again renews them, and leaves the rest of the file alone", async () => {
  const there = await make();
  const first = there.has("team/web", "1.0", "one");
  const web = `${there.host}/team/web:1.0`;
  program({ web });
  runs({});
  const before = "# mine\nconfig:\n  shop:color: blue # as ever\n";
  writeFileSync(settings, before);
  const { out, code } = await berth("outdated", "dev", "--lock");
  expect(code).toBe(0);
  expect(out).toContain(`${web} is locked at ${first.slice(0, 19)}`);
  expect(readFileSync(settings, "utf8")).toBe(`${before}  berth:images:\n    ${web}: ${first}\n`);

  const plan = await berth("plan", "--json");
  expect(plan.out).toContain(`"image": "${web}@${first}"`);

  const second = there.has("team/web", "1.0", "two");
  expect((await outdated()).of(web)).toMatchObject({ state: "moved", locked: first, now: second });
  expect((await berth("outdated", "dev", "--lock")).out).toContain(`now, before at ${first.slice(0, 19)}`);
  expect(readFileSync(settings, "utf8")).toContain(`${web}: ${second}\n`);
  expect((await berth("outdated", "dev", "--lock")).out).toContain("has these digests already");
  // What cannot be asked keeps its lock.
  await there.close();
  const kept = readFileSync(settings, "utf8");
  expect((await berth("outdated", "dev", "--lock")).code).toBe(1);
  expect(readFileSync(settings, "utf8")).toBe(kept);
});

test("--lock leaves alone what berth does not hand to the engine", async () => {
  const there = await make();
  there.has("team/web", "1.0");
  const web = `${there.host}/team/web:1.0`;
  program(
    {},
    `const docker = require(${JSON.stringify(require.resolve("@pulumi/docker"))});
     new docker.RemoteImage("plain", { name: ${JSON.stringify(web)} });`,
  );
  runs({});
  const { out } = await berth("outdated", "dev", "--lock");
  expect(out).toContain(`${web}: not made by berth; name the digest in the program`);
  expect(() => readFileSync(settings)).toThrow();
});

test("a lock of what the stack does not name goes, and an empty one with its key", () => {
  writeFileSync(settings, `config:\n  berth:images:\n    nginx:1: sha256:1\n    redis:7: sha256:2\n`);
  expect(writeLock(settings, { "nginx:1": "sha256:1" })).toEqual([
    { image: "redis:7", before: "sha256:2", after: undefined },
  ]);
  expect(readFileSync(settings, "utf8")).toBe("config:\n  berth:images:\n    nginx:1: sha256:1\n");
  writeLock(settings, {});
  expect(readFileSync(settings, "utf8")).not.toContain("berth:images");
  rmSync(settings);
  writeLock(settings, { nginx: "sha256:3" });
  expect(readFileSync(settings, "utf8")).toBe("config:\n  berth:images:\n    nginx: sha256:3\n");
});

test("registries without TLS are those that the engine takes as such", () => {
  const config = {
    IndexConfigs: { "registry.lan:5000": { Secure: false }, "docker.io": { Secure: true } },
    InsecureRegistryCIDRs: ["10.0.0.0/8", "::1/128"],
  };
  expect(["registry.lan:5000", "10.1.2.3:5000"].map((host) => isListed(host, config))).toEqual([true, true]);
  expect(["docker.io", "registry.lan", "11.0.0.1:5000"].some((host) => isListed(host, config))).toBe(false);
  expect(isListed("registry.lan:5000", undefined)).toBe(false);
});
