import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "../../..");

/** A fenced block. */
export interface Block {
  language: string;
  text: string;
  /** Line of its first line in the page. */
  line: number;
}

export interface Heading {
  level: number;
  text: string;
}

/** A page as its readers and its tests see it. */
export interface Page {
  /** Its path in the project. */
  file: string;
  blocks: Block[];
  headings: Heading[];
  /** Targets of its links and pictures. */
  links: string[];
  /** What stands between single backquotes. */
  code: string[];
}

/** Reads a page. Everything outside the fences is text, without the code in it for headings and links. */
export function readPage(file: string): Page {
  const page: Page = { file, blocks: [], headings: [], links: [], code: [] };
  const text: string[] = [];
  let block: Block | undefined;
  let body: string[] = [];
  for (const [index, line] of readFileSync(join(ROOT, file), "utf8").split("\n").entries()) {
    const fence = /^ *```(.*)$/.exec(line);
    if (block && fence) {
      page.blocks.push({ ...block, text: body.join("\n") });
      block = undefined;
    } else if (block) body.push(line);
    else if (fence) {
      block = { language: fence[1]!.trim(), text: "", line: index + 2 };
      body = [];
    } else text.push(line);
  }
  if (block) throw new Error(`${file}:${block.line}: the block has no end`);
  for (const line of text) {
    const heading = /^(#+) (.+)$/.exec(line);
    if (heading) page.headings.push({ level: heading[1]!.length, text: heading[2]! });
  }
  // A code span may go over two lines.
  const prose = text.join("\n");
  for (const [, code] of prose.matchAll(/(?<!`)`([^`]+)`(?!`)/g)) page.code.push(code!.replace(/\s+/g, " "));
  const plain = prose.replace(/`[^`]*`/g, "");
  for (const [, target] of plain.matchAll(/\]\(([^()\s]+)\)/g)) page.links.push(target!);
  return page;
}

const pagesIn = (folder: string) =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder))
        .filter((name) => name.endsWith(".md"))
        .sort()
        .map((name) => join(folder, name))
    : [];

/** The pages that people read, in English and in Chinese. */
export const ENGLISH = ["README.md", ...pagesIn("docs")];
export const CHINESE = ["README.zh-CN.md", ...pagesIn("docs/zh-CN")].filter((file) => existsSync(join(ROOT, file)));
export const OTHERS = ["CONTRIBUTING.md", "examples/README.md"];
