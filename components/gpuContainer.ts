import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { type DriverCapability, deviceRequests, type GpuChoice, visibleDevices } from "../core/description/gpus";
import type { Bytes, Inputs, MountDescription, PortDescription, ServiceArgs } from "../core/description/types";
import { type ArgumentNames, reporter } from "../core/pulumi/componentErrors";
import { Service, type ServiceOptions } from "./service";
import { withVariables } from "../core/pulumi/variables";

/** Arguments of {@link GpuContainer}. */
export interface GpuContainerArgs extends ServiceOptions {
  /** Image reference. */
  image: pulumi.Input<string>;
  /** Name of the container. @default the component's name */
  containerName?: pulumi.Input<string>;
  /** Arguments for the entrypoint; text is split like a shell would. @default the image's */
  command?: Inputs<string | string[]>;
  /**
   * Which GPUs: `"all"`, `"none"`, `{ count: 2 }`, or by index, UUID or MIG device: `[0, 1]`, `["GPU-..."]`,
   * `["MIG-..."]`.
   * @default "all"
   */
  gpus?: GpuChoice;
  /** What the container may do with them. @default utility and compute, as the NVIDIA toolkit has it */
  capabilities?: DriverCapability[];
  /** Options for the driver; not with `runtime`. */
  driverOptions?: Record<string, string>;
  /**
   * How the engine is asked. Device requests (`docker run --gpus`) are exact; `nvidia` is the way of engines that
   * were set up before them (`--runtime=nvidia -e NVIDIA_VISIBLE_DEVICES=...`).
   * @default device requests
   */
  runtime?: "nvidia";
  /**
   * Size of /dev/shm, which data loaders of PyTorch and others pass their batches through; with the engine's 64 MiB
   * they end with a bus error. Used memory counts against the container's limit. `"host"` shares the host's own
   * (`--ipc=host`), `"engine"` leaves the engine's.
   * @default "8g"
   */
  sharedMemory?: Bytes | "host" | "engine";
  /** Mounts, e.g. `"/data/imagenet:/data:ro"`. */
  volumes?: Inputs<(string | MountDescription)[]>;
  /** Published ports: `"8888:8888"`, or the long form. */
  ports?: Inputs<(string | number | PortDescription)[]>;
  /** Variables of the container: a map, or a list of `NAME=value`. */
  environment?: ServiceArgs["environment"];
  /** Absolute path. @default the image's */
  workingDir?: pulumi.Input<string>;
  /** Hard memory limit. @default none */
  memLimit?: pulumi.Input<Bytes>;
  /** Number of processors. @default no limit */
  cpus?: pulumi.Input<number | string>;
  /** Everything else, in the words of the service description; it wins over the arguments above. */
  service?: Partial<ServiceArgs>;
}

/**
 * A container with GPUs of the host. Documented setups E1, E2 and E4; the note writes `NVIDIA_VISIBLE_DEVICE`, the
 * variable is `NVIDIA_VISIBLE_DEVICES`, and the wrong one gives the container all GPUs.
 *
 * On Swarm the choice becomes generic resources, on Kubernetes `nvidia.com/gpu`; what those cannot say is refused.
 *
 * @example
 * // docker run -d --gpus '"device=0,1"' --shm-size 8g --name train pytorch/pytorch python train.py
 * new GpuContainer("train", { image: "pytorch/pytorch", gpus: [0, 1], command: "python train.py" });
 * @example
 * // E1: docker run -d --runtime=nvidia -e NVIDIA_VISIBLE_DEVICES=0 ...
 * new GpuContainer("tf_img_cls", { image: "tensorflow/tensorflow:1.15.5-gpu", gpus: [0], runtime: "nvidia" });
 *
 * @throws pulumi.ResourceError naming the argument; also where the engine has no GPUs to give
 */
export class GpuContainer extends Service {
  constructor(
    name: string,
    args: GpuContainerArgs,
    opts?: pulumi.ComponentResourceOptions,
    type = "berth:services:GpuContainer",
    names: ArgumentNames = {},
  ) {
    if (type === "berth:services:GpuContainer") checkGiven("GpuContainer", name, args);
    super(
      name,
      reporter(type, name, names)(() => describeGpu(args)),
      opts,
      type,
      { shmSize: "sharedMemory", "gpus[0]": "gpus", ...names },
    );
  }
}

/** The arguments in the words of the service description. */
export function describeGpu(args: GpuContainerArgs): ServiceArgs & ServiceOptions {
  const {
    gpus = "all",
    capabilities,
    driverOptions,
    runtime,
    sharedMemory = "8g",
    environment,
    service: { environment: more, ...service } = {},
    ...rest
  } = args;
  const request = { capabilities, options: driverOptions };
  const byRuntime = runtime !== undefined;
  const own = byRuntime ? visibleDevices(gpus, request) : {};
  const devices = byRuntime ? undefined : deviceRequests(gpus, request);
  return {
    ...rest,
    runtime,
    gpus: devices,
    environment: withVariables(withVariables(own, environment) as Record<string, pulumi.Input<string>>, more),
    ...(sharedMemory === "host" ? { ipc: "host" } : sharedMemory === "engine" ? {} : { shmSize: sharedMemory }),
    ...service,
  };
}
