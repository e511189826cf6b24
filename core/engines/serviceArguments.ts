import * as pulumi from "@pulumi/pulumi";
import type { Engine, ServiceRequest } from "./engine";
import { lockedImage } from "./imageLock";
import { mirroredImage } from "./imageMirrors";
import { say } from "../description/say";
import { isLate, isOnItsWay, lift } from "../pulumi/outputs";
import { isSecretName, parseEnvironment } from "../description/environment";
import { secretNames } from "../description/variables";
import { ArgumentError, show } from "../description/errors";
import { type FileSpec, fileMounts } from "../description/files";
import { wordsOfAShell } from "../description/operators";
import type { Mount } from "../description/mounts";
import { RULES } from "../description/rules";
import { type LateSpec, parseField, type ServiceSpec, type SpecContext } from "../description/service";
import type { FileDescription, ServiceArgs, ServiceDescription } from "../description/types";
import type { Report } from "../pulumi/componentErrors";

type Request = Pick<ServiceRequest, "spec" | "whenKnown" | "checks">;

/**
 * Reads the arguments of a service and checks what does not depend on its engine. Runs before the component
 * registers, so that a wrong one makes nothing.
 */
export function readArguments(
  name: string,
  fields: ServiceArgs,
  engine: Engine,
  report: Report,
  variables: Record<string, string | undefined> = process.env,
): Request {
  const context: SpecContext = { projectFolder: process.cwd(), outer: variables };
  return report(() => {
    const spec = { containerName: name } as Record<string, unknown>;
    for (const [key, value] of Object.entries(fields) as [keyof ServiceDescription, unknown][]) {
      if (value === undefined || key === "environment" || key === "envFile") continue;
      const refusal = engine.refused[key];
      if (refusal) throw new ArgumentError(key, ...refusal);
      spec[key] =
        key === "secrets" || key === "configs"
          ? parseFileList(key, value, context)
          : lift(value, (plain) => report(() => parseField(key, plain as never, context)));
      if (key === "command" || key === "entrypoint") lift(value, (plain) => warnOfShell(name, key, plain));
    }
    spec.image = lift(spec.image, (image) => report(() => imageFor(engine, lockedImage(image))));
    if (spec.image === undefined) throw new ArgumentError("image", say`is missing`, say`name one, for example "nginx"`);
    if (spec.containerName !== undefined && !isLate(spec.containerName))
      parseField("containerName", spec.containerName as string, context);
    const environment = secretEnvironment(fields.environment, fields.envFile, context, report);
    if (environment !== undefined) spec.environment = environment;

    const late = spec as unknown as LateSpec;
    const checks: pulumi.Output<unknown>[] = [];
    const whenKnown: Request["whenKnown"] = (needed, check) => {
      const result = lift(needed as unknown, (plain) => report(() => check(plain as ServiceSpec)));
      if (result !== undefined) checks.push(result);
    };
    const complete = { ...late, volumes: withFiles(late) };
    for (const rule of RULES)
      whenKnown(Object.fromEntries(rule.fields.map((field) => [field, complete[field]])), rule.check);
    return { spec: late, whenKnown, checks };
  });
}

/** A compose file stops at an operator, and this text goes on with it: in neither does a shell read it. */
function warnOfShell(name: string, key: string, value: unknown): void {
  const words = typeof value === "string" ? wordsOfAShell(value) : undefined;
  if (words !== undefined)
    void pulumi.log.warn(
      say`${name}: ${key}: no shell reads this, and the program gets ${show(words)} as words; write sh -c '...' around all of it where a shell should run it`,
    );
}

/** Nodes of a cluster fetch by the name that they get; on Docker it stays, and what fetches it looks at the mirrors. */
function imageFor({ name }: Engine, image: unknown): unknown {
  const mirrored = mirroredImage(image);
  return name === "docker" ? image : mirrored;
}

/** Mounts with those of secrets and configs that are files of the host: no two may have one target. */
function withFiles({ volumes, secrets, configs }: LateSpec): LateSpec["volumes"] {
  const files = [...((secrets ?? []) as FileSpec[]), ...((configs ?? []) as FileSpec[])];
  const mounts = fileMounts(files);
  return mounts.length ? lift(volumes ?? [], (plain) => [...(plain as Mount[]), ...mounts]) : volumes;
}

/** The content of a file may arrive late; where it goes has to be known at once. */
function parseFileList(key: "secrets" | "configs", value: unknown, context: SpecContext): unknown {
  const isLateContent = (file: unknown) => isLate((file as { content?: unknown }).content);
  const plain = Array.isArray(value)
    ? value.map((file) => (isLateContent(file) ? { ...(file as object), content: "" } : file))
    : value;
  if (isLate(plain))
    throw new ArgumentError(key, say`is not known yet`, say`give a list in which only content is an Output`);
  const parsed = parseField(key, plain as FileDescription[], context) ?? [];
  return parsed.map((file, index) => {
    const given = (value as FileDescription[])[index]!;
    return isLateContent(given) ? { ...file, content: given.content } : file;
  });
}

/** The variables that are plain text already. */
function plainTexts(environment: ServiceArgs["environment"]): Record<string, string> {
  const entries = Array.isArray(environment)
    ? environment
        .filter((item) => typeof item === "string" && item.includes("="))
        .map((item) => String(item).split(/=(.*)/s))
    : isOnItsWay(environment)
      ? []
      : Object.entries(environment ?? {});
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "string"));
}

/** Environment files and variables as one map in which only the secret values are secret. */
function secretEnvironment(
  environment: ServiceArgs["environment"],
  envFile: ServiceArgs["envFile"],
  context: SpecContext,
  report: Report,
): pulumi.Input<Record<string, pulumi.Input<string | null>>> | undefined {
  if (environment === undefined && envFile === undefined) return undefined;
  // A file's own `${...}` may name the service's variables, as in Compose.
  const outer = { ...plainTexts(environment), ...context.outer };
  const files =
    envFile === undefined
      ? []
      : lift(envFile, (plain) => report(() => parseField("envFile", plain as never, { ...context, outer })));
  const fromFiles = lift(files, (plain) => {
    const spec = { envFile: plain } as unknown as ServiceSpec;
    const secrets = secretNames(spec);
    const merged: Record<string, string> = Object.assign({}, ...(spec.envFile ?? []).map((file) => file.values));
    return Object.fromEntries(
      Object.entries(merged).map(([key, value]) => [key, secrets.has(key) ? pulumi.secret(value) : value]),
    );
  });
  const isMap = environment !== undefined && !isOnItsWay(environment) && !Array.isArray(environment);
  if (isMap) {
    // Values may be Outputs one by one; the others must not turn secret with them.
    const own: Record<string, pulumi.Input<string | null>> = {};
    for (const [key, value] of Object.entries(environment as Record<string, unknown>)) {
      if (value === undefined) continue;
      const parsed = lift(value, (plain) =>
        report(() => parseEnvironment({ [key]: plain }, "environment", context.outer)[key]),
      );
      if (parsed !== undefined)
        own[key] = parsed !== null && isSecretName(key) ? pulumi.secret(parsed as string) : (parsed as string | null);
    }
    return lift1(fromFiles, (values) => ({ ...values, ...own }));
  }
  const own = lift((environment ?? {}) as unknown, (plain) => {
    const parsed = report(() => parseEnvironment(plain as never, "environment", context.outer));
    return Object.fromEntries(
      Object.entries(parsed).map(([key, value]) => [
        key,
        value !== null && isSecretName(key) ? pulumi.secret(value) : value,
      ]),
    );
  });
  return lift1(fromFiles, (values) => lift1(own, (others) => ({ ...values, ...others }))) as pulumi.Input<
    Record<string, pulumi.Input<string | null>>
  >;
}

/** Maps a record whose values may be Outputs, without waiting for them. */
function lift1<R>(
  value: unknown,
  apply: (record: Record<string, pulumi.Input<string | null>>) => R,
): R | pulumi.Output<R> {
  if (!isOnItsWay(value)) return apply(value as Record<string, pulumi.Input<string | null>>);
  return (value as pulumi.Output<object>).apply(apply as never) as unknown as pulumi.Output<R>;
}
