import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError } from "../core/description/errors";
import { say } from "../core/description/say";
import type { ServiceArgs } from "../core/description/types";
import { isLate, lift } from "../core/pulumi/outputs";
import { reporter } from "../core/pulumi/componentErrors";
import { Service, type ServiceOptions } from "./service";
import { withVariables } from "../core/pulumi/variables";

/** Arguments of {@link Mysql}. */
export interface MysqlArgs extends ServiceOptions {
  /** Tag of the image. @default "5.7", as documented */
  version?: string;
  /** Whole image reference, in place of `version`. */
  image?: pulumi.Input<string>;
  /** Name of the container. @default the component's name */
  containerName?: pulumi.Input<string>;
  /**
   * Password of root, kept secret; MySQL takes it when the data folder is first filled.
   * The variant without one must be asked for by name: `{ allowEmpty: true }`.
   */
  rootPassword: pulumi.Input<string> | { allowEmpty: true };
  /** Database to create at the first start. */
  database?: pulumi.Input<string>;
  /** User to create at the first start, with all rights on `database`; needs `password`. */
  user?: pulumi.Input<string>;
  /** Password of `user`, kept secret. */
  password?: pulumi.Input<string>;
  /** Volume name, or a path of the host, that holds the data. @default a volume named after the component, `<name>-data` */
  data?: string;
  /** Folder of the host with `*.cnf` files. */
  config?: string;
  /** Host port, or `"none"`. @default 3306 */
  port?: pulumi.Input<number> | "none";
  /** Everything else, in the words of the service description; it wins over the arguments above. */
  service?: Partial<ServiceArgs>;
}

/**
 * A MySQL server. Its data outlives destroy and replacement unless `removeData` is set, its passwords are
 * secrets. Documented setups A9 and A10; the note has the password 123456 in clear, which is no default here.
 *
 * @example
 * // A9: docker run -d -p 3306:3306 -v /home/mysql/conf:/etc/mysql/conf.d -v /home/mysql/data:/var/lib/mysql
 * //     -e MYSQL_ROOT_PASSWORD=... --name mysql01 mysql:5.7
 * const config = new pulumi.Config("mysql");
 * new Mysql("mysql01", {
 *   rootPassword: config.requireSecret("rootPassword"),
 *   data: "/home/mysql/data",
 *   config: "/home/mysql/conf",
 * });
 *
 * @throws pulumi.ResourceError for an empty password, or a user without a password
 */
export class Mysql extends Service {
  /** Host port of the server; undefined where it is not published. */
  readonly port: pulumi.Output<number | undefined>;
  /** How to get a client shell on the engine's host. */
  readonly login: pulumi.Output<string>;

  constructor(name: string, args: MysqlArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("Mysql", name, args);
    const type = "berth:services:Mysql";
    const folders: Record<string, string> =
      args.config === undefined ? { "volumes[0]": "data" } : { "volumes[0]": "config", "volumes[1]": "data" };
    const names = { ...(args.service?.volumes ? {} : folders), ...(args.service?.ports ? {} : { "ports[0]": "port" }) };
    super(
      name,
      reporter(type, name)(() => describe(name, args)),
      opts,
      type,
      names,
    );
    this.port = this.hostPort(3306);
    this.login = pulumi.interpolate`${this.exec} mysql -uroot -p`;
  }
}

function secretText(
  name: string,
  value: pulumi.Input<string>,
  argument: string,
  remedy: string,
): pulumi.Output<string> {
  const check = (plain: string) => {
    if (typeof plain !== "string" || plain === "") throw new ArgumentError(argument, say`is empty`, remedy);
    return plain;
  };
  // A plain value is checked at once, so that nothing has been made when it is wrong.
  if (!isLate(value)) check(value as string);
  return pulumi.secret(
    lift(value, (plain) =>
      reporter("berth:services:Mysql", name)(() => check(plain as string)),
    ) as pulumi.Input<string>,
  );
}

function describe(name: string, args: MysqlArgs): ServiceArgs & ServiceOptions {
  const {
    version = "5.7",
    image,
    containerName,
    rootPassword,
    database,
    user,
    password,
    data = `${name}-data`,
    config,
    port = 3306,
    service,
    ...options
  } = args;
  if (rootPassword === undefined || rootPassword === null)
    throw new ArgumentError(
      "rootPassword",
      say`is missing`,
      say`give a secret, or { allowEmpty: true } for a server that anybody can enter`,
    );
  const allowEmpty =
    typeof rootPassword === "object" &&
    "allowEmpty" in rootPassword &&
    !pulumi.Output.isInstance(rootPassword) &&
    rootPassword.allowEmpty === true;
  if (user !== undefined && password === undefined)
    throw new ArgumentError("password", say`is missing for the user`, say`give the user's password`);
  if (password !== undefined && user === undefined)
    throw new ArgumentError("user", say`is missing for the password`, say`name the user, or remove password`);
  if (user === "root")
    throw new ArgumentError("user", say`root is there already`, say`set rootPassword, or choose another name`);
  const volumes = [...(config === undefined ? [] : [`${config}:/etc/mysql/conf.d`]), `${data}:/var/lib/mysql`];
  const { environment, ...rest } = service ?? {};
  return {
    image: image ?? `mysql:${version}`,
    ...(containerName === undefined ? {} : { containerName }),
    ports: port === "none" ? undefined : [{ target: 3306, published: port }],
    volumes,
    environment: withVariables(
      {
        ...(allowEmpty
          ? { MYSQL_ALLOW_EMPTY_PASSWORD: "true" }
          : {
              MYSQL_ROOT_PASSWORD: secretText(
                name,
                rootPassword as pulumi.Input<string>,
                "rootPassword",
                say`give a password, or { allowEmpty: true } by name`,
              ),
            }),
        ...(database === undefined ? {} : { MYSQL_DATABASE: database }),
        ...(user === undefined
          ? {}
          : {
              MYSQL_USER: user,
              MYSQL_PASSWORD: secretText(name, password!, "password", say`give the user's password`),
            }),
      },
      environment,
    ),
    // Over TCP: during the first start a temporary server listens on the socket only.
    healthcheck: {
      test: ["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent"],
      interval: "5s",
      timeout: "5s",
      startPeriod: "2m",
      retries: 5,
    },
    waitTimeout: "5m",
    ...options,
    ...rest,
  };
}
