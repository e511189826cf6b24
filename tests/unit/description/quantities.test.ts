import {
  formatBytes,
  formatDuration,
  parseBytes,
  parseDuration,
  parseInteger,
} from "../../../core/description/quantities";
import { refusal } from "../refusal";

describe("sizes", () => {
  test.each<[number | string, number]>([
    [0, 0],
    [1024, 1024],
    ["1024", 1024],
    ["1024b", 1024],
    ["10 B", 10],
    ["1k", 1024],
    ["1kb", 1024],
    ["1KiB", 1024],
    ["512m", 512 * 2 ** 20],
    ["512MB", 512 * 2 ** 20],
    ["512 MiB", 512 * 2 ** 20],
    ["1.5g", 1.5 * 2 ** 30],
    [".5g", 2 ** 29],
    ["2t", 2 ** 41],
    ["1P", 2 ** 50],
    [" 64m ", 64 * 2 ** 20],
    ["1.0001k", 1024],
  ])("%p is %d bytes", (text, bytes) => {
    expect(parseBytes(text, "memLimit")).toBe(bytes);
  });

  test.each<[number | string, string]>([
    ["", '""'],
    ["m", '"m"'],
    ["-1", '"-1"'],
    [-1, "-1"],
    ["1x", '"1x"'],
    ["1bb", '"1bb"'],
    ["1bib", '"1bib"'],
    ["1mm", '"1mm"'],
    ["1,5g", '"1,5g"'],
    ["1e9", '"1e9"'],
    ["0x10", '"0x10"'],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["100000p", '"100000p"'],
    [true as never, "true"],
  ])("%p is refused", (text, shown) => {
    expect(refusal(() => parseBytes(text, "memLimit"))).toBe(
      `memLimit: ${shown} is not a size; use bytes or a unit, for example "512m" or "2g".`,
    );
  });

  test.each([
    [0, "0b"],
    [1, "1b"],
    [1023, "1023b"],
    [1024, "1k"],
    [1536, "1536b"],
    [512 * 2 ** 20, "512m"],
    [1.5 * 2 ** 30, "1536m"],
    [2 ** 30, "1g"],
    [2 ** 41, "2t"],
  ])("%d bytes are written %s, and read back", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
    expect(parseBytes(text, "size")).toBe(bytes);
  });
});

describe("durations", () => {
  test.each<[number | string, number]>([
    [0, 0],
    ["0", 0],
    [30, 30_000],
    [0.5, 500],
    ["30s", 30_000],
    ["90s", 90_000],
    ["1m30s", 90_000],
    ["1h2m", 3_720_000],
    ["1h2m3s4ms", 3_723_004],
    ["1.5h", 5_400_000],
    ["500ms", 500],
    ["1d", 86_400_000],
    ["250us", 0.25],
    ["250µs", 0.25],
    [" 5s ", 5_000],
  ])("%p is %d ms", (text, milliseconds) => {
    expect(parseDuration(text, "healthcheck.interval")).toBeCloseTo(milliseconds, 9);
  });

  test.each<[number | string, string]>([
    ["", '""'],
    ["90", '"90"'],
    ["1m 30s", '"1m 30s"'],
    ["1x", '"1x"'],
    ["s", '"s"'],
    ["-1s", '"-1s"'],
    ["1s!", '"1s!"'],
    ["5 s", '"5 s"'],
    [-1, "-1"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [false as never, "false"],
  ])("%p is refused", (text, shown) => {
    expect(refusal(() => parseDuration(text, "waitTimeout"))).toBe(
      `waitTimeout: ${shown} is not a duration; use for example "30s", "1m30s" or "500ms".`,
    );
  });

  // As Go prints them; the engine reports them in this form.
  test.each([
    [0, "0s"],
    [0.25, "250µs"],
    [1.5, "1.5ms"],
    [500, "500ms"],
    [1_000, "1s"],
    [1_500, "1.5s"],
    [60_000, "1m0s"],
    [90_000, "1m30s"],
    [3_600_000, "1h0m0s"],
    [3_720_000, "1h2m0s"],
    [86_400_000, "24h0m0s"],
  ])("%d ms are written %s, and read back", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDuration(text, "interval")).toBeCloseTo(milliseconds, 9);
  });
});

describe("whole numbers", () => {
  test.each<[number | string, number]>([
    [1, 1],
    [10, 10],
    ["7", 7],
    ["+7", 7],
    [" 7 ", 7],
  ])("%p is %d", (text, number) => {
    expect(parseInteger(text, "retries", 1, 10)).toBe(number);
  });

  test.each<[number | string, string]>([
    [0, "0"],
    [11, "11"],
    [1.5, "1.5"],
    ["1.5", '"1.5"'],
    ["", '""'],
    ["0x5", '"0x5"'],
    ["five", '"five"'],
    [Number.NaN, "NaN"],
    [true as never, "true"],
    [null as never, "null"],
  ])("%p is refused between 1 and 10", (text, shown) => {
    expect(refusal(() => parseInteger(text, "retries", 1, 10))).toBe(
      `retries: ${shown} is not a whole number in range; use 1 to 10.`,
    );
  });

  test("without an upper bound the remedy says so", () => {
    expect(refusal(() => parseInteger(-2, "count", -1, Number.MAX_SAFE_INTEGER))).toBe(
      "count: -2 is not a whole number in range; use -1 or more.",
    );
  });
});
