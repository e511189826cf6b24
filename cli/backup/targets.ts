import { say } from "../../core/description/say";
import type { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { databaseIn } from "./databases";
import { unreadable } from "../../core/description/knownImages";
import type { StackNow } from "../stackNow";
import { databaseOf, type Held, type HeldDatabase, type Inventory, isRunning } from "./inventory";
import { BackupError, type BackupItem, type BackupManifest } from "./manifest";
import { VolumeAccess } from "./volumes";

/** Where something of a backup goes. */
export interface Target {
  item: BackupItem;
  client: EngineClient;
  /** The volume whose contents are replaced; none for a database that has its data elsewhere. */
  volume?: string;
  /** It is not there yet. */
  fresh: boolean;
  /** It holds something now. */
  filled: boolean;
  /** For a dump. */
  database?: HeldDatabase;
  /** What it is called. */
  shown: string;
  /** An image on the engine, for one that makes no container without. */
  image?: string;
}

/** What the program declares as the source of a mount. */
function declaredSource({ places }: StackNow, service: string, target: string): string | undefined {
  const spec = places.flatMap(({ declared }) => declared).find((one) => one.service === service)?.spec;
  return spec?.volumes?.find((mount) => mount.type === "volume" && mount.target === target)?.source;
}

/**
 * Finds for each part of a backup what it replaces: the volume that the same service has in the same place, whatever
 * its name is, or else the volume of that name.
 *
 * @throws Error where there is nothing for it, or it would be of no use there
 */
export async function targetsOf(
  manifest: BackupManifest,
  items: BackupItem[],
  inventory: Inventory,
  now: StackNow,
  signal: AbortSignal,
): Promise<Target[]> {
  const targets: Target[] = [];
  // Files come first: a database that reads its dump may need those of its other volumes.
  for (const item of [...items].sort((a, b) => Number(a.kind !== "files") - Number(b.kind !== "files"))) {
    const found = item.kind === "files" ? filesTarget(item, inventory, now) : dumpTarget(item, inventory, now);
    checkVersion(manifest, item, inventory);
    const image = inventory.held.find(({ client }) => client === found.client)?.container.Image;
    const there =
      found.volume !== undefined && (await found.client.find(`/volumes/${encodeURIComponent(found.volume)}`));
    const filled = found.volume === undefined || (Boolean(there) && !(await isEmpty({ ...found, image }, signal)));
    targets.push({ ...found, image, fresh: !there, filled });
  }
  return targets;
}

async function isEmpty(
  { client, volume, image }: Pick<Target, "client" | "volume" | "image">,
  signal: AbortSignal,
): Promise<boolean> {
  const access = await VolumeAccess.open(client, volume!, { image, signal });
  try {
    return await access.isEmpty();
  } finally {
    await access.close();
  }
}

type Place = Pick<Target, "item" | "client" | "volume" | "database" | "shown">;

function filesTarget(item: BackupItem, { volumes }: Inventory, now: StackNow): Place {
  for (const { service, target } of item.users) {
    const found = volumes.find(({ users }) =>
      users.some((user) => user.held.service === service && user.target === target),
    );
    if (found) {
      const shown = found.anonymous ? `${item.users[0]!.shown}:${target}` : found.name;
      return { item, client: found.client, volume: found.name, shown };
    }
  }
  const existing = volumes.find(({ name }) => name === item.volume);
  if (existing) return { item, client: existing.client, volume: existing.name, shown: existing.name };
  const [first] = item.users;
  const source = first && declaredSource(now, first.service, first.target);
  if (item.anonymous && source === undefined)
    throw new Error(
      say`${item.users.map(({ shown, target }) => `${shown}:${target}`).join(", ") || item.volume} has no volume yet; run \`berth up ${now.name}\` first`,
    );
  const place = now.places.find(({ client }) => client)!;
  const volume = source ?? item.volume!;
  return { item, client: place.client!, volume, shown: volume };
}

function dumpTarget(item: BackupItem, { held }: Inventory, now: StackNow): Place {
  const [user] = item.users;
  const one = held.find(({ service }) => service === user!.service);
  if (!one)
    throw new Error(
      say`${user!.shown} is not on the engine, and its data is a dump, which it has to read itself; run \`berth up ${now.name}\` first`,
    );
  const database = databaseOf(one);
  if (!database || database.database.kind !== item.kind)
    throw new BackupError(
      say`its ${item.part} is a dump of ${item.kind}, and ${one.shown} is ${one.container.Config.Image}`,
      say`restore it into a service of the same kind`,
    );
  if (database.volume === undefined && !isRunning(one.container))
    throw new Error(
      say`${one.shown} does not run, and has to read its dump itself; run \`berth start ${now.name}\` first`,
    );
  return { item, client: one.client, volume: database.volume, database, shown: one.shown };
}

/** Files of a database are of its version. */
function checkVersion({ services }: BackupManifest, item: BackupItem, { held }: Inventory): void {
  if (item.kind !== "files") return;
  for (const { service } of item.users) {
    const before = services.find((one) => one.service === service)?.image;
    const after = held.find((one) => one.service === service);
    if (!before || !after) continue;
    const image = after.container.Config.Image;
    const why = unreadable(before, image, () => "");
    if (!why) continue;
    const dump = databaseIn(image) ? say`, or take a backup while it runs, which writes a dump` : "";
    throw new BackupError(
      say`its ${item.part} was made by ${before}, and ${after.shown} is ${image}, which does not read that`,
      say`restore it into ${before}${dump}`,
    );
  }
}

/** Those of the stack that run. */
export const running = (held: Held[]): Held[] => held.filter(({ container }) => isRunning(container));
