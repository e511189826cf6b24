const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
const { parentOf } = require("../../core/pulumi/endPlugins");
const { processes } = require("../../core/pulumi/processes");

/** A process and everything below it, by numbers as texts. */
function tree(pid) {
  const parents = new Map(processes().map((one) => [one.pid, parentOf(one.pid)]));
  return [...parents.keys()].filter((id) => {
    let ancestor = id;
    while (ancestor && ancestor !== pid) ancestor = parents.get(ancestor);
    return ancestor === pid;
  });
}

/** The sum of a number in a file of each process, 0 for one that is gone. */
function sum(pids, file, pattern) {
  let total = 0;
  for (const pid of pids) {
    try {
      total += Number(pattern.exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))[1]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return total;
}

/**
 * Follows the peak memory of a process and everything below it. The result gives it in MiB; pages that several share, as those
 * of Node.js itself, count once. Counting so holds up the processes, so it is done only where their sizes have grown.
 */
function followMemory(pid) {
  let largest = 0;
  let peak = 0;
  const look = () => {
    const pids = tree(String(pid));
    const pages = sum(pids, "statm", /^\d+ (\d+)/);
    if (pages < 1.05 * largest) return;
    largest = pages;
    peak = Math.max(peak, sum(pids, "smaps_rollup", /^Pss: +(\d+) kB$/m) / 1024);
  };
  look();
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/** Runs a command to its end; fails with the last of its output. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const endFollowing = followMemory(child.pid);
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      const memory = endFollowing();
      code === 0
        ? resolve({ seconds, memory })
        : reject(new Error(`${command} ${args.join(" ")}: ${output.slice(-2000)}`));
    });
  });
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

module.exports = { median, run };
