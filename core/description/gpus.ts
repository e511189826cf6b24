import { ArgumentError, checkFields, show } from "./errors";
import type { GpuDescription } from "./types";
import { listed, say } from "./say";

/** What a container may do with its GPUs (`NVIDIA_DRIVER_CAPABILITIES`). */
export const DRIVER_CAPABILITIES = ["compute", "compat32", "graphics", "utility", "video", "display", "ngx"] as const;
export type DriverCapability = (typeof DRIVER_CAPABILITIES)[number];

/**
 * Which GPUs of the host: all, so many, or particular ones by index (`0`), UUID (`GPU-...`), MIG device (`MIG-...`,
 * or `0:1` for the second part of the first GPU).
 */
export type GpuChoice = "all" | "none" | { count: number } | (number | string)[];

export interface GpuRequestOptions {
  /** @default what the engine gives by itself: utility and compute */
  capabilities?: DriverCapability[];
  /** Options of the driver. Device requests only. */
  options?: Record<string, string>;
}

const UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const DEVICE = new RegExp(`^(\\d+|\\d+:\\d+|GPU-${UUID}|MIG-${UUID}|MIG-GPU-${UUID}/\\d+/\\d+)$`, "i");
const HELP = say`use "all", "none", { count: 2 }, or a list such as [0, 1] or ["GPU-..."]`;

/**
 * Reads a choice of GPUs: the ids as text, or how many.
 *
 * @throws ArgumentError for what names no device, or one twice
 */
export function parseGpuChoice(choice: GpuChoice, argument: string): "all" | "none" | number | string[] {
  if (choice === "all" || choice === "none") return choice;
  if (Array.isArray(choice)) {
    const ids = choice.map((id, index) => {
      const text = String(id);
      if (!["number", "string"].includes(typeof id) || !DEVICE.test(text))
        throw new ArgumentError(
          `${argument}[${index}]`,
          say`${show(id)} is not a GPU`,
          say`use an index such as 0, or a UUID as \`nvidia-smi -L\` prints it`,
        );
      return text;
    });
    if (ids.length === 0)
      throw new ArgumentError(argument, say`names no GPU`, say`use "none" for a container without one`);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw new ArgumentError(argument, say`names the GPU ${twice} twice`, say`name each once`);
    return ids;
  }
  if (choice === null || typeof choice !== "object")
    throw new ArgumentError(argument, say`${show(choice)} is no choice of GPUs`, HELP);
  checkFields(choice, ["count"], argument, say`a choice of GPUs`);
  if (!Number.isInteger(choice.count) || choice.count < 1)
    throw new ArgumentError(
      `${argument}.count`,
      say`${show(choice.count)} is not a number of GPUs`,
      say`use 1 or more`,
    );
  return choice.count;
}

function checkCapabilities(capabilities: DriverCapability[] | undefined, argument: string): void {
  for (const [index, capability] of (capabilities ?? []).entries())
    if (!DRIVER_CAPABILITIES.includes(capability))
      throw new ArgumentError(
        `${argument}[${index}]`,
        say`${show(capability)} is not a capability of the driver`,
        say`use ${listed(DRIVER_CAPABILITIES)}`,
      );
}

/** The choice as requests to the engine (`docker run --gpus`); none for a container without GPUs. */
export function deviceRequests(
  choice: GpuChoice,
  { capabilities, options }: GpuRequestOptions,
  argument = "gpus",
): GpuDescription[] | undefined {
  const parsed = parseGpuChoice(choice, argument);
  checkCapabilities(capabilities, "capabilities");
  if (parsed === "none") return undefined;
  const request = { capabilities: ["gpu", ...(capabilities ?? [])], options };
  if (parsed === "all") return [{ count: "all", ...request }];
  return [typeof parsed === "number" ? { count: parsed, ...request } : { deviceIds: parsed, ...request }];
}

/**
 * The choice as variables that the NVIDIA runtime reads (`docker run --runtime=nvidia -e NVIDIA_VISIBLE_DEVICES=0`).
 *
 * @throws ArgumentError for a count: the runtime knows only names
 */
export function visibleDevices(
  choice: GpuChoice,
  { capabilities, options }: GpuRequestOptions,
  argument = "gpus",
): Record<string, string> {
  const parsed = parseGpuChoice(choice, argument);
  checkCapabilities(capabilities, "capabilities");
  if (typeof parsed === "number")
    throw new ArgumentError(
      argument,
      say`the NVIDIA runtime knows GPUs by index or UUID only, not by number`,
      say`name them, e.g. [0, 1], or leave out runtime`,
    );
  if (options !== undefined)
    throw new ArgumentError("options", say`the NVIDIA runtime takes none`, say`remove it, or leave out runtime`);
  return {
    NVIDIA_VISIBLE_DEVICES: Array.isArray(parsed) ? parsed.join(",") : parsed,
    ...(capabilities ? { NVIDIA_DRIVER_CAPABILITIES: capabilities.join(",") } : {}),
  };
}
