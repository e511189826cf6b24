import { say } from "../../description/say";
import { type Tell, untold } from "../../pulumi/progress";
import { demultiplex, type EngineClient } from "../dockerApi/connection/client";
import type { SwarmSpec } from "../../mapping/swarm";
import type { SwarmService } from "../dockerApi/releaseServices";
import { sameTask } from "./compare";

interface Task {
  ID: string;
  Spec: SwarmSpec["TaskTemplate"];
  DesiredState: string;
  CreatedAt: string;
  Status: {
    State: string;
    Timestamp: string;
    Err?: string;
    Message?: string;
    ContainerStatus?: { ExitCode?: number };
  };
}

/** Milliseconds that a task without a health check has to run; after a crash Docker itself counts ten seconds. */
const SETTLED = 400;
const SETTLED_AFTER_CRASH = 10_000;

/** Tasks that ended before one says that it will not come up. */
const TRIES = 3;

/** Swarm needs a moment to say how many tasks a global service is to have. */
const UNDECIDED = 3_000;

const ENDED = ["failed", "rejected", "complete", "orphaned"];

/** How an update went wrong, by the state that Swarm gives it. */
const STUCK: Record<string, string> = {
  paused: say`was paused in its update`,
  rollback_paused: say`was paused while it was rolled back`,
  rollback_completed: say`was rolled back to what ran before`,
};

const filter = (by: object) => encodeURIComponent(JSON.stringify(by));

/**
 * Waits until every task of a service is of its newest version and runs; with a health check a task runs when it
 * is healthy.
 *
 * @param changed an update was sent just now, so an older one's failure is not this one's
 * @throws Error with the service's last lines where it does not come up in time
 */
export async function waitUntilConverged(
  client: EngineClient,
  id: string,
  { timeout, changed, tell = untold }: { timeout: number; changed: boolean; tell?: Tell },
): Promise<SwarmService> {
  const begin = Date.now();
  // Tasks that have failed before are old news.
  let known: Set<string> | undefined;
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 1000)) {
    const [service, tasks] = await Promise.all([
      client.request<SwarmService>("GET", `/services/${id}`),
      client.request<Task[]>("GET", `/tasks?filters=${filter({ service: [id] })}`),
    ]);
    const { Name, TaskTemplate, Mode } = service.Spec;
    const current = tasks.filter((task) => sameTask(task.Spec, TaskTemplate));
    // A task that has ended well, and that nothing restarts, is done.
    const mayEnd = ["none", "on-failure"].includes(TaskTemplate.RestartPolicy?.Condition);
    const done = mayEnd ? current.filter(({ Status }) => Status.State === "complete") : [];
    const failed = current.filter((task) => ENDED.includes(task.Status.State) && !done.includes(task));
    known ??= new Set(failed.map(({ ID }) => ID));
    const failures = failed.filter(({ ID }) => !known!.has(ID));
    const wanted = tasks.filter((task) => ["running", "ready"].includes(task.DesiredState) && !done.includes(task));
    const running = wanted.filter(({ Status }) => Status.State === "running");
    const all = Mode.Replicated?.Replicas ?? (await desiredTasks(client, id));
    const expected = Math.max(0, all - done.length);
    const decided = Mode.Replicated !== undefined || all > 0 || Date.now() - begin > UNDECIDED;
    const upToDate = running.filter((task) => current.includes(task));
    const needed = failures.length ? SETTLED_AFTER_CRASH : SETTLED;
    const settled = upToDate.every(({ Status }) => !(Date.now() - Date.parse(Status.Timestamp) < needed));
    const state = service.UpdateStatus?.State ?? "";
    const moving = ["updating", "rollback_started"].includes(state);
    if (
      !moving &&
      decided &&
      settled &&
      upToDate.length === expected &&
      wanted.length === expected &&
      !(changed && STUCK[state])
    )
      return service;

    const old = changed ? running.length - upToDate.length : 0;
    const fail = async (what: string, task?: Task) => {
      const message = await failure(client, id, what, task);
      return new Error(
        old > 0
          ? `${message}\n${old === 1 ? say`One task from before this change still runs.` : say`${old} tasks from before this change still run.`}`
          : message,
      );
    };
    const cause = failures.sort((a, b) => (a.CreatedAt < b.CreatedAt ? 1 : -1))[0];
    if (changed && STUCK[state])
      throw await fail(say`${Name} ${STUCK[state]} (${service.UpdateStatus?.Message})`, cause);
    if (failures.length >= TRIES && running.length < expected && !moving)
      throw await fail(say`${Name} does not come up`, cause);
    if (Date.now() - begin >= timeout) {
      const waiting = wanted.find(({ Status }) => Status.State !== "running");
      const why = say`${Name} has ${upToDate.length} of ${expected} tasks running after ${Math.round(timeout / 1000)} s; raise waitTimeout if it needs longer`;
      throw await fail(why, waiting ?? cause);
    }
    const seconds = Math.round((Date.now() - begin) / 1000);
    await tell(() => say`waiting for ${Name}, ${seconds} s so far: ${upToDate.length} of ${expected} tasks run`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** How many tasks a global service is to have: the engine counts them anew for each who asks. */
async function desiredTasks(client: EngineClient, id: string): Promise<number> {
  const [found] = await client.request<{ ServiceStatus?: { DesiredTasks: number } }[]>(
    "GET",
    `/services?status=true&filters=${filter({ id: [id] })}`,
  );
  return found?.ServiceStatus?.DesiredTasks ?? 0;
}

async function failure(client: EngineClient, id: string, what: string, task: Task | undefined): Promise<string> {
  const code = task?.Status.ContainerStatus?.ExitCode;
  const { State, Err, Message } = task?.Status ?? {};
  const reason = task && say`${what}. A task is ${State}: ${Err ?? Message}${code ? say` (exit code ${code})` : ""}`;
  const raw = await client
    .raw("GET", `/services/${id}/logs?stdout=1&stderr=1&tail=10`, undefined, 5_000)
    .catch(() => Buffer.alloc(0));
  const lines = demultiplex(raw)
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .slice(-10);
  return lines.length
    ? say`${reason ?? what}. Its last lines:\n${lines.map((line) => `    ${line}`).join("\n")}`
    : say`${reason ?? what}. It has written nothing.`;
}
