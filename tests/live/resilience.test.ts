import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseRoutes } from "../../core/engines/dockerApi/snapshot";
import { describeIf } from "../skips";
import type { Cases } from "./cases";
import { IDLE } from "./features";
import {
  BY_HAND,
  cleanUp,
  docker,
  errorsOf,
  httpStatus,
  inspect,
  killAt,
  made,
  missing,
  missingLab,
  removeAll,
  type Result,
  shell,
  Stack,
} from "./liveStack";

cleanUp();

const idle = { command: IDLE };
const containers = () => made().filter((name) => name.startsWith("container "));

describeIf(missing, "an up that is killed", () => {
  // numbers.test.ts kills twenty, at random moments.
  const COUNT = 8;
  const cases = (more: object = {}): Cases => ({
    networks: { "live-killed": {} },
    services: Object.fromEntries(
      Array.from({ length: COUNT }, (_, index) => [
        `live-killed-${index}`,
        {
          ...idle,
          ports: [`${23300 + index}:80`],
          volumes: [`live-killed-${index}:/data`, "/cache"],
          networks: ["live-killed"],
          removeData: true,
          ...more,
        },
      ]),
    ),
  });
  afterEach(removeAll, 60_000);

  const resumed = async (stack: Stack) => {
    await stack.up();
    expect(containers()).toHaveLength(COUNT);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  };

  test.each<[string, () => boolean]>([
    ["when the network is there", () => made().includes("network live-killed")],
    ["after the first container", () => containers().length >= 1],
    ["after half of the containers", () => containers().length >= COUNT / 2],
    ["after the last container", () => containers().length >= COUNT],
  ])(
    "%s, is resumed by the next",
    async (_, moment) => {
      const stack = await Stack.create("killed", { cases: cases() });
      await killAt(stack, "up", moment);
      await resumed(stack);
    },
    240_000,
  );

  test("between old and new containers, is resumed by the next, and so is a destroy", async () => {
    const stack = await Stack.create("killed", { cases: cases() });
    await stack.up();
    const ids = () => docker("ps", "-aq", "--filter", "label=berth.stack=berth-live/killed").split("\n");
    const before = ids();
    stack.declare(cases({ environment: { A: "1" } }));
    await killAt(stack, "up", () => ids().filter((id) => !before.includes(id)).length >= COUNT / 2);
    await resumed(stack);
    for (let index = 0; index < COUNT; index++) expect(inspect(`live-killed-${index}`).Config.Env).toContain("A=1");
    expect(ids().filter((id) => before.includes(id))).toEqual([]);
    await killAt(stack, "destroy", () => containers().length <= COUNT / 2);
    await stack.destroy();
    // With the data, since removeData asks for that.
    expect(made()).toEqual([]);
  }, 240_000);
});

describeIf(missing, "a change that fails", () => {
  const PORT = 23350;
  const web = (more: object = {}): Cases => ({
    services: {
      "live-change": {
        image: "nginx",
        ports: [`${PORT}:80`],
        volumes: ["live-change:/data"],
        restart: "always",
        removeData: true,
        waitTimeout: "6s",
        ...more,
      },
    },
  });
  const answers = () => httpStatus(`http://127.0.0.1:${PORT}`);
  const AGAIN = "The container live-change from before this change runs again; the next `up` tries again.";
  let stack: Stack;
  let before: string;
  beforeAll(async () => {
    stack = await Stack.create("change", { cases: web() });
    await stack.up();
    before = inspect("live-change").Id;
    docker("exec", "live-change", "sh", "-c", "echo kept > /data/file");
  }, 60_000);
  afterAll(removeAll, 60_000);

  const NEVER = { test: ["CMD", "false"], interval: "1s", retries: 1 };
  test.each<[string, object, string]>([
    ["an image that is not there", { image: "live-no-such-image:1" }, ""],
    ["a program that is not there", { entrypoint: ["/live/missing"] }, AGAIN],
    ["a crash at the start", { command: ["sh", "-c", "echo broken; exit 3"] }, AGAIN],
    ["an end with 0, again and again", { command: ["true"] }, AGAIN],
    ["a health check that never passes", { healthcheck: NEVER }, AGAIN],
    ["a folder that cannot be mounted", { volumes: ["live-change:/data", "/proc/version:/etc"] }, AGAIN],
    ["a user that the image does not have", { user: "live-nobody" }, AGAIN],
  ])(
    "by %s has the old container answer again",
    async (_, change, says) => {
      stack.declare(web(change));
      const result = await stack.tryUp();
      expect(result.code).not.toBe(0);
      expect(errorsOf(result)).toContain(says);
      expect(await answers()).toBe(200);
      const { Id, HostConfig } = inspect("live-change");
      expect(Id).toBe(before);
      expect(HostConfig.RestartPolicy).toMatchObject({ Name: "always" });
      expect(docker("exec", "live-change", "cat", "/data/file")).toBe("kept");
    },
    120_000,
  );

  test("is over when the next one succeeds, and nothing is left of it", async () => {
    stack.declare(web({ environment: { A: "1" } }));
    await stack.up();
    expect(containers()).toEqual(["container live-change"]);
    expect(await answers()).toBe(200);
    expect(docker("exec", "live-change", "cat", "/data/file")).toBe("kept");
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test.each<[string, () => boolean]>([
    ["when the old container is set aside", () => containers().some((name) => name.includes(".berth-previous"))],
    ["when the new container is there", () => containers().length === 2 && containers()[0] === "container live-change"],
  ])(
    "and one that is killed %s goes on, or back",
    async (_, moment) => {
      for (const [number, back] of [false, true].entries()) {
        const declared = web({ environment: { A: `${number}` } });
        stack.declare(declared);
        await stack.up();
        const { Id } = inspect("live-change");
        stack.declare(web({ environment: { A: "next" } }));
        await killAt(stack, "up", moment);
        if (back) stack.declare(declared);
        await stack.up();
        expect(containers()).toEqual(["container live-change"]);
        expect(inspect("live-change").Config.Env).toContain(back ? `A=${number}` : "A=next");
        if (!back) expect(inspect("live-change").Id).not.toBe(Id);
        expect(await answers()).toBe(200);
        expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
      }
    },
    120_000,
  );

  test("and is not taken up goes with the stack", async () => {
    stack.declare(web({ command: ["false"] }));
    await stack.tryUp();
    await stack.destroy();
    expect(made()).toEqual([]);
  }, 60_000);
});

describeIf(missing, "what was changed by hand", () => {
  afterAll(removeAll, 60_000);
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.create("drift", {
      cases: {
        networks: { "live-drift": {} },
        services: {
          "live-removed": { ...idle, volumes: ["live-drift:/data"] },
          "live-stopped": { ...idle, networks: ["live-drift"] },
          "live-still": idle,
        },
      },
    });
    await stack.up();
  }, 60_000);

  test("a removed container is brought back, a stopped one is started, a limit is set back", async () => {
    const before = ["live-removed", "live-stopped", "live-still"].map((name) => inspect(name));
    docker("rm", "-f", "live-removed");
    docker("stop", "-t", "1", "live-stopped");
    docker("update", "--restart", "always", "live-still");
    expect((await stack.changes(["--refresh"])).sort()).toEqual([
      "create Container live-removed",
      "update Container live-still",
    ]);
    // berth itself starts what has ended and should run.
    expect((await stack.preview()).output).toMatch(
      /live-stopped: its container has ended with exit code \d+; with this `up` it starts again\./,
    );
    await stack.up(["--refresh"]);
    const after = ["live-removed", "live-stopped", "live-still"].map((name) => inspect(name));
    expect(after.map(({ State }) => State.Running)).toEqual([true, true, true]);
    expect(after.map(({ Id }, index) => Id === before[index]!.Id)).toEqual([false, true, true]);
    expect(after[2]!.HostConfig.RestartPolicy).toMatchObject({ Name: "no" });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);
});

describeIf(missing, "a wrong argument in the third of five", () => {
  afterAll(removeAll, 60_000);
  const services = (third: object, others: object = {}): Cases["services"] =>
    Object.fromEntries(
      [1, 2, 3, 4, 5].map((number) => [
        `live-five-${number}`,
        { ...idle, volumes: [`live-five-${number}:/data`], ...(number === 3 ? third : others) },
      ]),
    );
  const networks = { "live-five": {} };
  const WRONG = { ports: ["70000:80"] };

  test("makes nothing at all", async () => {
    const stack = await Stack.create("five", { cases: { networks, services: services(WRONG) } });
    const before = made();
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toContain(
      'error: Service "live-five-3": ports[0]: "70000" is not a whole number in range; use 1 to 65535.',
    );
    expect(made()).toEqual(before);
  }, 60_000);

  test("leaves what is there as it was", async () => {
    const stack = await Stack.create("five", { cases: { networks, services: services({}) } });
    await stack.up();
    const names = [1, 2, 3, 4, 5].map((number) => `live-five-${number}`);
    const look = () =>
      names
        .map((name) => inspect(name))
        .map(({ Id, State, Config, HostConfig }) => ({ Id, StartedAt: State.StartedAt, Config, HostConfig }));
    const before = look();
    stack.declare({
      networks: { ...networks, "live-more": {} },
      services: services(WRONG, { environment: { A: "1" }, restart: "always" }),
    });
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toContain('"live-five-3": ports[0]');
    expect(look()).toEqual(before);
    expect(made()).not.toContain("network live-more");
    // The state has kept everything too.
    stack.declare({ networks, services: services({}) });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);
});

describeIf(missing, "what others have on the engine", () => {
  afterAll(removeAll, 60_000);
  const listener = createServer();
  const ROUTE = missing
    ? undefined
    : parseRoutes(readFileSync("/proc/net/route", "utf8")).find(({ device }) => !/^(docker0|br-)/.test(device));
  const refusals: Record<string, string> = {};
  const results: Record<string, Result> = {};
  let taken = 0;
  let before: string[] = [];
  let after: string[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
    taken = (listener.address() as { port: number }).port;
    shell(`docker run -d ${BY_HAND} --name live-foreign -p 23401:80 busybox sleep 3600`);
    shell(`docker network create ${BY_HAND} --subnet 10.231.40.0/22 live-foreign-net`);
    const stack = await Stack.create("taken", {
      cases: {
        collectRefusals: true,
        networks: {
          "live-fine": { subnet: "10.231.50.0/24" },
          "live-overlaps": { subnet: "10.231.41.0/24" },
          "live-twice": { subnet: "10.231.50.128/25" },
          "live-foreign-net": {},
          ...(ROUTE ? { "live-route": { subnet: ROUTE.subnet.text } } : {}),
        },
        services: {
          "live-fine": idle,
          "live-container-port": { ...idle, ports: ["23401:80"] },
          "live-container-port-there": { ...idle, ports: ["127.0.0.1:23401:80"] },
          "live-program-port": { ...idle, ports: [`${taken}:80`] },
          "live-program-port-there": { ...idle, ports: [`127.0.0.1:${taken}:80`] },
          "live-name": { ...idle, containerName: "live-foreign" },
          "live-no-network": { ...idle, networks: ["live-nobody-made-this"] },
          "live-no-source": { ...idle, volumesFrom: ["live-nobody-made-this"] },
          "live-no-folder": { ...idle, volumes: ["./missing/folder:/data"] },
        },
      },
    });
    before = made();
    results.preview = await stack.preview();
    results.up = await stack.tryUp();
    Object.assign(refusals, stack.refusals());
    after = made();
  }, 120_000);
  afterAll(() => void listener.close());

  const SAYS: [string, (port: number) => string][] = [
    [
      "live-overlaps",
      () => "subnet: 10.231.41.0/24 overlaps 10.231.40.0/22 of the network live-foreign-net on the engine; ",
    ],
    ["live-twice", () => "subnet: 10.231.50.128/25 overlaps 10.231.50.0/24 of the network live-fine; "],
    ["live-foreign-net", () => "name: a network named live-foreign-net is there already"],
    [
      "live-container-port",
      () => "ports[0]: 23401:80: host port 23401 is taken by the container live-foreign (busybox); ",
    ],
    [
      "live-container-port-there",
      () => "ports[0]: 127.0.0.1:23401:80: host port 23401 is taken by the container live-foreign (busybox); ",
    ],
    [
      "live-program-port",
      (port) => `ports[0]: ${port}:80: host port ${port} is taken by another program on the host; `,
    ],
    [
      "live-program-port-there",
      (port) => `ports[0]: 127.0.0.1:${port}:80: host port ${port} is taken by another program on the host; `,
    ],
    [
      "live-name",
      () => "containerName: a container named live-foreign is there already, made by the stack berth-live/by-hand; ",
    ],
    ["live-no-network", () => "networks[0]: there is no network named live-nobody-made-this; "],
    ["live-no-source", () => "volumesFrom[0]: there is no container named live-nobody-made-this; "],
    ["live-no-folder", () => "volumes[0]: the host path "],
  ];

  test.each(SAYS)("%s is refused", (name, says) => {
    expect(refusals[name]).toContain(`"${name}": ${says(taken)}`);
  });

  (ROUTE ? test : test.skip)("a route of the host is refused", () => {
    expect(refusals["live-route"]).toContain(
      `subnet: ${ROUTE!.subnet.text} overlaps the host's route ${ROUTE!.subnet.text} on ${ROUTE!.device}; `,
    );
  });

  test("nothing else is refused, and nothing is made", () => {
    expect(Object.keys(refusals).sort()).toEqual(
      [...SAYS.map(([name]) => name), ...(ROUTE ? ["live-route"] : [])].sort(),
    );
    expect([results.preview!.code, results.up!.code].includes(0)).toBe(false);
    expect(after).toEqual(before);
  });
});

describeIf(missingLab, "a service that does not come up", () => {
  afterAll(removeAll, 60_000);
  test("crashes: up fails with its last lines, and a mended description works", async () => {
    const stack = await Stack.create("flaky", {
      cases: { services: { "live-flaky": { image: "flaky" }, "live-after": { ...idle, dependsOn: ["live-flaky"] } } },
    });
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toContain("live-flaky ended with exit code 3. Its last lines:");
    for (const line of ["line one", "line two", "fatal: cannot open database"])
      expect(errorsOf(result)).toContain(`    ${line}`);
    // Whoever depends on it was not started.
    expect(made()).not.toContain("container live-after");
    stack.declare({
      services: {
        "live-flaky": { image: "flaky", command: IDLE },
        "live-after": { ...idle, dependsOn: ["live-flaky"] },
      },
    });
    await stack.up();
    expect([inspect("live-flaky"), inspect("live-after")].map(({ State }) => State.Running)).toEqual([true, true]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);

  test("crashes again and again under a restart policy: likewise", async () => {
    const stack = await Stack.create("crashing", {
      cases: { services: { "live-crashing": { image: "flaky", restart: "always" } } },
    });
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toMatch(
      /live-crashing keeps crashing \(restarted \d+ times, last exit code 3\)\. Its last lines:\n[\s\S]*fatal: cannot open database/,
    );
    stack.declare({ services: { "live-crashing": { image: "flaky", restart: "always", command: IDLE } } });
    await stack.up();
    expect(inspect("live-crashing").State.Running).toBe(true);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);

  test("a job that fails: likewise", async () => {
    const job = (code: number): Cases => ({
      services: {
        "live-job": { image: "busybox", mode: "replicated-job", command: ["sh", "-c", `echo migrating; exit ${code}`] },
      },
    });
    const stack = await Stack.create("job", { cases: job(7) });
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toMatch(/live-job ended with exit code 7\. Its last lines:\n\s+migrating/);
    stack.declare(job(0));
    await stack.up();
    expect(inspect("live-job").State).toMatchObject({ Status: "exited", ExitCode: 0 });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);

  test("hangs: up gives up after waitTimeout, and a mended description works", async () => {
    const hang = (test: string, waitTimeout: string): Cases => ({
      services: { "live-hang": { image: "hang", waitTimeout, healthcheck: { test, interval: "1s", retries: 2 } } },
    });
    const stack = await Stack.create("hang", { cases: hang("echo no answer on 8080; exit 1", "4s") });
    const result = await stack.tryUp();
    expect(result.code).not.toBe(0);
    expect(errorsOf(result)).toMatch(
      /live-hang is not healthy \(its check says: no answer on 8080\) after 4 s; raise waitTimeout if it needs longer\. Its last lines:\n\s+still starting/,
    );
    expect(result.seconds).toBeLessThan(20);
    // Asking again without a change does not call it healthy.
    expect((await stack.tryUp()).code).not.toBe(0);
    stack.declare(hang("true", "30s"));
    await stack.up();
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);
});

describeIf(missing, "secrets", () => {
  afterAll(removeAll, 60_000);
  const PASSWORDS = [
    "zeN4-first-of-root",
    "zeN4-second-of-root",
    "zeN4-of-the-file",
    "zeN4-plain-in-code",
    "zeN4-plain-changed",
  ];

  /** Everything that a run leaves or shows. */
  const expectAbsent = (stack: Stack, results: Result[]) => {
    const shown = [stack.stateText(), ...results.map(({ output }) => output)].join("\n");
    // The other values are readable, or this would show nothing.
    expect(shown).toContain("readable-value");
    for (const password of PASSWORDS) expect(shown.split("\n").filter((line) => line.includes(password))).toEqual([]);
    for (const password of PASSWORDS) expect(shown).not.toContain(Buffer.from(password).toString("base64"));
  };

  test("are in clear in no state, history, backup, output or log of a service", async () => {
    const describe = (password: string): Cases => ({
      services: {
        "live-secret": {
          ...idle,
          envFile: [{ path: "all.env", secret: true }],
          environment: { API_TOKEN: password, MODE: "readable-value" },
        },
        "live-plain": { ...idle, environment: { MODE: "readable-value" } },
      },
    });
    const stack = await Stack.create("secrets", { cases: describe(PASSWORDS[3]!) });
    writeFileSync(join(stack.folder, "all.env"), `ANYTHING=${PASSWORDS[2]}\n`);
    const results = [await stack.preview(["--diff"]), await stack.preview(["--json"]), await stack.up(["--diff"])];
    expect(inspect("live-secret").Config.Env).toEqual(
      expect.arrayContaining([`API_TOKEN=${PASSWORDS[3]}`, `ANYTHING=${PASSWORDS[2]}`, "MODE=readable-value"]),
    );
    results.push(await stack.preview(["--diff", "--refresh"]));
    stack.declare(describe(PASSWORDS[4]!));
    results.push(await stack.preview(["--diff"]), await stack.preview(["--json"]), await stack.up(["--diff"]));
    // A changed password takes effect.
    expect(inspect("live-secret").Config.Env).toContain(`API_TOKEN=${PASSWORDS[4]}`);
    results.push(
      await stack.pulumi(["stack", "--show-urns"]),
      await stack.pulumi(["stack", "output", "--json"]),
      await stack.pulumi(["stack", "history"]),
    );
    for (const { code } of results) expect(code).toBe(0);
    expectAbsent(stack, results);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);

  test("likewise of the mysql stack", async () => {
    const stack = await Stack.create("mysql", {
      config: {
        "mysql:setup": "A10",
        "mysql:containerName": "readable-value",
        "mysql:data": "live-secret-data",
        "mysql:port": "23402",
      },
      secrets: { "mysql:rootPassword": PASSWORDS[0]! },
    });
    const results = [await stack.preview(["--diff"]), await stack.up(["--diff"])];
    expect(inspect("readable-value").Config.Env).toContain(`MYSQL_ROOT_PASSWORD=${PASSWORDS[0]}`);
    await stack.secret("mysql:rootPassword", PASSWORDS[1]!);
    results.push(
      await stack.preview(["--diff"]),
      await stack.preview(["--json"]),
      await stack.pulumi(["stack", "output", "--json"]),
      await stack.preview(["--refresh"]),
    );
    for (const { code } of results) expect(code).toBe(0);
    expectAbsent(stack, results);
  }, 120_000);
});
