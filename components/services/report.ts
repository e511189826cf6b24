import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../spec/errors";

/** How a typed service calls what the description calls otherwise, so that errors name what the user wrote. */
export type ArgumentNames = Record<string, string>;

/** Runs a check; shows a wrong argument as one sentence that names the component, everything else with its stack. */
export type Report = <T>(run: () => T) => T;

/**
 * @param type type token of the component, e.g. `berth:services:Nginx`
 * @param shown the component's path in a compose file, e.g. `services.web`; errors then speak the file's language
 * @param names the component's own names for paths of the description, e.g. `{ "ports[0].published": "port" }`
 */
export function reporter(type: string, name: string, names: ArgumentNames = {}, shown?: string): Report {
  return (run) => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      const { argument, problem, remedy } = error;
      const path = Object.keys(names).find(
        (candidate) => argument === candidate || argument.startsWith(`${candidate}.`),
      );
      const { message } = path === undefined ? error : new ArgumentError(names[path]!, problem, remedy);
      const text =
        shown === undefined
          ? `${type.split(":").at(-1)} "${name}": ${message}`
          : `${shown}.${snakeCase(argument)}: ${problem}; ${remedy}.`;
      throw new pulumi.ResourceError(text, undefined, true);
    }
  };
}

/** `memLimit` is `mem_limit` in a compose file. */
const snakeCase = (path: string) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
