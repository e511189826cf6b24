import { ArgumentError } from "../core/description/errors";
import { say } from "../core/description/say";
import { clashesIn, type Note, type NoteItem, type NoteSetup } from "../core/readers/notes";
import { toTypescript } from "../core/writers/typescript";
import { notesOf, noticesOf, setupsNamed } from "./notes";
import { formOf, noticeLine, show } from "./show";
import { UsageError } from "./usageError";

export interface FromNotesOptions {
  json?: boolean;
  only?: string[];
  to?: string;
  save?: string;
}

/** Components of its program, in its order; none where a component refuses it. */
function componentsOf({ project, kind, engine }: NoteSetup): string[] {
  if (!project) return kind === "kubernetes" ? ["manifests"] : [];
  try {
    const { text } = toTypescript(project, { folder: process.cwd(), package: true, swarm: engine === "swarm" });
    return [...new Set([...text.matchAll(/(?:= |^\s+)new (\w+)\(/gm)].map(([, name]) => name!))];
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return [];
  }
}

const WIDTH = 110;

/** Words in rows of a readable width. */
function wrapped(words: string[], indent: string): string {
  const rows: string[] = [];
  for (const word of words) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= WIDTH) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(indent + word);
  }
  return rows.join("\n");
}

const cut = (text: string, width = WIDTH - 12) => {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > width ? `${flat.slice(0, width - 3)}...` : flat;
};
/** Lines as they are said: `line 3`, `lines 3 and 5`. */
const at = (lines: number[]) => (lines.length === 1 ? say`line ${lines[0]}` : say`lines ${lines.join(", ")}`);

function summary({ file, items, setups }: Note): string {
  const of = (fate: NoteItem["fate"]) => items.filter((item) => item.fate === fate).length;
  const manifests = setups.filter(({ project }) => !project).length;
  const [run, faulty] = [setups.length - manifests, of("faulty")];
  const parts = [
    run === 1 ? say`1 setup is ready to run` : say`${run} setups are ready to run`,
    manifests && (manifests === 1 ? say`1 is for kubectl` : say`${manifests} are for kubectl`),
    of("template") && say`${of("template")} to be filled in first`,
    faulty && (faulty === 1 ? say`1 does not run as written` : say`${faulty} do not run as written`),
    of("understood") && say`${of("understood")} said in another way`,
    of("left out") && say`${of("left out")} left out`,
  ];
  return say`${file}: ${parts.filter((part) => typeof part === "string").reduce((before, part) => say`${before}, ${part}`)}`;
}

function ready(setups: NoteSetup[], items: NoteItem[]): string[] {
  return setups.flatMap((setup) => {
    const components = componentsOf(setup);
    const what = setup.objects ? setup.objects.join(", ") : components.join(", ");
    const own = items.filter((item) => item.setups.includes(setup.name));
    const shown = setup.objects
      ? []
      : own.filter((item, index) => own.findIndex(({ text }) => text === item.text) === index);
    const said = noticesOf(setup).filter(({ level }) => level === "warning");
    return [
      `  ${say`${setup.name}: ${say`${what} (${at(setup.lines)})`}`}`,
      ...shown.map(({ text }) => `      ${cut(text)}`),
      ...said.map((notice) => `      ${noticeLine(notice)}`),
    ];
  });
}

/** Items in their order by what is said of them. */
function grouped(items: NoteItem[], said: (item: NoteItem) => string): [said: string, items: NoteItem[]][] {
  const groups = new Map<string, NoteItem[]>();
  for (const item of items) groups.set(said(item), [...(groups.get(said(item)) ?? []), item]);
  return [...groups];
}

/** A row for each item, and below them what there is to say. */
const listed = (items: NoteItem[], said: (item: NoteItem) => string): string[] =>
  grouped(items, said).flatMap(([below, all]) => [
    ...all.map(
      ({ line, text, what }) => `  ${at([line])}  ${cut(text.startsWith(what) ? text : say`${what}: ${text}`)}`,
    ),
    `      ${below}`,
  ]);

/** Only their commands, with the lines, for what nobody is going to read closely. */
const counted = (items: NoteItem[]): string[] =>
  grouped(items, ({ why }) => why).flatMap(([why, all]) => {
    const names = grouped(all, ({ what, text }) =>
      /^(?:docker|podman|nvidia-docker|kubectl)/.test(what) ? what : cut(text, 30),
    );
    const words = names.map(([name, same]) => `${name} (${same.map(({ line }) => line).join(", ")})`);
    return [
      `  ${why}`,
      wrapped(
        words.map((word, index) => (index < words.length - 1 ? `${word},` : word)),
        "      ",
      ),
    ];
  });

function report(note: Note, chosen: NoteSetup[] | undefined): string {
  const { items, clashes } = note;
  const setups = note.setups.filter((setup) => !chosen || chosen.includes(setup));
  const of = (fate: NoteItem["fate"]) => (chosen ? [] : items.filter((item) => item.fate === fate));
  const section = (title: string, rows: string[]) => (rows.length ? [[title, ...rows].join("\n")] : []);
  const apart = clashes.filter(
    ({ setups: names }) => !chosen || names.some((name) => chosen.some((one) => one.name === name)),
  );
  return [
    summary(note),
    ...section(
      say`Ready to run`,
      ready(
        setups.filter(({ project }) => project),
        items,
      ),
    ),
    ...section(
      say`For a cluster: --only NAME --to typescript prints their code`,
      ready(
        setups.filter(({ project }) => !project),
        items,
      ),
    ),
    ...section(
      say`Not side by side`,
      apart.map(({ about, setups: names }) => `  ${say`${about}: ${names.join(", ")}`}`),
    ),
    ...section(
      say`To be filled in first`,
      listed(of("template"), ({ holes }) => say`fill in: ${holes.join(", ")}`),
    ),
    ...section(
      say`Not as written`,
      listed(of("faulty"), ({ why }) => why),
    ),
    ...section(
      say`Said in another way`,
      listed(of("understood"), ({ why }) => why),
    ),
    ...section(say`Left out, with the lines`, counted(of("left out"))),
  ].join("\n\n");
}

function next(notes: Note[]): string {
  const files = notes.map(({ file }) => file);
  const all = notes.flatMap(({ setups }) => setups);
  if (all.length === 0 || files.includes("-")) return "";
  const applied = all.find(({ kind }) => kind !== "kubernetes");
  const { name } = applied ?? all[0]!;
  const from = files.map((file) => `--from ${file}`).join(" ");
  const settings = say`berth:notes ${JSON.stringify(files)} and berth:setups ["${name}"]`;
  return [
    say`Next`,
    say`  berth from-notes ${files.join(" ")} --only ${name} --to typescript   its code; compose, run and kubernetes too`,
    say`  berth init containers ${from}   a project with a program for each setup`,
    ...(applied ? [say`  without code: a stack of the program notes, with ${settings}`] : []),
  ].join("\n");
}

/** What other programs get: no value that might be a secret. */
function plain(note: Note, chosen: NoteSetup[] | undefined): object {
  const setups = note.setups
    .filter((setup) => !chosen || chosen.includes(setup))
    .map((setup) => {
      const { name, kind, lines, engine, objects } = setup;
      return { name, kind, lines, engine, objects, components: componentsOf(setup), notices: noticesOf(setup) };
    });
  return { file: note.file, setups, clashes: note.clashes, items: note.items };
}

/** `berth from-notes`: what can run in notes, as a report; on request the code of a setup, or a project. */
export async function fromNotes(files: string[], given: FromNotesOptions): Promise<number> {
  const form = given.to === undefined ? undefined : formOf(given.to, undefined);
  if (given.json && form) throw new UsageError(say`--json: is the report, and --to is code; leave one of them out`);
  if (given.save !== undefined) {
    if (form && form !== "typescript")
      throw new UsageError(say`--save: makes a project in TypeScript; for --to ${form} write the output to a file`);
    const { init } = await import("./init");
    return init(given.save, { from: files, setup: given.only });
  }
  const notes = notesOf(files);
  const chosen = given.only && setupsNamed(notes, given.only, "--only");
  if (form) {
    const [setup, ...others] = chosen ?? setupsNamed(notes, [], "--to");
    if (!setup) throw new Error(say`${files.join(", ")}: there is no setup that is ready to run`);
    if (others.length) {
      const names = [setup, ...others].map(({ name }) => name).join(", ");
      throw new UsageError(say`--to: prints one setup; name it with --only: ${names}`);
    }
    return printed(setup, form);
  }
  if (given.json) {
    console.log(
      JSON.stringify(
        notes.map((note) => plain(note, chosen)),
        undefined,
        2,
      ),
    );
    return 0;
  }
  const reports = notes.map((note) => report(note, chosen));
  const clashing = notes.length > 1 ? clashesIn(notes.flatMap(({ setups }) => setups)) : [];
  const between = clashing.filter(
    ({ about }) => !notes.some(({ clashes }) => clashes.some((one) => one.about === about)),
  );
  if (between.length)
    reports.push(
      `${say`Not side by side, in several notes`}\n${between.map((one) => `  ${say`${one.about}: ${one.setups.join(", ")}`}`).join("\n")}`,
    );
  console.log([...reports, ...(chosen ? [] : [next(notes)])].filter(Boolean).join("\n\n"));
  return 0;
}

async function printed(setup: NoteSetup, form: NonNullable<ReturnType<typeof formOf>>): Promise<number> {
  if (!setup.project) {
    const { showManifests } = await import("./fromKubernetes");
    await showManifests([{ file: setup.name, text: setup.source }], form, { files: [setup.name], name: setup.name });
    return 0;
  }
  const project = { ...setup.project, notices: [...setup.notices, ...setup.project.notices] };
  await show(project, form, process.cwd(), undefined, true, setup.engine === "swarm");
  return 0;
}
