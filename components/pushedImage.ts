import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { type ImageSource, knownImage } from "../core/engines/dockerApi/images/imageSource";
import { withTag } from "../core/description/names";
import {
  type Credentials,
  preparePush,
  pushImage,
  type RegistryOptions,
  registryOf,
} from "../core/engines/dockerApi/images/push";
import { providerOf, sessionFor } from "../core/engines/dockerApi/session";
import { reporter } from "../core/pulumi/componentErrors";

export type { Credentials };

/** Arguments of {@link PushedImage}. */
export interface PushedImageArgs extends RegistryOptions {
  /** A `BuiltImage`, or the name of an image that is on the engine. */
  image: ImageSource;
  /** Where to: `registry.example:5000/team/app:1.4`; without a registry, Docker Hub. @default tag "latest" */
  name: string;
}

/**
 * An image of the engine in a registry. Documented setup D2: `docker login`, `docker tag`, `docker push`.
 *
 * It is pushed where its id is another one than the last time, and not otherwise; after `pulumi refresh` also where
 * the registry has lost it. Before each push the engine logs in, so that a wrong password or a registry that is not
 * there is one sentence. A destroy leaves the image in the registry unless `keepRemotely` is false, and the tag on the
 * engine.
 *
 * @example
 * // docker login registry.example && docker tag app registry.example/team/app:1.4 && docker push registry.example/team/app:1.4
 * const app = new BuiltImage("app", { context: "." });
 * const pushed = new PushedImage("app", {
 *   image: app,
 *   name: "registry.example/team/app:1.4",
 *   credentials: { username: "ci", password: config.requireSecret("password") },
 * });
 * new Service("web", { image: pushed.digest }); // just this content, whoever moves the tag
 *
 * @throws pulumi.ResourceError where the image is not on the engine, or its login cannot be found, before anything
 *   is made
 */
export class PushedImage extends pulumi.ComponentResource {
  /** `name` with its tag, known when the image is there. */
  readonly imageName: pulumi.Output<string>;
  /** What was pushed, for services to pin: `registry.example/team/app@sha256:...`. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: PushedImageArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("PushedImage", name, args);
    const type = "berth:services:PushedImage";
    const session = sessionFor(providerOf(opts));
    const report = reporter(type, name);
    const { image, name: target, ...options } = args;
    const { push, source } = report(() => ({
      push: preparePush(target, options),
      source: knownImage(session, image, "image"),
    }));
    super(type, name, { image: source.name, name: target }, opts);

    const sameName = typeof source.name === "string" && withTag(source.name) === withTag(target);
    const tag = sameName
      ? undefined
      : new docker.Tag(
          name,
          { sourceImage: source.name, targetImage: target, tagTriggers: [source.id] },
          session.shared({ parent: this }),
        );
    const pushed = pushImage(session, push, {
      name,
      triggers: { image: source.id },
      parent: this,
      dependsOn: tag && [tag],
    });
    const repository = withTag(target).replace(/:[^:/]*$/, "");
    this.imageName = pushed.name.apply(withTag);
    // Its digest in the state follows the registry; its id stays what was pushed.
    this.digest = pulumi.interpolate`${repository}@${pushed.id}`;
    pulumi.all([pushed.id, pushed.sha256Digest, pushed.urn]).apply(([ours, there, urn]) => {
      if (there && ours !== there)
        void pulumi.log.warn(
          say`${target} at ${registryOf(push.parsed)} is another image by now (${there}), which somebody else has pushed; \`pulumi up --replace '${urn}'\` pushes this stack's (${ours}) again.`,
          this,
        );
    });
    this.registerOutputs({ imageName: this.imageName, digest: this.digest });
  }
}
