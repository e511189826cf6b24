import type * as pulumi from "@pulumi/pulumi";
import { say } from "../core/description/say";
import { ENGINE_SETTINGS, type EngineAddress, engineAddress } from "../core/engines/dockerApi/connection/address";
import { EngineClient } from "../core/engines/dockerApi/connection/client";
import { checkEngine, type EngineName } from "../core/engines/engineName";
import { DIGEST_LABEL, labelFilter, type Owner, ownerOf } from "../core/engines/owner";
import { type Declared, pick, type ServiceStatus } from "../core/engines/status";
import { type Plan, type PlannedResource, type PlannedService, plannedServices } from "./plan";
import type { Group, Place } from "./place";
import { planOf } from "./planOf";
import { currentProject } from "./project";
import { HIDDEN } from "./marks";
import { readStackConfig, type StackConfig } from "./stackConfig";
import { shortName } from "./stackName";

/** A stack as its program declares it, with the engines that it is on. Nothing of Pulumi but the plan is needed. */
export interface StackNow {
  name: string;
  owner: Owner;
  places: Place[];
  plan: Plan;
}

/**
 * Plans a stack and connects to its engines; they are asked only by `look`.
 *
 * @param planned what the stack declares, where it has been planned already
 * @throws Error where the program cannot be planned, or where its engine is cannot be known
 */
export async function stackNow(given: string, planned?: Plan): Promise<StackNow> {
  const stack = shortName(given);
  const { folder, name } = await currentProject();
  const config = readStackConfig(folder, name, stack);
  const plan = planned ?? (await planOf(stack, {}, { commands: false }));
  const { resources } = plan;
  const owner = ownerOf(name, stack, process.cwd(), config.values["berth:owner"]);
  const chosen = checkEngine(config.values["berth:engine"]);
  const groups = await grouped(resources);
  // What is not declared any more may be the last that there was.
  if (groups.length === 0) groups.push({ engine: chosen, declared: [] });
  const places: Place[] = [];
  try {
    for (const group of groups) places.push(await placeOf(group, owner, config));
  } catch (error) {
    close({ places });
    throw error;
  }
  return { name: stack, owner, places, plan };
}

/** The declared services by where they run. */
async function grouped(resources: PlannedResource[]): Promise<Group[]> {
  const groups: Group[] = [];
  const services = await plannedServices(resources);
  for (const planned of services) {
    const { logicalName: service, engine, resource } = planned.component;
    const { __prov: provider } = resource as { __prov?: pulumi.ProviderResource };
    const declared: Declared = {
      service,
      name: planned.spec.containerName ?? service,
      engine,
      spec: planned.spec,
      digest: digestOf(planned.resource),
      hidden: hidesSomething(planned),
      metadata: planned.resource.inputs.metadata as Declared["metadata"],
      kind: planned.resource.type.split(":").at(-1),
    };
    const group = groups.find((candidate) => candidate.engine === engine && candidate.provider === provider);
    if (group) group.declared.push(declared);
    else groups.push({ engine, provider, declared: [declared] });
  }
  // Some components of a cluster are no services.
  const others = resources.filter((resource) => !services.some((planned) => planned.resource === resource));
  const declared = others.flatMap(workloadOf);
  const cluster = groups.find(({ engine, provider }) => engine === "kubernetes" && !provider);
  if (cluster) cluster.declared.push(...declared);
  else if (declared.length) groups.push({ engine: "kubernetes", declared });
  return groups;
}

/** A workload of a cluster by its manifest. */
function workloadOf({ type, name: service, inputs }: PlannedResource): Declared[] {
  const kind = /^kubernetes:.*:(Deployment|StatefulSet|DaemonSet|Job|Pod)$/.exec(type)?.[1];
  if (kind === undefined) return [];
  const { metadata, spec = {} } = inputs as Manifest;
  const image = (spec.template?.spec ?? spec).containers?.[0]?.image ?? "";
  const plain = { image, replicas: spec.replicas } as Declared["spec"];
  return [
    { service, name: metadata?.name ?? service, engine: "kubernetes", spec: plain, hidden: false, metadata, kind },
  ];
}

interface Manifest {
  metadata?: Declared["metadata"];
  spec?: Pods & { replicas?: number; template?: { spec?: Pods } };
}

interface Pods {
  containers?: { image?: string }[];
}

function digestOf({ inputs }: PlannedResource): string | undefined {
  if (!Array.isArray(inputs.labels)) return undefined;
  const found = (inputs.labels as { label: string; value: string }[]).find(({ label }) => label === DIGEST_LABEL);
  // Otherwise it is known after `up` only.
  return found && /^[0-9a-f]+$/.test(found.value) ? found.value : undefined;
}

/** Whether what counts in a declaration has a secret in it, in whose place the plan has another word. */
function hidesSomething({ spec, secretNames }: PlannedService): boolean {
  const { environment = {}, secrets: _secrets, configs: _configs, ...rest } = spec;
  const open = Object.entries(environment).filter(([name]) => !secretNames.has(name));
  return JSON.stringify([open, rest]).includes(HIDDEN);
}

async function placeOf(group: Group, owner: Owner, config: StackConfig): Promise<Place> {
  const { engine, declared } = group;
  if (engine === "kubernetes") {
    const { clusterPlace } = await import("./clusterNow");
    return clusterPlace(group, owner, config);
  }
  const address = group.provider ? await addressOf(group.provider) : stackAddress(config);
  if (!EngineClient.supports(address))
    throw new Error(say`the engine at ${address.host} is reached by the Docker provider only; use \`docker ps\` there`);
  const client = new EngineClient(address);
  const { dockerStatus } = await import("../core/engines/docker/status");
  const { swarmStatus } = await import("../core/engines/swarm/status");
  const ask = engine === "swarm" ? swarmStatus : dockerStatus;
  return {
    engine,
    declared,
    client,
    close: () => client.close(),
    async look() {
      try {
        return await ask(client, owner, declared);
      } catch (error) {
        if (client.hasAnswered) throw error;
        throw new Error(say`no Docker engine answers at ${address.host}: ${(error as Error).message}`);
      }
    },
  };
}

/**
 * Where the stack's settings and the environment say that its engine is.
 *
 * @throws Error for settings that only the CLI can read
 */
function stackAddress({ values, secrets }: StackConfig): EngineAddress {
  const hidden = ENGINE_SETTINGS.find((key) => secrets.includes(`docker:${key}`));
  if (hidden)
    throw new Error(
      say`docker:${hidden}: is a secret of the stack, which only the Pulumi CLI can read; keep certificates in a folder and name it with docker:certPath`,
    );
  return engineAddress(Object.fromEntries(ENGINE_SETTINGS.map((key) => [key, values[`docker:${key}`]])), process.env);
}

/** The engine of a provider that the program has made itself. */
async function addressOf(provider: pulumi.ProviderResource): Promise<EngineAddress> {
  const given = provider as unknown as Record<string, pulumi.Output<string | undefined> | undefined>;
  const settings: Record<string, string | undefined> = {};
  for (const key of ENGINE_SETTINGS.filter((name) => name !== "sshOpts")) {
    const output = given[key] as unknown as { promise?(): Promise<string | undefined> } | undefined;
    settings[key] = await output?.promise?.();
    if (settings[key]?.includes(HIDDEN))
      throw new Error(say`the provider's ${key} is a secret of the stack, which only the Pulumi CLI can read`);
  }
  return engineAddress(settings, process.env);
}

/** Ends the connections to the engines. */
export function close({ places }: Pick<StackNow, "places">): void {
  for (const place of places) place.close();
}

/** A service as it runs, and where. */
export type Found = [ServiceStatus, Place];

/** The services of a stack as they run. */
export async function servicesNow({ places }: StackNow): Promise<Found[]> {
  const found = await Promise.all(
    places.map(async (place) => (await place.look()).map((status): Found => [status, place])),
  );
  return found.flat();
}

/** The containers of a service of a Swarm on the node that is asked. */
export async function tasksOf(client: EngineClient, id: string): Promise<string[]> {
  const filters = labelFilter({ "com.docker.swarm.service.id": id });
  const found = await client.request<{ Id: string }[]>("GET", `/containers/json?filters=${filters}`);
  return found.map(({ Id }) => Id);
}

/** What does on a cluster, and on a Swarm, what a command does not do there. */
export type Instead = Partial<Record<EngineName, (status: ServiceStatus) => string>>;

/**
 * The services that are named, all where none is, as far as there is something of them on the engine.
 *
 * @param instead a command of the engine's own, for engines where berth does not do it
 * @throws Error for a service that is not known, not there, or on such an engine
 */
export function chosen(found: Found[], names: string[], { name: stack }: StackNow, instead: Instead): Found[] {
  const picked = pick(
    found.map(([status]) => status),
    names,
    stack,
  );
  const there = picked.filter(({ state }) => state !== "missing");
  if (names.length > there.length || (picked.length > 0 && there.length === 0)) {
    const { name } = picked.find(({ state }) => state === "missing")!;
    throw new Error(say`${name} is not on the engine; \`berth up ${stack}\` makes it`);
  }
  for (const status of there) {
    const command = instead[status.engine]?.(status);
    if (command) throw new Error(say`${status.name}: berth does not do this on ${status.engine}; use \`${command}\``);
  }
  return found.filter(([status]) => there.includes(status));
}

/** `namespace/kind/name` of a workload, as words for kubectl. */
export const kubectlNames = ({ id = "" }: ServiceStatus): string => {
  const [namespace = "default", kind = "deployment", name = ""] = id.split("/");
  return `-n ${namespace} ${kind}/${name}`;
};
