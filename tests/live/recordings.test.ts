import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { commandsIn, RECORDED } from "../unit/documents/recorded";
import { assertFree, cleanUp, docker, freePort, missingLab, ROOT, Stack, until, works } from "./liveStack";

// BERTH_RECORD=1 writes what is printed into the pages, in place of comparing it.

cleanUp();

const PAGES = { en: "docs/recordings.md", zh: "docs/zh-CN/recordings.md" };
const BLOCK = /```text\n([\s\S]*?)```/g;

/** Rows of the CLI that come and go with the speed of the machine. */
const PROGRESS = [
  /^@ /,
  /\b(?:creating|updating|deleting|replacing|reading)\b.*$/,
  // Of a stack and a component: what they wait for.
  /^ {4}\S+:\S+:\S+ \S+(?: +error: .*)?$/,
];

/** A page without what differs from run to run; rows of one command in order, as two resources have none. */
function compared(page: string): string[] {
  const steps = page.split(/^(?=\$ |```|#)/m);
  return steps.map((step) => {
    const [first = "", ...rows] = step
      .replace(/\d+m\d+s\b/g, "1s")
      .replace(/\b\d+(?:\.\d+)?(?= ?(?:s|ms|秒)(?![a-z]))/g, "1")
      .replace(/\b\d+(?:\.\d+)? (?:[KM]iB|B)\b/g, "1 B")
      .replace(/\b(?:\d+|an?|Less than a) (?:second|minute)s?\b/g, "1 second")
      .replace(/\d+ 分钟/g, "1 秒")
      .replace(/\b[0-9a-f]{12,64}\b/g, "1")
      .replace(/\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8} \+\d{4}/g, "now")
      .replace(/^[\d.]+ - - /gm, "1.1.1.1 - - ")
      .replace(/(?<=\S) {2,}/g, "  ")
      .split("\n");
    return [first, ...rows.filter(Boolean).sort()].join("\n");
  });
}

describeIf(missingLab, "the recordings", () => {
  let packed: PackedPackage;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  let free = false;
  // As wide as those of the page, whose columns they stand in.
  const free4 = (from: number): string => (freePort(from) === from ? String(from) : free4(from + 1));
  const ports = { "8080": free4(8300), "8081": free4(8400) };

  beforeAll(async () => {
    assertFree(["web"], ["web-data"]);
    free = true;
    packed = new PackedPackage();
    // Outside of the checkout, so that nothing of it is found.
    folder = mkdtempSync(join(tmpdir(), "berth-recordings-"));
    const {
      PULUMI_BACKEND_URL: _,
      PULUMI_CONFIG_PASSPHRASE: __,
      ...others
    } = (await Stack.create("recordings")).environment;
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const [name, text] of Object.entries({
      npx: `shift; own=$PWD/node_modules/pulumi-berth/cli/berth.js; [ -f "$own" ] || own=${join(ROOT, "cli/berth.js")}; exec ${process.execPath} "$own" "$@"`,
      npm: "exit 0",
    })) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    environment = {
      ...others,
      PATH: `${bin}:${process.env.PATH}`,
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    };
  }, 600_000);
  afterAll(() => {
    packed?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
    if (free) clear();
  });

  function clear(): void {
    if (works("container", "inspect", "web")) docker("rm", "-f", "web");
    if (works("volume", "inspect", "web-data")) docker("volume", "rm", "web-data");
  }

  /** What a row prints, without rows of progress, and with the ports and folders that the page names. */
  async function printed(row: string, top: string, language: string): Promise<string> {
    const healthy = () => docker("inspect", "web", "--format", "{{.State.Health.Status}}") === "healthy";
    if (row.startsWith("npx berth status")) await until("web is healthy", healthy, 60);
    const line = Object.entries(ports).reduce((text, [shown, real]) => text.replaceAll(shown, real), row);
    const web = join(top, "web");
    const { stdout } = spawnSync("bash", ["-c", `exec 2>&1; ${line}`], {
      cwd: row.startsWith("npx berth init") || row.startsWith("cd ") ? top : web,
      env: { ...environment, BERTH_LANG: language, LC_ALL: "C" },
      encoding: "utf8",
      timeout: 200_000,
    });
    if (row.startsWith("cd ")) packed.install(web);
    const rows = Object.entries(ports)
      .reduce((text, [shown, real]) => text.replaceAll(real, shown), stdout.replaceAll(top, "~"))
      .split("\n")
      .map((output) => output.trimEnd())
      .filter((output) => !PROGRESS.some((one) => one.test(output)));
    // A preview names the stack first and last.
    return rows
      .filter((output, index) => !/^ . {2}\S+ \S+ create$/.test(output) || !rows.includes(output, index + 1))
      .join("\n")
      .replace(/\n{3,}/g, "\n\n")
      .replace(/^\n+|\n+$/g, "");
  }

  async function recordedNow(page: string, top: string, language: string): Promise<string> {
    const blocks: string[] = [];
    for (const [, block] of page.matchAll(BLOCK)) {
      const steps: string[] = [];
      for (const row of commandsIn(block!)) steps.push(`$ ${row}\n${await printed(row, top, language)}`.trimEnd());
      blocks.push(`\`\`\`text\n${steps.join("\n")}\n\`\`\``);
    }
    return page.replace(BLOCK, () => blocks.shift()!);
  }

  test.each(Object.entries(PAGES))(
    "show what is printed, %s",
    async (language, file) => {
      expect(RECORDED).toContain(file);
      const top = join(folder, language);
      mkdirSync(top);
      const page = readFileSync(join(ROOT, file), "utf8");
      const recorded = await recordedNow(page, top, language);
      clear();
      expect(existsSync(join(top, "web/monday.tar"))).toBe(true);
      if (process.env.BERTH_RECORD) writeFileSync(join(ROOT, file), recorded);
      else expect(compared(recorded)).toEqual(compared(page));
    },
    600_000,
  );
});
