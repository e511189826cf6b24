import * as pulumi from "@pulumi/pulumi";

/** Checks that want to know the whole program; undefined where nobody runs them. */
let last: (() => void)[] | undefined;

/**
 * Runs a check when everything has been declared and nothing is made yet.
 *
 * @returns false where nobody knows when that is, so that it has to run now
 */
export function checkLast(check: () => void): boolean {
  last?.push(check);
  return last !== undefined;
}

/**
 * Runs a program so that an error in it makes nothing. Resources register in the background; when the
 * third of five arguments is wrong, the first two resources are on their way to the engine already.
 * Registration begins only after the synchronous part, so it can still be stopped there.
 */
export function allOrNothing<T>(program: () => T): T {
  const checks: (() => void)[] = [];
  const outer = last;
  last = checks;
  try {
    const result = program();
    for (const check of checks) check();
    return result;
  } catch (error) {
    const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown> | undefined;
    // Never answered: the process ends with the error, and the engine has been told of nothing.
    if (monitor) monitor.registerResource = () => {};
    throw error;
  } finally {
    last = outer;
  }
}
