import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../../cli/commands";
import { describeIf } from "../../skips";

const ROOT = join(__dirname, "../../..");
const script = (shell: string) => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), "completion", shell], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  return stdout;
};
const there = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

/** What bash offers behind these words; the last one is being typed. */
function offers(...words: string[]): string[] {
  const typed = ["berth", ...words].map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = spawnSync("bash", ["--norc"], {
    input: `${script("bash")}\nCOMP_WORDS=(${typed}) COMP_CWORD=${words.length}\n_berth\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

describeIf(there("bash") ? undefined : "no bash on PATH", "completion in bash", () => {
  test.each<[string[], string[]]>([
    [["fr"], ["from-run", "from-compose", "from-kubernetes", "from-notes", "from-running"]],
    [["--v"], ["--version"]],
    [
      ["from-run", "--"],
      ["--to", "--project-name", "--lang", "--help"],
    ],
    [
      ["from-run", "--to", ""],
      ["typescript", "compose", "run", "kubernetes"],
    ],
    [
      ["export", "--to", ""],
      ["compose", "run", "kubernetes"],
    ],
    [["up", "ngi"], ["nginx"]],
    [["ps", "ngi"], ["nginx"]],
    [
      ["logs", "--"],
      ["--follow", "--tail", "--lang", "--help"],
    ],
    [["plan", "nginx", "mys"], ["mysql"]],
    [["help", "un"], ["unbundle"]],
    [["completion", "z"], ["zsh"]],
    [
      ["--lang", ""],
      ["en", "zh"],
    ],
    [["--lang", "zh", "unb"], ["unbundle"]],
    [["--lang", "zh", "export", "--to", "k"], ["kubernetes"]],
    [["up", "nginx", "--lang", "z"], ["zh"]],
    [["up", "nginx", "--la"], ["--lang"]],
    // The names of files are the shell's own business.
    [["unbundle", "berth-"], [""]],
  ])("completes %j", (words, expected) => {
    expect(offers(...words)).toEqual(expected);
  });
});

test.each(["bash", "zsh", "fish"])("%s: the script has every command, and the shell can read it", (shell) => {
  const text = script(shell);
  for (const { name } of COMMANDS) expect(text).toMatch(new RegExp(`(^|[ '"])${name}[ ':"]`, "m"));
  if (!there(shell)) return;
  // fish reads no program from a socket, which is what it would get as its input here.
  const file = join(mkdtempSync(join(tmpdir(), "berth-completion-")), shell);
  writeFileSync(file, text);
  expect(spawnSync(shell, ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});

describeIf(there("shellcheck") ? undefined : "no shellcheck on PATH", "shellcheck", () => {
  test("has nothing to say of the script for bash", () => {
    const { stdout } = spawnSync("shellcheck", ["--shell=bash", "-"], { input: script("bash"), encoding: "utf8" });
    expect(stdout).toBe("");
  });
});
