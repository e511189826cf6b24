import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

const people = [
  { name: "ada", gpus: [0], port: 6001, targetPort: 8888, folder: "/home/ada" },
  { name: "lin", gpus: [1], port: 6002, targetPort: 8888, folder: "/home/lin" },
];

describeIf(missingCli, "stacks with GPUs", () => {
  test.concurrent("gpu: the documented training container (E1), then by device requests", async () => {
    const project = await Project.create({ stack: "gpu" });
    await project.up();
    const { Args: args } = project.container("tf_img_cls");
    expect(args).toMatchObject({
      runtime: "nvidia",
      envs: ["NVIDIA_VISIBLE_DEVICES=0"],
      networkMode: "host",
      volumes: [{ hostPath: "/export/username", containerPath: "/export/username" }],
      stdinOpen: true,
    });
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    project.configure({ "gpu:runtime": "device-requests", "gpu:gpus": ["0", "1"] });
    await project.up();
    const after = project.container("tf_img_cls").Args;
    expect(after.deviceRequests).toEqual([{ driver: "", deviceIds: ["0", "1"], capabilities: ["gpu"] }]);
    expect(after.runtime ?? "").toBe("");
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("paddlex: every GPU and a terminal (E4)", async () => {
    const project = await Project.create({ stack: "paddlex" });
    const { stdout } = await project.up();
    expect(stdout).toContain('"docker exec -it paddlex /bin/bash"');
    expect(project.container("paddlex").Args).toMatchObject({
      deviceRequests: [{ count: -1, capabilities: ["gpu"] }],
      tty: true,
      stdinOpen: true,
      networkMode: "host",
      command: ["/bin/bash"],
    });
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("workspace: one person more, one changed, one gone; the others stay (E6)", async () => {
    const project = await Project.create({ stack: "workspace", config: { "workspace:people": people } });
    await project.up();
    expect(project.containers().sort()).toEqual(["ada", "lin"]);
    expect(project.container("ada").Args).toMatchObject({
      deviceRequests: [{ deviceIds: ["0"], capabilities: ["gpu"] }],
      pidMode: "host",
    });
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    const kept = project.container("lin").Id;
    const [ada, lin] = people;
    project.configure({
      "workspace:people": [
        { ...ada, gpus: [2] },
        { name: "eve", gpus: [0], port: 6003, targetPort: 8888, folder: "/home/eve" },
        lin,
      ],
    });
    await project.up();
    expect(project.containers().sort()).toEqual(["ada", "eve", "lin"]);
    expect(project.container("lin").Id).toBe(kept);

    project.configure({ "workspace:people": [{ ...ada, gpus: [1] }, lin] });
    const refused = await project.pulumi(["preview", "--stack", project.stack]);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain("people[1].gpus: lin and ada both have the GPU 1");
    expect(project.containers().sort()).toEqual(["ada", "eve", "lin"]);

    project.configure({ "workspace:people": [lin] });
    await project.up();
    expect(project.containers()).toEqual(["lin"]);
    expect(project.container("lin").Id).toBe(kept);
  }, 300_000);
});
