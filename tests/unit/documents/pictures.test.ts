import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chinesePicturesPage, pictures, picturesPage } from "../../../docs/pictures";
import { PROGRAMS } from "../../../stacks";
import { ROOT } from "./markdown";

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

test("the pages of pictures are what the code says: npm run docs", () => {
  expect(textOf("docs/pictures.md")).toBe(picturesPage());
  expect(textOf("docs/zh-CN/pictures.md")).toBe(chinesePicturesPage());
});

test("every documented setup has its picture, as it is planned, and a small one: npm run docs", async () => {
  const made = await pictures();
  expect(Object.keys(made)).toEqual(Object.keys(PROGRAMS));
  expect(readdirSync(join(ROOT, "docs/pictures")).sort()).toEqual(
    Object.keys(made)
      .map((name) => `${name}.svg`)
      .sort(),
  );
  for (const [name, text] of Object.entries(made)) {
    expect([name, textOf(`docs/pictures/${name}.svg`)]).toEqual([name, text]);
    expect(text.length).toBeLessThan(12_000);
  }
}, 100_000);
