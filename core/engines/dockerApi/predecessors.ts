import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { both, say, withoutStop } from "../../description/say";
import { isOurs, type Owner, SERVICE_LABEL } from "../owner";
import { type EngineClient, EngineError, ignoreMissing } from "./connection/client";
import { type EngineSnapshot, isOfStack, type LiveContainer } from "./snapshot";

/**
 * The container that runs is stopped and set aside under another name while its successor is made; it comes back where
 * that one cannot be made, does not start or does not answer. An apply can be killed at any moment, so all that a later
 * one has to know stands in these names:
 *
 *     web.berth-previous-always              ran as `web` with the restart policy `always`
 *     web.berth-adopted-0123abcd-always      the same, of one that the stack has not made and takes over
 *     web.berth-failed                       was to run as `web`, and failed
 */
export interface SetAside {
  /** What it was called. */
  name: string;
  kind: "previous" | "failed";
  /** Whether it was running. */
  ran: boolean;
  restart: RestartPolicy;
  /** Who takes it over, where the stack has not made it; see takerTag. */
  taker?: string;
}

interface RestartPolicy {
  Name: string;
  MaximumRetryCount?: number;
}

const SET_ASIDE =
  /^(.+)\.berth-(previous|failed|adopted-([0-9a-f]{8}))(-stopped)?(?:-(always|unless-stopped|on-failure)(?:-(\d+))?)?$/;

/** Stands for a stack in the name of a container that has no labels of it. */
export const takerTag = ({ stack, owner }: Owner): string =>
  createHash("sha256").update(`${stack}\0${owner}`).digest("hex").slice(0, 8);

/** What the name of a container says, where it has been set aside. */
export function setAsideAs(containerName: string): SetAside | undefined {
  const [, name, kind, taker, stopped, policy = "no", retries = "0"] = SET_ASIDE.exec(containerName) ?? [];
  if (name === undefined) return undefined;
  const restart = { Name: policy, MaximumRetryCount: Number(retries) };
  return {
    ...{ name, kind: kind === "failed" ? "failed" : "previous", ran: stopped === undefined, restart },
    ...(taker === undefined ? {} : { taker }),
  };
}

function nameAside({ name, kind, ran, restart: { Name, MaximumRetryCount }, taker }: SetAside) {
  // It never runs again.
  if (kind === "failed") return `${name}.berth-failed`;
  const policy = Name && Name !== "no" ? [Name, ...(MaximumRetryCount ? [MaximumRetryCount] : [])] : [];
  const made = taker === undefined ? [`${name}.berth-previous`] : [`${name}.berth-adopted`, taker];
  return [...made, ...(ran ? [] : ["stopped"]), ...policy].join("-");
}

/** The command that has a container run again which was set aside, where no stack does. */
export function wayBack({ name, ran, restart }: SetAside, containerName: string): string {
  const { Name, MaximumRetryCount } = restart;
  const policy = `${Name}${MaximumRetryCount ? `:${MaximumRetryCount}` : ""}`;
  return [
    `docker rename ${containerName} ${name}`,
    ...(Name === "no" ? [] : [`docker update --restart=${policy} ${name}`]),
    ...(ran ? [`docker start ${name}`] : []),
  ].join(" && ");
}

/** The one of a service's containers that stands for it: never one that has failed, and only else one set aside. */
export function standing<T extends { name: string }>(containers: T[]): T | undefined {
  const candidates = containers.filter(({ name }) => setAsideAs(name)?.kind !== "failed");
  return candidates.find(({ name }) => !setAsideAs(name)) ?? candidates[0];
}

/** What is to be known of a program for replacing its containers. */
interface Program {
  readonly owner: Owner;
  readonly snapshot?: EngineSnapshot;
  /** @throws EngineError where only the provider reaches the engine */
  needClient(): EngineClient;
  /** The logical name of the service with this container. */
  serviceNamed?(containerName: string): string | undefined;
}

/** A container as the engine describes it. */
export interface Container {
  Id: string;
  Name: string;
  Config: { Labels: Record<string, string> | null; StopTimeout?: number };
  HostConfig?: { NetworkMode?: string; RestartPolicy?: RestartPolicy };
  State: { Running: boolean; Status?: string };
}

/** Milliseconds that an engine may take to be there again: with the machine, or behind an update of its own. */
const RESTART = 60_000;

/** Does something as soon as the engine answers: what has just failed may have failed because it was started anew. */
async function withEngine<T>(act: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + RESTART; ; ) {
    try {
      return await act();
    } catch (error) {
      if ((error instanceof EngineError && error.status !== 0) || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

const NEVER: RestartPolicy = { Name: "no" };
const nameOf = ({ Name }: Container) => Name.replace(/^\//, "");
const serviceOf = ({ Config }: Container) => Config.Labels?.[SERVICE_LABEL] ?? "";

/** Replaces containers so that the one before can come back. */
export class Predecessors {
  /** Services whose container answers. */
  private readonly proven = new Set<string>();
  private known?: Map<string, Set<string>>;
  /** What is being set aside, by the container's id. */
  private readonly leaving = new Map<string, Promise<void>>();

  constructor(private readonly program: Program) {}

  /** Ids of what is set aside, by the service that has its place: by this run, and by one that was cut off or failed. */
  private get aside(): Map<string, Set<string>> {
    if (this.known) return this.known;
    this.known = new Map();
    for (const container of this.program.snapshot?.containers ?? [])
      if (setAsideAs(container.name) && isOfStack(container, this.program.owner))
        this.note(container.id, this.serviceOfLive(container));
    return this.known;
  }

  /** The service that a container runs, or is taken over by. */
  private serviceOfLive({ name, labels }: LiveContainer): string {
    const called = setAsideAs(name)?.name ?? name;
    return labels[SERVICE_LABEL] ?? this.program.serviceNamed?.(called) ?? "";
  }

  private note(id: string, service: string): void {
    this.aside.set(service, (this.aside.get(service) ?? new Set()).add(id));
  }

  private async asideOf(service: string, kind: SetAside["kind"]): Promise<Container[]> {
    const found = await Promise.all([...(this.aside.get(service) ?? [])].map((id) => this.inspect(id)));
    return found.filter((one): one is Container => one !== undefined && setAsideAs(nameOf(one))?.kind === kind);
  }

  /**
   * Frees the name of a service's container for its successor.
   *
   * @param found the container that has this name now, where one has, as the engine has just described it
   */
  async makeRoom(service: string, found: Container | undefined): Promise<void> {
    for (const container of await this.asideOf(service, "failed")) await this.stop(container);
    const previous = await this.asideOf(service, "previous");
    // An apply may have been cut off between its new name and its end.
    for (const container of previous) await this.stop(container);
    if (!found) return;
    const neverStarted = found.State.Status === "created" && isOurs(found.Config.Labels, this.program.owner);
    if (previous.length === 0 && !neverStarted) return this.setAside(found.Id, service, found);
    // It has never answered: where one did, that is set aside already.
    await this.remove(found);
    await pulumi.log.info(say`Removed the container ${nameOf(found)}, left behind by an apply that was cut off.`);
  }

  /**
   * Stops a container and gives its name and ports away, to the successor of a service.
   *
   * @param read what the engine has just said of it; else it is asked
   */
  setAside(id: string, successor: string, read?: Container): Promise<void> {
    // Its own successor may need its name while another one needs its port: whoever comes second finds it changed.
    const first = this.leaving.get(id);
    const turn = (first ?? Promise.resolve()).then(async () => {
      const found = first || !read ? await this.inspect(id) : read;
      if (!found) return;
      this.note(id, successor);
      await (setAsideAs(nameOf(found)) ? this.stop(found) : this.shelve(found, "previous"));
    });
    this.leaving.set(
      id,
      turn.catch(() => {}),
    );
    return turn;
  }

  /**
   * Brings back what ran before the change of a service, and sets its successor aside.
   *
   * @returns a sentence that says so; undefined where nothing ran before
   */
  async bringBack(service: string, containerName: string): Promise<string | undefined> {
    try {
      const names = await withEngine(() => this.goBack(service, containerName));
      if (names.length === 0) return undefined;
      return names.length > 1
        ? say`The containers ${both(names)} from before this change run again; the next \`up\` tries again.`
        : say`The container ${names[0]} from before this change runs again; the next \`up\` tries again.`;
    } catch (error) {
      return say`The container from before this change could not be started again (${withoutStop((error as Error).message)}); the next \`up\` tries again.`;
    }
  }

  private async goBack(service: string, containerName: string): Promise<string[]> {
    const previous = await this.asideOf(service, "previous");
    if (previous.length === 0) return [];
    const failed = await this.inspect(containerName);
    if (failed && isOurs(failed.Config.Labels, this.program.owner) && serviceOf(failed) === service) {
      for (const older of await this.asideOf(service, "failed")) await this.remove(older);
      this.note(failed.Id, service);
      await this.shelve(failed, "failed");
    }
    const back: string[] = [];
    for (const container of previous) back.push(...(await this.restore(container)));
    return back;
  }

  /** Has a container run again as it did, with those that it needs and that need it. */
  private async restore(container: Container): Promise<string[]> {
    const { name, ran, restart } = setAsideAs(nameOf(container))!;
    const back: string[] = [];
    const [, shared] = /^container:(.*)$/.exec(container.HostConfig?.NetworkMode ?? "") ?? [];
    const needed = shared ? await this.inspect(shared) : undefined;
    const neededAs = needed && setAsideAs(nameOf(needed));
    if (needed && neededAs) back.push(...(await this.goBack(this.asideFor(needed), neededAs.name)));
    const path = `/containers/${container.Id}`;
    if (restart.Name !== "no") await this.post(`${path}/update`, { RestartPolicy: restart });
    // First this: one that is called as declared is taken for one that runs.
    if (ran) await this.post(`${path}/start`);
    await this.post(`${path}/rename?name=${encodeURIComponent(name)}`);
    // Its network began anew; those that share it still have the old one.
    for (const live of this.program.snapshot?.containers ?? [])
      if (live.networkMode === `container:${container.Id}` && isOfStack(live, this.program.owner)) {
        const { id } = live;
        const sharer = await this.inspect(id);
        if (sharer?.State.Running) await this.post(`/containers/${id}/restart`);
      }
    return [...back, name];
  }

  /**
   * Puts right what an apply that was cut off has done to a container that is to run as it was.
   *
   * @throws Error where the container is one that has failed
   */
  async resume(id: string): Promise<void> {
    if (![...this.aside.values()].some((ids) => ids.has(id))) return;
    const found = await this.inspect(id);
    const aside = found && setAsideAs(nameOf(found));
    if (!aside) return;
    if (aside.kind === "failed")
      throw new Error(
        say`the last change of ${aside.name} failed, and this \`up\` leaves it out; run it without --target`,
      );
    const successor = await this.inspect(aside.name);
    if (successor && isOurs(successor.Config.Labels, this.program.owner)) await this.remove(successor);
    await this.restore(found);
    await pulumi.log.info(say`The container ${aside.name} runs again; an apply that was cut off had set it aside.`);
  }

  /** Removes what ran before, once its successor answers. */
  async settle(service: string): Promise<void> {
    this.proven.add(service);
    // One that waited for this service may go now, too.
    for (const [successor, ids] of this.aside)
      if (this.proven.has(successor))
        for (const id of ids) {
          if (this.isNeeded(id)) continue;
          ids.delete(id);
          const found = await this.inspect(id);
          if (found && setAsideAs(nameOf(found))) await this.remove(found);
        }
  }

  /** Whether another container can come back only together with this one, whose network it has. */
  private isNeeded(id: string): boolean {
    return Boolean(
      this.program.snapshot?.containers.some(
        (live) =>
          live.networkMode === `container:${id}` &&
          isOfStack(live, this.program.owner) &&
          !this.proven.has(this.serviceOfLive(live)),
      ),
    );
  }

  /** The service that has the place of a container which is set aside. */
  private asideFor(container: Container): string {
    return [...this.aside].find(([, ids]) => ids.has(container.Id))?.[0] ?? serviceOf(container);
  }

  private async shelve(container: Container, kind: SetAside["kind"]): Promise<void> {
    const { RestartPolicy = NEVER } = container.HostConfig ?? {};
    const { owner } = this.program;
    const name = nameAside({
      name: nameOf(container),
      kind,
      ran: container.State.Running,
      restart: RestartPolicy,
      taker: isOurs(container.Config.Labels, owner) ? undefined : takerTag(owner),
    });
    const rename = () => this.post(`/containers/${container.Id}/rename?name=${encodeURIComponent(name)}`);
    // Between two starts the engine renames nothing.
    await rename().catch(async () => {
      await this.stop(container);
      await rename();
    });
    // Else an engine that starts anew would start it beside its successor.
    if (RestartPolicy.Name && RestartPolicy.Name !== "no")
      await this.post(`/containers/${container.Id}/update`, { RestartPolicy: NEVER });
    await this.stop(container);
  }

  private async stop({ Id, Config, State }: Container): Promise<void> {
    if (State.Running) await this.post(`/containers/${Id}/stop`, undefined, ((Config.StopTimeout ?? 10) + 60) * 1000);
  }

  private async remove({ Id }: Container): Promise<void> {
    await this.engine().request("DELETE", `/containers/${Id}?force=1`).catch(ignoreMissing);
  }

  private inspect(key: string): Promise<Container | undefined> {
    return this.engine().find<Container>(`/containers/${encodeURIComponent(key)}/json`);
  }

  private async post(path: string, body?: object, timeout?: number): Promise<void> {
    await this.engine().request("POST", path, body, timeout);
  }

  private engine(): EngineClient {
    return this.program.needClient();
  }
}
