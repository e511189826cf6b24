import { appendFileSync } from "node:fs";

/**
 * Declares tests that need something this machine may lack. Where it is missing they are skipped one by
 * one, so that the count is right, and the reason is printed once at the end.
 */
export function describeIf(missing: string | undefined, name: string, tests: () => void): void {
  if (missing && process.env.BERTH_SKIPS) appendFileSync(process.env.BERTH_SKIPS, `${name}: ${missing}\n`);
  (missing ? describe.skip : describe)(name, tests);
}
