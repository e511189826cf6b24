import type { Command } from "@pulumi/command/local/command";
import * as pulumi from "@pulumi/pulumi";
import type { Invocation } from "./connection";

interface HostCommandArgs {
  invocation: Invocation;
  privateKey?: pulumi.Input<string>;
  /** What is sent: a front-end with a job in its middle. */
  text: pulumi.Input<string>;
}

/**
 * Sends a job over a connection, to apply it and to take it back.
 *
 * Not by `remote.Command`: that one accepts any host key unless it is told one, keeps the private key in the stack's
 * state, and knows neither `~/.ssh/config` nor known_hosts.
 */
export class HostCommand {
  readonly command: Command;
  readonly stdout: pulumi.Output<string>;
  /** What the last job said, line by line. */
  readonly report: pulumi.Output<string[]>;

  constructor(name: string, { invocation, privateKey, text }: HostCommandArgs, opts: pulumi.CustomResourceOptions) {
    // Read when it is needed: a stack without hosts does without it.
    const local = require("@pulumi/command/local/command") as typeof import("@pulumi/command/local/command");
    this.command = new local.Command(
      name,
      {
        interpreter: invocation.program,
        create: "sh -s -- apply",
        delete: "sh -s -- remove",
        // It holds what stood on the host before, whatever that was.
        stdin: pulumi.secret(text),
        environment: invocation.withKey ? { BERTH_PRIVATE_KEY: pulumi.secret(privateKey!) } : undefined,
        // Another machine is set up anew, and this one gets back what it had.
        triggers: [invocation.identity],
        addPreviousOutputInEnv: false,
      },
      opts,
    );
    this.stdout = this.command.stdout;
    this.report = this.stdout.apply((said) => (said ?? "").split("\n").filter(Boolean));
  }
}
