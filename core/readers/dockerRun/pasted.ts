import { nearest } from "../../description/nearest";
import type { Notice } from "../../description/project";
import { KEYWORDS, noticeOf } from "./around";
import { commandStart, isPrompted, PROGRAMS, programOf, readCommand, STARTERS } from "./command";
import { DockerRunError } from "./errors";
import { Lines, type LinesProject } from "./lines";
import { withOddBlanks } from "./oddBlanks";
import { roughWords, Shell } from "./shell";
import type { DockerRunContext } from "./context";
import { isPrompt, type Piece, splitCommands } from "./words";
import { say } from "../../description/say";

/** What makes a container, wherever it stands. */
const MAKES = /\b(?:docker|podman|nvidia-docker)\s+(?:container\s+)?(?:run|create)\s/;
const STARTS =
  /^\s*(?:(?:[A-Za-z_]\w*=\S*|sudo|doas|env|exec|time|nohup|command|winpty|-\S+)\s+)*(?:\S*\/)?(?:docker|podman|nvidia-docker)(?:\.exe)?\s/;
/** `id=$(docker run ...)` */
const KEPT_ID = /^(?:export\s+)?([A-Za-z_]\w*)=\$\((?=\s*(?:sudo\s+)?(?:docker|podman|nvidia-docker)\s[\s\S]*\)\s*$)/;
/** Nothing that any container could see comes of these. */
const SILENT = /^(?:true|false|:|exit|clear|cls|shopt|trap|echo|printf|sleep|wait|date)$/;

/** Reads pasted text command by command. */
class Pasted {
  private readonly shell: Shell;
  /** The first command that was left out. */
  private leftOut: Piece | undefined;
  private isRead = false;
  /** Whether a command that makes something stands in front on the same row. */
  private made = false;

  constructor(
    private readonly text: string,
    private readonly project: Lines,
    context: DockerRunContext,
    /** Where the lines begin that were given one by one, which nothing has printed. */
    private readonly given: ReadonlySet<number>,
  ) {
    this.shell = new Shell(context);
  }

  private fail(problem: string, remedy: string, from: number, length: number): DockerRunError {
    const end = this.text.indexOf("\n", from + length);
    return new DockerRunError("line", problem, remedy, {
      line: this.text.slice(0, end < 0 ? undefined : end),
      offset: from,
      length,
    });
  }

  /** The commands of the text; in what was copied from a terminal, the rows without a prompt are what was printed. */
  private pieces(): Piece[] {
    const starts = [...this.text.matchAll(/^.*$/gm)].filter(
      ({ 0: row, index }) => isPrompted(row) || STARTS.test(row) || this.given.has(index),
    );
    const prompted = starts.some(([row]) => isPrompted(row) && !/^\s*#/.test(row));
    if (!prompted) return splitCommands(this.text);
    const pieces: Piece[] = [];
    for (const { index } of starts)
      if (index >= (pieces.at(-1)?.end ?? 0)) pieces.push(...splitCommands(this.text, index, 1));
    return pieces;
  }

  read(): void {
    const pieces = this.pieces();
    const textOf = ({ start, end }: Piece) => this.text.slice(start, end).trim();
    // Where some rows stand without a prompt, "# docker run" is a row that was commented out.
    const plain = pieces.some((piece) => STARTS.test(textOf(piece).replace(/^\$\s+/, "")));
    const commands = pieces.filter((piece) => {
      const text = textOf(piece);
      return text !== "" && !(text.startsWith("#") && (plain || !isPrompt(text, 0)));
    });
    for (const [index, command] of commands.entries()) {
      if (command.joint === "") this.made = false;
      this.command(command, commands[index - 1]);
    }
    if (this.isRead || commands.length === 0) return;
    // There is nothing else, so that it is refused for what it is.
    if (this.leftOut) this.docker(this.leftOut);
    else throw this.fail(say`there is no command`, say`paste a docker run line`, this.text.trimEnd().length, 1);
  }

  private command(piece: Piece, before: Piece | undefined): void {
    const { start, end } = piece;
    const text = this.text.slice(start, end);
    const line = this.text.slice(0, end);
    const begin = commandStart(line, start);
    const [assigned, name] = KEPT_ID.exec(line.slice(begin)) ?? [];
    if (assigned && name) {
      const why = say`$${name} is the id of a container, which docker says only when it has made it`;
      this.command({ ...piece, start: begin + assigned.length, end: line.lastIndexOf(")") }, before);
      this.shell.forget(name, this.fail(why, say`write the name of the container`, begin, assigned.length - 3));
      return;
    }
    const first = start + text.length - text.trimStart().length;
    if (/^-{1,2}[a-zA-Z]/.test(text.trimStart()))
      throw (
        (before && this.cutShort(before)) ??
        this.fail(
          say`begins with a flag, and the row above it does not go on`,
          say`end the row above with a backslash, and nothing behind it`,
          first,
          /^\S+/.exec(this.text.slice(first))![0].length,
        )
      );
    if (this.shell.run(line, start, this.project.notices)) return;
    const words = roughWords(line, begin);
    let index = 0;
    for (let starter = words[index]; starter !== undefined; starter = words[index]) {
      const flags = Object.hasOwn(STARTERS, starter) ? STARTERS[starter]! : undefined;
      if (flags === undefined && !/^[A-Za-z_]\w*=/.test(starter)) break;
      index += 1;
      while (flags !== undefined && words[index]?.startsWith("-"))
        index += words[index]!.length === 2 && flags.includes(words[index]![1]!) ? 2 : 1;
    }
    const [program = "", ...rest] = words.slice(index);
    const notice = this.around(piece, program, rest);
    if (notice === undefined) this.docker(piece);
    else this.project.notices.push(...notice);
  }

  /** What is said of a command around the lines; undefined for one that has to be read. */
  private around(piece: Piece, program: string, rest: string[]): Notice[] | undefined {
    const text = this.text.slice(piece.start, piece.end);
    const called = programOf(program);
    const notice = called === undefined ? undefined : noticeOf(called, rest);
    if (called !== undefined && !notice) return undefined;
    if (KEYWORDS.test(program))
      throw this.fail(
        say`${program} belongs to a script of the shell, which is not run`,
        say`give the docker lines that it comes to`,
        piece.start + text.indexOf(program),
        program.length,
      );
    if (program === "" || MAKES.test(text) || (!called && nearest(program, PROGRAMS))) return undefined;
    this.leftOut ??= piece;
    if (notice) return [notice];
    if (SILENT.test(program) && !/[>|]/.test(text)) return [];
    if (program === "docker-compose")
      return [{ level: "warning", at: program, text: say`is not read here: give its file to \`berth from-compose\`` }];
    return [{ level: "note", at: program, text: say`is not run: do it by hand where the containers need it` }];
  }

  private docker(piece: Piece): void {
    const { start, end, joint } = piece;
    const line = this.text.slice(0, end);
    try {
      withOddBlanks(line.slice(start), (reading) => {
        const read = readCommand(line, this.shell.context, start, reading);
        if (joint === "||" && this.made)
          throw this.fail(
            say`runs only where the command in front of || fails`,
            say`give the one that is meant`,
            read.word.offset,
            read.word.length,
          );
        this.project.add(read);
      });
      this.isRead = true;
      this.made = true;
    } catch (error) {
      const atEnd = error instanceof DockerRunError && error.argument === "image";
      throw (atEnd && this.cutShort(piece)) || error;
    }
  }

  /** Why a command ends with its last row, though the row below goes on with it. */
  private cutShort({ start, end }: Piece): DockerRunError | undefined {
    const text = this.text.slice(start, end).trimEnd();
    if (this.text.slice(end).trim() === "") return undefined;
    const comment = /\\\r?\n[ \t]*(#[^\n]*)$/.exec(text)?.[1];
    if (comment)
      return this.fail(
        say`the comment ends the command, which the row below would go on with`,
        say`move it above the command`,
        start + text.length - comment.length,
        comment.length,
      );
    const next = /^\n(?:[ \t]+|(?=-))(\S+)/.exec(this.text.slice(end));
    if (next && !text.endsWith("\\"))
      return this.fail(
        say`the row above it does not go on, and is no command by itself`,
        say`end the row above with a backslash, and nothing behind it`,
        end + next[0].length - next[1]!.length,
        next[1]!.length,
      );
    return text.endsWith("\\\\")
      ? this.fail(
          say`two backslashes are one that belongs to the command, which then ends with its row`,
          say`end the row with one backslash`,
          start + text.length - 2,
          2,
        )
      : undefined;
  }
}

/**
 * Reads several pasted lines as one project: `docker run` and `docker create`, `docker network create`,
 * `docker network connect`, `docker volume create`; `docker pull` and `docker start` become notices. What stands around
 * them sets variables and the folder, or becomes a notice. Blank lines and comments are skipped, a line may go on over
 * several rows.
 *
 * @param projectName names the network that `--link` needs
 * @throws DockerRunError with the place marked
 */
export function parseDockerLines(lines: string[], projectName: string, context: DockerRunContext): LinesProject {
  const given = lines.map((_, index) => lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0));
  // Fences of Markdown are no backquotes.
  const text = lines.join("\n").replace(/^[ \t]*(?:```|~~~)[^`~\n]*$/gm, (fence) => " ".repeat(fence.length));
  const project = new Lines(projectName);
  new Pasted(text, project, context, new Set(given)).read();
  return project.finish();
}
