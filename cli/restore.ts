import { existsSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { say } from "../core/description/say";
import { ownerLabels } from "../core/engines/owner";
import { headOf, newKey, settingsOf, typed } from "./backup";
import { keyOf, passphraseOf } from "./backup/encryption";
import { MARK } from "./backup/databases";
import { outputOf, ScriptError, answerOf } from "./backup/inside";
import { Interrupted, interruptible, pause } from "./interrupt";
import { type HeldDatabase, type Inventory, inventoryOf, isRunning } from "./backup/inventory";
import { dumpJob, filesJob, isWanted, type Job } from "./backup/jobs";
import { BackupError, type BackupItem, type BackupManifest } from "./backup/manifest";
import { contentOf, openBackup, type Opened, rehearse } from "./backup/open";
import { Progress, sizeText } from "./backup/progress";
import { answers, Standstill, strangersOn } from "./backup/standstill";
import { running, type Target, targetsOf } from "./backup/targets";
import { VolumeAccess } from "./backup/volumes";
import { stamp, targetFile, writeBackup } from "./backup/write";
import { readText } from "./partsFile";
import { locked } from "./locks";
import { currentProject } from "./project";
import { shortName } from "./stackName";
import { close, type StackNow, stackNow } from "./stackNow";
import { UsageError } from "./usageError";

/** Options of `berth restore`. */
export interface RestoreOptions {
  volume?: string[];
  replaceData?: string;
  before?: string;
  from?: string;
  json?: boolean;
}

/** Seconds in which a database has to make its data anew. */
const FIRST_START = 300;

/** `berth restore STACK FILE`: what a backup holds, in place of what is there. */
export function restore(stack: string, given: string, options: RestoreOptions): Promise<number> {
  return restoreFrom(given, shortName(stack), options, async (opened) => {
    await bringSettings(shortName(stack), opened);
    return stackNow(stack);
  });
}

/**
 * The same for a stack that is looked at when the file is known to be whole and the stack's.
 *
 * @param look plans the stack and connects to its engines
 */
export async function restoreFrom(
  given: string,
  stack: string,
  options: RestoreOptions,
  look: (opened: Opened) => Promise<StackNow>,
): Promise<number> {
  const file = resolve(given);
  if (!existsSync(file) || !statSync(file).isFile()) throw new Error(say`there is no file ${file}; correct the name`);
  const progress = new Progress();
  try {
    const opened = await openBackup(file, progress);
    checkName(stack, opened.manifest, options);
    const now = await look(opened);
    try {
      const project = await currentProject();
      return await interruptible((signal) =>
        locked(project, now.name, () => new Restore(now, file, opened, options, progress, signal).run()),
      );
    } finally {
      close(now);
    }
  } catch (error) {
    if (error instanceof BackupError) throw new Error(say`${file}: ${error.message}`);
    if (!(error instanceof Interrupted)) throw error;
    console.error(say`error: ended before all was restored: the data is what it was before`);
    return error.exitCode;
  } finally {
    progress.clear();
  }
}

function checkName(name: string, { stack }: BackupManifest, { replaceData, from }: RestoreOptions): void {
  if (replaceData !== undefined && replaceData !== name)
    throw new UsageError(say`--replace-data: "${replaceData}" is not the stack ${name}; write its name to go on`);
  if (from !== undefined && from !== stack)
    throw new UsageError(say`--from: the file is a backup of the stack ${stack}, not of "${from}"`);
  if (stack !== name && from === undefined)
    throw new BackupError(
      say`it is a backup of the stack ${stack}`,
      say`\`--from ${stack}\` restores it into ${name} all the same`,
    );
}

/** The settings go where there are none: their secrets are what the data was made with. */
async function bringSettings(stack: string, { parts, manifest }: Opened): Promise<void> {
  const { folder } = await currentProject();
  const file = join(folder, `Pulumi.${stack}.yaml`);
  if (!manifest.settings || existsSync(file) || manifest.stack !== stack) return;
  writeFileSync(file, await readText(parts.get(manifest.settings)!), { mode: 0o600, flag: "wx" });
  console.error(
    say`note: wrote ${typed(file)}, the settings of the stack; their secrets need the passphrase that they were encrypted with.`,
  );
}

class Restore {
  private key?: Buffer;

  constructor(
    private readonly now: StackNow,
    private readonly file: string,
    private readonly opened: Opened,
    private readonly options: RestoreOptions,
    private readonly progress: Progress,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<number> {
    const { now, opened, options } = this;
    const { manifest } = opened;
    const { folder, name: project } = await currentProject();
    this.key = manifest.salt === undefined ? undefined : this.keyFor(folder, manifest.salt);
    const items = this.chosen();
    await rehearse(opened, items, this.key);
    const inventory = await inventoryOf(now);
    for (const { client } of now.places) client?.widen();
    const targets = await targetsOf(manifest, items, inventory, now, this.signal);
    await this.checkUse(targets, inventory);
    const filled = targets.filter((target) => target.filled);
    const standard = `berth-${now.name}-before-restore-${stamp(new Date())}.tar`;
    const before = targetFile(options.before, standard, "--before");
    if (filled.length && !(await this.mayReplace(filled, before))) return 1;

    const standstill = new Standstill(inventory.held);
    const begun = Date.now();
    const saved: { opened?: Opened } = {};
    try {
      await standstill.begin(this.toStop(targets, inventory), "stopped");
      if (filled.length) {
        const encryption = this.key ? newKey(folder) : undefined;
        await writeBackup(before, headOf(now, project, inventory, encryption?.salt), {
          groups: [{ jobs: this.savingJobs(filled, inventory), still: [] }],
          standstill,
          goOn: false,
          settings: settingsOf(folder, now.name),
          key: encryption?.key,
          progress: this.progress,
          signal: this.signal,
        });
        saved.opened = await openBackup(before, this.progress);
        await this.replace(targets, saved.opened, encryption?.key);
      } else await this.replace(targets);
    } finally {
      this.progress.clear();
      await standstill.end(this.signal);
    }
    return this.report(targets, standstill, saved.opened && before, (Date.now() - begun) / 1000);
  }

  private keyFor(folder: string, salt: string): Buffer {
    const passphrase = passphraseOf(folder, process.env);
    if (passphrase !== undefined) return keyOf(passphrase, salt);
    throw new BackupError(
      say`it is encrypted with the passphrase of its stack`,
      say`set PULUMI_CONFIG_PASSPHRASE to that, and the same command again`,
    );
  }

  private chosen(): BackupItem[] {
    const { items, services } = this.opened.manifest;
    const { volume: only } = this.options;
    for (const word of only ?? [])
      if (!items.some((item) => isWanted(item, [word])))
        throw new Error(
          say`--volume: the backup has no volume or service "${word}"; it has ${[...new Set(items.map(nameOf))].join(", ")}`,
        );
    if (items.length === 0) throw new BackupError(say`it holds no data, of ${services.length} services`);
    return items.filter((item) => isWanted(item, only));
  }

  private async checkUse(targets: Target[], { held }: Inventory): Promise<void> {
    for (const { client, volume } of targets) {
      if (volume === undefined) continue;
      const [stranger] = await strangersOn(client, volume, held);
      if (stranger)
        throw new Error(say`${volume} is mounted by ${stranger}, which is not of this stack; stop that one first`);
      for (const { container, shown, place } of running(held)) {
        if (!container.Mounts?.some(({ Type, Name }) => Type === "volume" && Name === volume)) continue;
        if (place.engine === "swarm")
          throw new Error(
            say`${shown}: a Swarm starts anew what somebody stops; \`docker service scale ${shown}=0\` first, and back afterwards`,
          );
        if (container.HostConfig?.AutoRemove)
          throw new Error(
            say`${shown} is removed when it stops (--rm); remove it first, and \`berth up\` makes it again`,
          );
      }
    }
  }

  /** The whole stack stands still: nobody is to see data that is half the old one. */
  private toStop(targets: Target[], { held }: Inventory) {
    const reading = targets.flatMap(({ database, volume }) => (database && !volume ? [database.held] : []));
    return held.filter(
      (one) => one.place.engine === "docker" && !one.container.HostConfig?.AutoRemove && !reading.includes(one),
    );
  }

  private async mayReplace(filled: Target[], before: string): Promise<boolean> {
    const { now, options, opened } = this;
    const shown = filled.map((target) => target.shown).join(", ");
    const { time } = opened.manifest;
    const what = say`This replaces what is in ${shown} of the stack ${now.name} with the backup of ${time}; what is there now goes to ${typed(before)} first.`;
    if (options.replaceData === now.name) return true;
    if (!process.stdin.isTTY || !process.stdout.isTTY)
      throw new UsageError(say`${shown} of ${now.name} hold data; \`--replace-data ${now.name}\` replaces it`);
    console.log(what);
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const answer = await lines.question(say`Type the stack's name to go on: `, { signal: this.signal });
      if (answer.trim() === now.name) return true;
      console.error(say`error: "${answer.trim()}" is not ${now.name}: nothing was changed`);
      return false;
    } catch (error) {
      this.signal.throwIfAborted();
      // A terminal that asks takes Ctrl-C for a key.
      throw (error as Error).name === "AbortError" ? new Interrupted("SIGINT") : error;
    } finally {
      lines.close();
    }
  }

  /** What is there now, as files, since everything stands still. */
  private savingJobs(filled: Target[], inventory: Inventory): Job[] {
    return filled.map(({ item, client, volume: name, database }) => {
      const volume = inventory.volumes.find((one) => one.client === client && one.name === name);
      if (database && name === undefined) return dumpJob(database, undefined, item.part, this.signal);
      const part = item.part.replace(/^dumps\//, "volumes/").replace(/\.sql\.gz$/, ".files.tar.gz");
      const known = volume ?? { client, name: name!, anonymous: false, users: [] };
      return filesJob(known, "stopped", part, this.signal);
    });
  }

  /** Replaces one after another. Where one fails, all are as they were before. */
  private async replace(targets: Target[], before?: Opened, beforeKey?: Buffer): Promise<void> {
    const begun: Target[] = [];
    try {
      for (const target of targets) {
        begun.push(target);
        await this.fill(target, contentOf(this.opened, target.item, this.key), target.item, this.signal);
      }
    } catch (error) {
      this.progress.clear();
      const calm = new AbortController().signal;
      try {
        for (const target of begun.reverse()) {
          const old = before?.manifest.items.find(
            ({ volume, users }) =>
              volume === target.volume && (volume ?? users[0]!.service === target.item.users[0]!.service),
          );
          if (old) await this.fill(target, contentOf(before!, old, beforeKey), old, calm);
          else await this.empty(target, calm);
        }
      } catch (second) {
        const where = before ? say`; what was there before is in ${[...before.parts.values()][0]!.file}` : "";
        throw new Error(
          say`${(error as Error).message}; and to put back what was there before failed as well: ${(second as Error).message}${where}`,
        );
      }
      this.signal.throwIfAborted();
      if (error instanceof BackupError) throw error;
      throw new Error(say`${(error as Error).message}; what was there before is there again`);
    }
  }

  private async empty({ client, volume, fresh, image, database }: Target, signal: AbortSignal): Promise<void> {
    if (volume === undefined) return;
    if (database) await stopNow(database);
    const access = await VolumeAccess.open(client, volume, { image, write: true, signal });
    try {
      await access.clear();
    } finally {
      await access.close();
    }
    if (fresh) await client.request("DELETE", `/volumes/${encodeURIComponent(volume)}`);
  }

  private async fill(target: Target, content: Readable, item: BackupItem, signal: AbortSignal): Promise<void> {
    const { client, volume, fresh, image, database, shown } = target;
    const counted = Readable.from(this.counted(content, shown), { objectMode: false });
    if (volume !== undefined) {
      if (fresh) await client.request("POST", "/volumes/create", { Name: volume, Labels: ownerLabels(this.now.owner) });
      if (database) await stopNow(database);
      const access = await VolumeAccess.open(client, volume, {
        folder: item.kind === "files" ? item.volume : undefined,
        image,
        write: true,
        signal,
      });
      try {
        await access.clear();
        if (item.kind === "files") await access.write(counted);
      } finally {
        await access.close();
      }
    }
    if (item.kind === "files") return;
    await load(database!, counted, volume !== undefined, signal);
    // It ran for that only.
    if (!isRunning(database!.held.container)) await stopNow(database!);
  }

  private async *counted(content: Readable, shown: string): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of content) {
      bytes += (chunk as Buffer).length;
      this.progress.show(shown, bytes);
      yield chunk as Buffer;
    }
  }

  private report(targets: Target[], standstill: Standstill, before: string | undefined, seconds: number): number {
    const { now, options } = this;
    const { failures } = standstill;
    const restored = targets.map(({ shown, volume, item: { kind, size } }) => ({ name: shown, volume, kind, size }));
    if (options.json)
      console.log(JSON.stringify({ stack: now.name, restored, before, failures, seconds }, undefined, 2));
    else {
      for (const { name, kind, size } of restored)
        console.log(
          kind === "files"
            ? say`${name}: its files (${sizeText(size)})`
            : say`${name}: its dump was read (${sizeText(size)})`,
        );
      console.log(
        say`Restored ${typed(this.file)} into ${now.name} in ${Math.round(seconds * 10) / 10} s.${before ? say` What was there before is in ${typed(before)}.` : ""}`,
      );
      if (targets.some(({ fresh }) => fresh)) console.log(say`\`berth up ${now.name}\` goes on with these volumes.`);
    }
    if (targets.some(({ item }) => item.kind !== "files"))
      console.error(say`note: users and passwords of a database are those of the backup now, too.`);
    if (failures.length === 0) return 0;
    const back = before ? say`; \`berth restore ${now.name} ${typed(before)}\` brings back what was there before` : "";
    console.error(say`error: all is restored, but ${failures.join(say`; `)}${back}`);
    return 1;
  }
}

const nameOf = ({ volume, anonymous, users }: BackupItem) =>
  (anonymous ? users[0]?.shown : volume) ?? users[0]?.shown ?? volume!;

/** Stops a database that has been started for its dump. */
async function stopNow({ held: { client, container } }: HeldDatabase): Promise<void> {
  const patience = ((container.Config.StopTimeout ?? 10) + 60) * 1000;
  await client.request("POST", `/containers/${container.Id}/stop`, undefined, patience);
}

/**
 * Has a database read a dump.
 *
 * @param anew its volume is empty, so that it makes its data first
 */
async function load(
  { held, database }: HeldDatabase,
  dump: Readable,
  anew: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { client, container, shown } = held;
  const { kind, ready, load: script, before, after, harmless, error: wrong } = database;
  if (anew) {
    await client.request("POST", `/containers/${container.Id}/start`, undefined, 60_000);
    const end = Date.now() + FIRST_START * 1000;
    while (!(await isReady())) {
      if (Date.now() > end) throw new Error(say`${shown} did not begin with an empty volume within ${FIRST_START} s`);
      await pause(1000, signal);
    }
  }
  async function isReady() {
    try {
      await answerOf(client, container.Id, ready, { signal });
      return true;
    } catch (failure) {
      signal.throwIfAborted();
      if (!(failure instanceof ScriptError) && (await answers(held, signal, 1))) throw failure;
      return false;
    }
  }
  async function* statements() {
    yield Buffer.from(before);
    for await (const chunk of dump) yield chunk as Buffer;
    yield Buffer.from(after);
  }
  let end = "";
  let said = "";
  const input = Readable.from(statements(), { objectMode: false });
  try {
    for await (const chunk of outputOf(client, container.Id, script, { signal, input }, (text) => (said += text)))
      end = (end + chunk.toString()).slice(-1000);
  } catch (failure) {
    if (failure instanceof ScriptError) throw new Error(say`${shown} does not read its dump: ${failure.message}`);
    throw failure;
  }
  const errors = harmless ? said.replace(harmless, "") : said;
  const found = wrong?.exec(errors)?.[0];
  if (found) throw new Error(say`${shown} does not read its dump: ${found}`);
  if (!end.includes(MARK)) throw new Error(say`${shown} has not read all of its dump (${kind})`);
}
