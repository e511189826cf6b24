import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ArgumentError } from "../../description/errors";
import type { BuildDescription, Notice, ProjectDescription, ProjectService } from "../../description/project";
import { ComposeError, parseComposeFiles } from "../compose";
import { type DockerRunContext, parseDockerLines } from "../dockerRun";
import { DockerRunError, hideSecrets } from "../dockerRun/errors";
import { ManifestError, readManifests } from "../kubernetes";
import { blocksOf, isBlock, type NoteBlock } from "./blocks";
import { clashesOf } from "./clashes";
import { type Build, fileOf, type Meaning, meaningOf, readBuild } from "./commands";
import { daemonKeys, type FileKind, fileKind, titleOf, variablesOf } from "./files";
import { holesOfImage, holesOfRun, holesOfWords, holesOfYaml } from "./holes";
import type { Fate, Note, NoteItem, NoteSetup } from "./note";
import { readServiceLine, type ServiceLine } from "./service";
import { withoutRemarks } from "./remarks";
import { type Around, splitFile, type Statement, takeApart } from "./statements";

type LinesProject = ReturnType<typeof parseDockerLines>;

/** A command or file whose fate is settled when the whole note is known. */
interface Piece {
  item: NoteItem;
  statement: Statement;
  /** Lines above that set what it needs. */
  prefix: string[];
}

interface Line extends Piece {
  name: (Meaning & { kind: "line" })["name"];
  /** For `docker service create`: what only a Swarm knows. */
  service?: ServiceLine;
  /** What it says by itself. */
  project: LinesProject;
}

interface File {
  item: NoteItem;
  block: NoteBlock;
}

interface Built extends Piece {
  build: Build;
  dockerfile?: File;
}

/** A name that a note gives something more than once is told apart by a number. */
export function unique(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let count = 2; ; count += 1) if (!taken.has(`${name}-${count}`)) return `${name}-${count}`;
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
function sentence(error: unknown): string {
  if (error instanceof DockerRunError) return `${error.argument}: ${error.problem}; ${error.remedy}`;
  if (error instanceof ComposeError || error instanceof ManifestError || error instanceof ArgumentError)
    return error.message.split("\n")[0]!.replace(/\.$/, "");
  throw error;
}

/** A sentence about a place in a file, which is the note itself. */
const inNote = (said: string) => said.replace(/^\S*?:(?=\d)/, "line ");

const nameOf = (network: string | { name: string }) => (typeof network === "string" ? network : network.name);
const first = (project: ProjectDescription): [key: string, service: ProjectService] | undefined =>
  Object.entries(project.services)[0];

const SWARM: Notice = {
  level: "note",
  at: "docker service create",
  text: "is a service of a Swarm: set berth:engine to swarm where its code is applied",
};

/** Rows within which a Dockerfile belongs to the line that builds from it. */
const NEAR = 60;

/** Files that Compose looks for. */
const COMPOSE_FILES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/** Lines by the names of the containers that they make. */
function byContainer(runs: Line[]): Map<string, Line[]> {
  const called = new Map<string, Line[]>();
  for (const run of runs) {
    const name = first(run.project)?.[1].containerName;
    if (name !== undefined) called.set(name, [...(called.get(name) ?? []), run]);
  }
  return called;
}

const FILES: Record<FileKind, [what: string, how: string]> = {
  compose: ["compose file", ""],
  "compose part": [
    "part of a compose file",
    "put it below `services:` in a compose file, and give that to `berth from-compose`",
  ],
  dockerfile: [
    "Dockerfile",
    "no line of the note builds an image from it: `berth up images` does, with the setting images:context",
  ],
  kubernetes: ["manifests", ""],
  "kubernetes part": ["part of a manifest", "change the manifest that it belongs to"],
  "daemon.json": [
    "daemon.json",
    "save it as a file and name that: `pulumi config set host:daemonFile daemon.json --stack host`; comments, and keys that stand twice, are read too",
  ],
  env: [".env file", ""],
  jupyter: [
    "settings of Jupyter",
    "the components `JupyterServer` and `JupyterHub`; `berth settings jupyter` lists what they take",
  ],
};

/** A compose file without a name is called after its services. */
const composeName = (keys: string[]) =>
  keys.length > 2 ? `${keys.slice(0, 2).join("-")}-and-${keys.length - 2}` : keys.join("-");
const projectName = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "") || "note";

/** Services of a compose file, as far as its rows say which they are. */
function keysOfServices(text: string): string[] {
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

/** Reads one note. */
export class NoteReader {
  private readonly items: NoteItem[] = [];
  private readonly setups: NoteSetup[] = [];
  private readonly lines: Line[] = [];
  private readonly services: Piece[] = [];
  private readonly builds: Built[] = [];
  private readonly applied: { item: NoteItem; text: string; files: string[]; how: string }[] = [];
  private readonly composes: File[] = [];
  private readonly manifests: File[] = [];
  private readonly dockerfiles: File[] = [];
  private readonly envs: File[] = [];
  private readonly around: (Around & { block: number })[] = [];
  private readonly runs: Piece[] = [];
  private block = 0;
  /** Images that the note builds. */
  private made: ReadonlySet<string> = new Set();
  /** Setups that a piece is part of. */
  private readonly belongs = new Map<NoteItem, NoteSetup[]>();
  /** Images that builds and Dockerfiles are used for. */
  private readonly joined = new Map<NoteItem, string>();
  /** Setups of lines, by what they make. */
  private readonly said = new Map<string, NoteSetup>();
  private readonly folder: string;

  constructor(
    private readonly file: string,
    private readonly context: DockerRunContext,
    /** Names that setups of other notes have. */
    private readonly taken: Set<string>,
  ) {
    this.folder = dirname(resolve(context.folder, file));
  }

  read(text: string): Note {
    for (const block of blocksOf(text)) {
      this.block += 1;
      this.take(block);
    }
    this.made = new Set(this.builds.flatMap(({ build }) => build.tags));
    this.findDockerfiles();
    this.readRuns();
    for (const piece of this.services) this.readService(piece);
    for (const group of this.groups()) this.readGroup(group);
    this.readComposes();
    for (const file of this.manifests) this.readManifests(file);
    const setups = this.setups.sort((one, other) => one.lines[0]! - other.lines[0]!);
    this.nameAll(setups);
    this.settleBuilds();
    this.settleApplied();
    const items = this.items.sort((one, other) => one.line - other.line);
    return { file: this.file, setups, items, clashes: clashesOf(setups) };
  }

  private item(line: number, text: string, what: string, fate: Fate, why = "", holes: string[] = []): NoteItem {
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

  // What stands in the note

  private take(block: NoteBlock): void {
    const code = isBlock(block);
    const kind = code ? fileKind(block) : undefined;
    if (kind) {
      this.takeFile(block, kind);
      return;
    }
    const parts = code ? splitFile(block) : undefined;
    if (parts) {
      for (const part of parts) this.take(part);
      return;
    }
    const { statements, around, files, rest } = takeApart(block);
    for (const each of around) this.around.push({ ...each, block: this.block });
    let written = false;
    for (const file of files) {
      const inside = fileKind(file);
      if (inside) this.takeFile(file, inside);
      else
        this.item(
          file.line,
          file.text.split("\n").find((row) => row.trim()) ?? "",
          "file",
          "left out",
          `${file.named[0] ?? "a file"}: write it by hand`,
        );
      written = true;
    }
    for (const statement of statements) this.takeStatement(statement);
    if (rest && !(written && rest.rows === 1)) {
      const empty = statements.length === 0 && !written;
      const why = empty ? "nothing of containers is in it" : "other rows of its block: not run";
      this.item(rest.line, rest.text, rest.rows === 1 ? "row" : `${rest.rows} rows`, "left out", why);
    } else if (code && statements.length === 0 && !written && !rest) {
      const why = around.length ? "sets variables or a folder, which no setup needs" : "comments only";
      this.item(block.line, block.text.trim().split("\n")[0]!, "block", "left out", why);
    }
  }

  private takeFile(given: NoteBlock, kind: FileKind): void {
    const title = titleOf(given, kind);
    const block = { ...given, ...(title && { title }) };
    const [what, how] = FILES[kind];
    const row = block.text.split("\n").find((text) => text.trim() && !/^\s*(?:#|---)/.test(text)) ?? "";
    const said = kind === "daemon.json" ? daemonKeys(block.text) : row.trim();
    const named = title && !what.toLowerCase().includes(title.toLowerCase());
    const shown = named ? `${title}: ${said}` : said;
    const item = this.item(block.line, shown, what, "understood", how);
    const lists: Partial<Record<FileKind, File[]>> = {
      compose: this.composes,
      kubernetes: this.manifests,
      dockerfile: this.dockerfiles,
      env: this.envs,
    };
    lists[kind]?.push({ item, block });
    if (kind === "env") item.why = "variables for the setups that name this file";
  }

  private takeStatement(statement: Statement): void {
    const { text, line, called, remark, off } = statement;
    const meaning = meaningOf(text, called);
    const group = /^(?:container|network|volume|image|service|stack|swarm|compose|secret|config)$/.test(called.first);
    const second = group ? new RegExp(`\\b${called.first}\\s+([a-z-]+)`).exec(text)?.[1] : undefined;
    const what = [called.program, called.first, second].filter(Boolean).join(" ");
    if (off) {
      this.item(line, text, what, "left out", "is commented out");
      return;
    }
    if (meaning.kind === "left out") {
      this.item(line, text, what, "left out", meaning.why);
      return;
    }
    const alone =
      /^\S+(?:[ \t]+(?:container|network|volume|image|service|stack|compose|swarm))?[ \t]+[a-z-]+(?:\/[a-z/-]+)?$/.test(
        text.replace(/^sudo\s+/, ""),
      );
    if (alone && !/\b(?:up|init|login|start|deploy)$/.test(text)) {
      this.item(line, text, what, "left out", "names the command, and nothing to run");
      return;
    }
    if (called.misspelt) {
      this.item(line, text, what, "faulty", `${called.misspelt}: is no command; did you mean ${called.program}?`);
      return;
    }
    if (/报错|出错|会失败|错误的|\bfails?\b|\berrors?\b|won't work/i.test(remark) && meaning.kind === "line") {
      this.item(line, text, what, "left out", `the note says of it: ${remark.slice(0, 60)}`);
      return;
    }
    const item = this.item(line, text, what, "understood");
    const piece: Piece = { item, statement, prefix: this.prefixOf(text) };
    if (meaning.kind === "understood") this.settle(item, holesOfWords(text), "understood", meaning.how);
    else if (meaning.kind === "service") this.services.push(piece);
    else if (meaning.kind === "build") this.builds.push({ ...piece, build: readBuild(text) });
    else if (meaning.kind === "applies")
      this.applied.push({ item, text, files: meaning.files.map(fileOf), how: meaning.how });
    else this.runs.push({ ...piece, name: meaning.name } as Piece & Pick<Line, "name">);
  }

  private settle(item: NoteItem, holes: string[], fate: Fate, why: string): boolean {
    item.why = why;
    item.holes = holes;
    item.fate = holes.length ? "template" : fate;
    return holes.length === 0;
  }

  /** The rows above that set variables, or the folder, that a command needs. */
  private prefixOf(text: string): string[] {
    const found = new Set<Around & { block: number }>();
    const need = (words: string, before: number) => {
      for (const [, name] of words.matchAll(/(?:\$\{?|%)(?:env:)?([A-Za-z_]\w*)/g)) {
        for (let at = before - 1; at >= 0; at -= 1) {
          const row = this.around[at]!;
          if (!row.sets?.includes(name!)) continue;
          if (!found.has(row)) {
            found.add(row);
            need(row.text, at);
          }
          break;
        }
      }
    };
    need(text, this.around.length);
    if (/\$\(pwd\)|`pwd`|\$\{?PWD|(?:^|[\s=:"',])\.{1,2}(?:\/|:)/i.test(text))
      for (const row of this.around) if (!row.sets && row.block === this.block) found.add(row);
    return this.around.filter((row) => found.has(row)).map((row) => row.text);
  }

  // Lines of docker

  /** Every line by itself: holes, slips, and what it says. */
  private readRuns(): void {
    const { made } = this;
    for (const piece of this.runs as (Piece & Pick<Line, "name">)[]) {
      const { item, name } = piece;
      const { text } = piece.statement;
      const holes = name === "run" ? holesOfRun(text, made) : holesOfWords(text);
      if (!this.settle(item, holes, "ready", "")) continue;
      if (name === "network connect") {
        const nothing = { name: "", services: {}, networks: {}, volumes: {}, notices: [] };
        this.lines.push({
          ...piece,
          project: Object.assign(nothing, { locate: (_: string, error: ArgumentError) => error }),
        });
        continue;
      }
      try {
        const { text: line, project } = this.parse(piece);
        if (name === "run" && !first(project)) {
          this.settle(item, [], "faulty", "the command ends before it names an image");
          continue;
        }
        piece.statement = { ...piece.statement, text: line };
        this.lines.push({ ...piece, project });
      } catch (error) {
        this.refuse(item, error);
      }
    }
  }

  private parse(piece: Piece): { text: string; project: LinesProject } {
    const { prefix, statement } = piece;
    const text = this.withVariables(statement.text);
    const read = (line: string) => parseDockerLines([...prefix, line], "setup", this.context);
    try {
      return { text, project: read(text) };
    } catch (error) {
      // Notes write a word behind every row of a command, which ends it in a shell.
      const bare = withoutRemarks(text);
      if (bare === text || !text.includes("\n")) throw error;
      const project = read(bare);
      project.notices.push({
        level: "warning",
        at: "#",
        text: "the comments between the rows of the command end it in a shell; they are left out",
      });
      return { text: bare, project };
    }
  }

  /** The variables of an `.env` file that the note shows stand in the place of its name. */
  private withVariables(text: string): string {
    return text.replace(/--env-file[ =]+(["']?)([^\s"']+)\1/g, (all, _quote, path: string) => {
      const shown = this.env(path);
      if (!shown || existsSync(resolve(this.context.folder, path))) return all;
      return Object.entries(shown)
        .map(([name, value]) => `-e '${name}=${value.replaceAll("'", `'\\''`)}'`)
        .join(" ");
    });
  }

  private env(path: string): Record<string, string> | undefined {
    const name = path.split("/").at(-1);
    const file = this.envs.find(({ block }) => (block.title ?? ".env") === name);
    return file && variablesOf(file.block);
  }

  private refuse(item: NoteItem, error: unknown): void {
    const why = sentence(error);
    const unset = /the (?:required )?variable (\w+) is (?:not set|missing a value)/.exec(why)?.[1];
    const missing = /cannot read (\S+) \(ENOENT\)/.exec(why)?.[1];
    const hole = unset ? `$${unset}` : missing && `the file ${missing.split("/").at(-1)}`;
    if (hole) this.settle(item, [hole], "template", "");
    else this.settle(item, [], "faulty", why);
  }

  /** Nearest above, else the first below: a name is often used for several containers. */
  private nearest<T extends { item: NoteItem }>(from: NoteItem, all: T[], fits: (one: T) => boolean): T | undefined {
    const found = all.filter(fits);
    return found.filter(({ item }) => item.line < from.line).at(-1) ?? found.find(({ item }) => item !== from);
  }

  private containersOf({ project }: Line): string[] {
    const [, service] = first(project) ?? [];
    if (!service) return [];
    return [
      ...(service.links ?? []).map((link) => link.replace(/^\//, "").split(":")[0]!),
      ...(service.volumesFrom ?? []).map((from) => from.split(":")[0]!),
      ...[service.networkMode, service.ipc, service.pid].flatMap(
        (mode) => /^container:(.+)$/.exec(mode ?? "")?.[1] ?? [],
      ),
    ];
  }

  /** Lines whose links lead to containers that the note makes: nothing else can make them. */
  private complete(runs: Line[]): Line[] {
    const missing = (run: Line, called: Map<string, Line[]>) =>
      (first(run.project)![1].links ?? [])
        .map((link) => link.replace(/^\//, "").split(":")[0]!)
        .find((container) => !called.get(container)?.some((other) => other !== run));
    const called = byContainer(runs);
    const left = runs.filter((run) => {
      const container = missing(run, called);
      return container === undefined || this.settle(run.item, [`the container ${container}`], "template", "");
    });
    return left.length === runs.length ? left : this.complete(left);
  }

  /** Lines that only make sense together. */
  private groups(): Line[][] {
    const runs = this.lines.filter(({ name }) => name === "run");
    const networks = this.lines.filter(({ name }) => name === "network create");
    const volumes = this.lines.filter(({ name }) => name === "volume create");
    const connects = this.lines.filter(({ name }) => name === "network connect");
    const makes = (name: string) => (line: Line) => Object.hasOwn(line.project.networks, name);

    const groupOf = new Map<Line, Set<Line>>();
    const group = (line: Line) => {
      if (!groupOf.has(line)) groupOf.set(line, new Set([line]));
      return groupOf.get(line)!;
    };
    const names = (lines: Set<Line>) => [...lines].flatMap((line) => first(line.project)?.[1].containerName ?? []);
    /** Puts two groups together, unless both make a container of one name: those are variants. */
    const join = (one: Line, other: Line): boolean => {
      const [a, b] = [group(one), group(other)];
      if (a === b) return true;
      const both = names(a);
      if (names(b).some((name) => both.includes(name))) return false;
      // A container and a service run on different engines.
      if (
        [...a, ...b].some(({ service }) => service) &&
        [...a, ...b].some(({ name, service }) => name === "run" && !service)
      )
        return false;
      for (const line of b) {
        a.add(line);
        groupOf.set(line, a);
      }
      return true;
    };

    const ready = this.complete(runs);
    const called = byContainer(ready);
    for (const run of ready) {
      group(run);
      for (const container of this.containersOf(run)) {
        const other = this.nearest(run.item, called.get(container) ?? [], (one) => one !== run);
        if (other) join(other, run);
      }
    }
    const networksOf = new Map<Line, Line[]>();
    for (const connect of connects) {
      const [network = "", container = ""] = connect.statement.text.trim().split(/\s+/).slice(-2);
      const run = this.nearest(connect.item, called.get(container) ?? [], () => true);
      if (!run) {
        this.settle(connect.item, [`the container ${container}`], "template", "");
        continue;
      }
      const made = this.nearest(connect.item, networks, makes(network));
      if (made) join(made, run);
      group(run).add(connect);
      groupOf.set(connect, group(run));
    }
    for (const run of ready) {
      for (const network of (first(run.project)![1].networks ?? []).map(nameOf)) {
        const made = this.nearest(run.item, networks, makes(network));
        // A variant of a container that is there already has a network of its own.
        if (made && !join(made, run)) networksOf.set(run, [...(networksOf.get(run) ?? []), made]);
      }
    }
    const result = [...new Set(groupOf.values())].map((lines) => [...lines]);
    for (const lines of result) {
      for (const run of [...lines]) lines.push(...(networksOf.get(run) ?? []));
      const mounted = lines.flatMap(({ project }) => Object.keys(project.volumes));
      for (const volume of volumes)
        if (Object.keys(volume.project.volumes).some((name) => mounted.includes(name))) lines.push(volume);
    }
    const used = new Set(result.flat());
    for (const line of [...networks, ...volumes]) if (!used.has(line)) result.push([line]);
    return result.map((lines) => {
      const order: Line["name"][] = ["network create", "volume create", "run", "network connect"];
      return [...new Set(lines)].sort(
        (one, other) => order.indexOf(one.name) - order.indexOf(other.name) || one.item.line - other.item.line,
      );
    });
  }

  private readGroup(group: Line[]): void {
    const texts = [...new Set(group.flatMap(({ prefix }) => prefix)), ...group.map(({ statement }) => statement.text)];
    const source = texts.join("\n");
    let project: LinesProject;
    const own = first(group.find(({ name }) => name === "run")?.project ?? group[0]!.project);
    try {
      // Alone it says what it has said before.
      project = group.length === 1 ? group[0]!.project : parseDockerLines(texts, own?.[0] ?? "setup", this.context);
    } catch (error) {
      if (group.length === 1) {
        this.refuse(group[0]!.item, error);
        return;
      }
      const why = sentence(error);
      for (const { item } of group) this.settle(item, [], "faulty", why);
      return;
    }
    const runs = group.filter(({ name }) => name === "run");
    const notices = group.flatMap(({ project: { notices: said } }) => said.filter(({ at }) => at === "#"));
    const keys = Object.keys(project.services);
    for (const [index, { service }] of runs.entries()) {
      const described = project.services[keys[index]!];
      if (service?.replicas !== undefined) described!.replicas = service.replicas;
      if (service && Object.keys(service.swarm).length) described!.swarm = service.swarm;
    }
    const network = group.find(({ name }) => name === "network create");
    const name =
      keys.length > 1 && network
        ? Object.keys(network.project.networks)[0]!
        : (keys.at(-1) ?? Object.keys({ ...project.networks, ...project.volumes })[0]!);
    for (const key of keys) {
      const built = this.buildOf(runs[0]!.item, project.services[key]!.image);
      if (!built) continue;
      // What has an owner is in a registry as well: a build below, or one of files that are not there, is for others.
      const published = project.services[key]!.image.includes("/");
      if (published && built.item.line > runs[0]!.item.line) continue;
      const hole = this.join(project.services[key]!, built, notices);
      if (!hole || published) continue;
      for (const { item } of group) this.settle(item, [hole], "template", "");
      return;
    }
    // The same containers a second time are the same setup.
    const same = JSON.stringify([project.services, project.networks, project.volumes]);
    const known = this.said.get(same);
    if (known) {
      known.lines.push(...group.map(({ item }) => item.line));
      this.belong(known, group);
      return;
    }
    const { locate } = project;
    const swarm = runs.some(({ service }) => service);
    const setup: Omit<NoteSetup, "lines" | "source"> = { name, kind: "lines", project, notices, locate };
    if (swarm) Object.assign(setup, { kind: "service", engine: "swarm", notices: [SWARM, ...notices] });
    this.said.set(same, this.addSetup(setup, source, group));
  }

  private belong(setup: NoteSetup, pieces: { item: NoteItem }[]): void {
    for (const { item } of pieces) {
      item.fate = "ready";
      item.why = "";
      this.belongs.set(item, [...(this.belongs.get(item) ?? []), setup]);
    }
  }

  private addSetup(
    setup: Omit<NoteSetup, "lines" | "source">,
    source: string,
    pieces: { item: NoteItem }[],
  ): NoteSetup {
    const { locate, ...data } = setup;
    const made = { ...data, lines: pieces.map(({ item }) => item.line).sort((a, b) => a - b) } as NoteSetup;
    Object.defineProperties(made, { source: { value: source }, locate: { value: locate, writable: true } });
    this.setups.push(made);
    this.belong(made, pieces);
    return made;
  }

  /** Names are told apart when the order of the note is known. */
  private nameAll(setups: NoteSetup[]): void {
    for (const setup of setups) {
      const name = unique(setup.name.replace(/[^\w.-]+/g, "-"), this.taken);
      this.taken.add(name);
      const only = setup.kind === "lines" && setup.project ? Object.entries(setup.project.services) : [];
      // A container that nobody has named is called after its setup, so that variants can run side by side.
      if (only.length === 1 && only[0]![1].containerName === undefined && name !== only[0]![0]) {
        const [[key, service]] = only as [[string, ProjectService]];
        setup.project = { ...setup.project!, services: { [name]: service } };
        const { locate } = setup;
        setup.locate = locate && ((_, error) => locate(key, error));
      }
      setup.name = name;
      if (setup.project && setup.kind !== "compose") setup.project.name = name;
    }
    for (const item of this.items) item.setups = (this.belongs.get(item) ?? []).map(({ name }) => name);
  }

  // Images that the note builds

  private findDockerfiles(): void {
    for (const built of this.builds) {
      const above = this.dockerfiles.filter(({ item }) => item.line < built.item.line);
      const file = built.build.dockerfile?.split("/").at(-1);
      built.dockerfile =
        above.filter(({ block }) => file !== undefined && block.title === file).at(-1) ??
        (above.at(-1) && built.item.line - above.at(-1)!.item.line < NEAR ? above.at(-1) : undefined);
    }
  }

  private buildOf(from: NoteItem, image: string): Built | undefined {
    const tagged = (tag: string) => tag === image || tag === `${image}:latest` || `${tag}:latest` === image;
    return this.nearest(from, this.builds, ({ build }) => build.tags.some(tagged));
  }

  /** Gives a service the build of its image; the hole, where something is missing for it. */
  private join(service: ProjectService, built: Built, notices: Notice[]): string | undefined {
    const { build, dockerfile, statement } = built;
    if (this.holesOfBuild(statement.text, build).length || build.context === undefined)
      return `the image ${service.image}`;
    if (/^(?:https?|git|ssh):|^git@|^-$/.test(build.context)) return `a copy of ${build.context}`;
    const context = resolve(this.folder, build.context);
    const described: BuildDescription = { context };
    const path = resolve(context, build.dockerfile ?? "Dockerfile");
    if (existsSync(path)) {
      if (build.dockerfile) described.dockerfile = path;
    } else if (dockerfile) {
      described.dockerfileInline = dockerfile.block.text;
      notices.push(...this.missing(dockerfile, context));
    } else return `the Dockerfile of ${service.image}`;
    if (Object.keys(build.args).length) described.args = build.args;
    if (build.network) described.network = build.network;
    if (build.target) described.target = build.target;
    service.build = described;
    for (const { item } of [built, ...(dockerfile && described.dockerfileInline !== undefined ? [dockerfile] : [])])
      if (!this.joined.has(item)) this.joined.set(item, service.image);
    return undefined;
  }

  /** Files that a Dockerfile copies and that are not there. */
  private missing({ block }: File, context: string): Notice[] {
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
          text: `copies ${source}, which is not in ${context}: put it there before \`up\``,
        }));
    });
  }

  private settleBuilds(): void {
    for (const { item, build, statement, dockerfile } of this.builds) {
      const image = this.joined.get(item);
      if (image) this.settle(item, [], "understood", `\`up\` of ${this.usersOf(image)} builds it`);
      else if (!this.settle(item, this.holesOfBuild(statement.text, build), "understood", "")) continue;
      else if (build.context === undefined)
        this.settle(item, [], "faulty", "docker build: names no folder; write . behind it for the current one");
      else {
        const where = dockerfile
          ? `the Dockerfile in line ${dockerfile.item.line}, saved in that folder`
          : "that folder";
        item.why = `no line of the note runs ${build.tags[0] ?? "it"}: \`berth up images\` builds it from ${where}`;
      }
    }
    for (const { item } of this.dockerfiles) {
      const image = this.joined.get(item);
      if (image) item.why = `\`up\` of ${this.usersOf(image)} builds ${image} from it`;
    }
  }

  private holesOfBuild(text: string, { tags }: Build): string[] {
    return [...new Set([...holesOfWords(text), ...tags.flatMap((tag) => holesOfImage(tag, new Set(), true))])];
  }

  private usersOf(image: string): string {
    const users = this.setups.filter(({ project }) =>
      Object.values(project?.services ?? {}).some((service) => service.image === image),
    );
    return users.map(({ name }) => name).join(", ");
  }

  // Files

  private readService(piece: Piece): void {
    const { item, statement } = piece;
    const service = readServiceLine(statement.text);
    if (!this.settle(item, holesOfRun(service.line, this.made), "ready", "")) return;
    if (service.unknown) {
      this.settle(
        item,
        [],
        "understood",
        `a \`SwarmService\`; its ${service.unknown} is not taken over, write it by hand`,
      );
      return;
    }
    try {
      const line = { ...piece, statement: { ...statement, text: service.line } };
      const { project } = this.parse(line);
      this.lines.push({ ...line, name: "run", project, service });
    } catch (error) {
      this.refuse(item, error);
    }
  }

  /** Files that a command reads as one are one setup, and each by itself only where another command says so. */
  private readComposes(): void {
    const calls = this.applied.filter(({ item }) => !item.what.startsWith("kubectl")).map(({ files }) => files);
    const parts = new Set<File>();
    for (const [index, names] of calls.entries()) {
      if (names.length < 2 || calls.findIndex((other) => other.join("\0") === names.join("\0")) < index) continue;
      const files = names.map((name) => this.composes.find(({ block }) => block.title === name));
      if (files.some((file) => file === undefined)) continue;
      if (this.readMerged(files as File[])) for (const file of files) parts.add(file!);
    }
    const alone = ({ block: { title = "" } }: File) =>
      calls.some((names) => (names.length ? names.length === 1 && names[0] === title : COMPOSE_FILES.includes(title)));
    for (const file of this.composes) if (!parts.has(file) || alone(file)) this.readCompose(file);
  }

  /** @returns whether they can be read as one */
  private readMerged(files: File[]): boolean {
    if (files.some(({ block }) => holesOfYaml(block.text, this.made).length)) return false;
    try {
      this.readFiles(
        files,
        files.map(({ block }) => ({ name: block.title!, text: this.withShownFiles(block.text) })),
      );
    } catch {
      return false;
    }
    const [first, ...others] = files;
    this.settle(first!.item, [], "ready", "");
    for (const { item, block } of others) {
      item.text = `${block.title}: over line ${first!.item.line}`;
      this.settle(item, [], "ready", "");
    }
    return true;
  }

  private readCompose(file: File): void {
    const { item, block } = file;
    if (!this.settle(item, holesOfYaml(block.text, this.made), "ready", "")) return;
    // With rows above it, a place in the text is a place in the note.
    const text = "\n".repeat(block.line - 1) + this.withShownFiles(block.text);
    try {
      this.readFiles([file], [{ name: this.file, text }]);
    } catch (error) {
      const why = sentence(error);
      if (/has neither an image nor a build context|services(?:\.[\w.-]+)?: must be a mapping, and is empty/.test(why))
        this.settle(item, [], "understood", FILES["compose part"][1]);
      else if (error instanceof ComposeError && !/required variable|cannot read/.test(why))
        this.settle(item, [], "faulty", inNote(sentence(error)));
      else this.refuse(item, error);
    }
  }

  /** Makes a setup of files that belong together. */
  private readFiles(files: File[], given: { name: string; text: string }[]): void {
    const { item } = files[0]!;
    const variables = Object.assign(
      {},
      ...this.envs
        .filter(({ block: { title = ".env" } }) => title === ".env")
        .map(({ block: env }) => variablesOf(env)),
    );
    const read = (projectName?: string) =>
      parseComposeFiles(
        given,
        { projectName },
        { folder: this.context.folder, environment: { ...variables, ...this.context.environment } },
      );
    const declared = files.flatMap((file) => /^name:\s*["']?([\w.-]+)/m.exec(file.block.text)?.[1] ?? []).at(-1);
    // Without a name of its own it is named after its setup, not after the folder of the note.
    const guess = declared ?? composeName([...new Set(files.flatMap((file) => keysOfServices(file.block.text)))]);
    let project = read(declared === undefined ? projectName(guess) : undefined);
    const keys = Object.keys(project.services);
    const name = declared ?? composeName(keys);
    if (name !== guess) project = read(projectName(name));
    const titles = files.flatMap((file) => file.block.title ?? []);
    item.text = `${titles.length ? `${titles.join(" and ")}: ` : ""}services ${keys.join(", ")}`;
    const notices: Notice[] = [];
    for (const key of keys) this.composeBuild(key, project.services[key]!, files[0]!, notices);
    for (const service of Object.values(project.services)) this.composeEnv(service);
    const { locate } = project;
    const source = files.map((file) => file.block.text).join("\n");
    this.addSetup({ name, kind: "compose", project, notices, locate }, source, files);
  }

  private composeBuild(key: string, { build, image }: ProjectService, { item, block }: File, notices: Notice[]): void {
    if (!build || build.dockerfileInline !== undefined) return;
    if (existsSync(resolve(build.context, build.dockerfile ?? "Dockerfile"))) return;
    const named = build.dockerfile?.split("/").at(-1);
    const own = ({ block: { chapter }, item: other }: File) => chapter === block.chapter && !this.joined.has(other);
    const dockerfile =
      this.dockerfiles.find((file) => named !== undefined && file.block.title === named) ??
      this.nearest(item, this.dockerfiles, own);
    if (!dockerfile) {
      notices.push({
        level: "warning",
        at: `services.${key}.build`,
        text: `there is no Dockerfile in ${build.context}, and none in the note: put it there before \`up\``,
      });
      return;
    }
    delete build.dockerfile;
    build.dockerfileInline = dockerfile.block.text;
    notices.push(...this.missing(dockerfile, build.context));
    this.joined.set(dockerfile.item, image);
  }

  /** Files of variables that the note shows need not be there. */
  private withShownFiles(text: string): string {
    const optional = (all: string, before: string, path: string) =>
      this.env(path) && !existsSync(resolve(this.folder, path))
        ? `${before}${/-\s*$/.test(before) ? "" : "["}{ path: "${path}", required: false }${/-\s*$/.test(before) ? "" : "]"}`
        : all;
    return text
      .replace(/^([ \t]*env_file:[ \t]*)["']?([\w./-]+)["']?(?=[ \t]*(?:#.*)?$)/gm, optional)
      .replace(/^[ \t]*env_file:[ \t]*\n(?:[ \t]*-[ \t]*\S+[ \t]*\n?)+/gm, (list) =>
        list.replace(/^([ \t]*-[ \t]*)["']?([\w./-]+)["']?(?=[ \t]*$)/gm, optional),
      );
  }

  /** A file of variables that is not there, but in the note. */
  private composeEnv(service: ProjectService): void {
    const files = service.envFile as { path: string }[] | undefined;
    if (!Array.isArray(files)) return;
    const left = files.filter(({ path }) => {
      const shown = path && !existsSync(path) ? this.env(path) : undefined;
      if (shown) service.environment = { ...shown, ...(service.environment as Record<string, string>) };
      return !shown;
    });
    if (left.length === files.length) return;
    if (left.length) service.envFile = left as never;
    else delete service.envFile;
  }

  private readManifests(file: File): void {
    const { item, block } = file;
    if (!this.settle(item, holesOfYaml(block.text, this.made), "ready", "")) return;
    try {
      const text = "\n".repeat(block.line - 1) + block.text;
      const { objects, notices } = readManifests([{ file: this.file, text }]);
      const name = block.title?.replace(/\.(?:ya?ml|json)$/, "") ?? objects[0]!.name;
      const found = objects.map(({ at }) => at);
      this.addSetup({ name, kind: "kubernetes", objects: found, notices }, block.text, [file]);
    } catch (error) {
      this.settle(item, [], "faulty", inNote(sentence(error)));
    }
  }

  private settleApplied(): void {
    for (const { item, text, files, how } of this.applied) {
      const lists = item.what.startsWith("kubectl") ? this.manifests : this.composes;
      const shown = (name: string) => lists.find(({ block }) => block.title === name);
      const named = files.map(shown);
      const near = this.nearest(item, lists, () => true);
      const found = (files.length === 0 ? [near] : files.length === 1 ? [named[0] ?? near] : named).filter(
        (one) => one !== undefined,
      );
      const missing = files.filter((_, index) => !named[index] && !(files.length === 1 && near));
      const holes = holesOfWords(text);
      if (!this.settle(item, holes, "understood", how)) continue;
      if (found.length === 0 || missing.length) {
        const beside = (names: string[]) => names.filter((name) => existsSync(resolve(this.folder, name)));
        const there = missing.length ? beside(missing) : beside(COMPOSE_FILES).slice(0, 1);
        const what = missing.length ? missing.join(", ") : "its file";
        if (item.what.startsWith("kubectl")) item.why = `the note does not show ${what}: give the files to kubectl`;
        else if (there.length && there.length >= missing.length)
          item.why = `the file is beside the note: \`berth from-compose ${files.length ? files.join(" ") : there[0]}\` reads it`;
        else item.why = `the note does not show ${what}: give the files to \`berth from-compose\``;
        continue;
      }
      const own = found.map((one) => one!.item.setups);
      // Of several files: the setup that all of them are part of.
      const shared = own[0]!.filter((name) => own.every((names) => names.includes(name)));
      const names = (found.length > 1 ? shared : own.flat()).join(", ");
      const lines = found.map((one) => one!.item.line).join(found.length > 1 ? " and " : ", ");
      item.why = `${names ? how.replace("its setup", names) : how} (line${found.length > 1 ? "s" : ""} ${lines})`;
      if (found.length > 1 && !names)
        item.why = `reads line ${found.map((one) => one!.item.line).join(" and ")} as one: save them as files and give both to \`berth from-compose\``;
    }
  }
}
