import { mkdirSync, rmdirSync } from "node:fs";
import { describeIf } from "../skips";
import { differences, notAllowed } from "./compare";
import {
  BY_HAND,
  cleanUp,
  docker,
  freePort,
  type Inspect,
  inspect,
  missing,
  missingLab,
  removeAll,
  shell,
  Stack,
} from "./liveStack";

cleanUp();

/** The lab's engine has a runtime of that name that only calls runc, and a stand-in for nvidia-smi. */
const missingRuntime =
  missing ??
  missingLab ??
  (docker("info", "--format", "{{range $name, $_ := .Runtimes}}{{$name}} {{end}}").includes("nvidia")
    ? undefined
    : "the engine has no runtime nvidia");

const USER = "berth-live";
const FOLDER = `/export/${USER}`;

describeIf(missingRuntime, "the stack gpu", () => {
  let stack: Stack;
  let documented: Inspect;
  beforeAll(async () => {
    removeAll();
    mkdirSync(FOLDER, { recursive: true });
    // E1 with the variable that is meant; the image is one that is there.
    shell(
      `docker run ${BY_HAND} -i -d -v ${FOLDER}/:${FOLDER}/ --name=tf_img_cls --net=host --runtime=nvidia -e NVIDIA_VISIBLE_DEVICES=0 debian-tools:lab sleep 1000 </dev/null`,
    );
    documented = inspect("tf_img_cls");
    removeAll();
    stack = await Stack.create("gpu", {
      config: { "gpu:image": "debian-tools:lab", "gpu:command": "sleep 1000", "gpu:user": USER },
    });
    await stack.up();
  }, 120_000);
  afterAll(() => {
    removeAll();
    rmdirSync(FOLDER);
  });

  test("E1: the container is as the documented line makes it", async () => {
    const found = notAllowed("E1", differences(documented, inspect("tf_img_cls")));
    // The folder is written with and without a slash at its end.
    const slash = ({ documented: left, stack: right }: { documented: unknown; stack: unknown }) =>
      String(left).replaceAll("/:", ":").replace(/\/$/, "") === String(right);
    expect(found.filter((difference) => !slash(difference))).toEqual([]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test("E3: what nvidia-smi says is an output, and it is not run again", async () => {
    stack.set({ "gpu:setup": "E3", "gpu:image": undefined, "gpu:command": undefined });
    await stack.up();
    const { gpus } = (await stack.outputs()) as { gpus: object[] };
    expect(gpus).toHaveLength(2);
    expect(gpus[1]).toMatchObject({ index: 1, uuid: expect.stringMatching(/^GPU-/), memory: expect.any(Number) });
    const { Id, State } = inspect("gpu-check");
    expect(State.ExitCode).toBe(0);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
    await stack.up();
    expect(inspect("gpu-check").Id).toBe(Id);
    // Another choice is another question.
    stack.set({ "gpu:runtime": "device-requests" });
    expect(await stack.changes()).toContain("replace Container gpu-check");
  }, 120_000);
});

describeIf(missingRuntime, "the stack paddlex", () => {
  afterAll(removeAll);

  test("E4: the container is as the documented line makes it", async () => {
    removeAll();
    // In the background, since a test has no terminal.
    shell(`docker run ${BY_HAND} -d --gpus all --name paddlex --network=host -it debian-tools:lab /bin/bash`);
    const documented = inspect("paddlex");
    removeAll();
    const stack = await Stack.create("paddlex", { config: { "paddlex:image": "debian-tools:lab" } });
    await stack.up();
    const found = differences(documented, inspect("paddlex"));
    expect(notAllowed("E4", found)).toEqual([]);
    expect(inspect("paddlex")).toMatchObject({
      HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] },
    });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 120_000);
});

describeIf(missingRuntime, "the stack workspace", () => {
  afterAll(() => {
    removeAll();
    for (const name of ["ada", "lin"]) rmdirSync(`/export/berth-live-${name}`);
  });

  test("E6: each sees only their own GPU, and a change of one leaves the other's container", async () => {
    removeAll();
    const person = (name: string, gpu: number, more: object = {}) => {
      const folder = `/export/berth-live-${name}`;
      mkdirSync(folder, { recursive: true });
      return { name, gpus: [gpu], port: freePort(6001 + gpu), targetPort: 8888, folder, ...more };
    };
    const [ada, lin] = [person("ada", 0), person("lin", 1)];
    const image = "nvidia/cuda:12.4.1-base-ubuntu22.04";
    const config = { "workspace:image": image, "workspace:runtime": "nvidia", "workspace:people": [ada, lin] };
    const stack = await Stack.create("workspace", { config });
    await stack.up();
    const gpus = (name: string) =>
      docker(
        "exec",
        name,
        "nvidia-smi",
        "--query-gpu=index,uuid,name,memory.total,driver_version",
        "--format=csv,noheader,nounits",
      ).split("\n");
    expect(gpus("ada")).toHaveLength(1);
    expect(gpus("lin")).toHaveLength(1);
    expect(gpus("ada")).not.toEqual(gpus("lin"));
    expect(inspect("ada")).toMatchObject({ HostConfig: { PidMode: "host" } });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);

    const before = { ada: inspect("ada").Id, lin: inspect("lin").Id };
    stack.set({ "workspace:people": [ada, { ...lin, memLimit: "256m" }] });
    await stack.up();
    expect(inspect("ada").Id).toBe(before.ada);
    expect(inspect("lin")).toMatchObject({ HostConfig: { Memory: 256 * 2 ** 20 } });
    // A limit changes on the living container.
    expect(inspect("lin").Id).toBe(before.lin);
  }, 180_000);
});
