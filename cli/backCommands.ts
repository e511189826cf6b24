import type { ArgumentSpec, CommandSpec } from "./commandSpec";

const STACK: ArgumentSpec = { name: "<stack>", doc: "the stack", kind: "stack" };

/** Commands about what was applied before. */
export const backCommands = (group: string): CommandSpec[] => [
  {
    name: "history",
    group,
    summary: "what was applied to a stack when, and what that changed",
    description:
      "One row for each update that changed something, newest first. A state in a folder is read without the Pulumi CLI " +
      "and without a passphrase. Of secrets it says only where they are.",
    arguments: [STACK],
    expects: "name one stack",
    options: [
      { flags: "--limit <number>", doc: "how many updates (default: 20)" },
      { flags: "--json", doc: "for other programs" },
    ],
    examples: [
      ["berth history nginx", "the last 20 updates"],
      ["berth history nginx --json", "for other programs"],
    ],
    action: async ([stack], options) => (await import("./history")).history(stack!, options),
  },
  {
    name: "rollback",
    group,
    summary: "have services run as they did before, also days later",
    description:
      "Goes back to what ran before the last change: images by their digest, and the whole description of the services. " +
      "What was secret then is taken from the program as it is, and data stays as it is. The setting berth:rollback of " +
      "the stack says it from then on, and every command goes by it; --end ends that. Shows what changes, and asks.",
    arguments: [
      STACK,
      { name: "[service...]", doc: "only these services (default: all that the last change was about)" },
    ],
    expects: "name a stack",
    options: [
      { flags: "--to <update>", doc: "the number of an update in `berth history`, as it was after that" },
      { flags: "--end", doc: "have them run as the program says again" },
      { flags: "--yes", doc: "do not ask" },
    ],
    examples: [
      ["berth rollback tomcat", "as before the last change"],
      ["berth rollback tomcat tomcat01 --to 3", "one service, as after update 3"],
      ["berth rollback tomcat --end", "as the program says again"],
    ],
    action: async ([stack, ...services], options) => (await import("./rollback")).rollback(stack!, services, options),
  },
];
