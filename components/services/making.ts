import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import { buildForNodes, buildImage } from "../engines/docker/build";
import { providerOf, type Session, sessionFor } from "../engines/docker/session";
import type { EngineName } from "../engines/engine";
import type { ClaimOptions } from "../engines/kubernetes/options";
import { canonical } from "../spec/digest";
import { isSecretName, splitVariable } from "../spec/environment";
import { ArgumentError } from "../spec/errors";
import type {
  DependencyDescription,
  NetworkDefinition,
  ProjectDescription,
  ProjectService,
  VolumeDefinition,
} from "../spec/project";
import { snakeCase } from "../spec/snakeCase";
import type { ServiceArgs } from "../spec/types";
import { NamedVolume } from "./namedVolume";
import { Network } from "./network";
import type { ProjectOptions } from "./project";
import { type Dependency, Service, type ServiceSource } from "./service";

/** Makes the objects of one project, in the order that they need one another. */
export interface Making {
  networks(): void;
  volumes(): void;
  /** @param made the services that stand already, by key */
  service(key: string, made: Record<string, Service[]>): Service[];
}

/** Version of Compose whose names and labels these are. */
const COMPOSE_VERSION = "5.1.0";
const LABEL = "com.docker.compose";
/** Names the stack of a Swarm that an object belongs to. */
const NAMESPACE = "com.docker.stack.namespace";

const waitsOf = (dependsOn: Record<string, DependencyDescription>, made: Record<string, Service[]>): Dependency[] =>
  Object.entries(dependsOn).flatMap(([other, { condition, restart }]) =>
    (made[other] ?? []).map((service) => ({ service, condition, restart })),
  );

/** Nothing in a compose file says that a service ends, except that another waits for it. */
const isAwaited = ({ services }: ProjectDescription, key: string): boolean =>
  Object.values(services).some((other) => other.dependsOn?.[key]?.condition === "service_completed_successfully");

const labelMap = (labels: ProjectService["labels"]) =>
  Array.isArray(labels)
    ? Object.fromEntries(labels.map(splitVariable).map(([name, value]) => [name, value ?? ""]))
    : labels;

/** Where a service stands; what code has set over the file stands nowhere in it. */
function sourceOf({ compose, services }: ProjectOptions, key: string): ServiceSource | undefined {
  if (!compose) return undefined;
  const ours = Object.keys(services?.[key] ?? {});
  return {
    path: `services.${key}`,
    variables: compose.variables,
    locate: (error) => (ours.includes(/^\w*/.exec(error.argument)![0]) ? undefined : compose.locate?.(key, error)),
  };
}

/** On one Docker engine: what `docker compose up` makes. */
export class DockerMaking implements Making {
  private readonly images = new Map<string, string>();
  private readonly session: Session;

  constructor(
    private readonly parent: pulumi.Resource,
    private readonly project: ProjectDescription,
    private readonly options: ProjectOptions,
    opts: pulumi.ComponentResourceOptions,
  ) {
    this.session = sessionFor(providerOf(opts));
  }

  /** Labels of an object that belongs to the project as a whole. */
  private labels(kind: "network" | "volume", key: string, own: Record<string, string> = {}): Record<string, string> {
    if (!this.options.compose) return own;
    return {
      ...own,
      [`${LABEL}.${kind}`]: key,
      [`${LABEL}.project`]: this.project.name,
      [`${LABEL}.version`]: COMPOSE_VERSION,
    };
  }

  networks(): void {
    for (const [key, network] of Object.entries(this.project.networks)) {
      // Whoever uses it is told if it is missing.
      if (network.external) continue;
      new Network(network.name, networkArgs(network, this.labels("network", key, network.labels)), {
        parent: this.parent,
      });
    }
  }

  volumes(): void {
    for (const [key, volume] of Object.entries(this.project.volumes)) {
      if (volume.external) this.expectVolume(key, volume);
      else
        new NamedVolume(
          volume.name,
          {
            driver: volume.driver,
            driverOpts: volume.driverOpts,
            labels: this.labels("volume", key, volume.labels),
            removeData: this.options.removeVolumes,
          },
          { parent: this.parent },
        );
    }
  }

  private expectVolume(key: string, { name }: VolumeDefinition): void {
    if (this.session.snapshot && !this.session.snapshot.volumes.some((volume) => volume.name === name))
      throw new ArgumentError(
        `volumes.${key}`,
        `the external volume ${name} is not on the engine`,
        `create it with \`docker volume create ${name}\`, or remove external`,
      );
    this.session.externalVolumes.add(name);
  }

  service(key: string, made: Record<string, Service[]>): Service[] {
    const { build, dependsOn = {}, replicas = 1, swarm: _, ...description } = this.project.services[key]!;
    const { image, platform } = description;
    const at = `services.${key}`;
    const keep = !this.options.removeImages;
    if (build && !this.images.has(image))
      buildImage(this.session, image, build, { argument: `${at}.build.`, keep, platform });
    else this.session.image(image, platform, { keep });
    this.images.set(image, key);

    const waits = waitsOf(dependsOn, made);
    const isJob = isAwaited(this.project, key);
    return Array.from({ length: replicas }, (_, index) => {
      const unique = `${this.project.name}-${key}-${index + 1}`;
      const containerName = description.containerName ?? (this.options.compose ? unique : key);
      const args: ServiceArgs = {
        ...description,
        containerName,
        ...(isJob ? { mode: "replicated-job" } : {}),
        networks: description.networks?.map((network) => {
          const { aliases = [], ...rest } = typeof network === "string" ? { name: network } : network;
          const all = this.options.compose ? [containerName, ...aliases] : aliases;
          return { ...rest, aliases: all.length ? [...new Set(all)] : undefined };
        }),
        labels: this.containerLabels(key, index + 1),
        ...this.options.services?.[key],
      };
      return new Service(
        this.options.compose ? unique : containerName,
        { ...args, engine: "docker", dependsOn: waits, removeData: this.options.removeVolumes },
        { parent: this.parent },
        "berth:services:Service",
        this.options.argumentNames,
        sourceOf(this.options, key),
      );
    });
  }

  private containerLabels(key: string, number: number): Record<string, string | number | boolean> | undefined {
    const { labels: given, dependsOn = {} } = this.project.services[key]!;
    const own = labelMap(given);
    const { compose } = this.options;
    if (!compose) return own;
    return {
      ...own,
      [`${LABEL}.project`]: this.project.name,
      [`${LABEL}.service`]: key,
      [`${LABEL}.container-number`]: String(number),
      [`${LABEL}.oneoff`]: "False",
      [`${LABEL}.depends_on`]: Object.entries(dependsOn)
        .map(([other, { condition, restart = false }]) => `${other}:${condition}:${restart}`)
        .join(","),
      [`${LABEL}.config-hash`]: configHash(this.project.services[key]!),
      [`${LABEL}.project.config_files`]: compose.files.join(","),
      [`${LABEL}.project.working_dir`]: compose.workingDir,
      [`${LABEL}.version`]: COMPOSE_VERSION,
    };
  }
}

/** What a definition says that has no meaning on an engine, by field. */
function refuseFields(at: string, definition: object, fields: string[], problem: string, remedy: string): void {
  for (const field of fields) {
    const value = (definition as Record<string, unknown>)[field];
    const empty = value !== null && typeof value === "object" && Object.keys(value).length === 0;
    if (value !== undefined && value !== false && !empty)
      throw new ArgumentError(`${at}.${snakeCase(field)}`, problem, remedy);
  }
}

/**
 * On a Swarm, as `docker stack deploy` makes it, or on Kubernetes: one service or workload for each service,
 * with its replicas.
 */
export class ClusterMaking implements Making {
  private readonly images = new Map<string, pulumi.Input<string>>();
  private readonly claims: Record<string, ClaimOptions> = {};
  private readonly session: Session;

  constructor(
    private readonly parent: pulumi.Resource,
    private readonly project: ProjectDescription,
    private readonly options: ProjectOptions,
    opts: pulumi.ComponentResourceOptions,
    private readonly engine: Exclude<EngineName, "docker">,
  ) {
    this.session = sessionFor(providerOf(opts));
    if (options.removeImages)
      throw new ArgumentError("removeImages", "the nodes keep the images that they have pulled", "remove it");
  }

  networks(): void {
    for (const [key, network] of Object.entries(this.project.networks)) {
      const at = `networks.${key}`;
      if (this.engine === "kubernetes") {
        refuseFields(
          at,
          network,
          ["driverOpts", "ipam", "internal", "enableIpv6"],
          "pods are on the one network of their cluster",
          "remove it; what may reach what is said with a NetworkPolicy",
        );
        continue;
      }
      if (network.external) continue;
      const { driver = "overlay" } = network;
      if (driver !== "overlay")
        throw new ArgumentError(
          `${at}.driver`,
          `${driver} networks are those of one engine, and services of a Swarm need one that spans its nodes`,
          "use overlay",
        );
      const labels = this.options.compose ? { ...network.labels, [NAMESPACE]: this.project.name } : network.labels;
      new Network(network.name, networkArgs({ ...network, driver }, labels ?? {}), { parent: this.parent });
    }
  }

  volumes(): void {
    for (const [key, volume] of Object.entries(this.project.volumes)) {
      if (this.engine === "kubernetes" && volume.external) this.claims[volume.name] = { existing: true };
      refuseFields(
        `volumes.${key}`,
        { ...volume, driver: volume.driver === "local" ? undefined : volume.driver },
        ["driver", "driverOpts"],
        this.engine === "swarm"
          ? "each node makes its own volume when a task comes to it, with the local driver"
          : "a cluster's volumes come of its storage classes",
        this.engine === "swarm"
          ? "remove it, or make the volume on each node and call it external"
          : "remove it, and name a class with kubernetes: { volumes: { NAME: { storageClassName } } }",
      );
    }
  }

  service(key: string, made: Record<string, Service[]>): Service[] {
    const { build, dependsOn = {}, swarm, ...description } = this.project.services[key]!;
    const { compose, kubernetes } = this.options;
    const scoped = compose && this.engine === "swarm" ? `${this.project.name}_${key}` : key;
    // `docker stack deploy` knows no container names: there are as many as replicas.
    const containerName = this.engine === "swarm" ? scoped : (description.containerName ?? scoped);
    const labels = { ...labelMap(description.labels), ...(this.stackLabel() ?? {}) };
    const args: ServiceArgs = {
      ...description,
      containerName,
      image: build ? this.build(key, description.image, build, description.platform) : description.image,
      ...(isAwaited(this.project, key) ? { mode: "replicated-job" } : {}),
      networks: description.networks?.map((network) => {
        const { aliases = [], ...rest } = typeof network === "string" ? { name: network } : network;
        const others = [...new Set([key, ...aliases])].filter((alias) => alias !== containerName);
        return { ...rest, aliases: others.length ? others : undefined };
      }),
      labels: Object.keys(labels).length ? labels : undefined,
      ...this.options.services?.[key],
    };
    const service = new Service(
      `${this.project.name}-${key}`,
      {
        ...args,
        engine: this.engine,
        dependsOn: waitsOf(dependsOn, made),
        removeData: this.options.removeVolumes,
        swarm: { ...swarm, labels: { ...swarm?.labels, ...this.stackLabel() } },
        kubernetes: { ...kubernetes, volumes: { ...this.claims, ...kubernetes?.volumes } },
      },
      { parent: this.parent },
      "berth:services:Service",
      this.options.argumentNames,
      sourceOf(this.options, key),
    );
    return [service];
  }

  /** `docker stack ls`, `ps` and `services` go by it. */
  private stackLabel(): Record<string, string> | undefined {
    return this.options.compose && this.engine === "swarm" ? { [NAMESPACE]: this.project.name } : undefined;
  }

  private build(
    key: string,
    image: string,
    build: NonNullable<ProjectService["build"]>,
    platform: string | undefined,
  ): pulumi.Input<string> {
    const known = this.images.get(image);
    if (known !== undefined) return known;
    const { name: built } = buildForNodes(this.session, image, build, {
      argument: `services.${key}.build.`,
      platform,
      engine: this.engine,
    });
    this.images.set(image, built);
    return built;
  }
}

/** Compose only lists containers that carry one. Secret values are no part of it: a digest gives a short one away. */
function configHash(service: ProjectService): string {
  const { environment, secrets, ...rest } = service;
  const entries: [string, unknown][] = Array.isArray(environment)
    ? environment.map(splitVariable)
    : Object.entries(environment ?? {});
  const shown = entries.map(([name, value]) => [name, isSecretName(name) ? "" : value]);
  const text = JSON.stringify(canonical({ ...rest, shown, secrets: secrets?.map(({ source }) => source) }));
  return createHash("sha256").update(text).digest("hex");
}

function networkArgs(network: NetworkDefinition, labels: Record<string, string>) {
  const { name, driver, driverOpts, ipam, internal, attachable, enableIpv4, enableIpv6 } = network;
  if (enableIpv4 === false)
    throw new ArgumentError(`networks.${name}.enable_ipv4`, "the Docker provider cannot switch IPv4 off", "remove it");
  return { name, driver, options: driverOpts, ipam, internal, attachable, enableIpv6, labels };
}
