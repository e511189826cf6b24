import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { FakeSsh } from "../fakeSsh";
import { PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { Reader, writeFiles } from "../unit/documents/checkout";
import { readPage } from "../unit/documents/markdown";
import { excerpt, shownIn } from "../unit/documents/output";
import { FOLDERS, type Typed, WITH_ENGINE } from "../unit/documents/withEngine";
import { missingCluster } from "./cluster";
import { assertFree, cleanUp, docker, DOCKER_HOST, missingLab, ROOT, Stack, works } from "./liveStack";

// In Chinese they are the same: tests/unit/documents/languages.test.ts.

cleanUp();

const LACKING: Record<NonNullable<Typed["needs"]>, string | undefined> = {
  cluster: missingCluster,
  go: onPath("pulumi-language-go") && onPath("go") ? undefined : "no Go, or no pulumi-language-go, on PATH",
};

describeIf(missingLab, "the pages", () => {
  const reader = new Reader();
  // What the pages call gpu1.
  const ssh = new FakeSsh();
  let packed: PackedPackage;
  let environment: NodeJS.ProcessEnv;
  /** With language hosts that are on PATH. */
  let onPathToo: NodeJS.ProcessEnv;
  let before: string[];
  let prepared: string;
  /** Folders of the host that are not there without these tests. */
  let own: string[] = [];
  let alone = false;

  const swarm = () => docker("info", "--format", "{{.Swarm.LocalNodeState}}");
  const all = () => docker("ps", "-a", "--format", "{{.Names}}").split("\n").filter(Boolean);

  beforeAll(async () => {
    assertFree(["web", "db", "shop-cache", "nginx01", "box01", "box02", "mysql1", "ada"], ["web-data", "mysql"]);
    const used = FOLDERS.filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
    if (used.length) throw new Error(`${used.join(", ")}: somebody has something there, and the pages write to it`);
    own = FOLDERS.filter((folder) => !existsSync(folder));
    for (const folder of own) mkdirSync(folder, { recursive: true });
    before = all();
    alone = swarm() === "inactive";
    packed = new PackedPackage();
    reader.clone();
    symlinkSync(join(ROOT, "tests"), join(reader.checkout, "tests"));
    ssh.leadTo(DOCKER_HOST);
    prepared = mkdtempSync(join(tmpdir(), "berth-pages-"));
    packed.install(prepared);
    const bin = join(reader.top, "bin");
    // What npm and npx do in a checkout and in a project, where all that is fetched is there already.
    for (const [name, text] of Object.entries({
      npm: `case "$1 $2" in
        "run package") cp ${packed.file} pulumi-berth-0.1.0.tgz ;;
        "run up" | "run destroy") command=$2; shift 3; exec npx berth $command "$@" ;;
        "install " | "ci ") ln -s ${prepared}/node_modules node_modules ;;
        "run check") exec node node_modules/typescript/bin/tsc ;;
        "test ") exec node node_modules/jest/bin/jest.js ;;
        *) echo "npm $* is not known here"; exit 1 ;;
      esac`,
      npx: `shift; own=$PWD/node_modules/pulumi-berth/cli/berth.js; [ -f "$own" ] || own=${reader.checkout}/cli/berth.js; exec node "$own" "$@"`,
    })) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const {
      PULUMI_BACKEND_URL: _,
      PULUMI_CONFIG_PASSPHRASE: __,
      ...others
    } = (await Stack.create("pages")).environment;
    environment = {
      ...others,
      HOME: reader.top,
      PATH: `${bin}:${ssh.bin}:${process.env.PATH}`,
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      // The reader says yes.
      PULUMI_SKIP_CONFIRMATIONS: "true",
    };
    onPathToo = { ...environment, PULUMI_IGNORE_AMBIENT_PLUGINS: "false" };
  }, 600_000);
  afterAll(() => {
    if (alone && swarm() === "active") docker("swarm", "leave", "--force");
    // Some go by themselves, with the Swarm.
    if (before) for (const name of all().filter((one) => !before.includes(one))) works("rm", "-f", name);
    for (const folder of own) rmSync(folder, { recursive: true, force: true });
    packed?.remove();
    reader.close();
    ssh.close();
    if (prepared) rmSync(prepared, { recursive: true, force: true });
  });

  for (const typed of WITH_ENGINE) {
    const { page: file, first, needs, before: done = "", answers = "", after = "" } = typed;
    describeIf(needs && LACKING[needs], file, () => {
      test(first, () => {
        const { folder, project, terminal, fails = false } = typed;
        const page = readPage(file);
        const block = page.blocks.find(
          ({ language, text }) => language === "sh" && text.split("\n")[0]!.replace(/\s+#.*$/, "") === first,
        )!;
        const cwd = folder ? join(reader.top, folder) : reader.checkout;
        mkdirSync(cwd, { recursive: true });
        const type = (commands: string, options = {}) =>
          reader.type(commands, cwd, reader.top, {
            environment: needs === "go" ? onPathToo : environment,
            ...options,
          });
        const ready = (commands: string) =>
          expect({ ...type(commands), commands }).toMatchObject({ code: 0, commands });
        if (project) {
          ready("npx berth init .; npm install");
          writeFiles(cwd, page);
        }
        ready(done);
        const { code, output } = type(block.text + (after && `\n${after}`), { input: answers, terminal });
        expect({ code, output }).toEqual({ code: fails ? 1 : 0, output });
        const shown = shownIn(page).find(({ line }) => line === block.line);
        if (fails) expect(output).toMatch(excerpt(shown!.output));
      }, 300_000);
    });
  }
});
