import { say } from "../../description/say";

/** A slip in a comma-separated value. */
export class CsvError extends Error {}

/**
 * Reads one row of comma-separated values as Go's encoding/csv does, which Docker uses for `--mount`, `--gpus` and
 * `--network`: a field in double quotes may hold commas, `""` in it is one quote, and a quote elsewhere is a slip.
 *
 * @throws CsvError
 */
export function readCsv(row: string): string[] {
  if (row === "") throw new CsvError(say`is empty`);
  if (/[\r\n]/.test(row)) throw new CsvError(say`holds a line break`);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (row[at] === '"') {
      let field = "";
      at += 1;
      for (;;) {
        const close = row.indexOf('"', at);
        if (close < 0) throw new CsvError(say`has a double quote without an end`);
        field += row.slice(at, close);
        at = close + 1;
        if (row[at] !== '"') break;
        field += '"';
        at += 1;
      }
      if (at < row.length && row[at] !== ",") throw new CsvError(say`has text behind a closing double quote`);
      fields.push(field);
    } else {
      const comma = row.indexOf(",", at);
      const end = comma < 0 ? row.length : comma;
      const field = row.slice(at, end);
      if (field.includes('"')) throw new CsvError(say`has a double quote inside a part that is not quoted as a whole`);
      fields.push(field);
      at = end;
    }
    if (at >= row.length) return fields;
    at += 1;
  }
}
