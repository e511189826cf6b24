// A thread (endWithCli.ts): it notices that the CLI is gone also while the program beside it computes.
const { connect } = require("node:http2");
const { parentPort, workerData } = require("node:worker_threads");
const { endPlugins } = require("./endPlugins");

const { engine, parent } = workerData;

function gone() {
  endPlugins(parent, engine);
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
