import { homedir } from "node:os";
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
    [{ image: "redis:7", ports: ["6379:6379"], command: "redis-server --requirepass x" }],
  ],
  [
    "a published MariaDB without a password",
    { image: "mariadb:11", publishAll: true },
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
      { image: "jenkinsci/blueocean:1.25", volumes: ["/home/jenkins/jenkins_home:/var/jenkins_home"] },
      { image: "jenkinsci/blueocean:1.25", volumes: ["/usr/bin/git:/usr/bin/git"] },
    ],
  ],
  [
    "MySQL's data where MySQL keeps none",
    { image: "mysql:8", volumes: ["data:/data"] },
    "volumes[0]",
    /mount it at \/var\/lib\/mysql/,
    [
      { image: "mysql:8", volumes: ["data:/data"], command: "mysqld --datadir=/data" },
      { image: "mysql:8", volumes: ["./init:/docker-entrypoint-initdb.d:ro"] },
      { image: "mysql:8", volumes: ["data:/data", "own:/var/lib/mysql"] },
    ],
  ],
  [
    "the old data folder of PostgreSQL from 18 on",
    { image: "postgres:18", volumes: ["data:/var/lib/postgresql/data"] },
    "volumes[0]",
    /mount the volume at \/var\/lib\/postgresql$/,
    [
      { image: "postgres:18", volumes: ["data:/var/lib/postgresql"] },
      { image: "postgres:17", volumes: ["data:/var/lib/postgresql/data"] },
    ],
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
    { image: "mysql:8", environment: { MYSQL_DATABSAE: "app" } },
    "environment.MYSQL_DATABSAE",
    /most likely MYSQL_DATABASE is meant/,
    [{ image: "mysql:8", environment: { MYSQL_DATABASE: "app" } }, { environment: { MYSQL_DATABSAE: "app" } }],
  ],
  [
    "a secret in clear",
    { environment: { DB_PASSWORD: "123456" } },
    "environment.DB_PASSWORD",
    /is a secret in clear/,
    [{ environment: { DB_PASSWORD: null, OTHER_TOKEN: "", ALLOW_EMPTY_PASSWORD: "yes", PASSWORD_FILE: "/x" } }],
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
  const lines = found(slip);
  expect(lines).toEqual([expect.stringMatching(says)]);
  expect(lines[0]!.startsWith(`warning: services.web.${at}: `)).toBe(true);
  for (const given of fine) expect(found(given)).toEqual([]);
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
