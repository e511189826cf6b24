import * as pulumi from "@pulumi/pulumi";

/** Whether a value holds an Output or a promise anywhere, so that it is known only later. */
export function isLate(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  if (isOnItsWay(value)) return true;
  return Array.isArray(value) ? value.some(isLate) : Object.values(value).some(isLate);
}

/**
 * Applies a function now where everything it needs is plain, and when it arrives otherwise. Outputs cost
 * several promises each; most programs pass plain values and should not pay for them.
 */
export function lift<T, R>(value: T, apply: (plain: pulumi.Unwrap<T>) => R): R | pulumi.Output<R> {
  return isLate(value)
    ? (pulumi.output(value).apply(apply as never) as pulumi.Output<R>)
    : apply(value as pulumi.Unwrap<T>);
}

/** Whether a preview knows a value already. */
export const isKnown = (output: pulumi.Output<unknown>): Promise<boolean> =>
  (output as unknown as { isKnown: Promise<boolean> }).isKnown;

/** Whether the value itself is an Output or a promise, whatever lies in it. */
export const isOnItsWay = (value: unknown): boolean => pulumi.Output.isInstance(value) || value instanceof Promise;
