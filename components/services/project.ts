import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { buildImage } from "../engines/docker/build";
import { canonical } from "../engines/docker/container";
import { type Session, sessionFor } from "../engines/docker/session";
import { ArgumentError } from "../spec/errors";
import { isSecretName, splitVariable } from "../spec/environment";
import type { NetworkDefinition, ProjectDescription, ProjectService, VolumeDefinition } from "../spec/project";
import type { ServiceArgs } from "../spec/types";
import { NamedVolume } from "./namedVolume";
import { Network } from "./network";
import { type ArgumentNames, reporter } from "./report";
import { type Dependency, type Endpoint, providerOf, Service, type ServiceSource } from "./service";

export interface ProjectOptions {
  /** Fields of single services, by their key; they win over the description. */
  services?: Record<string, Partial<ServiceArgs>>;
  /**
   * Remove the project's volumes with their data when it is destroyed (`docker compose down -v`). Needs one
   * `up` before the destroy.
   * @default false
   */
  removeVolumes?: boolean;
  /**
   * Remove the project's images when it is destroyed (`docker compose down --rmi all`). Needs one `up` before
   * the destroy.
   * @default false
   */
  removeImages?: boolean;
  /** What errors call the fields of services, e.g. `{ pidsLimit: "--pids-limit" }`; Compose projects have their own. */
  argumentNames?: ArgumentNames;
  /** Name and label everything as Compose does, so that `docker compose ps`, `logs` and `exec` find it. @default false */
  compose?: ComposeOrigin;
}

/** Where a Compose project comes from; Compose's own commands show it. */
export interface ComposeOrigin {
  /** Absolute paths. */
  files: string[];
  workingDir: string;
  /** What names alone in `environment` and in secrets take their values from. @default those of Pulumi's process */
  variables?: Record<string, string | undefined>;
  /** Says a refusal of a service's field by its place in the files. */
  locate?(service: string, error: ArgumentError): ArgumentError;
}

/** Version of Compose whose names and labels these are. */
const COMPOSE_VERSION = "5.1.0";
const LABEL = "com.docker.compose";

/**
 * Several services with their networks, volumes and images, described as plain data: what a compose file or a
 * few `docker run` lines say. Services start in the order that their dependencies ask for; a change of one
 * leaves the containers of the others alone.
 *
 * @throws pulumi.ResourceError naming the service and its argument, before anything is made
 */
export class Project extends pulumi.ComponentResource {
  /** The containers of each service, by its key. */
  readonly services: Record<string, Service[]>;
  /** Names of the containers, by service. */
  readonly containerNames: pulumi.Output<Record<string, string[]>>;
  /** Published ports as they are on the engine, by service; services without any are left out. */
  readonly endpoints: pulumi.Output<Record<string, Endpoint[]>>;

  constructor(
    name: string,
    project: ProjectDescription,
    options: ProjectOptions = {},
    opts: pulumi.ComponentResourceOptions = {},
    type = "berth:services:Project",
  ) {
    const report = reporter(type, name);
    const order = report(() => {
      const unknown = Object.keys(options.services ?? {}).find((key) => !Object.hasOwn(project.services, key));
      if (unknown)
        throw new ArgumentError(
          `services.${unknown}`,
          "is not a service of the project",
          `use ${Object.keys(project.services).join(", ")}`,
        );
      return startOrder(project.services);
    });
    super(type, name, { project: project.name, services: Object.keys(project.services) }, opts);
    for (const { level, at, text } of project.notices)
      void (level === "warning" ? pulumi.log.warn : pulumi.log.info)(`${name}: ${at}: ${text}`);

    const making = new Making(this, project, options, sessionFor(providerOf(opts)));
    report(() => making.networks());
    report(() => making.volumes());
    this.services = {};
    for (const key of order) this.services[key] = report(() => making.service(key, this.services));
    // In the order of the file, which is the one that readers know.
    this.services = Object.fromEntries(Object.keys(project.services).map((key) => [key, this.services[key]!]));

    const each = <T>(pick: (service: Service) => pulumi.Output<T>) =>
      pulumi.all(
        Object.fromEntries(
          Object.entries(this.services).map(([key, services]) => [key, pulumi.all(services.map(pick))]),
        ),
      ) as unknown as pulumi.Output<Record<string, T[]>>;
    this.containerNames = each((service) => service.containerName);
    this.endpoints = each((service) => service.endpoints).apply((byService) =>
      Object.fromEntries(
        Object.entries(byService).flatMap(([key, lists]) => (lists.flat().length ? [[key, lists.flat()]] : [])),
      ),
    );
    this.registerOutputs({});
  }
}

/**
 * Keys so that each comes after those it needs.
 *
 * @throws ArgumentError where services wait for one another in a circle
 */
export function startOrder(services: Record<string, ProjectService>): string[] {
  const byContainer = new Map(
    Object.entries(services).flatMap(([key, { containerName }]) => (containerName ? [[containerName, key]] : [])),
  );
  const order: string[] = [];
  const path: string[] = [];
  const visit = (key: string) => {
    if (order.includes(key)) return;
    if (path.includes(key))
      throw new ArgumentError(
        `services.${key}.depends_on`,
        `${[...path.slice(path.indexOf(key)), key].join(" waits for ")}`,
        "break the circle",
      );
    path.push(key);
    const service = services[key]!;
    const shared = [service.networkMode, service.ipc, service.pid, ...(service.volumesFrom ?? [])].map((mode) =>
      byContainer.get((mode ?? "").replace(/^container:/, "").replace(/:r[ow]$/, "")),
    );
    for (const other of [...Object.keys(service.dependsOn ?? {}), ...shared])
      if (other !== undefined && Object.hasOwn(services, other) && other !== key) visit(other);
    path.pop();
    order.push(key);
  };
  for (const key of Object.keys(services)) visit(key);
  return order;
}

/** The objects of one project, in the order that they need one another. */
class Making {
  private readonly images = new Map<string, string>();

  constructor(
    private readonly parent: pulumi.Resource,
    private readonly project: ProjectDescription,
    private readonly options: ProjectOptions,
    private readonly session: Session,
  ) {}

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
    const { build, dependsOn = {}, replicas = 1, ...description } = this.project.services[key]!;
    const { image, platform } = description;
    const at = `services.${key}`;
    const keep = !this.options.removeImages;
    if (build && !this.images.has(image))
      buildImage(this.session, image, build, { argument: `${at}.build.`, keep, platform });
    else this.session.image(image, platform, { keep });
    this.images.set(image, key);

    const waits = Object.entries(dependsOn).flatMap(([other, { condition, restart }]): Dependency[] =>
      (made[other] ?? []).map((service) => ({ service, condition, restart })),
    );
    // Nothing in a compose file says that a service ends, except that another waits for it.
    const isJob = Object.values(this.project.services).some(
      (other) => other.dependsOn?.[key]?.condition === "service_completed_successfully",
    );
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
        { ...args, dependsOn: waits, removeData: this.options.removeVolumes },
        { parent: this.parent },
        "berth:services:Service",
        this.options.argumentNames,
        this.options.compose && this.source(key),
      );
    });
  }

  /** Where a service stands; what code has set over the file stands nowhere in it. */
  private source(key: string): ServiceSource {
    const { variables, locate } = this.options.compose!;
    const ours = Object.keys(this.options.services?.[key] ?? {});
    return {
      path: `services.${key}`,
      variables,
      locate: (error) => (ours.includes(/^\w*/.exec(error.argument)![0]) ? undefined : locate?.(key, error)),
    };
  }

  private containerLabels(key: string, number: number): Record<string, string | number | boolean> | undefined {
    const { labels: given, dependsOn = {} } = this.project.services[key]!;
    const own = Array.isArray(given)
      ? Object.fromEntries(given.map(splitVariable).map(([name, value]) => [name, value ?? ""]))
      : given;
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
