import { say } from "../core/description/say";
import { resourcesIn } from "./state";
import { Engines } from "./stateEngines";

/**
 * Why networks of a stack are still there after a destroy that has failed: the provider says only that it has waited.
 *
 * @param state the stack's state, as the CLI keeps it in a file; undefined or "" where there is none
 * @returns a sentence for each network that the engine still has
 */
export async function networksInUse(state = ""): Promise<string[]> {
  const resources = resourcesIn(state);
  const engines = new Engines(resources);
  const sentences: string[] = [];
  for (const { type, id, provider } of resources) {
    if (type !== "docker:index/network:Network" || id === undefined) continue;
    try {
      const there = await engines
        .of(provider)
        .find<{ Name: string; Containers?: Record<string, { Name: string }> | null }>(`/networks/${id}`);
      if (there) sentences.push(why(there.Name, Object.values(there.Containers ?? {})));
    } catch {
      // What the CLI has said stands for itself.
    }
  }
  engines.close();
  return sentences;
}

function why(network: string, containers: { Name: string }[]): string {
  if (containers.length === 0)
    return say`the network ${network} stays though no container is on it: an engine that was killed may count one that is gone; start the engine anew, then the same command again`;
  const names = containers.map(({ Name }) => Name);
  return say`the network ${network} stays, for these containers are on it: ${names.join(", ")}; \`docker network disconnect ${network} ${names[0]!}\` takes one off, then the same command again`;
}
