import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError } from "../core/description/errors";
import { say } from "../core/description/say";
import type { Inputs, MountDescription, PortDescription, ServiceArgs } from "../core/description/types";
import { answersHttp } from "../core/description/healthchecks";
import { reporter } from "../core/pulumi/componentErrors";
import { Service, type ServiceOptions } from "./service";

/** Arguments of {@link Nginx}. */
export interface NginxArgs extends ServiceOptions {
  /** Tag of the image. Not together with `image`. @default "latest", as documented */
  version?: string;
  /** Whole image reference. @default "nginx" */
  image?: pulumi.Input<string>;
  /** Name of the container. @default the component's name */
  containerName?: pulumi.Input<string>;
  /**
   * Host port of the site (container port 80), or `"free"` to publish every exposed port on a free one
   * (`docker run -P`), or `"none"`. More mappings go into `service.ports`.
   * @default "none"
   */
  port?: pulumi.Input<number> | "free" | "none";
  /** Mounts, e.g. `"./html:/usr/share/nginx/html:ro"`. */
  volumes?: Inputs<(string | MountDescription)[]>;
  /** Everything else, in the words of the service description; it wins over the arguments above. */
  service?: Partial<ServiceArgs>;
}

/**
 * An nginx web server. Documented setups A1 to A8.
 *
 * @example
 * // A1: docker run -d --name nginx01 -p 666:80 nginx
 * const web = new Nginx("nginx01", { port: 666 });
 * export const url = web.siteUrl;
 * @example
 * // A5: docker run -d -P --name nginx02 -v juming-nginx:/etc/nginx nginx
 * new Nginx("nginx02", { port: "free", volumes: ["juming-nginx:/etc/nginx"] });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class Nginx extends Service {
  /** Address of the site on the engine's host; undefined where nothing is published. */
  readonly siteUrl: pulumi.Output<string | undefined>;

  constructor(name: string, args: NginxArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("Nginx", name, args);
    const type = "berth:services:Nginx";
    super(
      name,
      reporter(type, name)(() => describe(args)),
      opts,
      type,
      args.service?.ports ? {} : { "ports[0]": "port" },
    );
    this.siteUrl = this.url(80);
  }
}

function describe({
  version,
  image,
  containerName,
  port = "none",
  volumes,
  service,
  ...options
}: NginxArgs): ServiceArgs & ServiceOptions {
  if (version !== undefined && image !== undefined)
    throw new ArgumentError(
      "version",
      say`is given together with image`,
      say`put the tag into image, or give version alone`,
    );
  const ports: Inputs<(string | number | PortDescription)[]> | undefined =
    port === "free" || port === "none" ? undefined : [{ target: 80, published: port }];
  return {
    image: image ?? (version === undefined ? "nginx" : `nginx:${version}`),
    ...(containerName === undefined ? {} : { containerName }),
    ports,
    publishAll: port === "free" ? true : undefined,
    volumes,
    healthcheck: answersHttp(80),
    ...options,
    ...service,
  };
}
