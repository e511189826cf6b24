// `npm run build`: dist/ is what the package holds, compiled, with the files that the code reads.
const { spawnSync } = require("node:child_process");
const { cpSync, existsSync, readdirSync, readFileSync, rmSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { preProcessFile } = require("typescript");
const { exports: entries } = require("../package.json");

const ROOT = join(__dirname, "..");
const DIST = join(ROOT, "dist");
/** They stand beside dist/, for a checkout has none. */
const PROGRAMS = /berth\.js$|pulumi-resource-berth$/;

rmSync(DIST, { recursive: true, force: true });
// Editors read the comments of declarations; those of the code are a third of its size, and nobody's to read.
for (const flags of [
  "--emitDeclarationOnly",
  "--removeComments --noCheck --declaration false --declarationMap false",
]) {
  const args = [require.resolve("typescript/bin/tsc"), "-p", __dirname, ...flags.split(" ")];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
// Nobody imports types that no entry of the package leads to.
const reached = new Set();
const reach = (file) => {
  if (reached.has(file) || !existsSync(file)) return;
  reached.add(file);
  for (const { fileName } of preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles)
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
