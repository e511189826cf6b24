import type { ResourceRequirements } from "kubernetes-types/core/v1";
import { ArgumentError } from "../../description/errors";
import { say } from "../../description/say";
import type { GpuRequest, ServiceSpec } from "../../description/service";
import { bytesAsQuantity, compactOrNothing } from "./values";

const GPU = "nvidia.com/gpu";

function processors(cpus: number | undefined): string | undefined {
  if (cpus === undefined) return undefined;
  const thousandths = cpus / 1e6;
  if (!Number.isInteger(thousandths))
    throw new ArgumentError(
      "cpus",
      say`${cpus / 1e9} is finer than a thousandth of a processor, which is the least of Kubernetes`,
      say`use ${Math.max(1, Math.round(thousandths)) / 1000}`,
    );
  return thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}m`;
}

function gpuCount(gpus: GpuRequest[] | undefined): string | undefined {
  let count = 0;
  for (const [index, request] of (gpus ?? []).entries()) {
    const at = `gpus[${index}]`;
    const counts = (field: string, what: string, remedy: string) =>
      new ArgumentError(`${at}.${field}`, say`Kubernetes counts GPUs and cannot ${what}`, remedy);
    const remedy = say`say how many: [{ count: 1 }]`;
    if (request.deviceIds?.length) throw counts("deviceIds", say`choose particular ones`, remedy);
    if (request.count === undefined || request.count === -1) throw counts("count", say`give all of a node`, remedy);
    if (!["", "nvidia"].includes(request.driver))
      throw counts("driver", say`ask for those of ${request.driver}`, say`remove it; the nodes' device plugin decides`);
    if (Object.keys(request.options ?? {}).length)
      throw counts("options", say`pass options`, say`remove them; the nodes' device plugin decides`);
    if (request.capabilities.some((capability) => !["gpu", "nvidia"].includes(capability)))
      throw counts(
        "capabilities",
        say`choose what they are used for`,
        say`set NVIDIA_DRIVER_CAPABILITIES in environment`,
      );
    count += request.count;
  }
  return count ? String(count) : undefined;
}

/** Limits, and what a node has to have free. */
export function resourcesOf({ memLimit, memReservation, cpus, gpus }: ServiceSpec): ResourceRequirements | undefined {
  return compactOrNothing<ResourceRequirements>({
    requests: compactOrNothing({ memory: memReservation ? bytesAsQuantity(memReservation) : undefined }) as
      | Record<string, string>
      | undefined,
    limits: compactOrNothing({
      memory: memLimit === undefined ? undefined : bytesAsQuantity(memLimit),
      cpu: processors(cpus),
      [GPU]: gpuCount(gpus),
    }) as Record<string, string> | undefined,
  });
}
