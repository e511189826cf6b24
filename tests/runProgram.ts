import { type ChildProcess, spawn } from "node:child_process";

/** What a run of a program left. */
export interface Result {
  code: number | null;
  /** Both streams, as a user sees them. */
  output: string;
  stdout: string;
  seconds: number;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  /** Gets the process at once, to kill it for example; it then leads a session of its own. */
  onStart?(child: ChildProcess): void;
}

interface Place extends Pick<RunOptions, "input" | "onStart"> {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Whether it leads a session of its own, in which everything can be ended together. */
  detached: boolean;
}

/** Runs a program to its end, however it ends. */
export function runProgram(program: string, args: string[], place: Place): Promise<Result> {
  const { input, onStart, ...options } = place;
  const begin = Date.now();
  const child = spawn(program, args, {
    ...options,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  onStart?.(child);
  let output = "";
  let stdout = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    output += chunk;
    stdout += chunk;
  });
  child.stderr!.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, stdout, seconds: (Date.now() - begin) / 1000 }));
  });
}
