import { ArgumentError } from "../../description/errors";
import { formatPort, type Port } from "../../description/ports";
import { say } from "../../description/say";
import { isOurs, OWNER_LABEL, type Owner, STACK_LABEL } from "../owner";
import type { EngineSnapshot } from "../dockerApi/snapshot";

const DECLARE = say`declare a Swarm before it (\`new Swarm("swarm", { advertiseAddr: "192.168.1.10" })\`)`;

/** Refuses an engine that takes no services of a Swarm. */
export function checkManager(snapshot: EngineSnapshot | undefined): void {
  const { swarm } = snapshot ?? {};
  if (!swarm || swarm.manager) return;
  throw swarm.state === "inactive"
    ? new ArgumentError("engine", say`this engine is in no swarm`, say`run \`docker swarm init\`, or ${DECLARE}`)
    : new ArgumentError(
        "engine",
        say`this engine is no manager of its swarm (it is ${swarm.state === "active" ? say`a worker` : swarm.state})`,
        say`name a manager with \`pulumi config set docker:host\` or DOCKER_HOST`,
      );
}

/** Refuses a name that Swarm does not take, or that somebody else's service has. */
export function checkServiceName(
  name: string,
  snapshot: EngineSnapshot | undefined,
  owner: Owner,
  adopts: readonly string[] = [],
): void {
  if (adopts.includes(name))
    throw new ArgumentError(
      "berth:adopt",
      say`takes over containers, networks and volumes, and ${name} is a service of a Swarm`,
      say`take the name out of it; \`docker service rm ${name}\` removes that service, and its volumes stay on their nodes`,
    );
  if (!/^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/.test(name) || name.length > 63)
    throw new ArgumentError(
      "containerName",
      say`${name} is not a name for a Swarm service`,
      say`use up to 63 letters, digits, - and _, without one of these at the end`,
    );
  const holder = snapshot?.services?.find((service) => service.name === name);
  if (!holder || isOurs(holder.labels, owner)) return;
  const stack = holder.labels[STACK_LABEL];
  const same = stack === owner.stack;
  throw new ArgumentError(
    "containerName",
    say`a service named ${name} is in the swarm already${stack ? say`, made by the stack ${stack}${same ? say` of another checkout or user` : ""}` : ""}`,
    same
      ? say`choose another name, or, if that checkout is yours, run \`pulumi config set berth:owner ${holder.labels[OWNER_LABEL]}\``
      : say`choose another name, or remove it with \`docker service rm ${name}\``,
  );
}

/** Refuses a port that another stack's service publishes. */
export function checkServicePorts(ports: Port[], snapshot: EngineSnapshot | undefined, owner: Owner): void {
  for (const [index, port] of ports.entries()) {
    const holder = snapshot?.services?.find(
      (service) =>
        !isOurs(service.labels, owner) &&
        service.ports.some(({ published, protocol }) => published === port.published && protocol === port.protocol),
    );
    if (holder)
      throw new ArgumentError(
        `ports[${index}]`,
        say`${formatPort(port)}: port ${port.published} is published by the service ${holder.name} of the swarm`,
        say`choose another port, or remove that service`,
      );
  }
}

/** The engine without what its Swarm itself publishes: that is looked at by services, not by containers. */
export function withoutServices(snapshot: EngineSnapshot | undefined): EngineSnapshot | undefined {
  if (!snapshot?.services) return snapshot;
  const published = snapshot.services.flatMap(({ ports }) => ports);
  return {
    ...snapshot,
    containers: snapshot.containers.filter(({ labels }) => labels["com.docker.swarm.service.id"] === undefined),
    listeners: snapshot.listeners.filter(
      ({ port, protocol }) => !published.some((own) => own.published === port && own.protocol === protocol),
    ),
  };
}

/** Refuses a network that is missing, or belongs to one engine only. */
export function checkNetworkScope(
  name: string,
  argument: string,
  declaredDriver: string | undefined,
  snapshot: EngineSnapshot | undefined,
): void {
  const live = snapshot?.networks.find((network) => network.name === name);
  const driver = declaredDriver ?? live?.driver;
  if (driver === undefined) {
    if (snapshot)
      throw new ArgumentError(
        argument,
        say`there is no network named ${name}`,
        say`declare it first with new OverlayNetwork("${name}"), or create it with \`docker network create -d overlay ${name}\``,
      );
    return;
  }
  if (driver !== "overlay" && live?.scope !== "swarm")
    throw new ArgumentError(
      argument,
      say`${name} is a ${driver} network of one engine, and tasks may run on any node`,
      say`use an OverlayNetwork`,
    );
}
