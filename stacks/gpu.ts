import { GpuCheck } from "../components/gpuCheck";
import { TrainingContainer } from "../components/trainingContainer";
import { say } from "../core/description/say";
import { choice, flag, list, readSettings, text } from "./lib/settings";

export const settings = {
  setup: choice(["E1", "E3"], "E1", say`Training, or only the check that containers get their GPUs`),
  image: text(undefined, say`Image; for E1 it has to be set, the note's is gone`),
  containerName: text("tf_img_cls", say`Name of the container`),
  user: text("username", say`Whose folder /export/<user> is bound`),
  gpus: list(["0"], say`GPUs by index or UUID`),
  runtime: choice(["nvidia", "device-requests"], "nvidia", say`How the engine is asked for GPUs; the note has nvidia`),
  command: text(undefined, say`Program to run; the image's by default`),
  once: flag(false, say`It runs to its end once, and \`up\` waits for that`),
};

/**
 * Training on GPUs of the host, and the check that containers get them. Documented setups E1,
 * `docker run -i -d -v /export/username/:/export/username/ --name=tf_img_cls --net=host --runtime=nvidia
 * -e NVIDIA_VISIBLE_DEVICE=0 ai-image.jdcloud.com`, and E3, `docker run --runtime=nvidia --rm nvidia/cuda nvidia-smi`.
 * The variable is NVIDIA_VISIBLE_DEVICES. As documented, shared memory is the engine's 64 MiB; `TrainingContainer` has
 * more by default.
 */
export function program() {
  const { setup, image, containerName, user, gpus, runtime, command, once } = readSettings("gpu", settings);
  const how = { gpus, runtime: runtime === "nvidia" ? runtime : undefined } as const;
  if (setup === "E3") {
    const check = new GpuCheck("gpu-check", { ...how, gpus: "all", ...(image ? { image } : {}) });
    return { gpus: check.devices };
  }
  const folder = `/export/${user}`;
  const training = new TrainingContainer("training", {
    ...how,
    image: image ?? "tensorflow/tensorflow:1.15.5-gpu",
    containerName,
    command,
    once,
    output: [`${folder}:${folder}`],
    hostNetwork: true,
    sharedMemory: "engine",
    service: { stdinOpen: true },
  });
  return { containerName: training.containerName };
}
