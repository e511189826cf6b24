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

function missingPlugin(name: string, version: string): string | undefined {
  const file = onPath(`pulumi-resource-${name}`);
  return (file ? isScript(file) : !existsSync(join(USERS_HOME, "plugins", `resource-${name}-v${version}`)))
    ? `no real pulumi-resource-${name} on PATH and no plugin ${name} ${version} installed`
    : undefined;
}

/** Why the real plugin of Docker cannot run here. */
export const missingDockerPlugin = (): string | undefined => missingPlugin("docker", version);

/** Why the real plugin of Kubernetes cannot run here. */
export const missingKubernetesPlugin = (): string | undefined => missingPlugin("kubernetes", PLUGIN_VERSION);

/** Why the real plugin that sends host stacks' steps cannot run here. */
export const missingCommandPlugin = (): string | undefined => missingPlugin("command", COMMAND_VERSION);

/** Whether the plugin has an argument of this name. */
export function pluginKnows(argument: string): boolean {
  const file = onPath("pulumi-resource-docker");
  // An installed plugin has the SDK's version, so it knows what the SDK knows.
  return file === undefined || spawnSync("grep", ["-qa", argument, file]).status === 0;
}
