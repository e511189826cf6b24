import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formOf, fromCompose, fromRun, readArguments, show, UsageError } from "./from";

// Reading a line or a file needs no Pulumi SDK, which takes longer to load than all the rest.
const settingsOf = () => import("./stackConfig");
const stacks = () => import("../stacks");
const planner = () => import("./plan");
const pulumi = () => import("./pulumi");

const ROOT = join(__dirname, "..");

const USAGE = `berth: documented container setups, previewed and applied

  berth start [STACK]             the preview of a stack (dev), real where Pulumi and Docker are there
  berth plan [STACK ...] [--json] berth's own plan: no CLI, no engine, no network; --all for every program
  berth up STACK [ARGS]           select or create the stack, then \`pulumi up\`; makes passwords it asks for
  berth preview|refresh|destroy STACK [ARGS]
  berth settings [PROGRAM]        what can be set with \`pulumi config set\`

  berth from-run "docker run ..." [--to typescript|compose|run|kubernetes] [--project-name N]
                                  what berth understands of docker run lines; - reads standard input
  berth from-compose [FILE ...] [--to typescript|compose|run|kubernetes] [--profile P]
                     [--project-name N] [--project-directory D] [--env-file F]
                                  what berth understands of compose files
  berth export STACK --to compose|run|kubernetes
                                  a stack of berth as a compose file, docker run lines or objects for kubectl

  berth bundle STACK [--out FILE] everything that the stack needs where there is no network, in one file
  berth unbundle FILE [--to FOLDER] [--images]
                                  puts it into a folder (berth) and its images into the engine; --images: only those`;

async function usage(): Promise<string> {
  const programs = Object.keys((await stacks()).PROGRAMS).join(", ");
  return `${USAGE}\n\nPrograms: ${programs}. A stack is named after its program: nginx, nginx-staging.`;
}

async function projectName(): Promise<string> {
  const { parse } = await import("yaml");
  return (parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8")) as { name: string }).name;
}

async function planOf(stack: string, sample: Record<string, string> = {}) {
  const project = await projectName();
  const { run } = await stacks();
  const { readStackConfig } = await settingsOf();
  const { planStack } = await planner();
  const { values, secrets } = readStackConfig(ROOT, project, stack);
  return planStack(project, stack, { values: { ...sample, ...values }, secrets }, () => run({ engine: false }));
}

/** One plan of every program, each as it is without settings. */
async function planAll(json: boolean): Promise<void> {
  for (const [name, load] of Object.entries((await stacks()).PROGRAMS))
    await plan(name, json, undefined, (await load()).sample);
}

async function plan(stack: string, json: boolean, heading?: string, sample?: Record<string, string>): Promise<void> {
  const result = await planOf(stack, sample);
  const { renderPlan } = await import("./render");
  if (json) console.log(JSON.stringify(result.resources, undefined, 2));
  else console.log(`${heading ?? `Plan of the stack ${stack}`}\n\n${renderPlan(result)}\n`);
}

async function exportStack(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { to: { type: "string" } });
  const [stack, extra] = positionals;
  if (stack === undefined || extra !== undefined)
    throw new UsageError("export: name one stack, for example `berth export nginx --to compose`");
  const form = formOf(values.to, undefined, ["compose", "run", "kubernetes"]);
  const { resources } = await planOf(stack);
  const { plannedServices } = await planner();
  const { projectOf } = await import("./export");
  const { project, secretNames } = projectOf(stack, resources, await plannedServices(resources), ROOT);
  await show(project, form, ROOT, secretNames, false);
  return 0;
}

async function start(stack: string): Promise<number> {
  const project = await projectName();
  const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules/@pulumi/docker/package.json"), "utf8")) as {
    version: string;
  };
  const { findMissing } = await import("./tools");
  const { readStackConfig } = await settingsOf();
  const { engineOf, HOSTS, programNames } = await stacks();
  const { PLUGIN_VERSION: kubernetes } = await import("../components/engines/kubernetes/object");
  const { PLUGIN_VERSION: command } = await import("../components/host/command");
  const { values } = readStackConfig(ROOT, project, stack);
  const places = programNames(stack, values["berth:program"]).map((name) =>
    HOSTS.includes(name) ? ("host" as const) : engineOf(name, values["berth:engine"]),
  );
  const missing = await findMissing(places, { docker: version, kubernetes, command }, values);
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
  const { makePasswords, runPulumi } = await pulumi();
  const selected = runPulumi(ROOT, ["stack", "select", "--create", "--stack", stack], true);
  if (selected !== 0) return selected;
  if (command === "up") {
    const made = await makePasswords(ROOT, await projectName(), stack);
    if (made !== 0) return made;
  }
  return runPulumi(ROOT, [command, "--stack", stack, ...args]);
}

async function settings(program: string | undefined): Promise<number> {
  if (program === undefined) {
    const { COMMON } = await import("../stacks/settings");
    console.log("every stack:");
    for (const [key, [doc, standard]] of Object.entries(COMMON))
      console.log(`  berth:${key}  ${doc}${standard ? ` [${standard}]` : ""}`);
  }
  for (const [name, load] of Object.entries((await stacks()).PROGRAMS)) {
    if (program !== undefined && program !== name) continue;
    console.log(`${name}:`);
    const { settings: schema, namespace = name } = await load();
    for (const [key, setting] of Object.entries(schema)) {
      console.log(
        `  ${namespace}:${key}${setting.secret ? " (--secret)" : ""}  ${setting.doc}${setting.shown ? ` [${setting.shown}]` : ""}`,
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
      if (rest.includes("--all")) await planAll(rest.includes("--json"));
      else for (const name of words.length ? words : ["dev"]) await plan(name, rest.includes("--json"));
      return 0;
    case "settings":
      return settings(stack);
    case "from-run":
      return fromRun(rest);
    case "from-compose":
      return fromCompose(rest);
    case "export":
      return exportStack(rest);
    case "bundle":
      return (await import("./bundle")).bundle(rest, { root: ROOT, project: await projectName(), plan: planOf });
    case "unbundle":
      return (await import("./unbundle")).unbundle(rest);
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
      console.log(await usage());
      return command === undefined || command === "help" || command === "--help" ? 0 : 2;
  }
}

/** The `berth` command. */
export function main(args: string[]): void {
  dispatch(args).then(
    // A pipe may still have to take what was printed.
    (code) => process.stdout.write("", () => process.exit(code)),
    (error: Error) => {
      console.error(`error: ${error.message}`);
      if (error instanceof UsageError) console.error(`\n${USAGE}`);
      process.exit(1);
    },
  );
}
