import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownerOf } from "../../../core/engines/owner";

const ROOT = join(__dirname, "../../..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "berth-plan-")));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(["src/index.js", "./src"])("a program of `main: %s` runs in that file's folder, as under the CLI", (main) => {
  writeFileSync(join(folder, "Pulumi.yaml"), `name: shop\nruntime: nodejs\nmain: ${main}\n`);
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(
    join(folder, "src/index.js"),
    `require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
     const { Service } = require(${JSON.stringify(join(ROOT, "components/service"))});
     new Service("web", { image: "nginx", volumes: ["./html:/html"] });`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), "plan", "--json"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  const resources = JSON.parse(stdout) as { type: string; inputs: Record<string, unknown> }[];
  const { volumes, labels } = resources.find(({ type }) => type === "docker:index/container:Container")!.inputs;
  expect(volumes).toEqual([{ containerPath: "/html", hostPath: join(folder, "src/html") }]);
  const { owner } = ownerOf("shop", "dev", join(folder, "src"));
  expect(labels).toContainEqual({ label: "berth.owner", value: owner });
});
