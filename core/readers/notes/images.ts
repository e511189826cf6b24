import { listed, say } from "../../description/say";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { BuildDescription, Notice, ProjectService } from "../../description/project";
import type { Build } from "./commands";
import { holesOfImage, holesOfWords } from "./holes";
import type { NoteItem } from "./note";
import { type File, type Built, imagesOf, type NoteState } from "./state";

/** Rows within which a Dockerfile belongs to the line that builds from it. */
const NEAR = 60;

/** Finds the Dockerfile of each build: by its name, else the one shortly above. */
export function findDockerfiles(note: NoteState): void {
  for (const built of note.builds) {
    const above = note.dockerfiles.filter(({ item }) => item.line < built.item.line);
    const file = built.build.dockerfile?.split("/").at(-1);
    built.dockerfile =
      above.filter(({ block }) => file !== undefined && block.title === file).at(-1) ??
      (above.at(-1) && built.item.line - above.at(-1)!.item.line < NEAR ? above.at(-1) : undefined);
  }
}

/** The build of the note that makes an image. */
export function buildOf(note: NoteState, from: NoteItem, image: string): Built | undefined {
  const tagged = (tag: string) => tag === image || tag === `${image}:latest` || `${tag}:latest` === image;
  return note.nearest(from, note.builds, ({ build }) => build.tags.some(tagged));
}

/** Gives a service the build of its image; the hole, where something is missing for it. */
export function joinBuild(
  note: NoteState,
  service: ProjectService,
  built: Built,
  notices: Notice[],
): string | undefined {
  const { build, dockerfile, statement } = built;
  if (holesOfBuild(statement.text, build).length || build.context === undefined) return say`the image ${service.image}`;
  if (/^(?:https?|git|ssh):|^git@|^-$/.test(build.context)) return say`a copy of ${build.context}`;
  const context = resolve(note.folder, build.context);
  const described: BuildDescription = { context };
  const path = resolve(context, build.dockerfile ?? "Dockerfile");
  if (existsSync(path)) {
    if (build.dockerfile) described.dockerfile = path;
  } else if (dockerfile) {
    described.dockerfileInline = dockerfile.block.text;
    notices.push(...notCopied(dockerfile, context));
  } else return say`the Dockerfile of ${service.image}`;
  if (Object.keys(build.args).length) described.args = build.args;
  if (build.network) described.network = build.network;
  if (build.target) described.target = build.target;
  service.build = described;
  for (const { item } of [built, ...(dockerfile && described.dockerfileInline !== undefined ? [dockerfile] : [])])
    if (!note.joined.has(item)) note.joined.set(item, service.image);
  return undefined;
}

/** Files that a Dockerfile copies and that are not there. */
export function notCopied({ block }: File, context: string): Notice[] {
  return block.text.split("\n").flatMap((row): Notice[] => {
    const words =
      /^[ \t]*(?:COPY|ADD)[ \t]+(?!\[)(.*)$/i
        .exec(row)?.[1]
        ?.replace(/\s#.*$/, "")
        .trim()
        .split(/\s+/) ?? [];
    if (words.some((word) => word.startsWith("--from"))) return [];
    const sources = words.filter((word) => !word.startsWith("--")).slice(0, -1);
    return sources
      .filter((source) => !/[*?$]|^https?:/.test(source) && !existsSync(resolve(context, source)))
      .map((source) => ({
        level: "warning",
        at: "Dockerfile",
        text: say`copies ${source}, which is not in ${context}: put it there before \`up\``,
      }));
  });
}

/** Says what becomes of builds and Dockerfiles. */
export function settleBuilds(note: NoteState): void {
  for (const { item, build, statement, dockerfile } of note.builds) {
    const image = note.joined.get(item);
    if (image) note.settle(item, [], "understood", say`\`up\` of ${usersOf(note, image)} builds it`);
    else if (!note.settle(item, holesOfBuild(statement.text, build), "understood", "")) continue;
    else if (build.context === undefined)
      note.settle(item, [], "faulty", say`docker build: names no folder; write . behind it for the current one`);
    else if (build.context === "-")
      item.why = say`takes its Dockerfile from the input: save it as a file, and \`berth up images\` builds it`;
    else {
      item.why = dockerfile
        ? say`no line of the note runs its image: \`berth up images\` builds it from the Dockerfile in line ${dockerfile.item.line}, saved in that folder`
        : say`no line of the note runs its image: \`berth up images\` builds it from that folder`;
    }
  }
  for (const { item } of note.dockerfiles) {
    const image = note.joined.get(item);
    if (image) item.why = say`\`up\` of ${usersOf(note, image)} builds ${image} from it`;
  }
}

function holesOfBuild(text: string, { tags }: Build): string[] {
  return [...new Set([...holesOfWords(text), ...tags.flatMap((tag) => holesOfImage(tag, new Set(), true))])];
}

/** The setups that run an image. */
function usersOf(note: NoteState, image: string): string {
  const users = note.setups.filter(({ project }) => imagesOf(project).includes(image));
  return listed(users.map(({ name }) => name));
}
