import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseAllDocuments } from "yaml";
import { COMMANDS } from "../../../cli/commands";
import { anchorOf } from "../../../docs/site/anchor";
import { PROGRAMS } from "../../../stacks";
import { checkCommands, checkSetting } from "./commands";
import { CHINESE, ENGLISH, OTHERS, type Page, ROOT, readPage } from "./markdown";
import { shownIn } from "./output";
import { commandsOf } from "./shell";

const PAGES = [...ENGLISH, ...CHINESE, ...OTHERS];
const pages = new Map(PAGES.map((file) => [file, readPage(file)]));
const pageOf = (file: string): Page => pages.get(file) ?? readPage(file);

test("there are pages, and they have commands", () => {
  expect(ENGLISH.length).toBeGreaterThan(10);
  const commands = [...pages.values()].flatMap(({ blocks }) =>
    blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => commandsOf(text)),
  );
  expect(commands.length).toBeGreaterThan(50);
});

test.each(["README.md", "README.zh-CN.md"])("%s is for a newcomer: 150 lines at most", (file) => {
  if (existsSync(join(ROOT, file)))
    expect(readFileSync(join(ROOT, file), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(150);
});

/** Commands that a page shows as wrong, with the error behind them: tests/unit/documents/output.test.ts. */
const wrongOn = (page: Page) => shownIn(page).filter(({ output }) => /^(?:error: |错误：)/.test(output));

test.each(PAGES)("%s: its commands are right", async (file) => {
  const wrong = new Set(wrongOn(pageOf(file)).map(({ line }) => line));
  for (const { language, text, line } of pageOf(file).blocks) {
    if (language === "sh" && !wrong.has(line))
      await checkCommands(text).catch(({ message }: Error) => {
        throw new Error(`${file}:${line}: ${message}`);
      });
  }
});

const COMMAND = /^(npx |npm |berth |pulumi |docker run (?!-\S+$))/;
/** The name alone, or with what the command takes. */
const NAMED = new RegExp(`^(npx )?berth (${COMMANDS.map(({ name }) => name).join("|")})( [<[].*)?$`);
const SETTING = new RegExp(`^(berth|docker|kubernetes|webapp|${Object.keys(PROGRAMS).join("|")}):[A-Za-z]`);
/** Tags of images, which look like settings. */
const TAG = /:(latest|alpine|lts)$/;

test.each(PAGES)("%s: commands and settings in its text are right", async (file) => {
  for (const code of pageOf(file).code) {
    if (NAMED.test(code) || code.includes("...")) continue;
    if (COMMAND.test(code))
      await checkCommands(code).catch(({ message }: Error) => {
        throw new Error(`${file}: \`${code}\`: ${message}`);
      });
    else if (SETTING.test(code) && !TAG.test(code) && !/[ ]|:.*:/.test(code))
      await checkSetting(code).catch(({ message }: Error) => {
        throw new Error(`${file}: \`${code}\`: ${message}`);
      });
  }
});

test.each(PAGES)("%s: its other blocks can be read, and every block says what it is", (file) => {
  for (const { language, text, line } of pageOf(file).blocks) {
    const known = /^(sh|text|ts|yaml|json|mermaid|python|dockerfile)$/.test(language);
    expect(known ? "" : `${file}:${line}: ${language || "no language"}`).toBe("");
    if (language === "yaml") expect([...parseAllDocuments(text)].flatMap(({ errors }) => errors)).toEqual([]);
    if (language === "json") JSON.parse(text);
  }
});

test.each(PAGES)("%s: its links lead somewhere", (file) => {
  const dead = pageOf(file).links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split("#") as [string, string | undefined];
    const target = path === "" ? file : normalize(join(dirname(file), decodeURIComponent(path)));
    if (!existsSync(join(ROOT, target))) return true;
    if (anchor === undefined) return false;
    return !pageOf(target).headings.some(({ text }) => anchorOf(text) === decodeURIComponent(anchor));
  });
  expect(dead).toEqual([]);
});

test.each(["README.md", "docs/setups.md"])("the table of setups in %s has every program", (file) => {
  const rows = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual(Object.keys(PROGRAMS).sort());
});

test.each([
  ["berth plann", "did you mean plan"],
  ["npx berth plan --al", "unknown option"],
  ["berth up ngnix", "did you mean nginx"],
  ["npm run upp -- nginx", "there is no such script"],
  ["npm run up nginx", "-- is missing"],
  ["npm run up -- nginx --yess", "pulumi up has no --yess"],
  ["pulumi config set nginx:prot 8080", "there is no setting nginx:prot"],
  ["pulumi config set nginx:port http", "is not a port"],
  ["pulumi config set mysql:rootPassword x", "without --secret"],
  ["pulumi config set 'berth:files[0]' a.yaml", "--path is missing"],
  ["pulumi config set docker:hosts ssh://a", "docker has no setting hosts"],
  ["pulumi config set kubernetes:contxt a", "kubernetes has no setting contxt"],
  ["pulumi upp", "the pages say nothing"],
  ["npx berth from-compose a.yaml --to yaml", "is no form"],
  ["npx berth settings ngnix", "there is no program ngnix"],
  ['npx berth from-run "docker run --nmae web nginx"', "--nmae"],
  ["docker run --gpu all nginx", "--gpu"],
  ["node tests/bench/benches.js", "there is no file"],
  ["rm -rf /", "no page uses rm"],
])("a wrong command is found: %s", async (command, problem) => {
  await expect(checkCommands(command)).rejects.toThrow(problem);
});
