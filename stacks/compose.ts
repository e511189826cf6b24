import { join } from "node:path";
import { ComposeProject } from "../components/composeProject";
import { say } from "../core/description/say";
import { flag, list, readSettings, text } from "./lib/settings";

export const settings = {
  files: list([], say`Compose files; compose.yaml or docker-compose.yml in this folder by default`),
  projectName: text(undefined, say`Name of the project; that in the files, or their folder's, by default`),
  projectDirectory: text(undefined, say`Where relative paths start; the folder of the first file by default`),
  profiles: list([], say`Profiles that are switched on`),
  envFiles: list([], say`Files with variables for the compose files; .env beside them by default`),
  removeVolumes: flag(false, say`Remove volumes and their data with the stack`),
  removeImages: flag(false, say`Remove images with the stack`),
};

export const namespace = "berth";
export const sample = { "berth:files": JSON.stringify([join(__dirname, "flask/docker-compose.yml")]) };

/**
 * Whatever compose files describe; they are named in the stack's settings. Documented setups C1 to C6:
 * `docker compose -f docker-compose.yml -f production.yml up -d`.
 */
export function program() {
  const given = readSettings(namespace, settings);
  const orDefault = (values: string[]) => (values.length ? values : undefined);
  const project = new ComposeProject("compose", {
    ...given,
    files: orDefault(given.files),
    profiles: orDefault(given.profiles),
    envFiles: orDefault(given.envFiles),
  });
  return { containers: project.containerNames, endpoints: project.endpoints };
}
