import { ArgumentError } from "../../description/errors";
import type {
  NetworkDefinition,
  ProjectDescription,
  ProjectService,
  VolumeDefinition,
} from "../../description/project";
import { slippedIn } from "../../description/lookAlikes";
import { checkService } from "../../description/rules";
import { camelCase, snakeCase } from "../../description/snakeCase";
import { parseService } from "../../description/service";
import type { NetworkDescription } from "../../description/types";
import { refuse } from "./errors";
import { translate } from "./origins";
import { checkFileDefinition, networkDefinition, volumeDefinition } from "./resources";
import { type BuiltService, buildService, type Surroundings } from "./service";
import { child, entries, formatPath, inPlaceOf, isMapping, isText, items, type Node, textOf } from "./tree";
import { below, type Field, inner, type Notify, note, warn } from "./values";
import { listed, say } from "../../description/say";

export interface ProjectOptions {
  name: string;
  /** Absolute. */
  folder: string;
  environment: Record<string, string>;
  profiles: string[];
  /** Whether a variable that is only named keeps no value. */
  staysName(name: string): boolean;
}

/** Whether the profiles that are switched on take the service in. */
function isEnabled(service: Node, profiles: string[]): boolean {
  const own = items(child(service, "profiles")).map(textOf);
  return own.length === 0 || profiles.includes("*") || own.some((profile) => profiles.includes(profile));
}

/** Adds the other names that links give; they hold for everyone on the network, not for the linking service only. */
function applyLinks(built: Map<string, BuiltService>): void {
  for (const [key, { links, networks }] of built) {
    for (const { service, alias, field } of links) {
      const target = built.get(service)!;
      const shared = target.networks.filter((network) => networks.includes(network));
      if (shared.length === 0) {
        warn(field, say`has no effect: ${key} and ${service} join no network together`);
        continue;
      }
      if (alias === service) {
        note(
          field,
          say`is legacy and needs nothing: ${key} finds ${service} by its name on the network ${listed(shared)}`,
        );
        continue;
      }
      note(
        field,
        say`is legacy: ${service} gets the alias ${alias} on the network ${listed(shared)}, where every service finds it by that name`,
      );
      for (const [index, network] of target.networks.entries()) {
        const description = target.service.networks?.[index] as NetworkDescription;
        if (shared.includes(network) && !description.aliases?.includes(alias))
          description.aliases = [...(description.aliases ?? []), alias];
      }
    }
  }
}

/** Warns of characters that Compose takes as they stand, though they are hardly meant. */
function warnOfLookAlikes(node: Node, path: (string | number)[], notify: Notify): void {
  // NAME=value in a list is typed like a line; other texts may well hold quotes.
  const typed = path.at(-2) === "environment" && isText(node) && node.value.includes("=");
  const found = isText(node) ? slippedIn(node.value, !typed) : undefined;
  const text = say`${found?.problem}, and Compose takes it as it stands: ${found?.remedy}`;
  if (found) notify({ level: "warning", at: formatPath(path), text });
  for (const [key, value] of [...items(node).entries(), ...entries(node)]) {
    path.push(key);
    warnOfLookAlikes(value, path, notify);
    path.pop();
  }
}

/** Refuses a container's name that two services ask for. */
function checkNames(built: Map<string, BuiltService>): void {
  const owners = new Map<string, string>();
  for (const [key, { service, origins }] of built) {
    const { containerName: name } = service;
    if (name === undefined) continue;
    const { node, path } = origins.get("containerName")!;
    const owner = owners.get(name);
    if (owner !== undefined)
      throw refuse(node, path, say`${name} is the container name of ${owner} too`, say`give each a name of its own`);
    owners.set(name, key);
  }
}

/** Refuses services that wait for one another. */
function checkCycles(services: Record<string, ProjectService>, field: Field): void {
  const done = new Set<string>();
  const visit = (key: string, chain: string[]): void => {
    if (done.has(key)) return;
    const from = chain.indexOf(key);
    if (from >= 0) {
      const at = below(field, key, child(field.node, key)!);
      const found = inner(at, "depends_on") ?? at;
      throw refuse(
        found.node,
        found.path,
        say`dependency cycle: ${[...chain.slice(from), key].join(" -> ")}`,
        say`take one depends_on out`,
      );
    }
    for (const other of Object.keys(services[key]?.dependsOn ?? {})) visit(other, [...chain, key]);
    done.add(key);
  };
  for (const key of Object.keys(services)) visit(key, []);
}

/** Checks a service as the typed components do, and says what is wrong in the words of the file. */
function check(key: string, { service, origins }: BuiltService, field: Field, options: ProjectOptions): void {
  const { build: _, dependsOn: __, replicas: ___, swarm: ____, ...description } = service;
  try {
    checkService(parseService(description, { projectFolder: options.folder, outer: options.environment }));
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw translate(error, origins, { node: field.node, path: ["services", key] });
  }
}

interface Definitions {
  networks: Record<string, NetworkDefinition>;
  volumes: Record<string, VolumeDefinition>;
}

/** What no service uses is not made, as `docker compose up` does not make it either. */
function keepUsed(definitions: Definitions, built: Map<string, BuiltService>, root: Node, notify: Notify): Definitions {
  const networks = new Set([...built.values()].flatMap((service) => service.networks));
  const sources = [...built.values()].flatMap(({ service }) =>
    (service.volumes ?? []).map((volume) => (typeof volume === "string" ? volume.split(":", 1)[0] : volume.source)),
  );
  const keep = <T extends { name: string }>(
    kind: keyof Definitions,
    all: Record<string, T>,
    used: (key: string, value: T) => boolean,
  ) =>
    Object.fromEntries(
      Object.entries(all).filter(([key, value]) => {
        if (used(key, value)) return true;
        const node = child(root, kind, key);
        if (node)
          note({ node, path: [kind, key], notify }, say`no service that is switched on uses it, so it is not made`);
        return false;
      }),
    );
  return {
    networks: keep("networks", definitions.networks, (key) => networks.has(key)),
    volumes: keep("volumes", definitions.volumes, (_, { name }) => sources.includes(name)),
  };
}

/** Says a refusal of a service's field by its place in the files. */
export type Locate = (service: string, error: ArgumentError) => ArgumentError;

/** Says a refusal of a network's or a volume's field by its place in the files. */
export type LocateDefinition = (section: "networks" | "volumes", key: string, error: ArgumentError) => ArgumentError;

/** What the components call otherwise than the file. */
const OTHER_NAMES: Record<string, string> = { options: "driver_opts" };

/** Turns the canonical tree into the description of a project. */
export function describeProject(
  root: Node,
  options: ProjectOptions,
  notify: Notify,
): Omit<ProjectDescription, "notices"> & { disabled: string[]; locate: Locate; locateDefinition: LocateDefinition } {
  const top: Field = { node: root, path: [], notify };
  const section = (key: string): Field | undefined => inner(top, key);
  const services = section("services") ?? { ...top, path: ["services"], node: inPlaceOf(root, new Map()) };
  const enabled = new Map<string, Node>();
  const disabled: string[] = [];
  for (const [key, node] of entries(services.node)) {
    if (!isMapping(node))
      throw refuse(
        node,
        ["services", key],
        say`has neither an image nor a build context`,
        say`set image or build, or name the file that this one adds to before it`,
      );
    if (isEnabled(node, options.profiles)) enabled.set(key, node);
    else disabled.push(key);
  }
  const definitions: Definitions = { networks: {}, volumes: {} };
  const all = <T>(key: string, read: (field: Field, name: string, project: string) => T): Record<string, T> =>
    Object.fromEntries(
      entries(child(root, key))
        .filter(([name]) => !name.startsWith("x-") || isMapping(child(root, key, name)))
        .map(([name, node]) => [name, read(below({ ...top, path: [key] }, name, node), name, options.name)]),
    );
  definitions.networks = all("networks", networkDefinition);
  definitions.networks.default ??= { name: `${options.name}_default` };
  definitions.volumes = all("volumes", volumeDefinition);
  all("secrets", (field) => checkFileDefinition(field, "secret"));
  all("configs", (field) => checkFileDefinition(field, "config"));
  const around: Surroundings = {
    project: options.name,
    folder: options.folder,
    environment: options.environment,
    staysName: options.staysName,
    services: enabled,
    disabled: new Set(disabled),
    ...definitions,
    secrets: section("secrets"),
    configs: section("configs"),
  };
  const built = new Map<string, BuiltService>();
  for (const [key, node] of enabled) {
    warnOfLookAlikes(node, ["services", key], notify);
    built.set(key, buildService(key, below(services, key, node), around));
  }
  applyLinks(built);
  checkNames(built);
  const result = Object.fromEntries([...built].map(([key, { service }]) => [key, service]));
  checkCycles(result, services);
  for (const [key, service] of built) check(key, service, below(services, key, enabled.get(key)!), options);
  const models = section("models");
  if (models) note(models, say`needs Docker's model runner, which is no container; no service uses it`);
  const locate: Locate = (key, error) =>
    translate(error, built.get(key)!.origins, { node: enabled.get(key)!, path: ["services", key] });
  const locateDefinition: LocateDefinition = (name, key, error) => {
    const node = child(root, name, key);
    // Nobody has written the default network.
    if (!node) return new ArgumentError(`${name}.${key}.${snakeCase(error.argument)}`, error.problem, error.remedy);
    const whole = { node, path: [name, key] };
    const origin = ([field, own]: [string, Node]) => ({ node: own, path: [...whole.path, field] });
    const fields = new Map(entries(node).map((entry) => [camelCase(entry[0]), origin(entry)]));
    for (const [other, field] of Object.entries(OTHER_NAMES)) {
      const own = fields.get(camelCase(field));
      if (own) fields.set(other, own);
    }
    return translate(error, fields, whole);
  };
  const kept = keepUsed(definitions, built, root, notify);
  return { name: options.name, services: result, ...kept, disabled, locate, locateDefinition };
}
