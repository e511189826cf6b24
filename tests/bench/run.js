const { spawn } = require("node:child_process");
const { readdirSync, readFileSync } = require("node:fs");

/** Memory of a process and everything below it, in MiB; pages that several share, as those of Node.js itself, count once. */
function treeMemory(pid) {
  const parents = new Map();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  let kib = 0;
  for (const id of parents.keys()) {
    let ancestor = id;
    while (ancestor && ancestor !== pid) ancestor = parents.get(ancestor);
    if (ancestor !== pid) continue;
    try {
      kib += Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))[1]);
    } catch {
      // Likewise.
    }
  }
  return kib / 1024;
}

/** Runs a command to its end; fails with the last of its output. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let memory = 0;
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const watch = setInterval(() => (memory = Math.max(memory, treeMemory(child.pid))), 100);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(watch);
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      code === 0
        ? resolve({ seconds, memory })
        : reject(new Error(`${command} ${args.join(" ")}: ${output.slice(-2000)}`));
    });
  });
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

module.exports = { median, run };
