import { type SwarmSpec, swarmSpec } from "../../../../core/mapping/swarm";
import { sameSpec, sameTask } from "../../../../core/engines/swarm/compare";
import { parseService } from "../../../../core/description/service";

const declared = () =>
  swarmSpec(
    parseService(
      {
        image: "nginx",
        containerName: "web",
        environment: { A: "1", B: "2" },
        capAdd: ["NET_ADMIN"],
        command: ["a", "b"],
        tmpfs: "/run",
        memLimit: "64m",
        volumes: ["data:/data"],
      },
      { projectFolder: "/srv", outer: {} },
    ),
    {},
    { image: "nginx:latest@sha256:1", networks: {}, secrets: [], configs: [] },
    { owner: "me" },
  );

/** As an engine answers: zeros and defaults filled in, sets in an order of its own. */
function answered(change: (spec: SwarmSpec) => void = () => {}): SwarmSpec {
  const live = JSON.parse(JSON.stringify(declared())) as SwarmSpec;
  const { ContainerSpec, Resources } = live.TaskTemplate;
  ContainerSpec.Env!.reverse();
  ContainerSpec.Mounts!.reverse();
  Object.assign(ContainerSpec, { Isolation: "default", DNSConfig: {}, Healthcheck: {}, Init: false });
  Object.assign(Resources.Reservations, { NanoCPUs: 0 });
  Object.assign(live.TaskTemplate, { Runtime: "container", ForceUpdate: 0 });
  change(live);
  return live;
}

test("what the engine fills in is no difference", () => {
  expect(sameSpec(answered(), declared())).toBe(true);
});

test.each<[string, (spec: SwarmSpec) => void]>([
  ["a label more", (spec) => (spec.Labels.by = "hand")],
  ["a variable more", ({ TaskTemplate }) => TaskTemplate.ContainerSpec.Env!.push("C=3")],
  ["a variable less", ({ TaskTemplate }) => TaskTemplate.ContainerSpec.Env!.pop()],
  ["another order of arguments", ({ TaskTemplate }) => TaskTemplate.ContainerSpec.Args!.reverse()],
  ["another limit", ({ TaskTemplate }) => (TaskTemplate.Resources.Limits.MemoryBytes = 2 ** 27)],
  ["no limit", ({ TaskTemplate }) => delete TaskTemplate.Resources.Limits.MemoryBytes],
  ["replicas", (spec) => (spec.Mode = { Replicated: { Replicas: 2 } })],
  ["no replicas", (spec) => (spec.Mode = { Replicated: { Replicas: 0 } })],
  ["global", (spec) => (spec.Mode = { Global: {} })],
  ["a port", (spec) => (spec.EndpointSpec.Ports = [{ Protocol: "tcp", TargetPort: 80, PublishMode: "ingress" }])],
  ["an image", ({ TaskTemplate }) => (TaskTemplate.ContainerSpec.Image = "nginx:latest@sha256:2")],
  ["an order", (spec) => (spec.UpdateConfig.Order = "start-first")],
  ["a constraint", ({ TaskTemplate }) => (TaskTemplate.Placement.Constraints = ["node.id == x"])],
  ["a health check", ({ TaskTemplate }) => (TaskTemplate.ContainerSpec.Healthcheck = { Test: ["NONE"] })],
])("a difference: %s", (_, change) => {
  expect(sameSpec(answered(change), declared())).toBe(false);
});

test("zero replicas and a global service are two things", () => {
  const none = { ...declared(), Mode: { Replicated: { Replicas: 0 } } };
  expect(sameSpec({ ...declared(), Mode: { Global: {} } }, none)).toBe(false);
});

test("a task is of the current version whatever node it may run on", () => {
  const { TaskTemplate } = answered();
  const { Runtime: _, ...task } = { ...TaskTemplate, Runtime: "container", Placement: { Constraints: ["x == y"] } };
  expect(sameTask(task, TaskTemplate)).toBe(true);
  expect(sameTask({ ...task, ForceUpdate: 1 }, TaskTemplate)).toBe(false);
});
