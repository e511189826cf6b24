import * as pulumi from "@pulumi/pulumi";
import { TERMINAL } from "./terminal";

/** Milliseconds after which work is long. */
const LONG = 3_000;

/** Milliseconds from one line to the next: a terminal shows the last one only, a log keeps every one. */
const pause = () => (process.env[TERMINAL] ? 1_000 : 15_000);

/** Says how far work is: beside its resource, while it lasts, and not more often than can be read. */
export type Tell = (text: () => string | Promise<string>) => Promise<void>;

/** Of work that is told of by nobody. */
export const untold: Tell = async () => {};

/** @param resource whose row it stands in; a hook knows only its URN */
export function progressOf(resource: pulumi.Resource | pulumi.URN): Tell {
  const row = typeof resource === "string" ? ({ urn: pulumi.output(resource) } as pulumi.Resource) : resource;
  let next = Date.now() + LONG;
  return async (text) => {
    if (Date.now() < next) return;
    next = Date.now() + pause();
    await pulumi.log.info(await text(), row, undefined, true);
  };
}
