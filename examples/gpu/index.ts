import { GpuWorkspace, program, TrainingContainer } from "pulumi-berth";

/** A training run, and a server that two people share: each has GPUs, a port and a folder of their own. */
export = program(() => {
  // docker run --gpus device=2 -v /data/imagenet:/data/imagenet:ro --shm-size 8g pytorch/pytorch python train.py
  const training = new TrainingContainer("training", {
    image: "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime",
    command: "python train.py",
    gpus: [2],
    volumes: ["/data/imagenet:/data/imagenet:ro"],
    output: ["/home/ada/output:/output"],
  });
  const lab = new GpuWorkspace("lab", {
    image: "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime",
    people: [
      { name: "ada", gpus: [0], folder: "/home/ada", memLimit: "64g", command: "sleep infinity" },
      { name: "lin", gpus: [1], folder: "/home/lin", memLimit: "64g", command: "sleep infinity" },
    ],
  });
  return { training: training.containerName, endpoints: lab.endpoints };
});
