// `npm run build`: dist/ is what the package holds, compiled, with the files that the code reads.
const { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const ts = require("typescript");
const { exports: entries } = require("../package.json");

const ROOT = join(__dirname, "..");
const DIST = join(ROOT, "dist");
/** They stand beside dist/, for a checkout has none. */
const PROGRAMS = /berth\.js$|pulumi-resource-berth$/;

rmSync(DIST, { recursive: true, force: true });
// Editors read the comments of declarations; those of the code are a third of its size, and nobody's to read. `npm run check`
// looks at the types: beside that, reading the sources is most of the work, and is done once for both.
const { config } = ts.readConfigFile(join(__dirname, "tsconfig.json"), ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, __dirname);
let program;
for (const flags of [
  { emitDeclarationOnly: true },
  { removeComments: true, declaration: false, declarationMap: false },
]) {
  program = ts.createProgram(fileNames, { ...options, ...flags, noCheck: true }, undefined, program);
  const { diagnostics, emitSkipped } = program.emit();
  if (diagnostics.length === 0 && !emitSkipped) continue;
  console.error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  process.exit(1);
}
// An entry names all components; each is loaded when a program asks for it. Node.js finds the names of a CommonJS module
// in the getters that tsc writes, so these stay, and what they ask becomes a getter itself.
for (const { default: entry, types } of Object.values(entries)) {
  if (!types) continue;
  const file = join(ROOT, entry);
  const text = readFileSync(file, "utf8");
  const lazy = text.replace(/^(?:var|const) (\w+) = (require\(".*"\));$/gm, (all, name, load) => {
    const members = [...text.matchAll(new RegExp(`return ${name}\\.(\\w+); } }\\);`, "g"))].map(([, member]) => member);
    // What is more than names, as "./fast" is, is loaded at once.
    if (members.length === 0) return all;
    return `const ${name} = { ${members.map((member) => `get ${member}() { return ${load}.${member}; }`).join(", ")} };`;
  });
  writeFileSync(file, lazy);
}
// Nobody imports types that no entry of the package leads to.
const reached = new Set();
const reach = (file) => {
  if (reached.has(file) || !existsSync(file)) return;
  reached.add(file);
  for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles)
    if (fileName.startsWith("."))
      for (const end of [".d.ts", "/index.d.ts"]) reach(join(dirname(file), `${fileName}${end}`));
};
for (const { types } of Object.values(entries)) if (types) reach(join(ROOT, types));
// A map leads an editor to a component's source, which the package has; it has none of the core's.
const kept = (name) =>
  name.endsWith(".map")
    ? /^components\/[^/]*$/.test(name) && reached.has(join(DIST, name.replace(/\.map$/, "")))
    : !name.endsWith(".d.ts") || reached.has(join(DIST, name));
for (const name of readdirSync(DIST, { recursive: true })) if (!kept(name)) rmSync(join(DIST, name));
// A declaration file is TypeScript too: what tsc writes is there already.
for (const folder of ["cli", "components", "core", "stacks"])
  cpSync(join(ROOT, folder), join(DIST, folder), {
    recursive: true,
    filter: (file) => (!file.endsWith(".ts") || file.endsWith(".d.ts")) && !PROGRAMS.test(file),
  });
// What the schema of compose files says to people is most of it, and nothing reads that.
const schema = join(DIST, "core/readers/compose/compose-spec.json");
const isText = (key, value) => key === "description" && typeof value === "string";
const terse = (key, value) => (isText(key, value) ? undefined : value);
writeFileSync(schema, JSON.stringify(JSON.parse(readFileSync(schema, "utf8"), terse)));
// The texts of messages go by short names for what they translate.
const { shortKey } = require("../dist/core/description/say");
const file = join(DIST, "core/description/zh.json");
const texts = Object.entries(JSON.parse(readFileSync(file, "utf8"))).map(([template, text]) => [
  shortKey(template),
  text,
]);
const short = Object.fromEntries(texts);
if (Object.keys(short).length !== texts.length) throw new Error("two messages have one short name: make it longer");
writeFileSync(file, JSON.stringify(short));
