import type { ProjectService } from "../../description/project";
import type { DockerRunContext } from "../dockerRun";
import { blocksOf } from "./blocks";
import { clashesOf } from "./clashes";
import type { Note, NoteSetup } from "./note";
import { takeBlock } from "./pieces";
import { readRuns, readService } from "./lines";
import { groupsOf, readGroup } from "./groups";
import { findDockerfiles, settleBuilds } from "./images";
import { readComposes } from "./composeFiles";
import { readManifestFile, settleApplied } from "./applied";
import { leaveRefused } from "./refused";
import { NoteState } from "./state";

/** A name that a note gives something more than once is told apart by a number. */
function unique(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let count = 2; ; count += 1) if (!taken.has(`${name}-${count}`)) return `${name}-${count}`;
}

/** Reads one note; `taken` are the names that setups of other notes have, and gets those of this one. */
export function readNote(file: string, text: string, context: DockerRunContext, taken: Set<string>): Note {
  const note = new NoteState(file, context, taken);
  for (const block of blocksOf(text)) {
    note.block += 1;
    takeBlock(note, block);
  }
  note.made = new Set(note.builds.flatMap(({ build }) => build.tags));
  findDockerfiles(note);
  readRuns(note);
  for (const piece of note.services) readService(note, piece);
  for (const group of groupsOf(note)) readGroup(note, group);
  readComposes(note);
  for (const file of note.manifests) readManifestFile(note, file);
  leaveRefused(note);
  const setups = note.setups.sort((one, other) => one.lines[0]! - other.lines[0]!);
  nameAll(note, setups);
  settleBuilds(note);
  settleApplied(note);
  const items = note.items.sort((one, other) => one.line - other.line);
  return { file, setups, items, clashes: clashesOf(setups) };
}

/** Names are told apart when the order of the note is known. */
function nameAll(note: NoteState, setups: NoteSetup[]): void {
  for (const setup of setups) {
    const name = unique(setup.name.replace(/[^\w.-]+/g, "-"), note.taken);
    note.taken.add(name);
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
  for (const item of note.items) item.setups = (note.belongs.get(item) ?? []).map(({ name }) => name);
}
