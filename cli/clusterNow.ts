import { say } from "../core/description/say";
import { ClusterClient } from "../core/engines/kubernetes/client";
import { withLogin } from "../core/engines/kubernetes/execLogin";
import { clusterAccess } from "../core/engines/kubernetes/kubeconfig";
import { clusterStatus } from "../core/engines/kubernetes/status";
import type { Owner } from "../core/engines/owner";
import type { StackConfig } from "./stackConfig";
import type { Group, Place } from "./place";

/**
 * The cluster of a stack, with what is declared there.
 *
 * @throws Error where only the Pulumi CLI knows which one it is, or none is named
 */
export async function clusterPlace(
  { declared, provider }: Group,
  owner: Owner,
  { values, secrets }: StackConfig,
): Promise<Place> {
  if (provider)
    throw new Error(
      say`the program has made a provider of its own for its cluster, which only the Pulumi CLI can follow`,
    );
  const [kubeconfig, context, cluster, namespace] = ["kubeconfig", "context", "cluster", "namespace"].map((key) => {
    if (secrets.includes(`kubernetes:${key}`))
      throw new Error(
        say`kubernetes:${key}: is a secret of the stack, which only the Pulumi CLI can read; use KUBECONFIG`,
      );
    return values[`kubernetes:${key}`];
  });
  const access = await withLogin(clusterAccess({ kubeconfig, context, cluster }, process.env));
  const client = new ClusterClient(access);
  return {
    engine: "kubernetes",
    declared,
    nodeAddress: values["berth:nodeAddress"] ?? "localhost",
    close: () => client.close(),
    async look() {
      try {
        return await clusterStatus(client, owner, declared, namespace ?? "default");
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        if (code === undefined) throw error;
        throw new Error(say`no Kubernetes cluster answers at ${access.server}: ${message || code}`);
      }
    },
  };
}
