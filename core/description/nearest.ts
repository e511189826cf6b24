/** Edits that make one word of the other; stops counting above 2. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** `device_read_bps` of a compose file and `deviceReadBps` here are one name. */
const bare = (name: string) => name.replace(/[-_]/g, "").toLowerCase();

/** The known name that comes nearest to a wrong one: the same in another spelling, or at most two edits away. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  // A name of which no letter is left has nothing in common.
  let least = Math.min(3, name.length);
  for (const candidate of names) {
    if (bare(candidate) === bare(name)) return candidate;
    const edits = distance(name.slice(0, 40), candidate);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}
