import { posix } from "node:path";

/** Links of the pages to files or anchors that are not there. */
export function deadLinks(files: Map<string, string>): string[] {
  const anchors = new Map<string, Set<string>>();
  const anchorsOf = (path: string) => {
    let found = anchors.get(path);
    if (!found) {
      found = new Set([...files.get(path)!.matchAll(/<(?:a|h\d) id="([^"]*)"/g)].map(([, id]) => id!));
      anchors.set(path, found);
    }
    return found;
  };
  const dead: string[] = [];
  for (const [path, text] of files) {
    if (!path.endsWith(".html")) continue;
    for (const [, link] of text.matchAll(/<[^>]* (?:href|src)="([^"]*)"/g)) {
      if (/^https?:/.test(link!)) continue;
      const [to, anchor] = link!.split("#") as [string, string | undefined];
      const target = to ? posix.normalize(posix.join(posix.dirname(path), to)) : path;
      if (!files.has(target)) dead.push(`${path}: ${link}`);
      else if (anchor !== undefined && !anchorsOf(target).has(decodeURIComponent(anchor)))
        dead.push(`${path}: ${link}`);
    }
  }
  return dead;
}
