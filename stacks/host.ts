import { DaemonConfig } from "../components/daemonConfig";
import { DockerEngine } from "../components/dockerEngine";
import { NvidiaToolkit } from "../components/nvidiaToolkit";
import { say } from "../core/description/say";
import { connectionOf, connectionSettings } from "./lib/hostConnection";
import { choice, flag, list, readSettings, record, text } from "./lib/settings";

export const settings = {
  ...connectionSettings,
  engine: choice(["distribution", "docker", "none"], "distribution", say`Where the engine's packages come from`),
  mirror: text(undefined, say`A copy of Docker's packages, with engine docker: https://mirrors.aliyun.com/docker-ce`),
  version: text(undefined, say`Version of the engine; the newest without it, or what is there`),
  users: list([], say`Users who may use the engine; each of them can become root through it`),
  bashCompletion: flag(false, say`Completion of docker's commands in bash`),
  nvidia: flag(false, say`NVIDIA's container toolkit, and the runtime nvidia in daemon.json`),
  nvidiaMirror: text(undefined, say`A copy of NVIDIA's packages`),
  nvidiaCheck: text(undefined, say`Image with nvidia-smi in it, to ask a container for its GPUs`),
  daemonFile: text(undefined, say`A daemon.json of a note, as a path`),
  registryMirrors: list([], say`URLs that are asked for images of Docker Hub first`),
  insecureRegistries: list([], say`Registries without TLS`),
  dataRoot: text(undefined, say`Folder of images, containers and volumes; what is there is copied first`),
  daemon: record<Record<string, unknown>>(say`Other settings of daemon.json, by their names there`),
};

const some = (values: string[]): string[] | undefined => (values.length ? values : undefined);

/** The machine itself: engine, NVIDIA's toolkit, daemon.json. Documented setups H1 to H4. */
export function program() {
  const given = readSettings("host", settings);
  const connection = connectionOf(given);

  const engine =
    given.engine === "none"
      ? undefined
      : new DockerEngine("engine", {
          connection,
          source: given.engine,
          mirror: given.mirror,
          version: given.version,
          users: some(given.users),
          bashCompletion: given.bashCompletion,
        });
  const toolkit = given.nvidia
    ? new NvidiaToolkit(
        "nvidia",
        { connection, mirror: given.nvidiaMirror, check: given.nvidiaCheck },
        { dependsOn: engine ? [engine] : [] },
      )
    : undefined;
  const daemon = new DaemonConfig(
    "daemon",
    {
      connection,
      file: given.daemonFile,
      registryMirrors: some(given.registryMirrors),
      insecureRegistries: some(given.insecureRegistries),
      runtimes: toolkit?.runtime,
      dataRoot: given.dataRoot,
      settings: given.daemon,
    },
    { dependsOn: [engine, toolkit].filter((part) => part !== undefined) },
  );
  return {
    host: given.address ?? "this machine",
    ...(engine && { version: engine.version }),
    ...(toolkit && { gpus: toolkit.gpus }),
    report: [engine, toolkit, daemon].filter((part) => part !== undefined).map((part) => part.report),
  };
}
