import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { say } from "../core/description/say";
import { onPath } from "../core/host/findExecutable";
import { TERMINAL } from "../core/pulumi/terminal";
import { PROGRAMS } from "../stacks/programs";
import { freeLock } from "./locks";
import { readStackConfig } from "./stackConfig";
import { shortName } from "./stackName";

const { endLeft, ownSession } = require("../core/pulumi/endPlugins") as {
  endLeft(session: string): void;
  ownSession(): string | undefined;
};

/**
 * The environment in which berth calls the CLI: the passphrase that protects secrets in the state, made
 * once and kept in .berth/, which git ignores. Whatever the user has set wins.
 */
export function pulumiEnvironment(root: string): NodeJS.ProcessEnv {
  // It and its providers live for seconds: with half as many collections an `up` of 100 services takes the CLI 0.88 of
  // its processor time, in the same memory.
  const env: NodeJS.ProcessEnv = { GOGC: "200", ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (env.PULUMI_CONFIG_PASSPHRASE === undefined && env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined) {
    const file = join(root, ".berth", "passphrase");
    if (!existsSync(file)) {
      mkdirSync(join(root, ".berth"), { recursive: true });
      writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    }
    env.PULUMI_CONFIG_PASSPHRASE_FILE = file;
  }
  if (process.stdout.isTTY) env[TERMINAL] = "true";
  return env;
}

// When a terminal closes, the CLI would end on the spot. It hears of that from berth, as of all that it has to end for.
const DEAF_TO_HANGUP = 'trap "" HUP; exec pulumi "$@"';

/** Whether Ctrl-C comes from a terminal, which sends it to the CLI, too: a second one would cut off what it still does. */
function hasTerminal(): boolean {
  if (process.platform === "win32") return true;
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

// It reads until berth says that the CLI has ended. Where berth is killed it reads nothing, and cleans up in its place.
const CLEANER = 'read -r said || exec "$@"';

/**
 * Starts somebody who is left where berth and the CLI are killed together, as by a killed process group: a language host
 * that has started no program yet would stay for five minutes. Returns what dismisses them.
 */
function startCleaner(session: string): () => void {
  const words = [process.execPath, require.resolve("../core/pulumi/endPlugins"), session];
  const child = spawn("/bin/sh", ["-c", CLEANER, "sh", ...words], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.on("error", () => {}).unref();
  child.stdin.on("error", () => {});
  return () => child.stdin.end("ended\n");
}

interface PulumiOptions {
  /** Without what it prints. */
  quiet?: boolean;
  /** For its standard input, in place of the user's. */
  input?: string;
}

/**
 * Runs the CLI with the user's terminal; returns its exit code. Who ends berth ends the CLI, which cancels what it does,
 * waits for what has begun, and frees its lock; whoever says it twice cuts that off. The code is 128 and the signal's
 * number then.
 */
export async function runPulumi(root: string, args: string[], { quiet, input }: PulumiOptions = {}): Promise<number> {
  if (!onPath("pulumi"))
    throw new Error(say`the Pulumi CLI is not here; install it: https://www.pulumi.com/docs/install/`);
  const [program, words] =
    process.platform === "win32" ? ["pulumi", args] : ["/bin/sh", ["-c", DEAF_TO_HANGUP, "pulumi", ...args]];
  const terminal = hasTerminal();
  let child: ChildProcess;
  let heard: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals) => {
    const again = heard !== undefined;
    heard ??= signal;
    if (signal === "SIGINT" && terminal) return;
    if (signal !== "SIGHUP") child.kill(signal);
    // Several may say that a terminal has closed.
    else if (!again) child.kill("SIGTERM");
  };
  // Before the CLI begins: a signal in between would end berth alone, and the CLI would go on with nobody to end it.
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, hear);
  let dismissCleaner: (() => void) | undefined;
  try {
    child = spawn(program, words, {
      cwd: root,
      env: pulumiEnvironment(root),
      stdio: [input === undefined ? "inherit" : "pipe", quiet ? "ignore" : "inherit", "inherit"],
    });
    child.stdin?.on("error", () => {}).end(input);
    const session = ownSession();
    if (session !== undefined) dismissCleaner = startCleaner(session);
    const [code, killedBy] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    if (killedBy) {
      await freeLock(root, child.pid!);
      if (session !== undefined) endLeft(session);
    }
    const ending = heard ?? killedBy;
    return ending ? 128 + constants.signals[ending] : code!;
  } finally {
    for (const signal of signals) process.off(signal, hear);
    dismissCleaner?.();
  }
}

/** Makes the passwords that a stack asks for and does not have; they go into its settings, encrypted. */
export async function makePasswords(root: string, project: string, stack: string, programs: string[]): Promise<number> {
  const config = readStackConfig(root, project, shortName(stack));
  for (const program of programs) {
    const { settings } = await PROGRAMS[program]!();
    for (const [key, setting] of Object.entries(settings)) {
      const full = `${program}:${key}`;
      if (!setting.secret || setting.given || full in config.values) continue;
      const password = randomBytes(18).toString("base64url");
      // Through standard input: a command line is there for everybody to see.
      const code = await runPulumi(root, ["config", "set", "--secret", full, "--stack", stack], { input: password });
      if (code !== 0) return code;
      console.log(say`Made a password for ${full}; see it with \`pulumi config get ${full} --stack ${stack}\`.`);
    }
  }
  return 0;
}
