// The package as somebody has it who has never seen this checkout: a project of their own, on a real engine, in five
// of Pulumi's languages. npm, Go, Python and Maven get what a project needs from their registries.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { expectPassingTests, expectRightTypes, must, PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { differences } from "./compare";
import { cleanUp, httpStatus, inspectAll, type Inspect, made, missing, PROJECT, removeAll, Stack } from "./liveStack";

cleanUp();

const LANGUAGES = join(__dirname, "languages");

let packed: PackedPackage;
let tool: string;
/** Where the package is installed by npm, with everything that it asks for. */
let installed: string;
let npm: { stdout: string; stderr: string };

/** `berth init` of the package, from a line. */
function init(folder: string, line: string): void {
  const berth = join(tool, "node_modules/pulumi-berth/cli/berth.js");
  must(process.execPath, [berth, "init", folder, "--from", line, "--name", PROJECT, "--package", packed.file], tool);
}

if (!missing) {
  beforeAll(() => {
    packed = new PackedPackage();
    tool = mkdtempSync(join(tmpdir(), "berth-tool-"));
    packed.install(tool);
  }, 300_000);
  afterAll(() => {
    packed?.remove();
    rmSync(tool, { recursive: true, force: true });
  });
}

describeIf(missing, "a project that berth init has made", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.create("package", {
      secrets: { dbPassword: "hunter2" },
      make: (folder) =>
        init(
          folder,
          "docker run -d --name live-package -p 24690:80 -e DB_PASSWORD=hunter2 -v live-package:/usr/share/nginx/html nginx:1.25",
        ),
    });
    installed = stack.folder;
    npm = spawnSync("npm", ["install", "--no-fund", "--no-audit"], { cwd: stack.folder, encoding: "utf8" });
  }, 600_000);

  test("is installed without a warning", () => {
    expect(npm.stderr).toBe("");
    expect(npm.stdout).toMatch(/added \d+ packages/);
  });

  test("its types are right, those of the SDKs too, and its test passes", () => {
    expectRightTypes(stack.folder);
    expectPassingTests(stack.folder, 1);
  }, 300_000);

  test("is applied, answers, shows no change afterwards, nor with the next package", async () => {
    await stack.up();
    expect(await httpStatus("http://localhost:24690/")).toBe(200);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    const file = join(stack.folder, "node_modules/pulumi-berth/package.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/"version": ".*"/, '"version": "99.0.0"'));
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    writeFileSync(file, text);
    expect(stack.stateText()).not.toContain("hunter2");
  }, 300_000);

  test("is taken away, but for its data", async () => {
    await stack.destroy();
    expect(made()).toEqual(["volume live-package"]);
    removeAll();
  }, 120_000);
});

/** What runs after `up`, by name, but for what the engine makes up itself. */
interface Ran {
  containers: Map<string, Inspect>;
  /** Volumes and networks. */
  others: string[];
  outputs: Record<string, unknown>;
}

/** Made up by the engine, or of this very container: addresses in the order of arrival and in a block that is free, its life, a digest with its folder. */
const MADE_UP = [
  /^NetworkSettings\.(SandboxID|SandboxKey|EndpointID)$/,
  /\.(EndpointID|NetworkID|IPAddress|IPPrefixLen|Gateway|MacAddress|GlobalIPv6Address)$/,
  /^Config\.Labels\[berth\.(life|digest)\]$/,
  /^Mounts\[\/cache\]\.(Name|Source)$/,
];
/** An anonymous volume is named by the container's life; labels of Compose name the project's folder. */
const named = (value: unknown) =>
  String(value)
    .replace(/(?<=-cache-)[0-9a-f]{7}(?=:|$)/, "NAME")
    .replace(/^\S*\/berth-live-\w+(?=\/project)/, "FOLDER");

/** What is not the same in both, by container. */
const unlike = (one: Map<string, Inspect>, other: Map<string, Inspect>) =>
  [...one].flatMap(([name, container]) =>
    differences(container, other.get(name)!)
      .filter(({ path }) => !MADE_UP.some((own) => own.test(path)))
      .filter(({ documented, stack }) => named(documented) !== named(stack))
      .map((difference) => ({ name, ...difference })),
  );

const lacks = (...programs: string[]) => programs.find((program) => !onPath(program));

interface Language {
  name: string;
  files: string[];
  programs: string[];
  /** Makes the project ready to run. */
  prepare?(folder: string): void;
}

/** Makes classes for the project's language, as docs/other-languages.md says. */
function addPackage(folder: string): void {
  must("pulumi", ["package", "add", "./node_modules/pulumi-berth/cli/plugin/pulumi-resource-berth"], folder);
  const file = join(folder, "Pulumi.yaml");
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(/^ {2}berth: berth@/m);
  writeFileSync(file, text.replace(/^ {2}berth: .*$/m, "  berth: ./node_modules/pulumi-berth/cli/plugin"));
}

const OTHERS: Language[] = [
  { name: "YAML", files: ["Pulumi.yaml"], programs: ["pulumi-language-yaml"] },
  {
    name: "Python",
    files: ["__main__.py"],
    programs: ["pulumi-language-python", "python3"],
    prepare(folder) {
      writeFileSync(
        join(folder, "Pulumi.yaml"),
        `name: ${PROJECT}\nruntime:\n  name: python\n  options: { toolchain: pip, virtualenv: venv }\n`,
      );
      writeFileSync(join(folder, "requirements.txt"), "pulumi>=3.226,<4\n");
      must("python3", ["-m", "venv", "venv"], folder);
      must("venv/bin/pip", ["install", "-q", "--disable-pip-version-check", "-r", "requirements.txt"], folder);
      addPackage(folder);
      must("venv/bin/pip", ["install", "-q", "--disable-pip-version-check", "-r", "requirements.txt"], folder);
    },
  },
  {
    name: "Go",
    files: ["main.go"],
    programs: ["pulumi-language-go", "go"],
    prepare(folder) {
      writeFileSync(join(folder, "Pulumi.yaml"), `name: ${PROJECT}\nruntime: go\n`);
      writeFileSync(join(folder, "go.mod"), "module live\n\ngo 1.25\n");
      addPackage(folder);
      must("go", ["mod", "tidy"], folder);
    },
  },
  {
    name: "Java",
    files: ["pom.xml"],
    programs: ["pulumi-language-java", "javac", "mvn"],
    prepare(folder) {
      writeFileSync(join(folder, "Pulumi.yaml"), `name: ${PROJECT}\nruntime: java\n`);
      addPackage(folder);
      // As the CLI asks for. It compiles the project before it makes the classes, so the program comes last.
      cpSync(join(folder, "sdks/berth/src"), join(folder, "src"), { recursive: true });
      copyFileSync(join(LANGUAGES, "App.java"), join(folder, "src/main/java/App.java"));
    },
  },
];

describeIf(missing, "the same program in several languages", () => {
  async function ran(language: Language): Promise<Ran> {
    const stack = await Stack.create("languages", {
      config: { "berth:owner": "languages" },
      secrets: { password: "hunter3" },
      make(folder) {
        mkdirSync(folder);
        for (const file of [...language.files, "compose.yaml"]) copyFileSync(join(LANGUAGES, file), join(folder, file));
        symlinkSync(join(installed, "node_modules"), join(folder, "node_modules"));
        language.prepare?.(folder);
      },
    });
    await stack.up();
    const names = made().flatMap((name) => (name.startsWith("container ") ? [name.slice("container ".length)] : []));
    const found = {
      containers: new Map(inspectAll(names).map((each) => [each.Name.slice(1), each])),
      others: made().filter((name) => !name.startsWith("container ") && !/ [0-9a-f]{64}$/.test(name)),
      outputs: await stack.outputs(),
    };
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(stack.stateText()).not.toContain("hunter3");
    await stack.destroy();
    expect(made().filter((name) => !name.startsWith("volume "))).toEqual([]);
    removeAll();
    return found;
  }

  let typescript: Ran;
  test("TypeScript", async () => {
    typescript = await ran({
      name: "TypeScript",
      files: ["index.ts"],
      programs: [],
      prepare(folder) {
        for (const file of ["Pulumi.yaml", "package.json", "tsconfig.json"])
          cpSync(join(installed, file), join(folder, file));
      },
    });
    expect([...typescript.containers.keys()].sort()).toEqual([
      "live-lang-db",
      "live-lang-line",
      "live-lang-other",
      "live-lang-own",
      "live-lang-search",
      "live-lang-shop-app-1",
      "live-lang-shop-cache-1",
      "live-lang-web",
    ]);
    expect(typescript.outputs).toMatchObject({ url: "http://localhost:24680" });
  }, 600_000);

  for (const language of OTHERS) {
    const lacking = lacks(...language.programs);
    describeIf(lacking && `no ${lacking} on PATH`, language.name, () => {
      test("makes the same, field by field", async () => {
        const other = await ran(language);
        expect([...other.containers.keys()].sort()).toEqual([...typescript.containers.keys()].sort());
        expect(unlike(typescript.containers, other.containers)).toEqual([]);
        expect(other.others.map(named)).toEqual(typescript.others.map(named));
        expect(other.outputs).toEqual(typescript.outputs);
      }, 900_000);
    });
  }
});
