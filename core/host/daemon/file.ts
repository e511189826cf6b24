import { say } from "../../description/say";
import {
  type Edit,
  type Node,
  type ParseError,
  applyEdits,
  createScanner,
  findNodeAtLocation,
  modify,
  parse,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { KEYS } from "./keys";

/** daemon.json as an object. */
export type Settings = Record<string, unknown>;

/** A setting, or an entry of one whose entries belong to different people. */
export type Path = [key: string] | [key: string, entry: string];

/** Place of a mistake in a text, counted from 1. */
export interface Mistake {
  line: number;
  column: number;
  problem: string;
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** Where a comment stands, if one does; 12 and 13 are the scanner's names for its two kinds. */
function commentIn(text: string): number | undefined {
  const scanner = createScanner(text, false);
  for (let token = scanner.scan(); token !== 17; token = scanner.scan())
    if (token === 12 || token === 13) return scanner.getTokenOffset();
  return undefined;
}

/** What dockerd would not read in a file; undefined where it is fine. */
export function mistakeIn(text: string): Mistake | undefined {
  if (text.trim() === "") return { line: 1, column: 1, problem: say`the file is empty` };
  const comment = commentIn(text);
  if (comment !== undefined) return { ...placeOf(text, comment), problem: say`JSON knows no comments` };
  const errors: ParseError[] = [];
  const root = parse(text, errors, { disallowComments: true }) as unknown;
  const [first] = errors;
  if (first)
    return {
      ...placeOf(text, first.offset),
      problem: PROBLEMS[printParseErrorCode(first.error)] ?? say`this is not JSON`,
    };
  if (root === null || typeof root !== "object" || Array.isArray(root))
    return { line: 1, column: 1, problem: say`it is not an object { }` };
  return undefined;
}

const PROBLEMS: Record<string, string> = {
  InvalidSymbol: say`this word is not JSON`,
  PropertyNameExpected: say`a name in quotes is missing here (a comma too many?)`,
  ValueExpected: say`a value is missing here (a comma too many?)`,
  ColonExpected: say`a colon is missing here`,
  CommaExpected: say`a comma is missing here`,
  CloseBraceExpected: say`a } is missing here`,
  CloseBracketExpected: say`a ] is missing here`,
  EndOfFileExpected: say`the file goes on after its last }`,
  UnexpectedEndOfString: say`a quote is missing here`,
};

const propertiesOf = (text: string): Node[] => parseTree(text)?.children ?? [];

const nameOf = (property: Node): string => property.children![0]!.value as string;

/** Settings that stand in a text more than once; dockerd reads the last one only. */
export function repeatedIn(text: string): string[] {
  const names = propertiesOf(text).map(nameOf);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** The settings of a valid text, as dockerd reads them. */
export function settingsOf(text: string | undefined): Settings {
  return text === undefined ? {} : (JSON.parse(text) as Settings);
}

/** The settings of a text from a note, with comments and commas too many, and lists that stand in several pieces. */
export function settingsOfNote(text: string): { settings: Settings; slips: string[] } {
  const slips: string[] = [];
  const errors: ParseError[] = [];
  parse(text, errors, { allowTrailingComma: true });
  if (errors[0]) {
    const { line, column } = placeOf(text, errors[0].offset);
    throw new SyntaxError(
      say`line ${line}, column ${column}: ${PROBLEMS[printParseErrorCode(errors[0].error)] ?? say`this is not JSON`}`,
    );
  }
  const root = parse(text, [], { allowTrailingComma: true }) as unknown;
  if (root === null || typeof root !== "object" || Array.isArray(root))
    throw new SyntaxError(say`it is not an object { }`);
  const settings = { ...(root as Settings) };
  const comment = commentIn(text);
  if (comment !== undefined)
    slips.push(
      say`line ${placeOf(text, comment).line}: a comment, which JSON does not know and dockerd does not start with, is left out`,
    );
  for (const name of repeatedIn(text)) {
    const values = propertiesOf(text)
      .filter((property) => nameOf(property) === name)
      .map(
        (property) =>
          parse(
            text.slice(property.children![1]!.offset, property.children![1]!.offset + property.children![1]!.length),
            [],
            { allowTrailingComma: true },
          ) as unknown,
      );
    if (values.every(Array.isArray)) {
      settings[name] = [...new Set(values.flat())];
      slips.push(
        say`${name} stands ${values.length} times, of which dockerd would read the last only: they are one list now`,
      );
    } else {
      settings[name] = values.at(-1);
      slips.push(say`${name} stands ${values.length} times; the last one counts`);
    }
  }
  for (const [name, value] of Object.entries(settings))
    if (Array.isArray(value) && new Set(value).size < value.length) {
      settings[name] = [...new Set(value)];
      slips.push(say`${name} names something twice; once is enough`);
    }
  return { settings, slips };
}

/** The settings and entries that an object declares. */
export function pathsOf(settings: Settings): Path[] {
  return Object.entries(settings).flatMap(([key, value]): Path[] =>
    KEYS[key]?.map && value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.keys(value).map((entry): Path => [key, entry])
      : [[key]],
  );
}

export function valueAt(settings: Settings, [key, entry]: Path): unknown {
  const value = settings[key];
  if (entry === undefined) return value;
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Settings)[entry] : undefined;
}

/** Sets or, with undefined, removes one setting; everything else in the text stays as it is, order and spaces too. */
function edited(text: string, path: Path, value: unknown): string {
  const [key, entry] = path;
  let result = text;
  // Of several only the last counts, and an edit would reach the first.
  while (propertiesOf(result).filter((property) => nameOf(property) === key).length > 1)
    result = changed(result, [key], undefined);
  if (value === undefined && valueAt(settingsOf(result), path) === undefined) return result;
  const outer = settingsOf(result)[key];
  // The map is not there yet, or something else stands in its place.
  if (entry !== undefined && (outer === null || typeof outer !== "object" || Array.isArray(outer)))
    return changed(result, [key], { [entry]: value });
  result = changed(result, path, value);
  // A map that only ever held what is gone now.
  const rest = settingsOf(result)[key];
  return entry !== undefined && value === undefined && rest && Object.keys(rest).length === 0
    ? changed(result, [key], undefined)
    : result;
}

/**
 * One edit, with new lines and indents as the text has them. The library's own formatting would also format what stands
 * beside it.
 */
function changed(text: string, path: Path, value: unknown): string {
  const [edit] = modify(text, path, value, {}) as [Edit];
  if (value === undefined) return applyEdits(text, [edit]);
  const parent = findNodeAtLocation(parseTree(text)!, path.slice(0, -1))!;
  const first = parent.children?.[0];
  const outer = indentAt(text, parent.offset);
  const unit = /\n([ \t]+)"/.exec(text)?.[1] ?? "  ";
  const onOneLine = first !== undefined && !text.slice(parent.offset, parent.offset + parent.length).includes("\n");
  const inner = onOneLine
    ? outer
    : first && startsLine(text, first.offset)
      ? indentAt(text, first.offset)
      : outer + unit;
  const written = JSON.stringify(value, undefined, onOneLine ? undefined : unit).replaceAll("\n", `\n${inner}`);
  if (edit.length > 0) return applyEdits(text, [{ ...edit, content: written }]);
  const property = `${JSON.stringify(path.at(-1))}: ${written}`;
  const content = first ? `,${onOneLine ? " " : `\n${inner}`}${property}` : `\n${inner}${property}\n${outer}`;
  return applyEdits(text, [{ ...edit, content }]);
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1;

const indentAt = (text: string, offset: number): string => /^[ \t]*/.exec(text.slice(lineStart(text, offset)))![0];

const startsLine = (text: string, offset: number): boolean =>
  /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));

/**
 * A text with some of its settings changed.
 *
 * @param text undefined: there is no file
 * @param changes undefined removes a setting
 */
export function withSettings(text: string | undefined, changes: [Path, unknown][]): string | undefined {
  const real = changes.filter(
    ([path, value]) => !same(valueAt(settingsOf(text), path), value) || repeated(text, path[0]),
  );
  if (real.length === 0) return text;
  if (text === undefined) {
    const fresh: Settings = {};
    for (const [[key, entry], value] of real)
      if (value !== undefined)
        fresh[key] = entry === undefined ? value : { ...(fresh[key] as Settings), [entry]: value };
    return Object.keys(fresh).length ? `${JSON.stringify(fresh, undefined, 2)}\n` : undefined;
  }
  return real.reduce((content, [path, value]) => edited(content, path, value), text);
}

const repeated = (text: string | undefined, key: string): boolean =>
  text !== undefined && repeatedIn(text).includes(key);

/** Whether two values are the same JSON, whatever the order of their fields. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Settings, b as Settings];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => same(left[name], right[name]));
}
