import { say } from "./say";

/** Blanks that no shell cuts words at: those of web pages, and of Chinese and Japanese text. */
export const ODD_BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;
/** Characters that nobody sees: zero-width blanks, soft hyphens, the mark at the beginning of a file. */
export const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u2060\ufeff]/;

/** A character that is not the one it looks like. */
export interface LookAlike {
  /** Where in the text. */
  index: number;
  problem: string;
  remedy: string;
}

const MEANT: [characters: RegExp, meant: string][] = [
  [/[\u201c-\u201f\u2033\u301d\u301e]/, '"'],
  [/[\u2018-\u201b\u2032\u00b4]/, "'"],
  [/[\u2010-\u2015\u2212\ufe58\ufe63]/, "-"],
  [/\u2236/, ":"],
  [/[\u2044\u2215]/, "/"],
];

function meantBy(char: string): string | undefined {
  const code = char.charCodeAt(0);
  // The full-width forms of ASCII stand in its order.
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  return MEANT.find(([characters]) => characters.test(char))?.[1];
}

/** The number of a character, as lists of characters have it. */
export const codeOf = (char: string): string => `U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

function describe(index: number, char: string): LookAlike | undefined {
  const code = codeOf(char);
  if (ODD_BLANK.test(char))
    return { index, problem: say`holds ${code}, which is no plain blank`, remedy: say`write a plain blank` };
  if (INVISIBLE.test(char)) return { index, problem: say`holds ${code}, which nobody sees`, remedy: say`remove it` };
  const meant = meantBy(char);
  return meant === undefined
    ? undefined
    : { index, problem: say`holds ${char} (${code}), which only looks like ${meant}`, remedy: say`write ${meant}` };
}

/** The first character of a text that was refused which is not the one it looks like. */
export function lookAlike(text: string): LookAlike | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const found = text[index]! > "\u007f" && describe(index, text[index]!);
    if (found) return found;
  }
  return undefined;
}

/**
 * The same in a word that docker takes as it stands, where it is hardly meant: not in the middle of text in another
 * script or of a sentence in quotes.
 */
export function slippedIn(text: string, quoted: boolean): LookAlike | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]!;
    if (char <= "\u007f") continue;
    const [before = "", after = ""] = [text[index - 1], text[index + 1]];
    const within = /[\w./]/.test(before) && /[\w./]/.test(after);
    const hardlyMeant = INVISIBLE.test(char)
      ? true
      : /[\uff01-\uff5e\u2236]/.test(char)
        ? within
        : !quoted && (ODD_BLANK.test(char) || (/["']/.test(meantBy(char) ?? "") && (/^[=:]?$/.test(before) || !after)));
    if (hardlyMeant) return describe(index, char);
  }
  return undefined;
}
