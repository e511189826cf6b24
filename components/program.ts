import { chosenEngine } from "../core/engines/engine";
import { allOrNothing, untilChecked } from "../core/pulumi/allOrNothing";
import { hasPulumiEngine } from "../core/pulumi/perProgram";
import { connect } from "./parts/connect";

/**
 * A Pulumi program made of components: it looks at the engine first, so that what only the engine knows (ports in
 * use, networks, routes) is refused at preview, and it makes everything or nothing. Without it the resources in front
 * of a wrong argument are made.
 *
 * @param declare declares the components and returns the stack's outputs; synchronous, for what comes after an `await`
 * cannot be held back
 * @returns what a Pulumi program exports
 * @throws pulumi.RunError where no engine answers; whatever `declare` throws
 *
 * @example
 * export = program(() => {
 *   const web = new Nginx("web", { port: 8080 });
 *   return { url: web.siteUrl };
 * });
 */
export const program =
  <T extends object>(declare: () => T): (() => Promise<T>) =>
  async () => {
    if (hasPulumiEngine()) await connect([chosenEngine()]);
    const outputs = allOrNothing(declare);
    await untilChecked();
    return outputs;
  };
