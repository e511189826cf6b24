import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// jest loads modules by itself, so that what a command loads is seen in a process of its own.
const ROOT = join(__dirname, "../../..");

const node = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (!stdout) throw new Error(stderr);
  return stdout;
};

const run = (patches: string, program: string) =>
  JSON.parse(node(["-r", patches, "-e", program]).trim().split("\n").at(-1)!) as unknown;

const LOADED = `const loaded = (part) => Object.keys(require.cache).some((file) => file.includes(part));`;

test.each(["pulumiCommand", "state", "fromRun", "commands", "main"])(
  "%s is loaded without the SDK, so that the CLI and short commands begin at once",
  (module) => {
    expect(
      run(
        "./core/loadTypescript.js",
        `${LOADED} require("./cli/${module}"); console.log(JSON.stringify([loaded("cli/${module}"), loaded("@pulumi/pulumi")]))`,
      ),
    ).toEqual([true, false]);
  },
);

test("what only `pulumi --tracing` asks for is loaded for that alone", () => {
  const traced = `
    const tracing = require("@pulumi/pulumi/cmd/run/tracing");
    tracing.newSpan("before").end();
    const before = loaded("opentelemetry/exporter-zipkin");
    tracing.start("http://127.0.0.1:9/api/v2/spans");
    const span = tracing.newSpan("one");
    console.log(JSON.stringify([before, loaded("opentelemetry/exporter-zipkin"), span.isRecording()]));
    process.exit();`;
  expect(run("./core/pulumi/patches/lazyLoading.js", LOADED + traced)).toEqual([false, true, true]);
});

test("what Node.js has compiled is kept beside the packages, or where NODE_COMPILE_CACHE says", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-compiled-"));
  try {
    node(["cli/berth.js", "--version"], { NODE_COMPILE_CACHE: undefined });
    expect(existsSync(join(ROOT, "node_modules/.cache/berth/compiled"))).toBe(true);
    node(["cli/berth.js", "--version"], { NODE_COMPILE_CACHE: folder });
    expect(readdirSync(folder)).not.toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
