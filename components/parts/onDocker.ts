import type * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../core/description/errors";
import type { ProjectDescription, VolumeDefinition } from "../../core/description/project";
import { say } from "../../core/description/say";
import { isAwaited } from "../../core/description/startOrder";
import type { ServiceArgs } from "../../core/description/types";
import { buildImage } from "../../core/engines/dockerApi/images/build";
import { providerOf, type Session, sessionFor } from "../../core/engines/dockerApi/session";
import { COMPOSE_LABELS } from "../../core/engines/owner";
import { rolledBack } from "../../core/engines/rollback";
import { networkArgs } from "../../core/mapping/networks";
import { NamedVolume } from "../namedVolume";
import { Network } from "../network";
import { Service } from "../service";
import { COMPOSE_VERSION, configHash, labelMap } from "./composeLabels";
import { define, type Making, sourceOf, waitsOf } from "./making";
import type { ProjectOptions } from "./projectOptions";

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
      [`${COMPOSE_LABELS}${kind}`]: key,
      [`${COMPOSE_LABELS}project`]: this.project.name,
      [`${COMPOSE_LABELS}version`]: COMPOSE_VERSION,
    };
  }

  networks(): void {
    for (const [key, network] of Object.entries(this.project.networks)) {
      // Whoever uses it is told if it is missing.
      if (network.external) continue;
      define(this.options, "networks", key, (source) => {
        const args = networkArgs(network, this.labels("network", key, network.labels));
        new Network(network.name, args, { parent: this.parent }, undefined, undefined, undefined, source);
      });
    }
  }

  volumes(): void {
    for (const [key, volume] of Object.entries(this.project.volumes)) {
      define(this.options, "volumes", key, (source) => {
        if (volume.external) {
          this.expectVolume(key, volume);
          return;
        }
        const { driver, driverOpts } = volume;
        const labels = this.labels("volume", key, volume.labels);
        const args = { driver, driverOpts, labels, removeData: this.options.removeVolumes };
        new NamedVolume(volume.name, args, { parent: this.parent }, source);
      });
    }
  }

  private expectVolume(key: string, { name }: VolumeDefinition): void {
    if (this.session.snapshot && !this.session.snapshot.volumes.some((volume) => volume.name === name))
      throw new ArgumentError(
        `volumes.${key}`,
        say`the external volume ${name} is not on the engine`,
        say`create it with \`docker volume create ${name}\`, or remove external`,
      );
    this.session.externalVolumes.add(name);
  }

  service(key: string, made: Record<string, Service[]>): Service[] {
    const { build, dependsOn = {}, replicas = 1, swarm: _, ...description } = this.project.services[key]!;
    const { image, platform } = description;
    const at = `services.${key}`;
    const keep = !this.options.removeImages;
    const names = Array.from({ length: replicas }, (_, index) => {
      const unique = `${this.project.name}-${key}-${index + 1}`;
      return { unique, containerName: description.containerName ?? (this.options.compose ? unique : key) };
    });
    const then = names.map(({ unique, containerName }) => rolledBack(this.options.compose ? unique : containerName));
    // An image that nobody runs may be the very one that cannot be had.
    if (then.includes(undefined)) {
      if (build && !this.images.has(image))
        buildImage(this.session, image, build, { argument: `${at}.build.`, keep, platform });
      else this.session.image(image, platform, { keep });
      this.images.set(image, key);
    }

    const waits = waitsOf(dependsOn, made);
    const isJob = isAwaited(key, this.project.services);
    return names.map(({ unique, containerName }, index) => {
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
        {},
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
      [`${COMPOSE_LABELS}project`]: this.project.name,
      [`${COMPOSE_LABELS}service`]: key,
      [`${COMPOSE_LABELS}container-number`]: String(number),
      [`${COMPOSE_LABELS}oneoff`]: "False",
      [`${COMPOSE_LABELS}depends_on`]: Object.entries(dependsOn)
        .map(([other, { condition, restart = false }]) => `${other}:${condition}:${restart}`)
        .join(","),
      [`${COMPOSE_LABELS}config-hash`]: configHash(this.project.services[key]!),
      [`${COMPOSE_LABELS}project.config_files`]: compose.files.join(","),
      [`${COMPOSE_LABELS}project.working_dir`]: compose.workingDir,
      [`${COMPOSE_LABELS}version`]: COMPOSE_VERSION,
    };
  }
}
