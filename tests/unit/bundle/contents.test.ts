import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  filesLeftOut,
  mountedPaths,
  pathsIn,
  readNodeModules,
  readProject,
  readStackSettings,
} from "../../../cli/bundle/project";
import type { SourceFile } from "../../../cli/bundle/tarball";
import { pluginOf, pluginVersions, readTools } from "../../../cli/bundle/tools";
import { useFolder } from "./smallBundle";

const folder = useFolder();
const write = (path: string, content: string | object = "", mode = 0o644): string => {
  const file = join(folder(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  chmodSync(file, mode);
  return file;
};
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: folder(), stdio: "pipe" });
const paths = (files: SourceFile[]) => files.map(({ path }) => path);

describe("the project", () => {
  beforeEach(() => {
    git("init", "-q");
    write(".gitignore", "*.log\n");
    write("one.ts", "1");
    write("gone.ts");
    write("run me", "#!/bin/sh\n", 0o755);
    git("add", ".");
    git("commit", "-q", "-m", "one");
  });

  test("is what git knows, as it lies there", () => {
    expect(readProject(folder()).changed).toBe(false);
    write("one.ts", "changed");
    write("new.ts");
    write("some.log");
    execFileSync("rm", ["gone.ts"], { cwd: folder() });
    const { files, untracked, changed, commit } = readProject(folder());
    expect(files).toEqual([
      { path: "project/.gitignore", executable: false, content: { file: join(folder(), ".gitignore") } },
      { path: "project/one.ts", executable: false, content: { file: join(folder(), "one.ts") } },
      { path: "project/run me", executable: true, content: { file: join(folder(), "run me") } },
    ]);
    expect(untracked).toEqual(["new.ts"]);
    expect(changed).toBe(true);
    expect(commit).toBe(String(git("rev-parse", "HEAD")).trim());
  });

  test("holds no links", () => {
    symlinkSync("/etc/passwd", join(folder(), "link"));
    git("add", "link");
    expect(() => readProject(folder())).toThrow(/link is a symbolic link, and a bundle holds files only; put the file/);
  });
});

test("a folder that git cannot read is refused with what git says", () => {
  expect(() => readProject(folder())).toThrow(
    /is no checkout that git can read \(fatal: .*\); a bundle takes the files/,
  );
});

describe("settings", () => {
  const text = () => String(readStackSettings(folder(), "web")!.file.content);

  test("of a stack without a file are none", () => {
    expect(readStackSettings(folder(), "web")).toBeUndefined();
  });
  test("without secrets need no passphrase there", () => {
    write("Pulumi.web.yaml", "encryptionsalt: v1:abc\nconfig:\n  nginx:port: 80\n");
    expect(readStackSettings(folder(), "web")!.secrets).toBe(false);
    expect(text()).toBe("config:\n  nginx:port: 80\n");
  });
  test.each([
    "  mysql:password:\n    secure: v1:xyz\n",
    "  jupyter:users:\n    anna:\n      secure: v1:xyz\n",
    "  run:list:\n    - secure: v1:xyz\n",
  ])("with secrets stay as they are, encrypted (%#)", (secret) => {
    const whole = `encryptionsalt: v1:abc\nconfig:\n${secret}`;
    write("Pulumi.web.yaml", whole);
    expect(readStackSettings(folder(), "web")!.secrets).toBe(true);
    expect(text()).toBe(whole);
  });
});

describe("node_modules", () => {
  const lock = (packages: Record<string, object>) => write("package-lock.json", { packages: { "": {}, ...packages } });
  const install = (place: string, version: string) => {
    write(`${place}/package.json`, { version });
    write(`${place}/lib/index.js`, place);
  };

  test("go without what only development needs", () => {
    lock({
      "node_modules/a": { version: "1.0.0" },
      "node_modules/a/node_modules/b": { version: "2.0.0" },
      "node_modules/a/node_modules/dev": { version: "3.0.0", dev: true },
      "node_modules/dev": { version: "1.0.0", dev: true },
      "node_modules/other-system": { version: "1.0.0", optional: true },
    });
    install("node_modules/a", "1.0.0");
    install("node_modules/a/node_modules/b", "2.0.0");
    install("node_modules/a/node_modules/dev", "3.0.0");
    install("node_modules/dev", "1.0.0");
    install("node_modules/unknown", "1.0.0");
    write("node_modules/.bin/a");
    write("node_modules/a/lib/node_modules/part-of-a.js");
    expect(paths(readNodeModules(folder())).sort()).toEqual([
      "project/node_modules/a/lib/index.js",
      "project/node_modules/a/lib/node_modules/part-of-a.js",
      "project/node_modules/a/node_modules/b/lib/index.js",
      "project/node_modules/a/node_modules/b/package.json",
      "project/node_modules/a/package.json",
    ]);
  });

  test("are not taken half", () => {
    lock({ "node_modules/a": { version: "1.0.0" } });
    expect(() => readNodeModules(folder())).toThrow("node_modules/a is not installed; run `npm install`");
    install("node_modules/a", "0.9.0");
    expect(() => readNodeModules(folder())).toThrow(
      "node_modules/a has the version 0.9.0, and not 1.0.0; run `npm install`",
    );
  });
});

test("files that the stack names and that stay behind are told", () => {
  const file = write("out/side.yaml");
  write("project/in/side.yaml");
  write("project/ignored/data");
  mkdirSync(join(folder(), "empty"));
  const root = join(folder(), "project");
  const carried = [{ path: "project/in/side.yaml", executable: false, content: Buffer.alloc(0) }];
  const values = {
    "berth:files": JSON.stringify(["in/side.yaml", "../out/side.yaml", file, "../nowhere.yaml"]),
    "nginx:volumes": JSON.stringify({ a: ["in:/data", "./in"] }),
    "nginx:image": "out",
    "nginx:port": "80",
    "nginx:folder": ".",
    "docker:caMaterial": "a/".repeat(5000),
  };
  expect(filesLeftOut(root, pathsIn(values), carried)).toEqual(["../out/side.yaml", file]);

  const container = (inputs: Record<string, unknown>, type = "docker:index/container:Container") => ({
    urn: "c",
    type,
    name: "c",
    inputs,
    dependencies: [],
  });
  const paths = mountedPaths([
    container({ volumes: [{ hostPath: join(folder(), "out") }, { volumeName: "data" }] }),
    container({
      mounts: [
        { type: "bind", source: join(root, "ignored") },
        { type: "bind", source: join(root, "in") },
        { type: "bind", source: join(folder(), "empty") },
        { type: "bind", source: "/dev/null" },
        { type: "volume", source: "data" },
      ],
    }),
    container({ volumes: [{ hostPath: root }] }, "berth:services:Nginx"),
  ]);
  expect(filesLeftOut(root, paths, carried)).toEqual([join(folder(), "out"), join(root, "ignored")]);
});

describe("plugins", () => {
  test.each<[string, string | undefined]>([
    ["docker:index/container:Container", "docker"],
    ["command:local:Command", "command"],
    ["kubernetes:apps/v1:Deployment", "kubernetes"],
    ["pulumi:providers:kubernetes", "kubernetes"],
    ["pulumi:pulumi:Stack", undefined],
    ["pulumi-nodejs:dynamic:Resource", undefined],
    ["berth:services:Nginx", undefined],
  ])("%s is of %s", (type, plugin) => expect(pluginOf(type)).toBe(plugin));

  test("are those of the resources and of every SDK that is installed", () => {
    write("package.json", {
      dependencies: { "@pulumi/docker": "5.2.0" },
      peerDependencies: { "@pulumi/command": "1.2.1" },
    });
    write("node_modules/@pulumi/docker/package.json", {
      name: "@pulumi/docker",
      version: "5.2.0",
      pulumi: { resource: true },
    });
    write("node_modules/@pulumi/pulumi/package.json", { name: "@pulumi/pulumi", version: "3.0.0" });
    write("node_modules/sdk/package.json", {
      name: "sdk",
      version: "9.0.0",
      pulumi: { resource: true, name: "x", version: "2.0.0" },
    });
    const modules = ["@pulumi/docker", "@pulumi/pulumi", "sdk"].map((name) => ({
      path: `project/node_modules/${name}/package.json`,
      executable: false,
      content: Buffer.alloc(0),
    }));
    expect(pluginVersions(folder(), ["berth:host:Engine", "command:local:Command"], modules)).toEqual({
      command: "1.2.1",
      docker: "5.2.0",
      x: "2.0.0",
    });
    expect(() => pluginVersions(folder(), ["aws:s3:Bucket"], [])).toThrow(
      "package.json does not say which version of the plugin aws is needed",
    );
  });
});

describe("programs", () => {
  const saved = { ...process.env };
  afterEach(() => {
    process.env = { ...saved };
  });
  beforeEach(() => {
    write("package.json", { dependencies: { "@pulumi/docker": "5.2.0" } });
    process.env.PATH = join(folder(), "path");
    process.env.PULUMI_HOME = join(folder(), "home");
  });
  const types = ["docker:index/container:Container"];

  test("that are missing are named", () => {
    expect(() => readTools(folder(), types, [])).toThrow("pulumi is not on PATH; install the Pulumi CLI: https://");
  });

  test("that only start others are refused", () => {
    const file = write("path/pulumi", "#!/bin/sh\nexec mise pulumi\n", 0o755);
    expect(() => readTools(folder(), types, [])).toThrow(
      `${file} is a script that starts a program; put the folder of`,
    );
  });
});
