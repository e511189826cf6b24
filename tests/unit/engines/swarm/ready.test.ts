import { waitUntilConverged } from "../../../../core/engines/swarm/ready";
import { frame, useEngine } from "../../fakeEngine";

const engine = useEngine();
const ID = "service-id";

const TEMPLATE = { ContainerSpec: { Image: "nginx" } };
const OLD = { ContainerSpec: { Image: "nginx:1.7.9" } };
let number = 0;

function task(State: string, { spec = TEMPLATE as object, desired = "running", ago = 60, err = "", code = 0 } = {}) {
  const at = new Date(Date.now() - ago * 1000).toISOString();
  const ContainerStatus = { ExitCode: code };
  const Status = { State, Timestamp: at, Err: err || undefined, Message: State, ContainerStatus };
  return { ID: `task-${++number}`, Spec: spec, DesiredState: desired, CreatedAt: at, Status };
}

const service = (Mode: object, UpdateStatus?: object) => ({
  ID,
  Spec: { Name: "web", TaskTemplate: { ...TEMPLATE, Runtime: "container" }, Mode },
  UpdateStatus,
});
const replicas = (count: number, status?: object) => service({ Replicated: { Replicas: count } }, status);

function says(inspected: object[], tasks: object[][], desired = 0) {
  engine
    .says(`GET /services/${ID}`, ...inspected)
    .says(`GET /services?status=true&filters={"id":["${ID}"]}`, [{ ServiceStatus: { DesiredTasks: desired } }])
    .says(`GET /tasks?filters={"service":["${ID}"]}`, ...tasks)
    .on(`GET /services/${ID}/logs?stdout=1&stderr=1&tail=10`, { body: frame(1, "one\ntwo\n") });
}
const wait = (options: { timeout?: number; changed?: boolean } = {}) =>
  waitUntilConverged(engine.client, ID, { timeout: 5_000, changed: true, ...options });

test("every task of the newest version runs", async () => {
  says([replicas(2)], [[task("running"), task("running"), task("shutdown", { desired: "shutdown" })]]);
  expect((await wait()).ID).toBe(ID);
});

test("a task of an older version does not count, nor one that starts", async () => {
  const [older, newer] = [task("running", { spec: OLD }), task("running")];
  says([replicas(1)], [[older], [older, task("starting")], [{ ...older, DesiredState: "shutdown" }, newer]]);
  await wait();
  expect(engine.calls.filter((call) => String(call).startsWith("GET /tasks"))).toHaveLength(3);
});

test("an update goes on until Swarm says that it is over", async () => {
  says([replicas(1, { State: "updating" }), replicas(1, { State: "completed" })], [[task("running")]]);
  await wait();
  expect(engine.calls.filter((call) => call === `GET /services/${ID}`)).toHaveLength(2);
});

test("a task that has just begun to run has to go on for a moment", async () => {
  says([replicas(1)], [[task("running", { ago: 0 })]]);
  const begin = Date.now();
  await wait();
  expect(Date.now() - begin).toBeGreaterThan(300);
});

test("one on each node: as many as Swarm counts", async () => {
  says([service({ Global: {} })], [[task("running")], [task("running"), task("running")]], 2);
  await wait();
  expect(engine.calls.filter((call) => String(call).startsWith("GET /tasks"))).toHaveLength(2);
});

test("no replicas are there at once", async () => {
  says([replicas(0)], [[]]);
  await wait();
});

describe("a task that has ended well", () => {
  const ending = (Condition: string) => {
    const made = replicas(1);
    const RestartPolicy = { Condition };
    return {
      service: { ...made, Spec: { ...made.Spec, TaskTemplate: { ...made.Spec.TaskTemplate, RestartPolicy } } },
      spec: { ...TEMPLATE, RestartPolicy },
    };
  };

  test.each([
    ["none", "shutdown"],
    ["on-failure", "shutdown"],
    // Until Swarm has noticed.
    ["none", "running"],
  ])("is done where it is restarted on %s, while %s is desired", async (condition, desired) => {
    const { service, spec } = ending(condition);
    says([service], [[task("running", { spec, ago: 0 })], [task("complete", { spec, desired })]]);
    await wait();
    expect(engine.calls.filter((call) => String(call).startsWith("GET /tasks"))).toHaveLength(2);
  });

  test("is none that is done where Swarm starts it again", async () => {
    const { service, spec } = ending("any");
    says([service], [[task("complete", { spec, desired: "shutdown" }), task("ready", { spec, desired: "ready" })]]);
    await expect(wait({ timeout: 300 })).rejects.toThrow("web has 0 of 1 tasks running");
  });

  test("with an error is none", async () => {
    const { service, spec } = ending("none");
    says([service], [[task("failed", { spec, desired: "shutdown", code: 3 })]]);
    await expect(wait({ timeout: 300 })).rejects.toThrow("web has 0 of 1 tasks running");
  });
});

test("tasks that crash", async () => {
  const crashed = () => task("failed", { desired: "shutdown", err: "task: non-zero exit (3)", code: 3 });
  const rest = [crashed(), crashed(), crashed()];
  says([replicas(1)], [[], [...rest, task("ready", { desired: "ready" })]]);
  await expect(wait()).rejects.toThrow(
    "web does not come up. A task is failed: task: non-zero exit (3) (exit code 3). Its last lines:\n    one\n    two",
  );
});

test("a change that fails says what runs as before", async () => {
  const older = () => task("running", { spec: OLD });
  says([replicas(3, { State: "paused", Message: "why" })], [[older(), older(), task("failed", { err: "no" })]]);
  await expect(wait()).rejects.toThrow(/two\n2 tasks from before this change still run\.$/);
  says([replicas(2, { State: "paused", Message: "why" })], [[older(), task("running")]]);
  await expect(wait()).rejects.toThrow(/two\nOne task from before this change still runs\.$/);
  says([replicas(1, { State: "paused", Message: "why" })], [[task("failed", { desired: "shutdown" })]]);
  await expect(wait()).rejects.toThrow(/one\n {4}two$/);
});

test("crashes of an earlier time are no matter", async () => {
  const crashed = [1, 2, 3].map(() => task("failed", { desired: "shutdown" }));
  says([replicas(1)], [[...crashed, task("running")]]);
  await wait({ changed: false });
});

test.each([
  ["paused", "web was paused in its update (why)"],
  ["rollback_completed", "web was rolled back to what ran before (why)"],
])("an update that %s", async (State, message) => {
  says([replicas(1, { State, Message: "why" })], [[task("running")]]);
  await expect(wait()).rejects.toThrow(message);
  // Where nothing was changed it is an old story.
  await wait({ changed: false });
});

test("nobody can run it", async () => {
  says([replicas(2)], [[task("running"), task("pending", { err: "no suitable node" })]]);
  await expect(wait({ timeout: 300 })).rejects.toThrow(
    /^web has 1 of 2 tasks running after 0 s; raise waitTimeout if it needs longer\. A task is pending: no suitable node/,
  );
});
