import { refuse } from "./errors";
import {
  entries,
  inPlaceOf,
  isList,
  isMapping,
  isText,
  type Level,
  type MappingNode,
  mapTree,
  type Node,
  type Path,
  pathTable,
  step,
  textOf,
} from "./tree";
import { splitVolume } from "./volumes";
import { say } from "../../description/say";

type Merger = (base: Node, over: Node, path: Path, level: Level<Merger> | undefined) => Node;

const conflict = (over: Node, path: Path) =>
  refuse(
    over,
    path,
    say`is of another kind than what it overrides`,
    say`write both as a list, or both as a mapping, or tag it with !override`,
  );

/** `NAME=value` for a mapping, as Compose does before it joins it with a list. */
function toSequence(node: Node): Node[] {
  if (isList(node)) return [...node.value];
  if (isMapping(node)) {
    return entries(node)
      .flatMap(([key, value]) => {
        if (value.value === null) return [inPlaceOf(value, key)];
        const values = isList(value) ? value.value : [value];
        return values.map((item) => inPlaceOf(item, `${key}=${textOf(item)}`));
      })
      .sort((a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0));
  }
  return isText(node) ? [node] : [];
}

/** `{name: null}` for a list of names. */
function toMapping(node: Node, defaults: () => ReadonlyMap<string, Node["value"]> | null): Node {
  if (!isList(node)) return node;
  const filled = (item: Node) => {
    const values = defaults();
    return values && new Map([...values].map(([key, value]) => [key, inPlaceOf(item, value)]));
  };
  return inPlaceOf(
    node,
    new Map(node.value.map((item) => [textOf(item), { ...inPlaceOf(item, filled(item)), keyAt: item.at }])),
  );
}

const asSequence: Merger = (base, over) => inPlaceOf(over, [...toSequence(base), ...toSequence(over)]);
const override: Merger = (_, over) => over;
const extraHosts: Merger = (base, over) => {
  const first = toSequence(base);
  const known = new Set(first.map(textOf));
  return inPlaceOf(over, [...first, ...toSequence(over).filter((item) => !known.has(textOf(item)))]);
};
const asMapping =
  (defaults: () => ReadonlyMap<string, Node["value"]> | null): Merger =>
  (base, over, path, level) =>
    mergeMappings(toMapping(base, defaults), toMapping(over, defaults), path, level);
const names = asMapping(() => null);
const build: Merger = (base, over, path, level) => {
  const long = (node: Node) => (isText(node) ? inPlaceOf(node, new Map([["context", node]])) : node);
  return mergeMappings(long(base), long(over), path, level);
};
const logging: Merger = (base, over, path, level) => {
  const driver = (node: Node) => (isMapping(node) ? node.value.get("driver") : undefined);
  const [first, second] = [driver(base), driver(over)];
  return first && second && textOf(first) !== textOf(second) ? over : mergeMappings(base, over, path, level);
};
const ipamConfig: Merger = (base, over, path) => {
  if (!isList(base) || !isList(over)) throw conflict(over, path);
  const subnet = (node: Node) => (isMapping(node) ? textOf(node.value.get("subnet") ?? node) : "");
  const result: Node[] = [];
  const put = (node: Node) => {
    const index = result.findIndex((other) => subnet(other) === subnet(node));
    if (index >= 0) result[index] = node;
    else result.push(node);
  };
  // As Compose has it: what only the base names is kept only where the override has a list of its own.
  for (const original of base.value) {
    for (const item of over.value) {
      if (subnet(item) === subnet(original)) put(mergeMappings(original, item, path, undefined));
      else if (!result.some((other) => subnet(other) === subnet(item))) result.push(item);
    }
  }
  return inPlaceOf(over, result);
};

const MERGERS = pathTable<Merger>({
  "networks.*.ipam.config": ipamConfig,
  "networks.*.labels": asSequence,
  "volumes.*.labels": asSequence,
  "services.*.annotations": asSequence,
  "services.*.build": build,
  "services.*.build.args": asSequence,
  "services.*.build.additional_contexts": asSequence,
  "services.*.build.extra_hosts": extraHosts,
  "services.*.build.labels": asSequence,
  "services.*.command": override,
  "services.*.depends_on": asMapping(
    () =>
      new Map<string, Node["value"]>([
        ["condition", "service_started"],
        ["required", true],
      ]),
  ),
  "services.*.deploy.labels": asSequence,
  "services.*.dns": asSequence,
  "services.*.dns_opt": asSequence,
  "services.*.dns_search": asSequence,
  "services.*.entrypoint": override,
  "services.*.env_file": asSequence,
  "services.*.label_file": asSequence,
  "services.*.environment": asSequence,
  "services.*.extra_hosts": extraHosts,
  "services.*.healthcheck.test": override,
  "services.*.labels": asSequence,
  "services.*.volumes.*.volume.labels": asSequence,
  "services.*.logging": logging,
  "services.*.models": names,
  "services.*.networks": names,
  "services.*.sysctls": asSequence,
  "services.*.tmpfs": asSequence,
  "services.*.ulimits.*": override,
});

function mergeMappings(base: Node, over: Node, path: Path, level: Level<Merger> | undefined): Node {
  if (over.value === null) return base;
  if (base.value === null) return over;
  if (!isMapping(base) || !isMapping(over)) throw conflict(over, path);
  const map = new Map(base.value);
  for (const [key, value] of over.value) {
    const below = map.get(key);
    map.set(key, below ? mergeNodes(below, value, [...path, key], step(level, key)) : value);
  }
  return { ...inPlaceOf(base, map), keyAt: base.keyAt };
}

function mergeNodes(base: Node, over: Node, path: Path, level: Level<Merger> | undefined): Node {
  if (level?.here) return level.here(base, over, path, level);
  if (over.value === null) return base;
  if (isMapping(base)) return mergeMappings(base, over, path, level);
  if (isList(base)) {
    if (!isList(over)) throw conflict(over, path);
    return inPlaceOf(over, [...base.value, ...over.value]);
  }
  return over;
}

/** Two files, or two parts of files at `path`, by the rules of the Compose Specification; `over` wins. */
export function merge(base: Node, over: Node, path: Path = []): Node {
  return mergeNodes(
    base,
    over,
    path,
    path.reduce<Level<Merger> | undefined>((level, part) => step(level, part), MERGERS),
  );
}

type Indexer = (node: Node, path: Path) => string;

const keyValue: Indexer = (node) => textOf(node).split("=", 1)[0]!;
const volume: Indexer = (node, path) => {
  if (isText(node)) return splitVolume(node, path).target;
  return isMapping(node) ? textOf(node.value.get("target") ?? node) : "";
};
const device: Indexer = (node) => {
  if (isMapping(node)) return textOf(node.value.get("target") ?? node.value.get("source") ?? node);
  const [source = "", target] = textOf(node).split(":");
  return target ?? source;
};
const mount =
  (folder: string): Indexer =>
  (node) => {
    if (!isMapping(node)) return `${folder}/${textOf(node)}`;
    const target = node.value.get("target");
    return target ? textOf(target) : `${folder}/${textOf(node.value.get("source") ?? node)}`;
  };
const port: Indexer = (node) => {
  if (!isMapping(node)) return textOf(node);
  const part = (key: string, otherwise: string) => {
    const value = node.value.get(key);
    return value ? textOf(value) : otherwise;
  };
  return `${part("host_ip", "0.0.0.0")}:${part("published", "")}:${part("target", "")}/${part("protocol", "tcp")}`;
};
const envFile: Indexer = (node) => (isMapping(node) ? textOf(node.value.get("path") ?? node) : textOf(node));

const UNIQUE = pathTable<Indexer>({
  "networks.*.labels": keyValue,
  "networks.*.ipam.options": keyValue,
  "services.*.annotations": keyValue,
  "services.*.build.args": keyValue,
  "services.*.build.additional_contexts": keyValue,
  "services.*.build.platform": keyValue,
  "services.*.build.tags": keyValue,
  "services.*.build.labels": keyValue,
  "services.*.cap_add": keyValue,
  "services.*.cap_drop": keyValue,
  "services.*.configs": mount(""),
  "services.*.deploy.labels": keyValue,
  "services.*.devices": device,
  "services.*.dns": keyValue,
  "services.*.dns_opt": keyValue,
  "services.*.dns_search": keyValue,
  "services.*.environment": keyValue,
  "services.*.env_file": envFile,
  "services.*.expose": textOf,
  "services.*.labels": keyValue,
  "services.*.links": keyValue,
  "services.*.networks.*.aliases": keyValue,
  "services.*.networks.*.link_local_ips": keyValue,
  "services.*.ports": port,
  "services.*.profiles": keyValue,
  "services.*.secrets": mount("/run/secrets"),
  "services.*.sysctls": keyValue,
  "services.*.tmpfs": keyValue,
  "services.*.volumes": volume,
});

/** Of list entries that say the same thing twice, such as two mounts at one path, the last one is kept. */
export function enforceUnicity(root: Node): Node {
  return mapTree(root, UNIQUE, (node, index, path) => {
    if (!isList(node) || node.value.length < 2) return node;
    const kept = new Map<string, Node>();
    for (const [at, item] of node.value.entries()) kept.set(index(item, [...path, at]), item);
    return kept.size === node.value.length ? node : inPlaceOf(node, [...kept.values()]);
  });
}

/** Takes out what a later file's `!reset` and `!override` tags stand at. */
export function drop(root: Node, paths: string[][]): Node {
  const without = (node: Node, path: readonly string[]): Node => {
    const [key, ...rest] = path;
    const inner = key !== undefined && isMapping(node) ? node.value.get(key) : undefined;
    if (!inner) return node;
    const map = new Map((node as MappingNode).value);
    if (rest.length === 0) map.delete(key!);
    else map.set(key!, without(inner, rest));
    return inPlaceOf(node, map);
  };
  return paths.reduce(without, root);
}
