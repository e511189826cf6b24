import * as pulumi from "@pulumi/pulumi";
import { GpuWorkspace, type GpuWorkspaceArgs } from "../components/gpuWorkspace";
import { choice, flag, list, readSettings, records, text } from "./lib/settings";
import { say } from "../core/description/say";

export const settings = {
  people: records<GpuWorkspaceArgs["people"][number]>(
    say`Who works here: name, gpus, port, folder, and if wanted image, memLimit, cpus, authorizedKeys, shareGpus`,
  ),
  image: text("pytorch/pytorch", say`Image of whoever has none of their own`),
  shared: list([], say`Folders that everybody reads, e.g. /data:/data`),
  hostPid: flag(true, say`Show the host's processes, so that nvidia-smi names who uses what`),
  runtime: choice(["device-requests", "nvidia"], "device-requests", say`How the engine is asked for GPUs`),
};

export const sample = {
  "workspace:people": JSON.stringify([
    { name: "ada", gpus: [0], port: 6001, targetPort: 8888, folder: "/export/ada" },
    { name: "lin", gpus: [1], port: 6002, targetPort: 8888, folder: "/export/lin" },
  ]),
};

/**
 * Several people on one GPU server, each with a container, GPUs, a port and a folder of their own. Documented setup E6:
 * isolation by `NVIDIA_VISIBLE_DEVICES`, `--pid=host`.
 */
export function program() {
  const { people, runtime, ...rest } = readSettings("workspace", settings);
  if (people.length === 0)
    throw new pulumi.RunError(
      say`workspace:people: names nobody; add one with \`pulumi config set --path 'workspace:people[0].name' ada\`, and gpus[0], port, folder likewise.`,
    );
  const workspace = new GpuWorkspace("workspace", {
    ...rest,
    people,
    runtime: runtime === "nvidia" ? runtime : undefined,
  });
  return { endpoints: workspace.endpoints };
}
