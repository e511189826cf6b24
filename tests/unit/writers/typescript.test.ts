import { declaredServices } from "../../../components/service";
import { typedService } from "../../../core/writers/typed";
import { programName } from "../../../core/writers/programText";
import { toTypescript } from "../../../core/writers/typescript";
import { parseService, type ServiceSpec } from "../../../core/description/service";
import type { ProjectDescription } from "../../../core/description/project";
import { NETWORK, VOLUME, value, world } from "../mocks";
import { FIELDS, withField } from "./fields";
import { compilerErrors, loadPrinted } from "./printedPrograms";
import { PROJECTS } from "./projects";

const options = { folder: "/srv" };
const project = (name: string): ProjectDescription => PROJECTS.find(([key]) => key === name)![1];
const print = (name: string) => toTypescript(project(name), options);

const FIELD_PROJECTS = FIELDS.map(([key, given], index): [string, ProjectDescription] => [
  `${key} ${index}`,
  { name: "field", services: { "field-1": withField(key, given) }, networks: {}, volumes: {}, notices: [] },
]);

test("what is printed is a program that the compiler takes", () => {
  const printed = [...PROJECTS, ...FIELD_PROJECTS].map(([, one]) => toTypescript(one, options).text);
  expect(compilerErrors(printed)).toEqual([]);
}, 120_000);

/** Runs a printed module; secrets of its settings get the values that the project had in clear. */
async function run(text: string, config: Record<string, string>) {
  const here = await world({ config, secretConfig: Object.keys(config) });
  const outputs = loadPrinted(text).program();
  const specs = await Promise.all(declaredServices().map((service) => value(service.description)));
  await here.done();
  return { here, outputs, specs: new Map(specs.map((spec) => [spec.containerName!, spec])) };
}

const byTarget = (spec: ServiceSpec) => ({
  ...spec,
  volumes: spec.volumes && [...spec.volumes].sort((a, b) => (a.target < b.target ? -1 : 1)),
});

/** The secret values of a project by the settings that its program asks for. */
const SECRETS: Record<string, Record<string, string>> = {
  mysql01: { mysqlRootPassword: "123456" },
  mysql02: { mysqlRootPassword: "a", mysqlPassword: "b" },
  mysql04: { mysqlRootPassword: "x" },
  mariadb: { mariadbRootPassword: "x" },
  es8: { elasticPassword: "s" },
  wordpress: { mysqlRootPassword: "rootpw", mysqlPassword: "secretpw", apiToken: "t0k$en" },
};

test.each(PROJECTS)("%s: the program declares what was described", async (name, described) => {
  const { text } = toTypescript(described, options);
  for (const secret of Object.values(SECRETS[name] ?? {})) if (secret.length > 2) expect(text).not.toContain(secret);
  const program = programName(described.name);
  const config = Object.fromEntries(
    Object.entries(SECRETS[name] ?? {}).map(([key, secret]) => [`${program}:${key}`, secret]),
  );
  // Paths in the project are absolute; those that are printed relative start at the folder of the test.
  const { specs } = await run(toTypescript(described, { ...options, shownFrom: process.cwd() }).text, config);
  const expected = Object.entries(described.services).flatMap(([key, service]) => {
    const { build: _build, dependsOn: _dependsOn, replicas = 1, ...fields } = service;
    return Array.from({ length: replicas }, (_, index) => {
      const containerName = replicas > 1 ? `${key}-${index + 1}` : (service.containerName ?? key);
      return parseService({ ...fields, containerName }, { projectFolder: "/srv", outer: {} });
    });
  });
  expect([...specs.keys()].sort()).toEqual(expected.map(({ containerName }) => containerName).sort());
  for (const spec of expected) {
    const { oomScoreAdj: _oom, ...kept } = spec;
    const { healthcheck, waitTimeout, mode, ...got } = byTarget(specs.get(spec.containerName!)!);
    const { healthcheck: own, waitTimeout: wait, mode: job, ...rest } = byTarget(kept);
    const plain = (given: object) => JSON.parse(JSON.stringify(given)) as object;
    const networks = rest.networks?.map(({ aliases, ...network }) => {
      const others = aliases?.filter((alias) => alias !== spec.containerName);
      return { ...network, aliases: others?.length ? others : undefined };
    });
    expect(plain(got)).toEqual(plain({ ...rest, networks }));
    // A typed service adds a health check and its time; it never changes one.
    if (own) expect(plain(healthcheck!)).toEqual(plain(own));
    if (wait !== undefined) expect(waitTimeout).toBe(wait);
    if (job !== undefined) expect(mode).toBe(job);
  }
});

test("networks and volumes are declared as they were described", async () => {
  const { here } = await run(print("networks").text, {});
  expect(here.one(NETWORK, "mynet").inputs.ipamConfigs).toEqual([{ subnet: "192.168.0.0/16", gateway: "192.168.0.1" }]);
  expect(
    here
      .all(NETWORK)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["my-bridge", "mynet"]);
  expect(here.one(VOLUME, "shared").inputs.driverOpts).toEqual({ type: "tmpfs", device: "tmpfs" });
});

test("a job that others wait for is one", async () => {
  const { specs } = await run(print("my-app").text, {});
  expect(specs.get("migrate")!.mode).toBe("replicated-job");
  expect(specs.get("my-web")!.mode).toBeUndefined();
});

test.each([
  ["nginx01", "Nginx"],
  ["mynginx", "Nginx"],
  ["nginx05", "Nginx"],
  ["site", "Nginx"],
  // It does not answer on port 80.
  ["internal", "Service"],
  ["mysql01", "Mysql"],
  ["mysql02", "Mysql"],
  ["mysql03", "Mysql"],
  // The component would add a volume.
  ["mysql04", "Service"],
  ["mariadb", "Service"],
  ["elasticsearch", "Elasticsearch"],
  ["es8", "Elasticsearch"],
  // The component would write 1g.
  ["es9", "Service"],
  ["tomcat01", "Tomcat"],
  ["tomcat02", "Tomcat"],
  // The component always writes a tag.
  ["tomcat03", "Service"],
])("%s is printed as %s", (name, component) => {
  expect(print(name).text).toContain(`= new ${component}(`);
});

test("an image that is only called alike stays a plain service", () => {
  for (const image of ["team/nginx:1", "nginx-proxy", "quay.io/nginx", "mysql/mysql-server:8"])
    expect(
      typedService({ image, volumes: ["a1:/var/lib/mysql"], environment: { MYSQL_ROOT_PASSWORD: "x" } }),
    ).toBeUndefined();
});

test("a documented line is what one would write by hand", () => {
  expect(print("mysql01").text).toBe(`import { Mysql } from "../components/mysql";
import { password, readSettings } from "./lib/settings";

export const settings = {
  mysqlRootPassword: password("MYSQL_ROOT_PASSWORD of mysql01"),
};

/** mysql01. */
export function program() {
  const { mysqlRootPassword } = readSettings("mysql01", settings);
  const mysql01 = new Mysql("mysql01", {
    rootPassword: mysqlRootPassword,
    data: "/home/mysql/data",
    config: "/home/mysql/conf",
  });
  return { login: mysql01.login, containerName: mysql01.containerName, endpoints: mysql01.endpoints };
}
`);
  expect(print("nginx01").text).toContain('const nginx01 = new Nginx("nginx01", { port: 666 });');
});

test.each([
  ["nginx:1", "Nginx"],
  ["tomcat:9", "Tomcat"],
  ["elasticsearch:7.6.2", "Elasticsearch"],
  ["mysql:8", "Mysql"],
  ["httpd:2", "Service"],
])("a secret variable of %s is printed as its setting in %s", (image, component) => {
  const environment = {
    DB_PASSWORD: "hunter2222",
    ...(component === "Elasticsearch" && { "discovery.type": "single-node", ES_JAVA_OPTS: "-Xms64m -Xmx512m" }),
    ...(component === "Mysql" && { MYSQL_ROOT_PASSWORD: "hunter3333" }),
  };
  const services = { web: { image, environment, ...(component === "Mysql" && { volumes: ["data:/var/lib/mysql"] }) } };
  const { text } = toTypescript(
    { name: "web", services, networks: {}, volumes: {}, notices: [] },
    { folder: process.cwd(), shownFrom: process.cwd() },
  );
  expect(text).toContain(`= new ${component}(`);
  expect(text).not.toContain("hunter");
  // Declared, read, and used.
  expect(text.split("dbPassword").length - 1).toBeGreaterThanOrEqual(3);
});

test("what the provider cannot make is left out with a comment and a warning", () => {
  const { text, notices } = print("refused");
  expect(text).toContain("  // oomScoreAdj: -500 is left out: the Docker provider cannot set the OOM score.\n");
  expect(text).not.toContain("oomScoreAdj: -500,");
  expect(text).toContain("pidsLimit: 100");
  expect(notices.filter(({ level }) => level === "warning").map(({ at }) => at)).toEqual([
    "services.refused.oomScoreAdj",
  ]);
});

test("a secret that berth cannot make is asked for", () => {
  const { text, notices } = print("wordpress");
  expect(text).toContain('  apiToken: credential("API_TOKEN of wordpress"),');
  expect(text).toContain('  mysqlPassword: password("MYSQL_PASSWORD and WORDPRESS_DB_PASSWORD of db and wordpress"),');
  const secrets = notices.filter(({ text: sentence }) => sentence.includes("is a secret"));
  expect(secrets.map(({ at }) => at)).toEqual(["services.db", "services.db", "services.wordpress"]);
  expect(secrets.map(({ text: sentence }) => sentence.endsWith("makes one"))).toEqual([true, true, false]);
});

test("a value that the provider cannot say is warned of, since `up` would end with it", () => {
  const shown = toTypescript(
    {
      ...project("nginx01"),
      services: { web: { image: "nginx", stopGracePeriod: "0s", command: ["echo", ""], memLimit: "64m" } },
    },
    options,
  );
  // Command and entrypoint come from the same fields, and both refuse it.
  expect(shown.notices.filter(({ level }) => level === "warning").map(({ at, text }) => `${at}: ${text}`)).toEqual([
    "services.web.command[1]: `up` refuses it: the Docker provider cannot pass an empty argument; set entrypoint too: then the whole line goes through the entrypoint",
    'services.web.stopGracePeriod: `up` refuses it: the Docker provider takes 0s for none, and the engine then waits 10s; use "1s", or stopSignal: "SIGKILL" to kill at once',
  ]);
});

test("containers that others share something with have the names that are printed", () => {
  const services = {
    vpn: { image: "nginx:1" },
    side: { image: "nginx:1", networkMode: "container:shop-vpn-1", volumesFrom: ["shop-vpn-1"] },
  };
  const { text, containers } = toTypescript(
    { name: "shop", services, networks: {}, volumes: {}, notices: [] },
    options,
  );
  expect(containers).toEqual(["vpn", "side"]);
  expect(text).toContain('service: { networkMode: "container:vpn", volumesFrom: ["vpn"] }');
});
