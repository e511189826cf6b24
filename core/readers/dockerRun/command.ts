import { show } from "../../description/errors";
import { nearest } from "../../description/nearest";
import type { Notice } from "../../description/project";
import { isSecretValue } from "../../description/secretValue";
import { codeOf, INVISIBLE, ODD_BLANK } from "../../description/lookAlikes";
import { DockerRunError } from "./errors";
import { type Option, readOptions } from "./options";
import type { DockerRunContext } from "./context";
import { isPrompt, type Reading, readWords, type Word } from "./words";
import { say } from "../../description/say";

/** A line taken apart as far as the name of its command. */
export interface Command {
  line: string;
  program: "docker" | "podman" | "nvidia-docker";
  /** Without `container`: `run`, `create`, `network create`, ... */
  name: string;
  /** Where the name stands. */
  word: Word;
  /** What stands behind the name. */
  words: Word[];
  /** The outer variables and those that are set in front of the command, which docker sees but the shell does not. */
  context: DockerRunContext;
  notices: Notice[];
}

const ENVIRONMENTS = /(?:\([^()\n]{1,40}\)[ \t]*)*/;
const PLACE =
  /\[[^\]\n]{0,80}\]|[\w.-]{1,40}@[\w.-]{1,80}(?::\S{0,80}|[ \t]+[~/][^\s>]{0,80})?|PS [A-Z]:[^>\n]{0,80}|[A-Z]:\\[^>\n]{0,80}|(?:ba|z)?sh-[\d.]{1,9}|[\w-]{1,20}(?=>[ \t]+(?:sudo|docker|podman|mkdir|cd)\s)|~(?:\/[^\s>]{0,80})?/;
const SIGN = /[$#%\u279c\u27b8\u276f\u00bb][ \t]+|>[ \t]*/;
// Oh My Zsh has the arrow in front of the folder.
const ARROW = /\u279c[ \t]+[^\s$]{1,80}[ \t]+(?:git:\(\S{1,80}\)[ \t]+)?(?:\u2717[ \t]+)?(?=(?:sudo|docker|podman)\s)/;
const PROMPT = new RegExp(
  `${ENVIRONMENTS.source}(?:${ARROW.source}|(?:(?:${PLACE.source})[ \\t]*)?(?:${SIGN.source})(?=\\S))`,
  "y",
);

/** Length of the prompt at this place. */
function promptLength(line: string, at: number): number {
  PROMPT.lastIndex = at;
  return PROMPT.exec(line)?.[0].length ?? 0;
}

/** Whether the line has a prompt in front, as what was copied from a terminal has. */
export const isPrompted = (line: string): boolean => promptLength(line, /^\s*/.exec(line)![0].length) > 0;

/** Where the command begins that stands in a text from this place on: behind blank rows, comments and a prompt. */
export function commandStart(line: string, from = 0): number {
  let at = from;
  for (;;) {
    at += /^\s*/.exec(line.slice(at))![0].length;
    if (line[at] !== "#" || isPrompt(line, at)) break;
    const end = line.indexOf("\n", at);
    if (end < 0) return line.length;
    at = end;
  }
  return at + promptLength(line, at);
}

/** The programs that make containers. */
export const PROGRAMS = ["docker", "podman", "nvidia-docker"];

/** Which of them a word calls. */
export const programOf = (word: string): string | undefined =>
  /^(?:.*[/\\])?(docker|podman|nvidia-docker)(?:\.exe)?$/.exec(word)?.[1];

/** Programs that only start another one, and those of their flags that take a value. */
export const STARTERS: Record<string, string> = {
  sudo: "ugpCrtUDhT",
  doas: "uC",
  env: "uCS",
  exec: "a",
  time: "fo",
  nohup: "",
  command: "",
  winpty: "",
};

const text = (...names: string[]): Option => ({ names, kind: "text" });
const boolean = (...names: string[]): Option => ({ names, kind: "boolean" });
const GLOBAL: (Option & { notice?: string })[] = [
  { ...text("--host", "-H"), notice: say`which engine a stack goes to is a setting of the stack (docker:host)` },
  { ...text("--context", "-c"), notice: say`which engine a stack goes to is a setting of the stack (docker:host)` },
  { ...text("--config"), notice: say`the client's settings have no meaning in a stack` },
  { ...text("--log-level", "-l"), notice: say`the client's own log has no meaning in a stack` },
  { ...boolean("--debug", "-D"), notice: say`the client's own log has no meaning in a stack` },
  ...["--tlscacert", "--tlscert", "--tlskey"].map((name) => ({
    ...text(name),
    notice: say`keys for the engine are a setting of the stack (docker:certPath)`,
  })),
  ...["--tls", "--tlsverify"].map((name) => ({
    ...boolean(name),
    notice: say`keys for the engine are a setting of the stack (docker:certPath)`,
  })),
];

/** Commands that are read, in all their spellings. */
const COMMANDS: Record<string, string> = {
  run: "run",
  create: "create",
  "container run": "run",
  "container create": "create",
  start: "start",
  "container start": "start",
  pull: "pull",
  "image pull": "pull",
  "network create": "network create",
  "network connect": "network connect",
  "volume create": "volume create",
};

/**
 * Reads a line up to the name of its docker command.
 *
 * @param from where the command begins in the line
 * @throws DockerRunError when it cannot be read, or is no docker command
 */
export function readCommand(line: string, context: DockerRunContext, from = 0, reading: Reading = {}): Command {
  const { words, dropped } = readWords(line, context, commandStart(line, from), reading);
  const fail = (problem: string, remedy: string, { offset, length }: { offset: number; length: number }) =>
    new DockerRunError("line", problem, remedy, { line, offset, length });
  const notices: Notice[] = dropped.map((at) => ({
    level: "note",
    at,
    text: say`this end of the line concerns only the shell that it was typed into`,
  }));
  if (reading.oddBlanks) {
    const [odd = ""] = new RegExp(`${ODD_BLANK.source}|${INVISIBLE.source}`).exec(line.slice(from)) ?? [];
    const text = ODD_BLANK.test(odd)
      ? say`is no blank to a shell, and is read as one`
      : say`is not to be seen, and is left out`;
    notices.push({ level: "note", at: codeOf(odd), text });
  }
  const end = { offset: line.length, length: 1 };
  const environment = { ...context.environment };

  let index = 0;
  for (;;) {
    const word = words[index];
    if (!word) break;
    const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word.text);
    if (assignment) {
      const [, name, value] = assignment;
      if (word.unknown && !isSecretValue(name!, value!)) throw word.unknown;
      environment[name!] = value;
      if (name === "DOCKER_HOST" || name === "DOCKER_CONTEXT")
        notices.push({ level: "note", at: name, text: GLOBAL[0]!.notice! });
      index += 1;
      continue;
    }
    const withValue = Object.hasOwn(STARTERS, word.text) ? STARTERS[word.text]! : undefined;
    if (withValue === undefined) break;
    index += 1;
    while (words[index]?.text.startsWith("-")) {
      const { text: flag } = words[index]!;
      index += flag.length === 2 && withValue.includes(flag[1]!) ? 2 : 1;
    }
  }

  const program = words[index];
  if (!program) throw fail(say`there is no command`, say`paste a docker run line`, end);
  const called = programOf(program.text);
  if (!called)
    throw fail(
      say`${show(program.text)} is not a command that can be read`,
      /^docker-compose$/.test(program.text)
        ? say`give the compose file in its place`
        : nearest(program.text, PROGRAMS)
          ? say`did you mean ${nearest(program.text, PROGRAMS)}?`
          : say`begin the line with docker run; other commands go elsewhere`,
      program,
    );
  const { uses, rest } = readOptions(line, words.slice(index + 1), GLOBAL, called);
  for (const { written, option } of uses) notices.push({ level: "note", at: written, text: option.notice! });

  const [first, second] = rest;
  if (!first) throw fail(say`there is no command`, say`write ${called} run`, end);
  const group = ["container", "network", "volume", "image"].includes(first.text);
  const spelled = group ? `${first.text} ${second?.text ?? ""}` : first.text;
  const name = Object.hasOwn(COMMANDS, spelled) ? COMMANDS[spelled]! : undefined;
  if (!name)
    throw fail(
      say`${called} ${show(spelled).slice(1, -1).trim()} is not a command that can be read`,
      first.text === "compose" ? say`give the compose file in its place` : say`give a ${called} run line`,
      group && second ? second : first,
    );
  const unknown = rest.find((word) => word.unknown)?.unknown;
  if (unknown && name !== "run" && name !== "create") throw unknown;
  return {
    line,
    program: called as Command["program"],
    name,
    word: first,
    words: rest.slice(group ? 2 : 1),
    context: { ...context, environment },
    notices,
  };
}
