import type { Service } from "kubernetes-types/core/v1";

/**
 * Where a browser finds a site: at the load balancer, at a node's port, or inside the cluster.
 *
 * @param inside name inside the cluster
 * @param node address of a node
 */
export function address(
  spec: Service["spec"],
  status: Service["status"],
  nodePort: number | undefined,
  inside: string,
  node: string,
): string {
  const port = spec?.ports?.[0]?.port ?? 80;
  const at = (host: string, number: number) => `http://${host}${number === 80 ? "" : `:${number}`}`;
  const balancer = status?.loadBalancer?.ingress?.[0];
  const outside = balancer?.hostname ?? balancer?.ip;
  if (outside !== undefined) return at(outside, port);
  if (nodePort !== undefined) return at(node, nodePort);
  return at(inside, port);
}
