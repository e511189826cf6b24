import { OverlayNetwork, program, Swarm, SwarmService } from "pulumi-berth";

/** A Swarm of one node, and a service with three tasks that is updated one task at a time. */
export = program(() => {
  // docker swarm init --advertise-addr 127.0.0.1
  const swarm = new Swarm("swarm", { advertiseAddr: "127.0.0.1" });
  // docker network create --driver overlay backend
  const backend = new OverlayNetwork("backend", {}, { dependsOn: swarm });
  // docker service create --name site -p 8888:80 --replicas 3 --network backend nginx:1.27
  const site = new SwarmService(
    "site",
    { image: "nginx:1.27", ports: ["8888:80"], replicas: 3, networks: [backend.networkName] },
    { dependsOn: swarm },
  );
  return { service: site.containerName, endpoints: site.endpoints };
});
