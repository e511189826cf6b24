import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { locked } from "../../../cli/locks";
import type { CliProject } from "../../../cli/project";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth locks-"));
  process.env.PULUMI_BACKEND_URL = `file://${folder}`;
  mkdirSync(join(folder, ".pulumi/stacks/shop"), { recursive: true });
  writeFileSync(join(folder, ".pulumi/stacks/shop/dev.json"), "{}");
});
const before = process.env.PULUMI_BACKEND_URL;
afterEach(() => {
  process.env.PULUMI_BACKEND_URL = before;
  if (before === undefined) delete process.env.PULUMI_BACKEND_URL;
  rmSync(folder, { recursive: true });
});

const under = <T>(act: () => Promise<T>, stack = "dev") => locked({ folder, name: "shop" } as CliProject, stack, act);
const locks = () => join(folder, ".pulumi/locks/organization/shop/dev");

test("a lock says who holds it, in the words of the CLI, and goes with what it was for", async () => {
  const held = await under(async () => readdirSync(locks()).map((name) => readFileSync(join(locks(), name), "utf8")));
  expect(held.map((text) => JSON.parse(text))).toEqual([
    {
      pid: process.pid,
      username: expect.any(String),
      hostname: hostname(),
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  ]);
  expect(readdirSync(locks())).toEqual([]);
  await expect(under(() => Promise.reject(new Error("it failed")))).rejects.toThrow("it failed");
  expect(readdirSync(locks())).toEqual([]);
});

test("who finds another's does nothing, says whose, and leaves it", async () => {
  mkdirSync(locks(), { recursive: true });
  const other = { pid: 7, username: "ada", hostname: "there", timestamp: "2026-11-27T06:00:00Z" };
  writeFileSync(join(locks(), "1.json"), JSON.stringify(other));
  const act = jest.fn();
  await expect(under(act)).rejects.toThrow(
    "the stack dev is being changed by ada@there (process 7, since 2026-11-27T06:00:00Z); wait until that has ended, or, where it was cut off and nothing of it runs any more, lift its lock with `berth pulumi cancel --stack dev`",
  );
  writeFileSync(join(locks(), "1.json"), "cut o");
  await expect(under(act)).rejects.toThrow("the stack dev is being changed; wait until");
  expect(act).not.toHaveBeenCalled();
  expect(readdirSync(locks())).toEqual(["1.json"]);
});

test("where there is no state yet, or it is elsewhere, there is nothing to lock", async () => {
  expect(await under(async () => "done", "new")).toBe("done");
  process.env.PULUMI_BACKEND_URL = "https://api.pulumi.com";
  expect(await under(async () => "done")).toBe("done");
  expect(readdirSync(join(folder, ".pulumi"))).toEqual(["stacks"]);
});
