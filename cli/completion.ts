import { PROGRAMS } from "../stacks";
import type { CommandSpec, Kind, OptionSpec } from "./commandSpec";
import { UsageError } from "./usageError";

const flagOf = ({ flags }: OptionSpec) => /--[\w-]+/.exec(flags)![0];
const takesValue = ({ flags }: OptionSpec) => flags.includes("<");

/** Words that can stand for an argument or a value; none where the shell completes the names of files itself. */
function wordsOf(kind: Kind | undefined): readonly string[] {
  if (kind === "stack") return ["dev", ...Object.keys(PROGRAMS)];
  if (kind === "program") return Object.keys(PROGRAMS);
  return typeof kind === "object" ? kind : [];
}

const argumentWords = ({ arguments: list = [] }: CommandSpec) => [
  ...new Set(list.flatMap(({ kind }) => wordsOf(kind))),
];
const flags = ({ options = [] }: CommandSpec) => [...options.map(flagOf), "--help"];
const namesOf = (commands: CommandSpec[]) => [...commands.map(({ name }) => name), "help"];

/** A case for the value of each option, then one for the command. */
function cases(commands: CommandSpec[], words: (list: readonly string[]) => string): string {
  const values = commands.flatMap((spec) =>
    (spec.options ?? [])
      .filter(takesValue)
      .map((option) => `    ${spec.name}:${flagOf(option)}) ${words(wordsOf(option.kind))} ;;`),
  );
  const own = commands.map((spec) => `    ${spec.name}:*) ${words([...argumentWords(spec), ...flags(spec)])} ;;`);
  return [...values, ...own, `    help:*) ${words(namesOf(commands))} ;;`].join("\n");
}

const bash = (commands: CommandSpec[]) => `# Completion of berth for bash; made by \`berth completion bash\`.
_berth() {
  local words= word=\${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -le 1 ]; then
    words="${[...namesOf(commands), "--help", "--version"].join(" ")}"
  else
    case "\${COMP_WORDS[1]}:\${COMP_WORDS[COMP_CWORD-1]}" in
${cases(commands, (list) => `words="${list.join(" ")}"`)}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
# Where berth knows no word it is the name of a file.
complete -o default -F _berth berth
`;

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const zsh = (commands: CommandSpec[]) => `#compdef berth
# Completion of berth for zsh; made by \`berth completion zsh\`.
_berth() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
      'help:help for a command'
    )
    _describe command commands
    return
  fi
  local -a known=()
  case "$words[2]:$words[CURRENT-1]" in
${cases(commands, (list) => `known=(${list.join(" ")})`)}
  esac
  compadd -- $known
  _files
}
if [[ $funcstack[1] == _berth ]]; then _berth "$@"; else compdef _berth berth; fi
`;

const fish = (commands: CommandSpec[]) => {
  const lines = ["# Completion of berth for fish; made by `berth completion fish`."];
  for (const spec of commands) {
    const here = `complete -c berth -n '__fish_seen_subcommand_from ${spec.name}'`;
    lines.push(`complete -c berth -n __fish_use_subcommand -f -a ${spec.name} -d ${quoted(spec.summary)}`);
    if (argumentWords(spec).length) lines.push(`${here} -f -a '${argumentWords(spec).join(" ")}'`);
    for (const option of spec.options ?? []) {
      const values = wordsOf(option.kind);
      const value = takesValue(option) ? (values.length ? ` -x -a '${values.join(" ")}'` : " -r") : "";
      lines.push(`${here} -l ${flagOf(option).slice(2)}${value} -d ${quoted(option.doc)}`);
    }
  }
  return `${lines.join("\n")}\n`;
};

const SCRIPTS: Record<string, (commands: CommandSpec[]) => string> = { bash, zsh, fish };

/** `berth completion`: a script for a shell, made from the table of commands. */
export async function completion(shell: string, commands: CommandSpec[]): Promise<number> {
  if (!Object.hasOwn(SCRIPTS, shell))
    throw new UsageError(`completion: "${shell}" is not a shell that is known; use ${Object.keys(SCRIPTS).join(", ")}`);
  const named = commands.flatMap((spec) => (spec.alias ? [spec, { ...spec, name: spec.alias }] : [spec]));
  process.stdout.write(SCRIPTS[shell]!(named));
  return 0;
}
