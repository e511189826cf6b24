/** `pulumi-berth/host`: the machine that an engine runs on. */
export { DockerEngine, type DockerEngineArgs } from "../dockerEngine";
export { DaemonConfig, type DaemonConfigArgs } from "../daemonConfig";
export { NvidiaToolkit, type NvidiaToolkitArgs } from "../nvidiaToolkit";
