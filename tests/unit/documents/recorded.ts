/** Pages whose text blocks are recordings of a terminal; tests/live/recordings.test.ts makes and compares them. */
export const RECORDED = ["docs/recordings.md", "docs/zh-CN/recordings.md"];

/** What is typed in a recording. */
export const commandsIn = (block: string): string[] =>
  block
    .split("\n")
    .filter((row) => row.startsWith("$ "))
    .map((row) => row.slice(2));
