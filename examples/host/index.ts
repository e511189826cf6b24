import { DaemonConfig, DockerEngine, program } from "pulumi-berth";

/** A machine that is reached with ssh: the Docker engine, who may use it, and its daemon.json. */
export = program(() => {
  const connection = { host: "gpu1" };
  // apt-get install docker-ce; usermod -aG docker ada
  const engine = new DockerEngine("gpu1", { connection, source: "docker", users: ["ada"] });
  // /etc/docker/daemon.json
  const daemon = new DaemonConfig(
    "gpu1",
    { connection, logDriver: "json-file", logOpts: { "max-size": "100m" }, dataRoot: "/data/docker" },
    { dependsOn: engine },
  );
  return { version: engine.version, report: daemon.report };
});
