const { readdirSync, readFileSync } = require("node:fs");

const wordsOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");

/** Parent and session of a process. */
function familyOf(pid) {
  const [, parent, , session] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return { parent, session };
}

/** Another process is the parent of one whose own has ended. */
const isLeft = (pid) => !/(^|\/)pulumi$/.test(wordsOf(familyOf(pid).parent)[0]);

function endEach(isMeant) {
  try {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const [program, ...words] = wordsOf(pid);
        const [, kind] = /(?:^|\/)pulumi-(language|resource)-[\w-]+$/.exec(program) ?? [];
        if (kind && isMeant({ pid, kind, words })) process.kill(Number(pid), "SIGTERM");
      } catch {
        // It has ended by itself, or is somebody else's.
      }
    }
  } catch {
    // There is no /proc.
  }
}

/**
 * Ends what a CLI that is gone has started beside the program: the language host, and the providers, which would finish
 * what they are about while the next `up` begins. They look every five minutes whether the CLI is there. Elsewhere than
 * on Linux they end no sooner.
 */
exports.endPlugins = (host, engine) =>
  // A provider is told the address of its CLI.
  endEach(({ pid, kind, words }) =>
    kind === "language" ? Number(pid) === host : engine && words.includes(engine) && isLeft(pid),
  );

/** The same where the CLI has been killed before it ran a program, or while that was just beginning. */
exports.endLeft = () => {
  const own = familyOf("self").session;
  endEach(({ pid }) => familyOf(pid).session === own && isLeft(pid));
};
