import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Notice } from "../core/description/project";
import { say } from "../core/description/say";
import { warnings } from "../core/description/warnings";
import { chosenSetups, type Note, type NoteSetup, readNotes } from "../core/readers/notes";
import { UsageError } from "./usageError";

/** Notes by the names of their files; - is standard input. */
export function notesOf(files: string[]): Note[] {
  const read = files.map((file) => {
    try {
      return { file, text: readFileSync(file === "-" ? 0 : file, "utf8") };
    } catch (error) {
      throw new Error(say`${file}: cannot be read (${(error as NodeJS.ErrnoException).code}); name a note in Markdown`);
    }
  });
  return readNotes(read, { environment: process.env, folder: process.cwd(), home: homedir(), secretsLater: true });
}

/** The setups that the option names; a wrong name is a wrong command line. */
export function setupsNamed(notes: Note[], names: string[] = [], option: string): NoteSetup[] {
  try {
    return chosenSetups(notes, names, option);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Everything that there is to say of a setup. */
export function noticesOf({ project, notices }: NoteSetup): Notice[] {
  return [...notices, ...(project ? [...project.notices, ...warnings(project, process.cwd())] : [])];
}
