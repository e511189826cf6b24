import { refuse } from "./errors";
import { type Node, type Path, textOf } from "./tree";
import { say } from "../../description/say";

/** The short form of a volume, taken apart as Compose does. */
export interface ShortVolume {
  type: "bind" | "volume";
  source?: string;
  target: string;
  readOnly: boolean;
  nocopy: boolean;
  propagation?: string;
  selinux?: string;
  /** Options that Compose passes over. */
  ignored: string[];
}

const PROPAGATIONS = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

/** Whether a source is a path of the host and not the name of a volume. */
const isHostPath = (source: string) => /^(?:[./~]|\\\\|[a-zA-Z]:)/.test(source);

/** Reads `source:target:options`. */
export function splitVolume(node: Node, path: Path): ShortVolume {
  const spec = textOf(node);
  const volume: ShortVolume = { type: "volume", target: spec, readOnly: false, nocopy: false, ignored: [] };
  const help = say`use "name:/path", "./folder:/path:ro" or "/path"`;
  if (spec === "") throw refuse(node, path, say`is empty`, help);
  if (spec.length < 3) return volume;
  // The colon of a Windows drive divides nothing.
  const parts = spec.split(/(?<!(?:^|:)[a-zA-Z]):/);
  if (parts.includes("")) throw refuse(node, path, say`${JSON.stringify(spec)} has an empty part between colons`, help);
  if (parts.length > 3) throw refuse(node, path, say`${JSON.stringify(spec)} has too many colons`, help);
  if (/^[a-zA-Z]:\//.test(spec) && !parts[1]?.startsWith("/"))
    throw refuse(
      node,
      path,
      say`Compose reads ${JSON.stringify(parts[0])} as a path of Windows, with ${spec[0]} for the drive`,
      say`give the volume a name of two letters or more`,
    );
  if (parts.length === 1) return volume;
  const [source = "", target = "", options] = parts;
  volume.source = source;
  volume.target = target;
  if (isHostPath(source)) volume.type = "bind";
  for (const option of options?.split(",") ?? []) {
    if (option === "ro" || option === "rw") volume.readOnly = option === "ro";
    else if (option === "nocopy") volume.nocopy = true;
    else if (PROPAGATIONS.includes(option)) volume.propagation = option;
    else if (option === "z" || option === "Z") volume.selinux = option;
    else volume.ignored.push(option);
  }
  return volume;
}
