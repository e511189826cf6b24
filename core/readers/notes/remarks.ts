/** A command over several rows without the words that a note writes behind them, or on rows between, as comments. */
export function withoutRemarks(text: string): string {
  const rows = text.split("\n");
  if (rows.length === 1 && !text.includes("#")) return text;
  const kept = rows.filter((row, index) => !(row.trimStart().startsWith("#") && /\\\s*$/.test(rows[index - 1] ?? "")));
  return kept
    .map((row, index) => {
      const at = row.search(/[ \t]#/);
      if (at < 0 || /['"]/.test(row.slice(at))) return row;
      const said = row.slice(0, at).trimEnd().replace(/\\$/, "").trimEnd();
      return index < kept.length - 1 ? `${said} \\` : said;
    })
    .join("\n");
}
