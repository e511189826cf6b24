import { show } from "../../description/errors";
import { DockerRunError } from "./errors";
import type { Word } from "./words";
import { nearest } from "../../description/nearest";
import { say } from "../../description/say";

/** A flag as far as taking a line apart needs it. */
export interface Option {
  /** With their dashes, the usual one first: `["--publish", "-p"]`. */
  names: string[];
  /** `boolean` takes no word behind it, `list` may come several times. */
  kind: "boolean" | "text" | "list";
}

/** One flag of a line, with its value. */
export interface Use<O extends Option = Option> {
  option: O;
  /** As written, without the value: `-p`. */
  written: string;
  /** `true` or `false` for a boolean. */
  value: string;
  /** The word that holds the value. */
  word: Word;
  /** An error that marks the value, or a part of it. */
  fail(problem: string, remedy: string, from?: number, length?: number): DockerRunError;
}

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

/** Flags by their names, once for each list of them. */
const tables = new WeakMap<readonly Option[], Map<string, Option>>();
function named<O extends Option>(options: readonly O[]): Map<string, O> {
  const known = tables.get(options) as Map<string, O> | undefined;
  if (known) return known;
  const table = new Map(options.flatMap((option) => option.names.map((name): [string, O] => [name, option])));
  tables.set(options, table);
  return table;
}

/**
 * Takes flags off the front of a list of words, by the rules of pflag, Docker's own reader: `-p80:80`, `-p=80:80`,
 * `-itd`, `--name=x`, `--name x`, `--privileged=false`. Stops at the first word that is no flag, or behind `--`.
 *
 * @throws DockerRunError for an unknown flag, a missing value, or a boolean that is none
 */
export function readOptions<O extends Option>(
  line: string,
  words: Word[],
  options: readonly O[],
  command: string,
): { uses: Use<O>[]; rest: Word[] } {
  const byName = named(options);
  const uses: Use<O>[] = [];
  let index = 0;

  const failAt = (argument: string, problem: string, remedy: string, { offset, length }: Word) =>
    new DockerRunError(argument, problem, remedy, { line, offset, length });

  const use = (option: O, written: string, value: string, word: Word, from: number) => {
    const fail = (problem: string, remedy: string, start = 0, length?: number) => {
      const first = word.origins[from + start];
      const last = word.origins[from + start + (length ?? value.length - start) - 1];
      const place =
        first === undefined || last === undefined || option.kind === "boolean"
          ? { line, offset: word.offset, length: word.length }
          : { line, offset: first, length: last - first + 1 };
      return new DockerRunError(written, problem, remedy, place);
    };
    if (option.kind !== "boolean") {
      uses.push({ option, written, value, word, fail });
      return;
    }
    if (!TRUE.includes(value) && !FALSE.includes(value))
      throw fail(say`${show(value)} is neither true nor false`, say`write ${written}, or ${written}=false`);
    uses.push({ option, written, value: String(TRUE.includes(value)), word, fail });
  };

  const next = (option: O, written: string, word: Word) => {
    const value = words[index];
    if (!value) throw failAt(written, say`needs a value`, say`write it behind the flag`, word);
    index += 1;
    use(option, written, value.text, value, 0);
  };

  const unknown = (name: string, word: Word) => {
    // The oldest command line had its long names behind one dash.
    const long = `-${word.text.split("=")[0]}`;
    const short = /^-(-[a-zA-Z])$/.exec(name)?.[1] ?? "";
    const guess =
      [long, short].find((known) => byName.has(known)) ??
      nearest(
        name,
        [...byName.keys()].filter((known) => known.length > 2),
      );
    return failAt(
      name,
      say`is not a flag of ${command}`,
      guess ? say`did you mean ${guess}?` : say`see ${command} --help, or remove it`,
      word,
    );
  };

  while (index < words.length) {
    const word = words[index]!;
    const { text } = word;
    if (text[0] !== "-" || text === "-") break;
    index += 1;
    if (text === "--") break;
    if (text.startsWith("--")) {
      const equals = text.indexOf("=");
      const name = equals < 0 ? text : text.slice(0, equals);
      if (name === "--" || name[2] === "-")
        throw failAt(text, say`is no flag`, say`write two dashes and a name, or the image`, word);
      const option = byName.get(name);
      if (!option) throw unknown(name, word);
      if (equals >= 0) use(option, name, text.slice(equals + 1), word, equals + 1);
      else if (option.kind === "boolean") use(option, name, "true", word, 0);
      else next(option, name, word);
      continue;
    }
    for (let at = 1; at < text.length; at += 1) {
      const name = `-${text[at]}`;
      const option = byName.get(name);
      if (!option) throw unknown(name, word);
      if (text[at + 1] === "=" && text.length > at + 2) {
        use(option, name, text.slice(at + 2), word, at + 2);
        break;
      }
      if (option.kind === "boolean") {
        use(option, name, "true", word, 0);
        continue;
      }
      if (at + 1 < text.length) use(option, name, text.slice(at + 1), word, at + 1);
      else next(option, name, word);
      break;
    }
  }
  return { uses, rest: words.slice(index) };
}
