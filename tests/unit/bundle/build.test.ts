import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { list } from "tar";
import { buildPlanned } from "../../../cli/bundle/build";
import { contextFiles } from "../../../cli/bundle/contextFiles";
import { sentContext } from "../../../cli/bundle/contextTar";
import { imagesOf, type PlannedBuild, type PlannedBuildArguments } from "../../../cli/bundle/images";
import { sourceFile } from "../../../cli/bundle/project";
import { planStack } from "../../../cli/plan";
import { contentOf } from "../../../core/engines/dockerApi/images/build";
import { BuiltImage, type BuiltImageArgs } from "../../../components/builtImage";
import { digest } from "../../../core/description/digest";
import { useEngine } from "../fakeEngine";
import { useFolder } from "./smallBundle";

const folder = useFolder();
const engine = useEngine();
const at = (path: string) => join(folder(), path);
const write = (path: string, text = "") => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
const DOCKERFILE = "FROM busybox\nCOPY . .\n";

interface Received {
  path: string;
  type: string;
  text: string;
  mode?: number;
  uid?: number;
  mtime?: number;
  linkpath?: string;
}

/** What an archive holds, as a tar program reads it. */
function received(archive: Buffer): Received[] {
  const found: Received[] = [];
  const parser = list({
    sync: false,
    strict: true,
    onReadEntry(entry) {
      const { path, type, mode, uid, mtime, linkpath } = entry;
      const item: Received = { path, type, text: "", mode, uid, mtime: mtime?.getTime(), linkpath };
      found.push(item);
      entry.on("data", (chunk) => {
        item.text += String(chunk);
      });
    },
  });
  parser.end(archive);
  return found;
}

async function sent(dockerfile = at("app/Dockerfile")) {
  const { archive, dockerfile: name } = sentContext(at("app"), dockerfile);
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return { name, entries: received(Buffer.concat(chunks)) };
}

beforeEach(() => {
  write("app/Dockerfile", DOCKERFILE);
  write("app/src/main.py", "print(1)\n");
});

describe("the folder that is sent", () => {
  test("is what the digest counts: files, folders and links, root's, with modes and times", async () => {
    write("app/.dockerignore", "secret\n**/*.log\n!keep.log\n");
    for (const path of ["app/secret/key", "app/src/a.log", "app/keep.log", "app/empty/x.log"]) write(path, path);
    chmodSync(at("app/src/main.py"), 0o755);
    utimesSync(at("app/src/main.py"), 1_000_000, 1_000_000);
    symlinkSync("src/main.py", at("app/link"));
    const { name, entries } = await sent();
    expect(name).toBe("Dockerfile");
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
      "File .dockerignore",
      "File Dockerfile",
      "Directory empty",
      "File keep.log",
      "SymbolicLink link",
      "Directory src",
      "File src/main.py",
    ]);
    expect(entries.at(-1)).toMatchObject({ text: "print(1)\n", mode: 0o755, uid: 0, mtime: 1_000_000_000 });
    expect(entries[4]).toMatchObject({ linkpath: "src/main.py" });
  });

  test("keeps long names and those that are not ASCII", async () => {
    const names = ["ä/ö.txt", `${"long".repeat(30)}/${"name".repeat(30)}`];
    for (const name of names) write(`app/${name}`, name);
    const { entries } = await sent();
    for (const name of names) expect(entries.find(({ path }) => path === name)?.text).toBe(name);
  });

  test("has a Dockerfile from elsewhere under a name that no COPY takes along", async () => {
    write("other/Dockerfile.dev", "FROM scratch\n");
    const without = await sent(at("other/Dockerfile.dev"));
    expect(without.name).toBe(".berth.dockerfile");
    const textOf = ({ entries }: typeof without, name: string) => entries.filter(({ path }) => path === name);
    expect(textOf(without, ".berth.dockerfile")).toMatchObject([{ text: "FROM scratch\n" }]);
    expect(textOf(without, ".dockerignore")).toMatchObject([{ text: ".dockerignore\n.berth.dockerfile\n" }]);
    write("app/.dockerignore", "a");
    expect(textOf(await sent(at("other/Dockerfile.dev")), ".dockerignore")).toMatchObject([
      { text: "a\n.berth.dockerfile\n" },
    ]);
  });
});

/** As the plan tells a build. */
function planned(build: Partial<PlannedBuildArguments> = {}, more: Partial<PlannedBuild> = {}): PlannedBuild {
  const whole = { context: at("app"), dockerfile: at("app/Dockerfile"), ...build };
  const { context, dockerfile, remoteContext, ...options } = whole;
  const content = digest({ ...options, content: remoteContext ?? contentOf(context, dockerfile).content });
  return { name: "app:1", content, build: whole, ...more };
}
const BUILD = "POST /build?rm=1&forcerm=1&t=app:1&dockerfile=Dockerfile&version=";
const build = async (given = planned()) => {
  const lines: string[] = [];
  await buildPlanned(engine.client, given, (line) => lines.push(line));
  return lines;
};

describe("a build", () => {
  test("sends the folder and shows what the engine says", async () => {
    engine.says(
      `${BUILD}1`,
      '{"stream":"Step 1/2 : FROM busybox\\n"}\r\n{"status":"Pulling","id":"a"}\n{"stream":"\\u001b[91mred\\u001b[0m\\n"}\n{"aux":{"ID":"sha256:1"}}',
    );
    expect(await build()).toEqual(["Building app:1.", "  Step 1/2 : FROM busybox", "  red"]);
    const [[, body]] = engine.changes() as [[string, Buffer]];
    expect(received(body).map(({ path, text }) => [path, text])).toEqual([
      ["Dockerfile", DOCKERFILE],
      ["src", ""],
      ["src/main.py", "print(1)\n"],
    ]);
  });

  test("has every option that was planned", async () => {
    const given = planned(
      {
        buildArgs: { VERSION: "1 2" },
        target: "prod",
        networkMode: "host",
        tags: ["app:latest"],
        labels: { a: "b" },
        cacheFroms: ["old:1"],
        extraHosts: ["db=10.0.0.1", "web:::1"],
        shmSize: 1024,
        noCache: true,
        pullParent: true,
      },
      { platform: "linux/arm64" },
    );
    await build(given).catch(() => undefined);
    const [call] = engine.changes()[0] as [string, unknown];
    const { searchParams } = new URL(call.slice("POST ".length), "http://engine");
    expect(searchParams.get("buildargs")).toBe('{"VERSION":"1 2"}');
    expect(searchParams.getAll("t")).toEqual(["app:1", "app:latest"]);
    expect(searchParams.getAll("extrahosts")).toEqual(["db:10.0.0.1", "web:::1"]);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      target: "prod",
      networkmode: "host",
      labels: '{"a":"b"}',
      cachefrom: '["old:1"]',
      shmsize: "1024",
      nocache: "1",
      pull: "1",
      platform: "linux/arm64",
    });
  });

  test("from a repository is the engine's own", async () => {
    const remoteContext = "https://git.example/app.git";
    const call = `POST /build?rm=1&forcerm=1&t=app:1&remote=${remoteContext}&version=1`;
    engine.says(call, "");
    await build(planned({ context: ".", dockerfile: undefined, remoteContext }));
    expect(engine.changes()).toEqual([call]);
  });

  test("that fails is told with its last lines", async () => {
    const said = Array.from({ length: 12 }, (_, index) => `{"stream":"line ${index}\\n"}\n`).join("");
    engine.says(
      `${BUILD}1`,
      `${said}{"errorDetail":{},"error":"The command '/bin/false' returned a non-zero code: 1"}\n`,
    );
    const lines = Array.from({ length: 10 }, (_, index) => `\n  line ${index + 2}`).join("");
    await expect(build()).rejects.toThrow(
      new Error(
        `app:1 cannot be built (The command '/bin/false' returned a non-zero code: 1); the last lines of the build:${lines}`,
      ),
    );
  });

  test("that is refused at once is one sentence", async () => {
    engine.on(`${BUILD}1`, { status: 400, body: { message: "dockerfile parse error" } });
    await expect(build()).rejects.toThrow(new Error("app:1 cannot be built (dockerfile parse error)"));
  });

  test("that needs BuildKit is done with it", async () => {
    engine.says(`${BUILD}1`, '{"error":"the --mount option requires BuildKit."}');
    engine.says(`${BUILD}2`, '{"id":"moby.buildkit.trace","aux":"AAAA"}\n{"stream":"Successfully tagged app:1\\n"}');
    expect(await build()).toContain("  Successfully tagged app:1");
    engine.says(`${BUILD}2`, '{"error":"nowhere:1: not found"}');
    await expect(build()).rejects.toThrow("app:1 cannot be built (nowhere:1: not found)");
  });

  test("of what has changed since it was planned is not taken", async () => {
    engine.says(`${BUILD}1`, "");
    const given = planned();
    write("app/src/main.py", "print(2)\n");
    await expect(build(given)).rejects.toThrow(/app has changed while app:1 was being built; run it again$/);
  });
});

describe("a build as a program declares it", () => {
  const plan = async (args: BuiltImageArgs["args"]) => {
    const { resources } = await planStack("berth", "web", { values: {}, secrets: [] }, async () => {
      new BuiltImage("app:1", {
        context: at("app"),
        args,
        target: "prod",
        labels: { a: "b" },
        extraHosts: { db: "10.0.0.1" },
        tags: ["app:2"],
        shmSize: 64,
        noCache: false,
      });
      return {};
    });
    return imagesOf(resources).builds;
  };

  test("is told by the digest that its image is planned with", async () => {
    const [given] = await plan({ VERSION: "1" });
    engine.says(
      'POST /build?rm=1&forcerm=1&t=app:1&t=app:2&dockerfile=Dockerfile&buildargs={"VERSION":"1"}&labels={"a":"b"}&target=prod&shmsize=64&extrahosts=db:10.0.0.1&version=1',
      "",
    );
    await build(given);
    expect(engine.changes()).toHaveLength(1);
    write("app/new");
    await expect(build(given)).rejects.toThrow("has changed while app:1 was being built");
  });

  test("is refused with a secret", async () => {
    await expect(plan({ API_TOKEN: "hunter2" })).rejects.toThrow(/^the build of app:1 takes secrets/);
  });
});

describe("what builds send", () => {
  const known = (...paths: string[]) => paths.map((path) => sourceFile(`project/${path}`, at(path)));
  const carried = (given = planned(), ...tracked: string[]) =>
    contextFiles(folder(), [given], known("app/Dockerfile", ...tracked), "project/app/Pulumi.web.yaml");
  const pathsOf = ({ files }: ReturnType<typeof contextFiles>) => files.map(({ path }) => path);

  test("goes along, also where git does not know it", () => {
    expect(pathsOf(carried(planned(), "app/src/main.py"))).toEqual([]);
    write("app/target/app.jar", "jar");
    expect(pathsOf(carried(planned(), "app/src/main.py"))).toEqual(["project/app/target/app.jar"]);
  });

  test("is named where it lies outside of the checkout", () => {
    const root = at("elsewhere");
    mkdirSync(root);
    const elsewhere = (given: PlannedBuild) => contextFiles(root, [given], [], undefined);
    expect(elsewhere(planned())).toEqual({ files: [], elsewhere: [at("app")] });
    write("docker/Dockerfile.prod", DOCKERFILE);
    expect(elsewhere(planned({ dockerfile: at("docker/Dockerfile.prod") }))).toEqual({
      files: [],
      elsewhere: [at("app"), at("docker/Dockerfile.prod")],
    });
  });

  test("takes its Dockerfile along, but not one that is written anew", () => {
    write("docker/Dockerfile.prod", DOCKERFILE);
    expect(pathsOf(carried(planned({ dockerfile: at("docker/Dockerfile.prod") }), "app/src/main.py"))).toEqual([
      "project/docker/Dockerfile.prod",
    ]);
    write(".berth/dockerfiles/app", DOCKERFILE);
    expect(pathsOf(carried(planned({ dockerfile: at(".berth/dockerfiles/app") }), "app/src/main.py"))).toEqual([]);
  });

  test.each([
    ["empty", () => mkdirSync(at("app/empty")), "app/empty, a folder without files, which no bundle holds"],
    [
      "of a state",
      () => {
        write(".pulumi/state");
        write(".pulumi/more");
      },
      ".pulumi and 2 more, which no bundle holds as it is here",
    ],
    ["the settings", () => write("app/Pulumi.web.yaml"), "app/Pulumi.web.yaml, which no bundle holds as it is here"],
  ])("is refused where it is %s", (what, make, says) => {
    make();
    const context = what === "of a state" ? folder() : at("app");
    expect(() => carried(planned({ context }))).toThrow(
      new Error(`the build of app:1 sends ${says}; leave that out in ${join(context, ".dockerignore")}`),
    );
  });
});
