import { columnsOf, listed, padded, say } from "../core/description/say";
import { localTime } from "../core/engines/rollback";
import { applicableProject } from "./project";
import { type RanPlainly, type ServiceThen, shortened, words } from "./ran";
import { type Update, updatesOf } from "./updates";
import { UsageError } from "./usageError";

/** An update, with what it changed. */
export interface Row extends Omit<Update, "state"> {
  /** In a few words each, by the logical names of services; undefined where the backend does not keep it. */
  services?: Record<string, string[]>;
}

/** What was known of the services of a stack at some update. */
class Known {
  /** As each ran last. */
  private readonly ran = new Map<string, RanPlainly>();
  private readonly there = new Map<string, ServiceThen>();

  /** Takes the services of the next update, and says what is different now. */
  next(services: Map<string, ServiceThen>, { result }: Pick<Update, "result">): Record<string, string[]> {
    const changes: Record<string, string[]> = {};
    for (const [name, now] of services) {
      const said = this.change(name, now, result);
      if (said.length > 0) changes[name] = said;
      this.there.set(name, now);
      if (now.ran) this.ran.set(name, now.ran);
    }
    for (const name of [...this.there.keys()].filter((one) => !services.has(one))) {
      changes[name] = [say`removed`];
      this.there.delete(name);
      this.ran.delete(name);
    }
    return changes;
  }

  private change(name: string, now: ServiceThen, result: string): string[] {
    const before = this.ran.get(name);
    const old = this.there.get(name);
    const image = now.image === undefined ? undefined : shortened(now.image);
    if (now.ran && before) return words(before, now.ran);
    if (!now.ran && result === "failed") return [image ? say`did not come up (${image})` : say`did not come up`];
    if (!old) return [image ? say`made (${image})` : say`made`];
    // One that did not come up before, or of which an earlier berth kept nothing.
    if (now.ran && !old.ran) return [say`came up`];
    return old.image === now.image || !old.image || !image ? [] : [say`image ${`${shortened(old.image)} -> ${image}`}`];
  }
}

/**
 * Goes through updates, oldest first, with the services after each of them and what it has changed.
 */
export async function walked(
  updates: Update[],
  visit: (update: Update, services?: Map<string, ServiceThen>, changes?: Record<string, string[]>) => void,
): Promise<void> {
  const known = new Known();
  for (const update of updates) {
    const services = (await update.state?.())?.services;
    visit(update, services, services && known.next(services, update));
  }
}

const changedSomething = ({ result, changes }: Update, services: Record<string, string[]> | undefined): boolean =>
  result !== "succeeded" ||
  Object.entries(changes).some(([op, count]) => op !== "same" && count > 0) ||
  Object.keys(services ?? {}).length > 0;

/** `berth history`: what was applied when, newest first. */
export async function history(
  stack: string,
  { json = false, limit = "20" }: { json?: boolean; limit?: string },
): Promise<number> {
  if (!/^[1-9]\d*$/.test(limit)) throw new UsageError(say`--limit: "${limit}" is not a number of updates`);
  const { updates, without, slow } = await updatesOf(await applicableProject(), stack);
  // One more, which says what the first of them has changed.
  const walk = slow ? updates.slice(-Number(limit) - 1) : updates;
  const all: Row[] = [];
  const visit = ({ state: _, ...update }: Update, _there: unknown, services?: Record<string, string[]>) => {
    const isBase = walk.length < updates.length && update.number === walk[0]!.number;
    if (!isBase && changedSomething(update, services)) all.push({ ...update, services });
  };
  await walked(walk, visit);
  const rows = all.reverse().slice(0, Number(limit));
  if (json) console.log(JSON.stringify({ stack, updates: rows }, undefined, 2));
  else console.log(printed(stack, rows, all.length + updates.length - walk.length).join("\n"));
  if (without !== undefined) console.error(say`note: what changed in the services is not known: ${without}.`);
  return 0;
}

/** What Pulumi calls an update, and its end. */
const WORDS: Record<string, () => string> = {
  update: () => say`update`,
  destroy: () => say`destroy`,
  refresh: () => say`refresh`,
  rollback: () => say`rollback`,
  "resource-import": () => say`import`,
  failed: () => say`failed`,
  "in-progress": () => say`in progress`,
  "in progress": () => say`in progress`,
};
const wordOf = (word: string): string => WORDS[word]?.() ?? word;

const kindOf = ({ kind, result, message }: Row): string => {
  const what = wordOf(/^berth rollback\b/.test(message) ? "rollback" : kind);
  return result === "succeeded" ? what : say`${what}, ${wordOf(result)}`;
};

function printed(stack: string, rows: Row[], count: number): string[] {
  if (rows.length === 0) return [say`Nothing has been applied to the stack ${stack} yet.`];
  const commits = rows.some(({ commit }) => commit !== undefined);
  const head = [say`UPDATE`, say`WHEN`, say`WHAT`, ...(commits ? [say`COMMIT`] : []), say`CHANGES`];
  const table = rows.flatMap((row) => {
    const { number, start, commit, dirty, services = {} } = row;
    const commitText = commit === undefined ? "" : `${commit.slice(0, 7)}${dirty ? "+" : ""}`;
    const lines = Object.entries(services).map(([name, said]) => say`${name}: ${said.join(say`; `)}`);
    const first = [
      String(number),
      localTime(start),
      kindOf(row),
      ...(commits ? [commitText] : []),
      lines[0] ?? resources(row),
    ];
    return [first, ...lines.slice(1).map((line) => [...first.slice(0, -1).map(() => ""), line])];
  });
  const widths = head.map((word, column) => Math.max(...[word, ...table.map((line) => line[column]!)].map(columnsOf)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => padded(cell, widths[column]!))
      .join("  ")
      .trimEnd();
  const more =
    count > rows.length ? ["", say`${count - rows.length} older ones: --limit ${count} shows them all.`] : [];
  return [line(head), ...table.map(line), ...more];
}

const DONE: Record<string, (count: number) => string> = {
  create: (count) => say`${count} made`,
  update: (count) => say`${count} changed`,
  replace: (count) => say`${count} replaced`,
  delete: (count) => say`${count} removed`,
};

/** An update of something else than services, by the number of resources. */
const resources = ({ changes }: Row): string => {
  const counts = Object.entries(DONE).flatMap(([op, done]) => (changes[op] ? [done(changes[op])] : []));
  return counts.length ? say`resources: ${listed(counts)}` : "";
};
