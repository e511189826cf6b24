import { ownerLabels } from "../../../../core/engines/owner";
import { type Session, sessionFor } from "../../../../core/engines/dockerApi/session";
import { freePorts } from "../../../../core/engines/swarm/ports";
import type { SwarmSpec } from "../../../../core/mapping/swarm";
import { useEngine } from "../../fakeEngine";
import { world } from "../../mocks";

const engine = useEngine();
let session: Session;
beforeEach(async () => {
  await world({ hooks: false });
  session = sessionFor();
  session.client = engine.client;
});

const port = (PublishedPort: number | undefined, Protocol = "tcp") => ({ PublishedPort, Protocol, TargetPort: 80 });
const service = (name: string, ports: object[] | undefined, labels = ownerLabels(session.owner, name)) => ({
  ID: `${name}-id`,
  Version: { Index: 7 },
  Spec: { Name: name, Labels: labels, EndpointSpec: { Mode: "vip", Ports: ports } },
});
const free = async (ports: object[], ...services: object[]) => {
  engine.says("GET /services", services);
  for (const name of ["old", "api"]) engine.says(`POST /services/${name}-id/update?version=7`, {});
  await freePorts(session, "web-id", { EndpointSpec: { Mode: "vip", Ports: ports } } as unknown as SwarmSpec);
  return engine.changes();
};

test("nothing is asked for a service without ports", async () => {
  await free([]);
  expect(engine.calls).toEqual([]);
});

test.each(["api", "old"])("%s of this stack gives up what this one is to have, and keeps the rest", async (name) => {
  const [[call, body]] = (await free([port(80)], service(name, [port(80), port(81)]))) as [[string, SwarmSpec]];
  expect(call).toBe(`POST /services/${name}-id/update?version=7`);
  expect(body.EndpointSpec).toEqual({ Mode: "vip", Ports: [port(81)] });
  expect(body).toMatchObject({ Name: name });
});

test.each<[string, object[], () => object[]]>([
  ["its own ports", [port(80)], () => [service("web", [port(80)])]],
  [
    "other ports",
    [port(80), port(undefined)],
    () => [service("api", [port(81), port(80, "udp"), port(undefined)]), service("old", undefined)],
  ],
  [
    "somebody else's",
    [port(80)],
    () => [
      service("old", [port(80)], {}),
      service("api", [port(80)], { ...ownerLabels(session.owner, "api"), "berth.owner": "you" }),
    ],
  ],
])("%s are left alone", async (_, ports, services) => {
  expect(await free(ports, ...services())).toEqual([]);
});
