import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readNotes } from "../../../../core/readers/notes";
import { cpuTime } from "../../cpuTime";
import { random } from "../../../random";

const run = () => {
  throw new Error("a program was run");
};
jest.mock("node:child_process", () => ({
  spawn: run,
  spawnSync: run,
  exec: run,
  execSync: run,
  execFile: run,
  execFileSync: run,
  fork: run,
}));

/** How many mutated notes are read; more are tried by hand with BERTH_FUZZ. */
const COUNT = Number(process.env.BERTH_FUZZ ?? 300);

const NOTES = ["docker.zh.md", "plain.zh.md", "server.en.md", "gpu.zh.md", "desktop.zh.md"].map((name) =>
  readFileSync(join(__dirname, name), "utf8"),
);
const PIECES = [
  ..."'\"\\$`{}()<>|&;#~*?[]=:,-/ \t\n\r\0\u00e9\u3000\uff1a\u955c\u{1f600}",
  "```",
  "```yaml\n",
  "~~~",
  "<pre>",
  "</pre>",
  "> ",
  "    ",
  "- ",
  "services:\n",
  "  web: &a\n    image: *a\n",
  "FROM x\n",
  "apiVersion: v1\nkind: Pod\n",
  "apiVersion: v1\nkind: List\nitems: [{kind: null}]\n",
  '{ "debug": true }',
  "docker run ",
  "docker network connect ",
  "docker build -t ",
  "docker service create ",
  "docker compose -f ",
  "kubectl create ",
  "--env-file .env ",
  "--name ",
  "__proto__",
  "constructor",
  "\\\n",
  "<<EOF\n",
  "EOF\n",
  "export A=$A\n",
  "A=$B\nB=$A\n",
  "cd $(pwd)\n",
];

/** Part of a note, with pieces put in, left out, doubled and moved. */
function mutated(next: (below: number) => number): string {
  const rows = NOTES[next(NOTES.length)]!.split("\n");
  const from = next(rows.length);
  let text = rows.slice(from, from + 5 + next(40)).join("\n");
  for (let count = 1 + next(8); count > 0; count -= 1) {
    const at = next(text.length + 1);
    const piece = PIECES[next(PIECES.length)]!;
    const kind = next(5);
    if (kind === 0) text = text.slice(0, at) + text.slice(at + 1 + next(12));
    else if (kind === 1) text = text.slice(0, at) + text.slice(Math.max(0, at - 30), at) + text.slice(at);
    else text = text.slice(0, at) + piece + text.slice(at);
  }
  return text;
}

test(`${COUNT} mutated notes: each is read, and nothing is run`, () => {
  const next = random(15);
  const context = { environment: {}, folder: "/project", home: "/home/ann" };
  let ready = 0;
  let slowest = 0;
  for (let index = 0; index < COUNT; index += 1) {
    const text = mutated(next);
    const start = cpuTime();
    try {
      const [note] = readNotes([{ file: "/project/note.md", text }], context);
      const names = note!.setups.map(({ name }) => name);
      ready += names.length;
      expect(new Set(names).size).toBe(names.length);
      for (const item of note!.items) {
        if (item.setups.length > 0 !== (item.fate === "ready"))
          throw new Error(`${item.line}: ${item.fate} without its setup`);
        if (item.holes.length > 0 !== (item.fate === "template"))
          throw new Error(`${item.line}: ${item.fate} with its holes`);
        if (item.line < 1 || item.line > text.split(/\r\n?|\n/).length)
          throw new Error(`${item.line}: no line of the note`);
      }
    } catch (error) {
      throw new Error(`${(error as Error).stack}\n${JSON.stringify(text)}`);
    }
    slowest = Math.max(slowest, cpuTime() - start);
  }
  // What is left whole is still read.
  expect(ready).toBeGreaterThan(COUNT / 2);
  expect(slowest).toBeLessThan(2000);
});

test.each([
  ["many backquotes", "`".repeat(100_000)],
  ["many single backquotes", "` ".repeat(50_000)],
  ["many marks", "> - ".repeat(30_000)],
  ["many blanks", `docker run ${" ".repeat(100_000)}x`],
  ["many brackets", `\`docker run ${"[".repeat(50_000)}\``],
  ["many angles", `\`docker run ${"<".repeat(50_000)}\``],
  ["many braces", `\`docker run ${"{".repeat(5_000)}\``],
  ["a long word in front of a colon", `${"\u957f".repeat(50_000)}\uff1adocker run nginx`],
  ["a long prompt", `\`\`\`\n${"a".repeat(50_000)}@docker run nginx\n\`\`\``],
  ["many fences", "```\n".repeat(20_000)],
  ["many lines", `\`\`\`\n${"docker ps\n".repeat(5_000)}\`\`\``],
  [
    "many variables",
    `\`\`\`\n${Array.from({ length: 2_000 }, (_, at) => `A${at + 1}=$A${at}`).join("\n")}\ndocker run -e X=$A2000 nginx\n\`\`\``,
  ],
  [
    "many links in a row",
    `\`\`\`\n${Array.from({ length: 300 }, (_, at) => `docker run -d --name box${at + 1} --link box${at} nginx:1`).join("\n")}\n\`\`\``,
  ],
  ["many assignments in front", `\`\`\`\n${"A=b ".repeat(20_000)}docker run nginx\n\`\`\``],
  ["many comments between rows", `\`\`\`\ndocker run \\\n${"# x \\\n".repeat(3_000)}nginx\n\`\`\``],
  ["many indented rows", "\n    x".repeat(20_000)],
  ["many tags of HTML", "<pre>".repeat(20_000)],
])("%s take no time", (_, text) => {
  const context = { environment: {}, folder: "/project", home: "/home/ann" };
  const start = cpuTime();
  readNotes([{ file: "/project/note.md", text }], context);
  expect(cpuTime() - start).toBeLessThan(2_000);
});
