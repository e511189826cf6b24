const OPERATORS = ";&|<>";

/**
 * What Compose reads of a command in one string: it splits the string into words without a shell, and stops at the first
 * operator of one that is not quoted. `npm ci && npm start` runs `npm ci`.
 */
export function beforeOperator(command: string): string {
  let quote = "";
  let word = 0;
  for (let at = 0; at < command.length; at += 1) {
    const char = command[at]!;
    if (char === "\\" && quote !== "'") at += 1;
    else if (quote) {
      if (char === quote) quote = "";
    } else if ("'\"`".includes(char)) quote = char;
    else if (/\s/.test(char)) word = at + 1;
    // The 2 of `2>&1` is no word either.
    else if (OPERATORS.includes(char))
      return command.slice(0, char === ">" && /\d/.test(command[word]!) ? word : at).trimEnd();
  }
  return command;
}

/**
 * What begins with an operator of a shell that stands by itself in a command of one string, where a shell would see it:
 * no shell does, so that the program gets it as words. An operator within a word, as in a URL, is meant for the program.
 *
 * @example
 * wordsOfAShell("npm ci && npm start") // "&& npm start"
 */
export function wordsOfAShell(command: string): string | undefined {
  const read = beforeOperator(command);
  const rest = command.slice(read.length);
  if (/^\s*$|^;\s*$/.test(rest)) return undefined;
  const standsAlone = /^(?:\s|;\s)/.test(rest) || read === "";
  return standsAlone ? rest.replace(/^;\s+/, "; ").trim() : undefined;
}
