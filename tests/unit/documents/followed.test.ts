import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NEEDS_ENGINE, Reader, writeFiles } from "./checkout";
import { type Block, ENGLISH, ROOT, readPage } from "./markdown";
import { shownIn } from "./output";
import { WITH_ENGINE } from "./withEngine";

const reader = new Reader();
beforeAll(() => reader.clone());
afterAll(() => reader.close());

/** Blocks that show no output and need nothing else: each command has to end well. By page and first command. */
const ENDS_WELL = [
  ["docs/cli.md", "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true"],
  ["docs/cli.md", "npx berth completion bash > ~/.local/share/bash-completion/completions/berth"],
  ["docs/compose.md", "npx berth from-compose docker-compose.yml production.yml"],
  ["docs/docker-run.md", "npx berth from-run --to compose docker run -d --name web -p 8080:80 nginx:1.27"],
  ["docs/gpu-servers.md", "npx berth settings gpu"],
  ["docs/kubernetes.md", "npx berth from-kubernetes app.yaml"],
  ["docs/notes.md", "npx berth from-notes docker.md --only nginx01 --to typescript"],
  ["docs/notes.md", "npx berth init containers --from docker.md"],
  ["docs/pictures.md", "npx berth picture tomcat --output tomcat.html"],
  ["docs/secrets.md", "export PULUMI_CONFIG_PASSPHRASE_FILE=.berth/passphrase"],
  ["docs/setups.md", "npx berth settings"],
] as const;

/** Why no test types a block word by word. What it says is parsed, and its settings are planned, as those of all. */
const REASONS = {
  machine: "sets up a second machine, or this one; tests/live/hostEngine.test.ts and hostDaemon.test.ts have one",
} as const;

/** Every block that no test types, by page and first command. It only gets shorter. */
const NOT_TYPED: Record<string, Record<string, keyof typeof REASONS>> = {
  "docs/host.md": {
    "npx berth pulumi stack init host-gpu1": "machine",
  },
  "docs/slow-networks.md": {
    "npx berth mirrors --write": "machine",
  },
};
const COUNT = 2;

const firstOf = ({ text }: Pick<Block, "text">) => text.split("\n")[0]!.replace(/\s+#.*$/, "");
const blocks = ENGLISH.flatMap((file) => {
  const page = readPage(file);
  const shown = new Map(shownIn(page).map((one) => [one.line, one]));
  return page.blocks
    .filter(({ language }) => language === "sh")
    .map((block) => ({ file, first: firstOf(block), text: block.text, shown: shown.has(block.line) }));
});

/** Only settings: output.test.ts plans their stack. */
const SETS = /^(npx berth )?pulumi (stack init|config set(?! --secret)) /;

function typedBy({ file, first, text, shown }: (typeof blocks)[number]): string | undefined {
  if (shown && !NEEDS_ENGINE.test(text)) return "output.test.ts";
  if (shown && file === "README.md" && text.includes("npm run ")) return "tests/engine/documents.test.ts";
  if (text.split("\n").every((line) => SETS.test(line) || /^(#.*)?$/.test(line))) return "output.test.ts";
  const [, testFile] = /^npx jest (\S+\.test\.ts)$/.exec(text) ?? [];
  if (testFile && existsSync(join(ROOT, testFile))) return testFile;
  if (WITH_ENGINE.some((one) => one.page === file && one.first === first)) return "tests/live/pages.test.ts";
  return ENDS_WELL.some(([page, command]) => page === file && command === first) ? "this file" : undefined;
}

test("every block is typed by a test, or stands in the list with its reason", () => {
  const left = blocks.filter((block) => typedBy(block) === undefined);
  const listed = Object.entries(NOT_TYPED).flatMap(([file, all]) =>
    Object.keys(all).map((first) => `${file}: ${first}`),
  );
  expect(left.map(({ file, first }) => `${file}: ${first}`)).toEqual(listed);
  expect(listed).toHaveLength(COUNT);
  for (const [page, command] of [...ENDS_WELL, ...WITH_ENGINE.map((one) => [one.page, one.first])])
    expect(blocks.filter(({ file, first }) => file === page && first === command)).toHaveLength(1);
});

test.each(ENDS_WELL)(
  "%s: %s ... ends well",
  (file, command) => {
    const { text } = blocks.find((block) => block.file === file && block.first === command)!;
    const folder = reader.folder();
    writeFiles(folder, readPage(file));
    // Files that the pages speak of and do not show.
    const compose = "services:\n  web:\n    image: nginx:1.27\n    profiles: [store]\n";
    for (const [name, content] of Object.entries({
      "docker-compose.yml": compose,
      "production.yml": compose,
      "compose.yaml": compose,
      "staging.env": "",
      "notes.sh": "docker run -d --name web -p 8080:80 nginx:1.27\n",
      "lines.sh": "docker run -d --name web -p 8080:80 nginx:1.27\n",
    }))
      writeFileSync(join(folder, name), content);
    cpSync(join(ROOT, "stacks/notes/docker.md"), join(folder, "docker.md"));
    cpSync(join(ROOT, "stacks/manifests"), join(folder, "deploy"), { recursive: true });
    cpSync(join(ROOT, "stacks/manifests/guestbook.yaml"), join(folder, "app.yaml"));
    // Of the reader's own shells.
    const shells = "mkdir -p ~/.local/share/bash-completion/completions ~/.config/fish/completions; compdef() { :; }";
    const { code, output } = reader.type(`${shells}\n${text}`, folder);
    expect({ code, output }).toEqual({ code: 0, output });
  },
  120_000,
);
