// A GpuWorkspace of 50 people against plain docker.Container code for the same containers: the preview of an empty
// stack, so that nothing is made. Needs a Docker engine that has GPUs to give, the Pulumi CLI and the real Docker plugin. `node tests/bench/workspace.js`
const { spawnSync } = require("node:child_process");
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { median, run } = require("./run");

const root = join(__dirname, "..", "..");
const work = join(root, ".berth", "bench");
const rounds = Number(process.env.ROUNDS ?? 5);
const PEOPLE = 50;

const PROGRAMS = {
  plain: `
const docker = require("@pulumi/docker");
const image = new docker.RemoteImage("busybox", { name: "busybox", keepLocally: true });
for (let i = 0; i < ${PEOPLE}; i++) {
  new docker.Container("person" + i, {
    name: "bench-person" + i, image: image.imageId, command: ["sleep", "infinity"], workingDir: "/workspace",
    pidMode: "host", restart: "unless-stopped", shmSize: 8192,
    deviceRequests: [{ driver: "nvidia", deviceIds: [String(i)], capabilities: ["gpu"] }],
    ports: [{ internal: 8888, external: 22000 + i }],
    volumes: [{ hostPath: ${JSON.stringify(work)} + "/homes/" + i, containerPath: "/workspace" }],
  });
}`,
  berth: `
delete require.extensions[".ts"];
require(${JSON.stringify(root)} + "/core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");
const { connectEngine } = require(${JSON.stringify(root)} + "/core/engines/dockerApi/session");
const { allOrNothing } = require(${JSON.stringify(root)} + "/core/pulumi/allOrNothing");
require(${JSON.stringify(root)} + "/core/pulumi/patches/shortStackTraces").shortenStackTraces();
module.exports = async () => {
  const { GpuWorkspace } = require(${JSON.stringify(root)} + "/components/gpuWorkspace");
  await connectEngine();
  return allOrNothing(() => {
    const people = Array.from({ length: ${PEOPLE} }, (_, i) => ({
      name: "bench-person" + i, gpus: [i], port: 22000 + i, targetPort: 8888, folder: ${JSON.stringify(work)} + "/homes/" + i,
    }));
    new GpuWorkspace("lab", { image: "busybox", hostPid: true, people });
  });
};`,
};

const env = (folder) => ({
  ...process.env,
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CONFIG_PASSPHRASE: "bench",
  PULUMI_SKIP_UPDATE_CHECK: "true",
});

function prepare(kind) {
  const folder = join(work, `workspace-${kind}`);
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
  return folder;
}

async function main() {
  for (let i = 0; i < PEOPLE; i++) mkdirSync(join(work, "homes", String(i)), { recursive: true });
  const kinds = Object.keys(PROGRAMS);
  const folders = Object.fromEntries(kinds.map((kind) => [kind, prepare(kind)]));
  const results = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++)
    for (const kind of kinds)
      results[kind].push(
        await run("pulumi", ["preview", "--stack", "bench"], { cwd: folders[kind], env: env(folders[kind]) }),
      );
  const seconds = (kind) => median(results[kind].map((result) => result.seconds));
  const memory = (kind) => Math.round(Math.max(...results[kind].map((result) => result.memory)));
  for (const kind of kinds) console.log(`${kind}: ${seconds(kind).toFixed(1)} s, ${memory(kind)} MiB`);
  console.log(`berth / plain ${(seconds("berth") / seconds("plain")).toFixed(2)} (bar: 1.5)`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
