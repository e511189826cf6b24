import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { chosenEngine } from "../core/engines/engine";
import { ArgumentError, show } from "../core/description/errors";
import type { ServiceArgs } from "../core/description/types";
import { plainList } from "../core/pulumi/plainList";
import { type Report, reporter } from "../core/pulumi/componentErrors";
import { secretText } from "../core/pulumi/secretText";
import { Service, type ServiceOptions } from "./service";

/** Arguments of {@link Portainer}. */
export interface PortainerArgs extends ServiceOptions {
  /**
   * Give Portainer the engine's socket, of which it makes all its use. Whoever logs in there is then root on the
   * engine's host, so it has to be asked for.
   */
  dockerSocket: true;
  /**
   * Password of the user `admin`, at least 12 characters; kept secret. Portainer takes it when its data is first filled,
   * so that nobody else can choose one meanwhile; a later change is made in Portainer itself.
   */
  adminPassword: pulumi.Input<string>;
  /** Tag of the image. Not together with `image`. @default "lts" */
  version?: string;
  /** Whole image reference. @default "portainer/portainer-ce" */
  image?: pulumi.Input<string>;
  /** Name of the container. @default the component's name */
  containerName?: pulumi.Input<string>;
  /** Host port of the web pages, which are HTTPS, or `"none"`. @default 9443 */
  port?: pulumi.Input<number> | "none";
  /** Volume name, or a folder of the host, with users and settings. @default "portainer_data" */
  data?: string;
  /** Everything else, in the words of the service description; it wins over the arguments above. */
  service?: Partial<ServiceArgs>;
}

const TYPE = "berth:services:Portainer";
const PORT = 9443;
const SOCKET = "/var/run/docker.sock";
const PASSWORD_FILE = "/run/berth-portainer/admin-password";

/** Portainer's own rule. */
const SHORTEST = 12;
/** Of bcrypt, with which Portainer hashes it. */
const LONGEST = 72;

/**
 * Portainer, web pages for an engine. Documented setup H6.
 *
 * The note leaves the first start open: whoever comes first there chooses the admin's password, and is root on the host.
 * Here the password is a secret, and stands in a file of the container. The data outlives destroy and replacement
 * unless `removeData` is set. Its certificate is one that Portainer makes itself.
 *
 * @example
 * // docker run -d -p 9443:9443 --name portainer --restart=always -v /var/run/docker.sock:/var/run/docker.sock
 * //     -v portainer_data:/data portainer/portainer-ce:lts
 * const web = new Portainer("portainer", {
 *   dockerSocket: true,
 *   adminPassword: config.requireSecret("adminPassword"),
 * });
 * export const address = web.address; // https://localhost:9443
 *
 * @throws pulumi.ResourceError without `dockerSocket`, for a short password, and on another engine than Docker
 */
export class Portainer extends Service {
  /** Address of the login page; undefined where nothing is published. */
  readonly address: pulumi.Output<string | undefined>;

  constructor(name: string, args: PortainerArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("Portainer", name, args);
    const names = {
      ...(args.service?.ports ? {} : { "ports[0]": "port" }),
      ...(args.service?.volumes ? {} : { "volumes[0]": "dockerSocket", "volumes[1]": "data" }),
    };
    const report = reporter(TYPE, name, names);
    super(
      name,
      report(() => describe(args, report)),
      opts,
      TYPE,
      names,
    );
    this.address = this.url(PORT, "https");
  }
}

const OTHER_ENGINES: Record<string, string> = {
  swarm: say`on a Swarm Portainer would see the one node that it runs on, and wants an agent on every other`,
  kubernetes: say`a cluster has no engine's socket, and Portainer would want every right there in its place`,
};

function describe(args: PortainerArgs, report: Report): ServiceArgs & ServiceOptions {
  const {
    dockerSocket,
    adminPassword,
    version,
    image,
    containerName,
    port = PORT,
    data = "portainer_data",
    service = {},
    ...options
  } = args;
  const other = OTHER_ENGINES[args.engine ?? chosenEngine()];
  if (other !== undefined) throw new ArgumentError("engine", other, say`use the engine docker for it`);
  if (dockerSocket !== true)
    throw new ArgumentError(
      "dockerSocket",
      say`Portainer is of no use without the engine's socket, and with it whoever logs in is root on the engine's host`,
      say`set it to true where that is wanted (for the stack: \`pulumi config set portainer:dockerSocket true\`)`,
    );
  if (version !== undefined && image !== undefined)
    throw new ArgumentError(
      "version",
      say`is given together with image`,
      say`put the tag into image, or give version alone`,
    );
  if (typeof data !== "string" || data === "" || data.includes(":"))
    throw new ArgumentError("data", say`${show(data)} is no folder or volume`, say`name one`);
  const password = secretText(adminPassword, "adminPassword", report, (plain) => {
    if (plain.length < SHORTEST)
      throw new ArgumentError("adminPassword", say`is shorter than ${SHORTEST} characters`, say`choose a longer one`);
    if (Buffer.byteLength(plain) > LONGEST)
      throw new ArgumentError("adminPassword", say`is longer than ${LONGEST} bytes`, say`choose a shorter one`);
    // Portainer would take it for a part of the password, and a browser's field has no second line.
    if (/[\r\n]/.test(plain)) throw new ArgumentError("adminPassword", say`has several lines`, say`give a single one`);
    return plain;
  });
  const { secrets, ...others } = service;
  return {
    image: image ?? `portainer/portainer-ce:${version ?? "lts"}`,
    ...(containerName === undefined ? {} : { containerName }),
    command: ["--admin-password-file", PASSWORD_FILE],
    ports: port === "none" ? undefined : [{ target: PORT, published: port }],
    volumes: [{ type: "bind", source: SOCKET, target: SOCKET }, `${data}:/data`],
    restart: "always",
    ...options,
    ...others,
    secrets: [
      { source: "portainer-admin", target: PASSWORD_FILE, content: password },
      ...plainList(secrets, "service.secrets"),
    ],
  };
}
