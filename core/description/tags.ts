/** A tag that tells a version: `v1.27.3-alpine`. */
interface VersionTag {
  tag: string;
  /** `v`, or nothing. */
  prefix: string;
  /** Its numbers as written: 22 and 04. */
  parts: string[];
  numbers: number[];
  /** What follows them: `-alpine`. */
  suffix: string;
}

/** Newer tags of the same scheme as one tag. */
export interface NewerTags {
  /** Of the same version, said more exactly: 1.27.5 for 1.27, 1.27.5 for 1.27.3. */
  patch?: string;
  /** Of the same major version: 1.29. */
  minor?: string;
  /** Of the next major versions, the newest: 2.1. */
  major?: string;
}

/** Reads a tag; undefined where it begins with no version: `latest`, `alpine`, `stable-2`. */
function read(tag: string): VersionTag | undefined {
  const [, prefix, version, suffix] = /^(v?)(\d+(?:\.\d+)*)((?:[-_+][\w.-]*)?)$/.exec(tag) ?? [];
  if (version === undefined) return undefined;
  const parts = version.split(".");
  // The hash of a commit, by chance of digits alone.
  if (parts.some((part) => part.length > 14)) return undefined;
  return { tag, prefix: prefix!, parts, numbers: parts.map(Number), suffix: suffix! };
}

function compare(a: VersionTag, b: VersionTag): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.numbers.length - b.numbers.length;
}

/**
 * Of another way of counting than a tag: a date among versions (20240101 beside 22.04), a year with a month that has
 * another number of digits.
 */
const otherCounting = (one: VersionTag, than: VersionTag): boolean =>
  Math.abs(one.parts[0]!.length - than.parts[0]!.length) > 1 ||
  one.parts[0]!.startsWith("0") !== than.parts[0]!.startsWith("0");

const newest = (tags: VersionTag[]): string | undefined => tags.sort(compare).at(-1)?.tag;

/** Whether a tag names a version that can be compared. */
export const tellsVersion = (tag: string): boolean => read(tag) !== undefined;

/**
 * Finds the newer tags of the same scheme: the same prefix and suffix, so that `1.27-alpine` leads to `1.29-alpine` and
 * neither to `1.29` nor to `1.29-rc1`.
 */
export function newerTags(tag: string, tags: string[]): NewerTags {
  const now = read(tag);
  if (now === undefined) return {};
  const same = tags.flatMap((other) => {
    const one = read(other);
    const fits = one && one.prefix === now.prefix && one.suffix === now.suffix && !otherCounting(one, now);
    return fits && compare(one, now) > 0 ? [one] : [];
  });
  const { numbers } = now;
  const [major, minor] = numbers;
  const sameMajor = same.filter((one) => one.numbers[0] === major);
  const exact = (one: VersionTag) => one.numbers.length === numbers.length;
  const isPatch = (one: VersionTag) => numbers.length > 1 && one.numbers[1] === minor;
  return {
    patch: newest(sameMajor.filter(isPatch)),
    minor: numbers.length > 1 ? newest(sameMajor.filter((one) => !isPatch(one) && exact(one))) : undefined,
    major: newest(same.filter((one) => one.numbers[0]! > major! && exact(one))),
  };
}
