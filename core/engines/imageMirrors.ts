import { ArgumentError, show } from "../description/errors";
import { parseImage } from "../description/names";
import { say } from "../description/say";
import { berthSetting } from "../pulumi/settings";
import { settingMap } from "./settingMap";

const ARGUMENT = "berth:imageMirrors";
/** Names of Docker Hub, which images leave out. */
const HUB = ["", "docker.io", "index.docker.io", "registry-1.docker.io"];

const keyOf = (registry: string): string => (HUB.includes(registry) ? "docker.io" : registry);

/**
 * Reads the value of `berth:imageMirrors`: where images of a registry are fetched in its place.
 *
 * @throws ArgumentError where it is no map of registries and prefixes
 */
export function readMirrors(text: string | undefined): ReadonlyMap<string, string> {
  const mirrors = new Map<string, string>();
  const entries = settingMap(text);
  const remedy = say`set it with \`pulumi config set --path '${ARGUMENT}["docker.io"]' mirror.example\``;
  if (!entries)
    throw new ArgumentError(ARGUMENT, say`${show(text)} is no map of registries and what stands in for them`, remedy);
  for (const [registry, prefix] of entries) {
    const at = `${ARGUMENT}[${show(registry)}]`;
    if (parseImage(`${registry}/image`, at).registry !== registry)
      throw new ArgumentError(
        at,
        say`${show(registry)} is no registry`,
        say`use for example docker.io, ghcr.io or quay.io`,
      );
    const plain = typeof prefix === "string" && !/:\/\/|[@\s]|\/$/.test(prefix) ? prefix : undefined;
    if (plain === undefined || parseImage(`${plain}/image`, at).registry === "")
      throw new ArgumentError(
        at,
        say`${show(prefix)} is not the beginning of an image's name`,
        say`use a host with or without a path: mirror.example, or registry.lan:5000/hub`,
      );
    mirrors.set(keyOf(registry), plain);
  }
  return mirrors;
}

let known: { text: string | undefined; mirrors: ReadonlyMap<string, string> } | undefined;

/**
 * The name of an image at the mirror of its registry; undefined where it has none.
 *
 * @throws ArgumentError where the setting cannot be read
 */
export function atMirror(image: string): string | undefined {
  const text = berthSetting("imageMirrors");
  if (text === undefined) return undefined;
  if (known?.text !== text) known = { text, mirrors: readMirrors(text) };
  const { registry, repository, tag, digest } = parseImage(image, "image");
  const prefix = known.mirrors.get(keyOf(registry));
  if (prefix === undefined || repository === "") return undefined;
  const path = keyOf(registry) === "docker.io" && !repository.includes("/") ? `library/${repository}` : repository;
  return `${prefix}/${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The name by which the nodes of a cluster fetch an image: at the mirror of its registry, where it has one. */
export const mirroredImage = <T>(image: T): T | string =>
  typeof image === "string" ? (atMirror(image) ?? image) : image;
