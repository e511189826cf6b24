import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError } from "../core/description/errors";
import { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
import { say } from "../core/description/say";
import { plainList } from "../core/pulumi/plainList";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link TrainingContainer}. */
export interface TrainingContainerArgs extends GpuContainerArgs {
  /** Folders with data, each as `"/host/folder:/folder"`; they are mounted read-only unless `:rw` is said. */
  data?: string[];
  /** Folders that results go to, as `"/host/folder:/folder"` or `"volume:/folder"`. */
  output?: string[];
  /** Folder of the host that logs go to; it is mounted on `logsTarget`. */
  logs?: string;
  /** Absolute path in the container where the logs are written. @default "/logs" */
  logsTarget?: string;
  /** Use the host's network, so that several machines can train together. Not with `ports`. @default false */
  hostNetwork?: boolean;
  /** `"no"`, `"on-failure:3"`, `"unless-stopped"`, `"always"`. @default "no" */
  restart?: "no" | "always" | "unless-stopped" | "on-failure" | `on-failure:${number}`;
  /**
   * Keep a terminal open, so that an interactive program such as `bash` goes on (`docker run -it`).
   * @default false
   */
  interactive?: boolean;
  /** It runs to its end once; `up` waits for that, and fails where it fails. @default false */
  once?: boolean;
}

/**
 * A container that trains: data comes in read-only, results and logs go out to folders that stay. Documented setups
 * E1 and E4.
 *
 * @example
 * // E1: docker run -i -d -v /export/username/:/export/username/ --name=tf_img_cls --net=host --runtime=nvidia
 * //     -e NVIDIA_VISIBLE_DEVICES=0 image
 * new TrainingContainer("tf_img_cls", {
 *   image: "tensorflow/tensorflow:1.15.5-gpu",
 *   output: ["/export/username:/export/username"],
 *   hostNetwork: true,
 *   gpus: [0],
 *   runtime: "nvidia",
 * });
 *
 * @throws pulumi.ResourceError naming the argument
 */
export class TrainingContainer extends GpuContainer {
  constructor(name: string, args: TrainingContainerArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("TrainingContainer", name, args);
    const type = "berth:services:TrainingContainer";
    super(
      name,
      reporter(type, name)(() => describe(args)),
      opts,
      type,
      mountNames(args),
    );
  }
}

/** Which argument each mount comes from, for errors. */
function mountNames({ data = [], output = [], logs, service }: TrainingContainerArgs): Record<string, string> {
  if (service?.volumes) return {};
  const given = [
    ...data.map((_, index) => `data[${index}]`),
    ...output.map((_, index) => `output[${index}]`),
    ...(logs === undefined ? [] : ["logs"]),
  ];
  return Object.fromEntries(given.map((argument, index) => [`volumes[${index}]`, argument]));
}

function describe(args: TrainingContainerArgs): GpuContainerArgs {
  const {
    data = [],
    output = [],
    logs,
    logsTarget = "/logs",
    hostNetwork = false,
    restart,
    interactive = false,
    once = false,
    volumes,
    service,
    ...rest
  } = args;
  if (hostNetwork && rest.ports !== undefined)
    throw new ArgumentError(
      "ports",
      say`cannot be published on the host's network`,
      say`remove it: with hostNetwork the program listens on the host's ports itself`,
    );
  if (once && restart !== undefined && !/^(no|on-failure)/.test(restart))
    throw new ArgumentError(
      "restart",
      say`${restart} would start again what has ended well`,
      say`use "on-failure", or remove once`,
    );
  const mounts = [
    ...data.map((mount, index) => readOnly(mount, `data[${index}]`)),
    ...output,
    ...(logs === undefined ? [] : [`${logs}:${logsTarget}`]),
  ];
  return {
    ...rest,
    volumes: mounts.length ? [...mounts, ...plainList(volumes, "volumes")] : volumes,
    service: {
      ...(restart === undefined ? {} : { restart }),
      ...(hostNetwork ? { networkMode: "host" } : {}),
      ...(interactive ? { tty: true, stdinOpen: true } : {}),
      ...(once ? { mode: "replicated-job" } : {}),
      ...service,
    },
  };
}

/** A mount that is read-only unless it says otherwise. */
export function readOnly(mount: string, argument: string): string {
  const parts = typeof mount === "string" ? mount.split(":") : [];
  if (parts.length < 2)
    throw new ArgumentError(
      argument,
      say`${JSON.stringify(mount)} names no folder in the container`,
      say`use "/host/folder:/folder"`,
    );
  return parts.length === 2 ? `${mount}:ro` : mount;
}
