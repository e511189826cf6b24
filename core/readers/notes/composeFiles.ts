import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Notice, ProjectService } from "../../description/project";
import { both, isSaid, listed, say } from "../../description/say";
import { ComposeError, parseComposeFiles } from "../compose";
import { variablesOf } from "./files";
import { holesOfYaml } from "./holes";
import { type File, sentence, inNote, COMPOSE_FILES, type NoteState } from "./state";
import { FILES } from "./pieces";
import { notCopied } from "./images";

/** A compose file without a name is called after its services. */
const composeName = (keys: string[]) =>
  keys.length > 2 ? `${keys.slice(0, 2).join("-")}-and-${keys.length - 2}` : keys.join("-");

const projectName = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "") || "note";

/** Services of a compose file, as far as its rows say which they are. */
export function keysOfServices(text: string): string[] {
  const rows = text
    .slice(text.search(/^services:/m))
    .split("\n")
    .slice(1);
  const indent = /^\s*/.exec(rows.find((row) => row.trim() && !/^\s*#/.test(row)) ?? "")![0].length;
  const end = rows.findIndex((row) => /^\S/.test(row) && !row.startsWith("#"));
  return rows.slice(0, end < 0 ? undefined : end).flatMap((row) => {
    const [, blanks = "", key] = /^(\s*)["']?([\w.-]+)["']?\s*:/.exec(row) ?? [];
    return key !== undefined && blanks.length === indent ? [key] : [];
  });
}

/** Files that a command reads as one are one setup, and each by itself only where another command says so. */
export function readComposes(note: NoteState): void {
  const calls = note.applied.filter(({ item }) => !item.what.startsWith("kubectl")).map(({ files }) => files);
  const parts = new Set<File>();
  for (const [index, names] of calls.entries()) {
    if (names.length < 2 || calls.findIndex((other) => other.join("\0") === names.join("\0")) < index) continue;
    const files = names.map((name) => note.composes.find(({ block }) => block.title === name));
    if (files.some((file) => file === undefined)) continue;
    if (readMerged(note, files as File[])) for (const file of files) parts.add(file!);
  }
  const alone = ({ block: { title = "" } }: File) =>
    calls.some((names) => (names.length ? names.length === 1 && names[0] === title : COMPOSE_FILES.includes(title)));
  for (const file of note.composes) if (!parts.has(file) || alone(file)) readCompose(note, file);
}

/** @returns whether they can be read as one */
function readMerged(note: NoteState, files: File[]): boolean {
  if (files.some(({ block }) => holesOfYaml(block.text, note.made).length)) return false;
  try {
    readFiles(
      note,
      files,
      files.map(({ block }) => ({ name: block.title!, text: withShownFiles(note, block.text) })),
    );
  } catch {
    return false;
  }
  const [first, ...others] = files;
  note.settle(first!.item, [], "ready", "");
  for (const { item, block } of others) {
    item.text = say`${block.title}: ${say`over line ${first!.item.line}`}`;
    note.settle(item, [], "ready", "");
  }
  return true;
}

/** What is said of a file that is right, but where something else is not there. */
const WANTING = ["the required variable {0} is missing a value{1}", "cannot read {0}", "cannot read the file ({0})"];

/** Whether a file is no whole one: a note shows what to add to some other. */
const isPart = ({ path, problem }: ComposeError) =>
  isSaid(problem, "has neither an image nor a build context") ||
  (/^services(?:\.[\w.-]+)?$/.test(path) && problem === say`must be a ${say`mapping`}, and is ${say`empty`}`);

function readCompose(note: NoteState, file: File): void {
  const { item, block } = file;
  if (!note.settle(item, holesOfYaml(block.text, note.made), "ready", "")) return;
  // With rows above it, a place in the text is a place in the note.
  const text = "\n".repeat(block.line - 1) + withShownFiles(note, block.text);
  try {
    readFiles(note, [file], [{ name: note.file, text }]);
  } catch (error) {
    if (error instanceof ComposeError && isPart(error)) note.settle(item, [], "understood", FILES["compose part"][1]);
    else if (error instanceof ComposeError && !WANTING.some((template) => isSaid(error.problem, template)))
      note.settle(item, [], "faulty", inNote(sentence(error)));
    else note.refuse(item, error);
  }
}

/** Makes a setup of files that belong together. */
function readFiles(note: NoteState, files: File[], given: { name: string; text: string }[]): void {
  const { item } = files[0]!;
  const variables = Object.assign(
    {},
    ...note.envs.filter(({ block: { title = ".env" } }) => title === ".env").map(({ block: env }) => variablesOf(env)),
  );
  const read = (projectName?: string) =>
    parseComposeFiles(
      given,
      { projectName },
      { folder: note.context.folder, environment: { ...variables, ...note.context.environment } },
    );
  const declared = files.flatMap((file) => /^name:\s*["']?([\w.-]+)/m.exec(file.block.text)?.[1] ?? []).at(-1);
  // Without a name of its own it is named after its setup, not after the folder of the note.
  const guess = declared ?? composeName([...new Set(files.flatMap((file) => keysOfServices(file.block.text)))]);
  let project = read(declared === undefined ? projectName(guess) : undefined);
  const keys = Object.keys(project.services);
  const name = declared ?? composeName(keys);
  if (name !== guess) project = read(projectName(name));
  const titles = files.flatMap((file) => file.block.title ?? []);
  const said = say`services ${listed(keys)}`;
  item.text = titles.length ? say`${both(titles)}: ${said}` : said;
  const notices: Notice[] = [];
  for (const key of keys) composeBuild(note, key, project.services[key]!, files[0]!, notices);
  for (const service of Object.values(project.services)) composeEnv(note, service);
  const { locate } = project;
  const source = files.map((file) => file.block.text).join("\n");
  note.addSetup({ name, kind: "compose", project, notices, locate }, source, files);
}

/** Gives a service the Dockerfile that the note shows. */
function composeBuild(
  note: NoteState,
  key: string,
  { build, image }: ProjectService,
  { item, block }: File,
  notices: Notice[],
): void {
  if (!build || build.dockerfileInline !== undefined) return;
  if (existsSync(resolve(build.context, build.dockerfile ?? "Dockerfile"))) return;
  const named = build.dockerfile?.split("/").at(-1);
  const own = ({ block: { chapter }, item: other }: File) => chapter === block.chapter && !note.joined.has(other);
  const dockerfile =
    note.dockerfiles.find((file) => named !== undefined && file.block.title === named) ??
    note.nearest(item, note.dockerfiles, own);
  if (!dockerfile) {
    notices.push({
      level: "warning",
      at: `services.${key}.build`,
      text: say`there is no Dockerfile in ${build.context}, and none in the note: put it there before \`up\``,
    });
    return;
  }
  delete build.dockerfile;
  build.dockerfileInline = dockerfile.block.text;
  notices.push(...notCopied(dockerfile, build.context));
  note.joined.set(dockerfile.item, image);
}

/** Files of variables that the note shows need not be there. */
function withShownFiles(note: NoteState, text: string): string {
  const optional = (all: string, before: string, path: string) =>
    note.env(path) && !existsSync(resolve(note.folder, path))
      ? `${before}${/-\s*$/.test(before) ? "" : "["}{ path: "${path}", required: false }${/-\s*$/.test(before) ? "" : "]"}`
      : all;
  return text
    .replace(/^([ \t]*env_file:[ \t]*)["']?([\w./-]+)["']?(?=[ \t]*(?:#.*)?$)/gm, optional)
    .replace(/^[ \t]*env_file:[ \t]*\n(?:[ \t]*-[ \t]*\S+[ \t]*\n?)+/gm, (list) =>
      list.replace(/^([ \t]*-[ \t]*)["']?([\w./-]+)["']?(?=[ \t]*$)/gm, optional),
    );
}

/** A file of variables that is not there, but in the note. */
function composeEnv(note: NoteState, service: ProjectService): void {
  const files = service.envFile as { path: string }[] | undefined;
  if (!Array.isArray(files)) return;
  const left = files.filter(({ path }) => {
    const shown = path && !existsSync(path) ? note.env(path) : undefined;
    if (shown) service.environment = { ...shown, ...(service.environment as Record<string, string>) };
    return !shown;
  });
  if (left.length === files.length) return;
  if (left.length) service.envFile = left as never;
  else delete service.envFile;
}
