import { ArgumentError, show } from "./errors";
import { say } from "./say";

const BYTE_UNITS: Record<string, number> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/**
 * Reads a size as Docker and Compose do: bytes as a number, or text with a unit (`"512m"`, `"1.5GiB"`).
 * Units are powers of 1024, in either case.
 */
export function parseBytes(value: number | string, argument: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(?:b|([kmgtp])(?:i?b)?)?$/i.exec(String(value).trim());
  const bytes = match ? Math.trunc(Number(match[1]) * BYTE_UNITS[(match[2] ?? "b").toLowerCase()]!) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a size`,
      say`use bytes or a unit, for example "512m" or "2g"`,
    );
  }
  return bytes;
}

/** What becomes of a size on Docker, whose provider counts in MiB; undefined where it stays as it is. */
export function roundedUp(bytes: number): string | undefined {
  if (bytes < 0 || bytes % 2 ** 20 === 0) return undefined;
  return say`becomes ${Math.ceil(bytes / 2 ** 20)}m on Docker, whose provider counts in MiB`;
}

/** Writes a size in the largest unit that divides it: 536870912 becomes `512m`. */
export function formatBytes(bytes: number): string {
  for (const unit of ["t", "g", "m", "k"]) {
    const size = BYTE_UNITS[unit]!;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}b`;
}

const DURATION_UNITS: Record<string, number> = { us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };

/** Reads a Compose duration (`"1m30s"`, `"90s"`, `"500ms"`, or seconds as a number) as milliseconds. */
export function parseDuration(value: number | string, argument: string): number {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value * 1000;
  const text = String(value).trim();
  if (text === "0") return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text) {
    throw new ArgumentError(
      argument,
      say`${show(value)} is not a duration`,
      say`use for example "30s", "1m30s" or "500ms"`,
    );
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * DURATION_UNITS[unit!]!, 0);
}

/** Writes milliseconds as Go prints a duration (`1m30s`, `500ms`), which is how Docker reads them back. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  if (milliseconds < 1000) return milliseconds < 1 ? `${Math.round(milliseconds * 1000)}µs` : `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3.6e6);
  const minutes = Math.floor((milliseconds % 3.6e6) / 6e4);
  const seconds = (milliseconds % 6e4) / 1000;
  return `${hours ? `${hours}h` : ""}${hours || minutes ? `${minutes}m` : ""}${seconds}s`;
}

/** Checks a whole number inside bounds. */
export function parseInteger(value: number | string, argument: string, low: number, high: number): number {
  const number =
    typeof value === "number" ? value : /^[+-]?\d+$/.test(String(value).trim()) ? Number(value) : Number.NaN;
  if (!Number.isInteger(number) || number < low || number > high) {
    const range = high === Number.MAX_SAFE_INTEGER ? say`${low} or more` : say`${low} to ${high}`;
    throw new ArgumentError(argument, say`${show(value)} is not a whole number in range`, say`use ${range}`);
  }
  return number;
}
