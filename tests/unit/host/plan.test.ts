import type { EngineInfo, HostFacts } from "../../../core/host/facts";
import { settingsOf } from "../../../core/host/daemon/file";
import { planSwitch } from "../../../core/host/daemon/plan";
import { refusal } from "../refusal";
import { debian, digestOf, recorded, withFile } from "./facts";

const LIMITS = { startTimeout: 60, copyTimeout: 3600 };
const decode = (text: string | undefined) => Buffer.from(text!, "base64").toString("utf8");

function plan(declared: Record<string, unknown>, facts?: HostFacts, record?: ReturnType<typeof recorded>) {
  const { changes, warnings, settings } = planSwitch(declared, LIMITS, facts, record, (key) => key);
  const target = settings.target === "absent" ? undefined : decode(settings.target);
  return { changes, warnings, settings, target };
}

/** The host after a plan was carried out, and its record. */
function applied(
  declared: Record<string, unknown>,
  facts: HostFacts,
  info: Partial<EngineInfo> = {},
  before?: ReturnType<typeof recorded>,
) {
  const { settings, target } = plan(declared, facts, before);
  const engine = { ...facts.engine!, info: { ...facts.engine!.info, ...info } };
  return { facts: { ...facts, engine, ...withFile(target!, 600) }, record: recorded(settings), target: target! };
}

describe("what a change means", () => {
  test("mirrors are reloaded", () => {
    const { changes, settings } = plan({ "registry-mirrors": ["https://a"] }, debian());
    expect(changes).toEqual([
      '/etc/docker/daemon.json: registry-mirrors becomes ["https://a"]',
      "the engine reloads its settings; nothing stops",
    ]);
    expect(settings).toMatchObject({ how: "reload", first: "none", expected: "absent", pending: "no" });
  });

  test("a log driver needs a restart, and containers are told of", () => {
    expect(plan({ "log-driver": "local" }, debian()).changes.at(-1)).toBe(
      "the engine restarts, which it must for this; 2 running containers stop and start again",
    );
    expect(plan({ "log-driver": "local" }, debian({}, { ContainersRunning: 1 })).changes.at(-1)).toBe(
      "the engine restarts, which it must for this; the running container stops and starts again",
    );
  });

  test("with live-restore they live on: it is loaded before the restart", () => {
    const { changes, settings } = plan(
      { "log-driver": "local", "live-restore": true },
      debian(withFile('{"mtu": 1400}')),
    );
    expect(changes.at(-1)).toContain("2 running containers keep running (live-restore)");
    expect(settings.how).toBe("restart");
    expect(settingsOf(decode(settings.first))).toEqual({ mtu: 1400, "live-restore": true });
  });

  test("what is removed is told to the engine once, and is not in the file that stays", () => {
    const facts = debian(withFile('{"registry-mirrors": ["https://a"], "debug": true}'));
    const record = recorded({
      base: "absent",
      written: facts.daemonFile!.digest,
      paths: '[["registry-mirrors"],["debug"]]',
    });
    const { settings, target, changes } = plan({ debug: true }, facts, record);
    expect(settingsOf(target)).toEqual({ debug: true });
    expect(settings.how).toBe("reload");
    expect(settingsOf(decode(settings.first))).toEqual({ debug: true, "registry-mirrors": [] });
    expect(changes[0]).toBe('/etc/docker/daemon.json: registry-mirrors goes (it was ["https://a"])');
  });

  test("a reload that is refused half-way is told to forget what it has taken", () => {
    const { settings } = plan({ labels: ["a=b"], debug: true }, debian(withFile('{"mtu": 1400}')));
    expect(settingsOf(decode(settings.undo_first))).toEqual({ mtu: 1400, labels: [], debug: false });
    expect(plan({ mtu: 1400 }, debian(withFile('{"mtu": 1400}', 900))).settings.undo_first).toBe("none");
  });

  test("what an engine does not apply while containers live on is said", () => {
    const declared = { mtu: 1400, "live-restore": true };
    expect(plan(declared, debian({}, { ContainersRunning: 0 })).warnings).toEqual([]);
    const { warnings } = plan(declared, debian());
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("mtu");
    expect(plan({ mtu: 1400 }, debian()).warnings).toEqual([]);
  });

  test("a password in a proxy is shown to nobody", () => {
    const facts = debian();
    facts.engine!.version = "27.1.0";
    const { changes } = plan({ proxies: { "http-proxy": "http://ada:s3cret@proxy:3128" } }, facts);
    expect(changes.join()).not.toContain("s3cret");
    expect(changes[0]).toContain("http://***@proxy:3128");
  });

  test("no engine yet: the file waits for it", () => {
    const { changes } = plan({ debug: true }, debian({ engine: undefined }));
    expect(changes).toEqual([
      "/etc/docker/daemon.json: debug becomes true",
      "no engine is installed yet; it reads the file when it is",
    ]);
  });

  test("the data moves where its folder is another, and not where it is the same", () => {
    const { changes, settings } = plan({ "data-root": "/home/data/docker" }, debian());
    expect(changes[1]).toBe(
      "copies the engine's data from /var/lib/docker to /home/data/docker; the engine and 2 running containers stop meanwhile, and /var/lib/docker is left as it is",
    );
    expect(settings).toMatchObject({
      root: "/home/data/docker",
      root_now: "/var/lib/docker",
      back_root: "/var/lib/docker",
    });
    expect(plan({ "data-root": "/var/lib/docker" }, debian()).changes.join()).not.toContain("copies");
  });
});

describe("what is declared is what runs", () => {
  const declared = { "registry-mirrors": ["https://a"], "log-opts": { "max-size": "100m" }, "live-restore": true };
  const info = { RegistryConfig: { Mirrors: ["https://a/"] }, LiveRestoreEnabled: true };

  test("a host that is as declared has nothing to do", () => {
    const { facts, record } = applied(declared, debian(withFile('{"mtu": 1400}')), info);
    expect(plan(declared, facts, record)).toMatchObject({ changes: [], warnings: [] });
  });

  test("drift of what is declared comes back; what was added by hand stays, and stays after destroy too", () => {
    const { facts, record, target } = applied(declared, debian(withFile('{"mtu": 1400}')), info);
    const edited = target.replace("100m", "5m").replace('"mtu": 1400', '"mtu": 9000, "icc": false');
    const { changes, settings, target: next } = plan(declared, { ...facts, ...withFile(edited) }, record);
    expect(changes[0]).toBe('/etc/docker/daemon.json: log-opts becomes {"max-size":"100m"} (it was {"max-size":"5m"})');
    expect(settingsOf(next)).toEqual({ ...declared, mtu: 9000, icc: false });
    expect(settingsOf(decode(settings.base))).toEqual({ mtu: 9000, icc: false });
  });

  test("an edit that touches nothing declared is noted, since destroy has to keep it", () => {
    const { facts, record, target } = applied(declared, debian(withFile('{"mtu": 1400}')), info);
    const { changes, settings } = plan(declared, { ...facts, ...withFile(target.replace("1400", "1300")) }, record);
    expect(changes).toEqual(["notes what was edited by hand in /etc/docker/daemon.json; the edits stay"]);
    expect(settingsOf(decode(settings.base))).toEqual({ mtu: 1300 });
  });

  test("destroy gives the very file back that was there, however it was written", () => {
    const original = '{ "mtu":1400,\n\n\t"registry-mirrors" : [ ] }';
    const first = applied(declared, debian(withFile(original)), info);
    expect(decode(first.record.values.base)).toBe(original);
    // And still after a change of what is declared.
    const second = applied({ "live-restore": true }, first.facts, {}, first.record);
    expect(decode(second.record.values.base)).toBe(original);
    expect(settingsOf(second.target)).toEqual({ mtu: 1400, "registry-mirrors": [], "live-restore": true });
  });

  test("a file that was not there goes with destroy, though one of our settings was edited", () => {
    const { facts, record, target } = applied(declared, debian(), info);
    const edited = { ...facts, ...withFile(target.replace("100m", "5m")) };
    const { settings } = plan(declared, edited, record);
    expect(settings.base).toBe("absent");
  });

  test("settings that the engine shows otherwise have not been loaded", () => {
    const { facts, record } = applied(declared, debian(), { LiveRestoreEnabled: true });
    const { changes, settings } = plan(declared, facts, record);
    expect(changes).toEqual([
      "the engine has not loaded registry-mirrors yet",
      "the engine reloads its settings; nothing stops",
    ]);
    expect(settings).toMatchObject({ pending: "yes", how: "reload" });
  });

  test("an engine that lists its labels in another order has loaded them; of mirrors the order counts", () => {
    const { facts, record } = applied(
      { labels: ["a=1", "b=2"], "registry-mirrors": ["https://a", "https://b"] },
      debian(),
      {
        Labels: ["b=2", "a=1"],
        RegistryConfig: { Mirrors: ["https://b/", "https://a/"] },
      },
    );
    const { changes } = plan({ labels: ["a=1", "b=2"], "registry-mirrors": ["https://a", "https://b"] }, facts, record);
    expect(changes[0]).toBe("the engine has not loaded registry-mirrors yet");
  });

  test("a file that is younger than the engine, and that nobody has noted, may not have been read", () => {
    const facts = debian({ ...withFile('{"mtu": 1400}', 2000) });
    expect(plan({ mtu: 1400 }, facts).changes).toContain(
      "/etc/docker/daemon.json is younger than the running engine, which may not have read it",
    );
    expect(plan({ mtu: 1400 }, debian(withFile('{"mtu": 1400}', 900))).changes).toEqual([]);
  });

  test("an engine that does not answer is started", () => {
    const { facts, record } = applied(declared, debian(), info);
    facts.engine = { ...facts.engine!, info: undefined } as never;
    expect(plan(declared, facts, record).changes).toEqual(["starts the engine, which does not answer"]);
  });

  test("without facts it is a plan of an empty host", () => {
    const { changes, target } = plan(declared);
    expect(changes).toHaveLength(3);
    expect(settingsOf(target)).toEqual(declared);
  });
});

describe("refused", () => {
  const refused = (declared: Record<string, unknown>, facts: HostFacts) => refusal(() => plan(declared, facts));

  test("a file that no engine starts with, with the place", () => {
    const text = '{\n  "log-opts": {"max-size": "100m"}  // rotate\n}';
    expect(refused({ debug: true }, debian(withFile(text)))).toBe(
      "/etc/docker/daemon.json: line 2, column 37: JSON knows no comments, so no engine starts with this file and nothing can be added to it; mend it on the host, or move it away.",
    );
  });

  test("a foreign setting that is wrong: the engine would not come up with ours either", () => {
    const text = '{"log-opts": {"max-file": 3}}';
    expect(refused({ debug: true }, debian(withFile(text, 2000)))).toBe(
      "/etc/docker/daemon.json on the host: log-opts.max-file: 3 is not a text, so no engine starts with this file; mend it on the host.",
    );
    // The running engine has read it, so it is no business of berth's.
    expect(() => plan({ debug: true }, debian(withFile(text, 900)))).not.toThrow();
  });

  test("what the service says as a flag too", () => {
    const facts = debian();
    facts.engine!.flags = ["/usr/bin/dockerd", "--graph=/home/data/docker", "-H", "fd://", "--log-opt", "max-size=1m"];
    expect(refused({ "data-root": "/x/y" }, facts)).toContain(
      "data-root: the service starts dockerd with --graph as well",
    );
    expect(refused({ hosts: ["tcp://127.0.0.1:2375"] }, facts)).toContain("take -H out of the service");
    expect(refused({ "log-opts": { "max-size": "2m" } }, facts)).toContain("with --log-opt as well");
    expect(() => plan({ debug: true }, facts)).not.toThrow();
  });

  test("a setting that the engine does not know yet", () => {
    expect(refused({ proxies: { "http-proxy": "http://p" } }, debian())).toBe(
      "proxies: the engine is 20.10.24, and only 23.0 and newer know it; an older one does not start with it; set HTTP_PROXY and HTTPS_PROXY for the service, or use a newer engine.",
    );
    const facts = debian();
    facts.engine!.version = "23.0.1";
    expect(() => plan({ proxies: { "http-proxy": "http://p" } }, facts)).not.toThrow();
  });

  test("live-restore in a swarm", () => {
    const facts = debian({}, { Swarm: { LocalNodeState: "active" } });
    expect(refused({ "live-restore": true }, facts)).toContain("the engine is part of a swarm");
  });
});

test("a name that stands twice is a warning where it is not declared", () => {
  const text = '{"mtu": 1, "mtu": 1400}';
  expect(plan({ debug: true }, debian(withFile(text))).warnings).toEqual([
    "/etc/docker/daemon.json names mtu more than once; the engine reads the last only",
  ]);
});

test("the digests are those of the texts", () => {
  const facts = debian(withFile('{"mtu": 1}'));
  const { settings, target } = plan({ debug: true }, facts);
  expect(settings.expected).toBe(digestOf('{"mtu": 1}'));
  expect(settings.written).toBe(digestOf(target!));
});

test.each<[Record<string, unknown>, boolean]>([
  [{ hosts: ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"] }, true],
  [{ hosts: ["tcp://:2375"] }, true],
  [{ hosts: ["tcp://127.0.0.1:2375"] }, false],
  [{ hosts: ["unix:///var/run/docker.sock"] }, false],
  [{ hosts: ["tcp://0.0.0.0:2376"], tlsverify: true, tlscacert: "/ca", tlscert: "/c", tlskey: "/k" }, false],
])("%j: an engine that anybody reaches is told", (declared, told) => {
  const { warnings } = plan(declared);
  expect(warnings.some((text) => text.includes("gives everybody who reaches it the whole machine"))).toBe(told);
});
