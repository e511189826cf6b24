import * as pulumi from "@pulumi/pulumi";
import { DockerRun } from "../components/dockerRun";
import { flag, isEncrypted, list, readSettings } from "./lib/settings";
import { say } from "../core/description/say";

export const settings = {
  commands: list(
    [],
    say`\`docker run\` lines, and the \`docker network create\` and \`docker volume create\` lines before them`,
  ),
  removeVolumes: flag(false, say`Remove volumes and their data with the stack`),
  removeImages: flag(false, say`Remove images with the stack`),
};

export const namespace = "berth";
export const sample = { "berth:commands": JSON.stringify(["docker run -d --name nginx01 -p 666:80 nginx"]) };

/** Pasted `docker run` lines; they stand in the stack's settings. Documented setups A1 to A18. */
export function program() {
  const { commands, ...options } = readSettings(namespace, settings);
  if (commands.length === 0)
    throw new pulumi.RunError(
      say`berth:commands: names no line; add one with \`pulumi config set --path 'berth:commands[0]' 'docker run ...'\`.`,
    );
  const services = new DockerRun(pulumi.getStack(), {
    lines: commands,
    inClear: !isEncrypted(`${namespace}:commands`),
    ...options,
  });
  return { containers: services.containerNames, endpoints: services.endpoints };
}
