import { columnsOf, padded } from "../../core/description/say";

/** Rows in columns, without blanks at their ends; numbers are not told from words. */
export function inColumns(head: string[], rows: string[][]): string[] {
  const widths = head.map((word, column) => Math.max(...[word, ...rows.map((row) => row[column]!)].map(columnsOf)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
