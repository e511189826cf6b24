import { parseImage } from "../../core/description/names";
import { say } from "../../core/description/say";
import { Registry, RegistryError, remoteRepository } from "../../core/engines/dockerApi/registry/registry";
import type { Way } from "../../core/engines/dockerApi/registry/way";

/** Bytes of a layer that are read. */
const PART = 256 * 1024;

/** What a mirror has answered. */
export interface Measured {
  url: string;
  /** Milliseconds to a small manifest, over a connection that is open. */
  latency?: number;
  /** Bytes of a layer in a second. */
  speed?: number;
  /** Of the image that every mirror is asked for. */
  digest?: string;
  /** Why it is of no use. */
  error?: string;
}

interface Question {
  image: string;
  /** As registries call it: `amd64`. */
  architecture: string;
  patience: number;
  way: Way;
}

/** Asks one mirror for its version, the manifest of an image, and the beginning of a layer. */
export async function measure(url: string, { image, architecture, patience, way }: Question): Promise<Measured> {
  const registry = new Registry(url, { way, patience });
  const reference = parseImage(image, "--image");
  const repository = remoteRepository(reference);
  try {
    await registry.ping();
    const { digest, manifest: index } = await registry.manifest(repository, reference.tag ?? "latest");
    const fits = (os?: string, arch?: string) => os === "linux" && arch === architecture;
    const listed = index.manifests?.find(({ platform }) => fits(platform?.os, platform?.architecture));
    const own = index.manifests ? listed?.digest : digest;
    if (own === undefined) throw new RegistryError("missing", say`it has no ${image} for ${architecture}`);
    const asked = performance.now();
    const { manifest } = await registry.manifest(repository, own);
    const latency = Math.round(performance.now() - asked);
    const layer = manifest.layers?.[0]?.digest;
    if (layer === undefined) throw new RegistryError("strange", say`its ${image} has no layers`);
    const started = performance.now();
    const { length } = await registry.part(repository, layer, PART);
    const speed = Math.round((length / Math.max(performance.now() - started, 1)) * 1000);
    return { url, latency, speed, digest };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { url, error: error.message };
  } finally {
    registry.close();
  }
}

/** Does something with every item, a few at a time. */
export async function fewAtOnce<T, R>(items: T[], count: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
  return results;
}

/** How a mirror's image stands to those of the others. */
export type Agreement = "hub" | "others" | "alone" | "differs";

/**
 * Compares digests: with Docker Hub's where that answers, else among the mirrors, of which two that agree outvote one.
 */
export function agreements(mirrors: Measured[], hub: Measured): Map<Measured, Agreement> {
  const alive = mirrors.filter(({ digest }) => digest !== undefined);
  const count = (digest: string) => alive.filter((one) => one.digest === digest).length;
  const most = Math.max(0, ...alive.map(({ digest }) => count(digest!)));
  return new Map(
    alive.map((one): [Measured, Agreement] => {
      if (hub.digest !== undefined) return [one, one.digest === hub.digest ? "hub" : "differs"];
      if (alive.length === 1) return [one, "alone"];
      return [one, most > 1 && count(one.digest!) === most ? "others" : "differs"];
    }),
  );
}
