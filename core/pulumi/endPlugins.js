const { readFileSync } = require("node:fs");
const { processes, wordsOf } = require("./processes");

/** Parent and session of a process, by numbers as texts. */
function familyOf(pid) {
  const [, parent, , session] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return { parent, session };
}

const HOST = /(^|\/)pulumi-language-[\w-]+$/;
const PROVIDER = /(^|\/)pulumi-resource-[\w-]+$/;
const PROGRAM = /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]index\.js)?$/;

/** Whether the CLI that has started it is gone: then another process is its parent, and that of a program's host. */
function isLeft(pid) {
  const { parent } = familyOf(pid);
  const [above] = wordsOf(parent);
  return HOST.test(above) ? isLeft(parent) : !/(^|\/)pulumi$/.test(above);
}

/** Ends some of all processes. */
function endThose(isMeant) {
  // All are found before the first one ends, which others may have for a parent.
  const meant = processes().filter(({ pid, words }) => {
    try {
      return isMeant(words, pid);
    } catch {
      // It has ended by itself.
      return false;
    }
  });
  for (const { pid } of meant) {
    try {
      process.kill(Number(pid), "SIGTERM");
    } catch {
      // The same, or it is somebody else's.
    }
  }
}

/**
 * Ends what a CLI that is gone has started beside the program: the language host, and the providers, which would finish
 * what they are about while the next `up` begins. They look every five minutes whether the CLI is there. Elsewhere than
 * on Linux they end no sooner.
 */
exports.endPlugins = (host, engine) =>
  endThose(([program, ...words], pid) =>
    // A provider is told the address of its CLI.
    PROVIDER.test(program)
      ? engine && words.includes(engine) && isLeft(pid)
      : HOST.test(program) && Number(pid) === host,
  );

/** The same of a process that may have ended, or of a machine that shows none: neither is known there. */
function familySeen(pid) {
  try {
    return familyOf(pid);
  } catch {
    return {};
  }
}

/** A process that started another one, by its number; undefined where that is not to be seen. */
exports.parentOf = (pid) => familySeen(pid).parent;

/** The session that berth and all that it starts are in; undefined where that is not to be seen. */
exports.ownSession = () => familySeen("self").session;

/** The same for a CLI of a session that has been killed, with a program that has not begun to look for it. */
exports.endLeft = (session) =>
  endThose(
    ([program, ...words], pid) =>
      (HOST.test(program) || PROVIDER.test(program) || words.some((word) => PROGRAM.test(word))) &&
      familyOf(pid).session === session &&
      isLeft(pid),
  );

// As a process of its own, where berth was killed with the CLI (cli/pulumi.ts). A large one takes a moment to be gone.
if (require.main === module) setTimeout(() => exports.endLeft(process.argv[2]), 300);
