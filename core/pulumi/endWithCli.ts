import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** How the CLI runs a program. In every other process, one that uses the automation API for example, it is a guest. */
const RUN_BY_CLI = /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]index\.js)?$/;

let watching = false;

/**
 * Has the program end with the CLI that runs it. A CLI that is killed leaves its programs: the waits of one go on, and
 * its output has no reader, so that whatever it writes is an error, which the SDK reports by writing, for ever.
 */
export function endWithCli(): void {
  if (watching || !RUN_BY_CLI.test(process.argv[1] ?? "")) return;
  watching = true;
  const end = () => process.exit(1);
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") end();
      throw error;
    });
  try {
    const workerData = { engine: process.env.PULUMI_NODEJS_ENGINE, parent: process.ppid };
    // What is loaded before the program is no business of the thread.
    new Worker(join(__dirname, "cliGone.js"), { workerData, env: {}, execArgv: [] })
      .on("message", end)
      .on("error", () => {})
      .unref();
  } catch {
    // A process that may have no threads.
  }
}
