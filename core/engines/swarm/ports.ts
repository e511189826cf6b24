import type { SwarmSpec } from "../../mapping/swarm";
import type { SwarmService } from "../dockerApi/releaseServices";
import type { Session } from "../dockerApi/session";
import { isOurs } from "../owner";

type Port = NonNullable<SwarmSpec["EndpointSpec"]["Ports"]>[number];

const same = (one: Port, other: Port) =>
  one.PublishedPort !== undefined && one.PublishedPort === other.PublishedPort && one.Protocol === other.Protocol;

/**
 * Takes the ports that a service is to publish off others of this stack that still have them: Pulumi deletes last what is
 * no longer declared, and of two that exchange ports each would wait for the other. Who is declared gets its own when it
 * is its turn; the others go in the end.
 */
export async function freePorts({ client, owner }: Session, id: string, { EndpointSpec }: SwarmSpec): Promise<void> {
  const wanted = EndpointSpec.Ports ?? [];
  if (!client || wanted.length === 0) return;
  for (const { ID, Version, Spec } of await client.request<SwarmService[]>("GET", "/services")) {
    const ports = Spec.EndpointSpec?.Ports ?? [];
    const Ports = ports.filter((port) => !wanted.some((own) => same(port, own)));
    if (ID === id || !isOurs(Spec.Labels, owner) || Ports.length === ports.length) continue;
    await client.request("POST", `/services/${ID}/update?version=${Version.Index}`, {
      ...Spec,
      EndpointSpec: { ...Spec.EndpointSpec, Ports },
    });
  }
}
