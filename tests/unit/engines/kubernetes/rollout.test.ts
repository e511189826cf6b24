import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { ClusterClient } from "../../../../core/engines/kubernetes/client";
import { waitForRollout } from "../../../../core/engines/kubernetes/rollout";

let server: http.Server;
let client: ClusterClient;
let answers: object[];
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = http.createServer((request, response) => {
    asked.push(request.url!);
    // The last answer stays.
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    response.statusCode = "code" in answer ? 404 : 200;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = new ClusterClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as never);
});
afterEach(() => {
  client.close();
  server.close();
});

const deployment = (generation: number, status: object, replicas = 1) => ({
  metadata: { generation },
  spec: { replicas },
  status,
});
const all = (count: number) => ({ replicas: count, updatedReplicas: count, availableReplicas: count });
const wait = (timeout = 5000) => waitForRollout(client, "shop", "web", { timeout, pause: 1 });

test("the old pods of a Recreate, and the moment without any, are not the end", async () => {
  answers = [
    deployment(2, { observedGeneration: 1, ...all(1) }),
    deployment(2, { observedGeneration: 2, replicas: 1, availableReplicas: 1 }),
    deployment(2, { observedGeneration: 2 }),
    deployment(2, { observedGeneration: 2, replicas: 1, updatedReplicas: 1 }),
    deployment(2, { observedGeneration: 2, ...all(1) }),
  ];
  await wait();
  expect(asked).toEqual(Array(5).fill("/apis/apps/v1/namespaces/shop/deployments/web"));
});

test("an old pod beside the new ones is not the end", async () => {
  answers = [
    deployment(1, { observedGeneration: 1, replicas: 3, updatedReplicas: 2, availableReplicas: 3 }, 2),
    deployment(1, { observedGeneration: 1, ...all(2) }, 2),
  ];
  await wait();
  expect(asked).toHaveLength(2);
});

test("no pods are all pods where none are wanted", async () => {
  answers = [deployment(1, { observedGeneration: 1 }, 0)];
  await wait();
  expect(asked).toHaveLength(1);
});

test("what does not come says how many answer, and where to look", async () => {
  answers = [deployment(1, { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }, 2)];
  await expect(wait(20)).rejects.toThrow(
    "1 of 2 pods of the Deployment web answer after 0 s; `kubectl describe pod -n shop -l app=web` says why, or raise waitTimeout.",
  );
});

test.each([
  [{ replicas: 4, updatedReplicas: 1, availableReplicas: 3 }, 3, " 3 pods from before this change still answer."],
  [{ replicas: 2, updatedReplicas: 1, availableReplicas: 1 }, 1, " One pod from before this change still answers."],
  // Of those that answer, these are all the old ones that there are.
  [{ replicas: 3, updatedReplicas: 2, availableReplicas: 2 }, 3, " One pod from before this change still answers."],
  [{ replicas: 1, updatedReplicas: 1 }, 1, ""],
  [{}, 1, ""],
])("of %j it says what still runs", async (status, wanted, sentence) => {
  answers = [deployment(1, { observedGeneration: 1, ...status }, wanted)];
  const message = await wait(20).then(
    () => "",
    (error: Error) => error.message,
  );
  expect(message.split("raise waitTimeout.")[1]).toBe(sentence);
  const conditions = [{ type: "Progressing", status: "False", message: "stuck" }];
  answers = [deployment(1, { observedGeneration: 1, ...status, conditions }, wanted)];
  await expect(wait()).rejects.toThrow(`says why.${sentence}`);
});

test("a rollout that is stuck ends the wait at once", async () => {
  const conditions = [{ type: "Progressing", status: "False", message: "has timed out progressing" }];
  answers = [deployment(1, { observedGeneration: 1, replicas: 1, updatedReplicas: 1, conditions })];
  await expect(wait()).rejects.toThrow("The Deployment web is stuck: has timed out progressing; `kubectl describe");
  // Of a change that the cluster has not seen yet it says nothing.
  answers = [deployment(2, { observedGeneration: 1, conditions }), deployment(2, { observedGeneration: 2, ...all(1) })];
  await wait();
});

test("a Deployment that is gone is said", async () => {
  answers = [{ code: 404 }];
  await expect(wait()).rejects.toThrow("The Deployment web cannot be read (status 404).");
});
