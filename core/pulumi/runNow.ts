import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

const SCRIPT = `
const { deserialize, serialize } = require("node:v8");
const { readFileSync, writeSync } = require("node:fs");
const { file, name, args } = deserialize(readFileSync(0));
// Whoever waits for the answer may be killed.
const asker = process.ppid;
setInterval(() => process.ppid !== asker && process.exit(1), 300).unref();
require(file)[name](...args).then(
  (value) => ({ value }),
  (error) => ({ error: String(error.stack) }),
).then((answer) => {
  const bytes = serialize(answer);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  process.exit();
});
`;

/**
 * Runs a function that a module exports, in another process, and waits for it: a constructor cannot await. Arguments
 * and answer are plain data.
 *
 * @throws Error for whatever the function throws; it had better answer with its errors
 */
export function runNow<T>(file: string, name: string, ...args: unknown[]): T {
  // Where this file is not compiled, nothing is.
  const loader = __filename.endsWith(".ts") ? ["-r", join(__dirname, "../loadTypescript.js")] : [];
  const { error, stdout } = spawnSync(process.execPath, [...loader, "-e", SCRIPT], {
    input: serialize({ file, name, args }),
    stdio: ["pipe", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  const answer = deserialize(stdout) as { value?: T; error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.value as T;
}
