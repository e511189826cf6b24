import { dirname, resolve } from "node:path";
import { ArgumentError } from "../../description/errors";
import type { ProjectDescription, ProjectService } from "../../description/project";
import { holesIn, say, withoutStop } from "../../description/say";
import type { DockerRunContext, parseDockerLines } from "../dockerRun";
import { hideSecrets } from "../dockerRun/errors";
import type { NoteBlock } from "./blocks";
import type { Build, Meaning } from "./commands";
import { variablesOf } from "./files";
import type { Fate, NoteItem, NoteSetup } from "./note";
import type { ServiceLine } from "./service";
import type { Around, Statement } from "./statements";

export type LinesProject = ReturnType<typeof parseDockerLines>;

/** A command or file whose fate is settled when the whole note is known. */
export interface Piece {
  item: NoteItem;
  statement: Statement;
  /** Lines above that set what it needs. */
  prefix: string[];
}

export interface Line extends Piece {
  name: (Meaning & { kind: "line" })["name"];
  /** For `docker service create`: what only a Swarm knows. */
  service?: ServiceLine;
  /** What it says by itself. */
  project: LinesProject;
}

export interface File {
  item: NoteItem;
  block: NoteBlock;
}

/** A command that applies files. */
export interface Applied {
  item: NoteItem;
  text: string;
  files: string[];
  /** Services of them that it names. */
  services: string[];
  /** What does it; without a name, its setup. */
  how: (setup?: string) => string;
}

export interface Built extends Piece {
  build: Build;
  dockerfile?: File;
}

/** Flags whose value is a password or a token, where the name of no variable says so. */
const SECRET_FLAG = /(\s(?:--password|--token|--requirepass)[ =]+|\blogin\b[^\n]*?\s-p[ =]*)([^\s<$"']{2,200})/g;

/** A command in one row, with values masked that are secrets by their names. */
const oneRow = (text: string) =>
  hideSecrets(
    text
      .split("\n")
      .map((row) =>
        row
          .trim()
          .replace(/[\\`^]$/, "")
          .trimEnd(),
      )
      .filter(Boolean)
      .join(" "),
  ).replace(
    SECRET_FLAG,
    (_, flag: string, value: string) => flag + (/^x+$/i.test(value) ? value : "*".repeat(value.length)),
  );

/** What went wrong, as one sentence without its place. */
export function sentence(error: unknown): string {
  if (error instanceof ArgumentError) return withoutStop(error.message.split("\n")[0]!);
  throw error;
}

/** A sentence about a place in a file, which is the note itself. */
export const inNote = (said: string) => said.replace(/^\S*?:(\d+)(?::\d+)?/, (_, line: string) => say`line ${line}`);

export const first = (project: ProjectDescription): [key: string, service: ProjectService] | undefined =>
  Object.entries(project.services)[0];

/** Images that a project runs. */
export const imagesOf = (project: ProjectDescription | undefined): string[] =>
  Object.values(project?.services ?? {}).map(({ image }) => image);

/** Files that Compose looks for. */
export const COMPOSE_FILES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/** What is known of one note while it is read. */
export class NoteState {
  readonly items: NoteItem[] = [];
  readonly setups: NoteSetup[] = [];
  readonly lines: Line[] = [];
  readonly services: Piece[] = [];
  readonly builds: Built[] = [];
  readonly applied: Applied[] = [];
  readonly composes: File[] = [];
  readonly manifests: File[] = [];
  readonly dockerfiles: File[] = [];
  readonly envs: File[] = [];
  readonly around: (Around & { block: number })[] = [];
  readonly runs: Piece[] = [];
  block = 0;
  /** Images that the note builds. */
  made: ReadonlySet<string> = new Set();
  /** Setups that a piece is part of. */
  readonly belongs = new Map<NoteItem, NoteSetup[]>();
  /** Images that builds and Dockerfiles are used for. */
  readonly joined = new Map<NoteItem, string>();
  /** Setups of lines, by what they make. */
  readonly said = new Map<string, NoteSetup>();
  readonly folder: string;

  constructor(
    readonly file: string,
    readonly context: DockerRunContext,
    /** Names that setups of other notes have. */
    readonly taken: Set<string>,
  ) {
    this.folder = dirname(resolve(context.folder, file));
  }

  item(line: number, text: string, what: string, fate: Fate, why = "", holes: string[] = []): NoteItem {
    const item: NoteItem = {
      line,
      text: oneRow(text.slice(0, 2000)).slice(0, 300),
      what,
      fate,
      setups: [],
      holes,
      why,
    };
    this.items.push(item);
    return item;
  }

  settle(item: NoteItem, holes: string[], fate: Fate, why: string): boolean {
    item.why = why;
    item.holes = holes;
    item.fate = holes.length ? "template" : fate;
    return holes.length === 0;
  }

  env(path: string): Record<string, string> | undefined {
    const name = path.split("/").at(-1);
    const file = this.envs.find(({ block }) => (block.title ?? ".env") === name);
    return file && variablesOf(file.block);
  }

  refuse(item: NoteItem, error: unknown): void {
    const why = sentence(error);
    const [variable] =
      holesIn(why, "the variable {0} is not set{1}") ??
      holesIn(why, "the required variable {0} is missing a value{1}") ??
      [];
    // In Chinese, what is said of the variable follows at once.
    const unset = /^\w+/.exec(variable ?? "")?.[0];
    const [file, code = ""] = holesIn(why, "cannot read {0} ({1})") ?? [];
    const missing = code.startsWith("ENOENT") ? file : undefined;
    const hole = unset ? `$${unset}` : missing && say`the file ${missing.split("/").at(-1)}`;
    if (hole) this.settle(item, [hole], "template", "");
    else this.settle(item, [], "faulty", why);
  }

  /** Nearest above, else the first below: a name is often used for several containers. */
  nearest<T extends { item: NoteItem }>(from: NoteItem, all: T[], fits: (one: T) => boolean): T | undefined {
    const found = all.filter(fits);
    return found.filter(({ item }) => item.line < from.line).at(-1) ?? found.find(({ item }) => item !== from);
  }

  belong(setup: NoteSetup, pieces: { item: NoteItem }[]): void {
    for (const { item } of pieces) {
      item.fate = "ready";
      item.why = "";
      this.belongs.set(item, [...(this.belongs.get(item) ?? []), setup]);
    }
  }

  /** Takes a setup out again; what was only part of it does not run as written. */
  dropSetup(setup: NoteSetup, why: string): void {
    this.setups.splice(this.setups.indexOf(setup), 1);
    for (const [item, setups] of this.belongs) {
      const left = setups.filter((other) => other !== setup);
      if (left.length === setups.length) continue;
      this.belongs.set(item, left);
      if (left.length === 0) this.settle(item, [], "faulty", why);
    }
    const images = new Set(this.setups.flatMap(({ project }) => imagesOf(project)));
    for (const [item, image] of this.joined) if (!images.has(image)) this.joined.delete(item);
  }

  addSetup(setup: Omit<NoteSetup, "lines" | "source">, source: string, pieces: { item: NoteItem }[]): NoteSetup {
    const { locate, ...data } = setup;
    const made = { ...data, lines: pieces.map(({ item }) => item.line).sort((a, b) => a - b) } as NoteSetup;
    Object.defineProperties(made, { source: { value: source }, locate: { value: locate, writable: true } });
    this.setups.push(made);
    this.belong(made, pieces);
    return made;
  }
}
