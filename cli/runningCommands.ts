import type { ArgumentSpec, CommandSpec } from "./commandSpec";
import type { Power } from "./power";

const RUN = "See and handle what runs, without the Pulumi CLI:";

const STACK: ArgumentSpec = { name: "<stack>", doc: "the stack", kind: "stack" };
const SERVICES: ArgumentSpec = { name: "[service...]", doc: "only these services (default: all)" };

function powerSpec(name: Power, summary: string, description: string, examples: CommandSpec["examples"]): CommandSpec {
  return {
    name,
    group: RUN,
    summary,
    description: `${description} What is declared stays as it is. On a Docker engine only.`,
    arguments: [STACK, SERVICES],
    expects: "name a stack",
    examples,
    action: async ([stack, ...services]) => (await import("./power")).power(name, stack!, services),
  };
}

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
  {
    name: "logs",
    group: RUN,
    summary: "what the services of a stack have written",
    description:
      "Goes by the names in the program or the compose file. What went to standard error goes there. On a Docker " +
      "engine and a Swarm.",
    arguments: [STACK, SERVICES],
    expects: "name a stack",
    options: [
      { flags: "-f, --follow", doc: "go on with what they write from now on" },
      { flags: "--tail <lines>", doc: "only the last lines of each (default: all)" },
    ],
    examples: [
      ["berth logs tomcat", "of all services, one after the other"],
      ["berth logs tomcat tomcat01 --follow --tail 20", "of one, and what it writes from now on"],
    ],
    action: async ([stack, ...services], options) => (await import("./logs")).logs(stack!, services, options),
  },
  {
    name: "exec",
    group: RUN,
    summary: "run a command, or a shell, inside a service",
    description:
      "Ends with the command's own exit code. Without a command it is bash where there is one, else sh. All behind the " +
      "service belongs to the command. On a Docker engine, and a Swarm where a task runs on the node that is asked.",
    arguments: [
      STACK,
      { name: "<service>", doc: "the service" },
      { name: "[command...]", doc: "the command (default: a shell)" },
    ],
    expects: "name a stack and a service",
    passThrough: true,
    examples: [
      ["berth exec mysql mysql01 mysql -uroot -p", "a command with options of its own"],
      ["berth exec nginx nginx01", "a shell"],
    ],
    action: async ([stack, service, ...command]) => {
      const { UsageError } = await import("./usageError");
      if (service === undefined) throw new UsageError("exec: name a stack and a service");
      return (await import("./exec")).exec(stack!, service, command);
    },
  },
  powerSpec("restart", "start the containers of a stack anew", "Stops and starts them, in the order of the program.", [
    ["berth restart tomcat tomcat01", "one service"],
    ["berth restart tomcat", "all of them"],
  ]),
  powerSpec(
    "stop",
    "stop the containers of a stack; they stay, with what is in them",
    "In reverse order of the program.",
    [
      ["berth stop tomcat", "all of them"],
      ["berth stop tomcat tomcat01", "one service"],
    ],
  ),
  powerSpec("resume", "start the containers of a stack that `berth stop` has stopped", "In the order of the program.", [
    ["berth resume tomcat", "all of them"],
  ]),
  {
    name: "backup",
    group: RUN,
    summary: "save the data of a stack as one file: volumes, and dumps of databases",
    description:
      "MySQL, MariaDB and PostgreSQL write a dump while they run, Redis saves its file; all others stop while their " +
      "volumes are read, and start again. On a Docker engine, and for the tasks on one node of a Swarm.",
    arguments: [STACK],
    expects: "name one stack",
    options: [
      { flags: "--to <place>", doc: "a folder, or a new file (default: berth-STACK-TIME.tar here)", kind: "file" },
      { flags: "--volume <name>", doc: "only this volume, or those of this service; can be repeated", many: true },
      { flags: "--stop", doc: "stop databases too, and take their files" },
      { flags: "--pause", doc: "pause instead of stopping: as after a power cut" },
      { flags: "--live", doc: "stop nothing: files may change while they are read" },
      { flags: "--encrypt", doc: "encrypt it with the passphrase of the stack" },
      { flags: "--json", doc: "for other programs" },
    ],
    examples: [
      ["berth backup mysql", "a file in this folder"],
      ["berth backup mysql --to /srv/backups --encrypt", "into a folder that others may read"],
      ["berth backup jenkins --volume jenkins-data --pause", "one volume, without a restart"],
    ],
    action: async ([stack], options) => (await import("./backup")).backup(stack!, options),
  },
  {
    name: "restore",
    group: RUN,
    summary: "put a backup in place of the data that a stack has now",
    description:
      "Verifies the whole file first. The stack stands still meanwhile. What its volumes hold goes into a backup of its " +
      "own before anything is touched, and comes back where something fails. Where there is data to be replaced, it " +
      "asks for the stack's name.",
    arguments: [STACK, { name: "<file>", doc: "what `berth backup` has written", kind: "file" }],
    expects: "name a stack and a backup",
    options: [
      { flags: "--volume <name>", doc: "only this volume, or those of this service; can be repeated", many: true },
      { flags: "--replace-data <stack>", doc: "the stack's name, in place of the question; for scripts" },
      { flags: "--before <place>", doc: "where the data of now goes (default: a file here)", kind: "file" },
      { flags: "--from <stack>", doc: "take the backup of this other stack" },
      { flags: "--json", doc: "for other programs" },
    ],
    examples: [
      ["berth restore mysql berth-mysql-20261127-093000.tar", "asks before it replaces data"],
      ["berth restore mysql mysql.tar --replace-data mysql", "does not ask; for scripts"],
      ["berth restore mysql-test mysql.tar --from mysql", "into another stack"],
    ],
    action: async ([stack, file], options) => (await import("./restore")).restore(stack!, file!, options),
  },
  {
    name: "open",
    group: RUN,
    summary: "the published page of a service, in the browser",
    description: "Prints its address, and opens it where the output is a terminal and there is a browser.",
    arguments: [STACK, { name: "[service]", doc: "the service, where several publish ports" }],
    expects: "name a stack, and one service at most",
    examples: [
      ["berth open nginx", "the only service that publishes a port"],
      ["berth open jenkins jenkins-nginx", "one of several"],
    ],
    action: async ([stack, ...services]) => (await import("./open")).open(stack!, services),
  },
];
