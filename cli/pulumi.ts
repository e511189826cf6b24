import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROGRAMS } from "../stacks";
import { readStackConfig } from "./stackConfig";
import { shortName } from "./stackName";

/**
 * The environment in which berth calls the CLI: the passphrase that protects secrets in the state, made
 * once and kept in .berth/, which git ignores. Whatever the user has set wins.
 */
export function pulumiEnvironment(root: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  if (env.PULUMI_CONFIG_PASSPHRASE === undefined && env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined) {
    const file = join(root, ".berth", "passphrase");
    if (!existsSync(file)) {
      mkdirSync(join(root, ".berth"), { recursive: true });
      writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    }
    env.PULUMI_CONFIG_PASSPHRASE_FILE = file;
  }
  return env;
}

/** Runs the CLI with the user's terminal; returns its exit code. */
export function runPulumi(root: string, args: string[], quiet = false): number {
  const result = spawnSync("pulumi", args, {
    cwd: root,
    env: pulumiEnvironment(root),
    stdio: quiet ? ["inherit", "ignore", "inherit"] : "inherit",
  });
  if ((result.error as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
    throw new Error("the Pulumi CLI is not here; install it: https://www.pulumi.com/docs/install/");
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** Makes the passwords that a stack asks for and does not have; they go into its settings, encrypted. */
export async function makePasswords(root: string, project: string, stack: string, programs: string[]): Promise<number> {
  const config = readStackConfig(root, project, shortName(stack));
  for (const program of programs) {
    const { settings } = await PROGRAMS[program]!();
    for (const [key, setting] of Object.entries(settings)) {
      const full = `${program}:${key}`;
      if (!setting.secret || setting.given || full in config.values) continue;
      const password = randomBytes(18).toString("base64url");
      // Through standard input: a command line is there for everybody to see.
      const result = spawnSync("pulumi", ["config", "set", "--secret", full, "--stack", stack], {
        cwd: root,
        env: pulumiEnvironment(root),
        input: password,
        stdio: ["pipe", "inherit", "inherit"],
      });
      if (result.status !== 0) return result.status ?? 1;
      console.log(`Made a password for ${full}; see it with \`pulumi config get ${full} --stack ${stack}\`.`);
    }
  }
  return 0;
}
