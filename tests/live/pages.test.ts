import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { Reader } from "../unit/documents/checkout";
import { readPage } from "../unit/documents/markdown";
import { WITH_ENGINE } from "../unit/documents/withEngine";
import { assertFree, cleanUp, docker, missingLab, Stack } from "./liveStack";

// In Chinese they are the same: tests/unit/documents/languages.test.ts.

cleanUp();

describeIf(missingLab, "the pages", () => {
  const reader = new Reader();
  let packed: PackedPackage;
  let environment: NodeJS.ProcessEnv;
  let before: string[];
  let prepared: string;

  beforeAll(async () => {
    assertFree(["web", "db", "shop-cache", "nginx01", "box01", "box02"], ["web-data"]);
    before = all();
    packed = new PackedPackage();
    reader.clone();
    prepared = mkdtempSync(join(tmpdir(), "berth-pages-"));
    packed.install(prepared);
    const bin = join(reader.top, "bin");
    // What npm and npx do in a checkout and in a project, where all that is fetched is there already.
    for (const [name, text] of Object.entries({
      npm: `case "$1 $2" in
        "run package") cp ${packed.file} pulumi-berth-0.1.0.tgz ;;
        "run up" | "run destroy") command=$2; shift 3; exec npx berth $command "$@" ;;
        "install ") ln -s ${prepared}/node_modules node_modules ;;
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
      PATH: `${bin}:${process.env.PATH}`,
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      // The reader says yes.
      PULUMI_SKIP_CONFIRMATIONS: "true",
    };
  }, 600_000);
  afterAll(() => {
    packed?.remove();
    reader.close();
    if (prepared) rmSync(prepared, { recursive: true, force: true });
    if (before) for (const name of all().filter((one) => !before.includes(one))) docker("rm", "-f", name);
  });

  const all = () => docker("ps", "-a", "--format", "{{.Names}}").split("\n").filter(Boolean);

  test.each(WITH_ENGINE)(
    "$page: $first",
    ({ page, first, before: done = "", answers, after = "", folder }) => {
      const block = readPage(page).blocks.find(
        ({ language, text }) => language === "sh" && text.split("\n")[0]!.replace(/\s+#.*$/, "") === first,
      )!;
      const cwd = folder ? join(reader.top, folder) : reader.checkout;
      mkdirSync(cwd, { recursive: true });
      const type = (commands: string, input = "") => reader.type(commands, cwd, reader.top, { environment, input });
      const ready = type(done);
      expect({ ...ready, done }).toMatchObject({ code: 0 });
      const { code, output } = type(block.text + (after && `\n${after}`), answers);
      expect({ code, output }).toEqual({ code: 0, output });
    },
    300_000,
  );
});
