import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clockFindingOf } from "../../../cli/doctor/engine";
import type { Finding } from "../../../cli/doctor/finding";
import { isNewEnough, nodeFinding, stateFinding } from "../../../cli/doctor/here";
import { outsideFindings } from "../../../cli/doctor/outside";
import { fits, passphraseFinding } from "../../../cli/doctor/passphrase";
import { Registry } from "../../../core/engines/dockerApi/registry/registry";
import { run } from "../../../cli/main";
import { FakeSsh } from "../../fakeSsh";
import { useEngine } from "../fakeEngine";
import { registries } from "../registry";

// Nobody outside is asked.
jest.mock("node:dns/promises", () => ({
  lookup: (name: string) =>
    name === "127.0.0.1"
      ? Promise.resolve({})
      : Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" })),
}));

const engine = useEngine();
const make = registries();
const folder = mkdtempSync(join(tmpdir(), "berth-doctor-"));
const environment = { ...process.env };
const place = process.cwd();

/** A program of a few words. */
function program(name: string, words: string): void {
  const file = join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\n${words}\n`);
  chmodSync(file, 0o755);
}

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(DOCKER|PULUMI)_|proxy$/i.test(name)) delete process.env[name];
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["bin", "states", "home/plugins"]) mkdirSync(join(folder, name), { recursive: true });
  program("pulumi", "echo v3.259.0");
  program("pulumi-language-nodejs", "");
  program("pulumi-resource-docker", "");
  Object.assign(process.env, {
    DOCKER_HOST: `unix://${engine.socket}`,
    DOCKER_CONFIG: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "states")}`,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_CONFIG_PASSPHRASE: "berth",
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
  });
  says({});
});
afterEach(() => {
  process.env = { ...environment };
  process.chdir(place);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the engine says of itself, and which images it has. */
function says(info: object, images: string[] = ["nginx:latest"]): void {
  engine.says("GET /version", { Version: "29.0.1", ApiVersion: "1.52" });
  engine.says("GET /info", info);
  engine.says("GET /images/json", [{ RepoTags: images, RepoDigests: null }]);
}

async function doctor(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  jest.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  try {
    const code = await run(["doctor", ...args]);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    jest.restoreAllMocks();
  }
}

async function findings(...args: string[]) {
  const { code, out } = await doctor(...args, "--json");
  const { ok, findings: found } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
  expect(code).toBe(ok ? 0 : 1);
  const of = (what: string) => found.filter((one) => one.what === what);
  return { code, found, of, missing: found.filter(({ standing }) => standing === "missing").map(({ what }) => what) };
}

test("nothing is missing for a stack whose image is there; a cluster is not asked for", async () => {
  const { code, out } = await doctor("nginx");
  expect(out).toContain("Nothing is missing for the stack nginx.\n");
  expect(out).toMatch(/^ok {7}Pulumi CLI {5}3\.259\.0, with its Node\.js host$/m);
  expect(out).toMatch(/^ok {7}images {9}nginx on the engine$/m);
  expect(out).not.toMatch(/kube|cluster/i);
  expect(code).toBe(0);
});

test("what is missing stands with its cure, and the exit code says so", async () => {
  rmSync(join(folder, "bin/pulumi"));
  rmSync(join(folder, "states"), { recursive: true });
  process.env.DOCKER_HOST = `unix://${folder}/none.sock`;
  const { code, out } = await doctor();
  expect(code).toBe(1);
  expect(out).toContain("\n                        curl -fsSL https://get.pulumi.com | sh\n");
  expect(out).toContain(`there is no folder ${folder}/states\n                        mkdir -p ${folder}/states\n`);
  expect(out).toMatch(/^missing {2}Docker engine {2}none (answers )?at unix:/m);
  expect(out).toMatch(/3 things are missing for stacks on a Docker engine/);
});

test("an old CLI, one without its host, and one that does not answer are told apart", async () => {
  program("pulumi", "echo v3.100.0");
  expect((await findings()).of("Pulumi CLI")[0]!.text).toBe("3.100.0; 3.226 or newer is needed");
  program("pulumi", "echo v3.259.0");
  rmSync(join(folder, "bin/pulumi-language-nodejs"));
  expect((await findings()).of("Pulumi CLI")[0]!.text).toMatch(/^3\.259\.0, without pulumi-language-nodejs/);
  program("pulumi", "exec sleep 30");
  const started = Date.now();
  const { of, code } = await findings();
  expect(of("Pulumi CLI")[0]).toMatchObject({ standing: "warning", text: expect.stringMatching(/within 2 s$/) });
  expect(code).toBe(0);
  expect(Date.now() - started).toBeLessThan(4_000);
});

test("an engine that does not answer is waited for two seconds", async () => {
  engine.on("GET /version", "silence");
  const started = Date.now();
  const { of } = await findings();
  expect(Date.now() - started).toBeLessThan(4_000);
  expect(of("Docker engine")[0]).toMatchObject({
    standing: "missing",
    text: expect.stringMatching(/no answer within 2 s/),
  });
});

test("a plugin on PATH does not count where the CLI passes over it", async () => {
  expect((await findings()).of("plugin docker")[0]!.standing).toBe("ok");
  process.env.PULUMI_IGNORE_AMBIENT_PLUGINS = "true";
  mkdirSync(join(folder, "home/plugins/resource-docker-v4.0.0"));
  // A port where nobody listens stands for a network without a way out.
  process.env.HTTPS_PROXY = "http://127.0.0.1:9";
  const { of } = await findings();
  expect(of("plugin docker")[0]).toMatchObject({
    standing: "missing",
    text: expect.stringMatching(/ is not here \(here: 4\.0\.0\), and get\.pulumi\.com does not answer/),
    cure: [
      expect.stringMatching(/^pulumi plugin install resource docker \d+\.\d+\.\d+ --file FILE/),
      expect.anything(),
    ],
  });
});

test("an image that is not there is asked for by the engine, with what helps", async () => {
  says({}, []);
  engine.says("GET /distribution/nginx:latest/json", { Descriptor: { digest: "sha256:1" } });
  const fine = await findings("nginx");
  expect(fine.of("images")[0]).toMatchObject({
    standing: "note",
    text: expect.stringMatching(/fetched by the first `up`/),
  });
  engine.on("GET /distribution/nginx:latest/json", {
    status: 500,
    body: { message: "dial tcp: lookup registry-1.docker.io: no such host" },
  });
  const failed = await findings("nginx");
  expect(failed.missing).toEqual(["images"]);
  expect(failed.of("images")[0]!.cure![0]).toMatch(/give the engine a mirror or a proxy/);
  engine.on("GET /distribution/nginx:latest/json", "silence");
  expect((await findings("nginx")).of("images")[0]!.text).toMatch(/heard nothing of its registry within 2 s/);
});

test("GPUs are missing only for a stack that wants them", async () => {
  says({ OperatingSystem: "Docker Desktop", Runtimes: { runc: {} } }, [
    "nginx:latest",
    "tensorflow/tensorflow:1.15.5-gpu",
  ]);
  expect((await findings("nginx")).missing).toEqual([]);
  const { missing, of } = await findings("gpu");
  expect(missing).toEqual(["GPUs"]);
  expect(of("GPUs")[0]!.cure).toEqual(["pulumi config set host:nvidia true --stack host", "berth up host"]);
  says({ Runtimes: { nvidia: {} } }, ["tensorflow/tensorflow:1.15.5-gpu"]);
  expect((await findings("gpu")).missing).toEqual([]);
});

test("a dead mirror is a warning that names it", async () => {
  const alive = await make();
  const dead = await make();
  const { host } = dead;
  await dead.close();
  says({ RegistryConfig: { Mirrors: [`http://${alive.host}/`, `http://${host}/`] } });
  const { of, code } = await findings();
  expect(of("mirrors")).toEqual([
    {
      what: "mirrors",
      standing: "warning",
      text: `http://${host} does not answer (nobody listens there); each pull from Docker Hub waits for it first`,
      cure: ["berth mirrors    # says which one answers"],
    },
  ]);
  expect(code).toBe(0);
});

test("over ssh, mirrors and the disk are those of the engine's host", async () => {
  const alive = await make();
  const dead = await make();
  const { host } = dead;
  await dead.close();
  const ssh = new FakeSsh().leadTo(`unix://${engine.socket}`);
  try {
    process.env.PATH = `${ssh.bin}:${process.env.PATH}`;
    process.env.DOCKER_HOST = "ssh://ada@gpu1";
    const SystemTime = new Date(Date.now() - 600_000).toISOString();
    says({
      RegistryConfig: { Mirrors: [`http://${alive.host}/`, `http://${host}/`] },
      DockerRootDir: folder,
      SystemTime,
    });
    const { of } = await findings();
    expect(of("disk")[0]!.text).toMatch(new RegExp(`^[\\d.]+ [KMGT]iB free in ${folder}`));
    expect(of("mirrors")).toHaveLength(1);
    expect(of("mirrors")[0]).toMatchObject({ standing: "warning", text: expect.stringContaining(`http://${host} `) });
    expect(of("mirrors")[0]!.cure).toEqual(["berth mirrors --host ssh://ada@gpu1    # says which one answers"]);
    expect(of("clock")[0]!.text).toMatch(/^that of the engine is (59\d|600|601) s behind/);
    const calls = ssh.takeCalls().map((words) => words.join(" "));
    expect(calls.some((words) => words.includes(`-W ${alive.host} -- gpu1`))).toBe(true);
  } finally {
    ssh.close();
  }
});

test("proxies of shell and engine are compared, and no password is shown", async () => {
  process.env.HTTPS_PROXY = "http://ada:hunter2@127.0.0.1:9";
  const { out } = await doctor();
  expect(out).toContain("this shell goes through http://***@127.0.0.1:9, and the engine");
  expect(out).toContain("NO_PROXY lacks localhost");
  expect(out).not.toContain("hunter2");
  says({ HttpsProxy: "http://ada:hunter2@proxy.lan:3128", NoProxy: "localhost" });
  process.env.NO_PROXY = "localhost,127.0.0.1";
  const { of, found } = await findings();
  expect(of("proxies").map(({ standing }) => standing)).toEqual(["ok"]);
  expect(JSON.stringify(found)).not.toContain("hunter2");
});

test("the docker command's own context is not the provider's", async () => {
  delete process.env.DOCKER_HOST;
  process.env.HOME = join(folder, "nobody");
  writeFileSync(join(folder, "home/config.json"), JSON.stringify({ currentContext: "gpu1" }));
  const { of } = await findings();
  expect(of("Docker engine")[0]).toMatchObject({ standing: "warning", cure: ["export DOCKER_CONTEXT=gpu1"] });
});

test("a program that cannot be planned is missing, and the rest is looked at all the same", async () => {
  // In a process of its own: what the SDK leaves behind ends one that does not know of it.
  const args = [join(__dirname, "../../../cli/berth.js"), "doctor", "compose", "--json"];
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) =>
    execFile(process.execPath, args, { env: process.env }, (error, stdout) => resolve({ code: error?.code, stdout })),
  );
  expect(code).toBe(1);
  const { findings: found } = JSON.parse(stdout) as { findings: Finding[] };
  const program = found.find(({ what }) => what === "program");
  expect(program).toMatchObject({
    standing: "missing",
    text: expect.stringMatching(/cannot be planned: .*compose\.yaml/),
  });
  expect(found.find(({ what }) => what === "Docker engine")!.standing).toBe("ok");
});

test("a stack that has no program is refused", async () => {
  const { code, err } = await doctor("ngixn");
  expect(code).toBe(1);
  expect(err).toBe('error: there is no program for the stack "ngixn"; did you mean nginx?\n');
});

// Made by the Pulumi CLI 3.259 with the passphrase "berth".
const SALT = "v1:o0hd5duXAEg=:v1:RFY+t8fY++CvWFHt:6gVWHglof9uT99QhZlk+2xC0ePQhDA==";

test("a passphrase is compared with what the CLI has encrypted", async () => {
  expect(await fits(SALT, "berth")).toBe(true);
  expect(await fits(SALT, "Berth")).toBe(false);
  for (const odd of ["v2:x:y", "v1:o0hd5duXAEg=:v1::", "v1:x:v1:y:z:"])
    expect(await fits(odd, "berth")).toBeUndefined();
  writeFileSync(join(folder, "Pulumi.web.yaml"), `encryptionsalt: ${SALT}\n`);
  const standing = async (env: NodeJS.ProcessEnv) => (await passphraseFinding(folder, "web", env)).standing;
  expect(await standing({ PULUMI_CONFIG_PASSPHRASE: "berth" })).toBe("ok");
  expect(await standing({ PULUMI_CONFIG_PASSPHRASE: "other" })).toBe("missing");
  expect(await standing({})).toBe("missing");
  mkdirSync(join(folder, ".berth"));
  writeFileSync(join(folder, ".berth/passphrase"), "berth\n");
  expect(await standing({})).toBe("ok");
  expect((await passphraseFinding(folder, "other", {})).text).toBe("in .berth/passphrase");
});

test("Docker Hub and the clock are noted, and are never missing", async () => {
  const there = await make();
  const found = await outsideFindings(new Registry(`http://${there.host}`));
  expect(found.map(({ what, standing }) => [what, standing])).toEqual([
    ["DNS", "ok"],
    ["Docker Hub", "ok"],
    ["clock", "ok"],
  ]);
  expect((await outsideFindings()).map(({ what, standing }) => [what, standing])).toEqual([["DNS", "note"]]);
  const now = Date.parse("2026-11-27T00:00:00Z");
  const late = clockFindingOf(new Date(now - 300_000), "the engine", now);
  expect(late).toMatchObject({ standing: "warning", text: "that of the engine is 300 s behind this machine's" });
});

test("versions are compared by number", () => {
  expect(["v22.0.0", "v24.1.0"].map((version) => nodeFinding(version).standing)).toEqual(["ok", "ok"]);
  expect(["v20.15.0", "v21.9.0"].map((version) => nodeFinding(version).standing)).toEqual(["warning", "warning"]);
  expect(["v20.9.0", "v18.20.0"].map((version) => nodeFinding(version).standing)).toEqual(["missing", "missing"]);
  expect(isNewEnough("3.1000.0", [3, 226])).toBe(true);
});

test("a state in a service needs a login", async () => {
  const project = { folder, name: "web", own: true };
  process.env.PULUMI_BACKEND_URL = "https://pulumi.example";
  expect(stateFinding(project)).toMatchObject({
    standing: "missing",
    cure: ["pulumi login https://pulumi.example"],
  });
  const accounts = { "https://pulumi.example": {} };
  writeFileSync(join(folder, "home/credentials.json"), JSON.stringify({ accounts }));
  expect(stateFinding(project).standing).toBe("ok");
  process.env.PULUMI_BACKEND_URL = "s3://bucket?region=x";
  expect(stateFinding(project)).toMatchObject({
    standing: "note",
    text: expect.stringMatching(/^at s3:\/\/bucket,/),
  });
  delete process.env.PULUMI_BACKEND_URL;
  expect(stateFinding(project).cure).toContain("pulumi login --local");
});
