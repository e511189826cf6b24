import type { TidyService } from "../description/describe";
import { formatBytes, parseBytes } from "../description/quantities";
import type { Code } from "./literal";

/** A typed component of `components` in place of a plain service. */
export interface Typed {
  component: "Nginx" | "Mysql" | "Elasticsearch" | "Tomcat";
  args: Record<string, unknown>;
  /** The component's output that a person wants to see first. */
  shows: string;
}

/** A service in which code stands in place of every secret value. */
export type Fields = Omit<TidyService, "build" | "dependsOn" | "replicas" | "environment"> & {
  environment?: Record<string, string | null | Code>;
};

/** Splits `nginx:1.27`, also with Docker Hub's own prefixes; the tag is undefined where none is written. */
function official(image: string, name: string): { version?: string; image?: string } | undefined {
  const [, prefix, tag] =
    new RegExp(`^((?:docker\\.io/)?(?:library/)?)${name}(?::([\\w][\\w.-]*))?$`).exec(image) ?? [];
  if (prefix === undefined) return undefined;
  // The component would write another reference, which means the same but replaces the container.
  return prefix === "" && tag !== undefined ? { version: tag } : { image };
}

/** The host port of the only published port, where it is that container port. */
function onlyPort(ports: Fields["ports"], target: number): number | undefined {
  const [, published] = new RegExp(`^(\\d+):${target}$`).exec(ports?.length === 1 ? String(ports[0]) : "") ?? [];
  return published === undefined ? undefined : Number(published);
}

/** The source of a mount without options. */
function sourceOf(mount: unknown, target: string, options = ""): string | undefined {
  if (typeof mount !== "string" || !mount.endsWith(`:${target}${options}`)) return undefined;
  const source = mount.slice(0, -`:${target}${options}`.length);
  return source.includes(":") ? undefined : source;
}

const unless = <T>(value: T, standard: T): T | undefined => (value === standard ? undefined : value);
const whole = (record: object) => (Object.keys(record).length ? record : undefined);

function nginx(fields: Fields): Typed | undefined {
  const { image, containerName, ports, publishAll, volumes, ...service } = fields;
  const reference = official(image, "nginx");
  if (!reference) return undefined;
  const published = ports?.some((port) => /(^|:)80$/.test(String(port)));
  // The component waits for an answer on port 80.
  if (ports?.length && !published) return undefined;
  const only = onlyPort(ports, 80);
  const port = only ?? (publishAll && !ports?.length ? "free" : undefined);
  const rest = {
    ...(ports?.length && only === undefined ? { ports } : {}),
    ...(publishAll && port !== "free" ? { publishAll } : {}),
    ...service,
  };
  return {
    component: "Nginx",
    args: { ...reference, image: unless(reference.image, "nginx"), containerName, port, volumes, service: whole(rest) },
    shows: "siteUrl",
  };
}

function tomcat(fields: Fields): Typed | undefined {
  const { image, containerName, ports, publishAll, volumes, ...service } = fields;
  const { version } = official(image, "tomcat") ?? {};
  if (version === undefined) return undefined;
  if (ports?.length && !ports.some((port) => /(^|:)8080$/.test(String(port)))) return undefined;
  const only = onlyPort(ports, 8080);
  const webapps = volumes?.length === 1 ? sourceOf(volumes[0], "/usr/local/tomcat/webapps", ":ro") : undefined;
  const rest = {
    ...(ports?.length && only === undefined ? { ports } : {}),
    ...(publishAll ? { publishAll } : {}),
    ...(volumes && webapps === undefined ? { volumes } : {}),
    ...service,
  };
  return {
    component: "Tomcat",
    args: {
      version: unless(version, "8"),
      containerName,
      port: only === undefined ? (ports?.length ? undefined : "none") : unless(only, 8080),
      webapps,
      service: whole(rest),
    },
    shows: "siteUrl",
  };
}

function mysql(fields: Fields): Typed | undefined {
  const { image, containerName, ports, volumes = [], environment = {}, ...service } = fields;
  const reference = official(image, "mysql");
  if (!reference) return undefined;
  const {
    MYSQL_ROOT_PASSWORD: root,
    MYSQL_ALLOW_EMPTY_PASSWORD: empty,
    MYSQL_DATABASE: database,
    ...others
  } = environment;
  const { MYSQL_USER: user, MYSQL_PASSWORD: password, ...rest } = others;
  const allowEmpty = empty === "true" && root === undefined;
  if (!allowEmpty && (!root || empty !== undefined)) return undefined;
  const data = volumes.map((mount) => sourceOf(mount, "/var/lib/mysql")).find((source) => source !== undefined);
  const config = volumes.map((mount) => sourceOf(mount, "/etc/mysql/conf.d")).find((source) => source !== undefined);
  const known = [data, config].filter((source) => source !== undefined).length;
  // Without a mount the component would add a volume of its own.
  if (volumes.length === 0) return undefined;
  const typedVolumes = data !== undefined && known === volumes.length;
  const hasUser = Boolean(user && password && user !== "root");
  const variables = hasUser
    ? rest
    : {
        ...(user === undefined ? {} : { MYSQL_USER: user }),
        ...(password === undefined ? {} : { MYSQL_PASSWORD: password }),
        ...rest,
      };
  const only = onlyPort(ports, 3306);
  const more = {
    ...(ports?.length && only === undefined ? { ports } : {}),
    ...(typedVolumes ? {} : { volumes }),
    ...(whole(variables) ? { environment: variables } : {}),
    ...service,
  };
  return {
    component: "Mysql",
    args: {
      ...reference,
      version: unless(reference.version, "5.7"),
      containerName,
      rootPassword: allowEmpty ? { allowEmpty: true } : root,
      database: database ?? undefined,
      user: hasUser ? user : undefined,
      password: hasUser ? password : undefined,
      data: typedVolumes ? data : undefined,
      config: typedVolumes ? config : undefined,
      port: only === undefined ? (ports?.length ? undefined : "none") : unless(only, 3306),
      service: whole(more),
    },
    shows: "login",
  };
}

function elasticsearch(fields: Fields): Typed | undefined {
  const { image, containerName, ports, volumes, environment = {}, memLimit, ...service } = fields;
  const reference =
    official(image, "elasticsearch") ??
    (/^docker\.elastic\.co\/elasticsearch\/elasticsearch:/.test(image) ? { image } : undefined);
  const { "discovery.type": discovery, ES_JAVA_OPTS: java, ...rest } = environment;
  const heap = /^-Xms(\d+[kmg]?) -Xmx(\d+[kmg]?)$/.exec(typeof java === "string" ? java : "");
  if (!reference || discovery !== "single-node" || !heap) return undefined;
  const [min, max] = [heap[1]!, heap[2]!];
  const [low, high] = [parseBytes(min, "heap.min"), parseBytes(max, "heap.max")];
  const limit = memLimit === undefined ? Number.POSITIVE_INFINITY : parseBytes(memLimit, "memory");
  const exact = formatBytes(low) === min && formatBytes(high) === max;
  if (!exact || low > high || high > limit || low < 2 ** 20 || low % 1024 || high % 1024) return undefined;
  const published = (target: number) => {
    const found = ports?.filter((port) => new RegExp(`^\\d+:${target}$`).test(String(port))) ?? [];
    return found.length === 1 ? Number(String(found[0]).split(":")[0]) : undefined;
  };
  const [http, transport] = [published(9200), published(9300)];
  const count = [http, transport].filter((port) => port !== undefined).length;
  const typedPorts = count === (ports?.length ?? 0);
  const data = volumes?.length === 1 ? sourceOf(volumes[0], "/usr/share/elasticsearch/data") : undefined;
  const more = {
    ...(typedPorts ? {} : { ports }),
    ...(volumes && data === undefined ? { volumes } : {}),
    ...(whole(rest) ? { environment: rest } : {}),
    ...service,
  };
  const standard = min === "64m" && max === "512m";
  return {
    component: "Elasticsearch",
    args: {
      ...reference,
      version: unless(reference.version, "7.6.2"),
      containerName,
      heap: standard ? undefined : { min, max },
      memory: memLimit,
      httpPort: typedPorts ? unless(http ?? "none", 9200) : undefined,
      transportPort: typedPorts ? unless(transport ?? "none", 9300) : undefined,
      data,
      service: whole(more),
    },
    shows: "httpUrl",
  };
}

/**
 * The typed component that says the same as a service, if there is one. It adds its own health check where
 * the service has none, and nothing else.
 */
export function typedService(fields: Fields): Typed | undefined {
  if (fields.envFile !== undefined) return undefined;
  return nginx(fields) ?? tomcat(fields) ?? mysql(fields) ?? elasticsearch(fields);
}
