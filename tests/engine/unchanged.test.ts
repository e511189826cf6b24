import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

type Ended = "nothing" | "all";

/** What `berth up --yes` does: nothing, or what the CLI does. */
async function up(project: Project, ...args: string[]): Promise<Ended> {
  const { code, stdout, output } = await project.run(process.execPath, [BERTH, "up", project.stack, "--yes", ...args]);
  if (code !== 0) throw new Error(output);
  return said(stdout, /Updating \(/, output);
}

/** The same where there is no CLI, so that nothing is done. */
async function wouldDo(project: Project): Promise<Ended> {
  const env = { PATH: "/usr/bin:/bin" };
  const { stdout, output } = await project.run(process.execPath, [BERTH, "up", project.stack, "--yes"], { env });
  return said(stdout, /the Pulumi CLI is not here/, output);
}

const BERTH = "cli/berth.js";

function said(stdout: string, all: RegExp, output: string): Ended {
  if (/^Nothing has changed: all of the stack/m.test(stdout)) return "nothing";
  if (all.test(output)) return "all";
  throw new Error(output);
}

const lines = (...given: string[]) => ({ "berth:commands": given });
const WEB = "docker run -d --name web --network front --cpus 1 -p 8080:80 -v pages:/usr/share/nginx/html nginx";
const RUN = { stack: "run", config: lines("docker network create front", WEB) };

describeIf(missingCli, "berth up where nothing has changed", () => {
  test.concurrent("ends at once, and not after anything that `up` would put right", async () => {
    const project = await Project.create(RUN);
    expect(await up(project)).toBe("all");
    expect(await up(project)).toBe("nothing");
    expect(await wouldDo(project)).toBe("nothing");

    const { store, settingsFile } = project;
    const web = project.container("web");
    const network = store.find("networks", "front")!;
    const volume = store.find("volumes", "pages")!;
    const image = store.find("images", "nginx")!;
    const settings = readFileSync(settingsFile, "utf8");
    const state = join(project.backend, ".pulumi/stacks/berth/run.json");
    const applied = readFileSync(state, "utf8");
    const ended = { ...web.State, Running: false, Status: "exited", ExitCode: 137 };
    const spoil: Record<string, () => void> = {
      "a declaration": () => writeFileSync(settingsFile, settings.replace("8080", "8081")),
      "a setting that the program does not read": () => project.configure({ "nginx:port": 81 }),
      "a state that somebody else has changed": () => writeFileSync(state, `${applied}\n`),
      "a container that has ended": () => store.put("containers", { ...web, State: ended }),
      "a container that is gone": () => store.remove("containers", web),
      "a container under another name": () => store.put("containers", { ...web, Name: "/other" }),
      "a limit of a living container": () =>
        store.put("containers", { ...web, HostConfig: { ...web.HostConfig, NanoCpus: 2e9 } }),
      "a network that is another one": () => {
        store.remove("networks", network);
        store.put("networks", { ...network, Id: "f".repeat(64) });
      },
      "a volume that is gone": () => store.remove("volumes", volume),
      "an image that was fetched anew": () => store.put("images", { ...image, Id: `sha256:${"e".repeat(64)}` }),
    };
    for (const [what, change] of Object.entries(spoil)) {
      change();
      expect(`${what}: ${await wouldDo(project)}`).toBe(`${what}: all`);
      writeFileSync(settingsFile, settings);
      writeFileSync(state, applied);
      for (const other of store.list("networks").filter(({ Name }) => Name === "front"))
        store.remove("networks", other);
      store.put("containers", web);
      store.put("networks", network);
      store.put("volumes", volume);
      store.put("images", image);
      expect(`${what}, put right: ${await wouldDo(project)}`).toBe(`${what}, put right: nothing`);
    }

    // What is told to the CLI alone, it has to be told.
    expect(await up(project, "--diff")).toBe("all");
    expect(await up(project, "--full")).toBe("all");
    expect(await wouldDo(project)).toBe("nothing");
    await project.destroy();
    expect(await wouldDo(project)).toBe("all");
  }, 600_000);

  test.concurrent("is not said where a plan does not see all", async () => {
    // A secret from elsewhere, which a plan shows as one word like every other.
    const program = `
const pulumi = require("@pulumi/pulumi");
const { readFileSync } = require("node:fs");
require("./core/loadTypescript");
const { Service } = require("./components/service");
new Service("db", { image: "postgres:17", environment: { POSTGRES_PASSWORD: pulumi.secret(readFileSync("password", "utf8")) } });
`;
    const project = await Project.create({ stack: "dev", program, files: { password: "first of the test" } });
    expect(await up(project)).toBe("all");
    expect(await wouldDo(project)).toBe("all");
    project.write({ password: "second of the test" });
    expect(await up(project)).toBe("all");
    expect(JSON.stringify(project.container("db"))).toContain("second of the test");
  }, 300_000);

  test.concurrent("counts a new value of the stack's own secret as a change, and a made password not", async () => {
    const project = await Project.create({ stack: "mysql" });
    expect(await up(project)).toBe("all");
    expect(await up(project)).toBe("all");
    expect(await up(project)).toBe("nothing");
    await project.must(["config", "set", "--stack", "mysql", "--secret", "mysql:rootPassword"], { input: "new one" });
    expect(await up(project)).toBe("all");
    expect(JSON.stringify(project.container("mysql01"))).toContain("new one");
    expect(await wouldDo(project)).toBe("nothing");
  }, 300_000);

  test.concurrent("goes without a preview only where a wrong part makes nothing all the same", async () => {
    const program = (body: string) => `
require("./core/loadTypescript");
const { Nginx } = require("./components/nginx");
const { program } = require("./components/program");
${body}`;
    const yes = [BERTH, "up", "dev", "--yes"];
    const loose = await Project.create({ stack: "dev", program: program('new Nginx("web", { port: 8080 });') });
    expect((await loose.run(process.execPath, yes)).stdout).toContain("Previewing update (dev)");
    loose.write({
      "index.js": program('module.exports = program(() => ({ url: new Nginx("web", { port: 8081 }).siteUrl }));'),
    });
    const { stdout } = await loose.run(process.execPath, yes);
    expect(stdout).not.toContain("Previewing");
    expect(stdout).toContain("Updating (dev)");
  }, 300_000);

  test.concurrent("is not said of a Swarm", async () => {
    const project = await Project.create({ stack: "run", config: { ...RUN.config, "berth:engine": "swarm" } });
    project.store.put("swarm", { Name: "swarm", NodeAddr: "10.0.0.1" });
    project.configure(lines("docker run -d --name web -p 8080:80 nginx"));
    expect(await up(project)).toBe("all");
    expect(await wouldDo(project)).toBe("all");
  }, 300_000);

  test.concurrent("is said as soon as the engine has seen for itself that a service is healthy", async () => {
    const line = WEB.replace("-p", '--label test.health=starting --health-cmd "curl localhost" -p');
    const project = await Project.create({ stack: "run", config: lines("docker network create front", line) });
    expect(await up(project)).toBe("all");
    expect(await wouldDo(project)).toBe("all");
    const web = project.container("web");
    project.store.put("containers", { ...web, State: { ...web.State, Health: { Status: "healthy" } } });
    expect(await wouldDo(project)).toBe("nothing");
  }, 300_000);

  test.concurrent("prints the stack's outputs, and no secret among them", async () => {
    const services = { web: { image: "nginx", ports: ["8080:80"] } };
    const project = await Project.create({
      stack: "compose",
      files: { "compose.yaml": stringify({ name: "shop", services }) },
    });
    await up(project);
    const { stdout } = await project.run(process.execPath, ["cli/berth.js", "up", "compose", "--yes"]);
    expect(stdout).toBe(`Outputs:
    containers: {"web":["shop-web-1"]}
    endpoints : {"web":[{"hostIp":"0.0.0.0","hostPort":8080,"target":"80/tcp"}]}

Nothing has changed: all of the stack compose is as declared, and runs.
\`berth up compose --full\` applies it all the same.
`);
  }, 300_000);
});
