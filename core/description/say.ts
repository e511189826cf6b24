import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Nothing but UTF-8: a terminal of another character set would show something else. */
const CHINESE = /^zh(?:[_-][\w-]+)?(?:\.utf-?8)?(?:@\w+)?$/i;

/** The language of messages: `BERTH_LANG`, which `--lang` sets, or what POSIX says of messages. */
export function languageOf({ BERTH_LANG, LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  return CHINESE.test(BERTH_LANG || LC_ALL || LC_MESSAGES || LANG || "") ? "zh" : "en";
}

/** What English templates are in the language of this process; English needs none. */
let catalogue: Record<string, string> | undefined;
let chosen: Language | undefined;

/** The language of this process, from the first message on: what modules have said while they were loaded stays. */
export function language(): Language {
  if (chosen) return chosen;
  chosen = languageOf(process.env);
  if (chosen !== "en") catalogue = JSON.parse(readFileSync(join(__dirname, `${chosen}.json`), "utf8"));
  return chosen;
}

/** A template as the catalogue names it: `port {0} is taken by {1}`. */
export const templateOf = (texts: readonly string[]): string =>
  texts.reduce((before, text, index) => `${before}{${index - 1}}${text}`);

/** What the package has for a template: a third of the catalogue would be English that the code says anyway. */
export const shortKey = (template: string): string => createHash("sha1").update(template).digest("base64").slice(0, 5);

const translated = (template: string): string | undefined =>
  language() === "en" ? undefined : (catalogue![template] ?? catalogue![shortKey(template)]);

/**
 * A message in the user's language. The English text is the key of the catalogue, `zh.json`, where the holes have
 * numbers, so that they may stand in another order; what is missing there is said in English.
 *
 * Only for what people read: what goes into states, labels, digests, hooks and JSON is the same in all languages.
 *
 * @example throw new Error(say`port ${port} is taken by ${name}`);
 */
export function say(texts: TemplateStringsArray, ...holes: unknown[]): string {
  const own = language() === "en" ? undefined : translated(templateOf(texts));
  if (own !== undefined) return own.replace(/\{(\d+)\}/g, (_, number) => String(holes[number]));
  return texts.reduce((before, text, index) => `${before}${holes[index - 1]}${text}`);
}

/**
 * What is in the holes of a template, by their numbers, where a text is its message in the user's language, or has it in
 * it. The first hole of two that touch takes all.
 */
export function holesIn(text: string, template: string): string[] | undefined {
  const own = translated(template) ?? template;
  const numbers: number[] = [];
  const parts = own.split(/\{(\d+)\}/).map((part, index) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    numbers.push(Number(part));
    return "([\\s\\S]*)";
  });
  const found = new RegExp(parts.join("")).exec(text);
  if (!found) return undefined;
  const holes: string[] = [];
  for (const [index, number] of numbers.entries()) holes[number] = found[index + 1]!;
  return holes;
}

/** Whether a text is, or has in it, the message of a template. */
export const isSaid = (text: string, template: string): boolean => holesIn(text, template) !== undefined;

/** A sentence as a part of another one: without its full stop, of whichever language. */
export const withoutStop = (sentence: string): string => sentence.replace(/[.。]$/, "");

/** Items in a row: `a, b`. */
export const listed = (items: readonly string[]): string => items.join(say`, `);

/** The same for many: the first ones, and how many more there are. */
export const few = (items: readonly string[], shown = 5): string =>
  items.length > shown ? say`${listed(items.slice(0, shown))} and ${items.length - shown} more` : listed(items);

function joined(items: readonly string[], last: string): string {
  return items.length < 2 ? items.join() : `${listed(items.slice(0, -1))}${last}${items.at(-1)}`;
}

/** `a, b or c` */
export const either = (items: readonly string[]): string => joined(items, say` or `);
/** `a, b and c` */
export const both = (items: readonly string[]): string => joined(items, say` and `);

/** East Asian letters and full-width marks, which take two columns each. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

/** Columns that a text takes on a terminal. */
export const columnsOf = (text: string): number => text.length + (text.match(WIDE)?.length ?? 0);
/** A text with blanks behind it, up to a number of columns. */
export const padded = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - columnsOf(text)));
