const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** The words of a process's command line. */
exports.wordsOf = (pid, folder = "/proc") => readFileSync(join(folder, pid, "cmdline"), "utf8").split("\0");

/** All processes with their words; elsewhere than on Linux there are none to be seen. */
exports.processes = (folder = "/proc") => {
  let all = [];
  try {
    all = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    // No Linux.
  }
  return all.flatMap((pid) => {
    try {
      return { pid, words: exports.wordsOf(pid, folder) };
    } catch {
      // It has ended by itself.
      return [];
    }
  });
};
