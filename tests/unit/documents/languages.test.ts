import { CHINESE, ENGLISH, type Page, readPage } from "./markdown";

/** Pages that are not there in Chinese: to be translated, made from code, or for those who work on berth. */
const MISSING = [
  "docs/architecture.md",
  "docs/ci.md",
  "docs/cli.md",
  "docs/daemon-json.md",
  "docs/decisions.md",
  "docs/docker-run-flags.md",
  "docs/engines.md",
  "docs/host.md",
  "docs/how-it-works.md",
  "docs/offline.md",
  "docs/other-languages.md",
  "docs/performance.md",
  "docs/secrets.md",
  "docs/setups.md",
];

const chineseOf = (file: string) => (file === "README.md" ? "README.zh-CN.md" : file.replace(/^docs\//, "docs/zh-CN/"));
const pairs = ENGLISH.filter((file) => CHINESE.includes(chineseOf(file)));

/** A block without the comments that its language has. */
const bare = (text: string) =>
  text
    .split("\n")
    .map((row) => row.replace(/(^|\s+)(#|\/\/) .*$/, "").trimEnd())
    .join("\n");
const blocksOf = ({ blocks }: Page) => blocks.map(({ language, text }) => `${language}\n${bare(text)}`);

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

test("the two READMEs lead to one another in their first lines", () => {
  expect(readPage("README.md").links[0]).toBe("README.zh-CN.md");
  expect(readPage("README.zh-CN.md").links[0]).toBe("README.md");
});
