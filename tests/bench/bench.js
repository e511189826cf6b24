// Side by side in one run, berth as the package in a project as `berth init` makes it:
//
//     npm run bench -- [N ...]             docker compose (where there is one), plain docker.Container code, berth, and berth
//                                          with docker compose's own file; one network, N volumes, and N busybox containers
//                                          with a published port each; default 1 20 100
//     npm run bench -- swarm [N ...]       docker stack deploy and berth; one network and N services; default 1 20
//     npm run bench -- kubernetes [N ...]  kubectl and berth; N Deployments with a Service each; default 1 50
//
// berth goes by its own commands, plain code by those of the CLI. Needs the Pulumi CLI and the engine with its real plugin.
const { spawnSync } = require("node:child_process");
const { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { extract } = require("tar");
const { median, run } = require("./run");

const root = join(__dirname, "..", "..");
const work = join(root, ".berth", "bench");
/** What is measured: by default containers. */
const mode = ["swarm", "kubernetes"].find((word) => process.argv.includes(word)) ?? "docker";
const sizes = process.argv.slice(2).map(Number).filter(Boolean);
const rounds = Number(process.env.ROUNDS ?? 3);
const BASE_PORT = 21000;

// Compose speaks the newest API unless told which one the engine knows.
const { stdout: api } = spawnSync("docker", ["version", "--format", "{{.Server.APIVersion}}"], { encoding: "utf8" });

const env = (folder) => ({
  ...process.env,
  DOCKER_API_VERSION: api.trim(),
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CONFIG_PASSPHRASE: "bench",
  PULUMI_SKIP_UPDATE_CHECK: "true",
});

/** A file of variables: with it, one service of N is declared differently. */
const CHANGED = 'require("node:fs").existsSync(".env")';
const OWN = ["berth", "file", "swarm", "cluster"];
/** What berth is beside. */
const RIVAL = { docker: "plain", swarm: "stack", kubernetes: "kubectl" }[mode];
const SIZES = { docker: [1, 20, 100], swarm: [1, 20], kubernetes: [1, 50] }[mode];
const NAMESPACES = { kubectl: "bench-kubectl", cluster: "bench-berth" };

const PROGRAMS = {
  empty: () => 'require("@pulumi/pulumi");',
  plain: (n) => `
const docker = require("@pulumi/docker");
const network = new docker.Network("net", { name: "bench-plain" });
const image = new docker.RemoteImage("busybox", { name: "busybox", keepLocally: true });
for (let i = 0; i < ${n}; i++) {
  const volume = new docker.Volume("data" + i, { name: "bench-plain-" + i });
  new docker.Container("c" + i, {
    name: "bench-plain-" + i, image: image.imageId, command: ["sleep", "3600"], init: true,
    envs: i === 0 && ${CHANGED} ? ["CHANGED=1"] : undefined,
    ports: [{ internal: 80, external: ${BASE_PORT} + i }],
    volumes: [{ volumeName: volume.name, containerPath: "/data" }],
    networksAdvanced: [{ name: network.name }],
  });
}`,
  berth: (n) => `
import { existsSync } from "node:fs";
import { BridgeNetwork, program, Service } from "pulumi-berth";

export = program(() => {
  const network = new BridgeNetwork("bench-berth");
  for (let i = 0; i < ${n}; i++)
    new Service("bench-berth-" + i, {
      image: "busybox", command: ["sleep", "3600"], init: true, ports: [\`\${${BASE_PORT} + i}:80\`],
      environment: i === 0 && existsSync(".env") ? { CHANGED: "1" } : undefined,
      volumes: [\`bench-berth-\${i}:/data\`], networks: [network.networkName], removeData: true,
    });
});`,
  file: () => `
import { ComposeProject, program } from "pulumi-berth";

export = program(() => {
  new ComposeProject("bench-file", { files: ["compose.yaml"], removeVolumes: true });
});`,
  swarm: (n) => `
import { OverlayNetwork, program, SwarmService } from "pulumi-berth";

export = program(() => {
  const network = new OverlayNetwork("bench-swarm");
  for (let i = 0; i < ${n}; i++)
    new SwarmService("bench-swarm-" + i, {
      image: "busybox", command: ["sleep", "3600"], init: true, networks: [network.networkName], stopGracePeriod: "1s",
    });
});`,
  cluster: (n) => `
import { program, Service } from "pulumi-berth";

export = program(() => {
  for (let i = 0; i < ${n}; i++)
    new Service("app-" + i, {
      engine: "kubernetes", image: "busybox", command: ["sleep", "3600"], expose: ["80"], stopGracePeriod: "1s",
    });
});`,
};

/** What npm installs: the package, beside what this checkout has. */
const modules = join(work, "node_modules");

function pack() {
  rmSync(modules, { recursive: true, force: true });
  const own = join(modules, "pulumi-berth");
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")).filter((each) => !each.startsWith(".")))
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  const packed = spawnSync("npm", ["run", "--silent", "package", "--", "--pack-destination", work], {
    cwd: root,
    encoding: "utf8",
  });
  if (packed.status !== 0) throw new Error(packed.stderr);
  extract({ file: join(work, packed.stdout.trim().split("\n").at(-1)), cwd: own, strip: 1, sync: true });
}

function composeFile(n, kind) {
  const services = Array.from(
    { length: n },
    (_, i) =>
      `  s${i}:\n    image: busybox\n    command: ["sleep", "3600"]\n    init: true\n    ports: ["${BASE_PORT + i}:80"]\n    volumes: ["d${i}:/data"]\n${i ? "" : '    environment: ["CHANGED=${CHANGED:-0}"]\n'}`,
  );
  const volumes = Array.from({ length: n }, (_, i) => `  d${i}:\n`);
  return `name: bench-${kind}\nservices:\n${services.join("")}volumes:\n${volumes.join("")}`;
}

function stackFile(n) {
  const service = (i) =>
    `  s${i}:\n    image: busybox\n    command: ["sleep", "3600"]\n    init: true\n    stop_grace_period: 1s\n`;
  return `version: "3.8"\nservices:\n${Array.from({ length: n }, (_, i) => service(i)).join("")}`;
}

/** What berth asks a cluster for, without its marks. */
function manifests(n) {
  const folder = prepare("cluster", n);
  const [command, ...args] = berth("export", "--to", "kubernetes");
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, env: env(folder), encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function prepare(kind, n) {
  const folder = join(work, `${kind}-${n}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (kind === "stack") writeFileSync(join(folder, "stack.yaml"), stackFile(n));
  if (kind === "compose" || kind === "file") writeFileSync(join(folder, "compose.yaml"), composeFile(n, kind));
  if (kind === "kubectl") writeFileSync(join(folder, "app.yaml"), manifests(n));
  if (kind in PROGRAMS) {
    const own = OWN.includes(kind);
    const options = own ? "    typescript: false\n    nodeargs: --require pulumi-berth/fast" : "    typescript: false";
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      `name: bench-${kind}\nruntime:\n  name: nodejs\n  options:\n${options}\n`,
    );
    const main = own ? "index.ts" : "index.js";
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `bench-${kind}`, main }));
    writeFileSync(join(folder, main), PROGRAMS[kind](n));
    symlinkSync(modules, join(folder, "node_modules"));
    const made = spawnSync("pulumi", ["stack", "init", "bench"], { cwd: folder, env: env(folder) });
    if (made.status !== 0) throw new Error(String(made.stderr));
    if (kind === "cluster")
      appendFileSync(join(folder, "Pulumi.bench.yaml"), `config:\n  kubernetes:namespace: ${NAMESPACES.cluster}\n`);
  }
  return folder;
}

const WAIT = (deploy) =>
  `${deploy} && while docker service ls --filter label=com.docker.stack.namespace=bench-stack --format '{{.Replicas}}' | grep -qv 1/1; do sleep 0.2; done`;

const kubectl = (...words) => ["kubectl", "-n", NAMESPACES.kubectl, ...words];
/** `kubectl apply` returns before anything runs. */
const CLUSTER_UP = [
  kubectl("apply", "-f", "app.yaml"),
  kubectl("wait", "--for=condition=Available", "deployment", "--all"),
];

const COMPOSE_UP = ["docker", "compose", "up", "-d"];
const PLAIN_UP = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "bench"];
const STACK_UP = ["sh", "-c", WAIT("docker stack deploy -c stack.yaml bench-stack")];
const berth = (command, ...more) => [
  process.execPath,
  join(modules, "pulumi-berth/cli/berth.js"),
  command,
  "bench",
  ...more,
];

/** `same` is `up` where nothing has changed, `change` with one service of N changed. */
const STEPS = {
  compose: {
    up: COMPOSE_UP,
    preview: COMPOSE_UP,
    same: COMPOSE_UP,
    change: COMPOSE_UP,
    destroy: ["docker", "compose", "down", "-v"],
  },
  // `docker stack deploy` returns before anything runs; waiting is part of what is asked for.
  stack: {
    up: STACK_UP,
    preview: STACK_UP,
    destroy: [
      "sh",
      "-c",
      "docker stack rm bench-stack; while docker network inspect bench-stack_default; do sleep 0.2; done",
    ],
  },
  kubectl: {
    up: ["sh", "-c", CLUSTER_UP.map((words) => words.join(" ")).join(" && ")],
    preview: kubectl("diff", "-f", "app.yaml"),
    destroy: kubectl("delete", "-f", "app.yaml", "--cascade=foreground"),
  },
  plain: {
    up: PLAIN_UP,
    preview: ["pulumi", "preview", "--expect-no-changes", "--stack", "bench"],
    same: PLAIN_UP,
    change: PLAIN_UP,
    destroy: ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", "bench"],
  },
  berth: {
    up: berth("up", "--yes"),
    preview: berth("preview", "--expect-no-changes"),
    same: berth("up", "--yes"),
    change: berth("up", "--yes"),
    destroy: berth("destroy", "--yes"),
  },
};
const TITLES = { preview: "nothing changed, preview", same: "nothing changed, up", change: "one of N changed, up" };
const AGAIN = ["preview", "same"];

/** Milliseconds to read and check a compose file of 200 services, in a process of its own. */
function reading() {
  const folder = join(work, "reading");
  mkdirSync(folder, { recursive: true });
  const service = (i) => `  s${i}:
    <<: *common
    image: registry.example/team/app${i}:1.${i}
    command: ["serve", "--port", "8080"]
    ports: ["${BASE_PORT + i}:8080"]
    environment:
      DB_HOST: db${i}
      LEVEL: \${LEVEL:-info}
      WORKERS: "4"
    volumes:
      - d${i}:/var/lib/app
      - ./conf:/etc/app:ro
    networks: [front, back]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/health"]
      interval: 10s
      retries: 5
    deploy:
      resources:
        limits: { memory: 256m, cpus: "0.5" }
`;
  const services = Array.from({ length: 200 }, (_, i) => service(i)).join("");
  const volumes = Array.from({ length: 200 }, (_, i) => `  d${i}:\n`).join("");
  const common = "x-common: &common\n  restart: unless-stopped\n  logging: { driver: json-file }\n";
  writeFileSync(
    join(folder, "compose.yaml"),
    `name: reading\n${common}services:\n${services}networks:\n  front:\n  back:\nvolumes:\n${volumes}`,
  );
  const program = `
    require("sucrase/register/ts");
    const { loadCompose } = require(${JSON.stringify(root)} + "/core/readers/compose");
    const began = process.hrtime.bigint();
    loadCompose({}, { folder: ${JSON.stringify(folder)}, environment: {} });
    console.log(Number(process.hrtime.bigint() - began) / 1e6);`;
  const once = () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return Number(stdout);
  };
  return Array.from({ length: 5 }, once);
}

async function main() {
  mkdirSync(work, { recursive: true });
  pack();
  const compose = spawnSync("docker", ["compose", "version"]).status === 0;
  console.log(`reading a compose file of 200 services: ${Math.round(median(reading()))} ms`);
  const contenders = {
    docker: [...(compose ? ["compose"] : []), "plain", "berth", "file"],
    swarm: ["stack", "swarm"],
    kubernetes: ["kubectl", "cluster"],
  }[mode];
  const [own] = contenders.filter((kind) => OWN.includes(kind));
  console.log(`| N | step | ${contenders.join(" | ")} | ${own} / ${RIVAL} |`);
  if (!compose && mode === "docker") console.log("docker compose is not installed: left out");
  for (const n of sizes.length ? sizes : SIZES) {
    const kinds = [...contenders, ...(n === 1 && mode === "docker" ? ["empty"] : [])];
    const folders = Object.fromEntries(kinds.map((kind) => [kind, prepare(kind, n)]));
    const results = {};
    const record = (step, kind, result) => {
      results[step] ??= {};
      results[step][kind] ??= [];
      results[step][kind].push(result);
    };
    // The contenders share the host ports, so each runs whole, and the rounds alternate.
    for (let round = 0; round < (n > 20 ? 1 : rounds); round++) {
      for (const kind of kinds) {
        const steps = STEPS[kind] ?? (kind === "empty" ? STEPS.plain : STEPS.berth);
        for (const step of Object.keys(STEPS[RIVAL])) {
          if (step === "change") writeFileSync(join(folders[kind], ".env"), "CHANGED=1\n");
          for (let time = 0; time < (AGAIN.includes(step) ? rounds : 1); time++) {
            const [command, ...args] = steps[step];
            record(step, kind, await run(command, args, { cwd: folders[kind], env: env(folders[kind]) }));
          }
        }
        rmSync(join(folders[kind], ".env"), { force: true });
      }
    }
    for (const [step, byKind] of Object.entries(results)) {
      const cell = (kind) =>
        `${median(byKind[kind].map((r) => r.seconds)).toFixed(1)} s, ${Math.round(Math.max(...byKind[kind].map((r) => r.memory)))} MiB`;
      const ratio = (a, b) =>
        (median(byKind[a].map((r) => r.seconds)) / median(byKind[b].map((r) => r.seconds))).toFixed(2);
      const shown = kinds.filter((kind) => kind !== "empty").map(cell);
      console.log(
        `| ${n} | ${TITLES[step] ?? step} | ${shown.join(" | ")} | ${ratio(own, RIVAL)} |${step === "preview" && byKind.empty ? ` empty program: ${cell("empty")}; berth / empty ${ratio("berth", "empty")}` : ""}`,
      );
    }
  }
}

/** Each side has a namespace of its own. */
const namespaces = (verb) => {
  const { status, stderr } = spawnSync("kubectl", [verb, "-f", "-"], {
    input: Object.values(NAMESPACES)
      .map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`)
      .join("---\n"),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
};

async function inNamespaces() {
  namespaces("create");
  await main().finally(() => namespaces("delete"));
}

(mode === "kubernetes" ? inNamespaces : main)().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
