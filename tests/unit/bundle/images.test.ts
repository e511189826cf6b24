import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "tar";
import { bringImages, giveBack, idsOf, imagesOf, loadBundledImages, savedImages } from "../../../cli/bundle/images";
import type { BundledImage } from "../../../cli/bundle/manifest";
import type { PlannedResource } from "../../../cli/plan";
import { useEngine } from "../fakeEngine";
import { useFolder } from "./smallBundle";

const engine = useEngine();
const folder = useFolder();
const ID = `sha256:${"a".repeat(64)}`;
const INDEX = `sha256:${"b".repeat(64)}`;
const OTHER = `sha256:${"c".repeat(64)}`;
const CREATED = "2026-01-01T00:00:00Z";

const resource = (type: string, inputs: Record<string, unknown>, name = "r"): PlannedResource => ({
  urn: name,
  type,
  name,
  inputs,
  dependencies: [],
});
const image = (inputs: Record<string, unknown>) => resource("docker:index/remoteImage:RemoteImage", inputs);

describe("the images of a stack", () => {
  test("are those of its containers, its Swarm services and its Pods, each once", () => {
    expect(
      imagesOf([
        image({ name: "nginx" }),
        image({ name: "nginx:latest" }),
        image({ name: "localhost:5000/app", platform: "linux/arm64" }),
        image({ name: "[known after up]" }),
        resource("docker:index/service:Service", { taskSpec: { containerSpec: { image: "redis:7" } } }),
        resource("docker:index/container:Container", { image: "sha256:1" }),
        resource("kubernetes:apps/v1:Deployment", {
          spec: {
            template: {
              spec: { containers: [{ image: "web:2" }, { image: "web:2" }], initContainers: [{ image: "a" }] },
            },
          },
        }),
      ]),
    ).toEqual({
      engine: [
        { name: "localhost:5000/app:latest", platform: "linux/arm64" },
        { name: "nginx:latest", platform: undefined },
        { name: "redis:7", platform: undefined },
      ],
      builds: [],
      cluster: ["a", "web:2"],
      late: ["r"],
    });
  });

  test("that are built are told with what they are built from, in their order", () => {
    const base = { context: "/src/base", dockerfile: "/src/base/Dockerfile" };
    const app = { context: "/src", dockerfile: "/src/Dockerfile", buildArgs: { A: "1" }, tags: ["app:2", "other"] };
    expect(
      imagesOf([
        image({ name: "z-base", build: base, triggers: { content: "d1" } }),
        image({ name: "app:1", build: app, triggers: { content: "d2" }, platform: "linux/arm64" }),
      ]),
    ).toMatchObject({
      engine: [
        { name: "app:1", platform: "linux/arm64" },
        { name: "app:2" },
        { name: "other:latest" },
        { name: "z-base:latest" },
      ],
      builds: [
        { name: "z-base:latest", content: "d1", build: base },
        { name: "app:1", content: "d2", build: app, platform: "linux/arm64" },
      ],
    });
  });

  test.each([
    ["[secret]", /^the build of app:1 takes secrets, which its image shows .*; hand them to the container/],
    [{ buildArgs: "[secret]" }, /^the build of app:1 takes secrets/],
    [{ buildArgs: { A: "[secret]" } }, /^the build of app:1 takes secrets/],
    [{ buildArgs: { A: "[known after up]" } }, /^the build of app:1 takes what is known only when .*; name it in/],
  ])("that are built from %j are refused", (build, says) => {
    expect(() => imagesOf([image({ name: "app:1", build, triggers: { content: "d" } })])).toThrow(says);
  });

  test("that are built past berth are refused", () => {
    expect(() => imagesOf([image({ name: "app:1", build: { context: "." } })])).toThrow(
      "the program builds app:1 itself, and not by berth's BuiltImage; use that in its place",
    );
  });

  test("that are named by digest come along, but not for the nodes of a Swarm", () => {
    expect(imagesOf([image({ name: `nginx@${ID}` })]).engine).toEqual([{ name: `nginx@${ID}`, platform: undefined }]);
    const service = { taskSpec: { containerSpec: { image: `nginx@${ID}` } } };
    expect(() => imagesOf([resource("docker:index/service:Service", service)])).toThrow(
      /^the Swarm runs nginx@sha256:a+ by its digest, which no file brings to a node; name it by a tag/,
    );
  });
});

describe("an image that is not on the engine", () => {
  const pull = "POST /images/create?fromImage=localhost:5000/app&tag=1&platform=linux/arm64";
  const wanted = [{ name: "localhost:5000/app:1", platform: "linux/arm64" }];
  const found = { body: { Id: ID, Created: CREATED, RootFS: { Layers: ["sha256:l"] } } };

  test("is pulled", async () => {
    const missing = { status: 404, body: {} };
    engine.on("GET /images/localhost:5000/app:1/json", missing, missing, found);
    engine.says(pull, '{"status":"Pulling"}\n');
    const lines: string[] = [];
    expect(await bringImages(engine.client, wanted, (line) => lines.push(line))).toEqual([
      { name: "localhost:5000/app:1", id: ID, ids: [], layers: ["sha256:l"], created: CREATED },
    ]);
    expect(engine.changes()).toEqual([pull]);
    expect(lines).toEqual(["Pulling localhost:5000/app:1."]);
  });

  test.each([
    ["at once", { status: 500, body: { message: "denied" } }],
    ["in the middle", { body: '{"status":"Pulling"}\n{"errorDetail":{},"error":"denied"}\n' }],
  ])("and cannot be pulled, said %s, is one sentence", async (_, answer) => {
    engine.on("GET /images/localhost:5000/app:1/json", { status: 404, body: {} });
    engine.on(pull, answer);
    await expect(bringImages(engine.client, wanted, () => undefined)).rejects.toThrow(
      "image: localhost:5000/app:1 cannot be fetched from localhost:5000 (denied); correct the name, or, where the image is private, log in with `docker login localhost:5000`.",
    );
  });

  test("one that is there is not pulled", async () => {
    engine.on("GET /images/localhost:5000/app:1/json", found);
    await bringImages(engine.client, wanted, () => undefined);
    expect(engine.changes()).toEqual([]);
  });
});

test("names that a build has taken go back to the images that had them", async () => {
  engine.says("GET /images/app:1/json", { Id: ID }, { Id: OTHER });
  engine.says("GET /images/app:2/json", { Id: ID }, { Id: ID });
  engine.on("GET /images/app:3/json", { status: 404, body: {} }, { body: { Id: OTHER } });
  const tag = `POST /images/${ID}/tag?repo=app&tag=1`;
  engine.says(tag, "");
  const before = await idsOf(engine.client, ["app:1", "app:2", "app:3"]);
  await giveBack(engine.client, before);
  expect(engine.changes()).toEqual([tag]);
});

const bundled = (more: Partial<BundledImage> = {}): BundledImage => ({
  name: "app:1",
  id: ID,
  ids: [ID],
  layers: ["sha256:l"],
  created: CREATED,
  ...more,
});

describe("saved images", () => {
  /** What `docker save` writes of one image. */
  async function archive({ config = ID.slice(7), tags = ["app:1"] as string[], index = [] as string[] } = {}) {
    const files = {
      "manifest.json": JSON.stringify([{ Config: `${config}.json`, RepoTags: tags }]),
      "index.json": JSON.stringify({ manifests: index.map((digest) => ({ digest })) }),
      layer: "x".repeat(200_000),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder(), name), text);
    const chunks: Buffer[] = [];
    for await (const chunk of create({ cwd: folder() }, Object.keys(files))) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  async function save(bytes: Buffer, images: BundledImage[]): Promise<Buffer> {
    engine.on("GET /images/get?names=app:1", { body: bytes });
    const chunks: Buffer[] = [];
    for await (const chunk of savedImages(engine.client, images)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  test("are passed on as they come, with the ids under which they are in the archive", async () => {
    const images = [bundled({ id: INDEX, ids: [] })];
    const bytes = await archive({ index: [INDEX] });
    expect((await save(bytes, images)).equals(bytes)).toBe(true);
    expect(images[0]!.ids).toEqual([ID, INDEX]);
  });

  test.each([
    ["cut off", async () => (await archive()).subarray(0, 100_000), /the engine broke off while it saved/],
    ["without an image", () => archive({ tags: ["other:1"] }), /the engine left app:1 out of the archive/],
    [
      "with another image",
      () => archive({ config: OTHER.slice(7) }),
      /app:1 became another image while it was being saved/,
    ],
    ["not even an archive", async () => Buffer.from("error"), /the engine broke off while it saved/],
  ])("%s are refused", async (_, bytes, says) => {
    await expect(save(await bytes(), [bundled()])).rejects.toThrow(says);
  });
});

describe("loading", () => {
  const LOAD = "POST /images/load?quiet=1";
  const live = (Id: string, more: object = {}) => ({
    body: { Id, Created: CREATED, RootFS: { Layers: ["sha256:l"] }, ...more },
  });
  const part = () => {
    const file = join(folder(), "bundle");
    writeFileSync(file, "beforeIMAGESafter");
    return { file, start: 6, size: 6 };
  };
  const load = (images = [bundled()]) => loadBundledImages(engine.client, part(), images);
  const NAME = "GET /images/app:1/json";

  test("what is there is not sent", async () => {
    engine.on(NAME, live(ID));
    expect(await load()).toEqual({ loaded: [], there: ["app:1"], ids: { "app:1": ID }, moved: [] });
    expect(engine.changes()).toEqual([]);
  });

  test("what is not there is sent from where it lies in the file", async () => {
    engine.on(NAME, { status: 404, body: {} }, live(ID)).says(LOAD, '{"stream":"Loaded"}');
    expect(await load()).toEqual({ loaded: ["app:1"], there: [], ids: { "app:1": ID }, moved: [] });
    expect(engine.changes()).toEqual([[LOAD, Buffer.from("IMAGES")]]);
  });

  test("a name that stood for another image is told", async () => {
    engine.on(NAME, live(OTHER, { Created: "2020-01-01T00:00:00Z" }), live(ID)).says(LOAD, "");
    expect((await load()).moved).toEqual(["app:1"]);
  });

  test("an engine that names images otherwise has the same layers of the same time", async () => {
    engine.on(NAME, { status: 404, body: {} }, live(INDEX)).says(LOAD, "");
    // What the engine here calls it, which is what its containers are compared with.
    expect(await load()).toMatchObject({ loaded: ["app:1"], ids: { "app:1": INDEX } });
  });

  test.each([
    ["other layers", live(INDEX, { RootFS: { Layers: ["sha256:m"] } })],
    ["another time", live(INDEX, { Created: "2020-01-01T00:00:00Z" })],
    ["nothing", { status: 404, body: {} }],
  ])("an engine that has %s after the load is an error", async (_, answer) => {
    engine.on(NAME, { status: 404, body: {} }, answer).says(LOAD, "");
    await expect(load()).rejects.toThrow(`app:1 is on the engine after the load, but not as ${ID}`);
  });

  test("an engine that refuses in the middle is an error", async () => {
    engine.on(NAME, { status: 404, body: {} }).says(LOAD, '{"error":"no space left on device"}');
    await expect(load()).rejects.toThrow("the engine cannot load the images: no space left on device");
  });
});
