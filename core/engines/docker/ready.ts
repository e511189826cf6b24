import { say } from "../../description/say";
import { type Tell, untold } from "../../pulumi/progress";
import type { EngineClient } from "../dockerApi/connection/client";

/** What the engine says of a container, as far as berth uses it. */
export interface ContainerInspect {
  Id: string;
  Name: string;
  /** Id of its image. */
  Image?: string;
  RestartCount: number;
  /** Durations in nanoseconds; 0 stands for the engine's default. */
  Config: { Healthcheck?: { Test?: string[]; Timeout?: number; Retries?: number } };
  State: {
    Status: string;
    Running: boolean;
    Restarting: boolean;
    StartedAt?: string;
    ExitCode: number;
    Health?: { Status: string; FailingStreak?: number; Log?: { Output: string }[] | null };
  };
  NetworkSettings: {
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string }>;
  };
}

export interface Expectation {
  /** Milliseconds. */
  timeout: number;
  /** Waits on where the engine calls it unhealthy: somebody has said how long to wait. */
  patient?: boolean;
  /** A job is ready when it has ended with code 0. */
  job: boolean;
  /** A service that runs is ready, and so is one that has ended with code 0. */
  mayEnd?: boolean;
  /** Hears whom and what for `up` waits. */
  tell?: Tell;
}

/** Nothing else tells a service that has stopped from one that is done. */
const ENDED_WELL = say`; where it is meant to, say mode: "replicated-job" (in a compose file: deploy: { mode: replicated-job })`;

/** Milliseconds that a container without a health check has to run; after a crash Docker itself counts ten seconds. */
const SETTLED = 400;
const SETTLED_AFTER_CRASH = 10_000;

/** Milliseconds from one look to the next. */
const LONGEST = 1_000;

/** What the engine takes for a health check that says nothing of it. */
const RETRIES = 3;
const CHECK_TIMEOUT = 30_000;

/**
 * Waits until a container answers: healthy where it has a health check, running where it has none, ended
 * where it is a job.
 *
 * @throws Error with the container's last lines where it does not come up in time
 */
export async function waitUntilReady(
  client: EngineClient,
  id: string,
  name: string,
  { timeout, patient = false, job, mayEnd = job, tell = untold }: Expectation,
): Promise<ContainerInspect> {
  const began = Date.now();
  const end = began + timeout;
  let started: string | undefined;
  let seen = 0;
  let failedBefore = 0;
  const check = new OwnCheck(client, id);
  for (let pause = 100; ; pause = Math.min(pause * 1.5, LONGEST)) {
    const state = await client.find<ContainerInspect>(`/containers/${id}/json`);
    if (!state) throw new Error(say`${name} is gone: somebody has removed its container; run \`up\` once more.`);
    const { Status, Running, Restarting, StartedAt, ExitCode, Health } = state.State;
    const { Status: health = "none", FailingStreak: failures = 0, Log } = Health ?? {};
    const unhealthy = health === "unhealthy";
    if (StartedAt !== started || seen === 0)
      [started, seen, failedBefore] = [StartedAt, Date.now(), unhealthy ? failures : 0];
    // What crashes at once runs for a moment, too. The engine's clock may be another one: our own counts as well.
    const needed = state.RestartCount ? SETTLED_AFTER_CRASH : SETTLED;
    const unsettled = Math.min(
      ...[Date.parse(StartedAt ?? ""), seen].map((since) => needed - (Date.now() - since) || 0),
    );
    const settled = unsettled <= 0;
    // With a check of its image's own somebody wants an answer from it.
    if (mayEnd && Status === "exited" && ExitCode === 0 && (job || !Health)) return state;
    if (!job && Running && !Restarting && (health === "none" ? settled : health === "healthy")) return state;
    if (!job && Running && !Restarting && health === "starting" && (await check.passes(state, end))) return state;
    if (Status === "exited" || Status === "dead")
      throw new Error(
        await failure(client, id, say`${name} ended with exit code ${ExitCode}${ExitCode === 0 ? ENDED_WELL : ""}`),
      );
    // Crashing again and again: the restart policy hides the exit from a single look.
    if (state.RestartCount >= 3)
      throw new Error(
        await failure(
          client,
          id,
          say`${name} keeps crashing (restarted ${state.RestartCount} times, last exit code ${ExitCode})`,
        ),
      );
    const probe = Log?.at(-1)?.Output.trim();
    const says = probe ? say` (its check says: ${probe.slice(-200)})` : "";
    // One that was so before may get well by what this apply has changed: it has as many tries as a new one.
    if (!job && !patient && unhealthy && failures - failedBefore >= (state.Config.Healthcheck?.Retries || RETRIES))
      throw new Error(
        await failure(
          client,
          id,
          say`${name} is unhealthy${says}; where it only needs longer, raise startPeriod of its health check, or set waitTimeout`,
        ),
      );
    if (Date.now() >= end) {
      const seconds = Math.round(timeout / 1000);
      const why = job ? say`has not ended` : Health ? say`is not healthy${says}` : say`is not running`;
      throw new Error(
        await failure(client, id, say`${name} ${why} after ${seconds} s; raise waitTimeout if it needs longer`),
      );
    }
    await tell(async () => {
      const [last = ""] = await client.lastLines(id, 1).catch(() => []);
      const what = job ? say`to end` : Health ? say`to be healthy (${health})` : say`to run`;
      const seconds = Math.round((Date.now() - began) / 1000);
      return say`waiting for ${name} ${what}, ${seconds} s so far${last && say`; it says: ${last.slice(0, 120)}`}`;
    });
    // Until then nothing that is seen would end the wait.
    const settles = !job && Running && !Restarting && health === "none";
    await new Promise((resolve) => setTimeout(resolve, settles ? Math.min(unsettled, LONGEST) : pause));
  }
}

/** The container's own check, run by us: the engine waits a whole interval before its first one. */
class OwnCheck {
  private hangs = false;

  constructor(
    private readonly client: EngineClient,
    private readonly id: string,
  ) {}

  /** @param end when nobody waits for an answer any more */
  async passes({ Config: { Healthcheck = {} } }: ContainerInspect, end: number): Promise<boolean> {
    const [kind, ...command] = Healthcheck.Test ?? [];
    const argv = kind === "CMD" ? command : kind === "CMD-SHELL" ? ["/bin/sh", "-c", command[0] ?? ""] : [];
    if (argv.length === 0 || this.hangs) return false;
    const began = Date.now();
    const limit = (Healthcheck.Timeout ?? 0) / 1e6 || CHECK_TIMEOUT;
    const patience = Math.max(1, Math.min(limit, end - began));
    try {
      const exec = await this.client.request<{ Id: string }>("POST", `/containers/${this.id}/exec`, {
        Cmd: argv,
        AttachStdout: true,
        AttachStderr: true,
      });
      await this.client.raw("POST", `/exec/${exec.Id}/start`, { Detach: false, Tty: false }, patience);
      return (await this.client.request<{ ExitCode: number | null }>("GET", `/exec/${exec.Id}/json`)).ExitCode === 0;
    } catch {
      // Nobody but the engine can end one that hangs; it may as well have ended with its container, as the next look says.
      this.hangs = Date.now() - began >= patience;
      return false;
    }
  }
}

async function failure(client: EngineClient, id: string, what: string): Promise<string> {
  const lines = await client.lastLines(id, 10).catch(() => []);
  return lines.length
    ? say`${what}. Its last lines:\n${lines.map((line) => `    ${line}`).join("\n")}`
    : say`${what}. It has written nothing.`;
}
