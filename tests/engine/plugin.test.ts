import { delimiter, join } from "node:path";
import { describeIf } from "../skips";
import type { Container } from "./doubles/store";
import { cleanUp, missingCli, Project, ROOT } from "./harness";

cleanUp();

const COMPOSE =
  "services:\n  db:\n    image: postgres:16\n    environment: [POSTGRES_PASSWORD=x]\n    volumes: [data:/var/lib/postgresql/data]\nvolumes:\n  data: {}\n";

/** The same components of berth, once by their classes and once by the plugin, as every other language has them. */
const program = (make: string) => `
require("./core/loadTypescript");
const pulumi = require("@pulumi/pulumi");
${make}
module.exports = async () => {
  const image = "nginx:1.27";
  const net = make("BridgeNetwork", "front", { subnet: "172.31.0.0/24" });
  const web = make("Nginx", "web", { image, port: 8080, volumes: ["./html:/usr/share/nginx/html:ro"] });
  make("DockerRun", "line", { lines: ["docker run -d --name line -p 8081:80 -m 512m " + image] });
  make("Compose", "shop", { files: ["compose.yaml"], projectName: "shop" });
  make("Mysql", "sql", { rootPassword: pulumi.secret("hunter2"), data: "sql-data" });
  make("Container", "own", { image, environment: { MODE: "test" }, networks: [net.networkName], cpus: 0.5 });
  return { url: web.siteUrl };
};
`;
const CLASSES = program(`
const names = { Compose: "ComposeProject", Container: "Service" };
const all = require("./components");
const make = (type, name, args) => new all[names[type] ?? type](name, args);
`);
const PLUGIN = program(`
const outputs = { BridgeNetwork: ["networkName"], Nginx: ["siteUrl"] };
class Remote extends pulumi.ComponentResource {
  constructor(type, name, args) {
    const wanted = Object.fromEntries((outputs[type] ?? []).map((key) => [key, undefined]));
    super("berth:index:" + type, name, { ...args, ...wanted }, {}, true);
  }
}
const make = (...args) => new Remote(...args);
`);

/** Marks of this one container: its life, and a digest of what it was made of, its project's folder too. */
const OWN = ["berth.life", "berth.digest"];

/** What the engine was asked for, without those. */
function asked({ Args }: Container): object {
  const labels = (Args.labels as { label: string }[]).filter(({ label }) => !OWN.includes(label));
  return { ...Args, labels };
}

describeIf(missingCli, "the plugin for every language of Pulumi", () => {
  const create = async (text: string) => {
    const project = await Project.create({
      stack: "one",
      program: text,
      config: { "berth:owner": "both" },
      files: { "compose.yaml": COMPOSE, "html/index.html": "hello" },
    });
    project.variables = { PATH: [join(ROOT, "cli/plugin"), project.environment.PATH].join(delimiter) };
    return project;
  };

  test.concurrent("makes what the classes make, and shows no change afterwards", async () => {
    const [classes, plugin] = await Promise.all([create(CLASSES), create(PLUGIN)]);
    await classes.up();
    await plugin.up();
    expect(plugin.containers()).toEqual(["line", "own", "shop-db-1", "sql", "web"]);
    for (const name of plugin.containers()) {
      const [one, other] = [classes, plugin].map((project) => asked(project.container(name)));
      expect(JSON.stringify(other).replaceAll(plugin.folder, "FOLDER")).toBe(
        JSON.stringify(one).replaceAll(classes.folder, "FOLDER"),
      );
    }
    expect(await plugin.changes("--expect-no-changes")).toEqual([]);
    // The same stack, with the other program: the URNs are the same too.
    plugin.write({ "index.js": CLASSES });
    expect((await plugin.changes()).filter((change) => /Container|Volume|Network/.test(change))).toEqual([]);
    await plugin.destroy();
    expect(plugin.containers()).toEqual([]);
  }, 300_000);

  test.concurrent("a wrong argument is the same sentence, and nothing is made", async () => {
    const project = await create(PLUGIN.replace("port: 8080", "port: 99999"));
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain('Nginx "web": port: 99999 is not a whole number in range; use 1 to 65535.');
    expect(project.containers()).not.toContain("web");
  }, 300_000);
});
