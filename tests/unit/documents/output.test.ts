import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CHINESE, ENGLISH, ROOT, readPage } from "./markdown";
import { excerpt, shownIn } from "./output";

const top = mkdtempSync(join(tmpdir(), "berth-documents-"));
const bin = join(top, "bin");
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** A checkout as it is cloned: whoever works in this one has settings of their own for its stacks. */
const checkout = join(top, "checkout");
const CLONED = ["cli", "components", "core", "stacks", "package.json", "Pulumi.yaml", "Pulumi.dev.yaml"];

/** What npm and npx do in that checkout, and nothing else. */
const STANDINS = {
  npm: `case "$1" in start) shift; exec node "${checkout}/cli/berth.js" start "$@" ;; esac`,
  npx: `shift; exec node "${checkout}/cli/berth.js" "$@"`,
};

beforeAll(() => {
  mkdirSync(checkout);
  for (const name of CLONED) cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  mkdirSync(bin);
  for (const [name, text] of Object.entries(STANDINS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
});

/** What needs an engine is followed by tests/engine/documents.test.ts. */
const NEEDS_ENGINE = /^(npm run|npx berth (up|preview|destroy|refresh|bundle)|pulumi|docker|curl) /m;

/** Blocks whose first line names a file are files of the page. */
function writeFiles(folder: string, page: ReturnType<typeof readPage>): void {
  for (const { text } of page.blocks) {
    const [, name] = /^(?:#|\/\/) ([\w./-]+\.\w+|Dockerfile)$/.exec(text.split("\n")[0]!) ?? [];
    if (!name) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${text}\n`);
  }
}

const shown = [...ENGLISH, ...CHINESE].flatMap((file) =>
  shownIn(readPage(file))
    .filter(({ commands }) => !NEEDS_ENGINE.test(commands))
    .map((one) => ({ file, ...one, place: `${file}:${one.line}` })),
);

test.each(shown)("$place prints what the page shows", ({ file, commands, output }) => {
  const folder = mkdtempSync(join(top, "page-"));
  writeFiles(folder, readPage(file));
  // A page whose commands are about no file of it is read in the checkout.
  const about = /\.(ya?ml|md|sh)\b|init /.test(commands) ? folder : checkout;
  const { stdout } = spawnSync("bash", ["-c", `exec 2>&1\nset -e\n${commands}`], {
    cwd: about,
    encoding: "utf8",
    input: "",
    env: {
      PATH: [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
      HOME: folder,
      DOCKER_HOST: `unix://${top}/no.sock`,
    },
  });
  expect(stdout).toMatch(excerpt(output));
});

test("an output that is not so is found", () => {
  expect("one\ntwo\nthree\n").toMatch(excerpt("one\n...\nthree"));
  expect("one\ntwo\nthree\n").not.toMatch(excerpt("one\nthree"));
  expect("port: 8080").not.toMatch(excerpt("port: 80..1"));
  expect(shown.length).toBeGreaterThan(1);
});
