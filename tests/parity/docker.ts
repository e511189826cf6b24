import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onPath } from "../../cli/tools";
import { ENVIRONMENT, FILES } from "./lines";
import { compactRequest, pruned } from "./normal";
import { type ContainerRequest, type Json, type NamedRequest, Recorder } from "./recorder";

/** What docker makes of a line: a request, or a refusal. */
export interface Answer {
  request?: ContainerRequest;
  error?: string;
}

/** What was recorded with one version of the CLI. */
export interface Recording<A = Answer> {
  cli: string;
  apiVersion: string;
  answers: Record<string, A>;
}

/** Everything that several commands ask the engine to make. */
export interface Made {
  containers: ContainerRequest[];
  networks: NamedRequest[];
  volumes: NamedRequest[];
  /** What they say, where they fail. */
  error?: string;
}

/** What a recorder was asked to make, by name, as it is recorded. */
export function madeOn(recorder: Recorder): Omit<Made, "error"> {
  const byName = <T extends NamedRequest>(requests: T[]) =>
    [...requests].sort((one, other) => (one.name < other.name ? -1 : 1));
  const bare = (requests: NamedRequest[]) =>
    byName(requests).map(({ name, body }) => ({ name, body: pruned(body) as Json }));
  return {
    containers: byName(recorder.containers).map(compactRequest),
    networks: bare(recorder.networks),
    volumes: bare(recorder.volumes),
  };
}

/** Stands in recordings for the folder of the line. */
export const FOLDER = "/project";

/** A temporary folder with the files that the lines name. */
export function folderOfLines(): { folder: string; remove(): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "berth-lines-")));
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}
export function shell(line: string, cwd: string, env: Record<string, string>, timeout = 60_000): Promise<Output> {
  return new Promise((resolve) =>
    execFile(
      "bash",
      ["-c", line],
      { cwd, env: { PATH: process.env.PATH, ...env }, timeout, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    ).stdin?.end(),
  );
}

/** The CLI's version, where one is there. */
export function cliVersion(): string | undefined {
  if (!onPath("docker")) return undefined;
  const { stdout } = spawnSync("docker", ["--version"], { encoding: "utf8" });
  return /version ([\w.+-]+)/.exec(stdout)?.[1];
}

/** A line as it runs here: in the background, and without the right to become somebody else. */
const runnable = (line: string) => `sudo() { "$@"; }\n${line.replace(/\bdocker (container )?run /, "$&-d ")}`;

/** Asks the real docker, several lines at a time. */
export async function askDocker(lines: string[], apiVersion = "1.47", workers = 3): Promise<Record<string, Answer>> {
  const { folder, remove } = folderOfLines();
  const answers: Record<string, Answer> = {};
  const waiting = [...lines];
  const work = async () => {
    const recorder = new Recorder({ apiVersion });
    await recorder.listen();
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      recorder.reset();
      const env = { ...ENVIRONMENT, DOCKER_HOST: recorder.host };
      const { code, stderr } = await shell(runnable(line), folder, env);
      const [request] = recorder.containers;
      const hide = (text: string) => text.replaceAll(folder, FOLDER).replaceAll(recorder.folder, "/run");
      answers[line] = request
        ? { request: JSON.parse(hide(JSON.stringify(compactRequest(request)))) as ContainerRequest }
        : {
            error: hide(
              stderr
                .trim()
                .split("\n")
                .find((text) => text !== "") ?? `ended with ${code}`,
            ),
          };
      if (recorder.unknown.length) throw new Error(`${line}: ${recorder.unknown.join(", ")}`);
    }
    await recorder.close();
  };
  await Promise.all(Array.from({ length: workers }, work));
  remove();
  return Object.fromEntries(lines.map((line) => [line, answers[line]!]));
}

/** Asks the real docker for several lines together. */
export async function askScripts(scripts: Record<string, string>, apiVersion: string): Promise<Record<string, Made>> {
  const recorder = new Recorder({ apiVersion });
  await recorder.listen();
  const answers: Record<string, Made> = {};
  for (const [title, script] of Object.entries(scripts)) {
    recorder.reset();
    const { HOME } = ENVIRONMENT;
    const runnable = `set -e\n${script.replace(/^\$ /gm, "")}`;
    const { code, stderr } = await shell(runnable, "/", { HOME: HOME!, DOCKER_HOST: recorder.host });
    answers[title] = { ...madeOn(recorder), ...(code === 0 ? {} : { error: stderr.trim() }) };
    if (recorder.unknown.length) throw new Error(`${title}: ${recorder.unknown.join(", ")}`);
  }
  await recorder.close();
  return answers;
}
