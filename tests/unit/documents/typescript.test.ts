import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ENGLISH, ROOT, readPage } from "./markdown";

/** Programs of the pages, with their place; in Chinese they are the same: languages.test.ts. */
const programs = ENGLISH.flatMap((file) =>
  readPage(file)
    .blocks.filter(({ language, text }) => language === "ts" && text.includes('from "pulumi-berth"'))
    .map(({ text, line }) => ({ place: `${file}:${line}`, text })),
);

/** What the compiler says of texts, each by its place. */
function problems(texts: { place: string; text: string }[]): string[] {
  const folder = mkdtempSync(join(ROOT, "node_modules/.berth-documents-"));
  try {
    const places = new Map(texts.map(({ place }, index) => [join(folder, `${index}.ts`), place]));
    for (const [index, { text }] of texts.entries()) writeFileSync(join(folder, `${index}.ts`), text);
    const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const program = ts.createProgram([...places.keys()], {
      ...options,
      noEmit: true,
      types: ["node"],
      paths: { "pulumi-berth": [join(ROOT, "components/index.ts")] },
    });
    return [...places].flatMap(([file, place]) =>
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(file))
        .map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the programs of the pages have the right types, and a wrong one is found", () => {
  expect(programs.length).toBeGreaterThan(5);
  const wrong = 'import { Nginx } from "pulumi-berth";\nnew Nginx("web", { prot: 80 });\n';
  expect(problems([...programs, { place: "wrong", text: wrong }])).toEqual([
    expect.stringMatching(/^wrong: .*prot.* does not exist/),
  ]);
}, 120_000);
