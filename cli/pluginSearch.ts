import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { CHANGED_BY_PROVIDER, isCpuLimited } from "../core/mapping/docker";
import { engineOf, HOSTS } from "../stacks/programs";
import { providersIn, resourcesIn } from "./state";
import { hasPlugin, type Place, type Plugin } from "./tools";

const PLUGINS: readonly Plugin[] = ["docker", "kubernetes", "command"];

/** Where the programs of a stack make something. */
export const placesOf = (programs: string[], engine: string | undefined): Place[] =>
  programs.map((name) => (HOSTS.includes(name) ? "host" : engineOf(name, engine)));

const pluginOf = (place: Place): Plugin =>
  place === "host" ? "command" : place === "kubernetes" ? "kubernetes" : "docker";

/**
 * Whether the CLI may be told not to look for plugins. It looks for that of every SDK that is installed, five times
 * where no host answers, which takes a preview of Docker containers 2.5 s; a stack needs those of its own engine only,
 * and of whatever it has made before.
 *
 * @param state text of the stack's state, "" where there is none yet; undefined where it cannot be read here
 */
export function maySkipSearch(places: Place[], state: string | undefined, has: (plugin: Plugin) => boolean): boolean {
  if (state === undefined) return false;
  const needed = new Set(places.map(pluginOf));
  for (const plugin of providersIn(state)) {
    if (!PLUGINS.includes(plugin as Plugin)) return false;
    needed.add(plugin as Plugin);
  }
  return PLUGINS.every((plugin) => has(plugin) || !needed.has(plugin)) && !PLUGINS.every(has);
}

/** Whether there is nothing to search for. */
export const hasAllPlugins = (versions: Record<Plugin, string>): boolean =>
  PLUGINS.every((plugin) => hasPlugin(plugin, versions[plugin]));

/**
 * Where a plan makes something; undefined where it needs a plugin that is none of berth's.
 *
 * @param types of its resources
 */
export function placesOfTypes(types: string[]): Place[] | undefined {
  const places: Record<string, Place[]> = { docker: ["docker"], kubernetes: ["kubernetes"], command: ["host"] };
  const own = { berth: [], pulumi: [] };
  const found = types.map((type) => ({ ...places, ...own })[type.split(":")[0]!]);
  return found.includes(undefined) ? undefined : [...new Set(found.flatMap((list) => list ?? []))];
}

/** Whether a project has SDKs of Pulumi that berth knows nothing of: their plugins are looked for. */
export function hasOtherSdks(folder: string): boolean {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Record<string, Record<string, string>>;
  const known = new Set(["pulumi-berth", "@pulumi/pulumi", ...PLUGINS.map((plugin) => `@pulumi/${plugin}`)]);
  return Object.keys({ ...dependencies, ...devDependencies }).some((name) => /pulumi/.test(name) && !known.has(name));
}

/** Tells the CLI, where it may be told, not to look for plugins that the stack does not need. The user's word counts. */
export function sparePluginSearch(places: Place[], state: string | undefined, versions: Record<Plugin, string>): void {
  if (maySkipSearch(places, state, (plugin) => hasPlugin(plugin, versions[plugin])))
    process.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ??= "true";
}

/** Whether a refresh has read from a container what it was not declared with, so that the provider puts it right. */
function hasDrifted(state: string): boolean {
  // What is not declared is read as the engine's own word for it.
  const plain = (value: unknown) => (value && value !== "no" ? JSON.stringify(value) : "");
  return resourcesIn(state)
    .filter(({ type }) => type === "docker:index/container:Container")
    .some(({ inputs = {}, outputs = {} }) => {
      const byHand = isCpuLimited(inputs) ? [] : ["cpus"];
      return [...CHANGED_BY_PROVIDER, ...byHand].some((key) => plain(inputs[key]) !== plain(outputs[key]));
    });
}

const asksForRefresh = (word: string) => /^(--refresh(=.*)?|-[a-z]*r[a-z]*)$/.test(word);

/**
 * Tells the CLI, where it may be told, that equal inputs are no change. What a refresh finds, or has found, inputs do not
 * show. The user's word counts.
 *
 * @param args for the CLI
 */
export function trustInputs(state: string | undefined, args: string[] = []): void {
  if (mayTrustInputs(state) && !args.some(asksForRefresh) && !hasDrifted(state!))
    process.env.PULUMI_ENABLE_LEGACY_DIFF ??= "true";
}

/** Steps at once that the CLI takes where it may: most of one is waiting for the engine, or for pods. */
const AT_ONCE = 32;
/** Those whose engines take as many. */
const PATIENT = ["docker", "kubernetes"];

/**
 * Lets the CLI take more steps at once; a destroy of 40 services then takes 0.7 of its time. The user's word counts.
 *
 * @param places where the stack makes something; a machine by SSH takes only few connections at once
 */
export function takeMoreAtOnce(places: Place[] | undefined, state: string | undefined): void {
  const plugins = places ? places.map(pluginOf) : [...providersIn(state ?? "")];
  if (plugins.length > 0 && plugins.every((plugin) => PATIENT.includes(plugin)))
    process.env.PULUMI_PARALLEL ??= String(Math.max(AT_ONCE, 4 * availableParallelism()));
}

/**
 * Has the CLI write down at the end of a destroy what has gone, not twice for each resource; a destroy of 20 services takes
 * 0.65 of its processor time. One that is killed leaves what has gone in the state, which Docker's provider takes for
 * deleted and the next `up` makes anew. The user's word counts.
 */
export function writeStateOnce(state: string | undefined): void {
  if (mayTrustInputs(state)) process.env.PULUMI_SKIP_CHECKPOINTS ??= "true";
}

/**
 * Whether equal inputs are no change, without a word of the provider, which takes a third of a preview. With Docker that
 * is berth's own rule; other providers may find a difference that the inputs do not show.
 */
export const mayTrustInputs = (state: string | undefined): boolean =>
  state !== undefined && [...providersIn(state)].join() === "docker";

/** Version of the plugin that belongs to each SDK, "" for one that is not installed. */
export const pluginVersions = (root: string): Record<Plugin, string> =>
  Object.fromEntries(PLUGINS.map((plugin) => [plugin, versionOf(root, `@pulumi/${plugin}`)])) as Record<Plugin, string>;

function versionOf(root: string, name: string): string {
  try {
    // Not always in the project's own node_modules: in a workspace it is above.
    const file = require.resolve(`${name}/package.json`, { paths: [root] });
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  } catch {
    return "";
  }
}
