/** One command of a shell: its words, what stands in front of it and where its output goes. */
export interface ShellCommand {
  words: string[];
  /** Assignments in front of it. */
  variables: string[];
  /** Files behind `<` and `>`. */
  redirects: string[];
}

/**
 * The commands of a block, as a shell would take them apart. It knows what documents use: quotes, comments, lines that
 * go on, `&&`, `;`, `|`, redirections and `$(...)`, whose commands come out as well.
 *
 * @throws Error for a quote without an end
 */
export function commandsOf(text: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  const inner: string[] = [];
  let command: ShellCommand = { words: [], variables: [], redirects: [] };
  let word: string | undefined;
  let redirected = false;
  const endWord = () => {
    if (word === undefined) return;
    if (redirected) command.redirects.push(word);
    else if (command.words.length === 0 && /^[A-Z_]+=/.test(word)) command.variables.push(word);
    else command.words.push(word);
    word = undefined;
    redirected = false;
  };
  const endCommand = () => {
    endWord();
    if (command.words.length || command.variables.length) commands.push(command);
    command = { words: [], variables: [], redirects: [] };
  };
  /** Copies `$(...)` as it stands, and notes what is in it. */
  const substitution = (at: number): number => {
    const end = text.indexOf(")", at);
    if (end < 0) throw new Error(`$( has no end: ${text.slice(at)}`);
    inner.push(text.slice(at + 2, end));
    word = (word ?? "") + text.slice(at, end + 1);
    return end;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === "\\") {
      at += 1;
      if (text[at] !== "\n") word = (word ?? "") + text[at];
    } else if (text.startsWith("$(", at)) at = substitution(at);
    else if (char === "'" || char === '"') {
      word ??= "";
      for (at += 1; text[at] !== char; at += 1) {
        if (at >= text.length) throw new Error(`a quote has no end: ${text}`);
        if (char === '"' && text.startsWith("$(", at)) at = substitution(at);
        else word += char === '"' && text[at] === "\\" ? text[++at] : text[at];
      }
    } else if (char === "#" && word === undefined) {
      while (at + 1 < text.length && text[at + 1] !== "\n") at += 1;
    } else if (char === "\n" || char === ";" || char === "|" || (char === "&" && text[at + 1] === "&")) {
      if (char === "&") at += 1;
      endCommand();
    } else if (char === "<" || char === ">") {
      endWord();
      redirected = true;
    } else if (/\s/.test(char)) endWord();
    else word = (word ?? "") + char;
  }
  endCommand();
  return [...commands, ...inner.flatMap(commandsOf)];
}
