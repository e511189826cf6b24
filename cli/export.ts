import { defined, describe } from "../components/spec/describe";
import type {
  DependencyDescription,
  NetworkDefinition,
  ProjectDescription,
  VolumeDefinition,
} from "../components/spec/project";
import type { PlannedResource, PlannedService } from "./plan";

type Labels = { label: string; value: string }[];

/** Labels that somebody wrote; berth's own say which stack made a thing. */
function ownLabels(labels: unknown): Record<string, string> | undefined {
  const given = ((labels ?? []) as Labels).filter(({ label }) => !label.startsWith("berth."));
  return given.length ? Object.fromEntries(given.map(({ label, value }) => [label, value])) : undefined;
}

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
    labels: ownLabels(inputs.labels),
  });
}

function volume({ inputs }: PlannedResource): VolumeDefinition {
  return defined({
    name: inputs.name as string,
    driver: inputs.driver as string | undefined,
    driverOpts: inputs.driverOpts as Record<string, string> | undefined,
    labels: ownLabels(inputs.labels),
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
  const keyOf = ({ resource, spec }: PlannedService) => spec.containerName ?? resource.name;
  const byUrn = new Map(services.map((service) => [service.resource.urn, service]));

  const described = services.map((service) => {
    const { spec, resource } = service;
    const others = resource.dependencies.flatMap((urn) => byUrn.get(urn) ?? []);
    const dependsOn = others.map((other): [string, DependencyDescription] => [
      keyOf(other),
      {
        condition:
          other.spec.healthcheck?.test && other.spec.healthcheck.test[0] !== "NONE"
            ? "service_healthy"
            : "service_started",
      },
    ]);
    return [
      keyOf(service),
      { ...describe(spec, folder), ...(dependsOn.length ? { dependsOn: Object.fromEntries(dependsOn) } : {}) },
    ];
  });
  const byName = <T extends { name: string }>(items: T[]) => Object.fromEntries(items.map((item) => [item.name, item]));
  return {
    project: {
      name: stack,
      services: Object.fromEntries(described),
      networks: byName(named("docker:index/network:Network").map(network)),
      volumes: byName(named("docker:index/volume:Volume").map(volume)),
      notices: [],
    },
    secretNames: new Map(services.map((service) => [keyOf(service), service.secretNames])),
  };
}
