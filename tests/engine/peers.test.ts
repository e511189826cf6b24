// The SDKs that a project of somebody's own may have: the oldest that the package names. All other tests have the newest.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peerDependencies } from "../../package.json";
import { expectPassingTests, expectRightTypes, must, PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project, ROOT } from "./harness";

cleanUp();

const oldest = Object.fromEntries(
  Object.entries(peerDependencies).map(([name, range]) => [name, /^>=(\S+) /.exec(range)![1]!]),
);

const missingRegistry = () => {
  const asked = ["view", `@pulumi/pulumi@${oldest["@pulumi/pulumi"]}`, "version"];
  const { stdout } = spawnSync("npm", [...asked, "--fetch-retries=0", "--fetch-timeout=20000"], { encoding: "utf8" });
  return stdout ? undefined : "npm reaches no registry";
};

describeIf(missingCli ?? missingRegistry(), "the package beside the oldest SDKs that it names", () => {
  let packed: PackedPackage;
  beforeAll(() => {
    packed = new PackedPackage();
  }, 200_000);
  afterAll(() => packed?.remove());

  test("its types are right, its test passes, and it is applied and shows no change", async () => {
    const line = "docker run -d --name web -p 8080:80 -v data:/usr/share/nginx/html nginx:1.27";
    const project = await Project.create({
      stack: "dev",
      make(folder) {
        const berth = join(ROOT, "cli/berth.js");
        must(process.execPath, [berth, "init", folder, "--from", line, "--package", packed.file], ROOT);
        const file = join(folder, "package.json");
        const own = JSON.parse(readFileSync(file, "utf8")) as { dependencies: object; devDependencies: object };
        const dependencies = { ...own.dependencies, ...oldest };
        // That SDK takes no newer one.
        const devDependencies = { ...own.devDependencies, typescript: "5.9.3" };
        writeFileSync(file, JSON.stringify({ ...own, dependencies, devDependencies }));
        must(
          "npm",
          ["install", "--no-audit", "--no-fund", "--silent", "--prefer-offline", "--fetch-retries=1"],
          folder,
        );
      },
    });
    const modules = join(project.folder, "node_modules");
    const versions = Object.keys(oldest).map((name) => {
      const { version } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")) as { version: string };
      return [name, version];
    });
    expect(Object.fromEntries(versions)).toEqual(oldest);
    expectRightTypes(project.folder);
    expectPassingTests(project.folder, 1);
    await project.up();
    expect(project.containers()).toEqual(["web"]);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    await project.destroy();
    expect(project.containers()).toEqual([]);
  }, 600_000);
});
