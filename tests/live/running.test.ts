import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { run } from "../../cli/main";
import { folderOfLines } from "../parity/docker";
import { ENVIRONMENT, LINES as RECORDED } from "../parity/lines";
import { AROUND, LINES, named, REMOVED } from "../unit/readers/running/lines";
import type { EngineInfo, InspectedImage } from "../../core/readers/running";
import { asked, readLine } from "../unit/readers/running/compare";
import { describeIf } from "../skips";
import { docker, inspect, missingLab, shell } from "./liveStack";

const PREFIX = "berth-line";
const files = folderOfLines();
const recorded = { environment: ENVIRONMENT, folder: files.folder, home: ENVIRONMENT.HOME! };
afterAll(files.remove);

/** Of the recorded lines those that use most different flags. */
const TRIED = [
  /^busybox sh -c/,
  /^--entrypoint nginx/,
  /^-p 127/,
  /^-v \/data -v berth/,
  /^-e A=1/,
  /--network-alias db/,
  /^--restart on-failure/,
  /^--health-cmd/,
  /^--cap-add/,
  /^-m 512m/,
];
const lines = TRIED.map((start) => {
  const index = LINES.findIndex((line) => start.test(line));
  return named(LINES[index]!, index);
});

/** What a command prints on standard output. */
async function printed(...args: string[]): Promise<string> {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  jest.spyOn(console, "error").mockImplementation((text) => void err.push(String(text)));
  try {
    if ((await run(args)) !== 0) throw new Error(err.join(""));
    return out.join("");
  } finally {
    jest.restoreAllMocks();
  }
}

/** A recorded line with names of these tests' own, as one that makes the container and does not start it. */
function asCreated(line: string, index: number): string {
  const own = line
    .replace(/^sudo /, "")
    .replace(/^docker (?:container )?(?:run|create)/, `docker create --name ${PREFIX}-${index}`)
    .replace(/ --name[= ](?!berth)\S+/, "")
    .replace(/ (?:-d|-dq|--detach|--rm(?:=\S+)?|--sig-proxy=\S+|--detach-keys \S+|-a \S+|--attach \S+)(?= )/g, "")
    .replace(/ -dit /, " -it ")
    .replace(/\b(mynet|somenetwork|other|second)\b/g, `${PREFIX}-$1`);
  const image = Object.values(readLine(own, recorded).services)[0]!.image;
  // Of the others the lab has no images.
  const there = image.replace(/:.*/, "") === "nginx" ? "nginx" : "busybox";
  return own.replace(` ${image}`, ` ${there}`);
}

const tidy = () => {
  const names = lines.map((line) => /--name (\S+)/.exec(line)![1]);
  for (const line of [`docker rm -f -v ${names.join(" ")}`, ...REMOVED, "docker volume rm berth-running-data"])
    shell(`${line} 2>/dev/null || true`);
};

describeIf(missingLab, "from-running", () => {
  beforeAll(() => {
    tidy();
    for (const line of AROUND) shell(line);
  });
  afterAll(tidy);

  test.each(lines)("%s", async (line) => {
    shell(line);
    const name = /--name (\S+)/.exec(line)![1]!;
    const [image] = JSON.parse(docker("image", "inspect", inspect(name).Image)) as [InspectedImage];
    const info = JSON.parse(docker("info", "--format", "{{json .}}")) as EngineInfo;
    const askedBy = (text: string) => asked(Object.values(readLine(text).services)[0]!, info, image);
    expect(askedBy(await printed("from-running", name, "--to", "run"))).toEqual(askedBy(line));
  });
});

/** Recorded lines that the reader takes; what it refuses is no container of a description. */
const created = RECORDED.flatMap(({ line, dockerSays }, index): [line: string, index: number][] => {
  if (dockerSays !== undefined) return [];
  try {
    return [[asCreated(line, index), index]];
  } catch {
    return [];
  }
});

/** What an engine does not keep: of a platform only the image is left, and the kernel or an old API takes the others. */
const UNKNOWN_TO_THE_ENGINE: [field: string, wording: RegExp][] = [
  ["platform", /--platform/],
  ["blkioConfig", /--blkio-weight/],
  ["volumes", /volume-subpath/],
  ["networks", /gw-priority/],
];

describeIf(missingLab, "from-running, for every recorded line", () => {
  const refused: string[] = [];
  const info = () => JSON.parse(docker("info", "--format", "{{json .}}")) as EngineInfo;
  const engine = {} as { info: EngineInfo };
  const around = ["other", "second"].map((name) => `${PREFIX}-${name}`);
  const networks = ["mynet", "somenetwork", "other"].map((name) => `${PREFIX}-${name}`);
  const tidyLines = () => {
    const names = docker("ps", "-a", "--format", "{{.Names}}", "--filter", `name=^${PREFIX}-`).split("\n");
    if (names[0]) docker("rm", "-f", "-v", ...names);
    for (const network of networks) shell(`docker network rm ${network} 2>/dev/null || true`);
  };

  beforeAll(() => {
    tidyLines();
    engine.info = info();
    for (const network of networks) docker("network", "create", network);
    for (const name of around) docker("create", "--name", name, "-v", "/shared", "--ipc", "shareable", "busybox", "sh");
  }, 120_000);
  afterAll(tidyLines, 120_000);

  test.each(created)("%s", async (line, index) => {
    const { status, stderr } = spawnSync("sh", ["-ec", line], {
      cwd: files.folder,
      env: { ...process.env, ...ENVIRONMENT },
      encoding: "utf8",
    });
    if (status !== 0) {
      refused.push(`${line}: ${stderr.trim().split("\n").at(-1)}`);
      return;
    }
    const name = `${PREFIX}-${index}`;
    const [image] = JSON.parse(docker("image", "inspect", inspect(name).Image)) as [InspectedImage];
    const read = await printed("from-running", name, "--to", "run");
    const [written] = Object.values(readLine(line, recorded).services);
    const volumes = Object.keys(readLine(line, recorded).volumes);
    docker("rm", "-v", name);
    for (const volume of volumes) shell(`docker volume rm ${volume} >/dev/null 2>&1 || true`);
    // What is printed takes secrets from the shell.
    const secrets = Object.fromEntries(
      Object.entries(written!.environment ?? {}).map(([key, value]) => [key, String(value)]),
    );
    const shellWithSecrets = { ...recorded, environment: { ...ENVIRONMENT, ...secrets } };
    const [back] = Object.values(readLine(read, shellWithSecrets).services);
    const expected = asked(written!, engine.info, image, recorded);
    const found = asked(back!, engine.info, image, recorded);
    for (const [key, wording] of UNKNOWN_TO_THE_ENGINE)
      if (wording.test(line)) for (const one of [expected, found]) delete one[key];
    expect(found).toEqual(expected);
  });

  test("the engine takes nearly all of them", () => {
    expect(created.length).toBeGreaterThan(250);
    if (process.env.BERTH_REFUSED) writeFileSync(process.env.BERTH_REFUSED, refused.join("\n"));
    expect(refused.length).toBeLessThan(25);
  });
});
