import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runNow } from "../../../core/pulumi/runNow";

const folder = mkdtempSync(join(tmpdir(), "berth-now-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MODULE = join(folder, "module.js");
writeFileSync(
  MODULE,
  `exports.twice = async (number) => ({ twice: 2 * number });
exports.fails = async () => { throw new Error("it is not there"); };
exports.waits = (file) => new Promise((resolve) => {
  require("node:fs").writeFileSync(file, String(process.pid));
  setTimeout(resolve, 60_000);
});
`,
);

test("answers with what the function answers, or fails as it does", () => {
  expect(runNow(MODULE, "twice", 21)).toEqual({ twice: 42 });
  expect(() => runNow(MODULE, "fails")).toThrow("it is not there");
});

test("does not outlive who waits for the answer", async () => {
  const file = join(folder, "pid");
  const loader = join(__dirname, "../../../core/loadTypescript");
  const text = `require(${JSON.stringify(loader)});
    require(${JSON.stringify(join(__dirname, "../../../core/pulumi/runNow.ts"))}).runNow(${JSON.stringify(MODULE)}, "waits", ${JSON.stringify(file)});`;
  const asker = spawn(process.execPath, ["-e", text], { stdio: "ignore" });
  const until = async (holds: () => boolean) => {
    for (let left = 200; left > 0 && !holds(); left--) await new Promise((resolve) => setTimeout(resolve, 100));
    return holds();
  };
  expect(await until(() => existsSync(file) && readFileSync(file, "utf8") !== "")).toBe(true);
  const pid = Number(readFileSync(file, "utf8"));
  asker.kill("SIGKILL");
  const ended = await until(() => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });
  if (!ended) process.kill(pid, "SIGKILL");
  expect(ended).toBe(true);
}, 60_000);
