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

let checked = false;

/** Whether the program that ran last is one of which a wrong part makes nothing. */
export const isAllOrNothing = (): boolean => checked;

/** A refusal that came after the synchronous part, while nothing was made yet. */
let refusal: Error | undefined;

/** Takes notice of what is refused, at whatever time. */
export function noteRefusal(error: Error): void {
  refusal ??= error;
}

/**
 * Holds back what a program has declared until the values that are on their way already have arrived and were checked,
 * the stack's secrets above all: a wrong one makes nothing then, also where nobody has asked for a preview.
 *
 * @throws the refusal
 */
export async function untilChecked(): Promise<void> {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor | undefined;
  checked = true;
  if (!monitor) return;
  refusal = undefined;
  const { registerResource } = monitor;
  const held: unknown[][] = [];
  monitor.registerResource = (...args) => void held.push(args);
  // Values that wait for nobody arrive within one turn of the event loop, whatever is applied to them.
  await turn();
  await turn();
  if (refusal) throw refusal;
  monitor.registerResource = registerResource;
  for (const args of held) monitor.registerResource(...args);
}

interface Monitor {
  registerResource(...args: unknown[]): void;
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
