import { GpuCheck, parseDevices } from "../../../components/gpuCheck";
import { GpuContainer, type GpuContainerArgs } from "../../../components/gpuContainer";
import { TrainingContainer, type TrainingContainerArgs } from "../../../components/trainingContainer";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import { CONTAINER, value, world } from "../mocks";
import { refusal, sentence } from "../refusal";

const IMAGE = "pytorch/pytorch";

/** What the provider is asked for. */
async function made(make: () => unknown) {
  const w = await world();
  make();
  await w.done();
  return w.one(CONTAINER).inputs as Record<string, unknown>;
}
const gpu = (args: Partial<GpuContainerArgs>) => made(() => new GpuContainer("gpu", { image: IMAGE, ...args }));
const training = (args: Partial<TrainingContainerArgs>) =>
  made(() => new TrainingContainer("train", { image: IMAGE, ...args }));

describe("a GpuContainer", () => {
  test("has all GPUs, and shared memory for data loaders", async () => {
    expect(await gpu({})).toMatchObject({
      deviceRequests: [{ count: -1, capabilities: ["gpu"] }],
      shmSize: 8192,
    });
  });

  test("by device requests", async () => {
    const inputs = await gpu({ gpus: [0, 2], capabilities: ["compute"], driverOptions: { a: "b" } });
    expect(inputs.deviceRequests).toEqual([
      { driver: "", deviceIds: ["0", "2"], capabilities: ["gpu", "compute"], options: { a: "b" } },
    ]);
    expect(inputs.runtime).toBeUndefined();
    expect(inputs.envs).toBeUndefined();
  });

  test("by the runtime of older engines", async () => {
    const inputs = await gpu({ gpus: [0, 2], runtime: "nvidia", environment: { EPOCHS: 3 } });
    expect(inputs.runtime).toBe("nvidia");
    expect(inputs.envs).toEqual(["NVIDIA_VISIBLE_DEVICES=0,2", "EPOCHS=3"]);
    expect(inputs.deviceRequests).toBeUndefined();
  });

  test.each<[GpuContainerArgs["sharedMemory"], object]>([
    ["1g", { shmSize: 1024 }],
    ["host", { ipcMode: "host" }],
    ["engine", {}],
  ])("with shared memory %j", async (sharedMemory, expected) => {
    const { shmSize, ipcMode } = await gpu({ sharedMemory });
    expect({ ...(shmSize ? { shmSize } : {}), ...(ipcMode ? { ipcMode } : {}) }).toEqual(expected);
  });

  test("has the last word in service", async () => {
    const inputs = await gpu({
      environment: { A: "1", B: "1" },
      service: { environment: { B: "2" }, restart: "always", shmSize: "2g" },
    });
    expect(inputs.envs).toEqual(["A=1", "B=2"]);
    expect(inputs).toMatchObject({ restart: "always", shmSize: 2048 });
  });

  test.each<[Partial<GpuContainerArgs>, string]>([
    [{ gpus: [0, 0] }, "gpus: names the GPU 0 twice"],
    [{ gpus: { count: 1 }, runtime: "nvidia" }, "gpus: the NVIDIA runtime knows GPUs by index or UUID only"],
    [{ capabilities: ["cuda" as never] }, 'capabilities[0]: "cuda" is not a capability'],
    [{ sharedMemory: "much" }, 'sharedMemory: "much" is not'],
    [{ ports: ["0:80"] }, "ports[0]: "],
    [{ volumes: ["data"] }, "volumes[0]: "],
  ])("is refused with %j", async (args, message) => {
    const w = await world();
    expect(sentence(() => new GpuContainer("gpu", { image: IMAGE, ...args }))).toContain(
      `GpuContainer "gpu": ${message}`,
    );
    expect(w.resources).toEqual([]);
  });
});

describe("an engine", () => {
  const BARE = {
    local: true,
    apiVersion: "1.44",
    containers: [],
    networks: [],
    volumes: [],
    images: [],
    listeners: [],
    routes: [],
  };
  test("without GPUs is found at preview", async () => {
    const w = await world();
    sessionFor().snapshot = { ...BARE, gpus: false };
    expect(sentence(() => new GpuContainer("gpu", { image: IMAGE }))).toBe(
      'GpuContainer "gpu": gpus: this engine has no GPUs to give: neither the NVIDIA Container Toolkit nor CDI devices are there; install the NVIDIA Container Toolkit and set it up, then restart Docker; `nvidia-smi` on the host must work first.',
    );
    expect(w.resources).toEqual([]);
    new GpuContainer("without", { image: IMAGE, gpus: "none" });
    await w.done();
  });

  test("without the NVIDIA runtime is found at preview", async () => {
    const w = await world();
    sessionFor().snapshot = { ...BARE, runtimes: ["runc", "io.containerd.runc.v2"] };
    expect(sentence(() => new GpuContainer("gpu", { image: IMAGE, runtime: "nvidia" }))).toBe(
      'GpuContainer "gpu": runtime: nvidia is not a runtime of this engine, which has runc, io.containerd.runc.v2; install the NVIDIA Container Toolkit and set it up (`nvidia-ctk runtime configure --runtime=docker`), then restart Docker.',
    );
    new GpuContainer("shim", { image: IMAGE, service: { runtime: "io.containerd.kata.v2" } });
    await w.done();
  });

  test("that does not say is left alone", async () => {
    const w = await world();
    sessionFor().snapshot = { ...BARE };
    new GpuContainer("gpu", { image: IMAGE });
    new GpuContainer("runtime", { image: IMAGE, runtime: "nvidia" });
    await w.done();
  });
});

describe("a TrainingContainer", () => {
  test("E1 as documented", async () => {
    const inputs = await training({
      containerName: "tf_img_cls",
      output: ["/tmp:/export/username"],
      hostNetwork: true,
      gpus: [0],
      runtime: "nvidia",
      sharedMemory: "engine",
    });
    expect(inputs).toMatchObject({
      name: "tf_img_cls",
      networkMode: "host",
      runtime: "nvidia",
      envs: ["NVIDIA_VISIBLE_DEVICES=0"],
      volumes: [{ hostPath: "/tmp", containerPath: "/export/username" }],
    });
  });

  test("reads data, writes results and logs", async () => {
    const inputs = await training({
      data: ["/tmp:/data", "/tmp:/more:rw"],
      output: ["results:/out"],
      logs: "/tmp",
      volumes: ["/cache"],
    });
    const mounts = inputs.volumes as Record<string, unknown>[];
    expect(mounts.map(({ containerPath, readOnly = false }) => [containerPath, readOnly])).toEqual([
      ["/data", true],
      ["/more", false],
      ["/out", false],
      ["/logs", false],
      ["/cache", false],
    ]);
  });

  test("may end", async () => {
    expect(await training({ once: true, restart: "on-failure:2" })).toMatchObject({
      mustRun: false,
      restart: "on-failure",
      maxRetryCount: 2,
    });
  });

  test("keeps a terminal where it is asked to", async () => {
    expect(await training({ interactive: true })).toMatchObject({ tty: true, stdinOpen: true });
  });

  test.each<[Partial<TrainingContainerArgs>, string]>([
    [{ hostNetwork: true, ports: ["80:80"] }, "ports: cannot be published on the host's network"],
    [{ once: true, restart: "always" }, "restart: always would start again what has ended well"],
    [{ data: ["/tmp"] }, 'data[0]: "/tmp" names no folder in the container'],
    [{ output: ["/tmp:out"] }, 'output[0]: "out" is not an absolute path'],
    [{ data: ["/tmp:/a"], output: ["x:/a"] }, "output[0]: "],
    [{ logs: "/tmp", logsTarget: "logs" }, 'logs: "logs" is not an absolute path'],
  ])("is refused with %j", async (args, message) => {
    const w = await world();
    expect(sentence(() => new TrainingContainer("train", { image: IMAGE, ...args }))).toContain(
      `TrainingContainer "train": ${message}`,
    );
    expect(w.resources).toEqual([]);
  });
});

describe("a GpuCheck", () => {
  test("runs nvidia-smi to its end", async () => {
    const inputs = await made(() => new GpuCheck("check", { runtime: "nvidia" }));
    expect(inputs).toMatchObject({
      image: expect.stringContaining("nvidia/cuda:12.4.1"),
      mustRun: false,
      runtime: "nvidia",
      command: [
        "nvidia-smi",
        "--query-gpu=index,uuid,name,memory.total,driver_version",
        "--format=csv,noheader,nounits",
      ],
    });
    expect(inputs.shmSize).toBeUndefined();
  });

  test("has no devices where nobody can be asked", async () => {
    const w = await world();
    const check = new GpuCheck("check");
    await w.done();
    expect(await value(check.devices)).toEqual([]);
  });

  test("is for a Docker engine", async () => {
    const w = await world({ config: { "berth:engine": "kubernetes" } });
    expect(sentence(() => new GpuCheck("check"))).toContain('GpuCheck "check": engine: only a Docker engine');
    expect(w.resources).toEqual([]);
  });

  test("reads what nvidia-smi says, and nothing else", () => {
    expect(
      parseDevices([
        "WARNING: infoROM is corrupted at gpu 0000:02:00.0",
        "0, GPU-0f2a6c1e-1111-2222-3333-444455556666, NVIDIA H200, 143771, 570.124.06",
        "1, GPU-1f2a6c1e-1111-2222-3333-444455556666, NVIDIA GB10, [N/A], 570.124.06",
      ]),
    ).toEqual([
      {
        index: 0,
        uuid: "GPU-0f2a6c1e-1111-2222-3333-444455556666",
        name: "NVIDIA H200",
        memory: 143771,
        driverVersion: "570.124.06",
      },
      {
        index: 1,
        uuid: "GPU-1f2a6c1e-1111-2222-3333-444455556666",
        name: "NVIDIA GB10",
        memory: 0,
        driverVersion: "570.124.06",
      },
    ]);
    expect(refusal(() => parseDevices(["No devices were found"]))).toContain(
      "nvidia-smi named no GPU: No devices were found",
    );
    expect(refusal(() => parseDevices([]))).toContain("nvidia-smi named no GPU: it said nothing");
  });
});
