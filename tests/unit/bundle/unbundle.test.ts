import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { create, list } from "tar";
import { BUNDLE, type PartName } from "../../../cli/bundle/archiveFile";
import type { BundledImage } from "../../../cli/bundle/manifest";
import { PartsWriter } from "../../../cli/partsFile";
import { unbundle } from "../../../cli/unbundle";
import { useEngine } from "../fakeEngine";
import { FILES, HEAD, smallBundle, textsBelow, useFolder } from "./smallBundle";

const folder = useFolder();
const at = (name: string) => join(folder(), name);
let said: string[];
let printed: string[];
beforeEach(() => {
  said = [];
  printed = [];
  jest.spyOn(console, "error").mockImplementation((line: string) => void said.push(line));
  jest.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => jest.restoreAllMocks());

const SCRIPTS = ["berth", "env", ".berth-bundle.json"];
/** What lies in the target, without what berth adds. */
const placed = () =>
  Object.fromEntries(Object.entries(textsBelow(at("there"))).filter(([path]) => !SCRIPTS.includes(path)));
const unpack = (file: string) => unbundle(file, { to: at("there") });

async function refused(file: string, says: RegExp | string): Promise<void> {
  const before = readdirSync(folder());
  const error = (await unpack(file).catch((thrown: Error) => thrown)) as Error;
  expect(error).toBeInstanceOf(Error);
  expect(error.message).toMatch(says);
  expect(error.message).toContain(file);
  expect(error.message).toMatch(/; [a-z]/);
  expect(readdirSync(folder())).toEqual(before);
}

test("every file lies where it should, with its content and mode", async () => {
  await unpack(await smallBundle(at("a.tar")));
  expect(placed()).toEqual(FILES);
  for (const [path, mode] of [
    ["bin/node", 0o755],
    ["project/stacks/web.ts", 0o644],
    ["berth", 0o755],
  ] as const)
    expect(statSync(join(at("there"), path)).mode & 0o777).toBe(mode);
  expect(printed.join("\n")).toContain("berth up web");
  expect(readdirSync(folder()).sort()).toEqual(["a.tar", "there"]);
});

test("any tar reads a bundle, and its folder is as good as the file", async () => {
  const file = await smallBundle(at("a.tar"));
  const names: string[] = [];
  await list({ file, strict: true, onReadEntry: (entry) => void names.push(entry.path) });
  expect(names).toEqual(
    ["unbundle", "tools.tar.gz", "project.tar.gz", "manifest.json", "SHA256SUMS"].map((name) => `berth-bundle/${name}`),
  );
  const { x } = await import("tar");
  await x({ file, cwd: folder() });
  await unpack(at("berth-bundle"));
  expect(placed()).toEqual(FILES);
});

test("the same contents are the same bytes", async () => {
  const [one, two] = await Promise.all(["1.tar", "2.tar"].map((name) => smallBundle(at(name))));
  expect(readFileSync(one!).equals(readFileSync(two!))).toBe(true);
});

test("a second time nothing is written", async () => {
  const file = await smallBundle(at("a.tar"));
  await unpack(file);
  const times = () => Object.keys(textsBelow(at("there"))).map((path) => statSync(join(at("there"), path)).ctimeMs);
  const before = times();
  await unpack(file);
  expect(times()).toEqual(before);
  expect(printed).toContain(`${at("there")} holds this bundle already.`);
});

test("what was damaged or lost later is put right", async () => {
  const file = await smallBundle(at("a.tar"));
  await unpack(file);
  writeFileSync(join(at("there"), "bin/pulumi"), "half");
  rmSync(join(at("there"), "project/node_modules"), { recursive: true });
  chmodSync(join(at("there"), "bin/node"), 0o644);
  await unpack(file);
  expect(placed()).toEqual(FILES);
  expect(statSync(join(at("there"), "bin/node")).mode & 0o777).toBe(0o755);
});

describe("a newer bundle", () => {
  const { "project/empty": _, ...rest } = FILES;
  const NEWER: Record<string, string> = {
    ...rest,
    "bin/pulumi": "newer",
    "project/stacks/web.ts": "// two\n",
    "project/stacks/new.ts": "",
  };

  test("replaces what is the bundle's, and leaves state, passphrase and files of the user", async () => {
    await unpack(await smallBundle(at("a.tar")));
    const own = {
      "project/.pulumi/stacks/web.json": "state",
      "project/.berth/passphrase": "secret",
      "project/stacks/mine.ts": "// mine\n",
      "home/credentials.json": "{}",
    };
    for (const [path, text] of Object.entries(own)) {
      mkdirSync(join(at("there"), path, ".."), { recursive: true });
      writeFileSync(join(at("there"), path), text);
    }
    await unpack(await smallBundle(at("b.tar"), NEWER));
    expect(placed()).toEqual({ ...NEWER, ...own });
    expect(said).toEqual([]);
  });

  test("does not touch settings that the user has changed", async () => {
    await unpack(await smallBundle(at("a.tar")));
    writeFileSync(join(at("there"), "project/Pulumi.web.yaml"), "config: mine\n");
    await unpack(await smallBundle(at("b.tar"), NEWER));
    expect(placed()).toEqual({ ...NEWER, "project/Pulumi.web.yaml": "config: mine\n" });
    const settings = { "project/Pulumi.web.yaml": "config: newer\n" };
    for (let time = 0; time < 2; time++) await unpack(await smallBundle(at("c.tar"), { ...NEWER, ...settings }));
    expect(placed()).toEqual({
      ...NEWER,
      "project/Pulumi.web.yaml": "config: mine\n",
      "project/Pulumi.web.yaml.new": "config: newer\n",
    });
    expect(said).toEqual([
      "note: project/Pulumi.web.yaml is as you have changed it; the bundle's own is project/Pulumi.web.yaml.new.",
    ]);
  });

  test("keeps a copy of code that the user has changed", async () => {
    await unpack(await smallBundle(at("a.tar")));
    writeFileSync(join(at("there"), "project/stacks/web.ts"), "// mine\n");
    await unpack(await smallBundle(at("b.tar"), NEWER));
    expect(placed()).toEqual({ ...NEWER, "project/stacks/web.ts.old": "// mine\n" });
    expect(said.join()).toContain("yours is project/stacks/web.ts.old");
  });

  test("of another stack is refused", async () => {
    await unpack(await smallBundle(at("a.tar")));
    const file = await smallBundle(at("b.tar"), NEWER, { head: { stack: "other" } });
    await expect(unpack(file)).rejects.toThrow("holds the bundle of the stack web; name another folder with --to");
    expect(placed()).toEqual(FILES);
  });

  test("goes on where an earlier one was cut off", async () => {
    await unpack(await smallBundle(at("a.tar")));
    writeFileSync(join(at("there"), ".updating"), "");
    writeFileSync(join(at("there"), "bin/pulumi"), "newer");
    // No process has this number.
    mkdirSync(join(at("there"), ".unbundle-4194999/bin"), { recursive: true });
    await unpack(await smallBundle(at("b.tar"), NEWER));
    expect(placed()).toEqual(NEWER);
    expect(readdirSync(at("there"))).not.toContain(".unbundle-4194999");
  });

  test("leaves another that is at work alone", async () => {
    await unpack(await smallBundle(at("a.tar")));
    mkdirSync(join(at("there"), `.unbundle-${process.ppid}`));
    await expect(unpack(await smallBundle(at("b.tar"), NEWER))).rejects.toThrow(
      `another unbundle is at work in ${at("there")} (process ${process.ppid}); wait for it`,
    );
    expect(readdirSync(at("there"))).not.toContain(".updating");
  });
});

describe("a damaged bundle leaves nothing behind:", () => {
  test("cut off anywhere", async () => {
    const file = await smallBundle(at("a.tar"));
    const whole = readFileSync(file);
    // At every block, and inside some.
    const lengths = [1, 511, 513, ...Array.from({ length: whole.length / 512 }, (_, index) => index * 512)];
    for (const length of lengths) {
      writeFileSync(file, whole.subarray(0, length));
      await refused(file, /it is (cut off|no bundle of berth)|is damaged|is missing/);
    }
  });

  test("one bit flipped in any block", async () => {
    const file = await smallBundle(at("a.tar"));
    const whole = readFileSync(file);
    for (let index = 0; index < whole.length; index += 61) {
      const damaged = Buffer.from(whole);
      damaged[index]! ^= 1 << (index % 8);
      writeFileSync(file, damaged);
      await refused(file, /damaged|no bundle|which no bundle does|follows its end|cut off|wrong place/);
    }
  }, 60_000);

  test("in the folder that tar made", async () => {
    const { x } = await import("tar");
    await x({ file: await smallBundle(at("a.tar")), cwd: folder() });
    appendFileSync(at("berth-bundle/project.tar.gz"), "x");
    await refused(at("berth-bundle"), /its project\.tar\.gz is damaged; copy it again/);
    rmSync(at("berth-bundle/project.tar.gz"));
    await refused(at("berth-bundle"), /its project\.tar\.gz is missing; copy it again/);
  });

  test("something appended", async () => {
    const file = await smallBundle(at("a.tar"));
    appendFileSync(file, Buffer.alloc(512));
    await refused(file, /something follows its end/);
  });

  test.each(["", "hello", "x".repeat(2000), "\0".repeat(4096)])("no bundle at all (%#)", async (text) => {
    writeFileSync(at("a.tar"), text);
    await refused(at("a.tar"), /it is no bundle of berth; copy it again, or make another one$/);
  });

  test("another tar archive, and a folder", async () => {
    writeFileSync(at("file"), "text");
    await create({ file: at("a.tar"), cwd: folder() }, ["file"]);
    await refused(at("a.tar"), /it is no bundle of berth/);
    mkdirSync(at("some"));
    await refused(at("some"), /it is no bundle of berth/);
  });
});

/** A bundle whose checksums are right, of parts that somebody else has made. */
async function foreign(
  parts: Partial<Record<PartName, Buffer>>,
  files: { path: string; text?: string; size?: number }[] = [],
  head: object = {},
): Promise<string> {
  const writer = await PartsWriter.create(BUNDLE, at("f.tar"));
  const empty = gzipSync(Buffer.alloc(1024));
  const manifest = {
    ...HEAD,
    files: files.map(({ path, text = "", size = text.length }) => ({
      path,
      size,
      mode: 0o644,
      sha256: createHash("sha256").update(text).digest("hex"),
    })),
    images: [],
    ...head,
  };
  const all = {
    unbundle: Buffer.from("#!/bin/sh\n"),
    "tools.tar.gz": empty,
    "project.tar.gz": empty,
    "manifest.json": Buffer.from(JSON.stringify(manifest)),
    ...parts,
  };
  for (const name of ["unbundle", "tools.tar.gz", "project.tar.gz", "images.tar.gz", "manifest.json"] as const)
    if (all[name as keyof typeof all]) await writer.add(name, 0o644, [all[name as keyof typeof all]!]);
  await writer.finish();
  await writer.close();
  return at("f.tar");
}

type Entry = [path: string, content: string | { link: string }];

/** A compressed tar archive of texts and symbolic links, under whatever names. */
async function tarOf(entries: Entry[]): Promise<Buffer> {
  const root = mkdtempSync(join(tmpdir(), "berth-foreign-"));
  const file = join(root, "out.tgz");
  for (const [index, [, content]] of entries.entries()) {
    if (typeof content === "string") writeFileSync(join(root, String(index)), content);
    else symlinkSync(content.link, join(root, String(index)));
  }
  const names = entries.map((_, index) => String(index));
  const rename = (entry: { path: string }) => {
    entry.path = entries[Number(entry.path)]![0];
  };
  await create({ file, cwd: root, gzip: true, portable: true, preservePaths: true, onWriteEntry: rename }, names);
  const bytes = readFileSync(file);
  rmSync(root, { recursive: true });
  return bytes;
}

describe("a bundle that somebody else has made writes nothing outside its folder:", () => {
  test.each([
    "/etc/passwd",
    "../outside",
    "project/../../outside",
    "project/./x",
    "project//x",
    "bin/",
    "berth",
    "project/.pulumi/stacks/web.json",
    "project/.berth/passphrase",
    "home/credentials.json",
    "bin/a\nb",
  ])("the manifest names %j", async (path) => {
    await refused(await foreign({}, [{ path }]), /it holds .*, a path that no bundle writes; copy it again/);
  });

  test("the manifest names a file twice", async () => {
    await refused(await foreign({}, [{ path: "bin/a" }, { path: "bin/a" }]), /names bin\/a twice/);
  });

  const A: Entry = ["bin/a", "x"];
  test.each<[string, Entry[]]>([
    ["a path with ..", [A, ["../outside", "x"]]],
    ["an absolute path", [A, ["/tmp/berth-outside", "x"]]],
    ["a file that the manifest does not name", [A, ["bin/b", "x"]]],
    ["a file of the other part", [A, ["project/a", "x"]]],
    ["a symbolic link", [["bin/a", { link: "/etc/passwd" }]]],
    [
      "a link to a folder, and a file through it",
      [
        ["bin/l", { link: "/tmp" }],
        ["bin/l/berth-outside", "x"],
      ],
    ],
    ["a file twice", [A, A]],
  ])("its archive holds %s", async (_, entries) => {
    const file = await foreign({ "tools.tar.gz": await tarOf(entries) }, [
      { path: "bin/a", text: "x" },
      { path: "project/a", text: "x" },
    ]);
    await refused(file, /its tools\.tar\.gz holds ".*", which its manifest does not name; copy it again/);
    expect(readdirSync("/tmp")).not.toContain("berth-outside");
  });

  test("a file is missing, or other than the manifest says", async () => {
    const tools = await tarOf([A]);
    const files = [{ path: "bin/a", text: "x" }];
    await refused(
      await foreign({ "tools.tar.gz": tools }, [...files, { path: "bin/b" }]),
      /its tools\.tar\.gz lacks bin\/b; copy it again/,
    );
    await refused(await foreign({ "tools.tar.gz": tools }, [{ path: "bin/a", text: "y" }]), /bin\/a in it is damaged/);
  });

  test("its parts are no archives", async () => {
    const nothing = await foreign({ "tools.tar.gz": Buffer.alloc(0) }, [{ path: "bin/a" }]);
    await refused(nothing, /its tools\.tar\.gz (cannot be read \(.*\)|lacks bin\/a); copy it again/);
    const file = await foreign({ "tools.tar.gz": Buffer.from("no gzip") }, [{ path: "bin/a" }]);
    await refused(file, /its tools\.tar\.gz cannot be read \(.*\); copy it again/);
  });

  test("images that the manifest does not name", async () => {
    await refused(await foreign({ "images.tar.gz": Buffer.from("x") }), /its images are not those/);
  });

  test.each<[object | string, RegExp]>([
    ["", /its manifest\.json is no JSON/],
    ["no JSON", /its manifest\.json is no JSON/],
    [[], /its manifest\.json is none of berth/],
    [{ format: 2 }, /it has the format 2 and this berth reads 1; unbundle it with its own script/],
    [{ ...HEAD, files: [], images: [], stack: "../x" }, /its manifest\.json lacks something/],
    [{ ...HEAD, files: [{ path: "bin/a" }], images: [] }, /its manifest\.json lacks something/],
    [{ ...HEAD, files: [] }, /its manifest\.json lacks something/],
    [{ ...HEAD, files: [], images: [], secrets: undefined }, /its manifest\.json lacks something/],
  ])("the manifest is %j", async (manifest, says) => {
    const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
    await refused(await foreign({ "manifest.json": Buffer.from(text) }), says);
  });

  test.each(["platform", "arch"])("it is for another %s", async (key) => {
    const file = await smallBundle(at("a.tar"), FILES, { head: { [key]: "other" } });
    const [platform, arch] = key === "platform" ? ["other", process.arch] : [process.platform, "other"];
    await refused(
      file,
      `it is for ${platform} ${arch} and this machine is ${process.platform} ${process.arch}; make one`,
    );
  });
});

test("a disk without room is seen before anything is unpacked", async () => {
  const file = await foreign({}, [{ path: "bin/a", size: 2 ** 52 }]);
  const before = readdirSync(folder());
  await expect(unpack(file)).rejects.toThrow(
    / has \d+ MB left and the bundle needs \d+ MB; make room, or name another/,
  );
  expect(readdirSync(folder())).toEqual(before);
});

test("a folder of somebody else's, or a file, is not written to", async () => {
  const file = await smallBundle(at("a.tar"));
  mkdirSync(at("there"));
  writeFileSync(at("there/mine"), "mine");
  await expect(unpack(file)).rejects.toThrow(
    "is not empty and holds no bundle of berth; name another folder with --to",
  );
  expect(placed()).toEqual({ mine: "mine" });
  copyFileSync(at("there/mine"), at("file"));
  await expect(unbundle(file, { to: at("file") })).rejects.toThrow("is no folder; name another with --to");
});

test("a link to a folder stays one", async () => {
  mkdirSync(at("disk"));
  symlinkSync(at("disk"), at("there"));
  await unpack(await smallBundle(at("a.tar")));
  await unpack(await smallBundle(at("b.tar"), { ...FILES, "project/stacks/web.ts": "// two\n" }));
  expect(lstatSync(at("there")).isSymbolicLink()).toBe(true);
  expect(placed()).toEqual({ ...FILES, "project/stacks/web.ts": "// two\n" });
});

test("a folder whose record is damaged is not written to", async () => {
  const file = await smallBundle(at("a.tar"));
  await unpack(file);
  writeFileSync(at("there/.berth-bundle.json"), "{");
  await expect(unpack(file)).rejects.toThrow(
    /\.berth-bundle\.json does not say what was unpacked there \(.*\); name another folder with --to/,
  );
});

test("an empty folder is as good as none, and one further down is made", async () => {
  const file = await smallBundle(at("a.tar"));
  mkdirSync(at("there"));
  await unpack(file);
  expect(placed()).toEqual(FILES);
  await unbundle(file, { to: at("a/b/c") });
  expect(readdirSync(at("a/b"))).toEqual(["c"]);
});

test("secrets are said to need their passphrase, and images an engine", async () => {
  const image = { name: "web:1", id: "sha256:1", ids: ["sha256:1"], layers: [], created: "" };
  const file = await smallBundle(
    at("a.tar"),
    { ...FILES, "project/Pulumi.web.yaml": `config:\n  docker:host: unix://${at("no.sock")}\n` },
    { head: { secrets: true }, images: { list: [image], text: "tar" } },
  );
  expect(await unpack(file)).toBe(0);
  expect(said).toEqual([
    expect.stringMatching(
      /^note: no Docker engine answers at unix:.*no\.sock .*; when it runs: .*there'\/berth unbundle .* --images$/,
    ),
    expect.stringMatching(
      /^note: the settings hold secrets: put the passphrase .* into .*project\/\.berth\/passphrase first\.$/,
    ),
  ]);
  expect(await unbundle(file, { to: at("there"), images: true })).toBe(1);
});

describe("images that the stack builds", () => {
  const engine = useEngine();
  const NAME = "GET /images/app:1/json";
  const LIVE = `sha256:${"b".repeat(64)}`;
  const app = { name: "app:1", id: LIVE, ids: [LIVE], layers: [], created: "", content: "digest 1" };
  const web = { name: "web:1", id: LIVE, ids: [LIVE], layers: [], created: "" };
  const bundle = (name: string, list: BundledImage[], host = engine.socket) =>
    smallBundle(
      at(name),
      { ...FILES, "project/Pulumi.web.yaml": `config:\n  docker:host: unix://${host}\n` },
      { images: list.length ? { list, text: "tar" } : undefined },
    );
  const record = () => {
    const file = at("there/project/.berth/images.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : undefined;
  };
  beforeEach(() => {
    engine.says("GET /_ping", "OK").says("GET /images/web:1/json", { Id: LIVE });
    engine.on(NAME, { status: 404, body: {} }, { body: { Id: LIVE } }).says("POST /images/load?quiet=1", "");
  });

  test("are said in the project, with what the engine calls them", async () => {
    await unpack(await bundle("a.tar", [app, web]));
    expect(record()).toEqual({ "app:1": { content: "digest 1", id: LIVE } });
  });

  test("are said without that until they are loaded, and what is known stays", async () => {
    const nowhere = await bundle("a.tar", [app], at("no.sock"));
    await unpack(nowhere);
    expect(record()).toEqual({ "app:1": { content: "digest 1" } });
    writeFileSync(at("there/project/Pulumi.web.yaml"), `config:\n  docker:host: unix://${engine.socket}\n`);
    expect(await unbundle(nowhere, { to: at("there"), images: true })).toBe(0);
    expect(record()).toEqual({ "app:1": { content: "digest 1", id: LIVE } });
    writeFileSync(at("there/project/Pulumi.web.yaml"), `config:\n  docker:host: unix://${at("no.sock")}\n`);
    await unpack(nowhere);
    expect(record()).toEqual({ "app:1": { content: "digest 1", id: LIVE } });
  });

  test("are others in another bundle", async () => {
    await unpack(await bundle("a.tar", [app]));
    await unpack(await bundle("b.tar", [{ ...app, content: "digest 2" }], at("no.sock")));
    expect(record()).toMatchObject({ "app:1": { content: "digest 2" } });
    await unpack(await bundle("c.tar", [web]));
    expect(record()).toBeUndefined();
  });

  test("have a text for their content", async () => {
    await refused(
      await bundle("a.tar", [{ ...app, content: 1 as unknown as string }]),
      "its manifest.json lacks something; copy it again",
    );
  });
});
