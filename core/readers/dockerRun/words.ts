import { show } from "../../description/errors";
import { printedBy, shellVariable } from "./computed";
import type { DockerRunContext } from "./context";
import { DockerRunError } from "./errors";
import { INVISIBLE, ODD_BLANK } from "../../description/lookAlikes";
import { say } from "../../description/say";

/** How words are read, apart from the usual. */
export interface Reading {
  /** What stands behind `NAME=` is not cut at blanks, as in an assignment. */
  assigning?: boolean;
  /** Blanks of web pages and of Chinese and Japanese text are blanks too. */
  oddBlanks?: boolean;
}

/** One word of a line as a program would get it. */
export interface Word {
  text: string;
  /** Where it begins in the line, and how many characters of the line it takes. */
  offset: number;
  length: number;
  /** Whether any part of it was quoted or escaped. */
  quoted: boolean;
  /** For each character of the text, where in the line it comes from. */
  origins: number[];
  /** Why a part of it is not known; such a word may only be a secret that is left to a setting. */
  unknown?: DockerRunError;
}

/** The words of a line, and the ends of it that only the shell looks at (`> /dev/null`). */
export interface Words {
  words: Word[];
  dropped: string[];
}

/** Deeper nesting is no pasted line, and would overflow the stack. */
const MAX_DEPTH = 20;
// The Pulumi CLI writes settings anew with an empty row in front of indented ones; no command begins with those.
const SEQUENCE = /^\{(?:-?\d+\.\.-?\d+|[a-zA-Z]\.\.[a-zA-Z])(?:\.\.-?\d+)?\}$/;
const CONTINUATION = /(?:\\|`|\^)\r?\n(?:(?:[ \t]*\r?\n)+(?=[ \t]+\S))?[ \t]*(?:> +)?/y;
const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** No pasted `$(...)` is longer, and looking for the end of many takes its time. */
const MAX_SUBSTITUTION = 2000;

/** Where the `)` stands that ends what begins at this place; -1 where there is none. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < Math.min(text.length, from + MAX_SUBSTITUTION); at += 1) {
    const char = text[at]!;
    if (char === "\\") at += 1;
    else if (char === "'") {
      at = text.indexOf("'", at + 1);
      if (at < 0) return -1;
    } else if (char === "(") depth += 1;
    else if (char === ")") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** Braces that a word opens and closes, by where they open. */
interface Braces {
  /** Up to where they are known. */
  until: number;
  closed: Map<number, { end: number; several: boolean }>;
}

class Reader {
  private at = 0;
  private braces: Braces = { until: 0, closed: new Map() };
  private depth = 0;
  /** Inside a branch of `${A:-...}` that is not taken nothing is looked up. */
  private idle = 0;
  private words: Word[] = [];
  private dropped: string[] = [];
  private word: Word | undefined;
  private unknown: DockerRunError | undefined;

  constructor(
    private readonly line: string,
    private readonly context: DockerRunContext,
    start: number,
    private readonly reading: Reading,
  ) {
    this.at = start;
  }

  private fail(problem: string, remedy: string, offset: number, length = 1): DockerRunError {
    return new DockerRunError("line", problem, remedy, { line: this.line, offset, length });
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.line);
  }

  private add(text: string, origin: number, quoted = false): void {
    this.word ??= { text: "", offset: origin, length: 0, quoted: false, origins: [] };
    this.word.text += text;
    for (let index = 0; index < text.length; index += 1) this.word.origins.push(origin + index);
    if (quoted) this.word.quoted = true;
  }

  private end(): void {
    if (!this.word) return;
    this.word.length = this.at - this.word.offset;
    if (this.unknown) this.word.unknown = this.unknown;
    this.words.push(this.word);
    this.word = this.unknown = undefined;
  }

  /** Refuses what is not known, unless the word may turn out to be a secret that is left to a setting. */
  private leave(error: DockerRunError, from: number): string {
    if (!this.context.secretsLater) throw error;
    this.unknown ??= error;
    return this.line.slice(from, this.at);
  }

  read(): Words {
    while (this.at < this.line.length && this.step());
    this.end();
    return { words: this.words, dropped: this.dropped };
  }

  /** Reads the next piece outside of quotes; false at the end of the command. */
  private step(): boolean {
    const continuation = this.match(CONTINUATION);
    if (continuation) {
      // Blanks in front of the next row are part of the match, so the word ends only where there are some.
      if (/[ \t>]$/.test(continuation[0])) this.end();
      this.at += continuation[0].length;
      return true;
    }
    const start = this.at;
    const char = this.line[start]!;
    if (this.reading.oddBlanks && (ODD_BLANK.test(char) || INVISIBLE.test(char))) {
      if (ODD_BLANK.test(char)) this.end();
      this.at += 1;
      return true;
    }
    switch (char) {
      case " ":
      case "\t":
        this.end();
        this.at += 1;
        return true;
      case "\r":
      case "\n":
        this.end();
        return this.newline();
      case "#":
        if (!this.word) {
          this.at += this.match(/#[^\n]*/y)![0].length;
          return true;
        }
        break;
      case "'":
        this.single();
        return true;
      case '"':
        this.double();
        return true;
      case "\\":
        this.escape();
        return true;
      case "$":
        this.dollar();
        return true;
      case "`":
        this.backtick(false);
        return true;
      case "~":
        if (!this.word || this.assigns(this.word.text.endsWith("="))) {
          this.tilde();
          return true;
        }
        break;
      case "%":
        if (this.percent(false)) return true;
        break;
      case "*":
      case "?":
        this.glob(char);
        break;
      case "{":
        this.brace();
        break;
      case "|":
      case ";":
      case "&":
      case "<":
      case ">":
      case "(":
      case ")":
        return this.operator(char);
    }
    this.add(char, start);
    this.at += 1;
    return true;
  }

  /** Whether this is the value of an assignment. */
  private assigns(there = true): boolean {
    return there && this.reading.assigning === true && /^[A-Za-z_]\w*=/.test(this.word?.text ?? "");
  }

  private newline(): boolean {
    const rest = this.line.slice(this.at);
    const more = /^(?:\s*(?:#[^\n]*)?(?:\n|$))*/.exec(rest)![0].length;
    if (more < rest.length) {
      const blank = /\\[ \t]+\r?\n[^\n]*$/.test(this.line.slice(0, this.at + more));
      throw this.fail(
        say`the command ends at the line break, and another line follows`,
        blank
          ? say`remove the blanks behind the backslash`
          : say`end the line with \\ to go on, or give one command at a time`,
        this.at + more,
      );
    }
    return false;
  }

  private single(): void {
    const start = this.at;
    const close = this.line.indexOf("'", start + 1);
    if (close < 0) throw this.fail(say`the single quote has no end`, say`close it`, start);
    this.add(this.line.slice(start + 1, close), start, true);
    // The text begins one behind its quote.
    this.shift(close - start - 1, 1);
    this.at = close + 1;
  }

  private shift(count: number, by: number): void {
    const { origins } = this.word!;
    for (let index = origins.length - count; index < origins.length; index += 1) origins[index]! += by;
  }

  private double(): void {
    const start = this.at;
    this.add("", start, true);
    this.at += 1;
    while (this.line[this.at] !== '"') {
      const at = this.at;
      const char = this.line[at];
      if (char === undefined) throw this.fail(say`the double quote has no end`, say`close it`, start);
      if (char === "$") this.dollar(true);
      else if (char === "`") this.backtick(true);
      else if (char === "%" && this.percent(true)) continue;
      else if (char === "\\") {
        const newline = this.match(/\\\r?\n/y);
        if (newline) {
          this.at += newline[0].length;
          continue;
        }
        const next = this.line[at + 1] ?? "";
        if ('$`"\\'.includes(next) && next) this.add(next, at, true);
        else this.add(char + next, at, true);
        this.at += next ? 2 : 1;
      } else {
        this.add(char, at, true);
        this.at += 1;
      }
    }
    this.at += 1;
  }

  private escape(): void {
    const start = this.at;
    const next = this.line[start + 1];
    if (next === undefined)
      throw this.fail(say`the backslash at the end has nothing behind it`, say`remove it, or add the next line`, start);
    const comment = this.match(/\\[ \t]+#[^\n]*/y);
    if (comment)
      throw this.fail(
        say`the comment ends the command, since a backslash goes on to the next row only as the last character of its own`,
        say`move the comment to a row above the command`,
        start,
        comment[0].trimEnd().length,
      );
    const blanks = this.match(/\\[ \t]+(?=\r?\n|$)/y);
    if (blanks)
      throw this.fail(
        say`blanks behind the backslash end the command here`,
        say`remove the blanks, so that the backslash is the last character of its row`,
        start,
        blanks[0].length,
      );
    this.add(next, start, true);
    this.at += 2;
  }

  private tilde(): void {
    const start = this.at;
    const [all, user] = this.match(/~([\w.-]*)/y)!;
    if (user)
      throw this.fail(say`${all} is the home folder of another user`, say`write the path in full`, start, all.length);
    const after = this.line[start + 1];
    // The shell takes "~:" and "~x" as they stand.
    this.add(after === undefined || /[/\s]/.test(after) ? this.context.home : "~", start);
    this.at += 1;
  }

  private glob(char: string): void {
    // No file is called "-e..." or "NAME=...", so the shell finds none and passes these on as they stand.
    if (this.word && (this.word.quoted || /^-|[=:]/.test(this.word.text))) return;
    throw this.fail(
      say`the shell would replace this word by the files that match ${char}`,
      say`put it into single quotes, or name the files`,
      this.at,
    );
  }

  /** `{a,b}` and `{1..3}`; the shell leaves `{1...4}` and `{.Name}` as they stand. */
  private brace(): void {
    if (this.assigns()) return;
    if (this.at >= this.braces.until) this.braces = this.matchBraces();
    const found = this.braces.closed.get(this.at);
    if (!found) return;
    const all = this.line.slice(this.at, found.end + 1);
    if (!found.several && !SEQUENCE.test(all)) return;
    throw this.fail(
      say`the shell would make several words of ${show(all)}`,
      say`put it into single quotes, or write the words out`,
      this.at,
      all.length,
    );
  }

  /** The braces from here to the end of the word, with those that close them: each word is looked through once. */
  private matchBraces(): Braces {
    const closed: Braces["closed"] = new Map();
    const open: { start: number; several: boolean }[] = [];
    let at = this.at;
    for (; at < this.line.length; at += 1) {
      const char = this.line[at]!;
      if (char === " " || char === "\t" || char === "\n") break;
      if (char === "\\") at += 1;
      else if (char === "'" || char === '"') {
        const end = this.line.indexOf(char, at + 1);
        if (end < 0) break;
        at = end;
      } else if (char === "{") open.push({ start: at, several: false });
      else if (char === "," && open.length) open.at(-1)!.several = true;
      else if (char === "}") {
        const { start, several } = open.pop() ?? {};
        if (start !== undefined) closed.set(start, { end: at, several: several! });
      }
    }
    return { until: at, closed };
  }

  private operator(char: string): boolean {
    const start = this.at;
    const placeholder = this.match(/<(?![\s<(])[^<>\n]*>/y)?.[0];
    if (placeholder) {
      const error = this.fail(
        say`${placeholder} is a placeholder, and to the shell a redirection`,
        say`put the value that you want in its place`,
        start,
        placeholder.length,
      );
      this.at += placeholder.length;
      this.insert(this.leave(error, start), start, false);
      return true;
    }
    const quiet = this.match(/(?:&>>?|>>?)[ \t]*(?:\/dev\/null|&[12])(?=[\s;&]|$)/y);
    if (quiet) {
      // "2>" names a stream; the digit is no word of its own.
      const stream = this.word && /^[12]$/.test(this.word.text) && !this.word.quoted ? this.word.text : "";
      if (stream) this.word = undefined;
      this.end();
      this.dropped.push(stream + quiet[0]);
      this.at += quiet[0].length;
      return true;
    }
    const last = this.match(/[;&][ \t]*(?=#[^\n]*$|\s*$)/y);
    if (last) {
      this.end();
      this.dropped.push(char);
      this.at += last[0].length;
      return true;
    }
    const [operator] = this.match(/&&|\|\||\|&|&>|<<-?|>>|[|;&<>()]/y)!;
    if (this.word && /^[|;&]$/.test(operator) && /[^\s;&|<>()#]/.test(this.line[start + 1] ?? " "))
      throw this.fail(
        say`the shell ends the word at ${operator}, and docker gets no more than what stands before it`,
        say`put the whole word into single quotes`,
        start,
      );
    const [problem, remedy] =
      operator === "&&" || operator === "||" || operator === ";" || operator === "&"
        ? [say`another command follows ${show(operator)}`, say`give each command on a line of its own`]
        : operator.startsWith("|")
          ? [say`what the container prints is passed to another program, which a stack cannot do`, say`remove the pipe`]
          : operator === "(" || operator === ")"
            ? [say`${operator} starts or ends a subshell`, say`put the word into single quotes`]
            : [
                say`files go into or out of the command, which a stack cannot do`,
                say`remove the redirection, or put the word into single quotes`,
              ];
    throw this.fail(problem!, remedy!, start, operator.length);
  }

  private dollar(quoted = false): void {
    const start = this.at;
    const next = this.line[start + 1] ?? "";
    if (next === "'" && !quoted) {
      this.ansi();
      return;
    }
    if (next === '"' && !quoted) {
      this.at += 1;
      this.double();
      return;
    }
    const value = this.expansion();
    if (value === undefined) {
      this.add("$", start, quoted);
      this.at += 1;
      return;
    }
    this.insert(value, start, quoted);
  }

  /** Adds the value of the expression that begins at `start` and ends here. */
  private insert(value: string, start: number, quoted: boolean): void {
    if (!quoted && !this.unknown && !this.assigns() && /\s/.test(value)) {
      const expression = this.line.slice(start, this.at);
      throw this.fail(
        say`the value ${show(value)} holds blanks, at which the shell would cut the word`,
        say`put the expression into double quotes: "${/^[$`]\(?\w+[`)]?$/.test(expression) ? expression : "$..."}"`,
        start,
        this.at - start,
      );
    }
    if (value !== "" || quoted) this.add(value, start, quoted);
    const { word } = this;
    // Every character of the value comes from the expression.
    if (word) for (let index = 1; index <= value.length; index += 1) word.origins[word.origins.length - index] = start;
    const { folder, home } = this.context;
    // Behind a folder it is Windows that writes backslashes: %cd%\data, ${PWD}\data.
    const path = value === folder || value === home ? this.match(/(?:\\[\w.-]+)+/y)?.[0] : undefined;
    if (path === undefined) return;
    this.add(path.replaceAll("\\", "/"), this.at, quoted);
    this.at += path.length;
  }

  /** `%cd%` of cmd.exe; false where the sign stands for itself, as in a format. */
  private percent(quoted: boolean): boolean {
    const start = this.at;
    const [all, name] = this.match(/%([A-Za-z_]\w*)%/y) ?? [];
    if (!all) return false;
    const { folder, home, variables } = this.context;
    const value = { CD: folder, USERPROFILE: home }[name!.toUpperCase()] ?? variables?.get(name!);
    if (typeof value !== "string") return false;
    this.at += all.length;
    this.insert(value, start, quoted);
    return true;
  }

  /** Reads `$NAME`, `${NAME...}` or `$(pwd)`; undefined where the dollar stands for itself. */
  private expansion(): string | undefined {
    const start = this.at;
    // PowerShell's own form first: "$env" alone is no variable of it.
    const name = this.match(/\$(?:\{env:(\w+)\}|env:(\w+)|([A-Za-z_]\w*))/iy);
    if (name) {
      this.at += name[0].length;
      return this.variable((name[1] ?? name[2] ?? name[3])!, start);
    }
    if (this.line[start + 1] === "(") {
      const inner = this.substitution();
      if (inner?.startsWith("("))
        throw this.fail(say`$((...)) is arithmetic of the shell`, say`write the result down`, start, this.at - start);
      if (inner !== undefined) return this.printed(inner, start + 2, start);
      const [rest] = this.match(/\$\([^\n)]*\)?/y)!;
      throw this.runs(rest.slice(2).replace(/\)$/, ""), start, rest.length);
    }
    if (this.line[start + 1] === "{") return this.braced();
    const special = this.match(/\$[0-9?$!@*#-]/y);
    if (!special) return undefined;
    this.at += 2;
    return this.leave(
      this.fail(say`${special[0]} is a parameter of a shell script`, say`write its value down`, start, 2),
      start,
    );
  }

  /** Behind the `$(` at this place: what stands inside; undefined where there is no end. */
  private substitution(): string | undefined {
    const start = this.at + 2;
    const end = closing(this.line, start);
    if (end < 0) return undefined;
    this.at = end + 1;
    return this.line.slice(start, end);
  }

  /** Refuses what would need a program to run; only its name is said, since the rest may hold a secret. */
  private runs(inner: string, start: number, length = this.at - start): DockerRunError {
    const [program = ""] = /[^\s|;&<>()`$"']+/.exec(inner) ?? [];
    if (program === "date")
      return this.fail(
        say`date prints something else each time, so that each \`up\` would make the container anew`,
        say`write down one of its values`,
        start,
        length,
      );
    return this.fail(
      say`${program || "$(...)"} would have to run for this, and nothing is run here`,
      say`run it yourself, and write down what it prints`,
      start,
      length,
    );
  }

  /** What the program inside of `$(...)` or backquotes prints, where that is known without running it. */
  private printed(inner: string, offset: number, start: number): string {
    const error = this.runs(inner, start);
    if (++this.depth > MAX_DEPTH) throw error;
    let value: string | undefined;
    try {
      // `$(< FILE)` is the shell's own word for `$(cat FILE)`.
      const [file = ""] = /^\s*<(?![<(])\s*(?=\S+\s*$)/.exec(inner) ?? [];
      const reader = new Reader(this.line.slice(0, offset + inner.length), this.context, offset + file.length, {});
      reader.depth = this.depth;
      const { words } = reader.read();
      if (!words.some(({ unknown }) => unknown))
        value = printedBy([...(file ? ["cat"] : []), ...words.map(({ text }) => text)], this.context);
    } catch (problem) {
      if (!(problem instanceof DockerRunError)) throw problem;
    }
    this.depth -= 1;
    return value ?? (this.idle ? "" : this.leave(error, start));
  }

  private lookUp(name: string): string | DockerRunError | undefined {
    const { environment, folder, variables } = this.context;
    // PowerShell says $pwd.
    if (/^pwd$/i.test(name)) return folder;
    const own = variables?.get(name);
    if (own !== undefined) return own;
    if (Object.hasOwn(environment, name) && environment[name] !== undefined) return environment[name];
    return shellVariable(name, this.context);
  }

  private variable(name: string, start: number): string {
    const value = this.lookUp(name);
    if (typeof value === "string") return value;
    if (this.idle) return "";
    const error = this.fail(
      say`the variable ${name} is not set, so docker would get nothing in its place`,
      say`set ${name}, or write its value down; put it into single quotes where the dollar belongs to the text`,
      start,
      this.at - start,
    );
    return this.leave(value ?? error, start);
  }

  private braced(): string {
    const start = this.at;
    const plain = this.match(/\$\{([A-Za-z_]\w*)\}/y);
    if (plain) {
      this.at += plain[0].length;
      return this.variable(plain[1]!, start);
    }
    const [head, name, operator] = this.match(/\$\{([A-Za-z_]\w*)(:?[-=?+])/y) ?? [];
    if (!head)
      throw this.fail(
        say`this kind of expansion is not known here`,
        say`use $NAME or its form with :- and a default, or write the value down`,
        start,
        2,
      );
    const found = this.lookUp(name!);
    const value = typeof found === "object" ? this.variable(name!, start) : found;
    const there = value !== undefined && (value !== "" || !operator!.startsWith(":"));
    const kind = operator!.slice(-1);
    this.at += head.length;
    const skip = kind === "+" ? !there : there;
    if (skip) this.idle += 1;
    const other = this.alternative(start);
    if (skip) this.idle -= 1;
    if (kind === "+") return there ? other : "";
    if (there) return value;
    if (kind !== "?" || this.idle) return other;
    const problem = say`the variable ${name} is not set${other ? `: ${other}` : ""}`;
    return this.leave(this.fail(problem, say`set ${name}`, start, head.length), start);
  }

  /** The text behind `:-`, up to the closing brace. */
  private alternative(start: number): string {
    if (++this.depth > MAX_DEPTH)
      throw this.fail(say`the expansions are nested too deeply`, say`write the value down`, start);
    let text = "";
    for (;;) {
      const char = this.line[this.at];
      if (char === undefined || char === "\n") throw this.fail(say`the \${ has no end`, say`close it with }`, start, 2);
      if (char === "}") break;
      if (char === "$") {
        const value = this.expansion();
        text += value ?? "$";
        if (value === undefined) this.at += 1;
      } else if (char === "'" || char === '"') {
        const close = this.line.indexOf(char, this.at + 1);
        if (close < 0) throw this.fail(say`the quote has no end`, say`close it`, this.at);
        if (char === "'") {
          text += this.line.slice(this.at + 1, close);
          this.at = close + 1;
        } else this.at += 1;
      } else if (char === "\\") {
        text += this.line[this.at + 1] ?? "";
        this.at += 2;
      } else if (char === "`") {
        text += this.quoted();
      } else {
        text += char;
        this.at += 1;
      }
    }
    this.at += 1;
    this.depth -= 1;
    return text;
  }

  private backtick(quoted: boolean): void {
    const start = this.at;
    // `#optional` behind a flag: a command that is only a comment prints nothing.
    const comment = this.match(/`\s*#[^`\n]*`/y);
    if (comment) this.at += comment[0].length;
    else this.insert(this.quoted(), start, quoted);
  }

  /** What the program in backquotes prints. */
  private quoted(): string {
    const start = this.at;
    const [all, inner] = this.match(/`([^`\n]*)`?/y)!;
    this.at += all.length;
    if (all.endsWith("`") && all.length > 1) return this.printed(inner!, start + 1, start);
    throw this.runs(all.slice(1), start);
  }

  /** `$'...'`, where backslashes stand for control characters. */
  private ansi(): void {
    const start = this.at;
    const all = this.match(/\$'((?:[^'\\]|\\[\s\S])*)'/y);
    if (!all) throw this.fail(say`the single quote has no end`, say`close it`, start, 2);
    const text = all[1]!.replace(
      /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c([\s\S])|([\s\S]))/g,
      (whole, hex?: string, short?: string, long?: string, octal?: string, control?: string, char?: string) => {
        const code = Number.parseInt(hex ?? short ?? long ?? "", 16);
        if (code > 0x10ffff || code === 0 || /^0+$/.test(octal ?? ""))
          throw this.fail(
            say`${whole} is no character that an argument can hold`,
            say`remove it`,
            start,
            all[0].length,
          );
        if (!Number.isNaN(code)) return String.fromCodePoint(code);
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
        if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
        return ESCAPES[char!] ?? (/[\\'"?]/.test(char!) ? char! : whole);
      },
    );
    this.add(text, start, true);
    this.at += all[0].length;
  }
}

/**
 * Takes a line apart as a POSIX shell would, from `start` on, without ever running anything: quotes, escapes,
 * continued rows (also those of PowerShell and cmd), variables, the current folder and the home folder. What would
 * need a program or other files is refused.
 *
 * @throws DockerRunError at the place that cannot be read
 */
export function readWords(line: string, context: DockerRunContext, start = 0, reading: Reading = {}): Words {
  const nul = line.indexOf("\0");
  if (nul >= 0)
    throw new DockerRunError("line", say`holds a NUL character`, say`remove it`, { line, offset: nul, length: 1 });
  return new Reader(line, context, start, reading).read();
}

/** Whether the `#` at this place is the prompt of a root shell in front of a command, not a comment. */
export function isPrompt(text: string, at: number): boolean {
  return /^#\s+(?:sudo\s|docker\s|podman\s|nvidia-docker\s)/.test(text.slice(at, at + 40));
}

/** Length of what continues a row at this place; 0 where nothing does. */
function continues(text: string, at: number): number {
  CONTINUATION.lastIndex = at;
  return CONTINUATION.exec(text)?.[0].length ?? 0;
}

/** A command in pasted text. */
export interface Piece {
  start: number;
  end: number;
  /** What stands between it and the command before on the same row: `&&`, `||` or `;`. */
  joint: string;
}

// Behind a semicolon that belongs to a word stands no program.
const JOINT = /&&|\|\||;(?=\s|$|(?:sudo|docker|podman|nvidia-docker|cd|mkdir|export)\s)/y;
const HERE = /<<[-~]?[ \t]*(["']?)(\w+)\1/y;

/**
 * Cuts pasted text into its commands: at line breaks, `&&`, `||` and `;` that are neither quoted nor continued.
 *
 * @param rows how many rows to read, continued ones being one
 */
export function splitCommands(text: string, from = 0, rows = Number.POSITIVE_INFINITY): Piece[] {
  const commands: Piece[] = [];
  let start = from;
  let left = rows;
  let joint = "";
  let quote = "";
  let wordStart = true;
  /** Ends the text that a command gets from the rows below it. */
  let here = "";
  const cut = (end: number, by: string) => {
    commands.push({ start, end, joint });
    start = end + Math.max(by.length, 1);
    joint = by;
    wordStart = true;
    if (by === "") left -= 1;
  };
  const match = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (let at = from; at <= text.length && left > 0; at += 1) {
    const char = text[at];
    if (char === "\n" && !quote && here) {
      const rest = text.slice(at + 1);
      const end = new RegExp(`^[ \\t]*${here}[ \\t]*$`, "m").exec(rest);
      at += end ? end.index + end[0].length : rest.length;
      here = "";
    } else if (char === undefined || (char === "\n" && !quote)) {
      cut(at, "");
    } else if (quote) {
      if (char === "\\" && quote === '"') at += 1;
      else if (char === quote) quote = "";
    } else if (continues(text, at)) {
      at += continues(text, at) - 1;
      wordStart = true;
    } else if (char === "\\") {
      at += 1;
      wordStart = false;
    } else if (char === "#" && wordStart && !isPrompt(text, at)) {
      at = (text.indexOf("\n", at) + 1 || text.length + 1) - 2;
    } else if (char === "$" && text[at + 1] === "(" && closing(text, at + 2) > 0) {
      at = closing(text, at + 2);
      wordStart = false;
    } else {
      const operator = match(JOINT, at)?.[0];
      if (operator) {
        cut(at, operator);
        at += operator.length - 1;
        continue;
      }
      here ||= (char === "<" && text[at - 1] !== "<" && match(HERE, at)?.[2]) || "";
      if (char === "'" || char === '"') quote = char;
      wordStart = /\s/.test(char);
    }
  }
  return commands;
}
