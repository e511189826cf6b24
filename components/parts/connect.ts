import type { EngineName } from "../../core/engines/engine";

/**
 * Looks at engines before anything is declared there, at each once. A Swarm is seen through the Docker engine that
 * manages it. What an engine needs is loaded only here.
 *
 * @throws pulumi.RunError where one does not answer
 */
export async function connect(engines: EngineName[]): Promise<void> {
  const looks = [];
  if (engines.includes("kubernetes"))
    looks.push(import("../../core/engines/kubernetes/session").then(({ connectCluster }) => connectCluster()));
  if (engines.some((engine) => engine !== "kubernetes"))
    looks.push(import("../../core/engines/dockerApi/session").then(({ connectEngine }) => connectEngine()));
  await Promise.all(looks);
}
