import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argumentTypes } from "../../../docs/argumentTypes";
import { pluginSchema } from "../../../docs/pluginSchema";
import { must } from "../../packedPackage";

// Apart from the other made pages: both read all types of the SDKs, which takes longer than all the others together.
const ROOT = join(__dirname, "../../..");

const out = mkdtempSync(join(tmpdir(), "berth-api-"));
afterAll(() => rmSync(out, { recursive: true }));

test("the plugin's schema is what the types of the components say: npm run docs", () => {
  expect(readFileSync(join(ROOT, "cli/plugin/schema.json"), "utf8")).toBe(pluginSchema());
}, 100_000);

test("so is what a program in another language is checked by", () => {
  expect(readFileSync(join(ROOT, "core/pulumi/argumentTypes.json"), "utf8")).toBe(argumentTypes());
}, 100_000);

test("docs/api is what the docstrings say: every change of what the package exports is seen there", () => {
  const typedoc = join(ROOT, "node_modules/typedoc/bin/typedoc");
  must(process.execPath, [typedoc, "--options", join(ROOT, "package/typedoc.json"), "--out", out], ROOT);
  const pages = (folder: string) =>
    (readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith(".md")).sort();
  expect(pages(out)).toEqual(pages(join(ROOT, "docs/api")));
  for (const page of pages(out))
    expect(readFileSync(join(out, page), "utf8")).toBe(readFileSync(join(ROOT, "docs/api", page), "utf8"));
  expect(existsSync(join(out, "index.md"))).toBe(true);
}, 200_000);
