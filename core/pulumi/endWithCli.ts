import { join } from "node:path";
import { Worker } from "node:worker_threads";

const { endPlugins, parentOf } = require("./endPlugins") as {
  endPlugins(host: number, engine: string | undefined): void;
  parentOf(pid: number): string | undefined;
};

/** How the CLI runs a program. In every other process, one that uses the automation API for example, it is a guest. */
const RUN_BY_CLI = /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]index\.js)?$/;

let watching = false;

/** Has the program end with the CLI that runs it. */
export function endWithCli(): void {
  if (RUN_BY_CLI.test(process.argv[1] ?? "")) endWith(process.env.PULUMI_NODEJS_ENGINE);
}

/**
 * Has this process, which the CLI has started, end with it. A CLI that is killed leaves its processes: their waits go on,
 * and their output has no reader, so that whatever they write is an error, which the SDK reports by writing, for ever.
 *
 * @param engine address of the CLI's own server
 */
export function endWith(engine: string | undefined): void {
  if (watching) return;
  watching = true;
  const end = () => process.exit(1);
  const { ppid: parent } = process;
  // The SDK may end the program first, because nobody answers it.
  const cli = parentOf(parent);
  process.on("exit", () => {
    if (parentOf(parent) !== cli) endPlugins(parent, engine);
  });
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") {
        endPlugins(parent, engine);
        end();
      }
      throw error;
    });
  try {
    const workerData = { engine, parent };
    // What is loaded before the program is no business of the thread.
    new Worker(join(__dirname, "cliGone.js"), { workerData, env: {}, execArgv: [] })
      .on("message", end)
      .on("error", () => {})
      .unref();
  } catch {
    // A process that may have no threads.
  }
}
