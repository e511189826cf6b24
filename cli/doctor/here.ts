import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { say } from "../../core/description/say";
import { reach } from "../../core/engines/dockerApi/registry/reach";
import { reasonOf } from "../../core/engines/dockerApi/registry/registry";
import { onPath } from "../../core/host/findExecutable";
import type { CliProject } from "../project";
import { backendUrl, credentials, stateFolder } from "../state";
import { ask, hasPlugin, PLUGIN_HOST, type Plugin, pulumiHome, REQUIRED_PULUMI } from "../tools";
import { type Finding, missing, note, ok, PATIENCE, sizeText, warning } from "./finding";
import { withoutPassword } from "../../core/engines/dockerApi/registry/proxies";

/** README names it: the newest Pulumi SDK asks for it, and Node.js 20 gets no corrections any more. */
const REQUIRED_NODE = 22;
/** What still runs, with an older SDK, which npm then chooses by itself. */
const TOLERATED_NODE = [20, 15];
/** Bytes below which a state may not be written any more. */
const LITTLE = 200 * 1024 * 1024;

/** Whether a version is as new as another, by its first two numbers. */
export function isNewEnough(version: string, [major, minor]: number[]): boolean {
  const [is = 0, isMinor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return is > major! || (is === major && isMinor >= minor!);
}

export function nodeFinding(version = process.version): Finding {
  const what = "Node.js";
  const where = "https://nodejs.org/en/download";
  if (isNewEnough(version, [REQUIRED_NODE, 0])) return ok(what, version.replace(/^v/, ""));
  if (isNewEnough(version, TOLERATED_NODE))
    return warning(what, say`${version} is at its end of life; install ${REQUIRED_NODE} or newer`, where);
  return missing(what, say`${version}; ${REQUIRED_NODE} or newer is needed`, where);
}

const INSTALL_CLI = "curl -fsSL https://get.pulumi.com | sh";

/** The CLI and, beside it or on PATH, the program that runs projects in TypeScript. */
export async function cliFinding(): Promise<Finding> {
  const what = "Pulumi CLI";
  const file = onPath("pulumi");
  const below = say`or pack all of it where there is a network: berth bundle STACK`;
  if (!file) return missing(what, say`not here: nothing can be applied`, INSTALL_CLI, below);
  const said = await ask("pulumi", ["version"], PATIENCE);
  const [version] = /\d+\.\d+\.\d+[\w.-]*/.exec(said ?? "") ?? [];
  if (version === undefined) return warning(what, say`${file} does not say its version within ${PATIENCE / 1000} s`);
  if (!isNewEnough(version, REQUIRED_PULUMI.split(".").map(Number)))
    return missing(what, say`${version}; ${REQUIRED_PULUMI} or newer is needed`, INSTALL_CLI, below);
  const host = "pulumi-language-nodejs";
  const beside = join(dirname(realpathSync(file)), process.platform === "win32" ? `${host}.exe` : host);
  if (!onPath(host) && !existsSync(beside))
    return missing(what, say`${version}, without ${host}, which runs programs`, INSTALL_CLI, below);
  return ok(what, say`${version}, with its Node.js host`);
}

/** The version of a package that a project has; from a folder above it, too. */
function installed(folder: string, name: string): string | undefined {
  try {
    const file = require.resolve(`${name}/package.json`, { paths: [folder] });
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** The packages of a project, and the plugins that belong to them. */
export async function packageFindings({ folder, settings }: CliProject, plugins: Plugin[]): Promise<Finding[]> {
  const where = settings ? folder : process.cwd();
  const sdk = installed(folder, "@pulumi/pulumi");
  const versions = plugins.map((plugin) => [plugin, installed(folder, `@pulumi/${plugin}`)] as const);
  const lacking = versions.filter(([, version]) => version === undefined).map(([plugin]) => `@pulumi/${plugin}`);
  if (sdk === undefined) lacking.unshift("@pulumi/pulumi");
  const packages = lacking.length
    ? missing("packages", say`${lacking.join(", ")} not installed in ${where}`, `cd ${where} && npm install`)
    : ok("packages", [`@pulumi/pulumi ${sdk}`, ...plugins.map((plugin) => `@pulumi/${plugin}`)].join(", "));
  const found = await Promise.all(
    versions.map(([plugin, version]) => (version === undefined ? [] : pluginFinding(plugin, version))),
  );
  return [packages, ...found.flat()];
}

function otherVersions(plugin: string): string[] {
  const folder = join(pulumiHome(), "plugins");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => new RegExp(`^resource-${plugin}-v([\\d.]+[\\w.-]*?)$`).exec(name)?.[1] ?? []);
}

async function pluginFinding(plugin: Plugin, version: string): Promise<Finding> {
  const what = `plugin ${plugin}`;
  if (hasPlugin(plugin, version)) return ok(what, version);
  const others = otherVersions(plugin);
  const but = others.length ? say` (here: ${others.join(", ")})` : "";
  const command = `pulumi plugin install resource ${plugin} ${version}`;
  if (process.env.PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES)
    return note(
      what,
      say`${version} is fetched by the first \`up\`, as PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES says${but}`,
    );
  try {
    await reach(new URL(PLUGIN_HOST), PATIENCE);
    return note(what, say`${version} is fetched from ${new URL(PLUGIN_HOST).host} by the first \`up\`${but}`, command);
  } catch (error) {
    const reason = say`${version} is not here${but}, and ${new URL(PLUGIN_HOST).host} does not answer (${reasonOf(error)})`;
    return missing(
      what,
      reason,
      say`${command} --file FILE, with the plugin's archive from a machine with a network`,
      say`or pack all of it there: berth bundle STACK`,
    );
  }
}

/** Where the state is kept: a folder that can be written, or a service where somebody is logged in. */
export function stateFinding(project: CliProject): Finding {
  const what = "state";
  const url = backendUrl(project);
  if (!url)
    return missing(
      what,
      say`it is not said where states are kept`,
      "pulumi login --local",
      say`or, in the project: PULUMI_BACKEND_URL=file://.`,
    );
  const shown = withoutPassword(url);
  if (url.startsWith("https://"))
    return url in (credentials().accounts ?? {}) || process.env.PULUMI_ACCESS_TOKEN
      ? ok(what, say`at ${shown}, with a login`)
      : missing(what, say`at ${shown}, and nobody is logged in there`, `pulumi login ${shown}`);
  const path = stateFolder(project);
  if (!path) return note(what, say`at ${shown.split("?")[0]}, which only the CLI can look at`);
  if (!existsSync(path)) return missing(what, say`there is no folder ${path}`, `mkdir -p ${path}`);
  try {
    accessSync(path, constants.W_OK);
  } catch {
    return missing(what, say`${path} cannot be written by this user`, `sudo chown -R "$USER" ${path}`);
  }
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const text = say`in ${path}, ${sizeText(free)} free`;
  return free < LITTLE ? missing(what, say`${text}: too little to write it safely`, `df -h ${path}`) : ok(what, text);
}
