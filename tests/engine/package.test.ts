import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { FIRST, firstPackage, OWNER } from "./firstPackage";
import { cleanUp, missingCli, Project, ROOT } from "./harness";

cleanUp();

describeIf(missingCli, "the package in a project of somebody's own", () => {
  let packed: PackedPackage;
  beforeAll(() => {
    packed = new PackedPackage();
  }, 200_000);
  afterAll(() => packed?.remove());

  /** A program in JavaScript beside the package. */
  const consumer = (type: "commonjs" | "module", program: string) => (folder: string) => {
    mkdirSync(folder);
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: notes\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "notes", type, main: "index.js" }));
    writeFileSync(join(folder, "index.js"), program);
    packed.install(folder);
  };

  test.concurrent("what berth init makes is applied, shows no change afterwards, nor with a newer package", async () => {
    const line = "docker run -d --name web -p 8080:80 -e DB_PASSWORD=hunter2 -v data:/usr/share/nginx/html nginx:1.27";
    const project = await Project.create({
      stack: "dev",
      secrets: { dbPassword: "hunter2" },
      make(folder) {
        must(process.execPath, [join(ROOT, "cli/berth.js"), "init", folder, "--from", line, "--name", "notes"], ROOT);
        packed.install(folder);
      },
    });
    await project.up();
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web").Args).toMatchObject({ image: "nginx:1.27", envs: ["DB_PASSWORD=hunter2"] });
    const file = join(project.folder, "node_modules/pulumi-berth/package.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"version": ".*"/, '"version": "99.0.0"'));
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    await project.destroy();
    expect(project.containers()).toEqual([]);
  }, 300_000);

  test.concurrent("an ES module, with the engine asked first", async () => {
    const program = `
      import { Nginx, program } from "pulumi-berth";
      export default program(() => ({ url: new Nginx("web", { port: 8080 }).siteUrl }));`;
    const project = await Project.create({ stack: "dev", make: consumer("module", program) });
    const other = project.foreignContainer("other", 8080);
    const refused = await project.pulumi(["preview", "--stack", "dev"]);
    expect(refused.output).toContain('Nginx "web": port: 8080:80: host port 8080 is taken by the container other');
    project.store.remove("containers", other);
    await project.up();
    expect(project.containers()).toEqual(["web"]);
  }, 300_000);

  test.concurrent("without program() the first component asks the engine", async () => {
    const program = `
      const { Nginx } = require("pulumi-berth");
      exports.url = new Nginx("web", { port: 8080 }).siteUrl;`;
    // Of an engine on this machine more is looked at.
    const project = await Project.create({ stack: "dev", over: "unix", make: consumer("commonjs", program) });
    project.foreignContainer("other", 8080);
    const { code, output } = await project.pulumi(["preview", "--stack", "dev"]);
    expect(code).not.toBe(0);
    expect(output).toContain('Nginx "web": port: 8080:80: host port 8080 is taken by the container other');
  }, 300_000);

  test.concurrent("a stack that the first package has made shows no change with this one", async () => {
    const config = { "berth:owner": OWNER };
    const project = await Project.create({ stack: "dev", config, make: consumer("commonjs", FIRST) });
    await firstPackage(project);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    // And takes it away again, so that it is the state that was compared.
    await project.destroy();
    expect([project.containers(), project.networks()]).toEqual([[], []]);
  }, 300_000);
});
