import { deviceRequests, type GpuChoice, parseGpuChoice, visibleDevices } from "../../../core/description/gpus";
import { refusal } from "../refusal";

const GPU = "GPU-0f2a6c1e-1111-2222-3333-444455556666";
const MIG = "MIG-0f2a6c1e-1111-2222-3333-444455556666";

test.each<[GpuChoice, unknown]>([
  ["all", [{ count: "all", capabilities: ["gpu"] }]],
  ["none", undefined],
  [{ count: 2 }, [{ count: 2, capabilities: ["gpu"] }]],
  [[0, 1], [{ deviceIds: ["0", "1"], capabilities: ["gpu"] }]],
  [["0:1", MIG, GPU], [{ deviceIds: ["0:1", MIG, GPU], capabilities: ["gpu"] }]],
])("%j as device requests", (choice, expected) => {
  expect(deviceRequests(choice, {})).toEqual(expected);
});

test("capabilities and options stand beside", () => {
  expect(deviceRequests([0], { capabilities: ["compute", "video"], options: { a: "b" } })).toEqual([
    { deviceIds: ["0"], capabilities: ["gpu", "compute", "video"], options: { a: "b" } },
  ]);
  expect(visibleDevices([0], { capabilities: ["compute", "video"] })).toEqual({
    NVIDIA_VISIBLE_DEVICES: "0",
    NVIDIA_DRIVER_CAPABILITIES: "compute,video",
  });
});

test.each<[GpuChoice, string]>([
  ["all", "all"],
  ["none", "none"],
  [[0, 1], "0,1"],
  [[MIG], MIG],
])("%j for the runtime", (choice, visible) => {
  expect(visibleDevices(choice, {})).toEqual({ NVIDIA_VISIBLE_DEVICES: visible });
});

test.each<[unknown, string]>([
  ["0", 'gpus: "0" is no choice of GPUs; use "all", "none", { count: 2 }, or a list such as [0, 1] or ["GPU-..."].'],
  [2, 'gpus: 2 is no choice of GPUs; use "all", "none", { count: 2 }, or a list such as [0, 1] or ["GPU-..."].'],
  [[], 'gpus: names no GPU; use "none" for a container without one.'],
  [[0, "0"], "gpus: names the GPU 0 twice; name each once."],
  [[0, "a"], 'gpus[1]: "a" is not a GPU; use an index such as 0, or a UUID as `nvidia-smi -L` prints it.'],
  [[-1], "gpus[0]: -1 is not a GPU; use an index such as 0, or a UUID as `nvidia-smi -L` prints it."],
  [["0,1"], 'gpus[0]: "0,1" is not a GPU; use an index such as 0, or a UUID as `nvidia-smi -L` prints it.'],
  [[["0"]], 'gpus[0]: ["0"] is not a GPU; use an index such as 0, or a UUID as `nvidia-smi -L` prints it.'],
  [{ count: 0 }, "gpus.count: 0 is not a number of GPUs; use 1 or more."],
  [{ count: 1.5 }, "gpus.count: 1.5 is not a number of GPUs; use 1 or more."],
  [{ ids: [0] }, "gpus.ids: is not a field of a choice of GPUs; use count."],
])("%j is refused", (choice, message) => {
  expect(refusal(() => parseGpuChoice(choice as GpuChoice, "gpus"))).toBe(message);
});

test("the runtime takes neither a count nor options, and both know the driver's capabilities", () => {
  expect(refusal(() => visibleDevices({ count: 1 }, {}))).toBe(
    "gpus: the NVIDIA runtime knows GPUs by index or UUID only, not by number; name them, e.g. [0, 1], or leave out runtime.",
  );
  expect(refusal(() => visibleDevices([0], { options: {} }))).toContain("options: the NVIDIA runtime takes none");
  for (const read of [deviceRequests, visibleDevices])
    expect(refusal(() => read([0], { capabilities: ["compute", "cuda" as never] }))).toBe(
      'capabilities[1]: "cuda" is not a capability of the driver; use compute, compat32, graphics, utility, video, display, ngx.',
    );
});
