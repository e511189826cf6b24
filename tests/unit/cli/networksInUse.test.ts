import { networksInUse } from "../../../cli/networksInUse";
import { useEngine } from "../fakeEngine";

const engine = useEngine();
const PROVIDER = "urn:pulumi:web::shop::pulumi:providers:docker::default";
const state = (...ids: string[]) =>
  JSON.stringify({
    version: 3,
    checkpoint: {
      latest: {
        resources: [
          { urn: PROVIDER, type: "pulumi:providers:docker", inputs: { host: `unix://${engine.socket}` } },
          { urn: "a", type: "docker:index/container:Container", id: "0", provider: `${PROVIDER}::x` },
          ...ids.map((id) => ({ urn: id, type: "docker:index/network:Network", id, provider: `${PROVIDER}::x` })),
        ],
      },
    },
  });

test("who is on a network is named; nobody may be; one that is gone is not spoken of", async () => {
  engine
    .on("GET /networks/1", { body: { Name: "front", Containers: { x: { Name: "web" }, y: { Name: "db" } } } })
    .on("GET /networks/2", { body: { Name: "back", Containers: {} } })
    .on("GET /networks/4", { status: 500, body: { message: "no space" } });
  expect(await networksInUse(state("1", "2", "3", "4"))).toEqual([
    "the network front stays, for these containers are on it: web, db; `docker network disconnect front web` takes one off, then the same command again",
    "the network back stays though no container is on it: an engine that was killed may count one that is gone; start the engine anew, then the same command again",
  ]);
});

test("a stack without a state has none", async () => {
  for (const none of [undefined, "", JSON.stringify({ version: 3, checkpoint: {} })])
    expect(await networksInUse(none)).toEqual([]);
});
