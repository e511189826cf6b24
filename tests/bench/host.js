// An unchanged host stack against an empty program: the preview of a DaemonConfig that is as declared, over SSH. Needs the
// Pulumi CLI, the real command plugin, and a host of the lab with an engine on it:
//
//   eval "$(tests/live/lab/host.sh up bench)"
//   tests/live/lab/host.sh exec bench -- sh -c 'apt-get -q -y update && apt-get -q -y install docker.io'
//   node tests/bench/host.js; tests/live/lab/host.sh down bench
const { spawnSync } = require("node:child_process");
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { median, run } = require("./run");

const root = join(__dirname, "..", "..");
const work = join(root, ".berth", "bench-host");
const rounds = Number(process.env.ROUNDS ?? 9);
const { BERTH_HOST_ADDRESS, BERTH_HOST_KEY_FILE, BERTH_HOST_PUBLIC } = process.env;

// The project's own program, as a user runs it: the settings choose the stack.
const PROGRAMS = {
  host: `module.exports = require(${JSON.stringify(root)} + "/index.js");`,
  empty: 'require("@pulumi/pulumi");',
};
const CONFIG = {
  "berth:program": "host",
  "host:address": BERTH_HOST_ADDRESS,
  "host:user": "root",
  "host:identityFile": BERTH_HOST_KEY_FILE,
  "host:hostKey": BERTH_HOST_PUBLIC,
  "host:registryMirrors": '["https://mirror.example.com"]',
};

const env = (folder) => ({
  ...process.env,
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CONFIG_PASSPHRASE: "bench",
  PULUMI_SKIP_UPDATE_CHECK: "true",
});

function prepare(kind) {
  const folder = join(work, kind);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    `name: bench-${kind}\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`,
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `bench-${kind}`, main: "index.js" }));
  writeFileSync(join(folder, "index.js"), PROGRAMS[kind]);
  const made = spawnSync("pulumi", ["stack", "init", "bench"], { cwd: folder, env: env(folder) });
  if (made.status !== 0) throw new Error(String(made.stderr));
  if (kind === "host") writeFileSync(join(folder, "Pulumi.bench.yaml"), JSON.stringify({ config: CONFIG }));
  return folder;
}

async function main() {
  if (!BERTH_HOST_ADDRESS) throw new Error("no host: see the beginning of this file");
  const kinds = Object.keys(PROGRAMS);
  const folders = Object.fromEntries(kinds.map((kind) => [kind, prepare(kind)]));
  const pulumi = (kind, ...args) =>
    run("pulumi", [...args, "--stack", "bench"], { cwd: folders[kind], env: env(folders[kind]) });
  for (const kind of kinds) await pulumi(kind, "up", "--yes", "--skip-preview");
  const results = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++)
    for (const kind of kinds) results[kind].push(await pulumi(kind, "preview", "--expect-no-changes"));
  const seconds = (kind) => median(results[kind].map((result) => result.seconds));
  const memory = (kind) => Math.round(Math.max(...results[kind].map((result) => result.memory)));
  for (const kind of kinds) console.log(`${kind}: ${seconds(kind).toFixed(2)} s, ${memory(kind)} MiB`);
  console.log(`host / empty ${(seconds("host") / seconds("empty")).toFixed(2)} (bar: 1.3)`);
  await pulumi("host", "destroy", "--yes", "--skip-preview");
  rmSync(work, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
