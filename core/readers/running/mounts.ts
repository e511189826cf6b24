import { listed, say } from "../../description/say";
import type { Notice } from "../../description/project";
import type { MountDescription } from "../../description/types";
import type { EngineMount, InspectedContainer, InspectedImage } from "./inspect";

/** The engine names a volume so where nobody has. */
export const isAnonymous = (name: string | undefined): boolean => name === undefined || /^[0-9a-f]{64}$/.test(name);

export type Remark = (field: string, text: string, level?: Notice["level"]) => void;

const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
/** Of Docker Desktop, which no longer reads them. */
const CONSISTENCIES = ["consistent", "cached", "delegated", "default"];

/** One entry of `Binds`: `source:target:options`. */
function bindOf(text: string, remark: Remark): MountDescription | undefined {
  const [source = "", target = "", options = ""] = text.split(":");
  if (!target.startsWith("/") || text.split(":").length > 3) {
    remark("volumes", say`the engine says ${text}, which is not read here: left out`);
    return undefined;
  }
  const type = source.startsWith("/") ? "bind" : "volume";
  const mount: MountDescription = { type, source, target };
  for (const option of options.split(",").filter(Boolean)) {
    if (option === "ro") mount.readOnly = true;
    else if (option === "z" || option === "Z") {
      // A named volume takes it too, and there is no word for that but the short form's.
      if (type === "bind") mount.bind = { ...mount.bind, selinux: option };
      else remark("volumes", say`${source} is mounted with the option ${option}, which is left out`);
    } else if (PROPAGATIONS.includes(option) && type === "bind")
      mount.bind = { ...mount.bind, propagation: option as NonNullable<MountDescription["bind"]>["propagation"] };
    else if (option === "nocopy" && type === "volume") mount.volume = { nocopy: true };
    else if (option !== "rw" && !CONSISTENCIES.includes(option))
      remark("volumes", say`${source} is mounted with the option ${option}, which is left out`);
  }
  return mount;
}

/** Options of `--mount` that are read; those of a new volume stand in the volume itself. */
const READ = ["Propagation", "CreateMountpoint", "NoCopy", "Subpath", "SizeBytes", "Mode", "Labels", "DriverConfig"];

/** One entry of `Mounts`. */
function mountOf(given: EngineMount, remark: Remark): MountDescription | undefined {
  const { Type, Source, Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions } = given;
  if (Type !== "bind" && Type !== "volume" && Type !== "tmpfs") {
    remark("volumes", say`${Target} is a mount of the type ${Type}, for which there is no word here: left out`);
    return undefined;
  }
  for (const [name, value] of Object.entries({ ...BindOptions, ...VolumeOptions, ...TmpfsOptions }))
    if (!READ.includes(name) && value)
      remark("volumes", say`${Target} has the mount option ${name}: ${JSON.stringify(value)}, which is left out`);
  const { Propagation: propagation, CreateMountpoint: createHostPath } = BindOptions ?? {};
  const { NoCopy: nocopy, Subpath: subpath } = VolumeOptions ?? {};
  const { SizeBytes: size, Mode: mode } = TmpfsOptions ?? {};
  return {
    type: Type,
    ...(Source && { source: Source }),
    target: Target,
    ...(ReadOnly && { readOnly: true }),
    ...((propagation || createHostPath) && {
      bind: {
        ...(createHostPath && { createHostPath }),
        ...(propagation && { propagation: propagation as NonNullable<MountDescription["bind"]>["propagation"] }),
      },
    }),
    ...((nocopy || subpath) && { volume: { ...(nocopy && { nocopy }), ...(subpath && { subpath }) } }),
    ...((size || mode) && { tmpfs: { ...(size && { size }), ...(mode && { mode }) } }),
  };
}

/** One mount of a Swarm service. */
export const swarmMount = (given: EngineMount, remark: Remark): MountDescription | undefined => mountOf(given, remark);

const clean = (path: string) => path.replace(/(.)\/+$/, "$1");

/**
 * The mounts that somebody asked for; of the image's own volumes only those that have another place.
 *
 * @param goesOn the description is of the container's successor, which has all of its volumes
 */
export function mountsOf(
  container: InspectedContainer,
  image: InspectedImage | undefined,
  remark: Remark,
  goesOn = false,
): MountDescription[] | undefined {
  const { HostConfig, Config, Mounts } = container;
  const asked = [
    ...(HostConfig.Binds ?? []).map((text) => bindOf(text, remark)),
    ...(HostConfig.Mounts ?? []).map((mount) => mountOf(mount, remark)),
  ].filter((mount): mount is MountDescription => mount !== undefined);
  const ofImage = Object.keys(image?.Config?.Volumes ?? {}).map(clean);
  const places = new Set([...asked.map(({ target }) => target), ...Object.keys(HostConfig.Tmpfs ?? {})].map(clean));
  // Without --volumes-from all else is anonymous; with it a volume of another container may have taken the place.
  for (const path of Object.keys(Config.Volumes ?? {}).map(clean))
    if (!places.has(path) && !ofImage.includes(path) && !takenFromElsewhere(container, path))
      asked.push({ type: "volume", target: path });
  const anonymous = (Mounts ?? []).filter(({ Type, Name }) => Type === "volume" && isAnonymous(Name));
  const own = anonymous.filter(({ Destination }) => !HostConfig.VolumesFrom?.length || Config.Volumes?.[Destination]);
  if (goesOn) return withNames(asked, own, remark);
  if (own.length)
    remark(
      "volumes",
      own.length > 1
        ? say`${listed(own.map(({ Destination }) => Destination))} are anonymous volumes: a new container begins with an empty one, and the data stays behind`
        : say`${own[0]!.Destination} is an anonymous volume: a new container begins with an empty one, and the data stays behind`,
    );
  const mounts = asked.map((mount) => (mount.type === "volume" && isAnonymous(mount.source) ? nameless(mount) : mount));
  // The engine makes these by itself.
  const needed = mounts.filter(
    ({ type, source, target, readOnly, volume }) =>
      type !== "volume" || source !== undefined || readOnly || volume || !ofImage.includes(clean(target)),
  );
  return needed.length ? needed : undefined;
}

/** Every anonymous volume by the name that the engine has given it. */
function withNames(
  asked: MountDescription[],
  anonymous: NonNullable<InspectedContainer["Mounts"]>,
  remark: Remark,
): MountDescription[] | undefined {
  const mounts = [...asked];
  for (const { Name: source, Destination, RW } of anonymous) {
    const at = mounts.findIndex(({ target }) => clean(target) === clean(Destination));
    const rest = at < 0 ? { target: Destination, ...(RW === false && { readOnly: true }) } : mounts[at]!;
    mounts.splice(at < 0 ? mounts.length : at, 1, { ...rest, type: "volume", source });
    remark(
      "volumes",
      say`${Destination} is an anonymous volume, printed by its name: the new container goes on with its data`,
    );
  }
  return mounts.length ? mounts : undefined;
}

function nameless({ source: _, ...mount }: MountDescription): MountDescription {
  return mount;
}

function takenFromElsewhere({ HostConfig, Mounts }: InspectedContainer, path: string): boolean {
  if (!HostConfig.VolumesFrom?.length) return false;
  const there = (Mounts ?? []).find(({ Destination }) => clean(Destination) === path);
  return there !== undefined && !(there.Type === "volume" && isAnonymous(there.Name));
}
