// What a program learns of its services once they run, from an engine of canned answers.
import { inspect } from "node:util";
import { execFile } from "node:child_process";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { ownerLabels } from "../../../core/engines/owner";
import { connectEngine, sessionFor } from "../../../core/engines/dockerApi/session";
import { Elasticsearch } from "../../../components/elasticsearch";
import { answersHttp } from "../../../core/description/healthchecks";
import { Mysql } from "../../../components/mysql";
import { Nginx } from "../../../components/nginx";
import { BridgeNetwork } from "../../../components/bridgeNetwork";
import { Service } from "../../../components/service";
import { Tomcat } from "../../../components/tomcat";
import { frame, useEngine } from "../fakeEngine";
import { CONTAINER, quiet, value, type World, world } from "../mocks";
import { sentence } from "../refusal";

const engine = useEngine();
let w: World;

/** A program with an engine that holds nothing yet. */
async function program(options: { preview?: boolean; connect?: boolean } = {}): Promise<void> {
  w = await world({
    config: { "docker:host": `unix://${engine.socket}`, "berth:owner": "me" },
    preview: options.preview,
  });
  engine
    .says("GET /version", { ApiVersion: "1.41" })
    .says("GET /containers/json?all=1", [])
    .says("GET /networks", [])
    .says("GET /volumes", { Volumes: [] })
    .says("GET /images/json", []);
  if (options.connect !== false) await connectEngine();
}
/** What the engine says of a service's container, look after look. The first one compares it with its description. */
const lives = (name: string, ...looks: object[]) =>
  engine.says(
    `GET /containers/${name}-id/json`,
    ...[looks[0]!, ...looks].map((look) => ({ Name: `/${name}`, ...look })),
  );
const running = (Ports: object = {}, State: object = {}) => ({
  Id: "web-id",
  RestartCount: 0,
  Config: {},
  State: { Status: "running", Running: true, Restarting: false, ExitCode: 0, ...State },
  NetworkSettings: { Ports, Networks: {} },
});

describe("without an engine", () => {
  beforeEach(() => program({ connect: false }));

  test("fixed ports are known, free ones are not", async () => {
    const service = new Service("web", { image: "nginx", ports: ["8080:80", "127.0.0.1:53:53/udp", "443"] });
    expect(await value(service.endpoints)).toEqual([
      { target: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 },
      { target: "53/udp", hostIp: "127.0.0.1", hostPort: 53 },
    ]);
    expect(await value(service.hostPort(80))).toBe(8080);
    expect(await value(service.hostPort(53))).toBeUndefined();
    expect(await value(service.hostPort(53, "udp"))).toBe(53);
    expect(await value(service.hostPort(443))).toBeUndefined();
    expect(await value(service.url(80, "https"))).toBe("https://localhost:8080");
    expect(await value(service.containerName)).toBe("web");
    expect(await value(service.containerId)).toBe("web-id");
    expect(await value(service.ready)).toBe(true);
    expect(engine.calls).toEqual([]);
  });

  test("addresses of the typed services", async () => {
    expect(await value(new Nginx("web", { port: 666 }).siteUrl)).toBe("http://localhost:666");
    expect(await value(new Nginx("free", { port: "free" }).siteUrl)).toBeUndefined();
    expect(await value(new Nginx("none").siteUrl)).toBeUndefined();
    expect(await value(new Tomcat("tomcat").siteUrl)).toBe("http://localhost:8080");
    expect(await value(new Elasticsearch("es").httpUrl)).toBe("http://localhost:9200");
    const mysql = new Mysql("db", { rootPassword: "x", containerName: "mysql01" });
    expect(await value(mysql.port)).toBe(3306);
    expect(await value(mysql.login)).toBe("docker exec -it mysql01 mysql -uroot -p");
    await w.done();
  });
});

describe("with an engine", () => {
  test("up waits for the answer and tells the ports that the engine chose", async () => {
    await program();
    lives(
      "web",
      running({}, { Status: "created", Running: false }),
      running({
        "80/tcp": [
          { HostIp: "0.0.0.0", HostPort: "32768" },
          { HostIp: "::", HostPort: "32768" },
        ],
        "443/tcp": null,
      }),
    );
    const web = new Nginx("web", { port: "free" });
    expect(await value(web.endpoints)).toEqual([
      { target: "80/tcp", hostIp: "0.0.0.0", hostPort: 32768 },
      { target: "80/tcp", hostIp: "::", hostPort: 32768 },
    ]);
    expect(await value(web.siteUrl)).toBe("http://localhost:32768");
    await w.done();
  });

  test("a port that is published for both IP versions is one endpoint, as declared", async () => {
    await program();
    lives(
      "web",
      running({
        "80/tcp": [
          { HostIp: "0.0.0.0", HostPort: "8080" },
          { HostIp: "::", HostPort: "8080" },
        ],
        "443/tcp": [{ HostIp: "::", HostPort: "8443" }],
      }),
    );
    const web = new Service("web", { image: "nginx", ports: ["8080:80", "[::]:8443:443"] });
    expect(await value(web.endpoints)).toEqual([
      { target: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 },
      { target: "443/tcp", hostIp: "::", hostPort: 8443 },
    ]);
    await w.done();
  });

  test("a service that fails ends the program with its last lines", async () => {
    await program();
    lives("web", running({}, { Status: "exited", Running: false, ExitCode: 1 })).says(
      "GET /containers/web-id/logs?stdout=1&stderr=1&tail=10",
      frame(2, "bind() failed\n"),
    );
    const web = new Service("web", { image: "nginx" });
    const message = "web ended with exit code 1. Its last lines:\n    bind() failed";
    const error = await value(web.ready).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ message });
    // The SDK has it formatted with colours, which takes Node.js 20.20 half a minute where it shows a trace.
    expect(inspect(error, { colors: true })).toBe(message);
    await quiet();
    // An Output that nobody looks at ends the program all the same.
    expect(w.lateErrors()).toEqual([message]);
  });

  test("a service that nobody asks anything of may end well, as for `docker compose up -d`", async () => {
    await program();
    const infos: string[] = [];
    pulumi.log.info = async (message) => void infos.push(message);
    lives("once", running({}, { Status: "exited", Running: false }));
    const once = new Service("once", { image: "busybox", command: "true", restart: "no" });
    expect(await value(once.ready)).toBe(true);
    await w.done();
    expect(w.one(CONTAINER)).toMatchObject({
      inputs: { mustRun: false },
      ignoreChanges: expect.arrayContaining(["mustRun"]),
    });
    expect(infos).toEqual([
      "once has ended with exit code 0 and is done: nothing restarts it. `docker start once` starts it again.",
    ]);
  });

  test.each<[string, object, object, boolean]>([
    ["Exited (137) 5 minutes ago", {}, {}, true],
    ["Exited (0) 5 minutes ago", {}, {}, false],
    // Something says that it is to run.
    ["Exited (0) 5 minutes ago", {}, { restart: "always" }, true],
    ["Up 5 minutes", {}, {}, false],
    ["Exited (137) 5 minutes ago", { "berth.owner": "somebody else" }, {}, false],
    ["Exited (137) 5 minutes ago", { "berth.service": "other" }, {}, false],
  ])("one whose container says %s (%j, %j) is started again: %s", async (Status, labels, description, expected) => {
    await program({ connect: false });
    const Labels = { ...ownerLabels({ stack: "berth/test", owner: "me" }, "once"), ...labels };
    engine.says("GET /containers/json?all=1", [
      { Id: "once-id", Names: ["/renamed"], Image: "busybox", Status, Labels, Ports: null },
    ]);
    await connectEngine();
    lives("once", running()).on("POST /containers/once-id/start", { status: 204 });
    const once = new Service("once", { image: "busybox", ...description });
    await value(once.ready);
    await w.done();
    expect(engine.changes().includes("POST /containers/once-id/start")).toBe(expected);
  });

  test("the wait is as long as the service says", async () => {
    await program();
    lives("web", running({}, { Health: { Status: "starting" } }));
    const web = new Service("web", { image: "nginx", waitTimeout: "200ms" });
    await expect(value(web.endpoints)).rejects.toThrow("web is not healthy after 0 s; raise waitTimeout");
    await quiet();
    expect(w.lateErrors()).toHaveLength(1);
  });

  test("a job is waited for until it ends", async () => {
    await program();
    lives("job", running(), {
      ...running(),
      State: { Status: "exited", Running: false, ExitCode: 0 },
    });
    const job = new Service("job", { image: "busybox", mode: "replicated-job" });
    expect(await value(job.ready)).toBe(true);
    await w.done();
  });

  test("one that depends on another is made when that one answers", async () => {
    await program();
    let answered = false;
    lives("first", running({}, { Status: "created", Running: false }), running());
    lives("second", running());
    const first = new Service("first", { image: "x1" });
    void first.ready.apply(() => (answered = true));
    const second = new Service("second", { image: "x1", dependsOn: [first] });
    const made = second.containerId.apply(() => answered);
    expect(await value(made)).toBe(true);
    expect(await value(second.ready)).toBe(true);
    await w.done();
  });

  describe("the mark of a container's life", () => {
    /** What is compared of a service, and the mark that its container gets. */
    const made = async (live: object | undefined, preview = false) => {
      await program({ connect: false, preview });
      const infos: string[] = [];
      const Labels = { ...ownerLabels({ stack: "berth/test", owner: "me" }, "web") };
      const containers = live ? [{ Id: "web-id", Names: ["/web"], Image: "nginx", Ports: null, Labels, ...live }] : [];
      engine.says("GET /containers/json?all=1", containers);
      await connectEngine();
      lives("web", running());
      pulumi.log.info = async (message) => void infos.push(message);
      const web = new Service("web", { image: "nginx" });
      if (!preview) await value(web.ready);
      await w.done();
      const { inputs, replacementTrigger } = w.one(CONTAINER);
      const labels = inputs.labels as { label: string; value: string }[];
      const life = labels.find(({ label }) => label === "berth.life")?.value;
      return { life, trigger: String(replacementTrigger).split(" ")[2], infos };
    };

    test("is that of the living one, so that nothing changes", async () => {
      const ours = ownerLabels({ stack: "berth/test", owner: "me" }, "web");
      expect(await made({ Labels: { ...ours, "berth.life": "first" } })).toEqual({
        life: "first",
        trigger: "first",
        infos: [],
      });
      // Its name is another one now; or it comes of a service with another logical name.
      expect((await made({ Names: ["/foo"], Labels: { ...ours, "berth.life": "first" } })).trigger).toBe("first");
      expect((await made({ Labels: { ...ours, "berth.service": "old", "berth.life": "first" } })).trigger).toBe(
        "first",
      );
    });

    test("is none where the living one has none, from before there were marks", async () => {
      expect(await made({})).toEqual({ life: undefined, trigger: undefined, infos: [] });
    });

    test.each<[string, object | undefined]>([
      ["there is none", undefined],
      ["only somebody else's", { Names: ["/other"], Labels: { "berth.life": "theirs", "berth.owner": "you" } }],
      [
        "it never started, for the engine had gone",
        {
          State: "created",
          Labels: { ...ownerLabels({ stack: "berth/test", owner: "me" }, "web"), "berth.life": "first" },
        },
      ],
    ])("is a new one where %s", async (_, live) => {
      const [one, other] = [await made(live), await made(live)];
      expect(one.life).toMatch(/^[0-9a-f]{12}$/);
      expect(one.trigger).toBe(one.life);
      expect(other.life).not.toBe(one.life);
      expect(one.infos).toEqual([]);
    });

    test("a preview says that it never started", async () => {
      expect((await made({ State: "created" }, true)).infos).toEqual([
        "web: its container has never started; `up` makes it anew.",
      ]);
    });

    test("is none where nobody has looked at the engine", async () => {
      await program({ connect: false });
      new Service("web", { image: "nginx" });
      await w.done();
      expect(JSON.stringify(w.one(CONTAINER).inputs.labels)).not.toContain("berth.life");
    });
  });

  test("a container that is removed while `up` waits for it is said to be gone", async () => {
    await program();
    const web = new Service("web", { image: "nginx" });
    await expect(value(web.ready)).rejects.toThrow(
      "web is gone: somebody has removed its container; run `up` once more.",
    );
    await quiet();
    expect(w.lateErrors()).toHaveLength(1);
  });

  describe("what `up` does to a living container that is not as declared", () => {
    const Labels = ownerLabels({ stack: "berth/test", owner: "me" }, "web");
    const changed = { front: { NetworkID: "front-id", IPAMConfig: {} }, ours: { NetworkID: "ours-id" } };
    const description = { image: "nginx", networks: ["front", "back"], cpus: 0.5 };
    const infos: string[] = [];
    const start = async (preview: boolean) => {
      await program({ preview, connect: false });
      const live = { Id: "web-id", Names: ["/foo"], Image: "nginx", Labels, Ports: null };
      engine
        .says("GET /containers/json?all=1", [
          { ...live, HostConfig: { NetworkMode: "bridge" }, NetworkSettings: { Networks: changed } },
        ])
        .says("GET /containers/web-id/json", {
          ...running(),
          Name: "/foo",
          HostConfig: { NanoCpus: 1e9 },
          NetworkSettings: { Networks: changed },
        });
      await connectEngine();
      infos.length = 0;
      pulumi.log.info = async (message) => void infos.push(message);
      for (const name of ["front", "back", "ours"]) new BridgeNetwork(name);
    };
    const SAID =
      "web: with this `up` its living container gets its declared limits, joins back, leaves ours, is called web and not foo.";

    test("a preview says it", async () => {
      await start(true);
      const web = new Service("web", description);
      await web.containerName.apply(() => w.done());
      await quiet();
      expect(infos).toEqual([SAID]);
      expect(engine.changes()).toEqual([]);
    });

    test("and `up` does it before it waits for an answer", async () => {
      await start(false);
      for (const call of ["networks/back/connect", "networks/ours/disconnect", "containers/web-id/update"])
        engine.says(`POST /${call}`, {});
      engine.says("POST /containers/web-id/rename?name=web", {});
      const web = new Service("web", description);
      expect(await value(web.ready)).toBe(true);
      await w.done();
      expect(infos).toEqual([SAID]);
      expect(engine.changes()).toHaveLength(4);
    });

    test("where that fails, `up` does", async () => {
      await start(false);
      engine.says("POST /containers/web-id/update", {});
      engine.on("POST /networks/back/connect", { status: 403, body: { message: "no address left" } });
      const web = new Service("web", description);
      await expect(value(web.ready)).rejects.toThrow("foo cannot be changed: no address left; it is as it was.");
      await quiet();
      expect(w.lateErrors()).toHaveLength(1);
    });

    test.each([
      ["is as declared", { front: { NetworkID: "x" }, back: { NetworkID: "y" } }, "bridge", []],
      ["has no networks to join", {}, "host", []],
      [
        "was left out of all networks",
        {},
        "bridge",
        ["web: with this `up` its living container joins front, joins back."],
      ],
    ])("a preview of one that %s", async (_, Networks, NetworkMode, said) => {
      await start(true);
      const live = { Id: "web-id", Names: ["/web"], Image: "nginx", Labels, Ports: null };
      engine.says("GET /containers/json?all=1", [
        { ...live, HostConfig: { NetworkMode }, NetworkSettings: { Networks } },
      ]);
      await connectEngine();
      new Service("web", { ...description, cpus: undefined });
      await w.done();
      await quiet();
      expect(infos).toEqual(said);
    });
  });

  test("a preview asks only for what the engine alone knows", async () => {
    await program({ preview: true });
    engine.reset();
    const fixed = new Service("fixed", { image: "nginx", ports: ["8080:80"] });
    expect(await value(fixed.endpoints)).toEqual([{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 }]);
    expect(await value(fixed.containerName)).toBe("fixed");
    new Service("free", { image: "nginx", ports: ["80"] });
    await w.done();
    expect(engine.calls).toEqual([]);
    expect(w.all(CONTAINER)).toHaveLength(2);
  });
});

describe("connecting", () => {
  test("takes the snapshot that the checks need", async () => {
    await program({ connect: false });
    expect(sessionFor().snapshot).toBeUndefined();
    engine.says("GET /containers/json?all=1", [{ Id: "c1", Names: ["/web"], Image: "x", Labels: {}, Ports: [] }]);
    await connectEngine();
    expect(sessionFor().snapshot).toMatchObject({ local: true, apiVersion: "1.41", containers: [{ name: "web" }] });
    expect(sentence(() => new Service("web", { image: "nginx" }))).toContain("a container named web is there already");
  });

  test("no engine there is one sentence with a remedy", async () => {
    await world({ config: { "docker:host": "unix:///no/docker.sock" } });
    const error = await connectEngine().catch((caught: unknown) => caught);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect((error as Error).message).toBe(
      "No Docker engine answers at unix:///no/docker.sock (connect ENOENT /no/docker.sock). Start Docker, or name another engine with `pulumi config set docker:host` or DOCKER_HOST; `berth plan` shows the plan without one.",
    );
  });

  test("an engine that only the provider reaches is warned about, and not asked", async () => {
    w = await world({ config: { "docker:host": "npipe:////./pipe/docker_engine" } });
    await connectEngine();
    expect(w.warnings).toEqual([
      expect.stringContaining("The engine at npipe:////./pipe/docker_engine is reached by the Docker provider only"),
    ]);
    expect(sessionFor().client).toBeUndefined();
  });
});

describe("the check that a port answers HTTP", () => {
  /** The exit code of the check in this machine's shell. */
  const check = (port: number): Promise<number> =>
    new Promise((resolve) =>
      execFile("sh", ["-c", answersHttp(port).test as string], (error) => resolve(error ? Number(error.code) : 0)),
    );

  test("passes whatever the status, and fails where nobody listens", async () => {
    const server = http.createServer((request, response) => response.writeHead(request.url === "/" ? 403 : 200).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await check(port)).toBe(0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await check(port)).not.toBe(0);
  });
});
