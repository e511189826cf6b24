import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { NEEDS_ENGINE } from "./checkout";
import { shownIn } from "./output";
import { commandsIn, RECORDED } from "./recorded";
import { CHINESE, ENGLISH, type Page, ROOT, readPage } from "./markdown";

/** Pages that are not there in Chinese: they are for those who work on berth. */
const MISSING = ["docs/architecture.md", "docs/decisions.md"];

const chineseOf = (file: string) => (file === "README.md" ? "README.zh-CN.md" : file.replace(/^docs\//, "docs/zh-CN/"));
const pairs = ENGLISH.filter((file) => CHINESE.includes(chineseOf(file)));

/** A block without the comments that its language has. */
const bare = (text: string) =>
  text
    .split("\n")
    .map((row) => row.replace(/(^|\s+)(#|\/\/) .*$/, "").trimEnd())
    .join("\n");
/** What a terminal prints is in its language, and compared where no engine is needed; what is typed is the same. */
function blocksOf(page: Page) {
  const { file, blocks } = page;
  const printed = shownIn(page).filter(({ commands }) => !NEEDS_ENGINE.test(commands));
  return blocks.map(({ language, text }) => {
    if (RECORDED.includes(file)) return commandsIn(text).join("\n");
    return `${language}\n${printed.some(({ output }) => output === text) ? "" : bare(text)}`;
  });
}

test("every Chinese page has an English one, and the list of the missing ones is exact", () => {
  expect(pairs.map(chineseOf).sort()).toEqual([...CHINESE].sort());
  expect(ENGLISH.filter((file) => !pairs.includes(file))).toEqual(MISSING);
});

test.each(pairs)("%s has the same commands in Chinese", (file) => {
  expect(blocksOf(readPage(chineseOf(file)))).toEqual(blocksOf(readPage(file)));
});

test.each(pairs)("%s has the same headings in Chinese, by number and level", (file) => {
  const levels = ({ headings }: Page) => headings.map(({ level }) => level);
  expect(levels(readPage(chineseOf(file)))).toEqual(levels(readPage(file)));
});

/** What stands in code at the beginning of each row of the tables: commands, options, settings, fields. */
const rowsOf = (file: string) =>
  readFileSync(join(ROOT, file), "utf8")
    .split("\n")
    .flatMap((row) => /^\| (`[^`]+`)(?: +\| (`[^`]+`) +\|)?/.exec(row)?.slice(1, 3) ?? [])
    .filter(Boolean);

test.each(pairs)("%s has the same rows in the tables in Chinese", (file) => {
  expect(rowsOf(chineseOf(file))).toEqual(rowsOf(file));
});

test.each(pairs)("%s and its Chinese page lead to one another in their first lines", (file) => {
  const other = chineseOf(file);
  expect(join(dirname(file), readPage(file).links[0]!)).toBe(other);
  expect(join(dirname(other), readPage(other).links[0]!)).toBe(file);
});

test("Chinese pages lead to Chinese pages", () => {
  const english = pairs.map(chineseOf).flatMap((file) =>
    readPage(file)
      .links.slice(1)
      .map((link) => ({ file, link, target: join(dirname(file), link.split("#")[0]!) }))
      .filter(({ target }) => pairs.includes(target)),
  );
  expect(english).toEqual([]);
});
