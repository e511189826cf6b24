import * as pulumi from "@pulumi/pulumi";
import { say } from "../description/say";

/** Settings of every stack, `berth:…`, with what they are and their defaults. Components and stacks read them here only. */
export const SETTINGS = {
  program: [say`Program of the stack, or a list of several`, say`the stack's name up to its first dash`],
  engine: [say`Where services run: docker, swarm, kubernetes`, "docker"],
  registry: [
    say`Registry that images built here are pushed to, for swarm and kubernetes; http://HOST where it has no TLS`,
    "",
  ],
  nodeAddress: [say`Address of a node of the cluster, for the URLs of its node ports`, "localhost"],
  adopt: [say`Containers, networks and volumes that are there already and become the stack's own, by name`, ""],
  imageMirrors: [say`Where images of a registry are fetched in its place: docker.io to mirror.example`, ""],
  images: [
    say`Digests by image, which \`berth outdated STACK --lock\` writes, so that the same image runs everywhere`,
    say`whatever a tag stands for when it is fetched`,
  ],
  rollback: [say`Services that run as they did before, which \`berth rollback\` writes`, ""],
  owner: [say`Who the stack belongs to on a shared engine`, say`this user and this folder`],
} satisfies Record<string, [doc: string, standard: string]>;

/** The text of a setting; undefined where the stack has none. */
export const berthSetting = (name: keyof typeof SETTINGS): string | undefined => new pulumi.Config("berth").get(name);

/** What may be called so on an engine. */
const NAME = /^[A-Za-z0-9][\w.-]*$/;

/**
 * Names of what is there already and becomes the stack's own: the setting `berth:adopt`, one name or a list.
 *
 * @throws RunError for anything else
 */
export function namesToAdopt(): string[] {
  const text = berthSetting("adopt")?.trim();
  if (!text) return [];
  let names: unknown = [text];
  if (text.startsWith("[")) {
    try {
      names = JSON.parse(text);
    } catch {
      // It is said below.
    }
  }
  const wrong = Array.isArray(names) ? names.find((name) => typeof name !== "string" || !NAME.test(name)) : text;
  if (wrong === undefined) return names as string[];
  throw new pulumi.RunError(
    say`berth:adopt: ${typeof wrong === "string" ? wrong : JSON.stringify(wrong)} is no name; name one container, network or volume, or several in a list (\`pulumi config set --path 'berth:adopt[0]' web\`).`,
  );
}
