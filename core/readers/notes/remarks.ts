/** A command over several rows without the words that a note writes behind them, or on rows between, as comments. */
export const withoutRemarks = (text: string): string =>
  text
    .replace(/(\\[ \t]*\n)(?:[ \t]*#[^\n]*\n)+/g, "$1")
    .replace(/[ \t]*\\?[ \t]+#[^\n'"]*(?=\n)/g, " \\")
    .replace(/[ \t]+#[^\n'"]*$/, "");
