import * as pulumi from "@pulumi/pulumi";
import { say } from "../core/description/say";
import { chosenEngine } from "../core/engines/engine";
import { ArgumentError } from "../core/description/errors";
import type { ProjectDescription } from "../core/description/project";
import { startOrder } from "../core/description/startOrder";
import type { Making } from "./parts/making";
import { ClusterMaking } from "./parts/onCluster";
import { DockerMaking } from "./parts/onDocker";
import type { ProjectOptions } from "./parts/projectOptions";
import { PLACED, reporter } from "../core/pulumi/componentErrors";
import type { Endpoint, Service } from "./service";

/**
 * Several services with their networks, volumes and images, described as plain data: what a compose file or a
 * few `docker run` lines say. Services start in the order that their dependencies ask for; a change of one
 * leaves the containers of the others alone. `ComposeProject` and `DockerRun` read such descriptions.
 *
 * @example
 * new Project("shop", {
 *   name: "shop",
 *   services: { web: { image: "nginx:1.27", ports: ["8080:80"], dependsOn: { cache: { condition: "service_started" } } },
 *     cache: { image: "redis:7" } },
 *   networks: {}, volumes: {}, notices: [],
 * });
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
          say`is not a service of the project`,
          say`use ${Object.keys(project.services).join(", ")}`,
        );
      return startOrder(project.services);
    });
    super(type, name, { project: project.name, services: Object.keys(project.services) }, opts);
    const { engine = chosenEngine() } = options;
    for (const { level, at, text } of project.notices.filter(({ swarm }) => !swarm || engine !== "swarm"))
      void (level === "warning" ? pulumi.log.warn : pulumi.log.info)(say`${name}: ${at}: ${text}`);

    const making: Making =
      engine === "docker"
        ? new DockerMaking(this, project, options, opts)
        : new ClusterMaking(this, project, options, opts, engine);
    // What is said by its place in a file begins with that.
    const placed = options.locateDefinition ? reporter(type, name, {}, PLACED) : report;
    placed(() => making.networks());
    placed(() => making.volumes());
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
