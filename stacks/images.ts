import * as pulumi from "@pulumi/pulumi";
import { BuiltImage } from "../components/builtImage";
import { ImageArchive, LoadedImages } from "../components/imageArchive";
import { PushedImage } from "../components/pushedImage";
import { flag, list, optionalSecret, readSettings, text } from "./lib/settings";
import { say } from "../core/description/say";

export const settings = {
  image: text("app", say`Name of the image, as it is on the engine or is built; with a tag where it is not latest`),
  context: text(undefined, say`Folder to build it from`),
  dockerfile: text(undefined, say`Dockerfile in that folder, where it has another name`),
  push: text(undefined, say`Reference to push it to: HOST[:PORT]/PATH[:TAG]`),
  username: text(undefined, say`User of the registry; by default what \`docker login\` has left`),
  password: optionalSecret(say`Password of that user`),
  insecure: flag(false, say`The registry speaks plain HTTP; of one on this machine that is known`),
  save: text(undefined, say`File to save it to: .tar or .tar.gz`),
  saveAlso: list([], say`Other images of the engine, saved in the same file`),
  load: text(undefined, say`File to load images from, made by images:save or \`docker save\``),
};

export const sample = { "images:image": "nginx", "images:save": "nginx.tar.gz" };

/**
 * Images built, pushed to a registry, saved to a file and loaded from one, whichever of these is set. Documented
 * setups D1 to D3: `docker build -t -f`, `docker login`, `docker tag`, `docker push`, `docker save -o x.tar.gz`,
 * `docker load -i x.tar.gz`.
 */
export function program() {
  const {
    image: name,
    context,
    dockerfile,
    push,
    username,
    password,
    insecure,
    save,
    saveAlso,
    load,
  } = readSettings("images", settings);
  refuseHalf({ push, context, save, load, username, password, dockerfile, saveAlso });
  const image = context === undefined ? name : new BuiltImage("image", { context, dockerfile, name });
  const pushed =
    push === undefined
      ? undefined
      : new PushedImage("pushed", {
          image,
          name: push,
          insecure: insecure || undefined,
          credentials: username === undefined ? undefined : { username, password: password! },
        });
  const saved =
    save === undefined ? undefined : new ImageArchive("saved", { images: [image, ...saveAlso], file: save });
  const loaded = load === undefined ? undefined : new LoadedImages("loaded", { file: load });
  return {
    ...(typeof image === "string" ? {} : { built: image.imageName }),
    ...(pushed ? { pushed: pushed.imageName, digest: pushed.digest } : {}),
    ...(saved ? { saved: saved.file, sha256: saved.sha256 } : {}),
    ...(loaded ? { loaded: loaded.images } : {}),
  };
}

/** Settings that mean nothing, or not enough, without another one. */
function refuseHalf(given: Record<string, unknown>): void {
  const has = (key: string) => {
    const value = given[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  };
  if (!["context", "push", "save", "load"].some(has))
    throw new pulumi.RunError(
      say`images: nothing is to be done; set images:context, images:push, images:save or images:load.`,
    );
  const needs: [string, string][] = [
    ["username", "password"],
    ["password", "username"],
    ["username", "push"],
    ["dockerfile", "context"],
    ["saveAlso", "save"],
  ];
  for (const [key, other] of needs)
    if (has(key) && !has(other))
      throw new pulumi.RunError(say`images:${key}: has no effect without images:${other}; set that too, or remove it.`);
}
