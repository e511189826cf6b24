import { say } from "../description/say";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a component does on a host. */
export interface Job {
  /** Names its record on the host. */
  kind: "docker-engine" | "daemon-config" | "nvidia-toolkit";
  /** Scripts of `scripts/` behind the common one, in this order. */
  scripts: string[];
}

/** A word for a POSIX shell, whatever it holds. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The settings as a script and a record hold them.
 *
 * @param settings texts without line breaks; whatever may have some goes in base64
 */
export function settingsText(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (!/^[a-z_]+$/.test(name) || /[\n\r\0]/.test(value))
        throw new Error(say`${name} cannot stand in a job's settings`);
      return `${name}=${quoted(value)}`;
    })
    .join("\n");
}

const script = (name: string): string => readFileSync(join(__dirname, "scripts", `${name}.sh`), "utf8");

/**
 * The text that is sent to a host: a front-end with the job in its middle.
 *
 * @param settings as {@link settingsText} writes them
 */
export function jobText(scripts: string[], settings: string): string {
  const job = [
    `umask 077\ncat >"$2/settings" <<'BERTH_SETTINGS_END_HERE'\n${settings}\nBERTH_SETTINGS_END_HERE\n. "$2/settings"`,
    ...["job", ...scripts].map((name) => script(name).trimEnd()),
    "job",
  ].join("\n");
  // A function: the text may hold what replace takes for patterns.
  return script("front").replace("# @JOB@", () => job);
}

export const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
