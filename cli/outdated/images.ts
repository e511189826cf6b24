import { parseImage, withTag } from "../../core/description/names";
import type { ServiceStatus } from "../../core/engines/status";
import type { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { podImages } from "../bundle/images";
import type { PlannedResource, PlannedService } from "../plan";
import type { Found } from "../stackNow";

/** Where an image comes from: a registry, this stack's own build, or only its digest is named. */
export type Origin = "tag" | "digest" | "built";

/** An image that a stack names. */
export interface StackImage {
  /** As the program names it, without what `berth:images` adds. */
  name: string;
  origin: Origin;
  /** By `berth:images`. */
  locked?: string;
  /** Services that run it, by their names. */
  services: string[];
  /** Whether `berth:images` has a say in it: berth itself hands it to an engine. */
  lockable: boolean;
  /** The digests by which the engine knows what runs; empty where nothing runs or nobody can be asked. */
  runs: string[];
}

const plainName = (image: string) => withTag(image.split("@")[0]!);

const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/^\[.*\]$/.test(value);

/** The images of a planned resource, as engines get them. */
function namedIn({ type, inputs }: PlannedResource): { name: string; built: boolean }[] {
  const task = inputs.taskSpec as { containerSpec?: { image?: unknown } } | undefined;
  // A file brings it, or a build: no registry is asked.
  const built = inputs.build !== undefined || inputs.triggers !== undefined;
  const found: unknown[] =
    type === "docker:index/remoteImage:RemoteImage"
      ? [inputs.name]
      : type === "docker:index/service:Service"
        ? [task?.containerSpec?.image]
        : type.startsWith("kubernetes:")
          ? podImages(inputs)
          : [];
  return found.filter(isName).map((name) => ({ name, built }));
}

/**
 * The images of a planned stack, each once.
 *
 * @param lock what `berth:images` says, by full names
 * @param own whether the program is somebody's own, which may declare images without berth
 */
export function stackImages(
  resources: PlannedResource[],
  services: PlannedService[],
  lock: ReadonlyMap<string, string>,
  own: boolean,
): StackImage[] {
  const images = new Map<string, StackImage>();
  const byService = (name: string) => services.filter(({ spec }) => withTag(spec.image) === withTag(name));
  for (const resource of resources) {
    for (const { name: given, built } of namedIn(resource)) {
      const { digest } = parseImage(given, "image");
      const bare = given.split("@")[0]!;
      const locked = digest !== undefined && lock.get(withTag(bare)) === digest ? digest : undefined;
      const name = locked ? bare : given;
      const users = byService(given).map(({ component }) => component.logicalName);
      const known = images.get(withTag(name));
      const origin = built || known?.origin === "built" ? "built" : digest !== undefined && !locked ? "digest" : "tag";
      const lockable = !own || users.length > 0 || resource.urn.includes("berth:") || Boolean(known?.lockable);
      images.set(withTag(name), { name, origin, locked, services: users, lockable, runs: known?.runs ?? [] });
    }
  }
  return [...images.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The digests that an engine knows an image by. */
async function digestsOf(client: EngineClient, { engine, id }: ServiceStatus): Promise<string[]> {
  if (id === undefined) return [];
  if (engine === "swarm") {
    const service = await client.find<{ Spec: { TaskTemplate: { ContainerSpec?: { Image?: string } } } }>(
      `/services/${id}`,
    );
    return service?.Spec.TaskTemplate.ContainerSpec?.Image?.split("@").slice(1) ?? [];
  }
  const container = await client.find<{ Image: string }>(`/containers/${id}/json`);
  const image = container && (await client.find<{ RepoDigests?: string[] | null }>(`/images/${container.Image}/json`));
  return (image?.RepoDigests ?? []).map((name) => name.split("@")[1]!);
}

/** Adds what runs of each image, by the services that run it. */
export async function addRunning(images: StackImage[], found: Found[]): Promise<void> {
  await Promise.all(
    found.map(async ([status, { client }]) => {
      const image = images.find(({ services }) => services.includes(status.service));
      // One that has not been applied since its image was named otherwise runs something else.
      if (!image || !client || (status.image && plainName(status.image) !== plainName(image.name))) return;
      for (const digest of await digestsOf(client, status)) if (!image.runs.includes(digest)) image.runs.push(digest);
    }),
  );
}
