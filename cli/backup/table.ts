/** Rows in columns, without blanks at their ends; numbers are not told from words. */
export function inColumns(head: string[], rows: string[][]): string[] {
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]!.length)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
