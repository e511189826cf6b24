import { say } from "../description/say";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Invocation } from "./connection";
import { type HostFacts, parseFacts } from "./facts";

/** A host could not be looked at; the message says why and what to do. */
export class HostError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HostError";
  }
}

/** Longest time that a look may take, in milliseconds; connecting has its own limit in ssh. */
const LIMIT = 60_000;

/** What ssh says, and what to do about it. */
const REMEDIES: [RegExp, (name: string) => string][] = [
  [
    /host key for .* has changed|REMOTE HOST IDENTIFICATION/i,
    () =>
      say`it is not the machine that it was, or somebody stands in between: ask its owner, then correct hostKey or known_hosts`,
  ],
  [
    /host key verification failed|no .*host key is known/i,
    () => say`connect once by hand with \`ssh\` and compare its key, or give it as hostKey`,
  ],
  [
    /permission denied/i,
    () => say`give the right user, and a key that the host knows: an agent, identityFile or privateKey`,
  ],
  [
    /bad configuration option: knownhostscommand/i,
    () => say`hostKey needs OpenSSH 8.5 or newer here; put the key into known_hosts instead`,
  ],
  [/could not resolve/i, () => say`check the name, or give the address`],
  [
    /connection refused|timed out|no route|unreachable/i,
    () => say`check that the machine is up, its port, and the way there (jump)`,
  ],
  [
    /sudo: .*password|a terminal is required/i,
    () => say`let sudo ask for no password there (NOPASSWD), or connect as root`,
  ],
  [/sudo: .*not found/i, () => say`install sudo there, or connect as root`],
  [
    /error loading key|invalid format|bad passphrase/i,
    () => say`give an unencrypted private key, with its line breaks`,
  ],
];

/** What ssh adds about a changed key: how to forget the old one, in files that may not be the user's. */
const CHATTER =
  /^(@ +WARNING|IT IS POSSIBLE|Someone could|It is also|The fingerprint|Please contact|Add correct|Offending|remove with:|ssh-keygen -f)/;

/** Says what went wrong with a connection in one sentence with ssh's own last words. */
export function explain(name: string, said: string, code: number | null): string {
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[@\s]+$/.test(line) && !CHATTER.test(line));
  const remedy =
    REMEDIES.find(([pattern]) => pattern.test(said))?.[1](name) ?? say`try \`ssh\` by hand from this machine`;
  const last = lines.slice(-4).join(" / ").replaceAll("berth-host", name) || say`it ended with status ${code}`;
  return say`${name} cannot be set up (${last}); ${remedy}.`;
}

/**
 * Looks at a host, over one connection, and changes nothing there.
 *
 * @throws HostError where it cannot be reached, with the last lines that were said
 */
export function lookAt(invocation: Invocation, key: string | undefined): Promise<HostFacts> {
  const [program, ...args] = invocation.program as [string, ...string[]];
  const script = readFileSync(join(__dirname, "scripts/inspect.sh"), "utf8");
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, "sh -s"], {
      stdio: ["pipe", "pipe", "pipe"],
      env: key === undefined ? process.env : { ...process.env, BERTH_PRIVATE_KEY: key },
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, LIMIT);
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    // A host that hangs up early; the status says so.
    child.stdin.on("error", () => {});
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(
        new HostError(say`${program} cannot be run (${error.message}); install the OpenSSH client on this machine.`),
      );
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const facts = code === 0 ? parseFacts(Buffer.concat(output).toString("utf8")) : undefined;
      if (facts) return resolve(facts);
      const said = late ? say`no answer within ${LIMIT / 1000} s` : Buffer.concat(errors).toString("utf8");
      reject(new HostError(explain(invocation.name, said, code)));
    });
    child.stdin.end(script);
  });
}
