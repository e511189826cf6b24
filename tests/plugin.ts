import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { onPath } from "../cli/tools";
import { PLUGIN_VERSION } from "../core/engines/kubernetes/object";

/** Folder of the user's own Pulumi, where plugins are installed. */
export const USERS_HOME = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");

const { version } = require("@pulumi/docker/package.json") as { version: string };
const { version: COMMAND_VERSION } = require("@pulumi/command/package.json") as { version: string };

/** The doubles of the engine tests are scripts; the plugin is a binary. */
function isScript(file: string): boolean {
  const start = Buffer.alloc(2);
  const handle = openSync(file, "r");
  readSync(handle, start, 0, 2, 0);
  closeSync(handle);
  return start.toString() === "#!";
}

/** The plugin that the CLI would run, or undefined where that is a double or not there. */
function realPlugin(name: string, version: string): string | undefined {
  const program = `pulumi-resource-${name}`;
  const onThePath = onPath(program);
  if (onThePath) return isScript(onThePath) ? undefined : onThePath;
  const installed = join(USERS_HOME, "plugins", `resource-${name}-v${version}`, program);
  return existsSync(installed) ? installed : undefined;
}

function missingPlugin(name: string, version: string): string | undefined {
  if (realPlugin(name, version)) return undefined;
  return `no real pulumi-resource-${name} on PATH and no plugin ${name} ${version} installed`;
}

/** Why the real plugin of Docker cannot run here. */
export const missingDockerPlugin = (): string | undefined => missingPlugin("docker", version);

/** Why the real plugin of Kubernetes cannot run here. */
export const missingKubernetesPlugin = (): string | undefined => missingPlugin("kubernetes", PLUGIN_VERSION);

/** Why the real plugin that sends host stacks' steps cannot run here. */
export const missingCommandPlugin = (): string | undefined => missingPlugin("command", COMMAND_VERSION);

/** Whether the real plugin of Docker has an argument of this name. One that was built from source can be older than the SDK. */
export function pluginKnows(argument: string): boolean {
  const file = realPlugin("docker", version);
  return file === undefined || spawnSync("grep", ["-qa", argument, file]).status === 0;
}
