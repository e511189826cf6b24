import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { stringify } from "yaml";
import type { Notice, ProjectDescription } from "../core/description/project";
import { say } from "../core/description/say";
import { warnings } from "../core/description/warnings";
import { parseCompose, loadCompose } from "../core/readers/compose";
import { neededBy } from "../core/mapping/kubernetes/order";
import { parseDockerLines } from "../core/readers/dockerRun";
import { looksLikeManifests, readManifests } from "../core/readers/kubernetes";
import { type ClusterObject, pictureOfObjects } from "../core/writers/picture/ofObjects";
import { pictureOfProject } from "../core/writers/picture/ofProject";
import { type Box, type Card, Ids, type Picture, type PictureWarning } from "../core/writers/picture/picture";
import { together } from "../core/writers/picture/together";
import type { PrintOptions } from "../core/writers/printed";
import { projectOf } from "./export";
import { type Plan, type PlannedResource, plannedServices, withoutSecrets } from "./plan";

/** Components that are no service, with what they are called. What they belong to is drawn in another way. */
const PARTS: Record<string, () => string> = {
  "berth:host:DockerEngine": () => say`Docker engine`,
  "berth:host:DaemonConfig": () => "daemon.json",
  "berth:host:NvidiaToolkit": () => "NVIDIA container toolkit",
  "berth:services:ImageArchive": () => say`image archive`,
  "berth:services:BuiltImage": () => say`built image`,
  "berth:services:PushedImage": () => say`pushed image`,
};

/** A warning of a reader names the service; one of a program may. */
function warningOf(text: string, cards: Card[]): PictureWarning {
  const key = /(?:^|\s)services\.(.+?)(?:\.[a-zA-Z_]+(?:\[|\.|:)|: )/.exec(text)?.[1];
  if (key === undefined) return { text };
  // On a Swarm a service has its project's name in front.
  const ends = cards.filter(({ name }) => name.endsWith(`_${key}`));
  const card = cards.find(({ name }) => name === key) ?? (ends.length === 1 ? ends[0] : undefined);
  return { text, card: card?.id };
}

function ofNotices(notices: Notice[], picture: Picture): Picture {
  const found = notices
    .filter(({ level }) => level === "warning")
    .map(({ at, text }): PictureWarning => {
      const { card } = warningOf(`${at}: `, picture.cards);
      const shown = card ? at.replace(/^services\./, "") : at;
      return { text: say`${shown}: ${text}`, card };
    });
  return { ...picture, warnings: found };
}

function ofProject(project: ProjectDescription, options: PrintOptions): Picture {
  const notices = [...project.notices, ...warnings(project, options.folder)];
  return ofNotices(notices, pictureOfProject(project, options));
}

/** Whether it is a compose file; else it holds docker run lines. */
const isCompose = (name: string, text: string) =>
  /\.(ya?ml|json)$/i.test(name) || /^\s*\{/.test(text) || /^["']?(services|include|name)["']?\s*:/m.test(text);

/** A word is a file where there is one, or where no stack could be called so. */
export const isFile = (word: string): boolean =>
  word === "-" || /[/\\]|\.\w+$/.test(word) || (existsSync(word) && statSync(word).isFile());

/** What a compose file, docker run lines or manifests describe. */
export function pictureOfFile(file: string): Picture {
  const folder = process.cwd();
  const text = readFileSync(file === "-" ? 0 : file, "utf8");
  if (looksLikeManifests(text) && !/^services\s*:/m.test(text)) {
    const { objects } = readManifests([{ file, text }]);
    const named = objects.map(({ manifest }) => manifest as unknown as ClusterObject);
    const known = new Map(objects.map((object, index) => [object, named[index]!]));
    for (const object of objects)
      known.get(object)!.after = neededBy(object, objects).flatMap((other) => known.get(other) ?? []);
    return pictureOfObjects(file === "-" ? "manifests" : basename(file).replace(/\.[^.]*$/, ""), named);
  }
  if (isCompose(file, text)) {
    const context = { folder, environment: process.env };
    const project = file === "-" ? parseCompose(text, { name: "-" }, context) : loadCompose({ files: [file] }, context);
    return ofProject(project, { folder: file === "-" ? folder : dirname(resolve(file)) });
  }
  const context = { environment: process.env, folder, home: homedir(), secretsLater: true };
  const project = parseDockerLines([text], "setup", context);
  const keys = Object.keys(project.services);
  if (keys.length === 1) project.name = keys[0]!;
  return ofProject(project, { folder });
}

/** Parts of machines, and images: what a stack makes beside services. */
function ofParts(name: string, resources: PlannedResource[]): Picture {
  const ids = new Ids("c");
  const boxes = new Map<string, Box>();
  const parts = resources.filter(({ type }) => PARTS[type]);
  const partOf = (urn: string | undefined): PlannedResource | undefined => {
    const resource = resources.find((candidate) => candidate.urn === urn);
    return resource && !PARTS[resource.type] ? partOf(resource.parent) : resource;
  };
  const cards = parts.map((part): Card => {
    const { urn, type, inputs, dependencies } = part;
    const host = typeof inputs.host === "string" ? inputs.host : undefined;
    if (host) boxes.set(host, { id: `m ${host}`, kind: "machine", labels: [{ name: host }] });
    const below = resources.filter(({ parent }) => parent === urn).flatMap((child) => child.dependencies);
    const waits = [...dependencies, ...below].flatMap((on) => {
      const other = partOf(on);
      return other && other !== part ? [{ on: ids.of(other.urn), text: say`${other.name} is done` }] : [];
    });
    return {
      id: ids.of(urn),
      name: part.name,
      subtitle: PARTS[type]!(),
      box: host && `m ${host}`,
      chips: [],
      secrets: [],
      ports: [],
      mounts: [],
      waits: waits.filter(({ on }, index) => waits.findIndex((wait) => wait.on === on) === index),
      run: [],
      description: stringify({ [PARTS[type]!()]: inputs }),
    };
  });
  return { name, boxes: [...boxes.values()], cards, stores: [], warnings: [] };
}

/** What a stack would make, as `berth plan` has found it. */
export async function pictureOfPlan(plan: Plan, folder: string): Promise<Picture> {
  const { stack, resources, warnings: said, secretValues } = plan;
  const services = await plannedServices(resources);
  const onCluster = (type: string) => type.startsWith("kubernetes:");
  const drawnOf = (chosen: typeof services, all: PlannedResource[]) => {
    const { project, secretNames } = projectOf(stack, all, chosen, folder);
    return pictureOfProject(project, { folder, secretNames });
  };
  const own = drawnOf(
    services.filter(({ resource }) => !onCluster(resource.type)),
    resources,
  );
  const objects = new Map<string, ClusterObject>();
  for (const { urn, type, inputs } of resources) {
    if (!onCluster(type)) continue;
    const service = services.find(({ resource }) => resource.urn === urn);
    const [card] = service ? drawnOf([service], []).cards : [];
    objects.set(urn, { ...(inputs as unknown as ClusterObject), service: card });
  }
  for (const { urn, dependencies } of resources) {
    const object = objects.get(urn);
    if (object) object.after = dependencies.flatMap((other) => objects.get(other) ?? []);
  }
  const picture = together(stack, [own, pictureOfObjects(stack, [...objects.values()]), ofParts(stack, resources)]);
  const hidden = (text: string) => withoutSecrets(text, secretValues);
  const cards = picture.cards.map(
    (card): Card => ({
      ...card,
      subtitle: hidden(card.subtitle),
      run: card.run.map(hidden),
      description: hidden(card.description),
    }),
  );
  return { ...picture, cards, warnings: said.map((text) => warningOf(hidden(text), cards)) };
}
