import { nearest } from "../core/description/nearest";
import { say } from "../core/description/say";
import { programNames, PROGRAMS } from "../stacks/programs";

/** A backend of many users names a stack ORGANIZATION/PROJECT/STACK; settings and programs go by the last word. */
export const shortName = (stack: string): string => stack.split("/").at(-1)!;

/**
 * The programs of a stack, from its settings or its name.
 *
 * @throws Error that names the program which is not known, and the nearest that is
 */
export function programsOf(stack: string, setting: string | undefined): string[] {
  try {
    return programNames(stack, setting);
  } catch (error) {
    const near = setting === undefined && nearest(stack.split("-")[0]!, Object.keys(PROGRAMS));
    throw near ? new Error(say`there is no program for the stack "${stack}"; did you mean ${near}?`) : error;
  }
}
