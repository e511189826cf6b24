import type * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../core/description/errors";
import type { ClaimOptions } from "../../core/description/kubernetesOptions";
import type { NetworkDefinition, ProjectDescription, ProjectService } from "../../core/description/project";
import { say } from "../../core/description/say";
import { snakeCase } from "../../core/description/snakeCase";
import { isAwaited } from "../../core/description/startOrder";
import type { ServiceArgs } from "../../core/description/types";
import { buildForNodes } from "../../core/engines/dockerApi/images/build";
import { providerOf, type Session, sessionFor } from "../../core/engines/dockerApi/session";
import type { EngineName } from "../../core/engines/engine";
import { rolledBack } from "../../core/engines/rollback";
import { networkArgs } from "../../core/mapping/networks";
import type { ReportSource } from "../../core/pulumi/componentErrors";
import { Network } from "../network";
import { Service } from "../service";
import { labelMap, NAMESPACE } from "./composeLabels";
import { define, type Making, sourceOf, waitsOf } from "./making";
import type { ProjectOptions } from "./projectOptions";

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
      throw new ArgumentError("removeImages", say`the nodes keep the images that they have pulled`, say`remove it`);
  }

  networks(): void {
    for (const [key, network] of Object.entries(this.project.networks))
      define(this.options, "networks", key, (source) => this.network(key, network, source));
  }

  private network(key: string, network: NetworkDefinition, source?: ReportSource): void {
    const at = `networks.${key}`;
    if (this.engine === "kubernetes") {
      refuseFields(
        at,
        network,
        ["driverOpts", "ipam", "internal", "enableIpv6"],
        say`pods are on the one network of their cluster`,
        say`remove it; what may reach what is said with a NetworkPolicy`,
      );
      return;
    }
    if (network.external) return;
    const { driver = "overlay" } = network;
    if (driver !== "overlay")
      throw new ArgumentError(
        `${at}.driver`,
        say`${driver} networks are those of one engine, and services of a Swarm need one that spans its nodes`,
        say`use overlay`,
      );
    const labels = this.options.compose ? { ...network.labels, [NAMESPACE]: this.project.name } : network.labels;
    const args = networkArgs({ ...network, driver }, labels ?? {});
    new Network(network.name, args, { parent: this.parent }, undefined, undefined, undefined, source);
  }

  volumes(): void {
    for (const [key, volume] of Object.entries(this.project.volumes)) {
      if (this.engine === "kubernetes" && volume.external) this.claims[volume.name] = { existing: true };
      define(this.options, "volumes", key, () =>
        refuseFields(
          `volumes.${key}`,
          { ...volume, driver: volume.driver === "local" ? undefined : volume.driver },
          ["driver", "driverOpts"],
          this.engine === "swarm"
            ? say`each node makes its own volume when a task comes to it, with the local driver`
            : say`a cluster's volumes come of its storage classes`,
          this.engine === "swarm"
            ? say`remove it, or make the volume on each node and call it external`
            : say`remove it, and name a class with kubernetes: { volumes: { NAME: { storageClassName } } }`,
        ),
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
    const name = `${this.project.name}-${key}`;
    const args: ServiceArgs = {
      ...description,
      containerName,
      // An image that nobody runs may be the very one that cannot be had.
      image:
        build && !rolledBack(name)
          ? this.build(key, description.image, build, description.platform)
          : description.image,
      ...(isAwaited(key, this.project.services) ? { mode: "replicated-job" } : {}),
      networks: description.networks?.map((network) => {
        const { aliases = [], ...rest } = typeof network === "string" ? { name: network } : network;
        const others = [...new Set([key, ...aliases])].filter((alias) => alias !== containerName);
        return { ...rest, aliases: others.length ? others : undefined };
      }),
      labels: Object.keys(labels).length ? labels : undefined,
      ...this.options.services?.[key],
    };
    const service = new Service(
      name,
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
      {},
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
