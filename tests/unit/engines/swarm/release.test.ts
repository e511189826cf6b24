import { releaseServices } from "../../../../core/engines/dockerApi/releaseServices";
import { useEngine } from "../../fakeEngine";

const engine = useEngine();
const OWNER = { stack: "berth/test", owner: "me" };
const OURS = { "berth.stack": "berth/test", "berth.owner": "me" };

const service = (ID: string, Labels: object, ...targets: string[]) => ({
  ID,
  Version: { Index: 4 },
  Spec: {
    Name: ID,
    Labels,
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: "nginx" }, Networks: targets.map((Target) => ({ Target })) },
  },
});
const task = (State: string) => ({ Status: { State }, NetworksAttachments: [{ Network: { ID: "net" } }] });
const TASKS = 'GET /tasks?filters={"service":["web"]}';

test("our services leave the network, and nothing else of them changes; their tasks are waited for", async () => {
  engine
    .says("GET /services", [service("web", OURS, "net", "other"), service("elsewhere", {}, "other")])
    .says("POST /services/web/update?version=4", {})
    .says(TASKS, [task("running")], [task("shutdown")]);
  expect(await releaseServices(engine.client, OWNER, "net")).toEqual([]);
  const { Spec } = service("web", OURS, "other");
  expect(engine.changes()).toEqual([["POST /services/web/update?version=4", Spec]]);
  expect(engine.calls.filter((call) => call === TASKS)).toHaveLength(2);
});

test("where another stack's service is on it, ours stay too", async () => {
  engine.says("GET /services", [service("web", OURS, "net"), service("foreign", {}, "net")]);
  expect(await releaseServices(engine.client, OWNER, "net")).toEqual(["foreign"]);
  expect(engine.changes()).toEqual([]);
});
