import * as pulumi from "@pulumi/pulumi";
import { dockerRun } from "../core/writers/dockerRun";
import type { ServiceSpec } from "../core/description/service";
import { declaredServices, type Service } from "../components/service";
import { ownLabels } from "../core/engines/owner";
import { isSecret } from "./marks";
import { HIDDEN } from "./marks";
import type { StackConfig } from "./stackConfig";

/** A resource that an empty stack would get. */
export interface PlannedResource {
  urn: string;
  parent?: string;
  type: string;
  name: string;
  /** Secrets are masked. */
  inputs: Record<string, unknown>;
  /** URNs of the resources that it needs. */
  dependencies: string[];
  /** For a container: the lines that make the same by hand. */
  commands?: string[];
}

export interface Plan {
  stack: string;
  resources: PlannedResource[];
  warnings: string[];
  /** What the program says beside its warnings. */
  notes: string[];
  /** Texts that the program declares as secret; they are printed nowhere. */
  secretValues: string[];
}

const UNKNOWN = /^(04da6b54-80e4-46f7-96ec-b56ff0331ba9|1c4a061d-8072-4f0a-a4cb-0ff528b18fe7)$/;

/** Replaces secrets and values that only an engine would know; the texts of secrets go to `secretValues`. */
function masked(value: unknown, secretValues: Set<string>): unknown {
  if (typeof value === "string") return UNKNOWN.test(value) ? "[known after up]" : value;
  if (Array.isArray(value)) return value.map((item) => masked(item, secretValues));
  if (value === null || typeof value !== "object") return value;
  const held = value as Record<string, unknown>;
  if (isSecret(held)) {
    if (typeof held.value === "string") secretValues.add(held.value);
    return HIDDEN;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, secretValues)]));
}

/** A text without the secrets in it: one may be a part of a command or a label. Shorter ones are in every word. */
export const withoutSecrets = (text: string, secretValues: Iterable<string>): string =>
  [...secretValues].reduce((rest, value) => (value.length < 3 ? rest : rest.replaceAll(value, HIDDEN)), text);

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}
type Register = (
  request: RegisterRequest,
  callback: (error: unknown, response: { getUrn(): string }) => void,
) => unknown;

export interface PlanOptions {
  /** With the lines that make the same by hand. @default true */
  commands?: boolean;
}

/** Of the SDK: it keeps a list of promises that nobody waits for, with a stack trace for each. */
const debuggable = require("@pulumi/pulumi/runtime/debuggable") as { debuggablePromise<T>(promise: T): T };

/**
 * Runs a stack's program in this process with Pulumi's mock runtime: no CLI, no engine, no network.
 * Names the resources that `pulumi preview` of an empty stack names.
 */
export async function planStack(
  project: string,
  stack: string,
  config: StackConfig,
  run: () => Promise<Record<string, unknown>>,
  { commands = true }: PlanOptions = {},
): Promise<Plan> {
  const warnings: string[] = [];
  const notes: string[] = [];
  const secretValues = new Set<string>();
  await pulumi.runtime.setMocks(
    { newResource: ({ inputs }) => ({ id: undefined, state: inputs }), call: ({ inputs }) => inputs },
    project,
    stack,
    true,
  );
  pulumi.runtime.setAllConfig(config.values, config.secrets);
  pulumi.log.warn = async (message) => void warnings.push(message);
  // Without an engine the SDK prints these on stdout, where a plan or an export in a file's form goes.
  pulumi.log.info = async (message) => void notes.push(message);

  // Nor where in a program each resource is declared: that takes a tenth of the time of a large plan.
  (pulumi.Resource as unknown as { callsites(): unknown[] }).callsites = () => [];
  debuggable.debuggablePromise = (promise) => promise;

  const resources: PlannedResource[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: Register };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (!error) {
        const inputs = masked(request.getObject()?.toJavaScript() ?? {}, secretValues) as Record<string, unknown>;
        resources.push({
          urn: response.getUrn(),
          parent: request.getParent() || undefined,
          type: request.getType(),
          name: request.getName(),
          inputs,
          dependencies: request.getDependenciesList(),
        });
      }
      callback(error, response);
    });

  await pulumi.runtime.runInPulumiStack(run);
  await pulumi.runtime.disconnect();
  if (commands) await addCommands(resources, secretValues);
  return { stack, resources, warnings, notes, secretValues: [...secretValues] };
}

/** The line that makes a network or volume by hand. */
function makeCommand({ type, inputs }: PlannedResource): string[] | undefined {
  const name = inputs.name as string | undefined;
  if (type === "docker:index/volume:Volume" && name) return [`docker volume create ${name}`];
  if (type !== "docker:index/network:Network") return undefined;
  const [ipam] = (inputs.ipamConfigs ?? []) as Record<string, string | undefined>[];
  const flags = [
    `--driver ${String(inputs.driver)}`,
    ipam?.subnet && `--subnet ${ipam.subnet}`,
    ipam?.gateway && `--gateway ${ipam.gateway}`,
    ipam?.ipRange && `--ip-range ${ipam.ipRange}`,
    inputs.internal && "--internal",
    inputs.attachable && "--attachable",
  ];
  const options = Object.entries((inputs.options ?? {}) as Record<string, string>).map(
    ([key, value]) => `-o ${key}=${value}`,
  );
  return [["docker network create", ...flags.filter(Boolean), ...options, name].join(" ")];
}

/** A declared service with what it was made from. */
export interface PlannedService {
  component: Service;
  /** Its container. */
  resource: PlannedResource;
  spec: ServiceSpec;
  /** Variables whose values must not be shown. */
  secretNames: Set<string>;
}

/** The services of the plan that ran last. */
export async function plannedServices(resources: PlannedResource[]): Promise<PlannedService[]> {
  const planned: PlannedService[] = [];
  for (const service of declaredServices()) {
    const urn = await promiseOf(service.resource.urn);
    const resource = resources.find((candidate) => candidate.urn === urn);
    if (!resource) continue;
    const spec = (await promiseOf(service.description)) as ServiceSpec | undefined;
    if (!spec) continue;
    const environment =
      ((resources.find((candidate) => candidate.urn === resource.parent)?.inputs.environment ?? {}) as Record<
        string,
        unknown
      >) || {};
    // A late environment that is secret as a whole hides which of its values are.
    const names =
      typeof environment === "object"
        ? Object.keys(environment).filter((name) => environment[name] === "[secret]")
        : Object.keys(spec.environment ?? {});
    planned.push({ component: service, resource, spec, secretNames: new Set(names) });
  }
  return planned;
}

async function addCommands(resources: PlannedResource[], secretValues: Set<string>): Promise<void> {
  for (const resource of resources) resource.commands = makeCommand(resource);
  // Compose's own labels say where a service comes from; the line is about what runs.
  for (const { resource, spec, secretNames } of await plannedServices(resources))
    resource.commands = dockerRun({ ...spec, labels: ownLabels(spec.labels) }, secretNames).map((line) =>
      withoutSecrets(line, secretValues),
    );
}

const promiseOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  (output as unknown as { promise(): Promise<T> }).promise();
