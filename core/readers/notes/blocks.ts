import { startsJupyter } from "./jupyter";
import { startsCommand } from "./programs";

/** A piece of a note that may hold something to run. */
export interface NoteBlock {
  /** `fenced`, `indented` and `html` are blocks of code, `inline` stands between backquotes, `text` is a row of prose. */
  kind: "fenced" | "indented" | "html" | "inline" | "text";
  /** The word behind the fence. It is a hint only: many notes call everything `shell`. */
  language: string;
  /** File that it is: `docker-compose.yml`. */
  title?: string;
  /** Files that the note names beside it, the likeliest first. */
  named: string[];
  /** Without indentation, quote marks and fences. */
  text: string;
  /** Of its first row, from 1. */
  line: number;
  /** Number of the chapter that it stands in. */
  chapter: number;
}

/** Whether it stands apart from the prose. */
export const isBlock = ({ kind }: Pick<NoteBlock, "kind">): boolean => kind !== "inline" && kind !== "text";

const FENCE = /^((?:[ \t>]|[-*+][ \t]|\d{1,3}[.)][ \t])*)(`{3,}|~{3,})([^`]*)$/;
const TAG = /^[ \t]*\{%-?[ \t]*(highlight|codeblock)\b([^%]*)%\}[ \t]*$/;
const PRE = /^(.*?)<pre\b[^>]*>(?:[ \t]*<code\b[^>]*>)?(.*)$/i;
const INLINE = /(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)|<code>(.*?)<\/code>/g;
/** Marks in front of a row of prose: quotes, list items, tasks. */
const MARKS = /^[ \t]*(?:(?:>|[-*+]|\d{1,3}[.)]|\[[ xX]\])[ \t]*(?=[\s>`~$#%\w*+[(-]))*/;
const FILE_NAMES =
  /(?:^|[\s`'"(:/*\u3000-\uffef])((?:[\w.-]*compose[\w.-]*\.ya?ml|[\w.-]*[Dd]ockerfile[\w.-]*|daemon\.json|\.env[\w.-]*|[\w-][\w.-]*\.(?:ya?ml|json|env|conf|cnf|ini|py|js|sh|toml)))(?![\w/])/g;

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", nbsp: " " };
const decoded = (text: string) =>
  text
    .replace(/<\/?(?:code|span|b|i|em|strong|a)\b[^>]*>/gi, "")
    .replace(/&(#?\w+);/g, (all, name: string) => ENTITIES[name] ?? all);

/** The files that a text names. */
export const filesNamed = (text: string): string[] =>
  [...text.slice(0, 400).matchAll(FILE_NAMES)].map(([, name]) => name!);

const widthOf = (blanks: string) => blanks.replaceAll("\t", "    ").length;

/** Takes up to so many blanks off the front of a row. */
function unindented(row: string, width: number): string {
  let taken = 0;
  let at = 0;
  while (taken < width && (row[at] === " " || row[at] === "\t")) {
    taken += row[at] === "\t" ? 4 : 1;
    at += 1;
  }
  return row.slice(at);
}

function dedented(rows: string[]): string {
  const widths = rows.filter((row) => row.trim()).map((row) => widthOf(/^[ \t]*/.exec(row)![0]));
  const width = Math.min(...widths);
  return rows.map((row) => unindented(row, width)).join("\n");
}

/** The words behind a fence: language, and the name of the file where it is given. */
function info(text: string): Pick<NoteBlock, "language" | "named"> {
  const language = /^[\s{.]*([\w+#-]*)/.exec(text)![1]!.toLowerCase();
  const title = /title=["']?([^"'\s}]+)/.exec(text)?.[1];
  return { language, named: [...(title ? [title] : []), ...filesNamed(text)] };
}

/** Whether what is indented is code: in a list it may be as well the text of an item. */
function isCode(text: string, inList: boolean): boolean {
  if (/^(?:services|version|apiVersion):/m.test(text) || /^FROM[ \t]+\S/.test(text)) return true;
  const rows = text.split("\n").filter((row) => row.trim());
  const prose = rows.some((row) => /^\s*(?:[-*+]|\d{1,3}[.)]|>|\|)\s/.test(row) || /`[^`]+`|!?\[[^\]]*\]\(/.test(row));
  return !prose && (!inList || rows.some((row) => startsCommand(row.replace(/^\s*[$#%>]\s+/, ""))));
}

/** Cuts a note into its blocks of code, the commands between backquotes, and the rows of prose that are commands. */
class Cutter {
  private readonly blocks: NoteBlock[] = [];
  private readonly rows: string[];
  /** Rows of prose above, for the name of the file that a block is. */
  private above: string[] = [];
  private inList = false;
  private chapter = 0;

  constructor(note: string) {
    this.rows = note
      .replace(/^\uFEFF/, "")
      .replaceAll(/\r\n?/g, "\n")
      .split("\n");
  }

  cut(): NoteBlock[] {
    let at = this.frontMatter();
    while (at < this.rows.length) at = this.step(at);
    return this.blocks;
  }

  private frontMatter(): number {
    if (!/^---\s*$/.test(this.rows[0] ?? "")) return 0;
    const end = this.rows.slice(1, 100).findIndex((row) => /^(?:---|\.\.\.)\s*$/.test(row));
    // A manifest may begin so as well, and then it is all there is.
    return end < 0 || this.rows.slice(1, end + 1).some((row) => /^(?:services|apiVersion):/.test(row)) ? 0 : end + 2;
  }

  private add(
    kind: NoteBlock["kind"],
    text: string,
    line: number,
    words?: Pick<NoteBlock, "language" | "named">,
  ): void {
    if (text.trim() === "") return;
    const code = isBlock({ kind });
    const first = /^\s*(?:#|\/\/|<!--)(.*)/.exec(text)?.[1] ?? "";
    const caption = [...this.above].reverse().flatMap((row) => filesNamed(row).reverse());
    const named = code ? [...(words?.named ?? []), ...filesNamed(first), ...caption] : [];
    const { chapter } = this;
    this.blocks.push({ kind, language: words?.language ?? "", text, line, named, chapter });
    if (code) this.above = [];
  }

  private step(at: number): number {
    const row = this.rows[at]!;
    const fence = FENCE.exec(row);
    if (fence) return this.fenced(at, fence);
    const tag = TAG.exec(row);
    if (tag) return this.tagged(at, tag);
    const pre = row.includes("<") ? PRE.exec(row) : null;
    if (pre) return this.html(at, pre[2]!);
    if (/^\s*<!--/.test(row) && !row.includes("-->")) {
      const end = this.rows.findIndex((other, index) => index > at && other.includes("-->"));
      if (end > 0) return end + 1;
    }
    if (/^(?: {4}|\t)/.test(row) && row.trim() && (this.rows[at - 1] ?? "").trim() === "") {
      const after = this.indented(at);
      if (after > at) return after;
    }
    return this.prose(at);
  }

  private fenced(at: number, [, prefix = "", fence = "", words = ""]: RegExpExecArray): number {
    const quoted = prefix.includes(">");
    const width = widthOf(prefix.replaceAll(/[^\t]/g, " "));
    const close = new RegExp(`^[ \\t>]*${fence[0]}{${fence.length},}[ \\t]*$`);
    const text: string[] = [];
    let end = at + 1;
    for (; end < this.rows.length && !close.test(this.rows[end]!); end += 1) {
      const row = quoted ? this.rows[end]!.replace(/^[ \t]*(?:>[ \t]?)+/, "") : this.rows[end]!;
      text.push(unindented(row, quoted ? 0 : width));
    }
    this.add("fenced", text.join("\n"), at + 2, info(words));
    return end + 1;
  }

  private tagged(at: number, [, name = "", words = ""]: RegExpExecArray): number {
    const close = new RegExp(`\\{%-?[ \\t]*end${name}`);
    const end = this.rows.findIndex((row, index) => index > at && close.test(row));
    const last = end < 0 ? this.rows.length : end;
    this.add("fenced", this.rows.slice(at + 1, last).join("\n"), at + 2, info(words.replace(/\blang:/, "")));
    return last + 1;
  }

  private html(at: number, rest: string): number {
    const text: string[] = [];
    let end = at;
    for (let row = rest; ; row = this.rows[end]!) {
      const close = /^(.*?)(?:<\/code>)?[ \t]*<\/pre>/i.exec(row);
      text.push(decoded(close ? close[1]! : row));
      end += 1;
      if (close || end >= this.rows.length) break;
    }
    // The text begins on the row of the tag, or below it.
    const blank = text[0]!.trim() === "" ? 1 : 0;
    this.add("html", text.slice(blank).join("\n"), at + 1 + blank);
    return end;
  }

  private indented(at: number): number {
    let end = at;
    for (let index = at; index < this.rows.length; index += 1) {
      const row = this.rows[index]!;
      if (FENCE.test(row)) break;
      if (row.trim() === "") continue;
      if (!/^(?: {4}|\t)/.test(row)) break;
      end = index + 1;
    }
    const text = dedented(this.rows.slice(at, end));
    if (end === at || !isCode(text, this.inList)) return at;
    this.add("indented", text, at + 1);
    return end;
  }

  private prose(at: number): number {
    const row = this.rows[at]!;
    if (row.trim() === "") return at + 1;
    this.above = [...this.above.slice(-1), row];
    if (/^#{1,2}[ \t]/.test(row)) this.chapter += 1;
    if (/^\s*(?:[-*+]|\d{1,3}[.)])\s/.test(row)) this.inList = true;
    else if (/^\S/.test(row)) this.inList = false;
    let found = false;
    for (const [, , quoted, tagged] of row.matchAll(INLINE)) {
      const text = (quoted ?? decoded(tagged!)).trim();
      if (!startsCommand(text.replace(/^[$#%>]\s+/, "")) && !startsJupyter(text)) continue;
      this.add("inline", text, at + 1);
      found = true;
    }
    if (found || row.includes("`")) return at + 1;
    const cells = /^\s*\|/.test(row) ? row.split("|") : [row];
    for (const cell of cells) {
      const text = cell.replace(MARKS, "").replace(/^[$#%>]\s+/, "");
      const [, said = text] =
        /^[\u3000-\uffef][^:\uff1a]{0,30}[:\uff1a]\s*((?:sudo\s+)?(?:docker|kubectl)\s.*)$/.exec(text) ?? [];
      if (startsCommand(said, true)) return this.plain(at, said);
    }
    return at + 1;
  }

  /** A row of prose that is a command, with the rows that it goes on over. */
  private plain(at: number, first: string): number {
    const text = [first];
    let end = at + 1;
    while (/\\\s*$/.test(text.at(-1)!) && end < this.rows.length && this.rows[end]!.trim()) {
      text.push(this.rows[end]!);
      end += 1;
    }
    // Two blanks at the end are a line break of Markdown.
    this.add("text", text.join("\n").trimEnd(), at + 1);
    return end;
  }
}

/** Everything in a note that may be code, in its order. */
export const blocksOf = (note: string): NoteBlock[] => new Cutter(note).cut();
