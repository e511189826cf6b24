import { homedir, tmpdir } from "node:os";
import type { ProjectDescription, ProjectService } from "../../../core/description/project";
import { warnings } from "../../../core/description/warnings";

type Given = Partial<ProjectService>;

const project = (services: Record<string, Given>): ProjectDescription => ({
  name: "shop",
  services: Object.fromEntries(
    Object.entries(services).map(([key, given]) => [key, { image: "alpine:3.20", ...given } as ProjectService]),
  ),
  networks: {},
  volumes: {},
  notices: [],
});
const found = (given: Given, others: Record<string, Given> = {}) =>
  warnings(project({ ...others, web: given }), "/srv").map(({ at, text, level }) => `${level}: ${at}: ${text}`);

const MYSQL = { MYSQL_ROOT_PASSWORD_FILE: "/run/secrets/x" };
const POSTGRES = { POSTGRES_PASSWORD_FILE: "/run/secrets/x" };

/** A rule's cases: what it finds, and the same setup without the slip. */
const CASES: [rule: string, slip: Given, at: string, says: RegExp, fine: Given[]][] = [
  [
    "a published MySQL without a password",
    { image: "mysql:8", ports: ["3306:3306"], environment: { MYSQL_ALLOW_EMPTY_PASSWORD: "yes" } },
    "ports[0]",
    /MYSQL_ALLOW_EMPTY_PASSWORD=yes lets everybody in/,
    [
      { image: "mysql:8", ports: ["127.0.0.1:3306:3306"], environment: { MYSQL_ALLOW_EMPTY_PASSWORD: "yes" } },
      { image: "mysql:8", ports: ["[::1]:3306:3306"], environment: { MYSQL_ALLOW_EMPTY_PASSWORD: "yes" } },
      { image: "mysql:8", environment: { MYSQL_ALLOW_EMPTY_PASSWORD: "yes" } },
      { image: "mysql:8", ports: ["3306:3306"], environment: { MYSQL_ROOT_PASSWORD: null } },
      { image: "mysql:8", ports: ["3306:3306"], environment: ["MYSQL_ROOT_PASSWORD_FILE=/run/secrets/x"] },
      { image: "mysql:8", ports: ["3306:3306"], envFile: "db.env" },
    ],
  ],
  [
    "a published PostgreSQL that trusts everybody",
    { image: "postgres:16", ports: ["5432:5432"], environment: { POSTGRES_HOST_AUTH_METHOD: "trust" } },
    "ports[0]",
    /POSTGRES_HOST_AUTH_METHOD=trust/,
    [{ image: "postgres:16", ports: ["5432:5432"], environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/x" } }],
  ],
  [
    "a published MongoDB without a password",
    { image: "docker.io/library/mongo:7", ports: ["80:80", "27017:27017"] },
    "ports[1]",
    /no password is set: set MONGO_INITDB_ROOT_USERNAME/,
    [
      { image: "mongo:7", ports: ["27017:27017"], command: "mongod --auth" },
      { image: "team/mongo:7", ports: ["27017:27017"] },
    ],
  ],
  [
    "a published Redis without a password",
    { image: "redis:7", ports: ["6379:6379"] },
    "ports[0]",
    /--requirepass/,
    [{ image: "redis:7", ports: ["6379:6379"], command: ["redis-server", "--requirepass", "$PASSWORD"] }],
  ],
  [
    "a published MariaDB without a password",
    { image: "mariadb:11", publishAll: true, environment: { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "1" } },
    "publishAll",
    /set MARIADB_ROOT_PASSWORD/,
    [{ image: "mariadb:11", publishAll: true, environment: { MARIADB_RANDOM_ROOT_PASSWORD: "1" } }],
  ],
  [
    "a published Elasticsearch without security",
    { image: "elasticsearch:7.6.2", ports: ["9200:9200"] },
    "ports[0]",
    /xpack.security.enabled=true/,
    [
      { image: "elasticsearch:8.1.0", ports: ["9200:9200"] },
      { image: "elasticsearch:7.6.2", ports: ["9200:9200"], environment: { "xpack.security.enabled": "true" } },
    ],
  ],
  [
    "an Elasticsearch 8 whose security is switched off",
    {
      image: "docker.elastic.co/elasticsearch/elasticsearch:8.1.0",
      ports: ["9200:9200"],
      environment: { "xpack.security.enabled": "false" },
    },
    "ports[0]",
    /xpack.security.enabled=false lets everybody in/,
    [],
  ],
  [
    "a Neo4j without authentication",
    { image: "neo4j:5", ports: ["7687:7687"], environment: { NEO4J_AUTH: "none" } },
    "ports[0]",
    /NEO4J_AUTH=none/,
    [{ image: "neo4j:5", ports: ["7687:7687"] }],
  ],
  [
    "Jenkins' data in a folder that only looks like its own",
    { image: "jenkinsci/blueocean:1.25", volumes: ["/home/jenkins/jenkins_home:/var/jenkins_name"] },
    "volumes[0]",
    /most likely \/var\/jenkins_home is meant/,
    [
      { image: "jenkinsci/blueocean:1.25", volumes: ["/home/jenkins/jenkins_home:/var/jenkins_home"], user: "root" },
      { image: "jenkinsci/blueocean:1.25", volumes: ["/usr/bin/git:/usr/bin/git"] },
    ],
  ],
  [
    "MySQL's data where MySQL keeps none",
    { image: "mysql:8", volumes: ["data:/data"], environment: MYSQL },
    "volumes[0]",
    /mount it at \/var\/lib\/mysql/,
    [
      { image: "mysql:8", volumes: ["data:/data"], environment: MYSQL, command: "mysqld --datadir=/data" },
      { image: "mysql:8", volumes: ["./init:/docker-entrypoint-initdb.d:ro"], environment: MYSQL },
      { image: "mysql:8", volumes: ["data:/data", "own:/var/lib/mysql"], environment: MYSQL },
    ],
  ],
  [
    "the old data folder of PostgreSQL from 18 on",
    { image: "postgres:18", volumes: ["data:/var/lib/postgresql/data"], environment: POSTGRES },
    "volumes[0]",
    /in \/var\/lib\/postgresql from version 18 on, and nothing in \S+data: mount it at \/var\/lib\/postgresql$/,
    [
      { image: "postgres:18", volumes: ["data:/var/lib/postgresql"], environment: POSTGRES },
      { image: "postgres:17", volumes: ["data:/var/lib/postgresql/data"], environment: POSTGRES },
      {
        image: "postgres:18",
        volumes: ["data:/var/lib/postgresql/data"],
        environment: { ...POSTGRES, PGDATA: "/var/lib/postgresql/data/18" },
      },
    ],
  ],
  [
    "the same of an image whose version no tag says",
    { image: "postgres:alpine", volumes: ["data:/var/lib/postgresql/data"], environment: POSTGRES },
    "volumes[0]",
    /mount it at \/var\/lib\/postgresql, or name the version that has made the data$/,
    [{ image: "postgres:alpine", volumes: ["data:/var/lib/postgresql"], environment: POSTGRES }],
  ],
  [
    "PostgreSQL's data one folder too high before 18",
    { image: "postgres:16-alpine", volumes: ["data:/var/lib/postgresql"], environment: POSTGRES },
    "volumes[0]",
    /postgres 16 gets a volume of its own for \S+data, so .* in \/var\/lib\/postgresql: mount it at \S+postgresql\/data$/,
    [
      { image: "postgres:18-alpine", volumes: ["data:/var/lib/postgresql"], environment: POSTGRES },
      {
        image: "postgres:16",
        volumes: ["conf:/var/lib/postgresql", "data:/var/lib/postgresql/data"],
        environment: POSTGRES,
      },
    ],
  ],
  [
    "a folder like PostgreSQL's, before 18",
    { image: "postgres:15", volumes: ["data:/var/lib/postgres"], environment: POSTGRES },
    "volumes[0]",
    /most likely \/var\/lib\/postgresql\/data is meant$/,
    [],
  ],
  [
    "a folder like PostgreSQL's, from 18 on",
    { image: "postgres:18", volumes: ["data:/var/lib/postgres"], environment: POSTGRES },
    "volumes[0]",
    /most likely \/var\/lib\/postgresql is meant$/,
    [],
  ],
  [
    "the data of an image made from PostgreSQL",
    { image: "pgvector/pgvector:0.8.1-pg17", volumes: ["data:/var/lib/postgresql"], environment: POSTGRES },
    "volumes[0]",
    /pgvector 17 gets a volume of its own for \/var\/lib\/postgresql\/data/,
    [
      { image: "pgvector/pgvector:pg18", volumes: ["data:/var/lib/postgresql"], environment: POSTGRES },
      { image: "timescale/timescaledb:2.14.2-pg16", volumes: ["pg:/var/lib/postgresql/data"], environment: POSTGRES },
      { image: "postgis/postgis:16-3.4", volumes: ["data:/var/lib/postgresql/data"], environment: POSTGRES },
    ],
  ],
  [
    "MongoDB's data one folder too high",
    { image: "mongo:7", volumes: ["data:/data"] },
    "volumes[0]",
    /mongo 7 gets a volume of its own for \/data\/db, so .*: mount it at \/data\/db$/,
    [
      { image: "mongo:7", volumes: ["data:/data/db"] },
      // These declare no volumes.
      { image: "grafana/grafana:11", volumes: ["data:/var/lib"] },
      { image: "elasticsearch:8.1.0", volumes: ["data:/usr/share/elasticsearch"] },
    ],
  ],
  [
    "InfluxDB's folder of another version",
    { image: "influxdb:2.7", volumes: ["data:/var/lib/influxdb"] },
    "volumes[0]",
    /in \/var\/lib\/influxdb2 from version 2 on, and nothing in \/var\/lib\/influxdb: mount it at \/var\/lib\/influxdb2$/,
    [
      { image: "influxdb:1.8", volumes: ["data:/var/lib/influxdb"] },
      { image: "influxdb:2", volumes: ["data:/var/lib/influxdb2"] },
      { image: "influxdb:3-core", volumes: ["data:/var/lib/influxdb3"] },
    ],
  ],
  [
    "a MySQL without a password",
    { image: "mysql:8", ports: ["3306:3306"], environment: { MYSQL_ROOT_PASSWORD: "", MYSQL_DATABASE: "app" } },
    "environment",
    /mysql ends at once where it has no data yet, since no password is set: set MYSQL_ROOT_PASSWORD$/,
    [
      { image: "mysql:8", environment: { MYSQL_ALLOW_EMPTY_PASSWORD: "1" } },
      { image: "mysql:8", environment: { MYSQL_ROOT_PASSWORD: null } },
      { image: "mysql:8", envFile: "db.env" },
      { image: "mysql:8", command: "mysql -h db -uroot" },
      { image: "mysql:8", entrypoint: "sleep 5" },
    ],
  ],
  [
    "the same with flags and with the server's name",
    { image: "mariadb:11", command: "mariadbd --skip-log-bin" },
    "environment",
    /set MARIADB_ROOT_PASSWORD$/,
    [{ image: "mariadb:11", command: "--skip-log-bin", environment: { MYSQL_ROOT_PASSWORD_FILE: "/x" } }],
  ],
  [
    "a PostgreSQL without a password",
    { image: "postgres:16", ports: ["5432:5432"], environment: { POSTGRES_USER: "app" } },
    "environment",
    /set POSTGRES_PASSWORD$/,
    [{ image: "postgres:16", environment: { POSTGRES_HOST_AUTH_METHOD: "trust" } }],
  ],
  [
    "a user of MySQL who is root",
    { image: "mysql:8", environment: { ...MYSQL, MYSQL_USER: "root" } },
    "environment.MYSQL_USER",
    /root is there already, and the image ends: leave it out, or name another user; MYSQL_ROOT_PASSWORD is root's/,
    [
      { image: "mysql:8", environment: { ...MYSQL, MYSQL_USER: "app" } },
      { image: "postgres:16", environment: { ...POSTGRES, POSTGRES_USER: "root" } },
    ],
  ],
  [
    "a heap of Java above the container's memory",
    { memLimit: "2g", command: "java -Xms1g -Xmx4g -jar app.jar" },
    "memLimit",
    /2g is no more than -Xmx4g takes for itself/,
    [
      { memLimit: "8g", command: "java -Xmx4g -jar app.jar" },
      { command: "java -Xmx4g -jar app.jar" },
      { memLimit: "2g", environment: { JAVA_OPTS: "-Xmx1024m -Xms512m" } },
    ],
  ],
  [
    "the same in a variable, with a heap that leaves nothing",
    { memLimit: "512m", environment: { ES_JAVA_OPTS: "-Xms512m -Xmx512M" } },
    "memLimit",
    /512m is no more than -Xmx512M takes/,
    [],
  ],
  [
    "Node's heap above the container's memory",
    { memLimit: "2g", environment: { NODE_OPTIONS: "--max-old-space-size=4096" } },
    "memLimit",
    /--max-old-space-size=4096/,
    [{ memLimit: "8g", environment: { NODE_OPTIONS: "--max_old_space_size=4096" } }],
  ],
  [
    "a store that may fill more than the container's memory",
    { memLimit: "1g", command: "redis-server --maxmemory 2gb" },
    "memLimit",
    /--maxmemory 2gb/,
    [{ memLimit: "1g", command: "redis-server --maxmemory 512mb" }],
  ],
  [
    "a variable of NVIDIA without its last letter",
    { runtime: "nvidia", environment: { NVIDIA_VISIBLE_DEVICE: "0" } },
    "environment.NVIDIA_VISIBLE_DEVICE",
    /most likely NVIDIA_VISIBLE_DEVICES is meant/,
    [{ runtime: "nvidia", environment: { NVIDIA_VISIBLE_DEVICES: "0" } }],
  ],
  [
    "a variable of the image with two letters changed over",
    { image: "mysql:8", environment: { ...MYSQL, MYSQL_DATABSAE: "app" } },
    "environment.MYSQL_DATABSAE",
    /most likely MYSQL_DATABASE is meant/,
    [
      { image: "mysql:8", environment: { ...MYSQL, MYSQL_DATABASE: "app" } },
      { environment: { MYSQL_DATABSAE: "app" } },
    ],
  ],
  [
    "a secret in clear",
    { environment: { DB_PASSWORD: "123456" } },
    "environment.DB_PASSWORD",
    /is a secret in clear/,
    [{ environment: { DB_PASSWORD: null, OTHER_TOKEN: "", ALLOW_EMPTY_PASSWORD: "yes", PASSWORD_FILE: "/x" } }],
  ],
  [
    "a password in an address",
    { environment: { DATABASE_URL: "postgres://app:123456@db/app" } },
    "environment.DATABASE_URL",
    /holds a secret in clear/,
    [{ environment: { DATABASE_URL: "postgres://app@db/app", OTHER_URL: "https://db:5432/app" } }],
  ],
  [
    "a secret in a command",
    { command: ["serve", "--token", "123456"] },
    "command",
    /--token is a secret in clear/,
    [{ command: ["serve", "--token-file", "/x", "--token", "--password", "$PASSWORD"] }],
  ],
  [
    "a folder of root for a program that is another user",
    { image: "grafana/grafana:11.0.0", volumes: ["/nowhere/grafana:/var/lib/grafana"] },
    "volumes[0]",
    /runs as the user 472 .* is not there, .*`sudo mkdir -p \/nowhere\/grafana && sudo chown -R 472:0 \/nowhere\/grafana`/,
    [
      { image: "grafana/grafana:11.0.0", volumes: ["grafana:/var/lib/grafana"] },
      { image: "grafana/grafana:11.0.0", volumes: ["/nowhere/grafana:/var/lib/grafana"], user: "0" },
      { image: "grafana/grafana:11.0.0", volumes: ["/nowhere/dashboards:/etc/grafana:ro"] },
      // Everybody may write there.
      { image: "grafana/grafana:11.0.0", volumes: [`${tmpdir()}:/var/lib/grafana`] },
    ],
  ],
  [
    "the Docker socket",
    { volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"] },
    "volumes[0]",
    /the Docker engine, and with it the whole host/,
    [{ volumes: ["/var/run/app.sock:/var/run/app.sock"] }],
  ],
  ["privileged", { privileged: true }, "privileged", /the whole host/, [{ privileged: false }]],
  [
    "a GPU that nobody gives",
    { environment: { NVIDIA_VISIBLE_DEVICES: "all" } },
    "environment.NVIDIA_VISIBLE_DEVICES",
    /gives no GPU by itself/,
    [
      { environment: { NVIDIA_VISIBLE_DEVICES: "all" }, gpus: "all" },
      { environment: { NVIDIA_VISIBLE_DEVICES: "void" } },
    ],
  ],
  [
    "433 beside 80",
    { ports: ["80:80", "433:433"] },
    "ports[1]",
    /most likely 443/,
    [{ ports: ["80:80", "443:443"] }, { ports: ["433:433"] }],
  ],
  [
    "the whole host",
    { volumes: ["/:/host"] },
    "volumes[0]",
    /the whole host/,
    [{ volumes: ["/:/host:ro"] }, { volumes: ["/srv:/host"] }],
  ],
  [
    "the whole home",
    { volumes: [`${homedir()}:/home/me`] },
    "volumes[0]",
    /the whole home folder/,
    [{ volumes: [`${homedir()}/app:/home/me`] }],
  ],
];

test.each(CASES)("%s", (_, slip, at, says, fine) => {
  const lines = found(slip).filter((line) => line.startsWith("warning"));
  expect(lines).toEqual([expect.stringMatching(says)]);
  expect(lines[0]!.startsWith(`warning: services.web.${at}: `)).toBe(true);
  for (const given of fine) expect(found(given).filter((line) => line.startsWith("warning"))).toEqual([]);
});

test("what a host needs for Elasticsearch is a note, where it counts", () => {
  const [line, ...more] = found({ image: "elasticsearch:8.1.0" });
  expect(line).toMatch(/^note: services\.web\.image: .*`sudo sysctl -w vm\.max_map_count=262144`/);
  expect(more).toEqual([]);
  expect(found({ image: "elasticsearch:8.1.0", environment: ["discovery.type=single-node"] })).toEqual([]);
});

test("a password that is misspelt is told once", () => {
  expect(found({ image: "mysql:8", environment: { MYSQL_ROOT_PASSWROD: null as never } })).toEqual([
    expect.stringMatching(/most likely MYSQL_ROOT_PASSWORD is meant/),
  ]);
});

describe("a health check that a database passes while it is set up", () => {
  const waiting = { app: { dependsOn: { web: { condition: "service_healthy" as const } } } };
  const check = (image: string, test: string | string[], more: Given = {}) =>
    found({ image, healthcheck: { test }, environment: { ...MYSQL, ...POSTGRES }, ...more }, waiting).filter((line) =>
      line.includes("healthcheck"),
    );

  test.each<[string, string | string[], Given?]>([
    ["mysql:8", ["CMD", "mysqladmin", "ping", "-h", "localhost"]],
    ["mysql:8", "mysqladmin ping -hlocalhost -uroot -p$$MYSQL_ROOT_PASSWORD"],
    ["mysql:8", "mysqladmin ping --silent"],
    ["mysql:8", "mysql -uroot -e 'select 1'"],
    ["mariadb:11", "mariadb-admin ping --host=localhost"],
    ["postgres:16", "pg_isready -U app", { volumes: ["./init:/docker-entrypoint-initdb.d:ro"] }],
  ])("%s: %s", (image, test, more = {}) => {
    const [client] = /mysqladmin|mysql|mariadb-admin|pg_isready/.exec([test].flat().join(" "))!;
    expect(check(image, test, more)).toEqual([
      expect.stringMatching(
        `^warning: services\\.web\\.healthcheck\\.test: ${client} asks over the socket, .*: write -h 127`,
      ),
    ]);
  });

  test.each<[string, string | string[], Given?]>([
    ["mysql:8", ["CMD", "mysqladmin", "ping", "-h", "127.0.0.1"]],
    ["mysql:8", "mysqladmin ping -h127.0.0.1"],
    ["mysql:8", "mysqladmin ping --protocol=tcp"],
    ["mysql:8", "mysqladmin ping --host=db"],
    ["mariadb:11", "healthcheck.sh --connect --innodb_initialized"],
    ["postgres:16", "pg_isready -U app"],
    ["alpine:3.20", "mysqladmin ping"],
  ])("not so %s: %s", (image, test, more = {}) => {
    expect(check(image, test, more)).toEqual([]);
  });

  test("nor where nobody waits for it", () => {
    expect(found({ image: "mysql:8", healthcheck: { test: "mysqladmin ping" }, environment: MYSQL })).toEqual([]);
  });
});

test.each<[string, boolean]>([
  ["nginx", true],
  ["nginx:latest", true],
  ["nginx:1.27", false],
  [`nginx@sha256:${"a".repeat(64)}`, false],
])("%s: an image without a version is a note", (image, noted) => {
  expect(found({ image })).toEqual(
    noted ? [expect.stringMatching(/^note: services\.web\.image: .*name a version/)] : [],
  );
  expect(found({ image, build: { context: "/srv" } })).toEqual([]);
});

test("images without a version are one note for the project, at the first of them", () => {
  const others = { fixed: { image: "redis:7" }, cache: { image: "redis" }, second: { image: "redis" } };
  expect(found({ image: "nginx" }, others)).toEqual([
    "note: services.cache.image: redis, nginx are whatever is the latest when they are fetched: name versions to get the same again",
  ]);
});

test.each<[string, string, boolean]>([
  ["80:80", "80:8080", true],
  ["80:80", "127.0.0.1:80:80", true],
  ["0.0.0.0:80:80", "10.0.0.1:80:80", true],
  ["10.0.0.2:80:80", "10.0.0.1:80:80", false],
  ["80:80", "81:80", false],
  ["53:53", "53:53/udp", false],
  ["0.0.0.0:80:80", "[::]:80:80", false],
  ["80", "80", false],
])("%s and %s on one host", (first, second, meet) => {
  const lines = found({ ports: [second] }, { other: { ports: [first] } });
  expect(lines).toEqual(
    meet ? [expect.stringMatching(/^warning: services\.web\.ports\[0\]: .* that other publishes too/)] : [],
  );
});

test("a field that is wrong is refused by its own sentence", () => {
  expect(() => found({ ports: ["x"] })).toThrow("ports[0]");
});
