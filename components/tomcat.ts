import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import type { ServiceArgs } from "../core/description/types";
import { answersHttp } from "../core/description/healthchecks";
import { reporter } from "../core/pulumi/componentErrors";
import { Service, type ServiceOptions } from "./service";

/** Arguments of {@link Tomcat}. */
export interface TomcatArgs extends ServiceOptions {
  /** Tag of the image. @default "8", as documented */
  version?: string;
  /** Name of the container. @default the component's name */
  containerName?: pulumi.Input<string>;
  /** Host port, or `"none"`. @default 8080 */
  port?: pulumi.Input<number> | "none";
  /** Folder of the host with web applications, mounted read-only at `/usr/local/tomcat/webapps`. */
  webapps?: string;
  /** Everything else, in the words of the service description; it wins over the arguments above. */
  service?: Partial<ServiceArgs>;
}

/**
 * A Tomcat server. Documented setup A17, where it is linked to MySQL.
 *
 * @example
 * new Tomcat("tomcat01", { port: 8080, service: { networks: ["app"] } });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class Tomcat extends Service {
  /** Address of the site on the engine's host; undefined where nothing is published. */
  readonly siteUrl: pulumi.Output<string | undefined>;

  constructor(name: string, args: TomcatArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("Tomcat", name, args);
    const type = "berth:services:Tomcat";
    const names = {
      ...(args.service?.ports ? {} : { "ports[0]": "port" }),
      ...(args.service?.volumes ? {} : { "volumes[0]": "webapps" }),
    };
    super(
      name,
      reporter(type, name)(() => describe(args)),
      opts,
      type,
      names,
    );
    this.siteUrl = this.url(8080);
  }
}

function describe({
  version = "8",
  containerName,
  port = 8080,
  webapps,
  service,
  ...options
}: TomcatArgs): ServiceArgs & ServiceOptions {
  return {
    image: `tomcat:${version}`,
    ...(containerName === undefined ? {} : { containerName }),
    ports: port === "none" ? undefined : [{ target: 8080, published: port }],
    volumes: webapps === undefined ? undefined : [`${webapps}:/usr/local/tomcat/webapps:ro`],
    healthcheck: answersHttp(8080),
    ...options,
    ...service,
  };
}
