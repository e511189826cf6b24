import { readdirSync, readFileSync } from "node:fs";

/** A process, with its words separated by NUL. */
export interface Process {
  pid: number;
  command: string;
}

/** The living processes of a session; none where they are not to be seen in /proc. */
export function sessionOf(leader: number): Process[] {
  const all = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return all.flatMap((pid) => {
    try {
      // After the name in parentheses: state, parent, group, session.
      const [state, , , session] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
      if (Number(session) !== leader || state === "Z") return [];
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8") }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
