import { say } from "../../description/say";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ArgumentError } from "../../description/errors";
import { parseDockerLines } from "../dockerRun";
import { holesOfRun, holesOfWords } from "./holes";
import { readServiceLine } from "./service";
import { withoutRemarks } from "./remarks";
import { type LinesProject, type Piece, type Line, first, type NoteState } from "./state";

/** Every line by itself: holes, slips, and what it says. */
export function readRuns(note: NoteState): void {
  const { made } = note;
  for (const piece of note.runs as (Piece & Pick<Line, "name">)[]) {
    const { item, name } = piece;
    const { text } = piece.statement;
    const holes = name === "run" ? holesOfRun(text, made) : holesOfWords(text);
    if (!note.settle(item, holes, "ready", "")) continue;
    if (name === "network connect") {
      const nothing = { name: "", services: {}, networks: {}, volumes: {}, notices: [] };
      note.lines.push({
        ...piece,
        project: Object.assign(nothing, { locate: (_: string, error: ArgumentError) => error }),
      });
      continue;
    }
    try {
      const { text: line, project } = parseLine(note, piece);
      if (name === "run" && !first(project)) {
        note.settle(item, [], "faulty", say`the command ends before it names an image`);
        continue;
      }
      piece.statement = { ...piece.statement, text: line };
      note.lines.push({ ...piece, project });
    } catch (error) {
      note.refuse(item, error);
    }
  }
}

function parseLine(note: NoteState, piece: Piece): { text: string; project: LinesProject } {
  const { prefix, statement } = piece;
  const text = withVariables(note, statement.text);
  const read = (line: string) => parseDockerLines([...prefix, line], "setup", note.context);
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
      text: say`the comments between the rows of the command end it in a shell; they are left out`,
    });
    return { text: bare, project };
  }
}

/** The variables of an `.env` file that the note shows stand in the place of its name. */
function withVariables(note: NoteState, text: string): string {
  return text.replace(/--env-file[ =]+(["']?)([^\s"']+)\1/g, (all, _quote, path: string) => {
    const shown = note.env(path);
    if (!shown || existsSync(resolve(note.context.folder, path))) return all;
    return Object.entries(shown)
      .map(([name, value]) => `-e '${name}=${value.replaceAll("'", `'\\''`)}'`)
      .join(" ");
  });
}

/** A line of `docker service create`: that of the container, and what only a Swarm knows. */
export function readService(note: NoteState, piece: Piece): void {
  const { item, statement } = piece;
  const service = readServiceLine(statement.text);
  if (!note.settle(item, holesOfRun(service.line, note.made), "ready", "")) return;
  if (service.unknown) {
    note.settle(
      item,
      [],
      "understood",
      say`a \`SwarmService\`; its ${service.unknown} is not taken over, write it by hand`,
    );
    return;
  }
  try {
    const line = { ...piece, statement: { ...statement, text: service.line } };
    const { project } = parseLine(note, line);
    note.lines.push({ ...line, name: "run", project, service });
  } catch (error) {
    note.refuse(item, error);
  }
}
