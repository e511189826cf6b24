import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { shell } from "./docker";
import { Recorder } from "./recorder";
import { missingDockerPlugin, USERS_HOME } from "../plugin";

const ROOT = join(__dirname, "../..");

/** Why the real plugin cannot run here. */
export const missingPlugin = !onPath("pulumi")
  ? "no pulumi CLI on PATH"
  : !onPath("pulumi-language-nodejs")
    ? "no pulumi-language-nodejs on PATH"
    : missingDockerPlugin();

export interface PluginResource {
  kind: "Container" | "Network" | "Volume";
  args: Record<string, unknown>;
}

const PROGRAM = `require(${JSON.stringify(join(ROOT, "core/pulumi/patches/lazyLoading"))});
const docker = require("@pulumi/docker");
for (const [name, { kind, args }] of Object.entries(require("./resources.json"))) new docker[kind](name, args);
`;

/** One \`pulumi up\` with the real plugin on a recorder, which is handed back with what it was asked. Networks are those there already. */
export async function applied(resources: Record<string, PluginResource>, networks: string[]): Promise<Recorder> {
  mkdirSync(join(ROOT, ".berth"), { recursive: true });
  // Inside the repository, so that the program finds its node_modules.
  const folder = mkdtempSync(join(ROOT, ".berth/same-"));
  const home = mkdtempSync(join(tmpdir(), "berth-pulumi-home-"));
  const recorder = new Recorder({ networks });
  await recorder.listen();
  try {
    if (existsSync(join(USERS_HOME, "plugins"))) symlinkSync(join(USERS_HOME, "plugins"), join(home, "plugins"));
    mkdirSync(join(folder, "state"));
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: berth-same\nruntime: {name: nodejs, options: {typescript: false}}\n",
    );
    writeFileSync(join(folder, "package.json"), '{"name": "berth-same", "main": "index.js"}');
    writeFileSync(join(folder, "index.js"), PROGRAM);
    writeFileSync(join(folder, "resources.json"), JSON.stringify(resources));
    const env = {
      HOME: home,
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "same",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      DOCKER_HOST: recorder.host,
    };
    const up = "pulumi up --stack same --yes --skip-preview --parallel 8 --color never";
    const run = (line: string) => shell(line, folder, env, 300_000);
    await run("pulumi stack init same");
    const { code, stdout, stderr } = await run(up);
    if (code !== 0) throw new Error(`pulumi up ended with ${code}:\n${(stdout + stderr).slice(-4000)}`);
    return recorder;
  } finally {
    await recorder.close();
    rmSync(folder, { recursive: true });
    rmSync(home, { recursive: true });
  }
}
