import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../description/errors";
import { noteRefusal } from "./allOrNothing";
import { snakeCase } from "../description/snakeCase";

/** How a typed service calls what the description calls otherwise, so that errors name what the user wrote. */
export type ArgumentNames = Record<string, string>;

/** Runs a check; shows a wrong argument as one sentence that names the component, everything else with its stack. */
export type Report = <T>(run: () => T) => T;

/** The compose file that a component comes from; errors then speak its language. */
export interface ReportSource {
  /** `services.web` */
  path: string;
  /** Says a refusal by its place in the file; undefined where it stands in none. */
  locate?(error: ArgumentError): ArgumentError | undefined;
}

/** Of what begins with its place in a file already. */
export const PLACED: ReportSource = { path: "", locate: (error) => error };

/**
 * An error that ends the program with one sentence. It may come late, out of an Output that a resource waits for: the SDK
 * then writes which of the resource's properties it was in front, which says nothing to anybody, so that is not taken.
 */
export function sentence(message: string, resource?: pulumi.Resource): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, resource, true);
  Object.defineProperty(error, "message", { get: () => message, set: () => {} });
  // For a trace that nobody reads, the SDK inspects the whole error, which can take Node many seconds.
  Object.defineProperty(error, inspect.custom, { value: () => message });
  return error;
}

/**
 * @param type type token of the component, e.g. `berth:services:Nginx`
 * @param names the component's own names for paths of the description, e.g. `{ "ports[0].published": "port" }`
 */
export function reporter(type: string, name: string, names: ArgumentNames = {}, source?: ReportSource): Report {
  return (run) => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      const refusal = sentence(source ? inFile(error, source) : inCode(error));
      noteRefusal(refusal);
      throw refusal;
    }
  };

  function inCode(error: ArgumentError): string {
    const { argument, problem, remedy } = error;
    const path = Object.keys(names).find((candidate) => argument === candidate || argument.startsWith(`${candidate}.`));
    const { message } = path === undefined ? error : new ArgumentError(names[path]!, problem, remedy);
    return `${type.split(":").at(-1)} "${name}": ${message}`;
  }
}

function inFile(error: ArgumentError, { path, locate }: ReportSource): string {
  const { argument, problem, remedy } = error;
  return locate?.(error)?.message ?? new ArgumentError(`${path}.${snakeCase(argument)}`, problem, remedy).message;
}
