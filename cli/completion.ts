import { LANGUAGES, say } from "../core/description/say";
import { PROGRAMS } from "../stacks/programs";
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
const flags = ({ options = [] }: CommandSpec) => [...options.map(flagOf), "--lang", "--help"];
const namesOf = (commands: CommandSpec[]) => [...commands.map(({ name }) => name), "help"];

/** By the command, which may not stand there yet, and the word before: the values of an option, else what the command takes. */
function cases(commands: CommandSpec[], words: (list: readonly string[]) => string): string {
  const values = commands.flatMap((spec) =>
    (spec.options ?? [])
      .filter(takesValue)
      .map((option) => `    ${spec.name}:${flagOf(option)}) ${words(wordsOf(option.kind))} ;;`),
  );
  const own = commands.map((spec) => `    ${spec.name}:*) ${words([...argumentWords(spec), ...flags(spec)])} ;;`);
  return [
    `    *:--lang) ${words(LANGUAGES)} ;;`,
    `    :*) ${words([...namesOf(commands), "--lang", "--help", "--version"])} ;;`,
    ...values,
    ...own,
    `    help:*) ${words(namesOf(commands))} ;;`,
  ].join("\n");
}

const bash = (commands: CommandSpec[]) => `# Completion of berth for bash; made by \`berth completion bash\`.
_berth() {
  local words="" name="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
    --lang) index=$((index + 1)) ;;
    -*) ;;
    *)
      name=\${COMP_WORDS[index]}
      break
      ;;
    esac
  done
  case "$name:\${COMP_WORDS[COMP_CWORD - 1]}" in
${cases(commands, (list) => `words="${list.join(" ")}"`)}
  esac
  # No word of berth has a blank; mapfile is missing in the bash of macOS.
  # shellcheck disable=SC2207
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
# Where berth knows no word it is the name of a file.
complete -o default -F _berth berth
`;

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const zsh = (commands: CommandSpec[]) => `#compdef berth
# Completion of berth for zsh; made by \`berth completion zsh\`.
_berth() {
  local name= index
  for (( index = 2; index < CURRENT; index++ )); do
    case $words[index] in
    --lang) (( index++ )) ;;
    -*) ;;
    *)
      name=$words[index]
      break
      ;;
    esac
  done
  if [[ -z $name && $PREFIX != -* && $words[CURRENT-1] != --lang ]]; then
    local -a commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
      ${quoted(`help:${say`help for a command`}`)}
    )
    _describe command commands
    return
  fi
  local -a known=()
  case "$name:$words[CURRENT-1]" in
${cases(commands, (list) => `known=(${list.join(" ")})`)}
  esac
  compadd -- $known
  _files
}
if [[ $funcstack[1] == _berth ]]; then _berth "$@"; else compdef _berth berth; fi
`;

const fish = (commands: CommandSpec[]) => {
  const lines = [
    "# Completion of berth for fish; made by `berth completion fish`.",
    `set -l berth_commands ${namesOf(commands).join(" ")}`,
    `complete -c berth -l lang -x -a '${LANGUAGES.join(" ")}' -d ${quoted(say`language of messages`)}`,
  ];
  for (const spec of commands) {
    const here = `complete -c berth -n '__fish_seen_subcommand_from ${spec.name}'`;
    lines.push(
      `complete -c berth -n "not __fish_seen_subcommand_from $berth_commands" -f -a ${spec.name} -d ${quoted(spec.summary)}`,
    );
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
    throw new UsageError(
      say`completion: "${shell}" is not a shell that is known; use ${Object.keys(SCRIPTS).join(", ")}`,
    );
  const named = commands.flatMap((spec) => (spec.alias ? [spec, { ...spec, name: spec.alias }] : [spec]));
  process.stdout.write(SCRIPTS[shell]!(named));
  return 0;
}
