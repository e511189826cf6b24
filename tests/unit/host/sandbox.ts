import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { jobText, settingsText } from "../../../core/host/job";

/** What a program of the sandbox does behind being noted: a script for sh, with the state's folder in $STATE. */
export type Stubs = Record<string, string>;

export interface Ended {
  status: number | null;
  output: string;
  /** Every call of a stub, one argument in each pair of brackets: `apt-get [-y] [install]`. */
  calls: string[];
}

/**
 * A host that is a folder: its scripts run for real, with programs that only note what they are told, and with a folder
 * in place of `/etc`, `/var` and the like.
 */
export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), "berth-host-"));

  constructor(stubs: Stubs) {
    for (const folder of ["bin", "state", "run/berth", "job", "etc", "var/lib", "proc"])
      mkdirSync(join(this.root, folder), { recursive: true });
    this.stub(stubs);
  }

  stub(stubs: Stubs): void {
    for (const [name, body] of Object.entries(stubs)) {
      const file = join(this.root, "bin", name);
      const head = `#!/bin/sh\nSTATE='${this.root}/state'\n{ printf '%s' '${name}'; for word in "$@"; do printf ' [%s]' "$word"; done; echo; } >>"$STATE/calls"\n`;
      writeFileSync(file, `${head}${body}\n`);
      chmodSync(file, 0o755);
    }
  }

  path(file: string): string {
    return join(this.root, file);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  read(file: string): string | undefined {
    return existsSync(this.path(file)) ? readFileSync(this.path(file), "utf8") : undefined;
  }

  files(folder: string): string[] {
    return existsSync(this.path(folder)) ? readdirSync(this.path(folder)).sort() : [];
  }

  /** Runs a job as the front-end does, with a shell of POSIX. */
  run(action: "apply" | "remove", scripts: string[], settings: Record<string, string>, shell = ["sh"]): Ended {
    const text = jobText(
      scripts,
      settingsText({
        kind: "docker-engine",
        owner: "berth/test",
        resource: "engine",
        reached: "host:",
        declared: "d",
        ...settings,
      }),
    );
    const job = /<<'BERTH_JOB_ENDS_HERE'[^\n]*\n([\s\S]*)\nBERTH_JOB_ENDS_HERE\n/.exec(text)![1]!;
    const path = `PATH=${this.root}/bin:/usr/bin:/bin`;
    // The line with the PATH is the only one that must keep the machine's own folders.
    const moved = job
      .replace(/^PATH=.*$/m, "@PATH@")
      .replace(/(?<![\w.$}*:/-])\/(etc|var|run|proc|usr\/lib|usr\/share)\b/g, `${this.root}/$1`)
      .replace("@PATH@", path);
    writeFileSync(this.path("job/job"), moved);
    rmSync(this.path("state/calls"), { force: true });
    const [program, ...args] = shell as [string, ...string[]];
    const { status, stdout, stderr } = spawnSync(program, [...args, this.path("job/job"), action, this.path("job")], {
      encoding: "utf8",
      cwd: this.root,
      timeout: 60_000,
    });
    return { status, output: stdout + stderr, calls: (this.read("state/calls") ?? "").split("\n").filter(Boolean) };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
