import { say } from "../../core/description/say";
import { type EngineClient, EngineError } from "../../core/engines/dockerApi/connection/client";
import { type Container, type Held, isRunning } from "./inventory";
import { pause } from "../interrupt";

/** Seconds in which a container has to answer again. */
const PATIENCE = 120;

const path = ({ container }: Held, verb: string) => `/containers/${container.Id}/${verb}`;

async function stop(held: Held): Promise<void> {
  const patience = ((held.container.Config.StopTimeout ?? 10) + 60) * 1000;
  await held.client.request("POST", path(held, "stop"), undefined, patience);
}

/** Waits until a container runs and is healthy; false where it does not become so. */
export async function answers({ client, container }: Held, signal: AbortSignal, seconds = PATIENCE): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  for (let wait = 100; ; wait = Math.min(wait * 1.5, 1000)) {
    const { State } = await client.request<Container>("GET", `/containers/${container.Id}/json`);
    const health = State.Health?.Status ?? "none";
    if (State.Running && !State.Restarting && (health === "healthy" || health === "none")) return true;
    // A job may be done by now.
    if (!State.Running && !State.Restarting && State.ExitCode === 0) return true;
    if (Date.now() > end) return false;
    await pause(wait, signal);
  }
}

/** Containers that stand still for a while, and what that costs. */
export class Standstill {
  private readonly still: { held: Held; how: "stopped" | "paused"; since: number }[] = [];
  /** Seconds in which each did not answer, by container. */
  readonly downtime = new Map<Held, number>();
  /** What is wrong with those that do not run as they did before, each as a part of a sentence. */
  readonly failures: string[] = [];

  /** @param all containers of the stack: some share the network of one that is stopped */
  constructor(private readonly all: Held[]) {}

  /** Stops or pauses those that run, the last one first. */
  async begin(some: Held[], how: "stopped" | "paused"): Promise<void> {
    const running = some.filter(({ container }) => isRunning(container) && !container.State.Paused);
    for (const held of running.sort((a, b) => b.index - a.index)) {
      // One that goes away when it ends cannot be started again.
      const mild = how === "paused" || held.container.HostConfig?.AutoRemove === true;
      this.still.push({ held, how: mild ? "paused" : "stopped", since: Date.now() });
      if (mild) await held.client.request("POST", path(held, "pause"), undefined, 60_000);
      else await stop(held);
    }
  }

  /** Has all of them go on, in the order of the program. What is wrong then is in `failures`. */
  async end(signal: AbortSignal): Promise<void> {
    for (const { held, how, since } of this.still.splice(0).sort((a, b) => a.held.index - b.held.index)) {
      try {
        // It may have been cut off before it was paused, or be started already.
        await held.client
          .request("POST", path(held, how === "paused" ? "unpause" : "start"), undefined, 60_000)
          .catch((error) => {
            if (!(error instanceof EngineError && how === "paused" && /not paused/.test(error.message))) throw error;
          });
        if (how === "stopped") await this.restartSharers(held);
        // Whoever has ended the command does not wait; all the others start nevertheless.
        if (!signal.aborted && !(await answers(held, signal)))
          this.failures.push(say`${held.shown} did not answer again within ${PATIENCE} s`);
      } catch (error) {
        const failure = say`${held.shown} could not be started again: ${(error as Error).message}`;
        if (!signal.aborted) this.failures.push(failure);
        else if (error !== signal.reason) console.error(say`error: ${failure}`);
      }
      this.downtime.set(held, (this.downtime.get(held) ?? 0) + (Date.now() - since) / 1000);
    }
  }

  /** Its network begins anew with a container; those that share it still have the old one. */
  private async restartSharers({ client, container }: Held): Promise<void> {
    for (const other of this.all) {
      if (other.container.HostConfig?.NetworkMode !== `container:${container.Id}`) continue;
      if (this.still.some(({ held }) => held === other) || !isRunning(other.container)) continue;
      await client.request("POST", path(other, "restart"), undefined, 120_000);
    }
  }
}

/** Names of other containers that run and mount a volume. */
export async function strangersOn(client: EngineClient, volume: string, held: Held[]): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ volume: [volume] }));
  const found = await client.request<{ Id: string; Names: string[] }[]>("GET", `/containers/json?filters=${filters}`);
  return found
    .filter(({ Id }) => !held.some(({ container }) => container.Id === Id))
    .map(({ Names }) => (Names[0] ?? "").replace(/^\//, ""));
}
