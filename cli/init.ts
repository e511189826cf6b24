import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { ProjectDescription } from "../core/description/project";
import type { Program } from "../core/writers/typescript";
import { HOME } from "./project";
import { UsageError } from "./usageError";

export interface InitOptions {
  from?: string[];
  name?: string;
  ci?: boolean;
  package?: string;
}

interface PackageFile {
  version: string;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

const packageFile = (file: string) => JSON.parse(readFileSync(file, "utf8")) as PackageFile;
const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;

/** What a project begins with where nothing is pasted. */
const SAMPLE = "docker run -d --name web -p 8080:80 nginx:1.27";

/** Tools of a project, in the versions that berth itself is tried with. */
const TOOLS = ["@sucrase/jest-plugin", "@types/jest", "@types/node", "jest", "typescript"];

function packageJson(name: string, source: string | undefined): string {
  const own = packageFile(join(HOME, "package.json"));
  const tried = (sdk: string) => packageFile(require.resolve(`${sdk}/package.json`)).version;
  return json({
    name: name.toLowerCase(),
    private: true,
    main: "index.ts",
    scripts: { test: "jest", check: "tsc" },
    dependencies: {
      ...Object.fromEntries(Object.keys(own.peerDependencies).map((sdk) => [sdk, tried(sdk)])),
      "pulumi-berth": source ?? own.version,
    },
    devDependencies: Object.fromEntries(TOOLS.map((tool) => [tool, own.devDependencies[tool]])),
    jest: { transform: { "\\.ts$": "@sucrase/jest-plugin" } },
  });
}

const TSCONFIG = json({
  compilerOptions: { target: "es2022", module: "nodenext", strict: true, noEmit: true, types: ["node", "jest"] },
  include: ["*.ts"],
});

const list = (names: string[]) => `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;

const test = (name: string, { secrets, containers }: Program) => `import * as pulumi from "@pulumi/pulumi";

/** Runs the program without the Pulumi CLI and without an engine, and returns what it declares. */
async function declared(): Promise<pulumi.runtime.MockResourceArgs[]> {
  const resources: pulumi.runtime.MockResourceArgs[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: (resource) => {
      resources.push(resource);
      return { id: \`\${resource.name}-id\`, state: resource.inputs };
    },
    call: ({ inputs }) => inputs,
  };
  await pulumi.runtime.setMocks(mocks, "${name}", "test");
${
  secrets.length
    ? `  const secrets = ${list(secrets.map((secret) => `${name}:${secret}`))};
  pulumi.runtime.setAllConfig(Object.fromEntries(secrets.map((key) => [key, "for the test"])), secrets);
`
    : ""
}  await pulumi.runtime.runInPulumiStack(require("./index"));
  await pulumi.runtime.disconnect();
  return resources;
}

test("makes the containers", async () => {
  const containers = (await declared()).filter(({ type }) => type === "docker:index/container:Container");
  expect(containers.map(({ inputs }) => inputs.name).sort()).toEqual(${list([...containers].sort())});
});
`;

const readme = (name: string, { secrets }: Program) => `# ${name}

Containers as code, with [Pulumi](https://www.pulumi.com/docs/install/) and pulumi-berth.

\`\`\`sh
npm install
npm test                # without Docker
npx berth plan          # what would be made, without Docker
${secrets.map((secret) => `pulumi config set --secret ${secret} --stack dev\n`).join("")}npx berth up dev        # asks before it makes anything
npx berth destroy dev   # takes it away again; data stays
\`\`\`

The state and its passphrase are in \`.pulumi/\` and \`.berth/\`, which git ignores: keep them. A team says \`pulumi login\`
with a place that all of them reach, and takes \`backend\` out of Pulumi.yaml.
`;

const pulumiYaml = (name: string) => `name: ${name}
description: Containers as code
runtime:
  name: nodejs
  options:
    # pulumi-berth loads TypeScript in milliseconds; \`npm run check\` checks types.
    typescript: false
    nodeargs: --require pulumi-berth/fast
backend:
  # State stays in this folder (.pulumi/, ignored by git) until PULUMI_BACKEND_URL says otherwise.
  url: file://.?metadata=skip
`;

const GITIGNORE = "node_modules/\n.pulumi/\n.berth/\n";
/** Plugins are fetched by the Pulumi CLI when they are needed, not by npm. */
const NPMRC = "ignore-scripts=true\nsave-exact=true\n";

const WORKFLOW = `name: containers
on: [push, pull_request]
jobs:
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22, cache: npm }
      - run: npm ci
      - run: npm run check
      - run: npm test
      - run: npx berth plan
`;

/** The words of \`--from\` as one project. */
async function described(from: string[], folder: string): Promise<ProjectDescription> {
  const here = process.cwd();
  const environment = process.env;
  const { parseDockerLines } = await import("../core/readers/dockerRun");
  const lines = (read: string[]) =>
    parseDockerLines(read, basename(folder), { environment, folder: here, home: homedir() });
  const [first = SAMPLE] = from;
  const isFile = (name: string) => existsSync(name) && statSync(name).isFile();
  if (!isFile(first)) {
    if (!/\s/.test(first))
      throw new UsageError(`--from: there is no file ${first}; a docker run line stands in quotes`);
    return lines(from.length ? from : [SAMPLE]);
  }
  const { loadCompose, parseCompose } = await import("../core/readers/compose");
  if (/^\.ya?ml$/.test(extname(first))) return loadCompose({ files: from }, { folder: here, environment });
  if (from.length > 1) throw new UsageError(`--from: ${first} stands alone; several files are compose files`);
  const text = readFileSync(first, "utf8");
  if (!/^\.(md|markdown)$/.test(extname(first))) return lines([text]);
  const { readNote } = await import("../core/readers/note");
  const note = readNote(text);
  if (note.compose.length === 0 && note.lines.length === 0)
    throw new Error(`${first} has no block with a docker run line or a compose file between \`\`\` fences`);
  if (note.compose.length === 0) return lines(note.lines);
  if (note.compose.length > 1 || note.lines.length)
    throw new Error(
      `${first} has ${note.compose.length} compose files and ${note.lines.length} blocks of docker lines; write the one that you want to a file of its own`,
    );
  return parseCompose(note.compose[0]!, { name: first }, { folder: dirname(resolve(first)), environment });
}

/** Text of every file of a new project. */
export async function projectFiles(
  folder: string,
  options: InitOptions,
): Promise<{ files: Record<string, string>; program: Program }> {
  const name = options.name ?? basename(folder);
  if (!/^[A-Za-z][\w.-]*$/.test(name))
    throw new UsageError(
      `--name: "${name}" is no name of a project; use letters, digits, dots, dashes and underscores, the first one a letter`,
    );
  const { toTypescript } = await import("../core/writers/typescript");
  const project = await described(options.from ?? [], folder);
  const program = toTypescript(project, { folder: process.cwd(), shownFrom: folder, package: true });
  const { warnings } = await import("../core/description/warnings");
  program.notices.unshift(...project.notices, ...(options.from ? warnings(project, process.cwd()) : []));
  const files: Record<string, string> = {
    ".gitignore": GITIGNORE,
    ".npmrc": NPMRC,
    "Pulumi.yaml": pulumiYaml(name),
    "README.md": readme(name, program),
    "index.test.ts": test(name, program),
    "index.ts": program.text,
    "package.json": packageJson(name, options.package),
    "tsconfig.json": TSCONFIG,
    ...(options.ci ? { ".github/workflows/containers.yml": WORKFLOW } : {}),
  };
  return { files, program };
}

/** `berth init`: a Pulumi project of one's own, in a folder that has none of its files yet. */
export async function init(given: string | undefined, options: InitOptions): Promise<number> {
  const folder = resolve(given ?? ".");
  const { files, program } = await projectFiles(folder, options);
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const taken = Object.keys(files).filter((file) => there.includes(file.split("/")[0]!));
  if (taken.length)
    throw new Error(
      `${folder} has ${taken.join(", ")} already; name another folder, for example \`berth init containers\``,
    );
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  for (const { level, at, text } of program.notices) process.stderr.write(`${level}: ${at}: ${text}\n`);
  const way = relative(process.cwd(), folder);
  console.log(`Made a Pulumi project in ${folder}: ${program.containers.join(", ")}. Next:\n`);
  if (way) console.log(`  cd ${way}`);
  console.log("  npm install\n  npm test\n  npx berth plan");
  for (const secret of program.secrets) console.log(`  pulumi config set --secret ${secret} --stack dev`);
  console.log("  npx berth up dev");
  return 0;
}
