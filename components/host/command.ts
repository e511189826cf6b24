import * as pulumi from "@pulumi/pulumi";
import type { Invocation } from "./connection";

/** Version of the command plugin that the CLI fetches where it is not there yet. */
export const PLUGIN_VERSION = "1.2.1";

interface HostCommandArgs {
  invocation: Invocation;
  privateKey?: pulumi.Input<string>;
  /** What is sent: a front-end with a job in its middle. */
  text: pulumi.Input<string>;
}

/**
 * The resource that @pulumi/command would register as `local.Command`: it sends a job over a connection, to apply it
 * and to take it back. The SDK itself need not be there: wherever it is installed, the CLI looks for its plugin before
 * every preview, of Docker stacks too.
 *
 * Not `remote.Command`: that one accepts any host key unless it is told one, keeps the private key in the stack's
 * state, and knows neither `~/.ssh/config` nor known_hosts.
 */
export class HostCommand extends pulumi.CustomResource {
  declare readonly stdout: pulumi.Output<string>;
  /** What the last job said, line by line. */
  readonly report: pulumi.Output<string[]>;

  constructor(name: string, { invocation, privateKey, text }: HostCommandArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "command:local:Command",
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
        stdout: undefined,
        stderr: undefined,
      },
      // The plugin itself would only run `create` anew: it is its SDK that says this.
      { ...opts, version: PLUGIN_VERSION, replaceOnChanges: ["triggers[*]"] },
    );
    this.report = this.stdout.apply((said) => (said ?? "").split("\n").filter(Boolean));
  }
}
