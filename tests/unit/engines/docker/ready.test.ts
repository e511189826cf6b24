import { waitUntilReady } from "../../../../core/engines/docker/ready";
import { frame, useEngine } from "../../fakeEngine";

const engine = useEngine();

interface Look {
  status?: string;
  exit?: number;
  health?: string;
  probe?: string;
  /** Checks that failed one after another. */
  streak?: number;
  restarts?: number;
  test?: string[];
  /** Nanoseconds. */
  checkTimeout?: number;
  retries?: number;
}
const look = ({ status = "running", exit = 0, restarts = 0, ...more }: Look) => ({
  Id: "c1",
  Name: "/web",
  RestartCount: restarts,
  Config: {
    Healthcheck: (more.test || more.retries) && { Test: more.test, Timeout: more.checkTimeout, Retries: more.retries },
  },
  State: {
    Status: status,
    Running: status === "running" || status === "restarting",
    Restarting: status === "restarting",
    ExitCode: exit,
    Health: more.health && {
      Status: more.health,
      FailingStreak: more.streak,
      Log: more.probe === undefined ? null : [{ Output: "older" }, { Output: `${more.probe}\n` }],
    },
  },
  NetworkSettings: { Ports: {}, Networks: {} },
});

function wait(
  looks: Look[],
  { timeout = 300, patient = false, job = false, mayEnd = false, log = "" as string | Buffer } = {},
) {
  engine.says("GET /containers/c1/json", ...looks.map(look));
  if (log)
    engine.says("GET /containers/c1/logs?stdout=1&stderr=1&tail=10", typeof log === "string" ? frame(2, log) : log);
  return waitUntilReady(engine.client, "c1", "web", { timeout, patient, job, mayEnd: job || mayEnd });
}

test.each<[string, Look[]]>([
  ["is running, without a health check", [{}]],
  ["is healthy", [{ health: "healthy" }]],
  ["has its image's check switched off", [{ health: "none" }]],
  ["starts slowly", [{ status: "created" }, { status: "created" }, {}]],
  ["becomes healthy", [{ health: "starting" }, { health: "healthy" }]],
  ["recovers", [{ health: "unhealthy", probe: "no" }, { health: "healthy" }]],
  ["crashed once", [{ status: "restarting", exit: 1, restarts: 1 }, { restarts: 1 }]],
  ["crashed often, long ago", [{ restarts: 9 }]],
])("a service is ready that %s", async (_, looks) => {
  expect((await wait(looks)).Id).toBe("c1");
  expect(engine.calls.filter((call) => call === "GET /containers/c1/json")).toHaveLength(looks.length);
});

describe("without a health check a service has to run for a moment", () => {
  /** A container that was started at a time by the engine's clock. */
  const since = (startedAt: string, restarts = 0) => {
    const state = look({ restarts });
    return { ...state, State: { ...state.State, StartedAt: startedAt } };
  };
  const ready = (timeout: number, ...states: object[]) => {
    engine.says("GET /containers/c1/json", ...states);
    return waitUntilReady(engine.client, "c1", "web", { timeout, job: false });
  };
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

  test("nobody asks again before that", async () => {
    await ready(5_000, since(new Date().toISOString()));
    expect(engine.calls.filter((call) => call === "GET /containers/c1/json").length).toBeLessThanOrEqual(3);
  });

  test("one that runs for long is ready at once", async () => {
    await ready(300, since(minutesAgo(1)));
    expect(engine.calls).toHaveLength(1);
  });

  test("one that has just started is not", async () => {
    const begin = Date.now();
    await ready(3000, since(new Date().toISOString()));
    expect(Date.now() - begin).toBeGreaterThanOrEqual(300);
  });

  test("one that crashes at once fails", async () => {
    await expect(ready(3000, since(new Date().toISOString()), look({ status: "exited", exit: 1 }))).rejects.toThrow(
      "web ended with exit code 1",
    );
  });

  test("an engine whose clock is ahead is waited for by our own", async () => {
    await ready(3000, since(minutesAgo(-60)));
  });

  test("after a crash it takes longer", async () => {
    await expect(ready(700, since(new Date().toISOString(), 1))).rejects.toThrow("web is not running after 1 s");
    await ready(150, since(minutesAgo(1), 1));
  });

  test("a healthy one need not wait", async () => {
    const state = look({ health: "healthy" });
    await ready(300, { ...state, State: { ...state.State, StartedAt: new Date().toISOString() } });
    expect(engine.calls).toHaveLength(1);
  });
});

describe("while it starts", () => {
  const exec = "POST /containers/c1/exec";
  const check = (code: number | null, ...then: Look[]) => {
    engine.says(exec, { Id: "e1" }).says("POST /exec/e1/start", "").says("GET /exec/e1/json", { ExitCode: code });
    return wait([{ health: "starting", test: ["CMD", "curl", "-f", "x"] }, ...then]);
  };

  test("its own check is run at once: the engine waits a whole interval first", async () => {
    await check(0);
    expect(engine.changes()).toEqual([
      [exec, { Cmd: ["curl", "-f", "x"], AttachStdout: true, AttachStderr: true }],
      ["POST /exec/e1/start", { Detach: false, Tty: false }],
    ]);
  });

  test("a check in the shell", async () => {
    engine.says(exec, { Id: "e1" }).says("POST /exec/e1/start", "").says("GET /exec/e1/json", { ExitCode: 0 });
    await wait([{ health: "starting", test: ["CMD-SHELL", "curl x || exit 1"] }]);
    expect(engine.changes()[0]).toEqual([
      exec,
      { Cmd: ["/bin/sh", "-c", "curl x || exit 1"], AttachStdout: true, AttachStderr: true },
    ]);
  });

  test.each([1, null])("a check that ends with %p is no answer yet", async (code) => {
    await check(code, { health: "healthy" });
    expect(engine.calls.filter((call) => call === "GET /containers/c1/json")).toHaveLength(2);
  });

  test("a check that cannot be run is no answer either", async () => {
    engine.on(exec, { status: 409, body: { message: "not running" } });
    await wait([{ health: "starting", test: ["CMD", "true"] }, { health: "healthy" }]);
  });

  test("a check that hangs is run once, and no longer than it may take", async () => {
    engine.says(exec, { Id: "e1" }).on("POST /exec/e1/start", "silence");
    const begin = Date.now();
    const starting = { health: "starting", test: ["CMD", "cat"], checkTimeout: 100e6 };
    await wait([starting, starting, { health: "healthy" }], { timeout: 20_000 });
    expect(Date.now() - begin).toBeLessThan(5_000);
    expect(engine.changes()).toHaveLength(2);
  });

  test("a check that hangs holds nobody up who has stopped to wait", async () => {
    engine.says(exec, { Id: "e1" }).on("POST /exec/e1/start", "silence");
    await expect(wait([{ health: "starting", test: ["CMD", "cat"] }], { timeout: 300 })).rejects.toThrow(
      "web is not healthy after 0 s",
    );
  });

  test.each([[["NONE"]], [[]]])("the check %j is not run", async (test) => {
    await wait([{ health: "starting", test }, { health: "healthy" }]);
    expect(engine.changes()).toEqual([]);
  });
});

describe("jobs", () => {
  test("are ready when they have ended well", async () => {
    await wait([{ status: "created" }, {}, { status: "exited" }], { job: true, timeout: 2000 });
  });

  test("fail with their exit code", async () => {
    await expect(wait([{}, { status: "exited", exit: 3 }], { job: true, log: "bad input\n" })).rejects.toThrow(
      "web ended with exit code 3. Its last lines:\n    bad input",
    );
  });

  test("are given up when they take too long", async () => {
    await expect(wait([{}], { job: true, timeout: 150, log: "step 1\n" })).rejects.toThrow(
      "web has not ended after 0 s; raise waitTimeout if it needs longer. Its last lines:\n    step 1",
    );
  });
});

describe("a service that may end", () => {
  test.each<[string, Look[]]>([
    ["has ended well", [{ status: "exited" }]],
    ["ends well while it starts", [{ status: "created" }, { status: "exited" }]],
    ["runs", [{}]],
  ])("is ready when it %s", async (_, looks) => {
    await wait(looks, { mayEnd: true });
    expect(engine.calls).toHaveLength(looks.length);
  });

  test("fails with another code, and where its image has a check, which nobody answers any more", async () => {
    await expect(wait([{ status: "exited", exit: 3 }], { mayEnd: true })).rejects.toThrow("web ended with exit code 3");
    await expect(wait([{ status: "exited", health: "unhealthy" }], { mayEnd: true })).rejects.toThrow(
      "web ended with exit code 0",
    );
  });
});

describe("a service fails that", () => {
  test("ends, even with code 0", async () => {
    await expect(wait([{ status: "exited" }])).rejects.toThrow(
      /^web ended with exit code 0; where it is meant to, say mode: "replicated-job" \(in a compose file: deploy: \{ mode: replicated-job \}\)\. It has written nothing\.$/,
    );
  });

  test.each(["exited", "dead"])("is %s", async (status) => {
    await expect(wait([{ status, exit: 127 }], { log: "sh: not found\n" })).rejects.toThrow(
      "web ended with exit code 127. Its last lines:\n    sh: not found",
    );
  });

  test("crashes again and again", async () => {
    const looks = [1, 2, 3].map((restarts) => ({ status: "restarting", exit: 1, restarts }));
    await expect(wait(looks, { timeout: 5000, log: "panic\n" })).rejects.toThrow(
      "web keeps crashing (restarted 3 times, last exit code 1). Its last lines:\n    panic",
    );
  });

  const failing = (...streaks: number[]): Look[] =>
    streaks.map((streak) => ({ health: streak < 3 ? "starting" : "unhealthy", streak, probe: "no database" }));

  test("the engine calls unhealthy, without the rest of the wait", async () => {
    await expect(wait(failing(1, 2, 3), { timeout: 20_000, log: "starting\n" })).rejects.toThrow(
      "web is unhealthy (its check says: no database); where it only needs longer, raise startPeriod of its health check, or set waitTimeout. Its last lines:\n    starting",
    );
    expect(engine.calls.filter((call) => call === "GET /containers/c1/json")).toHaveLength(3);
  });

  test("the engine calls unhealthy after as many tries as were declared", async () => {
    const looks = [1, 2].map((streak) => ({ health: streak < 2 ? "starting" : "unhealthy", streak, retries: 2 }));
    await expect(wait(looks, { timeout: 20_000 })).rejects.toThrow("web is unhealthy; ");
  });

  test("was unhealthy before, and is so after as many tries again", async () => {
    await expect(wait(failing(8, 9, 10, 11), { timeout: 20_000 })).rejects.toThrow("web is unhealthy (");
    expect(engine.calls.filter((call) => call === "GET /containers/c1/json")).toHaveLength(4);
  });

  test("is unhealthy for as long as somebody has said to wait", async () => {
    await expect(wait(failing(1, 2, 3, 4), { timeout: 800, patient: true })).rejects.toThrow(
      "web is not healthy (its check says: no database) after 1 s; raise waitTimeout if it needs longer.",
    );
    await wait([...failing(1, 2, 3, 4), { health: "healthy" }], { timeout: 20_000, patient: true });
  });

  test("does not become healthy: its check and its last lines are shown", async () => {
    const log = Buffer.concat([frame(1, "one\n"), frame(2, "two\n")]);
    await expect(wait([{ health: "unhealthy", probe: "connection refused" }], { timeout: 600, log })).rejects.toThrow(
      "web is not healthy (its check says: connection refused) after 1 s; raise waitTimeout if it needs longer. Its last lines:\n    one\n    two",
    );
  });

  test("does not become healthy, without a word of its check", async () => {
    await expect(wait([{ health: "starting" }], { timeout: 150 })).rejects.toThrow(
      /^web is not healthy after 0 s; raise waitTimeout if it needs longer\. It has written nothing\.$/,
    );
  });

  test("never runs", async () => {
    await expect(wait([{ status: "created" }], { timeout: 150 })).rejects.toThrow("web is not running after 0 s");
  });

  test("is removed meanwhile", async () => {
    engine.reset();
    await expect(waitUntilReady(engine.client, "c1", "web", { timeout: 300, job: false })).rejects.toThrow(
      "web is gone: somebody has removed its container; run `up` once more.",
    );
  });
});

test("says for whom and what it waits, with the last line of the container's log", async () => {
  engine.says("GET /containers/c1/logs?stdout=1&stderr=1&tail=1", frame(1, "ready in a minute\n"));
  engine.says("GET /containers/c1/json", look({ health: "unhealthy" }), look({ health: "healthy" }));
  const told: string[] = [];
  const tell = async (text: () => string | Promise<string>) => void told.push(await text());
  await waitUntilReady(engine.client, "c1", "web", { timeout: 300, job: false, tell });
  expect(told).toEqual(["waiting for web to be healthy (unhealthy), 0 s so far; it says: ready in a minute"]);
});
