import { spawn } from "node:child_process";
import * as http from "node:http";
import type { Duplex } from "node:stream";
import type { EngineAddress } from "./address";
import { CommandSocket } from "./commandSocket";
import { EngineError } from "./errors";
import { sshArguments, sshFailure } from "./sshCommand";
import { say } from "../../../description/say";

/**
 * Connections to an engine's socket on another host, through this system's `ssh` and the docker client there: its
 * keys, agents, known hosts and jump hosts count, as they do for the docker client and the provider.
 */
class SshAgent extends http.Agent {
  private closed = false;

  constructor(
    private readonly args: string[],
    options: http.AgentOptions,
  ) {
    super(options);
  }

  override createConnection(_options: unknown, done?: (error: Error | null, stream: Duplex) => void): Duplex | null {
    if (this.closed) {
      done?.(new EngineError(0, say`the connection is closed`), undefined as never);
      return null;
    }
    // A session of its own: Ctrl-C ends the program, which then still has to tidy up over there.
    const child = spawn("ssh", this.args, { stdio: "pipe", detached: true, env: process.env });
    return new CommandSocket(child, (messages, code) => new EngineError(0, sshFailure(messages, code)));
  }

  override destroy(): void {
    this.closed = true;
    super.destroy();
  }
}

export function sshAgent({ host, sshOpts }: EngineAddress, options: http.AgentOptions): http.Agent {
  return new SshAgent(sshArguments(host, sshOpts), options);
}
