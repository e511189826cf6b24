import { Service } from "../../../components/service";
import { WebApp } from "../../../components/webApp";
import { fetchImage } from "../../../core/engines/dockerApi/images/fetch";
import { readMirrors } from "../../../core/engines/imageMirrors";
import { useEngine } from "../fakeEngine";
import { CONTAINER, IMAGE, world } from "../mocks";
import { refusal, sentence } from "../refusal";

const engine = useEngine();
const DIGEST = `sha256:${"1".repeat(64)}`;
const MIRRORS = { "docker.io": "mirror.example", "ghcr.io": "registry.lan:5000/ghcr" };
const mirrored = (more: Record<string, string> = {}, mirrors: object = MIRRORS) =>
  world({ config: { "berth:imageMirrors": JSON.stringify(mirrors), ...more } });

test("on Docker names stay as they are documented", async () => {
  const w = await mirrored();
  new Service("web", { image: "nginx:1.27" });
  await w.done();
  expect(w.one(CONTAINER).inputs.image).toBe("nginx:1.27");
  expect(w.one(IMAGE).inputs.name).toBe("nginx:1.27");
});

test.each([
  ["nginx:1.27", "mirror.example/library/nginx:1.27"],
  ["team/app", "mirror.example/team/app"],
  ["docker.io/team/app:1", "mirror.example/team/app:1"],
  ["ghcr.io/team/app:1", "registry.lan:5000/ghcr/team/app:1"],
  [`nginx@${DIGEST}`, `mirror.example/library/nginx@${DIGEST}`],
  ["quay.io/team/app:1", "quay.io/team/app:1"],
])("the nodes of a Swarm and of a cluster fetch %s as %s", async (image, expected) => {
  for (const name of ["swarm", "kubernetes"]) {
    const w = await mirrored({ "berth:engine": name });
    new Service("web", { image, ports: ["30080:80"] });
    await w.done();
    const objects = JSON.stringify(w.resources.filter(({ custom }) => custom).map(({ inputs }) => inputs));
    expect(objects).toContain(`"image":"${expected}"`);
  }
  const w = await mirrored();
  new WebApp("web", { image });
  await w.done();
  expect(JSON.stringify(w.resources.map(({ inputs }) => inputs))).toContain(`"image":"${expected}"`);
});

test("a lock and a mirror go together on a cluster", async () => {
  const lock = JSON.stringify({ "nginx:1.27": DIGEST });
  const w = await mirrored({ "berth:engine": "kubernetes", "berth:images": lock });
  new Service("web", { image: "nginx:1.27", ports: ["30080:80"] });
  await w.done();
  const objects = JSON.stringify(w.resources.filter(({ custom }) => custom).map(({ inputs }) => inputs));
  expect(objects).toContain(`"image":"mirror.example/library/nginx:1.27@${DIGEST}"`);
});

describe("an engine fetches from the mirror", () => {
  const mirror = "mirror.example/library/nginx:1.27";
  const pull = (from: string, tag: string) => `POST /images/create?fromImage=${from}&tag=${tag}`;
  const tag = `POST /images/${mirror}/tag?repo=nginx&tag=1.27`;
  const there = pull("mirror.example/library/nginx", "1.27");
  const own = pull("nginx", "1.27");
  const failed = { status: 500, body: { message: "no such host" } };
  const calls = () => engine.changes().map((call) => (Array.isArray(call) ? call[0] : call));

  test("and calls the image by its own name", async () => {
    engine.says(there, { status: "done" }).on(tag, { status: 201 }).on(`DELETE /images/${mirror}?noprune=1`, {});
    await fetchImage(engine.client, "nginx:1.27", { mirror });
    expect(calls()).toEqual([there, tag, `DELETE /images/${mirror}?noprune=1`]);
  });

  test("and leaves the mirror's name where somebody had it", async () => {
    engine.says(`GET /images/${mirror}/json`, { Id: "x" }).says(there, { status: "done" }).on(tag, { status: 201 });
    await fetchImage(engine.client, "nginx:1.27", { mirror });
    expect(calls()).toEqual([there, tag]);
  });

  test("and from the registry where the mirror has nothing; both are told where neither has", async () => {
    engine.on(there, failed).says(own, { status: "done" });
    await fetchImage(engine.client, "nginx:1.27", { mirror });
    expect(calls()).toEqual([there, own]);
    engine.on(own, failed);
    await expect(fetchImage(engine.client, "nginx:1.27", { mirror })).rejects.toThrow(
      `image: nginx:1.27 cannot be fetched from its mirror as ${mirror} (no such host), nor from registry-1.docker.io (no such host)`,
    );
  });

  test("but not what is named by its digest, which it could not be called by", async () => {
    engine.says(pull("nginx", DIGEST), { status: "done" });
    await fetchImage(engine.client, `nginx@${DIGEST}`, { mirror: `mirror.example/library/nginx@${DIGEST}` });
    expect(calls()).toEqual([pull("nginx", DIGEST)]);
  });
});

test("a wrong setting stops the program before anything is made, on Docker too", async () => {
  const w = await mirrored({}, { "docker.io": "https://mirror.example" });
  expect(sentence(() => new Service("web", { image: "nginx" }))).toBe(
    'Service "web": berth:imageMirrors["docker.io"]: "https://mirror.example" is not the beginning of an image\'s name; use a host with or without a path: mirror.example, or registry.lan:5000/hub.',
  );
  expect(w.resources).toEqual([]);
});

test.each([
  ["mirror.example", "is no map of registries"],
  ['{"docker":"mirror.example"}', '"docker" is no registry'],
  ['{"docker.io":"mirror"}', "is not the beginning of an image's name"],
  ['{"docker.io":"mirror.example/"}', "is not the beginning"],
  ['{"docker.io":3}', "is not the beginning"],
])("%s is refused", (text, problem) => {
  expect(refusal(() => readMirrors(text))).toContain(problem);
});
