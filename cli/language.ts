import { either, LANGUAGES, say } from "../core/description/say";

/** What stands behind these and their arguments is somebody else's command line. */
const PASSING = ["exec", "from-run"];

/**
 * Takes `--lang LANGUAGE` out of a command line. It is read before anything else is loaded, since messages are said in
 * the language of the process; BERTH_LANG hands it on to programs that are called. With `--json` that is English: what
 * another program reads is the same for everybody.
 *
 * @returns the words that are left, or what is wrong
 */
export function takeLanguage(args: string[], env: NodeJS.ProcessEnv = process.env): string[] | string {
  const left: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index]!;
    if (word === "--" || (PASSING.includes(left[0]!) && left.length > 1)) return [...left, ...args.slice(index)];
    const inline = /^--lang=(.*)$/.exec(word)?.[1];
    if (word !== "--lang" && inline === undefined) {
      left.push(word);
      continue;
    }
    if (inline === undefined) index += 1;
    const value = inline ?? args[index];
    if (!LANGUAGES.some((language) => language === value)) {
      const problem = value === undefined ? say`has no value` : say`"${value}" is not a language that berth speaks`;
      return say`--lang: ${problem}; use ${either(LANGUAGES)}`;
    }
    env.BERTH_LANG = value;
  }
  if (left.includes("--json")) env.BERTH_LANG = "en";
  return left;
}
