import { run } from "../../cli/main";
import { AROUND, LINES, named, REMOVED } from "../unit/readers/running/lines";
import type { EngineInfo, InspectedImage } from "../../core/readers/running";
import { asked, readLine } from "../unit/readers/running/compare";
import { describeIf } from "../skips";
import { docker, inspect, missingLab, shell } from "./liveStack";

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
