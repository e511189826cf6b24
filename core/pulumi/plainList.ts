import { ArgumentError } from "../description/errors";
import type { Inputs } from "../description/types";
import { say } from "../description/say";

/** A list to which a typed service adds items of its own; how long it is has to be known. */
export function plainList<T>(value: Inputs<T[] | undefined> | undefined, argument: string): T[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as T[];
  throw new ArgumentError(
    argument,
    say`is not a list that is known already`,
    say`give a list; its items may be Outputs`,
  );
}
