import { notFilledIn } from "../../description/names";
import type { FileDescription, MountDescription, PortDescription } from "../../description/types";
import type { VolumeDefinition } from "../../description/project";
import { refuse } from "./errors";
import { bytes } from "./build";
import { defined, type Field, flag, inner, innerFields, integer, note, refuseField, text } from "./values";
import type { FileOrigin } from "./resources";
import { say } from "../../description/say";

/** Octal: `"0440"` as text, or a number that YAML has read already. */
function mode(field: Field | undefined): number | undefined {
  if (!field) return undefined;
  const { value } = field.node;
  const result =
    typeof value === "number"
      ? value
      : /^(?:0o)?[0-7]+$/.test(text(field)!)
        ? Number.parseInt(text(field)!.replace(/^0o/, ""), 8)
        : Number.NaN;
  if (!Number.isInteger(result))
    throw refuse(field.node, field.path, say`${JSON.stringify(value)} is no octal mode`, say`use for example 0440`);
  return result;
}

/** One port in the long form. */
export function portDescription(field: Field): PortDescription {
  for (const key of ["name", "app_protocol"]) {
    const value = inner(field, key);
    if (value) note(value, say`is a note for readers; it has no effect on an engine`);
  }
  const by = inner(field, "mode");
  if (by && !["host", "ingress"].includes(text(by)!))
    note(by, say`has no effect on an engine, which knows no Swarm modes`);
  const published = inner(field, "published");
  if (published && text(published)!.includes("-"))
    throw refuse(
      published.node,
      published.path,
      say`the range ${text(published)} lets Compose pick one host port by chance, which no plan can show`,
      say`name one host port, or none for a free one`,
    );
  const target = integer(inner(field, "target"));
  if (target === undefined)
    throw refuse(field.node, [...field.path, "target"], say`is missing`, say`name the port of the container`);
  return defined({
    target,
    published: text(published) === "" ? undefined : text(published),
    hostIp: text(inner(field, "host_ip")),
    protocol: text(inner(field, "protocol")) as PortDescription["protocol"],
  });
}

/** What a mount's source means depends on the project's volumes. */
export interface Volumes {
  /** By key. */
  definitions: Record<string, VolumeDefinition>;
  service: string;
}

const TYPES: Record<string, string> = {
  image: say`needs the engine's mounts of images, which the Docker provider cannot say`,
  npipe: say`is for Windows only`,
  cluster: say`needs a Swarm, and there is none on a single engine`,
};

/** One volume in the long form. */
export function mountDescription(field: Field, { definitions, service }: Volumes): string | MountDescription {
  const kind = inner(field, "type");
  const type = text(kind) ?? "volume";
  if (TYPES[type])
    throw refuse(
      (kind ?? field).node,
      (kind ?? field).path,
      say`${type} ${TYPES[type]}`,
      say`use volume, bind or tmpfs`,
    );
  const consistency = inner(field, "consistency");
  if (consistency) note(consistency, say`${text(consistency)} is for Docker Desktop on a Mac only and has no effect`);
  const bind = inner(field, "bind");
  const volume = inner(field, "volume");
  const tmpfs = inner(field, "tmpfs");
  const recursive = inner(bind, "recursive");
  if (recursive && text(recursive) !== "enabled")
    refuseField(recursive, say`cannot be said to the Docker provider`, say`remove it, or use enabled`);
  refuseField(inner(volume, "labels"), say`cannot be said for one mount`, say`set labels on the volume itself`);
  refuseField(inner(field, "image"), say`needs a mount of type image`, say`remove it`);
  const source = inner(field, "source");
  const target = text(inner(field, "target")) ?? "";
  const readOnly = flag(inner(field, "read_only")) || undefined;
  if (type === "bind") {
    if (!source || text(source) === "")
      throw refuse(field.node, field.path, say`a bind needs a source`, say`name the path of the host`);
    if (/^(?:[a-zA-Z]:|\\\\)/.test(text(source)!))
      throw refuse(
        source.node,
        source.path,
        say`${text(source)} is a path of Windows`,
        say`name a path of a Linux host`,
      );
    return defined({
      type: "bind" as const,
      source: text(source),
      target,
      readOnly,
      bind: defined({
        createHostPath: flag(inner(bind, "create_host_path")) ?? true,
        propagation: text(inner(bind, "propagation")) as NonNullable<MountDescription["bind"]>["propagation"],
        selinux: text(inner(bind, "selinux")) as "z" | "Z" | undefined,
      }),
    });
  }
  if (type === "tmpfs") {
    const size = inner(tmpfs, "size");
    const options = defined({ size: size && bytes(size), mode: mode(inner(tmpfs, "mode")) });
    return defined({
      type: "tmpfs" as const,
      source: text(source),
      target,
      readOnly,
      tmpfs: Object.keys(options).length ? options : undefined,
    });
  }
  let name = text(source) || undefined;
  if (name !== undefined) {
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    const hole = definition ? undefined : notFilledIn(name, "source");
    if (hole) throw refuse(source!.node, field.path, hole.problem, hole.remedy);
    if (!definition)
      throw refuse(
        source!.node,
        field.path,
        say`service ${JSON.stringify(service)} refers to undefined volume ${name}`,
        say`add ${name}: under the top-level volumes:, or begin the source with ./ for a folder`,
      );
    name = definition.name;
  }
  const selinux = text(inner(bind, "selinux"));
  const nocopy = flag(inner(volume, "nocopy")) || undefined;
  const part = inner(volume, "subpath");
  const subpath = text(part) || undefined;
  // The long form has no word for the label of a volume; the short one has.
  if (selinux && name && subpath)
    throw refuse(part!.node, part!.path, say`cannot be said together with selinux`, say`keep one of them`);
  if (selinux && name)
    return [name, target, [readOnly ? "ro" : "rw", selinux, ...(nocopy ? ["nocopy"] : [])].join(",")].join(":");
  if (bind && innerFields(bind).some(([key]) => key !== "create_host_path"))
    throw refuse(bind.node, bind.path, say`does not belong to a volume`, say`remove it, or set type: bind`);
  return defined({
    type: "volume" as const,
    source: name,
    target,
    readOnly,
    volume: nocopy || subpath ? defined({ nocopy, subpath }) : undefined,
  });
}

/** A secret or config that a service uses, with its definition in place. */
export function fileDescription(field: Field, origin: FileOrigin): FileDescription {
  return defined({
    source: text(inner(field, "source")) ?? "",
    target: text(inner(field, "target")),
    ...origin,
    uid: text(inner(field, "uid")),
    gid: text(inner(field, "gid")),
    mode: mode(inner(field, "mode")),
  });
}
