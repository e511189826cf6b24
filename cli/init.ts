import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { ProjectDescription } from "../core/description/project";
import { listed, say } from "../core/description/say";
import type { ManifestText } from "../core/readers/kubernetes";
import type { Program } from "../core/writers/typescript";
import { type FilesOptions, filesOf, type NamedProgram, secretCommand } from "./init/files";
import { showNotices } from "./show";
import { UsageError } from "./usageError";

export interface InitOptions extends FilesOptions {
  setup?: string[];
  name?: string;
}

/** What a project begins with where nothing is pasted. */
const SAMPLE = "docker run -d --name web -p 8080:80 nginx:1.27";

const isFile = (name: string) => existsSync(name) && statSync(name).isFile();
/** By its name, or by its fences where a note is a plain text. */
const isNote = (name: string) =>
  /^\.(?:md|markdown|mdx|txt)$/i.test(extname(name)) &&
  isFile(name) &&
  (extname(name).toLowerCase() !== ".txt" || /^[ \t]*```/m.test(readFileSync(name, "utf8")));

/** Manifests are what begins with apiVersion and kind, and a folder of such files. */
async function areManifests(from: string[]): Promise<boolean> {
  const [first] = from;
  if (first === undefined || !existsSync(first) || isNote(first)) return false;
  const { looksLikeManifests } = await import("../core/readers/kubernetes");
  const file = statSync(first).isDirectory()
    ? readdirSync(first)
        .sort()
        .find((name) => /\.(?:ya?ml|json)$/i.test(name))
    : "";
  if (file === undefined) return false;
  const path = join(first, file);
  return isFile(path) && looksLikeManifests(readFileSync(path, "utf8"));
}

/** What there is to make a program of: a project, or manifests. */
interface Described {
  name: string;
  project?: ProjectDescription;
  manifests?: ManifestText[];
}

/** What the words of --from describe; only notes have several. */
async function described(
  name: string,
  { from = [], setup, running }: InitOptions,
  folder: string,
): Promise<Described[]> {
  if (await areManifests(from)) {
    const { readManifestFiles } = await import("../core/readers/kubernetes");
    return [{ name, manifests: readManifestFiles(from, { input: false }) }];
  }
  if (running) return [{ name: basename(folder), project: running.project }];
  const here = process.cwd();
  const environment = process.env;
  const [first = SAMPLE] = from;
  const notes = from.filter(isNote);
  if (notes.length && notes.length < from.length)
    throw new UsageError(say`--from: ${notes[0]} is a note, which does not stand beside files of another kind`);
  if (notes.length) return inNotes(notes, setup);
  if (setup) throw new UsageError(say`--setup: chooses from a note; name one with --from`);
  const { parseDockerLines } = await import("../core/readers/dockerRun");
  const one = (project: ProjectDescription) => [{ name: basename(folder), project }];
  const lines = (read: string[]) =>
    one(parseDockerLines(read, basename(folder), { environment, folder: here, home: homedir() }));
  if (!isFile(first)) {
    if (!/\s/.test(first))
      throw new UsageError(say`--from: there is no file ${first}; a docker run line stands in quotes`);
    return lines(from.length ? from : [SAMPLE]);
  }
  const { loadCompose } = await import("../core/readers/compose");
  if (/^\.ya?ml$/.test(extname(first)))
    return one(loadCompose({ files: from }, { folder: here, environment, namesStay: true }));
  if (from.length > 1)
    throw new UsageError(say`--from: ${first} stands alone; several files are compose files or notes`);
  return lines([readFileSync(first, "utf8")]);
}

/** The setups of notes that are ready to run, containers and manifests. */
async function inNotes(files: string[], names?: string[]): Promise<Described[]> {
  const { noticesOf, notesOf, setupsNamed } = await import("./notes");
  const notes = notesOf(files);
  const chosen = setupsNamed(notes, names, "--setup");
  if (chosen.length === 0)
    throw new Error(
      say`${files.join(", ")}: there is no setup that is ready to run; \`berth from-notes ${files.join(" ")}\` says why`,
    );
  // What somebody meant to run, and is in none of the programs.
  for (const { file, items } of names ? [] : notes) {
    const lines = items.filter(({ fate }) => fate === "template" || fate === "faulty").map(({ line }) => String(line));
    if (lines.length)
      console.error(
        say`note: ${file}: not ready to run, by line: ${listed(lines)}; \`berth from-notes ${file}\` says why`,
      );
  }
  return chosen.map((setup) => {
    const { name, project, source } = setup;
    if (project) return { name, project: { ...project, notices: noticesOf(setup) } };
    return { name, manifests: [{ file: name, text: source }] };
  });
}

async function clusterProgram(name: string, manifests: ManifestText[]): Promise<Program> {
  const { readManifests } = await import("../core/readers/kubernetes");
  const { toClusterProgram } = await import("../core/writers/clusterProgram");
  const { objects, notices } = readManifests(manifests);
  const program = toClusterProgram(name, objects, { folder: process.cwd(), package: true });
  program.notices.unshift(...notices);
  return program;
}

async function containerProgram(
  project: ProjectDescription,
  folder: string,
  { from = [], running }: InitOptions,
): Promise<Program> {
  const { toTypescript } = await import("../core/writers/typescript");
  const { warnings } = await import("../core/description/warnings");
  const program = toTypescript(project, { folder: process.cwd(), shownFrom: folder, package: true });
  const found = running || (from.length && !from.some(isNote)) ? warnings(project, process.cwd()) : [];
  // What runs has its secrets in clear; the program has not.
  const said = found.filter(({ inClear }) => !running || !inClear);
  program.notices.unshift(...project.notices, ...said);
  return program;
}

/** The programs of what is described, one for each setup of a note. */
async function programsOf(name: string, options: InitOptions, folder: string): Promise<NamedProgram[]> {
  const all = await described(name, options, folder);
  return Promise.all(
    all.map(async ({ name: setup, project, manifests = [] }) => ({
      // The file index.ts is the one that chooses.
      name: all.length > 1 && setup === "index" ? "index-setup" : setup,
      program: project ? await containerProgram(project, folder, options) : await clusterProgram(setup, manifests),
    })),
  );
}

/** Text of every file of a new project. */
export async function projectFiles(
  folder: string,
  options: InitOptions,
): Promise<{ files: Record<string, string>; programs: NamedProgram[] }> {
  const name = options.name ?? basename(folder);
  if (!/^[A-Za-z][\w.-]*$/.test(name))
    throw new UsageError(
      say`--name: "${name}" is no name of a project; use letters, digits, dots, dashes and underscores, the first one a letter`,
    );
  const programs = await programsOf(name, options, folder);
  const files = filesOf(name, programs, options);
  return { files, programs };
}

/** `berth init`: a Pulumi project of one's own, in a folder that has none of its files yet. */
export async function init(given: string | undefined, options: InitOptions): Promise<number> {
  const folder = resolve(given ?? ".");
  const { files, programs } = await projectFiles(folder, options);
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const taken = Object.keys(files).filter((file) => there.includes(file.split("/")[0]!));
  if (taken.length)
    throw new Error(
      say`${folder} has ${taken.join(", ")} already; name another folder, for example \`berth init containers\``,
    );
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const several = programs.length > 1;
  for (const { name, program } of programs) showNotices(program.notices, several ? `${name}: ` : "");
  const way = relative(process.cwd(), folder);
  const stack = several ? programs[0]!.name : "dev";
  const made = programs.map(({ name, program }) =>
    several ? name : (program.objects ?? program.containers).join(", "),
  );
  console.log(say`Made a Pulumi project in ${folder}: ${listed(made)}. Next:\n`);
  if (way) console.log(`  cd ${way}`);
  console.log(`  npm install\n  npm test\n  npx berth plan${several ? ` ${stack}` : ""}`);
  for (const { name, program } of programs)
    for (const secret of program.secrets)
      console.log(`  ${secretCommand(program, secret, several ? name : stack, options.running)}`);
  if (options.running) console.log(`  npx berth preview ${stack}`);
  console.log(`  npx berth up ${stack}`);
  return 0;
}
