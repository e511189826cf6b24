import * as pulumi from "@pulumi/pulumi";
import { BridgeNetwork, ComposeProject, DockerRun, Elasticsearch, Mysql, Nginx, Service } from "pulumi-berth";

const password = new pulumi.Config().requireSecret("password");

const lan = new BridgeNetwork("live-lang-lan", { subnet: "10.213.40.0/24", gateway: "10.213.40.1" });
const web = new Nginx("live-lang-web", {
  image: "nginx:1.25",
  port: 24680,
  volumes: ["live-lang-html:/usr/share/nginx/html"],
});
new Mysql("live-lang-db", { version: "5.7", port: 24681, data: "live-lang-db", rootPassword: password });
new Elasticsearch("live-lang-search", {
  version: "7.6.2",
  heap: { min: "64m", max: "128m" },
  httpPort: 24682,
  transportPort: "none",
  data: "live-lang-search",
});
const lines = new DockerRun("live-lang-lines", {
  lines: [
    "docker run -d --name live-lang-line -m 64m -e MODE=line --restart unless-stopped busybox sleep 3600",
    "docker run -d --name live-lang-other --volumes-from live-lang-line -v /cache busybox sleep 3600",
  ],
});
new ComposeProject("live-lang-shop", { files: ["compose.yaml"], projectName: "live-lang-shop" });
new Service("live-lang-own", {
  image: "busybox",
  command: ["sleep", "3600"],
  environment: { MODE: "own", API_TOKEN: password },
  networks: [{ name: lan.networkName, aliases: ["own"], ipv4Address: "10.213.40.9" }],
  healthcheck: { test: ["CMD", "true"], interval: "1s" },
  cpus: 0.5,
  pidsLimit: 50,
});

export const url = web.siteUrl;
export const containers = lines.containerNames;
