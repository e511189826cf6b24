import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Notice } from "../../description/project";
import { commandStart } from "./command";
import { DockerRunError } from "./errors";
import type { DockerRunContext } from "./context";
import { readWords, splitCommands } from "./words";
import { say } from "../../description/say";

// As the shell cuts words, but never refused: for commands that are not read any further.
const ROUGH_WORD =
  /(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\)){0,2000}\)|`[^`\n]*`|[^\s'"\\;&|<>]|['"])+/y;
const BLANKS = /(?:\s|[\\`^]\r?\n)+/y;
const ASSIGNMENT = /^([A-Za-z_]\w*)=/;
const DECLARES = /^(?:export|declare|typeset|readonly|local)$/;
// `$env:NAME = "value"` and `$NAME = "value"` of PowerShell.
const POWERSHELL = /\$(env:)?([A-Za-z_]\w*)[ \t]*=[ \t]*/iy;

/** The words at the beginning of a command, roughly: quotes and expansions as they stand. */
export function roughWords(line: string, from: number): string[] {
  const words: string[] = [];
  for (let at = from; at < line.length; ) {
    BLANKS.lastIndex = at;
    at += BLANKS.exec(line)?.[0].length ?? 0;
    ROUGH_WORD.lastIndex = at;
    const word = ROUGH_WORD.exec(line)?.[0];
    if (!word) break;
    words.push(word);
    at += word.length;
  }
  return words;
}

/** What the rows around the docker lines do to the shell that these run in: its variables and its folder. */
export class Shell {
  private readonly variables = new Map<string, string | DockerRunError>();
  private readonly environment: DockerRunContext["environment"];
  private folder: string;
  private before: string;
  private exportsAll = false;

  constructor(private readonly outer: DockerRunContext) {
    this.environment = { ...outer.environment };
    this.folder = this.before = outer.folder;
  }

  /** What the next line is read against. */
  get context(): DockerRunContext {
    const { environment, folder, variables } = this;
    return { ...this.outer, environment, folder, variables, shell: this.outer.environment };
  }

  private set(name: string, value: string | DockerRunError, exported = this.exportsAll): void {
    this.variables.set(name, value);
    if (!exported && this.environment[name] === undefined) return;
    this.environment[name] = typeof value === "string" ? value : undefined;
  }

  /** Keeps why a variable has no value that is known, for the line that needs it. */
  forget(name: string, why: DockerRunError): void {
    this.set(name, why);
  }

  private words(line: string, from: number): string[] {
    return readWords(line, this.context, from, { assigning: true }).words.map(({ text }) => text);
  }

  /** Does what a command does to the shell; false where it is none of the shell's own. */
  run(line: string, from: number, notices: Notice[]): boolean {
    const start = commandStart(line, from);
    const [first = "", second = "", third] = roughWords(line, start);
    if (roughWords(line, start).every((word) => ASSIGNMENT.test(word))) this.assign(line, start, false);
    else if (DECLARES.test(first)) this.assign(line, start, first === "export" || /^-\w*x/.test(second));
    else if (first === "unset") for (const name of roughWords(line, start).slice(1)) this.drop(name);
    else if (/^(?:cd|chdir|pushd|popd)$/i.test(first)) this.enter(line, start, notices);
    else if (first === "set" || first === "setenv") this.setting(line, start, second, third);
    else if (first === "source" || first === ".") this.source(line, start, notices);
    else return this.powershell(line, start);
    return true;
  }

  private assign(line: string, start: number, exported: boolean): void {
    try {
      for (const word of this.words(line, start)) {
        const name = ASSIGNMENT.exec(word)?.[1];
        if (name) this.set(name, word.slice(name.length + 1), exported || undefined);
        else if (exported && this.variables.has(word)) this.set(word, this.variables.get(word)!, true);
      }
    } catch (error) {
      if (!(error instanceof DockerRunError)) throw error;
      for (const word of roughWords(line, start)) {
        const name = ASSIGNMENT.exec(word)?.[1];
        if (name) this.set(name, error, exported || undefined);
      }
    }
  }

  private drop(name: string): void {
    this.variables.delete(name);
    delete this.environment[name];
  }

  private enter(line: string, start: number, notices: Notice[]): void {
    const [command = "cd", target = /^popd$/i.test(command) ? "-" : this.outer.home] = this.words(line, start);
    const folder = target === "-" ? this.before : resolve(this.folder, target);
    this.before = this.folder;
    this.folder = folder;
    notices.push({ level: "note", at: command, text: say`the rows below it are read in ${folder}` });
  }

  /** `set` of four shells: options, an assignment of cmd.exe (as it stands), one of fish, and `setenv` of csh. */
  private setting(line: string, start: number, second: string, third: string | undefined): void {
    if (/^[-+]/.test(second)) {
      if (/^.a$/.test(second) || third === "allexport") this.exportsAll = second.startsWith("-");
      if (!/^-[gxlU]+$/.test(second) || third === undefined) return;
    }
    const assigned = /^set[ \t]+"?([A-Za-z_]\w*)=([^\r\n]*?)"?[ \t\r]*$/i.exec(line.slice(start));
    if (assigned) {
      this.set(assigned[1]!, assigned[2]!, true);
      return;
    }
    const [name, value] = this.words(line, start).slice(second.startsWith("-") ? 2 : 1);
    if (name !== undefined && value !== undefined) this.set(name, value, true);
  }

  /** A file of assignments. */
  private source(line: string, start: number, notices: Notice[]): void {
    const [command = "", file = ""] = this.words(line, start);
    let text: string;
    try {
      text = readFileSync(resolve(this.folder, file), "utf8");
    } catch {
      notices.push({
        level: "note",
        at: `${command} ${file}`,
        text: say`cannot be read, so no variable comes from it`,
      });
      return;
    }
    for (const { start: from, end } of splitCommands(text)) {
      const [first = "", second = ""] = roughWords(text.slice(0, end), from);
      if (ASSIGNMENT.test(first)) this.assign(text.slice(0, end), from, false);
      else if (first === "export" && ASSIGNMENT.test(second)) this.assign(text.slice(0, end), from, true);
    }
  }

  private powershell(line: string, start: number): boolean {
    POWERSHELL.lastIndex = start;
    const [all, exported, name] = POWERSHELL.exec(line) ?? [];
    if (!all) return false;
    const words = this.words(line, start + all.length);
    if (words.length !== 1) return false;
    this.set(name!, words[0]!, exported !== undefined);
    return true;
  }
}
