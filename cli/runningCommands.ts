import type { CommandSpec } from "./commandSpec";

const RUN = "See and handle what runs, without the Pulumi CLI:";

/** Commands about what runs. They need the program, its settings and its engine, and no state, plugin or passphrase. */
export const RUNNING: CommandSpec[] = [
  {
    name: "status",
    alias: "ps",
    group: RUN,
    summary: "what is declared against what runs, straight from the engine",
    description:
      "Says of each service whether it runs, answers and is as declared, with its ports. No state, plugin or passphrase " +
      "is needed. The exit code is 0 where all is as declared and healthy, and 1 otherwise. Limits, restart policies " +
      "and the values of secrets are not compared; `berth preview` does that.",
    arguments: [{ name: "[stack]", doc: "the stack (default: dev)", kind: "stack" }],
    expects: "name one stack",
    options: [
      { flags: "--json", doc: "for other programs" },
      { flags: "--wait", doc: "until all is as declared and healthy" },
      { flags: "--timeout <seconds>", doc: "how long --wait waits (default: 120)" },
    ],
    examples: [
      ["berth status nginx", "its services, with state, ports and uptime"],
      ["berth status nginx --wait && curl localhost:8080", "go on when it answers"],
      ["berth status nginx --json", "for other programs"],
    ],
    action: async ([stack = "dev"], options) => (await import("./status")).status(stack, options),
  },
];
