import type { ArgumentSpec, CommandSpec } from "./commandSpec";
import type { Power } from "./power";
import { say } from "../core/description/say";

const RUN = say`See and manage what runs, without the Pulumi CLI:`;

const STACK: ArgumentSpec = { name: "<stack>", doc: say`the stack`, kind: "stack" };
const SERVICES: ArgumentSpec = { name: "[service...]", doc: say`only these services (default: all)` };

function powerSpec(name: Power, summary: string, description: string, examples: CommandSpec["examples"]): CommandSpec {
  return {
    name,
    group: RUN,
    summary,
    description: say`${description} What is declared stays as it is. On a Docker engine only.`,
    arguments: [STACK, SERVICES],
    expects: say`name a stack`,
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
    summary: say`compare what is declared with what runs, straight from the engine`,
    description: say`Says of each service whether it runs, answers and is as declared, with its ports. No state, plugin or passphrase is needed. The exit code is 0 where all is as declared and healthy, and 1 otherwise. Limits, restart policies and the values of secrets are not compared; \`berth preview\` does that.`,
    arguments: [{ name: "[stack]", doc: say`the stack (default: dev)`, kind: "stack" }],
    expects: say`name one stack`,
    options: [
      { flags: "--json", doc: say`for other programs` },
      { flags: "--wait", doc: say`until all is as declared and healthy` },
      { flags: "--timeout <seconds>", doc: say`how long --wait waits (default: 120)` },
    ],
    examples: [
      ["berth status nginx", say`its services, with state, ports and uptime`],
      ["berth status nginx --wait && curl localhost:8080", say`go on when it answers`],
      ["berth status nginx --json", say`for other programs`],
    ],
    action: async ([stack = "dev"], options) => (await import("./status")).status(stack, options),
  },
  {
    name: "logs",
    group: RUN,
    summary: say`what the services of a stack have written`,
    description: say`Goes by the names in the program or the compose file. What went to standard error goes there. On a Docker engine and a Swarm.`,
    arguments: [STACK, SERVICES],
    expects: say`name a stack`,
    options: [
      { flags: "-f, --follow", doc: say`go on with what they write from now on` },
      { flags: "--tail <lines>", doc: say`only the last lines of each (default: all)` },
    ],
    examples: [
      ["berth logs tomcat", say`of all services, one after the other`],
      ["berth logs tomcat tomcat01 --follow --tail 20", say`of one, and what it writes from now on`],
    ],
    action: async ([stack, ...services], options) => (await import("./logs")).logs(stack!, services, options),
  },
  {
    name: "exec",
    group: RUN,
    summary: say`run a command, or a shell, inside a service`,
    description: say`Ends with the command's own exit code. Without a command it is bash where there is one, else sh. All behind the service belongs to the command. On a Docker engine, and a Swarm where a task runs on the node that is asked.`,
    arguments: [
      STACK,
      { name: "<service>", doc: say`the service` },
      { name: "[command...]", doc: say`the command (default: a shell)` },
    ],
    expects: say`name a stack and a service`,
    passThrough: true,
    examples: [
      ["berth exec mysql mysql01 mysql -uroot -p", say`a command with options of its own`],
      ["berth exec nginx nginx01", say`a shell`],
    ],
    action: async ([stack, service, ...command]) => {
      const { UsageError } = await import("./usageError");
      if (service === undefined) throw new UsageError(say`exec: name a stack and a service`);
      return (await import("./exec")).exec(stack!, service, command);
    },
  },
  powerSpec(
    "restart",
    say`restart the containers of a stack`,
    say`Stops and starts them, in the order of the program.`,
    [
      ["berth restart tomcat tomcat01", say`one service`],
      ["berth restart tomcat", say`all of them`],
    ],
  ),
  powerSpec(
    "stop",
    say`stop the containers of a stack, and keep them with what is in them`,
    say`In reverse order of the program.`,
    [
      ["berth stop tomcat", say`all of them`],
      ["berth stop tomcat tomcat01", say`one service`],
    ],
  ),
  powerSpec("start", say`start the containers that \`berth stop\` has stopped`, say`In the order of the program.`, [
    ["berth start tomcat", say`all of them`],
  ]),
  {
    name: "backup",
    group: RUN,
    summary: say`save the data of a stack as one file: volumes, and dumps of databases`,
    description: say`MySQL, MariaDB and PostgreSQL write a dump while they run, Redis saves its file; all others stop while their volumes are read, and start again. On a Docker engine, and for the tasks on one node of a Swarm.`,
    arguments: [STACK],
    expects: say`name one stack`,
    options: [
      { flags: "--to <place>", doc: say`a folder, or a new file (default: berth-STACK-TIME.tar here)`, kind: "file" },
      { flags: "--volume <name>", doc: say`only this volume, or those of this service; can be repeated`, many: true },
      { flags: "--stop", doc: say`stop databases too, and take their files` },
      { flags: "--pause", doc: say`pause instead of stopping: as after a power cut` },
      { flags: "--live", doc: say`stop nothing: files may change while they are read` },
      { flags: "--encrypt", doc: say`encrypt it with the passphrase of the stack` },
      { flags: "--json", doc: say`for other programs` },
    ],
    examples: [
      ["berth backup mysql", say`a file in this folder`],
      ["berth backup mysql --to /srv/backups --encrypt", say`into a folder that others may read`],
      ["berth backup jenkins --volume jenkins-data --pause", say`one volume, without a restart`],
    ],
    action: async ([stack], options) => (await import("./backup")).backup(stack!, options),
  },
  {
    name: "restore",
    group: RUN,
    summary: say`put a backup in place of the data that a stack has now`,
    description: say`Verifies the whole file first. The stack stands still meanwhile. What its volumes hold goes into a backup of its own before anything is touched, and comes back where something fails. Where there is data to be replaced, it asks for the stack's name.`,
    arguments: [STACK, { name: "<file>", doc: say`what \`berth backup\` has written`, kind: "file" }],
    expects: say`name a stack and a backup`,
    options: [
      { flags: "--volume <name>", doc: say`only this volume, or those of this service; can be repeated`, many: true },
      { flags: "--replace-data <stack>", doc: say`the stack's name, in place of the question; for scripts` },
      { flags: "--before <place>", doc: say`where the data of now goes (default: a file here)`, kind: "file" },
      { flags: "--from <stack>", doc: say`take the backup of this other stack` },
      { flags: "--json", doc: say`for other programs` },
    ],
    examples: [
      ["berth restore mysql berth-mysql-20261127-093000.tar", say`asks before it replaces data`],
      ["berth restore mysql mysql.tar --replace-data mysql", say`does not ask; for scripts`],
      ["berth restore mysql-test mysql.tar --from mysql", say`into another stack`],
    ],
    action: async ([stack, file], options) => (await import("./restore")).restore(stack!, file!, options),
  },
  {
    name: "open",
    group: RUN,
    summary: say`the published page of a service, in the browser`,
    description: say`Prints its address, and opens it where the output is a terminal and there is a browser.`,
    arguments: [STACK, { name: "[service]", doc: say`the service, where several publish ports` }],
    expects: say`name a stack, and one service at most`,
    examples: [
      ["berth open nginx", say`the only service that publishes a port`],
      ["berth open jenkins jenkins-nginx", say`one of several`],
    ],
    action: async ([stack, ...services]) => (await import("./open")).open(stack!, services),
  },
];
