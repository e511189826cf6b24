import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { NEEDS_ENGINE, Reader, writeFiles } from "./checkout";
import { CHINESE, ENGLISH, readPage } from "./markdown";
import { PROGRAMS } from "../../../stacks";
import { commandsOf } from "./shell";
import { excerpt, shownIn } from "./output";

const reader = new Reader();
const { top, checkout } = reader;
beforeAll(() => reader.clone());
afterAll(() => reader.close());

/** Those that need an engine are the same in Chinese: languages.test.ts. */
const shown = [...ENGLISH, ...CHINESE].flatMap((file) =>
  shownIn(readPage(file))
    .filter(({ commands }) => !NEEDS_ENGINE.test(commands))
    .map((one) => ({
      file,
      ...one,
      place: `${file}:${one.line}`,
      language: CHINESE.includes(file) ? ("zh" as const) : undefined,
    })),
);

test.each(shown)("$place prints what the page shows", ({ file, commands, output, language }) => {
  const folder = reader.folder();
  writeFiles(folder, readPage(file));
  // A page whose commands are about no file of it is read in the checkout.
  const about = /\.(ya?ml|md|sh)\b|init /.test(commands) ? folder : checkout;
  expect(reader.type(commands, about, folder, { language }).output).toMatch(excerpt(output));
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
