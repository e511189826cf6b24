import type { ArgumentSpec, CommandSpec } from "./commandSpec";
import { say } from "../core/description/say";

const STACK: ArgumentSpec = { name: "<stack>", doc: say`the stack`, kind: "stack" };

/** Commands about what was applied before. */
export const backCommands = (group: string): CommandSpec[] => [
  {
    name: "history",
    group,
    summary: say`when something was applied to a stack, and what it changed`,
    description: say`One row for each update that changed something, newest first. A state in a folder is read without the Pulumi CLI and without a passphrase. Of secrets it says only where they are.`,
    arguments: [STACK],
    expects: say`name one stack`,
    options: [
      { flags: "--limit <number>", doc: say`how many updates (default: 20)` },
      { flags: "--json", doc: say`for other programs` },
    ],
    examples: [
      ["berth history nginx", say`the last 20 updates`],
      ["berth history nginx --json", say`for other programs`],
    ],
    action: async ([stack], options) => (await import("./history")).history(stack!, options),
  },
  {
    name: "rollback",
    group,
    summary: say`go back to what ran before a change, even days later`,
    description: say`Goes back to what ran before the last change: images by their digest, and the whole description of the services. What was secret then is taken from the program as it is now, and data stays as it is. From then on the stack's setting berth:rollback says so, and every command goes by it; --end ends that. Shows what changes, and asks first.`,
    arguments: [
      STACK,
      { name: "[service...]", doc: say`only these services (default: all that the last change was about)` },
    ],
    expects: say`name a stack`,
    options: [
      { flags: "--to <update>", doc: say`the number of an update in \`berth history\`, as it was after that` },
      { flags: "--end", doc: say`have them run as the program says again` },
      { flags: "--yes", doc: say`do not ask` },
    ],
    examples: [
      ["berth rollback tomcat", say`as before the last change`],
      ["berth rollback tomcat tomcat01 --to 3", say`one service, as after update 3`],
      ["berth rollback tomcat --end", say`as the program says again`],
    ],
    action: async ([stack, ...services], options) => (await import("./rollback")).rollback(stack!, services, options),
  },
];
