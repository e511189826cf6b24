import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { providerOf, sessionFor, toLabels } from "../core/engines/dockerApi/session";
import { ArgumentError } from "../core/description/errors";
import { parseName } from "../core/description/names";
import { type ReportSource, reporter } from "../core/pulumi/componentErrors";
import { refuseOnKubernetes } from "../core/engines/engine";
import type { ServiceOptions } from "./service";

/** Arguments of {@link NamedVolume}. */
export interface NamedVolumeArgs extends Pick<ServiceOptions, "removeData"> {
  /** Name on the engine. @default the component's name */
  name?: string;
  /** Driver of the volume. @default "local" */
  driver?: string;
  /** Options of the driver, e.g. `{ type: "nfs", o: "addr=10.0.0.1,rw", device: ":/export" }`. */
  driverOpts?: Record<string, string>;
  /** Labels of the volume, beside those of berth. */
  labels?: Record<string, string>;
}

/**
 * A volume that several services share, or one with driver options. A plain named volume needs no
 * declaration: `volumes: ["my_volume:/path"]` makes it. Documented setup A15.
 *
 * @example
 * // docker volume create my_volume
 * const data = new NamedVolume("my_volume");
 * new Service("one", { image: "busybox", volumes: [`${data.volumeName}:/path`] });
 *
 * @throws pulumi.ResourceError where a volume of that name exists with another driver or options:
 *   a volume cannot be changed without losing its data
 */
export class NamedVolume extends pulumi.ComponentResource {
  /** Name on the engine, to be used in `volumes` of services. */
  readonly volumeName: string;
  /** The resource itself, for what this component does not show. */
  readonly volume: docker.Volume;

  constructor(
    name: string,
    args: NamedVolumeArgs = {},
    opts: pulumi.ComponentResourceOptions = {},
    source?: ReportSource,
  ) {
    if (!source) checkGiven("NamedVolume", name, args);
    const type = "berth:services:NamedVolume";
    const session = sessionFor(providerOf(opts));
    const volumeName = reporter(
      type,
      name,
      {},
      source,
    )(() => {
      refuseOnKubernetes("volumes", say`claims are made by the services that use them`);
      const result = parseName(args.name ?? name, "name");
      const live = session.snapshot?.volumes.find((volume) => volume.name === result);
      const differs =
        live &&
        (live.driver !== (args.driver ?? "local") ||
          JSON.stringify(sorted(live.options)) !== JSON.stringify(sorted(args.driverOpts ?? {})));
      if (differs) {
        throw new ArgumentError(
          args.driverOpts || Object.keys(live.options).length ? "driverOpts" : "driver",
          say`the volume ${result} exists with driver ${live.driver} and options ${JSON.stringify(live.options)}, and a volume cannot be changed without losing its data`,
          say`choose another name, or copy the data away and remove the volume yourself`,
        );
      }
      const by = session.volumeBy(result);
      if (by !== undefined)
        throw new ArgumentError(
          "name",
          say`the volume ${result} is declared by ${by} already`,
          say`declare a NamedVolume once, before the services that use it`,
        );
      return result;
    });
    super(type, name, { name: volumeName, driver: args.driver, driverOpts: args.driverOpts }, opts);
    this.volumeName = volumeName;
    this.volume = session.volume(volumeName, !args.removeData, name, {
      driver: args.driver,
      driverOpts: args.driverOpts,
      labels: toLabels(args.labels ?? {}),
    });
    this.registerOutputs({});
  }
}

const sorted = (record: Record<string, string>) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
