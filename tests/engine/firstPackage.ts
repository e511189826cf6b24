import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "./harness";

/** A program with what the first package had, in its words. */
export const FIRST = `
const pulumi = require("@pulumi/pulumi");
const { BridgeNetwork, DockerRun, GpuContainer, JenkinsWithNginx, Mysql, NamedVolume, Nginx, Project, Service, Tomcat, program } = require("pulumi-berth");

module.exports = program(() => {
  const front = new BridgeNetwork("front", { subnet: "172.31.0.0/24", gateway: "172.31.0.1" });
  const data = new NamedVolume("data", {});
  const web = new Nginx("web", { version: "1.27", port: 8088, volumes: ["data:/usr/share/nginx/html:ro"] });
  const db = new Mysql("db", { version: "8.4", port: 3306, data: "db-data", rootPassword: pulumi.secret("hunter2") });
  const app = new Tomcat("app", { port: 8081, service: { networks: [front.networkName] } });
  new Service("own", {
    image: "busybox:1.36",
    command: ["sleep", "infinity"],
    environment: { MODE: "test", API_TOKEN: pulumi.secret("hunter3") },
    networks: [{ name: front.networkName, aliases: ["own"], ipv4Address: "172.31.0.10" }],
    dependsOn: [db],
    healthcheck: { test: "true", interval: "5s" },
    cpus: 0.5,
    memLimit: "512m",
    restart: "unless-stopped",
    labels: { team: "one" },
  });
  new DockerRun("lines", {
    lines: [
      "docker run -d --name line -p 8082:80 -v line-data:/data -e MODE=line --ulimit nofile=1024 nginx:1.27",
      "docker run -d --name other --volumes-from line nginx:1.27",
    ],
  });
  new JenkinsWithNginx("ci", {});
  new GpuContainer("training", { image: "pytorch/pytorch:2.5.1", gpus: [0, 1], command: "python train.py" });
  new Project("shop", {
    name: "shop",
    services: {
      cache: { image: "redis:7", volumes: ["shop-cache:/data"], networks: ["shop-net"] },
      site: {
        image: "nginx:1.27",
        ports: ["8083:80"],
        networks: ["shop-net"],
        dependsOn: { cache: { condition: "service_started" } },
      },
    },
    networks: { net: { name: "shop-net" } },
    volumes: { cache: { name: "shop-cache" } },
    notices: [],
  });
  return { url: web.siteUrl, login: db.login, app: app.siteUrl };
});
`;

/** Whose it is: by itself a hash of the folder that the record was made in. */
export const OWNER = "cd4ffdbb8fd3";

const KINDS = ["containers", "networks", "volumes", "images"] as const;

/** What that program has made with the package of commit db09f10, the first one: Pulumi's state, and the engine. */
interface Recorded {
  state: object;
  engine: Record<(typeof KINDS)[number], object[]>;
}

const FILE = join(__dirname, "firstPackage.json");

/** Stands for the project's folder, which is another one each time. */
const FOLDER = "{FOLDER}";

/** Writes down what a project has made; for the record of another package. */
export async function record(project: Project): Promise<void> {
  const { stdout } = await project.must(["stack", "export", "--stack", project.stack]);
  const made = KINDS.map((kind) => [kind, project.store.list(kind).slice(kind === "networks" ? 3 : 0)]);
  const recorded = { state: JSON.parse(stdout) as object, engine: Object.fromEntries(made) as Recorded["engine"] };
  // Where in a program something stood is a path of the machine that it ran on.
  const without = (key: string, value: unknown) => (/^(sourcePosition|stackTrace)$/.test(key) ? undefined : value);
  writeFileSync(FILE, `${JSON.stringify(recorded, without, 1).replaceAll(project.folder, FOLDER)}\n`);
}

/** Puts a project where the first package had left it. */
export async function firstPackage(project: Project): Promise<void> {
  const recorded = JSON.parse(readFileSync(FILE, "utf8").replaceAll(FOLDER, project.folder)) as Recorded;
  for (const kind of KINDS) for (const object of recorded.engine[kind]) project.store.put(kind, object as never);
  project.write({ "../state.json": JSON.stringify(recorded.state) });
  await project.must(["stack", "import", "--stack", project.stack, "--file", "../state.json"]);
}
