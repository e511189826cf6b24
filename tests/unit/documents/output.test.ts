import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { ENGLISH, ROOT, readPage } from "./markdown";
import { PROGRAMS } from "../../../stacks";
import { commandsOf } from "./shell";
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
const NEEDS_ENGINE = /^(npm run|npx berth (up|preview|destroy|refresh|bundle|backup|restore)|pulumi|docker|curl) /m;

/** Blocks whose first line names a file are files of the page. */
function writeFiles(folder: string, page: ReturnType<typeof readPage>): void {
  for (const { text } of page.blocks) {
    const [, name] = /^(?:#|\/\/) ([\w./-]+\.\w+|Dockerfile)$/.exec(text.split("\n")[0]!) ?? [];
    if (!name) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${text}\n`);
  }
}

/** In Chinese they are the same: languages.test.ts. */
const shown = ENGLISH.flatMap((file) =>
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

/** Settings of a block by their stack, as `pulumi config set` would write them. */
function settingsOf(text: string): Map<string, Record<string, unknown>> {
  const stacks = new Map<string, Record<string, unknown>>();
  let current: string | undefined;
  for (const command of commandsOf(text)) {
    const words = command.words.slice(command.words.slice(0, 3).join(" ") === "npx berth pulumi" ? 2 : 0);
    if (words.slice(0, 3).join(" ") === "pulumi stack init") current = words[3]!;
    if (words.slice(0, 3).join(" ") !== "pulumi config set" || words.includes("--secret")) continue;
    const at = words.indexOf("--stack");
    const [key, value] = words.slice(3).filter((word, index) => !word.startsWith("--") && index + 3 !== at + 1);
    const namespace = key!.split(":")[0]!;
    const stack = at > 0 ? words[at + 1]! : (current ?? (namespace in PROGRAMS ? namespace : "nginx"));
    const config = stacks.get(stack) ?? {};
    stacks.set(stack, config);
    const [, setting, path] = /^([\w-]+:\w+)(.*)$/.exec(key!)!;
    const steps = [setting!, ...path!.matchAll(/\[(\d+)\]|\["([^"]+)"\]|\.([\w-]+)/g)].map((step) =>
      typeof step === "string" ? step : (step[2] ?? step[3] ?? Number(step[1])),
    );
    let place = config as Record<string | number, unknown>;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      place[step] ??= typeof steps[index + 1] === "number" ? [] : {};
      place = place[step] as typeof place;
    }
    place[steps.at(-1)!] = /^\d+$/.test(value!) ? Number(value) : value;
  }
  return stacks;
}

const set = ENGLISH.flatMap((file) =>
  readPage(file)
    .blocks.filter(({ language }) => language === "sh")
    .flatMap(({ text, line }) =>
      [...settingsOf(text)].map(([stack, config]) => ({ place: `${file}:${line}`, stack, config })),
    ),
);

test.each(set)(
  "$place: the stack $stack can be planned with the settings that the page gives it",
  ({ stack, config }) => {
    // Files that the pages name.
    const shop = "services:\n  web:\n    image: nginx:1.27\n";
    mkdirSync(join(top, "shop"), { recursive: true });
    for (const name of ["docker-compose.yml", "production.yml"]) writeFileSync(join(top, "shop", name), shop);
    writeFileSync(join(checkout, "compose.yaml"), shop);
    writeFileSync(join(checkout, "daemon.json"), "{}");
    const file = join(checkout, `Pulumi.${stack}.yaml`);
    writeFileSync(file, stringify({ config }));
    const { status, stderr } = spawnSync(process.execPath, ["cli/berth.js", "plan", stack], {
      cwd: checkout,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: top, DOCKER_HOST: `unix://${top}/no.sock` },
    });
    rmSync(file);
    expect({ config, status, stderr }).toMatchObject({ status: 0 });
  },
);

test("an output that is not so is found", () => {
  expect("one\ntwo\nthree\n").toMatch(excerpt("one\n...\nthree"));
  expect("one\ntwo\nthree\n").not.toMatch(excerpt("one\nthree"));
  expect("port: 8080").not.toMatch(excerpt("port: 80..1"));
  expect(shown.length).toBeGreaterThan(5);
  expect(set.length).toBeGreaterThan(10);
});
