import { say } from "../../description/say";
import { isBlock, type NoteBlock } from "./blocks";
import { fileOf, meaningOf, readBuild } from "./commands";
import { daemonKeys, type FileKind, fileKind, titleOf } from "./files";
import { holesOfWords } from "./holes";
import { jupyterArguments, startsJupyter } from "./jupyter";
import { type Around, splitFile, type Statement, takeApart } from "./statements";
import type { Piece, Line, File, NoteState } from "./state";

export const FILES: Record<FileKind, [what: string, how: string]> = {
  compose: [say`compose file`, ""],
  "compose part": [
    say`part of a compose file`,
    say`put it below \`services:\` in a compose file, and give that to \`berth from-compose\``,
  ],
  dockerfile: [
    "Dockerfile",
    say`no line of the note builds an image from it: \`berth up images\` does, with the setting images:context`,
  ],
  "dockerfile part": [say`part of a Dockerfile`, say`put it into the Dockerfile that it belongs to`],
  kubernetes: [say`manifests`, ""],
  "kubernetes part": [say`part of a manifest`, say`change the manifest that it belongs to`],
  "daemon.json": [
    "daemon.json",
    say`save it as a file and name that: \`pulumi config set host:daemonFile daemon.json --stack host\`; comments, and keys that stand twice, are read too`,
  ],
  env: [say`.env file`, ""],
  jupyter: [
    say`settings of Jupyter`,
    say`the components \`JupyterServer\` and \`JupyterHub\`; \`berth settings jupyter\` lists what they take`,
  ],
};

/** A command of containers within a row. */
const HELD =
  /\b(?:docker|podman|kubectl)(?:-compose)?[ \t]+(?:run|create|build|push|pull|apply|compose|stack|service)\b/;

/** Takes a block of the note apart into files, commands and other rows. */
export function takeBlock(note: NoteState, block: NoteBlock): void {
  const code = isBlock(block);
  const kind = code ? fileKind(block) : startsJupyter(block.text) ? "jupyter" : undefined;
  if (kind) {
    takeFile(note, block, kind);
    return;
  }
  const parts = code ? splitFile(block) : undefined;
  if (parts) {
    for (const part of parts) takeBlock(note, part);
    return;
  }
  const { statements, around, files, rest } = takeApart(block);
  for (const each of around) note.around.push({ ...each, block: note.block });
  let written = false;
  for (const file of files) {
    const inside = fileKind(file);
    if (inside) takeFile(note, file, inside);
    else
      note.item(
        file.line,
        file.text.split("\n").find((row) => row.trim()) ?? "",
        say`file`,
        "left out",
        say`${file.named[0] ?? say`a file`}: write it by hand`,
      );
    written = true;
  }
  for (const statement of statements) takeStatement(note, statement);
  if (rest && !(written && rest.rows === 1)) {
    const empty = statements.length === 0 && !written;
    const why = !empty
      ? say`other rows of its block: not run`
      : HELD.test(block.text)
        ? say`its commands stand within other text: not run`
        : say`nothing of containers is in it`;
    note.item(rest.line, rest.text, rest.rows === 1 ? say`row` : say`${rest.rows} rows`, "left out", why);
  } else if (code && statements.length === 0 && !written && !rest) {
    const why = around.length ? say`sets variables or a folder, which no setup needs` : say`comments only`;
    note.item(block.line, block.text.trim().split("\n")[0]!, say`block`, "left out", why);
  }
}

function takeFile(note: NoteState, given: NoteBlock, kind: FileKind): void {
  const title = titleOf(given, kind);
  const block = { ...given, ...(title && { title }) };
  const [what, how] = FILES[kind];
  const row = block.text.split("\n").find((text) => text.trim() && !/^\s*(?:#|---)/.test(text)) ?? "";
  const said = kind === "daemon.json" ? daemonKeys(block.text) : row.trim();
  const named = title && !what.toLowerCase().includes(title.toLowerCase());
  const shown = named ? say`${title}: ${said}` : said;
  const item = note.item(block.line, shown, what, "understood", how);
  const lists: Partial<Record<FileKind, File[]>> = {
    compose: note.composes,
    kubernetes: note.manifests,
    dockerfile: note.dockerfiles,
    env: note.envs,
  };
  lists[kind]?.push({ item, block });
  if (kind === "jupyter") item.why = jupyterArguments(block.text) ?? how;
  if (kind === "env") item.why = say`variables for the setups that name this file`;
}

function takeStatement(note: NoteState, statement: Statement): void {
  const { text, line, called, remark, off } = statement;
  const meaning = meaningOf(text, called);
  const group = /^(?:container|network|volume|image|service|stack|swarm|compose|secret|config)$/.test(called.first);
  const second = group ? new RegExp(`\\b${called.first}\\s+([a-z-]+)`).exec(text)?.[1] : undefined;
  const what = [called.program, called.first, second].filter(Boolean).join(" ");
  if (off) {
    note.item(line, text, what, "left out", say`is commented out`);
    return;
  }
  if (meaning.kind === "left out") {
    note.item(line, text, what, "left out", meaning.why);
    return;
  }
  const alone =
    /^\S+(?:[ \t]+(?:container|network|volume|image|service|stack|compose|swarm))?[ \t]+[a-z-]+(?:\/[a-z/-]+)?$/.test(
      text.replace(/^sudo\s+/, ""),
    );
  if (alone && !/\b(?:up|init|login|start|deploy)$/.test(text)) {
    note.item(line, text, what, "left out", say`names the command, and nothing to run`);
    return;
  }
  if (called.misspelt) {
    note.item(line, text, what, "faulty", say`${called.misspelt}: is no command; did you mean ${called.program}?`);
    return;
  }
  if (/报错|出错|会失败|错误的|\bfails?\b|\berrors?\b|won't work/i.test(remark) && meaning.kind === "line") {
    note.item(line, text, what, "left out", say`the note says of it: ${remark.slice(0, 60)}`);
    return;
  }
  const item = note.item(line, text, what, "understood");
  const piece: Piece = { item, statement, prefix: prefixOf(note, text) };
  if (meaning.kind === "understood") note.settle(item, holesOfWords(text), "understood", meaning.how);
  else if (meaning.kind === "service") note.services.push(piece);
  else if (meaning.kind === "build") note.builds.push({ ...piece, build: readBuild(text) });
  else if (meaning.kind === "applies")
    note.applied.push({ item, text, files: meaning.files.map(fileOf), services: meaning.services, how: meaning.how });
  else note.runs.push({ ...piece, name: meaning.name } as Piece & Pick<Line, "name">);
}

/** The rows above that set variables, or the folder, that a command needs. */
function prefixOf(note: NoteState, text: string): string[] {
  const found = new Set<Around & { block: number }>();
  const need = (words: string, before: number) => {
    for (const [, name] of words.matchAll(/(?:\$\{?|%)(?:env:)?([A-Za-z_]\w*)/g)) {
      for (let at = before - 1; at >= 0; at -= 1) {
        const row = note.around[at]!;
        if (!row.sets?.includes(name!)) continue;
        if (!found.has(row)) {
          found.add(row);
          need(row.text, at);
        }
        break;
      }
    }
  };
  need(text, note.around.length);
  if (/\$\(pwd\)|`pwd`|\$\{?PWD|(?:^|[\s=:"',])\.{1,2}(?:\/|:)/i.test(text))
    for (const row of note.around) if (!row.sets && row.block === note.block) found.add(row);
  if (found.size === 0) return [];
  return note.around.filter((row) => found.has(row)).map((row) => row.text);
}
