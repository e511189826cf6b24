import { constants } from "node:os";
import { Command, CommanderError, Option } from "commander";
import type { CommandSpec, OptionSpec } from "./commandSpec";
import { COMMANDS, SHELL } from "./commands";
import { version } from "./project";
import { UsageError } from "./usageError";
import { columnsOf, say } from "../core/description/say";

const ABOUT = say`berth: documented container setups, previewed and applied`;

const AFTER = say`
Exit codes:
  0  done
  1  it failed; the sentence on standard error says why
  2  the command line is wrong; nothing was done
  status ends with 1 as well where not all is as declared and healthy, doctor where something is missing,
  outdated where a registry could not be asked, mirrors where none is of use or one in use is not.
  up, preview, refresh, destroy, rollback and the real preview of look end with the Pulumi CLI's own code; by a signal,
  with 128 and its number: 130 for Ctrl-C.

\`berth COMMAND --help\` has the options of a command, with examples.
A stack is named after its program: nginx, nginx-staging. \`berth settings\` lists the programs.`;

/** What commander says, in our own words. */
const COMPLAINTS: [pattern: RegExp, ours: (name: string) => string][] = [
  [/^unknown option '(.*)'$/, (name) => say`unknown option '${name}'`],
  [/^unknown command '(.*)'$/, (name) => say`unknown command '${name}'`],
  [/^option '(.*)' argument missing$/, (name) => say`option '${name}' argument missing`],
];

/** What commander says, as one sentence in which a suggestion has its place. */
function sentence(message: string): string {
  const [, said = "", near] = /^(?:error: )?(.*?)\.?(?:\n\(Did you mean (.*)\?\))?$/.exec(message.trim()) ?? [];
  const [complaint, ours] = COMPLAINTS.find(([pattern]) => pattern.test(said)) ?? [];
  const own = ours?.(complaint!.exec(said)![1]!) ?? said;
  return near === undefined ? own : say`${own}; did you mean ${near}?`;
}

/** Headings that commander makes. */
const TITLES: Record<string, string> = {
  "Usage:": say`Usage:`,
  "Arguments:": say`Arguments:`,
  "Options:": say`Options:`,
};

/** Names what is expected in place of an argument's name. */
function wrongUse(
  { name, expects, examples, passThrough }: CommandSpec,
  { code, message }: CommanderError,
): UsageError {
  const arity = code === "commander.missingArgument" || code === "commander.excessArguments";
  const early = passThrough && code === "commander.unknownOption";
  if (expects && (arity || early)) return new UsageError(say`${name}: ${expects}, for example \`${examples[0]![0]}\``);
  return new UsageError(say`${name}: ${sentence(message)}`);
}

/** A value that looks like an option is one: its own value was forgotten. */
function optionOf({ flags, doc, kind, many }: OptionSpec): Option {
  const option = new Option(flags, Array.isArray(kind) ? say`${doc}: ${kind.join(", ")}` : doc);
  if (!option.required) return option;
  return option.argParser<string | string[]>((value, before = []) => {
    if (value.startsWith("--")) throw new UsageError(say`${option.long}: has no value; "${value}" is an option`);
    return many ? [...before, value] : value;
  });
}

/** Text in rows of a width: between blanks, and between Chinese letters, but not in front of a mark. */
function wrapped(text: string, width: number): string {
  const wrappedRow = (row: string) => {
    const rows = [""];
    for (const part of row.match(
      /\s*(?:[\u3400-\u9fff]|[^\s\u3400-\u9fff\u3000-\u303f\uff00-\uffef]+)?[\u3000-\u303f\uff00-\uffef]*/g,
    ) ?? []) {
      if (columnsOf(rows.at(-1)! + part) > width && rows.at(-1) !== "") rows.push(part.trimStart());
      else rows[rows.length - 1] += part;
    }
    return rows.join("\n");
  };
  return text.split("\n").map(wrappedRow).join("\n");
}

/** The parser, made from the table. The action's exit code goes to `done`. */
function parser(done: (code: number) => void): Command {
  const program = new Command("berth")
    .description(ABOUT)
    .version(version(), "-V, --version", say`print the version`)
    .helpOption("-h, --help", say`print this`)
    .addHelpCommand(new Command("help").argument("[command]").description(say`help for a command`).helpGroup(SHELL))
    .enablePositionalOptions()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ styleTitle: (title) => TITLES[title] ?? title, displayWidth: columnsOf, boxWrap: wrapped })
    .option("--lang <language>", say`language of messages: en or zh (default: as the environment says)`)
    .addHelpText("after", AFTER)
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      throw new UsageError(sentence(error.message));
    });
  for (const spec of COMMANDS) {
    const command = program
      .command(spec.name)
      .summary(spec.summary)
      .description(say`berth ${spec.name}: ${spec.summary}.\n\n${spec.description}`)
      .helpGroup(spec.group)
      .helpOption("-h, --help", say`print this`)
      .passThroughOptions(spec.passThrough ?? false)
      .exitOverride((error) => {
        if (error.exitCode === 0) throw error;
        throw wrongUse(spec, error);
      })
      .action(async () => done(await spec.action(command.args, command.opts())));
    if (spec.alias) command.alias(spec.alias);
    // All the options behind the stack are those of the CLI.
    if (spec.passThrough) command.usage(spec.arguments!.map(({ name }) => name).join(" "));
    for (const { name, doc } of spec.arguments ?? []) command.argument(name, doc);
    for (const option of spec.options ?? []) command.addOption(optionOf(option));
    const examples = spec.examples.map(([line, what]) => `  ${line}\n      ${what}`);
    command.addHelpText("after", say`\nExamples:\n${examples.join("\n")}`);
  }
  return program;
}

/** `help up` is `up --help`; what is no command is refused whatever stands behind it. */
async function prepared([first = "--help", ...rest]: string[]): Promise<string[]> {
  const [name, ...words] = first === "help" ? [rest[0] ?? "--help", "--help"] : [first, ...rest];
  if (name!.startsWith("-")) return [name!, ...words];
  const spec = COMMANDS.find((candidate) => candidate.name === name || candidate.alias === name);
  if (!spec) return [name!];
  return [name!, ...((await spec.prepare?.(words)) ?? words)];
}

/** Reads a command line and does what it says; returns the exit code. */
export async function run(args: string[]): Promise<number> {
  let code = 0;
  const words = await prepared(args);
  try {
    await parser((result) => (code = result)).parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const { message } = error as Error;
    if (!(error instanceof UsageError)) {
      console.error(say`error: ${message}`);
      return 1;
    }
    const known = COMMANDS.some(({ name, alias }) => name === words[0] || alias === words[0]);
    console.error(say`error: ${message} (see \`berth ${known ? `${words[0]} ` : ""}--help\`)`);
    return 2;
  }
}

/** The `berth` command. */
export function main(args: string[]): void {
  void run(args).then((code) => {
    // The terminal is gone, on which Node.js crashes at its exit.
    if (code === 128 + constants.signals.SIGHUP) process.kill(process.pid, "SIGHUP");
    // A pipe may still have to take what was printed.
    else process.stdout.write("", () => process.exit(code));
  });
}
