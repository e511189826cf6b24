import * as pulumi from "@pulumi/pulumi";
import { say } from "../../description/say";
import { type EngineClient, EngineError } from "../dockerApi/connection/client";
import { isOurs, SERVICE_LABEL } from "../owner";
import { ignoreMissing } from "../dockerApi/connection/client";
import type { Session } from "../dockerApi/session";
import type { SwarmService } from "../dockerApi/releaseServices";
import { suffixes } from "../../pulumi/hookNames";

/** What one Pulumi program has declared on one Swarm so far, beside what it has declared on that engine. */
export interface SwarmSession {
  /** Logical names of services, by their names in the Swarm. */
  services: Map<string, string>;
  /** The component that makes the engine a manager, and when it has. */
  swarm?: { by: string; ready: pulumi.Output<unknown> };
  /** Before a service is made: clears away what a killed apply left under its name. */
  reclaimService?: pulumi.ResourceHook;
  /** Before a secret or config is made: likewise. */
  reclaimFile?: pulumi.ResourceHook;
}

const sessions = new WeakMap<Session, SwarmSession>();
const nextSuffix = suffixes();

export function swarmSessionFor(session: Session): SwarmSession {
  const known = sessions.get(session);
  if (known) return known;
  const made: SwarmSession = { services: new Map() };
  // Under mocks there are no hooks.
  if (session.hooks) {
    const suffix = nextSuffix();
    made.reclaimService = new pulumi.ResourceHook(`berth-reclaim-service${suffix}`, ({ newInputs, name }) =>
      reclaimService(session, String(newInputs?.name ?? ""), name),
    );
    made.reclaimFile = new pulumi.ResourceHook(`berth-reclaim-file${suffix}`, ({ newInputs, type }) =>
      reclaimFile(session, type.endsWith("Secret") ? "secrets" : "configs", String(newInputs?.name ?? "")),
    );
  }
  sessions.set(session, made);
  return made;
}

/**
 * Removes a service that this stack made and does not know: an apply was cut off after the engine had made it.
 *
 * @throws Error where it is somebody else's
 */
async function reclaimService(session: Session, serviceName: string, name: string): Promise<void> {
  const { client, owner } = session;
  if (!client || serviceName === "") return;
  const path = `/services/${encodeURIComponent(serviceName)}`;
  const found = await client.find<SwarmService>(path).catch((error: unknown) => {
    // No manager yet: then there is no service either, and the provider says what is wrong.
    if (error instanceof EngineError && error.status === 503) return undefined;
    throw error;
  });
  if (!found) return;
  const labels = found.Spec.Labels;
  const declared = swarmSessionFor(session).services.get(serviceName);
  if (!isOurs(labels, owner) || (declared !== undefined && declared !== name))
    throw new Error(
      say`containerName: a service named ${serviceName} is in the swarm already and is not this stack's; remove it with \`docker service rm ${serviceName}\`, or choose another name.`,
    );
  const old = labels[SERVICE_LABEL];
  // The provider fails for ever to delete what it does not find.
  if (old !== name)
    throw new Error(
      say`containerName: the service ${serviceName} belongs to ${old} of this stack, which is no longer declared, and a Swarm cannot give its name to another; say that ${name} is the same with aliases: [{ name: "${old}" }], or choose another name.`,
    );
  await client.request("DELETE", `/services/${found.ID}`).catch(ignoreMissing);
  await pulumi.log.info(say`Removed the service ${serviceName}, left behind by an apply that was cut off.`);
}

/** Its name speaks of its content; what carries this stack's labels and is not known to it is used by nobody. */
async function reclaimFile(session: Session, kind: "secrets" | "configs", fileName: string): Promise<void> {
  const { client, owner } = session;
  const found = await client
    ?.find<{ ID: string; Spec: { Labels: Record<string, string> | null } }>(`/${kind}/${encodeURIComponent(fileName)}`)
    .catch((error: unknown) => {
      if (error instanceof EngineError && error.status === 503) return undefined;
      throw error;
    });
  if (!found || !isOurs(found.Spec.Labels, owner)) return;
  await client!.request("DELETE", `/${kind}/${found.ID}`).catch(ignoreMissing);
}

/**
 * The engine, which berth has to talk to itself. Undefined under mocks.
 *
 * @throws ResourceError where it cannot
 */
export function clientOf({ client }: Session, resource: pulumi.Resource): EngineClient | undefined {
  if (client || !pulumi.runtime.hasEngine()) return client;
  throw new pulumi.ResourceError(
    say`a Swarm needs an engine that berth can talk to itself; name it by unix://, ssh:// or tcp://.`,
    resource,
    true,
  );
}
