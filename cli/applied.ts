import { isLimited, type Limits, limitsOf, liveLimits } from "../core/engines/dockerApi/limits";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { digest } from "../core/description/digest";
import { withTag } from "../core/description/names";
import type { EngineClient } from "../core/engines/dockerApi/connection/client";
import { labelFilter, ownerLabels } from "../core/engines/owner";
import { isAllOrNothing } from "../core/pulumi/allOrNothing";
import type { ServiceStatus } from "../core/engines/status";
import type { Plan } from "./plan";
import { pluginVersions } from "./pluginSearch";
import { type CliProject, version } from "./project";
import { HIDDEN } from "./marks";
import { shortName } from "./stackName";
import { close, type StackNow, servicesNow, stackNow } from "./stackNow";

export { close };

/**
 * A stack as its program declares it, where what `up` would do can be told without the CLI: all of it is on one Docker
 * engine, and nothing in it comes from where a plan cannot look.
 */
export interface Declaration {
  now: StackNow;
  /** Of all that the CLI would be told: program, settings, and what carries them out. */
  digest: string;
  /** A wrong part of it makes nothing, also without a preview. */
  allOrNothing: boolean;
}

/** What is kept of an `up` that has succeeded; a digest each. */
interface Applied {
  declared: string;
  /** Whoever has changed the state since has done something of which nobody here knows. */
  state: string;
  /** What was on the engine then. */
  engine: string;
}

/** Of these a plan says all. */
const KNOWN =
  /^(pulumi:(pulumi:Stack|providers:docker)|berth:.*|docker:index\/(container|network|volume|remoteImage):.*)$/;

/** Who loses it has one more `up` of the usual length. */
const fileOf = ({ folder }: CliProject, stack: string) => join(folder, ".berth/applied", `${shortName(stack)}.json`);

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

/** The text of a stack's settings, without the salt that the CLI adds when it makes the stack. */
export const settingsOf = ({ folder }: CliProject, stack: string): string =>
  textOf(join(folder, `Pulumi.${shortName(stack)}.yaml`)).replace(/^encryptionsalt:.*\n?/m, "");

/**
 * What a stack declares; undefined where only the CLI can tell what there is to do.
 *
 * @param planned plans it
 */
export async function declarationOf(
  project: CliProject,
  stack: string,
  planned: () => Promise<Plan>,
): Promise<Declaration | undefined> {
  const settings = settingsOf(project, stack);
  // Options, and settings from elsewhere, that only the CLI knows.
  const hasMore = Object.keys(process.env).some((key) => key.startsWith("PULUMI_OPTION_"));
  if (hasMore || /^environment:/m.test(settings)) return undefined;
  // What is wrong with the program, the CLI says. Its outputs are rejected as well, and nobody waits for those.
  process.on("unhandledRejection", () => {});
  const now = await silently(async () => stackNow(stack, await planned())).catch(() => undefined);
  if (!now) return undefined;
  if (!isCertain(now)) {
    close(now);
    return undefined;
  }
  const { folder, name } = project;
  // They register side by side, and so in no certain order.
  const program = now.plan.resources
    .map(({ urn, parent, inputs, dependencies }) => [urn, parent, inputs, [...dependencies].sort()])
    .sort(byFirst);
  const carriedOutBy = [version(), pluginVersions(folder), process.version];
  const declared = [name, program, now.plan.secretValues, settings, textOf(join(folder, "Pulumi.yaml")), carriedOutBy];
  return { now, digest: digest(declared), allOrNothing: isAllOrNothing() };
}

function isCertain({ places, plan }: StackNow): boolean {
  return (
    places.length === 1 &&
    places[0]!.engine === "docker" &&
    plan.resources.every(({ type }) => KNOWN.test(type)) &&
    // A plan has one word for all secrets of the stack. Others may be new ones.
    plan.secretValues.every((value) => value.includes(HIDDEN))
  );
}

/** What a program prints, it prints again when the CLI runs it. */
async function silently<T>(run: () => Promise<T>): Promise<T> {
  const { log, info, warn, error } = console;
  const nothing = () => {};
  Object.assign(console, { log: nothing, info: nothing, warn: nothing, error: nothing });
  try {
    return await run();
  } finally {
    Object.assign(console, { log, info, warn, error });
  }
}

/** Whether `up` was the last that has happened to a state. */
export function isLast(project: CliProject, stack: string, state: string | undefined): boolean {
  return state !== undefined && read(project, stack)?.state === digest(state);
}

/** Whether all that was applied last is declared now, and is on the engine as it was then. */
export async function isApplied(project: CliProject, stack: string, { now, digest: declared }: Declaration) {
  const applied = read(project, stack);
  return applied?.declared === declared && (await engineDigest(now, ({ ok }) => ok)) === applied.engine;
}

/** Keeps what an `up` has applied; `state` is the one behind it. */
export async function keepApplied(project: CliProject, stack: string, declaration: Declaration, state: string) {
  // `up` has seen it answer; the engine says so after its own first check.
  const engine = await engineDigest(declaration.now, ({ ok, state, declared, changed }) => {
    return ok || (state === "starting" && declared && changed.length === 0);
  });
  if (engine === undefined) return;
  const file = fileOf(project, stack);
  mkdirSync(dirname(file), { recursive: true });
  const applied: Applied = { declared: declaration.digest, state: digest(state), engine };
  writeFileSync(file, JSON.stringify(applied));
}

function read(project: CliProject, stack: string): Applied | undefined {
  try {
    return JSON.parse(textOf(fileOf(project, stack))) as Applied;
  } catch {
    return undefined;
  }
}

/**
 * Of what is on the engine: the stack's containers with their names, networks and limits, and what everything that it
 * declares by a name is. Undefined where not all of it is well.
 */
async function engineDigest(now: StackNow, isWell: (service: ServiceStatus) => boolean): Promise<string | undefined> {
  const { client, declared } = now.places[0]!;
  if (!client) return undefined;
  const [services, objects] = await Promise.all([servicesNow(now), objectsOn(client, now)]);
  if (!services.every(([service]) => isWell(service))) return undefined;
  // Of these alone `up` looks at the limits.
  const limited = declared.filter(({ spec }) => isLimited(limitsOf(spec) as Limits));
  const limits = await Promise.all(
    limited.map(async ({ service }) => {
      const id = services.find(([status]) => status.service === service)?.[0].id;
      const found = await client.find<{ HostConfig: object }>(`/containers/${id}/json`);
      return [service, liveLimits(found?.HostConfig)];
    }),
  );
  return digest([objects, limits]);
}

interface Objects {
  Id?: string;
  Name?: string;
  Names?: string[];
  RepoTags?: string[] | null;
  CreatedAt?: string;
  ImageID?: string;
  NetworkSettings?: unknown;
}

/** The objects of a stack, as far as they tell one life from the next. */
async function objectsOn(client: EngineClient, { owner, plan }: StackNow): Promise<unknown> {
  const get = <T>(path: string) => client.request<T>("GET", path, undefined, client.patience);
  const [containers, networks, { Volumes: volumes }, images] = await Promise.all([
    get<Objects[]>(`/containers/json?all=1&filters=${labelFilter(ownerLabels(owner))}`),
    get<Objects[]>("/networks"),
    get<{ Volumes: Objects[] | null }>("/volumes"),
    get<Objects[]>("/images/json"),
  ]);
  const wanted = namesIn(plan);
  return [
    containers.map(({ Id, Names, ImageID, NetworkSettings }) => [Id, Names, ImageID, NetworkSettings]).sort(byFirst),
    networks
      .filter(({ Name }) => wanted.has(Name!))
      .map(({ Name, Id }) => [Name, Id])
      .sort(byFirst),
    (volumes ?? [])
      .filter(({ Name }) => wanted.has(Name!))
      .map(({ Name, CreatedAt }) => [Name, CreatedAt])
      .sort(byFirst),
    images
      .flatMap(({ Id, RepoTags }) => (RepoTags ?? []).map((tag) => [tag, Id]))
      .filter(([tag]) => wanted.has(tag!))
      .sort(byFirst),
  ];
}

const byFirst = ([a]: unknown[], [b]: unknown[]) => (String(a) < String(b) ? -1 : 1);

/** Names of the networks, volumes and images that a plan declares. */
function namesIn({ resources }: Plan): Set<string> {
  return new Set(
    resources.flatMap(({ type, inputs: { name } }) =>
      typeof name !== "string" ? [] : type.includes("remoteImage") ? [withTag(name)] : [name],
    ),
  );
}
