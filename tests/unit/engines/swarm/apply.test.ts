import { applySpec, isImage } from "../../../../core/engines/swarm/apply";
import type { SwarmService } from "../../../../core/engines/dockerApi/releaseServices";
import { type SwarmSpec, swarmSpec } from "../../../../core/mapping/swarm";
import { useEngine } from "../../fakeEngine";

const engine = useEngine();
const ID = "service-id";

const declared = (image = "nginx", replicas = 1): SwarmSpec =>
  swarmSpec(
    { image, containerName: "web", replicas },
    {},
    { image, networks: {}, secrets: [], configs: [] },
    { owner: "me" },
  );
const DIGEST = "sha256:1111";
const PLATFORMS = [{ Architecture: "amd64", OS: "linux" }];

/** The service as the engine has it. */
function live(change: (spec: SwarmSpec) => void = () => {}, index = 7): SwarmService {
  const Spec = JSON.parse(JSON.stringify(declared(`nginx:latest@${DIGEST}`))) as SwarmSpec;
  Spec.TaskTemplate.Placement.Platforms = PLATFORMS;
  change(Spec);
  return { ID, Version: { Index: index }, Spec };
}

const UPDATE = `POST /services/${ID}/update?version=7`;
const body = (call = UPDATE) => engine.calls.find((one) => Array.isArray(one) && one[0] === call)?.[1] as SwarmSpec;

test("a service that is as declared is left alone, and the registry is not asked", async () => {
  engine.says(`GET /services/${ID}`, live());
  expect(await applySpec(engine.client, ID, declared())).toBe(false);
  expect(engine.calls).toEqual([`GET /services/${ID}`]);
});

test("a change goes to the living service; its image keeps the digest that it has", async () => {
  engine
    .says(
      `GET /services/${ID}`,
      live((spec) => (spec.TaskTemplate.ForceUpdate = 3)),
    )
    .says(UPDATE, {});
  expect(await applySpec(engine.client, ID, declared("nginx", 3))).toBe(true);
  expect(body().Mode).toEqual({ Replicated: { Replicas: 3 } });
  expect(body().TaskTemplate).toMatchObject({
    ContainerSpec: { Image: `nginx:latest@${DIGEST}` },
    Placement: { Platforms: PLATFORMS },
    // `docker service update --force` of somebody is no change to take back.
    ForceUpdate: 3,
  });
});

test("another image gets its own digest and platforms", async () => {
  engine
    .says(`GET /services/${ID}`, live())
    .says("GET /distribution/team/web:1.8/json", {
      Descriptor: { digest: "sha256:2222" },
      Platforms: [{ architecture: "arm64", os: "linux" }],
    })
    .says(UPDATE, {});
  expect(await applySpec(engine.client, ID, declared("team/web:1.8"))).toBe(true);
  expect(body().TaskTemplate.ContainerSpec.Image).toBe("team/web:1.8@sha256:2222");
  expect(body().TaskTemplate.Placement.Platforms).toEqual([{ Architecture: "arm64", OS: "linux" }]);
});

test("an image that no registry knows is left to the nodes", async () => {
  engine.says(`GET /services/${ID}`, live()).says(UPDATE, {});
  expect(await applySpec(engine.client, ID, declared("web:built-here"))).toBe(true);
  expect(body().TaskTemplate.ContainerSpec.Image).toBe("web:built-here");
});

test("pullPolicy always asks for the newest digest of the same name", async () => {
  engine
    .says(`GET /services/${ID}`, live())
    .says("GET /distribution/nginx/json", { Descriptor: { digest: "sha256:3333" }, Platforms: [] })
    .says(UPDATE, {});
  expect(await applySpec(engine.client, ID, declared(), { pull: true })).toBe(true);
  expect(body().TaskTemplate.ContainerSpec.Image).toBe("nginx:latest@sha256:3333");
});

test("an update by somebody else at the same moment: once more with the newer version", async () => {
  engine
    .says(`GET /services/${ID}`, live(), live(undefined, 8))
    .on(UPDATE, { status: 500, body: { message: "rpc error: update out of sequence" } })
    .says(`POST /services/${ID}/update?version=8`, {});
  expect(await applySpec(engine.client, ID, declared("nginx", 2))).toBe(true);
  expect(body(`POST /services/${ID}/update?version=8`).Mode).toEqual({ Replicated: { Replicas: 2 } });
});

test("a refusal of the engine is told", async () => {
  engine.says(`GET /services/${ID}`, live()).on(UPDATE, { status: 400, body: { message: "invalid mount target" } });
  await expect(applySpec(engine.client, ID, declared("nginx", 2))).rejects.toThrow("invalid mount target");
});

test("a service that somebody has removed", async () => {
  await expect(applySpec(engine.client, ID, declared())).rejects.toThrow(
    "web is not in the swarm any more: somebody has removed it; run `pulumi up --refresh` to make it again.",
  );
});

test.each([
  ["nginx:latest@sha256:1", "nginx", true],
  ["nginx", "nginx:latest", true],
  ["registry:5000/nginx:latest@sha256:1", "registry:5000/nginx", true],
  ["nginx:1.8@sha256:1", "nginx", false],
  ["nginx@sha256:1", "nginx@sha256:2", false],
  ["nginx@sha256:1", "nginx@sha256:1", true],
])("%s runs %s: %s", (running, image, same) => {
  expect(isImage(running, image)).toBe(same);
});
