import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PIN, recordHistory, secret, service } from "./recordedHistory";

// A process of its own for each command: messages have one language in a process.

const ROOT = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "berth-chinese-"));
const states = join(folder, "states");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const web = (tag: string, pin: string, more = {}) =>
  service("web", { image: `nginx:${tag}`, ...more }, { image: `nginx:${tag}@${PIN(pin)}` });
const db = service("db", { image: "mysql:5.7", environment: { MYSQL_ROOT_PASSWORD: secret() } });

beforeAll(() => {
  mkdirSync(join(folder, "project"));
  writeFileSync(join(folder, "project/Pulumi.yaml"), "name: notes\nruntime: nodejs\n");
  writeFileSync(join(folder, "project/index.js"), "module.exports = {};\n");
  writeFileSync(join(folder, "broken.tar"), "no archive");
  recordHistory(states, [
    { resources: [...web("1.27", "a", { ports: ["80:80"], environment: { A: "1" } }), ...db] },
    { resources: [...web("1.28", "b", { ports: ["81:80"], environment: { A: "2" } }), ...db] },
    { resources: [...web("1.28", "c"), ...db] },
    { result: "failed", resources: [...service("web", { image: "nginx:1.99" }, { up: false }), ...db] },
    { message: "berth rollback: web as after update 1", resources: web("1.27", "a") },
    { kind: "refresh", resources: web("1.27", "a"), changes: { delete: 2 } },
    { kind: "destroy", resources: [] },
  ]);
});

/** What a command prints in Chinese, on both streams. */
function berth(args: string[], cwd: string): string {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(DOCKER|PULUMI|KUBE|BERTH)|proxy$/i.test(name)),
  );
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    cwd,
    encoding: "utf8",
    input: "",
    env: {
      ...environment,
      BERTH_LANG: "zh",
      PATH: join(folder, "bin"),
      HOME: folder,
      // Nobody answers.
      DOCKER_HOST: `unix://${folder}/no.sock`,
      HTTPS_PROXY: "http://127.0.0.1:9",
      PULUMI_BACKEND_URL: `file://${states}`,
      PULUMI_CONFIG_PASSPHRASE: "berth",
    },
  });
  return stdout + stderr;
}

/** Programs whose lines are typed as they stand. */
const TYPED = /^[│ ]*(?:docker|pulumi|berth|npx|npm|sudo|curl|kubectl|export|cat) .*$/gm;

/** Three words of English in a row, outside of what is typed. */
const english = (text: string) =>
  [
    ...text
      .replace(/`[^`]*`/g, "")
      .replace(TYPED, "")
      .matchAll(/(?<![\w./-])[a-z]{2,} [a-z]{2,} [a-z]{2,}(?![\w/])/g),
  ].map(([words]) => words);

test.each([
  ["settings"],
  ["plan", "tomcat"],
  ["look"],
  ["picture", "images"],
  ["doctor", "nginx"],
  ["doctor", "kubernetes"],
  ["status", "nginx"],
  ["history", "nobody"],
  ["rollback", "nginx", "--yes"],
  ["backup", "nginx"],
  ["restore", "nginx", "broken.tar"],
  ["images", "save", "nginx"],
  ["images", "load", "nginx", "broken.tar"],
  ["unbundle", "broken.tar"],
  ["outdated", "nginx"],
  ["mirrors", "https://mirror.example"],
  ["destroy", "nginx"],
  ["destroy", "nginx", "--yes"],
  ["from-running"],
  ["from-run", "docker run --isolation process --memory-swappiness 3 --tz UTC nginx"],
  ["from-run", "--to", "kubernetes", "docker run --cpuset-cpus 0 nginx"],
])(
  "berth %s %s %s %s says nothing in English",
  (...args) => {
    const words = args.map((word) => word.replace("broken.tar", join(folder, "broken.tar")));
    const said = berth(words, ROOT);
    expect(said).toMatch(/[\u4e00-\u9fff]/);
    expect(english(said.replaceAll(folder, ""))).toEqual([]);
  },
  60_000,
);

const NOTES = join(ROOT, "tests/unit/readers/notes");
/** What the notes of the readers' tests do not have, slip by slip. */
const SLIPS = `# 笔记

\`\`\`sh
docker build https://example.com/app.git -t app:1
docker run -d --name app app:1
docker build -t tool:1 - < Dockerfile
docker build -t made:1 .
docker build -t broken:1
docker run -d --name linked --link nobody nginx
docker service create --name web --hostnames x nginx
docker compose -f faulty.yml up -d
docker compose -f hollow.yml up -d
docker compose -f one.yml -f two.yml up -d
docker compose -f beside.yml up -d
docker stack deploy -c one.yml web
kubectl apply -f nowhere.yaml
kubectl create deployment web --image nginx
kubectl rollout undo deployment web
docker load -i images.tar
docekr ps
docker run
docker frobnicate
docker network disconnect net web
docker run -d --name late nginx # 报错
# docker run -d --name off nginx
\`\`\`

\`faulty.yml\`:

\`\`\`yaml
services:
  web:
    image: nginx
    prots: ["80:80"]
\`\`\`

\`hollow.yml\`:

\`\`\`yaml
services:
  web:
    image: <image>
\`\`\`

\`one.yml\`:

\`\`\`yaml
services:
  web:
    image: nginx
    ports: ["80:80"]
    env_file: .env
\`\`\`

\`two.yml\`:

\`\`\`yaml
services:
  web:
    restart: always
\`\`\`

\`\`\`yaml
    image: nginx
    ports:
      - "80:80"
\`\`\`

\`\`\`dockerfile
RUN apt-get update
\`\`\`

\`.env\`:

\`\`\`env
A=1
\`\`\`

\`\`\`sh
cat > nginx.conf <<EOF
worker_processes 1;
EOF
\`\`\`

\`\`\`sh
export A=1
\`\`\`

\`\`\`sh
# 只有注释
\`\`\`

\`\`\`text
while true; do docker compose ps; done
first row
second row
\`\`\`
`;

/** What berth says in a report about notes, without what the notes themselves say. */
const aboutNotes = (report: string) =>
  report
    .replace(/^( {2}第 \d+ 行 {2})(?:([^：\n]*：))?.*$/gm, "$1$2")
    .replace(/^ {6}.*\(\d[\d, ]*\),?$/gm, "")
    .replace(/^ {6}填写：.*$/gm, "")
    .replace(/docker network (?:create|connect)/g, "");

test.each([...readdirSync(NOTES).filter((name) => name.endsWith(".md")), "slips.md"])(
  "the report about %s says nothing in English",
  (name) => {
    writeFileSync(join(folder, "slips.md"), SLIPS);
    writeFileSync(join(folder, "beside.yml"), "services: {}\n");
    const said = berth(["from-notes", name], name === "slips.md" ? folder : NOTES);
    expect(said).toContain("略去的，附行号");
    expect(english(aboutNotes(said).replaceAll(folder, ""))).toEqual([]);
  },
  60_000,
);

/** As much as a pod can say that one machine has no word for. */
const POD = `
        nodeSelector: { disk: ssd }
        subdomain: web
        serviceAccountName: web
        imagePullSecrets: [{ name: login }]
        shareProcessNamespace: true
        securityContext: { fsGroup: 1000, runAsNonRoot: true }
        volumes:
          - { name: files, configMap: { name: nowhere } }
          - { name: keys, secret: { secretName: keys, items: [{ key: none, path: none }] } }
          - { name: scratch, emptyDir: { sizeLimit: 1Gi } }
          - { name: cloud, csi: { driver: disk.example.com } }
        containers:
          - name: web
            image: nginx
            envFrom: [{ configMapRef: { name: gone } }]
            env:
              - { name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }
              - { name: TOKEN, valueFrom: { secretKeyRef: { name: gone, key: token } } }
              - { name: USED, value: $(TOKEN) }
            livenessProbe: { httpGet: { path: /, port: 80 } }
            readinessProbe: { exec: { command: [cat, /ready] } }
            startupProbe: { tcpSocket: { port: 80 } }
            lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
            resources: { requests: { cpu: 100m }, limits: { example.com/card: 1 } }
            volumeMounts:
              - { name: files, mountPath: /files }
              - { name: keys, mountPath: /keys }
              - { name: scratch, mountPath: /scratch }
              - { name: cloud, mountPath: /cloud }
              - { name: none, mountPath: /none }`;
const object = (kind: string, name: string, more = "", apiVersion = "v1") =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\n${more}\n---\n`;
const MANIFESTS = [
  object(
    "Deployment",
    "web",
    `spec:\n  replicas: 3\n  strategy: { type: Recreate }\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web }, annotations: { a: b } }\n    spec:${POD.replaceAll("\n  ", "\n")}`,
    "apps/v1",
  ),
  object(
    "Job",
    "once",
    "spec: { ttlSecondsAfterFinished: 5, template: { spec: { containers: [{ name: a, image: a }] } } }",
    "batch/v1",
  ),
  object(
    "Service",
    "web",
    "spec: { selector: { app: web }, sessionAffinity: ClientIP, ports: [{ port: 80, targetPort: 8080 }, { port: 81, targetPort: none }] }",
  ),
  object("Service", "lonely", "spec: { selector: { app: nobody }, ports: [{ port: 80 }] }"),
  object("Secret", "keys", "stringData: { a: b }"),
  object("ConfigMap", "unread", "data: { a: b }"),
  object("Namespace", "default"),
  ...[
    ["Ingress", "networking.k8s.io/v1", "spec: {}"],
    ["NetworkPolicy", "networking.k8s.io/v1", "spec: {}"],
    ["HorizontalPodAutoscaler", "autoscaling/v2", "spec: {}"],
    ["PodDisruptionBudget", "policy/v1", "spec: {}"],
    ["ServiceAccount", "v1", ""],
    ["StorageClass", "storage.k8s.io/v1", "provisioner: a"],
    [
      "CronJob",
      "batch/v1",
      "spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { containers: [{ name: a, image: a }] } } } } }",
    ],
    ["ResourceQuota", "v1", "spec: {}"],
    ["Widget", "example.com/v1", "spec: {}"],
  ].map(([kind, apiVersion, more]) => object(kind!, "other", more, apiVersion)),
].join("");

test.each(["run", "compose", "kubernetes", "typescript"])(
  "manifests as %s: what is left out is said in Chinese",
  (form) => {
    writeFileSync(join(folder, "manifests.yaml"), MANIFESTS);
    const said = berth(["from-kubernetes", "manifests.yaml", "--to", form], folder)
      .split("\n")
      .filter((row) => /^(?:警告|注意|错误)：/.test(row))
      .join("\n");
    expect(said).not.toBe("");
    expect(english(said)).toEqual([]);
    expect(english(berth(["picture", "manifests.yaml", "--to", "mermaid"], folder))).toEqual([]);
  },
  60_000,
);

test.each([
  "- a",
  "services: {}",
  "kind: Pod",
  "apiVersion: 1\nkind: Pod",
  "a:\n\tb: 1",
  "a: {{ .Values.a }}",
  "a: {{ a }}",
  "{}",
  "apiVersion: v1\nkind: Pod",
  "apiVersion: v1\nkind: Pod\nmetadata: {}",
  "apiVersion: v1\nkind: Pod\nmetadata: { generateName: a }",
  "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization",
  "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: { name: a }",
  "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: { name: a }",
  "apiVersion: v2\nkind: Pod\nmetadata: { name: a }",
  object("Pods", "a"),
  object("Pod", "'<name>'"),
  object("Pod", "a", "spec: { containers: [{ name: a, image: 1.2 }] }"),
  object("Pod", "a", "spec: { containers: [{ name: a, image: a, env: [{ name: A, value: true }] }] }"),
  object("Pod", "a", "spec: { containers: [{ name: a, image: a, ports: [{ hostPort: 80 }] }] }"),
  object("Service", "a", "spec: { ports: [{ targetPort: 80 }] }"),
  object("Secret", "a", "data: { a: plain text }"),
  object("ConfigMap", "a", "binaryData: { a: plain text }"),
  object("ConfigMap", "a", "data: { a: b }") + object("ConfigMap", "a", "data: { a: c }"),
])(
  "the manifest %j is refused in Chinese",
  (text) => {
    writeFileSync(join(folder, "wrong.yaml"), text);
    const said = berth(["from-kubernetes", "wrong.yaml"], folder);
    expect(said).toMatch(/^错误：wrong\.yaml[^；]*；.*。\n$/);
    expect(english(said)).toEqual([]);
  },
  60_000,
);

test("the history is told in Chinese", () => {
  const rows = berth(["history", "shop"], join(folder, "project"))
    .split("\n")
    .map((row) =>
      row
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "")
        .replace(/ +/g, " ")
        .trim(),
    );
  expect(rows).toEqual([
    "更新 时间 操作 改动",
    "7 销毁 web：移除",
    "6 刷新 资源：移除 2",
    "5 退回 web：镜像 nginx:1.28 -> nginx:1.27",
    "db：移除",
    "4 更新，失败 web：没有启动（nginx:1.99）",
    "3 更新 web：镜像 nginx:1.28 原来是 sha256:bbbbbbbbbbbb，现在是 sha256:cccccccccccc；环境变量 A；端口 81:80 -> 无",
    "2 更新 web：镜像 nginx:1.27 -> nginx:1.28；环境变量 A；端口 80:80 -> 81:80",
    "1 更新 web：创建（nginx:1.27）",
    "db：创建（mysql:5.7）",
    "",
  ]);
});

test("as JSON the history is in English", () => {
  const { updates } = JSON.parse(berth(["history", "shop", "--json"], join(folder, "project"))) as {
    updates: { kind: string; services: Record<string, string[]> }[];
  };
  expect(updates[0]).toMatchObject({ kind: "destroy", services: { web: ["removed"] } });
  expect(updates.at(-1)!.services.web).toEqual(["made (nginx:1.27)"]);
});
