// Side by side in one run: `kubectl apply` and berth, N apps each (a Deployment and a Service, the same manifests for
// both). Needs a cluster (KUBECONFIG), kubectl, the Pulumi CLI and the real Kubernetes plugin.
// `npm run bench:kubernetes -- [N ...]`, default 1 50.
//
// kubectl apply returns before anything runs, so its time with `kubectl wait` for all Deployments stands beside it: berth waits.
const { spawnSync } = require("node:child_process");
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { median, run } = require("./run");

const root = join(__dirname, "..", "..");
const work = join(root, ".berth", "bench-kubernetes");
const sizes = process.argv.slice(2).map(Number).filter(Boolean);
const rounds = Number(process.env.ROUNDS ?? 3);
const NAMESPACES = { kubectl: "bench-kubectl", berth: "bench-berth" };
const IMAGE = process.env.BENCH_IMAGE ?? "busybox";

const env = (folder) => ({
  ...process.env,
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CONFIG_PASSPHRASE: "bench",
  PULUMI_SKIP_UPDATE_CHECK: "true",
});

/** What berth is told, for its program and for the manifests. */
const HEAD = `
delete require.extensions[".ts"];
require(${JSON.stringify(root)} + "/core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");`;
const SPEC = `const describe = (i) => ({
  image: ${JSON.stringify(IMAGE)}, containerName: "app-" + i, command: ["sleep", "3600"], expose: ["80"], stopGracePeriod: "1s",
});`;
const PROGRAM = (n) => `${HEAD}
require(${JSON.stringify(root)} + "/core/pulumi/patches/shortStackTraces").shortenStackTraces();
const { connectCluster } = require(${JSON.stringify(root)} + "/core/engines/kubernetes/session");
const { allOrNothing } = require(${JSON.stringify(root)} + "/core/pulumi/allOrNothing");
${SPEC}
module.exports = async () => {
  const { Service } = require(${JSON.stringify(root)} + "/components/service");
  await connectCluster();
  return allOrNothing(() => {
    for (let i = 0; i < ${n}; i++) new Service("app-" + i, { ...describe(i), engine: "kubernetes" });
  });
};`;
const EMPTY = 'require("@pulumi/pulumi");';

/** The manifests that berth would apply, without its marks. */
function manifests(n) {
  const program = `${HEAD}
    const { parseField } = require(${JSON.stringify(root)} + "/core/description/service");
    const { manifestsOf, workload } = require(${JSON.stringify(root)} + "/core/mapping/kubernetes/workload");
    ${SPEC}
    const context = { projectFolder: ".", outer: {} };
    const items = Array.from({ length: ${n} }, (_, i) => {
      const fields = Object.entries(describe(i)).map(([key, value]) => [key, parseField(key, value, context)]);
      return manifestsOf(workload(Object.fromEntries(fields), {}));
    }).flat();
    console.log(JSON.stringify({ apiVersion: "v1", kind: "List", items }));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function must(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

function prepareProgram(kind, source) {
  const folder = join(work, kind);
  mkdirSync(folder, { recursive: true });
  const config = {
    "kubernetes:namespace": { value: NAMESPACES.berth },
    "kubernetes:upsertExistingObjects": { value: true },
    "kubernetes:enablePatchForce": { value: true },
  };
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    JSON.stringify({ name: kind, runtime: { name: "nodejs", options: { typescript: false } }, config }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: kind, main: "index.js" }));
  writeFileSync(join(folder, "index.js"), source);
  const made = spawnSync("pulumi", ["stack", "init", "bench"], { cwd: folder, env: env(folder) });
  if (made.status !== 0) throw new Error(String(made.stderr));
  return folder;
}

/** Time of several commands, one after the other, and the largest of their memories. */
async function all(folder, ...commands) {
  const total = { seconds: 0, memory: 0 };
  for (const [command, ...args] of commands) {
    const { seconds, memory } = await run(command, args, { cwd: folder, env: env(folder) });
    total.seconds += seconds;
    total.memory = Math.max(total.memory, memory);
  }
  return total;
}

const PULUMI = {
  up: ["pulumi", "up", "--yes", "--skip-preview", "--stack", "bench"],
  again: ["pulumi", "preview", "--expect-no-changes", "--stack", "bench"],
  destroy: ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", "bench"],
};

async function round(n, folders, record) {
  const kubectl = (...args) => ["kubectl", "-n", NAMESPACES.kubectl, ...args];
  const file = join(work, "manifests.json");
  writeFileSync(file, manifests(n));
  const applied = await all(work, kubectl("apply", "-f", file));
  record("up", "kubectl", applied);
  const deployments = Array.from({ length: n }, (_, i) => `deployment/app-${i}`);
  const waited = await all(work, kubectl("wait", "--for", "condition=Available", "--timeout", "300s", ...deployments));
  record("up", "kubectl, waiting", { ...waited, seconds: applied.seconds + waited.seconds });
  for (let time = 0; time < rounds; time++) record("again", "kubectl", await all(work, kubectl("diff", "-f", file)));
  record("destroy", "kubectl", await all(work, kubectl("delete", "-f", file, "--cascade=foreground")));
  record("up", "berth", await all(folders.berth, PULUMI.up));
  for (let time = 0; time < rounds; time++) {
    record("again", "berth", await all(folders.berth, PULUMI.again));
    if (n === 1) record("again", "empty program", await all(folders.empty, PULUMI.again));
  }
  record("destroy", "berth", await all(folders.berth, PULUMI.destroy));
}

async function main() {
  for (const namespace of Object.values(NAMESPACES)) must("kubectl", "create", "namespace", namespace);
  try {
    console.log("| N | step | what | wall time | peak memory |\n| - | - | - | - | - |");
    for (const n of sizes.length ? sizes : [1, 50]) {
      rmSync(work, { recursive: true, force: true });
      const folders = { berth: prepareProgram("berth", PROGRAM(n)), empty: prepareProgram("empty", EMPTY) };
      await all(folders.empty, PULUMI.up);
      const results = {};
      const record = (step, kind, result) => {
        results[step] ??= {};
        results[step][kind] ??= [];
        results[step][kind].push(result);
      };
      for (let time = 0; time < (n > 10 ? 1 : rounds); time++) await round(n, folders, record);
      for (const [step, kinds] of Object.entries(results))
        for (const [kind, values] of Object.entries(kinds)) {
          const seconds = median(values.map((value) => value.seconds)).toFixed(1);
          const memory = Math.round(Math.max(...values.map((value) => value.memory)));
          console.log(`| ${n} | ${step === "again" ? "no change" : step} | ${kind} | ${seconds} s | ${memory} MiB |`);
        }
    }
  } finally {
    must("kubectl", "delete", "namespace", ...Object.values(NAMESPACES));
    rmSync(work, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
