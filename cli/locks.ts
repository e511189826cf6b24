import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { stateFolder } from "./state";

/**
 * Takes away the lock that a CLI of this machine holds, once it has ended: where a signal has ended it on the spot, at
 * its question for example, it has not done so itself. Nobody else's lock is touched.
 */
export async function freeLock(root: string, pid: number): Promise<void> {
  const states = await stateFolder(root);
  const folder = join(states ?? "", ".pulumi/locks");
  if (states === undefined || !existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".json")) continue;
    try {
      const file = join(folder, name);
      const lock = JSON.parse(readFileSync(file, "utf8")) as { pid?: number; hostname?: string };
      if (lock.pid === pid && lock.hostname === hostname()) rmSync(file);
    } catch {
      // Somebody else's, who has just taken it away.
    }
  }
}
