import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { type ComposeCase, titleOf } from "./composeCases";
import { FOLDER, type Made, madeOn, shell } from "./docker";
import { type ContainerRequest, type Json, Recorder } from "./recorder";

export interface ComposeRecording {
  compose: string;
  apiVersion: string;
  answers: Record<string, Made>;
}

/** Compose's version, where the plugin is there. */
export function composeVersion(): string | undefined {
  if (!onPath("docker")) return undefined;
  const { stdout, status } = spawnSync("docker", ["compose", "version", "--short"], { encoding: "utf8" });
  return status === 0 ? stdout.trim().replace(/^v/, "") : undefined;
}

/** A folder of its own with the compose files, called as the project of the tests. */
export function folderOfCompose(from = join(__dirname, "compose")): { folder: string; remove(): void } {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "berth-compose-")));
  const folder = join(top, "same");
  cpSync(from, folder, { recursive: true });
  return { folder, remove: () => rmSync(top, { recursive: true }) };
}

/** The hash speaks of the folder as well, which is another one each time. */
function withoutHash(request: ContainerRequest): ContainerRequest {
  const { "com.docker.compose.config-hash": _, ...labels } = request.body.Labels as Json;
  return { ...request, body: { ...request.body, Labels: labels } };
}

/** Asks the real Compose, several projects at a time. */
export async function askCompose(
  cases: ComposeCase[],
  apiVersion = "1.47",
  workers = 3,
): Promise<Record<string, Made>> {
  const { folder, remove } = folderOfCompose();
  // The user's plugins, but not the user's settings: those may put proxies into every container.
  const config = join(folder, "../docker");
  mkdirSync(config);
  const plugins = join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "cli-plugins");
  if (existsSync(plugins)) symlinkSync(plugins, join(config, "cli-plugins"));
  const answers: Record<string, Made> = {};
  const waiting = [...cases];
  const work = async () => {
    const recorder = new Recorder({ apiVersion });
    await recorder.listen();
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      recorder.reset(one);
      const flags = [
        ...one.files.map((file) => `-f ${file}`),
        ...(one.profiles ?? []).map((name) => `--profile ${name}`),
      ];
      const env = { ...one.environment, HOME: "/home/ada", DOCKER_CONFIG: config, DOCKER_HOST: recorder.host };
      const { code, stderr } = await shell(`docker compose ${flags.join(" ")} up -d --quiet-pull`, folder, env);
      const hidden = <T>(value: T) =>
        JSON.parse(recorder.withNames(JSON.stringify(value)).replaceAll(folder, FOLDER)) as T;
      const made = madeOn(recorder);
      answers[titleOf(one)] = hidden({
        ...made,
        containers: made.containers.map(withoutHash),
        ...(code === 0 ? {} : { error: stderr.trim().split("\n").at(-1)! }),
      });
      if (recorder.unknown.length) throw new Error(`${titleOf(one)}: ${recorder.unknown.join(", ")}`);
    }
    await recorder.close();
  };
  await Promise.all(Array.from({ length: workers }, work));
  remove();
  return Object.fromEntries(cases.map((one) => [titleOf(one), answers[titleOf(one)]!]));
}
