import * as pulumi from "@pulumi/pulumi";
import { REFUSED, refuseField, secretNames } from "../engines/docker/arguments";
import { containerArguments, type LateSpec } from "../engines/docker/container";
import { checkBinds, checkContainerName, checkNetworkExists, checkPorts } from "../engines/docker/preflight";
import type { Session } from "../engines/docker/session";
import { isLate, lift } from "../late";
import { isSecretName, parseEnvironment } from "../spec/environment";
import { ArgumentError } from "../spec/errors";
import { type FileSpec, fileMounts } from "../spec/files";
import type { Mount } from "../spec/mounts";
import { formatPort } from "../spec/ports";
import { RULES } from "../spec/rules";
import { parseField, type ServiceSpec, type SpecContext } from "../spec/service";
import type { FileDescription, ServiceArgs, ServiceDescription } from "../spec/types";
import type { Report } from "./report";
import type { ServiceOptions } from "./service";

/** Runs a check at once, or when the last of its fields arrives. */
type Check = (fields: Partial<LateSpec>, check: (plain: ServiceSpec) => void) => void;

export interface Prepared {
  spec: LateSpec;
  keepData: boolean;
  inputs: pulumi.Inputs;
  /** Arguments of the container. */
  args: Record<string, unknown>;
  /** Checks that wait for late arguments. */
  checks: pulumi.Output<unknown>[];
}

/** Reads and checks the arguments. Runs before the component registers, so that a wrong one makes nothing. */
export function prepare(
  name: string,
  args: ServiceArgs & Pick<ServiceOptions, "removeData">,
  session: Session,
  report: Report,
  variables: Record<string, string | undefined> = process.env,
): Prepared {
  const context: SpecContext = { projectFolder: session.projectFolder, outer: variables };
  const { removeData = false, ...fields } = args;
  return report(() => {
    const spec = { containerName: name } as Record<string, unknown>;
    for (const [key, value] of Object.entries(fields) as [keyof ServiceDescription, unknown][]) {
      if (value === undefined || key === "environment" || key === "envFile") continue;
      if (key === "secrets" || key === "configs") {
        spec[key] = parseFileList(key, value, context);
        continue;
      }
      if (key in REFUSED) refuseField(key as keyof ServiceSpec);
      spec[key] = lift(value, (plain) => report(() => parseField(key, plain as never, context)));
    }
    if (spec.image === undefined) throw new ArgumentError("image", "is missing", 'name one, for example "nginx"');
    if (spec.containerName !== undefined && !isLate(spec.containerName))
      parseField("containerName", spec.containerName as string, context);
    const environment = secretEnvironment(fields.environment, fields.envFile, context, report);
    if (environment !== undefined) spec.environment = environment;

    takeFiles(spec);

    const late = spec as unknown as LateSpec;
    const checks: pulumi.Output<unknown>[] = [];
    const whenKnown: Check = (needed, check) => {
      const result = lift(needed as unknown, (plain) => report(() => check(plain as ServiceSpec)));
      if (result !== undefined) checks.push(result);
    };
    for (const rule of RULES)
      whenKnown(Object.fromEntries(rule.fields.map((field) => [field, late[field]])), rule.check);
    const args = containerArguments(late, report);
    checkAgainstEngine(name, late, session, !removeData, whenKnown);
    if (spec.expose !== undefined && !spec.publishAll) {
      void pulumi.log.info(
        `${name}: expose is a note on Docker; containers of one network reach every port of each other.`,
      );
    }
    return { spec: late, keepData: !removeData, inputs: stateInputs(late, session), args, checks };
  });
}

/** The content of a file may arrive late; where it goes has to be known at once. */
function parseFileList(key: "secrets" | "configs", value: unknown, context: SpecContext): unknown {
  const isLateContent = (file: unknown) => isLate((file as { content?: unknown }).content);
  const plain = Array.isArray(value)
    ? value.map((file) => (isLateContent(file) ? { ...(file as object), content: "" } : file))
    : value;
  if (isLate(plain)) throw new ArgumentError(key, "is not known yet", "give a list in which only content is an Output");
  const parsed = parseField(key, plain as FileDescription[], context) ?? [];
  return parsed.map((file, index) => {
    const given = (value as FileDescription[])[index]!;
    return isLateContent(given) ? { ...file, content: given.content } : file;
  });
}

/**
 * Secrets and configs from files become mounts, as Compose makes them; what has its text here is written into
 * the container, and kept secret where it is one.
 */
function takeFiles(spec: Record<string, unknown>): void {
  for (const field of ["secrets", "configs"] as const) {
    if (spec[field] === undefined) continue;
    const files = spec[field] as FileSpec[];
    const mounts = fileMounts(files);
    if (mounts.length) spec.volumes = lift(spec.volumes ?? [], (volumes) => [...(volumes as Mount[]), ...mounts]);
    const written = files.filter(({ content }) => content !== undefined);
    spec[field] = written.length === 0 ? undefined : field === "secrets" ? pulumi.secret(written) : written;
  }
}

/** The variables that are plain text already. */
function plainTexts(environment: ServiceArgs["environment"]): Record<string, string> {
  const entries = Array.isArray(environment)
    ? environment
        .filter((item) => typeof item === "string" && item.includes("="))
        .map((item) => String(item).split(/=(.*)/s))
    : isLateItself(environment)
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
): pulumi.Input<Record<string, pulumi.Input<string>>> | undefined {
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
  const isMap = environment !== undefined && !isLateItself(environment) && !Array.isArray(environment);
  if (isMap) {
    // Values may be Outputs one by one; the others must not turn secret with them.
    const own: Record<string, pulumi.Input<string>> = {};
    for (const [key, value] of Object.entries(environment as Record<string, unknown>)) {
      if (value === undefined) continue;
      const parsed = lift(value, (plain) =>
        report(() => parseEnvironment({ [key]: plain }, "environment", context.outer)[key]),
      );
      if (parsed !== undefined)
        own[key] = isSecretName(key) ? pulumi.secret(parsed as string) : (parsed as pulumi.Input<string>);
    }
    return lift1(fromFiles, (values) => ({ ...values, ...own }));
  }
  const own = lift((environment ?? {}) as unknown, (plain) => {
    const parsed = report(() => parseEnvironment(plain as never, "environment", context.outer));
    return Object.fromEntries(
      Object.entries(parsed).map(([key, value]) => [key, isSecretName(key) ? pulumi.secret(value) : value]),
    );
  });
  return lift1(fromFiles, (values) => lift1(own, (others) => ({ ...values, ...others }))) as pulumi.Input<
    Record<string, pulumi.Input<string>>
  >;
}

const isLateItself = (value: unknown): boolean => pulumi.Output.isInstance(value) || value instanceof Promise;

/** Maps a record whose values may be Outputs, without waiting for them. */
function lift1<R>(value: unknown, apply: (record: Record<string, pulumi.Input<string>>) => R): R | pulumi.Output<R> {
  if (!isLateItself(value)) return apply(value as Record<string, pulumi.Input<string>>);
  return (value as pulumi.Output<object>).apply(apply as never) as unknown as pulumi.Output<R>;
}

/** Checks that need the engine or the program's other services. */
function checkAgainstEngine(name: string, spec: LateSpec, session: Session, keepData: boolean, whenKnown: Check): void {
  const { snapshot, owner } = session;
  whenKnown({ pullPolicy: spec.pullPolicy, image: spec.image }, ({ pullPolicy, image }) => {
    const full = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
    if (pullPolicy === "never" && snapshot && !full.includes("@") && !snapshot.images.includes(full))
      throw new ArgumentError(
        "image",
        `${image} is not on the engine, and pullPolicy forbids to fetch it`,
        "build or load it first, or remove pullPolicy",
      );
  });
  const needsApi = (minor: number, argument: string) => {
    if (!snapshot || Number(snapshot.apiVersion.split(".")[1]) >= minor) return;
    throw new ArgumentError(
      argument,
      `the Docker provider cannot set it on this engine (API ${snapshot.apiVersion}, needed: 1.${minor})`,
      "update the engine, or remove it",
    );
  };
  whenKnown({ macAddress: spec.macAddress }, ({ macAddress }) => {
    if (macAddress) needsApi(44, "macAddress");
  });
  whenKnown({ healthcheck: spec.healthcheck }, ({ healthcheck }) => {
    if (healthcheck?.startInterval !== undefined) needsApi(44, "healthcheck.startInterval");
  });
  whenKnown({ ports: spec.ports, networkMode: spec.networkMode }, ({ ports = [] }) => {
    checkPorts(ports, name, session.ports, snapshot, owner);
    session.ports.push(...ports.filter((port) => port.published !== undefined).map((port) => ({ port, by: name })));
  });
  if (typeof spec.containerName === "string") {
    const other = session.services.get(spec.containerName);
    if (other)
      throw new ArgumentError(
        "containerName",
        `${spec.containerName} is the name of the service ${other.name} too`,
        "give each container its own name",
      );
    checkContainerName(spec.containerName, snapshot, owner);
  }
  whenKnown({ volumes: spec.volumes }, ({ volumes = [] }) => {
    checkBinds(volumes, snapshot);
    for (const { type, source } of volumes)
      if (type === "volume" && source && !session.externalVolumes.has(source))
        session.checkVolume(source, keepData, name);
    const copies = volumes.findIndex((mount) => mount.nocopy);
    if (copies >= 0) needsApi(45, `volumes[${copies}].volume.nocopy`);
    const parts = volumes.findIndex((mount) => mount.subpath !== undefined);
    if (parts >= 0) needsApi(45, `volumes[${parts}].volume.subpath`);
  });
  whenKnown({ volumesFrom: spec.volumesFrom }, ({ volumesFrom = [] }) => {
    for (const [index, { container }] of volumesFrom.entries()) {
      if (!snapshot || session.services.has(container) || snapshot.containers.some((live) => live.name === container))
        continue;
      throw new ArgumentError(
        `volumesFrom[${index}]`,
        `there is no container named ${container}`,
        "declare that service before this one",
      );
    }
  });
  whenKnown({ networks: spec.networks }, ({ networks = [] }) => {
    const gateway = networks.findIndex((network) => network.gwPriority);
    if (gateway >= 0) needsApi(48, `networks[${gateway}].gwPriority`);
    for (const [index, network] of networks.entries()) {
      checkNetworkExists(
        network.name,
        `networks[${index}]`,
        (declaredName) => session.networks.has(declaredName),
        snapshot,
      );
      if (network.macAddress) needsApi(44, `networks[${index}].macAddress`);
    }
  });
}

/**
 * What the component keeps in the state: the description as a reader wants to see it, and what the engine
 * layer compares to change a living container in place.
 */
function stateInputs(spec: LateSpec, session: Session): pulumi.Inputs {
  const joined = lift(spec.networks ?? [], (networks) => networks);
  const withIds = Array.isArray(joined)
    ? joined.map((network) => ({ ...network, id: session.networks.get(network.name)?.id }))
    : (joined as pulumi.Output<NonNullable<ServiceSpec["networks"]>>);
  return {
    image: spec.image,
    containerName: spec.containerName,
    environment: spec.environment,
    ports: lift(spec.ports, (ports) => ports?.map(formatPort)),
    joined: (withIds as unknown[]).length === 0 ? undefined : withIds,
    cpus: spec.cpus,
    cpuPeriod: spec.cpuPeriod,
    cpuQuota: spec.cpuQuota,
  };
}
