// `npm run build`: dist/ is what the package holds, compiled, with the files that the code reads.
const { spawnSync } = require("node:child_process");
const { cpSync, readdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");

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
// Nobody imports what is behind the command.
for (const folder of ["cli", "stacks"])
  for (const file of readdirSync(join(DIST, folder), { recursive: true }))
    if (/\.d\.ts(\.map)?$/.test(file)) rmSync(join(DIST, folder, file));
// A declaration file is TypeScript too: what tsc writes is there already.
for (const folder of ["cli", "components", "core", "stacks"])
  cpSync(join(ROOT, folder), join(DIST, folder), {
    recursive: true,
    filter: (file) => (!file.endsWith(".ts") || file.endsWith(".d.ts")) && !PROGRAMS.test(file),
  });
