import * as pulumi from "@pulumi/pulumi";
import { merge } from "../../../../core/engines/kubernetes/objects/patch";
import { value, world } from "../../mocks";

test.each<[string, unknown, unknown, unknown]>([
  ["nothing changes nothing", { a: 1 }, undefined, { a: 1 }],
  ["maps are merged, values replaced", { a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 } }, { a: { b: 1, c: 3, d: 4 } }],
  ["null takes a field away", { a: 1, b: { c: 2, d: 3 } }, { a: null, b: { c: null } }, { b: { d: 3 } }],
  ["a map replaces a value", { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
  [
    "containers are told apart by name",
    { containers: [{ name: "a", image: "x" }, { name: "b" }] },
    { containers: [{ name: "b", image: "y" }, { name: "c" }] },
    { containers: [{ name: "a", image: "x" }, { name: "b", image: "y" }, { name: "c" }] },
  ],
  [
    "mounts by their place, not by the volume",
    { volumeMounts: [{ name: "v", mountPath: "/a" }] },
    { volumeMounts: [{ name: "v", mountPath: "/b" }] },
    {
      volumeMounts: [
        { name: "v", mountPath: "/a" },
        { name: "v", mountPath: "/b" },
      ],
    },
  ],
  [
    "ports of containers by number",
    { ports: [{ containerPort: 80 }] },
    { ports: [{ containerPort: 80, name: "http" }, { containerPort: 81 }] },
    { ports: [{ containerPort: 80, name: "http" }, { containerPort: 81 }] },
  ],
  [
    "ports of Services by number",
    { ports: [{ port: 80, targetPort: 8080 }] },
    { ports: [{ port: 80, nodePort: 30000 }] },
    { ports: [{ port: 80, targetPort: 8080, nodePort: 30000 }] },
  ],
  [
    "other lists are replaced",
    { args: ["a"], tolerations: [{ key: "a" }] },
    { args: ["b"], tolerations: [] },
    { args: ["b"], tolerations: [] },
  ],
  ["a list without keys is replaced", { containers: [{ name: "a" }] }, { containers: [{}] }, { containers: [{}] }],
])("%s", (_, base, patch, expected) => {
  expect(merge(base, patch)).toEqual(expected);
});

test("what arrives late is merged when it arrives, and holds nothing else back", async () => {
  await world();
  const merged = merge(
    { labels: pulumi.output({ a: "1" }), name: "x", env: [{ name: "A", value: "1" }] },
    { labels: { b: pulumi.output("2") }, env: pulumi.output([{ name: "A", value: "3" }]) },
  ) as Record<string, unknown>;
  expect(merged.name).toBe("x");
  expect(await value(pulumi.output(merged))).toEqual({
    labels: { a: "1", b: "2" },
    name: "x",
    env: [{ name: "A", value: "3" }],
  });
});
