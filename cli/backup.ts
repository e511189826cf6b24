import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { keyOf, passphraseOf } from "./backup/encryption";
import { Interrupted, interruptible } from "./interrupt";
import { type Held, type Inventory, inventoryOf } from "./backup/inventory";
import { type JobGroup, jobsOf, type Manner } from "./backup/jobs";
import { type BackupItem, type BackupManifest, FORMAT } from "./backup/manifest";
import { Progress, sizeText } from "./backup/progress";
import { Standstill, strangersOn } from "./backup/standstill";
import { inColumns } from "./backup/table";
import { removeLeftovers } from "./backup/volumes";
import { stamp, targetFile, writeBackup } from "./backup/write";
import { locked } from "./locks";
import { currentProject, version } from "./project";
import { close, type StackNow, stackNow } from "./stackNow";
import { UsageError } from "./usageError";
import { say } from "../core/description/say";

/** Options of `berth backup`. */
export interface BackupOptions {
  to?: string;
  volume?: string[];
  stop?: boolean;
  pause?: boolean;
  live?: boolean;
  encrypt?: boolean;
  json?: boolean;
}

const note = (line: string) => console.error(say`note: ${line}.`);

function mannerOf({ stop, pause, live }: BackupOptions): Manner | undefined {
  const given = (["stop", "pause", "live"] as const).filter((name) => ({ stop, pause, live })[name]);
  if (given.length > 1)
    throw new UsageError(
      say`--${given[0]} and --${given[1]} exclude one another: say one of --stop, --pause and --live`,
    );
  return given[0];
}

/** What a manifest says before anything has been saved. */
export function headOf(
  now: StackNow,
  project: string,
  { held }: Inventory,
  salt: string | undefined,
): Omit<BackupManifest, "items"> {
  return {
    format: FORMAT,
    berth: version(),
    project,
    stack: now.name,
    time: new Date().toISOString(),
    services: held.map(({ service, container, place }) => ({
      service,
      name: container.Name.replace(/^\//, ""),
      image: container.Config.Image,
      imageId: container.Image,
      engine: place.engine,
    })),
    ...(salt && { salt }),
  };
}

/** The key for a backup that is to be encrypted, and what it was made with. */
export function newKey(folder: string): { key: Buffer; salt: string } {
  const passphrase = passphraseOf(folder, process.env);
  if (passphrase === undefined)
    throw new Error(say`--encrypt: there is no passphrase; set PULUMI_CONFIG_PASSPHRASE, or run \`berth up\` first`);
  const salt = randomBytes(16).toString("hex");
  return { key: keyOf(passphrase, salt), salt };
}

/** The stack's settings: the secrets among them are encrypted. */
export function settingsOf(folder: string, stack: string): { name: string; content: Buffer } | undefined {
  const name = `Pulumi.${stack}.yaml`;
  const file = join(folder, name);
  return existsSync(file) ? { name, content: readFileSync(file) } : undefined;
}

/** `berth backup STACK`: the data of a stack as one file. */
export async function backup(stack: string, options: BackupOptions): Promise<number> {
  mannerOf(options);
  const now = await stackNow(stack);
  try {
    return await backupOf(now, options);
  } finally {
    close(now);
  }
}

/** The same for a stack that has been looked at. */
export async function backupOf(now: StackNow, options: BackupOptions): Promise<number> {
  try {
    const project = await currentProject();
    return await interruptible((signal) =>
      locked(project, now.name, () => backupNow(now, options, mannerOf(options), signal)),
    );
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(
      say`error: ended before the backup was complete: nothing was written, and what was stopped runs again`,
    );
    return error.exitCode;
  }
}

async function backupNow(
  now: StackNow,
  { to, volume: only, encrypt = false, json = false }: BackupOptions,
  manner: Manner | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { folder, name: project } = await currentProject();
  const file = targetFile(to, `berth-${now.name}-${stamp(new Date())}.tar`, "--to");
  const protection = encrypt ? newKey(folder) : undefined;
  const inventory = await inventoryOf(now);
  for (const { client } of now.places) {
    client?.widen();
    if (client) await removeLeftovers(client);
  }
  const groups = await jobsOf(inventory, { manner, only, signal });
  checkFound(groups, now, inventory, only);
  await tellOfStrangers(groups, inventory);

  const standstill = new Standstill(inventory.held);
  const manifest = await writeBackup(file, headOf(now, project, inventory, protection?.salt), {
    groups,
    standstill,
    settings: settingsOf(folder, now.name),
    key: protection?.key,
    progress: new Progress(),
    signal,
  });
  const down = Object.fromEntries([...standstill.downtime].map(([held, seconds]) => [held.shown, rounded(seconds)]));
  const { size } = statSync(file);
  if (json)
    console.log(JSON.stringify({ file, size, ...manifest, downtime: down, left: inventory.left }, undefined, 2));
  else {
    console.log(printed(manifest.items, inventory.held, standstill).join("\n"));
    const shown = relative(process.cwd(), file);
    const name = shown.startsWith("..") ? file : shown;
    console.log(
      encrypt
        ? say`\n${name} (${sizeText(size)}) is the backup of ${now.name}, encrypted with the stack's passphrase.`
        : say`\n${name} (${sizeText(size)}) is the backup of ${now.name}.`,
    );
  }
  for (const line of inventory.left) note(say`not in the backup: ${line}`);
  if (standstill.failures.length === 0) return 0;
  console.error(say`error: the backup is complete, but ${standstill.failures.join(say`; `)}`);
  return 1;
}

const rounded = (seconds: number) => Math.round(seconds * 10) / 10;

function checkFound(groups: JobGroup[], { name }: StackNow, inventory: Inventory, only: string[] | undefined): void {
  const items = groups.flatMap(({ jobs }) => jobs);
  const { held, volumes, left } = inventory;
  const known = [...new Set([...volumes.map((volume) => volume.name), ...held.map(({ shown }) => shown)])];
  for (const word of only ?? []) {
    if (!known.includes(word) && !held.some(({ service }) => service === word))
      throw new Error(
        say`--volume: the stack ${name} has no volume or service "${word}" on its engine${known.length ? say`; it has ${known.join(", ")}` : ""}`,
      );
  }
  if (items.length) return;
  if (held.length === 0)
    throw new Error(say`nothing of the stack ${name} is on the engine; \`berth up ${name}\` makes it`);
  const beside = left.length ? ` (${left.join(say`; `)})` : "";
  throw new Error(say`there is no volume and no database in the stack ${name} to back up${beside}`);
}

/** Containers of others that may write to a volume while it is read. */
async function tellOfStrangers(groups: JobGroup[], { held, volumes }: Inventory): Promise<void> {
  for (const { item } of groups.flatMap(({ jobs }) => jobs)) {
    if (item.kind !== "files") continue;
    const volume = volumes.find(({ name }) => name === item.volume)!;
    const strangers = await strangersOn(volume.client, volume.name, held);
    if (strangers.length)
      note(say`${volume.name}: ${strangers.join(", ")}, not of this stack, may write to it while it is read`);
  }
}

const HOW: Record<BackupItem["how"], () => string> = {
  dumped: () => say`dump, while it runs`,
  saved: () => say`files, saved by itself`,
  stopped: () => say`files, stopped`,
  paused: () => say`files, paused`,
  live: () => say`files, while it runs`,
  idle: () => say`files, nobody writes`,
};

/** The table of what was saved. */
function printed(items: BackupItem[], held: Held[], { downtime }: Standstill): string[] {
  const rows = items.map(({ users, volume, anonymous, how, size, stored, seconds }) => {
    const services = [...new Set(users.map(({ service }) => service))];
    const down = held.filter((one) => services.includes(one.service)).map((one) => downtime.get(one) ?? 0);
    return [
      [...new Set(users.map(({ shown }) => shown))].join(", ") || "-",
      (anonymous ? users[0]?.target : volume) ?? users[0]?.target ?? "-",
      HOW[how](),
      sizeText(size),
      sizeText(stored),
      say`${seconds} s`,
      Math.max(0, ...down) > 0 ? say`${rounded(Math.max(...down))} s` : "-",
    ];
  });
  return inColumns([say`SERVICE`, say`VOLUME`, say`HOW`, say`SIZE`, say`STORED`, say`TIME`, say`DOWN`], rows);
}

/** As it is typed from here. */
export const typed = (file: string): string => {
  const near = relative(process.cwd(), file);
  return near.startsWith("..") ? file : near || basename(file);
};
