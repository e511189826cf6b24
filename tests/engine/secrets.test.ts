import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

const FROM_SETTINGS = "Passw0rd-from-settings";
const IN_CODE = "Passw0rd-in-code";
const CHANGED = "Passw0rd-changed";

/** A database with a password from the settings, and a service with one in clear in the code. */
const PROGRAM = `
require("./core/loadTypescript");
const pulumi = require("@pulumi/pulumi");

module.exports = async () => {
  const { connectEngine } = require("./core/engines/dockerApi/session");
  const { Mysql } = require("./components/mysql");
  const { Service } = require("./components/service");
  await connectEngine();
  const config = new pulumi.Config("berth");
  const database = new Mysql("db", { rootPassword: config.requireSecret("password"), user: "app", password: "${IN_CODE}", database: "app", data: "dbdata" });
  const service = new Service("web", { image: "nginx", environment: { MODE: "readable-mode", APP_PASSWORD: "${IN_CODE}" } });
  return { login: database.login, description: service.description, password: config.requireSecret("password") };
};
`;

/** Files below a folder that hold one of some texts, in clear or in base64. */
function holders(folder: string, texts: string[]): string[] {
  const needles = texts.flatMap((text) => [text, Buffer.from(text).toString("base64").replace(/=+$/, "")]);
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const file = join(folder, name);
    return statSync(file).isFile() && needles.some((needle) => readFileSync(file, "latin1").includes(needle));
  });
}

cleanUp();

describeIf(missingCli, "secrets", () => {
  test("are in clear nowhere but on the engine, and all else can be read", async () => {
    const project = await Project.create({
      stack: "secret",
      program: PROGRAM,
      secrets: { "berth:password": FROM_SETTINGS },
    });
    const passwords = [FROM_SETTINGS, IN_CODE, CHANGED];
    const outputs: string[] = [];
    const run = async (...args: string[]) => {
      const { output } = await project.must([...args, "--stack", "secret"]);
      outputs.push(output);
      return output;
    };
    const expectNone = () => {
      for (const output of outputs) for (const password of passwords) expect(output).not.toContain(password);
      expect(holders(project.backend, passwords)).toEqual([]);
      expect(holders(join(project.environment.PULUMI_HOME!), passwords)).toEqual([]);
      expect(readFileSync(project.settingsFile, "utf8")).not.toContain(FROM_SETTINGS);
    };

    await run("preview", "--diff");
    await run("preview", "--json");
    await run("up", "--yes", "--diff");
    await run("stack", "output");
    await run("stack", "output", "--json");
    const state = await run("stack", "export");
    expectNone();
    // The test would pass for nothing where the passwords never arrived.
    expect(JSON.stringify(project.container("db"))).toContain(`MYSQL_ROOT_PASSWORD=${FROM_SETTINGS}`);
    expect(JSON.stringify(project.container("web"))).toContain(`APP_PASSWORD=${IN_CODE}`);
    expect((await project.must(["stack", "output", "--show-secrets", "--stack", "secret"])).output).toContain(
      FROM_SETTINGS,
    );

    const { resources } = (
      JSON.parse(state) as {
        deployment: { resources: { type: string; urn: string; inputs?: Record<string, unknown> }[] };
      }
    ).deployment;
    const web = resources.find(({ urn }) => urn.endsWith("Service::web"))!;
    const secret = expect.objectContaining({ ciphertext: expect.any(String) });
    expect(web.inputs!.environment).toEqual({ MODE: "readable-mode", APP_PASSWORD: secret });

    await project.must(["config", "set", "--secret", "berth:password", "--stack", "secret"], { input: CHANGED });
    expect(await project.changes()).toEqual(["update Mysql db", "replace Container db"]);
    // Its data has the first one.
    expect(await run("preview", "--diff")).toContain(
      "db: MYSQL_ROOT_PASSWORD is read only when the data is made: dbdata (/var/lib/mysql) keeps what was set then;",
    );
    await run("up", "--yes", "--skip-preview");
    await run("preview", "--refresh", "--expect-no-changes", "--diff");
    expect(JSON.stringify(project.container("db"))).toContain(`MYSQL_ROOT_PASSWORD=${CHANGED}`);
    await run("destroy", "--yes", "--diff");
    expectNone();
  }, 300_000);
});
