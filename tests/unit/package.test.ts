import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { templateFiles } from "../../docs/template";
import { expectPassingTests, expectRightTypes, must, PackedPackage } from "../packedPackage";
import { CHINESE, ENGLISH, readPage } from "./documents/markdown";

const ROOT = join(__dirname, "../..");

let packed: PackedPackage;
let top: string;
/** A project of somebody's own, as `berth init` makes it. */
let project: string;
/** Another one, of the setups of a note. */
let several: string;

beforeAll(() => {
  packed = new PackedPackage();
  top = mkdtempSync(join(tmpdir(), "berth-consumer-"));
  project = join(top, "notes");
  mkdirSync(join(top, "tool"));
  packed.install(join(top, "tool"));
  const line = "docker run -d --name web -p 8080:80 -e DB_PASSWORD=hunter2 nginx:1.27";
  const berth = join(top, "tool/node_modules/pulumi-berth/cli/berth.js");
  must(process.execPath, [berth, "init", project, "--from", line, "--ci"], top);
  packed.install(project);
  several = join(top, "several");
  must(process.execPath, [berth, "init", several, "--from", join(ROOT, "stacks/notes/docker.md")], top);
  symlinkSync(join(project, "node_modules"), join(several, "node_modules"));
}, 300_000);

afterAll(() => {
  packed?.remove();
  rmSync(top, { recursive: true, force: true });
});

/** The folders with a program in TypeScript. */
const programs = (folder: string) => readdirSync(folder).filter((name) => existsSync(join(folder, name, "index.ts")));

const node = (script: string, file = "try.js") => {
  writeFileSync(join(project, file), script);
  return must(process.execPath, [file], project).trim();
};

test("the package is small and holds what runs and the pages about it, nothing else", () => {
  expect(packed.size).toBeLessThan(1_000_000);
  const own = join(project, "node_modules/pulumi-berth");
  expect(readdirSync(own).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "README.zh-CN.md",
    "cli",
    "components",
    "dist",
    "docs",
    "package.json",
  ]);
  expect(readdirSync(join(own, "dist")).sort()).toEqual(["cli", "components", "core", "stacks"]);
});

test("an editor is led from a component to its source, and every type that one needs is there", () => {
  const dist = join(project, "node_modules/pulumi-berth/dist");
  const files = readdirSync(dist, { recursive: true }) as string[];
  const maps = files.filter((file) => file.endsWith(".map"));
  expect(maps.length).toBeGreaterThan(25);
  const sources = maps.flatMap((file) => {
    const { sources } = JSON.parse(readFileSync(join(dist, file), "utf8")) as { sources: string[] };
    return sources.map((source) => join(dist, dirname(file), source));
  });
  expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  expect(files).toContain("core/description/types.d.ts");
  expect(files).not.toContain("core/readers/dockerRun/flags.d.ts");
});

test("its command draws the program: the library for that is among its dependencies", () => {
  const berth = join(project, "node_modules/pulumi-berth/cli/berth.js");
  const svg = must(process.execPath, [berth, "picture", "dev"], project);
  expect(svg).toMatch(/^<svg .*>8080 → 80<.*<\/svg>\n$/s);
}, 60_000);

test("the pages for users are in the package, and their links lead to what is there", () => {
  const own = join(project, "node_modules/pulumi-berth");
  // For those who work on berth itself, in a checkout; and what the declarations in the package say to an editor.
  const others = /(^|\/)(architecture|decisions|CONTRIBUTING|api\/index)\.md\b/;
  const outside = [...ENGLISH, ...CHINESE]
    .filter((file) => !others.test(file))
    .flatMap((file) =>
      readPage(file)
        .links.filter((link) => !/^https?:|^#/.test(link) && !others.test(link))
        .filter((link) => !existsSync(join(own, dirname(file), link.split("#")[0]!)))
        .map((link) => `${file}: ${link}`),
    );
  expect(outside).toEqual([]);
});

test("a project that berth init has made: its test passes, its plan needs nothing", () => {
  expect(readdirSync(project).sort()).toEqual(
    [".github", ".gitignore", ".npmrc", "Pulumi.yaml", "README.md", "index.test.ts", "index.ts", "node_modules"].concat(
      ["package.json", "tsconfig.json"],
    ),
  );
  for (const file of readdirSync(project).filter((name) => !/^(node_modules|\.github)$/.test(name)))
    expect(readFileSync(join(project, file), "utf8")).not.toContain("hunter2");
  expectPassingTests(project, 1);
  const berth = join(project, "node_modules/pulumi-berth/cli/berth.js");
  const resources = JSON.parse(must(process.execPath, [berth, "plan", "--json"], project)) as {
    type: string;
    inputs: Record<string, unknown>;
  }[];
  const [container, ...others] = resources.filter(({ type }) => type === "docker:index/container:Container");
  expect(others).toEqual([]);
  expect(container!.inputs).toMatchObject({ name: "web", ports: [{ internal: 80, external: 8080 }] });
}, 200_000);

test("a project of the setups of a note: each has its test, a stack is named after one", () => {
  const berth = join(project, "node_modules/pulumi-berth/cli/berth.js");
  expect(readdirSync(several)).toEqual(expect.arrayContaining(["index.ts", "mynet.ts", "nginx01.ts"]));
  expectPassingTests(several, 2);
  const plan = must(process.execPath, [berth, "plan", "mynet", "nginx01-staging"], several);
  expect(plan.match(/docker run .*/g)!.map((line) => /--name (\S+)/.exec(line)![1])).toEqual([
    "box01",
    "box02",
    "nginx01",
  ]);
  const { stderr } = spawnSync(process.execPath, [berth, "plan", "dev"], { cwd: several, encoding: "utf8" });
  expect(stderr).toContain('the stack "dev" is named after no setup; there are nginx01, mynet.');
}, 200_000);

test("the types are right of what berth init has made and of the examples, those of the SDKs with them", () => {
  const checked = join(top, "checked");
  const options = (folder: string) =>
    (JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8")) as { compilerOptions: object }).compilerOptions;
  const examples = join(ROOT, "examples");
  const folders = [project, several, ...programs(examples).map((name) => join(examples, name))];
  for (const folder of folders) {
    expect(options(folder)).toEqual({ ...options(project), strict: true });
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts")))
      cpSync(join(folder, file), join(checked, basename(folder), file));
  }
  symlinkSync(join(project, "node_modules"), join(checked, "node_modules"));
  // One check for all: most of its time goes into the types of the SDKs.
  writeFileSync(
    join(checked, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options(project), include: ["*/*.ts"] }),
  );
  expectRightTypes(checked);
}, 200_000);

test("its messages are there in Chinese", () => {
  const berth = join(project, "node_modules/pulumi-berth/cli/berth.js");
  const { stderr } = spawnSync(process.execPath, [berth, "init", project, "--lang", "zh"], { encoding: "utf8" });
  expect(stderr).toContain("notes 里已有 .gitignore");
});

test("berth init writes over nothing", () => {
  const berth = join(ROOT, "cli/berth.js");
  const { status, stderr } = spawnSync(process.execPath, [berth, "init", project], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("notes has .gitignore, .npmrc, Pulumi.yaml");
});

test("it loads as a CommonJS and as an ES module, by every entry", () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: object };
  const entries = Object.keys(exports).filter((entry) => !/package.json|fast/.test(entry));
  expect(entries.length).toBeGreaterThan(5);
  const names = entries.map((entry) => entry.replace(/^\./, "pulumi-berth"));
  const show =
    "console.log(JSON.stringify(all.map((one) => Object.keys(one).filter((key) => !/^(default|module.exports|__esModule)$/.test(key)).sort())));";
  const quoted = JSON.stringify(names);
  const required = JSON.parse(node(`const all = ${quoted}.map((name) => require(name)); ${show}`)) as string[][];
  const imported = node(`const all = await Promise.all(${quoted}.map((name) => import(name))); ${show}`, "try.mjs");
  expect(JSON.parse(imported)).toEqual(required);
  expect(required.filter((found) => found.length === 0)).toEqual([]);
}, 100_000);

test("importing it changes nothing of the process, and takes little time beside the SDK", () => {
  const script = (what: string) => `
    const Module = require("node:module");
    const time = (load) => {
      const start = process.cpuUsage();
      load();
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    const sdk = time(() => require("@pulumi/pulumi"));
    require("@pulumi/docker");
    const state = () => [Module._load, Error.prepareStackTrace, Object.keys(Module._extensions).join(), process.listenerCount("uncaughtException"), Object.keys(globalThis).join()];
    const before = state();
    const own = time(() => { ${what} });
    console.log(JSON.stringify({ same: state().every((value, index) => value === before[index]), ratio: own / sdk }));`;
  /** Processor time beside that of the SDK, in the same process: that of a busy machine is longer for both. */
  const load = (what: string) => {
    const loads = [1, 2, 3].map(() => JSON.parse(node(script(what))) as { same: boolean; ratio: number });
    expect(loads.map(({ same }) => same)).toEqual([true, true, true]);
    return Math.min(...loads.map(({ ratio }) => ratio));
  };
  // A component is loaded when it is named.
  expect(load('require("pulumi-berth");')).toBeLessThan(0.03);
  expect(load('const { program, Nginx, DockerRun } = require("pulumi-berth");')).toBeLessThan(0.25);
  expect(load('Object.values(require("pulumi-berth"));')).toBeLessThan(0.5);
  const fast = JSON.parse(node(script('require("pulumi-berth/fast");'))) as { same: boolean };
  expect(fast.same).toBe(false);
}, 100_000);

describe("the examples", () => {
  const examples = programs(join(ROOT, "examples"));
  const planned: Record<string, string[]> = {
    compose: ["shop-redis-1", "shop-web-1"],
    containers: ["db", "search", "web"],
    gpu: ["ada", "lin", "training"],
    host: [],
    kubernetes: [],
    networks: ["one", "two"],
    swarm: [],
  };

  test("are one for each group", () => expect(examples.sort()).toEqual(Object.keys(planned)));

  test("their plans are what they say", () => {
    const all = join(top, "examples");
    cpSync(join(ROOT, "examples"), all, { recursive: true });
    symlinkSync(join(project, "node_modules"), join(all, "node_modules"));
    for (const name of examples) {
      const berth = join(project, "node_modules/pulumi-berth/cli/berth.js");
      const resources = JSON.parse(must(process.execPath, [berth, "plan", "--json"], join(all, name))) as {
        type: string;
        inputs: Record<string, unknown>;
      }[];
      const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
      expect([name, ...containers.map(({ inputs }) => inputs.name).sort()]).toEqual([name, ...planned[name]!]);
      expect(resources.length).toBeGreaterThan(2);
    }
  }, 300_000);
});

test("the template for `pulumi new` is what berth init makes: npm run docs", async () => {
  const files = await templateFiles();
  const folder = join(ROOT, "package/template");
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) expect(readFileSync(join(folder, name), "utf8")).toBe(text);
  expect(files["Pulumi.yaml"]).toContain("name: ${PROJECT}\ndescription: ${DESCRIPTION}\n");
});
