import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { inPlaceOf, isText, mapTree, type Node, pathTable, textOf, withKey, child } from "./tree";

/** A Git address or URL, which Compose would fetch. */
export const isRemote = (path: string): boolean =>
  /^(?:https?:\/\/|git:\/\/|ssh:\/\/|oci:\/\/|github\.com\/|git@)/.test(path);

/** `~` is the home folder, as Compose has it for any text that begins with it; other paths start at `folder`. */
export function absolute(path: string, folder: string): string {
  if (path.startsWith("~")) return join(homedir(), path.slice(1));
  return isAbsolute(path) || /^(?:[a-zA-Z]:[\\/]|\\\\)/.test(path) ? path : resolve(folder, path);
}

type Resolver = (node: Node, folder: string) => Node;

const plain: Resolver = (node, folder) =>
  isText(node) && node.value !== "" ? inPlaceOf(node, absolute(node.value, folder)) : node;
/** For the engine's own paths an empty one is the folder itself, as Compose has it. */
const hostPath: Resolver = (node, folder) => (isText(node) ? inPlaceOf(node, absolute(node.value, folder)) : node);
const context: Resolver = (node, folder) =>
  isText(node) && (node.value.includes("://") || node.value.startsWith("service:") || isRemote(node.value))
    ? node
    : plain(node, folder);

const RESOLVERS = pathTable<Resolver>({
  "services.*.build.context": context,
  "services.*.build.additional_contexts.*": context,
  "services.*.env_file.[].path": plain,
  "services.*.label_file.[]": plain,
  "services.*.extends.file": (node, folder) => (isText(node) && isRemote(node.value) ? node : plain(node, folder)),
  "services.*.volumes.[]": (node, folder) => {
    const source = child(node, "source");
    const isBind = source && child(node, "type")?.value === "bind";
    return isBind ? withKey(node, "source", hostPath(source, folder)) : node;
  },
  "configs.*.file": hostPath,
  "secrets.*.file": hostPath,
  "volumes.*": (node, folder) => {
    const options = child(node, "driver_opts");
    const device = child(options, "device");
    if (!options || !device || child(options, "o")?.value !== "bind") return node;
    const driver = child(node, "driver");
    return driver && textOf(driver) === "local"
      ? withKey(node, "driver_opts", withKey(options, "device", hostPath(device, folder)))
      : node;
  },
});

/** Makes every path of the host absolute; `folder` is where relative ones start. */
export function resolvePaths(root: Node, folder: string): Node {
  return mapTree(root, RESOLVERS, (node, resolver) => resolver(node, folder));
}
