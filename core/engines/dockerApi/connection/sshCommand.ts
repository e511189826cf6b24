import { quote } from "shlex";
import { ArgumentError } from "../../../description/errors";
import { say, withoutStop } from "../../../description/say";

/** Parts of `ssh://user@host:port/path/of/docker.sock`. */
interface SshAddress {
  user?: string;
  host: string;
  port?: string;
  /** Of the engine's socket, where it is not the usual one. */
  path?: string;
}

/**
 * Refuses what the Docker provider refuses, and names that no host or user has.
 *
 * @throws ArgumentError
 */
export function checkSshAddress(address: string, argument: string): void {
  parse(address, argument);
}

function parse(address: string, argument: string): SshAddress {
  const fail = (problem: string, remedy: string) => new ArgumentError(argument, say`${address} ${problem}`, remedy);
  const url = new URL(address);
  // Never repeats it.
  if (url.password !== "")
    throw new ArgumentError(
      argument,
      say`an ssh:// address takes no password`,
      say`use a key, or an agent that holds one`,
    );
  if (url.search !== "" || url.hash !== "") throw fail(say`has a query or fragment`, say`remove it`);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!/^[\w:][\w.:-]*$/.test(host)) throw fail(say`names no host`, say`use ssh://user@host or ssh://user@host:port`);
  const user = decodeURIComponent(url.username);
  if (user !== "" && !/^\w[\w.@+\\-]*$/.test(user)) throw fail(say`has a user that no host knows`, say`correct it`);
  const path = url.pathname.replace(/^\/+$/, "");
  return { user: user || undefined, host, port: url.port || undefined, path: decodeURIComponent(path) || undefined };
}

/** Seconds; the docker client waits for 30, which is long for a preview. */
const CONNECT_TIMEOUT = 10;

/** The words before the host, and never a question for a password, which nobody would see. */
function options({ user, port }: SshAddress, given: string[]): string[] {
  return [
    // The first value counts.
    ...["-o", "BatchMode=yes"],
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", port]),
    ...given,
    ...(given.join("").includes("ConnectTimeout") ? [] : ["-o", `ConnectTimeout=${CONNECT_TIMEOUT}`]),
    // A host that is gone is noticed.
    ...["-o", "ServerAliveInterval=20"],
    ...(given.includes("-T") ? [] : ["-T"]),
  ];
}

/** Arguments of `ssh` that lead to an engine's socket: those of the docker client and the provider. */
export function sshArguments(address: string, given: string[] = []): string[] {
  const there = parse(address, "host");
  const socket = there.path === undefined ? "" : `${quote(`--host=unix://${there.path}`)} `;
  return [...options(there, given), "--", there.host, `docker ${socket}system dial-stdio`];
}

/** Arguments of `ssh` that lead to a host and port as the engine's host reaches them. */
export function sshTunnel(address: string, target: string, given: string[] = []): string[] {
  const there = parse(address, "host");
  return [...options(there, given), "-W", target, "--", there.host];
}

/** Arguments of `ssh` that run a command on the engine's host. */
export function sshRun(address: string, command: string, given: string[] = []): string[] {
  const there = parse(address, "host");
  return [...options(there, given), "--", there.host, command];
}

/** Words of ssh, the far shell and the docker client there, and what they mean. */
const MEANINGS: [RegExp, string][] = [
  [/^spawn ssh ENOENT/, say`there is no ssh here: install the client of OpenSSH`],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    say`its host key is another one than the known one: find out why before you go on`,
  ],
  [
    /Host key verification failed|No \S+ host key is known/i,
    say`its host key is not known here: connect once with \`ssh\` and compare the key, or add it to known_hosts`,
  ],
  [/bad permissions|invalid format|error in libcrypto/i, say`the private key cannot be read`],
  [
    /Too many authentication failures|Permission denied \(/i,
    say`it takes none of your keys: check the user, and the key (\`docker:sshOpts\` with -i, ~/.ssh/config or an agent)`,
  ],
  [/Could not resolve hostname/i, say`there is no host of that name`],
  [/Connection refused/i, say`no SSH server listens there: check the port`],
  [/timed out|No route to host|Network is unreachable/i, say`the host cannot be reached`],
  [
    /docker(?:: command|:)? not found|not found: docker|docker: No such file/i,
    say`its shell finds no docker client, which the way to its engine goes through: install it there`,
  ],
  [/not a docker command/i, say`the docker client there is older than 18.09: update it`],
  [
    /permission denied.*(?:docker|\.sock)|(?:docker|\.sock).*permission denied/i,
    say`that user may not use the engine's socket: add the user to the group docker there, which makes it root`,
  ],
  [
    /Cannot connect to the Docker daemon|docker daemon is not running|dial unix|no such file or directory/i,
    say`no engine listens at the socket there: start it`,
  ],
];

/**
 * Why a connection through ssh has ended, in one sentence with the last lines that it wrote.
 *
 * @param output what ssh and the far side wrote beside the connection itself
 */
export function sshFailure(output: string, code: number | null): string {
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trim())
    // Frames of ssh's own warnings.
    .filter((line) => line !== "" && !/^@+$/.test(line));
  const meaning = MEANINGS.find(([words]) => words.test(output))?.[1];
  const last = withoutStop(lines.slice(-3).join(" "));
  const said = last === "" ? say`ssh ended with ${code ?? say`a signal`}` : last;
  return meaning === undefined ? said : `${meaning} (${said})`;
}
