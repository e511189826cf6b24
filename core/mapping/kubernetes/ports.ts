import type { ContainerPort, ServicePort } from "kubernetes-types/core/v1";
import { ArgumentError } from "../../description/errors";
import { formatPort } from "../../description/ports";
import { say } from "../../description/say";
import type { ServiceSpec } from "../../description/service";
import { NODE_PORTS, nodePort } from "./checks";
import type { KubernetesOptions } from "../../description/kubernetesOptions";

/** A port of the container: `80/tcp`. */
interface Target {
  port: number;
  protocol: string;
}

const nameOf = ({ port, protocol }: Target) => `p${port}-${protocol}`;

function exposedBy({ expose }: ServiceSpec): Target[] {
  return (expose ?? []).map((text) => {
    const [port, protocol = "tcp"] = text.split("/");
    return { port: Number(port), protocol };
  });
}

/** Ports of the container, each once. */
export function containerPorts(spec: ServiceSpec): ContainerPort[] {
  // On the node's network a named port would be taken from every other pod of the node.
  if (spec.networkMode === "host") return [];
  const published = (spec.ports ?? []).map(({ target, protocol }) => ({ port: target, protocol }));
  const byName = new Map([...published, ...exposedBy(spec)].map((target) => [nameOf(target), target]));
  return [...byName].map(([name, { port, protocol }]) => ({
    name,
    containerPort: port,
    protocol: protocol.toUpperCase(),
  }));
}

/** The node port in place of a port of a Docker host. */
function nodePortFor(published: number): number {
  const [low, high] = NODE_PORTS;
  return published >= low && published <= high ? published : low + (published % (high - low + 1));
}

/** Ports of a Service, and what is to be said about them. */
export interface ServicePorts {
  /** On the nodes. */
  published: ServicePort[];
  /** In the cluster only. */
  exposed: ServicePort[];
  /** Argument that a node port comes from. */
  argumentOf: Map<number, string>;
  notes: string[];
}

/**
 * What the Services of a description listen on. A published port becomes a port of the nodes, which lie from
 * 30000 to 32767.
 *
 * @throws ArgumentError for an address to listen on, and for one container port that is published twice
 */
export function servicePorts(spec: ServiceSpec, { nodePorts = {} }: KubernetesOptions): ServicePorts {
  if (spec.publishAll)
    throw new ArgumentError(
      "publishAll",
      say`only the image knows its ports, and nothing reads it`,
      say`name them in ports`,
    );
  const notes: string[] = [];
  const argumentOf = new Map<number, string>();
  const ports = spec.ports ?? [];
  const servicePort = (target: Target): ServicePort => ({
    name: nameOf(target),
    port: target.port,
    targetPort: target.port,
    protocol: target.protocol.toUpperCase(),
  });
  for (const key of Object.keys(nodePorts))
    if (!ports.some(({ target }) => String(target) === key))
      throw new ArgumentError(
        `kubernetes.nodePorts.${key}`,
        say`the container's port ${key} is not published`,
        say`publish it with ports, or remove it`,
      );
  const seen = new Set<string>();
  const published = ports.map((port, index): ServicePort => {
    const at = `ports[${index}]`;
    const target = { port: port.target, protocol: port.protocol };
    if (!["", "0.0.0.0", "::"].includes(port.hostIp))
      throw new ArgumentError(
        at,
        say`a node port listens on every address of every node, not on ${port.hostIp} alone`,
        say`remove the address, or use expose and \`kubectl port-forward\``,
      );
    if (seen.has(nameOf(target)))
      throw new ArgumentError(
        at,
        say`the container's port ${port.target}/${port.protocol} is published twice, and a Service has each port once`,
        say`publish it once`,
      );
    seen.add(nameOf(target));
    const chosen = nodePorts[port.target];
    if (chosen !== undefined) {
      argumentOf.set(nodePort(chosen, `kubernetes.nodePorts.${port.target}`), `kubernetes.nodePorts.${port.target}`);
      return { ...servicePort(target), nodePort: chosen };
    }
    if (port.published === undefined) return servicePort(target);
    const found = nodePortFor(port.published);
    if (found !== port.published)
      notes.push(say`${formatPort(port)} is published on the node port ${found}: node ports lie from 30000 to 32767.`);
    argumentOf.set(found, at);
    return { ...servicePort(target), nodePort: found };
  });
  const exposed = exposedBy(spec)
    .filter((target) => !seen.has(nameOf(target)))
    .map(servicePort);
  return { published, exposed, argumentOf, notes };
}
