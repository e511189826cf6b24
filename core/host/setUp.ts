import { either, say } from "../description/say";
import * as pulumi from "@pulumi/pulumi";
import { isOnItsWay } from "../pulumi/outputs";
import { perProvider } from "../pulumi/perProgram";
import { sentence } from "../pulumi/componentErrors";
import { ArgumentError } from "../description/errors";
import { parseInteger } from "../description/quantities";
import { digest } from "../description/digest";
import { type HostConnection, checkKey, type Invocation, invocationOf } from "./connection";
import { HostCommand } from "./command";
import type { HostFacts, HostRecord } from "./facts";
import { type Job, jobText, settingsText } from "./job";
import { HostError } from "./look";
import { factsOf } from "./looks";

/** What a component would do on a host. */
export interface HostPlan {
  /** Sentences, each about one change; none where the host is as declared. */
  changes: string[];
  warnings: string[];
  /** Values for the job's scripts. */
  settings: Record<string, string>;
}

export interface SetUp<A, T> {
  /** Type token of the component. */
  type: string;
  name: string;
  job: Job;
  connection?: HostConnection;
  /** Arguments that may arrive late. */
  args: A;
  /** Checks the arguments against the host as it is. Without facts it is a plan that knows no host. */
  plan(args: pulumi.Unwrap<A>, facts: HostFacts | undefined, record: HostRecord | undefined): HostPlan;
  /** What the component tells of the host: as the look saw it where nothing changes, else as the job said it. */
  outcome: { seen(facts: HostFacts): T | undefined; said(text: string): T };
}

/** A host that has been set up. */
export interface HostSetUp<T> {
  /** What the last job said, line by line. */
  report: pulumi.Output<string[]>;
  outcome: pulumi.Output<T>;
}

/** What components that install packages on a host have in common. */
export interface PackageHostArgs {
  /** The machine. @default this one */
  connection?: HostConnection;
  /** Seconds that reading the lists, installing, and a check of what was installed may take each. @default 900 */
  packageTimeout?: number;
}

/**
 * Checks the arguments of such a component before anything is made.
 *
 * @param check reads what the component itself takes
 * @throws ArgumentError naming the argument
 */
export function checkPackageArgs<A extends object, G>(
  kind: Job["kind"],
  name: string,
  args: A & PackageHostArgs,
  check: (given: A) => G,
): { given: G; timeout: number; invocation: Invocation } {
  const { connection, packageTimeout = 900, ...rest } = args;
  const timeout = parseInteger(packageTimeout, "packageTimeout", 30, 86_400);
  return { given: check(rest as A), timeout, invocation: checkHost(kind, name, connection) };
}

/** Components that set up one part of one host, by that part: two would undo one another's work. */
const declared = perProvider(() => new Map<string, string>());

/**
 * Checks what can be checked before anything is made: the connection, and that nobody else declares the same.
 *
 * @throws ArgumentError naming the field
 */
export function checkHost(kind: Job["kind"], name: string, connection: HostConnection | undefined): Invocation {
  const invocation = invocationOf(connection);
  const part = `${kind} of ${invocation.identity}`;
  const other = declared().get(part);
  if (other !== undefined)
    throw new ArgumentError("connection", say`"${other}" sets up the ${part} too`, say`declare it once for each host`);
  declared().set(part, name);
  return invocation;
}

/** Looks at the host, says what would change there, and registers the command that does it. */
export function setUp<A, T>(component: pulumi.Resource, invocation: Invocation, given: SetUp<A, T>): HostSetUp<T> {
  const { type, name, job, connection, args, plan, outcome } = given;
  let seen: T | undefined;
  const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
  const said = (error: unknown) =>
    error instanceof ArgumentError || error instanceof HostError
      ? sentence(`${type.split(":").at(-1)} "${name}": ${error.message}`, component)
      : error;
  const privateKey = connection?.privateKey;
  const text = pulumi.all([pulumi.output(args), pulumi.output(privateKey)]).apply(async ([plainArgs, key]) => {
    try {
      if (key !== undefined && isOnItsWay(privateKey)) checkKey(key, "connection.privateKey");
      const facts = await factsOf(invocation, key);
      if (facts) checkTools(facts, invocation);
      const record = facts?.records[job.kind];
      checkOwner(record, owner, invocation, job.kind);
      const { changes, warnings, settings } = plan(plainArgs as pulumi.Unwrap<A>, facts, record);
      if (facts && changes.length === 0) seen = outcome.seen(facts);
      for (const warning of warnings) void pulumi.log.warn(warning, component);
      const reached = invocation.identity;
      const values = { kind: job.kind, owner, resource: name, reached, declared: digest(plainArgs), ...settings };
      // What was applied last is sent unchanged where there is nothing to do, so that nothing shows as changed.
      const same =
        record !== undefined &&
        changes.length === 0 &&
        ["owner", "resource", "reached", "declared"].every(
          (field) => record.values[field] === values[field as "owner"],
        );
      if (same) return jobText(job.scripts, record.text);
      if (pulumi.runtime.isDryRun()) {
        const lines = changes.length ? changes : [say`nothing changes there but berth's own record`];
        const heading = facts ? invocation.name : say`${invocation.name}, where nothing is there yet`;
        void pulumi.log.info(`${heading}:\n${lines.map((line) => `  ${line}`).join("\n")}`, component);
      }
      // A machine may drift twice in the same way, or be made anew under its old name: the job must differ from the one
      // in the state, or nothing would be done.
      const run = facts ? new Date().toISOString() : "none";
      return jobText(job.scripts, settingsText({ ...values, run }));
    } catch (error) {
      throw said(error);
    }
  });
  const { report, stdout } = new HostCommand(name, { invocation, privateKey, text }, { parent: component });
  return { report, outcome: stdout.apply((words) => seen ?? outcome.said(words ?? "")) };
}

function checkOwner(record: HostRecord | undefined, owner: string, { name }: Invocation, kind: string): void {
  const by = record?.values.owner;
  if (by !== undefined && by !== owner)
    throw new ArgumentError(
      "connection",
      say`the stack ${by} sets this up on ${name} already`,
      say`destroy it there first, or delete /var/lib/berth/${kind} on the host if that stack is gone`,
    );
}

/** What every job needs on a host; on Debian and the like it is always there. */
function checkTools({ tools, os }: HostFacts, { name }: Invocation): void {
  const missing = ["flock", "setsid", "timeout", "base64", "sha256sum"].filter((tool) => !tools.has(tool));
  if (missing.length)
    throw new ArgumentError(
      "connection",
      say`${name} (${os.name}) has no ${either(missing)}`,
      say`install util-linux and coreutils there`,
    );
}
