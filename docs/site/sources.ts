import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { escaped } from "../../core/writers/picture/svg";
import { markedFile } from "./code";
import { ROOT } from "./pages";

/** Where a file or a folder of the project stands in the site: pages lead to some. */
export const sourceOutput = (path: string): string =>
  statSync(join(ROOT, path)).isDirectory() ? `source/${path}/index.html` : `source/${path}.html`;

const HIDDEN = /^(node_modules|__pycache__|package-lock\.json|Pulumi\.(?!dev)\w+\.yaml)$/;

/** What a folder has, folders with a stroke at the end. */
function entries(folder: string): { name: string; path: string }[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !HIDDEN.test(name))
    .sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || (a.name < b.name ? -1 : 1))
    .map((entry) => ({ name: entry.name + (entry.isDirectory() ? "/" : ""), path: posix.join(folder, entry.name) }));
}

/** The files and folders that pages lead to, and all that is in these folders. */
export function withContents(paths: Iterable<string>): Set<string> {
  const all = new Set<string>();
  const add = (path: string) => {
    if (all.has(path)) return;
    all.add(path);
    if (statSync(join(ROOT, path)).isDirectory()) for (const entry of entries(path)) add(entry.path);
  };
  for (const path of paths) add(path);
  return all;
}

/** A file with its lines, or a folder with its entries, as HTML. */
export function sourceHtml(path: string, href: (path: string) => string): string {
  const heading = `<h1><code>${escaped(path)}</code></h1>\n`;
  if (statSync(join(ROOT, path)).isDirectory()) {
    const rows = entries(path).map(
      ({ name, path: to }) => `<li><a href="${escaped(href(to))}"><code>${escaped(name)}</code></a></li>`,
    );
    return `${heading}<ul>\n${rows.join("\n")}\n</ul>\n`;
  }
  const text = readFileSync(join(ROOT, path), "utf8");
  return `${heading}<div class="code"><pre tabindex="0"><code>${markedFile(path, text)}</code></pre></div>\n`;
}
