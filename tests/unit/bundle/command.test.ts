import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallBundle, useFolder } from "./smallBundle";

const ROOT = join(__dirname, "../../..");
const folder = useFolder();
const at = (name: string) => join(folder(), name);

function berth(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd: folder(),
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, DOCKER_HOST: `unix://${at("no.sock")}` },
  });
  return { code: status, out: stdout, err: stderr };
}

test.each<[string[], RegExp]>([
  [["bundle"], /^error: bundle: name one stack, for example `berth bundle nginx`/],
  [["bundle", "nginx", "mysql"], /^error: bundle: name one stack/],
  [["bundle", "nginx", "--output", "x"], /^error: bundle: unknown option '--output'; did you mean --out\?/],
  [["unbundle"], /^error: unbundle: name one bundle, for example `berth unbundle berth-nginx-linux-x64\.tar`/],
  [["unbundle", "a", "b"], /^error: unbundle: name one bundle/],
  [["unbundle", ".", "--to", ""], /^error: --to: names no folder/],
])("%j is wrong usage", (args, says) => {
  const { code, out, err } = berth(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(says);
  expect(err).toContain(`(see \`berth ${args[0]} --help\`)`);
});

test.each<[string[], RegExp]>([
  [["bundle", "nonsense"], /the stack "nonsense" names the program "nonsense", which is not known/],
  [
    ["bundle", "nginx", "--out", "nowhere/x.tar"],
    /--out: there is no folder .*nowhere; make it, or name another file$/m,
  ],
  [
    ["bundle", "nginx", "--out", "folder"],
    /--out: .*folder is no file; name the file to write, for example .*berth-nginx-/,
  ],
  [["bundle", "nginx", "--out", "mine"], /--out: .*mine is there and is no bundle of berth; name another file$/m],
  [["unbundle", "nowhere.tar"], /there is no file .*nowhere\.tar; correct the name$/m],
  [["unbundle", "mine"], /mine: it is no bundle of berth; copy it again, or make another one$/m],
])("%j ends with one sentence and writes nothing", (args, says) => {
  mkdirSync(at("folder"));
  writeFileSync(at("mine"), "mine");
  const { code, out, err } = berth(...args);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/^error: /);
  expect(err).toMatch(says);
  expect(err).not.toMatch(/^\s+at /m);
  expect(readdirSync(folder()).sort()).toEqual(["folder", "mine"]);
});

test("a folder that nobody can make is one sentence", async () => {
  await smallBundle(at("a.tar"));
  const { code, out, err } = berth("unbundle", "a.tar", "--to", "/dev/null/berth");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(
    /^error: cannot write to \/dev\/null\/berth \(.*\); name a folder that you may write to with --to\n$/,
  );
});

test("unpacks to the folder berth unless another is named", async () => {
  await smallBundle(at("a.tar"));
  const { code, out, err } = berth("unbundle", "a.tar");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(
    `Unpacked the stack web to ${at("berth")}.\nNext:\n\n  ./berth/berth up web        # or: . ./berth/env && cd ./berth/project && pulumi up\n`,
  );
});
