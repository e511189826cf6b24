import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { planStack } from "./plan";
import { makePasswords, runPulumi } from "./pulumi";
import { renderPlan } from "./render";
import { readStackConfig } from "./stackConfig";
import { findMissing } from "./tools";
import { PROGRAMS, run } from "../stacks";

const ROOT = join(__dirname, "..");

const USAGE = `berth: documented container setups, previewed and applied

  berth start [STACK]             the preview of a stack (dev), real where Pulumi and Docker are there
  berth plan [STACK ...] [--json] berth's own plan: no CLI, no engine, no network; --all for every program
  berth up STACK [ARGS]           select or create the stack, then \`pulumi up\`; makes passwords it asks for
  berth preview|refresh|destroy STACK [ARGS]
  berth settings [PROGRAM]        what can be set with \`pulumi config set\`

Programs: ${Object.keys(PROGRAMS).join(", ")}. A stack is named after its program: nginx, nginx-staging.`;

function projectName(): string {
  return (parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8")) as { name: string }).name;
}

async function plan(stack: string, json: boolean, heading?: string): Promise<void> {
  const project = projectName();
  const result = await planStack(project, stack, readStackConfig(ROOT, project, stack), () => run({ engine: false }));
  if (json) console.log(JSON.stringify(result.resources, undefined, 2));
  else console.log(`${heading ?? `Plan of the stack ${stack}`}\n\n${renderPlan(result)}\n`);
}

async function start(stack: string): Promise<number> {
  const project = projectName();
  const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules/@pulumi/docker/package.json"), "utf8")) as {
    version: string;
  };
  const missing = await findMissing(version, readStackConfig(ROOT, project, stack).values["docker:host"]);
  if (missing.length) {
    const what = missing.map(({ what: name, how }) => `${name} (${how})`).join("; ");
    await plan(
      stack,
      false,
      `berth's own plan of the stack ${stack}. For the real preview this machine lacks ${what}.`,
    );
    return 0;
  }
  return withStack("preview", stack, []);
}

async function withStack(command: string, stack: string, args: string[]): Promise<number> {
  const selected = runPulumi(ROOT, ["stack", "select", "--create", "--stack", stack], true);
  if (selected !== 0) return selected;
  if (command === "up") {
    const made = await makePasswords(ROOT, projectName(), stack);
    if (made !== 0) return made;
  }
  return runPulumi(ROOT, [command, "--stack", stack, ...args]);
}

async function settings(program: string | undefined): Promise<number> {
  for (const [name, load] of Object.entries(PROGRAMS)) {
    if (program !== undefined && program !== name) continue;
    console.log(`${name}:`);
    for (const [key, setting] of Object.entries((await load()).settings)) {
      console.log(
        `  ${name}:${key}${setting.secret ? " (--secret)" : ""}  ${setting.doc}${setting.shown ? ` [${setting.shown}]` : ""}`,
      );
    }
  }
  return 0;
}

async function dispatch([command, ...rest]: string[]): Promise<number> {
  const words = rest.filter((word) => !word.startsWith("-"));
  const [stack] = words;
  switch (command) {
    case "start":
      return start(stack ?? "dev");
    case "plan":
      for (const name of rest.includes("--all") ? Object.keys(PROGRAMS) : words.length ? words : ["dev"])
        await plan(name, rest.includes("--json"));
      return 0;
    case "settings":
      return settings(stack);
    case "up":
    case "preview":
    case "refresh":
    case "destroy":
      if (!stack) throw new Error(`${command}: name a stack, for example \`npm run ${command} -- nginx\``);
      return withStack(
        command,
        stack,
        rest.filter((word) => word !== stack),
      );
    default:
      console.log(USAGE);
      return command === undefined || command === "help" || command === "--help" ? 0 : 2;
  }
}

/** The `berth` command. */
export function main(args: string[]): void {
  dispatch(args).then(
    (code) => process.exit(code),
    (error: Error) => {
      console.error(`error: ${error.message}`);
      process.exit(1);
    },
  );
}
