import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { x } from "tar";
import { environmentScript, unbundleScript, WRAPPER } from "../../../cli/bundle/scripts";
import { onPath } from "../../../core/host/findExecutable";
import { describeIf } from "../../skips";
import { smallBundle, useFolder } from "./smallBundle";

const folder = useFolder();
const at = (name: string) => join(folder(), name);

function program(path: string, text: string): string {
  const file = at(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}
function sh(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync("/bin/sh", args, {
    cwd: folder(),
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

/** Stands in for Node.js: says how it was called, and what is unpacked by then. */
const NODE = '#!/bin/sh\n[ "$1" != --version ] || exit 0\nprintf "%s\\n" "$@"\nls "$(dirname "$1")"\n';

describe("the script at the head of a bundle", () => {
  beforeEach(async () => {
    const file = await smallBundle(at("a.tar"), {
      "bin/node": NODE,
      "bin/pulumi": "x",
      "project/cli/berth.js": "x",
    });
    await x({ file, cwd: folder() });
  });
  const HERE = "berth-bundle";

  test("verifies, takes Node.js and berth out, hands everything over and cleans up", () => {
    const before = readdirSync(at(HERE));
    const { code, out, err } = sh([`${HERE}/unbundle`, "--to", "some folder"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const work = join(at(HERE), ".work/project/cli/berth.js");
    expect(out.trim().split("\n")).toEqual([work, "unbundle", at(HERE), "--to", "some folder", "berth.js"]);
    expect(readdirSync(at(HERE))).toEqual(before);
  });

  test.each(["unbundle", "tools.tar.gz", "project.tar.gz", "manifest.json"])("refuses a damaged %s", (name) => {
    spawnSync("sh", ["-c", 'printf "\n" >>"$1"', "sh", at(`${HERE}/${name}`)]);
    const { code, out, err } = sh([`${HERE}/unbundle`]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(
      `error: the bundle in ${at(HERE)} is damaged or not complete; copy it again and compare its checksum with that of the original\n`,
    );
    expect(existsSync(at(`${HERE}/.work`))).toBe(false);
  });

  test("refuses a bundle whose checksums are lost", () => {
    writeFileSync(at(`${HERE}/SHA256SUMS`), "");
    expect(sh([`${HERE}/unbundle`])).toMatchObject({
      code: 1,
      err: expect.stringContaining("is damaged or not complete"),
    });
  });

  test("refuses another kind of machine", () => {
    program("path/uname", '[ "$1" = -s ] && echo Linux || echo riscv64');
    const { code, err } = sh([`${HERE}/unbundle`], { PATH: `${at("path")}:${process.env.PATH}` });
    expect(code).toBe(1);
    expect(err).toBe(
      `error: this bundle is for ${process.platform} ${process.arch} and this machine is Linux riscv64; make one on a machine like this one\n`,
    );
  });

  test("says what verifies checksums where nothing does", () => {
    mkdirSync(at("path"));
    for (const name of ["dirname", "uname"]) symlinkSync(onPath(name)!, at(`path/${name}`));
    const { code, err } = sh([`${HERE}/unbundle`], { PATH: at("path") });
    expect(code).toBe(1);
    expect(err).toMatch(/^error: neither sha256sum nor shasum is here, .*; install coreutils\n$/);
  });

  test("says that Node.js does not run here", async () => {
    const file = await smallBundle(at("b.tar"), { "bin/node": "no program", "project/cli/berth.js": "x" });
    await x({ file, cwd: folder() });
    const { code, err } = sh([`${HERE}/unbundle`]);
    expect(code).toBe(1);
    expect(err).toContain("error: the Node.js of this bundle does not run here; make the bundle on a machine with");
    expect(existsSync(at(`${HERE}/.work`))).toBe(false);
  });

  test("ends with the code of what it hands over to", async () => {
    const failing = NODE.replace('printf "%s\\n" "$@"', "exit 3");
    const file = await smallBundle(at("b.tar"), { "bin/node": failing, "project/cli/berth.js": "x" });
    await x({ file, cwd: folder() });
    expect(sh([`${HERE}/unbundle`]).code).toBe(3);
    expect(existsSync(at(`${HERE}/.work`))).toBe(false);
  });
});

describe("the wrapper", () => {
  const place = (name: string) => {
    program(`${name}/bin/node`, 'printf "%s\\n" "$PULUMI_HOME" "${PULUMI_CONFIG_PASSPHRASE_FILE-none}" "$PATH" "$@"');
    mkdirSync(at(`${name}/project/.berth`), { recursive: true });
    writeFileSync(at(`${name}/berth`), WRAPPER);
    chmodSync(at(`${name}/berth`), 0o755);
    writeFileSync(at(`${name}/env`), environmentScript(at(name)));
    return at(name);
  };

  test("runs berth with the programs of its folder, from wherever it is called", () => {
    const there = place("it's there");
    symlinkSync(join(there, "berth"), at("link"));
    const { code, out, err } = sh(["./link", "up", "a b"], { PATH: "/usr/bin:/bin" });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.trim().split("\n")).toEqual([
      `${there}/home`,
      "none",
      `${there}/bin:/usr/bin:/bin`,
      `${there}/project/cli/berth.js`,
      "up",
      "a b",
    ]);
  });

  test("finds the passphrase beside it, and takes the user's own before that", () => {
    const there = place("there");
    writeFileSync(join(there, "project/.berth/passphrase"), "x");
    expect(sh(["there/berth"]).out.split("\n")[1]).toBe(`${there}/project/.berth/passphrase`);
    expect(sh(["there/berth"], { PULUMI_CONFIG_PASSPHRASE: "x" }).out.split("\n")[1]).toBe("none");
  });

  test("works where its folder was moved to", () => {
    cpSync(place("there"), at("moved"), { recursive: true });
    expect(sh(["moved/berth"]).out.split("\n")[0]).toBe(`${at("moved")}/home`);
  });

  test("does not run a bundle that is half replaced", () => {
    place("there");
    writeFileSync(at("there/.updating"), "");
    const { code, out, err } = sh(["there/berth"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(`error: the last unbundle to ${at("there")} was cut off; run it again\n`);
  });

  test("of one bundle is not led to another by its environment", () => {
    place("one");
    const two = place("two");
    const { out } = sh(["-euc", '. "$1"; . "$2"; printf "%s" "$PULUMI_HOME"', "sh", at("one/env"), at("two/env")]);
    expect(out).toBe(`${two}/home`);
  });

  test("asks nobody for updates or plugins", () => {
    place("there");
    const { out } = sh(["-euc", '. "$1"; env', "sh", at("there/env")]);
    expect(out).toContain("PULUMI_SKIP_UPDATE_CHECK=true\n");
    expect(out).toContain("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true\n");
  });
});

describeIf(onPath("shellcheck") ? undefined : "no shellcheck on PATH", "the scripts", () => {
  test.each([
    ["unbundle", () => unbundleScript("linux", "x64")],
    ["berth", () => WRAPPER],
    ["env", () => environmentScript("/srv/it's here")],
  ])("%s has nothing that shellcheck warns about", (_, text) => {
    const { status, stdout } = spawnSync("shellcheck", ["--shell=sh", "--exclude=SC1091", "-"], {
      input: text(),
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
});
