import { createHash } from "node:crypto";

/** Objects for JSON in one order, whatever the order they were written in. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)]),
  );
}

/**
 * A short digest of plain data, whatever the order of its fields. What is stored in states is compared with it, so
 * its form must not change between versions. Not for secrets: a digest of a short password gives it away.
 */
export function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(value)))
    .digest("hex")
    .slice(0, 32);
}
