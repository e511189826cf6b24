import { columnsOf, padded } from "../core/description/say";

const cell = (text: string) => text.replaceAll("|", "\\|");

/** A table with columns of one width each, as the formatter wants them. */
export function table(head: string[], body: string[][]): string {
  const rows = [head, ...body].map((cells) => cells.map(cell));
  const widths = head.map((_, column) => Math.max(3, ...rows.map((cells) => columnsOf(cells[column]!))));
  const line = (cells: string[]) => `| ${cells.map((text, column) => padded(text, widths[column]!)).join(" | ")} |`;
  const [first, ...others] = rows.map(line);
  return [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...others].join("\n");
}
