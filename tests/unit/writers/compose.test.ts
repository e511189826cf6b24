import { parse } from "yaml";
import { parseCompose } from "../../../core/readers/compose";
import { toCompose } from "../../../core/writers/compose";
import { tidy } from "../../../core/description/describe";
import type { ProjectDescription, ProjectService } from "../../../core/description/project";
import { parseField } from "../../../core/description/service";
import { FIELDS, withField } from "./fields";
import { project } from "../project";
import { PROJECTS } from "./projects";

const options = { folder: "/srv" };
const print = (given: ProjectDescription) => toCompose(given, options);
const service = (given: Partial<ProjectService>, more?: Partial<ProjectDescription>) => {
  const { text, notices } = print(project({ web: { image: "nginx:1", ...given } }, more));
  return { text, notices, web: (parse(text) as { services: { web: Record<string, unknown> } }).services.web };
};
const read = (text: string, environment: Record<string, string> = {}) =>
  parseCompose(text, { name: "compose.yaml" }, { folder: "/srv", environment });

const reference = (name: string) => `\${${name}:?set it}`;

/** A project without what only its source knows. */
const meaning = ({ name, services, networks, volumes }: ProjectDescription) => ({
  name,
  networks,
  volumes,
  services: Object.fromEntries(Object.entries(services).map(([key, one]) => [key, tidy(one, "/srv")])),
});

const parseVolumes = ({ volumes = [] }: Pick<ProjectService, "volumes">) =>
  parseField("volumes", volumes, { projectFolder: "/srv", outer: {} })!;

/** Values of the secrets in the projects. */
const ENVIRONMENT = { MYSQL_ROOT_PASSWORD: "rootpw", MYSQL_PASSWORD: "secretpw", API_TOKEN: "t0k$en" };

test.each(PROJECTS.filter(([name]) => ["wordpress", "my-app", "files"].includes(name)))(
  "%s: a compose file that is printed is read as the same",
  (_, given) => {
    expect(meaning(read(print(given).text, ENVIRONMENT))).toEqual(meaning(given));
  },
);

// Docker's default bridge has no names; a file's own network has, and is what its services get.
const KEPT = PROJECTS.filter(([name]) => !["wordpress", "my-app", "files", "refused"].includes(name));
test.each(KEPT)("%s: a line becomes a compose file that says the same", (_, given) => {
  const secrets = {
    ...ENVIRONMENT,
    ...Object.fromEntries(
      Object.values(given.services).flatMap(({ environment = {} }) =>
        Object.entries(environment).filter(([, value]) => value !== null),
      ),
    ),
  };
  const again = read(print(given).text, secrets as Record<string, string>);
  for (const [key, before] of Object.entries(meaning(given).services)) {
    const { networks: own, publishAll: _, ...rest } = before;
    const { networks, ...after } = meaning(again).services[key]!;
    expect({ ...after, volumes: parseVolumes(after) }).toEqual({
      ...rest,
      // Compose makes a missing folder for the short form, as `docker run -v` does.
      volumes: parseVolumes(rest).map((mount) => (mount.type === "bind" ? { ...mount, createHostPath: true } : mount)),
    });
    const namesOf = (joined: typeof networks) =>
      joined!.map((network) => (typeof network === "string" ? network : network.name)).sort();
    if (own) expect(namesOf(networks)).toEqual(namesOf(own));
  }
});

test.each(FIELDS.filter(([key]) => !["publishAll", "waitTimeout", "mode", "cpusetMems", "kernelMemory"].includes(key)))(
  "%s: %j is read back",
  (key, value) => {
    // Compose's own words for these: the network `mynet` is external, other containers are not of the project.
    const given = project({ web: withField(key, value) });
    const { text, notices } = print(given);
    // Its containers are none of the file's: a test of its own says how they are printed.
    if (key === "links") return;
    if (key === "isolation") {
      expect((parse(text) as { services: { web: Record<string, unknown> } }).services.web[key]).toEqual(value);
      return;
    }
    const { networks, volumes, ...got } = meaning(read(text)).services.web!;
    const { networks: own, volumes: ownVolumes, ...want } = meaning(given).services.web!;
    expect(got).toEqual(want);
    const bare = (mounts: typeof volumes) =>
      parseVolumes({ volumes: mounts }).map((mount) => ({ ...mount, createHostPath: true }));
    expect(bare(volumes)).toEqual(bare(ownVolumes));
    if (own) expect(networks).toHaveLength(own.length);
    expect(notices).toEqual([]);
  },
);

test.each(["publishAll", "waitTimeout", "mode", "cpusetMems", "kernelMemory"])(
  "%s has no word in Compose, which is said",
  (field) => {
    const [, value] = FIELDS.find(([key]) => key === field)!;
    const { web, notices } = service({ [field]: value });
    expect(Object.keys(web)).toEqual(["image"]);
    expect(notices.map(({ level, at }) => `${level} ${at}`)).toEqual([`note services.web.${field}`]);
  },
);

test("a bind makes a missing folder where the line or the file said so", () => {
  const given = [
    "./a:/a",
    { type: "bind" as const, source: "./b", target: "/b", readOnly: true, bind: { propagation: "rslave" as const } },
    { type: "bind" as const, source: "./c", target: "/c", bind: { createHostPath: true } },
  ];
  const { web, text } = service({ volumes: given });
  expect(web.volumes).toEqual([
    "./a:/a",
    {
      type: "bind",
      source: "./b",
      target: "/b",
      read_only: true,
      bind: { create_host_path: false, propagation: "rslave" },
    },
    "./c:/c",
  ]);
  const [a, b, c] = parseVolumes(read(text).services.web!);
  expect([a, b, c].map((mount) => [mount!.source, mount!.createHostPath])).toEqual([
    ["/srv/a", true],
    ["/srv/b", false],
    ["/srv/c", true],
  ]);
});

test("keys stand in the order in which people write them", () => {
  const { web } = service({
    healthcheck: { test: "true" },
    volumes: ["./a:/a"],
    ports: ["80:80"],
    environment: { A: "1" },
    command: "nginx -g",
    restart: "always",
    containerName: "web1",
    labels: { a: "b" },
  });
  expect(Object.keys(web)).toEqual(
    "image container_name restart command environment ports volumes healthcheck labels".split(" "),
  );
});

test("what YAML 1.1 takes for something else is quoted", () => {
  const { text } = service({
    ports: ["22:22"],
    environment: { A: "yes", B: "on", C: "0777", D: "1e3", E: "12:30:00", F: "~" },
  });
  expect(text).toContain('- "22:22"');
  for (const value of ["yes", "on", "0777", "1e3", "12:30:00", "~"]) expect(text).toMatch(new RegExp(`: "${value}"\n`));
  const { A, B, C, D, E, F } = read(text).services.web!.environment as Record<string, string>;
  expect([A, B, C, D, E, F]).toEqual(["yes", "on", "0777", "1e3", "12:30:00", "~"]);
});

test("a dollar stands for itself", () => {
  const { text } = service({ command: ["sh", "-c", `echo $HOME ${"$"}{X}`], labels: { rule: "$$a" } });
  expect(text).toContain("$$HOME $${X}");
  expect(read(text).services.web!.command).toEqual(["sh", "-c", `echo $HOME ${"$"}{X}`]);
  expect(read(text).services.web!.labels).toEqual({ rule: "$$a" });
});

test("secrets are references, one for each value", () => {
  const { text, notices } = print(
    project({
      db: { image: "mysql:8", environment: { MYSQL_PASSWORD: "s3cret", MYSQL_ALLOW_EMPTY_PASSWORD: "yes" } },
      app: { image: "app:1", environment: { DB_PASSWORD: "s3cret", MYSQL_PASSWORD: "0ther", EMPTY_TOKEN: "" } },
      web: { image: "web:1", environment: ["API_TOKEN"], secrets: [{ source: "key", content: "k3y" }] },
    }),
  );
  for (const value of ["s3cret", "0ther", "k3y"]) expect(text).not.toContain(value);
  const { services, secrets } = parse(text) as {
    services: Record<string, { environment: unknown }>;
    secrets: unknown;
  };
  expect(services.db!.environment).toEqual({
    MYSQL_PASSWORD: reference("MYSQL_PASSWORD"),
    MYSQL_ALLOW_EMPTY_PASSWORD: "yes",
  });
  expect(services.app!.environment).toEqual({
    DB_PASSWORD: reference("MYSQL_PASSWORD"),
    MYSQL_PASSWORD: reference("APP_MYSQL_PASSWORD"),
    EMPTY_TOKEN: "",
  });
  expect(services.web!.environment).toEqual({ API_TOKEN: null });
  expect(secrets).toEqual({ key: { environment: "KEY" } });
  const [network, ...secretNotices] = notices;
  expect(network!.text).toMatch(/^db, app and web join the network that Compose makes/);
  expect(secretNotices.map(({ level, at }) => `${level} ${at}`)).toEqual(
    ["db", "app", "web"].map((key) => `warning services.${key}`),
  );
  expect(secretNotices[0]!.text).toContain("one value for db.MYSQL_PASSWORD and app.DB_PASSWORD");
});

test("variables that are marked secret are references whatever their names", () => {
  const given = project({ web: { image: "nginx:1", environment: { DSN: "user:pw@host", A: "1" } } });
  const { text } = toCompose(given, { ...options, secretNames: new Map([["web", new Set(["DSN"])]]) });
  expect(text).not.toContain("user:pw");
  expect(text).toContain('A: "1"');
});

test("networks and volumes stand under their keys, with names and external where that is needed", () => {
  const { text } = print(
    project(
      {
        web: {
          image: "nginx:1",
          networks: ["shop_front", { name: "corp", aliases: ["web", "www"] }],
          volumes: ["shop_data:/a", "old:/b", "loose:/c"],
        },
        db: { image: "mysql:8", networks: ["shop_default"] },
      },
      {
        networks: {
          front: { name: "shop_front" },
          company: { name: "corp", external: true },
          default: { name: "shop_default" },
        },
        volumes: {
          data: { name: "shop_data" },
          old: { name: "old", external: true },
          nfs: { name: "shop_nfs", driverOpts: { type: "nfs" } },
        },
      },
    ),
  );
  const { services, networks, volumes } = parse(text) as Record<string, Record<string, Record<string, unknown>>>;
  expect(services!.web!.networks).toEqual({ front: null, company: { aliases: ["www"] } });
  expect(services!.web!.volumes).toEqual(["data:/a", "old:/b", "loose:/c"]);
  expect(services!.db).toEqual({ image: "mysql:8" });
  expect(networks).toEqual({ front: null, company: { name: "corp", external: true } });
  expect(volumes).toEqual({
    data: null,
    old: { external: true },
    nfs: { driver_opts: { type: "nfs" } },
    loose: { name: "loose" },
  });
});

test("builds, dependencies and replicas in their short forms", () => {
  const { text } = print(
    project({
      web: {
        image: "shop-web",
        build: { context: "/srv/web" },
        dependsOn: { db: { condition: "service_started" } },
        replicas: 3,
      },
      api: {
        image: "team/api:1",
        build: {
          context: "/srv",
          dockerfile: "/srv/docker/api",
          args: { V: "1", TOKEN: "t0ken" },
          noCache: true,
          shmSize: 1024,
        },
        dependsOn: {
          db: { condition: "service_healthy", restart: true },
          opt: { condition: "service_started", required: false },
        },
      },
      db: { image: "mysql:8", replicas: 1 },
      opt: { image: "redis:7", networkMode: "container:shop-db-1", volumesFrom: ["db:ro", "other"] },
    }),
  );
  const { services } = parse(text) as { services: Record<string, unknown> };
  expect(services.web).toEqual({ build: "./web", depends_on: ["db"], deploy: { replicas: 3 } });
  expect(services.api).toEqual({
    image: "team/api:1",
    build: {
      context: ".",
      dockerfile: "docker/api",
      args: { V: "1", TOKEN: reference("TOKEN") },
      no_cache: true,
      shm_size: 1024,
    },
    depends_on: {
      db: { condition: "service_healthy", restart: true },
      opt: { condition: "service_started", required: false },
    },
  });
  expect(services.opt).toMatchObject({ volumes_from: ["db:ro", "container:other"] });
});

test("files for variables stay files", () => {
  const { web } = service({ envFile: ["/srv/a.env", { path: "b.env", required: false, secret: true }] });
  expect(web.env_file).toEqual(["./a.env", { path: "./b.env", required: false }]);
  expect(service({ envFile: ".env" }).web.env_file).toBe("./.env");
});

test("what only a Swarm reads stands in the file again", () => {
  const text = `name: demo
services:
  web:
    image: nginx:1
    ports: [{target: 80, published: "8080", mode: host}, "53:53/udp"]
    deploy:
      mode: global
      endpoint_mode: dnsrr
      labels: {team: web}
      update_config: {parallelism: 2, failure_action: rollback, max_failure_ratio: 0.15}
      rollback_config: {order: start-first}
      placement: {constraints: [node.role == worker], preferences: [{spread: node.labels.zone}], max_replicas_per_node: 2}
      restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m}
      resources:
        reservations:
          cpus: "0.25"
          generic_resources: [{discrete_resource_spec: {kind: SSD, value: 2}}]
          devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]
`;
  const once = read(text);
  expect(once.services.web!.swarm).toMatchObject({ global: true, publishMode: { 80: "host" } });
  const { deploy } = (parse(print(once).text) as { services: { web: { deploy: object } } }).services.web;
  expect(deploy).toMatchObject({
    update_config: { parallelism: 2, failure_action: "rollback" },
    labels: { team: "web" },
  });
  expect(meaning(read(print(once).text))).toEqual(meaning(once));
});

test("a port keeps address and protocol beside its mode", () => {
  const text = `services:
  web:
    image: nginx:1
    ports:
      - { target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp, mode: host }
      - { target: 81, published: 8081, host_ip: "::1", mode: host }
      - "127.0.0.1:53:53/udp"
      - { target: 90, mode: host }
`;
  const before = read(text);
  const printed = print(before).text;
  expect((parse(printed) as { services: { web: object } }).services.web).toEqual({
    image: "nginx:1",
    ports: [
      { target: 80, published: "8080", host_ip: "127.0.0.1", protocol: "udp", mode: "host" },
      { target: 81, published: "8081", host_ip: "::1", mode: "host" },
      "127.0.0.1:53:53/udp",
      { target: 90, mode: "host" },
    ],
  });
  expect(meaning(read(printed))).toEqual(meaning(before));
});

test("a range whose ports have a mode is printed port by port", () => {
  const { web } = service({ ports: ["9000-9002:80-82/udp"], swarm: { publishMode: "host" } });
  const port = (at: number) => ({ target: 80 + at, published: `${9000 + at}`, protocol: "udp", mode: "host" });
  expect(web!.ports).toEqual([port(0), port(1), port(2)]);
});

test.each<[Partial<ProjectService>, object]>([
  [{ gpus: [{ count: 1 }] }, { devices: [{ count: 1, capabilities: ["gpu"] }] }],
  [{ swarm: { reservations: { cpus: 0.25 } } }, { cpus: "0.25" }],
])("memory is reserved where %j is, as Compose takes it", (given, reservations) => {
  const { text, web } = service({ memReservation: "4g", ...given });
  expect(web).toEqual({ image: "nginx:1", deploy: { resources: { reservations: { ...reservations, memory: "4g" } } } });
  expect(tidy(read(text).services.web!, "/srv").memReservation).toBe("4g");
  expect(service({ memReservation: "4g" }).web).toEqual({ image: "nginx:1", mem_reservation: "4g" });
});

test("what a service shares with another is a reference to that one", () => {
  const text = `name: shop
services:
  vpn: { image: "nginx:1" }
  named: { image: "nginx:1", container_name: own }
  side: { image: "nginx:1", network_mode: "service:vpn", ipc: "service:named", volumes_from: ["vpn:ro"] }
  other: { image: "nginx:1", network_mode: "container:elsewhere" }
`;
  const { services } = parse(print(read(text)).text) as { services: Record<string, object> };
  expect(services.side).toMatchObject({ network_mode: "service:vpn", ipc: "service:named", volumes_from: ["vpn:ro"] });
  expect(services.other).toMatchObject({ network_mode: "container:elsewhere" });
});

test("links to containers that the file does not make are external", () => {
  const { text } = print(
    project({
      web: { image: "nginx:1", links: ["db", "cache:redis", "own:data"] },
      data: { image: "redis:8", containerName: "own" },
    }),
  );
  const { services } = parse(text) as { services: Record<string, object> };
  expect(services.web).toEqual({ image: "nginx:1", links: ["data"], external_links: ["db", "cache:redis"] });
});
