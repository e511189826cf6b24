import type { ArgumentSpec, CommandSpec, OptionSpec } from "./commandSpec";
import { LOOKS } from "./lookCommands";
import { backCommands } from "./backCommands";
import { PICTURE_FORMS } from "./picture";
import { RUNNING } from "./runningCommands";
import { EXPORT_FORMS, FORMS } from "./show";
import { say } from "../core/description/say";

const LOOK = say`Look, without changing anything:`;
const APPLY = say`Apply, with the Pulumi CLI:`;
const CONVERT = say`Read and write other forms:`;
const CARRY = say`Carry to where there is no network:`;
export const SHELL = say`Help, and the shell:`;

/** Shells that `berth completion` knows. */
const SHELLS = ["bash", "zsh", "fish"] as const;

const PROJECT_NAME: OptionSpec = { flags: "--project-name <name>", doc: say`name of the project, as in Compose` };
const TO: OptionSpec = { flags: "--to <form>", doc: say`what to print (default: typescript)`, kind: FORMS };
const STACK: ArgumentSpec = { name: "<stack>", doc: say`named after its program: nginx, nginx-staging`, kind: "stack" };

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
    description: say`${description} What follows the stack's name goes to \`pulumi ${name}\` as it stands.`,
    arguments: [STACK, { name: "[args...]", doc: say`for \`pulumi ${name}\`` }],
    expects: say`name a stack first`,
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
    name: "look",
    group: LOOK,
    summary: say`preview a stack (default: dev), for real where Pulumi and Docker are there`,
    description: say`Where something is missing for that, it prints berth's own plan, and says what is missing.`,
    arguments: [{ name: "[stack]", doc: say`the stack (default: dev)`, kind: "stack" }],
    expects: say`name one stack`,
    examples: [
      ["berth look nginx", say`what the stack nginx would make`],
      ["berth look", say`the same for the documented stack dev`],
    ],
    action: async ([stack]) => (await import("./look")).look(stack),
  },
  {
    name: "plan",
    group: LOOK,
    summary: say`what stacks would make; needs no CLI, engine or network`,
    description: say`Shows what an empty stack would get, with the \`docker run\` line that equals each container.`,
    arguments: [{ name: "[stack...]", doc: say`the stacks (default: dev)`, kind: "stack" }],
    options: [
      { flags: "--all", doc: say`every program, as it is without settings` },
      { flags: "--json", doc: say`the resources as JSON` },
    ],
    examples: [
      ["berth plan nginx mysql", say`two stacks`],
      ["berth plan nginx --json", say`for other programs`],
      ["berth plan --all", say`every program that there is`],
    ],
    action: async (stacks, options) => (await import("./printPlan")).plan(stacks, options),
  },
  {
    name: "picture",
    group: LOOK,
    summary: say`a drawing of a stack or a file: ports, services, volumes, networks`,
    description: say`Drawn from berth's own plan, so that no CLI, engine or network is needed. Secrets are named, never shown. The page of --to html shows the \`docker run\` line of what is clicked.`,
    arguments: [
      {
        name: "<source>",
        doc: say`a stack, or a file: compose, docker run lines or manifests; - reads standard input`,
        kind: "file",
      },
    ],
    expects: say`name one stack or file`,
    options: [
      { flags: "--to <form>", doc: say`what to draw (default: svg, or as the output is called)`, kind: PICTURE_FORMS },
      { flags: "-o, --output <file>", doc: say`where it goes (default: standard output)`, kind: "file" },
    ],
    examples: [
      ["berth picture tomcat --output tomcat.html", say`a page for the browser`],
      ["berth picture compose.yaml > compose.svg", say`a compose file`],
      ['echo "docker run -d -p 8080:80 nginx:1.27" | berth picture - --to mermaid', say`text for a page in Markdown`],
    ],
    action: async ([source], options) => (await import("./picture")).picture(source!, options),
  },
  {
    name: "settings",
    group: LOOK,
    summary: say`list the programs, and what \`pulumi config set\` can set`,
    description: say`Lists every program with its settings and their defaults, or those of one program.`,
    arguments: [{ name: "[program]", doc: say`only this one`, kind: "program" }],
    expects: say`name one program`,
    examples: [
      ["berth settings nginx", say`settings of the program nginx`],
      ["berth settings", say`those of every program, and of every stack`],
    ],
    action: async ([program]) => (await import("./settings")).settings(program),
  },
  pulumiSpec(
    "up",
    say`make or change a stack; passwords that it lacks are made up`,
    say`Selects the stack, or creates it, and applies it. Where nothing has changed it ends at once.`,
    [
      ["berth up nginx", say`shows a preview, and asks before it does anything`],
      ["berth up nginx --yes", say`does neither; for scripts`],
      ["berth up nginx --full", say`applies it also where nothing has changed`],
    ],
    [{ flags: "--full", doc: say`apply it also where nothing has changed` }],
  ),
  pulumiSpec(
    "preview",
    say`what \`up\` would do`,
    say`Selects the stack, or creates it, and shows what would be made or changed.`,
    [
      ["berth preview nginx", say`what \`berth up nginx\` would do`],
      ["berth preview nginx --diff", say`with every property`],
    ],
  ),
  pulumiSpec(
    "refresh",
    say`bring the state up to date with what is really there`,
    say`Compares the state of a stack with the engine.`,
    [["berth refresh nginx", say`asks before it changes the state`]],
  ),
  pulumiSpec("destroy", say`remove what a stack has made; data stays`, say`Data outlives it: named volumes are kept.`, [
    ["berth destroy nginx", say`shows a preview, and asks before it does anything`],
    ["berth destroy nginx --yes", say`does neither; for scripts`],
  ]),
  ...backCommands(APPLY),
  {
    name: "pulumi",
    group: APPLY,
    summary: say`any command of the Pulumi CLI, with berth's passphrase`,
    description: say`Runs the CLI in the project's folder, from wherever you are in it, and with the passphrase that the other commands use.`,
    arguments: [{ name: "<args...>", doc: say`for \`pulumi\`` }],
    expects: say`name one of the CLI's commands`,
    examples: [
      ["berth pulumi stack init compose-shop", say`a stack, before it has any settings`],
      ["berth pulumi config set nginx:port 8080 --stack nginx", say`a setting`],
      ["berth pulumi stack ls", say`the stacks of this project`],
    ],
    passThrough: true,
    action: async (words) => (await import("./pulumiCommand")).anyPulumi(words),
  },
  ...RUNNING,
  ...LOOKS,
  {
    name: "init",
    group: CONVERT,
    summary: say`make a Pulumi project of your own from what you paste`,
    description: say`Makes Pulumi.yaml, package.json, tsconfig.json, a program in TypeScript and a test for it. Files that are there already are never written over.`,
    arguments: [{ name: "[folder]", doc: say`where the project goes (default: here)`, kind: "folder" }],
    expects: say`name one folder`,
    options: [
      {
        flags: "--from <source>",
        doc: say`a docker run line in quotes, a compose file, manifests, or a note in Markdown; can be repeated`,
        kind: "file",
        many: true,
      },
      { flags: "--setup <name>", doc: say`only this setup of a note; can be repeated`, many: true },
      { flags: "--name <name>", doc: say`name of the project (default: that of the folder)` },
      { flags: "--ci", doc: say`a workflow for GitHub as well, which tests and plans every change` },
      { flags: "--package <source>", doc: say`where npm gets pulumi-berth: a version, or the file of \`npm pack\`` },
    ],
    examples: [
      ['berth init web --from "docker run -d --name web -p 8080:80 nginx:1.27"', say`from a line`],
      ["berth init shop --from compose.yaml", say`from a compose file`],
      ["berth init notes --from notes.md", say`from a note, with a program for each of its setups`],
      ["berth init web --from notes.md --setup nginx01", say`from one setup of a note`],
    ],
    action: async ([folder], options) => (await import("./init")).init(folder, options),
  },
  {
    name: "from-run",
    group: CONVERT,
    summary: say`show how berth reads docker run lines`,
    description: say`Prints a program for stacks/, or another form, and says what is most likely a slip. Nothing is installed or run. A line can also be pasted without quotes; then the options of berth stand before it.`,
    arguments: [{ name: "<line...>", doc: say`docker run lines in quotes; - reads standard input` }],
    expects: say`give a docker run line in quotes, or - to read standard input`,
    options: [TO, PROJECT_NAME],
    examples: [
      ['berth from-run "docker run -d --name web -p 8080:80 nginx:1.27"', say`a program in TypeScript`],
      ["berth from-run --to compose docker run -d --name web nginx:1.27", say`a line as it was pasted`],
      ["berth from-run - --to kubernetes < notes.sh", say`every line of a file, as objects for kubectl`],
    ],
    prepare: async (words) => (await import("./fromRun")).joinLine(words),
    action: async (lines, options) => (await import("./fromRun")).fromRun(lines, options),
  },
  {
    name: "from-compose",
    group: CONVERT,
    summary: say`show how berth reads compose files`,
    description: say`Reads them as \`docker compose\` does. Nothing is installed or run.`,
    arguments: [
      {
        name: "[file...]",
        doc: say`compose files, later ones over earlier ones; - reads standard input (default: as docker compose)`,
        kind: "file",
      },
    ],
    options: [
      TO,
      { flags: "--profile <name>", doc: say`switch a profile on; can be repeated, * is all`, many: true },
      PROJECT_NAME,
      { flags: "--project-directory <folder>", doc: say`where relative paths start`, kind: "folder" },
      { flags: "--env-file <file>", doc: say`variables instead of .env; can be repeated`, many: true, kind: "file" },
    ],
    examples: [
      ["berth from-compose docker-compose.yml production.yml", say`a program in TypeScript`],
      ["berth from-compose --profile store --to run", say`docker run lines of the project in this folder`],
      ["berth from-compose - --to kubernetes < compose.yaml", say`objects for kubectl`],
    ],
    action: async (files, options) => (await import("./fromCompose")).fromCompose(files, options),
  },
  {
    name: "from-kubernetes",
    group: CONVERT,
    summary: say`show how berth reads Kubernetes manifests`,
    description: say`Reads YAML and JSON as \`kubectl apply -f\` does. Objects become components where these say the same field by field, else classes of Pulumi's SDK. --to compose and --to run are the way back to one machine, and name what gets lost.`,
    arguments: [{ name: "<file...>", doc: say`manifests, or folders of them; - reads standard input`, kind: "file" }],
    expects: say`name a file or folder of manifests, or - to read standard input`,
    options: [TO, PROJECT_NAME],
    examples: [
      ["berth from-kubernetes app.yaml", say`a program in TypeScript`],
      ["berth from-kubernetes deploy/ --to compose", say`a compose file of a folder`],
      ["helm template ./chart | berth from-kubernetes -", say`what Helm makes of a chart`],
    ],
    action: async (files, options) => (await import("./fromKubernetes")).fromKubernetes(files, options),
  },
  {
    name: "from-notes",
    group: CONVERT,
    summary: say`show what can run in Markdown notes, READMEs too`,
    description: say`Prints for each line of a note what it is: a setup that is ready to run, a template with what is to be filled in, a slip, or why it is left out. Nothing is installed or run.`,
    arguments: [{ name: "<file...>", doc: say`notes; - reads standard input`, kind: "file" }],
    expects: say`name a note in Markdown`,
    options: [
      {
        flags: "--only <setup>",
        doc: say`only this setup, by its name or that of a container; can be repeated`,
        many: true,
      },
      { flags: "--to <form>", doc: say`print the setup in place of the report`, kind: FORMS },
      {
        flags: "--save <folder>",
        doc: say`make a project with a program for each setup, as berth init does`,
        kind: "folder",
      },
      { flags: "--json", doc: say`the report as JSON, without secrets` },
    ],
    examples: [
      ["berth from-notes docker.md", say`the report`],
      ["berth from-notes docker.md --only nginx01 --to typescript", say`a program of one setup`],
      ["berth from-notes docker.md --only nginx01 --only mysql01 --save containers", say`a project of two setups`],
      ["berth from-notes *.md --json", say`for other programs`],
    ],
    action: async (files, options) => (await import("./fromNotes")).fromNotes(files, options),
  },
  {
    name: "from-running",
    group: CONVERT,
    summary: say`show what runs on a Docker engine as code`,
    description: say`Reads containers with their networks and volumes, without what their images say and what the engine fills in. The engine is only asked: that of DOCKER_HOST or DOCKER_CONTEXT, else the one of this machine.`,
    arguments: [{ name: "[name...]", doc: say`containers, or services of a Swarm (default: all containers that run)` }],
    options: [
      TO,
      { flags: "--project <name>", doc: say`the containers of a Compose project, or the services of a stack` },
      { flags: "--all", doc: say`those that have ended too` },
      { flags: "--save <folder>", doc: say`make a project whose stack dev takes them over`, kind: "folder" },
      { flags: "--package <source>", doc: say`where that gets pulumi-berth: a version, or the file of \`npm pack\`` },
    ],
    examples: [
      ["berth from-running web db", say`a program in TypeScript for two containers`],
      [
        "berth from-running web db --save shop",
        say`a project; \`berth up dev\` in it takes the two over, with their data`,
      ],
      ["berth from-running --project shop --to compose", say`a compose file of what Compose has started`],
      [
        "DOCKER_HOST=ssh://ada@server berth from-running --to run",
        say`docker run lines of all that runs on another machine`,
      ],
    ],
    action: async (names, options) => (await import("./fromRunning")).fromRunning(names, options),
  },
  {
    name: "export",
    group: CONVERT,
    summary: say`print a stack as a compose file, docker run lines or objects for kubectl`,
    description: say`Any stack, for people without Pulumi. Secrets are not printed.`,
    arguments: [STACK],
    expects: say`name one stack`,
    options: [{ flags: "--to <form>", doc: say`what to print`, kind: EXPORT_FORMS }],
    examples: [
      ["berth export nginx --to compose", say`a compose file`],
      ["berth export nginx --to run", say`docker run lines`],
    ],
    action: async ([stack], options) => (await import("./exportStack")).exportStack(stack!, options),
  },
  {
    name: "bundle",
    group: CARRY,
    summary: say`pack all that a stack needs where there is no network into one file`,
    description: say`Node.js, the Pulumi CLI and its plugins, the project with node_modules, and the images.`,
    arguments: [STACK],
    expects: say`name one stack`,
    options: [
      {
        flags: "--out <file>",
        doc: say`the file to write (default: berth-STACK-PLATFORM-ARCH.tar here)`,
        kind: "file",
      },
    ],
    examples: [
      ["berth bundle nginx", say`a file in this folder`],
      ["berth bundle nginx --out /media/stick/nginx.tar", say`a file somewhere else`],
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
    summary: say`unpack a bundle into a folder, and its images into the engine`,
    description: say`Verifies the bundle first. It asks no network; the same bundle a second time does nothing.`,
    arguments: [{ name: "<file>", doc: say`what \`berth bundle\` has written`, kind: "file" }],
    expects: say`name one bundle`,
    options: [
      { flags: "--to <folder>", doc: say`where its files go (default: berth)`, kind: "folder" },
      { flags: "--images", doc: say`load only the images` },
    ],
    examples: [
      ["berth unbundle berth-nginx-linux-x64.tar", say`into the folder berth`],
      ["berth unbundle berth-nginx-linux-x64.tar --images", say`when the engine was not there the first time`],
    ],
    action: async ([file], options) => (await import("./unbundle")).unbundle(file!, options),
  },
  {
    name: "images",
    group: CARRY,
    summary: say`save the images of a stack to one file, and load them elsewhere`,
    description: say`Save takes them from the stack's engine, which pulls and builds what it lacks; where it is cut off, the next run goes on from there. Load verifies the whole file before anything is loaded, and loads what the engine lacks, compared by id. Images that are named by digest come along too.`,
    arguments: [
      { name: "<save|load>", doc: say`save or load`, kind: ["save", "load"] },
      STACK,
      { name: "[file]", doc: say`the file (default: berth-STACK-images.tar here)`, kind: "file" },
    ],
    expects: say`say save or load, and name a stack`,
    options: [{ flags: "--host <address>", doc: say`another engine than the stack's: ssh://ada@gpu1` }],
    examples: [
      ["berth images save nginx", say`a file in this folder`],
      ["berth images load nginx berth-nginx-images.tar", say`on the machine that it was carried to`],
      ["berth images load nginx --host ssh://ada@gpu1", say`onto the engine of another machine`],
    ],
    action: async ([verb, stack, file], options) => (await import("./images")).images(verb!, stack!, file, options),
  },
  {
    name: "completion",
    group: SHELL,
    summary: say`print a script that completes berth's commands in a shell`,
    description: say`It completes commands, options, their values, and the names of programs for stacks.`,
    arguments: [{ name: "<shell>", doc: SHELLS.join(", "), kind: SHELLS }],
    expects: say`name one shell of ${SHELLS.join(", ")}`,
    examples: [
      ["berth completion bash > ~/.local/share/bash-completion/completions/berth", say`bash, for good`],
      ['eval "$(berth completion zsh)"', say`zsh, in ~/.zshrc after compinit`],
      ["berth completion fish > ~/.config/fish/completions/berth.fish", say`fish, for good`],
    ],
    action: async ([shell]) => (await import("./completion")).completion(shell!, COMMANDS),
  },
];
