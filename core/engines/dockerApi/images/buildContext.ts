import { existsSync, lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { join, relative } from "node:path";
import dockerignore from "@balena/dockerignore";
import { isWithin } from "../../../description/isWithin";

/** A folder, file or link that a build sends to the engine. */
export interface ContextEntry {
  /** From the context on. */
  path: string;
  kind: "folder" | "file" | "link";
  stats: Stats;
}

/**
 * What is in a build context, without what `.dockerignore` leaves out. In the order that the digest of a context
 * takes them in: it stands in states and must not change.
 *
 * @param dockerfile absolute path, sent even where `.dockerignore` names it
 */
export function contextEntries(context: string, dockerfile: string): ContextEntry[] {
  const ignoreFile = join(context, ".dockerignore");
  const patterns = existsSync(ignoreFile) ? readFileSync(ignoreFile, "utf8") : "";
  const ignore = dockerignore({ ignorecase: false }).add(patterns);
  // An exception may bring back a file below a folder that is left out.
  const exceptions = /^\s*!/m.test(patterns);
  const always = new Set([ignoreFile, dockerfile]);
  const entries: ContextEntry[] = [];

  const visit = (folder: string) => {
    for (const name of readdirSync(folder).sort()) {
      const file = join(folder, name);
      const path = relative(context, file);
      const ignored = ignore.ignores(path) && !always.has(file);
      const stats = lstatSync(file);
      if (stats.isDirectory()) {
        if (ignored && !exceptions && !isWithin(file, dockerfile)) continue;
        if (!ignored) entries.push({ path, kind: "folder", stats });
        visit(file);
      } else if (ignored) continue;
      else if (stats.isSymbolicLink()) entries.push({ path, kind: "link", stats });
      else if (stats.isFile()) entries.push({ path, kind: "file", stats });
    }
  };
  visit(context);
  return entries;
}

/** The images that a Dockerfile begins with, as far as no argument names them. */
export function baseImages(dockerfile: string): string[] {
  const stages = new Set(["scratch"]);
  const found = new Set<string>();
  for (const [, name = "", stage] of dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)) {
    if (!stages.has(name) && !name.includes("$")) found.add(name);
    if (stage) stages.add(stage);
  }
  return [...found];
}
