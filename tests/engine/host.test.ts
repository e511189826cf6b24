import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

const TIMEOUT = 180_000;

cleanUp();
const hosts: string[] = [];
// The doubles of dockerd end when their programs are gone.
afterAll(() => {
  for (const host of hosts) rmSync(join(host, "bin"), { recursive: true, force: true });
});

/** The stack `host` and a machine of doubles. */
async function start(config: Record<string, unknown> = {}) {
  const project = await Project.create({
    stack: "host",
    config: { "host:address": "gpu1", "host:engine": "none", ...config },
  });
  const host = join(project.folder, "../host");
  hosts.push(host);
  mkdirSync(join(host, "etc/docker"), { recursive: true });
  mkdirSync(join(host, "ssh"));
  cpSync(join(__dirname, "doubles/host"), join(host, "bin"), { recursive: true });
  cpSync(join(__dirname, "doubles/host/ssh"), join(host, "ssh/ssh"));
  rmSync(join(host, "bin/ssh"));
  project.variables = { BERTH_DOUBLE_HOST: host, PATH: `${join(host, "ssh")}:${project.environment.PATH}` };
  const file = join(host, "etc/docker/daemon.json");
  const read = (name: string) => readFileSync(join(host, name), "utf8");
  await project.run(join(host, "bin/service"), ["docker", "start"]);
  await until(() => existsSync(join(host, "docker.pid")));
  return {
    project,
    host,
    file,
    read,
    settings: () => JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>,
    loaded: () => JSON.parse(read("loaded")) as Record<string, unknown>,
    pid: () => read("docker.pid"),
    connections: () => read("connections").trim().split("\n").length,
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn > 100) throw new Error("it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const MIRRORS = { "host:registryMirrors": ["https://a.example"] };

describeIf(missingCli, "the host of the stack", () => {
  test.concurrent(
    "up, nothing to do over one connection, a change, drift, destroy",
    async () => {
      const { project, file, settings, loaded, pid, connections, host } = await start(MIRRORS);
      const original = '{"mtu": 1400}';
      writeFileSync(file, original);
      const engine = pid();

      const { output } = await project.preview();
      expect(output).toContain('/etc/docker/daemon.json: registry-mirrors becomes ["https://a.example"]');
      expect(output).toContain("the engine reloads its settings; nothing stops");
      expect(readFileSync(file, "utf8")).toBe(original);

      await project.up();
      expect(settings()).toEqual({ mtu: 1400, "registry-mirrors": ["https://a.example"], "live-restore": true });
      expect(loaded()).toEqual(settings());
      expect(pid()).toBe(engine);
      expect(project.store.takeJournal()).toEqual(["create Command daemon"]);

      rmSync(join(host, "connections"));
      expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
      expect(connections()).toBe(1);

      project.configure({ "host:daemon": { "log-driver": "local" } });
      const restart = await project.preview();
      expect(restart.output).toContain("the running container keeps running (live-restore)");
      await project.up();
      expect(pid()).not.toBe(engine);
      expect(loaded()).toMatchObject({ "log-driver": "local" });

      // By hand: one thing that is declared, one that is not.
      writeFileSync(file, readFileSync(file, "utf8").replace("a.example", "b.example").replace("1400", "1300"));
      const drift = await project.preview();
      expect(drift.output).toContain('becomes ["https://a.example"] (it was ["https://b.example"])');
      await project.up();
      expect(settings()).toMatchObject({ mtu: 1300, "registry-mirrors": ["https://a.example"] });
      // And once more in the same way.
      writeFileSync(file, readFileSync(file, "utf8").replace("a.example", "b.example"));
      await project.up();
      expect(settings()).toMatchObject({ "registry-mirrors": ["https://a.example"] });
      expect(await project.changes("--expect-no-changes")).toEqual([]);

      await project.destroy();
      expect(readFileSync(file, "utf8")).toBe('{"mtu": 1300}');
      expect(loaded()).toEqual({ mtu: 1300 });
      expect(existsSync(join(host, "var/lib/berth/daemon-config"))).toBe(false);
    },
    TIMEOUT,
  );

  test.concurrent(
    "what goes wrong is taken back, and said",
    async () => {
      const { project, file, settings, loaded, host } = await start(MIRRORS);
      await project.up();
      const before = readFileSync(file, "utf8");

      for (const [setting, sentence] of [
        [{ "storage-driver": "nonsense" }, "error: the engine does not come up with the new daemon.json"],
        [{ labels: ["mood=refused"] }, "error: the engine refused to reload the new daemon.json"],
        [{ labels: ["mood=invalid"] }, "error: dockerd refuses this daemon.json"],
      ] as const) {
        project.configure({ "host:daemon": setting });
        const failed = await project.tryUp();
        expect(failed.code).not.toBe(0);
        expect(failed.output).toContain(sentence);
        expect(failed.output).toMatch(/taken back: daemon.json is as it was|nothing was changed/);
        expect(readFileSync(file, "utf8")).toBe(before);
        expect(loaded()).toEqual(settings());
      }
      expect((await project.preview()).output).toContain("labels becomes");

      project.configure({ "host:daemon": undefined });
      expect((await project.changes()).filter((change) => !change.includes("DaemonConfig"))).toEqual([]);

      writeFileSync(join(host, "unreachable"), "");
      const unreachable = await project.pulumi(["preview", "--stack", "host"]);
      expect(unreachable.code).not.toBe(0);
      expect(unreachable.output).toContain(
        'DaemonConfig "daemon": gpu1 cannot be set up (ssh: connect to host gpu1 port 22: Connection refused); check that the machine is up, its port, and the way there (jump).',
      );
      expect(unreachable.output).not.toContain("error serializing");
    },
    TIMEOUT,
  );

  test.concurrent(
    "a secret in a proxy stands in no file and no output",
    async () => {
      const { project, settings } = await start();
      project.configure({ "host:daemon": { proxies: { "http-proxy": "http://ada:s3cr3t-word@proxy:3128" } } });
      const { output } = await project.preview();
      expect(output).toContain("http://***@proxy:3128");
      expect(output).not.toContain("s3cr3t-word");
      const up = await project.up();
      expect(up.output).not.toContain("s3cr3t-word");
      expect(settings()).toMatchObject({ proxies: { "http-proxy": "http://ada:s3cr3t-word@proxy:3128" } });
    },
    TIMEOUT,
  );
});
