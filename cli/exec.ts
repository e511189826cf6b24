import { constants } from "node:os";
import { say } from "../core/description/say";
import { type EngineClient, pieces } from "../core/engines/dockerApi/connection/client";
import type { ServiceStatus } from "../core/engines/status";
import { chosen, close, kubectlNames, servicesNow, stackNow, tasksOf } from "./stackNow";

/** What a person wants inside a container where nothing is said. */
const SHELL = ["/bin/sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh"];

/** `berth exec`: a command inside the container of a service; its exit code is that of the command. */
export async function exec(stack: string, service: string, command: string[]): Promise<number> {
  const now = await stackNow(stack);
  try {
    const kubernetes = (status: ServiceStatus) => `kubectl exec -it ${kubectlNames(status)} -- ${command[0] ?? "sh"}`;
    const [status, { client }] = chosen(await servicesNow(now), [service], now, { kubernetes })[0]!;
    const running = ["running", "healthy", "unhealthy", "starting"].includes(status.state);
    const container = status.engine === "swarm" ? await taskOf(client!, status.id!, service) : status.id!;
    if (status.engine === "docker" && !running)
      throw new Error(say`${service} does not run (${status.state}); \`berth start ${stack} ${service}\` starts it`);
    return await execIn(client!, container, command.length ? command : SHELL);
  } finally {
    close(now);
  }
}

/** A container of a Swarm's service on the node that is asked. */
async function taskOf(client: EngineClient, id: string, service: string): Promise<string> {
  const [found] = await tasksOf(client, id);
  if (found !== undefined) return found;
  throw new Error(say`no task of ${service} runs on this node of the Swarm; \`docker service ps\` says on which`);
}

async function execIn(client: EngineClient, container: string, command: string[]): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const tty = stdin.isTTY === true && stdout.isTTY === true;
  const { Id } = await client.request<{ Id: string }>("POST", `/containers/${container}/exec`, {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
    Env: tty ? [`TERM=${process.env.TERM ?? "xterm"}`] : [],
    Cmd: command,
  });
  const { head, socket } = await client.hijack(`/exec/${Id}/start`, { Detach: false, Tty: tty });
  const fit = () => {
    const { rows, columns } = stdout;
    void client.raw("POST", `/exec/${Id}/resize?h=${rows}&w=${columns}`).catch(() => {});
  };
  if (tty) {
    fit();
    stdout.on("resize", fit);
    stdin.setRawMode(true);
  }
  try {
    if (head.length) socket.unshift(head);
    stdin.pipe(socket);
    for await (const { error, data } of pieces(socket, !tty)) (error ? stderr : stdout).write(data);
  } finally {
    stdin.unpipe(socket);
    stdin.pause();
    if (tty) {
      stdin.setRawMode(false);
      stdout.off("resize", fit);
    }
    socket.destroy();
  }
  const { ExitCode } = await client.request<{ ExitCode: number | null }>("GET", `/exec/${Id}/json`);
  // Cut off: as if it had been told to end.
  return ExitCode ?? 128 + constants.signals.SIGTERM;
}
