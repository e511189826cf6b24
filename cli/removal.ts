import { few, say } from "../core/description/say";
import { type EngineClient, ignoreMissing } from "../core/engines/dockerApi/connection/client";
import { type Interrupted, interruptible } from "./interrupt";
import { locked } from "./locks";
import type { CliProject } from "./project";
import { type Deployment, type Exported, type Resource, resourcesIn, type StateFile, stateOf } from "./state";
import { Engines, importState } from "./stateEngines";

type Remove = (client: EngineClient, id: string, outputs: Record<string, unknown>) => Promise<unknown>;

/** Seconds that an engine gets beyond the time that a container has for its end. */
const PATIENCE = 60;

/** How Docker's provider removes what it has made, without its waits: it looks 2 s later whether a network or a volume is gone. */
const REMOVALS: Record<string, Remove> = {
  "docker:index/container:Container": async (client, id, { attach, destroyGraceSeconds, removeVolumes }) => {
    const grace = typeof destroyGraceSeconds === "number" ? Math.max(destroyGraceSeconds, 0) : 0;
    const timeout = (grace + PATIENCE) * 1000;
    if (attach !== true)
      await client.request("POST", `/containers/${id}/stop?t=${grace}`, undefined, timeout).catch(ignoreMissing);
    await client.request("DELETE", `/containers/${id}?force=true&v=${removeVolumes !== false}`, undefined, timeout);
  },
  "docker:index/network:Network": (client, id) => client.request("DELETE", `/networks/${id}`),
  "docker:index/volume:Volume": (client, id) => client.request("DELETE", `/volumes/${encodeURIComponent(id)}`),
};

/** Whether nothing is removed where the CLI removes this from its state. */
const staysAnyway = ({ custom, type, retainOnDelete, outputs }: Resource) =>
  !custom ||
  retainOnDelete === true ||
  type.startsWith("pulumi:providers:") ||
  (type === "docker:index/remoteImage:RemoteImage" && outputs?.keepLocally === true);

/** What a resource needs, so that it goes before that. */
const needsOf = ({ parent, dependencies = [], propertyDependencies = {} }: Resource) =>
  new Set([
    ...(parent ? [parent] : []),
    ...dependencies,
    ...Object.values(propertyDependencies).flatMap((urns) => urns ?? []),
  ]);

/**
 * What `berth destroy` does before the CLI, which then finds nothing to wait for.
 *
 * @param state text of the stack's state
 * @returns the exit code, where a signal has ended it
 */
export async function removeBefore(project: CliProject, stack: string, state: string): Promise<number | undefined> {
  const now = () => stateOf(project, stack);
  return interruptible(async (ending) => {
    const left = await locked(project, stack, async () =>
      now() === state ? removeAtOnce(state, ending, console.log) : undefined,
    );
    // Somebody may have begun a change the moment the lock was free.
    if (left && now() === state) await importState(project.folder, stack, left);
    return ending.aborted ? (ending.reason as Interrupted).exitCode : undefined;
  });
}

/**
 * Removes from its engines what the CLI would remove in a destroy, in the same order, but all that may go at once at once.
 * The CLI goes by turns: what is as far from the stack's root, and each turn of networks or volumes takes 2 s.
 * Whatever cannot be removed so, or fails, is left to the CLI, which says why.
 *
 * @param state text of the stack's state
 * @param ending when it is aborted, nothing further is begun
 * @param removed hears a sentence about each that has gone
 * @returns the state without what has gone; undefined where nothing has
 */
export async function removeAtOnce(
  state: string,
  ending: AbortSignal,
  removed: (sentence: string) => void,
): Promise<Exported | undefined> {
  const { version, checkpoint = {} } = JSON.parse(state) as StateFile;
  const { resources = [] } = checkpoint.latest ?? {};
  // The CLI refuses what is protected, before it does anything; what has a successor has its name, too.
  if (resources.some((resource) => resource.protect || resource.delete)) return undefined;

  const needing = new Map<string, Resource[]>();
  for (const resource of resources)
    for (const urn of needsOf(resource)) needing.set(urn, [...(needing.get(urn) ?? []), resource]);
  const engines = new Engines(resources);
  const gone = new Set<Resource>();

  const removeOne = async (resource: Resource): Promise<boolean> => {
    const { type, id, outputs = {}, provider, external, deletedWith, resourceHooks } = resource;
    const remove = REMOVALS[type];
    if (
      !remove ||
      !id ||
      external ||
      deletedWith ||
      Object.keys(resourceHooks ?? {}).some((when) => when.endsWith("Delete"))
    )
      return false;
    if (ending.aborted) return false;
    try {
      const client = engines.of(provider);
      client.widen();
      await remove(client, id, outputs).catch(ignoreMissing);
    } catch {
      return false;
    }
    gone.add(resource);
    removed(sentenceOf(resource));
    return true;
  };
  const going = new Map<Resource, Promise<boolean>>();
  const goes = (resource: Resource): Promise<boolean> => {
    const known = going.get(resource);
    if (known) return known;
    const all = Promise.all((needing.get(resource.urn) ?? []).map(goes));
    const asked = all.then((before) => before.every(Boolean) && (staysAnyway(resource) || removeOne(resource)));
    going.set(resource, asked);
    return asked;
  };
  try {
    await Promise.all(resources.map(goes));
  } finally {
    engines.close();
  }
  return gone.size === 0 ? undefined : { version, deployment: without(checkpoint.latest!, gone) };
}

/** Names that are read in one sentence. */
const FEW = 6;

/**
 * What somebody should know who has ended a destroy.
 *
 * @param before text of the stack's state before it
 * @param after and behind it
 * @returns undefined where nothing is left
 */
export function leftBehind(stack: string, before = "", after = ""): string | undefined {
  const [had, has] = [before, after].map((text) =>
    resourcesIn(text).filter((resource) => !staysAnyway(resource) && !resource.external),
  ) as [Resource[], Resource[]];
  if (has.length === 0) return undefined;
  if (has.length >= had.length) return say`ended before anything was removed; \`berth destroy ${stack}\` begins again`;
  const names = has.map(({ urn }) => urn.split("::").at(-1)!);
  return say`ended before all was removed: ${had.length - has.length} of ${had.length} are gone, and what is left is ${few(names, FEW)}; \`berth destroy ${stack}\` goes on with that`;
}

/** A state without resources that have gone, which nothing that is left needs any more. */
function without(latest: Deployment, gone: Set<Resource>) {
  const urns = new Set([...gone].map(({ urn }) => urn));
  const there = (needed: string[]) => needed.filter((urn) => !urns.has(urn));
  const resources = latest
    .resources!.filter((resource) => !gone.has(resource))
    .map((resource) => ({
      ...resource,
      ...(resource.dependencies && { dependencies: there(resource.dependencies) }),
      ...(resource.propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(resource.propertyDependencies).map(([key, needed]) => [key, needed && there(needed)]),
        ),
      }),
    }));
  return { ...latest, resources };
}

function sentenceOf({ type, urn }: Resource): string {
  const name = urn.split("::").at(-1)!;
  if (type.endsWith(":Container")) return say`removed the container ${name}`;
  return type.endsWith(":Network") ? say`removed the network ${name}` : say`removed the volume ${name} and its data`;
}
