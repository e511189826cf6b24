import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { looksLikeManifests, readManifestFiles, readManifests } from "../../../../core/readers/kubernetes";
import { cpuTime } from "../../cpuTime";

const folder = mkdtempSync(join(tmpdir(), "berth-manifests-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string) => readManifests([{ file: "app.yaml", text }]);
const sentence = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
};

const POD = (rest: string) => `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx
${rest}`;

describe("what is read", () => {
  test.each([
    [
      "several documents, empty ones among them",
      "---\n# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    ],
    [
      "a List",
      '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}]}',
    ],
    [
      "a list of one kind, whose items leave it out",
      "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n",
    ],
    [
      "Windows line ends and a byte order mark",
      "\uFEFFapiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: a\r\n---\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: b\r\n",
    ],
    [
      "anchors and merges",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: a\ndata: &d {x: one}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    ],
  ])("%s", (_, text) => {
    expect(read(text).objects.map(({ at }) => at)).toEqual(["ConfigMap a", "ConfigMap b"]);
  });

  test("scalars as kubectl reads them: octal modes, no times of the day, yes as a flag", () => {
    const { objects } = read(
      POD(`      args: ["-t", "1:30"]
      tty: yes
      resources: {limits: {cpu: .5, memory: 1_000}}
  volumes:
    - {name: c, configMap: {name: c, defaultMode: 0644, items: [{key: k, path: p, mode: 0o400}]}}
  hostAliases: [{ip: 10.0.0.1, hostnames: [1.example]}]
  terminationGracePeriodSeconds: 08
`),
    );
    const { containers, volumes, terminationGracePeriodSeconds } = objects[0]!.manifest.spec;
    expect(containers[0]).toMatchObject({ tty: true, resources: { limits: { cpu: 0.5, memory: 1000 } } });
    expect(volumes[0].configMap).toMatchObject({ defaultMode: 420, items: [{ mode: 256 }] });
    expect(terminationGracePeriodSeconds).toBe(8);
  });

  test("a merge key brings what its anchor has", () => {
    const { objects } = read(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: &l {x: one, z: two}, annotations: {<<: *l, z: three}}\n",
    );
    expect(objects[0]!.manifest.metadata.annotations).toEqual({ x: "one", z: "three" });
  });

  test("what a cluster writes by itself is left out, and said", () => {
    const { objects, notices } = read(`apiVersion: v1
kind: Service
metadata:
  name: web
  uid: 0a
  resourceVersion: "12"
  creationTimestamp: "2026-01-01T00:00:00Z"
  annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
spec: {clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], ports: [{port: 80}]}
status: {loadBalancer: {}}
`);
    expect(objects[0]!.manifest).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { ports: [{ port: 80 }] },
    });
    expect(notices).toEqual([
      {
        level: "note",
        at: "Service web",
        text: "what a cluster writes by itself is left out: uid, resourceVersion, creationTimestamp, status",
      },
    ]);
    // So does `kubectl create --dry-run -o yaml`, of which there is nothing to say.
    expect(
      read("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, creationTimestamp: null}\nspec: {}\nstatus: {}\n")
        .notices,
    ).toEqual([]);
  });

  test("an address that somebody has chosen stays", () => {
    const { objects } = read(
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.0.0.7, ports: [{port: 80}]}\n",
    );
    expect(objects[0]!.manifest.spec.clusterIP).toBe("10.0.0.7");
  });

  test("what is not written is no field, and an empty text in a map of texts", () => {
    const { objects } = read(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels:}\ndata:\n  EMPTY:\n  x: text\n",
    );
    expect(objects[0]!.manifest).toMatchObject({ metadata: { name: "a" }, data: { EMPTY: "", x: "text" } });
    expect(objects[0]!.manifest.metadata).not.toHaveProperty("labels");
    const { objects: own } = read(
      "apiVersion: example.com/v1\nkind: Cron\nmetadata: {name: a}\nspec: {nothing: null}\n",
    );
    expect(own[0]!.manifest.spec).toEqual({ nothing: null });
  });

  test("the same object twice is one; a namespace that is not among the objects is said", () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n";
    const { objects, notices } = readManifests([
      { file: "one.yaml", text },
      { file: "two.yaml", text: `# again\n${text}` },
    ]);
    expect(objects).toHaveLength(1);
    expect(notices.map(({ at, text: said }) => `${at}: ${said}`)).toEqual([
      "ConfigMap shop/a: is there twice, word for word: in one.yaml:1 and in two.yaml:2",
      "namespace shop: is not among the objects: it has to be there already, or `kubectl create namespace` makes it",
    ]);
  });

  test("kinds of one name in different groups are different objects, and so are namespaces", () => {
    const { objects } = read(`apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: web}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: other}
spec: {ports: [{port: 80}]}
`);
    expect(objects.map(({ apiVersion, at }) => `${apiVersion} ${at}`)).toEqual([
      "v1 Service web",
      "serving.knative.dev/v1 Service web",
      "v1 Service other/web",
    ]);
  });

  test("text in double braces is text where it stands in quotes or in a block", () => {
    const { objects } = read(`apiVersion: v1
kind: ConfigMap
metadata: {name: rules}
data:
  alert: 'instance {{ $labels.instance }} is down'
  rules.yaml: |
    summary: {{ include "x" . }}
`);
    expect(objects).toHaveLength(1);
  });

  test("a file of many objects takes no more than a moment", () => {
    const text = Array.from({ length: 400 }, (_, index) => POD("").replace("name: web}", `name: web-${index}}`)).join(
      "---\n",
    );
    const begin = cpuTime();
    expect(read(text).objects).toHaveLength(400);
    // Half a second where nothing else runs; the parser that knows lines alone would take several.
    expect(cpuTime() - begin).toBeLessThan(3000);
  });
});

describe("what is refused, with the place", () => {
  test.each([
    [
      "a tab",
      "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n",
      "app.yaml:4: a tab stands in front of it; YAML takes spaces only: indent it with spaces.",
    ],
    [
      "a key twice",
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\n",
      "app.yaml:5: name is there twice in one object; keep one of them.",
    ],
    ["no YAML", "apiVersion: v1\nkind: Pod: x\n", /^app.yaml:2: is no YAML: .+; mend it there or in the row above\.$/],
    [
      "a template of Helm",
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n",
      "app.yaml:4: is a template of Helm; run `helm template` first, and give berth what it prints.",
    ],
    [
      "another one",
      "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n{{- end }}\n",
      "app.yaml:1: is a template of Helm; run `helm template` first, and give berth what it prints.",
    ],
    [
      "a template of somebody else",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {{pod}}\n",
      "app.yaml:4: is a template: {{ }} stands for something else; put the values in first.",
    ],
    [
      "a hole in a name",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: '${NAME}'}\nspec: {containers: [{name: a, image: b}]}\n",
      "app.yaml:3: Pod ${NAME}: metadata.name: ${NAME} stands for something else; put the name that you want in its place.",
    ],
    [
      "a Kustomization",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
      "app.yaml:1: is a Kustomization; run `kubectl kustomize` on its folder, and give berth what it prints.",
    ],
    [
      "a compose file",
      "services:\n  web: {image: nginx}\n",
      "app.yaml:1: is a compose file; `berth from-compose` reads it.",
    ],
    ["no object", "- a\n- b\n", 'app.yaml:1: ["a","b"] is no object; an object begins with apiVersion and kind.'],
    [
      "no kind",
      "apiVersion: v1\nmetadata: {name: a}\n",
      'app.yaml:1: has no kind; begin each object with its apiVersion and kind: "apps/v1" and "Deployment".',
    ],
    [
      "a kind that is no text",
      "apiVersion: v1\nkind: [Pod]\n",
      'app.yaml:1: kind: ["Pod"] is not text; write for example apps/v1 and Deployment.',
    ],
    [
      "nothing at all",
      "# only this\n",
      "app.yaml: holds no object of a cluster; name a file with apiVersion and kind.",
    ],
    [
      "no name",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n",
      "app.yaml:3: ConfigMap: metadata: has no name; give the object a name there.",
    ],
    [
      "a generated name",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n",
      "app.yaml:3: ConfigMap: metadata.generateName: makes a new object at every `kubectl create`, and cannot be applied; give it a name.",
    ],
    [
      "a wrong name",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: My_Config}\n",
      `app.yaml:3: ConfigMap My_Config: metadata.name: "My_Config" is not a name that Kubernetes takes (lower-case letters, digits, '-' and '.', at most 253); use "my-config".`,
    ],
    [
      "a version that is gone",
      "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n",
      "app.yaml:1: Deployment a: apiVersion: Kubernetes has no extensions/v1beta1 of this kind since 1.16; write apps/v1, and see what has changed there.",
    ],
    [
      "a kind that is gone",
      "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n",
      "app.yaml:1: PodSecurityPolicy a: apiVersion: Kubernetes has no policy/v1beta1 of this kind since 1.25; take it out: nothing of that kind has come in its place.",
    ],
    [
      "a kind of another version",
      "apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n",
      "app.yaml:1: Deployment a: apiVersion: there is no Deployment in v1; write apps/v1.",
    ],
    [
      "a version that never was",
      "apiVersion: app/v1\nkind: Thing\nmetadata: {name: a}\n",
      "app.yaml:1: Thing a: apiVersion: app/v1 is not a version that Kubernetes has; write for example v1 or apps/v1.",
    ],
    [
      "a misspelt kind",
      "apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: a}\n",
      "app.yaml:2: Deploymnet a: kind: there is no Deploymnet in apps/v1; write Deployment.",
    ],
    [
      "a misspelt field",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndate: {x: y}\n",
      "app.yaml:4: ConfigMap a: date: is not a field of a ConfigMap; write data.",
    ],
    [
      "containers that are not there",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  container: []\n",
      "app.yaml:4: Pod a: spec: has no containers; write containers where container is.",
    ],
    [
      "a pod that is not there",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 1}\n",
      "app.yaml:4: Deployment a: spec.template: is missing; describe the pod there: metadata and spec.",
    ],
    [
      "a variable that is a number",
      POD("      env:\n        - name: PORT\n          value: 8080\n"),
      'app.yaml:10: Pod web: spec.containers[0].env[0].value: 8080 is a number to YAML, and text is needed; put it in quotes: "8080".',
    ],
    [
      "a label that is a flag",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    on-call: yes\n",
      'app.yaml:6: ConfigMap a: metadata.labels.on-call: true is a true or false to YAML, and text is needed; put it in quotes: "true".',
    ],
    [
      "a port that is text",
      POD('      ports: [{containerPort: "80"}]\n'),
      'app.yaml:8: Pod web: spec.containers[0].ports[0].containerPort: "80" is not a whole number; write 80 without quotes.',
    ],
    [
      "a list that is none",
      POD("      env: {A: b}\n"),
      'app.yaml:8: Pod web: spec.containers[0].env: {"A":"b"} is not a list; begin each item with a dash.',
    ],
    [
      "a command that is text",
      POD("      command: sleep 5\n"),
      'app.yaml:8: Pod web: spec.containers[0].command: "sleep 5" is not a list; begin each item with a dash.',
    ],
    [
      "a Secret in clear",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  password: hunter2\n",
      "app.yaml:5: Secret a: data.password: is not base64; write it under stringData, which takes plain text.",
    ],
    [
      "two objects of one name",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: text}\n",
      "app.yaml:5: ConfigMap a: is there twice, and says something else in app.yaml:1; keep one of them, or give the other one another name.",
    ],
  ])("%s", (_, text, message) => {
    const found = sentence(() => read(text));
    if (typeof message === "string") expect(found).toBe(message);
    else expect(found).toMatch(message);
  });
});

describe("files", () => {
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

  test("of a folder what ends in .yaml, .yml or .json, in order, without the folders in it", () => {
    write("app/b.yaml", CONFIG);
    write("app/a.yml", CONFIG);
    write("app/README.md", "# no manifest");
    write("app/more/c.yaml", CONFIG);
    const found = readManifestFiles([join(folder, "app")]);
    expect(found.map(({ file }) => file.slice(folder.length + 1))).toEqual(["app/a.yml", "app/b.yaml"]);
  });

  test.each([
    [
      "kustomize/kustomization.yaml",
      "kustomize",
      "is a Kustomization; run `kubectl kustomize FOLDER`, and give berth what it prints.",
    ],
    ["chart/Chart.yaml", "chart", "is a chart of Helm; run `helm template FOLDER`, and give berth what it prints."],
    ["empty/note.txt", "empty", "has no file that ends in .yaml, .yml or .json; name the files themselves."],
  ])("a folder with %s is refused", (file, name, message) => {
    write(file, "name: x\n");
    const path = join(folder, name);
    expect(sentence(() => readManifestFiles([path]))).toBe(`${path}: ${message.replace("FOLDER", path)}`);
  });

  test("a file that is not there", () => {
    expect(sentence(() => readManifestFiles(["nowhere.yaml"]))).toBe(
      "nowhere.yaml: there is no such file or folder; name manifests of this machine.",
    );
  });

  test("what looks like manifests", () => {
    expect(looksLikeManifests(CONFIG)).toBe(true);
    expect(looksLikeManifests('{"kind": "Pod", "apiVersion": "v1"}')).toBe(false);
    expect(looksLikeManifests('{\n "apiVersion": "v1",\n "kind": "Pod"}')).toBe(true);
    expect(looksLikeManifests("services:\n  web: {image: nginx}\n")).toBe(false);
  });
});
