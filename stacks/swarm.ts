import { ComposeProject } from "../components/composeProject";
import { say } from "../core/description/say";
import { answersHttp } from "../core/description/healthchecks";
import { Swarm } from "../components/swarm";
import { SwarmService } from "../components/swarmService";
import { choice, count, flag, list, port, readSettings, text } from "./lib/settings";

export const settings = {
  advertiseAddr: text(undefined, say`Address that other nodes reach this one by; the host's, where it has only one`),
  image: text("nginx", say`Image of the service`),
  replicas: count(1, say`Number of tasks; documented for scaling: 3`),
  port: port(8888, say`Port of the service on every node`),
  publishMode: choice(
    ["ingress", "host"],
    "ingress",
    say`Who answers on that port: every node, or those that run a task`,
  ),
  order: choice(["stop-first", "start-first"], "stop-first", say`What happens first in an update`),
  healthcheck: flag(false, say`Send requests only to tasks that answer; with start-first an update then loses none`),
  files: list([], say`Compose files to deploy as a stack, as \`docker stack deploy\` does`),
  projectName: text(undefined, say`Name of that stack; that in the files, or their folder's, by default`),
};

/**
 * A Swarm of one manager and a service in it. Documented setups F1 to F3: `docker swarm init --advertise-addr IP`,
 * `docker swarm join-token worker`, `docker service create -p 8888:80 --name new_service nginx`,
 * `docker service scale new_service=3`; with `swarm:files` also `docker stack deploy -c FILE NAME`. Destroying
 * removes the services and stays in the swarm.
 */
export function program() {
  const given = readSettings("swarm", settings);
  const { advertiseAddr, image, replicas, publishMode, order, healthcheck, files, projectName } = given;
  const swarm = new Swarm("swarm", { advertiseAddr });
  const service = new SwarmService("new_service", {
    image,
    replicas,
    ports: [`${given.port}:80`],
    publishMode,
    updateConfig: { order },
    healthcheck: healthcheck ? answersHttp(80) : undefined,
  });
  const project = files.length > 0 ? new ComposeProject("stack", { files, projectName, engine: "swarm" }) : undefined;
  return {
    url: service.url(80),
    service: service.containerName,
    workerJoinCommand: swarm.workerJoinCommand,
    managerJoinCommand: swarm.managerJoinCommand,
    managers: swarm.remoteManagers,
    ...(project ? { stack: project.containerNames, endpoints: project.endpoints } : {}),
  };
}
