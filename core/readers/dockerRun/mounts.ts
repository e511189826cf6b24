import { resolve } from "node:path";
import { show } from "../../description/errors";
import { notFilledIn } from "../../description/names";
import type { MountDescription } from "../../description/types";
import { type Draft, type FlagEntry, lastOf, note, push, put, usesOf } from "./draft";
import { csvOf } from "./gpus";
import type { Use } from "./options";
import { ramInBytes } from "./quantities";
import { say } from "../../description/say";

type FlagUse = Use<FlagEntry>;

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const HELP = say`write name:/path, /folder:/path, ./folder:/path:ro or /path`;
const CONSISTENCY = ["consistent", "cached", "delegated", "default"];
const WINDOWS: [string, string] = [
  say`is a path of Windows, and the engine that berth talks to runs Linux`,
  say`write the path as that engine sees it, or use a named volume`,
];

/** Host paths of Docker: `.` is taken from the folder, `~` inside a word is left to an engine that refuses it. */
function hostSource(source: string, draft: Draft, use: FlagUse): string {
  if (source.startsWith("~"))
    throw use.fail(
      say`the shell replaces ~ only at the beginning of a word, and docker does not replace ${show(source)} at all`,
      say`write $HOME in place of ~, or the path in full`,
    );
  return source.startsWith(".") ? resolve(draft.context.folder, source) : source;
}

function volumeName(source: string, use: FlagUse): string {
  if (/^[a-zA-Z]:|\\/.test(source)) throw use.fail(say`${show(source)} ${WINDOWS[0]}`, WINDOWS[1]);
  const hole = NAME.test(source) ? undefined : notFilledIn(source, "source");
  if (hole) throw use.fail(hole.problem, hole.remedy);
  if (!NAME.test(source))
    throw use.fail(
      say`docker reads ${show(source)} as the name of a volume, and names have no such characters`,
      source.startsWith("/")
        ? say`add type=bind for a folder of the host`
        : source.includes("/")
          ? say`write ./${source} for a folder`
          : say`use two or more of letters, digits, '_', '.' and '-'`,
    );
  return source;
}

/** Reads one `--volume`. */
export function readVolume(draft: Draft, use: FlagUse): void {
  const { value } = use;
  // Docker keeps these in a map, so a second one that is equal is no other.
  if (usesOf(draft, "--volume").find((other) => other.value === value) !== use) return;
  // One letter in front of a colon is a drive to docker, whatever follows.
  if (/^[a-zA-Z]:|^\\\\|:[a-zA-Z]:[\\/]/.test(value)) throw use.fail(say`${show(value)} ${WINDOWS[0]}`, WINDOWS[1]);
  const parts = value.split(":");
  if (value === "" || parts.some((part) => part === "") || parts.length > 3)
    throw use.fail(say`${show(value)} is not a volume`, HELP);
  const [source, target, options = ""] = parts.length === 1 ? [undefined, parts[0]!] : parts;
  if (!target!.startsWith("/")) throw use.fail(say`${show(target)} is not an absolute path in the container`, HELP);
  if (source === undefined) {
    push(draft, "volumes", target, use);
    return;
  }
  const bind = /^[./~]/.test(source);
  const kept = options.split(",").filter((option) => {
    if (option === "" && options !== "") throw use.fail(say`there is an empty option`, say`remove the comma`);
    if (!bind || !CONSISTENCY.includes(option)) return option !== "";
    note(draft, use, say`${option} concerns Docker Desktop for Mac only, and has no effect elsewhere`);
    return false;
  });
  if (kept.includes("U") || kept.includes("O"))
    throw use.fail(
      say`${kept.includes("U") ? "U" : "O"} is an option of podman, and Docker has none like it`,
      say`remove it, and give the folder to the user of the container by hand`,
    );
  if (kept.includes("ro") && kept.includes("rw"))
    throw use.fail(say`ro and rw exclude one another`, say`keep one of them`);
  const from = bind ? hostSource(source, draft, use) : volumeName(source, use);
  if (from.includes(":")) {
    // The folder itself has a colon, which only the long form can say.
    if (kept.some((option) => option !== "ro" && option !== "rw"))
      throw use.fail(
        say`${show(from)} holds a colon, and options cannot be given with it`,
        say`use a folder without one`,
      );
    push(draft, "volumes", { type: "bind", source: from, target, ...(kept.includes("ro") && { readOnly: true }) }, use);
    return;
  }
  push(draft, "volumes", [from, target, ...(kept.length ? [kept.join(",")] : [])].join(":"), use);
}

function boolean(key: string, value: string | undefined, use: FlagUse): boolean {
  if (value === undefined || value === "1" || value === "true") return true;
  if (value === "0" || value === "false") return false;
  throw use.fail(say`${key}=${value} is neither true nor false`, say`write ${key}, or ${key}=false`);
}

const FLAGS_WITHOUT_VALUE = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"];

/** Keys that Docker has, but neither the description nor the provider. */
const UNSAID: Record<string, [problem: string, remedy: string]> = {
  "bind-nonrecursive": [say`the Docker provider cannot bind a folder without what is mounted below it`, say`remove it`],
  "image-subpath": [say`the Docker provider cannot mount an image`, say`copy its files into a volume`],
};

/** What one `--mount` has said so far. */
interface Reading {
  draft: Draft;
  use: FlagUse;
  mount: MountDescription;
  definition: { driver?: string; driverOpts: Record<string, string>; labels: Record<string, string> };
}

/** One part: `given` is undefined where nothing stands behind its name, and `value` is empty then. */
interface MountPart {
  key: string;
  value: string;
  given: string | undefined;
}

const OTHER_TYPES = ["image", "cluster", "npipe", "glob", "devpts", "ramfs"];

function pair(record: Record<string, string>, text: string): void {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  if (name !== "") put(record, name, at < 0 ? "" : text.slice(at + 1));
}

const setSource = ({ mount }: Reading, { value }: MountPart) => {
  mount.source = value;
};
const setTarget = ({ mount }: Reading, { value }: MountPart) => {
  mount.target = value;
};
const setReadOnly = ({ mount, use }: Reading, { key, given }: MountPart) => {
  mount.readOnly = boolean(key, given, use);
};

/** What each part of a mount does. */
const PARTS: Record<string, (reading: Reading, part: MountPart) => void> = {
  type({ mount, use }, { value }) {
    const type = value.toLowerCase();
    if (OTHER_TYPES.includes(type))
      throw use.fail(say`the Docker provider cannot make a mount of type ${type}`, say`use volume, bind or tmpfs`);
    if (type !== "volume" && type !== "bind" && type !== "tmpfs")
      throw use.fail(say`${show(value)} is not a kind of mount`, say`use volume, bind or tmpfs`);
    mount.type = type;
  },
  source: setSource,
  src: setSource,
  target: setTarget,
  dst: setTarget,
  destination: setTarget,
  readonly: setReadOnly,
  ro: setReadOnly,
  consistency({ draft, use }) {
    note(draft, use, say`consistency concerns Docker Desktop for Mac only, and has no effect elsewhere`);
  },
  "bind-propagation"({ mount }, { value }) {
    mount.bind = { ...mount.bind, propagation: value.toLowerCase() as "rprivate" };
  },
  "bind-recursive"({ use }, { value }) {
    if (value !== "enabled")
      throw use.fail(
        say`the Docker provider cannot say bind-recursive=${value}`,
        say`remove it, which is the same as bind-recursive=enabled`,
      );
  },
  "bind-create-src"({ mount, use }, { key, given }) {
    if (boolean(key, given, use)) mount.bind = { ...mount.bind, createHostPath: true };
  },
  "volume-nocopy"({ mount, use }, { key, given }) {
    if (boolean(key, given, use)) mount.volume = { ...mount.volume, nocopy: true };
  },
  "volume-subpath"({ mount }, { value }) {
    mount.volume = { ...mount.volume, subpath: value };
  },
  "volume-driver"({ definition }, { value }) {
    definition.driver = value;
  },
  "volume-opt": ({ definition }, { value }) => pair(definition.driverOpts, value),
  "volume-label": ({ definition }, { value }) => pair(definition.labels, value),
  "tmpfs-size"({ mount, use }, { value }) {
    const size = ramInBytes(value);
    if (size === undefined) throw use.fail(say`${show(value)} is not a size`, say`write for example tmpfs-size=64m`);
    mount.tmpfs = { ...mount.tmpfs, size };
  },
  "tmpfs-mode"({ mount, use }, { value }) {
    if (!/^[0-7]{1,6}$/.test(value))
      throw use.fail(say`${show(value)} is not a mode`, say`write it in octal, such as 1777`);
    mount.tmpfs = { ...mount.tmpfs, mode: Number.parseInt(value, 8) };
  },
};

function partOf(field: string, use: FlagUse): MountPart & { name: string } {
  const equals = field.indexOf("=");
  const name = equals < 0 ? field : field.slice(0, equals);
  const given = equals < 0 ? undefined : field.slice(equals + 1);
  const key = name.toLowerCase();
  if (name.trim() !== name || (given !== undefined && given.trim() !== given))
    throw use.fail(say`${show(field)} has blanks around its name or value`, say`remove them`);
  if (given === "") throw use.fail(say`${key} is empty`, say`give it a value, or remove it`);
  if (given === undefined && !FLAGS_WITHOUT_VALUE.includes(key))
    throw use.fail(say`${show(field)} is not key=value`, say`write for example type=bind,source=/folder,target=/path`);
  return { name, key, given, value: given ?? "" };
}

/** Reads one `--mount`. */
export function readMount(draft: Draft, use: FlagUse): void {
  const mount: MountDescription = { type: "volume", target: "" };
  const reading: Reading = { draft, use, mount, definition: { driverOpts: {}, labels: {} } };
  const groups = new Set<string>();
  for (const field of csvOf(use.value.trim(), use)) {
    const { name, ...part } = partOf(field, use);
    const group = /^(bind|volume|tmpfs|image)-/.exec(part.key)?.[1];
    if (group) groups.add(group);
    const unsaid = Object.hasOwn(UNSAID, part.key) ? UNSAID[part.key] : undefined;
    if (unsaid) throw use.fail(...unsaid);
    const read = Object.hasOwn(PARTS, part.key) ? PARTS[part.key] : undefined;
    if (!read)
      throw use.fail(
        say`${show(name)} is not a part of a mount`,
        say`use type, source, target, readonly, and the bind-, volume- and tmpfs- options`,
      );
    read(reading, part);
  }
  const stray = [...groups].find((group) => group !== mount.type);
  if (stray) throw use.fail(say`${stray}- options do not belong to a mount of type ${mount.type}`, say`remove them`);
  if (!mount.target.startsWith("/"))
    throw use.fail(
      mount.target === "" ? say`names no place in the container` : say`${show(mount.target)} is not an absolute path`,
      say`add target=/path`,
    );
  if (mount.type === "bind") {
    if (mount.source === undefined) throw use.fail(say`names no folder of the host`, say`add source=/folder`);
    if (/^[a-zA-Z]:[\\/]|^\\\\/.test(mount.source))
      throw use.fail(say`${show(mount.source)} ${WINDOWS[0]}`, WINDOWS[1]);
    mount.source = hostSource(mount.source, draft, use);
    if (!mount.source.startsWith("/"))
      throw use.fail(
        say`${show(mount.source)} is not an absolute path`,
        say`write ./${mount.source}, or the path in full`,
      );
  }
  if (mount.type === "volume") define(draft, use, mount, reading.definition);
  if (mount.type === "tmpfs" && mount.source !== undefined) throw use.fail(say`a tmpfs has no source`, say`remove it`);
  push(draft, "volumes", mount, use);
}

function define(
  draft: Draft,
  use: FlagUse,
  { source }: MountDescription,
  {
    driver,
    driverOpts,
    labels,
  }: { driver?: string; driverOpts: Record<string, string>; labels: Record<string, string> },
): void {
  if (source !== undefined) volumeName(source, use);
  if (driver === undefined && !Object.keys(driverOpts).length && !Object.keys(labels).length) return;
  if (source === undefined)
    throw use.fail(say`a volume without a name takes no driver, options and labels in a stack`, say`add source=name`);
  put(draft.volumes, source, {
    name: source,
    ...(driver !== undefined && { driver }),
    ...(Object.keys(driverOpts).length && { driverOpts }),
    ...(Object.keys(labels).length && { labels }),
  });
}

/** `--volume-driver` makes the volumes of `-v`. */
export function finishVolumes(draft: Draft): void {
  const use = lastOf(draft, "--volume-driver");
  if (!use) return;
  for (const volume of draft.service.volumes ?? []) {
    if (typeof volume !== "string" || /^[./]/.test(volume.split(":")[0]!)) {
      if (typeof volume === "string" && !volume.includes(":") && use.value !== "local")
        throw use.fail(
          say`the volume at ${volume} has no name, and the Docker provider cannot choose its driver`,
          say`name it: -v name:${volume}`,
        );
      continue;
    }
    const [name = ""] = volume.split(":");
    put(draft.volumes, name, { name, driver: use.value });
  }
}
