import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFiles } from "../../../cli/init";
import { TEXTS } from "../readers/kubernetes/texts";
import { berth } from "./inProcess";

const folder = mkdtempSync(join(tmpdir(), "berth-from-kubernetes-"));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const site = write("site.yaml", TEXTS["G1 and G2"]!);
const shop = write("shop.yaml", TEXTS.shop!);

test("a program by default, named after the file", async () => {
  const { code, out, err } = await berth("from-kubernetes", site);
  expect(code).toBe(0);
  expect(out).toContain('import { WebApp } from "../components/webApp";');
  expect(out).toContain('new WebApp("nginx-deployment", {');
  expect(err).toBe(
    'note: stacks: save it as stacks/site.ts, and in stacks/index.ts add `site: () => import("./site"),` to PROGRAMS and `site: "kubernetes"` to ENGINE_OF\n',
  );
});

test("the way back to one machine, with what gets lost", async () => {
  const compose = await berth("from-kubernetes", site, "--to", "compose");
  expect(compose.out).toBe(`name: site

services:
  nginx-deployment:
    image: nginx:1.7.9
    restart: always
    ports:
      - "32600:80"
    networks:
      default:
        aliases:
          - nginx-service
`);
  const lines = await berth("from-kubernetes", site, "--to", "run", "--project-name", "web");
  expect(lines.out).toBe(`docker network create web_default
docker run -d --name nginx-deployment -p 32600:80 --network web_default --network-alias nginx-service --restart always nginx:1.7.9
`);
  const { err, out } = await berth("from-kubernetes", shop, "--to", "run");
  expect(err).toContain("note: Deployment shop/web: spec.replicas: 3 become one: one machine runs one of each\n");
  expect(out).not.toMatch(/hunter2|t0ps3cret/);
});

test("objects for kubectl, in the order in which they are made", async () => {
  const { out, err } = await berth("from-kubernetes", shop, "--to", "kubernetes");
  const kinds = [...out.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind);
  expect(kinds).toEqual([
    ...["Namespace", "ConfigMap", "PersistentVolumeClaim", "Service", "Service", "StatefulSet", "Deployment"],
    ...["Ingress", "HorizontalPodAutoscaler"],
  ]);
  expect(err).toContain(
    "warning: Secret shop/login: is a Secret and is not printed: make it with `kubectl create secret",
  );
});

test("several files and folders are read as one", async () => {
  write("app/one.yaml", TEXTS.G5!);
  write("app/two.json", '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "two"}}');
  const { out } = await berth("from-kubernetes", join(folder, "app"), site);
  expect([...out.matchAll(/new (\w+)\(/g)].map(([, callee]) => callee)).toEqual([
    "Namespace",
    "PodWithLifecycle",
    "WebApp",
  ]);
});

test.each([
  [["from-kubernetes"], 2, "from-kubernetes: name a file or folder of manifests, or - to read standard input"],
  [["from-kubernetes", "-", "-"], 2, "-: standard input is there once"],
  [
    ["from-kubernetes", site, "--to", "helm"],
    2,
    '--to: "helm" is not a form; use typescript, compose, run, kubernetes',
  ],
  [["from-kubernetes", "nowhere.yaml"], 1, "^error: nowhere.yaml: there is no such file or folder; name manifests"],
  [
    ["from-kubernetes", write("old.yaml", "apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\n")],
    1,
    "write apps/v1",
  ],
  [
    ["from-kubernetes", write("none.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"), "--to", "run"],
    1,
    "nothing of these objects runs a container",
  ],
])("%j is refused", async (args, code, message) => {
  const result = await berth(...args);
  expect(result.code).toBe(code);
  expect(result.out).toBe("");
  expect(result.err).toMatch(new RegExp(message));
});

test("init makes a project of manifests, whose test knows its objects", async () => {
  const { files, programs } = await projectFiles(join(folder, "web"), { from: [site] });
  expect(programs.map(({ name, program }) => [name, program.objects])).toEqual([
    ["web", ["Deployment nginx-deployment", "Service nginx-service"]],
  ]);
  expect(files["index.ts"]).toContain('import { WebApp, program } from "pulumi-berth";');
  expect(files["index.ts"]).toContain('}, { engine: "kubernetes" });');
  expect(files["index.test.ts"]).toContain(
    'expect(names.sort()).toEqual(["Deployment nginx-deployment", "Service nginx-service"]);',
  );
  expect(files["README.md"]).toContain("npm test                # without a cluster");
  expect(files["Pulumi.yaml"]).toContain("description: Objects of a cluster as code");
  // The setting of a secret is the program's, and the test has a value for it.
  const secret = await projectFiles(join(folder, "shop"), { from: [shop] });
  expect(secret.files["index.test.ts"]).toContain('"shop:loginPassword"');
  expect(JSON.stringify(secret.files)).not.toMatch(/hunter2|t0ps3cret/);
});

test("a folder of manifests is one source of a project; a folder of something else is none", async () => {
  const { programs } = await projectFiles(join(folder, "web"), { from: [join(folder, "app")] });
  expect(programs[0]!.program.objects).toEqual(["Pod lifecycle-demo", "Namespace two"]);
});

test("a picture of manifests", async () => {
  const { out, code } = await berth("picture", shop, "--to", "mermaid");
  expect(code).toBe(0);
  expect(out).toContain("web<br>nginx:1.27");
  expect(out).toContain("node 30080");
  expect(out).not.toMatch(/hunter2|t0ps3cret/);
});

test("setups of manifests in notes are printed in every form", async () => {
  const note = write("notes.md", `# Notes\n\n\`\`\`yaml\n${TEXTS.G5}\`\`\`\n`);
  const typescript = await berth("from-notes", note, "--only", "lifecycle-demo", "--to", "typescript");
  expect(typescript.out).toContain('new PodWithLifecycle("lifecycle-demo", {');
  const compose = await berth("from-notes", note, "--only", "lifecycle-demo", "--to", "compose");
  expect(compose.out).toContain("services:\n  lifecycle-demo:\n    image: nginx\n");
});

test("a stack of a cluster is exported as what it declares, without berth's own marks", async () => {
  const compose = await berth("export", "lifecycle", "--to", "compose");
  expect(compose.out).toContain("  site-with-fetcher:\n    image: nginx\n");
  const { out } = await berth("export", "kubernetes", "--to", "kubernetes");
  expect([...out.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind)).toEqual([
    ...["Namespace", "Namespace", "Service", "Service", "Service", "Deployment", "Deployment", "Deployment"],
  ]);
  expect(out).not.toMatch(/berth\.|pulumi\.com/);
});
