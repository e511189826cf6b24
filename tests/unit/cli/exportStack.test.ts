import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXPORT_FORMS } from "../../../cli/show";

const ROOT = join(__dirname, "../../..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "berth-export-")));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
writeFileSync(
  join(folder, "index.js"),
  `require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
   const pulumi = require(${JSON.stringify(join(ROOT, "node_modules/@pulumi/pulumi"))});
   const { Service } = require(${JSON.stringify(join(ROOT, "components/service"))});
   const password = pulumi.secret("hunter2-of-the-test");
   new Service("cache", {
     image: "redis:7",
     command: ["redis-server", "--requirepass", password],
     labels: { "cache.url": pulumi.interpolate\`redis://:\${password}@cache\` },
     environment: { REDIS_PASSWORD: password, LEVEL: "info" },
     healthcheck: { test: ["CMD", "redis-cli", "-a", password, "ping"] },
   });`,
);

test.each(EXPORT_FORMS)("a secret in a command, a label or a check is not printed: --to %s", (form) => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(ROOT, "cli/berth.js"), "export", "dev", "--to", form],
    { cwd: folder, encoding: "utf8" },
  );
  expect(status).toBe(0);
  expect(stdout + stderr).not.toContain("hunter2");
  // Each form names a variable instead.
  expect(stdout + stderr).not.toContain("[secret]");
  expect(stdout).toMatch(/--requirepass"?[,\s-]+["$({]+CACHE_REQUIREPASS/);
  expect(stdout).toContain("REDIS_PASSWORD");
  expect(stdout).toContain("info");
  expect(/services\.cache\.labels\.cache\.url: has a secret, and a cluster puts no variable/.test(stderr)).toBe(
    form === "kubernetes",
  );
});
