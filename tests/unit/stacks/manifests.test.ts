import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../stacks";
import { type World, world } from "../mocks";
import { TEXTS } from "../readers/kubernetes/texts";

const folder = mkdtempSync(join(tmpdir(), "berth-manifests-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const site = write("site.yaml", TEXTS["G1 and G2"]!);
const pod = write("pod.yaml", TEXTS.G5!);
let w: World;

async function stack(manifests: string[] | undefined, config: Record<string, string> = {}) {
  const given: Record<string, string> = manifests ? { "berth:manifests": JSON.stringify(manifests) } : {};
  w = await world({ stack: "manifests", config: { "berth:owner": "me", ...given, ...config } });
  const outputs = await run({ engine: false });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  return outputs;
}

test("every object by the type that Pulumi's own SDK has for it, and by its own name", async () => {
  const outputs = await stack([site, pod]);
  const made = w.resources.filter(({ custom }) => custom && true).filter(({ type }) => type.startsWith("kubernetes:"));
  expect(made.map(({ type, name, parent }) => [type, name, parent.split("::").at(-1)])).toEqual(
    [
      ["kubernetes:core/v1:Service", "nginx-service", "berth-manifests"],
      ["kubernetes:apps/v1:Deployment", "nginx-deployment", "berth-manifests"],
      ["kubernetes:core/v1:Pod", "lifecycle-demo", "berth-manifests"],
    ].map(([type, name]) => [type, name, expect.any(String)]),
  );
  expect(outputs).toEqual({
    objects: ["Service nginx-service", "Deployment nginx-deployment", "Pod lifecycle-demo"],
    urls: { "nginx-service": "http://localhost:32600" },
  });
});

test("objects carry the marks of their stack, and of one field manager", async () => {
  await stack([pod]);
  const { annotations } = w.one("kubernetes:core/v1:Pod").inputs.metadata as { annotations: object };
  expect(annotations).toEqual({
    "berth.owner": "me",
    "berth.service": "lifecycle-demo",
    "berth.stack": expect.stringMatching(/\/manifests$/),
    "pulumi.com/patchFieldManager": "berth",
  });
  // Most changes make a Pod anew, under its name.
  expect(w.one("kubernetes:core/v1:Pod").deleteBeforeReplace).toBe(true);
});

test("a node's address is that of the setting", async () => {
  expect((await stack([site], { "berth:nodeAddress": "10.0.0.9" })).urls).toEqual({
    "nginx-service": "http://10.0.0.9:32600",
  });
});

test.each<[string, string[] | undefined, Record<string, string>, string]>([
  [
    "no manifests",
    undefined,
    {},
    "berth:manifests: names no file; add one with `pulumi config set --path 'berth:manifests[0]' app.yaml`.",
  ],
  [
    "a file that is not there",
    ["nowhere.yaml"],
    {},
    "berth:manifests: nowhere.yaml: there is no such file or folder; name manifests of this machine.",
  ],
  [
    "standard input, which a program does not have",
    ["-"],
    {},
    "berth:manifests: -: there is no such file or folder; name manifests of this machine.",
  ],
  [
    "a slip in a file",
    [write("slip.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {PORT: 80}\n")],
    {},
    `berth:manifests: ${join(folder, "slip.yaml")}:4: ConfigMap a: data.PORT: 80 is a number to YAML, and text is needed; put it in quotes: "80".`,
  ],
  [
    "a node port that two Services ask for",
    [
      site,
      write(
        "second.yaml",
        TEXTS["G1 and G2"]!.replaceAll("nginx-service", "second").replaceAll("nginx-deployment", "second"),
      ),
    ],
    {},
    `berth:manifests: ${join(folder, "second.yaml")}:22: Service second: spec.ports: the node port 32600 is taken by Service nginx-service; choose another one.`,
  ],
  [
    "a setting that is not known",
    [site],
    { "berth:manifest": "x" },
    "berth:manifest: is not a setting of the berth stack",
  ],
])("%s is one sentence", async (_, manifests, config, message) => {
  await expect(stack(manifests, config)).rejects.toThrow(message);
});
