import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "berth-scale-"));
afterAll(() => rmSync(folder, { recursive: true }));

const USED = "used:";
const PROGRAM = `
require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
const { BridgeNetwork, program, Service } = require(${JSON.stringify(join(ROOT, "components"))});
process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.error(${JSON.stringify(USED)} + JSON.stringify({ seconds: (userCPUTime + systemCPUTime) / 1e6, MiB: maxRSS / 1024 }));
});
const count = Number(process.env.COUNT);
module.exports = program(() => {
  new BridgeNetwork("net");
  for (let i = 0; i < count; i++)
    new Service("s" + i, {
      image: "nginx:1.27", ports: [20000 + i + ":80"], volumes: ["v" + i + ":/data"], networks: ["net"],
      environment: { A: "1", DB_PASSWORD: "x" }, healthcheck: { test: "true" },
    });
});
`;

/** What a plan of some services costs, the whole process. */
function plan(count: number): { seconds: number; MiB: number; resources: number } {
  writeFileSync(join(folder, "Pulumi.yaml"), "name: scale\nruntime: nodejs\n");
  writeFileSync(join(folder, "index.js"), PROGRAM);
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), "plan", "--json"], {
    cwd: folder,
    env: { ...process.env, COUNT: String(count) },
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  const used = stderr.split("\n").find((line) => line.startsWith(USED));
  if (status !== 0 || !used) throw new Error(stderr.slice(0, 2000));
  return { ...JSON.parse(used.slice(USED.length)), resources: (JSON.parse(stdout) as unknown[]).length };
}

test("a service costs the same among 1,000 as among 10, and they fit in 1 GB", () => {
  plan(10);
  // What else runs disturbs one measurement, and not each of three.
  let ratio = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && ratio >= 1.3; tries++) {
    const [none, some, all] = [plan(10), plan(300), plan(1000)];
    expect(all.resources - none.resources).toBeGreaterThan(990 * 2);
    expect(all.MiB).toBeLessThan(900);
    ratio = (all.seconds - some.seconds) / 700 / ((some.seconds - none.seconds) / 290);
  }
  expect(ratio).toBeLessThan(1.3);
}, 300_000);
