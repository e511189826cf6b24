import { answerOf, outputOf, ScriptError } from "./inside";
import { type Database, HAS_LOG, savedFile } from "./databases";
import { databaseOf, type Held, type HeldDatabase, type Inventory, isRunning, type Volume } from "./inventory";
import type { BackupItem, BackupUser } from "./manifest";
import { VolumeAccess } from "./volumes";
import { say } from "../../core/description/say";

/** How services stand while their files are read. */
export type Manner = "stop" | "pause" | "live";

/** One thing to save. */
export interface Job {
  item: Omit<BackupItem, "size" | "stored" | "seconds">;
  /** What it is called in the progress. */
  shown: string;
  content(): AsyncIterable<Buffer>;
}

/** Things that are saved while some containers stand still. */
export interface JobGroup {
  jobs: Job[];
  still: Held[];
}

/** What is asked for. */
export interface Wanted {
  /** @default databases write their data as text while they run, and all others stop */
  manner?: Manner;
  /** Names of volumes or services. @default all */
  only?: string[];
  signal: AbortSignal;
}

/** Names that are part of a file's name. */
const inFileName = (name: string) => name.replace(/[^\w.-]/g, "_").slice(0, 60);

/** Gives parts names that are told apart. */
class PartNames {
  private readonly taken = new Set<string>();

  of(folder: string, name: string, ending: string): string {
    const plain = inFileName(name);
    for (let count = 1; ; count++) {
      const part = `${folder}/${plain}${count > 1 ? `.${count}` : ""}${ending}`;
      if (this.taken.has(part)) continue;
      this.taken.add(part);
      return part;
    }
  }
}

const userOf = ({ held, target }: { held: Held; target: string }): BackupUser => ({
  service: held.service,
  shown: held.shown,
  target,
});

/** A dump, which has to come to its end. */
async function* dumpOf({ held }: HeldDatabase, database: Database, signal: AbortSignal): AsyncGenerator<Buffer> {
  let end = Buffer.alloc(0);
  const way = say`\`--stop\` stops it and takes its files instead`;
  try {
    for await (const chunk of outputOf(held.client, held.container.Id, database.dump, { signal })) {
      end = Buffer.concat([end, chunk]).subarray(-4096) as typeof end;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ScriptError)
      throw new Error(say`${held.shown} does not write its data: ${error.message}; ${way}`);
    throw error;
  }
  if (!database.complete.test(end.toString("utf8")))
    throw new Error(say`${held.shown} has not written all of its data: the end is missing; ${way}`);
}

/** Saves all that is in a database, while it runs. */
export function dumpJob(found: HeldDatabase, volume: Volume | undefined, part: string, signal: AbortSignal): Job {
  const { held, database, target } = found;
  const others = (volume?.users ?? []).filter((user) => user.held !== held);
  return {
    item: {
      part,
      kind: database.kind,
      how: "dumped",
      volume: found.volume,
      anonymous: volume?.anonymous || undefined,
      users: [userOf({ held, target }), ...others.map(userOf)],
    },
    shown: held.shown,
    content: () => dumpOf(found, database, signal),
  };
}

/** Saves the files of a volume. */
export function filesJob(volume: Volume, how: BackupItem["how"], part: string, signal: AbortSignal): Job {
  const { client, name, anonymous, users } = volume;
  const image = users[0]?.held.container.Image;
  return {
    item: {
      part,
      kind: "files",
      how,
      volume: name,
      anonymous: anonymous || undefined,
      users: users.map(userOf),
    },
    shown: anonymous && users[0] ? `${users[0].held.shown}:${users[0].target}` : name,
    async *content() {
      const access = await VolumeAccess.open(client, name, { image, signal });
      try {
        yield* access.read();
      } finally {
        await access.close();
      }
    },
  };
}

/** Whether a store has written its file just now, so that it can be copied while it runs. */
async function savesItself({ client, container, shown }: Held, signal: AbortSignal): Promise<boolean> {
  const words = [container.Path ?? "", ...(container.Args ?? [])];
  const script = savedFile(container.Config.Image, words);
  if (!script) return false;
  try {
    await answerOf(client, container.Id, script, { signal });
    return true;
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    if (error.code !== HAS_LOG) console.error(say`note: ${shown} does not save its data by itself (${error.message}).`);
    return false;
  }
}

/** Whether a volume, or one of the services that mount it, is named. */
export const isWanted = ({ volume, users }: Pick<BackupItem, "volume" | "users">, only?: string[]): boolean =>
  !only?.length ||
  only.some((name) => name === volume || users.some(({ service, shown }) => name === service || name === shown));

/** Puts together what has to stand still at the same time: services that write to the same volumes. */
function grouped(jobs: { job: Job; still: Held[] }[]): JobGroup[] {
  const groups: JobGroup[] = [];
  for (const { job, still } of jobs) {
    const touched = groups.filter((group) => group.still.some((held) => still.includes(held)));
    const merged: JobGroup = {
      jobs: [...touched.flatMap((group) => group.jobs), job],
      still: [...new Set([...touched.flatMap((group) => group.still), ...still])],
    };
    for (const group of touched) groups.splice(groups.indexOf(group), 1);
    groups.push(merged);
  }
  return groups;
}

/**
 * What there is to save of a stack, in groups whose services stand still together.
 *
 * @throws Error for a Swarm, where stopping starts something anew
 */
export async function jobsOf({ held, volumes }: Inventory, { manner, only, signal }: Wanted): Promise<JobGroup[]> {
  const names = new PartNames();
  const runs = (one: Held) => isRunning(one.container) && !one.container.State.Paused;
  const dumping = new Map<Held, HeldDatabase>();
  if (manner !== "stop")
    for (const one of held) {
      const found = runs(one) ? databaseOf(one) : undefined;
      if (found) dumping.set(one, found);
    }
  const planned: { job: Job; still: Held[] }[] = [];
  for (const found of dumping.values()) {
    const { held: one } = found;
    const volume = volumes.find(({ client, name }) => client === one.client && name === found.volume);
    const job = dumpJob(found, volume, names.of("dumps", one.shown, ".sql.gz"), signal);
    if (isWanted(job.item, only)) planned.push({ job, still: [] });
  }
  const dumped = (volume: Volume) =>
    [...dumping.values()].some(({ held: one, volume: name }) => one.client === volume.client && name === volume.name);
  for (const volume of volumes.filter((one) => !dumped(one))) {
    if (!isWanted({ volume: volume.name, users: volume.users.map(userOf) }, only)) continue;
    const writers = volume.users.filter((user) => user.writes && runs(user.held)).map((user) => user.held);
    const { how, still } = await standing(writers, dumping, manner, signal);
    const part = names.of("volumes", volume.name, ".tar.gz");
    planned.push({ job: filesJob(volume, how, part, signal), still });
  }
  return grouped(planned);
}

/** How the files of a volume are read, and who stands still for that. */
async function standing(
  writers: Held[],
  dumping: Map<Held, HeldDatabase>,
  manner: Manner | undefined,
  signal: AbortSignal,
): Promise<{ how: BackupItem["how"]; still: Held[] }> {
  if (writers.length === 0) return { how: "idle", still: [] };
  if (manner === "live") return { how: "live", still: [] };
  if (manner === undefined && writers.length === 1 && (await savesItself(writers[0]!, signal)))
    return { how: "saved", still: [] };
  // What else a database mounts is no reason to stop it: its data is in the dump.
  const still = writers.filter((one) => !dumping.has(one));
  if (still.length === 0) return { how: "live", still: [] };
  if (manner === "pause") return { how: "paused", still };
  const onSwarm = still.find(({ place }) => place.engine === "swarm");
  if (onSwarm)
    throw new Error(
      say`${onSwarm.shown}: a Swarm starts anew what somebody stops; add --pause, or --live, or set its replicas to 0 first`,
    );
  return { how: "stopped", still };
}
