import { describeIf } from "../skips";
import { LabHost, missingSystemdStacks } from "./host";
import { errorsOf, removeFolders, type Result, Stack, until } from "./liveStack";

jest.setTimeout(120_000);

const CONFIG = "/etc/docker/daemon.json";

/** What a failed run must leave alone: the file, the unit, the settings that the engine runs with, the containers. */
const SNAPSHOT = `cat ${CONFIG} /var/lib/berth/*/settings
systemctl is-enabled docker.service docker.socket
systemctl is-active docker.service docker.socket
docker info --format '{{.DockerRootDir}} {{.Driver}} {{.Debug}} {{.LiveRestoreEnabled}} {{.Labels}} {{.RegistryConfig.Mirrors}}'
docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort`;

describeIf(missingSystemdStacks, "the stack host on a machine with systemd", () => {
  let host: LabHost;
  let stack: Stack;

  /** Other settings of the stack; those of an earlier call stay. */
  const declare = (settings: Record<string, unknown>) =>
    stack.set(Object.fromEntries(Object.entries(settings).map(([name, value]) => [`host:${name}`, value])));
  const shown = (property: string) => host.exec(`systemctl show -p ${property} --value docker.service`);
  const info = (format: string) => host.exec(`docker info --format '{{${format}}}'`);
  const started = () => host.exec("docker inspect --format '{{.State.Running}} {{.State.StartedAt}}' lives");
  const config = () => JSON.parse(host.read(CONFIG)!) as Record<string, unknown>;
  const failing = async (run: () => Promise<Result>, ...parts: string[]) => {
    const before = host.exec(SNAPSHOT);
    const container = started();
    const result = await run();
    const errors = errorsOf(result);
    expect(result.code).not.toBe(0);
    for (const part of parts) expect(errors).toContain(part);
    expect(host.exec(SNAPSHOT)).toBe(before);
    expect(started()).toBe(container);
  };

  beforeAll(async () => {
    host = LabHost.up("hsystemd", undefined, { systemd: true });
    stack = await Stack.create("host");
    const { host: address, user, identityFile, hostKey } = host.connection("ada");
    declare({ address, user, identityFile, hostKey, users: ["ada"] });
  });
  afterAll(() => {
    if (!process.env.BERTH_LIVE_KEEP) host.down();
    removeFolders();
  });

  it("installs the engine, and has systemd start it with the machine", async () => {
    expect(host.exec("systemctl is-system-running")).toBe("running");
    const { output } = await stack.preview();
    expect(output).toContain("installs docker.io from the distribution");
    expect(output).toContain("starts docker and has it start with the machine");
    expect(host.works("command -v dockerd")).toBe(false);
    await stack.up();
    expect(host.exec("systemctl is-enabled docker.service; systemctl is-active docker.service")).toBe(
      "enabled\nactive",
    );
    expect(host.ssh("ada", "docker version --format '{{.Server.Version}}'").stdout.trim()).toMatch(/^20\.10\.24/);
    expect(config()).toEqual({ "live-restore": true });
    expect(info(".LiveRestoreEnabled")).toBe("true");
  });

  it("does nothing the second time, over one connection", async () => {
    const [engine, sessions] = [shown("MainPID"), host.sessions()];
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(host.sessions()).toBe(sessions + 1);
    await stack.up();
    expect(shown("MainPID")).toBe(engine);
  });

  it("reloads where that is enough, and keeps the process", async () => {
    host.exec(`docker load -q -i /srv/busybox.tar
docker run -d --name lives busybox:lab sh -c 'trap exit TERM; while :; do sleep 1; done'`);
    const [engine, container] = [shown("MainPID"), started()];
    declare({ daemon: { debug: true }, registryMirrors: ["https://mirror.example.com"] });
    expect((await stack.preview()).output).toContain("the engine reloads its settings; nothing stops");
    await stack.up();
    expect([info(".Debug"), info(".RegistryConfig.Mirrors")]).toEqual(["true", "[https://mirror.example.com/]"]);
    expect(shown("MainPID")).toBe(engine);
    expect(started()).toBe(container);
  });

  it("restarts where it must, and containers run on", async () => {
    const [engine, container] = [shown("MainPID"), started()];
    declare({ daemon: { debug: true, mtu: 1390 } });
    expect((await stack.preview()).output).toContain("the running container keeps running");
    await stack.up();
    expect(config()).toMatchObject({ mtu: 1390 });
    expect(shown("MainPID")).not.toBe(engine);
    expect(started()).toBe(container);
    expect(await stack.changes()).toEqual([]);
  });

  it("goes on to its end where the connection is lost, and with it all that runs in its session", async () => {
    const container = started();
    host.exec("echo KillUserProcesses=yes >>/etc/systemd/logind.conf; systemctl restart systemd-logind");
    host.write(
      "/usr/local/sbin/systemctl",
      `#!/bin/sh
if [ "$1" = stop ]; then rm /usr/local/sbin/systemctl; /bin/systemctl "$@"; exec sleep 3; fi
exec /bin/systemctl "$@"
`,
    );
    host.exec("chmod 755 /usr/local/sbin/systemctl");
    declare({ daemon: { debug: true, mtu: 1400 } });
    const running = stack.tryUp();
    await until("the engine stops", () => !host.works("pidof dockerd"), 60);
    host.exec("kill $(pgrep -f '[s]shd: ada@notty')");
    expect((await running).code).not.toBe(0);
    await until("the job ends", () => !host.works("pgrep -f '[j]ob apply /run'"), 60);
    expect(config()).toMatchObject({ mtu: 1400 });
    expect(host.exec("systemctl is-active docker.service")).toBe("active");
    expect(started()).toBe(container);
    await stack.up();
    expect(await stack.changes()).toEqual([]);
  });

  describe("what it refuses or takes back", () => {
    const GOOD = { debug: true, mtu: 1400 };
    afterEach(() => declare({ daemon: GOOD }));

    it("hosts, which the unit of the package sets already", async () => {
      expect(shown("ExecStart")).toContain("-H fd://");
      declare({ daemon: { ...GOOD, hosts: ["fd://", "unix:///run/other.sock"] } });
      await failing(
        () => stack.preview(),
        "the service starts dockerd with -H as well, and an engine that is told something twice does not start",
        "take -H out of the service (systemctl edit docker), or leave it out here",
      );
    });

    it("settings that the engine refuses to reload", async () => {
      const engine = shown("MainPID");
      declare({ daemon: { ...GOOD, debug: false, labels: ["a=b", "a=c"] } });
      await failing(
        () => stack.tryUp(),
        "error: the engine refused to reload the new daemon.json",
        "conflict labels for a=",
        "taken back: daemon.json is as it was, and the engine runs with it",
      );
      expect(shown("MainPID")).toBe(engine);
    });

    it("settings with which the engine does not come up, with the journal's words, time and again", async () => {
      declare({ daemon: { ...GOOD, "storage-driver": "nonsense" } });
      for (let time = 1; time <= 2; time++) {
        await failing(
          () => stack.tryUp(),
          "error: the engine does not come up with the new daemon.json",
          "driver not supported",
          "docker.service: Failed with result 'exit-code'.",
          "taken back: daemon.json is as it was, and the engine runs with it",
        );
      }
      expect(host.works("docker run --rm busybox:lab true")).toBe(true);
      // What failed is not on the host, and nothing is left to do there.
      declare({ daemon: GOOD });
      await stack.up();
      expect(await stack.changes()).toEqual([]);
    });
  });

  describe("what was changed by hand", () => {
    it("a service that was stopped and disabled is started and enabled", async () => {
      const container = started();
      host.exec("systemctl disable --quiet --now docker docker.socket");
      const { output } = await stack.preview();
      expect(output).toContain("starts docker and has it start with the machine");
      expect(host.works("systemctl is-active docker.service docker.socket")).toBe(false);
      await stack.up();
      expect(host.exec("systemctl is-enabled docker.service; systemctl is-active docker.service docker.socket")).toBe(
        "enabled\nactive\nactive",
      );
      expect(started()).toBe(container);
      expect(await stack.changes()).toEqual([]);
    });

    it("a look does not start an engine whose socket is listened to", async () => {
      host.exec("systemctl stop docker.service");
      expect(host.exec("systemctl is-active docker.socket")).toBe("active");
      const { output } = await stack.preview();
      expect(output).toContain("starts docker");
      // What the unit says is known all the same.
      declare({ daemon: { debug: true, mtu: 1400, hosts: ["fd://"] } });
      expect(errorsOf(await stack.preview())).toContain("the service starts dockerd with -H as well");
      declare({ daemon: { debug: true, mtu: 1400 } });
      expect(shown("ActiveState")).toBe("inactive");
      await stack.up();
      expect(shown("ActiveState")).toBe("active");
      expect(await stack.changes()).toEqual([]);
    });

    it("an engine that systemd refuses to start is started, once its file is mended", async () => {
      const container = started();
      const text = host.read(CONFIG)!;
      host.write(CONFIG, '{ "storage-driver": "nonsense", "live-restore": true }');
      host.exec(
        "systemctl stop docker.socket docker.service; for i in 1 2 3 4 5; do systemctl start docker || true; done",
      );
      host.write(CONFIG, text);
      host.exec(`touch -d '1 hour ago' ${CONFIG}`);
      expect(host.works("systemctl start docker || docker version")).toBe(false);
      expect(host.exec("journalctl -u docker.service -o cat -n 5")).toContain("Start request repeated too quickly.");
      await stack.up();
      expect(host.works("docker version")).toBe(true);
      expect(started()).toBe(container);
      expect(await stack.changes()).toEqual([]);
    });
  });

  it("moves the data folder", async () => {
    host.exec("docker run --rm -v data:/data busybox:lab sh -c 'echo before >/data/mark'");
    const containers = host.exec("docker ps -a --no-trunc --format '{{.ID}} {{.Names}}'");
    declare({ dataRoot: "/srv/docker" });
    await stack.up();
    expect(info(".DockerRootDir")).toBe("/srv/docker");
    expect(host.exec("docker ps -a --no-trunc --format '{{.ID}} {{.Names}}'")).toBe(containers);
    expect(host.exec("docker run --rm -v data:/data busybox:lab cat /data/mark")).toBe("before");
    expect(started()).toMatch(/^true /);
    expect(shown("ActiveState")).toBe("active");
    expect(host.works("test -e /var/lib/docker/volumes/data/_data/mark")).toBe(true);
    expect(await stack.changes()).toEqual([]);
  });

  it("puts back what was there, with what is newer, on destroy", async () => {
    host.exec("docker run --rm -v data:/data busybox:lab sh -c 'echo newer >/data/mark'");
    await stack.destroy();
    expect(info(".DockerRootDir")).toBe("/var/lib/docker");
    expect(host.exec("docker run --rm -v data:/data busybox:lab cat /data/mark")).toBe("newer");
    expect(started()).toMatch(/^true /);
    expect(host.works(`test -e ${CONFIG} || test -e /var/lib/berth/daemon-config`)).toBe(false);
    expect(host.exec("systemctl is-enabled docker.service; systemctl is-active docker.service")).toBe(
      "enabled\nactive",
    );
  });
});
