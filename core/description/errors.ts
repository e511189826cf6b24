import { nearest } from "./nearest";
import { listed, say } from "./say";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const CONTROL = /[\u0000-\u001f\u007f]/g;

/**
 * A wrong argument. The message always says which argument, what is wrong with it and what to do;
 * components show it as one sentence, without a stack dump.
 */
export class ArgumentError extends Error {
  /** Path of the argument as the user wrote it, on one line: `ports[0]`. */
  readonly argument: string;

  /**
   * @param argument path of the argument as the user wrote it, e.g. `ports[0]`
   * @param problem what is wrong, e.g. `70000 is not a port`
   * @param remedy what to do, e.g. `use 1 to 65535`
   */
  constructor(
    argument: string,
    readonly problem: string,
    readonly remedy: string,
  ) {
    // The user's own keys and file names are in it, and a message is one line.
    const path = argument.replace(CONTROL, (character) => JSON.stringify(character).slice(1, -1)) || '""';
    super(say`${path}: ${problem}; ${remedy}.`);
    this.argument = path;
    this.name = "ArgumentError";
  }
}

/** More names than these nobody reads in a sentence; the type says what each of them is as well. */
const NAMED = 16;

/** Refuses an argument that a component does not have, with the one that was meant. */
export function checkArguments(args: object, known: readonly string[], component: string): void {
  const unknown = Object.keys(args).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known) ?? (known.length > NAMED ? undefined : listed(known));
  throw new ArgumentError(
    unknown,
    say`is not an argument of ${component}`,
    meant ? say`use ${meant}` : say`see the type ${component}Args for the arguments`,
  );
}

/** Refuses a field that is not known, with the one that was meant: a slip such as `targt` must not go unseen. */
export function checkFields(value: object, known: readonly string[], argument: string, what: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known) ?? listed(known);
  throw new ArgumentError(`${argument}.${unknown}`, say`is not a field of ${what}`, say`use ${meant}`);
}

/** Shows a value inside an error: short, on one line, quoted where it is text. */
export function show(value: unknown): string {
  // NaN has no JSON of its own.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
