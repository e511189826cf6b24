import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { ProjectDescription } from "../core/description/project";
import { listed, say } from "../core/description/say";
import type { ManifestText } from "../core/readers/kubernetes";
import type { Program } from "../core/writers/typescript";
import { HOME } from "./project";
import { showNotices } from "./show";
import { UsageError } from "./usageError";

/** What runs on an engine, for a project that takes it over. */
export interface Running {
  project: ProjectDescription;
  /** What `berth:adopt` names. */
  adopt: string[];
  /** Address of the engine, where that is another one than this machine's. */
  host?: string;
}

export interface InitOptions {
  from?: string[];
  running?: Running;
  setup?: string[];
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
    jest: { testTimeout: 60_000, transform: { "\\.ts$": "@sucrase/jest-plugin" } },
  });
}

const TSCONFIG = json({
  compilerOptions: { target: "es2022", module: "nodenext", strict: true, noEmit: true, types: ["node", "jest"] },
  include: ["*.ts"],
});

const list = (names: string[]) => `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;

/** A program of a project; where there are several it is that of the stacks that are named after it. */
interface NamedProgram {
  name: string;
  program: Program;
}

const test = (name: string, programs: NamedProgram[]) => {
  const several = programs.length > 1;
  const secrets = [...new Set(programs.flatMap(({ program }) => program.secrets))];
  return `import * as pulumi from "@pulumi/pulumi";

/** Runs the program without the Pulumi CLI and without an engine, and returns what it declares. */
async function declared(${several ? "stack: string" : ""}): Promise<pulumi.runtime.MockResourceArgs[]> {
  const resources: pulumi.runtime.MockResourceArgs[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: (resource) => {
      resources.push(resource);
      return { id: \`\${resource.name}-id\`, state: resource.inputs };
    },
    call: ({ inputs }) => inputs,
  };
  await pulumi.runtime.setMocks(mocks, "${name}", ${several ? "stack" : '"test"'});
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

${[...tests(several, "containers", programs), ...tests(several, "objects", programs)].join("\n")}`;
};

/** What a test compares: how the program's resources are told apart, and how each is called there. */
const COMPARED = {
  containers: {
    declared: 'type === "docker:index/container:Container"',
    named: "({ inputs }) => inputs.name",
  },
  objects: {
    declared: 'type.startsWith("kubernetes:")',
    named: `({ type, inputs }) => {
    const { name, namespace } = inputs.metadata;
    return \`\${type.split(":").at(-1)} \${namespace === undefined ? "" : \`\${namespace}/\`}\${name}\`;
  }`,
  },
};

/** The tests of the programs that make containers, or objects of a cluster. */
function tests(several: boolean, what: keyof typeof COMPARED, programs: NamedProgram[]): string[] {
  const own = programs.filter(({ program }) => (program.objects !== undefined) === (what === "objects"));
  if (own.length === 0) return [];
  const { declared, named } = COMPARED[what];
  const expected = ({ program }: NamedProgram) => list([...(program[what] ?? [])].sort());
  const body = (
    stack: string,
    value: string,
  ) => `  const ${what} = (await declared(${stack})).filter(({ type }) => ${declared});
  const names = ${what}.map(${named});
  expect(names.sort()).toEqual(${value});
`;
  if (!several) return [`test("makes the ${what}", async () => {\n${body("", expected(own[0]!))}});\n`];
  const variable = what === "objects" ? "clusterSetups" : "setups";
  return [
    `const ${variable}: [stack: string, ${what}: string[]][] = [
${own.map((each) => `  [${JSON.stringify(each.name)}, ${expected(each)}],`).join("\n")}
];

test.each(${variable})("%s makes its ${what}", async (stack, expected) => {
${body("stack", "expected")}});
`,
  ];
}

/** The program of a project with several setups: the name of a stack says which one it is. */
const chooser = (programs: NamedProgram[], from: string) => `import * as pulumi from "@pulumi/pulumi";

type Program = () => Promise<object>;

/** The setups of ${from}. A stack is named after one of them: ${programs[0]!.name}, or ${programs[0]!.name}-staging. */
const setups: Record<string, () => Program> = {
${programs.map(({ name }) => `  ${JSON.stringify(name)}: () => require(${JSON.stringify(`./${name}`)}),`).join("\n")}
};

export = () => {
  const stack = pulumi.getStack();
  const named = Object.keys(setups).filter((name) => stack === name || stack.startsWith(\`\${name}-\`));
  const [name] = named.sort((one, other) => other.length - one.length);
  if (name === undefined)
    throw new pulumi.RunError(
      \`the stack "\${stack}" is named after no setup; there are \${Object.keys(setups).join(", ")}.\`,
    );
  return setups[name]!()();
};
`;

/** The settings of the stack dev, which takes over what runs. */
const adoptYaml = ({ adopt, host }: Running) => `config:
${host === undefined ? "" : `  docker:host: ${JSON.stringify(host)}\n`}  # What runs already and becomes the stack's own. Consent to networks has to stay, that to containers need not.
  berth:adopt:
${adopt.map((name) => `    - ${name}\n`).join("")}`;

/** The command that sets a secret: what a container has, where it can be read from there. */
function secretCommand(program: Program, secret: string, stack: string, running: Running | undefined): string {
  const { container, variable } = program.secretUses[secret] ?? {};
  if (!running || container === undefined) return `npx berth pulumi config set --secret ${secret} --stack ${stack}`;
  const reading = `docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' ${container}`;
  return `${reading} | sed -n 's/^${variable}=//p' | npx berth pulumi config set --secret ${secret} --stack ${stack}`;
}

const readme = (name: string, programs: NamedProgram[], running?: Running) => {
  const cluster = programs.every(({ program }) => program.objects);
  const where = cluster ? "a cluster" : "Docker";
  const several = programs.length > 1;
  const stack = several ? programs[0]!.name : "dev";
  const secrets = programs.flatMap(({ name: setup, program }) =>
    program.secrets.map((secret) => `${secretCommand(program, secret, several ? setup : "dev", running)}\n`),
  );
  return `# ${name}

${cluster ? "Objects of a cluster" : "Containers"} as code, with [Pulumi](https://www.pulumi.com/docs/install/) and pulumi-berth.
${several ? `\nA stack is named after its setup: ${programs.map((each) => each.name).join(", ")}.\n` : ""}
\`\`\`sh
npm install
npm test                # without ${where}
npx berth plan${several ? ` ${stack}` : ""}          # what would be made, without ${where}
${secrets.join("")}npx berth up ${stack}        # asks before it makes anything${running ? "; takes over what runs already" : ""}
npx berth destroy ${stack}   # takes it away again${cluster ? "" : "; data stays"}
\`\`\`

The state and its passphrase are in \`.pulumi/\` and \`.berth/\`, which git ignores: keep them. A team says \`pulumi login\`
with a place that all of them reach, and takes \`backend\` out of Pulumi.yaml.
`;
};

const pulumiYaml = (name: string, programs: NamedProgram[]) => `name: ${name}
description: ${programs.every(({ program }) => program.objects) ? "Objects of a cluster" : "Containers"} as code
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

const workflow = (setups: string[]) => `name: containers
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
      - run: npx berth plan${setups.map((setup) => ` ${setup}`).join("")}
`;

const isFile = (name: string) => existsSync(name) && statSync(name).isFile();
/** By its name, or by its fences where a note is a plain text. */
const isNote = (name: string) =>
  /^\.(?:md|markdown|mdx|txt)$/i.test(extname(name)) &&
  isFile(name) &&
  (extname(name).toLowerCase() !== ".txt" || /^[ \t]*```/m.test(readFileSync(name, "utf8")));

/** Manifests are what begins with apiVersion and kind, and a folder of such files. */
async function areManifests(from: string[]): Promise<boolean> {
  const [first] = from;
  if (first === undefined || !existsSync(first) || isNote(first)) return false;
  const { looksLikeManifests } = await import("../core/readers/kubernetes");
  const file = statSync(first).isDirectory()
    ? readdirSync(first)
        .sort()
        .find((name) => /\.(?:ya?ml|json)$/i.test(name))
    : "";
  if (file === undefined) return false;
  const path = join(first, file);
  return isFile(path) && looksLikeManifests(readFileSync(path, "utf8"));
}

/** What there is to make a program of: a project, or manifests. */
interface Described {
  name: string;
  project?: ProjectDescription;
  manifests?: ManifestText[];
}

/** What the words of --from describe; only notes have several. */
async function described(
  name: string,
  { from = [], setup, running }: InitOptions,
  folder: string,
): Promise<Described[]> {
  if (await areManifests(from)) {
    const { readManifestFiles } = await import("../core/readers/kubernetes");
    return [{ name, manifests: readManifestFiles(from, { input: false }) }];
  }
  if (running) return [{ name: basename(folder), project: running.project }];
  const here = process.cwd();
  const environment = process.env;
  const [first = SAMPLE] = from;
  const notes = from.filter(isNote);
  if (notes.length && notes.length < from.length)
    throw new UsageError(say`--from: ${notes[0]} is a note, which does not stand beside files of another kind`);
  if (notes.length) return inNotes(notes, setup);
  if (setup) throw new UsageError(say`--setup: chooses from a note; name one with --from`);
  const { parseDockerLines } = await import("../core/readers/dockerRun");
  const one = (project: ProjectDescription) => [{ name: basename(folder), project }];
  const lines = (read: string[]) =>
    one(parseDockerLines(read, basename(folder), { environment, folder: here, home: homedir() }));
  if (!isFile(first)) {
    if (!/\s/.test(first))
      throw new UsageError(say`--from: there is no file ${first}; a docker run line stands in quotes`);
    return lines(from.length ? from : [SAMPLE]);
  }
  const { loadCompose } = await import("../core/readers/compose");
  if (/^\.ya?ml$/.test(extname(first)))
    return one(loadCompose({ files: from }, { folder: here, environment, namesStay: true }));
  if (from.length > 1)
    throw new UsageError(say`--from: ${first} stands alone; several files are compose files or notes`);
  return lines([readFileSync(first, "utf8")]);
}

/** The setups of notes that are ready to run, containers and manifests. */
async function inNotes(files: string[], names?: string[]): Promise<Described[]> {
  const { noticesOf, notesOf, setupsNamed } = await import("./notes");
  const notes = notesOf(files);
  const chosen = setupsNamed(notes, names, "--setup");
  if (chosen.length === 0)
    throw new Error(
      say`${files.join(", ")}: there is no setup that is ready to run; \`berth from-notes ${files.join(" ")}\` says why`,
    );
  // What somebody meant to run, and is in none of the programs.
  for (const { file, items } of names ? [] : notes) {
    const lines = items.filter(({ fate }) => fate === "template" || fate === "faulty").map(({ line }) => String(line));
    if (lines.length)
      console.error(
        say`note: ${file}: not ready to run, by line: ${listed(lines)}; \`berth from-notes ${file}\` says why`,
      );
  }
  return chosen.map((setup) => {
    const { name, project, source } = setup;
    if (project) return { name, project: { ...project, notices: noticesOf(setup) } };
    return { name, manifests: [{ file: name, text: source }] };
  });
}

async function clusterProgram(name: string, manifests: ManifestText[]): Promise<Program> {
  const { readManifests } = await import("../core/readers/kubernetes");
  const { toClusterProgram } = await import("../core/writers/clusterProgram");
  const { objects, notices } = readManifests(manifests);
  const program = toClusterProgram(name, objects, { folder: process.cwd(), package: true });
  program.notices.unshift(...notices);
  return program;
}

async function containerProgram(
  project: ProjectDescription,
  folder: string,
  { from = [], running }: InitOptions,
): Promise<Program> {
  const { toTypescript } = await import("../core/writers/typescript");
  const { warnings } = await import("../core/description/warnings");
  const program = toTypescript(project, { folder: process.cwd(), shownFrom: folder, package: true });
  const found = running || (from.length && !from.some(isNote)) ? warnings(project, process.cwd()) : [];
  // What runs has its secrets in clear; the program has not.
  const said = found.filter(({ inClear }) => !running || !inClear);
  program.notices.unshift(...project.notices, ...said);
  return program;
}

/** The programs of what is described, one for each setup of a note. */
async function programsOf(name: string, options: InitOptions, folder: string): Promise<NamedProgram[]> {
  const all = await described(name, options, folder);
  return Promise.all(
    all.map(async ({ name: setup, project, manifests = [] }) => ({
      // The file index.ts is the one that chooses.
      name: all.length > 1 && setup === "index" ? "index-setup" : setup,
      program: project ? await containerProgram(project, folder, options) : await clusterProgram(setup, manifests),
    })),
  );
}

/** Text of every file of a new project. */
export async function projectFiles(
  folder: string,
  options: InitOptions,
): Promise<{ files: Record<string, string>; programs: NamedProgram[] }> {
  const name = options.name ?? basename(folder);
  if (!/^[A-Za-z][\w.-]*$/.test(name))
    throw new UsageError(
      say`--name: "${name}" is no name of a project; use letters, digits, dots, dashes and underscores, the first one a letter`,
    );
  const from = options.from ?? [];
  const programs = await programsOf(name, options, folder);
  const several = programs.length > 1;
  const chosen: Record<string, string> = several ? { "index.ts": chooser(programs, from.join(", ")) } : {};
  const texts = programs.map((each) => [several ? `${each.name}.ts` : "index.ts", each.program.text] as const);
  const files: Record<string, string> = {
    ".gitignore": GITIGNORE,
    ".npmrc": NPMRC,
    "Pulumi.yaml": pulumiYaml(name, programs),
    "README.md": readme(name, programs, options.running),
    ...(options.running && { "Pulumi.dev.yaml": adoptYaml(options.running) }),
    "index.test.ts": test(name, programs),
    ...Object.fromEntries(texts),
    ...chosen,
    "package.json": packageJson(name, options.package),
    "tsconfig.json": TSCONFIG,
    ...(options.ci && {
      ".github/workflows/containers.yml": workflow(several ? programs.map((each) => each.name) : []),
    }),
  };
  return { files, programs };
}

/** `berth init`: a Pulumi project of one's own, in a folder that has none of its files yet. */
export async function init(given: string | undefined, options: InitOptions): Promise<number> {
  const folder = resolve(given ?? ".");
  const { files, programs } = await projectFiles(folder, options);
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const taken = Object.keys(files).filter((file) => there.includes(file.split("/")[0]!));
  if (taken.length)
    throw new Error(
      say`${folder} has ${taken.join(", ")} already; name another folder, for example \`berth init containers\``,
    );
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const several = programs.length > 1;
  for (const { name, program } of programs) showNotices(program.notices, several ? `${name}: ` : "");
  const way = relative(process.cwd(), folder);
  const stack = several ? programs[0]!.name : "dev";
  const made = programs.map(({ name, program }) =>
    several ? name : (program.objects ?? program.containers).join(", "),
  );
  console.log(say`Made a Pulumi project in ${folder}: ${listed(made)}. Next:\n`);
  if (way) console.log(`  cd ${way}`);
  console.log(`  npm install\n  npm test\n  npx berth plan${several ? ` ${stack}` : ""}`);
  for (const { name, program } of programs)
    for (const secret of program.secrets)
      console.log(`  ${secretCommand(program, secret, several ? name : stack, options.running)}`);
  if (options.running) console.log(`  npx berth preview ${stack}`);
  console.log(`  npx berth up ${stack}`);
  return 0;
}
