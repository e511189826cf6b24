import { relative } from "node:path";
import { defined, describe } from "../core/description/describe";
import type {
  BuildDescription,
  DependencyDescription,
  NetworkDefinition,
  ProjectDescription,
  ProjectService,
  VolumeDefinition,
} from "../core/description/project";
import type { NetworkDescription } from "../core/description/types";
import { COMPOSE_LABELS, ownLabels } from "../core/engines/owner";
import type { PlannedResource, PlannedService } from "./plan";

type Labels = { label: string; value: string }[];

/** Where an object stands in its compose file, in Compose's own words. */
const inCompose = (labels: Record<string, string> | undefined, name: string) => labels?.[COMPOSE_LABELS + name];
const recordOf = (labels: unknown): Record<string, string> =>
  Object.fromEntries(((labels ?? []) as Labels).map(({ label, value }) => [label, value]));

function network({ inputs }: PlannedResource): NetworkDefinition {
  const blocks = (inputs.ipamConfigs ?? []) as Record<string, string>[];
  const config = blocks.map(({ subnet, gateway, ipRange, auxAddress }) =>
    defined({ subnet, gateway, ipRange, auxAddresses: auxAddress as unknown as Record<string, string> | undefined }),
  );
  const ipam = defined({
    driver: inputs.ipamDriver as string | undefined,
    config: config.length ? config : undefined,
    options: inputs.ipamOptions as Record<string, string> | undefined,
  });
  return defined({
    name: inputs.name as string,
    driver: inputs.driver === "bridge" ? undefined : (inputs.driver as string | undefined),
    driverOpts: inputs.options as Record<string, string> | undefined,
    ipam: Object.keys(ipam).length ? ipam : undefined,
    internal: inputs.internal as boolean | undefined,
    attachable: inputs.attachable as boolean | undefined,
    enableIpv6: inputs.ipv6 as boolean | undefined,
    labels: ownLabels(recordOf(inputs.labels)),
  });
}

function volume({ inputs }: PlannedResource): VolumeDefinition {
  return defined({
    name: inputs.name as string,
    driver: inputs.driver as string | undefined,
    driverOpts: inputs.driverOpts as Record<string, string> | undefined,
    labels: ownLabels(recordOf(inputs.labels)),
  });
}

/** How an image is built, where this stack builds it. */
function build({ inputs }: PlannedResource): BuildDescription {
  const given = inputs.build as Record<string, never>;
  const context = (given.remoteContext ?? given.context) as string;
  // The stack names it by its whole path.
  const dockerfile = given.dockerfile && relative(context, given.dockerfile);
  return defined({
    context,
    dockerfile: dockerfile === "Dockerfile" ? undefined : dockerfile,
    args: typeof given.buildArgs === "object" && Object.keys(given.buildArgs).length ? given.buildArgs : undefined,
    target: given.target,
    network: given.networkMode,
    tags: given.tags,
    labels: given.labels,
    cacheFrom: given.cacheFroms,
    extraHosts: given.extraHosts,
    platforms: given.platform && [given.platform],
    shmSize: given.shmSize,
    noCache: given.noCache,
    pull: given.pullParent,
  });
}

/** What a stack would make, as a project, and the variables whose values must not be shown. */
export function projectOf(
  stack: string,
  resources: PlannedResource[],
  services: PlannedService[],
  folder: string,
): { project: ProjectDescription; secretNames: Map<string, Set<string>> } {
  const named = (type: string) =>
    resources.filter((resource) => resource.type === type && typeof resource.inputs.name === "string");
  const projects = new Set(services.map(({ spec }) => inCompose(spec.labels, "project")));
  const [only] = projects;
  // Several Compose projects in one stack may use one key; then containers are told apart by their names.
  const project = projects.size === 1 ? only : undefined;
  const keyOf = ({ resource, spec }: PlannedService) =>
    (project && inCompose(spec.labels, "service")) ?? spec.containerName ?? resource.name;
  const byUrn = new Map(services.map((service) => [service.resource.urn, service]));
  const builds = new Map(
    named("docker:index/remoteImage:RemoteImage")
      .filter(({ inputs }) => inputs.build)
      .map((image) => [image.inputs.name as string, build(image)]),
  );

  const waitsOf = (service: PlannedService): [string, DependencyDescription][] => {
    const said = project && inCompose(service.spec.labels, "depends_on");
    if (said !== undefined)
      return said
        .split(",")
        .filter(Boolean)
        .map((wait) => {
          const [other = "", condition, restart] = wait.split(":");
          return [other, { condition: condition as DependencyDescription["condition"], restart: restart === "true" }];
        });
    return service.resource.dependencies
      .flatMap((urn) => byUrn.get(urn) ?? [])
      .map((other) => {
        const checked = other.spec.healthcheck?.test && other.spec.healthcheck.test[0] !== "NONE";
        return [keyOf(other), { condition: checked ? "service_healthy" : "service_started" }];
      });
  };

  const described: Record<string, ProjectService> = {};
  for (const service of services) {
    const key = keyOf(service);
    const { spec } = service;
    if (described[key]) {
      described[key].replicas = (described[key].replicas ?? 1) + 1;
      continue;
    }
    const { containerName, networks, ...rest } = describe({ ...spec, labels: ownLabels(spec.labels) }, folder);
    const waits = waitsOf(service);
    described[key] = defined({
      ...rest,
      containerName: project && containerName === `${project}-${key}-1` ? undefined : containerName,
      networks: networks?.map((network) => withoutOwnNames(network, [key, String(containerName)])),
      build: builds.get(spec.image),
      dependsOn: waits.length ? Object.fromEntries(waits) : undefined,
    });
  }
  const byKey = <T extends { name: string }>(
    resourcesOf: PlannedResource[],
    label: string,
    read: (r: PlannedResource) => T,
  ) =>
    Object.fromEntries(
      resourcesOf.map((resource) => {
        const item = read(resource);
        return [(project && inCompose(recordOf(resource.inputs.labels), label)) ?? item.name, item];
      }),
    );
  return {
    project: {
      name: project ?? stack,
      services: described,
      networks: byKey(named("docker:index/network:Network"), "network", network),
      volumes: byKey(named("docker:index/volume:Volume"), "volume", volume),
      notices: [],
    },
    secretNames: new Map(services.map((service) => [keyOf(service), service.secretNames])),
  };
}

/** A container is found by its own name and by its service's without an alias. */
function withoutOwnNames(network: string | NetworkDescription, own: string[]): string | NetworkDescription {
  if (typeof network === "string") return network;
  const aliases = network.aliases?.filter((alias) => !own.includes(alias));
  const rest = defined({ ...network, aliases: aliases?.length ? aliases : undefined });
  return Object.keys(rest).length === 1 ? rest.name : rest;
}
