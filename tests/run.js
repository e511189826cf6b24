// Runs the named kinds of tests and ends with one line: `N passed, N failed, N skipped`.
// A folder of a kind does as well: node tests/run.js unit/pulumi
// Kinds: unit (mocks only), parity (what docker and Compose ask the engine for), engine (the real Pulumi CLI, doubles of the provider), live (a real Docker engine).
const { spawnSync } = require("node:child_process");
const { readFileSync, rmSync, mkdtempSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const root = join(__dirname, "..");
const args = process.argv.slice(2);
const kinds = args.filter((arg) => /^(unit|parity|engine|live)(\/|$)/.test(arg));
const jestArgs = args.filter((arg) => !kinds.includes(arg));
const total = { passed: 0, failed: 0, skipped: 0 };
const reasons = new Map();

let jest;
try {
  jest = require.resolve("jest/bin/jest");
} catch {
  console.error("jest is not installed: run `npm install` without --omit=dev");
  process.exit(1);
}

for (const kind of kinds.length ? kinds : ["unit", "parity", "engine"]) {
  const out = mkdtempSync(join(tmpdir(), "berth-jest-"));
  const file = join(out, "report.json");
  // Live tests share one engine: one at a time. All others have a place of their own for each file.
  const workers = kind.startsWith("live") ? ["--runInBand"] : [];
  const result = spawnSync(
    process.execPath,
    [jest, "--rootDir", root, "--json", `--outputFile=${file}`, ...workers, ...jestArgs, join("tests", kind)],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, BERTH_SKIPS: join(out, "skips") } },
  );
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // No report at all is a failure, not an empty success.
    total.failed += 1;
    console.error(`${kind}: jest ended with ${result.status ?? result.signal} and wrote no report`);
    continue;
  }
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests + (report.numRuntimeErrorTestSuites ?? 0);
  total.skipped += report.numPendingTests + report.numTodoTests;
  if (report.numTotalTests === 0) {
    total.failed += 1;
    console.error(`${kind}: no test was found`);
  }
  try {
    for (const line of readFileSync(join(out, "skips"), "utf8").trim().split("\n"))
      reasons.set(line, (reasons.get(line) ?? 0) + 1);
  } catch {
    // Nothing was skipped for a reason that a test gave.
  }
  rmSync(out, { recursive: true, force: true });
}

for (const reason of reasons.keys()) console.log(`skipped: ${reason}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed ? 1 : 0);
