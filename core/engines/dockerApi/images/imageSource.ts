import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { say } from "../../../description/say";
import { isLate } from "../../../pulumi/outputs";
import { ArgumentError, show } from "../../../description/errors";
import { isId, parseImage, withTag } from "../../../description/names";
import type { Session } from "../session";

/** An image of the engine: one that this program builds (`BuiltImage`), or its name. */
export type ImageSource = pulumi.Input<string> | { imageName: pulumi.Input<string>; imageId: pulumi.Output<string> };

/** An image whose content is told by its id. */
export interface KnownImage {
  name: pulumi.Input<string>;
  /** `sha256:...`; not known in a preview that would change it. */
  id: pulumi.Output<string>;
}

/** What an engine says about an image. */
export interface ImageInspect {
  Id: string;
}

/**
 * Finds an image's id: as this program makes it, or as it is on the engine.
 *
 * @throws ArgumentError where it is neither
 */
export function knownImage(session: Session, source: ImageSource, argument: string): KnownImage {
  if (source !== null && typeof source === "object" && "imageId" in source)
    return { name: source.imageName, id: source.imageId };
  if (isLate(source)) {
    const name = pulumi.output(source as pulumi.Input<string>).apply((plain) => checked(plain, argument));
    return { name, id: name.apply((plain) => pulumi.output(idOnEngine(session, plain, argument))) };
  }
  const name = checked(source as string, argument);
  const declared = session.declaredImage(name);
  if (declared) return { name, id: declared.imageId };
  if (session.snapshot && !name.includes("@") && !isId(name) && !session.snapshot.images.includes(withTag(name)))
    throw missing(name, argument);
  return { name, id: pulumi.output(idOnEngine(session, name, argument)) };
}

function checked(name: string, argument: string): string {
  if (typeof name !== "string")
    throw new ArgumentError(argument, say`${show(name)} is no image`, say`give a BuiltImage, or the name of an image`);
  parseImage(name, argument);
  return name;
}

const missing = (name: string, argument: string) =>
  new ArgumentError(
    argument,
    say`${name} is not on the engine`,
    say`build, pull or load it first, or correct the name`,
  );

function idOnEngine(session: Session, name: string, argument: string): pulumi.Input<string> {
  const { client } = session;
  // An engine that only the provider reaches, or none in a plan.
  if (!client) return docker.getRemoteImageOutput({ name }, session.shared()).id;
  return client.find<ImageInspect>(`/images/${name}/json`).then((image) => {
    if (image) return image.Id;
    // What another component of this program is to bring.
    if (pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as string;
    throw new pulumi.ResourceError(missing(name, argument).message, undefined, true);
  });
}
