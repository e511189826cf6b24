import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { BuiltImage } from "../../../components/builtImage";
import { ComposeProject } from "../../../components/composeProject";
import { JenkinsWithNginx } from "../../../components/jenkinsWithNginx";
import { Network } from "../../../components/network";
import { Project } from "../../../components/project";
import { startOrder } from "../../../core/description/startOrder";
import { Service } from "../../../components/service";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import type { ProjectDescription, ProjectService } from "../../../core/description/project";
import { CONTAINER, IMAGE, nameOf, NETWORK, quiet, value, VOLUME, type World, world } from "../mocks";
import { project } from "../project";
import { refusal, sentence } from "../refusal";

let w: World;
beforeEach(async () => {
  w = await world();
});

const origin = { files: ["/srv/shop/compose.yaml"], workingDir: "/srv/shop" };
const onDefault = (key: string) => ({ networks: [{ name: "shop_default", aliases: [key] }] });
const labelsOf = (name: string) =>
  Object.fromEntries(
    (w.one(CONTAINER, name).inputs.labels as { label: string; value: string }[]).map((item) => [
      item.label,
      item.value,
    ]),
  );

describe("a Compose project", () => {
  const shop = () =>
    project(
      {
        web: {
          image: "nginx",
          ports: ["8080:80"],
          dependsOn: { db: { condition: "service_healthy" }, cache: { condition: "service_started", restart: true } },
          ...onDefault("web"),
        },
        db: { image: "postgres", volumes: ["shop_data:/data"], ...onDefault("db"), labels: { mine: "1" } },
        cache: { image: "redis", containerName: "the-cache", ...onDefault("cache") },
      },
      { networks: { default: { name: "shop_default" } }, volumes: { data: { name: "shop_data" } } },
    );

  test("has Compose's names, aliases and labels", async () => {
    const made = new Project("shop", shop(), { compose: origin });
    expect(await value(made.containerNames)).toEqual({
      web: ["shop-web-1"],
      db: ["shop-db-1"],
      cache: ["the-cache"],
    });
    await w.done();
    expect(w.one(CONTAINER, "shop-web-1").inputs.networksAdvanced).toEqual([
      { name: "shop_default", aliases: ["shop-web-1", "web"] },
    ]);
    expect(w.one(CONTAINER, "shop-cache-1").inputs.networksAdvanced).toEqual([
      { name: "shop_default", aliases: ["the-cache", "cache"] },
    ]);
    expect(labelsOf("shop-web-1")).toMatchObject({
      "com.docker.compose.project": "shop",
      "com.docker.compose.service": "web",
      "com.docker.compose.container-number": "1",
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.depends_on": "db:service_healthy:false,cache:service_started:true",
      "com.docker.compose.project.config_files": "/srv/shop/compose.yaml",
      "com.docker.compose.project.working_dir": "/srv/shop",
    });
    expect(labelsOf("shop-db-1").mine).toBe("1");
    expect(w.one(NETWORK).inputs.labels).toEqual(
      expect.arrayContaining([
        { label: "com.docker.compose.network", value: "default" },
        { label: "com.docker.compose.project", value: "shop" },
      ]),
    );
    expect(w.one(VOLUME, "shop_data").inputs.labels).toEqual(
      expect.arrayContaining([{ label: "com.docker.compose.volume", value: "data" }]),
    );
  });

  test("the endpoints say who published them", async () => {
    const made = new Project("shop", shop(), { compose: origin });
    expect(await value(made.endpoints)).toEqual({ web: [{ target: "80/tcp", hostIp: "0.0.0.0", hostPort: 8080 }] });
  });

  test("a service that only has to be started is waited for, and a new one of it leaves the container", async () => {
    new Project("shop", shop(), { compose: origin });
    await w.done();
    const { dependencies, replacementTrigger } = w.one(CONTAINER, "shop-web-1");
    expect(dependencies.map(nameOf)).toContain("shop-cache-1");
    expect(String(replacementTrigger)).not.toMatch(/shop-(cache|db)-1-id/);
    // It starts anew instead, where the file says so.
    expect([...sessionFor().restarts]).toEqual([["shop-cache-1", new Set(["shop-web-1"])]]);
  });

  test("data and images stay, unless asked otherwise", async () => {
    new Project("shop", shop(), { compose: origin });
    await w.done();
    expect(w.one(VOLUME, "shop_data").retainOnDelete).toBe(true);
    expect(w.one(IMAGE, "redis").inputs).toMatchObject({ keepLocally: true });
    w = await world();
    new Project("shop", shop(), { compose: origin, removeImages: true, removeVolumes: true });
    await w.done();
    expect(w.one(VOLUME, "shop_data").retainOnDelete).toBe(false);
    // Never by force: another stack may use the image.
    expect(w.one(IMAGE, "redis").inputs).toMatchObject({ keepLocally: false });
    expect(w.one(IMAGE, "redis").inputs.forceRemove).toBeUndefined();
  });

  test("where it lies says nothing about what runs", async () => {
    new Project("shop", shop(), { compose: origin });
    await w.done();
    const before = w.one(CONTAINER, "shop-db-1").replacementTrigger;
    w = await world();
    new Project("shop", shop(), { compose: { files: ["/home/ci/42/compose.yaml"], workingDir: "/home/ci/42" } });
    await w.done();
    expect(labelsOf("shop-db-1")["com.docker.compose.project.working_dir"]).toBe("/home/ci/42");
    expect(w.one(CONTAINER, "shop-db-1").replacementTrigger).toBe(before);
    w = await world();
    const changed = shop();
    changed.services.db!.labels = { mine: "2" };
    new Project("shop", changed, { compose: origin });
    await w.done();
    expect(w.one(CONTAINER, "shop-db-1").replacementTrigger).not.toBe(before);
  });

  test("the hash that Compose's commands look for gives no secret away", async () => {
    const withPassword = (password: string) =>
      project({ db: { image: "mysql", environment: { MYSQL_ROOT_PASSWORD: password, MYSQL_DATABASE: "a" } } });
    const hash = async (description: ProjectDescription) => {
      w = await world();
      new Project("shop", description, { compose: origin });
      await w.done();
      return labelsOf("shop-db-1")["com.docker.compose.config-hash"];
    };
    const first = await hash(withPassword("one"));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash(withPassword("two"))).toBe(first);
    const other = withPassword("one");
    other.services.db!.environment = { MYSQL_ROOT_PASSWORD: "one", MYSQL_DATABASE: "b" };
    expect(await hash(other)).not.toBe(first);
  });

  test("replicas count up", async () => {
    new Project("shop", project({ worker: { image: "busybox", replicas: 3 } }), { compose: origin });
    await w.done();
    const names = w.all(CONTAINER).map(({ inputs }) => inputs.name);
    expect(names).toEqual(["shop-worker-1", "shop-worker-2", "shop-worker-3"]);
    expect(labelsOf("shop-worker-3")["com.docker.compose.container-number"]).toBe("3");
  });

  test("a service that another waits for to end is a job", async () => {
    new Project(
      "shop",
      project({
        app: {
          image: "app",
          restart: "always",
          dependsOn: { migrate: { condition: "service_completed_successfully" } },
        },
        migrate: { image: "app", ports: ["8080:80"] },
      }),
      { compose: origin },
    );
    await w.done();
    expect(w.one(CONTAINER, "shop-migrate-1").inputs.mustRun).toBe(false);
    expect(w.one(CONTAINER, "shop-app-1").inputs.mustRun).toBe(true);
  });

  test("code has the last word about a service", async () => {
    new Project("shop", shop(), { compose: origin, services: { web: { ports: ["9090:80"], memLimit: "64m" } } });
    await w.done();
    expect(w.one(CONTAINER, "shop-web-1").inputs).toMatchObject({ memory: 64, ports: [{ external: 9090 }] });
  });

  test("what is external is neither made nor removed", async () => {
    new Project(
      "shop",
      project(
        { db: { image: "postgres", volumes: ["theirs:/data"], networks: ["backbone"] } },
        {
          volumes: { data: { name: "theirs", external: true } },
          networks: { default: { name: "backbone", external: true } },
        },
      ),
      { compose: origin },
    );
    await w.done();
    expect(w.all(VOLUME)).toEqual([]);
    expect(w.all(NETWORK)).toEqual([]);
    expect(w.one(CONTAINER).inputs.volumes).toEqual([{ containerPath: "/data", volumeName: "theirs" }]);
  });

  test("notices are said", async () => {
    new Project(
      "shop",
      project({ app: { image: "app" } }, { notices: [{ level: "warning", at: "services.app.x", text: "watch out" }] }),
    );
    await w.done();
    expect(w.warnings).toEqual(["shop: services.app.x: watch out"]);
  });
});

describe("refused before anything is made", () => {
  const refused = (description: ProjectDescription, options = {}) =>
    sentence(() => new Project("shop", description, { compose: origin, ...options }));

  test("in the file's own words", () => {
    expect(refused(project({ web: { image: "nginx", memLimit: "1k" } }))).toBe(
      'services.web.mem_limit: "1k" is below Docker\'s minimum; use "6m" or more.',
    );
    expect(refused(project({ web: { image: "nginx", oomScoreAdj: 5 } }))).toMatch(
      /^services\.web\.oom_score_adj: the Docker provider cannot set the OOM score; /,
    );
  });

  test("an override of a service that is not there", () => {
    expect(refused(project({ web: { image: "nginx" } }), { services: { wbe: {} } })).toBe(
      'Project "shop": services.wbe: is not a service of the project; use web.',
    );
  });

  test("a circle of dependencies", () => {
    const started = { condition: "service_started" as const };
    expect(
      refusal(() =>
        startOrder({
          a: { image: "a", dependsOn: { b: started } },
          b: { image: "b", dependsOn: { c: started } },
          c: { image: "c", dependsOn: { b: started } },
        }),
      ),
    ).toBe("services.b.depends_on: b waits for c waits for b; break the circle.");
  });

  test("an external volume that is not on the engine", () => {
    sessionFor().snapshot = {
      local: false,
      apiVersion: "1.41",
      containers: [],
      networks: [],
      volumes: [],
      images: [],
      listeners: [],
      routes: [],
    };
    expect(refused(project({ db: { image: "db" } }, { volumes: { data: { name: "theirs", external: true } } }))).toBe(
      'Project "shop": volumes.data: the external volume theirs is not on the engine; create it with `docker volume create theirs`, or remove external.',
    );
  });
});

test("services start after those that they share something with", () => {
  expect(
    startOrder({
      a: { image: "a", networkMode: "container:bee", dependsOn: { c: { condition: "service_started" } } },
      b: { image: "b", containerName: "bee" },
      c: { image: "c", volumesFrom: ["bee:ro"] },
    }),
  ).toEqual(["b", "c", "a"]);
});

test("without Compose the names are the services' own", async () => {
  new Project("mine", project({ web: { image: "nginx" } }));
  await w.done();
  expect(w.one(CONTAINER, "web").inputs.name).toBe("web");
  expect(Object.keys(labelsOf("web")).filter((label) => label.startsWith("com.docker"))).toEqual([]);
});

describe("images from sources", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth build-"));
    writeFileSync(join(folder, "Dockerfile"), "FROM busybox\nCOPY . .\n");
    writeFileSync(join(folder, "app.py"), "1");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const build = async (rest: Partial<ProjectService> = {}, options = {}) => {
    w = await world();
    new Project("shop", project({ web: { image: "shop-web", build: { context: folder }, ...rest } }), {
      compose: origin,
      ...options,
    });
    await w.done();
    return w.one(IMAGE, "shop-web");
  };

  test("are built once, and again when a file changes", async () => {
    const image = await build();
    expect(image.inputs).toMatchObject({
      name: "shop-web",
      keepLocally: true,
      build: { context: folder, dockerfile: join(folder, "Dockerfile") },
    });
    // The folder has another path in every checkout.
    expect(image.ignoreChanges).toEqual(["build"]);
    const { triggers } = image.inputs;
    expect((await build()).inputs.triggers).toEqual(triggers);
    writeFileSync(join(folder, "app.py"), "2");
    expect((await build()).inputs.triggers).not.toEqual(triggers);
  });

  test("build arguments count, and are secret where their name says so", async () => {
    const { triggers } = (await build()).inputs;
    const image = await build({ build: { context: folder, args: { API_TOKEN: "t" } } });
    expect(image.inputs.triggers).not.toEqual(triggers);
    expect(image.secrets).toEqual(["build.buildArgs"]);
  });

  test("two services of one image build it once", async () => {
    await build({ replicas: 2 });
    expect(w.all(IMAGE)).toHaveLength(1);
  });

  test("a service uses what a BuiltImage has made", async () => {
    const app = new BuiltImage("app:1", { context: folder, target: "prod" });
    new Service("web", { image: app.imageName });
    await w.done();
    expect(w.one(IMAGE).inputs).toMatchObject({ name: "app:1", build: { target: "prod" } });
    expect(w.one(CONTAINER).dependencies.map(nameOf)).toContain("app:1");
    expect(String(w.one(CONTAINER).replacementTrigger)).toContain("sha256:app:1");
  });

  test.each([
    ["Bad", {}, 'name: "Bad" is not an image reference: the name must be in lower case'],
    ["app", { context: "/nowhere" }, "context: there is no folder /nowhere; name the folder with the sources."],
    ["app", { platforms: ["linux/amd64", "linux/arm64"] }, "platforms: an engine keeps images of one platform; "],
  ])("a BuiltImage %s with %j is refused", (name, args, message) => {
    const refused = sentence(() => new BuiltImage(name, { context: folder, ...args }));
    expect(refused).toContain(`BuiltImage "${name}": ${message}`);
  });

  test("are removed by name only where asked for, the old one first", async () => {
    const image = await build({}, { removeImages: true });
    expect(image).toMatchObject({ deleteBeforeReplace: true, inputs: { keepLocally: false, forceRemove: true } });
  });

  test("a missing folder or Dockerfile is refused", () => {
    const refused = (given: ProjectService["build"]) =>
      sentence(() => new Project("shop", project({ web: { image: "shop-web", build: given } }), { compose: origin }));
    expect(refused({ context: join(folder, "nowhere") })).toBe(
      `Project "shop": services.web.build.context: there is no folder ${folder}/nowhere; name the folder with the sources.`,
    );
    expect(refused({ context: folder, dockerfile: "Dockerfile.dev" })).toBe(
      `Project "shop": services.web.build.dockerfile: there is no file ${folder}/Dockerfile.dev; create it, or name another.`,
    );
  });

  test("an environment file that would be sent along is warned of", async () => {
    writeFileSync(join(folder, ".env"), "A=1");
    await build();
    expect(w.warnings).toEqual([
      `services.web.build.context: .env would be sent to the engine and can end up in the image; add **/.env* to ${folder}/.dockerignore.`,
    ]);
    writeFileSync(join(folder, ".dockerignore"), "**/.env*\n");
    await build();
    expect(w.warnings).toEqual([]);
  });
});

describe("secrets and configs", () => {
  test("a file is bound, text is written into the container and kept secret", async () => {
    new Service("app", {
      image: "app",
      volumes: ["data:/data"],
      secrets: [
        { source: "bound", file: "/etc/ssl/key.pem" },
        { source: "given", content: pulumi.output("late"), target: "token" },
      ],
      configs: [{ source: "app.conf", content: "a=1", target: "/etc/app.conf" }],
    });
    await w.done();
    const { inputs, secrets, ignoreChanges } = w.one(CONTAINER, "app");
    expect(inputs.volumes).toEqual([
      { containerPath: "/data", volumeName: "data" },
      { containerPath: "/run/secrets/bound", hostPath: "/etc/ssl/key.pem", readOnly: true },
    ]);
    expect(inputs.uploads).toEqual([
      { file: "/run/secrets/token", content: "late", permissions: "0444" },
      { file: "/etc/app.conf", content: "a=1", permissions: "0444" },
    ]);
    expect(secrets).toEqual(["uploads"]);
    // No digest of it may stand in the trigger, so the provider compares it.
    expect(ignoreChanges).not.toContain("uploads");
  });

  test("a config alone is no secret, and its text decides about replacement", async () => {
    const trigger = async (content: string) => {
      w = await world();
      new Service("app", { image: "app", configs: [{ source: "c", content }] });
      await w.done();
      expect(w.one(CONTAINER).secrets).toEqual([]);
      return w.one(CONTAINER).replacementTrigger;
    };
    expect(await trigger("1")).not.toBe(await trigger("2"));
  });

  test.each([
    [{ source: "a" }, "secrets[0]: needs exactly one origin; give one of file, content and environment."],
    [
      { source: "a", environment: "BERTH_NO_SUCH_VARIABLE" },
      "secrets[0].environment: the variable BERTH_NO_SUCH_VARIABLE is not set; set it where Pulumi runs, or name another one.",
    ],
    [
      { source: "a", content: "x", mode: 0o17777 },
      "secrets[0].mode: 8191 is not a whole number in range; use 0 to 4095.",
    ],
  ])("%j is refused", (secret, message) => {
    expect(sentence(() => new Service("app", { image: "app", secrets: [secret] }))).toBe(`Service "app": ${message}`);
    expect(w.resources).toEqual([]);
  });
});

describe("JenkinsWithNginx", () => {
  test("is the documented pair, with Jenkins' data where Jenkins keeps it", async () => {
    new JenkinsWithNginx("jenkins");
    await w.done();
    expect(w.one(CONTAINER, "jenkins-docker_jenkins-1").inputs).toMatchObject({
      name: "jenkins",
      image: "jenkinsci/blueocean",
      user: "root",
      restart: "always",
      ports: [
        { internal: 8080, external: 8080 },
        { internal: 50000, external: 50000 },
      ],
      volumes: [{ hostPath: "/home/jenkins/jenkins_home", containerPath: "/var/jenkins_home" }],
    });
    expect(w.one(CONTAINER, "jenkins-docker_nginx-1").inputs).toMatchObject({
      name: "nginx",
      ports: [
        { internal: 80, external: 80 },
        { internal: 433, external: 433 },
      ],
    });
  });

  test("the socket is mounted only when asked for by name", async () => {
    new JenkinsWithNginx("jenkins", { dockerSocket: true, tlsPort: 443, jenkins: { memLimit: "1g" } });
    await w.done();
    const { inputs } = w.one(CONTAINER, "jenkins-docker_jenkins-1");
    const paths = (inputs.volumes as { hostPath: string }[]).map(({ hostPath }) => hostPath);
    expect(paths.slice(1)).toEqual(["/var/run/docker.sock", "/usr/bin/docker", "/usr/local/bin/docker-compose"]);
    expect(inputs.memory).toBe(1024);
    expect(w.one(CONTAINER, "jenkins-docker_nginx-1").inputs.ports).toMatchObject([{}, { external: 443 }]);
  });

  test("a wrong port is refused under its own name", () => {
    expect(sentence(() => new JenkinsWithNginx("jenkins", { tlsPort: 70000 }))).toBe(
      'JenkinsWithNginx "jenkins": tlsPort: 70000 is not a port; use 1 to 65535.',
    );
  });
});

describe("a network of any driver", () => {
  test("says everything that Compose can", async () => {
    new Network("lan", {
      driver: "macvlan",
      options: { parent: "eth0" },
      ipam: {
        driver: "default",
        config: [
          { subnet: "10.9.0.0/24", gateway: "10.9.0.1", ipRange: "10.9.0.128/25", auxAddresses: { nas: "10.9.0.5" } },
          { subnet: "fd00:9::/64" },
        ],
      },
      internal: true,
    });
    await w.done();
    expect(w.one(NETWORK).inputs).toMatchObject({
      driver: "macvlan",
      ipv6: true,
      internal: true,
      options: { parent: "eth0" },
      ipamDriver: "default",
      ipamConfigs: [
        { subnet: "10.9.0.0/24", gateway: "10.9.0.1", ipRange: "10.9.0.128/25", auxAddress: { nas: "10.9.0.5" } },
        { subnet: "fd00:9::/64" },
      ],
    });
  });

  test.each([
    [{ driver: "overlay" }, "driver: overlay makes no network of a single engine's own; use bridge, or a Swarm."],
    [
      { driver: "host" },
      'driver: host makes no network of a single engine\'s own; set networkMode: "host" on the service.',
    ],
    [
      { ipam: { config: [{ gateway: "10.0.0.1" }] } },
      "ipam.config[0].gateway: needs a subnet to lie in; set subnet too.",
    ],
    [
      { ipam: { config: [{ subnet: "10.0.0.0/24" }, { subnet: "10.1.0.0/24", gateway: "10.2.0.1" }] } },
      "ipam.config[1].gateway: 10.2.0.1 is outside the subnet 10.1.0.0/24; choose an address inside it.",
    ],
  ])("%j is refused", (args, message) => {
    expect(sentence(() => new Network("lan", args))).toBe(`Network "lan": ${message}`);
    expect(w.resources).toEqual([]);
  });
});

describe("a network or a volume of a compose file is refused by its place", () => {
  const SHOP = `services:
  web:
    image: nginx:1.27
    networks: [lan]
    volumes: ["data:/data"]
networks:
  lan:
    NETWORK
volumes:
  data:
    VOLUME
`;
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "berth-places-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function refused(network: string, volume: string): Promise<string> {
    const volumes = [{ name: "shop_data", driver: "local", options: {}, labels: {} }];
    const none = { containers: [], networks: [], images: [], listeners: [], routes: [] };
    sessionFor().snapshot = { local: true, apiVersion: "1.41", ...none, volumes };
    const file = join(folder, "compose.yaml");
    writeFileSync(file, SHOP.replace("NETWORK", network).replace("VOLUME", volume));
    const message = sentence(() => new ComposeProject("shop", { files: [file], projectName: "shop" }));
    await quiet();
    return message.replace(`${folder}/`, "");
  }

  test.each([
    [
      "driver: overlay",
      "{}",
      "compose.yaml:8:13: networks.lan.driver: overlay makes no network of a single engine's own; use bridge, or a Swarm.",
    ],
    [
      "ipam: { config: [{ subnet: 10.0.0.0/24, gateway: 10.1.0.1 }] }",
      "{}",
      "compose.yaml:8:54: networks.lan.ipam.config[0].gateway: 10.1.0.1 is outside the subnet 10.0.0.0/24; choose an address inside it.",
    ],
    [
      "name: bridge",
      "{}",
      "compose.yaml:8:11: networks.lan.name: bridge is a network of Docker's own; choose another name.",
    ],
    [
      "enable_ipv4: false",
      "{}",
      "compose.yaml:8:18: networks.lan.enable_ipv4: the Docker provider cannot switch IPv4 off; remove it.",
    ],
    [
      "{}",
      "driver: nfs",
      "compose.yaml:11:13: volumes.data.driver: the volume shop_data exists with driver local and options {}, and ",
    ],
    ["{}", "external: true", "compose.yaml:10:3: volumes.data: the external volume data is not on the engine; "],
  ])("%s, %s", async (network, volume, message) => {
    expect(await refused(network, volume)).toContain(message);
  });
});
