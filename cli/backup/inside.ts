import { addAbortSignal, type Readable } from "node:stream";
import { type EngineClient, pieces } from "../../core/engines/dockerApi/connection/client";
import { say } from "../../core/description/say";

/** A script in a container has failed. */
export class ScriptError extends Error {
  constructor(
    /** Exit code; null where it was cut off. */
    readonly code: number | null,
    /** The last that it has said on its standard error. */
    readonly said: string,
  ) {
    super(said.trim().split("\n").at(-1) || say`it ended with the exit code ${code}`);
    this.name = "ScriptError";
  }
}

/** Characters of what a script says that are kept. */
const KEPT = 4000;

/** For the shell of a container: whatever is secret comes from its own environment, or from `env`. */
export interface Script {
  text: string;
  /** Variables besides those of the container, as `NAME=value`. */
  env?: string[];
}

/** How a script is run. */
export interface Running {
  signal: AbortSignal;
  /** For its standard input. */
  input?: Readable;
}

/**
 * Runs a script in a container, and gives what it writes as it comes.
 *
 * @param hear gets what it says on its standard error
 * @throws ScriptError where it fails, when all that it has written has been given
 */
export async function* outputOf(
  client: EngineClient,
  container: string,
  { text, env = [] }: Script,
  { signal, input }: Running,
  hear?: (text: string) => void,
): AsyncGenerator<Buffer> {
  const { Id } = await client.request<{ Id: string }>("POST", `/containers/${container}/exec`, {
    AttachStdin: input !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Env: env,
    Cmd: ["/bin/sh", "-c", text],
  });
  const { head, socket } = await client.hijack(`/exec/${Id}/start`, { Detach: false, Tty: false });
  addAbortSignal(signal, socket);
  let said = "";
  let broken: Error | undefined;
  try {
    if (head.length) socket.unshift(head);
    input?.on("error", (error) => {
      broken = error;
      socket.destroy();
    });
    // A script that has failed hears no more; what it has said tells why.
    socket.on("error", () => {});
    input?.pipe(socket);
    for await (const { error, data } of pieces(socket, true))
      if (error) {
        hear?.(data.toString());
        said = (said + data.toString()).slice(-KEPT);
      } else yield data;
  } catch (error) {
    signal.throwIfAborted();
    throw broken ?? error;
  } finally {
    input?.unpipe(socket);
    socket.destroy();
  }
  signal.throwIfAborted();
  if (broken) throw broken;
  const { ExitCode } = await client.request<{ ExitCode: number | null }>("GET", `/exec/${Id}/json`);
  if (ExitCode !== 0) throw new ScriptError(ExitCode, said);
}

/** The same for a script that writes little. */
export async function answerOf(
  client: EngineClient,
  container: string,
  script: Script,
  running: Running,
): Promise<string> {
  let text = "";
  for await (const chunk of outputOf(client, container, script, running)) text += chunk.toString();
  return text;
}
