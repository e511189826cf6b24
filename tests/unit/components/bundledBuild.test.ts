import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { baseImages } from "../../../core/engines/dockerApi/images/buildContext";
import { readBundledBuilds, writeBundledBuilds } from "../../../core/engines/dockerApi/images/bundledImages";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import type { EngineSnapshot } from "../../../core/engines/dockerApi/snapshot";
import { BuiltImage, type BuiltImageArgs } from "../../../components/builtImage";
import { Service } from "../../../components/service";
import { CONTAINER, IMAGE, nameOf, type World, world } from "../mocks";
import { sentence } from "../refusal";

const ID = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
/** Of the folder below; as it stands in states and manifests. */
let content: string;
let folder: string;
let w: World;
let infos: string[];

const record = () => join(folder, ".berth/images.json");
const snapshot = (imageIds: Record<string, string>): EngineSnapshot => ({
  local: true,
  apiVersion: "1.41",
  containers: [],
  networks: [],
  volumes: [],
  images: Object.keys(imageIds),
  imageIds,
  listeners: [],
  routes: [],
});
const declare = (args: Partial<BuiltImageArgs> = {}) =>
  new BuiltImage("app:1", { context: join(folder, "src"), ...args });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth bundled-"));
  jest.spyOn(process, "cwd").mockReturnValue(folder);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/Dockerfile"), "FROM busybox\nCOPY . .\n");
  w = await world();
  declare();
  await w.done();
  ({ content } = w.one(IMAGE).inputs.triggers as { content: string });
  w = await world();
  infos = [];
  jest.spyOn(pulumi.log, "info").mockImplementation(async (text) => void infos.push(text));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe("an image that a bundle has brought", () => {
  test("stands in the place of a build from the same", async () => {
    writeBundledBuilds(folder, { "app:1": { content, id: ID } });
    sessionFor().snapshot = snapshot({ "app:1": ID });
    const app = declare();
    new Service("web", { image: app.imageName });
    await w.done();
    expect(w.one(IMAGE)).toMatchObject({ name: "app:1@bundle", ignoreChanges: [], deleteBeforeReplace: false });
    expect(w.one(IMAGE).inputs).toEqual({ name: "app:1", keepLocally: true, triggers: { content, id: ID } });
    expect(w.one(CONTAINER).dependencies.map(nameOf)).toContain("app:1@bundle");
    expect(infos).toEqual([]);
  });

  describe("that is named by digest", () => {
    const DIGEST = `sha256:${"d".repeat(64)}`;
    const NAME = `nginx:1.27@${DIGEST}`;
    const image = async (imageIds: Record<string, string>) => {
      writeBundledBuilds(folder, { [NAME]: { content: DIGEST, id: ID } });
      sessionFor().snapshot = snapshot(imageIds);
      new Service("web", { image: NAME });
      await w.done();
      return w.one(IMAGE);
    };

    test("is taken by its id, since no file brings such a name", async () => {
      const found = await image({ [ID]: ID });
      expect(found.inputs).toMatchObject({ name: ID, keepLocally: true });
      expect(found.name).toBe(NAME);
    });

    test.each<[string, Record<string, string>]>([
      ["by its name where the engine knows that", { [ID]: ID, [`nginx@${DIGEST}`]: ID }],
      ["from its registry where the engine does not have it any more", { [OTHER]: OTHER }],
    ])("is taken %s", async (_, there) => {
      expect((await image(there)).inputs.name).toBe(NAME);
    });
  });

  test("is known by its full name", async () => {
    writeBundledBuilds(folder, { "app:latest": { content, id: ID } });
    new BuiltImage("app", { context: join(folder, "src") });
    await w.done();
    expect(w.one(IMAGE).inputs).not.toHaveProperty("build");
  });

  test.each<[string, () => Partial<BuiltImageArgs>]>([
    [
      "file",
      () => {
        writeFileSync(join(folder, "src/new"), "");
        return {};
      },
    ],
    ["argument", () => ({ args: { VERSION: "2" } })],
    ["stage", () => ({ target: "other" })],
  ])("gives way to a build when another %s goes into it", async (_, change) => {
    writeBundledBuilds(folder, { "app:1": { content, id: ID } });
    sessionFor().snapshot = snapshot({ "app:1": ID });
    declare(change());
    await w.done();
    expect(w.one(IMAGE)).toMatchObject({ name: "app:1", ignoreChanges: ["build"] });
    expect(w.one(IMAGE).inputs).toMatchObject({ build: { context: join(folder, "src") } });
    expect(infos).toEqual([
      "app:1 is built here: what it is built from is not what that image was built from. That takes busybox, which this engine has not and has to pull.",
    ]);
  });

  test("stays on the engine, also where the stack's own would go", async () => {
    writeBundledBuilds(folder, { "app:1": { content, id: ID } });
    declare({ removeImage: true });
    await w.done();
    expect(w.one(IMAGE)).toMatchObject({ deleteBeforeReplace: false, inputs: { keepLocally: true } });
    expect(w.one(IMAGE).inputs).not.toHaveProperty("forceRemove");
    const STAYS = "app:1 came in a file and stays on the engine when the stack goes.";
    expect(infos).toEqual([STAYS]);

    // One that is built in its place would take the bundle's along when it goes.
    w = await world();
    declare({ removeImage: true, target: "other" });
    await w.done();
    expect(w.one(IMAGE)).toMatchObject({ deleteBeforeReplace: false, inputs: { keepLocally: true, build: {} } });
    expect(infos[1]).toBe(STAYS);
  });

  test.each([
    ["is not on the engine", {}, ID],
    ["is not on the engine", {}, undefined],
    ["another image has that name on the engine", { "app:1": OTHER }, ID],
    ["another image has that name on the engine", { "app:1": OTHER }, undefined],
  ])("but %s, is refused (%j, loaded as %s)", (says, live, id) => {
    writeBundledBuilds(folder, { "app:1": { content, id } });
    sessionFor().snapshot = snapshot(live);
    expect(sentence(() => declare())).toBe(
      `BuiltImage "app:1": context: app:1 came in a file, and ${says}; load it again (\`berth images load\`, or \`berth unbundle FILE --images\`), or remove .berth/images.json to build it here.`,
    );
  });

  test("of another name changes nothing", async () => {
    writeBundledBuilds(folder, { "app:2": { content, id: ID } });
    declare();
    await w.done();
    expect(w.one(IMAGE)).toMatchObject({ name: "app:1", inputs: { triggers: { content }, build: {} } });
  });
});

test("the images that a Dockerfile begins with are those of no stage of its own", () => {
  const text = `# syntax=docker/dockerfile:1
ARG VERSION=1
FROM --platform=$BUILDPLATFORM node:20 AS build
RUN echo FROM nowhere
from build as test
FROM app:$VERSION
FROM scratch
  FROM registry.example/a/b@sha256:1
`;
  expect(baseImages(text)).toEqual(["node:20", "registry.example/a/b@sha256:1"]);
});

describe("the record of a bundle's images", () => {
  test("is as it was written, and goes with the last of them", () => {
    expect(readBundledBuilds(folder)).toEqual({});
    writeBundledBuilds(folder, { "app:1": { content, id: ID }, "b:2": { content } });
    expect(readBundledBuilds(folder)).toEqual({ "app:1": { content, id: ID }, "b:2": { content } });
    writeBundledBuilds(folder, {});
    expect(existsSync(record())).toBe(false);
    writeBundledBuilds(folder, {});
  });

  test.each(["{", "null", "1", '{"app:1":null}', '{"app:1":{"id":"sha256:1"}}', '{"app:1":{"content":"a","id":1}}'])(
    "that is damaged (%s) is refused",
    (text) => {
      mkdirSync(join(folder, ".berth"));
      writeFileSync(record(), text);
      expect(sentence(() => declare())).toBe(
        `BuiltImage "app:1": .berth/images.json: ${record()} is damaged; load the images again (\`berth images load\`, or \`berth unbundle FILE --images\`), or remove it to build the images here.`,
      );
      expect(readFileSync(record(), "utf8")).toBe(text);
    },
  );
});
