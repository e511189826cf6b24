import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runPulumi } from "./pulumi";

/** The documented stack, whose settings are part of the project. */
export const DEV = "dev";

/** What the CLI adds to a stack's settings when it makes the stack: how its secrets are kept. */
const KEPT = /^(?:encryptionsalt|secretsprovider|encryptedkey):.*\n?/gm;

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
const keptIn = (text = "") =>
  (text.match(KEPT) ?? []).map((line) => (line.endsWith("\n") ? line : `${line}\n`)).join("");

/** The tracked settings, with the CLI's own lines where they have none. */
function merged(tracked: string, kept: string): string {
  if (keptIn(tracked) || !kept) return tracked;
  return `${kept}${tracked}`;
}

/**
 * The real preview of a stack whose settings git tracks. The CLI writes into a stack's settings, so it works on a copy
 * in .berth/, made anew from the tracked file each time; only what the CLI itself has added is kept.
 *
 * The stack has to be there for a preview, and `stack select --create` knows no other file than the tracked one: that
 * gets its own text back.
 */
export async function previewOfTracked(root: string, stack: string): Promise<number> {
  const tracked = join(root, `Pulumi.${stack}.yaml`);
  const copy = join(root, ".berth", `Pulumi.${stack}.yaml`);
  const before = textOf(tracked);
  let kept = keptIn(textOf(copy));
  // Between two runs of the CLI, too, berth still has to put the file back.
  const stay = () => {};
  process.on("SIGINT", stay).on("SIGTERM", stay).on("SIGHUP", stay);
  try {
    let selected: number;
    try {
      selected = await runPulumi(root, ["stack", "select", "--create", "--stack", stack], { quiet: true });
    } finally {
      const after = textOf(tracked);
      if (after !== before) {
        kept = keptIn(after) || kept;
        if (before === undefined) rmSync(tracked);
        else writeFileSync(tracked, before);
      }
    }
    if (selected !== 0) return selected;
    mkdirSync(join(root, ".berth"), { recursive: true });
    writeFileSync(copy, merged(before ?? "", kept), { mode: 0o600 });
    return await runPulumi(root, ["preview", "--stack", stack, "--config-file", copy]);
  } finally {
    process.off("SIGINT", stay).off("SIGTERM", stay).off("SIGHUP", stay);
  }
}
