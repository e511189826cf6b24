import * as pulumi from "@pulumi/pulumi";
import { Namespace } from "../../../components/namespace";
import { names, nameOf, quiet, value, type World, world } from "../mocks";
import { sentence } from "../refusal";
import { marks } from "./marks";

const NAMESPACE = "kubernetes:core/v1:Namespace";

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

test("G4: the object that `kubectl create namespace` makes, and the marks of the stack", async () => {
  const development = new Namespace("development");
  await w.done();
  expect(w.one(NAMESPACE).inputs).toEqual({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "development", annotations: marks("Namespace", "development") },
  });
  expect(nameOf(w.one(NAMESPACE).parent)).toBe("development");
  expect(names(w.resources).sort()).toEqual(["Namespace development", "Namespace development"]);
  expect(development.namespaceName).toBe("development");
  expect(await value(development.namespace)).toBe("development");
});

test("its name, labels and further words", async () => {
  const one = new Namespace("one", {
    name: "team-a",
    labels: { team: pulumi.output("a") },
    manifest: { metadata: { annotations: { owner: "x" } } },
  });
  await w.done();
  expect(w.one(NAMESPACE).inputs.metadata).toEqual({
    name: "team-a",
    labels: { team: "a" },
    annotations: { ...marks("Namespace", "one"), owner: "x" },
  });
  expect(await value(one.namespace)).toBe("team-a");
});

// biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may give.
test.each<[string, any, string]>([
  ["Development", {}, 'name: "Development" is not a name that Kubernetes takes'],
  ["a", { name: "x.y" }, 'name: "x.y" is not a name'],
  ["a", { name: pulumi.output("x") }, "name: is not known yet; give a plain value."],
  ["default", {}, "name: default is a namespace of the cluster's own; use its name as text instead."],
  ["kube-system", {}, "name: kube-system is a namespace of the cluster's own"],
  ["a", { label: {} }, "label: is not an argument of Namespace; use labels."],
  ["a", { labels: { "": "x" } }, "labels: "],
  ["a", { manifest: { metadata: { name: "b" } } }, "manifest.metadata.name: has an argument of its own"],
])("refused before anything is made: %s %j", async (name, args, message) => {
  expect(sentence(() => new Namespace(name, args))).toContain(`Namespace "${name}": ${message}`);
  await quiet();
  expect(w.resources).toEqual([]);
});

test("two of one name", () => {
  new Namespace("a");
  expect(sentence(() => new Namespace("b", { name: "a" }))).toContain("is declared by a already");
});
