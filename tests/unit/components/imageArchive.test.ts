import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as pulumi from "@pulumi/pulumi";
import { create } from "tar";
import { connectEngine } from "../../../core/engines/dockerApi/session";
import { BuiltImage } from "../../../components/builtImage";
import {
  ImageArchive,
  type ImageArchiveArgs,
  LoadedImages,
  type LoadedImagesArgs,
} from "../../../components/imageArchive";
import { archiveOf } from "../../engine/doubles/archive";
import { useEngine } from "../fakeEngine";
import { value, type World, type WorldOptions, world } from "../mocks";
import { sentence } from "../refusal";

const NGINX = { Id: `sha256:${"a".repeat(64)}`, Name: "nginx:latest" };
const REDIS = { Id: `sha256:${"b".repeat(64)}`, Name: "redis:7" };
const OTHER = `sha256:${"c".repeat(64)}`;
const SAVE = "GET /images/get?names=nginx:latest&names=redis:7";
const LOAD = "POST /images/load?quiet=1";

const engine = useEngine();
let w: World;
let folder: string;
let said: string[];
const at = (name: string) => join(folder, name);
const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const { info } = pulumi.log;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth archive-"));
  said = [];
  pulumi.log.info = async (message) => void said.push(message);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  pulumi.log.info = info;
});

/** A program on an engine that has both images. */
async function start(options: WorldOptions = {}): Promise<void> {
  engine
    .says("GET /version", { ApiVersion: "1.41" })
    .says("GET /containers/json?all=1", [])
    .says("GET /networks", [])
    .says("GET /volumes", { Volumes: null })
    .says("GET /images/json", [{ RepoTags: [NGINX.Name] }, { RepoTags: [REDIS.Name] }])
    .says("GET /images/nginx/json", NGINX)
    .says("GET /images/nginx:latest/json", NGINX)
    .says("GET /images/redis:7/json", REDIS);
  w = await world({ ...options, config: { "docker:host": `unix://${engine.socket}`, ...options.config } });
  await connectEngine();
}

async function save(args: Partial<ImageArchiveArgs> = {}): Promise<ImageArchive> {
  const archive = new ImageArchive("app", { images: ["nginx", "redis:7"], file: at("app.tar"), ...args });
  await w.done();
  return archive;
}

async function load(args: Partial<LoadedImagesArgs> = {}): Promise<LoadedImages> {
  const loaded = new LoadedImages("app", { file: at("app.tar"), ...args });
  await w.done();
  return loaded;
}

/** Calls that move images. */
const moved = () =>
  engine.calls.map((call) => (Array.isArray(call) ? call[0] : call)).filter((call) => /images\/(get|load)/.test(call));

describe("a save", () => {
  test.each(["app.tar", "new/folder/app.tar.gz", "app.tgz"])("to %s", async (name) => {
    await start();
    const tar = archiveOf(folder, [NGINX, REDIS]);
    engine.says(SAVE, tar);
    const archive = await save({ file: at(name) });
    const written = readFileSync(at(name));
    expect((name.endsWith("gz") ? gunzipSync(written) : written).equals(tar)).toBe(true);
    const images = [
      { name: "nginx:latest", id: NGINX.Id },
      { name: "redis:7", id: REDIS.Id },
    ];
    expect(JSON.parse(readFileSync(at(`${name}.json`), "utf8"))).toEqual({
      images,
      sha256: sha256(written),
      size: written.length,
    });
    expect(readFileSync(at(`${name}.sha256`), "utf8")).toBe(`${sha256(written)}  ${name.split("/").at(-1)}\n`);
    expect(readdirSync(folder, { recursive: true }).filter((file) => String(file).includes("part"))).toEqual([]);
    expect(await value(archive.file)).toBe(at(name));
    expect(await value(archive.sha256)).toBe(sha256(written));
    expect(await value(archive.images)).toEqual(images);
    expect(said).toEqual([`Saved nginx:latest, redis:7 to ${at(name)}.`]);
  });

  describe("of what is there", () => {
    beforeEach(async () => {
      await start();
      engine.says(SAVE, archiveOf(folder, [NGINX, REDIS]));
      await save();
      engine.calls = [];
    });
    const again = async (args: Partial<ImageArchiveArgs> = {}) => {
      await start();
      engine.says(SAVE, archiveOf(folder, [NGINX, REDIS]));
      await save(args);
      return moved();
    };

    test("does nothing", async () => {
      expect(await again()).toEqual([]);
    });
    test("in another order does nothing", async () => {
      expect(await again({ images: ["redis:7", "nginx:latest"] })).toEqual([]);
    });
    test.each<[string, () => void]>([
      ["the file is gone", () => rmSync(at("app.tar"))],
      ["the file is cut off", () => writeFileSync(at("app.tar"), readFileSync(at("app.tar")).subarray(0, -1))],
      ["the manifest is gone", () => rmSync(at("app.tar.json"))],
      ["the manifest is another one", () => writeFileSync(at("app.tar.json"), "null")],
      [
        "the manifest has other images",
        () => writeFileSync(at("app.tar.json"), readFileSync(at("app.tar.json"), "utf8").replace(NGINX.Id, OTHER)),
      ],
      ["the checksum is gone", () => rmSync(at("app.tar.sha256"))],
      ["the checksum is another one", () => writeFileSync(at("app.tar.sha256"), `${"0".repeat(64)}  app.tar\n`)],
    ])("is done again where %s", async (_, change) => {
      change();
      expect(await again()).toEqual([SAVE]);
      expect(sha256(readFileSync(at("app.tar")))).toBe(JSON.parse(readFileSync(at("app.tar.json"), "utf8")).sha256);
    });
    test("is done again where an image is another one", async () => {
      await start();
      const newer = { ...NGINX, Id: OTHER };
      engine.says("GET /images/nginx/json", newer).says(SAVE, archiveOf(folder, [newer, REDIS]));
      await save();
      expect(moved()).toEqual([SAVE]);
    });
  });

  test("is only said by a preview", async () => {
    await start({ preview: true });
    const archive = await save();
    expect(said).toEqual([
      `\`up\` saves nginx:latest (${NGINX.Id.slice(0, 19)}), redis:7 (${REDIS.Id.slice(0, 19)}) to ${at("app.tar")}.`,
    ]);
    expect(await value(archive.sha256)).toBeUndefined();
    expect(moved()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of an image that is to be built is said too", async () => {
    await start({ preview: true });
    mkdirSync(at("context"));
    writeFileSync(at("context/Dockerfile"), "FROM busybox");
    // The mocks know every id at once.
    const built = new BuiltImage("own", { context: at("context") });
    const later = { imageName: built.imageName, imageId: pulumi.unknown as unknown as pulumi.Output<string> };
    await save({ images: [{ ...later, imageId: pulumi.output(later.imageId) }] });
    expect(said).toEqual([`\`up\` saves images that it builds or loads before to ${at("app.tar")}.`]);
  });

  const whole = () => archiveOf(folder, [NGINX, REDIS]);
  test.each<[string, () => Buffer, string]>([
    ["is cut off", () => whole().subarray(0, 1200), ""],
    [
      "ends with the engine's error",
      () => Buffer.concat([whole().subarray(0, 1024), Buffer.from('{"error":"no space left"}')]),
      "",
    ],
    ["is something else", () => Buffer.from("no archive at all"), ""],
    ["is empty", () => Buffer.alloc(0), ""],
    ["lacks an image", () => archiveOf(folder, [NGINX]), "the engine left redis:7 out of the archive."],
    [
      "has another image",
      () => archiveOf(folder, [{ ...NGINX, Id: OTHER }, REDIS]),
      "nginx:latest became another image while it was being saved; run `pulumi up` again.",
    ],
  ])("whose answer %s leaves what was there", async (_, answer, message) => {
    await start();
    for (const name of ["app.tar", "app.tar.sha256", "app.tar.json"]) writeFileSync(at(name), "before");
    engine.says(SAVE, answer());
    await save();
    const [error = ""] = w.lateErrors();
    expect(error).toMatch(/\.$/);
    if (message) expect(error).toBe(message);
    for (const name of ["app.tar", "app.tar.sha256", "app.tar.json"])
      expect(readFileSync(at(name), "utf8")).toBe("before");
    expect(readdirSync(folder).filter((file) => file.includes(".part"))).toEqual([]);
  });

  test("that the engine refuses says why", async () => {
    await start();
    engine.on(SAVE, { status: 500, body: { message: "no space left on device" } });
    await save();
    expect(w.lateErrors()).toEqual(["no space left on device."]);
    expect(existsSync(at("app.tar"))).toBe(false);
  });

  test("without an engine that berth has seen", async () => {
    w = await world({ preview: true });
    await save();
    expect(moved()).toEqual([]);
    w = await world();
    new ImageArchive("app", { images: ["nginx"], file: at("app.tar") });
    new LoadedImages("back", { file: plain("x.tar") });
    await w.done();
    expect(w.lateErrors()).toEqual([
      "archives need an engine that berth can talk to itself; name it by unix://, ssh:// or tcp://.",
    ]);
  });
});

/** An archive with its checksum, as `docker save` and `sha256sum` leave it. */
function plain(name: string, content = archiveOf(folder, [NGINX, REDIS])): string {
  writeFileSync(at(name), content);
  writeFileSync(at(`${name}.sha256`), `${sha256(content)}  ${name}\n`);
  return at(name);
}

function somethingElse(): Buffer {
  writeFileSync(at("a text"), "of somebody");
  create({ sync: true, cwd: folder, file: at("else.tar") }, ["a text"]);
  return readFileSync(at("else.tar"));
}

describe("a load", () => {
  /** The engine has neither image until it has loaded them. */
  async function empty(options: WorldOptions = {}): Promise<void> {
    await start(options);
    const missing = { status: 404, body: { message: "No such image" } };
    engine
      .on("GET /images/nginx:latest/json", missing, { body: NGINX })
      .on("GET /images/redis:7/json", missing, { body: REDIS })
      .says(LOAD, '{"stream":"Loaded image: nginx:latest\\n"}\n{"stream":"Loaded image: redis:7\\n"}\n');
  }
  const images = [
    { name: "nginx:latest", id: NGINX.Id },
    { name: "redis:7", id: REDIS.Id },
  ];

  test.each(["app.tar", "app.tar.gz"])("of %s sends it as it is", async (name) => {
    await empty();
    const tar = archiveOf(folder, [REDIS, NGINX]);
    const content = name.endsWith("gz") ? gzipSync(tar) : tar;
    const loaded = await load({ file: plain(name, content) });
    const [[, sent]] = engine.changes() as [string, Buffer][];
    expect((sent as Buffer).equals(content)).toBe(true);
    expect(await value(loaded.images)).toEqual(images);
    expect(await value(loaded.image("nginx"))).toBe("nginx:latest");
    expect(said).toEqual([`Loaded nginx:latest, redis:7 from ${at(name)}.`]);
  });

  test("of what the engine has sends nothing", async () => {
    await start();
    await load({ file: plain("app.tar") });
    expect(moved()).toEqual([]);
    expect(said).toEqual([]);
  });

  test("of what the engine has under another id sends it", async () => {
    await start();
    engine.on("GET /images/redis:7/json", { body: { Id: OTHER } }, { body: REDIS }).says(LOAD, "");
    await load({ file: plain("app.tar") });
    expect(moved()).toEqual([LOAD]);
    expect(said).toEqual([`Loaded redis:7 from ${at("app.tar")}.`]);
  });

  test("goes by the manifest without reading the file, where both belong together", async () => {
    await start();
    const file = plain("app.tar");
    const size = readFileSync(file).length;
    const checksum = sha256(readFileSync(file));
    const manifest = (change: object) =>
      writeFileSync(`${file}.json`, JSON.stringify({ images, sha256: checksum, size, ...change }));
    // As long as it was, so that only a reader would see it.
    writeFileSync(file, Buffer.alloc(size));
    manifest({});
    await load();
    expect(moved()).toEqual([]);
    for (const change of [{ sha256: "0".repeat(64) }, { size: size - 1 }]) {
      await start();
      manifest(change);
      await load();
      expect(w.lateErrors()).toEqual([expect.stringContaining(`${file} is damaged: its SHA-256 is `)]);
    }
    expect(moved()).toEqual([]);
  });

  test("is only said by a preview, which knows the images from the manifest", async () => {
    await empty({ preview: true });
    const file = plain("app.tar");
    expect(await value((await load()).images)).toBeUndefined();
    expect(said).toEqual([`\`up\` loads what the engine lacks from ${file}.`]);

    said.length = 0;
    await empty({ preview: true });
    const content = readFileSync(file);
    writeFileSync(`${file}.json`, JSON.stringify({ images, sha256: sha256(content), size: content.length }));
    expect(await value((await load()).images)).toEqual(images);
    expect(said).toEqual([`\`up\` loads nginx:latest, redis:7 from ${file}.`]);

    said.length = 0;
    await start({ preview: true });
    await load();
    expect(said).toEqual([]);
    expect(moved()).toEqual([]);
  });

  test("of a file with one bit flipped sends nothing", async () => {
    await empty();
    const file = plain("app.tar");
    const content = readFileSync(file);
    const right = sha256(content);
    content[600]! ^= 1;
    writeFileSync(file, content);
    await load();
    expect(w.lateErrors()).toEqual([
      `${file} is damaged: its SHA-256 is ${sha256(content)}, and not ${right}; copy it again.`,
    ]);
    expect(moved()).toEqual([]);
  });

  test("goes by the checksum that is given", async () => {
    await empty();
    const file = plain("app.tar");
    await load({ sha256: "0".repeat(64) });
    expect(w.lateErrors()).toEqual([expect.stringContaining(`and not ${"0".repeat(64)};`)]);
    await empty();
    const given = sha256(readFileSync(file)).toUpperCase();
    rmSync(`${file}.sha256`);
    await load({ sha256: given });
    expect(moved()).toEqual([LOAD]);
  });

  test.each<[string, Buffer | (() => Buffer), string]>([
    ["is no archive", Buffer.from("no archive at all"), "is no archive of `docker save` ("],
    ["is empty", Buffer.alloc(0), "is no archive of `docker save` ("],
    ["is an archive of something else", somethingElse, "is no archive of `docker save` (it holds no manifest.json"],
    ["has no names", () => archiveOf(folder, []), "holds no image that has a name."],
  ])("of a file that %s, with the right checksum", async (_, content, message) => {
    await empty();
    await load({ file: plain("app.tar", typeof content === "function" ? content() : content) });
    expect(w.lateErrors()).toEqual([expect.stringContaining(`${at("app.tar")} ${message}`)]);
    expect(moved()).toEqual([]);
  });

  test("that the engine breaks off, or does not do", async () => {
    await empty();
    const file = plain("app.tar");
    engine.says(LOAD, '{"stream":"Loading"}\n{"errorDetail":{},"error":"no space left on device"}\n');
    await load();
    expect(w.lateErrors()).toEqual([`the engine cannot load ${file}: no space left on device.`]);
    await start();
    engine.on("GET /images/redis:7/json", { status: 404, body: {} }).says(LOAD, "");
    await load();
    expect(w.lateErrors()).toEqual([`redis:7 is not on the engine under its id ${REDIS.Id} after the load.`]);
  });

  test("of an archive without an image that it should have", async () => {
    await empty();
    await load({ file: plain("app.tar"), images: ["nginx", "mysql:8"] });
    expect(w.lateErrors()).toEqual(["the archive does not hold mysql:8; it holds nginx:latest, redis:7."]);
    expect(moved()).toEqual([]);

    await start();
    (await load()).image("mysql:8");
    await w.done();
    expect(w.lateErrors()).toEqual(["the archive does not hold mysql:8; it holds nginx:latest, redis:7."]);
  });
});

describe("is refused at once", () => {
  const NAMES = "end it with .tar, or with .tar.gz or .tgz for a compressed one.";
  test.each<[string, Partial<ImageArchiveArgs>, string]>([
    ["no images", { images: [] }, "images: names no image; name one or more."],
    ["one that is no list", { images: "nginx" as never }, "images: is text; give a list."],
    [
      "undefined",
      { images: [undefined as never] },
      "images[0]: undefined is no image; give a BuiltImage, or the name of an image.",
    ],
    [
      "a name",
      { images: ["nginx", "Redis"] },
      'images[1]: "Redis" is not an image reference: the name must be in lower case;',
    ],
    [
      "an image that is not there",
      { images: ["nginx", "mysql:8"] },
      "images[1]: mysql:8 is not on the engine; build, pull or load it first, or correct the name.",
    ],
    [
      "one image twice",
      { images: ["nginx", "nginx:latest"] },
      "images[1]: nginx:latest is images[0] too; name each image once.",
    ],
    [
      "an id",
      { images: [NGINX.Id] },
      `images[0]: ${NGINX.Id} has no tag, and an archive keeps no other names; name it by a tag.`,
    ],
    [
      "a digest",
      { images: [`nginx@${NGINX.Id}`] },
      `images[0]: nginx@${NGINX.Id} has no tag, and an archive keeps no other names;`,
    ],
    ["no file", { file: "" }, 'file: "" is no file name; name one, e.g. "images.tar.gz".'],
    ["undefined as file", { file: undefined as never }, "file: undefined is no file name;"],
    ["another kind of file", { file: "/x/app.zip" }, `file: "/x/app.zip" is not the name of an archive; ${NAMES}`],
    ["an end alone", { file: "/x/.tar" }, `file: "/x/.tar" is not the name of an archive; ${NAMES}`],
    [
      "a folder",
      { file: `${tmpdir()}/berth-folder.tar` },
      `file: ${tmpdir()}/berth-folder.tar is no file; name another.`,
    ],
  ])("%s to save", async (_, args, message) => {
    await start();
    mkdirSync(`${tmpdir()}/berth-folder.tar`, { recursive: true });
    const text = sentence(() => new ImageArchive("app", { images: ["nginx"], file: at("app.tar"), ...args }));
    rmSync(`${tmpdir()}/berth-folder.tar`, { recursive: true });
    expect(text).toContain(`ImageArchive "app": ${message}`);
    expect(w.resources).toEqual([]);
  });

  test("one file for two archives", async () => {
    await start();
    engine.says("GET /images/get?names=nginx:latest", archiveOf(folder, [NGINX]));
    new ImageArchive("one", { images: ["nginx"], file: at("app.tar") });
    expect(sentence(() => new ImageArchive("two", { images: ["redis:7"], file: at("./app.tar") }))).toBe(
      `ImageArchive "two": file: ${at("app.tar")} is written by one too; give each archive its own.`,
    );
    await w.done();
  });

  test.each<[string, Partial<LoadedImagesArgs>, string]>([
    ["no file", { file: "" }, 'file: "" is no file name;'],
    [
      "a file that is not there",
      { file: "/x/absent.tar" },
      "file: there is no file /x/absent.tar; copy it there, or correct the name.",
    ],
    ["another kind of file", { file: "/etc/hostname" }, 'file: "/etc/hostname" is not the name of an archive;'],
    ["a checksum", { sha256: "abc" }, 'sha256: "abc" is not a SHA-256; give 64 hexadecimal digits.'],
    ["a name", { images: ["Nginx"] }, 'images[0]: "Nginx" is not an image reference'],
    ["an id", { images: [NGINX.Id] }, `images[0]: ${NGINX.Id} has no tag,`],
  ])("%s to load", async (_, args, message) => {
    await start();
    plain("app.tar");
    const text = sentence(() => new LoadedImages("app", { file: at("app.tar"), ...args }));
    expect(text).toContain(`LoadedImages "app": ${message}`);
    expect(w.resources).toEqual([]);
  });

  test.each([undefined, "no checksum", ""])("a file whose checksum is %p", async (text) => {
    await start();
    const file = plain("app.tar");
    if (text === undefined) rmSync(`${file}.sha256`);
    else writeFileSync(`${file}.sha256`, text);
    expect(sentence(() => new LoadedImages("app", { file }))).toBe(
      `LoadedImages "app": sha256: nothing says what the checksum of ${file} should be; give it, or have \`sha256sum ${file}\` write ${file}.sha256 where the archive was made.`,
    );
  });

  test("an engine that berth cannot talk to, and a cluster", async () => {
    w = await world({ config: { "docker:host": "npipe:////./pipe/x" } });
    expect(sentence(() => new ImageArchive("app", { images: ["nginx"], file: at("app.tar") }))).toBe(
      'ImageArchive "app": docker:host: berth cannot talk to npipe:////./pipe/x itself, and the Docker provider has no archives; use an engine at unix://, ssh:// or tcp://, or `docker save` and `docker load`.',
    );
    w = await world({ config: { "berth:engine": "kubernetes" } });
    expect(sentence(() => new LoadedImages("app", { file: plain("app.tar") }))).toBe(
      'LoadedImages "app": berth:engine: kubernetes has no archives of this kind: its nodes take images from a registry, see PushedImage; leave it out there.',
    );
  });
});
