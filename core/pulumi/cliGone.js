// A thread (endWithCli.ts): it notices that the CLI is gone also while the program beside it computes.
const { readFileSync } = require("node:fs");
const { connect } = require("node:http2");
const { parentPort, workerData } = require("node:worker_threads");

const { engine, parent } = workerData;

/** The language host looks every five minutes whether the CLI is there. Elsewhere than on Linux it ends no sooner. */
function endHost() {
  try {
    if (/^pulumi-language/.test(readFileSync(`/proc/${parent}/comm`, "utf8"))) process.kill(parent, "SIGTERM");
  } catch {
    // It is gone itself.
  }
}

function gone() {
  endHost();
  parentPort.postMessage("gone");
  // A program that does not come to listen.
  setTimeout(() => process.kill(process.pid, "SIGKILL"), 800);
}

// The CLI's own server. Only where nobody listens any more is it gone: a connection may break, a CLI that is stopped or
// busy may not answer for long.
function hold() {
  const session = connect(`http://${engine}`);
  session.on("error", ({ code }) => code === "ECONNREFUSED" && gone());
  session.on("close", () => setTimeout(hold, 300));
}
if (engine) hold();

// The language host, which the CLI has started and which has started the program; a plugin's is the CLI itself. A process
// whose parent ends gets another one.
setInterval(() => process.ppid !== parent && gone(), 300);
