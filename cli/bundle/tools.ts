import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { say } from "../../core/description/say";
import { onPath } from "../../core/host/findExecutable";
import { pluginFolder } from "../tools";
import { filesBelow, sourceFile } from "./project";
import type { SourceFile } from "./tarball";

/** The programs that a bundle carries. */
export interface Tools {
  files: SourceFile[];
  versions: { node: string; pulumi: string; plugins: Record<string, string> };
  /** Plugins that were taken from PATH, where nothing says which version they are. */
  unversioned: string[];
}

/** Without these no program runs. */
const REQUIRED = ["pulumi", "pulumi-language-nodejs"];
/** Programs of the CLI's own that some programs need, of those that there are. */
const OPTIONAL = ["pulumi-language-nodejs-exec", "pulumi-resource-pulumi-nodejs"];

/** Scripts on PATH (of a version manager, say) start something that lies elsewhere. */
function isScript(file: string): boolean {
  const start = Buffer.alloc(2);
  const handle = openSync(file, "r");
  readSync(handle, start, 0, 2, 0);
  closeSync(handle);
  return start.toString() === "#!";
}

function programFile(name: string): string | undefined {
  const found = onPath(name);
  return found && realpathSync(found);
}

function ownProgram(name: string): string {
  const file = programFile(name);
  if (file === undefined)
    throw new Error(say`${name} is not on PATH; install the Pulumi CLI: https://www.pulumi.com/docs/install/`);
  if (isScript(file))
    throw new Error(say`${file} is a script that starts a program; put the folder of ${name} itself first on PATH`);
  return file;
}

function nodeFile(): string {
  const variables = process.config.variables as unknown as Record<string, unknown>;
  const shared = Object.keys(variables).find(
    (name) => /^node_shared/.test(name) && [true, "true"].includes(variables[name] as boolean | string),
  );
  if (shared)
    throw new Error(
      say`${process.execPath} needs libraries of this machine (${shared}); run berth with the Node.js of https://nodejs.org/`,
    );
  return realpathSync(process.execPath);
}

/** The plugin behind a resource's type; undefined for those that have none. */
export function pluginOf(type: string): string | undefined {
  const [plugin = "", , name] = type.split(":");
  if (plugin === "pulumi") return type.startsWith("pulumi:providers:") ? name : undefined;
  return plugin === "berth" || plugin === "pulumi-nodejs" ? undefined : plugin;
}

interface Description {
  name?: string;
  version?: string;
  pulumi?: { resource?: boolean; name?: string; version?: string };
}

const readDescription = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Description;

/** Plugins of the SDKs that are installed: the CLI asks for each of them before a preview, used or not. */
function installedSdks(root: string, modules: SourceFile[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { path } of modules) {
    if (!/^project\/node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path)) continue;
    const { name = "", version = "", pulumi } = readDescription(join(root, path.slice("project/".length)));
    if (pulumi?.resource) found[pulumi.name ?? name.replace(/^@pulumi\//, "")] = pulumi.version ?? version;
  }
  return found;
}

/** Each plugin that the stack needs, with its version. */
export function pluginVersions(root: string, types: string[], modules: SourceFile[]): Record<string, string> {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    "dependencies" | "peerDependencies",
    Record<string, string> | undefined
  >;
  const versions = installedSdks(root, modules);
  for (const type of types) {
    const plugin = pluginOf(type);
    if (plugin === undefined || plugin in versions) continue;
    const version = dependencies?.[`@pulumi/${plugin}`] ?? peerDependencies?.[`@pulumi/${plugin}`];
    if (version === undefined)
      throw new Error(say`package.json does not say which version of the plugin ${plugin} is needed`);
    versions[plugin] = version.replace(/^v/, "");
  }
  return Object.fromEntries(Object.entries(versions).sort());
}

/** A plugin's files: as it is installed, as it is on PATH, or else installed now. */
function pluginFiles(name: string, version: string, unversioned: string[]): SourceFile[] {
  const folder = pluginFolder(name, version);
  const place = `home/plugins/resource-${name}-v${version}`;
  const whole = () => existsSync(folder) && !existsSync(`${folder}.partial`);
  if (!whole()) {
    const program = `pulumi-resource-${name}`;
    const file = programFile(program);
    if (file && !isScript(file)) {
      unversioned.push(`${name} ${version}`);
      return [sourceFile(`${place}/${program}`, file)];
    }
    const { status, stderr } = spawnSync("pulumi", ["plugin", "install", "resource", name, version], {
      encoding: "utf8",
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    if (status !== 0 || !whole())
      throw new Error(
        say`the plugin ${name} ${version} is not installed and \`pulumi plugin install resource ${name} ${version}\` failed: ${stderr.trim().split("\n").at(-1)}`,
      );
  }
  return filesBelow(folder).map((path) => sourceFile(`${place}/${path}`, join(folder, path)));
}

/**
 * Collects Node.js, the CLI with what it needs for a Node.js program, and the plugins of a stack.
 *
 * @param types of the stack's resources
 * @param modules what goes along of node_modules
 * @throws Error where one of them is missing, or is a script that starts another
 */
export function readTools(root: string, types: string[], modules: SourceFile[]): Tools {
  const node = nodeFile();
  const programs = REQUIRED.map((name) => [name, ownProgram(name)] as const);
  for (const name of OPTIONAL) {
    const file = programFile(name);
    if (file) programs.push([name, file]);
  }
  const { status, stdout } = spawnSync("pulumi", ["version"], {
    encoding: "utf8",
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  if (status !== 0) throw new Error(say`${programs[0]![1]} does not say its version`);
  const plugins = pluginVersions(root, types, modules);
  const unversioned: string[] = [];
  const pluginsFiles = Object.entries(plugins).flatMap(([name, version]) => pluginFiles(name, version, unversioned));
  return {
    files: [
      { ...sourceFile("bin/node", node), executable: true },
      ...programs.map(([name, file]) => ({ ...sourceFile(`bin/${name}`, file), executable: true })),
      ...pluginsFiles,
    ],
    versions: { node: process.versions.node, pulumi: stdout.trim().replace(/^v/, ""), plugins },
    unversioned,
  };
}
