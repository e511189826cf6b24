import { mkdirSync, writeFileSync, rmSync, existsSync } from "node:fs";
import { join } from "node:path";
import { overlaps, parseCidr } from "../../core/description/addresses";
import { describeIf } from "../skips";
import { differences, notAllowed, unused } from "./compare";
import {
  assertFree,
  BY_HAND,
  cleanUp,
  docker,
  errorsOf,
  freePort,
  httpStatus,
  inside,
  inspect,
  type Inspect,
  labelled,
  made,
  missing,
  missingLab,
  removeAll,
  ROOT,
  shell,
  Stack,
  type StackOptions,
  until,
  works,
} from "./liveStack";

cleanUp();

/** Rows whose documented line has been compared; the list of allowed differences is checked after the last. */
const compared: string[] = [];

interface Row extends StackOptions {
  /** Row of the catalogue, with the variant. */
  row: string;
  stack: string;
  /** The documented lines, word for word but for ports and host paths that are not free here. */
  lines(folder: string): string[];
  /** Containers and volumes that they make. */
  containers: string[];
  volumes?: string[];
  /** Networks that they make, with the row that documents each. */
  networks?: Record<string, string>;
  /** Makes the host's files that the lines name. */
  prepare?(folder: string): void;
  /** What the row must show of the stack. */
  shows?(stack: Stack): void;
}

function describeRow({
  row,
  stack: name,
  lines,
  containers,
  volumes = [],
  networks = {},
  prepare,
  shows,
  ...options
}: Row): void {
  describeIf(missing, row, () => {
    const context = {} as { stack: Stack };
    const byHand: Inspect[] = [];
    const networksByHand: object[] = [];

    beforeAll(async () => {
      removeAll();
      assertFree(containers, volumes);
      context.stack = await Stack.create(name, options);
      prepare?.(context.stack.folder);
      for (const line of lines(context.stack.folder)) shell(labelled(line), context.stack.folder);
      byHand.push(...containers.map(inspect));
      networksByHand.push(...Object.keys(networks).map(inspectNetwork));
      docker("rm", "-f", "-v", ...containers);
      for (const volume of volumes) if (works("volume", "inspect", volume)) docker("volume", "rm", volume);
      removeAll();
      prepare?.(context.stack.folder);
      await context.stack.up();
    }, 120_000);
    afterAll(removeAll);

    test.each(containers)("%s is as the documented line makes it", (container) => {
      const documented = byHand[containers.indexOf(container)]!;
      expect(notAllowed(row.split(" ")[0]!, differences(documented, inspect(container)))).toEqual([]);
      compared.push(row);
    });
    for (const [network, itsRow] of Object.entries(networks)) {
      test(`the network ${network} is as the documented line makes it`, () => {
        const documented = networksByHand[Object.keys(networks).indexOf(network)]!;
        expect(notAllowed(itsRow, differences(documented, inspectNetwork(network), NETWORK_SECTIONS))).toEqual([]);
      });
    }
    test("a preview that asks the engine has nothing to do", async () => {
      expect(await context.stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
    }, 60_000);
    shows?.call(undefined, new Proxy({} as Stack, { get: (_, key) => bound(context.stack, key) }));
  });
}

const inspectNetwork = (name: string) => JSON.parse(docker("network", "inspect", name))[0] as object;
const NETWORK_SECTIONS = [
  "Driver",
  "EnableIPv6",
  "IPAM",
  "Internal",
  "Attachable",
  "Ingress",
  "ConfigOnly",
  "Options",
  "Scope",
];

/** The stack is made in beforeAll; tests are declared before. */
function bound(stack: Stack, key: string | symbol): unknown {
  const value = (stack as unknown as Record<string | symbol, unknown>)[key];
  return typeof value === "function" ? value.bind(stack) : value;
}

/** A documented port, moved where somebody has it here, and the setting that says so. */
function port(documented: number, setting: string): { port: number; config: Record<string, string> } {
  const free = missing ? documented : freePort(documented);
  return { port: free, config: free === documented ? {} : { [setting]: String(free) } };
}

const answers = (getPort: (stack: Stack) => Promise<number>) => (stack: Stack) => {
  test("answers with HTTP 200", async () => {
    expect(await httpStatus(`http://127.0.0.1:${await getPort(stack)}/`)).toBe(200);
  });
};
const endpoint = async (stack: Stack) =>
  ((await stack.outputs()).endpoints as { target: string; hostPort: number }[]).find(
    ({ target }) => target === "80/tcp",
  )!.hostPort;

// --- A1 to A8 -----------------------------------------------------------------

const p666 = port(666, "nginx:port");
describeRow({
  row: "A1",
  stack: "nginx",
  config: p666.config,
  lines: () => [`docker run -d --name nginx01 -p ${p666.port}:80 nginx`],
  containers: ["nginx01"],
  shows: answers(async () => p666.port),
});

const p8080 = port(8080, "nginx:port");
describeRow({
  row: "A2",
  stack: "nginx",
  config: { "nginx:setup": "A2", ...p8080.config },
  lines: () => [`docker run -d -p ${p8080.port}:80 --name web-server nginx`],
  containers: ["web-server"],
  shows: answers(async () => p8080.port),
});

const p80 = port(80, "nginx:port");
describeRow({
  row: "A2 as web",
  stack: "nginx",
  config: { "nginx:setup": "A2-web", ...p80.config },
  lines: () => [`docker run --name web -d -p ${p80.port}:80 nginx`],
  containers: ["web"],
  shows: answers(async () => p80.port),
});

const p90 = port(90, "nginx:port");
describeRow({
  row: "A2 as mynginx1",
  stack: "nginx",
  config: { "nginx:setup": "A2-mynginx1", ...p90.config },
  lines: () => [`docker run -d -p ${p90.port}:80 --name mynginx1 nginx`],
  containers: ["mynginx1"],
  shows: answers(async () => p90.port),
});

describeRow({
  row: "A3",
  stack: "nginx",
  config: { "nginx:setup": "A3" },
  lines: () => ["docker run -d -P --name mynginx nginx"],
  containers: ["mynginx"],
  // The host port is an output of the stack.
  shows: answers(endpoint),
});

describeRow({
  row: "A4",
  stack: "nginx",
  config: { "nginx:setup": "A4" },
  lines: () => ["docker run -d -P --name nginx01 -v /etc/nginx nginx"],
  containers: ["nginx01"],
  shows(stack) {
    test("the anonymous volume survives a re-apply and a replacement", async () => {
      const before = inspect("nginx01");
      inside("nginx01", "sh", "-c", "echo kept >/etc/nginx/marker");
      await stack.up();
      expect(inspect("nginx01").Id).toBe(before.Id);
      stack.set({ "nginx:image": "nginx:1.25" });
      await stack.up();
      const after = inspect("nginx01");
      expect(after.Id).not.toBe(before.Id);
      expect(after.Mounts.map(({ Name }) => Name)).toEqual(before.Mounts.map(({ Name }) => Name));
      expect(inside("nginx01", "cat", "/etc/nginx/marker")).toBe("kept");
      expect(await httpStatus(`http://127.0.0.1:${await endpoint(stack)}/`)).toBe(200);
    }, 60_000);
  },
});

describeRow({
  row: "A5",
  stack: "nginx",
  config: { "nginx:setup": "A5" },
  lines: () => ["docker run -d -P --name nginx02 -v juming-nginx:/etc/nginx nginx"],
  containers: ["nginx02"],
  volumes: ["juming-nginx"],
  shows(stack) {
    test("the volume is filled from the image and outlives destroy", async () => {
      expect(inside("nginx02", "ls", "/etc/nginx")).toContain("nginx.conf");
      inside("nginx02", "sh", "-c", "echo kept >/etc/nginx/marker");
      await stack.destroy();
      expect(made()).toEqual(["volume juming-nginx"]);
      await stack.up();
      expect(inside("nginx02", "cat", "/etc/nginx/marker")).toBe("kept");
    }, 60_000);
  },
});

const etc = (folder: string) => join(folder, "..", "etc-nginx");
const copyEtc = (folder: string) => {
  rmSync(etc(folder), { recursive: true, force: true });
  shell(`id=$(docker create ${BY_HAND} nginx) && docker cp $id:/etc/nginx '${etc(folder)}' && docker rm $id`);
};
describeRow({
  row: "A6",
  stack: "nginx",
  config: { "nginx:setup": "A6", "nginx:volumes": ["../etc-nginx:/etc/nginx"] },
  prepare: copyEtc,
  lines: (folder) => [`docker run -d -P --name nginx03 -v ${etc(folder)}:/etc/nginx nginx`],
  containers: ["nginx03"],
  shows(stack) {
    test("the host's folder is bound", () => {
      writeFileSync(join(etc(stack.folder), "marker"), "from the host\n");
      expect(inside("nginx03", "cat", "/etc/nginx/marker")).toBe("from the host");
    });
    test("a missing host path is refused before anything is made", async () => {
      await stack.destroy();
      const absent = join(stack.folder, "..", "absent", "nginx");
      stack.set({ "nginx:volumes": [`${absent}:/etc/nginx`] });
      for (const result of [await stack.preview(), await stack.tryUp()]) {
        expect(result.code).not.toBe(0);
        expect(result.output).toContain(
          `error: Nginx "nginx": volumes[0]: the host path ${absent} is missing; create it first (\`mkdir -p ${absent}\`)`,
        );
      }
      expect(made()).toEqual([]);
      expect(existsSync(absent)).toBe(false);
    }, 60_000);
  },
});

const write = (container: string) => works("exec", container, "sh", "-c", "echo x >/etc/nginx/marker");
describeRow({
  row: "A7",
  stack: "nginx",
  config: { "nginx:setup": "A7" },
  lines: () => ["docker run -d -P --name nginx05 -v juming:/etc/nginx:ro nginx"],
  containers: ["nginx05"],
  volumes: ["juming"],
  shows: () => test("the container cannot write", () => expect(write("nginx05")).toBe(false)),
});
describeRow({
  row: "A7 rw",
  stack: "nginx",
  config: { "nginx:setup": "A7-rw" },
  lines: () => ["docker run -d -P --name nginx05 -v juming:/etc/nginx:rw nginx"],
  containers: ["nginx05"],
  volumes: ["juming"],
  shows: () => test("the container can write", () => expect(write("nginx05")).toBe(true)),
});

describeRow({
  row: "A8",
  stack: "nginx",
  config: { "nginx:setup": "A8", ...p80.config },
  lines: () => [`docker run -d -v $(pwd):/root -p ${p80.port}:80 --name nginx nginx`],
  containers: ["nginx"],
  shows(stack) {
    test("the relative path starts at the project's folder", () => {
      expect(inspect("nginx").Mounts[0]!.Source).toBe(stack.folder);
      expect(inside("nginx", "ls", "/root")).toContain("Pulumi.yaml");
    });
  },
});

// --- A9, A10: MySQL -------------------------------------------------------------

const mysql = (container: string, sql: string, password = "") =>
  inside(container, "mysql", "-N", "-uroot", ...(password ? [`-p${password}`] : []), "-e", sql);
const WRITE = "CREATE DATABASE IF NOT EXISTS kept; CREATE TABLE kept.t (n INT); INSERT INTO kept.t VALUES (42)";
const READ = "SELECT n FROM kept.t";

/** Data survives a replacement (another port) and destroy, then up. */
const keepsData = (container: string, password: string) => (stack: Stack) => {
  test("answers a query", () => {
    expect(mysql(container, "SELECT 6 * 7", password)).toBe("42");
  });
  test("its data survives a replacement, and destroy", async () => {
    mysql(container, WRITE, password);
    const { Id } = inspect(container);
    stack.set({ "mysql:port": "23506" });
    await stack.up();
    expect(inspect(container).Id).not.toBe(Id);
    expect(mysql(container, READ, password)).toBe("42");
    await stack.destroy();
    expect(made().filter((name) => name.startsWith("container "))).toEqual([]);
    await stack.up();
    expect(mysql(container, READ, password)).toBe("42");
  }, 120_000);
};

const p3306 = port(3306, "mysql:port");
const home = (folder: string) => join(folder, "..", "mysql");
describeRow({
  row: "A9",
  stack: "mysql",
  config: { "mysql:config": "../mysql/conf", "mysql:data": "../mysql/data", ...p3306.config },
  secrets: { "mysql:rootPassword": "123456" },
  prepare(folder) {
    rmSync(home(folder), { recursive: true, force: true });
    for (const name of ["conf", "data"]) mkdirSync(join(home(folder), name), { recursive: true });
    writeFileSync(join(home(folder), "conf/live.cnf"), "[mysqld]\nmax_connections = 77\n");
  },
  lines: (folder) => [
    `docker run -d -p ${p3306.port}:3306 -v ${home(folder)}/conf:/etc/mysql/conf.d -v ${home(folder)}/data:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=123456 --name mysql01 mysql:5.7`,
  ],
  containers: ["mysql01"],
  shows(stack) {
    test("reads the host's settings", () => {
      expect(mysql("mysql01", "SELECT @@max_connections", "123456")).toBe("77");
    });
    keepsData("mysql01", "123456")(stack);
  },
});

describeRow({
  row: "A10",
  stack: "mysql",
  config: { "mysql:setup": "A10", ...p3306.config },
  secrets: { "mysql:rootPassword": "root" },
  lines: () => [
    `docker run -d -v mysql:/var/lib/mysql -p ${p3306.port}:3306 --name mysql1 -e MYSQL_ROOT_PASSWORD=root mysql`,
  ],
  containers: ["mysql1"],
  volumes: ["mysql"],
  shows: keepsData("mysql1", "root"),
});

describeRow({
  row: "A10 without a password",
  stack: "mysql",
  config: { "mysql:setup": "A10-empty", ...p3306.config },
  // The documented line publishes no port; the stack's other variant does, and so does this one.
  lines: () => [
    `docker run -d -v mysql:/var/lib/mysql -p ${p3306.port}:3306 --name mysql1 -e MYSQL_ALLOW_EMPTY_PASSWORD=true mysql`,
  ],
  containers: ["mysql1"],
  volumes: ["mysql"],
  shows: () => test("anybody can enter", () => expect(mysql("mysql1", "SELECT 6 * 7")).toBe("42")),
});

// --- A11 ------------------------------------------------------------------------

const p9200 = port(9200, "elasticsearch:httpPort");
const p9300 = port(9300, "elasticsearch:transportPort");
describeRow({
  row: "A11",
  stack: "elasticsearch",
  config: { ...p9200.config, ...p9300.config },
  lines: () => [
    `docker run -d --name elasticsearch -p ${p9200.port}:9200 -p ${p9300.port}:9300 -e "discovery.type=single-node" -e ES_JAVA_OPTS="-Xms64m -Xmx512m" elasticsearch:7.6.2`,
  ],
  containers: ["elasticsearch"],
  shows(stack) {
    test("answers with HTTP 200", async () => {
      expect(await httpStatus(`http://127.0.0.1:${p9200.port}/`)).toBe(200);
    });
    test("takes a memory limit, in place, that the heap has to fit into", async () => {
      const { Id } = inspect("elasticsearch");
      stack.set({ "elasticsearch:memory": "1g" });
      await stack.up();
      expect(inspect("elasticsearch")).toMatchObject({ Id, HostConfig: { Memory: 2 ** 30 } });
      stack.set({ "elasticsearch:heapMax": "2g" });
      const result = await stack.tryUp();
      expect(result.code).not.toBe(0);
      expect(errorsOf(result)).toContain(
        'error: Elasticsearch "elasticsearch": heap.max: 2g is larger than the container\'s memory 1g; ',
      );
      expect(inspect("elasticsearch").Id).toBe(Id);
    }, 60_000);
  },
});

// --- A12, A15: volumes ------------------------------------------------------------

const centos = (folder: string) => join(folder, "..", "centos-02");
const IDLE = `/bin/sh -c "while true; do sleep 3600; done"`;
describeRow({
  row: "A12 and A15",
  stack: "volumes",
  config: { "volumes:hostFolder": "../centos-02" },
  prepare: (folder) => mkdirSync(centos(folder), { recursive: true }),
  // `-d` besides the documented `-it`: nobody sits at the terminal. The image of A15 is anybody's, and has to stay.
  lines: (folder) => [
    "docker run -dit --name docker-1 -h centos-01 -v /data centos",
    `docker run -dit --name docker-2 -h centos-02 -v ${centos(folder)}:/data centos`,
    "docker run -dit --name docker02 --volumes-from docker-1 centos",
    "docker volume create my_volume",
    `docker run -d --name volume-1 -v my_volume:/path centos ${IDLE}`,
    `docker run -d --name volume-2 -v my_volume:/path centos ${IDLE}`,
  ],
  containers: ["docker-1", "docker-2", "docker02", "volume-1", "volume-2"],
  volumes: ["my_volume"],
  shows(stack) {
    test("volumes are shared", () => {
      inside("docker-1", "sh", "-c", "echo of docker-1 >/data/file");
      expect(inside("docker02", "cat", "/data/file")).toBe("of docker-1");
      inside("volume-1", "sh", "-c", "echo of volume-1 >/path/file");
      expect(inside("volume-2", "cat", "/path/file")).toBe("of volume-1");
      inside("docker-2", "sh", "-c", "echo of docker-2 >/data/file");
      expect(shell(`cat '${centos(stack.folder)}/file'`)).toBe("of docker-2");
    });
    test("the host names are the documented ones", () => {
      expect(["docker-1", "docker-2"].map((name) => inside(name, "hostname"))).toEqual(["centos-01", "centos-02"]);
    });
  },
});

// --- A14, A16: fields of every service ----------------------------------------------

describeRow({
  row: "A14",
  stack: "environment",
  cases: {
    services: {
      "live-port": { command: ["sleep", "3600"], environment: { PORT: 3000 } },
      "live-file": { command: ["sleep", "3600"], envFile: ".env" },
    },
  },
  prepare: (folder) =>
    writeFileSync(join(folder, ".env"), "# settings\nPORT=3000\nDB_PASSWORD=zeN4-in-the-file\nGREETING=two words\n"),
  lines: () => [
    "docker run -d --name live-port -e PORT=3000 busybox sleep 3600",
    "docker run -d --name live-file --env-file .env busybox sleep 3600",
  ],
  containers: ["live-port", "live-file"],
  shows(stack) {
    test("the file's values arrive, and its password is in clear in no state", () => {
      expect(inside("live-file", "env")).toMatch(/^DB_PASSWORD=zeN4-in-the-file$/m);
      expect(stack.stateText()).not.toContain("zeN4-in-the-file");
      expect(stack.stateText()).toContain("two words");
    });
  },
});

describeRow({
  row: "A16",
  stack: "restart",
  cases: { services: { "live-always": { command: ["sleep", "3600"], restart: "always" } } },
  lines: () => ["docker run -d --name live-always --restart=always busybox sleep 3600"],
  containers: ["live-always"],
  shows(stack) {
    (missingLab ? test.skip : test)(
      "comes back after the engine was restarted",
      async () => {
        const { Id, State } = inspect("live-always");
        shell(`${join(ROOT, "tests/live/lab/lab.sh")} restart-docker 2>/dev/null`);
        const after = await until(
          "it runs again",
          () =>
            works("container", "inspect", "live-always") &&
            inspect("live-always").State.Running &&
            inspect("live-always"),
        );
        expect(after.Id).toBe(Id);
        expect(after.State.StartedAt).not.toBe(State.StartedAt);
        expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
      },
      120_000,
    );
  },
});

// --- A17 -----------------------------------------------------------------------

const tomcat = port(8080, "tomcat:port");
const reachesDatabase = () =>
  until("Tomcat reaches its database", async () => {
    const answer = await fetch(`http://127.0.0.1:${tomcat.port}/db`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
    return answer?.status === 200 && (await answer.text()).trim();
  });
describeRow({
  row: "A17",
  stack: "tomcat",
  config: tomcat.config,
  secrets: { "tomcat:rootPassword": "root" },
  // In place of `--link`, a network with an alias.
  lines: () => [
    "docker network create -d bridge tomcat-mysql",
    "docker run -d --name tomcat-db --network tomcat-mysql --network-alias mysql -v tomcat-db-data:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=root mysql:5.7",
    `docker run -d --name tomcat01 --network tomcat-mysql -p ${tomcat.port}:8080 tomcat:8`,
  ],
  containers: ["tomcat-db", "tomcat01"],
  volumes: ["tomcat-db-data"],
  shows() {
    test("Tomcat reaches MySQL by name, as it does with the documented --link", async () => {
      const stacks = await reachesDatabase();
      removeAll();
      shell(labelled("docker run -d --name tomcat-db -e MYSQL_ROOT_PASSWORD=root mysql:5.7"));
      shell(labelled(`docker run -d --name tomcat01 --link tomcat-db:mysql -p ${tomcat.port}:8080 tomcat:8`));
      expect(await reachesDatabase()).toBe(stacks);
    }, 60_000);
  },
});

// --- A13, B1 to B3 -----------------------------------------------------------------

/** The documented block, or another where somebody has it here. */
function freeBlock(): { subnet: string; gateway: string } {
  const documented = { subnet: "192.168.0.0/16", gateway: "192.168.0.1" };
  if (missing) return documented;
  const there = docker("network", "ls", "-q")
    .split("\n")
    .flatMap((id) =>
      docker("network", "inspect", id, "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}").split(" "),
    )
    .filter((text) => /^\d+\./.test(text));
  const block = parseCidr(documented.subnet, "subnet");
  return there.some((text) => overlaps(parseCidr(text, "subnet"), block))
    ? { subnet: "10.236.0.0/16", gateway: "10.236.0.1" }
    : documented;
}
const block = freeBlock();
const NOTE = `-e hostname=host busybox /bin/sh -c "while true; do sleep 3600; done"`;
describeRow({
  row: "B1 to B3",
  stack: "networks",
  config: { "networks:subnet": block.subnet, "networks:gateway": block.gateway },
  lines: () => [
    `docker network create --driver bridge --subnet ${block.subnet} --gateway ${block.gateway} mynet`,
    "docker network create -d bridge my-bridge",
    `docker run -d --name test1 --net mynet ${NOTE}`,
    `docker run -d --name test2 --net mynet ${NOTE}`,
    "docker network connect my-bridge test1",
    "docker network connect my-bridge test2",
    // A13, word for word but for its name, which test2 has.
    `docker run -d --name on-bridge ${NOTE}`,
    `docker run -d --name on-host --net host ${NOTE}`,
    `docker run -d --name on-none --net none ${NOTE}`,
    `docker run -d --name beside-test1 --net container:test1 ${NOTE}`,
  ],
  containers: ["test1", "test2", "on-bridge", "on-host", "on-none", "beside-test1"],
  networks: { mynet: "B1", "my-bridge": "B2" },
  shows(stack) {
    test("names resolve without links", () => {
      for (const [from, to] of [
        ["test1", "test2"],
        ["test2", "test1"],
        ["beside-test1", "test2"],
      ] as const)
        inside(from, "ping", "-c", "1", "-w", "10", to);
    });
    test("joining and leaving a network keeps the container", async () => {
      const ids = () => ["test1", "test2", "beside-test1"].map((name) => inspect(name).Id);
      const joined = (name: string) => Object.keys(inspect(name).NetworkSettings.Networks).sort();
      const before = ids();
      stack.set({ "networks:test1": ["mynet"], "networks:test2": ["my-bridge"] });
      await stack.up();
      expect([joined("test1"), joined("test2")]).toEqual([["mynet"], ["my-bridge"]]);
      expect(ids()).toEqual(before);
      expect(works("exec", "test1", "ping", "-c", "1", "-w", "2", "test2")).toBe(false);
      stack.set({ "networks:test1": ["mynet", "my-bridge"], "networks:test2": ["mynet", "my-bridge"] });
      await stack.up();
      expect([joined("test1"), joined("test2")]).toEqual([
        ["my-bridge", "mynet"],
        ["my-bridge", "mynet"],
      ]);
      expect(ids()).toEqual(before);
      inside("test1", "ping", "-c", "1", "-w", "10", "test2");
    }, 120_000);
  },
});

describeRow({
  row: "A13",
  stack: "networks",
  config: {
    "networks:subnet": block.subnet,
    "networks:gateway": block.gateway,
    "networks:test1": ["mynet"],
    "networks:test2": [],
  },
  lines: () => [`docker run -d --name test2 ${NOTE}`],
  containers: ["test2"],
  shows: () =>
    test("the command is kept exactly", () => {
      expect(inspect("test2").Config.Cmd).toEqual(["/bin/sh", "-c", "while true; do sleep 3600; done"]);
    }),
});

describeIf(missing, "B3: pairs that make no sense", () => {
  test("are refused", async () => {
    const services = {
      "live-host": { networkMode: "host", ports: ["80:80"] },
      "live-none": { networkMode: "none", ports: ["80:80"] },
      "live-both": { networkMode: "host", networks: ["bridge"] },
      "live-name": { networkMode: "container:live-other", hostname: "web" },
    };
    const stack = await Stack.create("nonsense", { cases: { services, collectRefusals: true } });
    expect((await stack.preview()).code).not.toBe(0);
    expect(stack.refusals()).toEqual({
      "live-host": expect.stringContaining('ports: 80:80: cannot be published with networkMode "host"; '),
      "live-none": expect.stringContaining('ports: 80:80: cannot be published with networkMode "none"; '),
      "live-both": expect.stringContaining("networkMode: host excludes networks (bridge); "),
      "live-name": expect.stringContaining('hostname: cannot be set with networkMode "container:live-other"; '),
    });
  }, 30_000);
});

describeIf(missing, "the list of allowed differences", () => {
  test("has no entry that no row needs", () => {
    // Only where every row was run.
    if (new Set(compared).size < 20) return;
    expect(unused()).toEqual([]);
  });
});
