import { commandStart, isPrompted } from "../dockerRun/command";
import { type Piece, splitCommands } from "../dockerRun/words";
import { filesNamed, type NoteBlock } from "./blocks";
import { fileKind } from "./files";
import { type Called, calledBy, knows } from "./programs";

/** One command of a note. */
export interface Statement {
  text: string;
  line: number;
  called: Called;
  /** What the note says behind it, without the sign of the comment. */
  remark: string;
  /** It stands behind a `#`, while other rows of the block do not. */
  off?: true;
}

/** What a block does to the shell that its commands run in: variables, the folder. */
export interface Around {
  text: string;
  line: number;
  /** Variables that it sets. */
  sets?: string[];
}

/** A block, taken apart. */
export interface Taken {
  statements: Statement[];
  around: Around[];
  /** Files that its commands write, and what stands below them. */
  files: NoteBlock[];
  /** Rows that are none of these, from the first one on. */
  rest: { line: number; text: string; rows: number } | undefined;
}

/** A container that is made inside of something else: a loop, `id=$(...)`. */
const MAKES =
  /(?:^|[;&|(`]|\b(?:do|then|else|xargs|watch)\b)\s*(?:sudo\s+)?(?:docker|podman|nvidia-docker)\s+(?:container\s+)?(?:run|create)\s+\S/;
const NAMES = /\b(?:docker|podman|kubectl|nvidia-docker)(?:-compose)?[ \t]/;
const ASSIGNS =
  /^(?:(?:export|declare|typeset|readonly|local|setx?|\$env:)[ \t]*)?[A-Za-z_]\w*[ \t]*=(?=\S|$|[ \t]*["'])|^export[ \t]+[A-Z_]\w*/;
const MOVES = /^(?:cd|pushd|popd|chdir)(?:[ \t]|$)/;
const HERE = /<<[-~]?[ \t]*(["']?)([A-Za-z_]\w*)\1/;
/** The file that a here-document goes to. */
const WRITTEN = /(?:\btee(?:[ \t]+-a)?|>{1,2}\|?)[ \t]*["']?([\w./~$-]+)/;
const COMMENT = /^[ \t]*(?:#+|\/\/)[ \t]?(.*)$/;

/** Whether a row of a comment is a command that was switched off. */
const commented = (row: string): string | undefined => {
  const text = COMMENT.exec(row)?.[1]?.trim();
  const called = text && /^(?:sudo\s+)?(?:docker|podman|kubectl)/.test(text) ? calledBy(text) : undefined;
  return called && knows(called.program, called.first) ? text : undefined;
};

const CJK = /^[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/;
/** What stands between a command and a remark, beside blanks. */
const SIGN = /^(?:\/\/|--+|\u2014+|=+>|<-+|\uff08)[ \t]*/;

/** Cuts what people write behind a command with nothing but blanks, or in brackets, off it. */
function remarked(text: string): { text: string; remark: string } {
  const whole = { text, remark: "" };
  const row = text.lastIndexOf("\n") + 1;
  const cut = (at: number, said: number) => {
    const remark = text.slice(said).replace(SIGN, "");
    return at > row && !/["'\\]/.test(remark) ? { text: text.slice(0, at), remark } : whole;
  };
  for (const { 0: blanks, index } of text.slice(row).matchAll(/[ \t]{2,}|\t/g)) {
    const said = row + index + blanks.length;
    if (CJK.test(text.slice(said, said + 20).replace(SIGN, ""))) return cut(row + index, said);
  }
  for (const sign of [" //", "\uff08", "\u2014\u2014"]) {
    const at = text.indexOf(sign, row);
    if (at > 0 && (sign === " //" || CJK.test(text.slice(at + sign.length))))
      return cut(at, at + (sign === " //" ? 1 : 0));
  }
  return whole;
}

/** A prompt that says the name of a machine in front of its sign. */
const HOST = /^[ \t]*[\w.@~:/()[\]-]{1,40}[ \t]*[$#>%\u276f][ \t]+(?=(?:sudo[ \t]+)?(?:docker|podman|kubectl))/;

/** Where the command of a row begins, behind its prompt. */
function startOf(row: string): number {
  const host = HOST.exec(row)?.[0].length;
  return host ?? commandStart(row);
}

/** The commands of one row; a text that ends within one is that command. */
function piecesFrom(text: string, from: number): Piece[] {
  const pieces = splitCommands(text, from, 1);
  return pieces.length ? pieces : [{ start: from, end: text.length, joint: "" }];
}

/** Two commands side by side are a drawing. */
const DRAWN = /\S[ \t]{3,}(?:sudo[ \t]+)?(?:docker|kubectl)[ \t]+[a-z]/;

class Taker {
  private readonly taken: Taken = { statements: [], around: [], files: [], rest: undefined };
  private readonly rows: string[];
  private readonly starts: number[] = [];
  /** Whether some command stands without a prompt, so that one behind `#` is switched off. */
  private readonly plain: boolean;

  constructor(private readonly block: NoteBlock) {
    this.rows = block.text.split("\n");
    let at = 0;
    for (const row of this.rows) {
      this.starts.push(at);
      at += row.length + 1;
    }
    this.plain = this.rows.some((row) => !/^\s*#/.test(row) && this.begins(row));
  }

  private begins(row: string): Called | undefined {
    return calledBy(row.slice(startOf(row)));
  }

  take(): Taken {
    for (let index = 0; index < this.rows.length; ) index = this.row(index);
    return this.taken;
  }

  private lineOf(index: number): number {
    return this.block.line + index;
  }

  private leave(index: number, rows = 1): void {
    const text = this.rows[index]!.trim();
    if (this.taken.rest) this.taken.rest.rows += rows;
    else this.taken.rest = { line: this.lineOf(index), text, rows };
  }

  private row(index: number): number {
    const row = this.rows[index]!;
    if (row.trim() === "") return index + 1;
    const off = this.plain || !isPrompted(row) ? commented(row) : undefined;
    if (off !== undefined && /^\s*(?:#|\/\/)/.test(row)) {
      const statement = { text: off, line: this.lineOf(index), called: calledBy(off)!, remark: "" };
      this.taken.statements.push({ ...statement, off: true });
      return index + 1;
    }
    if (COMMENT.test(row) && !this.begins(row)) return index + 1;
    if (DRAWN.test(row)) {
      this.leave(index);
      return index + 1;
    }
    if (HERE.test(row)) return this.here(index);
    if (this.begins(row) || NAMES.test(row)) return this.commands(index);
    const text = row.slice(startOf(row)).trim();
    if (ASSIGNS.test(text) || MOVES.test(text)) this.around(text, index);
    else this.leave(index);
    return index + 1;
  }

  private around(text: string, index: number): void {
    const sets = [...text.matchAll(/(?:^|[\s:])([A-Za-z_]\w*)[ \t]*=/g)].map(([, name]) => name!);
    const moves = MOVES.test(text);
    this.taken.around.push({ text, line: this.lineOf(index), ...(!moves && { sets }) });
  }

  /** Rows that a command takes from here go into a file, or to the command. */
  private here(index: number): number {
    const row = this.rows[index]!;
    const [, , word = ""] = HERE.exec(row)!;
    const end = this.rows.findIndex((other, at) => at > index && other.trim() === word);
    if (end < 0) {
      this.leave(index);
      return index + 1;
    }
    const name = WRITTEN.exec(row.replace(HERE, " "))?.[1]?.split("/").at(-1);
    const text = this.rows.slice(index + 1, end).join("\n");
    const line = this.lineOf(index + 1);
    this.taken.files.push({ ...this.block, language: "", named: name ? [name] : [], text, line });
    const called = this.begins(row);
    if (called) this.push(row.slice(startOf(row)).trim(), index, called);
    else this.leave(index);
    return end + 1;
  }

  /** The commands that begin on this row, and the rows that they go on over. */
  private commands(index: number): number {
    const { text } = this.block;
    const from = this.starts[index]!;
    let pieces = piecesFrom(text, from);
    let end = pieces.at(-1)!.end;
    let last = this.rowAt(end);
    // A word behind the backslash ends the command in a shell; who wrote it meant to go on.
    const goesOn = (at: number) =>
      /\\[ \t]+#[^\n]*$/.test(this.rows[at]!) ||
      (/^\s*#/.test(this.rows[at]!) && /\\[ \t]*$/.test(this.rows[at - 1] ?? ""));
    while (goesOn(last) && this.rows[last + 1]?.trim()) {
      last = this.rowAt(piecesFrom(text, this.starts[last + 1]!).at(-1)!.end);
      end = this.starts[last]! + this.rows[last]!.length;
      pieces = [{ start: from, end, joint: "" }];
    }
    // A quote without an end takes in what stands below; another command in it says so.
    const swallowed = this.rows.slice(index + 1, last + 1).findIndex((row) => /^\S/.test(row) && this.begins(row));
    if (swallowed >= 0) {
      last = index + swallowed;
      end = this.starts[last]! + this.rows[last]!.length;
      pieces = piecesFrom(text.slice(0, end), from);
      if (pieces.at(-1)!.end > end) pieces = [{ start: from, end, joint: "" }];
    }
    let found = false;
    for (const { start, end: stop } of pieces) {
      const whole = text.slice(start, stop);
      const piece = whole.slice(startOf(whole)).trim();
      const called = calledBy(piece);
      if (!called) {
        if (piece !== "" && (ASSIGNS.test(piece) || MOVES.test(piece))) this.around(piece, this.rowAt(start));
        continue;
      }
      found = true;
      last = this.push(piece, this.rowAt(start), called, last);
    }
    if (found) return last + 1;
    const whole = text.slice(from, end).trim();
    // A loop, or an id that is kept: the reader of lines says what it is.
    if (MAKES.test(whole) && !/^\s*(?:echo|printf|alias|#)/.test(whole)) {
      this.push(whole, index, { program: "docker", first: /\bcreate\b/.test(whole) ? "create" : "run" });
      return last + 1;
    }
    this.leave(index, last - index + 1);
    return last + 1;
  }

  private rowAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Keeps a command, with rows below it that can only belong to it. */
  private push(whole: string, index: number, called: Called, last = index): number {
    let text = whole;
    let end = last;
    if (/^(?:run|create|service|container)$/.test(called.first))
      while (/^\s+(?:-{1,2}[a-zA-Z]|<)/.test(this.rows[end + 1] ?? "") && /^\s*\S/.test(this.rows[end]!)) {
        end += 1;
        text += `\n${this.rows[end]}`;
      }
    const comment = /^(?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'])*?(?:^|\s)#+[ \t]*([^\n]*)$/.exec(
      text.slice(text.lastIndexOf("\n") + 1),
    );
    const cut = comment
      ? {
          text: text.slice(
            0,
            text.length -
              /#+[ \t]*$/.exec(text.slice(0, text.length - comment[1]!.length))![0].length -
              comment[1]!.length,
          ),
          remark: comment[1]!,
        }
      : remarked(text);
    this.taken.statements.push({
      text: cut.text.trim(),
      line: this.lineOf(index),
      called,
      remark: cut.remark.trim(),
    });
    return end;
  }
}

/** Takes a block that holds commands apart. */
export const takeApart = (block: NoteBlock): Taken => new Taker(block).take();

const OPENS: [row: RegExp, last?: RegExp][] = [
  [/^(?:version|services|name)\s*:/],
  [/^apiVersion\s*:/],
  [/^FROM[ \t]+\S/],
  [/^\s*\{\s*$/, /^\s*\}\s*$/],
];

/** A file that stands below the command that opens it, in one block: `vim docker-compose.yml`. */
export function splitFile(block: NoteBlock): NoteBlock[] | undefined {
  const rows = block.text.split("\n");
  for (const [opens, closes] of OPENS) {
    const at = rows.findIndex((row) => opens.test(row));
    // What a here-document holds is taken out of it.
    if (at <= 0 || rows.slice(0, at).some((row) => HERE.test(row))) continue;
    const last = closes ? rows.map((row) => closes.test(row)).lastIndexOf(true) : rows.length - 1;
    if (last < at) continue;
    const part = (from: number, to: number, named: string[] = []): NoteBlock => {
      return { ...block, text: rows.slice(from, to).join("\n"), line: block.line + from, named };
    };
    const above = rows.slice(0, at).flatMap(filesNamed).reverse();
    const file = part(at, last + 1, [...above, ...block.named]);
    if (!fileKind(file)) continue;
    return [part(0, at), file, part(last + 1, rows.length)].filter(({ text }) => text.trim());
  }
  return undefined;
}
