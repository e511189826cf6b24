import { INVISIBLE, lookAlike, ODD_BLANK } from "../../description/lookAlikes";
import { DockerRunError } from "./errors";
import type { Reading } from "./words";

/** The same refusal, which names a character that is not the one it looks like. */
function named(error: DockerRunError): DockerRunError {
  const { line, offset, length } = error.place;
  const found = /U\+[0-9A-F]{4}/.test(error.problem) ? undefined : lookAlike(line.slice(offset, offset + length));
  return found
    ? new DockerRunError(error.argument, found.problem, found.remedy, { line, offset: offset + found.index, length: 1 })
    : error;
}

/**
 * Reads a command as it stands, as docker would get it. Where that is refused, characters that look like blanks, or
 * that nobody sees, are taken for what they look like.
 *
 * @param command its text
 */
export function withOddBlanks<T>(command: string, read: (reading: Reading) => T): T {
  const refusal = (error: unknown) => (error instanceof DockerRunError ? named(error) : error);
  try {
    return read({});
  } catch (error) {
    if (!(error instanceof DockerRunError) || !(ODD_BLANK.test(command) || INVISIBLE.test(command)))
      throw refusal(error);
  }
  try {
    return read({ oddBlanks: true });
  } catch (error) {
    throw refusal(error);
  }
}
