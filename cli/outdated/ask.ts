import { within } from "../within";
import { parseImage, withTag } from "../../core/description/names";
import { type NewerTags, newerTags } from "../../core/description/tags";
import type { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { loginFor } from "../../core/engines/dockerApi/images/pushCredentials";
import { isListed, type RegistryConfig } from "../../core/engines/dockerApi/registry/config";
import { Registry, type RegistryError, remoteRepository } from "../../core/engines/dockerApi/registry/registry";
import { fromHere, fromHostOf } from "../../core/engines/dockerApi/registry/way";

/** What a registry says of an image today. */
export interface Told {
  /** That the tag stands for. */
  now: string;
  newer: NewerTags;
  /** Who has told it, where that is not the registry itself. */
  by?: string;
  /** Why no tags could be read. */
  noTags?: string;
}

/** Who has told it where the engine had to be asked. */
export const ENGINE_TELLS = "the engine";

/** Milliseconds that one question may take. */
const PATIENCE = 5_000;

/** The engine of a stack, as far as it has a say in where images come from. */
export interface Surroundings {
  client?: EngineClient;
  config?: RegistryConfig;
}

/** Asks registries, each over connections that are kept. */
export class Registries {
  private readonly known = new Map<string, Registry>();

  constructor(private readonly around: Surroundings) {}

  close(): void {
    for (const registry of this.known.values()) registry.close();
  }

  /**
   * What is there of an image: by its registry, else by the mirrors of the engine, else by the engine itself.
   *
   * @throws RegistryError of the registry where nobody knows
   */
  async ask(image: string): Promise<Told> {
    const reference = parseImage(image, "image");
    const repository = remoteRepository(reference);
    const { tag = "latest", registry: host } = reference;
    const hub = host === "" || host === "docker.io" || host === "index.docker.io";
    const mirrors = hub ? (this.around.config?.Mirrors ?? []) : [];
    const sources = [this.registry(hub ? "" : host), ...mirrors.map((url) => this.mirror(url))];
    // All at once: what does not answer takes its time.
    const asked = sources.map((source) => this.one(source, repository, tag));
    for (const answer of asked) answer.catch(() => {});
    let first: unknown;
    for (const [index, answer] of asked.entries()) {
      try {
        const told = await answer;
        return index === 0 ? told : { ...told, by: sources[index]!.name };
      } catch (error) {
        first ??= error;
        // Whoever can be asked has said that there is none.
        if (index === 0 && (error as RegistryError).trouble === "missing") throw error;
      }
    }
    const now = await this.byEngine(image);
    if (now === undefined) throw first;
    return { now, newer: {}, by: ENGINE_TELLS, noTags: (first as Error).message };
  }

  private async one(registry: Registry, repository: string, tag: string): Promise<Told> {
    const [now, tags] = await Promise.all([
      registry.digest(repository, tag),
      registry.tags(repository).catch((error: Error) => error.message),
    ]);
    return typeof tags === "string" ? { now, newer: {}, noTags: tags } : { now, newer: newerTags(tag, tags) };
  }

  private registry(host: string): Registry {
    return this.keep(host, () => {
      const insecure = host !== "" && isListed(host, this.around.config) ? true : undefined;
      return new Registry(host, { login: () => loginFor(host, process.env), patience: PATIENCE, insecure });
    });
  }

  private mirror(url: string): Registry {
    const { client } = this.around;
    const way = client?.address.host.startsWith("ssh:") ? fromHostOf(client.address) : fromHere();
    return this.keep(url, () => new Registry(url.replace(/\/$/, ""), { patience: PATIENCE, way }));
  }

  private keep(key: string, make: () => Registry): Registry {
    const registry = this.known.get(key) ?? make();
    this.known.set(key, registry);
    return registry;
  }

  /** Lets the engine ask, which may know another way: proxies, certificates. */
  private async byEngine(image: string): Promise<string | undefined> {
    const { client } = this.around;
    if (!client) return undefined;
    const login = await within(loginFor(parseImage(image, "image").registry, process.env), PATIENCE);
    const headers = login && { "X-Registry-Auth": Buffer.from(JSON.stringify(login)).toString("base64url") };
    const path = `/distribution/${withTag(image).split("/").map(encodeURIComponent).join("/")}/json`;
    try {
      let text = "";
      for await (const chunk of await client.stream("GET", path, undefined, PATIENCE, headers)) text += String(chunk);
      return (JSON.parse(text) as { Descriptor?: { digest?: string } }).Descriptor?.digest;
    } catch {
      return undefined;
    }
  }
}
