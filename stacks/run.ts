import { homedir } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import { FLAGS, parseDockerLines } from "../components/run";
import { Project } from "../components/services/project";
import { reporter } from "../components/services/report";
import { slips } from "../components/spec/warnings";
import { flag, isEncrypted, list, readSettings } from "./settings";

export const settings = {
  commands: list(
    [],
    "`docker run` lines, and the `docker network create` and `docker volume create` lines before them",
  ),
  removeVolumes: flag(false, "Remove volumes and their data with the stack"),
  removeImages: flag(false, "Remove images with the stack"),
};

export const namespace = "berth";
export const sample = { "berth:commands": JSON.stringify(["docker run -d --name nginx01 -p 666:80 nginx"]) };

/** What the Docker provider cannot say is refused in the words of the line. */
const FLAG_NAMES = Object.fromEntries(
  FLAGS.flatMap(({ field, names: [flag], becomes }) =>
    field && becomes === "refused by the provider" ? [[field, flag!]] : [],
  ),
);

/** Pasted `docker run` lines; they stand in the stack's settings. Documented setups A1 to A18. */
export function program() {
  const { commands, ...options } = readSettings(namespace, settings);
  if (commands.length === 0)
    throw new pulumi.RunError(
      "berth:commands: names no line; add one with `pulumi config set --path 'berth:commands[0]' 'docker run ...'`.",
    );
  const name = pulumi.getStack();
  const project = reporter(
    "berth:services:Project",
    name,
  )(() => parseDockerLines(commands, name, { environment: process.env, folder: process.cwd(), home: homedir() }));
  const notices = [
    ...project.notices,
    ...slips(project, process.cwd(), isEncrypted(`${namespace}:commands`) ? "" : commands.join("\n")),
  ];
  const services = new Project(name, { ...project, notices }, { ...options, argumentNames: FLAG_NAMES });
  return { containers: services.containerNames, endpoints: services.endpoints };
}
