import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { DaemonConfig, type DaemonConfigArgs } from "../../../components/daemonConfig";
import type { HostFacts } from "../../../core/host/facts";
import { HostError } from "../../../core/host/look";
import { type Look, lookWith } from "../../../core/host/looks";
import { type World, world } from "../mocks";
import { sentence } from "../refusal";
import { debian, withFile } from "./facts";

const COMMAND = "command:local:Command";

let w: World;
beforeEach(async () => {
  w = await world({ stack: "host", preview: true });
});
afterEach(() => lookWith(undefined));

/** What a host's look gives, and how often it was asked. */
function looking(facts: HostFacts): jest.Mock<ReturnType<Look>, Parameters<Look>> {
  const look = jest.fn<ReturnType<Look>, Parameters<Look>>(async () => facts);
  lookWith(look);
  return look;
}

const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  pulumi.log.info = async (message) => void said.push(message);
});

/** The settings inside a job's text. */
function settingsOf(text: unknown): Record<string, string> {
  const [, block] = /<<'BERTH_SETTINGS_END_HERE'\n([\s\S]*?)\nBERTH_SETTINGS_END_HERE/.exec(text as string)!;
  return Object.fromEntries(
    block!.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 2, -1)]),
  );
}
const targetOf = (text: unknown): unknown => JSON.parse(Buffer.from(settingsOf(text).target!, "base64").toString());

describe("what is registered", () => {
  test("one command, whose text is secret, over the connection", async () => {
    looking(debian());
    new DaemonConfig("gpu1", { connection: { host: "gpu1", user: "ada" }, registryMirrors: ["https://a"] });
    await w.done();
    const command = w.one(COMMAND, "gpu1");
    expect(command.inputs.interpreter).toEqual(expect.arrayContaining(["ssh", "-l", "ada", "gpu1"]));
    expect(command.inputs).toMatchObject({ create: "sh -s -- apply", delete: "sh -s -- remove", triggers: ["gpu1"] });
    // The plugin would only update; another machine has to get its own, and this one what it had.
    expect(command.replaceOnChanges).toEqual(["triggers[*]"]);
    expect(command.secrets).toEqual(["stdin"]);
    expect(settingsOf(command.inputs.stdin)).toMatchObject({
      kind: "daemon-config",
      owner: "berth/host",
      resource: "gpu1",
      reached: "gpu1",
    });
    expect(targetOf(command.inputs.stdin)).toEqual({ "registry-mirrors": ["https://a"], "live-restore": true });
  });

  test("the documented settings", async () => {
    const facts = debian();
    facts.engine!.version = "27.0.3";
    looking(facts);
    new DaemonConfig("host", {
      registryMirrors: ["https://docker.m.daocloud.io", "https://mirror.ccs.tencentyun.com"],
      insecureRegistries: ["registry.docker-cn.com"],
      debug: true,
      logDriver: "json-file",
      logOpts: { "max-size": "100m", "max-file": 3 },
      maxConcurrentDownloads: 10,
      maxConcurrentUploads: 5,
      runtimes: { nvidia: { args: [], path: "nvidia-container-runtime" } },
      proxies: { httpProxy: "http://proxy_server:3128", httpsProxy: "http://proxy_server:3128" },
      dataRoot: "/home/data/docker",
      settings: { experimental: false },
    });
    await w.done();
    expect(targetOf(w.one(COMMAND).inputs.stdin)).toEqual({
      experimental: false,
      "registry-mirrors": ["https://docker.m.daocloud.io", "https://mirror.ccs.tencentyun.com"],
      "insecure-registries": ["registry.docker-cn.com"],
      debug: true,
      "log-driver": "json-file",
      "log-opts": { "max-size": "100m", "max-file": "3" },
      "max-concurrent-downloads": 10,
      "max-concurrent-uploads": 5,
      runtimes: { nvidia: { args: [], path: "nvidia-container-runtime" } },
      proxies: { "http-proxy": "http://proxy_server:3128", "https-proxy": "http://proxy_server:3128" },
      "data-root": "/home/data/docker",
      "live-restore": true,
    });
  });

  test("a private key is handed over as a secret and stands nowhere else", async () => {
    looking(debian());
    const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n";
    new DaemonConfig("gpu1", { connection: { host: "gpu1", privateKey: pulumi.secret(key) }, debug: true });
    await w.done();
    const command = w.one(COMMAND);
    expect(command.secrets.sort()).toEqual(["environment.BERTH_PRIVATE_KEY", "stdin"]);
    expect(JSON.stringify({ ...command.inputs, environment: undefined })).not.toContain("c2VjcmV0");
    expect(JSON.stringify(w.one("berth:host:DaemonConfig").inputs)).not.toContain("c2VjcmV0");
  });

  test("a password in a proxy is secret, however it was given", async () => {
    const facts = debian();
    facts.engine!.version = "27.0.3";
    looking(facts);
    new DaemonConfig("a", { proxies: { httpProxy: "http://ada:pw@p:1", noProxy: "localhost" } });
    await w.done();
    expect(w.one("berth:host:DaemonConfig").secrets).toEqual(["proxies.httpProxy"]);
    expect(said.join()).not.toContain("pw@");
  });
});

describe("the look", () => {
  test("one for each host in a program, and its plan is said in a preview", async () => {
    const look = looking(debian());
    new DaemonConfig("a", { connection: { host: "gpu1" }, debug: true });
    new DaemonConfig("b", { connection: { host: "gpu2" }, debug: true });
    await w.done();
    expect(look).toHaveBeenCalledTimes(2);
    expect(said).toContain(
      "gpu1:\n  /etc/docker/daemon.json: debug becomes true\n  /etc/docker/daemon.json: live-restore becomes true\n  the engine reloads its settings; nothing stops",
    );
  });

  test("a host that is as declared is sent what it was sent last", async () => {
    const args: DaemonConfigArgs = { connection: { host: "gpu1" }, debug: true };
    looking(debian());
    new DaemonConfig("gpu1", args);
    await w.done();
    const { stdin } = w.one(COMMAND).inputs;
    const settings = settingsOf(stdin);
    const text = Buffer.from(settings.target!, "base64").toString();

    w = await world({ stack: "host", preview: true });
    said.length = 0;
    // Another plan would give another text: the file is no longer absent.
    const facts = debian(
      { ...withFile(text), records: { "daemon-config": { text: recordText(stdin), values: settings } } },
      { Debug: true, LiveRestoreEnabled: true },
    );
    looking(facts);
    new DaemonConfig("gpu1", args);
    await w.done();
    expect(said).toEqual([]);
    expect(w.one(COMMAND).inputs.stdin).toBe(stdin);

    w = await world({ stack: "host", preview: true });
    looking({ ...facts, ...withFile(text.replace("true", "false")) });
    new DaemonConfig("gpu1", args);
    await w.done();
    expect(w.one(COMMAND).inputs.stdin).not.toBe(stdin);
    expect(said).toHaveLength(1);
  });

  test("the same drift a second time is put right a second time", async () => {
    const facts = debian(withFile('{"debug": false}'));
    const texts: unknown[] = [];
    for (let time = 0; time < 2; time++) {
      w = await world({ stack: "host", preview: true });
      looking(facts);
      new DaemonConfig("gpu1", { connection: { host: "gpu1" }, debug: true });
      await w.done();
      texts.push(w.one(COMMAND).inputs.stdin);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(texts[0]).not.toBe(texts[1]);
  });

  test("what the host happens to have already is only noted there", async () => {
    const args = { connection: { host: "gpu1" }, debug: true };
    looking(debian());
    new DaemonConfig("gpu1", args);
    await w.done();
    const { stdin } = w.one(COMMAND).inputs;
    const values = settingsOf(stdin);
    const text = Buffer.from(values.target!, "base64").toString();

    w = await world({ stack: "host", preview: true });
    said.length = 0;
    const records = { "daemon-config": { text: recordText(stdin), values } };
    looking(debian({ ...withFile(text), records }, { Debug: true, LiveRestoreEnabled: true }));
    new DaemonConfig("gpu1", { ...args, liveRestore: true });
    await w.done();
    expect(said).toEqual(["gpu1:\n  nothing changes there but berth's own record"]);
    expect(w.one(COMMAND).inputs.stdin).not.toBe(stdin);
  });

  test("nobody is asked in a plan without hooks", async () => {
    w = await world({ hooks: false, preview: true });
    new DaemonConfig("gpu1", { connection: { host: "gpu1" }, debug: true });
    await w.done();
    expect(targetOf(w.one(COMMAND).inputs.stdin)).toEqual({ debug: true, "live-restore": true });
  });

  test("a host that cannot be reached ends the program with one sentence", async () => {
    lookWith(async () => {
      throw new HostError("gpu1 cannot be set up (Connection refused); check its port.");
    });
    new DaemonConfig("gpu1", { connection: { host: "gpu1" }, debug: true });
    await w.done();
    expect(w.lateErrors()).toEqual([
      'DaemonConfig "gpu1": gpu1 cannot be set up (Connection refused); check its port.',
    ]);
    expect(w.all(COMMAND)).toEqual([]);
  });

  test("another stack's host is refused", async () => {
    looking(debian({ records: { "daemon-config": { text: "", values: { owner: "berth/host-other" } } } }));
    new DaemonConfig("gpu1", { connection: { host: "gpu1" }, debug: true });
    await w.done();
    expect(w.lateErrors()).toEqual([
      'DaemonConfig "gpu1": connection: the stack berth/host-other sets this up on gpu1 already; destroy it there first, or delete /var/lib/berth/daemon-config on the host if that stack is gone.',
    ]);
  });

  test("a machine without the tools of a job is refused", async () => {
    const facts = debian();
    facts.tools.delete("flock");
    looking(facts);
    new DaemonConfig("gpu1", { debug: true });
    await w.done();
    expect(w.lateErrors()).toEqual([expect.stringContaining("has no flock; install util-linux and coreutils there")]);
  });

  test("in a swarm live-restore is left alone", async () => {
    looking(debian({}, { Swarm: { LocalNodeState: "active" } }));
    new DaemonConfig("gpu1", { debug: true });
    await w.done();
    expect(targetOf(w.one(COMMAND).inputs.stdin)).toEqual({ debug: true });
  });
});

const recordText = (stdin: unknown): string =>
  /<<'BERTH_SETTINGS_END_HERE'\n([\s\S]*?)\nBERTH_SETTINGS_END_HERE/.exec(stdin as string)![1]!;

describe("a note's file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-note-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const note = (text: string) => {
    const file = join(folder, "daemon.json");
    writeFileSync(file, text);
    return file;
  };

  test("its slips are said, and typed arguments win", async () => {
    looking(debian());
    const file = note('{"registry-mirrors": ["https://a"], "registry-mirrors": ["https://b"], "debug": true // all\n}');
    new DaemonConfig("h", { file, debug: false });
    await w.done();
    expect(w.warnings.map((warning) => warning.replace(file, "F"))).toEqual([
      expect.stringContaining("F: line 1: a comment"),
      expect.stringContaining("F: registry-mirrors stands 2 times"),
    ]);
    expect(targetOf(w.one(COMMAND).inputs.stdin)).toEqual({
      "registry-mirrors": ["https://a", "https://b"],
      debug: false,
      "live-restore": true,
    });
  });

  test("what is wrong in it is said with the file", () => {
    expect(sentence(() => new DaemonConfig("a", { file: note('{"mtu": "big"}') }))).toContain(
      'file: mtu: "big" is not a whole number',
    );
    expect(sentence(() => new DaemonConfig("b", { file: note("{") }))).toContain(
      "line 1, column 2: a } is missing here",
    );
    expect(sentence(() => new DaemonConfig("c", { file: join(folder, "none.json") }))).toContain(
      "none.json cannot be read",
    );
  });
});

test.each<[string, unknown, string]>([
  ["connection", { host: "" }, "connection.host"],
  ["file", "", 'file: "" is not a path'],
  ["registryMirrors", "https://a", "registryMirrors: is text; give a list."],
  ["registryMirrors", ["mirror.example.com"], "registryMirrors[0]"],
  ["registryMirrors", ["https://a/v2/x"], 'registryMirrors[0]: "https://a/v2/x" has more than a host and a port'],
  ["registryMirrors", ["https://a", "https://a"], 'registryMirrors[1]: "https://a" stands twice in the list'],
  ["insecureRegistries", ["http://a"], 'insecureRegistries[0]: "http://a" begins with a scheme'],
  ["insecureRegistries", ["10.0.0.0/99"], "insecureRegistries[0]"],
  ["debug", "yes", "debug: is text; give true or false."],
  ["logDriver", "jsonfile", 'logDriver: "jsonfile" is not a log driver'],
  ["logOpts", { "max-size": "100 apples" }, "logOpts.max-size"],
  ["logOpts", "max-size=1m", "logOpts: is text; give an object."],
  ["maxConcurrentDownloads", 0, "maxConcurrentDownloads: 0 is not a whole number"],
  ["maxConcurrentUploads", 2.5, "maxConcurrentUploads"],
  ["runtimes", { runc: { path: "x" } }, "runtimes.runc: is a name that dockerd keeps for itself"],
  ["runtimes", { nvidia: {} }, "runtimes.nvidia.path: is missing"],
  ["defaultRuntime", "", "defaultRuntime"],
  ["proxies", { ftpProxy: "x" }, "proxies.ftpProxy: is no proxy"],
  ["dataRoot", "data", 'dataRoot: "data" is not a folder of the host'],
  ["dataRoot", "/a/../b", "dataRoot"],
  ["dataRoot", "/", "dataRoot"],
  ["storageDriver", "", "storageDriver"],
  ["labels", ["ssd"], 'labels[0]: "ssd" is not a label'],
  ["dns", [""], "dns[0]"],
  ["bip", 7, "bip: is a number; give text."],
  ["mtu", "big", "mtu"],
  ["liveRestore", 1, "liveRestore: is a number; give true or false."],
  [
    "settings",
    { "registry-mirror": ["https://a"] },
    "settings.registry-mirror: is called registry-mirrors in daemon.json; write registry-mirrors in its place.",
  ],
  ["settings", { graph: "/x" }, "settings.graph: is called data-root today; write data-root in its place."],
  [
    "settings",
    { "http-proxy": "http://x" },
    'settings.http-proxy: is called proxies: { "http-proxy": ... } in daemon.json; write proxies: { "http-proxy": ... } in',
  ],
  ["settings", { "cluster-store": "x" }, "settings.cluster-store: went with Swarm's predecessor; leave it out."],
  ["settings", { "registry-mirorrs": [] }, "use registry-mirrors"],
  ["settings", { "log-level": "loud" }, 'settings.log-level: "loud" is not known here'],
  ["startTimeout", 1, "startTimeout"],
  ["copyTimeout", "soon", "copyTimeout"],
  ["mirrors", [], "mirrors: is not an argument of DaemonConfig; see the type DaemonConfigArgs for the arguments."],
])("refused before anything is made: %s %j", async (argument, given, message) => {
  const text = sentence(() => new DaemonConfig("h", { [argument]: given } as DaemonConfigArgs));
  expect(text).toMatch(/^DaemonConfig "h": /);
  expect(text).toContain(message);
  await w.done();
  expect(w.resources.map(({ type }) => type).filter((type) => type !== "pulumi:pulumi:Stack")).toEqual([]);
});

test("one argument in two places", () => {
  expect(sentence(() => new DaemonConfig("h", { debug: true, settings: { debug: false } }))).toContain(
    "settings.debug: stands beside debug; give one of them",
  );
});

test("one host declared twice", () => {
  looking(debian());
  new DaemonConfig("a", { connection: { host: "gpu1" } });
  expect(sentence(() => new DaemonConfig("b", { connection: { host: "gpu1", user: "ada" } }))).toContain(
    '"a" sets up the daemon-config of gpu1 too; declare it once for each host',
  );
  return w.done();
});
