import { applyManifests } from "../../../core/engines/kubernetes/manifests";
import { knownKinds, typeToken } from "../../../core/mapping/kubernetes/kinds";
import type { GivenObject } from "../../../core/mapping/kubernetes/given";
import { readManifests } from "../../../core/readers/kubernetes";
import { toClusterProgram } from "../../../core/writers/clusterProgram";
import { toManifests } from "../../../core/writers/manifests";
import { type Recorded, type World, world } from "../mocks";
import { TEXTS } from "../readers/kubernetes/texts";
import { normalManifest } from "./normalManifest";
import { compilerErrors, loadPrinted } from "./printedPrograms";

const read = (text: string): GivenObject[] => readManifests([{ file: "app.yaml", text }]).objects;
const print = (text: string) => toClusterProgram("app", read(text), { folder: "/srv" });
const names = Object.keys(TEXTS);

/** The settings of a printed program with the values that the manifests have in clear. */
const VALUES: Record<string, string> = {
  "app:loginPassword": "hunter2",
  "app:loginUser": "ada",
  "app:loginKey": "/wD+",
  "app:webApiToken": "t0ps3cret",
};

async function run(declare: () => unknown): Promise<World> {
  const config = { "berth:owner": "me", ...VALUES };
  const here = await world({ stack: "app", config, secretConfig: Object.keys(VALUES) });
  declare();
  await here.done();
  expect(here.lateErrors()).toEqual([]);
  return here;
}

const keyOf = (kind: string, metadata: { name?: string; namespace?: string } = {}) =>
  `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;

/** What was asked for, by kind and name, in a form that can be compared. */
const asked = ({ resources }: World) =>
  new Map(
    resources
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map(({ type, inputs }: Recorded): [string, unknown] => {
        const [, version = "", kind = ""] = type.split(":");
        const apiVersion = version.replace(/^core\//, "");
        return [keyOf(kind, inputs.metadata as object), normalManifest({ ...inputs, apiVersion, kind })];
      }),
  );
const given = (objects: GivenObject[]) =>
  new Map(objects.map(({ kind, manifest }) => [keyOf(kind, manifest.metadata), normalManifest(manifest)]));

test("what is printed is a program that the compiler takes", () => {
  expect(compilerErrors(names.map((name) => print(TEXTS[name]!).text))).toEqual([]);
}, 120_000);

test.each(names)("%s: the printed program asks for each object, field by field", async (name) => {
  const objects = read(TEXTS[name]!);
  const found = asked(await run(() => loadPrinted(print(TEXTS[name]!).text).program()));
  expect(found).toEqual(given(objects));
});

test.each(names)("%s: so does the program manifests", async (name) => {
  const objects = read(TEXTS[name]!);
  expect(asked(await run(() => applyManifests(objects, { wait: true })))).toEqual(given(objects));
});

test.each([
  ["G1 and G2", ["WebApp"]],
  ["G4", ["Namespace", "PodWithLifecycle"]],
  ["G5", ["PodWithLifecycle"]],
  ["G6", ["WebApp"]],
  ["a Deployment whose Service says nothing of labels", ["ServiceAccount", "WebApp"]],
  [
    "shop",
    [
      ...["Namespace", "ConfigMap", "Secret", "PersistentVolumeClaim", "Service", "Service", "StatefulSet"],
      ...["Deployment", "Ingress", "HorizontalPodAutoscaler"],
    ],
  ],
  [
    "further kinds",
    [
      ...["CustomResource", "ClusterRole", "CronJob", "Job", "CustomResource"],
      ...["HorizontalPodAutoscaler", "HorizontalPodAutoscalerV2", "ValidatingWebhookConfiguration"],
    ],
  ],
])("%s is printed as %j, in this order", (name, expected) => {
  const found = [...print(TEXTS[name]!).text.matchAll(/new (\w+)\(/g)].map(([, callee]) => callee);
  expect(found).toEqual(expected);
});

test("the documented site is the component as one would write it", () => {
  expect(print(TEXTS["G1 and G2"]!).text).toContain(`new WebApp("nginx-deployment", {
    serviceName: "nginx-service",
    labels: { app: "nginx" },
    containerName: "nginx",
    image: "nginx:1.7.9",
    portName: "nginx-port",
    nodePort: 32600,
    safeDefaults: false,
  });`);
});

test("objects name each other as Pulumi sees it", () => {
  const { text } = print(TEXTS.shop!);
  expect(text).toContain('metadata: { name: "web", namespace: shopNamespace.namespace }');
  expect(text).toContain('valueFrom: { secretKeyRef: { name: loginSecret.metadata.name, key: "password" }');
  expect(text).toContain("configMap: { name: settingsConfigMap.metadata.name }");
  expect(text).toContain("secretName: loginSecret.metadata.name");
  expect(text).toContain("claimName: dataPersistentVolumeClaim.metadata.name");
  expect(print(TEXTS["further kinds"]!).text).toContain("{ dependsOn: [cronsExampleComCustomResourceDefinition] }");
});

test("no secret is printed in any form, and what to do is said", () => {
  const clear = /hunter2|aHVudGVyMg|YWRh|t0ps3cret|\/wD\+/;
  const program = print(TEXTS.shop!);
  expect(program.text).not.toMatch(clear);
  expect(program.secrets).toEqual(
    ["loginKey", "loginUser", "loginPassword", "webApiToken"].sort(
      (a, b) => program.secrets.indexOf(a) - program.secrets.indexOf(b),
    ),
  );
  expect(program.notices.map(({ at, text }) => `${at}: ${text}`)).toEqual([
    expect.stringContaining("stacks: save it as stacks/app.ts"),
    "Secret shop/login: user is a secret and is not printed: set it with `pulumi config set --secret app:loginUser`",
    "Secret shop/login: key is a secret and is not printed: set it, in base64, with `pulumi config set --secret app:loginKey`",
    "Secret shop/login: password is a secret and is not printed: set it with `pulumi config set --secret app:loginPassword`, or `berth up` makes one",
    "Deployment shop/web: API_TOKEN is a secret and is not printed: set it with `pulumi config set --secret app:webApiToken`",
  ]);
  const manifests = toManifests(read(TEXTS.shop!));
  expect(manifests.text).not.toMatch(clear);
  expect(manifests.text).toContain("secretKeyRef:\n                  name: web-env\n                  key: API_TOKEN");
  expect(manifests.notices.map(({ text }) => text)).toEqual([
    'is a Secret and is not printed: make it with `kubectl create secret generic login -n shop --from-literal=user="$USER" --from-literal=key="$KEY" --from-literal=password="$PASSWORD"`',
    'API_TOKEN is not printed: make a Secret first with `kubectl create secret generic web-env -n shop --from-literal=API_TOKEN="$API_TOKEN"`'.replace(
      "is not printed",
      "is a secret and is not printed",
    ),
  ]);
});

test("secrets are secret in the state of the program manifests", async () => {
  const here = await run(() => applyManifests(read(TEXTS.shop!), { wait: true }));
  expect(here.one("kubernetes:core/v1:Secret").secrets.sort()).toEqual([
    "data.key",
    "data.user",
    "stringData.password",
  ]);
  expect(here.one("kubernetes:apps/v1:Deployment").secrets).toEqual(["spec.template.spec.containers[0].env[2].value"]);
});

test("the program manifests makes namespaces and further kinds first, and what pods read before the pods", async () => {
  const here = await run(() => applyManifests(read(TEXTS.shop!), { wait: true }));
  const needs = (type: string, name: string) =>
    here.one(type, name).dependencies.map((urn) =>
      urn
        .split("::")
        .slice(2)
        .join(" ")
        .replace(/^kubernetes:/, ""),
    );
  expect(needs("kubernetes:apps/v1:Deployment", "shop/web").sort()).toEqual([
    "core/v1:ConfigMap shop/settings",
    "core/v1:Namespace shop",
    "core/v1:PersistentVolumeClaim shop/data",
    "core/v1:Secret shop/login",
  ]);
  expect(needs("kubernetes:core/v1:Service", "shop/db")).toEqual(["core/v1:Namespace shop"]);
  const further = await run(() => applyManifests(read(TEXTS["further kinds"]!), { wait: true }));
  expect(further.one("kubernetes:example.com/v1:Cron").dependencies).toEqual([
    expect.stringContaining("CustomResourceDefinition::crons.example.com"),
  ]);
});

test.each([
  [true, ["Deployment", "StatefulSet"]],
  [false, []],
])(
  "with wait %p the provider waits for the pods of %j, and never for what is not in our hands",
  async (wait, waited) => {
    const here = await run(() => applyManifests(read(TEXTS.shop!), { wait }));
    const annotations = (type: string) =>
      (here.all(type)[0]!.inputs.metadata as { annotations: Record<string, string> }).annotations;
    for (const [type, kind] of [
      ["kubernetes:apps/v1:Deployment", "Deployment"],
      ["kubernetes:apps/v1:StatefulSet", "StatefulSet"],
      ["kubernetes:core/v1:Service", "Service"],
      ["kubernetes:networking.k8s.io/v1:Ingress", "Ingress"],
      ["kubernetes:core/v1:PersistentVolumeClaim", "PersistentVolumeClaim"],
    ] as const)
      expect([kind, annotations(type)["pulumi.com/skipAwait"]]).toEqual([
        kind,
        waited.includes(kind) ? undefined : "true",
      ]);
  },
);

test("the table of kinds is that of the SDK: module, type and fields", () => {
  const odd = knownKinds().flatMap(({ apiVersion, kind, module, fields }) => {
    const Class = (require(`@pulumi/kubernetes/${module}`) as Record<string, { __pulumiType: string }>)[kind]!;
    const taken = [...String(Class).matchAll(/resourceInputs\["(\w+)"\]/g)].map(([, field]) => field!);
    const own = fields.filter((field) => field !== "status");
    const sdk = [...new Set(taken)].filter((field) => field !== "status");
    const same = Class.__pulumiType === typeToken(apiVersion, kind);
    return same && own.sort().join() === sdk.sort().join() ? [] : [`${apiVersion} ${kind}: ${own} / ${sdk}`];
  });
  expect(odd).toEqual([]);
  expect(knownKinds().length).toBeGreaterThan(45);
});

test("what gets its address from outside is not waited for, as `kubectl apply` does not", async () => {
  const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: v1
kind: Service
metadata: { name: outside }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: inside }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;
  const { resources } = await run(() => loadPrinted(print(text).text).program());
  const skipped = resources.filter(({ inputs }) => JSON.stringify(inputs).includes('"pulumi.com/skipAwait":"true"'));
  expect(skipped.map(({ name }) => name).sort()).toEqual(["outside", "web"]);
});
