import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { providerOf, sessionFor } from "../core/engines/dockerApi/session";
import { chosenEngine } from "../core/engines/engine";
import { ArgumentError } from "../core/description/errors";
import { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link GpuCheck}. */
export interface GpuCheckArgs extends Pick<GpuContainerArgs, "containerName" | "gpus" | "runtime" | "engine"> {
  /** An image in which `nvidia-smi` runs; the toolkit brings the program itself. @default "nvidia/cuda:12.4.1-base-ubuntu22.04" */
  image?: pulumi.Input<string>;
}

/** A GPU as the driver shows it. */
export interface GpuDevice {
  /** Number of the GPU on its host, from 0 on. */
  index: number;
  /** Name that stays the same over restarts of the host: `GPU-...`. */
  uuid: string;
  /** Model, e.g. `NVIDIA A100-SXM4-80GB`. */
  name: string;
  /** MiB. */
  memory: number;
  /** Version of the host's driver. */
  driverVersion: string;
}

/** In this order, as `nvidia-smi --query-gpu` takes them. */
const FIELDS = ["index", "uuid", "name", "memory.total", "driver_version"];

/**
 * Looks once whether containers get their GPUs: runs `nvidia-smi` in one, whose answer is an output. It runs again
 * when its image or its GPUs change, and not otherwise: the container that has ended stays, with its answer.
 * Documented setup E3, `docker run --runtime=nvidia --rm nvidia/cuda nvidia-smi`; the image has no tag `latest` any
 * more, and `--rm` would throw the answer away.
 *
 * @example
 * const check = new GpuCheck("gpus", { runtime: "nvidia" });
 * export const gpus = check.devices;
 *
 * @throws pulumi.ResourceError where the engine gives no GPU, with what nvidia-smi says
 */
export class GpuCheck extends GpuContainer {
  /** What the container sees; known after the first `up`. */
  readonly devices: pulumi.Output<GpuDevice[]>;

  constructor(name: string, args: GpuCheckArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("GpuCheck", name, args);
    const type = "berth:services:GpuCheck";
    const report = reporter(type, name);
    report(() => {
      if ((args.engine ?? chosenEngine()) !== "docker")
        throw new ArgumentError(
          "engine",
          say`only a Docker engine keeps the answer of a container that has ended where berth can read it`,
          say`leave it out there`,
        );
    });
    super(
      name,
      {
        image: "nvidia/cuda:12.4.1-base-ubuntu22.04",
        ...args,
        sharedMemory: "engine",
        command: ["nvidia-smi", `--query-gpu=${FIELDS.join(",")}`, "--format=csv,noheader,nounits"],
        service: { mode: "replicated-job" },
      },
      opts,
      type,
    );
    const { client } = sessionFor(providerOf(opts));
    this.devices = pulumi.all([this.containerId, this.ready]).apply(async ([id]) => {
      // Under mocks and in a plan there is nobody to ask.
      if (!client) return [];
      const lines = await client.lastLines(id, 1000);
      return report(() => parseDevices(lines));
    });
  }
}

/**
 * Reads the answer of `nvidia-smi --query-gpu`.
 *
 * @throws ArgumentError where it is none
 */
export function parseDevices(lines: string[]): GpuDevice[] {
  const devices = lines.map((line): GpuDevice | undefined => {
    const [index = "", uuid = "", name = "", memory = "", driverVersion = "", extra] = line
      .split(",")
      .map((part) => part.trim());
    const plain = /^\d+$/.test(index) && /^\w+-[\w-]+$/.test(uuid) && extra === undefined && driverVersion !== "";
    // Parts of a GPU and unified memory have no number of their own.
    return plain ? { index: Number(index), uuid, name, memory: Number(memory) || 0, driverVersion } : undefined;
  });
  const known = devices.filter((device) => device !== undefined);
  if (known.length === 0)
    throw new ArgumentError(
      "image",
      say`nvidia-smi named no GPU: ${lines.slice(-3).join(" / ") || say`it said nothing`}`,
      say`run \`nvidia-smi\` on the host itself, and look whether the NVIDIA Container Toolkit is set up`,
    );
  return known;
}
