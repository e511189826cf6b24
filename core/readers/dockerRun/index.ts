export { DockerRunError } from "./errors";
export type { Fate, FlagEntry } from "./draft";
export { FLAGS } from "./flags";
export { parseDockerLines } from "./pasted";
export { type DockerRun, parseDockerRun } from "./run";
export type { DockerRunContext } from "./context";
