/** How text is set; `mono` is for what stands on a command line. */
export type Font = "title" | "label" | "mono";

/** Pixels. */
export const SIZE: Record<Font, number> = { title: 14, label: 11.5, mono: 11.5 };

// Of DejaVu Sans, in hundredths of the size, from the space to the tilde. No usual font for screens is wider, so that
// what fits with it fits with whatever font there is.
const BOLD =
  "35 46 53 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 59 100 78 77 74 84 69 " +
  "69 83 84 38 38 78 64 100 84 86 74 86 78 73 69 82 78 111 78 73 73 46 37 46 84 50 50 68 72 60 72 68 44 72 72 35 35 67 " +
  "35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84";
const REGULAR =
  "32 41 46 84 64 96 78 28 40 40 50 84 32 37 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 54 100 69 69 70 78 64 58 " +
  "78 76 30 30 66 56 87 75 79 61 79 70 64 62 74 69 99 69 62 69 40 34 40 84 50 50 62 64 55 64 62 36 64 64 28 28 58 28 98 " +
  "64 62 64 64 42 53 40 64 60 82 60 60 53 64 34 64 84";
const WIDTHS: Record<Exclude<Font, "mono">, number[]> = {
  title: BOLD.split(" ").map(Number),
  label: REGULAR.split(" ").map(Number),
};

const NOTHING = /\p{Mark}|\p{Cf}/u;
// Han, kana, Hangul, full-width forms and pictures take the whole square.
const SQUARE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

function widthOfCharacter(character: string, font: Font): number {
  const code = character.codePointAt(0)!;
  if (NOTHING.test(character)) return 0;
  if (SQUARE.test(character)) return 100;
  if (code > 0xffff) return 130;
  if (font === "mono") return 61;
  return WIDTHS[font][code - 0x20] ?? (character === "…" ? 100 : 90);
}

/** Pixels that a text takes at most. */
export function widthOf(text: string, font: Font): number {
  const hundredths = [...text].reduce((sum, character) => sum + widthOfCharacter(character, font), 0);
  return (hundredths * SIZE[font]) / 100;
}

/** The text, with its middle left out where it would be wider than that many pixels. */
export function fitted(text: string, width: number, font: Font): string {
  if (widthOf(text, font) <= width) return text;
  const characters = [...text];
  // Names differ more at their ends: the tag of an image, the last folder of a path.
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.floor(kept * 0.45);
    const short = `${characters.slice(0, head).join("")}…${characters.slice(head - kept).join("")}`;
    if (widthOf(short, font) <= width) return short;
  }
  return "…";
}

/** Breaks a text into lines of at most that many pixels, at spaces or, where there are none, anywhere. */
export function wrapped(text: string, width: number, font: Font): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<= )|(?<=[\u2e80-\ua4cf\uff00-\uff60])/)) {
    let rest = word;
    if (widthOf((line + rest).trimEnd(), font) > width && line) {
      lines.push(line.trimEnd());
      line = "";
    }
    while (widthOf(rest.trimEnd(), font) > width) {
      let end = [...rest].length;
      while (widthOf([...rest].slice(0, end).join(""), font) > width) end--;
      lines.push([...rest].slice(0, end).join(""));
      rest = [...rest].slice(end).join("");
    }
    line += rest;
  }
  if (line.trim()) lines.push(line.trimEnd());
  return lines;
}
