import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { engineOf, HOSTS } from "../stacks";
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
  for (const [, plugin] of state.matchAll(/pulumi:providers:([\w-]+)/g)) {
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

/** The state of a stack in this folder; another backend is not asked. */
function stateOf(root: string, project: string, stack: string): string | undefined {
  if (process.env.PULUMI_BACKEND_URL) return undefined;
  const file = join(root, ".pulumi", "stacks", project, `${stack}.json`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Tells the CLI, where it may be told, not to look for plugins that the stack does not need. The user's word counts. */
export function sparePluginSearch(
  root: string,
  project: string,
  stack: string,
  places: Place[],
  versions: Record<Plugin, string>,
): void {
  const has = (plugin: Plugin) => hasPlugin(plugin, versions[plugin]);
  if (maySkipSearch(places, stateOf(root, project, stack), has))
    process.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ??= "true";
}

/** Version of the plugin that belongs to each SDK that is installed. */
export const pluginVersions = (root: string): Record<Plugin, string> =>
  Object.fromEntries(
    PLUGINS.map((plugin) => {
      const file = join(root, "node_modules/@pulumi", plugin, "package.json");
      return [plugin, (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version];
    }),
  ) as Record<Plugin, string>;
