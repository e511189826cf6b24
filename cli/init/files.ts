import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectDescription } from "../../core/description/project";
import { listed, say } from "../../core/description/say";
import type { Program } from "../../core/writers/typescript";
import { HOME } from "../project";

/** What runs on an engine, for a project that takes it over. */
export interface Running {
  project: ProjectDescription;
  /** What `berth:adopt` names. */
  adopt: string[];
  /** Address of the engine, where that is another one than this machine's. */
  host?: string;
}

/** What the files say besides the programs. */
export interface FilesOptions {
  from?: string[];
  running?: Running;
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
export interface NamedProgram {
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
export function secretCommand(program: Program, secret: string, stack: string, running: Running | undefined): string {
  const { container, variable } = program.secretUses[secret] ?? {};
  if (!running || container === undefined) return `npx berth pulumi config set --secret ${secret} --stack ${stack}`;
  const reading = `docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' ${container}`;
  return `${reading} | sed -n 's/^${variable}=//p' | npx berth pulumi config set --secret ${secret} --stack ${stack}`;
}

/** For whoever finds the project, in the language of whoever makes it. */
const readme = (name: string, programs: NamedProgram[], running?: Running) => {
  const cluster = programs.every(({ program }) => program.objects);
  const several = programs.length > 1;
  const stack = several ? programs[0]!.name : "dev";
  const secrets = programs.flatMap(({ name: setup, program }) =>
    program.secrets.map((secret) => `${secretCommand(program, secret, several ? setup : "dev", running)}\n`),
  );
  const pulumi = "[Pulumi](https://www.pulumi.com/docs/install/)";
  return `# ${name}

${cluster ? say`Objects of a cluster as code, with ${pulumi} and pulumi-berth.` : say`Containers as code, with ${pulumi} and pulumi-berth.`}
${several ? `\n${say`A stack is named after its setup: ${listed(programs.map((each) => each.name))}.`}\n` : ""}
\`\`\`sh
npm install
npm test                # ${cluster ? say`without a cluster` : say`without Docker`}
npx berth plan${several ? ` ${stack}` : ""}          # ${cluster ? say`what would be made, without a cluster` : say`what would be made, without Docker`}
${secrets.join("")}npx berth up ${stack}        # ${running ? say`asks before it makes anything; takes over what runs already` : say`asks before it makes anything`}
npx berth destroy ${stack}   # ${cluster ? say`takes it away again` : say`takes it away again; data stays`}
\`\`\`

${say`The state and its passphrase are in \`.pulumi/\` and \`.berth/\`, which git ignores: keep them.`}
${say`A team says \`pulumi login\` with a place that all of them reach, and takes \`backend\` out of Pulumi.yaml.`}
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

/** Text of every file of a project, by its name. */
export function filesOf(
  name: string,
  programs: NamedProgram[],
  { from = [], running, package: source, ci }: FilesOptions,
): Record<string, string> {
  const several = programs.length > 1;
  const chosen: Record<string, string> = several ? { "index.ts": chooser(programs, from.join(", ")) } : {};
  const texts = programs.map((each) => [several ? `${each.name}.ts` : "index.ts", each.program.text] as const);
  return {
    ".gitignore": GITIGNORE,
    ".npmrc": NPMRC,
    "Pulumi.yaml": pulumiYaml(name, programs),
    "README.md": readme(name, programs, running),
    ...(running && { "Pulumi.dev.yaml": adoptYaml(running) }),
    "index.test.ts": test(name, programs),
    ...Object.fromEntries(texts),
    ...chosen,
    "package.json": packageJson(name, source),
    "tsconfig.json": TSCONFIG,
    ...(ci && { ".github/workflows/containers.yml": workflow(several ? programs.map((each) => each.name) : []) }),
  };
}
