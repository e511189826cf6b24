import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeIf } from "../skips";
import { docker, missingLab, ROOT, works } from "./liveStack";
import { SecondEngine } from "./registry";

const FILE = "berth-dev-images.tar";
/** Two images that share no layer, and so two parts. */
const [FIRST, SECOND] = ["berth-live/byhand:1", "berth-live/other:1"] as const;

let folder: string;
/** The image that is named by its digest. */
let byDigest: string;
let digestId: string;
const second = new SecondEngine();
const at = (name: string) => join(folder, name);
const idOf = (name: string) => docker("image", "inspect", "--format", "{{.Id}}", name);

function berth(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 240_000,
  });
  return { code: status, output: `${stdout}${stderr}` };
}

describeIf(missingLab, "images that are carried by hand", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-byhand-"));
    for (const name of ["busybox", "nginx"]) docker("pull", "-q", name);
    docker("tag", "busybox", FIRST);
    byDigest = `nginx:latest@${docker("image", "inspect", "--format", "{{index .RepoDigests 0}}", "nginx").split("@")[1]}`;
    digestId = idOf("nginx");
    mkdirSync(at("other"));
    writeFileSync(at("other/Dockerfile"), "FROM scratch\nCOPY text /text\n");
    writeFileSync(at("other/text"), "text".repeat(100_000));
    docker("build", "-q", "-t", SECOND, at("other"));
    writeFileSync(at("Pulumi.yaml"), "name: byhand\nruntime: nodejs\n");
    writeFileSync(
      at("index.js"),
      `require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
       const { Service } = require(${JSON.stringify(join(ROOT, "components/service"))});
       new Service("one", { image: "${FIRST}", command: ["sleep", "1000"] });
       new Service("two", { image: "${SECOND}", command: ["none"] });
       new Service("web", { image: "${byDigest}" });`,
    );
    await second.listen();
  }, 120_000);

  afterAll(async () => {
    await second.stop();
    for (const name of [FIRST, SECOND]) if (works("image", "inspect", name)) docker("image", "rm", "-f", name);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test("are saved, and again after the file was cut", () => {
    const { code, output } = berth("images", "save", "dev");
    expect(output).toMatch(/^berth-dev-images\.tar \(.* MiB\) holds /);
    expect(code).toBe(0);
    const whole = readFileSync(at(FILE));
    truncateSync(at(FILE), whole.length - 5_000);
    const again = berth("images", "save", "dev");
    expect(again.output).toMatch(/\d of \d parts were there already, from a run that was cut off\./);
    expect(again.code).toBe(0);
    expect(berth("images", "save", "dev").output).toBe(`${FILE} holds the images of dev already.\n`);
  }, 240_000);

  test("are refused where a byte has changed, before anything is loaded", () => {
    const bytes = readFileSync(at(FILE));
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(at("damaged.tar"), bytes);
    const { code, output } = berth("images", "load", "dev", "damaged.tar", "--host", second.address);
    expect(output).toMatch(/^error: .*damaged\.tar: its images\/\d\.tar\.gz is damaged; nothing was loaded/);
    expect(code).toBe(1);
    expect(second.docker("image", "ls", "-aq")).toBe("");
  }, 120_000);

  test("are on another engine as they are here, also what is named by digest", () => {
    const { code, output } = berth("images", "load", "dev", "--host", second.address);
    for (const name of [FIRST, SECOND, byDigest]) expect(output).toMatch(new RegExp(`^Loaded .*${name}`, "m"));
    expect(code).toBe(0);
    const there = (name: string) => second.docker("image", "inspect", "--format", "{{.Id}}", name);
    expect([FIRST, SECOND].map(there)).toEqual([FIRST, SECOND].map(idOf));
    expect(there(digestId)).toBe(digestId);
    expect(JSON.parse(readFileSync(at(".berth/images.json"), "utf8"))).toEqual({
      [byDigest]: { content: byDigest.split("@")[1], id: digestId },
    });
    // What is there is not sent again.
    const loads = second.calls("POST /v");
    const again = berth("images", "load", "dev", "--host", second.address);
    expect(again.output).not.toContain("Loaded");
    expect(again.code).toBe(0);
    expect(second.calls("POST /v")).toBe(loads);
  }, 240_000);
});
