import type { ArgumentSpec, CommandSpec, OptionSpec } from "./commandSpec";
import { LOOKS } from "./lookCommands";
import { backCommands } from "./backCommands";
import { PICTURE_FORMS } from "./picture";
import { RUNNING } from "./runningCommands";
import { EXPORT_FORMS, FORMS } from "./show";

const LOOK = "Look, without changing anything:";
const APPLY = "Apply, with the Pulumi CLI:";
const CONVERT = "Read and write other forms:";
const CARRY = "Carry to where there is no network:";
export const SHELL = "Help, and the shell:";

/** Shells that `berth completion` knows. */
const SHELLS = ["bash", "zsh", "fish"] as const;

const PROJECT_NAME: OptionSpec = { flags: "--project-name <name>", doc: "name of the project, as in Compose" };
const TO: OptionSpec = { flags: "--to <form>", doc: "what to print (default: typescript)", kind: FORMS };
const STACK: ArgumentSpec = { name: "<stack>", doc: "named after its program: nginx, nginx-staging", kind: "stack" };

/** One of the CLI's own commands, on a stack. */
function pulumiSpec(
  name: "up" | "preview" | "refresh" | "destroy",
  summary: string,
  description: string,
  examples: CommandSpec["examples"],
  options: OptionSpec[] = [],
): CommandSpec {
  const own = options.map(({ flags }) => flags);
  return {
    name,
    group: APPLY,
    summary,
    description: `${description} What follows the stack's name goes to \`pulumi ${name}\` as it stands.`,
    arguments: [STACK, { name: "[args...]", doc: `for \`pulumi ${name}\`` }],
    expects: "name a stack first",
    options,
    examples,
    passThrough: true,
    // berth's own options count wherever they stand.
    prepare: async (words) => [
      ...words.filter((word) => own.includes(word)),
      ...words.filter((word) => !own.includes(word)),
    ],
    action: async ([stack, ...args], given) =>
      (await import("./pulumiCommand")).pulumiCommand(name, stack!, args, given),
  };
}

/** Every command of berth. Parser, help and shell completion are made from this table. */
export const COMMANDS: CommandSpec[] = [
  {
    name: "start",
    group: LOOK,
    summary: "preview a stack (dev), with Pulumi and Docker where they are there",
    description: "Where something is missing for that, it prints berth's own plan, and says what is missing.",
    arguments: [{ name: "[stack]", doc: "the stack (default: dev)", kind: "stack" }],
    expects: "name one stack",
    examples: [
      ["berth start nginx", "what the stack nginx would make"],
      ["berth start", "the same for the documented stack dev"],
    ],
    action: async ([stack]) => (await import("./start")).start(stack),
  },
  {
    name: "plan",
    group: LOOK,
    summary: "what stacks would make; needs no CLI, engine or network",
    description: "Shows what an empty stack would get, with the `docker run` line that equals each container.",
    arguments: [{ name: "[stack...]", doc: "the stacks (default: dev)", kind: "stack" }],
    options: [
      { flags: "--all", doc: "every program, as it is without settings" },
      { flags: "--json", doc: "the resources as JSON" },
    ],
    examples: [
      ["berth plan nginx mysql", "two stacks"],
      ["berth plan nginx --json", "for other programs"],
      ["berth plan --all", "every program that there is"],
    ],
    action: async (stacks, options) => (await import("./printPlan")).plan(stacks, options),
  },
  {
    name: "picture",
    group: LOOK,
    summary: "a drawing of a stack or a file: ports, services, volumes, networks",
    description:
      "Drawn from berth's own plan, so that no CLI, engine or network is needed. Secrets are named, never shown. " +
      "The page of --to html shows the `docker run` line of what is clicked.",
    arguments: [
      {
        name: "<source>",
        doc: "a stack, or a file: compose, docker run lines or manifests; - reads standard input",
        kind: "file",
      },
    ],
    expects: "name one stack or file",
    options: [
      { flags: "--to <form>", doc: "what to draw (default: svg, or as the output is called)", kind: PICTURE_FORMS },
      { flags: "-o, --output <file>", doc: "where it goes (default: standard output)", kind: "file" },
    ],
    examples: [
      ["berth picture tomcat --output tomcat.html", "a page for the browser"],
      ["berth picture compose.yaml > compose.svg", "a compose file"],
      ['echo "docker run -d -p 8080:80 nginx:1.27" | berth picture - --to mermaid', "text for a page in Markdown"],
    ],
    action: async ([source], options) => (await import("./picture")).picture(source!, options),
  },
  {
    name: "settings",
    group: LOOK,
    summary: "list the programs, and what `pulumi config set` can set",
    description: "Lists every program with its settings and their defaults, or those of one program.",
    arguments: [{ name: "[program]", doc: "only this one", kind: "program" }],
    expects: "name one program",
    examples: [
      ["berth settings nginx", "settings of the program nginx"],
      ["berth settings", "those of every program, and of every stack"],
    ],
    action: async ([program]) => (await import("./settings")).settings(program),
  },
  pulumiSpec(
    "up",
    "make or change a stack, with the passwords that it needs",
    "Selects the stack, or creates it, and applies it. Where nothing has changed it ends at once.",
    [
      ["berth up nginx", "shows a preview, and asks before it does anything"],
      ["berth up nginx --yes", "does neither; for scripts"],
      ["berth up nginx --full", "applies it also where nothing has changed"],
    ],
    [{ flags: "--full", doc: "apply it also where nothing has changed" }],
  ),
  pulumiSpec(
    "preview",
    "what `up` would do",
    "Selects the stack, or creates it, and shows what would be made or changed.",
    [
      ["berth preview nginx", "what `berth up nginx` would do"],
      ["berth preview nginx --diff", "with every property"],
    ],
  ),
  pulumiSpec(
    "refresh",
    "bring the state up to date with what is really there",
    "Compares the state of a stack with the engine.",
    [["berth refresh nginx", "asks before it changes the state"]],
  ),
  pulumiSpec("destroy", "remove what a stack has made; data stays", "Data outlives it: named volumes are kept.", [
    ["berth destroy nginx", "shows a preview, and asks before it does anything"],
    ["berth destroy nginx --yes", "does neither; for scripts"],
  ]),
  ...backCommands(APPLY),
  {
    name: "pulumi",
    group: APPLY,
    summary: "any command of the Pulumi CLI, with berth's passphrase",
    description:
      "Runs the CLI in the project's folder, from wherever you are in it, and with the passphrase that the other commands use.",
    arguments: [{ name: "<args...>", doc: "for `pulumi`" }],
    expects: "name one of the CLI's commands",
    examples: [
      ["berth pulumi stack init compose-shop", "a stack, before it has any settings"],
      ["berth pulumi config set nginx:port 8080 --stack nginx", "a setting"],
      ["berth pulumi stack ls", "the stacks of this project"],
    ],
    passThrough: true,
    action: async (words) => (await import("./pulumiCommand")).anyPulumi(words),
  },
  ...RUNNING,
  ...LOOKS,
  {
    name: "init",
    group: CONVERT,
    summary: "make a Pulumi project of your own from what you paste",
    description:
      "Makes Pulumi.yaml, package.json, tsconfig.json, a program in TypeScript and a test for it. " +
      "Files that are there already are never written over.",
    arguments: [{ name: "[folder]", doc: "where the project goes (default: here)", kind: "folder" }],
    expects: "name one folder",
    options: [
      {
        flags: "--from <source>",
        doc: "a docker run line in quotes, a compose file, manifests, or a note in Markdown; can be repeated",
        kind: "file",
        many: true,
      },
      { flags: "--setup <name>", doc: "only this setup of a note; can be repeated", many: true },
      { flags: "--name <name>", doc: "name of the project (default: that of the folder)" },
      { flags: "--ci", doc: "a workflow for GitHub as well, which tests and plans every change" },
      { flags: "--package <source>", doc: "where npm gets pulumi-berth: a version, or the file of `npm pack`" },
    ],
    examples: [
      ['berth init web --from "docker run -d --name web -p 8080:80 nginx:1.27"', "from a line"],
      ["berth init shop --from compose.yaml", "from a compose file"],
      ["berth init notes --from notes.md", "from a note, with a program for each of its setups"],
      ["berth init web --from notes.md --setup nginx01", "from one setup of a note"],
    ],
    action: async ([folder], options) => (await import("./init")).init(folder, options),
  },
  {
    name: "from-run",
    group: CONVERT,
    summary: "show how berth reads docker run lines",
    description:
      "Prints a program for stacks/, or another form, and says what is most likely a slip. Nothing is installed or run. " +
      "A line can also be pasted without quotes; then the options of berth stand before it.",
    arguments: [{ name: "<line...>", doc: "docker run lines in quotes; - reads standard input" }],
    expects: "give a docker run line in quotes, or - to read standard input",
    options: [TO, PROJECT_NAME],
    examples: [
      ['berth from-run "docker run -d --name web -p 8080:80 nginx:1.27"', "a program in TypeScript"],
      ["berth from-run --to compose docker run -d --name web nginx:1.27", "a line as it was pasted"],
      ["berth from-run - --to kubernetes < notes.sh", "every line of a file, as objects for kubectl"],
    ],
    prepare: async (words) => (await import("./fromRun")).joinLine(words),
    action: async (lines, options) => (await import("./fromRun")).fromRun(lines, options),
  },
  {
    name: "from-compose",
    group: CONVERT,
    summary: "show how berth reads compose files",
    description: "Reads them as `docker compose` does. Nothing is installed or run.",
    arguments: [
      {
        name: "[file...]",
        doc: "compose files, later ones over earlier ones; - reads standard input (default: as docker compose)",
        kind: "file",
      },
    ],
    options: [
      TO,
      { flags: "--profile <name>", doc: "switch a profile on; can be repeated, * is all", many: true },
      PROJECT_NAME,
      { flags: "--project-directory <folder>", doc: "where relative paths start", kind: "folder" },
      { flags: "--env-file <file>", doc: "variables instead of .env; can be repeated", many: true, kind: "file" },
    ],
    examples: [
      ["berth from-compose docker-compose.yml production.yml", "a program in TypeScript"],
      ["berth from-compose --profile store --to run", "docker run lines of the project in this folder"],
      ["berth from-compose - --to kubernetes < compose.yaml", "objects for kubectl"],
    ],
    action: async (files, options) => (await import("./fromCompose")).fromCompose(files, options),
  },
  {
    name: "from-kubernetes",
    group: CONVERT,
    summary: "show how berth reads manifests of Kubernetes",
    description:
      "Reads YAML and JSON as `kubectl apply -f` does. Objects become components where these say the same field by field, " +
      "else classes of Pulumi's SDK. --to compose and --to run are the way back to one machine, and name what gets lost.",
    arguments: [{ name: "<file...>", doc: "manifests, or folders of them; - reads standard input", kind: "file" }],
    expects: "name a file or folder of manifests, or - to read standard input",
    options: [TO, PROJECT_NAME],
    examples: [
      ["berth from-kubernetes app.yaml", "a program in TypeScript"],
      ["berth from-kubernetes deploy/ --to compose", "a compose file of a folder"],
      ["helm template ./chart | berth from-kubernetes -", "what Helm makes of a chart"],
    ],
    action: async (files, options) => (await import("./fromKubernetes")).fromKubernetes(files, options),
  },
  {
    name: "from-notes",
    group: CONVERT,
    summary: "what can run in notes in Markdown, READMEs too",
    description:
      "Prints for each line of a note what it is: a setup that is ready to run, a template with what is to be filled in, " +
      "a slip, or why it is left out. Nothing is installed or run.",
    arguments: [{ name: "<file...>", doc: "notes; - reads standard input", kind: "file" }],
    expects: "name a note in Markdown",
    options: [
      {
        flags: "--only <setup>",
        doc: "only this setup, by its name or that of a container; can be repeated",
        many: true,
      },
      { flags: "--to <form>", doc: "print the setup in place of the report", kind: FORMS },
      {
        flags: "--save <folder>",
        doc: "make a project with a program for each setup, as berth init does",
        kind: "folder",
      },
      { flags: "--json", doc: "the report as JSON, without secrets" },
    ],
    examples: [
      ["berth from-notes docker.md", "the report"],
      ["berth from-notes docker.md --only nginx01 --to typescript", "a program of one setup"],
      ["berth from-notes docker.md --only nginx01 --only mysql01 --save containers", "a project of two setups"],
      ["berth from-notes *.md --json", "for other programs"],
    ],
    action: async (files, options) => (await import("./fromNotes")).fromNotes(files, options),
  },
  {
    name: "from-running",
    group: CONVERT,
    summary: "show what runs on a Docker engine as code",
    description:
      "Reads containers with their networks and volumes, without what their images say and what the engine fills in. " +
      "The engine is only asked: that of DOCKER_HOST or DOCKER_CONTEXT, else the one of this machine.",
    arguments: [{ name: "[name...]", doc: "containers, or services of a Swarm (default: all containers that run)" }],
    options: [
      TO,
      { flags: "--project <name>", doc: "the containers of a Compose project, or the services of a stack" },
      { flags: "--all", doc: "those that have ended too" },
      { flags: "--save <folder>", doc: "make a project whose stack dev takes them over", kind: "folder" },
      { flags: "--package <source>", doc: "where that gets pulumi-berth: a version, or the file of `npm pack`" },
    ],
    examples: [
      ["berth from-running web db", "a program in TypeScript for two containers"],
      ["berth from-running web db --save shop", "a project; `berth up dev` in it takes the two over, with their data"],
      ["berth from-running --project shop --to compose", "a compose file of what Compose has started"],
      [
        "DOCKER_HOST=ssh://ada@server berth from-running --to run",
        "docker run lines of all that runs on another machine",
      ],
    ],
    action: async (names, options) => (await import("./fromRunning")).fromRunning(names, options),
  },
  {
    name: "export",
    group: CONVERT,
    summary: "print a stack as a compose file, docker run lines or objects for kubectl",
    description: "Any stack, for people without Pulumi. Secrets are not printed.",
    arguments: [STACK],
    expects: "name one stack",
    options: [{ flags: "--to <form>", doc: "what to print", kind: EXPORT_FORMS }],
    examples: [
      ["berth export nginx --to compose", "a compose file"],
      ["berth export nginx --to run", "docker run lines"],
    ],
    action: async ([stack], options) => (await import("./exportStack")).exportStack(stack!, options),
  },
  {
    name: "bundle",
    group: CARRY,
    summary: "pack all that a stack needs where there is no network into one file",
    description: "Node.js, the Pulumi CLI and its plugins, the project with node_modules, and the images.",
    arguments: [STACK],
    expects: "name one stack",
    options: [
      { flags: "--out <file>", doc: "the file to write (default: berth-STACK-PLATFORM-ARCH.tar here)", kind: "file" },
    ],
    examples: [
      ["berth bundle nginx", "a file in this folder"],
      ["berth bundle nginx --out /media/stick/nginx.tar", "a file somewhere else"],
    ],
    action: async ([stack], options) => {
      const { applicableProject } = await import("./project");
      const { planOf } = await import("./planOf");
      const { bundle } = await import("./bundle");
      const { folder, name } = await applicableProject();
      return bundle(stack!, options, { root: folder, project: name, plan: planOf });
    },
  },
  {
    name: "unbundle",
    group: CARRY,
    summary: "unpack a bundle into a folder, and its images into the engine",
    description: "Verifies the bundle first. It asks no network; the same bundle a second time does nothing.",
    arguments: [{ name: "<file>", doc: "what `berth bundle` has written", kind: "file" }],
    expects: "name one bundle",
    options: [
      { flags: "--to <folder>", doc: "where its files go (default: berth)", kind: "folder" },
      { flags: "--images", doc: "load only the images" },
    ],
    examples: [
      ["berth unbundle berth-nginx-linux-x64.tar", "into the folder berth"],
      ["berth unbundle berth-nginx-linux-x64.tar --images", "when the engine was not there the first time"],
    ],
    action: async ([file], options) => (await import("./unbundle")).unbundle(file!, options),
  },
  {
    name: "completion",
    group: SHELL,
    summary: "print a script that completes berth's commands in a shell",
    description: "It completes commands, options, their values, and the names of programs for stacks.",
    arguments: [{ name: "<shell>", doc: SHELLS.join(", "), kind: SHELLS }],
    expects: `name one shell of ${SHELLS.join(", ")}`,
    examples: [
      ["berth completion bash > ~/.local/share/bash-completion/completions/berth", "bash, for good"],
      ['eval "$(berth completion zsh)"', "zsh, in ~/.zshrc after compinit"],
      ["berth completion fish > ~/.config/fish/completions/berth.fish", "fish, for good"],
    ],
    action: async ([shell]) => (await import("./completion")).completion(shell!, COMMANDS),
  },
];
