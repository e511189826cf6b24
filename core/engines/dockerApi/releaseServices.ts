import type { EngineClient } from "./connection/client";
import type { SwarmSpec } from "../../mapping/swarm";
import { isOurs, type Owner } from "../owner";

/** What the engine says of a service, as far as berth uses it. */
export interface SwarmService {
  ID: string;
  Version: { Index: number };
  Spec: SwarmSpec;
  Endpoint?: { Ports?: { Protocol: string; TargetPort: number; PublishedPort?: number; PublishMode: string }[] };
  UpdateStatus?: { State: string; Message?: string };
}

interface Task {
  Status: { State: string };
  NetworksAttachments?: { Network: { ID: string } }[] | null;
}

const TIMEOUT = 120_000;
const ENDED = ["complete", "shutdown", "failed", "rejected", "remove", "orphaned"];

/**
 * Takes this stack's services off a network that has to be made anew; they join it again when they are applied.
 *
 * @returns names of other stacks' services on it; where there are any, nothing is done
 */
export async function releaseServices(client: EngineClient, owner: Owner, networkId: string): Promise<string[]> {
  const services = (await client.request<SwarmService[]>("GET", "/services")).filter(({ Spec }) =>
    Spec.TaskTemplate.Networks?.some(({ Target }) => Target === networkId),
  );
  const foreign = services.filter(({ Spec }) => !isOurs(Spec.Labels, owner)).map(({ Spec }) => Spec.Name);
  if (foreign.length) return foreign;
  for (const { ID, Version, Spec } of services) {
    const Networks = Spec.TaskTemplate.Networks!.filter(({ Target }) => Target !== networkId);
    await client.request("POST", `/services/${ID}/update?version=${Version.Index}`, {
      ...Spec,
      TaskTemplate: { ...Spec.TaskTemplate, Networks },
    });
  }
  for (const end = Date.now() + TIMEOUT; services.length > 0 && Date.now() < end; ) {
    const filters = encodeURIComponent(JSON.stringify({ service: services.map(({ ID }) => ID) }));
    const tasks = await client.request<Task[]>("GET", `/tasks?filters=${filters}`);
    const holds = ({ Status, NetworksAttachments }: Task) =>
      !ENDED.includes(Status.State) && NetworksAttachments?.some(({ Network }) => Network.ID === networkId);
    if (!tasks.some(holds)) break;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return [];
}
