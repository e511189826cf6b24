import * as pulumi from "@pulumi/pulumi";
import { Service } from "../../../../components/service";
import type { ServiceOptions } from "../../../../components/service";
import type { ServiceArgs as Args } from "../../../../core/description/types";
import { sessionFor } from "../../../../core/engines/dockerApi/session";
import { type World, world } from "../../mocks";

type ServiceArgs = Args & ServiceOptions;

let w: World;

const OLD = { name: "old", target: "/data" };

/** What a preview says of a service whose container has such volumes. */
async function said(
  volumes: { name: string; target: string }[],
  args: Partial<ServiceArgs>,
  { preview = true, service = "db" } = {},
): Promise<string[]> {
  w = await world({ preview });
  const session = sessionFor();
  const { stack, owner } = session.owner;
  const labels = { "berth.stack": stack, "berth.owner": owner, "berth.service": service };
  const mounts = volumes.map(({ name, target }) => ({ type: "volume", source: name, target }));
  const nothing = { images: [], networks: [], volumes: [], listeners: [], routes: [], local: true, apiVersion: "1.41" };
  session.snapshot = {
    ...nothing,
    containers: [{ id: "id", name: "db", image: "own/app", labels, ports: [], mounts }],
  };
  new Service("db", { image: "own/app", ...args });
  await w.done();
  return w.warnings;
}

test("a volume that gives way to another one", async () => {
  expect(await said([OLD], { volumes: ["new:/data"] })).toEqual([
    "db: /data gets the volume new, and what is in old stays there; `berth backup test` before and `berth restore test` behind this `up` carries it over.",
  ]);
});

test.each<[string, Partial<ServiceArgs>]>([
  ["nothing", {}],
  ["a folder of the host", { volumes: ["/etc:/data"] }],
  ["memory", { volumes: [{ type: "tmpfs", target: "/data" }] }],
])("a volume that gives way to %s", async (_, args) => {
  expect(await said([OLD], args)).toEqual([
    "db: the volume old is not at /data any more, and what is in it stays there; `berth backup test` saves it first.",
  ]);
});

test("a volume whose data goes with it", async () => {
  expect((await said([OLD], { removeData: true }))[0]).toContain("and what is in it is removed with it; `berth backup");
});

test.each<[string, { name: string; target: string }[], Partial<ServiceArgs>]>([
  ["that stays", [OLD], { volumes: ["old:/data"] }],
  ["that moves in its container", [OLD], { volumes: ["old:/elsewhere"] }],
  ["without a name", [{ name: "db-data-0a1b2c3", target: "/data" }], { volumes: ["/data"] }],
  ["that the engine made for its image", [{ name: "f".repeat(64), target: "/data" }], {}],
  ["that another container has", [OLD], { volumesFrom: ["other"] }],
  ["that is known late", [OLD], { volumes: pulumi.output(["new:/data"]) as never }],
])("of a volume %s nothing is said", async (_, volumes, args) => {
  const warnings = await said(volumes, args).catch(() => []);
  expect(warnings.filter((line) => line.includes("berth backup"))).toEqual([]);
});

test("of another service's container nothing is said, and `up` says it where there was no preview", async () => {
  expect(await said([OLD], {}, { service: "other" })).toEqual([]);
  expect(await said([OLD], {}, { preview: false })).toEqual(await said([OLD], {}));
});
