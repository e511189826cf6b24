import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { COMMANDS } from "../../../cli/commands";
import { run } from "../../../cli/main";
import { EXPORT_FORMS, FORMS } from "../../../cli/show";
import { programsOf } from "../../../cli/stackName";
import { ENGINE_SETTINGS } from "../../../core/engines/dockerApi/connection/address";
import { SETTINGS } from "../../../core/pulumi/settings";
import { parseDockerLines } from "../../../core/readers/dockerRun";
import { PROGRAMS } from "../../../stacks";
import { ROOT } from "./markdown";
import { commandsOf, type ShellCommand } from "./shell";

/** What the pages say of the Pulumi CLI, and the flags that they give it; tests/engine/documents.test.ts asks the CLI. */
export const PULUMI: Record<string, readonly string[]> = {
  up: ["--stack", "--yes", "--refresh", "--parallel"],
  preview: ["--stack", "--diff", "--refresh", "--expect-no-changes"],
  refresh: ["--stack", "--run-program", "--yes"],
  destroy: ["--stack", "--yes"],
  cancel: ["--stack", "--yes"],
  new: [],
  login: [],
  "stack init": [],
  "stack ls": [],
  "stack output": ["--show-secrets", "--stack"],
  "stack rm": ["--yes"],
  "stack select": [],
  "config set": ["--path", "--secret", "--stack"],
  "config get": ["--path", "--stack"],
  "config rm": ["--path", "--stack"],
  "package add": [],
  "plugin install": [],
};
const VALUE_FLAGS = /^--(stack|parallel)$/;

/** Programs of which the pages use one thing or two. */
const DOCKER = /^(run|ps|logs|exec|cp|load|login|swarm|context|inspect|volume|compose|save|stop|rm|network|port)$/;
const OTHERS = /^(cd|curl|export|tar|sh|eval|git|ssh|scp|mkdir|cp|cat|openssl|ssh-keygen|kubectl|\.)$/;

const scripts = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> })
  .scripts;

/** Words in capitals stand for the reader's own; a test puts something in their place. */
const PLACEHOLDERS: Record<string, string> = {
  STACK: "nginx",
  PROGRAM: "nginx",
  COMMAND: "plan",
  FILE: "berth.tar",
  FORM: "run",
  SHELL: "bash",
};
const filled = (words: string[]) => words.map((word) => PLACEHOLDERS[word] ?? word);

/** A stack of this checkout; `dev` is the one that every project may have. */
function checkStack(stack: string): void {
  if (stack !== "dev") programsOf(stack, undefined);
}

const context = { environment: {}, folder: ROOT, home: "/home/ada", secretsLater: true };

function readLine(line: string): void {
  parseDockerLines([line], "page", context);
}

/** What programs have under a namespace: some have their settings under another name, several under `berth`. */
async function settingsOf(namespace: string) {
  const programs = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, load]) => ({ name, ...(await load()) })),
  );
  return programs.filter((one) => (one.namespace ?? one.name) === namespace).map(({ settings }) => settings);
}

/** Whether there is such a setting: `nginx:port`, `berth:files[0]`, `host:daemon.log-driver`. */
export async function checkSetting(key: string, value?: string, secret?: boolean): Promise<void> {
  const [, namespace, name, path = ""] = /^([a-z]+):([A-Za-z]+)(.*)$/.exec(key) ?? [];
  if (namespace === undefined || name === undefined) throw new Error(`${key} is no setting`);
  if (namespace === "docker") {
    if (!(ENGINE_SETTINGS as readonly string[]).includes(name)) throw new Error(`docker has no setting ${name}`);
    return;
  }
  if (namespace === "kubernetes") {
    const provider = readFileSync(join(ROOT, "node_modules/@pulumi/kubernetes/provider.d.ts"), "utf8");
    if (!provider.includes(`    ${name}?: pulumi.Input`)) throw new Error(`kubernetes has no setting ${name}`);
    return;
  }
  if (namespace === "berth" && name in SETTINGS) {
    if (name === "program" && value !== undefined) programsOf("dev", value);
    if (name === "engine" && value !== undefined && !/^(docker|swarm|kubernetes)$/.test(value))
      throw new Error(`${value} is no engine`);
    return;
  }
  const schemas = await settingsOf(namespace);
  const setting = schemas.map((schema) => schema[name]).find(Boolean);
  // A project of one's own asks for what it likes.
  if (schemas.length === 0) return;
  if (!setting) throw new Error(`there is no setting ${key}`);
  if (value === undefined) return;
  if (setting.secret && !secret) throw new Error(`${key} is a secret and is set without --secret`);
  pulumi.runtime.setAllConfig({ [`${namespace}:${name}`]: path ? nested(path, value) : value });
  setting.read(new pulumi.Config(namespace), name);
}

/** What `pulumi config set --path` writes. */
function nested(path: string, value: string): string {
  const wrap = (rest: string): unknown => {
    const [whole, index, field] = /^(?:\[(\d+)\]|\.([\w-]+))/.exec(rest) ?? [];
    if (whole === undefined) return value;
    const inner = wrap(rest.slice(whole.length));
    return index === undefined ? { [field!]: inner } : [inner];
  };
  return JSON.stringify(wrap(path));
}

/** Reads a line for the Pulumi CLI. */
async function checkPulumi(words: string[]): Promise<void> {
  const command = [words.slice(0, 2).join(" "), words[0]!].find((name) => name in PULUMI);
  if (command === undefined) throw new Error(`pulumi ${words.join(" ")}: the pages say nothing of this command`);
  const rest = words.slice(command.split(" ").length);
  const flags = rest.filter((word) => word.startsWith("--") && word !== "--").map((word) => word.split("=")[0]!);
  const wrong = flags.find((flag) => !PULUMI[command]!.includes(flag));
  if (wrong) throw new Error(`pulumi ${command} has no ${wrong}`);
  const named = rest[rest.indexOf("--stack") + 1];
  if (rest.includes("--stack")) checkStack(named!);
  const values = rest.filter((word, index) => !word.startsWith("--") && !VALUE_FLAGS.test(rest[index - 1] ?? ""));
  if (/^stack (init|select|rm)$/.test(command) && values[0]) checkStack(values[0]);
  if (!command.startsWith("config")) return;
  const [key, value] = values;
  // The command's name alone.
  if (key === undefined) return;
  if (key.includes("[") && !rest.includes("--path")) throw new Error(`${key}: --path is missing`);
  await checkSetting(key, value, rest.includes("--secret"));
}

/** Reads a command line of berth with its own parser, and looks at what is in its words. */
async function checkBerth(words: string[]): Promise<void> {
  let seen: { words: string[]; options: Record<string, unknown> } | undefined;
  const spies = COMMANDS.map((command) =>
    jest.spyOn(command, "action").mockImplementation(async (given, options) => {
      seen = { words: given, options };
      return 0;
    }),
  );
  const said: string[] = [];
  const complaints = jest.spyOn(console, "error").mockImplementation((line) => void said.push(String(line)));
  const out = jest.spyOn(process.stdout, "write").mockImplementation(() => true);
  try {
    if ((await run(words)) !== 0) throw new Error(said.join("\n"));
  } finally {
    for (const spy of [...spies, complaints, out]) spy.mockRestore();
  }
  const spec = COMMANDS.find(({ name }) => name === words[0]);
  if (!spec || !seen) return;
  const { options } = seen;
  const [first] = spec.arguments ?? [];
  // What stands behind one stack is for the CLI, or names its services.
  if (first?.kind === "stack")
    for (const stack of first.name.includes("...") ? seen.words : seen.words.slice(0, 1)) checkStack(stack);
  if (spec.passThrough && spec.name in PULUMI) await checkPulumi([words[0]!, ...seen.words.slice(1)]);
  if (spec.name === "settings" && seen.words[0] && !(seen.words[0] in PROGRAMS))
    throw new Error(`there is no program ${seen.words[0]}`);
  if (options.to !== undefined && /^from-|^export$/.test(spec.name)) {
    const forms: readonly string[] = spec.name === "export" ? EXPORT_FORMS : FORMS;
    if (!forms.includes(String(options.to))) throw new Error(`--to ${String(options.to)} is no form`);
  }
  const lines = spec.name === "from-run" ? seen.words : ((options.from as string[] | undefined) ?? []);
  for (const line of lines) if (line.includes(" ")) readLine(line);
}

async function checkNpm([command, ...rest]: string[]): Promise<void> {
  if (/^(install|ci|pack)$/.test(command!)) return;
  const [name, ...args] = command === "run" ? rest : [command, ...rest];
  const script = scripts[name!];
  if (script === undefined) throw new Error(`npm run ${name}: there is no such script`);
  if (!args.length) return;
  if (args[0] !== "--") throw new Error(`npm run ${name} ${args.join(" ")}: -- is missing`);
  if (script.startsWith("node cli/berth.js ")) await checkBerth([script.split(" ")[2]!, ...args.slice(1)]);
}

const exists = (file: string) => {
  if (!existsSync(join(ROOT, file))) throw new Error(`there is no file ${file}`);
};

/**
 * Checks one command of a page: its program, its flags, the stacks, settings, scripts and files that it names.
 *
 * @throws Error that says what is wrong with it
 */
export async function checkCommand({ words, redirects }: ShellCommand): Promise<void> {
  if (words.length === 0) return;
  const [program, ...rest] = filled(words) as [string, ...string[]];
  if (program === "npm") await checkNpm(rest);
  else if (program === "npx" && rest[0] === "--yes")
    await checkCommand({ words: rest.slice(1), redirects, variables: [] });
  else if (program === "npx" && rest[0] === "jest") exists(rest[1]!);
  else if (program === "npx" && rest[0] === "berth" && rest[1] === "pulumi" && rest.length > 2)
    await checkPulumi(rest.slice(2));
  else if (program === "npx" && rest[0] === "berth") await checkBerth(rest.slice(1));
  else if (program === "berth" || program === "./berth/berth") await checkBerth(rest);
  else if (program === "pulumi") await checkPulumi(rest);
  else if (program === "docker" && rest[0] === "run") readLine(words.join(" "));
  else if (program === "docker" && DOCKER.test(rest[0] ?? "")) return;
  else if (program === "node") exists(rest[0]!);
  else if (program.startsWith("tests/") || program.startsWith(".ci/")) exists(program);
  else if (!OTHERS.test(program)) throw new Error(`no page uses ${program}`);
}

/** Checks every command of a text. */
export async function checkCommands(text: string): Promise<void> {
  for (const command of commandsOf(text)) await checkCommand(command);
}
