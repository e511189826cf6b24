import { show } from "../../description/errors";
import { parseBytes, parseDuration } from "../../description/quantities";
import type { Use } from "./options";
import { say } from "../../description/say";

/** Reads a whole number as Go's ParseInt with base 0: `0x`, `0o` and `0b` are taken, and a leading 0 is octal. */
export function integer(use: Use, low = -Number.MAX_SAFE_INTEGER, high = Number.MAX_SAFE_INTEGER): number {
  const { value } = use;
  const [, sign, digits] = /^([+-]?)((?:0|[1-9]\d*)|0x[0-9a-f]+|0o?[0-7]+|0b[01]+)$/i.exec(value) ?? [];
  const number = digits === undefined ? Number.NaN : /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  const signed = sign === "-" ? -number : number;
  if (!Number.isSafeInteger(signed) || signed < low || signed > high) {
    const range =
      high === Number.MAX_SAFE_INTEGER ? (low < 0 ? "" : say`, ${low} or more`) : say` from ${low} to ${high}`;
    throw use.fail(say`${show(value)} is not a whole number that fits`, say`write one${range}`);
  }
  // -0 is no number that anybody writes.
  return signed || 0;
}

const UNITS: Record<string, number> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/** Reads a size as Docker's RAMInBytes does; undefined where the text is none. */
export function ramInBytes(text: string): number | undefined {
  const match = /^(\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?) ?(?:b|([kmgtp])(?:i?b)?)?$/i.exec(text);
  if (!match) return undefined;
  const bytes = Math.trunc(Number(match[1]) * (match[2] ? UNITS[match[2].toLowerCase()]! : 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A size as the description takes it: as written where that says the same there; undefined for 0, the default. */
export function bytes(use: Use): string | number | undefined {
  const number = ramInBytes(use.value);
  if (number === undefined)
    throw use.fail(say`${show(use.value)} is not a size`, say`write bytes or a unit, such as "512m"`);
  if (number === 0) return undefined;
  try {
    if (parseBytes(use.value, "") === number) return use.value;
  } catch {
    // Docker takes forms that the description does not; the plain number says the same.
  }
  return number;
}

const DURATIONS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };

/** A Go duration as the description takes it; undefined for 0, the default. */
export function duration(use: Use): string | undefined {
  const { value } = use;
  const text = value.replace(/^\+/, "");
  if (/^-/.test(value)) throw use.fail(say`cannot be negative`, say`write a duration above 0`);
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  if (text !== "0" && (parts.length === 0 || parts.map(([part]) => part).join("") !== text))
    throw use.fail(
      say`${show(value)} is not a duration`,
      /^\d+$/.test(text) ? say`add the unit: ${text}s` : say`write for example "30s", "1m30s" or "500ms"`,
    );
  const milliseconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * DURATIONS[unit!]!, 0);
  if (milliseconds === 0) return undefined;
  if (milliseconds > 0 && milliseconds < 1)
    throw use.fail(say`${show(value)} is shorter than 1ms`, say`use 1ms or more`);
  try {
    if (parseDuration(text, "") === milliseconds) return text;
  } catch {
    // Nanoseconds and ".5s" are Go's alone.
  }
  return `${milliseconds}ms`;
}

/** Processors as Docker's ParseCPUs reads them: a decimal, or a fraction `1/2`; undefined for 0. */
export function processors(use: Use): string | undefined {
  const match = /^\+?(\d+\.?\d*|\.\d+)(?:\/([1-9]\d*))?$/.exec(use.value);
  const number = match ? Number(match[1]) / Number(match[2] ?? 1) : Number.NaN;
  if (!Number.isFinite(number)) throw use.fail(say`${show(use.value)} is not a number of processors`, say`write "1.5"`);
  const billionths = number * 1e9;
  if (Math.abs(billionths - Math.round(billionths)) > 1e-3)
    throw use.fail(say`${show(use.value)} is finer than Docker counts`, say`write at most nine decimals`);
  return number === 0 ? undefined : String(Math.round(billionths) / 1e9);
}
