import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { type CliProject, readSettings } from "./project";
import { shortName } from "./stackName";
import { stateFile, stateFolder } from "./state";
import { say } from "../core/description/say";

/** What the CLI writes of whoever changes a stack. */
interface Lock {
  pid?: number;
  username?: string;
  hostname?: string;
  timestamp?: string;
}

const readLock = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Lock;

/**
 * Does something while nobody may change a stack: it holds a lock of the CLI's own form, which `up` and `destroy` respect and
 * `cancel` lifts. Where the state is in no folder of this machine, or not there yet, there is none to hold.
 *
 * @throws Error where somebody is changing the stack
 */
export async function locked<T>(project: CliProject, stack: string, act: () => Promise<T>): Promise<T> {
  const state = stateFile(project, stack);
  if (state === undefined || !existsSync(state)) return act();
  const locks = join(stateFolder(project)!, ".pulumi/locks/organization", project.name, shortName(stack));
  const own = join(locks, `${randomUUID()}.json`);
  mkdirSync(locks, { recursive: true });
  // First this, and then a look: of two that begin at once none goes on unseen.
  const lock = { pid: process.pid, username: userInfo().username, hostname: hostname(), timestamp: new Date() };
  writeFileSync(own, JSON.stringify(lock));
  const free = () => rmSync(own, { force: true });
  process.once("exit", free);
  try {
    const other = readdirSync(locks)
      .map((file) => join(locks, file))
      .find((file) => file !== own && file.endsWith(".json"));
    if (other !== undefined)
      throw new Error(
        say`the stack ${stack} is being changed${byWhom(other)}; wait until that has ended, or, where it was cut off and nothing of it runs any more, lift its lock with \`berth pulumi cancel --stack ${stack}\``,
      );
    return await act();
  } finally {
    free();
    process.off("exit", free);
  }
}

function byWhom(file: string): string {
  try {
    const { pid, username, hostname: host, timestamp } = readLock(file);
    return say` by ${username}@${host} (process ${pid}, since ${timestamp})`;
  } catch {
    return "";
  }
}

/**
 * Takes away the lock that a CLI of this machine holds, once it has ended: where a signal has ended it on the spot, at
 * its question for example, it has not done so itself. Nobody else's lock is touched.
 */
export async function freeLock(root: string, pid: number): Promise<void> {
  const file = join(root, "Pulumi.yaml");
  const states = stateFolder({ folder: root, settings: existsSync(file) ? await readSettings(file) : undefined });
  const folder = join(states ?? "", ".pulumi/locks");
  if (states === undefined || !existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".json")) continue;
    try {
      const file = join(folder, name);
      const lock = readLock(file);
      if (lock.pid === pid && lock.hostname === hostname()) rmSync(file);
    } catch {
      // Somebody else's, who has just taken it away.
    }
  }
}
