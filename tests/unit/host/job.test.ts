import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordOf } from "../../../core/host/facts";
import { jobText, settingsText } from "../../../core/host/job";

const SCRIPTS = join(__dirname, "../../../core/host/scripts");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-job-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const owned = () => join(folder, "owned");
const hostile = (): Record<string, string> => ({
  dollar: `$(touch ${owned()})`,
  back: `\`touch ${owned()}\``,
  quote: `'; touch ${owned()}; '`,
  double: `"; touch ${owned()}; "`,
  words: "two  words * ? ~",
  slash: "\\n \\' \\",
  end: "BERTH_SETTINGS_END_HERE",
  other: "BERTH_JOB_ENDS_HERE",
  pattern: "$& $1 $$ @JOB@",
  empty: "",
  dash: "-rf /",
});

test("whatever a setting holds reaches the shell as it is, and is never run", () => {
  const file = join(folder, "settings");
  writeFileSync(file, settingsText(hostile()));
  for (const shell of ["sh", "bash"]) {
    const print = Object.keys(hostile())
      .map((name) => `printf '%s\\n' "$${name}"`)
      .join("; ");
    const { stdout, status } = spawnSync(shell, ["-c", `set -eu; . "${file}"; ${print}`], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(0, -1)).toEqual(Object.values(hostile()));
  }
  expect(existsSync(owned())).toBe(false);
});

test("a record reads back as it was written", () => {
  expect(recordOf(settingsText(hostile())).values).toEqual(hostile());
});

test.each([["line\nbreak"], ["return\r"], ["nul\0"]])("%j is never written", (value) => {
  expect(() => settingsText({ name: value })).toThrow("cannot stand in a job's settings");
  expect(() => settingsText({ "na;me": "x" })).toThrow();
});

const KINDS = [
  ["service", "daemon"],
  ["service", "packages", "engine"],
  ["service", "packages", "nvidia"],
].filter((scripts) => scripts.every((name) => existsSync(join(SCRIPTS, `${name}.sh`))));

test("there is a job of each kind", () => expect(KINDS).toHaveLength(3));

describe.each(KINDS.map((scripts) => [scripts.join(" and "), scripts] as const))("the job of %s", (_, scripts) => {
  test("is one text that a shell can read, with hostile settings too", () => {
    for (const shell of ["sh", "bash"]) {
      const { status, stderr } = spawnSync(shell, ["-n"], {
        input: jobText(scripts, settingsText(hostile())),
        encoding: "utf8",
      });
      expect([status, stderr]).toEqual([0, ""]);
    }
  });

  test("holds its settings and scripts to the letter", () => {
    const text = jobText(scripts, settingsText(hostile()));
    expect(text).toContain(`\n${settingsText(hostile())}\n`);
    for (const name of ["job", ...scripts])
      expect(text).toContain(readFileSync(join(SCRIPTS, `${name}.sh`), "utf8").trimEnd());
  });

  test("calls no function that nobody has written", () => {
    const text = jobText(scripts, "")
      .replace(/^\s*#.*$/gm, "")
      .replace(/\$\(\([^)]*\)\)|"[^"\n]*"|'[^'\n]*'/g, "''");
    const written = new Set([...text.matchAll(/^\s*([a-z_]+)\(\)/gm)].map(([, name]) => name));
    const called = [
      ...text.matchAll(
        /(?:^|[;&|(!{]|\bif\b|\bthen\b|\bdo\b|\belse\b|\bwhile\b)\s*([a-z]+(?:_[a-z]+)+)(?=[\s;)])(?!\s*\()/gm,
      ),
    ].map(([, name]) => name!);
    expect(called.length).toBeGreaterThan(10);
    expect([...new Set(called)].filter((name) => !written.has(name))).toEqual([]);
  });

  test("cut off on the way it does nothing", () => {
    const text = jobText(scripts, settingsText(hostile()));
    // The first thing that the front-end does.
    writeFileSync(join(folder, "id"), `#!/bin/sh\ntouch ${owned()}\necho 1000\n`, { mode: 0o755 });
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    for (let part = 1; part < 30; part++) {
      spawnSync("sh", ["-s", "--", "apply"], { input: text.slice(0, Math.floor((text.length * part) / 30)), env });
      expect(existsSync(owned())).toBe(false);
    }
    const whole = spawnSync("sh", ["-s", "--", "apply"], { input: text, env, encoding: "utf8" });
    expect(existsSync(owned())).toBe(true);
    expect(whole.stderr).toContain("error: this needs root on the host");
    expect(whole.status).toBe(1);
  });
});

test("a job sweeps up what nobody reads any more, and not what has just ended", () => {
  const jobs = join(folder, "berth");
  const job = (name: string, ended: boolean, old: boolean) => {
    mkdirSync(join(jobs, name), { recursive: true });
    if (ended) writeFileSync(join(jobs, name, "status"), "0");
    if (old) utimesSync(join(jobs, name), new Date(0), new Date(0));
  };
  job("job.own", true, true);
  job("job.fresh", true, false);
  job("job.running", false, true);
  job("job.lost", true, true);
  const text = readFileSync(join(SCRIPTS, "job.sh"), "utf8").replaceAll("/run/berth", jobs);
  const settings = "kind=x; owner=x; resource=x; reached=x";
  const { status, stderr } = spawnSync("sh", ["-s", "--", "apply", join(jobs, "job.own")], {
    input: `${settings}\n${text}\nsweep\n`,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(readdirSync(jobs).sort()).toEqual(["job.fresh", "job.own", "job.running"]);
});

test("every script is part of some job", () => {
  const used = new Set(["front", "job", "inspect", ...KINDS.flat()]);
  expect(readdirSync(SCRIPTS).filter((name) => !used.has(name.replace(/\.sh$/, "")))).toEqual([]);
});
