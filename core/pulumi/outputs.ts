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

/**
 * The same values, without the resources that they come from. A component needs none of them, for its children do; and
 * the CLI deletes what a component depends on after everything that goes at the component's own turn, volumes for one.
 */
export function withoutSources<T>(value: T): T {
  if (value === null || typeof value !== "object") return value;
  if (pulumi.Output.isInstance(value)) return withoutSource(value) as T;
  if (value instanceof Promise) return value;
  if (Array.isArray(value)) return value.map(withoutSources) as T;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSources(item)])) as T;
}

async function withoutSource(output: pulumi.Output<unknown>): Promise<unknown> {
  if (!(await isKnown(output))) return output;
  const value = await (output as unknown as { promise(): Promise<unknown> }).promise();
  return (await pulumi.isSecret(output)) ? pulumi.secret(value) : value;
}
