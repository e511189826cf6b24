import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCandidates } from "../../../cli/mirrors/candidates";
import { agreements, fewAtOnce, type Measured } from "../../../cli/mirrors/measure";
import { run } from "../../../cli/main";
import { FakeSsh } from "../../fakeSsh";
import { useEngine } from "../fakeEngine";
import { refusal } from "../refusal";
import { registries } from "../registry";

const engine = useEngine();
const make = registries();
const folder = mkdtempSync(join(tmpdir(), "berth-mirrors-"));
const environment = { ...process.env };
const ROOT = join(__dirname, "../../..");
const SETTINGS = join(ROOT, "Pulumi.host-test.yaml");
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^DOCKER_|proxy$/i.test(name)) delete process.env[name];
  // A port where nobody listens: Docker Hub is not asked for real.
  process.env.HTTPS_PROXY = "http://127.0.0.1:9";
  process.env.DOCKER_HOST = `unix://${engine.socket}`;
  uses();
});
afterEach(() => {
  process.env = { ...environment };
  rmSync(SETTINGS, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The mirrors in the engine's daemon.json. */
const uses = (...hosts: string[]) =>
  engine.says("GET /info", {
    Architecture: "x86_64",
    RegistryConfig: { Mirrors: hosts.map((host) => `http://${host}/`) },
  });

const mirror = async (content = "busybox") => {
  const there = await make();
  there.has("library/busybox", "latest", content);
  return there;
};
const gone = async () => {
  const there = await make();
  const { host } = there;
  await there.close();
  return host;
};

async function mirrors(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  jest.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  try {
    const code = await run(["mirrors", ...args]);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    jest.restoreAllMocks();
  }
}

interface Told extends Measured {
  agreement?: string;
  used: boolean;
  ok: boolean;
}

async function told(...args: string[]) {
  const { code, out } = await mirrors(...args, "--json");
  const { mirrors: rows } = JSON.parse(out) as { mirrors: Told[] };
  return { code, of: (host: string) => rows.find(({ url }) => url === `http://${host}`)! };
}

test("mirrors are measured; a dead one that the engine uses is told by the exit code", async () => {
  const [one, two] = [await mirror(), await mirror()];
  const dead = await gone();
  uses(one.host);
  const fine = await told(`http://${two.host}`, `http://${dead}/`);
  expect(fine.code).toBe(0);
  expect(fine.of(one.host)).toMatchObject({ ok: true, used: true, agreement: "others" });
  expect(fine.of(two.host).speed).toBeGreaterThan(0);
  expect(fine.of(two.host).latency).toBeGreaterThanOrEqual(0);
  expect(fine.of(dead)).toMatchObject({ ok: false, used: false, error: expect.stringMatching(/nobody listens there/) });
  expect(two.calls.filter((call) => /\/blobs\//.test(call))).toHaveLength(1);
  uses(one.host, dead);
  const { code, out } = await mirrors(`http://${two.host}`);
  expect(code).toBe(1);
  expect(out).toMatch(
    new RegExp(
      `http://${dead} +dead +does not answer \\(nobody listens there\\); the engine uses it, and each pull waits`,
    ),
  );
});

test("one that has another image than the others is not used", async () => {
  const [one, two, other] = [await mirror(), await mirror(), await mirror("something else")];
  const { of, code } = await told(...[one, two, other].map(({ host }) => `http://${host}`));
  expect(code).toBe(0);
  expect([one, two, other].map(({ host }) => of(host).ok)).toEqual([true, true, false]);
  expect(of(other.host).agreement).toBe("differs");
});

test("one that has not the image, or wants a login, is of no use", async () => {
  const empty = await make();
  const closed = await mirror();
  closed.login = { username: "ada", password: "x", by: "token" };
  const { of, code } = await told(`http://${empty.host}`, `http://${closed.host}`);
  expect(code).toBe(1);
  expect(of(empty.host).error).toMatch(/has no such image/);
  expect(of(closed.host).error).toMatch(/does not let you read it/);
});

test("Docker Hub's digest counts for more than those of mirrors that agree", () => {
  const one = (url: string, digest?: string): Measured => ({ url, ...(digest && { digest }) });
  const [a, b, c] = [one("a", "1"), one("b", "1"), one("c", "2")];
  expect([...agreements([a, b, c], one("hub", "2")).values()]).toEqual(["differs", "differs", "hub"]);
  expect([...agreements([a, b, c], one("hub")).values()]).toEqual(["others", "others", "differs"]);
  expect([...agreements([a, c], one("hub")).values()]).toEqual(["differs", "differs"]);
  expect([...agreements([a, one("dead")], one("hub")).values()]).toEqual(["alone"]);
});

test("from the engine's host, by ssh", async () => {
  const there = await mirror();
  const ssh = new FakeSsh().leadTo(`unix://${engine.socket}`);
  try {
    process.env.PATH = `${ssh.bin}:${process.env.PATH}`;
    uses(there.host);
    const { of } = await told("--host", "ssh://ada@gpu1:2222");
    expect(of(there.host).ok).toBe(true);
    const calls = ssh.takeCalls().map((words) => words.join(" "));
    expect(calls.some((words) => words.includes(`-l ada -p 2222`) && words.includes(`-W ${there.host} -- gpu1`))).toBe(
      true,
    );
    expect(calls.some((words) => words.includes("-W registry-1.docker.io:443 -- gpu1"))).toBe(true);
  } finally {
    ssh.close();
  }
});

test("--write puts them into the settings of a stack about that machine, and leaves the rest alone", async () => {
  const [one, two] = [await mirror(), await mirror()];
  const dead = await gone();
  const urls = [one, two].map(({ host }) => `http://${host}`);
  writeFileSync(SETTINGS, "# mine\nconfig:\n  host:users: [ada]\n");
  const { code, out } = await mirrors(...urls, `http://${dead}`, "--write", "--stack", "host-test");
  expect(code).toBe(0);
  expect(out).toContain("`berth preview host-test` shows what that changes");
  const text = readFileSync(SETTINGS, "utf8");
  expect(text).toMatch(/^# mine\nconfig:\n {2}host:users: \[ ?ada ?\]\n {2}host:registryMirrors:\n/);
  for (const url of urls) expect(text).toContain(`    - ${url}\n`);
  expect(text).not.toContain(dead);
  jest.spyOn(console, "log").mockImplementation();
  const plan = await run(["plan", "host-test"]);
  jest.restoreAllMocks();
  expect(plan).toBe(0);
});

test("--write does not write about another machine, nor where none is of use", async () => {
  const there = await mirror();
  writeFileSync(SETTINGS, "config:\n  host:address: gpu1\n");
  const refused = await mirrors(`http://${there.host}`, "--write", "--stack", "host-test");
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("--write: the stack host-test is about gpu1, and unix:");
  expect(there.calls).toEqual([]);
  writeFileSync(SETTINGS, "config: {}\n");
  const none = await mirrors(`http://${await gone()}`, "--write", "--stack", "host-test");
  expect(none.code).toBe(1);
  expect(none.err).toContain("error: no mirror is of use, and nothing was written");
  expect(readFileSync(SETTINGS, "utf8")).toBe("config: {}\n");
});

test("a mirror that nobody confirms is written with a warning", async () => {
  const there = await mirror();
  const { err, code } = await mirrors(`http://${there.host}`, "--write", "--stack", "host-test");
  expect(code).toBe(0);
  expect(err).toContain("warning: a mirror can serve anything");
});

test.each<[string[], string]>([
  [["ftp://x"], 'mirrors: "ftp://x" is not a URL'],
  [["https://mirror.example/path"], "has more than a host and a port"],
  [["https://mirror.example", "--stack", "host"], "--stack: says where --write writes; add --write"],
  [["https://mirror.example", "--write", "--stack", "nginx"], '--stack: "nginx" is not about a machine'],
  [["https://mirror.example", "--image", "ghcr.io/a/b"], "--image: name one of Docker Hub"],
])("%j is refused", async (args, message) => {
  const { code, err } = await mirrors(...args);
  expect(err).toContain(message);
  expect(code).toBe(2);
});

test("without any there is nothing to ask", async () => {
  const { code, err } = await mirrors();
  expect(err).toContain("mirrors: there is none to ask; name some, or list them in mirrors.yaml");
  expect(code).toBe(2);
});

describe("a file of mirrors", () => {
  const file = join(folder, "mirrors.yaml");
  const written = (text: string) => {
    writeFileSync(file, text);
    return file;
  };
  const NOW = Date.parse("2026-11-27");

  test("has a date, and is old after two months", () => {
    const text = "date: 2026-11-01\nmirrors:\n  - https://a.example/\n";
    expect(readCandidates(written(text), NOW)).toEqual({ mirrors: ["https://a.example"] });
    expect(readCandidates(written(text), NOW + 60 * 86_400_000).warning).toMatch(/is of 2026-11-01, 86 days ago/);
  });

  test.each([
    ["mirrors: []", "date: null is no day"],
    ["date: soon\nmirrors: []", 'date: "soon" is no day'],
    ["date: 2026-11-01\nmirror: []", "mirror: is not a field of a list of mirrors"],
    ["date: 2026-11-01\nmirrors: https://a.example", "mirrors: is no list"],
    ["date: 2026-11-01\nmirrors: [a.example]", 'mirrors[0]: "a.example" is not a URL'],
    ["- https://a.example", "is no list of mirrors"],
  ])("%j is refused", (text, problem) => {
    expect(refusal(() => readCandidates(written(text), NOW))).toContain(problem);
  });

  test("is asked where it is named", async () => {
    const there = await mirror();
    const list = written(`date: ${new Date().toISOString().slice(0, 10)}\nmirrors: ["http://${there.host}"]\n`);
    expect((await told("--from", list)).of(there.host).ok).toBe(true);
  });
});

test("only a few are asked at once, and the answers keep their order", async () => {
  let running = 0;
  let most = 0;
  const results = await fewAtOnce([5, 4, 3, 2, 1], 2, async (wait) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, wait * 5));
    running -= 1;
    return wait;
  });
  expect(results).toEqual([5, 4, 3, 2, 1]);
  expect(most).toBe(2);
});
