import * as pulumi from "@pulumi/pulumi";
import { digest } from "../description/digest";
import { ArgumentError } from "../description/errors";
import type { FileSpec } from "../description/files";
import { say } from "../description/say";
import type { LateSpec } from "../description/service";
import type { ServiceArgs } from "../description/types";
import { checkLast } from "../pulumi/allOrNothing";
import { isLate, isOnItsWay } from "../pulumi/outputs";
import { perProvider } from "../pulumi/perProgram";
import { berthSetting } from "../pulumi/settings";
import type { Report } from "../pulumi/componentErrors";
import type { EngineName, EngineOptions, ServiceRequest } from "./engine";
import { described, originOf, type Ran } from "./ran";

/** A service that runs as it did: what `berth:rollback` says of it. */
export interface RolledBack extends Omit<Ran, "image"> {
  /** The update that it is as after. */
  update: number;
  /** When that was, in ISO form. */
  date: string;
  /**
   * What was secret then, and so is taken from the program as it is: `environment.NAME`, `secrets.SOURCE`, or a whole
   * field.
   */
  fromProgram?: string[];
  /** Digest of what the program said when this was written; undefined where nobody could know it. */
  hides?: string;
}

/** The setting `berth:rollback`: by the logical names of services. */
export type RollbackSetting = Record<string, RolledBack>;

/** Reads the setting. */
export function readRollback(text: string | undefined): RollbackSetting {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Refused below.
  }
  const isRecord = (one: unknown) => one !== null && typeof one === "object" && !Array.isArray(one);
  const isEntry = (one: unknown) => isRecord(one) && isRecord((one as RolledBack).description);
  if (!isRecord(value) || !Object.values(value as object).every(isEntry))
    throw new pulumi.RunError(
      say`berth:rollback: is not what \`berth rollback\` writes; take it away with \`pulumi config rm berth:rollback\`, and say \`berth rollback STACK\` again.`,
    );
  return value as RollbackSetting;
}

/** The same moment where the user is: `2026-11-26 10:20`. */
export function localTime(date: string | number): string {
  const at = new Date(date);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

const program = perProvider(() => {
  const setting = readRollback(berthSetting("rollback"));
  const used = new Set<string>();
  const says = new Map<string, LateSpec>();
  const names = Object.keys(setting);
  if (names.length > 0) {
    tell(setting);
    checkLast(() => {
      const gone = names.filter((name) => !used.has(name));
      if (gone.length > 0)
        void pulumi.log.warn(
          say`berth:rollback: what is not declared any more: ${gone.join(", ")}; \`berth rollback ${pulumi.getStack()} ${gone.join(" ")} --end\` takes that away.`,
        );
    });
  }
  return { setting, used, says };
});

/** What the running program says of its services so far, by logical name, whatever they have been rolled back to. */
export const programSays = (): ReadonlyMap<string, LateSpec> => program().says;

/** Says once what does not run as the program says. */
function tell(setting: RollbackSetting): void {
  const moments = new Map<string, string[]>();
  for (const [name, { update, date }] of Object.entries(setting)) {
    const moment = say`after update ${update} of ${localTime(date)}`;
    moments.set(moment, [...(moments.get(moment) ?? []), name]);
  }
  const parts = [...moments].map(([moment, names]) =>
    names.length === 1 ? say`${names[0]} runs as ${moment}` : say`${names.join(", ")} run as ${moment}`,
  );
  void pulumi.log.info(
    say`${parts.join(say`; `)}, not as the program says; \`berth rollback ${pulumi.getStack()} --end\` ends that.`,
  );
}

/** What a service has been rolled back to, if it has. */
export function rolledBack(name: string): RolledBack | undefined {
  const { setting, used } = program();
  if (!Object.hasOwn(setting, name)) return undefined;
  used.add(name);
  return setting[name];
}

/**
 * A digest of a description, as far as it is known at once and no secret: what a program says later is compared with it.
 */
export function digestOfProgram(spec: LateSpec): string {
  const known = ([key, value]: [string, unknown]) => [key, isLate(value) ? "late" : value];
  const { environment, ...fields } = described(spec, process.cwd());
  const variables = isOnItsWay(environment) ? "late" : Object.fromEntries(Object.entries(environment ?? {}).map(known));
  return digest({ ...Object.fromEntries(Object.entries(fields).map(known)), environment: variables });
}

/** A service as it is declared: its arguments, as they are written and as they are read. */
export interface Declaration {
  args: ServiceArgs;
  request: Pick<ServiceRequest, "spec" | "whenKnown" | "checks">;
  options: Pick<EngineOptions, "swarm" | "kubernetes">;
  report: Report;
}

/**
 * The declaration of a service that counts: that of the program, or the one that it has been rolled back to.
 *
 * @param read reads arguments as the engine takes them
 * @param now what the program says
 * @throws pulumi.ResourceError where what ran then cannot run now
 */
export function asDeclared(
  name: string,
  engine: EngineName,
  read: (args: ServiceArgs, report: Report) => Declaration["request"],
  now: Declaration,
): Declaration {
  const then = rolledBack(name);
  program().says.set(name, now.request.spec);
  if (!then) return now;
  const report = reportedThen(name, then, now.report);
  tellHidden(name, then, now.request.spec);
  if (then.engine !== engine)
    report(() => {
      throw new ArgumentError(
        "engine",
        say`it ran on ${then.engine} then, and not on ${engine}`,
        say`set it to ${then.engine}`,
      );
    });
  const args = report(() => argumentsThen(then, now));
  const { transformPod } = now.options.kubernetes ?? {};
  const options = {
    swarm: then.swarm,
    kubernetes: transformPod ? { ...then.kubernetes, transformPod } : then.kubernetes,
  };
  for (const field of ["swarm", "kubernetes"] as const)
    if (then.fromProgram?.includes(field)) Object.assign(options, { [field]: now.options[field] });
  return { args, request: read(args, report), options, report };
}

/** The arguments of a service that has been rolled back. What was secret then comes from the program. */
function argumentsThen(
  { description, fromProgram = [] }: RolledBack,
  { args, request: { spec } }: Declaration,
): ServiceArgs {
  const then = { ...description } as Record<string, unknown>;
  const origin = isLate(spec.labels) ? undefined : originOf(spec.labels as Record<string, string> | undefined);
  if (origin) then.labels = { ...(then.labels as object), ...origin };
  for (const path of fromProgram.filter((one) => one !== "swarm" && one !== "kubernetes")) {
    const [field = "", ...rest] = path.split(".");
    const name = rest.join(".");
    const value = fromNow(field as keyof ServiceArgs, name, spec, args);
    if (field === "environment" && name) then.environment = { ...(then.environment as object), [name]: value };
    else if (field === "secrets" && name)
      then.secrets = (then.secrets as { source: string }[]).map((file) =>
        file.source === name ? { ...file, content: value } : file,
      );
    else then[field] = value;
  }
  return then as unknown as ServiceArgs;
}

function fromNow(field: keyof ServiceArgs, name: string, spec: LateSpec, args: ServiceArgs): unknown {
  const gone = (path: string) =>
    new ArgumentError(
      path,
      say`was a secret then, which is not kept, and the program does not have it any more`,
      say`give it in the program again`,
    );
  if (field === "environment" && name) {
    const { environment } = spec;
    if (isOnItsWay(environment))
      return (environment as pulumi.Output<Record<string, string>>).apply((plain) => {
        if (plain?.[name] === undefined) throw gone(`environment.${name}`);
        return plain[name];
      });
    const value = (environment as Record<string, unknown> | undefined)?.[name];
    if (value === undefined) throw gone(`environment.${name}`);
    return value;
  }
  if (field === "secrets" && name) {
    const now = (spec.secrets as FileSpec[] | undefined)?.find(({ source }) => source === name)?.content;
    if (now === undefined) throw gone(`secrets.${name}`);
    return now;
  }
  // Environment files are part of what is read.
  const value = field === "environment" ? spec.environment : args[field];
  if (value === undefined) throw gone(field);
  return value;
}

/** Says a refusal of a description that has been rolled back as one: nobody finds it in the program. */
export function reportedThen(name: string, { update }: RolledBack, report: Report): Report {
  return (run) =>
    report(() => {
      try {
        return run();
      } catch (error) {
        if (!(error instanceof ArgumentError)) throw error;
        const { argument, problem, remedy } = error;
        throw new ArgumentError(
          argument,
          say`${problem}, so it cannot run as after update ${update} (berth:rollback)`,
          say`${remedy}, or end that with \`berth rollback ${pulumi.getStack()} ${name} --end\``,
        );
      }
    });
}

/** Says that a program has changed a service since it was rolled back, which nobody would see otherwise. */
export function tellHidden(name: string, { hides }: RolledBack, spec: LateSpec): void {
  if (hides === undefined || hides === digestOfProgram(spec)) return;
  void pulumi.log.warn(
    say`${name}: the program has changed it since it was rolled back, and the rollback hides that; \`berth rollback ${pulumi.getStack()} ${name} --end\` ends it.`,
  );
}
