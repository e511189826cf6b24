import { nearest } from "../../description/nearest";
import type { DockerRunContext } from "../dockerRun";
import { clashesOf } from "./clashes";
import type { Note, NoteSetup } from "./note";
import { readNote } from "./reader";
import { few, say } from "../../description/say";

export type { Clash, Fate, Note, NoteItem, NoteSetup } from "./note";
export { clashesOf } from "./clashes";

/**
 * Reads notes in Markdown: finds what can run in them, what belongs together, and what has to be filled in first.
 * Nothing is run. Every block of code and every command is an item with one fate.
 *
 * @param notes by the names of their files; setups of all of them have names of their own
 * @param context relative paths of docker lines start at its folder, those of files at the folder of their note
 * @example
 * const [note] = readNotes([{ file: "docker.md", text }], { environment: process.env, folder: process.cwd(), home: homedir() });
 * note.setups.map(({ name }) => name) // ["nginx01", "mysql01"]
 */
export function readNotes(notes: { file: string; text: string }[], context: DockerRunContext): Note[] {
  const taken = new Set<string>();
  return notes.map(({ file, text }) => readNote(file, text, context, taken));
}

/** Containers of a setup, by the names that they get. */
const containersOf = ({ project }: NoteSetup): string[] =>
  Object.entries(project?.services ?? {}).map(([key, { containerName }]) => containerName ?? key);

/**
 * The setups that are asked for, by their names or those of their containers; all of them where none is.
 *
 * @param argument how errors call the place that names them
 * @throws Error for a name that no setup has, with the nearest ones
 */
export function chosenSetups(notes: Note[], names: string[], argument: string): NoteSetup[] {
  const all = notes.flatMap(({ setups }) => setups);
  if (names.length === 0) return all;
  const chosen = names.map((name) => {
    const found = all.find((setup) => setup.name === name) ?? all.find((setup) => containersOf(setup).includes(name));
    if (found) return found;
    const known = all.map((setup) => setup.name);
    const guess = nearest(name, known);
    const where = notes.map(({ file }) => file).join(", ");
    if (known.length === 0) throw new Error(say`${argument}: ${where} has no setup that is ready to run`);
    const list = few(known, 12);
    throw new Error(
      say`${argument}: ${where} has no setup "${name}"; ${guess ? say`did you mean ${guess}? There are ${list}` : say`use some of ${list}`}`,
    );
  });
  return [...new Set(chosen)];
}

/** What a choice of setups cannot have twice. */
export const clashesIn = (setups: NoteSetup[]) => clashesOf(setups);
