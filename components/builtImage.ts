import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { buildForNodes, buildImage } from "../core/engines/dockerApi/images/build";
import { providerOf, sessionFor } from "../core/engines/dockerApi/session";
import { chosenEngine } from "../core/engines/engine";
import { parseImage } from "../core/description/names";
import type { BuildDescription } from "../core/description/project";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link BuiltImage}. */
export interface BuiltImageArgs extends BuildDescription {
  /** Folder that is sent to the engine, without what its `.dockerignore` leaves out. Relative paths start at the project folder. */
  context: string;
  /** Name and tag of the image. @default the component's name */
  name?: string;
  /** `linux/amd64` and the like. @default the engine's own */
  platform?: string;
  /** Remove the image with the stack. Needs one `up` before the destroy. @default false */
  removeImage?: boolean;
}

/**
 * An image that the engine builds from a folder. Its content decides about building again: files, build
 * arguments, stage and other options; not dates, owners or the place of the folder. Services that use it are
 * replaced when it changes. The documented builds with `-t` and `-f` (C2, D1).
 *
 * @example
 * // docker build -t app -f docker/Dockerfile .
 * const app = new BuiltImage("app", { context: ".", dockerfile: "docker/Dockerfile" });
 * new Service("web", { image: app.imageName, ports: ["8080:80"] });
 *
 * @throws pulumi.ResourceError where the folder or the Dockerfile is missing, before anything is made
 */
export class BuiltImage extends pulumi.ComponentResource {
  /**
   * To be used as `image` of services, which are declared after this. On `swarm` and `kubernetes` its tag is its
   * content's digest, and it is pushed to the registry of the setting `berth:registry`.
   */
  readonly imageName: pulumi.Input<string>;
  /** `sha256:...`; a preview that would build does not know it. */
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, args: BuiltImageArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("BuiltImage", name, args);
    const type = "berth:services:BuiltImage";
    const session = sessionFor(providerOf(opts));
    const { name: imageName = name, platform, removeImage = false, ...build } = args;
    const report = reporter(type, name);
    report(() => parseImage(imageName, "name"));
    super(type, name, { name: imageName, context: args.context }, opts);
    const engine = chosenEngine();
    if (engine === "docker") {
      this.imageName = imageName;
      const built = report(() => buildImage(session, imageName, build, { argument: "", keep: !removeImage, platform }));
      this.imageId = built.imageId;
    } else {
      const built = report(() => buildForNodes(session, imageName, build, { argument: "", platform, engine }));
      this.imageName = built.name;
      this.imageId = built.id;
    }
    this.registerOutputs({});
  }
}
