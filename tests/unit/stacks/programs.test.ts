import * as pulumi from "@pulumi/pulumi";
import { type Program, PROGRAMS, programNames, run } from "../../../stacks";
import { useEngine } from "../fakeEngine";
import { CONTAINER, IMAGE, names, NETWORK, quiet, value, VOLUME, type World, world, type WorldOptions } from "../mocks";
import { sentence } from "../refusal";

const engine = useEngine();
const KNOWN =
  "nginx, mysql, elasticsearch, volumes, networks, tomcat, jenkins, flask, compose, run, notes, gpu, paddlex, workspace, jupyter, swarm, kubernetes, lifecycle, manifests, images, portainer, host";
let w: World;

/** Runs a stack as the plan does: without an engine. */
async function stack(
  name: string,
  config: Record<string, string> = {},
  options: WorldOptions = {},
): Promise<Record<string, unknown>> {
  w = await world({ stack: name, config: { "berth:owner": "me", ...config }, ...options });
  const outputs = await run({ engine: false });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  return outputs;
}
const container = (name?: string) => w.one(CONTAINER, name).inputs;

describe("which programs a stack runs", () => {
  test.each<[string, string | undefined, string[]]>([
    ["nginx", undefined, ["nginx"]],
    ["nginx-staging", undefined, ["nginx"]],
    ["mysql-of-team-2", undefined, ["mysql"]],
    ["dev", "tomcat", ["tomcat"]],
    ["dev", " tomcat ", ["tomcat"]],
    ["nginx", "mysql", ["mysql"]],
    ["dev", '["nginx","mysql"]', ["nginx", "mysql"]],
    ["dev", ' ["nginx"]', ["nginx"]],
  ])("%s with the setting %p", (name, setting, expected) => {
    expect(programNames(name, setting)).toEqual(expected);
  });

  const HOW = "Name the stack after one of them, or run `pulumi config set berth:program NAME`.";
  test.each<[string, string | undefined, string]>([
    [
      "dev",
      undefined,
      `the stack "dev" names the program "dev", which is not known; the programs are ${KNOWN}. ${HOW}`,
    ],
    [
      "nginx_2",
      undefined,
      `the stack "nginx_2" names the program "nginx_2", which is not known; the programs are ${KNOWN}. ${HOW}`,
    ],
    [
      "toString",
      undefined,
      `the stack "toString" names the program "toString", which is not known; the programs are ${KNOWN}. ${HOW}`,
    ],
    ["dev", "ngnix", `berth:program: "ngnix" is not known; the programs are ${KNOWN}. ${HOW}`],
    ["dev", '["nginx","x"]', `berth:program: "x" is not known; the programs are ${KNOWN}. ${HOW}`],
    ["dev", "[1]", `berth:program: "1" is not known; the programs are ${KNOWN}. ${HOW}`],
    ["dev", "[nginx]", `berth:program: [nginx] is not a name or a list of names; use some of ${KNOWN}.`],
    ["dev", "[]", `berth:program: names no program; use some of ${KNOWN}.`],
    ["dev", '["nginx","nginx"]', 'berth:program: names "nginx" twice; list each program once.'],
  ])("%s with the setting %p is refused", (name, setting, message) => {
    expect(sentence(() => programNames(name, setting))).toBe(message);
  });
});

test.each(Object.keys(PROGRAMS))("%s is a program whose settings tell what they are", async (name) => {
  const { settings, program } = (await PROGRAMS[name]!()) as Program;
  expect(typeof program).toBe("function");
  for (const [key, setting] of Object.entries(settings)) {
    expect(key).toMatch(/^[a-z]\w*$/i);
    expect(setting.doc).not.toBe("");
    expect(typeof setting.shown).toBe("string");
  }
});

describe("nginx", () => {
  test.each<[string, string, Record<string, unknown>]>([
    ["A1", "nginx01", { ports: [{ internal: 80, external: 666, ip: "", protocol: "tcp" }] }],
    ["A2", "web-server", { ports: [{ internal: 80, external: 8080, ip: "", protocol: "tcp" }] }],
    ["A2-web", "web", { ports: [{ internal: 80, external: 80, ip: "", protocol: "tcp" }] }],
    ["A2-mynginx1", "mynginx1", { ports: [{ internal: 80, external: 90, ip: "", protocol: "tcp" }] }],
    ["A3", "mynginx", { publishAllPorts: true }],
    [
      "A4",
      "nginx01",
      { publishAllPorts: true, volumes: [{ containerPath: "/etc/nginx", volumeName: "nginx-etc-nginx-generated" }] },
    ],
    [
      "A5",
      "nginx02",
      { publishAllPorts: true, volumes: [{ containerPath: "/etc/nginx", volumeName: "juming-nginx" }] },
    ],
    ["A6", "nginx03", { publishAllPorts: true, volumes: [{ containerPath: "/etc/nginx", hostPath: "/etc/nginx" }] }],
    [
      "A7",
      "nginx05",
      { publishAllPorts: true, volumes: [{ containerPath: "/etc/nginx", volumeName: "juming", readOnly: true }] },
    ],
    ["A7-rw", "nginx05", { publishAllPorts: true, volumes: [{ containerPath: "/etc/nginx", volumeName: "juming" }] }],
    [
      "A8",
      "nginx",
      {
        ports: [{ internal: 80, external: 80, ip: "", protocol: "tcp" }],
        volumes: [{ containerPath: "/root", hostPath: process.cwd() }],
      },
    ],
  ])("%s", async (setup, containerName, expected) => {
    const outputs = await stack("nginx", { "nginx:setup": setup });
    const { ports, publishAllPorts, volumes, name, image } = container();
    expect({ ports, publishAllPorts, volumes }).toEqual({
      ports: undefined,
      publishAllPorts: undefined,
      volumes: undefined,
      ...expected,
    });
    expect([name, image]).toEqual([containerName, "nginx"]);
    expect(await value(outputs.containerName as pulumi.Output<string>)).toBe(containerName);
  });

  test("by default", async () => {
    const outputs = await stack("nginx");
    expect(names(w.resources).sort()).toEqual(["Container nginx", "Nginx nginx", "RemoteImage nginx"]);
    expect(await value(outputs.url as pulumi.Output<string>)).toBe("http://localhost:666");
  });

  test("after settings", async () => {
    const outputs = await stack("nginx", {
      "nginx:image": "nginx:1.27",
      "nginx:containerName": "mine",
      "nginx:port": "8081",
      "nginx:volumes": '["./html:/usr/share/nginx/html:ro"]',
    });
    expect(container()).toMatchObject({
      image: "nginx:1.27",
      name: "mine",
      ports: [{ internal: 80, external: 8081, ip: "", protocol: "tcp" }],
      volumes: [{ containerPath: "/usr/share/nginx/html", hostPath: `${process.cwd()}/html`, readOnly: true }],
    });
    expect(await value(outputs.url as pulumi.Output<string>)).toBe("http://localhost:8081");
  });

  test.each([
    ["none", undefined],
    ["free", true],
  ])("with the port %s", async (port, publishAllPorts) => {
    await stack("nginx", { "nginx:port": port });
    expect(container().ports).toBeUndefined();
    expect(container().publishAllPorts).toBe(publishAllPorts);
  });
});

describe("mysql", () => {
  const secret = { secretConfig: ["mysql:rootPassword"] };

  test("A9, by default, with the password that is set", async () => {
    const outputs = await stack("mysql", { "mysql:rootPassword": "s3cret" }, secret);
    expect(container()).toMatchObject({
      name: "mysql01",
      image: "mysql:5.7",
      envs: ["MYSQL_ROOT_PASSWORD=s3cret"],
      ports: [{ internal: 3306, external: 3306, ip: "", protocol: "tcp" }],
      volumes: [
        { containerPath: "/etc/mysql/conf.d", hostPath: "/home/mysql/conf" },
        { containerPath: "/var/lib/mysql", hostPath: "/home/mysql/data" },
      ],
    });
    expect(w.one(CONTAINER).secrets).toEqual(["envs"]);
    expect(JSON.stringify(await value(pulumi.output(outputs)))).not.toContain("s3cret");
    expect(await value(outputs.port as pulumi.Output<number>)).toBe(3306);
    expect(w.warnings).toEqual([]);
  });

  test("A10", async () => {
    await stack("mysql", { "mysql:setup": "A10", "mysql:rootPassword": "root" }, secret);
    expect(container()).toMatchObject({
      name: "mysql1",
      image: "mysql:latest",
      volumes: [{ containerPath: "/var/lib/mysql", volumeName: "mysql" }],
    });
    expect(w.one(VOLUME)).toMatchObject({ name: "mysql", retainOnDelete: true });
  });

  test("A10 without a password needs none", async () => {
    await stack("mysql", { "mysql:setup": "A10-empty" });
    expect(container().envs).toEqual(["MYSQL_ALLOW_EMPTY_PASSWORD=true"]);
  });

  test("after settings", async () => {
    await stack("mysql", {
      "mysql:rootPassword": "x",
      "mysql:version": "8.4",
      "mysql:containerName": "db",
      "mysql:port": "3307",
      "mysql:data": "dbdata",
      "mysql:config": "/etc/my",
    });
    expect(container()).toMatchObject({
      name: "db",
      image: "mysql:8.4",
      ports: [{ internal: 3306, external: 3307 }],
      volumes: [{ hostPath: "/etc/my" }, { volumeName: "dbdata" }],
    });
  });

  test("without its password: up stops before anything is made, a preview goes on", async () => {
    w = await world({ stack: "mysql" });
    await expect(run({ engine: false })).rejects.toThrow(
      "mysql:rootPassword: is not set; set one with `pulumi config set --secret mysql:rootPassword`.",
    );
    await quiet();
    expect(w.resources).toEqual([]);
    await stack("mysql", {}, { preview: true });
    expect(w.warnings).toEqual([expect.stringContaining("mysql:rootPassword is not set")]);
    expect(w.all(CONTAINER)).toHaveLength(1);
  });
});

describe("elasticsearch", () => {
  test("A11, by default", async () => {
    const outputs = await stack("elasticsearch");
    expect(container()).toMatchObject({
      name: "elasticsearch",
      image: "elasticsearch:7.6.2",
      envs: ["discovery.type=single-node", "ES_JAVA_OPTS=-Xms64m -Xmx512m"],
      ports: [
        { internal: 9200, external: 9200 },
        { internal: 9300, external: 9300 },
      ],
    });
    expect(container().memory).toBeUndefined();
    expect(container().volumes).toBeUndefined();
    expect(await value(outputs.url as pulumi.Output<string>)).toBe("http://localhost:9200");
  });

  test("after settings", async () => {
    await stack("elasticsearch", {
      "elasticsearch:version": "7.17.0",
      "elasticsearch:containerName": "es",
      "elasticsearch:heapMin": "128m",
      "elasticsearch:heapMax": "1g",
      "elasticsearch:memory": "2g",
      "elasticsearch:httpPort": "9201",
      "elasticsearch:transportPort": "9301",
      "elasticsearch:data": "es-data",
    });
    expect(container()).toMatchObject({
      name: "es",
      image: "elasticsearch:7.17.0",
      envs: ["discovery.type=single-node", "ES_JAVA_OPTS=-Xms128m -Xmx1g"],
      ports: [{ external: 9201 }, { external: 9301 }],
      memory: 2048,
      volumes: [{ containerPath: "/usr/share/elasticsearch/data", volumeName: "es-data" }],
    });
  });
});

describe("volumes", () => {
  test("A12 and A15, by default", async () => {
    await stack("volumes");
    expect(
      w
        .all(CONTAINER)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["docker-1", "docker-2", "docker02", "volume-1", "volume-2"]);
    expect(container("docker-1")).toMatchObject({
      hostname: "centos-01",
      volumes: [{ containerPath: "/data", volumeName: "docker-1-data-generated" }],
    });
    expect(container("docker-2")).toMatchObject({
      hostname: "centos-02",
      volumes: [{ containerPath: "/data", volumeName: "centos-02" }],
    });
    expect(container("docker02").volumes).toEqual([{ fromContainer: "docker-1" }]);
    for (const name of ["volume-1", "volume-2"])
      expect(container(name).volumes).toEqual([{ containerPath: "/path", volumeName: "my_volume" }]);
    expect(w.one(IMAGE).name).toBe("centos");
    expect(
      w
        .all(VOLUME)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["centos-02", "docker-1-data", "my_volume"]);
  });

  test("after settings", async () => {
    const outputs = await stack("volumes", {
      "volumes:image": "rocky",
      "volumes:hostFolder": "/opt/centos-02",
      "volumes:volume": "other",
    });
    expect(container("docker-2").volumes).toEqual([{ containerPath: "/data", hostPath: "/opt/centos-02" }]);
    expect(container("volume-1").volumes).toEqual([{ containerPath: "/path", volumeName: "other" }]);
    expect(w.one(IMAGE).name).toBe("rocky");
    expect(outputs.volume).toBe("other");
  });
});

describe("networks", () => {
  test("B1 to B3 and A13, by default", async () => {
    const outputs = await stack("networks");
    expect(w.one(NETWORK, "mynet").inputs.ipamConfigs).toEqual([{ subnet: "192.168.0.0/16", gateway: "192.168.0.1" }]);
    expect(w.one(NETWORK, "my-bridge").inputs.ipamConfigs).toBeUndefined();
    for (const name of ["test1", "test2"]) {
      expect(container(name)).toMatchObject({
        networkMode: "mynet",
        networksAdvanced: [{ name: "mynet" }, { name: "my-bridge" }],
        command: ["/bin/sh", "-c", "while true; do sleep 3600; done"],
        envs: ["hostname=host"],
      });
    }
    const modes = ["on-bridge", "on-host", "on-none", "beside-test1"].map((name) => container(name).networkMode);
    expect(modes).toEqual(["bridge", "host", "none", "container:test1"]);
    expect(outputs.networks).toEqual(["mynet", "my-bridge"]);
  });

  test("after settings", async () => {
    await stack("networks", {
      "networks:subnet": "10.9.0.0/24",
      "networks:gateway": "10.9.0.1",
      "networks:test1": '["my-bridge"]',
      "networks:test2": "[]",
    });
    expect(w.one(NETWORK, "mynet").inputs.ipamConfigs).toEqual([{ subnet: "10.9.0.0/24", gateway: "10.9.0.1" }]);
    expect(container("test1").networksAdvanced).toEqual([{ name: "my-bridge" }]);
    expect(container("test2").networkMode).toBe("bridge");
  });
});

describe("tomcat", () => {
  test("A17, by default", async () => {
    const outputs = await stack("tomcat", { "tomcat:rootPassword": "x" });
    expect(w.one(NETWORK).inputs.name).toBe("tomcat-mysql");
    expect(container("tomcat-db")).toMatchObject({
      image: "mysql:5.7",
      networksAdvanced: [{ name: "tomcat-mysql", aliases: ["mysql"] }],
    });
    expect(container("tomcat-db").ports).toBeUndefined();
    expect(container("tomcat01")).toMatchObject({
      image: "tomcat:8",
      networkMode: "tomcat-mysql",
      ports: [{ internal: 8080, external: 8080 }],
    });
    expect(w.one(VOLUME)).toMatchObject({ name: "tomcat-db-data", retainOnDelete: true });
    expect(await value(outputs.url as pulumi.Output<string>)).toBe("http://localhost:8080");
  });

  test("after settings", async () => {
    await stack("tomcat", {
      "tomcat:rootPassword": "x",
      "tomcat:version": "9",
      "tomcat:mysqlVersion": "8",
      "tomcat:port": "8081",
    });
    expect(container("tomcat-db").image).toBe("mysql:8");
    expect(container("tomcat01")).toMatchObject({ image: "tomcat:9", ports: [{ external: 8081 }] });
  });
});

describe("several programs in one stack", () => {
  test("have their outputs by name", async () => {
    const outputs = await stack("dev", { "berth:program": '["nginx","elasticsearch"]' });
    expect(Object.keys(outputs)).toEqual(["nginx", "elasticsearch"]);
    expect(await value((outputs.nginx as Record<string, pulumi.Output<string>>).containerName!)).toBe("nginx01");
    expect(w.all(CONTAINER)).toHaveLength(2);
  });

  test("one error makes nothing, whatever came before it", async () => {
    w = await world({
      stack: "dev",
      config: { "berth:program": '["nginx","elasticsearch"]', "elasticsearch:heapMin": "9g" },
    });
    await expect(run({ engine: false })).rejects.toThrow(
      'Elasticsearch "elasticsearch": heap.min: 9g is above heap.max 512m; lower min or raise max.',
    );
    await quiet();
    expect(w.resources).toEqual([]);
  });

  test("one port for two is seen across programs", async () => {
    w = await world({ stack: "dev", config: { "berth:program": '["nginx","elasticsearch"]', "nginx:port": "9200" } });
    await expect(run({ engine: false })).rejects.toThrow(
      'Elasticsearch "elasticsearch": httpPort: 9200:9200: host port 9200 is published by nginx as well; give each service its own host port.',
    );
  });

  test("two of one name are refused with a list of what there is", async () => {
    w = await world({ stack: "dev", config: { "berth:program": "nginxx" } });
    await expect(run({ engine: false })).rejects.toThrow(
      `berth:program: "nginxx" is not known; the programs are ${KNOWN}.`,
    );
  });
});

describe("with an engine", () => {
  const connect = (containers: object[]) =>
    engine
      .says("GET /version", { ApiVersion: "1.41" })
      .says("GET /containers/json?all=1", containers)
      .says("GET /networks", [])
      .says("GET /volumes", { Volumes: null })
      .says("GET /images/json", []);
  const config = { "docker:host": `unix://${engine.socket}`, "nginx:port": "free" };

  test("what is there is looked at before anything is declared", async () => {
    connect([{ Id: "c1", Names: ["/nginx01"], Image: "other", Labels: {}, Ports: [] }]);
    w = await world({ stack: "nginx", config });
    await expect(run()).rejects.toThrow(
      'Nginx "nginx": containerName: a container named nginx01 is there already; take it over (',
    );
    await quiet();
    expect(w.resources).toEqual([]);
    expect(engine.changes()).toEqual([]);
  });

  test("an engine that does not answer is one sentence", async () => {
    w = await world({ stack: "nginx", config: { "docker:host": "unix:///no/docker.sock" } });
    await expect(run()).rejects.toThrow(
      /^No Docker engine answers at unix:\/\/\/no\/docker\.sock \(.*\)\. Start Docker, or name another engine/,
    );
  });

  test("a preview of what is free goes through", async () => {
    connect([]);
    w = await world({ stack: "nginx", config, preview: true });
    await run();
    await w.done();
    expect(w.all(CONTAINER)).toHaveLength(1);
    expect(engine.changes()).toEqual([]);
  });
});
