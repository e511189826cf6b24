import type { Page } from "./markdown";

/** Commands of a page, with what they print. */
export interface Shown {
  commands: string;
  output: string;
  line: number;
}

/** Rows from the end of a block to the next one, with at most one sentence between. */
const NEAR = 6;

/** Each block of a shell with the block of text right behind it, which shows a part of the output. */
export const shownIn = ({ blocks }: Page): Shown[] =>
  blocks.flatMap(({ language, text, line }, index) => {
    const next = blocks[index + 1];
    if (language !== "sh" || next?.language !== "text") return [];
    const near = next.line - line - text.split("\n").length < NEAR;
    return near ? [{ commands: text, output: next.text, line }] : [];
  });

/** Matches what a page shows as a part of the output; `...` stands for anything. */
export function excerpt(text: string): RegExp {
  const parts = text.split(/\n\.\.\.\n|\.\.\./);
  return new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[\\s\\S]*?"));
}
