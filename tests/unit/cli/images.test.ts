import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, list } from "tar";
import { load, save } from "../../../cli/images";
import { imagesOf } from "../../../cli/bundle/images";
import { groupsOf, IMAGES } from "../../../cli/imagesFile";
import type { BundledImage } from "../../../cli/bundle/manifest";
import { useEngine } from "../fakeEngine";
import { berth } from "./inProcess";

const ROOT = join(__dirname, "../../..");
const engine = useEngine();
const folder = realpathSync(mkdtempSync(join(tmpdir(), "berth images-")));
const at = (name: string) => join(folder, name);
const FILE = "berth-dev-images.tar";
const sha = (letter: string) => `sha256:${letter.repeat(64)}`;
/** The images of the stack below: id and layers. */
const NGINX = { name: "nginx:1.27", id: sha("a"), layers: [sha("1"), sha("2")] };
const MYSQL = { name: "mysql:8", id: sha("b"), layers: [sha("3")] };
const DIGEST = `redis:7@${sha("d")}`;
const REDIS = { name: DIGEST, id: sha("c"), layers: [sha("4")] };
const ALL = [NGINX, MYSQL, REDIS];
type Image = (typeof ALL)[number];
const LOAD = "POST /images/load?quiet=1";

beforeAll(() => {
  writeFileSync(at("Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  writeFileSync(
    at("index.js"),
    `require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
     const { Service } = require(${JSON.stringify(join(ROOT, "components/service"))});
     new Service("web", { image: "nginx:1.27" });
     new Service("db", { image: "mysql:8", environment: { MYSQL_ROOT_PASSWORD: "x" } });
     new Service("cache", { image: "${DIGEST}" });`,
  );
});
beforeEach(() => {
  for (const name of [FILE, `${FILE}.part`, ".berth"]) rmSync(at(name), { recursive: true, force: true });
  engine.says("GET /_ping", "OK");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** In a process of its own, since a project's program is loaded once. */
function inProject(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DOCKER_HOST: `unix://${engine.socket}`, DOCKER_CONFIG: folder };
  return new Promise((resolve) =>
    execFile(process.execPath, [join(ROOT, "cli/berth.js"), ...args], { cwd: folder, env }, (error, out, err) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, out, err }),
    ),
  );
}

const live = ({ id, layers }: Image) => ({ body: { Id: id, Created: "2026-01-01", RootFS: { Layers: layers } } });
const MISSING = { status: 404, body: {} };

/** What `docker save` gives of an image; one that is named by digest has no name in it. */
async function archiveOf({ name, id }: Image): Promise<Buffer> {
  const tags = name.includes("@") ? null : [name];
  writeFileSync(at("manifest.json"), JSON.stringify([{ Config: `${id.slice(7)}.json`, RepoTags: tags }]));
  writeFileSync(at("layer"), `${name} `.repeat(20_000));
  const chunks: Buffer[] = [];
  for await (const chunk of create({ cwd: folder, portable: true, noMtime: true }, ["manifest.json", "layer"]))
    chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const wanted = (names = ALL.map(({ name }) => name)) =>
  imagesOf(
    names.map((name) => ({
      urn: name,
      type: "docker:index/remoteImage:RemoteImage",
      name,
      inputs: { name },
      dependencies: [],
    })),
  );

/** A command without its plan: what it has printed, or its error. */
async function run(act: () => Promise<number>) {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  jest.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  try {
    const code = await act().catch(({ message }: Error) => {
      err.push(`error: ${message}\n`);
      return 1;
    });
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    jest.restoreAllMocks();
  }
}
const saveIt = () => run(() => save(engine.client, "dev", at(FILE), wanted()));
const loadIt = (names?: string[]) => run(() => load(engine.client, "dev", at(FILE), folder, wanted(names).engine));

/** The way in which the engine is asked for an image. */
const asked = ({ name, id }: Image) => `GET /images/get?names=${name.includes("@") ? id : name}`;
/** An engine that has all images. */
async function full(): Promise<void> {
  for (const image of ALL)
    engine.on(`GET /images/${image.name}/json`, live(image)).on(asked(image), { body: await archiveOf(image) });
}
const saves = () => engine.calls.map(String).filter((call) => call.startsWith("GET /images/get"));

async function saved(): Promise<void> {
  await full();
  const { code, err } = await saveIt();
  expect({ code, err }).toEqual({ code: 0, err: "" });
  engine.reset();
  engine.says("GET /_ping", "OK");
}

test("images are saved to one file, which tar and docker read too", async () => {
  await full();
  const { code, out, err } = await inProject("images", "save", "dev");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(
    /^berth-dev-images\.tar \(\d.* KiB\) holds mysql:8, nginx:1\.27, redis:7@sha256:d+\. Where the stack runs:\n\n {2}berth images load dev berth-dev-images\.tar\n$/,
  );
  expect(existsSync(at(`${FILE}.part`))).toBe(false);
  const names: string[] = [];
  await list({ file: at(FILE), strict: true, onReadEntry: ({ path }) => names.push(path) });
  expect(names).toEqual([
    "berth-images/images/1.tar.gz",
    "berth-images/images/2.tar.gz",
    "berth-images/images/3.tar.gz",
    "berth-images/manifest.json",
    "berth-images/SHA256SUMS",
  ]);
}, 120_000);

test("a second time nothing is saved again", async () => {
  await saved();
  await full();
  const { code, out } = await saveIt();
  expect({ code, out }).toEqual({ code: 0, out: `${at(FILE)} holds the images of dev already.\n` });
  expect(saves()).toEqual([]);
});

test("an image that has changed makes another file", async () => {
  await saved();
  await full();
  const other = { ...NGINX, id: sha("e") };
  engine.on("GET /images/nginx:1.27/json", live(other)).on(asked(other), { body: await archiveOf(other) });
  expect((await saveIt()).code).toBe(0);
  expect(saves()).toHaveLength(3);
});

describe("a save that was cut off", () => {
  test.each([
    ["by its own end", `${FILE}.part`],
    ["while it was copied", FILE],
  ])("%s goes on where it was", async (_, name) => {
    await saved();
    const whole = readFileSync(at(FILE));
    const { start, size } = (await IMAGES.partsOf(at(FILE))).get("images/2.tar.gz")!;
    if (name !== FILE) copyFileSync(at(FILE), at(name));
    if (name !== FILE) rmSync(at(FILE));
    truncateSync(at(name), start + size - 10);
    await full();
    const { code, err } = await saveIt();
    expect({ code, err }).toEqual({
      code: 0,
      err: "note: 1 of 3 parts were there already, from a run that was cut off.\n",
    });
    expect(saves()).toEqual([asked(NGINX), asked(REDIS)]);
    expect(readFileSync(at(FILE)).equals(whole)).toBe(true);
  });

  test("begins anew where what is there is damaged", async () => {
    await saved();
    const { start } = (await IMAGES.partsOf(at(FILE))).get("images/1.tar.gz")!;
    const bytes = readFileSync(at(FILE));
    bytes[start + 100]! ^= 1;
    writeFileSync(at(`${FILE}.part`), bytes.subarray(0, -2000));
    rmSync(at(FILE));
    await full();
    expect((await saveIt()).code).toBe(0);
    expect(saves()).toHaveLength(3);
  });

  test("leaves what is whole where the engine breaks off", async () => {
    await full();
    const bytes = await archiveOf(NGINX);
    engine.on(asked(NGINX), { headers: { "Content-Length": bytes.length }, body: bytes.subarray(0, 10_000) });
    const { code, err } = await saveIt();
    expect(code).toBe(1);
    expect(err).toMatch(/^error: /);
    expect(existsSync(at(FILE))).toBe(false);
    expect((await IMAGES.wholeParts(at(`${FILE}.part`))).map(([name]) => name)).toEqual(["images/1.tar.gz"]);
  });
});

describe("loading", () => {
  test("brings what the engine lacks, one part after another, and notes what stands for a digest", async () => {
    await saved();
    engine.on("GET /images/mysql:8/json", live(MYSQL));
    engine.on("GET /images/nginx:1.27/json", MISSING, live(NGINX));
    engine.on(`GET /images/${DIGEST}/json`, MISSING);
    engine.on(`GET /images/${REDIS.id}/json`, MISSING, live(REDIS)).says(LOAD, "{}");
    const { code, out, err } = await loadIt();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(`On the engine already: mysql:8.\nLoaded nginx:1.27.\nLoaded ${DIGEST}.\n`);
    expect(engine.changes()).toHaveLength(2);
    expect(JSON.parse(readFileSync(at(".berth/images.json"), "utf8"))).toEqual({
      [DIGEST]: { content: sha("d"), id: REDIS.id },
    });
  });

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    [
      "a flipped byte",
      flipped,
      /berth-dev-images\.tar: its images\/2\.tar\.gz is damaged; nothing was loaded; copy it/,
    ],
    ["a cut end", (bytes) => bytes.subarray(0, -3000), /it is cut off; nothing was loaded; copy the rest \(`rsync --a/],
    ["something else", () => Buffer.alloc(2000, "x"), /it is no file of images of berth; nothing was loaded/],
  ])("%s is refused before anything is loaded", async (_, change, says) => {
    await saved();
    writeFileSync(at(FILE), change(readFileSync(at(FILE))));
    for (const image of ALL) engine.on(`GET /images/${image.name}/json`, MISSING);
    const { code, out, err } = await loadIt();
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(says);
    expect(engine.changes()).toEqual([]);
  });

  /** In the middle of what is in the middle. */
  function flipped(bytes: Buffer): Buffer {
    const at = bytes.indexOf("berth-images/images/2.tar.gz") + 512 + 60;
    bytes[at]! ^= 1;
    return bytes;
  }

  test("what the file and the engine both lack is told", async () => {
    await saved();
    for (const image of ALL) engine.on(`GET /images/${image.name}/json`, live(image));
    const { code, err } = await loadIt([...ALL.map(({ name }) => name), "busybox:1"]);
    expect(code).toBe(1);
    expect(err).toBe(
      `error: ${at(FILE)} does not hold busybox:1, which the stack dev names and the engine lacks; save the images of dev again\n`,
    );
  });
});

test("images that share layers are saved together, so that a file holds them once", () => {
  const image = (name: string, ...layers: string[]) =>
    ({ name, id: name, ids: [], layers, created: "" }) as BundledImage;
  const names = groupsOf([
    image("a", "base", "a"),
    image("b", "other"),
    image("c", "base", "c"),
    image("d", "third"),
    image("e", "third", "other"),
  ]).map((group) => group.map(({ name }) => name));
  expect(names).toEqual([
    ["a", "c"],
    ["b", "d", "e"],
  ]);
});

test.each([
  [["images"], 2, /^error: images: say save or load, and name a stack, for example `berth images save nginx`/],
  [["images", "move", "dev"], 2, /^error: images: there is no "images move"; use `images save` or `images load`/],
  [
    ["images", "load", "dev", "nowhere.tar"],
    1,
    /^error: there is no file .*nowhere\.tar; correct the name, or write it/,
  ],
  [
    ["images", "save", "dev", __filename],
    1,
    /images\.test\.ts is there and was not written by `berth images save`; name/,
  ],
])("%j ends with one sentence", async (args, code, says) => {
  const ended = await berth(...args);
  expect(ended).toMatchObject({ code, out: "" });
  expect(ended.err).toMatch(says);
});
