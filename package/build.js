// `npm run build`: dist/ is what the package holds, compiled, with the files that the code reads.
const { spawnSync } = require("node:child_process");
const { cpSync, rmSync } = require("node:fs");
const { join } = require("node:path");

const ROOT = join(__dirname, "..");
const DIST = join(ROOT, "dist");
/** They stand beside dist/, for a checkout has none. */
const PROGRAMS = /berth\.js$|pulumi-resource-berth$/;

rmSync(DIST, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", __dirname], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
// A declaration file is TypeScript too: what tsc writes is there already.
for (const folder of ["cli", "components", "core", "stacks"])
  cpSync(join(ROOT, folder), join(DIST, folder), {
    recursive: true,
    filter: (file) => (!file.endsWith(".ts") || file.endsWith(".d.ts")) && !PROGRAMS.test(file),
  });
