// Each argument may be an Output: the provider gets the same as for a plain value.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Elasticsearch } from "../../../components/elasticsearch";
import { Mysql } from "../../../components/mysql";
import { Nginx } from "../../../components/nginx";
import { Service } from "../../../components/service";
import { Tomcat } from "../../../components/tomcat";
import type { ServiceArgs } from "../../../core/description/types";
import { DIGEST_LABEL } from "../../../core/engines/owner";
import { CONTAINER, IMAGE, type Recorded, value, VOLUME, type World, world } from "../mocks";

let w: World;
const late = <T>(plain: T): pulumi.Output<T> => pulumi.output(Promise.resolve(plain)) as unknown as pulumi.Output<T>;

/** What the provider is given for a description, and the rest of what decides about its container. */
async function made(
  args: Partial<ServiceArgs>,
  hooks = true,
): Promise<Pick<Recorded, "inputs" | "replacementTrigger" | "replaceOnChanges">> {
  w = await world({ config: { "berth:owner": "me" }, hooks });
  new Service("web", { image: "nginx", ...args });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  const { inputs, replacementTrigger, replaceOnChanges } = w.one(CONTAINER);
  // It is the digest of another declaration: of a late value only the name may count.
  const labels = (inputs.labels as { label: string }[]).filter(({ label }) => label !== DIGEST_LABEL);
  return { inputs: { ...inputs, labels }, replacementTrigger, replaceOnChanges };
}

const FIELDS: [Partial<ServiceArgs>, Partial<ServiceArgs>][] = [
  [{ containerName: "web01" }, { containerName: late("web01") }],
  [{ command: "sleep 5" }, { command: late("sleep 5") }],
  [{ command: ["sleep", "5"] }, { command: ["sleep", late("5")] }],
  [
    { entrypoint: ["a"], command: ["b", ""] },
    { entrypoint: ["a"], command: late(["b", ""]) },
  ],
  [{ ports: ["8080:80"] }, { ports: late(["8080:80"]) }],
  [{ ports: [{ target: 80, published: 8080 }] }, { ports: [{ target: 80, published: late(8080) }] }],
  [{ publishAll: true }, { publishAll: late(true) }],
  [{ volumes: ["/a:/b:ro"] }, { volumes: late(["/a:/b:ro"]) }],
  [{ volumesFrom: ["x1"] }, { volumesFrom: late(["x1"]) }],
  [{ tmpfs: "/run" }, { tmpfs: late("/run") }],
  [{ networks: ["mynet"] }, { networks: late(["mynet"]) }],
  [{ networks: [{ name: "mynet", aliases: ["db"] }] }, { networks: [{ name: "mynet", aliases: [late("db")] }] }],
  [{ networkMode: "host" }, { networkMode: late("host") }],
  [{ restart: "on-failure:3" }, { restart: late("on-failure:3" as const) }],
  [{ mode: "replicated-job" }, { mode: late("replicated-job" as const) }],
  [{ user: "root" }, { user: late("root") }],
  [{ hostname: "h1" }, { hostname: late("h1") }],
  [
    { capAdd: ["NET_ADMIN"], capDrop: ["ALL"] },
    { capAdd: late(["NET_ADMIN"]), capDrop: ["ALL"] },
  ],
  [{ devices: ["/dev/fuse"] }, { devices: late(["/dev/fuse"]) }],
  [{ gpus: [{ deviceIds: ["0"] }] }, { gpus: [{ deviceIds: [late("0")] }] }],
  [{ healthcheck: { test: "true", interval: "90s" } }, { healthcheck: { test: "true", interval: late("90s") } }],
  [{ logging: { driver: "local" } }, { logging: late({ driver: "local" }) }],
  [{ ulimits: { nofile: 5 } }, { ulimits: { nofile: late(5) } }],
  [{ extraHosts: { db: "10.0.0.2" } }, { extraHosts: { db: late("10.0.0.2") } }],
  [{ dns: ["8.8.8.8"] }, { dns: late(["8.8.8.8"]) }],
  [{ stopGracePeriod: "30s" }, { stopGracePeriod: late("30s") }],
  [{ shmSize: "1g" }, { shmSize: late("1g") }],
  [
    { memLimit: "64m", memswapLimit: -1 },
    { memLimit: late("64m"), memswapLimit: late(-1) },
  ],
  [{ cpus: 0.5 }, { cpus: late(0.5) }],
  [
    { cpuPeriod: 100000, cpuQuota: 50000 },
    { cpuPeriod: 100000, cpuQuota: late(50000) },
  ],
  [
    { blkioConfig: { deviceReadBps: [{ path: "/dev/sda", rate: "1m" }] } },
    { blkioConfig: { deviceReadBps: [{ path: "/dev/sda", rate: late("1m") }] } },
  ],
  [{ labels: { a: "1" } }, { labels: { a: late("1") } }],
  [{ labels: ["a=1"] }, { labels: late(["a=1"]) }],
];

test.each(FIELDS.map(([plain, given]) => [JSON.stringify(plain), plain, given] as const))(
  "%s as an Output",
  async (_, plain, given) => {
    expect(await made(given)).toEqual(await made(plain));
  },
);

test("all at once", async () => {
  const plain = Object.assign(
    {},
    ...FIELDS.map(([args]) => args).filter((args) => !("networkMode" in args || "cpuPeriod" in args || "mode" in args)),
  );
  const given = Object.fromEntries(Object.entries(plain).map(([key, field]) => [key, late(field)]));
  expect(await made(given)).toEqual(await made(plain));
});

describe("variables", () => {
  test("as a whole: the same ones reach the container", async () => {
    const plain = await made({ environment: { A: "1", B: 2 } });
    const given = await made({ environment: late({ A: "1", B: 2 }) });
    expect(given.inputs).toEqual(plain.inputs);
  });

  test("a value that arrives late does not hide the others", async () => {
    await made({
      environment: { A: "1", URL: late("http://x"), DB_PASSWORD: pulumi.secret("p"), KEY: pulumi.secret("k") },
    });
    const component = w.one("berth:services:Service");
    expect(component.inputs.environment).toEqual({ A: "1", URL: "http://x", DB_PASSWORD: "p", KEY: "k" });
    expect(component.secrets.sort()).toEqual(["environment.DB_PASSWORD", "environment.KEY"]);
  });

  test("one that is secret makes the container's list secret, and is no part of the trigger", async () => {
    const { inputs, replacementTrigger } = await made({ environment: { A: "1", DB_PASSWORD: "first" } });
    expect(inputs.envs).toEqual(["A=1", "DB_PASSWORD=first"]);
    expect(w.one(CONTAINER).secrets).toEqual(["envs"]);
    // A digest of a short password would give it away; the provider compares the values itself.
    expect(typeof replacementTrigger).toBe("string");
    expect(w.one(CONTAINER).ignoreChanges).not.toContain("envs");
    expect((await made({ environment: { A: "1", DB_PASSWORD: "second" } })).replacementTrigger).toBe(
      replacementTrigger,
    );
    expect((await made({ environment: { DB_PASSWORD: "first" } })).replacementTrigger).not.toBe(replacementTrigger);
  });

  test("plain ones are compared by the trigger alone", async () => {
    const { replacementTrigger } = await made({ environment: { A: "1" } });
    expect(w.one(CONTAINER).ignoreChanges).toContain("envs");
    expect((await made({ environment: { A: "2" } })).replacementTrigger).not.toBe(replacementTrigger);
  });

  test("null takes the value that the variable has here, and takes it from the image where it has none", async () => {
    process.env.BERTH_TEST_OUTER = "outer";
    try {
      expect((await made({ environment: { BERTH_TEST_OUTER: null, BERTH_TEST_NEVER: null } })).inputs.envs).toEqual([
        "BERTH_TEST_OUTER=outer",
        "BERTH_TEST_NEVER",
      ]);
      expect((await made({ environment: ["BERTH_TEST_OUTER", "BERTH_TEST_NEVER"] })).inputs.envs).toEqual([
        "BERTH_TEST_OUTER=outer",
        "BERTH_TEST_NEVER",
      ]);
    } finally {
      delete process.env.BERTH_TEST_OUTER;
    }
  });

  test("a secret in the list form", async () => {
    await made({ environment: ["A=1", "DB_PASSWORD=p"] });
    expect(w.one("berth:services:Service").secrets).toEqual(["environment.DB_PASSWORD"]);
    expect((await made({ environment: ["A=1"] })).inputs.envs).toEqual(["A=1"]);
  });

  test("a file whose name arrives late", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-late-"));
    try {
      writeFileSync(join(folder, ".env"), "A=1\nB=1\nAPI_TOKEN=t");
      const { inputs } = await made({ envFile: late(join(folder, ".env")), environment: { B: "2" } });
      expect(inputs.envs).toEqual(["A=1", "B=2", "API_TOKEN=t"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("an image that arrives late is pulled for its service", async () => {
  const plain = await made({ image: "nginx:1.27" });
  const given = await made({ image: late("nginx:1.27"), platform: late("linux/amd64") });
  expect(given.inputs).toEqual({ ...plain.inputs, platform: "linux/amd64" });
  expect(w.one(IMAGE)).toMatchObject({
    name: "web",
    inputs: { name: "nginx:1.27", platform: "linux/amd64", keepLocally: true },
  });
  expect(w.one(IMAGE).parent).toBe(w.one(CONTAINER).parent);
  await made({ image: "nginx:1.27", platform: late("linux/amd64") });
  expect(w.one(IMAGE)).toMatchObject({
    name: "web",
    inputs: { name: "nginx:1.27", platform: "linux/amd64", keepLocally: true },
  });
});

describe("typed services", () => {
  const inputs = async (declare: () => void) => {
    w = await world({ config: { "berth:owner": "me" } });
    declare();
    await w.done();
    expect(w.lateErrors()).toEqual([]);
    return w.one(CONTAINER).inputs;
  };

  test("Nginx", async () => {
    const plain = await inputs(
      () => new Nginx("web", { image: "nginx:1.27", containerName: "web01", port: 8080, volumes: ["/a:/b"] }),
    );
    const given = await inputs(
      () =>
        new Nginx("web", {
          image: late("nginx:1.27"),
          containerName: late("web01"),
          port: late(8080),
          volumes: late(["/a:/b"]),
        }),
    );
    expect(given).toEqual(plain);
  });

  test("Mysql", async () => {
    const args = { database: "shop", user: "clerk", port: 3307, containerName: "db01" };
    const plain = await inputs(() => new Mysql("db", { ...args, rootPassword: "a", password: "b" }));
    const given = await inputs(
      () =>
        new Mysql("db", {
          database: late("shop"),
          user: late("clerk"),
          port: late(3307),
          containerName: late("db01"),
          rootPassword: late("a"),
          password: pulumi.secret("b"),
        }),
    );
    expect(given).toEqual(plain);
    expect(given.envs).toEqual([
      "MYSQL_ROOT_PASSWORD=a",
      "MYSQL_DATABASE=shop",
      "MYSQL_USER=clerk",
      "MYSQL_PASSWORD=b",
    ]);
    expect(w.one("berth:services:Mysql").secrets.sort()).toEqual([
      "environment.MYSQL_PASSWORD",
      "environment.MYSQL_ROOT_PASSWORD",
    ]);
  });

  test("Elasticsearch and Tomcat", async () => {
    expect(await inputs(() => new Elasticsearch("es", { httpPort: late(9201), transportPort: "none" }))).toEqual(
      await inputs(() => new Elasticsearch("es", { httpPort: 9201, transportPort: "none" })),
    );
    expect(await inputs(() => new Tomcat("tomcat", { port: late(8081) }))).toEqual(
      await inputs(() => new Tomcat("tomcat", { port: 8081 })),
    );
  });

  // `service` wins, in each form that a description can have.
  test.each<[string, NonNullable<ServiceArgs["environment"]>]>([
    ["a map", { EXTRA: "1", MYSQL_DATABASE: "other" }],
    ["a list", ["EXTRA=1", "MYSQL_DATABASE=other"]],
    ["an Output of a map", late({ EXTRA: "1", MYSQL_DATABASE: "other" })],
    ["an Output of a list", late(["EXTRA=1", "MYSQL_DATABASE=other"])],
  ])("further variables as %s", async (_, environment) => {
    const given = await inputs(
      () => new Mysql("db", { rootPassword: "a", database: "shop", service: { environment } }),
    );
    expect((given.envs as string[]).sort()).toEqual(["EXTRA=1", "MYSQL_DATABASE=other", "MYSQL_ROOT_PASSWORD=a"]);
    expect(w.one(CONTAINER).secrets).toEqual(["envs"]);
  });
});

describe("wrong values that arrive late end the program with the same sentence", () => {
  const NAME = "use two or more of letters, digits, '_', '.' and '-', beginning with a letter or digit";
  test.each<[Partial<ServiceArgs>, string]>([
    [
      { volumes: ["/data"], tmpfs: late("/data") },
      'Service "web": tmpfs: /data is mounted by volumes too; keep one of them.',
    ],
    [{ ports: late(["80800:80"]) }, 'Service "web": ports[0]: "80800" is not a whole number in range; use 1 to 65535.'],
    [{ containerName: late("a b") }, `Service "web": containerName: "a b" is not a name that Docker takes; ${NAME}.`],
    [
      { environment: { "A B": late("x") } },
      'Service "web": environment.A B: "A B" is not a variable name; use a name without \'=\' and spaces.',
    ],
    [
      { stopGracePeriod: late("0s") },
      'Service "web": stopGracePeriod: the Docker provider takes 0s for none, and the engine then waits 10s; use "1s", or stopSignal: "SIGKILL" to kill at once.',
    ],
    [
      { networkMode: late("host"), ports: ["80:80"] },
      'Service "web": ports: 80:80: cannot be published with networkMode "host"; remove it: on the host network the service listens on the host\'s ports itself.',
    ],
  ])("%#", async (args, message) => {
    w = await world();
    new Service("web", { image: "nginx", ...args });
    await w.done();
    expect(w.lateErrors()).toContain(message);
    expect(w.all(CONTAINER)).toEqual([]);
  });

  test("an empty password", async () => {
    w = await world();
    new Mysql("db", { rootPassword: pulumi.secret("") });
    await w.done();
    expect(w.lateErrors()).toEqual([
      'Mysql "db": rootPassword: is empty; give a password, or { allowEmpty: true } by name.',
    ]);
  });
});

test("a monitor without hooks, such as the SDK's own mocks, serves as well", async () => {
  expect(await made({ ports: ["80:80"], networks: ["mynet"] }, false)).toEqual(
    await made({ ports: ["80:80"], networks: ["mynet"] }),
  );
  await made({}, false);
  expect(w.one(CONTAINER).beforeCreate).toEqual([]);
  expect(w.hooks.size).toBe(0);
});

test("the description is plain data for whoever reads it", async () => {
  w = await world();
  const service = new Service("web", {
    image: "nginx",
    ports: late(["8080:80"]),
    volumes: ["/data"],
    environment: { A: late("1") },
  });
  expect(await value(service.description)).toMatchObject({
    image: "nginx",
    containerName: "web",
    ports: [{ target: 80, published: 8080, hostIp: "", protocol: "tcp" }],
    volumes: [{ type: "volume", target: "/data" }],
    environment: { A: "1" },
  });
  await w.done();
  expect(w.all(VOLUME)).toHaveLength(1);
});
