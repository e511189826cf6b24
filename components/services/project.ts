import * as pulumi from "@pulumi/pulumi";
import { chosenEngine, type EngineName, type EngineOptions } from "../engines/engine";
import { ArgumentError } from "../spec/errors";
import type { ProjectDescription, ProjectService } from "../spec/project";
import type { ServiceArgs } from "../spec/types";
import { ClusterMaking, DockerMaking, type Making } from "./making";
import { type ArgumentNames, reporter } from "./report";
import type { Endpoint, Service } from "./service";

export interface ProjectOptions extends Pick<EngineOptions, "kubernetes"> {
  /** Where it runs. @default the stack's setting `berth:engine`, else "docker" */
  engine?: EngineName;
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
    const { engine = chosenEngine() } = options;
    for (const { level, at, text } of project.notices.filter(({ swarm }) => !swarm || engine !== "swarm"))
      void (level === "warning" ? pulumi.log.warn : pulumi.log.info)(`${name}: ${at}: ${text}`);

    const making: Making =
      engine === "docker"
        ? new DockerMaking(this, project, options, opts)
        : new ClusterMaking(this, project, options, opts, engine);
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
