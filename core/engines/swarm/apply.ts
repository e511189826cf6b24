import { say } from "../../description/say";
import { type EngineClient, EngineError } from "../dockerApi/connection/client";
import type { SwarmSpec } from "../../mapping/swarm";
import type { SwarmService } from "../dockerApi/releaseServices";
import { sameSpec } from "./compare";

/** `nginx` and `nginx:latest@sha256:...` are `nginx:latest`. */
function tagged(image: string): string {
  const plain = image.split("@")[0]!;
  return /:[^/]*$/.test(plain) ? plain : `${plain}:latest`;
}

/** Whether a running image, which has its digest, is the declared one. */
export const isImage = (live: string, declared: string): boolean =>
  declared.includes("@") ? live === declared : tagged(live) === tagged(declared);

/** An image with its digest, as `docker service create` pins it so that all nodes run the same. */
export async function pinned(
  client: EngineClient,
  image: string,
): Promise<{ image: string; platforms?: SwarmSpec["TaskTemplate"]["Placement"]["Platforms"] }> {
  try {
    const { Descriptor, Platforms = [] } = await client.request<{
      Descriptor: { digest: string };
      Platforms?: { architecture: string; os: string }[];
    }>("GET", `/distribution/${image.split("/").map(encodeURIComponent).join("/")}/json`);
    return {
      image: image.includes("@") ? image : `${tagged(image)}@${Descriptor.digest}`,
      platforms: Platforms.map(({ architecture, os }) => ({ Architecture: architecture, OS: os })),
    };
  } catch (error) {
    // An image of no registry, or of one that wants a login: the nodes look for it themselves.
    if (error instanceof EngineError) return { image };
    throw error;
  }
}

/** An update by somebody else at the same time. */
const outOfSequence = (error: unknown) => error instanceof EngineError && /out of sequence/.test(error.message);

/**
 * Makes a service as declared, in place, where it is not so already.
 *
 * @param pull ask the registry for the newest digest, although the service runs an image of that name
 * @param before runs before the service is changed
 * @returns whether anything was changed
 * @throws Error where there is no such service
 */
export async function applySpec(
  client: EngineClient,
  id: string,
  declared: SwarmSpec,
  { pull = false, before }: { pull?: boolean; before?: () => Promise<void> } = {},
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const live = await client.find<SwarmService>(`/services/${id}`);
    if (!live)
      throw new Error(
        say`${declared.Name} is not in the swarm any more: somebody has removed it; run \`pulumi up --refresh\` to make it again.`,
      );
    const { ContainerSpec, Placement } = declared.TaskTemplate;
    const running = live.Spec.TaskTemplate.ContainerSpec.Image;
    const keeps = !pull && isImage(running, ContainerSpec.Image);
    const { image, platforms } = keeps
      ? { image: running, platforms: live.Spec.TaskTemplate.Placement?.Platforms }
      : await pinned(client, ContainerSpec.Image);
    const wanted: SwarmSpec = {
      ...declared,
      TaskTemplate: {
        ...declared.TaskTemplate,
        ContainerSpec: { ...ContainerSpec, Image: image },
        Placement: { ...Placement, Platforms: Placement.Platforms ?? platforms },
        ForceUpdate: live.Spec.TaskTemplate.ForceUpdate,
      },
    };
    if (sameSpec(live.Spec, wanted)) return false;
    try {
      await before?.();
      await client.request("POST", `/services/${id}/update?version=${live.Version.Index}`, wanted);
      return true;
    } catch (error) {
      if (!outOfSequence(error) || attempt === 5) throw error;
    }
  }
}
