import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { Language } from "./words";

export const ROOT = join(__dirname, "../..");

/** A page of the site, made from one file in Markdown. */
export interface SitePage {
  /** Its path in the project. */
  file: string;
  /** Its path in the site. */
  output: string;
  language: Language;
  /** The file with the same in the other language. */
  other?: string;
}

/** A place in the menu. */
export interface Entry {
  file: string;
  label: string;
}

export interface Group {
  label: string;
  entries: Entry[];
}

/** Pages that README.md does not name: the menu has each behind the one that it belongs to. */
const BEHIND: Record<string, string[]> = {
  "docs/docker-run.md": ["docs/docker-run-flags.md"],
  "docs/setups.md": ["docs/pictures.md"],
  "docs/host.md": ["docs/daemon-json.md"],
  "docs/ci.md": ["docs/newer-images.md"],
  "docs/api/index.md": ["docs/other-languages.md", "examples/README.md"],
  "CONTRIBUTING.md": ["docs/architecture.md", "docs/decisions.md"],
};

/** Pages of typedoc with nothing on them: a list of its modules, and one that only loads something. */
const LEFT_OUT = ["docs/api/README.md", "docs/api/entries/fast.md"];

const markdownIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => posix.join(folder, name));

const chineseOf = (file: string) =>
  file === "README.md" ? "README.zh-CN.md" : posix.join("docs/zh-CN", posix.relative("docs", file));

const outputOf = (file: string) =>
  file
    .replace(/^README\.md$/, "index.html")
    .replace(/^README\.zh-CN\.md$/, "zh-CN/index.html")
    .replace(/^docs\//, "")
    .replace(/README\.md$/, "index.html")
    .replace(/\.md$/, ".html")
    .replace(/^CHANGELOG|^CONTRIBUTING/, (name) => name.toLowerCase());

/** Every page, by its path in the project. */
export function sitePages(): Map<string, SitePage> {
  const english = [
    "README.md",
    ...["docs", "docs/api", "docs/api/entries"].flatMap(markdownIn),
    "examples/README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
  ].filter((file) => !LEFT_OUT.includes(file));
  const pages = new Map<string, SitePage>();
  for (const file of english) {
    const other = chineseOf(file);
    const translated = existsSync(join(ROOT, other));
    pages.set(file, { file, output: outputOf(file), language: "en", ...(translated && { other }) });
    if (translated) pages.set(other, { file: other, output: outputOf(other), language: "zh", other: file });
  }
  return pages;
}

const upper = (label: string) => label[0]!.toUpperCase() + label.slice(1);

/** The title that a page has in its first heading. */
export const titleOf = (file: string): string => /^# (.+)$/m.exec(readFileSync(join(ROOT, file), "utf8"))![1]!;

/**
 * The menu: the groups of links at the end of README.md, in their order, and what belongs to each page behind it.
 *
 * @throws Error where a page has no place
 */
export function menu(pages: Map<string, SitePage>, language: Language): Group[] {
  const home = language === "en" ? "README.md" : "README.zh-CN.md";
  const inLanguage = (file: string) => {
    const { other } = pages.get(file)!;
    return language === "zh" && other ? other : file;
  };
  const groups = [...readFileSync(join(ROOT, home), "utf8").matchAll(/^- \*\*(.+?)\*\*[:：](.+(?:\n {2}.+)*)/gm)];
  const found = groups.map(([, label, links]): Group => {
    const entries = [...links!.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].flatMap(([, words, link]): Entry[] => {
      const file = posix.normalize(posix.join(dirname(home), link!));
      const named = { file, label: upper(words!) };
      const english = pages.get(file)?.language === "zh" ? pages.get(file)!.other! : file;
      const behind = (BEHIND[english] ?? []).map(inLanguage);
      return [named, ...behind.map((other) => ({ file: other, label: upper(titleOf(other)) }))];
    });
    return { label: label!, entries };
  });
  const placed = new Set([home, ...found.flatMap(({ entries }) => entries.map(({ file }) => file))]);
  for (const { file, language: of, other } of pages.values()) {
    const expected = of === language || (of === "en" && !other);
    if (expected && !placed.has(file))
      throw new Error(`docs/site/pages.ts: ${file} has no place in the menu: name it in ${home}, or in BEHIND`);
  }
  return found;
}
