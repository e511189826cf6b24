import { chosenEngine, type EngineName } from "../core/engines/engine";
import { allOrNothing, untilChecked } from "../core/pulumi/allOrNothing";
import { hasPulumiEngine } from "../core/pulumi/perProgram";
import { connect } from "./parts/connect";

/** What a program may say of itself. */
export interface ProgramOptions {
  /** The engine that is looked at first, for a program that is about one alone. @default that of `berth:engine` */
  engine?: EngineName;
}

/**
 * A Pulumi program made of components: it looks at the engine first, so that what only the engine knows (ports in
 * use, networks, routes) is refused at preview, and it makes everything or nothing. Without it the resources in front
 * of a wrong argument are made.
 *
 * @param declare declares the components and returns the stack's outputs; synchronous, for what comes after an `await`
 * cannot be held back
 * @param options which engine it looks at
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
  <T extends object>(declare: () => T, { engine }: ProgramOptions = {}): (() => Promise<T>) =>
  async () => {
    if (hasPulumiEngine()) await connect([engine ?? chosenEngine()]);
    const outputs = allOrNothing(declare);
    await untilChecked();
    return outputs;
  };
