import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readManifests } from "../kubernetes";
import { holesOfWords, holesOfYaml } from "./holes";
import { keysOfServices } from "./composeFiles";
import { both, listed, say } from "../../description/say";
import type { NoteItem } from "./note";
import { type File, sentence, inNote, COMPOSE_FILES, type NoteState } from "./state";

/** Makes a setup of manifests. */
export function readManifestFile(note: NoteState, file: File): void {
  const { item, block } = file;
  if (!note.settle(item, holesOfYaml(block.text, note.made), "ready", "")) return;
  try {
    const text = "\n".repeat(block.line - 1) + block.text;
    const { objects, notices } = readManifests([{ file: note.file, text }]);
    const name = block.title?.replace(/\.(?:ya?ml|json)$/, "") ?? objects[0]!.name;
    const found = objects.map(({ at }) => at);
    note.addSetup({ name, kind: "kubernetes", objects: found, notices }, block.text, [file]);
  } catch (error) {
    note.settle(item, [], "faulty", inNote(sentence(error)));
  }
}

/** Says of commands that apply files which setup they are. */
export function settleApplied(note: NoteState): void {
  for (const { item, text, files, services, how } of note.applied) {
    const lists = item.what.startsWith("kubectl") ? note.manifests : note.composes;
    const shown = (name: string) => lists.find(({ block }) => block.title === name);
    const named = files.map(shown);
    const near = nearestFile(note, item, lists, files, services);
    const found = (files.length === 0 ? [near] : files.length === 1 ? [named[0] ?? near] : named).filter(
      (one) => one !== undefined,
    );
    const missing = files.filter((_, index) => !named[index] && !(files.length === 1 && near));
    const holes = holesOfWords(text);
    if (!note.settle(item, holes, "understood", how())) continue;
    if (found.length === 0 || missing.length) {
      const beside = (names: string[]) => names.filter((name) => existsSync(resolve(note.folder, name)));
      const there = missing.length ? beside(missing) : beside(COMPOSE_FILES).slice(0, 1);
      const what = missing.length ? missing.join(", ") : say`its file`;
      if (item.what.startsWith("kubectl")) item.why = say`the note does not show ${what}: give the files to kubectl`;
      else if (there.length && there.length >= missing.length)
        item.why = say`the file is beside the note: \`berth from-compose ${files.length ? files.join(" ") : there[0]}\` reads it`;
      else item.why = say`the note does not show ${what}: give the files to \`berth from-compose\``;
      continue;
    }
    const wrong = (found.length > 1 ? [] : found).find(
      (one) => one!.item.fate === "faulty" || one!.item.fate === "template",
    )?.item;
    if (wrong) {
      item.why =
        wrong.fate === "faulty"
          ? say`applies line ${wrong.line}, which does not run as written`
          : say`applies line ${wrong.line}, which is to be filled in first`;
      continue;
    }
    const own = found.map((one) => one!.item.setups);
    // Of several files: the setup that all of them are part of.
    const shared = own[0]!.filter((name) => own.every((names) => names.includes(name)));
    const names = listed(found.length > 1 ? shared : own.flat());
    const lines = found.map((one) => String(one!.item.line));
    const where = lines.length > 1 ? say`lines ${both(lines)}` : say`line ${lines[0]}`;
    item.why =
      lines.length > 1 && !names
        ? say`reads ${where} as one: save them as files and give both to \`berth from-compose\``
        : say`${how(names || undefined)} (${where})`;
  }
}

/**
 * The file that a command applies without a name for it, or by a name that the note gives to none: the nearest one that
 * has the services, and of one chapter that which is called as the command looks for it.
 */
function nearestFile(note: NoteState, item: NoteItem, lists: File[], files: string[], services: string[]) {
  const having = lists.filter(({ block }) => {
    const keys = services.length ? keysOfServices(block.text) : [];
    return services.length > 0 && services.every((service) => keys.includes(service));
  });
  const candidates = having.length ? having : lists;
  // One with another name is another one.
  const near = note.nearest(
    item,
    candidates,
    ({ block: { title } }) => files.length === 0 || title === undefined || files.includes(title),
  );
  if (!near || near.block.title !== undefined || files.length) return near;
  const called = candidates.filter(
    ({ block: { title, chapter } }) => chapter === near.block.chapter && COMPOSE_FILES.includes(title ?? ""),
  );
  return note.nearest(item, called, () => true) ?? near;
}
