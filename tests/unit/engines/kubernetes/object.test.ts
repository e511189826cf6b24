import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isClusterObject, makeObject, PLUGIN_VERSION } from "../../../../core/engines/kubernetes/object";
import { type World, world } from "../../mocks";

let w: World;
beforeEach(async () => {
  w = await world({});
});

test.each([
  ["apps/v1", "DaemonSet", "kubernetes:apps/v1:DaemonSet"],
  ["apps/v1", "Deployment", "kubernetes:apps/v1:Deployment"],
  ["batch/v1", "Job", "kubernetes:batch/v1:Job"],
  ["v1", "ConfigMap", "kubernetes:core/v1:ConfigMap"],
  ["v1", "Namespace", "kubernetes:core/v1:Namespace"],
  ["v1", "PersistentVolumeClaim", "kubernetes:core/v1:PersistentVolumeClaim"],
  ["v1", "Pod", "kubernetes:core/v1:Pod"],
  ["v1", "Secret", "kubernetes:core/v1:Secret"],
  ["v1", "Service", "kubernetes:core/v1:Service"],
])("%s %s is the SDK's %s, with the manager of berth", async (apiVersion, kind, type) => {
  const object = makeObject("it", { apiVersion, kind, metadata: { name: "it" }, spec: { some: "thing" } });
  await w.done();
  expect(isClusterObject(object)).toBe(true);
  expect(w.one(type, "it").inputs).toMatchObject({
    apiVersion,
    kind,
    metadata: { name: "it", annotations: { "pulumi.com/patchFieldManager": "berth" } },
  });
});

test("what an object is made of is passed on field by field, its component noted", async () => {
  const parent = new pulumi.ComponentResource("berth:test:Parent", "parent");
  const metadata = { annotations: pulumi.output({ own: "1" }) };
  makeObject(
    "settings",
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1" }, binaryData: { b: "Yg==" } },
    {
      parent,
    },
  );
  await w.done();
  const { inputs } = w.one("kubernetes:core/v1:ConfigMap");
  expect(inputs).toMatchObject({ data: { a: "1" }, binaryData: { b: "Yg==" } });
  expect((inputs.metadata as { annotations: object }).annotations).toEqual({
    own: "1",
    "pulumi.com/patchFieldManager": "berth",
    "berth.component": expect.stringMatching(/::berth:test:Parent::parent$/),
  });
});

test("the values of a Secret are kept secret, those of a ConfigMap are not", async () => {
  const content = { metadata: {}, data: { a: "MQ==" } };
  makeObject("hidden", { apiVersion: "v1", kind: "Secret", ...content, stringData: { b: "1" } });
  makeObject("shown", { apiVersion: "v1", kind: "ConfigMap", ...content });
  await w.done();
  expect(w.one("kubernetes:core/v1:Secret").secrets.sort()).toEqual(["data", "stringData"]);
  expect(w.one("kubernetes:core/v1:ConfigMap").secrets).toEqual([]);
});

test("a kind that berth never makes is refused", () => {
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: {} };
  expect(() => makeObject("role", role)).toThrow("berth makes no rbac.authorization.k8s.io/v1/Role");
});

test("the version is that of the installed SDK", () => {
  expect(PLUGIN_VERSION).toMatch(/^\d+\.\d+\.\d+$/);
});

test("a Docker stack reads nothing of the SDKs of clusters and hosts", () => {
  const script = `require("./components/service"); require("./stacks/nginx.ts");
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => /@pulumi.(kubernetes|command)/.test(file))))`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-r", "sucrase/register/ts", "-e", script], {
    cwd: join(__dirname, "../../../.."),
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([]);
});
