import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Language } from "../../../core/description/say";
import { type Page, ROOT } from "./markdown";

/** A checkout as it is cloned: whoever works in this one has settings of their own for its stacks. */
const CLONED = [
  "cli",
  "components",
  "core",
  "stacks",
  "index.js",
  "package.json",
  "package-lock.json",
  "Pulumi.yaml",
  "Pulumi.dev.yaml",
];

interface Typing {
  environment?: NodeJS.ProcessEnv;
  /** What is typed where a command asks. */
  input?: string;
  /** On a terminal of its own. */
  terminal?: boolean;
  /** @default en */
  language?: Language;
}

/** A clean folder for the tests of one file, with a checkout in it and a shell in which its commands are found. */
export class Reader {
  readonly top = mkdtempSync(join(tmpdir(), "berth-documents-"));
  readonly checkout = join(this.top, "checkout");

  clone(): void {
    mkdirSync(this.checkout);
    for (const name of CLONED) cpSync(join(ROOT, name), join(this.checkout, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.checkout, "node_modules"));
    mkdirSync(join(this.top, "bin"));
    // What npm and npx do in that checkout, and nothing else.
    const berth = `exec node "${this.checkout}/cli/berth.js"`;
    for (const [name, text] of Object.entries({
      npm: `case "$1" in start) shift; ${berth} look "$@" ;; esac`,
      npx: `shift; ${berth} "$@"`,
    })) {
      writeFileSync(join(this.top, "bin", name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(this.top, "bin", name), 0o755);
    }
  }

  /** An empty folder, which is the reader's HOME as well. */
  folder(): string {
    return mkdtempSync(join(this.top, "page-"));
  }

  /** Types the commands of a block, until one fails; both streams together. */
  type(
    commands: string,
    cwd: string,
    home = cwd,
    { environment, input = "", terminal = false, language = "en" }: Typing = {},
  ): { code: number | null; output: string } {
    const file = join(this.top, "typed");
    writeFileSync(file, `exec 2>&1\nset -e\n${commands}\n`);
    const [program, ...args] = terminal ? ["script", "-qefc", `bash ${file}`, "/dev/null"] : ["bash", file];
    const { status, stdout } = spawnSync(program!, args, {
      cwd,
      encoding: "utf8",
      input,
      env: environment ?? {
        PATH: [join(this.top, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
        HOME: home,
        DOCKER_HOST: `unix://${this.top}/no.sock`,
        BERTH_LANG: language,
      },
    });
    return { code: status, output: stdout };
  }

  close(): void {
    rmSync(this.top, { recursive: true, force: true });
  }
}

/** Blocks whose first line names a file are files of the page. */
export function writeFiles(folder: string, page: Page): void {
  for (const { text } of page.blocks) {
    const [, name] = /^(?:#|\/\/) ([\w./-]+\.\w+|Dockerfile)$/.exec(text.split("\n")[0]!) ?? [];
    if (!name) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${text}\n`);
  }
}

/** What needs an engine; those of README.md are followed by tests/engine/documents.test.ts. */
export const NEEDS_ENGINE =
  /^(npm run|npx berth (up|preview|destroy|refresh|bundle|backup|restore)|pulumi|docker|curl) /m;
