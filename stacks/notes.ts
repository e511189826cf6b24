import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Project } from "../components/project";
import { slips } from "../core/description/warnings";
import type { ComposeProjectSource } from "../core/readers/compose";
import { chosenSetups, clashesIn, type Note, type NoteSetup, readNotes } from "../core/readers/notes";
import { flag, list, readSettings } from "./lib/settings";
import { both, listed, say } from "../core/description/say";

export const settings = {
  notes: list([], say`Notes in Markdown, as paths; READMEs too`),
  setups: list(
    [],
    say`Setups of them to apply, as \`berth from-notes\` names them; may be left out where there is one`,
  ),
  removeVolumes: flag(false, say`Remove volumes and their data with the stack`),
  removeImages: flag(false, say`Remove images with the stack`),
};

export const namespace = "berth";
export const sample = {
  "berth:notes": JSON.stringify([join(__dirname, "notes/docker.md")]),
  "berth:setups": JSON.stringify(["nginx01", "mynet"]),
};

function read(files: string[]): Note[] {
  const notes = files.map((file) => {
    try {
      return { file, text: readFileSync(file, "utf8") };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new pulumi.RunError(say`berth:notes: ${file} cannot be read (${code}); name a note of this machine.`);
    }
  });
  return readNotes(notes, { environment: process.env, folder: process.cwd(), home: homedir() });
}

/** What the settings choose: without a choice the only setup that there is. */
function choose(notes: Note[], names: string[]): NoteSetup[] {
  let chosen: NoteSetup[];
  try {
    chosen = chosenSetups(notes, names, "berth:setups");
  } catch (error) {
    throw new pulumi.RunError(say`${(error as Error).message}.`);
  }
  const where = notes.map(({ file }) => file).join(", ");
  if (chosen.length === 0)
    throw new pulumi.RunError(
      say`berth:notes: ${where} has no setup that is ready to run; \`berth from-notes ${where}\` says why.`,
    );
  if (names.length === 0 && chosen.length > 1)
    throw new pulumi.RunError(
      say`berth:setups: names none of the ${chosen.length} setups of ${where}; choose from ${listed(chosen.map(({ name }) => name))}.`,
    );
  const manifests = chosen.find(({ project }) => !project);
  if (manifests)
    throw new pulumi.RunError(
      say`berth:setups: ${manifests.name} is a setup of manifests, and this program is for containers; save it as a file, and name that in berth:manifests of a stack of the program manifests.`,
    );
  const [clash] = clashesIn(chosen);
  if (clash)
    throw new pulumi.RunError(
      say`berth:setups: ${both(clash.setups)} cannot run side by side, for both take ${clash.about}; choose one of them.`,
    );
  return chosen;
}

/** Setups of notes, as they stand there: which notes and which setups is said in the stack's settings. */
export function program() {
  const given = readSettings(namespace, settings);
  if (given.notes.length === 0)
    throw new pulumi.RunError(
      say`berth:notes: names no note; add one with \`pulumi config set --path 'berth:notes[0]' notes.md\`.`,
    );
  const { removeVolumes, removeImages } = given;
  const made = choose(read(given.notes), given.setups).map((setup) => {
    const { name, kind, engine, locate, source } = setup;
    const described = setup.project!;
    const notices = [...described.notices, ...setup.notices, ...slips(described, process.cwd(), source)];
    const { files, workingDir, environment: variables } = described as ComposeProjectSource;
    const compose = kind === "compose" ? { files, workingDir, variables } : undefined;
    const options = { removeVolumes, removeImages, engine, locate, compose };
    return [name, new Project(name, { ...described, notices }, options)] as const;
  });
  return {
    containers: Object.fromEntries(made.map(([name, project]) => [name, project.containerNames])),
    endpoints: Object.fromEntries(made.map(([name, project]) => [name, project.endpoints])),
  };
}
