import * as pulumi from "@pulumi/pulumi";

/**
 * Runs a program so that an error in it makes nothing. Resources register in the background; when the
 * third of five arguments is wrong, the first two resources are on their way to the engine already.
 * Registration begins only after the synchronous part, so it can still be stopped there.
 */
export function allOrNothing<T>(program: () => T): T {
  try {
    return program();
  } catch (error) {
    const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown> | undefined;
    // Never answered: the process ends with the error, and the engine has been told of nothing.
    if (monitor) monitor.registerResource = () => {};
    throw error;
  }
}
