import type { Deployment } from "kubernetes-types/apps/v1";
import { say } from "../../description/say";
import { type Tell, untold } from "../../pulumi/progress";
import type { ClusterClient } from "./client";

/** How long the provider waits for a rollout where nothing is said. */
const PROVIDER_WAITS = 600_000;

/**
 * Waits until all pods of a Deployment are those of its last change. The provider by itself does not: where the old
 * pods go before the new ones come (`Recreate`), it takes the moment without any for the end.
 *
 * @param timeout milliseconds
 * @throws Error saying what is missing
 */
export async function waitForRollout(
  client: ClusterClient,
  namespace: string,
  name: string,
  { timeout = PROVIDER_WAITS, pause = 500, tell = untold }: { timeout?: number; pause?: number; tell?: Tell } = {},
): Promise<void> {
  const began = Date.now();
  const end = began + timeout;
  const help = say`\`kubectl describe pod -n ${namespace} -l app=${name}\` says why`;
  for (;;) {
    const { status, body } = await client.get<Deployment>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
    if (status !== 200) throw new Error(say`The Deployment ${name} cannot be read (status ${status}).`);
    const { metadata, spec, status: live = {} } = body!;
    const wanted = spec?.replicas ?? 1;
    if (live.observedGeneration !== undefined && live.observedGeneration >= (metadata?.generation ?? 0)) {
      const counts = [live.replicas, live.updatedReplicas, live.availableReplicas];
      if (counts.every((count = 0) => count === wanted)) return;
      const failed = live.conditions?.find(({ type, status }) => type === "Progressing" && status === "False");
      if (failed)
        throw new Error(
          say`The Deployment ${name} is stuck: ${failed.message ?? failed.reason}; ${help}.${before(live)}`,
        );
    }
    if (Date.now() >= end)
      throw new Error(
        say`${live.availableReplicas ?? 0} of ${wanted} pods of the Deployment ${name} answer after ${Math.round(timeout / 1000)} s; ${help}, or raise waitTimeout.${before(live)}`,
      );
    const seconds = Math.round((Date.now() - began) / 1000);
    await tell(
      () => say`waiting for ${name}, ${seconds} s so far: ${live.availableReplicas ?? 0} of ${wanted} pods answer`,
    );
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** What of a Deployment still runs as it did before the change; while new pods do not answer, the old ones stay. */
function before({
  replicas = 0,
  updatedReplicas = 0,
  availableReplicas = 0,
}: NonNullable<Deployment["status"]>): string {
  const old = Math.min(availableReplicas, replicas - updatedReplicas);
  if (old <= 0) return "";
  return old === 1
    ? say` One pod from before this change still answers.`
    : say` ${old} pods from before this change still answer.`;
}
