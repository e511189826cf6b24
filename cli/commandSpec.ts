/** What a word after a command can be; a shell completes it accordingly. */
export type Kind = "stack" | "program" | "file" | "folder" | readonly string[];

export interface ArgumentSpec {
  /** As commander writes it: `<one>`, `[optional]`, `[many...]`. */
  name: string;
  doc: string;
  kind?: Kind;
}

export interface OptionSpec {
  /** As commander writes it: `--json`, `--to <form>`. */
  flags: string;
  doc: string;
  kind?: Kind;
  /** Can be given several times. */
  many?: boolean;
}

export interface CommandSpec {
  name: string;
  /** Another name for the same. */
  alias?: string;
  group: string;
  /** One line of `berth --help`. */
  summary: string;
  /** What `--help` of the command says, beside the summary. */
  description: string;
  arguments?: ArgumentSpec[];
  /** What to do where the arguments are too few or too many. */
  expects?: string;
  options?: OptionSpec[];
  /** With what each is for. The first one is shown where the arguments are wrong. */
  examples: [line: string, what: string][];
  /** All behind the first argument belongs to somebody else, options too. */
  passThrough?: boolean;
  /** Rewrites the words before they are read. */
  prepare?(words: string[]): Promise<string[]>;
  /**
   * Does it, and returns the exit code. Each command loads what it needs itself: reading a line needs no Pulumi SDK,
   * which takes longer to load than all the rest.
   */
  action(words: string[], options: Record<string, never>): Promise<number>;
}
