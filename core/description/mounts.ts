import { homedir } from "node:os";
import { posix, resolve } from "node:path";
import { ArgumentError, checkFields, show } from "./errors";
import { parseName } from "./names";
import { parseBytes } from "./quantities";
import type { MountDescription } from "./types";
import { listed, say } from "./say";

/** A mount with everything resolved. */
export interface Mount {
  type: "volume" | "bind" | "tmpfs";
  /** Volume name or absolute host path; undefined for an anonymous volume and for tmpfs. */
  source?: string;
  target: string;
  readOnly: boolean;
  createHostPath: boolean;
  propagation?: string;
  selinux?: "z" | "Z";
  nocopy: boolean;
  /** Relative path inside the volume. */
  subpath?: string;
  /** Bytes. */
  tmpfsSize?: number;
  tmpfsMode?: number;
}

const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
const SHORT_HELP = say`use "name:/path", "./folder:/path:ro" or "/path"`;

/** Checks an absolute path inside a container; the file system root itself cannot be mounted over. */
export function parseTarget(path: string, argument: string): string {
  if (!path.startsWith("/"))
    throw new ArgumentError(argument, say`${show(path)} is not an absolute path`, say`begin the container path with /`);
  const clean = posix.normalize(path).replace(/(.)\/$/, "$1");
  if (clean === "/")
    throw new ArgumentError(argument, say`the container's root cannot be mounted over`, say`name a folder below /`);
  return clean;
}

/** Resolves a host path: `~` is the home folder, relative paths start at the project folder. */
export function hostPath(path: string, projectFolder: string): string {
  if (path === "~" || path.startsWith("~/")) return resolve(homedir(), path.slice(2));
  return resolve(projectFolder, path);
}

const isPath = (source: string) => /^[./~]/.test(source);

function parseShort(text: string, argument: string, projectFolder: string): Mount {
  const parts = text.split(":");
  if (parts.length > 3 || parts.some((part) => part === "")) {
    throw new ArgumentError(argument, say`${show(text)} is not a volume`, SHORT_HELP);
  }
  const mount: Mount = { type: "volume", target: "", readOnly: false, createHostPath: false, nocopy: false };
  if (parts.length === 1) return { ...mount, target: parseTarget(text, argument) };
  const [source = "", target = "", options = ""] = parts;
  mount.target = parseTarget(target, argument);
  if (isPath(source)) {
    mount.type = "bind";
    mount.source = hostPath(source, projectFolder);
  } else mount.source = parseName(source, argument);
  for (const option of options ? options.split(",") : []) {
    if (option === "ro") mount.readOnly = true;
    else if (option === "rw") mount.readOnly = false;
    else if (option === "z" || option === "Z") mount.selinux = option;
    else if (option === "nocopy" && mount.type === "volume") mount.nocopy = true;
    else if (PROPAGATIONS.includes(option) && mount.type === "bind") mount.propagation = option;
    else
      throw new ArgumentError(
        argument,
        say`${show(option)} is not an option of a ${mount.type} mount`,
        say`use ro, rw, z or Z (nocopy for volumes, a propagation mode for binds)`,
      );
  }
  return mount;
}

/** As the engine checks it, which says so only when the container is made. */
function checkSubpath(subpath: string, source: string | undefined, argument: string): void {
  if (!source) throw new ArgumentError(argument, say`a new anonymous volume has no folders`, say`name the volume`);
  if (subpath === "" || subpath.startsWith("/") || /^\.\.(\/|$)/.test(posix.normalize(subpath)))
    throw new ArgumentError(
      argument,
      say`${show(subpath)} is not a path inside the volume`,
      say`write it without / in front, and without a way out of the volume`,
    );
}

function parseLong(value: MountDescription, argument: string, projectFolder: string): Mount {
  const { type = "volume", source, target, readOnly = false, bind = {}, volume = {}, tmpfs = {} } = value;
  checkFields(value, ["type", "source", "target", "readOnly", "bind", "volume", "tmpfs"], argument, say`a mount`);
  checkFields(bind, ["createHostPath", "propagation", "selinux"], `${argument}.bind`, say`a bind`);
  checkFields(volume, ["nocopy", "subpath"], `${argument}.volume`, say`a volume mount`);
  checkFields(tmpfs, ["size", "mode"], `${argument}.tmpfs`, say`a tmpfs`);
  if (!["volume", "bind", "tmpfs"].includes(type)) {
    throw new ArgumentError(
      `${argument}.type`,
      say`${show(type)} is not a kind of mount`,
      say`use volume, bind or tmpfs`,
    );
  }
  for (const [kind, options] of Object.entries({ bind: value.bind, volume: value.volume, tmpfs: value.tmpfs })) {
    if (options && kind !== type)
      throw new ArgumentError(
        `${argument}.${kind}`,
        say`does not belong to a ${type} mount`,
        say`remove it, or set type: "${kind}"`,
      );
  }
  if (type === "bind" && !source)
    throw new ArgumentError(`${argument}.source`, say`is missing`, say`name the host path to bind`);
  if (type === "tmpfs" && source)
    throw new ArgumentError(`${argument}.source`, say`a tmpfs has no source`, say`remove it`);
  if (bind.propagation && !PROPAGATIONS.includes(bind.propagation)) {
    throw new ArgumentError(
      `${argument}.bind.propagation`,
      say`${show(bind.propagation)} is not a mode`,
      say`use ${listed(PROPAGATIONS)}`,
    );
  }
  if (bind.selinux && !["z", "Z"].includes(bind.selinux)) {
    throw new ArgumentError(
      `${argument}.bind.selinux`,
      say`${show(bind.selinux)} is not a label`,
      say`use z (shared) or Z (private)`,
    );
  }
  if (volume.subpath !== undefined) checkSubpath(volume.subpath, source, `${argument}.volume.subpath`);
  return {
    type,
    source: type === "bind" ? hostPath(source!, projectFolder) : source && parseName(source, `${argument}.source`),
    target: parseTarget(target ?? "", `${argument}.target`),
    readOnly,
    createHostPath: bind.createHostPath ?? false,
    propagation: bind.propagation,
    selinux: bind.selinux,
    nocopy: volume.nocopy ?? false,
    subpath: volume.subpath,
    tmpfsSize: tmpfs.size === undefined ? undefined : parseBytes(tmpfs.size, `${argument}.tmpfs.size`),
    tmpfsMode: tmpfs.mode,
  };
}

/** Reads the short and long forms of `volumes`; two mounts at one place are refused. */
export function parseMounts(volumes: (string | MountDescription)[], argument: string, projectFolder: string): Mount[] {
  const targets = new Set<string>();
  return volumes.map((volume, index) => {
    const at = `${argument}[${index}]`;
    const mount =
      typeof volume === "string" ? parseShort(volume, at, projectFolder) : parseLong(volume, at, projectFolder);
    if (targets.has(mount.target))
      throw new ArgumentError(at, say`${mount.target} is mounted twice`, say`give each mount its own container path`);
    targets.add(mount.target);
    return mount;
  });
}
