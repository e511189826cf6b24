import { createInterface } from "node:readline";
import { parseImage, withTag } from "../../../description/names";
import { isSaid, say, withoutStop } from "../../../description/say";
import { type EngineClient, EngineError } from "../connection/client";
import { type Tell, untold } from "../../../pulumi/progress";
import { HUB_HOST, loginFor, type RegistryLogin } from "./pushCredentials";

const DENIED = /denied|unauthorized|authoriz|authentication|credentials|\b40[13]\b/i;

/**
 * Has the engine fetch an image that it does not have, as `docker pull` does, with what `docker login` has left. The
 * provider does not say why it cannot: it passes over what the engine answers while it fetches.
 *
 * @param otherLogins the provider has logins of its own: where this one is denied, it may still fetch the image
 * @param mirror its name at a mirror, where it is fetched first and then called by its own name
 * @throws Error with what was asked, what was answered, and what helps
 */
export async function fetchImage(
  client: EngineClient,
  name: string,
  { platform, otherLogins = false, mirror, tell = untold }: FetchOptions = {},
): Promise<void> {
  const image = parseImage(name, "image");
  // An id alone names no place to fetch it from.
  if (image.repository === "" || (await client.find(`/images/${name}/json`))) return;
  // What is named by its digest could not be called by that afterwards.
  const elsewhere = image.digest === undefined ? mirror : undefined;
  let first = "";
  if (elsewhere !== undefined) {
    // Somebody else's name stays.
    const had = await client.find(`/images/${withTag(elsewhere)}/json`);
    const there = await pull(client, elsewhere, name, { platform, tell });
    if (there.failure === undefined) return rename(client, withTag(elsewhere), withTag(name), had !== undefined);
    first = say`from its mirror as ${elsewhere} (${plain(there.failure)}), nor `;
  }
  const { failure, login } = await pull(client, name, name, { platform, tell });
  if (failure === undefined || (otherLogins && DENIED.test(failure))) return;
  const words = plain(failure);
  throw new Error(
    say`image: ${withTag(name)} cannot be fetched ${first}from ${image.registry || HUB_HOST} (${words}); ${remedy(name, words, login)}.`,
  );
}

const plain = (words: string): string => withoutStop(words.trim().replace(/\s+/g, " "));

interface FetchOptions {
  platform?: string;
  otherLogins?: boolean;
  mirror?: string;
  tell?: Tell;
}

/** Has the engine fetch what has a name, for an image that is told of by its own. */
async function pull(
  client: EngineClient,
  from: string,
  name: string,
  { platform, tell = untold }: FetchOptions,
): Promise<{ failure?: string; login?: RegistryLogin }> {
  const image = parseImage(from, "image");
  const login = await loginFor(image.registry, process.env);
  const fromImage = `${image.registry && `${image.registry}/`}${image.repository}`;
  const query = new URLSearchParams({ fromImage, tag: image.digest ?? image.tag ?? "latest" });
  if (platform) query.set("platform", platform);
  const layers = new Layers();
  const failure = await ask(client, `/images/create?${query}`, login, (line) => {
    layers.take(line);
    void tell(() => say`fetching ${withTag(name)}: ${layers}`);
  });
  return { failure, login };
}

/** Calls an image by another name, and where nobody needs it no more by the one that it has. */
async function rename(client: EngineClient, from: string, to: string, keep: boolean): Promise<void> {
  const at = to.lastIndexOf(":");
  const query = new URLSearchParams({ repo: to.slice(0, at), tag: to.slice(at + 1) });
  await client.raw("POST", `/images/${from}/tag?${query}`);
  if (!keep) await client.raw("DELETE", `/images/${from}?noprune=1`);
}

/** A line of what the engine says while it fetches. */
interface PullLine {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
}

/** How far the layers of an image are. */
class Layers {
  private readonly layers = new Map<string, { done: boolean; current: number; total: number }>();

  take({ id, status = "", progressDetail = {} }: PullLine): void {
    // The first line has the tag in the place of a layer.
    if (id === undefined || status.startsWith("Pulling from")) return;
    const layer = this.layers.get(id) ?? { done: false, current: 0, total: 0 };
    const { current = 0, total = 0 } = progressDetail;
    // Unpacking counts from the beginning again.
    if (status === "Downloading") Object.assign(layer, { current, total });
    if (/^(Download complete|Extracting|Pull complete|Already exists)/.test(status)) layer.current = layer.total;
    if (/^(Pull complete|Already exists)/.test(status)) layer.done = true;
    this.layers.set(id, layer);
  }

  /** `3 of 7 layers, 42 of 187 MiB`; what a layer weighs is known when it is begun. */
  toString(): string {
    const all = [...this.layers.values()];
    const sum = (part: "current" | "total") =>
      (all.reduce((bytes, layer) => bytes + layer[part], 0) / 2 ** 20).toFixed(0);
    const done = all.filter((layer) => layer.done).length;
    return say`${done} of ${all.length} layers, ${sum("current")} of ${sum("total")} MiB`;
  }
}

/** @returns what the engine says where it cannot: at once, or at the end of what it says meanwhile */
async function ask(
  client: EngineClient,
  path: string,
  login: RegistryLogin | undefined,
  take: (line: PullLine) => void,
): Promise<string | undefined> {
  const headers = login && { "X-Registry-Auth": Buffer.from(JSON.stringify(login)).toString("base64url") };
  let failure: string | undefined;
  try {
    const lines = createInterface({ input: await client.stream("POST", path, undefined, undefined, headers) });
    for await (const text of lines) {
      const line = lineOf(text);
      failure = line.error ?? failure;
      take(line);
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw client.gone(error as Error);
    return error.message;
  }
  return failure;
}

function lineOf(text: string): PullLine {
  try {
    return JSON.parse(text) as PullLine;
  } catch {
    return {};
  }
}

/** What helps, by the words of the engine and of registries. */
export function remedy(name: string, words: string, login?: RegistryLogin): string {
  const { registry, tag, digest } = parseImage(name, "image");
  const host = registry || HUB_HOST;
  const logIn = say`log in with \`docker login${registry && ` ${registry}`}\``;
  // A mirror stands in for Docker Hub alone.
  const way = registry
    ? say`a proxy ("proxies" in its daemon.json)`
    : say`a mirror or a proxy ("registry-mirrors" or "proxies" in its daemon.json)`;
  if (/no space left/i.test(words))
    return say`make room on the engine's disk (\`docker system df\` shows what takes it)`;
  if (/toomanyrequests|rate limit|\b429\b/i.test(words)) return say`wait, ${logIn}, or give the engine ${way}`;
  if (/HTTP response to HTTPS client|x509|certificate/i.test(words))
    return say`add ${host} to "insecure-registries" in the engine's daemon.json, or give the engine its certificate`;
  if (
    /dial (tcp|udp)|no such host|timeout|deadline exceeded|refused|reset by peer|unreachable|proxyconnect|\bEOF\b|misbehaving|\b50\d\b/i.test(
      words,
    ) ||
    isSaid(words, "no answer within {0} s")
  )
    return registry
      ? say`correct the name, give the engine ${way}, or bring the image with \`docker load\``
      : say`give the engine ${way}, or bring the image with \`docker load\``;
  if (/no match(ing manifest)? for|platform/i.test(words)) return say`name a platform or a tag that the image has`;
  if (DENIED.test(words))
    return login
      ? say`correct the name, or ${logIn} as somebody who may read it`
      : say`correct the name, or, where the image is private, ${logIn}`;
  if (/manifest unknown|name unknown|not found|\b404\b/i.test(words))
    return (tag ?? digest) === undefined ? say`correct the name, or name a tag` : say`correct the name or the tag`;
  return say`try \`docker pull ${name}\` on the engine's host`;
}
