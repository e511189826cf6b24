import { join } from "node:path";
import { parseImage, withTag } from "../core/description/names";
import { columnsOf, listed, padded, say } from "../core/description/say";
import { type NewerTags, tellsVersion } from "../core/description/tags";
import { unreadable } from "../core/description/knownImages";
import type { RegistryConfig } from "../core/engines/dockerApi/registry/config";
import { RegistryError } from "../core/engines/dockerApi/registry/registry";
import { readLock } from "../core/engines/imageLock";
import { ENGINE_TELLS, Registries, type Told } from "./outdated/ask";
import { addRunning, type StackImage, stackImages } from "./outdated/images";
import { type Change, writeLock } from "./outdated/lock";
import { within } from "./within";
import type { Place } from "./place";
import { plannedServices } from "./plan";
import { planOf } from "./planOf";
import { currentProject } from "./project";
import { readStackConfig } from "./stackConfig";
import { shortName } from "./stackName";
import { close, servicesNow, stackNow } from "./stackNow";
import { hasColours } from "./status";

/** An image with what is known of it. */
interface Row extends StackImage {
  told?: Told;
  /** Why its registry has told nothing. */
  error?: RegistryError;
  /** Whether the tag stands for another image than what runs, or what is locked. */
  moved: boolean;
  /** Newer versions that do not read the data of this one, with the reason. */
  unreadable: string[];
}

/** Milliseconds in which an engine has to say what runs there. */
const ENGINE = 5_000;
const ENGINE_BY_SSH = 20_000;

/**
 * `berth outdated`: which images of a stack have moved on, and which have newer tags. The exit code is 1 where a registry
 * could not be asked.
 */
export async function outdated(
  given: string,
  { json = false, lock = false }: { json?: boolean; lock?: boolean },
): Promise<number> {
  const stack = shortName(given);
  const project = await currentProject();
  const { values } = readStackConfig(project.folder, project.name, stack);
  const locked = readLock(values["berth:images"]);
  const plan = await planOf(stack, {}, { commands: false });
  const images = stackImages(plan.resources, await plannedServices(plan.resources), locked, project.own);

  let places: Place[] = [];
  let unknown: string | undefined;
  try {
    // A cluster may want a login first.
    const now = await within(stackNow(stack, plan), ENGINE_BY_SSH);
    if (!now) throw new Error(say`its cluster has not let berth log in in time`);
    places = now.places;
    const far = places.some(({ client }) => client?.address.host.startsWith("ssh:"));
    const found = await within(servicesNow(now), far ? ENGINE_BY_SSH : ENGINE);
    if (found) await addRunning(images, found);
    else unknown = say`its engine has not answered in time`;
  } catch (error) {
    unknown = (error as Error).message;
  }
  const client = places.find((place) => place.client && unknown === undefined)?.client;
  const info =
    client &&
    (await client
      .request<{ RegistryConfig?: RegistryConfig }>("GET", "/info", undefined, ENGINE)
      .catch(() => undefined));
  const registries = new Registries({ client, config: info?.RegistryConfig });
  try {
    const rows = await Promise.all(images.map((image) => asked(image, registries)));
    const failed = failures(rows);
    const changes = lock ? applyLock(join(project.folder, `Pulumi.${stack}.yaml`), rows, locked) : [];
    if (json)
      console.log(
        JSON.stringify(
          {
            stack,
            ok: failed.length === 0,
            ...(unknown !== undefined && { unknown }),
            images: rows.map(asJson),
            errors: failed,
            ...(lock && { locked: changes }),
          },
          undefined,
          2,
        ),
      );
    else {
      console.log(printed(stack, rows).join("\n"));
      if (lock) console.log(["", ...lockLines(stack, rows, changes)].join("\n"));
    }
    if (unknown !== undefined) console.error(say`note: what runs is not known: ${unknown}`);
    for (const error of failed) console.error(say`error: ${error}`);
    return failed.length ? 1 : 0;
  } finally {
    registries.close();
    close({ places });
  }
}

async function asked(image: StackImage, registries: Registries): Promise<Row> {
  const row: Row = { ...image, moved: false, unreadable: [] };
  if (image.origin !== "tag") return row;
  try {
    row.told = await registries.ask(image.name);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    row.error = error;
    return row;
  }
  const { now, newer } = row.told;
  const same = image.runs.length ? image.runs : image.locked ? [image.locked] : [now];
  row.moved = !same.includes(now) || (image.locked !== undefined && image.locked !== now);
  const before = withTag(image.name);
  const bare = before.slice(0, before.lastIndexOf(":"));
  const [service = "CONTAINER"] = image.services;
  const way = (dump = "") =>
    say`(\`docker exec ${service} ${dump}\`), and have it begin with an empty volume and read that`;
  row.unreadable = Object.values(newer).flatMap((tag) => unreadable(before, `${bare}:${tag}`, way) ?? []);
  return row;
}

/** One sentence for each registry that could not be asked. An image that it does not have is no failure of its own. */
function failures(rows: Row[]): string[] {
  const failed = new Map<string, string[]>();
  for (const { name, error } of rows)
    if (error && error.trouble !== "missing") failed.set(error.message, [...(failed.get(error.message) ?? []), name]);
  return [...failed].map(([message, names]) => say`${message}: not asked for ${listed(names)}`);
}

/** Digests for the settings: what the tag stands for today, else what runs, else what stood there. */
function applyLock(file: string, rows: Row[], before: ReadonlyMap<string, string>): Change[] {
  const wanted: Record<string, string> = {};
  for (const { name, origin, lockable, told, runs, locked } of rows) {
    const digest = told?.now ?? locked ?? before.get(withTag(name)) ?? (runs.length === 1 ? runs[0] : undefined);
    if (origin === "tag" && lockable && digest !== undefined) wanted[name] = digest;
  }
  return writeLock(file, wanted);
}

/** A digest as people compare it. */
const short = (digest: string): string => digest.slice(0, "sha256:".length + 12);

const newerText = ({ patch, minor, major }: NewerTags): string => {
  const within = [patch, minor].filter((tag) => tag !== undefined).join(", ");
  const parts = [...(within ? [within] : []), ...(major ? [say`another major version: ${major}`] : [])];
  return parts.join(say`; `);
};

/** In what state an image is, and what there is to say of it. */
function judged(row: Row): { word: string; lines: string[] } {
  const { name, origin, told, error, runs, locked, moved } = row;
  if (origin === "built") return { word: "built", lines: [say`by this stack, or from its file: no registry is asked`] };
  if (origin === "digest") return { word: "fixed", lines: [say`the program names its digest`] };
  if (error) return { word: error.trouble === "missing" ? "gone" : "unknown", lines: [error.message] };
  const { now, newer, by, noTags } = told!;
  const { tag = "latest" } = parseImage(name, "image");
  const lines: string[] = [];
  if (moved) {
    const is = runs.length && !runs.includes(now) ? say`${listed(runs.map(short))} runs` : "";
    const lock = locked !== undefined && locked !== now ? say`${short(locked)} is locked` : "";
    lines.push(say`${listed([is, lock].filter(Boolean))}; the tag stands for ${short(now)} now`);
  }
  const text = newerText(newer);
  if (text) lines.push(say`newer: ${text}`);
  lines.push(...row.unreadable);
  if (!tellsVersion(tag)) lines.push(say`${tag} is no version, so it moves by itself`);
  if (noTags !== undefined) lines.push(say`newer tags are not known: ${noTags}`);
  if (locked !== undefined && locked === now) lines.push(say`locked at ${short(locked)}`);
  if (lines.length === 0) lines.push(short(now));
  if (by !== undefined) lines.push(by === ENGINE_TELLS ? say`as the engine tells it` : say`as ${by} tells it`);
  return { word: moved ? "moved" : text ? "newer" : "current", lines };
}

const COLOURS: Record<string, number> = { current: 32, newer: 33, moved: 33, unknown: 31, gone: 31 };

function printed(stack: string, rows: Row[]): string[] {
  if (rows.length === 0) return [say`The stack ${stack} names no images.`];
  const width = Math.max(...rows.map(({ name }) => name.length));
  const words: Record<string, string> = {
    current: say`current`,
    newer: say`newer`,
    moved: say`moved`,
    built: say`built`,
    fixed: say`fixed`,
    gone: say`gone`,
    unknown: say`unknown`,
  };
  const room = Math.max(...Object.values(words).map(columnsOf));
  const margin = " ".repeat(width + 2 + room + 2);
  return rows.flatMap((row) => {
    const { word, lines } = judged(row);
    const colour = hasColours() ? COLOURS[word] : undefined;
    const cell = padded(words[word]!, room);
    const shown = colour === undefined ? cell : `\u001b[${colour}m${cell}\u001b[39m`;
    const [first, ...rest] = lines;
    return [`${row.name.padEnd(width)}  ${shown}  ${first}`, ...rest.map((line) => `${margin}${line}`)];
  });
}

function lockLines(stack: string, rows: Row[], changes: Change[]): string[] {
  const free = rows.filter(({ origin, lockable }) => origin === "tag" && !lockable).map(({ name }) => name);
  const lines = changes.map(({ image, before, after }) => {
    if (after === undefined) return say`${image} is locked no more: the stack does not name it`;
    return before === undefined
      ? say`${image} is locked at ${short(after)}`
      : say`${image} is locked at ${short(after)} now, before at ${short(before)}`;
  });
  if (free.length) lines.push(say`${listed(free)}: not made by berth; name the digest in the program`);
  const file = `Pulumi.${stack}.yaml`;
  return changes.length
    ? [
        ...lines,
        say`Written to ${file}. \`berth up ${stack}\` brings it about; \`pulumi config rm berth:images --stack ${stack}\` undoes it.`,
      ]
    : [...lines, say`${file} has these digests already.`];
}

function asJson(row: Row) {
  const { name, services, runs, locked, told, error, moved } = row;
  const { word } = judged(row);
  return {
    image: name,
    state: word,
    services,
    runs,
    locked,
    ...(told && { now: told.now, newer: told.newer, by: told.by, noTags: told.noTags }),
    moved,
    ...(row.unreadable.length && { unreadable: row.unreadable }),
    ...(error && { error: error.message }),
  };
}
