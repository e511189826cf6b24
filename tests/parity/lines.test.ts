import { spawnSync } from "node:child_process";
import { FLAGS, parseDockerRun } from "../../core/readers/dockerRun";
import { describeIf } from "../skips";
import { ALLOWED } from "./allowed";
import { askedByRun, isGenerated, UNNAMED } from "./berth";
import { type Allowed, differences, notAllowed } from "./compare";
import { type Answer, askDocker, cliVersion, FOLDER, folderOfLines, type Recording } from "./docker";
import { ENVIRONMENT, LINES, OLD_NAMES } from "./lines";
import { normalContainer } from "./normal";

const recording = require("./recorded.json") as Recording;

const home = process.cwd();
const shell = { ...process.env };
const place = folderOfLines();
beforeAll(() => {
  process.chdir(place.folder);
  Object.assign(process.env, ENVIRONMENT);
});
afterAll(() => {
  process.chdir(home);
  for (const name of Object.keys(ENVIRONMENT)) delete process.env[name];
  Object.assign(process.env, shell);
  place.remove();
});
const read = (line: string) =>
  parseDockerRun(line, { environment: ENVIRONMENT, folder: place.folder, home: ENVIRONMENT.HOME! });

describe("the list of lines", () => {
  it("has every flag of docker, by every name", () => {
    const flags = [...LINES.map(({ line }) => line), ...Object.keys(OLD_NAMES)].flatMap(
      (line) => line.match(/(?<=\s)(--[a-z0-9][a-z0-9-]*|-[a-zA-Z](?=[\s=\d'"$~]))/g) ?? [],
    );
    const missing = FLAGS.filter(({ podman, names: [first] }) => !podman && first !== "--help")
      .flatMap(({ names }) => names)
      .filter((name) => !flags.includes(name));
    expect(missing).toEqual([]);
  });

  it("has each line once, and each is recorded", () => {
    const lines = LINES.map(({ line }) => line);
    expect(new Set(lines).size).toBe(lines.length);
    expect(Object.keys(recording.answers).sort()).toEqual([...lines].sort());
  });
});

const used = new Set<Allowed>();

describe("a line asks for the container that docker makes of it", () => {
  it.each(LINES.filter(({ refused }) => refused === undefined).map(({ line }) => line))("%s", async (line) => {
    const { request, error } = recording.answers[line]!;
    if (!request) throw new Error(`docker refuses it: ${error}`);
    const run = read(line);
    const asked = await askedByRun(run);
    expect(asked.containers).toHaveLength(1);
    const { containers, volumes } = JSON.parse(JSON.stringify(asked).replaceAll(place.folder, FOLDER)) as typeof asked;
    const docker = normalContainer({ ...request, name: request.name || UNNAMED });
    const berth = normalContainer(containers[0]!, { isGenerated, made: volumes });
    expect(notAllowed(differences(docker, berth), ALLOWED, used)).toEqual([]);
  });
});

describe("a line that is refused", () => {
  it.each(LINES.filter(({ refused }) => refused !== undefined))("$line", async ({ line, refused, dockerSays }) => {
    await expect((async () => askedByRun(read(line)))()).rejects.toThrow(refused);
    const { error } = recording.answers[line]!;
    if (dockerSays === undefined) expect(error).toBeUndefined();
    else expect(error).toContain(dockerSays);
  });
});

describe("a flag that docker no longer has by that name", () => {
  it.each(Object.entries(OLD_NAMES))("%s", async (old, today) => {
    const [asked, expected] = [await askedByRun(read(old)), await askedByRun(read(today))];
    expect(asked.containers).toEqual(expected.containers);
  });
});

describe("the list of allowed differences", () => {
  it("holds nothing that no line needs", () => {
    expect(ALLOWED.filter((entry) => !used.has(entry)).map(({ why }) => why)).toEqual([]);
  });
});

/** The CLI sends some lists in any order. */
const normal = (answers: Record<string, Answer>) =>
  Object.fromEntries(
    Object.entries(answers).map(([line, { request, error }]) => [line, request ? normalContainer(request) : error]),
  );

const version = cliVersion();
const missing =
  version === recording.cli
    ? undefined
    : `the docker CLI here is ${version ?? "absent"}, not the recorded ${recording.cli}`;
describeIf(missing, "the recorded answers", () => {
  it("are still what the docker CLI says", async () => {
    const answers = await askDocker(Object.keys(recording.answers), recording.apiVersion);
    expect(normal(answers)).toEqual(normal(recording.answers));
  }, 60_000);

  it("come from a CLI that has no flag that we do not know", () => {
    const help = spawnSync("docker", ["run", "--help"], { encoding: "utf8" }).stdout;
    const flags = help.match(/^ {2,6}(-\w, )?--[a-z0-9-]+/gm)!.flatMap((line) => line.match(/--?[\w-]+/g)!);
    expect(flags.length).toBeGreaterThan(100);
    const known = FLAGS.flatMap(({ names }) => names);
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
  });
});
