import * as pulumi from "@pulumi/pulumi";
import type { Container, EnvVar, EnvVarSource, VolumeMount } from "kubernetes-types/core/v1";
import { say } from "../../../description/say";
import {
  compareQuantities,
  image as checkImage,
  labelName,
  portName,
  portNumber,
  quantity,
  variableName,
} from "../../../mapping/kubernetes/checks";
import { isSecretName } from "../../../description/environment";
import { ArgumentError, checkFields, show } from "../../../description/errors";
import type { Inputs } from "../../../description/types";
import { isLate, isOnItsWay, lift } from "../../../pulumi/outputs";
import { lockedImage } from "../../imageLock";
import { mirroredImage } from "../../imageMirrors";
import { listOf, objectOf, plain, type WhenKnown } from "./values";
import { handler, probe } from "./probes";
import type { ContainerDescription, ResourcesDescription, SidecarDescription, Variables } from "./types";

/** Every field of a container, so that a slip in one is refused. */
const CONTAINER_FIELDS = [
  "image",
  "imagePullPolicy",
  "command",
  "args",
  "workingDir",
  "env",
  "envFrom",
  "resources",
  "readinessProbe",
  "livenessProbe",
  "startupProbe",
  "postStart",
  "preStop",
  "volumeMounts",
  "securityContext",
] as const satisfies (keyof ContainerDescription)[];

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const PROBES = ["readinessProbe", "livenessProbe", "startupProbe"] as const;
const HANDLERS = ["postStart", "preStop"] as const;

export interface ContainerContext {
  whenKnown: WhenKnown;
  /** Before the name of each argument: `sidecars[0].`. @default "" */
  at?: string;
  /** Port that probes and handlers ask where they name none. */
  port?: number;
  /** Volumes of the pod, by name. */
  volumes: Set<string>;
  /** Puts a value of a variable into the pod's Secret. */
  keepSecret(key: string, value: pulumi.Input<string>): Inputs<EnvVarSource>;
}

/** Checks a container and says it as the API server takes it. */
export function container(
  name: string,
  nameArgument: string,
  given: ContainerDescription,
  context: ContainerContext,
): Inputs<Container> & object {
  const { whenKnown, at = "", port, volumes } = context;
  if (given.image === undefined)
    throw new ArgumentError(`${at}image`, say`is missing`, say`name one, for example "nginx:1.27"`);
  const policy = plain(given.imagePullPolicy, `${at}imagePullPolicy`);
  if (policy !== undefined && !PULL_POLICIES.includes(policy))
    throw new ArgumentError(
      `${at}imagePullPolicy`,
      say`${show(policy)} is not known`,
      say`use ${PULL_POLICIES.join(", ")}`,
    );
  const folder = plain(given.workingDir, `${at}workingDir`);
  if (folder !== undefined) absolute(folder, `${at}workingDir`);

  const manifest: Record<string, unknown> = {
    name: labelName(plain(name, nameArgument), nameArgument),
    image: lift(
      whenKnown(given.image, (image) => void checkImage(image, `${at}image`)),
      (image) => mirroredImage(lockedImage(image)),
    ),
    imagePullPolicy: policy,
    command: words(given.command, `${at}command`, whenKnown),
    args: words(given.args, `${at}args`, whenKnown),
    workingDir: folder,
    env: given.env && variables(given.env, `${at}env`, name, context),
    envFrom: given.envFrom,
    resources: given.resources ? resources(plain(given.resources, `${at}resources`), `${at}resources`) : undefined,
    volumeMounts: given.volumeMounts && mounts(given.volumeMounts, `${at}volumeMounts`, volumes),
    securityContext: given.securityContext,
  };
  for (const field of PROBES) if (given[field]) manifest[field] = probe(given[field], `${at}${field}`, port);
  const lifecycle: Record<string, unknown> = {};
  for (const field of HANDLERS) if (given[field]) lifecycle[field] = handler(given[field], `${at}${field}`, port);
  if (Object.keys(lifecycle).length) manifest.lifecycle = lifecycle;
  const present = Object.entries(manifest).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Inputs<Container> & object;
}

/** Checks the containers beside the main one; native ones go before it. */
export function sidecars(
  given: SidecarDescription[],
  context: ContainerContext & { taken: { names: Set<string>; ports: Set<string> } },
): { containers: object[]; initContainers: object[] } {
  const result = { containers: [] as object[], initContainers: [] as object[] };
  for (const [index, sidecar] of listOf(given, "sidecars").entries()) {
    const at = `sidecars[${index}]`;
    objectOf(sidecar, at, "a container");
    checkFields(sidecar, ["name", "ports", "native", ...CONTAINER_FIELDS], at, "a sidecar");
    const { name, ports, native = false, ...rest } = sidecar;
    if (name === undefined) throw new ArgumentError(`${at}.name`, say`is missing`, say`give each container its name`);
    if (typeof native !== "boolean")
      throw new ArgumentError(`${at}.native`, say`${show(native)} is not true or false`, say`use true or false`);
    const listed = ports && listedPorts(ports, `${at}.ports`, context.taken.ports);
    const made = container(name, `${at}.name`, rest, {
      ...context,
      at: `${at}.`,
      port: listed?.[0]?.containerPort,
    });
    if (context.taken.names.has(name))
      throw new ArgumentError(
        `${at}.name`,
        say`${name} is the name of another container of the pod`,
        say`rename one of them`,
      );
    context.taken.names.add(name);
    const manifest = { ...made, ...(listed && { ports: listed }) };
    if (native) result.initContainers.push({ ...manifest, restartPolicy: "Always" });
    else result.containers.push(manifest);
  }
  return result;
}

/** The ports of a sidecar; all containers of a pod share its address. */
function listedPorts(given: SidecarDescription["ports"], argument: string, taken: Set<string>) {
  return listOf(given!, argument).map((item, index) => {
    const at = `${argument}[${index}]`;
    const listed = objectOf(plain(item, at) as object, at, "a port") as {
      containerPort: number;
      name?: string;
      protocol?: string;
    };
    const { containerPort, name, protocol = "TCP" } = listed;
    if (containerPort === undefined)
      throw new ArgumentError(`${at}.containerPort`, say`is missing`, say`name the port`);
    portNumber(containerPort, `${at}.containerPort`);
    if (name !== undefined) portName(name, `${at}.name`);
    const key = `${containerPort}/${protocol}`;
    if (taken.has(key))
      throw new ArgumentError(
        `${at}.containerPort`,
        say`${containerPort} is the port of another container of the pod, whose address they share`,
        say`let it listen on another one`,
      );
    taken.add(key);
    return listed;
  });
}

function absolute(path: unknown, argument: string): void {
  if (typeof path !== "string" || !path.startsWith("/"))
    throw new ArgumentError(argument, say`${show(path)} is not an absolute path`, say`begin it with "/"`);
}

function words(given: Inputs<string[]> | undefined, argument: string, whenKnown: WhenKnown) {
  if (given === undefined) return undefined;
  return whenKnown(given, (list) => {
    const known = list as unknown;
    if (!Array.isArray(known) || known.some((word) => typeof word !== "string"))
      throw new ArgumentError(
        argument,
        say`${show(known)} is not a list of words`,
        say`give a list, as nothing splits text here: ["sh", "-c", "..."]`,
      );
  });
}

/** Environment variables as Kubernetes' list. */
function variables(
  given: Variables | Inputs<EnvVar>[],
  argument: string,
  container: string,
  { whenKnown, keepSecret }: ContainerContext,
): Inputs<EnvVar>[] {
  if (given === null || typeof given !== "object") badVariables(given, argument);
  if (isOnItsWay(given)) plain(given, argument);
  const isList = Array.isArray(given);
  const list: [at: string, item: Record<string, unknown>][] = isList
    ? given.map((item, index) => [`${argument}[${index}]`, item as Record<string, unknown>])
    : Object.entries(given).map(([name, value]) => [`${argument}.${name}`, { name, ...asVariable(value) }]);
  const seen = new Set<string>();
  return list.map(([at, item]) => {
    if (isOnItsWay(item) || item === null || typeof item !== "object") badVariables(given, at);
    checkFields(item, ["name", "value", "valueFrom"], at, "a variable");
    const name = variableName(plain(item.name as string, `${at}.name`), isList ? `${at}.name` : at);
    if (seen.has(name)) throw new ArgumentError(at, say`${name} is there twice`, say`keep one of them`);
    seen.add(name);
    if (item.valueFrom !== undefined) {
      if (item.value !== undefined)
        throw new ArgumentError(at, say`has both value and valueFrom`, say`keep one of them`);
      return { name, valueFrom: item.valueFrom };
    }
    if (item.value === undefined) return { name };
    const value = whenKnown(item.value, (known) => {
      if (!["string", "number", "boolean"].includes(typeof known))
        throw new ArgumentError(
          at,
          say`${show(known)} is not a value of a variable`,
          say`give text, a number or a flag`,
        );
    });
    if (isLate(value))
      return { name, valueFrom: keepSecret(`${container}.${name}`, pulumi.output(value).apply(String)) };
    const text = String(value);
    return isSecretName(name) ? { name, valueFrom: keepSecret(`${container}.${name}`, text) } : { name, value: text };
  }) as Inputs<EnvVar>[];
}

function badVariables(given: unknown, argument: string): never {
  throw new ArgumentError(
    argument,
    say`${show(given)} is not a map of variables`,
    say`give for example { MODE: "test" }`,
  );
}

/** `{ valueFrom: ... }` as it stands, anything else as a value. */
const asVariable = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !isOnItsWay(value)
    ? (value as Record<string, unknown>)
    : { value };

/** Requests and limits; what is asked for cannot be more than what may be used. */
function resources(given: ResourcesDescription, argument: string) {
  checkFields(given, ["requests", "limits"], argument, "resources");
  const { requests, limits } = given;
  for (const [kind, values] of Object.entries({ requests, limits }))
    for (const [name, value] of Object.entries(values ?? {})) quantity(value, `${argument}.${kind}.${name}`);
  for (const [name, request] of Object.entries(requests ?? {})) {
    const limit = limits?.[name];
    if (limit !== undefined && compareQuantities(request, limit, `${argument}.requests.${name}`) > 0)
      throw new ArgumentError(
        `${argument}.requests.${name}`,
        say`${request} is above the limit ${limit}`,
        say`lower it or raise the limit`,
      );
  }
  const texts = (values?: Record<string, string | number>) =>
    values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  return { ...(requests && { requests: texts(requests) }), ...(limits && { limits: texts(limits) }) };
}

function mounts(given: Inputs<VolumeMount>[], argument: string, volumes: Set<string>): Inputs<VolumeMount>[] {
  const seen = new Set<string>();
  for (const [index, item] of listOf(given, argument).entries()) {
    const at = `${argument}[${index}]`;
    const mount = objectOf(item as object, at, "a mount") as { name?: string; mountPath?: string };
    const name = plain(mount.name, `${at}.name`);
    const path = plain(mount.mountPath, `${at}.mountPath`);
    if (name === undefined || !volumes.has(name))
      throw new ArgumentError(
        `${at}.name`,
        say`the pod has no volume named ${show(name)}`,
        volumes.size ? say`use ${[...volumes].join(", ")}, or declare it in volumes` : say`declare it in volumes`,
      );
    absolute(path, `${at}.mountPath`);
    if (seen.has(path!))
      throw new ArgumentError(
        `${at}.mountPath`,
        say`${path} is mounted twice`,
        say`mount each volume at a place of its own`,
      );
    seen.add(path!);
  }
  return given;
}
