// Loads TypeScript without a build: Sucrase compiles a file when it has changed, in milliseconds and without a type
// checker (`npm run check` is one), and keeps line numbers, so that errors point home. What it made is kept beside the
// installed packages, for compiling everything anew costs a fifth of a second of every preview.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative } = require("node:path");

// Installed as a package it loads the program of whoever has installed it.
const ROOT = __dirname.includes("node_modules") ? process.cwd() : join(__dirname, "..");
const KEPT = join(ROOT, "node_modules/.cache/berth");

/** The compiled text; its last line says which source it was made from. */
function compiled(file) {
  const source = fs.readFileSync(file, "utf8");
  const mark = `\n// ${createHash("sha256").update(source).digest("hex")}`;
  const kept = join(KEPT, `${relative(ROOT, file).replaceAll("..", "up")}.js`);
  try {
    const text = fs.readFileSync(kept, "utf8");
    if (text.endsWith(mark)) return text;
  } catch {}
  const { transform } = require("sucrase");
  const text = transform(source, { filePath: file, transforms: ["imports", "typescript"] }).code + mark;
  try {
    fs.mkdirSync(dirname(kept), { recursive: true });
    const part = `${kept}.${process.pid}`;
    fs.writeFileSync(part, text);
    fs.renameSync(part, kept);
  } catch {
    // A checkout that cannot be written to compiles each time.
  }
  return text;
}

// In place of what was there: some language hosts register ts-node whatever Pulumi.yaml says, and it would check types
// on every run.
Module._extensions[".ts"] = (module, file) => {
  for (const task of first.splice(0)) task();
  module._compile(compiled(file), file);
};

/** Tasks for the time when the first file of TypeScript is loaded. */
const first = [];
exports.beforeProgram = (task) => void first.push(task);
