import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DaemonConfigArgs } from "../../components/daemonConfig";
import { describeIf } from "../skips";
import { LabHost, missingHostStacks } from "./host";
import { errorsOf, removeFolders, type Result, ROOT, Stack, until } from "./liveStack";

jest.setTimeout(120_000);

const CONFIG = "/etc/docker/daemon.json";

const root = JSON.stringify(ROOT);
const PROGRAM = `delete require.extensions[".ts"];
require(${root} + "/core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");
const { Config } = require("@pulumi/pulumi");
const { DaemonConfig } = require(${root} + "/components/daemonConfig");
const { DockerEngine } = require(${root} + "/components/dockerEngine");
const { NvidiaToolkit } = require(${root} + "/components/nvidiaToolkit");
module.exports = () => {
  const { connection, daemon, engine, nvidia } = JSON.parse(require("fs").readFileSync("host.json", "utf8"));
  const privateKey = new Config().getSecret("privateKey");
  const reached = privateKey ? { ...connection, privateKey } : connection;
  if (engine) new DockerEngine("engine", { connection: reached, ...engine });
  if (nvidia) new NvidiaToolkit("nvidia", { connection: reached, ...nvidia });
  return { report: new DaemonConfig("daemon", { connection: reached, ...daemon }).report };
};
`;

/** The notes' daemon.json. */
const DOCUMENTED = {
  "registry-mirrors": ["https://mirror.example.com", "http://10.1.2.3:5000"],
  "insecure-registries": ["registry.example.com:5000", "10.0.0.0/8"],
  debug: true,
  experimental: false,
  "log-driver": "json-file",
  "log-opts": { "max-size": "100m" },
  "max-concurrent-downloads": 10,
  "max-concurrent-uploads": 5,
  runtimes: { nvidia: { path: "nvidia-container-runtime", args: [] as string[] } },
};

/** The same as arguments. */
const DECLARED: DaemonConfigArgs = {
  registryMirrors: DOCUMENTED["registry-mirrors"],
  insecureRegistries: DOCUMENTED["insecure-registries"],
  debug: true,
  settings: { experimental: false },
  logDriver: "json-file",
  logOpts: { "max-size": "100m" },
  maxConcurrentDownloads: 10,
  maxConcurrentUploads: 5,
  runtimes: DOCUMENTED.runtimes,
};

/** Differs by host and by moment. */
const OWN = ["ID", "Name", "SystemTime", "NFd", "NGoroutines", "NEventsListener"];

type Info = Record<string, unknown>;

/** What a failed run must leave alone: the files, the settings that the engine runs with, and the containers. */
const SNAPSHOT = `ls -lA --time-style=+ /etc/docker | grep -v total
cat ${CONFIG} 2>/dev/null || echo none
cat /var/lib/berth/*/settings 2>/dev/null | sha256sum
docker info --format '{{.DockerRootDir}} {{.Driver}} {{.Debug}} {{.LiveRestoreEnabled}} {{.Labels}} {{.RegistryConfig.Mirrors}}'
docker info --format '{{json .RegistryConfig.IndexConfigs}} {{range $name, $_ := .Runtimes}}{{$name}} {{end}}'
docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort`;

describeIf(missingHostStacks, "daemon.json of a remote host, with the real command plugin", () => {
  let host: LabHost;
  let stack: Stack;

  /** A host as the documented installation leaves it, with an image and a container that runs. */
  const prepare = (one: LabHost) =>
    one.exec(`apt-get -q -y update >/dev/null && apt-get -q -y install docker.io >/dev/null 2>&1
docker load -q -i /srv/busybox.tar
docker run -d --name lives busybox:lab sh -c 'trap exit TERM; while :; do sleep 1; done'`);
  const declare = (daemon: DaemonConfigArgs, rest: object = {}, to = stack) =>
    writeFileSync(
      join(to.folder, "host.json"),
      JSON.stringify({ connection: host.connection("ada"), daemon, ...rest }),
    );
  const create = async (name: string, secrets?: Record<string, string>) => {
    const made = await Stack.create(name, { secrets });
    writeFileSync(join(made.folder, "index.js"), PROGRAM);
    return made;
  };
  const fresh = async (name: string) => {
    host.reset();
    prepare(host);
    stack = await create(name);
  };
  const info = (one = host) => JSON.parse(one.exec("docker info --format '{{json .}}'")) as Info;
  const config = () => JSON.parse(host.read(CONFIG)!) as Record<string, unknown>;
  const pid = () => host.exec("cat /var/run/docker.pid");
  const started = () => host.exec("docker inspect --format '{{.State.Running}} {{.State.StartedAt}}' lives");
  const snapshot = () => host.exec(SNAPSHOT);
  /** What a run says about the host, without the CLI's own lines. */
  const failing = async (run: (args?: string[]) => Promise<Result>, ...parts: string[]) => {
    const before = snapshot();
    const result = await run();
    const errors = errorsOf(result);
    expect(result.code).not.toBe(0);
    for (const part of parts) expect(errors).toContain(part);
    // Never a stack trace.
    expect(errors).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(snapshot()).toBe(before);
    return errors;
  };
  const up = (args?: string[]) => stack.tryUp(args);
  const preview = (args?: string[]) => stack.preview(args);

  beforeAll(() => {
    host = LabHost.up("daemon");
  });
  afterAll(() => {
    if (!process.env.BERTH_LIVE_KEEP) host.down();
    removeFolders();
  });

  describe("the documented settings", () => {
    let byHand: LabHost;
    beforeAll(async () => {
      byHand = LabHost.up("daemonhand");
      prepare(byHand);
      await fresh("documented");
    });
    afterAll(() => byHand.down());

    it("says at preview what would change, and changes nothing", async () => {
      declare(DECLARED);
      const before = snapshot();
      const { output, code } = await preview();
      expect(code).toBe(0);
      expect(output).toContain("log-opts becomes");
      expect(output).toContain("the engine restarts, which it must for this; the running container keeps running");
      expect(snapshot()).toBe(before);
    });

    it("gives the file and the engine that the documented steps give, and lets containers live on", async () => {
      byHand.write(CONFIG, JSON.stringify(DOCUMENTED));
      byHand.exec("service docker stop && while pidof dockerd; do sleep 0.1; done && service docker start");
      byHand.exec("until docker info >/dev/null 2>&1; do sleep 0.2; done; docker start lives");
      const [engine, container] = [pid(), started()];

      await stack.up();
      // live-restore is berth's own, so that containers live on.
      expect(config()).toEqual({ ...DOCUMENTED, "live-restore": true });
      expect(host.exec(`stat -c '%a %U' ${CONFIG}`)).toBe(byHand.exec(`stat -c '%a %U' ${CONFIG}`));
      const left = (one: Info) => Object.fromEntries(Object.entries(one).filter(([name]) => !OWN.includes(name)));
      expect(left(info())).toEqual({ ...left(info(byHand)), LiveRestoreEnabled: true });
      expect(pid()).not.toBe(engine);
      expect(started()).toBe(container);
    });

    it("does nothing the second time, over one connection", async () => {
      const [engine, sessions] = [pid(), host.sessions()];
      expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
      expect(host.sessions()).toBe(sessions + 1);
      expect((await stack.up()).output).toMatch(/3 unchanged/);
      expect(pid()).toBe(engine);
    });

    it("makes one connection for all components of a host", async () => {
      // A driver and a GPU, as far as a look sees them.
      host.exec(`mount -t tmpfs driver /proc/driver && mkdir /proc/driver/nvidia
echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22' >/proc/driver/nvidia/version
printf '#!/bin/sh\\necho "GPU 0: Test (UUID: GPU-1)"\\n' >/usr/local/bin/nvidia-smi && chmod 755 /usr/local/bin/nvidia-smi`);
      const nvidia = { mirror: `${host.mirror}/libnvidia-container`, fingerprint: host.mirrorKey };
      declare(DECLARED, { engine: { users: ["ada"] }, nvidia });
      let sessions = host.sessions();
      await stack.up();
      // One look, and one job for each component that is new.
      expect(host.sessions()).toBe(sessions + 3);
      sessions = host.sessions();
      expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
      expect(host.sessions()).toBe(sessions + 1);
    });

    it("refuses proxies in the file of an engine that does not know them", async () => {
      declare({ ...DECLARED, proxies: { httpProxy: "http://proxy.example.com:3128" } });
      await failing(
        preview,
        "proxies: the engine is 20.10.24",
        "only 23.0 and newer know it",
        "set HTTP_PROXY and HTTPS_PROXY for the service",
      );
    });

    it("reads a note with its slips", async () => {
      writeFileSync(
        join(stack.folder, "note.json"),
        `{
  // mirrors
  "registry-mirrors": ["https://one.example.com"],
  "registry-mirrors": ["https://two.example.com"],
  "registry-mirrors": ["https://three.example.com"],
  "registry-mirrors": ["https://four.example.com"]
}`,
      );
      declare({ file: "note.json" });
      const { output } = await stack.up();
      expect(output).toContain("registry-mirrors stands 4 times");
      expect(output).toContain("line 2: a comment");
      const mirrors = ["one", "two", "three", "four"].map((name) => `https://${name}.example.com`);
      expect(config()).toEqual({ "registry-mirrors": mirrors, "live-restore": true });
      expect((info().RegistryConfig as { Mirrors: string[] }).Mirrors).toEqual(mirrors.map((url) => `${url}/`));
      expect(info().Runtimes).not.toHaveProperty("nvidia");
    });
  });

  describe("a file that is there", () => {
    /** Odd order, tabs, an unknown map's entry, no newline at the end. */
    const THERE = `{\t"mtu" :1400,\n\t"log-opts": {"max-file": "3"},\n\t"labels":["a=1" ,  "b=2"],\n\n\t"debug":false}`;

    beforeAll(async () => {
      await fresh("merged");
      host.write(CONFIG, THERE);
      host.exec(
        `chmod 640 ${CONFIG}; service docker stop; while pidof dockerd; do sleep 0.1; done; service docker start`,
      );
      host.exec("until docker info >/dev/null 2>&1; do sleep 0.2; done; docker start lives");
    });

    it("is changed where something is declared, and nowhere else", async () => {
      declare({ debug: true, liveRestore: true });
      const container = started();
      const engine = pid();
      await stack.up();
      const text = host.read(CONFIG)!;
      expect(text.replace(/,\s*"live-restore": true/, "").replace('"debug":true', '"debug":false')).toBe(THERE);
      expect(host.exec(`stat -c %a ${CONFIG}`)).toBe("640");
      expect(host.read(`${CONFIG}.before-berth`)).toBe(THERE);
      expect(info()).toMatchObject({ Debug: true, LiveRestoreEnabled: true });
      // A reload was enough.
      expect(pid()).toBe(engine);
      expect(started()).toBe(container);
    });

    it("is reloaded where that is enough, for what comes and for what goes", async () => {
      const [container, engine] = [started(), pid()];
      declare({ debug: true, registryMirrors: ["https://mirror.example.com"], insecureRegistries: ["10.0.0.0/8"] });
      expect((await preview()).output).toContain("the engine reloads its settings; nothing stops");
      await stack.up();
      expect(info().RegistryConfig).toMatchObject({ Mirrors: ["https://mirror.example.com/"] });
      declare({});
      await stack.up();
      expect(info()).toMatchObject({ Debug: false });
      // In any order, after a reload.
      expect((info().Labels as string[]).sort()).toEqual(["a=1", "b=2"]);
      expect(info().RegistryConfig).toMatchObject({ Mirrors: [], InsecureRegistryCIDRs: ["127.0.0.0/8"] });
      expect([started(), pid()]).toEqual([container, engine]);
    });

    it("keeps what is added by hand, and takes back what is declared", async () => {
      declare({ debug: true, logOpts: { "max-size": "10m" } });
      await stack.up();
      const { debug: _, ...rest } = config();
      host.write(CONFIG, JSON.stringify({ ...rest, debug: false, "max-concurrent-uploads": 7 }));
      // The provider of commands looks at nothing: only what runs the program sees the host.
      const sessions = host.sessions();
      expect((await stack.must(["refresh", "--yes", "--stack", "merged"])).output).not.toContain("updated");
      expect(host.sessions()).toBe(sessions);
      const { output } = await preview();
      expect(output).toContain("debug becomes true (it was false)");
      expect(output).not.toContain("max-concurrent-uploads goes");
      await stack.up(["--refresh"]);
      expect(config()).toEqual({ ...rest, debug: true, "max-concurrent-uploads": 7 });
      expect(info()).toMatchObject({ Debug: true });
      expect(await stack.changes()).toEqual([]);
      declare({ debug: true });
      await stack.up();
      expect(config()).toMatchObject({ "log-opts": { "max-file": "3" }, "max-concurrent-uploads": 7 });
    });

    it("sees an addition by hand that concerns nothing declared, and survives destroy", async () => {
      const text = host.read(CONFIG)!;
      host.write(CONFIG, text.replace("{", '{ "shutdown-timeout": 20,'));
      const refused = errorsOf(await stack.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "merged"]));
      expect(refused).toContain(`${CONFIG} was edited after the last up`);
      expect(host.read(CONFIG)).toContain("shutdown-timeout");
      await stack.up();
      await stack.destroy();
      expect(config()).toEqual({
        mtu: 1400,
        "log-opts": { "max-file": "3" },
        labels: ["a=1", "b=2"],
        debug: false,
        "max-concurrent-uploads": 7,
        "shutdown-timeout": 20,
      });
      expect(host.works("test -e /var/lib/berth/daemon-config")).toBe(false);
    });

    it("comes back byte for byte, with its mode", async () => {
      host.write(CONFIG, THERE);
      host.exec("kill -HUP $(cat /var/run/docker.pid); sleep 0.5");
      declare({ ...DECLARED, labels: ["c=3"] });
      await stack.up();
      expect(info()).toMatchObject({ Labels: ["c=3"], Debug: true });
      await stack.destroy();
      expect(host.read(CONFIG)).toBe(THERE);
      expect(host.exec(`stat -c %a ${CONFIG}; ls -A /etc/docker`).split("\n")).toEqual([
        "640",
        "daemon.json",
        "key.json",
      ]);
      expect((info().Labels as string[]).sort()).toEqual(["a=1", "b=2"]);
      expect(info()).toMatchObject({ Debug: false });
      expect(info().Runtimes).not.toHaveProperty("nvidia");
    });
  });

  describe("what goes wrong", () => {
    beforeAll(async () => {
      await fresh("wrong");
      declare({});
      await stack.up();
    });
    afterEach(() => host.cut(false));

    it.each([
      ["a comment", '{\n  // ours\n  "debug": true }', "line 2, column 3: JSON knows no comments"],
      ["a comma too many", '{\n  "debug": true,\n}', "line 3, column 1: a name in quotes is missing here"],
      ["a value of the wrong type", '{ "mtu": "1400" }', 'on the host: mtu: "1400" is not a whole number'],
    ])("refuses to add to a file with %s", async (_, text, problem) => {
      const there = host.read(CONFIG)!;
      host.write(CONFIG, text);
      declare({ debug: true });
      await failing(preview, 'DaemonConfig "daemon"', CONFIG, problem);
      expect(host.read(CONFIG)).toBe(text);
      host.write(CONFIG, there);
      host.exec(`touch -d '1 hour ago' ${CONFIG}`);
    });

    it("asks dockerd about the file before it stands there", async () => {
      const there = host.read(CONFIG)!;
      host.write(CONFIG, there.replace("{", '{ "of-a-newer-engine": 1,'));
      declare({ debug: true });
      await failing(up, "error: dockerd refuses this daemon.json", "of-a-newer-engine", "nothing was changed");
      host.write(CONFIG, there);
      host.exec(`touch -d '1 hour ago' ${CONFIG}`);
      declare({ debug: true, defaultRuntime: "nosuch" });
      await failing(up, "error: dockerd refuses this daemon.json", "nosuch", "nothing was changed");
      expect(await stack.changes()).not.toEqual([]);
    });

    it("takes back what the engine refuses to reload, also what it had taken already", async () => {
      const engine = pid();
      declare({ debug: true, labels: ["a=1"], insecureRegistries: ["registry-"] });
      await failing(up, "error: the engine refused to reload the new daemon.json", "registry-", "taken back");
      expect(pid()).toBe(engine);
    });

    it("says that the engine is deaf to a reload", async () => {
      host.fill("/var/lib/docker/runtimes");
      declare({ debug: true, runtimes: { nvidia: { path: "nvidia-container-runtime", args: ["-x"] } } });
      await failing(
        up,
        "error: the engine refused to reload the new daemon.json",
        "runtimes-old: device or resource busy",
        "error: daemon.json is as it was, but the engine does not reload that either",
      );
      host.empty("/var/lib/docker/runtimes");
    });

    it("says so where a reload ends the engine, and it cannot start either", async () => {
      const there = host.read(CONFIG)!;
      const container = started();
      // By hand, after the engine has started.
      host.write(CONFIG, there.replace("{", '{ "authorization-plugins": ["nosuch"],'));
      declare({ debug: true });
      const errors = errorsOf(await up());
      expect(errors).toContain("error: the engine refused to reload the new daemon.json");
      expect(errors).toContain("error: daemon.json is as it was, but the engine does not run with it either");
      expect(errors).toContain("nosuch");
      expect(config()).toHaveProperty("authorization-plugins");
      host.write(CONFIG, there);
      host.exec("service docker start; until docker version >/dev/null 2>&1; do sleep 0.2; done");
      expect(started()).toBe(container);
    });

    it.each<[string, DaemonConfigArgs, string]>([
      ["a storage driver that there is not", { storageDriver: "nonsense" }, "nonsense"],
      ["options of another log driver", { logDriver: "local", logOpts: { tag: "x" } }, "unknown log opt"],
      ["a plugin that there is not", { settings: { "authorization-plugins": ["nosuch"] } }, "nosuch"],
    ])("takes back %s, with which the engine does not come up", async (_, args, word) => {
      const container = started();
      declare(args);
      await failing(
        up,
        "error: the engine does not come up with the new daemon.json",
        word,
        "taken back: daemon.json is as it was, and the engine runs with it",
      );
      expect(started()).toBe(container);
      expect(host.works("docker run --rm busybox:lab true")).toBe(true);
    });

    it("says that the bridge of running containers stays as it is", async () => {
      declare({ bip: "172.30.0.1/16" });
      const { output } = await preview();
      expect(output).toContain(
        "the default bridge stays as it is for the containers that keep running: bip counts when",
      );
    });

    it("leaves the old file where the disk is full", async () => {
      host.fill("/etc/docker");
      declare({ debug: true, labels: ["a=1"] });
      await failing(up, `error: ${CONFIG} could not be written`, "No space left on device");
      host.empty("/etc/docker");
      declare({});
      // The arguments of the run that failed are in the state; there is nothing to do on the host.
      expect(await stack.changes()).toEqual(["update DaemonConfig daemon"]);
    });

    it("goes on to its end where the network is gone for a while", async () => {
      slow("service", 3);
      declare({ mtu: 1450 });
      const running = stack.tryUp();
      await until("the engine stops", () => !host.works("pidof dockerd"), 60);
      host.cut(true);
      await until("the job ends", () => !host.works("pgrep -f '[j]ob apply /run'"), 60);
      host.cut(false);
      expect(errorsOf(await running)).toBe("");
      expect(config()).toMatchObject({ mtu: 1450 });
      expect(await stack.changes()).toEqual([]);
    });

    it("goes on to its end where the connection is lost, and says so the next time", async () => {
      slow("service", 3);
      declare({ mtu: 1440 });
      const running = stack.tryUp();
      await until("the engine stops", () => !host.works("pidof dockerd"), 60);
      host.exec("kill $(pgrep -f '[s]shd: ada@notty')");
      const result = await running;
      expect(result.code).not.toBe(0);
      await until("the job ends", () => !host.works("pgrep -f '[j]ob apply /run'"), 60);
      expect(config()).toMatchObject({ mtu: 1440 });
      expect(info()).toMatchObject({ LiveRestoreEnabled: true });
      await stack.up();
      expect(await stack.changes()).toEqual([]);
      // What the lost job has left is gone with the next, once nobody can be reading it any more.
      host.exec("touch -d '2 hours ago' /run/berth/job.*");
      declare({ debug: true, mtu: 1440 });
      await stack.up();
      expect(host.exec("ls /run/berth")).toBe("lock");
    });

    it("goes on to its end where the CLI is killed", async () => {
      slow("service", 3);
      declare({ mtu: 1430 });
      let kill = () => {};
      const running = stack.tryUp([], {
        onStart: (child) => {
          kill = () => process.kill(-child.pid!, "SIGKILL");
        },
      });
      await until("the engine stops", () => !host.works("pidof dockerd"), 60);
      kill();
      await running;
      await until("the job ends", () => !host.works("pgrep -f '[j]ob apply /run'"), 60);
      expect(config()).toMatchObject({ mtu: 1430 });
      await stack.must(["cancel", "--yes", "--stack", "wrong"]);
      await stack.up();
      expect(await stack.changes()).toEqual([]);
      expect(started()).toMatch(/^true /);
    });

    it("waits for another run on the same host", async () => {
      host.exec("flock /run/berth/lock sleep 6 >/dev/null 2>&1 &");
      declare({ debug: true, mtu: 1430 });
      const { output } = await stack.up();
      expect(output).toContain("waits for another run of berth on this host");
      expect(info()).toMatchObject({ Debug: true });
    });

    it("leaves the host to the stack that sets it up", async () => {
      const other = await create("other");
      declare({}, {}, other);
      const errors = await failing(
        (args) => other.preview(args),
        "the stack berth-live/wrong sets this up",
        "destroy it there first",
      );
      expect(errors).toContain("delete /var/lib/berth/daemon-config on the host");
    });

    it("starts an engine that is down", async () => {
      host.exec("service docker stop; while pidof dockerd; do sleep 0.1; done");
      expect((await preview()).output).toContain("starts the engine, which does not answer");
      await stack.up();
      expect(host.works("docker version")).toBe(true);
      expect(await stack.changes()).toEqual([]);
    });

    /** Makes a program of the host wait before it does its work, once. */
    function slow(program: string, seconds: number) {
      host.write(
        `/usr/local/sbin/${program}`,
        `#!/bin/sh\nrm -f /usr/local/sbin/${program}\n/usr/sbin/${program} "$@"\nstatus=$?\nsleep ${seconds}\nexit $status\n`,
      );
      host.exec(`chmod 755 /usr/local/sbin/${program}`);
    }
  });

  describe("the data folder", () => {
    const MARK = "docker run --rm -v data:/data busybox:lab cat /data/mark";
    const folder = () => host.exec("docker info --format '{{.DockerRootDir}}'");

    beforeAll(async () => {
      await fresh("moved");
      host.exec(`docker run --rm -v data:/data busybox:lab sh -c 'echo before >/data/mark'
docker create --name stopped busybox:lab true
mkdir -p /srv/data/docker && echo theirs >/srv/data/docker/file`);
      declare({});
      await stack.up();
    });

    it("refuses a disk that is too small, before and in the middle", async () => {
      host.fill("/srv/small", "8m", "1m");
      declare({ dataRoot: "/srv/small/docker" });
      await failing(up, "/var/lib/docker holds", "/srv/small has 1 MiB left", "nothing was changed");
      host.empty("/srv/small");
      expect(host.works("test -e /srv/small/docker")).toBe(false);
      // Room enough, it seems.
      host.exec("mkdir -p /srv/small; mount -t tmpfs -o size=500m,nr_inodes=40 few /srv/small");
      const container = host.exec("docker inspect --format '{{.Id}}' lives");
      await failing(
        up,
        "error: copying /var/lib/docker to /srv/small/docker failed",
        "No space left on device",
        "taken back",
      );
      expect(started()).toMatch(/^true /);
      expect(host.exec("docker inspect --format '{{.Id}}' lives")).toBe(container);
      expect(host.exec("ls -A /srv/small")).toBe("");
      host.exec("umount /srv/small");
    });

    it("is copied, with everything in it", async () => {
      const containers = host.exec("docker ps -a --no-trunc --format '{{.ID}} {{.Names}}' | sort");
      const there = host.exec("find /var/lib/docker/image /var/lib/docker/volumes -type f | sort");
      declare({ dataRoot: "/srv/data/docker" });
      const { output } = await preview();
      expect(output).toContain("copies the engine's data from /var/lib/docker to /srv/data/docker");
      await stack.up();
      expect(folder()).toBe("/srv/data/docker");
      expect(host.exec("docker ps -a --no-trunc --format '{{.ID}} {{.Names}}' | sort")).toBe(containers);
      expect(started()).toMatch(/^true /);
      expect(host.exec(MARK)).toBe("before");
      // Nothing is deleted: neither what was copied, nor what lay where the copy is.
      expect(host.exec("find /var/lib/docker/image /var/lib/docker/volumes -type f | sort")).toBe(there);
      expect(host.exec("cat /srv/data/docker.before-berth-*/file")).toBe("theirs");
      expect(await stack.changes()).toEqual([]);
    });

    it("comes back with what is newer, on destroy", async () => {
      host.exec(`docker run --rm -v data:/data busybox:lab sh -c 'echo newer >/data/mark'`);
      await stack.destroy();
      expect(folder()).toBe("/var/lib/docker");
      expect(host.exec(MARK)).toBe("newer");
      expect(started()).toMatch(/^true /);
      expect(host.exec("docker ps -a --format '{{.Names}}' | sort").split("\n")).toEqual(["lives", "stopped"]);
      expect(host.works(`test -e ${CONFIG}`)).toBe(false);
    });
  });

  describe("the way there", () => {
    beforeAll(async () => {
      await fresh("reached");
      declare({});
      await stack.up();
    });
    afterEach(() => host.cut(false));

    it.each<[string, (connection: ReturnType<LabHost["connection"]>) => object, string[]]>([
      [
        "another key than the declared one",
        (connection) => ({
          ...connection,
          hostKey: connection.hostKey!.replace(/.$/, (last) => (last === "A" ? "E" : "A")),
        }),
        ["has changed", "it is not the machine that it was"],
      ],
      [
        "a key that nobody knows",
        ({ hostKey: _, ...connection }) => connection,
        ["No ED25519 host key is known for", "connect once by hand"],
      ],
      ["a user whom it does not know", (connection) => ({ ...connection, user: "eve" }), ["Permission denied"]],
      [
        "a user whose sudo asks for a password",
        (connection) => ({ ...connection, user: "bob" }),
        ["sudo: a password is required", "NOPASSWD"],
      ],
      ["a port on which nobody listens", (connection) => ({ ...connection, port: 1 }), ["Connection refused"]],
    ])("refuses a host with %s, in one sentence", async (_, change, words) => {
      declare({ debug: true }, { connection: change(host.connection("ada")) });
      const errors = await failing(preview, 'DaemonConfig "daemon": ', ...words);
      expect(errors.match(/error: .*/g)).toHaveLength(1);
      expect(errors).not.toContain("berth-host");
    });

    it("refuses a key that the host does not know", async () => {
      const key = join(stack.folder, "key");
      makeKey(key);
      declare({ debug: true }, { connection: { ...host.connection("ada"), identityFile: key } });
      await failing(preview, "Permission denied", "give the right user, and a key that the host knows");
    });

    it("gives up on a host that does not answer", async () => {
      host.cut(true);
      declare({ debug: true });
      const began = Date.now();
      const errors = await failing(preview, "timed out", "check that the machine is up");
      expect(errors.match(/error: .*/g)).toHaveLength(1);
      expect(Date.now() - began).toBeLessThan(25_000);
    });

    it("takes a key from a secret setting, and keeps it out of every file", async () => {
      const { identityFile: _, ...connection } = host.connection("ada");
      await stack.secret("berth-live:privateKey", host.privateKey);
      declare({ debug: true }, { connection });
      await stack.up();
      expect(info()).toMatchObject({ Debug: true });
      expect(await stack.changes()).toEqual([]);
      // Lines in the middle of the key: the first ones are the same in every key.
      const lines = host.privateKey.trim().split("\n").slice(2, -1);
      const texts = [stack.stateText(), ...filesOf(stack.folder)];
      for (const line of lines) for (const text of texts) expect(text).not.toContain(line);
      stack.set({ "berth-live:privateKey": undefined });
      declare({ debug: true });
      await stack.up();
    });

    it("takes a key from an agent", async () => {
      const { identityFile: _, ...connection } = host.connection("ada");
      declare({ debug: false }, { connection });
      const { socket, end } = startAgent(host.privateKeyFile);
      try {
        await stack.up([], { env: { SSH_AUTH_SOCK: socket } });
      } finally {
        end();
      }
      expect(info()).toMatchObject({ Debug: false });
      declare({ debug: false });
      await stack.up();
    });

    it("goes over a jump host", async () => {
      const far = LabHost.up("daemonfar", host);
      prepare(far);
      const other = await create("far");
      writeFileSync(
        join(other.folder, "host.json"),
        JSON.stringify({ connection: far.connection("ada"), daemon: { debug: true } }),
      );
      const sessions = far.sessions();
      await other.up();
      expect(info(far)).toMatchObject({ Debug: true, LiveRestoreEnabled: true });
      expect(far.sessions()).toBe(sessions + 2);
      expect(await other.changes()).toEqual([]);
      await other.destroy();
      expect(far.read(CONFIG)).toBeUndefined();
      far.down();
    });

    it("keeps what is set up where the same host is reached in another way", async () => {
      declare({ debug: true });
      await stack.up();
      declare({ debug: true }, { connection: { ...host.connection("ada"), port: 22 } });
      const { output } = await stack.up();
      expect(output).toMatch(/replaced/);
      expect(info()).toMatchObject({ Debug: true });
      expect(await stack.changes()).toEqual([]);
      declare({ debug: true });
      await stack.up();
      expect(info()).toMatchObject({ Debug: true });
    });

    it("takes back what it has set up where another machine takes the place", async () => {
      const second = LabHost.up("daemonnext");
      prepare(second);
      declare({ debug: true }, { connection: second.connection("ada") });
      await stack.up();
      expect(info(second)).toMatchObject({ Debug: true });
      expect(host.read(CONFIG)).toBeUndefined();
      expect(info()).toMatchObject({ Debug: false });
      declare({ debug: true });
      await stack.up();
      expect(second.read(CONFIG)).toBeUndefined();
      expect(info()).toMatchObject({ Debug: true });
      second.down();
    });

    it("takes what a user types as text, whatever it holds", async () => {
      const hostile = [
        "$(touch /tmp/owned)",
        "`touch /tmp/owned`",
        "';touch /tmp/owned;'",
        '"; touch /tmp/owned; "',
        "BERTH_JOB_ENDS_HERE",
        "BERTH_SETTINGS_END_HERE",
        "$&$1\\n%s",
      ];
      const labels = hostile.map((text, index) => `l${index}=${text}`);
      const settings = { "log-opts": { "max-file": "2", "labels-regex": hostile.join(" ") } };
      declare({ labels, settings, dataRoot: "/srv/$(touch /tmp/owned) 'x" });
      await stack.up();
      expect(config()).toEqual({
        labels,
        ...settings,
        "data-root": "/srv/$(touch /tmp/owned) 'x",
        "live-restore": true,
      });
      expect(info()).toMatchObject({ DockerRootDir: "/srv/$(touch /tmp/owned) 'x" });
      expect(host.works("test -e /tmp/owned")).toBe(false);
      expect(existsSync("/tmp/owned")).toBe(false);
      expect(await stack.changes()).toEqual([]);
      await stack.destroy();
      expect(host.read(CONFIG)).toBeUndefined();
      expect(host.works("test -e /tmp/owned")).toBe(false);
    });
  });
});

function makeKey(file: string): void {
  const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  if (made.status !== 0) throw new Error(String(made.stderr));
}

/** An agent with one key, until it is ended. */
function startAgent(key: string): { socket: string; end(): void } {
  const { stdout } = spawnSync("ssh-agent", ["-s"], { encoding: "utf8" });
  const value = (name: string) => new RegExp(`${name}=([^;]+);`).exec(stdout)![1]!;
  const [socket, process_] = [value("SSH_AUTH_SOCK"), Number(value("SSH_AGENT_PID"))];
  const added = spawnSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  if (added.status !== 0) throw new Error(String(added.stderr));
  return { socket, end: () => process.kill(process_) };
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
