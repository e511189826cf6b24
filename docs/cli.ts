import { COMMANDS } from "../cli/commands";
import { language, say } from "../core/description/say";
import { SETTINGS } from "../core/pulumi/settings";
import { table } from "./table";

const code = (text: string) => `\`${text}\``;

const usage = ({ name, arguments: words = [] }: (typeof COMMANDS)[number]) =>
  ["berth", name, ...words.map((word) => word.name)].join(" ");

const EXIT_CODES = [
  ["0", "done"],
  [
    "1",
    "it failed; the sentence on standard error says why; of `status`, that not all is as declared and healthy; of `doctor`, that something is missing; of `outdated`, that a registry could not be asked; of `mirrors`, that none is of use, or one that the engine uses is not",
  ],
  ["2", "the command line is wrong; nothing was done"],
  ["that of Pulumi", "`up`, `preview`, `refresh`, `destroy`, `rollback`, and `look` where its preview is the real one"],
  ["128 + a signal's", "ended by that signal: 130 for Ctrl-C"],
];

/** The tables that are made from code, in the language of this process. */
function tables(): Record<"commands" | "options" | "settings", string> {
  const commands = COMMANDS.map((command) => [code(usage(command)), command.summary, code(command.examples[0]![0])]);
  const options = COMMANDS.flatMap(({ name, options: own = [] }) =>
    own.map(({ flags, doc, kind }) => [
      code(name),
      code(flags),
      Array.isArray(kind) ? say`${doc}: ${kind.map(code).join(say`, `)}` : doc,
    ]),
  );
  const settings = Object.entries(SETTINGS).map(([key, [doc, standard]]) => [code(`berth:${key}`), doc, standard]);
  const chinese = language() === "zh";
  return {
    commands: table(chinese ? ["命令", "作用", "例子"] : ["command", "what it does", "for example"], commands),
    options: table(chinese ? ["命令", "选项", "含义"] : ["command", "option", "what it is"], options),
    settings: table(chinese ? ["设置", "含义", "默认值"] : ["setting", "what it is", "default"], settings),
  };
}

/** The text of docs/zh-CN/cli.md: as it is, with its tables made anew. Only in a process that speaks Chinese. */
export function chineseCliPage(page: string): string {
  const { commands, options, settings } = tables();
  // The codes at the end of a command are said there by hand.
  const made = [commands, options, undefined, settings];
  return page.replace(/(?:^\|.*\n)+/gm, (old) => {
    const own = made.shift();
    return own === undefined ? old : `${own}\n`;
  });
}

/** The text of docs/cli.md. */
export function cliPage(): string {
  const { commands, options, settings } = tables();
  return `# Commands and settings

English | [中文](zh-CN/cli.md)

The tables are made by \`npm run docs\` from \`cli/commands.ts\` and \`core/pulumi/settings.ts\`; do not edit.

In this checkout and in a project of your own the command is \`npx berth\`. \`npx berth COMMAND --help\` shows what a command
takes, with examples. In this checkout \`npm run up -- nginx\` is short for \`npx berth up nginx\`; there are also
\`npm run plan\`, \`npm run preview\` and \`npm run destroy\`.

A project is found from every folder in it. In a project of your own \`plan\`, \`export\`, \`up\`, \`preview\`, \`refresh\` and
\`destroy\` are about that project; its program can be in TypeScript or JavaScript.

Messages and help are in English or Chinese: as \`--lang en\` or \`--lang zh\` says, else the variable \`BERTH_LANG\`, else the
terminal (\`LC_ALL\`, \`LC_MESSAGES\`, \`LANG\`). With \`--json\` everything is in English, and exit codes are the same.

## Commands

${commands}

What stands behind the stack's name goes to the Pulumi CLI as it is: \`berth up nginx --yes\`, \`berth preview nginx --diff\`.
Where nobody sits at a terminal, \`up\`, \`refresh\`, \`destroy\` and \`rollback\` need \`--yes\`.

## Options

${options}

## Exit codes

${table(["code", "meaning"], EXIT_CODES)}

## Settings of every stack

${settings}

\`\`\`sh
pulumi config set berth:engine swarm --stack nginx
\`\`\`

The settings of each program are listed by \`npx berth settings\`. Those of the Docker engine begin with \`docker:\`, see
[machines](host.md#use-an-engine-on-another-machine); those of a cluster with \`kubernetes:\`, see
[Kubernetes](kubernetes.md#which-cluster).

## The plain Pulumi CLI

\`berth up\` selects or creates the stack, makes the passwords that it asks for, and calls the Pulumi CLI.
\`npx berth pulumi\` calls any command of the CLI, in every folder of the project. The plain CLI works by itself as well, in
the project's folder:

\`\`\`sh
export PULUMI_CONFIG_PASSPHRASE_FILE=.berth/passphrase
pulumi stack init nginx-staging
pulumi config set nginx:port 8081 --stack nginx-staging
pulumi preview --stack nginx-staging
pulumi up --stack nginx-staging
\`\`\`

berth makes \`.berth/passphrase\` when it calls the Pulumi CLI for the first time, for example by \`npm start\`. Keep a
copy; see [secrets](secrets.md#the-passphrase). The state is in \`.pulumi/\` of the project, until \`PULUMI_BACKEND_URL\`
says otherwise. git ignores both folders.

The CLI looks for the plugin of every SDK that is installed. Where one is missing that the stack does not need, berth keeps
the CLI from looking, which saves 2.5 s without a network. For the plain CLI:

\`\`\`sh
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
\`\`\`

## Completion

\`\`\`sh
npx berth completion bash > ~/.local/share/bash-completion/completions/berth
npx berth completion fish > ~/.config/fish/completions/berth.fish
eval "$(npx berth completion zsh)"        # in ~/.zshrc, after compinit
\`\`\`

## A project of your own

\`berth init\` makes \`Pulumi.yaml\`, \`package.json\`, \`tsconfig.json\`, the program \`index.ts\`, a test for it, and with \`--ci\` a
workflow for GitHub. It never writes over a file. \`pulumi new\` makes the same project from the folder \`package/template\`.

In a project that is there already, \`npm install\` and an import are enough, from a CommonJS or an ES module:

\`\`\`ts
// index.ts
import { Nginx, program } from "pulumi-berth";

export = program(() => {
  const web = new Nginx("web", { port: 8080 });
  return { url: web.siteUrl };
});
\`\`\`

- Groups have entries of their own that load less: \`pulumi-berth/compose\`, \`/docker-run\`, \`/gpu\`, \`/host\`, \`/images\`,
  \`/kubernetes\` and \`/swarm\`.
- The SDKs of Pulumi are peers of the package, so that your project has one of each.
- \`nodeargs: --require pulumi-berth/fast\` in \`Pulumi.yaml\`, as \`berth init\` writes it, loads TypeScript without a check of
  types. That makes every preview quicker. Importing the package alone changes nothing of your process.
- The folder \`examples\` has one project for each group of setups.
`;
}
