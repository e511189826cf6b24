import { isSecretName } from "../../description/environment";
import { ArgumentError } from "../../description/errors";

/** A stretch of the pasted text. */
export interface Place {
  /** The whole pasted text. */
  line: string;
  /** Where the stretch begins, from 0. */
  offset: number;
  length: number;
}

const WIDTH = 100;

/** The line goes into messages and logs, so values that are named like secrets keep their length only. */
export function hideSecrets(line: string): string {
  return line.replace(
    /(?<![\w.-])([A-Za-z_][\w.-]*)=("[^"]*"?|'[^']*'?|[^\s"']+)/g,
    (all, name: string, value: string) => (isSecretName(name) ? `${name}=${"*".repeat(value.length)}` : all),
  );
}

/** The row of the text that holds the place, cut to a readable width, and a row that points at it. */
function mark({ line, offset, length }: Place): string {
  // Past the end there is nothing to point at but the last row.
  const at = Math.min(offset, line.length);
  const start = at === 0 ? 0 : line.lastIndexOf("\n", at - 1) + 1;
  const next = line.indexOf("\n", at);
  const end = next < 0 ? line.length : next;
  const row = hideSecrets(line.slice(start, end)).replace(/[\t\r\v\f]/g, " ");
  const column = at - start;
  const from = column > WIDTH - 30 ? column - 30 : 0;
  const shown = row.slice(from, from + WIDTH);
  const head = from > 0 ? "..." : "";
  const tail = from + WIDTH < row.length ? "..." : "";
  const width = Math.max(1, Math.min(length, from + shown.length - column));
  return `  ${head}${shown}${tail}\n  ${" ".repeat(head.length + column - from)}${"^".repeat(width)}`;
}

/**
 * Something in a pasted line that cannot be taken. The message says what is wrong and what to do, and shows the
 * line with a mark under the place.
 */
export class DockerRunError extends ArgumentError {
  /** Where in the pasted text, from 0. */
  readonly offset: number;
  // The line may hold secrets, and what prints an error prints its fields.
  readonly #place: Place;

  /**
   * @param argument the flag or the part of the line, e.g. `--publish`
   * @param problem what is wrong
   * @param remedy what to do
   * @param place what the mark stands under
   */
  constructor(argument: string, problem: string, remedy: string, place: Place) {
    super(argument, problem, remedy);
    this.offset = place.offset;
    this.#place = place;
    // A remedy may be a question.
    this.message = `${this.message.replace(/([?？])[.。]$/, "$1")}\n${mark(place)}`;
  }
  get place(): Place {
    return this.#place;
  }
}
