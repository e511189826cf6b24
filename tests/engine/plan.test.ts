import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, label, missingCli, Project, ROOT } from "./harness";

/** What berth's own plan names, as `Container nginx`. */
async function planned(project: Project): Promise<string[]> {
  const { code, stdout, output } = await project.run(process.execPath, [
    "cli/berth.js",
    "plan",
    project.stack,
    "--json",
  ]);
  if (code !== 0) throw new Error(`berth plan ended with ${code}:\n${output}`);
  const resources = JSON.parse(stdout) as { type: string; name: string }[];
  return resources.map(({ type, name }) => label(`::::${type}::${name}`));
}

const missingPlan = missingCli ?? (existsSync(join(ROOT, "cli/berth.js")) ? undefined : "cli/berth.js is not there");

cleanUp();

describeIf(missingPlan, "berth plan", () => {
  test.concurrent.each(["nginx", "mysql", "elasticsearch", "volumes", "networks", "tomcat", "dev"])(
    "names what a preview of the empty stack %s creates",
    async (stack) => {
      // A volume in place of host folders that this machine may lack.
      const project = await Project.create({ stack, config: stack === "mysql" ? { "mysql:setup": "A10" } : {} });
      const [plan, preview] = await Promise.all([planned(project), project.changes()]);
      expect(plan.map((resource) => `create ${resource}`).sort()).toEqual(preview.sort());
    },
    300_000,
  );
});
