import { TrainingContainer } from "../components/trainingContainer";
import { say } from "../core/description/say";
import { readSettings, text } from "./lib/settings";

export const settings = {
  image: text("paddlepaddle/paddle:3.0.0b1-gpu-cuda11.8-cudnn8.6-trt8.5", say`Image reference`),
  containerName: text("paddlex", say`Name of the container`),
};

/**
 * PaddlePaddle with every GPU of the host, kept open for a shell. Documented setup E4,
 * `docker run --gpus all --name paddlex --network=host -it paddlepaddle/paddle:... /bin/bash`; in that shell
 * `python -c "import paddle; paddle.utils.run_check()"` says whether the GPUs work. As documented, shared memory is the
 * engine's 64 MiB.
 */
export function program() {
  const { image, containerName } = readSettings("paddlex", settings);
  const container = new TrainingContainer("paddlex", {
    image,
    containerName,
    gpus: "all",
    command: ["/bin/bash"],
    hostNetwork: true,
    interactive: true,
    sharedMemory: "engine",
  });
  return { shell: container.exec.apply((exec) => `${exec} /bin/bash`), containerName: container.containerName };
}
