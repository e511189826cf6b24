import { parse, stringify } from "yaml";
import { say } from "../../description/say";
import { shortPath, type TidyService, tidy } from "../../description/describe";
import { parsePorts, formatPort } from "../../description/ports";
import type { NetworkDefinition, ProjectDescription } from "../../description/project";
import { parseField, type GpuRequest } from "../../description/service";
import { toCompose } from "../compose";
import type { PrintOptions } from "../printed";
import { toRun } from "../run";
import { collectSecrets } from "../secrets";
import { type Box, type Card, type Chip, Ids, type Picture, type Shared, type Store } from "./picture";

const CONDITIONS = {
  service_started: (name: string) => say`${name} has started`,
  service_healthy: (name: string) => say`${name} is healthy`,
  service_completed_successfully: (name: string) => say`${name} has ended`,
};

/** `8080:80` as it is drawn: where it is found, and what is behind. */
export function portRow(text: string): { outside: string; inside: string } {
  const cut = text.lastIndexOf(":");
  return cut < 0
    ? { outside: say`any port`, inside: text }
    : { outside: text.slice(0, cut), inside: text.slice(cut + 1) };
}

const shortDevice = (id: string) => (id.length > 12 ? `${id.slice(0, 8)}…` : id);

/** Which GPUs a service gets, in a few words. */
export function gpuText(requests: GpuRequest[] | undefined, visible: string | null | undefined): string | undefined {
  if (requests?.length) {
    const ids = requests.flatMap(({ deviceIds }) => deviceIds ?? []);
    if (ids.length) return `GPU ${ids.map(shortDevice).join(", ")}`;
    const count = requests.some((request) => request.count === -1)
      ? -1
      : requests.reduce((sum, request) => sum + (request.count ?? 0), 0);
    return count === -1 ? say`all GPUs` : `${count} GPU${count === 1 ? "" : "s"}`;
  }
  if (!visible || /^(none|void)$/.test(visible)) return undefined;
  return visible === "all" ? say`all GPUs` : `GPU ${visible.split(",").map(shortDevice).join(", ")}`;
}

const nameOf = (network: NonNullable<TidyService["networks"]>[number]) =>
  typeof network === "string" ? network : network.name;

function detailOf(network: NetworkDefinition | undefined): string | undefined {
  const subnets = network?.ipam?.config?.flatMap(({ subnet }) => subnet ?? []) ?? [];
  const driver = network?.driver === "bridge" ? undefined : network?.driver;
  const words = [...subnets, driver, network?.internal && say`internal`, network?.external && say`external`];
  return words.filter(Boolean).join(" · ") || undefined;
}

/**
 * The box of each service. A service stands in one box, and its card names its other networks. Networks with the
 * same members share one.
 */
function boxesOf(
  project: ProjectDescription,
  services: Record<string, TidyService>,
): { boxes: Box[]; boxOf: Map<string, string>; shownBy: Map<string, string> } {
  const definitions = new Map(Object.values(project.networks).map((network) => [network.name, network]));
  const members = new Map<string, string[]>();
  for (const [key, { networks = [] }] of Object.entries(services))
    for (const name of networks.map(nameOf)) members.set(name, [...(members.get(name) ?? []), key]);
  // An empty default network is Compose's, not the user's.
  for (const { name, external } of definitions.values())
    if (!members.has(name) && !external && !name.endsWith("_default")) members.set(name, []);
  const ids = new Ids("n");
  const boxes = new Map<string, Box>();
  const shownBy = new Map<string, string>();
  for (const [name, keys] of members) {
    const id = ids.of(keys.length ? keys.join("\n") : `\n${name}`);
    const box = boxes.get(id) ?? { id, kind: "network", labels: [] };
    box.labels.push({ name, detail: detailOf(definitions.get(name)) });
    boxes.set(id, box);
    shownBy.set(name, id);
  }
  const boxOf = new Map<string, string>();
  for (const [key, { networks = [] }] of Object.entries(services))
    if (networks.length) boxOf.set(key, shownBy.get(nameOf(networks[0]!))!);
  // Nobody names it first: whoever is not alone elsewhere moves in.
  const inside = (id: string) => [...boxOf.values()].filter((other) => other === id).length;
  for (const [name, keys] of members) {
    const id = shownBy.get(name)!;
    const mover = inside(id) ? undefined : keys.find((key) => inside(boxOf.get(key)!) > 1);
    if (mover) boxOf.set(mover, id);
  }
  return { boxes: [...boxes.values()], boxOf, shownBy };
}

/** Each service's description, as it stands in a compose file. */
function descriptions(project: ProjectDescription, options: PrintOptions): (key: string) => string {
  const { services } = parse(toCompose(project, options).text) as { services: Record<string, object> };
  return (key) => stringify({ [key]: services[key] }, { lineWidth: 0 });
}

/**
 * What a picture of a project shows. Paths are shown as the other writers print them, secrets by their names only.
 *
 * @throws ArgumentError for a field that is wrong by itself
 */
export function pictureOfProject(project: ProjectDescription, options: PrintOptions): Picture {
  const { folder, shownFrom = folder } = options;
  const services = Object.fromEntries(
    Object.entries(project.services).map(([key, service]) => [key, tidy(service, folder, shownFrom)]),
  );
  const secrets = collectSecrets(services, options.secretNames);
  const { boxes, boxOf, shownBy } = boxesOf(project, services);
  const lines = toRun(project, options).byService;
  const described = descriptions(project, options);
  const cards = new Ids("c");
  const stores = new Ids("v");
  const found = new Map<string, Store>();
  const keys = Object.keys(services);
  for (const key of keys) cards.of(key);
  const keyOf = (container: string) =>
    keys.find((key) => (services[key]!.containerName ?? `${project.name}-${key}-1`) === container) ??
    keys.find((key) => key === container);

  const storeOf = (key: string, index: number, type: string, source: string | undefined): string => {
    const id = stores.of(source === undefined ? `${key}\n${index}` : `${type} ${source}`);
    const kind = type === "bind" ? "path" : "volume";
    const name = source === undefined ? say`anonymous` : kind === "path" ? shortPath(source, shownFrom) : source;
    found.set(id, { id, kind, name });
    return id;
  };

  /** What a service waits for; each other one once, for the first reason that there is. */
  const waitsOf = (key: string): Card["waits"] => {
    const { networkMode, volumesFrom = [], dependsOn = {}, links = [] } = services[key]!;
    const waits: Card["waits"] = [];
    const wait = (other: string | undefined, text: string, shares?: Shared) => {
      if (other === undefined || other === key || !Object.hasOwn(services, other)) return;
      if (!waits.some(({ on }) => on === cards.of(other)))
        waits.push({ on: cards.of(other), text, ...(shares && { shares }) });
    };
    const shared = /^container:(.+)/s.exec(networkMode ?? "")?.[1];
    if (shared !== undefined) wait(keyOf(shared), say`network of ${keyOf(shared)}`, "network");
    for (const from of volumesFrom) {
      const other = keyOf(from.replace(/^container:/, "").split(":")[0]!);
      wait(other, say`volumes of ${other}`, "volume");
    }
    for (const [other, { condition }] of Object.entries(dependsOn)) wait(other, CONDITIONS[condition](other));
    for (const link of links) {
      const other = keyOf(link.split(":")[0]!);
      wait(other, say`link to ${other}`, "network");
    }
    return waits;
  };

  const cardOf = (key: string): Card => {
    const service = services[key]!;
    const { environment = {}, networks = [], networkMode, replicas = 1, runtime, swarm } = service;
    const context = { projectFolder: shownFrom, outer: {} };
    const gpus = parseField("gpus", service.gpus, context);
    const gpu = gpuText(gpus, runtime === "nvidia" ? environment.NVIDIA_VISIBLE_DEVICES : undefined);
    const chips: Chip[] = [];
    const chip = (kind: Chip["kind"], text: string | false | undefined) => text && chips.push({ kind, text });
    chip("replicas", replicas !== 1 && `× ${replicas}`);
    chip("plain", (swarm?.global || service.mode === "global") && say`on every node`);
    chip("gpu", gpu);
    chip("plain", networkMode === "host" && say`host network`);
    chip("plain", networkMode === "none" && say`no network`);
    const others = networks.map(nameOf).filter((name) => shownBy.get(name) !== boxOf.get(key));
    for (const name of others) chip("network", name);

    const ports = (service.ports ?? [])
      .flatMap((port) => (typeof port === "string" ? [port] : parsePorts([port], "ports").map(formatPort)))
      .map(portRow);
    if (service.publishAll) ports.push({ outside: say`any ports`, inside: say`all` });
    const mounts = (parseField("volumes", service.volumes, context) ?? []).flatMap(
      ({ type, source, target, readOnly }, index) =>
        type === "tmpfs" ? [] : [{ path: target, readOnly, store: storeOf(key, index, type, source) }],
    );
    const names = [
      ...Object.keys(environment).filter((name) => secrets.of(key, name)),
      ...(options.secretNames?.get(key) ?? []),
      ...(service.secrets ?? []).map(({ source }) => source),
    ];
    return {
      id: cards.of(key),
      name: key,
      subtitle: service.image,
      box: boxOf.get(key),
      chips,
      secrets: [...new Set(names)],
      ports,
      mounts,
      waits: waitsOf(key),
      run: lines[key] ?? [],
      description: described(key),
    };
  };

  const drawn = keys.map(cardOf);
  return { name: project.name, boxes, cards: drawn, stores: [...found.values()], warnings: [] };
}
