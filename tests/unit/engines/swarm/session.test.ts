import * as pulumi from "@pulumi/pulumi";
import { ownerLabels } from "../../../../core/engines/owner";
import { type Session, sessionFor } from "../../../../core/engines/dockerApi/session";
import { swarmSessionFor } from "../../../../core/engines/swarm/session";
import { useEngine } from "../../fakeEngine";
import { world } from "../../mocks";

const engine = useEngine();
let session: Session;
const infos: string[] = [];

beforeEach(async () => {
  await world();
  session = sessionFor();
  session.client = engine.client;
  infos.length = 0;
  pulumi.log.info = async (message) => void infos.push(message);
});

describe("before a service of a swarm is made", () => {
  const create = async (labels: Record<string, string>) => {
    engine.says("GET /services/shop", { ID: "s1", Spec: { Name: "shop", Labels: labels } });
    engine.on("DELETE /services/s1", { status: 200 });
    const { callback } = swarmSessionFor(session).reclaimService!;
    await callback({ name: "web", newInputs: { name: "shop" } } as unknown as pulumi.ResourceHookArgs);
  };

  test("what an apply that was cut off left behind is removed", async () => {
    await create(ownerLabels(session.owner, "web"));
    expect(engine.changes()).toEqual(["DELETE /services/s1"]);
    expect(infos).toEqual(["Removed the service shop, left behind by an apply that was cut off."]);
  });

  test("the name of one that is no longer declared is not to be had: the provider could never delete that one", async () => {
    await expect(create(ownerLabels(session.owner, "old"))).rejects.toThrow(
      'containerName: the service shop belongs to old of this stack, which is no longer declared, and a Swarm cannot give its name to another; say that web is the same with aliases: [{ name: "old" }], or choose another name.',
    );
    expect(engine.changes()).toEqual([]);
  });

  test("somebody else's is refused", async () => {
    await expect(create({})).rejects.toThrow("a service named shop is in the swarm already and is not this stack's");
    expect(engine.changes()).toEqual([]);
  });
});
