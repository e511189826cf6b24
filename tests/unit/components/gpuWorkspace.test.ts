import { checkPeople, GpuWorkspace, type GpuWorkspaceArgs } from "../../../components/gpuWorkspace";
import { CONTAINER, value, world } from "../mocks";
import { refusal, sentence } from "../refusal";

type Person = GpuWorkspaceArgs["people"][number];
const ada: Person = { name: "ada", gpus: [0], port: 6001, folder: "/tmp/ada", targetPort: 8888 };
const lin: Person = { name: "lin", gpus: [1], port: 6002, folder: "/tmp/lin", targetPort: 8888 };
const GPU = "GPU-0f2a6c1e-1111-2222-3333-444455556666";

test("each person has a container, GPUs, a port and a folder", async () => {
  const w = await world();
  const workspace = new GpuWorkspace("lab", {
    image: "pytorch/pytorch",
    people: [
      { ...ada, folder: "/tmp" },
      { ...lin, folder: "/usr", image: "tensorflow/tensorflow", memLimit: "64g", cpus: 8 },
    ],
    shared: ["/etc:/shared"],
    hostPid: true,
  });
  await w.done();
  const [first, second] = w.all(CONTAINER).map(({ inputs }) => inputs as Record<string, unknown>);
  expect(first).toMatchObject({
    name: "ada",
    deviceRequests: [{ deviceIds: ["0"], capabilities: ["gpu"] }],
    ports: [{ internal: 8888, external: 6001 }],
    volumes: [
      { hostPath: "/tmp", containerPath: "/workspace" },
      { hostPath: "/etc", containerPath: "/shared", readOnly: true },
    ],
    workingDir: "/workspace",
    pidMode: "host",
    restart: "unless-stopped",
  });
  expect(second).toMatchObject({ name: "lin", memory: 65536, cpus: "8", deviceRequests: [{ deviceIds: ["1"] }] });
  expect(Object.keys(workspace.containers)).toEqual(["ada", "lin"]);
  expect(Object.keys(await value(workspace.endpoints))).toEqual(["ada", "lin"]);
});

test("one more person, or another limit, is nobody else's matter", async () => {
  const triggers = async (people: Person[]) => {
    const w = await world();
    new GpuWorkspace("lab", { image: "pytorch/pytorch", people });
    await w.done();
    return Object.fromEntries(
      w.all(CONTAINER).map(({ name, inputs, replacementTrigger }) => [name, [inputs, replacementTrigger]]),
    );
  };
  const [a, l] = [
    { ...ada, folder: "/tmp" },
    { ...lin, folder: "/usr" },
  ];
  const before = await triggers([a, l]);
  const after = await triggers([
    { ...a, memLimit: "1g" },
    { ...lin, name: "new", gpus: [2], port: 6003, folder: "/etc" },
    l,
  ]);
  expect(after.lin).toEqual(before.lin);
  expect(after.ada).not.toEqual(before.ada);
});

test.each<[string, Person[], string]>([
  ["nobody", [], "people: names nobody"],
  ["one name", [ada, { ...lin, name: "ada" }], "people[1].name: ada is the name of people[0] too"],
  ["a name that is none", [{ ...ada, name: "a b" }], "people[0].name: "],
  ["one port", [ada, { ...lin, port: 6001 }], "people[1].port: lin and ada both have the port 6001"],
  ["a port that is none", [{ ...ada, port: 70000 }], "people[0].port: 70000 is not a port"],
  ["one folder", [ada, { ...lin, folder: "/tmp/ada/" }], "people[1].folder: lin and ada both have /tmp/ada;"],
  [
    "a folder inside",
    [ada, { ...lin, folder: "/tmp/ada/x" }],
    "people[1].folder: lin and ada both have /tmp/ada/x and /tmp/ada;",
  ],
  ["a folder around", [ada, { ...lin, folder: "/tmp" }], "people[1].folder: lin and ada both have /tmp and /tmp/ada;"],
  ["no folder", [{ ...ada, folder: "" }], "people[0].folder: is missing"],
  [
    "one GPU",
    [ada, { ...lin, gpus: [1, 0] }],
    "people[1].gpus: lin and ada both have the GPU 0; give each their own, or set shareGpus: true for lin and ada.",
  ],
  [
    "one GPU, shared by one only",
    [
      { ...ada, shareGpus: true },
      { ...lin, gpus: [0] },
    ],
    "people[1].gpus: lin and ada both have the GPU 0; give each their own, or set shareGpus: true for lin.",
  ],
  [
    "one GPU by UUID",
    [
      { ...ada, gpus: [GPU] },
      { ...lin, gpus: [GPU.toLowerCase().replace("gpu", "GPU")] },
    ],
    "people[1].gpus: lin and ada both have the GPU",
  ],
  [
    "a part and the whole",
    [
      { ...ada, gpus: ["0:1"] },
      { ...lin, gpus: [0] },
    ],
    "people[1].gpus: lin and ada both have the GPU 0;",
  ],
  [
    "one part",
    [
      { ...ada, gpus: ["0:1"] },
      { ...lin, gpus: ["0:1"] },
    ],
    "people[1].gpus: lin and ada both have the GPU 0:1;",
  ],
  [
    "index and UUID",
    [ada, { ...lin, gpus: [GPU] }],
    "people[1].gpus: lin names GPUs by UUID and ada by index, so that nobody can tell",
  ],
  [
    "all",
    [{ ...ada, gpus: "all" }],
    "people[0].gpus: all GPUs may be those that others have; name them, e.g. [0], or set shareGpus: true.",
  ],
  ["a number", [{ ...ada, gpus: { count: 1 } }], "people[0].gpus: a number of GPUs may be those"],
  [
    "all beside one",
    [ada, { ...lin, gpus: "all", shareGpus: true }],
    "people[1].gpus: lin and ada may both have the same GPUs; name those of each, or set shareGpus: true for ada.",
  ],
  ["no GPU at all", [{ ...ada, gpus: ["x"] }], 'people[0].gpus[0]: "x" is not a GPU'],
])("refused: %s", (_, people, message) => {
  expect(refusal(() => checkPeople({ people, image: "pytorch/pytorch" }))).toContain(message);
});

test.each<[string, Person[]]>([
  ["different GPUs", [ada, lin]],
  [
    "one GPU on purpose",
    [
      { ...ada, shareGpus: true },
      { ...lin, gpus: [0], shareGpus: true },
    ],
  ],
  [
    "two parts of one",
    [
      { ...ada, gpus: ["0:0"] },
      { ...lin, gpus: ["0:1"] },
    ],
  ],
  [
    "none",
    [
      { ...ada, gpus: "none" },
      { ...lin, gpus: "none" },
    ],
  ],
  ["like folders", [ada, { ...lin, folder: "/tmp/ada2" }]],
])("taken: %s", (_, people) => {
  checkPeople({ people, image: "pytorch/pytorch" });
});

test("an error names the person, and nothing is made", async () => {
  const w = await world();
  expect(sentence(() => new GpuWorkspace("lab", { people: [ada] }))).toContain("people[0].image: ada has no image");
  expect(
    sentence(() => new GpuWorkspace("lab", { image: "x", people: [{ ...ada, memLimit: "1k" }], shared: [] })),
  ).toMatch(/GpuContainer "ada": memLimit: /);
  expect(w.all(CONTAINER)).toEqual([]);
});
