import { posix } from "node:path";
import type { Notice } from "../../description/project";
import { refuse } from "./errors";
import { splitPort } from "./ports";
import {
  entries,
  formatPath,
  inPlaceOf,
  isList,
  isMapping,
  isText,
  mapTree,
  type Node,
  type Path,
  pathTable,
  textOf,
  withKey,
} from "./tree";
import { splitVolume } from "./volumes";
import { say } from "../../description/say";

type Notify = (notice: Notice) => void;
type Transform = (node: Node, path: Path, notify: Notify) => Node;

/** A mapping that stands where its short form stood; undefined values are left out. */
function record(at: Node, fields: Record<string, Node["value"] | Node | undefined>): Node {
  const map = new Map<string, Node>();
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const isNode = typeof value === "object" && value !== null && "source" in value && "at" in value;
    // At the short form's own place, not at the key above it.
    map.set(key, isNode ? (value as Node) : { value: value as Node["value"], source: at.source, at: at.at });
  }
  return inPlaceOf(at, map);
}

const listOf: Transform = (node) => (isText(node) ? inPlaceOf(node, [inPlaceOf(node, node.value)]) : node);
const keysOf: Transform = (node) =>
  isList(node)
    ? inPlaceOf(node, new Map(node.value.map((item) => [textOf(item), { ...inPlaceOf(item, null), keyAt: item.at }])))
    : node;
const source: Transform = (node) => (isText(node) ? record(node, { source: node.value }) : node);

const dependsOn: Transform = (node) => {
  const filled = (item: Node, name: Node) =>
    record(name, {
      condition: "service_started",
      required: true,
      ...Object.fromEntries(entries(item)),
    });
  if (isList(node))
    return inPlaceOf(node, new Map(node.value.map((item) => [textOf(item), filled(inPlaceOf(item, null), item)])));
  return isMapping(node)
    ? inPlaceOf(node, new Map(entries(node).map(([key, item]) => [key, filled(item, item)])))
    : node;
};

const envFile: Transform = (node) => {
  const one = (item: Node) =>
    isMapping(item)
      ? item.value.has("required")
        ? item
        : withKey(item, "required", inPlaceOf(item, true))
      : record(item, { path: textOf(item), required: true });
  return inPlaceOf(node, isList(node) ? node.value.map(one) : [one(node)]);
};

const volume: Transform = (node, path, notify) => {
  if (!isText(node)) return node;
  const short = splitVolume(node, path);
  for (const option of short.ignored)
    notify({
      level: "note",
      at: formatPath(path),
      text: ["cached", "delegated", "consistent"].includes(option)
        ? say`${option} is for Docker Desktop on a Mac only and has no effect`
        : say`the option ${option} is none that Compose knows; it has no effect`,
    });
  const bind = short.propagation || short.selinux || short.type === "bind";
  return record(node, {
    type: short.type,
    source: short.source,
    target: posix.normalize(short.target).replace(/(.)\/$/, "$1"),
    read_only: short.readOnly || undefined,
    bind: bind
      ? record(node, {
          propagation: short.propagation,
          selinux: short.selinux,
          create_host_path: short.type === "bind" || undefined,
        })
      : undefined,
    volume: short.nocopy ? record(node, { nocopy: true }) : undefined,
  });
};

const device: Transform = (node, path) => {
  if (!isText(node)) return node;
  const [first = "", target, permissions, extra] = node.value.split(":");
  if (extra !== undefined)
    throw refuse(node, path, say`${JSON.stringify(node.value)} has too many colons`, say`use the long form`);
  return record(node, { source: first, target: target || first, permissions: permissions ?? "rwm" });
};

const ports: Transform = (node, path) => {
  if (!isList(node)) return node;
  const list = node.value.flatMap((item, index) => {
    if (isMapping(item)) return [item];
    return splitPort(item, [...path, index]).map((port) =>
      record(item, {
        target: port.target,
        published: port.published,
        host_ip: port.hostIp,
        protocol: port.protocol,
      }),
    );
  });
  return inPlaceOf(node, list);
};

const external: Transform = (node, path, notify) => {
  const given = isMapping(node) ? node.value.get("external") : undefined;
  if (!given || !isMapping(given)) return node;
  const name = given.value.get("name");
  const own = isMapping(node) ? node.value.get("name") : undefined;
  if (name && own && textOf(name) !== textOf(own))
    throw refuse(name, [...path, "external", "name"], say`differs from name`, say`keep name and set external: true`);
  notify({
    level: "note",
    at: formatPath([...path, "external"]),
    text: say`external.name is deprecated; write name and external: true`,
  });
  const result = withKey(node, "external", inPlaceOf(given, true));
  return name && !own ? withKey(result, "name", name) : result;
};

const TRANSFORMS = pathTable<Transform>({
  "services.*.build": (node) => (isText(node) ? record(node, { context: node.value }) : node),
  "services.*.depends_on": dependsOn,
  "services.*.env_file": envFile,
  "services.*.label_file": listOf,
  "services.*.gpus": (node) => (isText(node) ? inPlaceOf(node, [record(node, { count: "all" })]) : node),
  "services.*.networks": keysOf,
  "services.*.models": keysOf,
  "services.*.volumes.[]": volume,
  // Compose leaves an empty entry out, as an unset variable makes one.
  "services.*.dns": (node) => {
    const list = listOf(node, [], () => {});
    return isList(list)
      ? inPlaceOf(
          list,
          list.value.filter((item) => textOf(item) !== ""),
        )
      : list;
  },
  "services.*.devices.[]": device,
  "services.*.secrets.[]": source,
  "services.*.configs.[]": source,
  "services.*.ports": ports,
  "networks.*": external,
  "volumes.*": external,
  "secrets.*": external,
  "configs.*": external,
});

/** Writes every short form out, so that later files meet the same form of everything. */
export function canonical(root: Node, notify: Notify): Node {
  return mapTree(root, TRANSFORMS, (node, transform, path) =>
    node.value === null ? node : transform(node, path, notify),
  );
}
