import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { type Result, runProgram } from "../runProgram";
import { cleanUp, errorsOf, httpStatus, inspect, made, missingLab, ROOT, Stack } from "./liveStack";

cleanUp();

const root = JSON.stringify(ROOT);

/** A project of one's own with a web server, of which the settings say the version and the port. */
const PROGRAM = `
require(${root} + "/core/loadTypescript");
const { Config } = require("@pulumi/pulumi");
const { Nginx, program } = require(${root} + "/components");
module.exports = program(() => {
  const config = new Config();
  const [version, port, command] = [config.require("version"), config.requireNumber("port"), config.get("command")];
  new Nginx("live-back", { version, port, service: { command, environment: { TOKEN: config.requireSecret("token") } } });
  return {};
});
`;

describeIf(missingLab, "a rollback", () => {
  const berth = (stack: Stack, ...words: string[]): Promise<Result> =>
    runProgram(process.execPath, [join(ROOT, "cli/berth.js"), ...words], {
      cwd: stack.folder,
      env: stack.environment,
      detached: false,
    });

  test("brings the image and the description back, and ends", async () => {
    const name = "back";
    const secrets = { "berth-live:token": "of-the-stack" };
    const config = { "berth-live:version": "1.7.9", "berth-live:port": 23790 };
    const stack = await Stack.create(name, { config, secrets });
    writeFileSync(join(stack.folder, "index.js"), PROGRAM);
    await stack.up();
    const old = inspect("live-back").Image;
    stack.set({ "berth-live:version": "1.8", "berth-live:port": 23791 });
    await stack.up();
    expect(inspect("live-back").Image).not.toBe(old);

    const back = await berth(stack, "rollback", name, "--yes");
    expect(errorsOf(back)).toBe("");
    const { Image, Config } = inspect("live-back");
    expect(Image).toBe(old);
    expect(Config.Image).toMatch(/^nginx:1\.7\.9@sha256:/);
    expect(Config.Env).toContain("TOKEN=of-the-stack");
    expect(await httpStatus("http://localhost:23790")).toBe(200);
    expect(back.output).not.toContain("of-the-stack");
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect((await berth(stack, "status", name, "--wait")).code).toBe(0);
    const { stdout } = await berth(stack, "history", name, "--json");
    expect(stdout).not.toContain("of-the-stack");
    const { updates } = JSON.parse(stdout) as { updates: { services: Record<string, string[]> }[] };
    expect(updates.map(({ services }) => Object.values(services).flat().at(-1))).toEqual([
      "ports 23791:80 -> 23790:80",
      "ports 23790:80 -> 23791:80",
      "made (nginx:1.7.9)",
    ]);

    expect(errorsOf(await berth(stack, "rollback", name, "--end", "--yes"))).toBe("");
    expect(inspect("live-back").Config.Image).toBe("nginx:1.8");
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    await stack.destroy();
    expect(made()).toEqual([]);
  }, 280_000);
});
