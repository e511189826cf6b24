import { type ImageReference, parseImage } from "./names";
import { say } from "./say";

/** A database or other store, and when its owner has protected it. */
export interface Guard {
  /** Container ports that give access to the data. */
  ports: number[];
  /** Variables of which one has to be set. With `open` alone the image protects itself. */
  variables?: string[];
  /** Words of the command that protect it as well. */
  flags?: RegExp;
  /** `NAME=value` that takes the protection away again. */
  open?: Record<string, RegExp>;
  /** What to do. */
  remedy: string;
}

/** What is known of a common image, by its repository on Docker Hub or elsewhere. */
export interface KnownImage {
  /** Folders in which the newest version of the image keeps its data. */
  data?: string[];
  /** The folders before a version, the oldest first. */
  earlier?: [before: number, data: string[]][];
  /**
   * Which versions read data that another one has made: only its own major version (`own`), also the next one (`next`),
   * or any later one (`later`).
   */
  reads?: "own" | "next" | "later";
  /** A command in the container that writes all of its data as text. */
  dump?: string;
  /** It declares no volumes for them, so that a mount above them holds them. */
  undeclared?: true;
  /** Variables of which one has to be set, or the image makes no data and ends; and its programs that read them. */
  needs?: { variables: string[]; programs: RegExp };
  /** Variables that may not have a value, since the image ends with it. */
  never?: Record<string, { value: RegExp; why: string }>;
  /** Variables that it reads and people write. */
  variables?: string[];
  /** Its user and group, where these are not root's and it cannot give itself the folder of its data. */
  owner?: `${number}:${number}`;
  /** It ends where the kernel gives a process fewer areas of memory than it asks for, unless this says otherwise. */
  memoryAreas?: { unless: RegExp };
  guard?: Guard;
}

const MYSQL = (prefix: string): KnownImage => ({
  data: ["/var/lib/mysql"],
  reads: "later",
  variables: [
    "ROOT_PASSWORD",
    "ROOT_HOST",
    "DATABASE",
    "USER",
    "PASSWORD",
    "ALLOW_EMPTY_PASSWORD",
    "RANDOM_ROOT_PASSWORD",
    "ONETIME_PASSWORD",
    "INITDB_SKIP_TZINFO",
  ].map((name) => `${prefix}_${name}`),
});

/** The user that is made beside root cannot be root. */
const notRoot = (prefix: string) => ({
  [`${prefix}_USER`]: {
    value: /^root$/,
    why: say`root is there already, and the image ends: leave it out, or name another user; ${prefix}_ROOT_PASSWORD is root's`,
  },
});

const MARIADB_PASSWORDS = ["MARIADB", "MYSQL"].flatMap((prefix) =>
  ["ROOT_PASSWORD", "ROOT_PASSWORD_FILE", "RANDOM_ROOT_PASSWORD", "ROOT_PASSWORD_HASH"].map(
    (name) => `${prefix}_${name}`,
  ),
);
const MYSQL_PASSWORDS = ["MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE", "MYSQL_RANDOM_ROOT_PASSWORD"];
const SERVERS = /^(mysqld|mariadbd|postgres)$/;

const SQL_OPEN = /^(?!0$|no$|false$|$)/i;

const POSTGRES: KnownImage = {
  data: ["/var/lib/postgresql"],
  reads: "own",
  dump: "pg_dumpall -U postgres",
  earlier: [[18, ["/var/lib/postgresql/data"]]],
  variables: [
    "POSTGRES_PASSWORD",
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_INITDB_ARGS",
    "POSTGRES_HOST_AUTH_METHOD",
    "PGDATA",
  ],
  needs: {
    variables: ["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD"],
    programs: SERVERS,
  },
  guard: {
    ports: [5432],
    variables: ["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"],
    open: { POSTGRES_HOST_AUTH_METHOD: /^trust$/ },
    remedy: say`set POSTGRES_PASSWORD, and no POSTGRES_HOST_AUTH_METHOD=trust`,
  },
};

/** Common images by their repository. */
export const KNOWN_IMAGES: Record<string, KnownImage> = {
  mysql: {
    ...MYSQL("MYSQL"),
    needs: { variables: [...MYSQL_PASSWORDS, "MYSQL_ALLOW_EMPTY_PASSWORD"], programs: SERVERS },
    never: notRoot("MYSQL"),
    guard: {
      ports: [3306],
      variables: MYSQL_PASSWORDS,
      open: { MYSQL_ALLOW_EMPTY_PASSWORD: SQL_OPEN },
      remedy: say`set MYSQL_ROOT_PASSWORD`,
    },
  },
  mariadb: {
    data: ["/var/lib/mysql"],
    reads: "later",
    variables: [...MYSQL("MARIADB").variables!, ...MYSQL("MYSQL").variables!],
    needs: {
      variables: [
        ...MARIADB_PASSWORDS,
        "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
        "MARIADB_ALLOW_EMPTY_PASSWORD",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
      ],
      programs: SERVERS,
    },
    never: { ...notRoot("MARIADB"), ...notRoot("MYSQL") },
    guard: {
      ports: [3306],
      variables: MARIADB_PASSWORDS,
      open: {
        MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: SQL_OPEN,
        MARIADB_ALLOW_EMPTY_PASSWORD: SQL_OPEN,
        MYSQL_ALLOW_EMPTY_PASSWORD: SQL_OPEN,
      },
      remedy: say`set MARIADB_ROOT_PASSWORD`,
    },
  },
  postgres: POSTGRES,
  "postgis/postgis": POSTGRES,
  "pgvector/pgvector": POSTGRES,
  "timescale/timescaledb": POSTGRES,
  mongo: {
    data: ["/data/db", "/data/configdb"],
    reads: "next",
    variables: ["MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_DATABASE"],
    guard: {
      ports: [27017],
      variables: ["MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE"],
      flags: /--auth\b|--keyFile\b/,
      remedy: say`set MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD`,
    },
  },
  redis: {
    data: ["/data"],
    reads: "later",
    guard: {
      ports: [6379],
      flags: /--requirepass\b|--aclfile\b|\.conf\b/,
      remedy: say`start it with \`redis-server --requirepass ...\``,
    },
  },
  valkey: {
    data: ["/data"],
    reads: "later",
    guard: {
      ports: [6379],
      flags: /--requirepass\b|--aclfile\b|\.conf\b/,
      remedy: say`start it with \`valkey-server --requirepass ...\``,
    },
  },
  memcached: { guard: { ports: [11211], remedy: say`it knows no passwords: publish it on 127.0.0.1 only` } },
  elasticsearch: {
    data: ["/usr/share/elasticsearch/data"],
    owner: "1000:0",
    memoryAreas: { unless: /single-node/ },
    reads: "next",
    undeclared: true,
    variables: ["ELASTIC_PASSWORD", "ES_JAVA_OPTS"],
    guard: {
      ports: [9200, 9300],
      variables: ["ELASTIC_PASSWORD", "ELASTIC_PASSWORD_FILE", "xpack.security.enabled"],
      open: { "xpack.security.enabled": /^false$/i },
      remedy: say`set xpack.security.enabled=true and ELASTIC_PASSWORD`,
    },
  },
  couchdb: {
    data: ["/opt/couchdb/data"],
    variables: ["COUCHDB_USER", "COUCHDB_PASSWORD"],
    guard: { ports: [5984], variables: ["COUCHDB_PASSWORD"], remedy: say`set COUCHDB_USER and COUCHDB_PASSWORD` },
  },
  cassandra: { data: ["/var/lib/cassandra"] },
  neo4j: {
    data: ["/data"],
    variables: ["NEO4J_AUTH"],
    guard: {
      ports: [7474, 7687],
      open: { NEO4J_AUTH: /^none$/ },
      remedy: say`set NEO4J_AUTH=neo4j/...`,
    },
  },
  influxdb: {
    data: ["/var/lib/influxdb2", "/var/lib/influxdb", "/var/lib/influxdb3"],
    earlier: [
      [2, ["/var/lib/influxdb"]],
      [3, ["/var/lib/influxdb2"]],
      [4, ["/var/lib/influxdb3"]],
    ],
    variables: ["DOCKER_INFLUXDB_INIT_MODE", "DOCKER_INFLUXDB_INIT_USERNAME", "DOCKER_INFLUXDB_INIT_PASSWORD"],
  },
  rabbitmq: {
    data: ["/var/lib/rabbitmq"],
    variables: ["RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_VHOST", "RABBITMQ_ERLANG_COOKIE"],
  },
  "jenkins/jenkins": { data: ["/var/jenkins_home"], owner: "1000:1000", variables: ["JAVA_OPTS", "JENKINS_OPTS"] },
  jenkins: { data: ["/var/jenkins_home"], owner: "1000:1000", variables: ["JAVA_OPTS", "JENKINS_OPTS"] },
  "jenkinsci/blueocean": { data: ["/var/jenkins_home"], owner: "1000:1000", variables: ["JAVA_OPTS", "JENKINS_OPTS"] },
  "grafana/grafana": {
    data: ["/var/lib/grafana"],
    owner: "472:0",
    undeclared: true,
    variables: ["GF_SECURITY_ADMIN_USER", "GF_SECURITY_ADMIN_PASSWORD", "GF_INSTALL_PLUGINS"],
  },
  "grafana/grafana-oss": { data: ["/var/lib/grafana"], owner: "472:0", undeclared: true },
  "prom/prometheus": { data: ["/prometheus"], owner: "65534:65534" },
  "gitea/gitea": { data: ["/data"] },
  "gitlab/gitlab-ce": {
    data: ["/var/opt/gitlab", "/etc/gitlab", "/var/log/gitlab"],
    variables: ["GITLAB_OMNIBUS_CONFIG"],
  },
  nextcloud: {
    data: ["/var/www/html"],
    reads: "next",
    variables: ["NEXTCLOUD_ADMIN_USER", "NEXTCLOUD_ADMIN_PASSWORD", "NEXTCLOUD_TRUSTED_DOMAINS"],
  },
  wordpress: {
    data: ["/var/www/html"],
    variables: [
      "WORDPRESS_DB_HOST",
      "WORDPRESS_DB_USER",
      "WORDPRESS_DB_PASSWORD",
      "WORDPRESS_DB_NAME",
      "WORDPRESS_TABLE_PREFIX",
    ],
  },
  registry: { data: ["/var/lib/registry"] },
  sonarqube: {
    data: ["/opt/sonarqube/data", "/opt/sonarqube/extensions", "/opt/sonarqube/logs"],
    owner: "1000:0",
    memoryAreas: { unless: /BOOTSTRAP_CHECKS_DISABLE/i },
    undeclared: true,
  },
  solr: { data: ["/var/solr"], earlier: [[8, ["/opt/solr/server/solr"]]] },
  ghost: { data: ["/var/lib/ghost/content"], earlier: [[1, ["/var/lib/ghost"]]] },
  "sonatype/nexus3": { data: ["/nexus-data"], owner: "200:200" },
  "portainer/portainer-ce": { data: ["/data"] },
  "minio/minio": { data: ["/data"], variables: ["MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"] },
  zookeeper: { data: ["/data", "/datalog", "/logs"], variables: ["ZOO_MY_ID", "ZOO_SERVERS"] },
};

/** Variables that many images read. */
export const COMMON_VARIABLES = ["NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "CUDA_VISIBLE_DEVICES"];

/** The repository as Docker Hub calls it: `docker.io/library/mysql` is `mysql`. */
export function repositoryOf({ registry, repository }: ImageReference): string {
  const hub = registry === "" || registry === "docker.io" || registry === "index.docker.io";
  const path = hub ? repository.replace(/^library\//, "") : `${registry}/${repository}`;
  return path === "docker.elastic.co/elasticsearch/elasticsearch" ? "elasticsearch" : path;
}

/** The version that a tag begins with, or that it says of PostgreSQL (`2.14-pg16`); undefined where it says none. */
function versionOf(tag = ""): number | undefined {
  const [, version] = /(?:^|-)pg(\d+)/.exec(tag) ?? /^v?(\d+)/.exec(tag) ?? [];
  return version === undefined ? undefined : Number(version);
}

/** What is known of one version of an image. */
export interface KnownVersion extends KnownImage {
  repository: string;
  tag?: string;
  /** The version that the tag says. */
  version?: number;
  /** Folders of versions before it, with the version that left them. */
  left: [folder: string, since: number][];
}

/** The number behind the first dot of a tag: 4 of `8.4-oracle`; NaN where there is none. */
const minorOf = (tag = "") => Number(/^v?\d+\.(\d+)/.exec(tag)?.[1]);

/** Two versions of one image whose data is of a known version, where they are told apart. */
function versions(before: string, after: string): { old: Versioned; now: Versioned } | undefined {
  const [old, now] = [knownImage(before), knownImage(after)];
  if (!old || !now || old.repository !== now.repository || !now.reads) return undefined;
  if (old.version === undefined || now.version === undefined) return undefined;
  return { old: old as Versioned, now: now as Versioned };
}

type Versioned = KnownVersion & { version: number };

/**
 * Why one version of an image cannot go on with the data of another; undefined where it can, or where nobody knows.
 *
 * @param way a command that writes the data out, and how it is read again
 */
export function unreadable(before: string, after: string, way: (dump?: string) => string): string | undefined {
  const { old, now } = versions(before, after) ?? {};
  if (!old || !now) return undefined;
  const { repository, version: is } = now;
  const { version: was } = old;
  if (now.reads === "own" && was !== is)
    return say`${repository} ${is} does not read the data of ${was}; write it out first ${way(now.dump)}`;
  const back = is < was || (is === was && minorOf(now.tag) < minorOf(old.tag));
  if (back)
    return say`${repository} ${now.tag} does not read the data of a later version, ${old.tag}; keep that one, or bring back a copy from before it`;
  if (now.reads === "next" && is > was + 1)
    return say`${repository} ${is} reads the data of ${is - 1}, and this is of ${was}; go there one major version at a time`;
  return undefined;
}

/** How a version of an image changes the data of an older one, which does not read it any more; undefined where it does. */
export function changesData(before: string, after: string): string | undefined {
  const { old, now } = versions(before, after) ?? {};
  // What reads its own version only changes nothing within that.
  if (!old || !now || now.reads === "own") return undefined;
  const later = now.version > old.version || (now.version === old.version && minorOf(now.tag) > minorOf(old.tag));
  return later ? say`${now.repository} ${now.tag} changes the data of ${old.tag} for good` : undefined;
}

/** What is known of an image; undefined for all others. */
export function knownImage(image: string): KnownVersion | undefined {
  const reference = parseImage(image, "image");
  const repository = repositoryOf(reference);
  if (!Object.hasOwn(KNOWN_IMAGES, repository)) return undefined;
  const known = KNOWN_IMAGES[repository]!;
  const version = versionOf(reference.tag);
  const { earlier = [] } = known;
  const data = earlier.find(([before]) => version !== undefined && version < before)?.[1] ?? known.data;
  const left = earlier
    .filter(([before]) => version === undefined || version >= before)
    .flatMap(([before, folders]) => folders.map((folder): [string, number] => [folder, before]))
    .filter(([folder]) => !data?.includes(folder));
  return { ...known, data, left, repository, tag: reference.tag, version };
}
